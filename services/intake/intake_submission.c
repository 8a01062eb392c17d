/* intake_submission: type, topic, time and fields of one inbound record. */
#include "intake_submission.h"
#include "data/uri.h"
#include "intake.h"
#include "intake_check.h"
#include "intake_normalise.h"

#include <stdio.h>
#include <string.h>

/* Whoever reads the case log in Java stops at a source that is none. */
static int check_source(const char *source, struct rejection *rejection) {
    size_t len = strlen(source);
    size_t good = uri_reference(source, len);

    if (good == len) return 0;
    return intake_check_fail(rejection, "bad_value",
                             "source: expected a URI reference (RFC 3986) such as /shop/app or "
                             "https://shop.example/app; its byte %zu may not stand there (a blank "
                             "is written %%20)",
                             good + 1);
}

static int check_envelope(const struct decision *in, const struct contract_type *type,
                          struct rejection *rejection) {
    const struct event *ev = in->ev;

    if (!type)
        return intake_check_fail(rejection, "unknown_type",
                                 "type: expected a type of the contract");
    if (type->topic != ev->raw->topic) {
        bool inbound = type->topic <= TOPIC_DECISIONS;
        return intake_check_fail(
            rejection, "wrong_topic", "type: %s comes in on %s, not on %s", type->name,
            inbound ? topic_name(type->topic) : "no topic, workers alone write it",
            topic_name(ev->raw->topic));
    }
    if (check_source(ev->source, rejection) != 0) return -1;
    /* 0 is how structs say that a time is absent. */
    if (ev->time_ms <= 0)
        return intake_check_fail(rejection, "bad_value",
                                 "time: expected a time after 1970-01-01T00:00:00Z");
    if (ev->time_ms - in->now_ms > INTAKE_AHEAD_MAX_MS)
        return intake_check_fail(rejection, "in_future",
                                 "time: expected at most 5 minutes ahead of the clock, is %lld s",
                                 (long long)((ev->time_ms - in->now_ms) / 1000));
    return 0;
}

static int decode(const struct decision *in, const struct contract_type *type, void *data,
                  struct rejection *rejection) {
    const struct tree *tree = intake_normalise_data(in->ev->data, in->arena);
    struct faults faults = {.arena = in->arena, .limit = 1};

    if (fields_decode(type->table, tree, FIELDS_INBOUND, in->arena, data, &faults) == 0) return 0;
    ASSERT(faults.count > 0);
    const struct fault *fault = &faults.at[0];
    return intake_check_fail(rejection,
                             fault->kind == FAULT_MISSING ? "missing_field" : "bad_value",
                             "data%s%s: %s", fault->path[0] ? "." : "", fault->path, fault->text);
}

static void fill_tenant(const char **tenant) {
    if (!*tenant) *tenant = "default";
}

static int read_complaint(const struct decision *in, struct intake_submission *out,
                          struct rejection *rejection) {
    struct complaint *data = ARENA_NEW(in->arena, struct complaint);

    if (decode(in, out->type, data, rejection) != 0) return -1;
    fill_tenant(&data->tenant);
    intake_normalise_customer(data->customer, in->arena);
    out->complaint = data;
    return 0;
}

static int read_activity(const struct decision *in, struct intake_submission *out,
                         struct rejection *rejection) {
    struct activity *data = ARENA_NEW(in->arena, struct activity);

    if (decode(in, out->type, data, rejection) != 0) return -1;
    if (intake_check_activity(out->type, data, rejection) != 0) return -1;
    /* Types that name a case have no tenant in their table, or need none. */
    if (!data->case_id) fill_tenant(&data->tenant);
    if (data->customer) intake_normalise_customer(data->customer, in->arena);
    out->activity = data;

    return 0;
}

/* An id as intake reads it (FIELDS_INBOUND); those of required fields have nothing around them. */
static const char *id_in(const struct tree *map, const char *key, struct arena *arena) {
    const char *id = tree_text(map, key);

    if (!id) return NULL;
    return fields_trim(id, arena);
}

/* deploy/contract/README.md, Case ids: the first that the submission has. */
static const char *own_case_id(const struct decision *in, const struct intake_submission *s) {
    const char *customer = tree_text(tree_get(in->ev->data, "customer"), "id");
    const char *subject = arena_printf(in->arena, "customer:%s", customer);
    if (s->conversation) subject = arena_printf(in->arena, "conversation:%s", s->conversation);
    if (s->order_id) subject = arena_printf(in->arena, "order:%s", s->order_id);
    char route[IDS_ROUTE_LEN + 1];
    char *case_id = arena_alloc(in->arena, IDS_CASE_LEN + 1);

    ids_route(s->tenant, subject, route);
    ids_case(route, in->ev->source, in->ev->id, case_id);

    return case_id;
}

void intake_submission_look(const struct decision *in, struct intake_submission *out) {
    const struct event *ev = in->ev;

    out->type = contract_find(ev->type);
    out->tenant = id_in(ev->data, "tenant", in->arena);
    fill_tenant(&out->tenant);
    out->position = arena_printf(in->arena, "%s/%d/%lld", topic_name(ev->raw->topic),
                                 ev->raw->partition, (long long)ev->raw->offset);
    if (out->type->topic == TOPIC_COMPLAINTS) {
        out->order_id = id_in(tree_get(ev->data, "order"), "id", in->arena);
        out->conversation = id_in(ev->data, "conversation", in->arena);
        out->customer_id = id_in(tree_get(ev->data, "customer"), "id", in->arena);
        out->case_id = own_case_id(in, out);
    } else if (out->type->names_case) {
        out->case_id = id_in(ev->data, "case_id", in->arena);
    } else {
        out->customer_id = id_in(ev->data, "customer_id", in->arena);
    }
}

int intake_submission_read(const struct decision *in, struct intake_submission *out,
                           struct rejection *rejection) {
    struct intake_submission s = {.type = contract_find(in->ev->type)};

    if (check_envelope(in, s.type, rejection) != 0) return -1;
    int failed = s.type->topic == TOPIC_COMPLAINTS ? read_complaint(in, &s, rejection)
                                                   : read_activity(in, &s, rejection);
    if (failed) return -1;
    intake_submission_look(in, &s);
    *out = s;

    return 0;
}
