/* What customers read, in order and with times: each .txt beside this is one situation of the
 * domain, played through all workers under the delivered policies in virtual time. Lines of it:
 *
 *   # a comment
 *   AT time                   time passes until then (RFC 3339); a gateway delivers at once
 *   EVENT type {json}         arrives now; the case and what else must be there is filled in
 *   FAILS reason              the gateway reports this of what it gets from here on,
 *   BUSY reason               or this, for now; SILENT: nothing; DELIVERS: all has arrived
 *   | ...                     what was read by then, what was proposed by which rule, and what was
 *                             ordered, in minor units: written by this program
 *
 * With --write it writes them anew; else each must be what the workers say. */
#include "base/clock.h"
#include "base/file.h"
#include "classification/classification.h"
#include "compensation/compensation.h"
#include "contract/contract.h"
#include "data/json.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "sla/sla.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 1 << 20,
    LETTERS_MAX = 4000,
    STEP_MS = 60000,          /* reports are that late at most */
    ZONE_MS = 8 * 3600 * 1000 /* times are written as of Shanghai */
};
#define POLICIES "deploy/policies"

struct letter {
    const char *id, *case_id;
};

struct play {
    const char *path;
    int line;
    struct arena *arena;
    struct rehearse *rehearse;
    struct buf out;
    const char *case_id, *audience, *text;
    const char *fails; /* NULL: all is delivered */
    bool for_now, silent;
    struct letter letters[LETTERS_MAX]; /* not reported yet */
    int letter_count, events;
};

static void fail(const struct play *play, const char *fmt, ...) PRINTF(2, 3) NORETURN;
static void fail(const struct play *play, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s:%d: ", play->path, play->line);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    exit(1);
}

static const struct tree *read_json(const struct play *play, const char *text, size_t len) {
    const struct tree *tree;
    struct err err;
    if (json_read(play->arena, text, len, NULL, &tree, &err)) fail(play, "%s: %s", text, err.text);
    return tree;
}

/* ---- What is read ---- */

static const char *clock_of(const struct play *play, int64_t ms) {
    char text[CLOCK_TEXT_MAX];
    clock_format(ms + ZONE_MS, text);
    return arena_printf(play->arena, "%.5s %.8s", text + 5, text + 11);
}

static void write_letter(struct play *play, int64_t now_ms, const struct tree *data) {
    bool customer = strcmp(play->audience, "customer") == 0;
    const char *body = tree_text(data, "body");

    buf_printf(&play->out, "| %s  %s (%s): %s\n", clock_of(play, now_ms),
               customer ? "to the customer" : tree_text(data, "to"), tree_text(data, "channel"),
               play->text);
    while (*body) {
        size_t len = strcspn(body, "\n");
        buf_printf(&play->out, "|     %.*s\n", (int)len, body);
        body += len + (body[len] != 0);
    }
}

/* "what is ordered 1.2: refund CNY 19900, borne by platform 19900": amounts in minor units. */
static void write_settlement(struct play *play, int64_t now_ms, const struct tree *data) {
    const struct tree *remedy = tree_get(data, "remedy");
    const struct tree *amount = tree_get(remedy, "amount");
    const struct tree *split = tree_get(data, "split");

    buf_printf(&play->out, "| %s  ordered %s: %s", clock_of(play, now_ms),
               strchr(tree_text(data, "settlement_id"), '.') + 1, tree_text(remedy, "kind"));
    if (amount)
        buf_printf(&play->out, " %s %lld", tree_text(amount, "currency"),
                   (long long)tree_get(amount, "minor")->num);
    for (const struct tree *at = split->first; at; at = at->next)
        buf_printf(&play->out, ", %s bears %lld", at->key, (long long)tree_get(at, "minor")->num);
    buf_printf(&play->out, "\n");
}

