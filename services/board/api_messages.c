/* api_messages: what a case's customer and colleagues were told, and what they are to be told. */
#include "base/ids.h"
#include "board/api_parts.h"

#include <string.h>

static const struct field message_fields[] = {
    {FIELD(api_message, message), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Which text, and what about."},
    {FIELD(api_message, state), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "sent, under_way (no gateway has answered for it), again (it failed for now) or "
            "waiting."},
    {FIELD(api_message, channel), .type = FIELD_NAME, .doc = "Where it goes."},
    {FIELD(api_message, audience), .type = FIELD_NAME, .doc = "Who is told."},
    {FIELD(api_message, attempt), .type = FIELD_INT, .doc = "Which attempt this is."},
    {FIELD(api_message, again_at), .type = FIELD_TIME, .doc = "It is tried again then."},
    FIELDS_END};
const struct table api_message_table = {.name = "message",
                                        .size = sizeof(struct api_message),
                                        .fields = message_fields,
                                        .doc = "A message about the case."};

/* All that notification keeps of a case. */
enum { MESSAGES_MAX = 300 };

static struct api_message *add_message(const char *message, const char *state, struct arena *arena,
                                       struct parts *out) {
    struct api_message *added = parts_add(out, sizeof *added, MESSAGES_MAX, arena);
    *added = (struct api_message){.message = message, .state = state};
    return added;
}

static void add_pending(const struct parts *list, const char *case_id, const char *state,
                        struct arena *arena, struct parts *out) {
    const struct notification_pending *at = list->at;

    for (int i = 0; i < list->count; i++) {
        const char *message = at[i].notification_id;
        if (strncmp(message, case_id, IDS_CASE_LEN) == 0 && message[IDS_CASE_LEN] == '.')
            message += IDS_CASE_LEN + 1;
        struct api_message *added = add_message(message, state, arena, out);
        added->channel = fields_choice_name(contract_channels, at[i].channel);
        added->audience = at[i].audience;
        added->attempt = at[i].attempt;
        added->again_at = at[i].again_at;
    }
}

/* What has been asked for and is neither under way nor to be tried again, was sent. */
void api_messages(const struct notification_state *state, const char *case_id, struct arena *arena,
                  struct parts *out) {
    const struct notification_waiting *waiting = state->waiting.at;

    add_pending(&state->pending, case_id, "under_way", arena, out);
    add_pending(&state->retries, case_id, "again", arena, out);
    int open = out->count;
    for (int i = 0; i < state->sent.count; i++) {
        bool is_open = false;
        const struct api_message *at = out->at;
        for (int j = 0; j < open; j++) is_open |= strcmp(at[j].message, state->sent.at[i]) == 0;
        if (!is_open) add_message(state->sent.at[i], "sent", arena, out);
    }
    for (int i = 0; i < state->waiting.count; i++)
        add_message(waiting[i].mark, "waiting", arena, out);
}
