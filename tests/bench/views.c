/* views: what views and claims cost in Redis and in the worker, without a Kafka.
 *     views REDIS_URL N   N cases of sla that are new, change once, and once more soon after that
 *         ("again": the worker still has their states), and N complaints' claims
 * Prints one line of JSON: CPU microseconds each, of this process and of Redis. */
#include "base/clock.h"
#include "runtime/claim_store.h"
#include "runtime/recent.h"
#include "runtime/view.h"
#include "sla/sla.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1000, DAY_MS = 24 * 3600 * 1000, CLAIMS = 6 };

#define CONTACTED                                                                                  \
    "\"class\":\"quality\",\"severity\":\"P2\",\"contacted_at\":\"2026-11-28T00:00:00Z\","

static const char state_form[] =
    "{\"status\":\"open\",\"tenant\":\"default\",\"channel\":\"im\",\"tier\":\"regular\",%s"
    "\"policy\":\"default\",\"policy_version\":\"bench-1\",\"opened_at\":\"%s\",\"timeline\":["
    "{\"at\":\"%s\",\"type\":\"case.opened\"},"
    "{\"at\":\"%s\",\"type\":\"sla.started\",\"target\":\"first_contact\"},"
    "{\"at\":\"%s\",\"type\":\"sla.started\",\"target\":\"resolution\"}],\"targets\":["
    "{\"name\":\"first_contact\",\"due\":\"%s\",\"state\":\"running\",\"cycle\":\"%s\","
    "\"watched\":true},{\"name\":\"resolution\",\"due\":\"%s\",\"state\":\"running\","
    "\"cycle\":\"%s\",\"watched\":true}],\"wake_at\":\"%s\",\"case_id\":\"%s\",\"order\":"
    "{\"status\":\"signed\",\"carrier\":\"SF\",\"warehouse\":\"HZ1\",\"amount\":"
    "{\"currency\":\"CNY\",\"minor\":29900}},\"facts\":[{\"at\":\"%s\",\"type\":\"case.opened\","
    "\"id\":\"%s:case.opened\"}],\"heard_at\":\"%s\",\"started\":true}";

struct bench {
    struct redis *redis;
    struct view *view;
    struct arena *arena;
    int64_t began_ms, own_us, redis_us;
    int64_t applied;
    struct recent *recent;
};

static void fail(const char *why) {
    fprintf(stderr, "views: %s\n", why);
    exit(70);
}

static void must(enum outcome outcome, const struct err *err) {
    if (outcome != OUTCOME_DONE) fail(err->text);
}

