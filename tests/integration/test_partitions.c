/* Somebody adds partitions to the case log under running workers: nothing of an open case goes
 * elsewhere, everybody stops and says what to do, and `redressctl repartition` takes open cases,
 * claims and caps to topics with more partitions. */
#include "base/clock.h"
#include "base/ids.h"
#include "grow.h"
#include "pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    BEFORE = 2,
    GROWN = 4,
    AFTER = 3,
    CASES = 20,
    CONTACTED = 5,
    REPEATED = 3,
    RUN_MS = 240000,
    STOPS_MS = 240000
};

static void case_of(int number, char route_out[IDS_ROUTE_LEN + 1],
                    char case_out[IDS_CASE_LEN + 1]) {
    char order[32], id[32];
    snprintf(order, sizeof order, "order:O%d", number);
    snprintf(id, sizeof id, "c-%d", number);
    ids_route("default", order, route_out);
    ids_case(route_out, "/shop/app", id, case_out);
}

static void complain(struct pipeline *pipeline, const char *id, int order) {
    char route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    case_of(order, route, case_id);
    pipeline_publish(
        pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms(), route,
        "{'channel':'app','customer':{'id':'u-%d','tier':'regular'},'order':{'id':'O%d','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'毛衣穿了一天就起球'}",
        order, order);
}

static void contact(struct pipeline *pipeline, int number) {
    char id[32], route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    case_of(number, route, case_id);
    snprintf(id, sizeof id, "k-%d", number);
    pipeline_publish(pipeline, "case.contacted", "/desk", id, clock_now_ms(), route,
                     "{'case_id':'%s','by':'anna','channel':'phone'}", case_id);
}

/* ---- Partitions are added ---- */

static void expect_stopped(struct process *worker, const char *why, const char *remedy) {
    if (!process_wait(worker, STOPS_MS)) wait_fail("%s still runs", worker->name);
    if (process_exit_status(worker) == EXIT_CANNOT_GO_ON && process_log_count(worker, why) > 0 &&
        process_log_count(worker, remedy) > 0)
        return;
    process_log_tail(worker, 10);
    fail_msg("%s: status %d, expected %d, \"%s\" and \"%s\"", worker->name,
             process_exit_status(worker), EXIT_CANNOT_GO_ON, why, remedy);
}

struct seen {
    int partitions, elsewhere;
};

static void see_place(void *context, const struct raw *raw) {
    struct seen *seen = context;
    if (raw->key)
        seen->elsewhere +=
            raw->partition != ids_partition(raw->key, raw->key_len, seen->partitions);
}

static void expect_in_place(struct pipeline *pipeline, int partitions) {
    struct seen seen = {.partitions = partitions};
    world_read(pipeline->world, TOPIC_EVENTS, NULL, see_place, &seen);
    assert_int_equal(seen.elsewhere, 0);
}

static void partitions_added(struct pipeline *pipeline) {
    grow(pipeline->world, TOPIC_EVENTS, GROWN);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        expect_stopped(pipeline->workers[i], "the number of partitions has changed",
                       "redressctl repartition --to");
    expect_in_place(pipeline, BEFORE);
    for (int i = PIPELINE_INTAKE; i <= PIPELINE_CLASSIFICATION; i++) {
        process_start(pipeline->workers[i]);
        expect_stopped(pipeline->workers[i],
                       "had 2 partitions when this worker began and has 4 now",
                       "redressctl repartition --to");
    }
    process_start(pipeline->workers[PIPELINE_SLA]);
    expect_stopped(pipeline->workers[PIPELINE_SLA], "they must be equal", "redressctl repartition");
}

/* ---- Claims ---- */

struct kept {
    char *key;
    int64_t amount;
};
struct granted {
    struct arena *arena;
    struct kept *at;
    int count;
};

static void see_claim(void *context, const struct raw *raw) {
    enum { CLAIMS_MAX = 10000 };
    struct granted *claims = context;
    const struct tree *tree;
    struct err err;
    const char *key = arena_strndup(claims->arena, raw->key, raw->key_len);
    struct kept *kept = NULL;
    if (!claims->at) claims->at = arena_alloc(claims->arena, sizeof *claims->at * CLAIMS_MAX);
    for (int i = 0; i < claims->count; i++)
        if (strcmp(claims->at[i].key, key) == 0) kept = &claims->at[i];
    if (!kept) kept = &claims->at[claims->count++];
    assert_true(claims->count < CLAIMS_MAX);
    *kept = (struct kept){arena_strdup(claims->arena, key), -1};
    if (!raw->value) return;
    assert_int_equal(json_read(claims->arena, raw->value, raw->value_len, NULL, &tree, &err),
                     JSON_OK);
    kept->amount = tree_get(tree, "amount")->num;
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct kept *)a)->key, ((const struct kept *)b)->key);
}

static void read_claims(struct pipeline *pipeline, struct granted *out) {
    *out = (struct granted){.arena = arena_new()};
    world_read(pipeline->world, TOPIC_CLAIMS, NULL, see_claim, out);
    qsort(out->at, (size_t)out->count, sizeof *out->at, by_key);
}

