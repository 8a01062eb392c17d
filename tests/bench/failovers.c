/* Redis fails over and its slots move while 1 000 complaints a second come, one customer in five
 * chooses what he is offered, and one complaint in fifty is sent twice: all five workers, a real
 * broker, a cluster of three primaries with a replica each, and a primary whose Sentinels name a
 * replica. How long each of it kept each worker from writing is printed as a table; in the end each
 * complaint has exactly one case, views are their folds, and money is counted once.
 *     ctest -R soak.redis_failover, or failovers [NAME], in a release build for figures
 * REDRESS_TEST_RATE: complaints a second. Last figures: deploy/docs/redis.md. */
#include "base/clock.h"
#include "base/ids.h"
#include "compensation/compensation.h"
#include "decision/policy_file.h"
#include "flow.h"
#include "outside/redis_layout.h"
#include "redises.h"
#include "sight/sight_budgets.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    RATE = 1000,
    PARTITIONS = 4,
    CLAIM_TAGS = 16,
    CALM_S = 5,  /* seconds of complaints before anything happens, */
    AFTER_S = 8, /* and behind each thing that does */
    OLDER_S = 4, /* of complaints that the older replica has not; it is no candidate after 20 s */
    STEPS_MAX = 8,
    LIMIT_MS = 1800000
};

/* Something that happens, until the next does. */
struct step {
    const char *what;
    int64_t at_ms;
};

struct scene {
    struct pipeline *pipeline;
    struct redises redises;
    struct flow *flow;
    struct step steps[STEPS_MAX];
    int step_count;
    int rate;
};

/* ---- The house ---- */

static int rate_asked(void) {
    const char *given = getenv("REDRESS_TEST_RATE");
    int rate = given ? atoi(given) : RATE;
    assert_true(rate > 0);
    return rate;
}

/* As delivered, but for the budgets: what is given is to be counted, not to end after 2 000 cases. */
static void enrich(struct pipeline *pipeline) {
    static const char make[] = "mkdir -p %s/rich && "
                               "cp %s/deploy/policies/compensation.yaml %s/rich "
                               "&& sed -i -E 's/(daily: \\{CNY: [0-9]+)/\\1000/' "
                               "%s/rich/compensation.yaml";
    const char *dir = pipeline->h->dir;
    char command[2000];

    snprintf(command, sizeof command, make, dir, REDRESS_SOURCE_DIR, dir, dir);
    if (system(command) != 0) fail_msg("%s: failed", command);
    process_env(pipeline->workers[PIPELINE_COMPENSATION], "REDRESS_POLICY_DIR=%s/rich", dir);
}

static void open_scene(struct scene *scene, const char *name,
                       void (*make)(struct redises *redises, struct harness *h)) {
    *scene = (struct scene){.pipeline = pipeline_new(name, PARTITIONS), .rate = rate_asked()};
    make(&scene->redises, scene->pipeline->h);
    enrich(scene->pipeline);
    scene->pipeline->world->config.redis_url = scene->redises.url;
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        process_env(scene->pipeline->workers[i], "REDRESS_REDIS_URL=%s", scene->redises.url);
    pipeline_start(scene->pipeline);
    scene->flow = flow_begin(scene->pipeline, scene->rate);
}

static void come(struct scene *scene, int seconds) {
    int until = flow_sent(scene->flow) + seconds * scene->rate;
    WAIT_FOR(flow_sent(scene->flow) >= until, LIMIT_MS);
}

static void begin_step(struct scene *scene, const char *what) {
    assert_true(scene->step_count < STEPS_MAX);
    scene->steps[scene->step_count++] = (struct step){what, flow_now_ms(scene->flow)};
    print_message("%s: %d complaints sent, %d of them without deadlines yet\n", what,
                  flow_sent(scene->flow), flow_behind(scene->flow));
}

static int primaries(struct scene *scene, int servers) {
    int count = 0;
    for (int i = 0; i < servers; i++) count += redises_is_primary(&scene->redises, i);
    return count;
}