/* By which rule, and whose approval it needs. */
static void write_proposal(struct play *play, int64_t now_ms, const struct tree *data) {
    const char *role = tree_text(tree_get(data, "needs"), "role");

    buf_printf(&play->out, "| %s  proposed %s:", clock_of(play, now_ms),
               strchr(tree_text(data, "proposal_id"), '.') + 1);
    for (const struct tree *at = tree_get(data, "reasons")->first; at; at = at->next)
        buf_printf(&play->out, " %s%s", at->text, at->next ? "," : "");
    buf_printf(&play->out, "; decided by %s\n", role ? role : "policy");
}

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct play *play = context;

    if (rejection)
        fail(play, "%s rejected by %s: %s: %s", ev->type, spec->name, rejection->reason,
             rejection->detail);
    const struct tree *data = read_json(play, output->data, output->data_len);
    if (strcmp(output->type, "case.opened") == 0)
        play->case_id = arena_strdup(play->arena, output->subject);
    if (strcmp(output->type, "notification.requested") == 0) {
        play->audience = tree_text(data, "audience");
        play->text = tree_text(data, "template");
    }
    if (strcmp(output->type, "notification.suppressed") == 0)
        buf_printf(&play->out, "| %s  not said: %s (%s)\n", clock_of(play, now_ms),
                   tree_text(data, "template"), tree_text(data, "reason"));
    if (strcmp(output->type, "compensation.proposed") == 0) write_proposal(play, now_ms, data);
    if (output->topic == TOPIC_SETTLEMENTS) write_settlement(play, now_ms, data);
    if (output->topic != TOPIC_DELIVERIES) return;
    write_letter(play, now_ms, data);
    if (play->letter_count == LETTERS_MAX) fail(play, "too many messages");
    play->letters[play->letter_count++] = (struct letter){
        arena_strdup(play->arena, output->id), arena_strdup(play->arena, output->subject)};
}

/* ---- What happens ---- */

static void publish(struct play *play, const char *type, struct tree *data) {
    const struct contract_type *row = contract_find(type);
    if (!row) fail(play, "%s: no such type", type);
    struct event ev = {.id = arena_printf(play->arena, "e%d", ++play->events),
                       .source = "/shop",
                       .type = row->name,
                       .time_ms = rehearse_now(play->rehearse),
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = data};
    if (row->topic == TOPIC_EVENTS) ev.subject = tree_text(data, "case_id");
    rehearse_publish_event(play->rehearse, row->topic, &ev, ev.time_ms);
}

static void add_text(struct play *play, struct tree *data, const char *key, const char *text) {
    if (!tree_get(data, key)) tree_add(data, key, tree_new_text(play->arena, text));
}

/* Of what was sent until now; what is sent for it is reported on the next time. */
static void report(struct play *play) {
    int count = play->letter_count;

    if (play->silent) play->letter_count = count = 0;
    for (int i = 0; i < count; i++) {
        struct tree *data = tree_new(play->arena, TREE_MAP);
        add_text(play, data, "case_id", play->letters[i].case_id);
        add_text(play, data, "notification_id", play->letters[i].id);
        if (play->fails) add_text(play, data, "reason", play->fails);
        if (play->fails && play->for_now) {
            struct tree *yes = tree_new(play->arena, TREE_BOOL);
            yes->num = 1;
            tree_add(data, "temporary", yes);
        }
        publish(play, play->fails ? "delivery.failed" : "delivery.done", data);
    }
    play->letter_count -= count;
    memmove(play->letters, play->letters + count,
            (size_t)play->letter_count * sizeof *play->letters);
}

static void advance(struct play *play, const char *text) {
    int64_t until;
    if (clock_parse(text, &until)) fail(play, "%s: expected a time", text);
    if (rehearse_now(play->rehearse) == INT64_MIN) rehearse_advance(play->rehearse, until);
    while (rehearse_now(play->rehearse) < until) {
        int64_t next = rehearse_now(play->rehearse) + STEP_MS;
        rehearse_advance(play->rehearse, next < until ? next : until);
        report(play);
    }
}