static void expect_same_claims(struct pipeline *old, struct pipeline *next) {
    struct granted before, after;
    int64_t reserved = 0;
    read_claims(old, &before);
    read_claims(next, &after);
    assert_true(before.count > CASES);
    assert_int_equal(after.count, before.count);
    for (int i = 0; i < before.count; i++) {
        assert_string_equal(after.at[i].key, before.at[i].key);
        assert_int_equal(after.at[i].amount, before.at[i].amount);
        if (before.at[i].amount > 0) reserved += before.at[i].amount;
    }
    print_message("%d claims taken along, %lld reserved by caps\n", before.count,
                  (long long)reserved);
    assert_true(reserved > 0);
    arena_free(before.arena);
    arena_free(after.arena);
}

/* ---- Under another prefix ---- */

static void open_next(struct pipeline *old, struct pipeline *next) {
    struct buf out = {0};
    char prefix[sizeof old->h->prefix];
    memcpy(prefix, old->h->prefix, sizeof prefix);
    snprintf(old->h->prefix, sizeof old->h->prefix, "next");
    harness_create_topics(old->h, AFTER);
    *next = (struct pipeline){.h = old->h};
    pipeline_workers(next, 1);
    next->world = world_open(old->h);
    next->events = tail_open(next->world, TOPIC_EVENTS);
    for (int i = CONTACTED; i < CASES; i++) contact(next, i); /* it waits there */
    world_flush(next->world);
    memcpy(old->h->prefix, prefix, sizeof prefix);
    if (harness_run(old->h, &out, RUN_MS, "redressctl", "repartition", "--to", "next", "--json",
                    NULL) != 0)
        wait_fail("repartition: %s", out.at);
    print_message("%s", out.at);
    assert_non_null(strstr(out.at, ".events\",\"to\":\"next.events\",\"records\":"));
    assert_non_null(strstr(out.at, "{\"prefix\":\"next\",\"ready\":true}\n"));
    buf_free(&out);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct ids {
    struct arena *arena;
    char **at;
    int count;
};

static const char *text_of(struct arena *arena, const struct raw *raw, const char *name) {
    for (int i = 0; i < raw->header_count; i++)
        if (strcmp(raw->headers[i].name, name) == 0)
            return arena_strndup(arena, raw->headers[i].value, raw->headers[i].value_len);
    return "";
}

static void see_id(void *context, const struct raw *raw) {
    enum { EVENTS_MAX = 10000 };
    struct ids *ids = context;
    if (!ids->at) ids->at = arena_alloc(ids->arena, sizeof *ids->at * EVENTS_MAX);
    assert_true(ids->count < EVENTS_MAX);
    ids->at[ids->count++] =
        arena_printf(ids->arena, "%s %s %s", text_of(ids->arena, raw, "ce_source"),
                     text_of(ids->arena, raw, "ce_id"), text_of(ids->arena, raw, "ce_type"));
}

static void expect_nothing_twice(struct pipeline *pipeline) {
    struct ids ids = {.arena = arena_new()};
    world_read(pipeline->world, TOPIC_EVENTS, NULL, see_id, &ids);
    qsort(ids.at, (size_t)ids.count, sizeof *ids.at, by_text);
    for (int i = 1; i < ids.count; i++)
        if (strcmp(ids.at[i - 1], ids.at[i]) == 0) fail_msg("twice: %s", ids.at[i]);
    arena_free(ids.arena);
}

static int count_met(struct pipeline *pipeline, const char *case_id) {
    return tail_count(pipeline->events, "sla.met", case_id);
}

static void test_partitions(void **state) {
    (void)state;
    struct pipeline *old = pipeline_new("partitions", BEFORE), next;
    char route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1], id[32];
    pipeline_start(old);
    for (int i = 0; i < CASES; i++) {
        snprintf(id, sizeof id, "c-%d", i);
        complain(old, id, i);
    }
    pipeline_wait_idle(old);
    for (int i = 0; i < CONTACTED; i++) contact(old, i);
    pipeline_wait_idle(old);
    int offered = tail_count(old->events, "compensation.proposed", NULL);
    int told = tail_count(old->events, "notification.requested", NULL);
    partitions_added(old);
    open_next(old, &next);
    expect_same_claims(old, &next);

    snprintf(id, sizeof id, "c-again");
    complain(&next, id, REPEATED);
    pipeline_start(&next);
    pipeline_wait_idle(&next);
    assert_int_equal(tail_count(next.events, "case.opened", NULL), CASES);
    assert_int_equal(tail_count(next.events, "case.contacted", NULL), CASES);
    assert_int_equal(tail_count(next.events, "sla.started", NULL), CASES);
    case_of(REPEATED, route, case_id);
    assert_int_equal(tail_count(next.events, "case.repeated", case_id), 1);
    for (int i = 0; i < CASES; i++) {
        case_of(i, route, case_id);
        if (count_met(&next, case_id) != 1)
            fail_msg("first_contact of %s: met %d times", case_id, count_met(&next, case_id));
    }
    print_message("%d offers and %d messages before, %d and %d after\n", offered, told,
                  tail_count(next.events, "compensation.proposed", NULL),
                  tail_count(next.events, "notification.requested", NULL));
    assert_true(offered > 0);
    assert_int_equal(tail_count(next.events, "compensation.proposed", NULL), offered);
    expect_in_place(&next, AFTER);
    expect_nothing_twice(&next);
    pipeline_check_views(&next);
    tail_close(next.events);
    world_close(next.world);
    pipeline_close(old);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_partitions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