/* Servers that are starved of their processor fail over once more, and hear late of it. */
static void expect_primaries(struct scene *scene, int servers, int expected) {
    int end = flow_sent(scene->flow) + LIMIT_MS / 1000 * scene->rate;
    while (primaries(scene, servers) != expected) {
        if (flow_sent(scene->flow) >= end) fail_msg("never %d primaries", expected);
        come(scene, 1);
    }
}

/* ---- A cluster ---- */

/* The slots of shards and of claims, and which server has each. */
struct slots {
    int at[3 * PARTITIONS + CLAIM_TAGS], ports[3 * PARTITIONS + CLAIM_TAGS];
    int count;
};

static void add_slot(struct slots *slots, const struct redis_layout_map *map, const char *tag,
                     int number) {
    char text[64];
    int len = snprintf(text, sizeof text, "{%s.%d}", tag, number);
    int slot = redis_slot(text, (size_t)len);

    slots->at[slots->count] = slot;
    slots->ports[slots->count++] = map->nodes[map->slots[slot]].port;
}

static struct slots look_at_slots(const struct scene *scene, struct redis_layout_map *map_out) {
    static const char *const workers[] = {"sla", "compensation", "notification"};
    struct slots slots = {.count = 0};
    struct redis_address address;
    struct err err;
    int first = 0;

    assert_int_equal(redis_url_parse(scene->redises.url, &address, &err), 0);
    if (redis_layout_find(&address, &first, map_out, &err) < 0) fail_msg("%s", err.text);
    for (int i = 0; i < 3 * PARTITIONS; i++)
        add_slot(&slots, map_out, workers[i / PARTITIONS], i % PARTITIONS);
    for (int i = 0; i < CLAIM_TAGS; i++) add_slot(&slots, map_out, "claims", i);
    redis_layout_free(map_out);
    redis_url_free(&address);

    return slots;
}

/* How many slots of a server are to be moved, from its first on, so that the first `wanted` of ours
 * are among them: in each of these stands a whole shard. */
static int slots_with(const struct slots *slots, const struct redis_layout_map *map, int port,
                      int wanted) {
    int node = REDIS_NO_NODE;
    int moved = 0;
    int ours = 0;

    for (int i = 0; i < slots->count; i++)
        if (slots->ports[i] == port) node = map->slots[slots->at[i]];
    for (int slot = 0; slot < REDIS_SLOTS && ours < wanted; slot++) {
        moved += map->slots[slot] == node;
        for (int i = 0; i < slots->count; i++)
            ours += slots->at[i] == slot && slots->ports[i] == port;
    }
    return moved;
}

static void move_slots(struct scene *scene) {
    enum { FROM = 2, TO = 0, OURS = 5 };
    struct redis_layout_map map;
    struct slots before = look_at_slots(scene, &map);
    int count = slots_with(&before, &map, scene->redises.ports[FROM], OURS);
    int moved = 0;

    begin_step(scene, "slots move from a primary to another, shards with them");
    redises_move_some(&scene->redises, FROM, TO, count);
    WAIT_FOR(redises_moved(&scene->redises), LIMIT_MS);
    int64_t took_ms = flow_now_ms(scene->flow) - scene->steps[scene->step_count - 1].at_ms;
    struct slots after = look_at_slots(scene, &map);
    for (int i = 0; i < before.count; i++) moved += before.ports[i] != after.ports[i];
    print_message("%d slots moved within %.1f s, %d of the %d that hold shards and claims\n", count,
                  (double)took_ms / 1e3, moved, before.count);
    assert_true(moved >= OURS);
}

/* The first primary has a replica that is as far as it is: that one takes over in good order. */
static void hand_over(struct scene *scene) {
    for (int i = 0; i < scene->redises.count; i++) {
        const char *role = redises_tell(&scene->redises, i, "ROLE", NULL);
        if (strncmp(role, "slave", 5) != 0 || !strstr(role, "connected")) continue;
        begin_step(scene, "CLUSTER FAILOVER: a replica takes over in good order");
        redises_tell(&scene->redises, i, "CLUSTER", "FAILOVER", NULL);
        come(scene, AFTER_S);
        expect_primaries(scene, scene->redises.count, 3);
        return;
    }
    fail_msg("no replica is connected");
}