static void happen(struct play *play, char *rest) {
    const char *type = strsep(&rest, " ");
    const char *json = rest && *rest ? rest : "{}";
    struct tree *data = (struct tree *)read_json(play, json, strlen(json));
    const struct contract_type *row = contract_find(type);

    if (row && row->topic == TOPIC_COMPLAINTS) {
        add_text(play, data, "channel", "im");
    } else {
        add_text(play, data, "case_id", play->case_id ? play->case_id : "none");
        bool decides = strncmp(type, "decision.", 9) == 0;
        bool by_customer = strcmp(type, "visit.scored") == 0 ||
                           strcmp(type, "case.customer_replied") == 0 ||
                           strncmp(type, "settlement.", 11) == 0;
        if (!decides && !by_customer) add_text(play, data, "by", "agent-1");
    }
    /* {case}.1 in a proposal's id. */
    const struct tree *proposal = tree_get(data, "proposal_id");
    if (proposal && strlen(proposal->text) < 3)
        ((struct tree *)proposal)->text =
            arena_printf(play->arena, "%s.%s", play->case_id, proposal->text);
    const struct tree *settlement = tree_get(data, "settlement_id");
    if (settlement && strlen(settlement->text) < 6)
        ((struct tree *)settlement)->text =
            arena_printf(play->arena, "%s.%s", play->case_id, settlement->text);
    publish(play, type, data);
    report(play);
}

static void set_fails(struct play *play, const char *reason, bool for_now) {
    if (!reason) fail(play, "expected a reason");
    play->fails = arena_strdup(play->arena, reason);
    play->for_now = for_now;
}

static void take_line(struct play *play, char *line) {
    char *rest = line;
    const char *word = strsep(&rest, " ");

    if (strcmp(word, "AT") == 0 && rest)
        advance(play, rest);
    else if (strcmp(word, "EVENT") == 0 && rest)
        happen(play, rest);
    else if (strcmp(word, "FAILS") == 0 || strcmp(word, "BUSY") == 0)
        set_fails(play, rest, *word == 'B');
    else if (strcmp(word, "SILENT") == 0)
        play->silent = true;
    else if (strcmp(word, "DELIVERS") == 0)
        play->fails = NULL, play->silent = false;
    else
        fail(play, "%s: no such step", word);
}

static void play_all(struct play *play, char *text) {
    char *line;

    while ((line = strsep(&text, "\n"))) {
        play->line++;
        if (*line == '|' || (!text && !*line)) continue;
        buf_printf(&play->out, "%s\n", line);
        if (*line && *line != '#') take_line(play, line);
    }
}

int main(int argc, char **argv) {
    static const struct worker_spec *const specs[] = {&intake_spec, &classification_spec, &sla_spec,
                                                      &compensation_spec, &notification_spec};
    static struct play play;
    const char *bytes;
    size_t len;
    struct err err;
    struct buf errors = {0};

    if (argc < 2) return 64;
    bool write = argc == 3 && strcmp(argv[2], "--write") == 0;
    play = (struct play){.path = argv[1], .arena = arena_new()};
    play.rehearse = rehearse_new(listen, &play);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        if (rehearse_add(play.rehearse, specs[i], POLICIES, &errors)) fail(&play, "%s", errors.at);
    if (file_read(play.arena, play.path, FILE_MAX, &bytes, &len, &err)) fail(&play, "%s", err.text);
    play_all(&play, arena_strndup(play.arena, bytes, len));
    if (write && file_write(play.path, play.out.at, play.out.len, &err))
        fail(&play, "%s", err.text);
    bool same = len == play.out.len && memcmp(bytes, play.out.at, len) == 0;
    if (!write && !same) {
        size_t at = 0;
        while (at < len && at < play.out.len && bytes[at] == play.out.at[at]) at++;
        while (at && play.out.at[at - 1] != '\n') at--;
        fail(&play, "the workers say something else (--write writes it anew):\n%.*s", 300,
             play.out.at + at);
    }
    rehearse_free(play.rehearse);
    buf_free(&play.out);
    arena_free(play.arena);

    return 0;
}
