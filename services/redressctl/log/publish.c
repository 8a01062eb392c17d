/* publish: records about one case, or about what will become one, share a key, so that they keep
 * their order (deploy/contract/README.md, Publishing). */
#include "redressctl/log/publish.h"
#include "base/ids.h"
#include "contract/contract.h"

#include <string.h>

/* Wider than intake's limits, so that what intake would reject can be sent to it, and is seen in
 * redress.rejected. */
static const struct json_limits limits = {.bytes = 1024 * 1024, .depth = 64, .values = 100000};

/* As intake reads it: without what surrounds it. */
static const char *text_at(const struct tree *data, const char *map, const char *key,
                           struct arena *arena) {
    const char *text = tree_text(map ? tree_get(data, map) : data, key);

    if (!text) return NULL;
    return fields_trim(text, arena);
}

/* The first of what a complaint's route is made of; without any it is for intake to refuse, on
 * whatever partition. */
static const char *complaint_key(const struct tree *data, struct arena *arena) {
    const char *key = text_at(data, "order", "id", arena);
    if (!key) key = text_at(data, NULL, "conversation", arena);
    if (!key) key = text_at(data, "customer", "id", arena);
    if (key) return key;
    return "";
}

/* The route where a record names a case; else the one thing that it is about. */
static const char *activity_key(enum event_type type, const struct tree *data,
                                struct arena *arena) {
    const char *case_id = text_at(data, NULL, "case_id", arena);
    const char *key;
    if (case_id)
        return ids_is_case(case_id) ? arena_strndup(arena, case_id, IDS_ROUTE_LEN) : case_id;
    if ((key = text_at(data, "order", "id", arena)) ||
        (key = text_at(data, NULL, "customer_id", arena)))
        return key;
    if (type == EVENT_COHORT_CONFIRMED || type == EVENT_COHORT_ENDED) return "cohort";
    if (type == EVENT_CAUSE_ANSWERED) return "cause";
    return "";
}

static int check_attributes(const struct tree *event, struct err *err) {
    static const char *const required[] = {"id", "source", "type", "time"};

    if (event->kind != TREE_MAP)
        return err_set(err, "expected a CloudEvent as a JSON map, not %s",
                       tree_kind_name(event->kind));
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!tree_text(event, required[i])) return err_set(err, "%s: expected a text", required[i]);
    return 0;
}

int publish_route(const char *line, size_t len, struct arena *arena, struct publish_record *out,
                  struct err *err) {
    const struct tree *event;
    struct err why;
    enum json_fault fault = json_read(arena, line, len, &limits, &event, &why);

    if (fault != JSON_OK) return err_set(err, "%s: %s", json_fault_name(fault), why.text);
    if (check_attributes(event, err) < 0) return -1;
    const char *type = tree_text(event, "type");
    const struct contract_type *known = contract_find(type);
    if (!known) return err_set(err, "type \"%.60s\": unknown", type);
    if (known->topic != TOPIC_COMPLAINTS && known->topic != TOPIC_ACTIVITY &&
        known->topic != TOPIC_DECISIONS)
        return err_set(err, "type \"%.60s\": written by the workers only", type);
    const struct tree *data = NULL;
    struct rejection rejection;
    if (event_data(event, &limits, arena, &data, &rejection)) data = NULL; /* intake says why */
    out->topic = known->topic;
    out->key = known->topic == TOPIC_COMPLAINTS ? complaint_key(data, arena)
                                                : activity_key(known->type, data, arena);

    return 0;
}