/* ---- What came of it ---- */

static void print_table(const struct scene *scene) {
    print_message("\n| what happens | intake | classification | sla | compensation | notification "
                  "| most without deadlines | so many as before after |\n"
                  "|---|---|---|---|---|---|---|---|\n");
    int64_t calm_ms = scene->steps[0].at_ms;
    for (int i = 0; i + 1 < scene->step_count; i++) {
        int64_t from_ms = scene->steps[i].at_ms;
        int64_t to_ms = scene->steps[i + 1].at_ms;
        print_message("| %s |", scene->steps[i].what);
        for (int kind = FLOW_OPENED; kind <= FLOW_REQUESTED; kind++)
            print_message(" %.2f s |",
                          flow_longest_ms(scene->flow, (enum flow_kind)kind, from_ms, to_ms) / 1e3);
        int few = flow_most_behind(scene->flow, calm_ms + (from_ms - calm_ms) / 2, from_ms);
        if (i == 0) few = scene->rate;
        int after_ms = flow_caught_up_ms(scene->flow, from_ms, to_ms, few);
        print_message(" %d |", flow_most_behind(scene->flow, from_ms, to_ms));
        if (after_ms < 0)
            print_message(" not within %.0f s |\n", (double)(to_ms - from_ms) / 1e3);
        else
            print_message(" %.1f s |\n", after_ms / 1e3);
    }
}

static void print_load(struct scene *scene, double took_s) {
    double redis_s = 0;
    double all_s = process_cpu_s(&scene->pipeline->h->kafka);

    print_message("\nprocessor seconds in %.0f s: kafka %.0f", took_s, all_s);
    for (int i = 0; i < scene->redises.count; i++)
        if (process_running(&scene->redises.servers[i]))
            redis_s += process_cpu_s(&scene->redises.servers[i]);
    all_s += redis_s;
    print_message(", redis (those that live) %.0f", redis_s);
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        double own_s = process_cpu_s(scene->pipeline->workers[i]);
        print_message(", %s %.0f", scene->pipeline->workers[i]->name, own_s);
        all_s += own_s;
    }
    print_message("; together %.0f\n", all_s);
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        struct process *worker = scene->pipeline->workers[i];
        print_message(
            "%s: views made anew or on %.0f times, claims restored %d times, given back "
            "in vain %d times; peak %ld MB\n",
            worker->name, harness_metric(scene->pipeline->h, worker, "redress_heals_total"),
            process_log_count(worker, "\"claims restored\""),
            process_log_count(worker, "claims not given back"), process_peak_kb(worker) / 1024);
    }
}

/* What Redis says that policy has given in all: of today, and of yesterday after midnight. */
static int64_t budget_used(struct scene *scene, int64_t began_ms) {
    struct arena *arena = scene->redises.arena;
    const char *dir = arena_printf(arena, "%s/rich", scene->pipeline->h->dir);
    struct faults faults = {.arena = arena};
    struct texts tenants = {0};
    const struct tree *file;
    const char *version;
    const char *period = "";
    struct err err;
    void *policy = NULL;
    int64_t used = 0;
    struct sight sight = {.redis = redis_new(scene->redises.url, &err),
                          .arena = arena,
                          .prefix = scene->pipeline->h->prefix};

    assert_int_equal(policy_file_read(&compensation_spec, dir, arena, &file, &err), 0);
    assert_int_equal(compensation_spec.load(file, dir, arena, &policy, &version, &faults), 0);
    texts_add(&tenants, "default", arena);
    const int64_t days[] = {began_ms, clock_now_ms()};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct parts rows;
        if (sight_budgets_read(&sight, policy, &tenants, days[i], &rows) < 0)
            fail_msg("%s", sight.err.text);
        const struct sight_budget *row = rows.at; /* the first is policy's */
        assert_true(rows.count > 0 && !row->lost && strstr(row->budget, "policy"));
        if (strcmp(row->period, period) != 0) used += row->used_minor;
        period = row->period;
    }
    redis_free(sight.redis);

    return used;
}