static int64_t own_us(void) {
    return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static double seconds_of(const char *info, const char *name) {
    const char *at = strstr(info, name);
    if (!at) return 0;
    return strtod(at + strlen(name), NULL);
}

static int64_t redis_us(struct bench *bench) {
    struct arena *arena = arena_new();
    struct redis_reply reply;
    struct err err;
    must(redis_ask(bench->redis, arena, &reply, &err, 2, "INFO", "cpu"), &err);
    double seconds = seconds_of(reply.text, "used_cpu_sys_main_thread:") +
                     seconds_of(reply.text, "used_cpu_user_main_thread:");
    arena_free(arena);
    return (int64_t)(seconds * 1e6);
}

static void begin(struct bench *bench) {
    bench->redis_us = redis_us(bench);
    bench->own_us = own_us();
}

static void print(struct bench *bench, const char *name, int64_t count) {
    int64_t own = own_us() - bench->own_us;
    printf("\"%s us\": %.1f, \"%s redis us\": %.1f", name, (double)own / (double)count, name,
           (double)(redis_us(bench) - bench->redis_us) / (double)count);
}

/* ---- Cases ---- */

static const char *id_of(const struct bench *bench, int64_t number) {
    return arena_printf(bench->arena, "%013" PRIx64 "-%07" PRIx64,
                        (uint64_t)number * UINT64_C(0x9E3779B97F4A7) & UINT64_C(0xFFFFFFFFFFFFF),
                        (uint64_t)number);
}

static void *state_of(const struct bench *bench, int64_t number, const char *more) {
    struct arena *arena = bench->arena;
    char opened[CLOCK_TEXT_MAX];
    char contact[CLOCK_TEXT_MAX];
    char resolution[CLOCK_TEXT_MAX];
    clock_format(bench->began_ms + number * 10, opened);
    clock_format(bench->began_ms + number * 10 + DAY_MS / 12, contact);
    clock_format(bench->began_ms + number * 10 + 2 * (int64_t)DAY_MS, resolution);
    const char *id = id_of(bench, number);
    const char *text =
        arena_printf(arena, state_form, more, opened, opened, opened, opened, contact, opened,
                     resolution, opened, contact, id, opened, id, opened);

    const struct tree *tree;
    struct err err;
    struct faults faults = {.arena = arena};
    void *state = arena_alloc(arena, sla_spec.state->size);
    if (json_read(arena, text, strlen(text), NULL, &tree, &err) != JSON_OK) fail(err.text);
    if (fields_decode(sla_spec.state, tree, FIELDS_STATE, arena, state, &faults) != 0)
        fail(faults.at[0].text);
    return state;
}

/* As a keyed worker does it: the states are read, then the changes applied. The states are made
 * outside of what is measured. */
static void work(struct bench *bench, int64_t first, int count, const char *more, int64_t *own) {
    struct view_change *changes = arena_alloc(bench->arena, sizeof *changes * (size_t)count);
    struct view_standing standing;
    struct err err;
    for (int i = 0; i < count; i++)
        changes[i] = (struct view_change){.id = id_of(bench, first + i),
                                          .now = state_of(bench, first + i, more),
                                          .offset = bench->applied + i};

    int64_t began_us = own_us();
    bool recalls = true;
    for (int i = 0; i < count && recalls; i++) {
        changes[i].old =
            recent_find(bench->recent, 0, bench->applied, changes[i].id, &changes[i].old_sum);
        recalls = changes[i].old != NULL;
    }
    if (recalls) must(view_read(bench->view, 0, bench->arena, NULL, 0, &standing, &err), &err);
    for (int from = 0; from < count && !recalls; from += VIEW_CASES_MAX) {
        struct view_case cases[VIEW_CASES_MAX];
        for (int i = 0; i < VIEW_CASES_MAX; i++) cases[i].id = changes[from + i].id;
        must(view_read(bench->view, 0, bench->arena, cases, VIEW_CASES_MAX, &standing, &err), &err);
        for (int i = 0; i < VIEW_CASES_MAX; i++) {
            changes[from + i].old = cases[i].state;
            changes[from + i].old_sum = cases[i].sum;
        }
    }
    int64_t to = bench->applied + count;
    must(view_apply(bench->view, 0, bench->arena, bench->applied, to, changes, count, &standing,
                    &err),
         &err);
    recent_move(bench->recent, 0, bench->applied, to);
    for (int i = 0; i < count; i++)
        recent_put(bench->recent, 0, changes[i].id, changes[i].now, changes[i].now_sum);
    bench->applied = to;
    *own += own_us() - began_us;
}

static void run_cases(struct bench *bench, const char *name, int64_t count, size_t recent_bytes,
                      const char *more) {
    int64_t own = 0;
    recent_free(bench->recent);
    bench->recent = recent_new(sla_spec.state, recent_bytes);

    begin(bench);
    for (int64_t first = 0; first < count; first += BATCH) {
        work(bench, first, BATCH, more, &own);
        arena_reset(bench->arena);
    }
    bench->own_us = own_us() - own;
    print(bench, name, count);
    printf(", ");
}

static void make_view(struct bench *bench) {
    struct view_standing nowhere = {0};
    struct err err;
    uint64_t cursor = 0;

    must(view_wipe_begin(bench->view, 0, bench->arena, &nowhere, 1, &err), &err);
    must(view_wipe_step(bench->view, 0, bench->arena, 1, &cursor, &err), &err);
    must(view_wipe_end(bench->view, 0, bench->arena, 1, 0, &err), &err);
}

/* ---- Claims ---- */

/* As intake asks for a complaint with a conversation and an order. */
static void run_claims(struct bench *bench, int64_t count) {
    static const struct config config = {.topic_prefix = "redress"};
    static const char *const kinds[CLAIMS] = {"submission", "conversation", "order",
                                              "dedupe",     "alias",        "spend"};
    const struct kafka kafka = {.config = &config, .worker = "intake"};
    struct claim_store *store = claim_store_new(bench->redis, &kafka);
    struct err err;
    const char *run_id = redis_reach(bench->redis);
    for (int tag = 0; tag < CLAIM_TAGS; tag++) {
        struct redis_reply reply;
        must(redis_ask(bench->redis, bench->arena, &reply, &err, 5, "MSET",
                       arena_printf(bench->arena, "redress:{claims.%d}:marker", tag),
                       arena_printf(bench->arena, "2:%s:1", run_id),
                       arena_printf(bench->arena, "redress:{claims.%d}:~size", tag), "1"),
             &err);
    }

    begin(bench);
    for (int64_t first = 0; first < count; first += BATCH) {
        struct claim *claims = arena_alloc(bench->arena, sizeof *claims * BATCH * CLAIMS);
        struct answer *answers = arena_alloc(bench->arena, sizeof *answers * BATCH * CLAIMS);
        for (int i = 0; i < BATCH * CLAIMS; i++)
            claims[i] = (struct claim){
                .kind = i % CLAIMS ? CLAIM_JOIN : CLAIM_ONCE,
                .key = arena_printf(bench->arena, "%s\x1f/shop/app\x1fu-%" PRId64,
                                    kinds[i % CLAIMS], first + i / CLAIMS),
                .id = arena_printf(bench->arena, "complaints/3/%" PRId64, first + i / CLAIMS),
                .value = id_of(bench, first + i / CLAIMS),
                .time_ms = bench->began_ms,
                .valid_ms = 7 * (int64_t)DAY_MS};
        claim_store_begin(store);
        must(claim_store_make(store, bench->arena, claims, answers, BATCH * CLAIMS, &err), &err);
        arena_reset(bench->arena);
    }
    print(bench, "claims", count);
    claim_store_free(store);
}

/* A batch that changes the cases of the batch before it. */
static void run_again(struct bench *bench, int64_t count) {
    int64_t own = 0;
    int64_t ignored = 0;
    int64_t redis = 0;
    recent_free(bench->recent);
    bench->recent = recent_new(sla_spec.state, 16 << 20);
    for (int64_t first = 0; first < count; first += BATCH) {
        work(bench, first, BATCH, CONTACTED, &ignored);
        int64_t began_us = redis_us(bench);
        work(bench, first, BATCH, "", &own);
        redis += redis_us(bench) - began_us;
        arena_reset(bench->arena);
    }
    printf("\"again us\": %.1f, \"again redis us\": %.1f, ", (double)own / (double)count,
           (double)redis / (double)count);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("expected REDIS_URL N");
    struct err err;
    int64_t count = strtoll(argv[2], NULL, 10) / BATCH * BATCH;
    struct bench bench = {.redis = redis_new(argv[1], &err), .arena = arena_new()};
    if (!bench.redis || count < BATCH) fail(bench.redis ? "N: expected 1000 or more" : err.text);
    bench.view = view_new(bench.redis, "redress", "sla", sla_spec.state);
    bench.began_ms = clock_now_ms();

    make_view(&bench);
    printf("{");
    run_cases(&bench, "new", count, 0, "");
    run_cases(&bench, "changed", count, 0, CONTACTED);
    run_again(&bench, count);
    run_claims(&bench, count);
    printf("}\n");

    recent_free(bench.recent);
    view_free(bench.view);
    redis_free(bench.redis);
    arena_free(bench.arena);
    return 0;
}