static void check(struct scene *scene, int64_t began_ms) {
    struct flow_sums sums = flow_check(scene->flow);
    int64_t used = budget_used(scene, began_ms);

    print_message("given by policy: %lld minor units; its budget says %lld\n",
                  (long long)sums.approved_minor, (long long)used);
    assert_true(sums.approved_minor > 0 && used >= sums.approved_minor);
}

static void close_scene(struct scene *scene, int64_t began_ms) {
    begin_step(scene, "no more complaints");
    print_table(scene);
    flow_end(scene->flow, LIMIT_MS);
    int64_t end_ms = flow_now_ms(scene->flow);
    print_message("everything is decided %.1f s after the last complaint\n",
                  (double)(end_ms - scene->steps[scene->step_count - 1].at_ms) / 1e3);
    print_load(scene, (double)end_ms / 1e3);
    for (int i = 0; i < PIPELINE_WORKERS; i++)
        assert_int_equal(process_stop(scene->pipeline->workers[i], LIMIT_MS), 0);
    check(scene, began_ms);
    flow_free(scene->flow);
    redises_close(&scene->redises);
    pipeline_close(scene->pipeline);
}

/* Complaints come for a while, and then what is measured without any trouble. */
static void open_calm(struct scene *scene, const char *name,
                      void (*make)(struct redises *redises, struct harness *h)) {
    open_scene(scene, name, make);
    come(scene, CALM_S);
    begin_step(scene, "nothing");
    come(scene, AFTER_S);
}

static void a_cluster(void **state) {
    (void)state;
    enum { VICTIM = 1 };
    int64_t began_ms = clock_now_ms();
    struct scene scene;

    open_calm(&scene, "cluster", redises_cluster);
    begin_step(&scene, "a primary is killed");
    process_kill(&scene.redises.servers[VICTIM], SIGKILL);
    come(&scene, AFTER_S);
    expect_primaries(&scene, scene.redises.count, 3);
    begin_step(&scene, "it comes back, as a replica");
    process_start(&scene.redises.servers[VICTIM]);
    come(&scene, AFTER_S);
    move_slots(&scene);
    come(&scene, AFTER_S);
    hand_over(&scene);
    close_scene(&scene, began_ms);
}

static void sentinels(void **state) {
    (void)state;
    enum { PRIMARY = 0, REPLICA = 1, SENTINEL = 2, SERVERS = 2 };
    int64_t began_ms = clock_now_ms();
    struct scene scene;

    open_calm(&scene, "sentinel", redises_sentinel);
    begin_step(&scene, "SENTINEL FAILOVER: the replica takes over in good order");
    redises_tell(&scene.redises, SENTINEL, "SENTINEL", "FAILOVER", "redress", NULL);
    come(&scene, AFTER_S);
    expect_primaries(&scene, SERVERS, 1); /* the old one hears of it late */
    begin_step(&scene, "the replica stands still, and is older from here on");
    process_freeze(&scene.redises.servers[PRIMARY]);
    come(&scene, OLDER_S);
    begin_step(&scene, "the primary is killed: Sentinels name the older replica");
    process_kill(&scene.redises.servers[REPLICA], SIGKILL);
    process_thaw(&scene.redises.servers[PRIMARY]);
    come(&scene, 2 * AFTER_S);
    expect_primaries(&scene, SERVERS, 1);
    begin_step(&scene, "the killed one comes back, as a replica");
    process_start(&scene.redises.servers[REPLICA]);
    come(&scene, AFTER_S);
    close_scene(&scene, began_ms);
}

/* A name or pattern runs only those. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_cluster), cmocka_unit_test(sentinels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
