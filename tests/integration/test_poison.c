/* Records that Kafka let in but will not let on: whatever lies on an input, what lies behind it is
 * decided, and nothing is lost. What cannot be copied to redress.rejected is described there; what
 * would make a state larger than Kafka takes is rejected. Every submission is counted. */
#include "base/clock.h"
#include "base/ids.h"
#include "intake/intake.h"
#include "sla/sla.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTITIONS = 2, STEP_MS = 240000, RUN_MS = 240000, MB = 1000 * 1000 };

struct scene {
    struct harness *h;
    struct world *world;
    struct process *intake;
    struct arena *arena;
    struct config channel; /* of a channel service that sends what it likes */
    struct kafka kafka;
    struct kafka_producer *producer;
    int good; /* complaints that are to be opened */
};

/* What is sent is one batch, on however slow a machine: only flush() ends it. */
static void open_channel(struct scene *scene, const char *codec) {
    static const char *const large[] = {
        "message.max.bytes",          "400000000", "batch.size", "400000000", "linger.ms", "60000",
        "queue.buffering.max.kbytes", "1000000"};
    enum { PROPERTIES = sizeof large / sizeof *large / 2 };
    struct config_property *properties =
        arena_alloc(scene->arena, sizeof *properties * (PROPERTIES + 2));
    struct err err;
    for (int i = 0; i < PROPERTIES; i++)
        properties[i] = (struct config_property){large[2 * i], large[2 * i + 1]};
    properties[PROPERTIES] = (struct config_property){"bootstrap.servers", scene->h->bootstrap};
    properties[PROPERTIES + 1] = (struct config_property){"compression.codec", codec};
    scene->channel = scene->world->config;
    scene->channel.kafka = properties;
    scene->channel.kafka_count = PROPERTIES + 2;
    scene->kafka = (struct kafka){.config = &scene->channel};
    scene->producer = kafka_producer_new(&scene->kafka, NULL, &err);
    if (!scene->producer) wait_fail("%s", err.text);
}

static void flush(struct scene *scene) {
    struct err err;
    if (kafka_flush(scene->producer, STEP_MS, &err) != KAFKA_DONE) wait_fail("%s", err.text);
}

static void close_channel(struct scene *scene) {
    flush(scene);
    kafka_producer_free(scene->producer);
    scene->producer = NULL;
}

static void open_scene(struct scene *scene, const char *name) {
    *scene = (struct scene){.h = harness_share(name), .arena = arena_new()};
    harness_create_topics(scene->h, PARTITIONS);
    scene->world = world_open(scene->h);
    scene->intake = harness_worker(scene->h, "intake", 0);
}

static void close_scene(struct scene *scene) {
    world_close(scene->world);
    harness_leave(scene->h);
    arena_free(scene->arena);
}

static void send(struct scene *scene, const struct kafka_message *message) {
    struct err err;
    if (kafka_produce(scene->producer, message, &err) != KAFKA_DONE) wait_fail("%s", err.text);
}

static void send_value(struct scene *scene, const char *key, const char *value, size_t len) {
    send(scene, &(struct kafka_message){.topic = TOPIC_COMPLAINTS,
                                        .key = key,
                                        .key_len = key ? strlen(key) : 0,
                                        .value = value,
                                        .value_len = len});
}

static const char *complaint(struct scene *scene, const char *text) {
    int number = scene->good++;
    char time[CLOCK_TEXT_MAX];
    return arena_printf(
        scene->arena,
        "{\"specversion\":\"1.0\",\"id\":\"c-%d\",\"source\":\"/shop/"
        "app\",\"type\":\"complaint.submitted\",\"time\":\"%s\",\"data\":{\"channel\":\"app\","
        "\"customer\":{\"id\":\"u-%d\",\"tier\":\"regular\"},\"order\":{\"id\":\"O%d\",\"status\":"
        "\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":8900}},\"text\":\"%s\"}}",
        number, clock_format(clock_now_ms(), time), number, number, text);
}

static void send_good(struct scene *scene) {
    const char *text = complaint(scene, "it is torn");
    send_value(scene, "k", text, strlen(text));
}

/* Nothing that compresses. */
static char *noise(struct arena *arena, size_t len) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *bytes = arena_memory(arena, len + 1);
    unsigned seed = 7;
    for (size_t i = 0; i < len; i++) bytes[i] = letters[(unsigned)rand_r(&seed) >> 5 & 63];
    bytes[len] = 0;
    return bytes;
}

/* ---- What came out ---- */

struct rejected_seen {
    struct arena *arena;
    int count, described, unreadable, keyless;
    bool digest_found;
    char digest[17];
};

static const char *header_of(struct arena *arena, const struct raw *raw, const char *name) {
    for (int i = raw->header_count - 1; i >= 0; i--)
        if (strcmp(raw->headers[i].name, name) == 0)
            return arena_strndup(arena, raw->headers[i].value, raw->headers[i].value_len);
    return "";
}

static void see_rejected(void *context, const struct raw *raw) {
    struct rejected_seen *seen = context;
    const char *described = header_of(seen->arena, raw, "redress_described");
    const char *value = arena_strndup(seen->arena, raw->value, raw->value ? raw->value_len : 0);
    seen->count++;
    seen->keyless += raw->key == NULL;
    assert_true(strlen(header_of(seen->arena, raw, "redress_offset")) > 0);
    if (!*described) return;

    const struct tree *tree;
    struct err err;
    seen->described++;
    assert_int_equal(json_read(seen->arena, raw->value, raw->value_len, NULL, &tree, &err),
                     JSON_OK);
    assert_non_null(strstr(tree_text(tree, "topic"), ".complaints"));
    seen->unreadable += strcmp(described, "unreadable") == 0 && tree_text(tree, "unreadable");
    if (seen->digest[0] && strstr(value, seen->digest)) seen->digest_found = true;
}

static void count_opened(void *context, const struct raw *raw) {
    size_t len;
    const char *type = event_peek_type(raw, &len);
    *(int *)context +=
        type && len == strlen("case.opened") && memcmp(type, "case.opened", len) == 0;
}

/* Every good complaint is opened once, and everything else rejected once. */
static void expect(struct scene *scene, struct rejected_seen *seen, int rejected) {
    static const struct worker_spec *const workers[] = {&intake_spec, NULL};
    int opened = 0;
    world_wait_idle(scene->world, workers, STEP_MS);
    world_read(scene->world, TOPIC_EVENTS, NULL, count_opened, &opened);
    seen->arena = scene->arena;
    world_read(scene->world, TOPIC_REJECTED, NULL, see_rejected, seen);
    print_message("%d of %d opened, %d of %d rejected, %d of them described, %d unreadable\n",
                  opened, scene->good, seen->count, rejected, seen->described, seen->unreadable);
    assert_int_equal(opened, scene->good);
    assert_int_equal(seen->count, rejected);
}

/* ---- Records of all kinds ---- */

/* The broker checks what is sent to it: packed, all of this is small. */
static void send_large(struct scene *scene, char digest_out[17]) {
    enum { LARGE = 3 * MB };
    char *large = arena_alloc(scene->arena, LARGE);
    memset(large, 'x', LARGE);
    memcpy(large, "{\"text\":\"", 9);
    ids_digest(large, LARGE, digest_out);
    send_value(scene, "k", large, LARGE);
    send_good(scene);
}

static void send_large_key(struct scene *scene) {
    enum { LARGE = 2 * MB + 100000 };
    char *key = arena_alloc(scene->arena, LARGE);
    memset(key, 'k', LARGE - 1);
    send_value(scene, key, "not json", 8);
    const char *good = complaint(scene, "with a long key");
    send_value(scene, key, good, strlen(good));
    send_good(scene);
}

static void send_many_headers(struct scene *scene) {
    enum { HEADERS = 10000, VALUE = 220 };
    struct header *headers = arena_alloc(scene->arena, sizeof *headers * HEADERS);
    char *value = arena_alloc(scene->arena, VALUE);
    memset(value, 'h', VALUE);
    for (int i = 0; i < HEADERS; i++) headers[i] = (struct header){"x-header", value, VALUE};
    send(scene, &(struct kafka_message){.topic = TOPIC_COMPLAINTS,
                                        .key = "k",
                                        .key_len = 1,
                                        .value = "not json",
                                        .value_len = 8,
                                        .headers = headers,
                                        .header_count = HEADERS});
    send_good(scene);
}

static void send_odd(struct scene *scene) {
    static const struct header odd[] = {
        {"\xff\xfe not a name", "\xff", 1}, {"", NULL, 0}, {"redress_described", "x", 1}};
    send_value(scene, "k", NULL, 0);
    send(scene, &(struct kafka_message){.topic = TOPIC_COMPLAINTS,
                                        .key = "k",
                                        .key_len = 1,
                                        .value = "{}",
                                        .value_len = 2,
                                        .headers = odd,
                                        .header_count = 2});
    send_good(scene);
}

/* A batch of three that unpacks to more than librdkafka allows. */
static void send_bomb(struct scene *scene) {
    enum { LARGE = 45 * MB, RECORDS = 3 };
    char *large = arena_alloc(scene->arena, LARGE);
    open_channel(scene, "zstd");
    for (int i = 0; i < RECORDS; i++) send_value(scene, "k", large, LARGE);
    close_channel(scene);
}

static void check_tool(struct scene *scene) {
    struct buf out = {0};
    assert_int_equal(
        harness_run(scene->h, &out, RUN_MS, "redressctl", "rejected", "list", "--json", NULL), 0);
    assert_non_null(strstr(out.at, "\"described\":\"too_large\""));
    assert_non_null(strstr(out.at, "\"described\":\"unreadable\""));
    char *line = strstr(out.at, "\"described\":\"too_large\""), id[40] = "";
    while (line > out.at && line[-1] != '\n') line--;
    assert_int_equal(sscanf(line, "{\"id\":\"%39[^\"]", id), 1);
    buf_clear(&out);
    assert_int_equal(
        harness_run(scene->h, &out, RUN_MS, "redressctl", "rejected", "show", id, NULL), 0);
    assert_non_null(strstr(out.at, "value_begins"));
    buf_clear(&out);
    assert_int_equal(
        harness_run(scene->h, &out, RUN_MS, "redressctl", "rejected", "replay", id, NULL),
        EXIT_CANNOT_GO_ON);
    assert_non_null(strstr(out.at, "only a description of it is here"));
    buf_free(&out);
}

static void test_every_kind(void **state) {
    (void)state;
    struct scene scene;
    struct rejected_seen seen = {0};
    open_scene(&scene, "poison");
    open_channel(&scene, "lz4");
    process_start(scene.intake);
    send_good(&scene);
    send_large(&scene, seen.digest);
    send_large_key(&scene);
    send_many_headers(&scene);
    send_odd(&scene);
    close_channel(&scene);
    send_bomb(&scene);
    open_channel(&scene, "none");
    send_good(&scene);
    close_channel(&scene);
    expect(&scene, &seen, 3 + 2 + 3);
    assert_int_equal(seen.described, 3 + 3);
    assert_int_equal(seen.unreadable, 3);
    assert_true(seen.digest_found);
    check_tool(&scene);
    close_scene(&scene);
}

/* ---- Topics that are changed while the worker runs ---- */

static void alter(struct scene *scene, const char *topic, const char *setting) {
    char jars[300], name[200];
    struct buf out = {0};
    harness_kafka_jars(jars, sizeof jars);
    snprintf(name, sizeof name, "%s.%s", scene->h->prefix, topic);
    if (harness_run(scene->h, &out, RUN_MS, "java", "-cp", jars, "kafka.admin.ConfigCommand",
                    "--bootstrap-server", scene->h->bootstrap, "--alter", "--entity-type", "topics",
                    "--entity-name", name, "--add-config", setting, NULL) != 0)
        wait_fail("%s: %s", setting, out.at);
    buf_free(&out);
}

static void send_bad(struct scene *scene, const char *key, size_t len) {
    char *bad = noise(scene->arena, len);
    send_value(scene, key, bad, len);
    send_good(scene);
}

/* Smaller than it was told at start; than one segment of the log; by rules that it was not told of.
 */
static void test_topics_change(void **state) {
    (void)state;
    enum { BURST = 200, TEXT = 7000 };
    struct scene scene;
    struct rejected_seen seen = {0};
    open_scene(&scene, "changed");
    open_channel(&scene, "lz4");
    process_start(scene.intake);
    send_bad(&scene, "k", 1200 * 1000);
    flush(&scene);
    expect(&scene, &seen, 1);
    assert_int_equal(seen.described, 0); /* it is copied whole */

    alter(&scene, "rejected", "segment.bytes=1048576");
    send_bad(&scene, "k", 1200 * 1000);
    flush(&scene);
    seen = (struct rejected_seen){0};
    expect(&scene, &seen, 2);
    assert_int_equal(seen.described, 1);

    alter(&scene, "rejected", "max.message.bytes=300000");
    alter(&scene, "events", "max.message.bytes=300000");
    send_bad(&scene, "k", 400 * 1000);
    for (int i = 0; i < BURST; i++) {
        const char *good = complaint(&scene, noise(scene.arena, TEXT));
        send_value(&scene, "k", good, strlen(good));
    }
    flush(&scene);
    seen = (struct rejected_seen){0};
    expect(&scene, &seen, 3);
    assert_int_equal(seen.described, 2);

    alter(&scene, "rejected", "cleanup.policy=compact");
    send_value(&scene, NULL, "no key, and no json", 19);
    send_value(&scene, NULL, "another", 7);
    send_bad(&scene, "k", 1000);
    flush(&scene);
    seen = (struct rejected_seen){0};
    expect(&scene, &seen, 6);
    assert_int_equal(seen.described, 4);
    assert_int_equal(seen.keyless, 0);
    close_channel(&scene);
    close_scene(&scene);
}

/* ---- A case that grows ---- */

static void set_deadline(struct scene *scene, const char *case_id, const char *name, int number) {
    char time[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];
    int64_t now_ms = clock_now_ms();
    const char *text =
        arena_printf(scene->arena,
                     "{\"specversion\":\"1.0\",\"id\":\"d-%d-%.21s\",\"source\":\"/"
                     "market\",\"type\":\"case.deadline_set\",\"time\":\"%s\",\"data\":{\"case_"
                     "id\":\"%s\",\"target\":\"resolution\",\"at\":\"%s\",\"set_by\":\"%s%d\"}}",
                     number, case_id, clock_format(now_ms + number, time), case_id,
                     clock_format(now_ms + 3600000 + number, at), name, number);
    send(scene, &(struct kafka_message){.topic = TOPIC_ACTIVITY,
                                        .key = case_id,
                                        .key_len = IDS_ROUTE_LEN,
                                        .value = text,
                                        .value_len = strlen(text)});
}

struct counts {
    int passed, too_large;
};

static void count_deadlines(void *context, const struct raw *raw) {
    struct counts *counts = context;
    size_t len;
    const char *type = event_peek_type(raw, &len);
    counts->passed +=
        type && len == strlen("case.deadline_set") && memcmp(type, "case.deadline_set", len) == 0;
}

static void count_too_large(void *context, const struct raw *raw) {
    struct counts *counts = context;
    struct arena *arena = arena_new();
    assert_string_equal(header_of(arena, raw, "redress_reason"), "too_large");
    assert_non_null(strstr(header_of(arena, raw, "redress_topic"), ".events"));
    assert_string_equal(header_of(arena, raw, "ce_type"), "case.deadline_set");
    counts->too_large++;
    arena_free(arena);
}

struct facts {
    const char *id;
    int count;
};

static int count_type(const struct tree *facts, const char *type) {
    int count = 0;
    for (const struct tree *fact = facts ? facts->first : NULL; fact; fact = fact->next)
        count += tree_text(fact, "type") && strcmp(tree_text(fact, "type"), type) == 0;
    return count;
}

/* The last record of a case wins. */
static void see_facts(void *context, const struct raw *raw) {
    struct facts *facts = context;
    static const struct json_limits limits = {.bytes = 4 * MB, .depth = 32, .values = MB};
    const struct tree *tree;
    struct err err;
    struct arena *arena = arena_new();
    if (raw->value && raw->key_len == strlen(facts->id) &&
        memcmp(raw->key, facts->id, raw->key_len) == 0) {
        assert_int_equal(json_read(arena, raw->value, raw->value_len, &limits, &tree, &err),
                         JSON_OK);
        facts->count = count_type(tree_get(tree, "facts"), "case.deadline_set");
    }
    arena_free(arena);
}

/* 400 names of 760 bytes are more than the state's topic takes: what no longer fits is rejected,
 * everything else of it and of the case behind it is kept, and its deadline fires. */
static void test_case_grows(void **state) {
    (void)state;
    enum { EVENTS = 400, CHARACTERS = 190 };
    static const struct worker_spec *const workers[] = {&intake_spec, &sla_spec, NULL};
    struct scene scene;
    struct buf name = {0}, diff = {0};
    struct counts counts = {0};
    char route[IDS_ROUTE_LEN + 1], ids[2][IDS_CASE_LEN + 1];
    open_scene(&scene, "grows");
    alter(&scene, "sla.state", "max.message.bytes=262144");
    struct process *sla = harness_worker(scene.h, "sla", 0);
    process_start(scene.intake);
    process_start(sla);
    open_channel(&scene, "lz4");
    send_good(&scene);
    send_good(&scene);
    for (int i = 0; i < 2; i++) {
        char order[32], id[16];
        snprintf(order, sizeof order, "order:O%d", i);
        snprintf(id, sizeof id, "c-%d", i);
        ids_route("default", order, route);
        ids_case(route, "/shop/app", id, ids[i]);
    }
    for (int i = 0; i < CHARACTERS; i++) buf_puts(&name, "\xF0\x9F\x98\x80");
    flush(&scene);
    for (int i = 0; i < EVENTS; i++) set_deadline(&scene, ids[0], name.at, i);
    set_deadline(&scene, ids[1], "market", 0);
    close_channel(&scene);
    world_wait_idle(scene.world, workers, 2 * STEP_MS);
    world_read(scene.world, TOPIC_EVENTS, NULL, count_deadlines, &counts);
    world_read(scene.world, TOPIC_REJECTED, NULL, count_too_large, &counts);
    struct facts facts[2] = {{ids[0], 0}, {ids[1], 0}};
    for (int i = 0; i < 2; i++) world_read(scene.world, TOPIC_STATE, "sla", see_facts, &facts[i]);
    print_message("%d of %d deadlines in the log, %d rejected, %d kept\n", counts.passed,
                  EVENTS + 1, counts.too_large, facts[0].count);
    assert_int_equal(counts.passed, EVENTS + 1);
    assert_true(counts.too_large > 0);
    assert_int_equal(facts[0].count + counts.too_large, EVENTS);
    assert_int_equal(facts[1].count, 1);
    int lines;
    if (world_check_view(scene.world, &sla_spec, &diff, &lines)) fail_msg("%s", diff.at);
    assert_true(process_running(sla));
    buf_free(&name);
    buf_free(&diff);
    close_scene(&scene);
}

/* ---- A copy that is damaged ---- */

/* The nth batch (from 0) of a log: where it begins, and in *size_out its bytes. -1: there are not
 * so many. */
static long find_batch(FILE *file, int nth, long *size_out) {
    unsigned char head[12];
    long at = 0;
    for (int i = 0;; i++) {
        if (fseek(file, at, SEEK_SET) || fread(head, 1, sizeof head, file) != sizeof head)
            return -1;
        long size =
            (long)sizeof head + ((long)head[8] << 24 | head[9] << 16 | head[10] << 8 | head[11]);
        if (size <= (long)sizeof head) return -1;
        *size_out = size;
        if (i == nth) return at;
        at += size;
    }
}

/* Turns one bit of a batch, in the first partition that has so many; returns which. */
static int damage(struct scene *scene, const char *topic, int nth) {
    for (int i = 0; i < PARTITIONS; i++) {
        char path[400];
        long size;
        snprintf(path, sizeof path, "%s/kafka/%s.%s-%d/00000000000000000000.log", scene->h->dir,
                 scene->h->prefix, topic, i);
        FILE *file = fopen(path, "r+");
        if (!file) wait_fail("no file %s", path);
        long at = find_batch(file, nth, &size);
        int byte = at < 0 || fseek(file, at + size - 2, SEEK_SET) ? EOF : fgetc(file);
        if (byte != EOF) {
            fseek(file, at + size - 2, SEEK_SET);
            fputc(byte ^ 1, file);
        }
        fclose(file);
        if (byte != EOF) return i;
    }
    wait_fail("no partition of %s has %d batches", topic, nth + 1);
    return -1;
}

static void expect_damage(struct process *worker) {
    static const char why[] = "the broker's copy of a batch is damaged";
    if (!process_wait(worker, STEP_MS)) wait_fail("%s still runs", worker->name);
    if (process_exit_status(worker) == EXIT_CANNOT_GO_ON && process_log_count(worker, why) > 0 &&
        process_log_count(worker, "recreated") == 0)
        return;
    process_log_tail(worker, 10);
    fail_msg("%s: status %d, expected %d and \"%s\"", worker->name, process_exit_status(worker),
             EXIT_CANNOT_GO_ON, why);
}

static void forget_views(struct scene *scene) {
    char port[16];
    snprintf(port, sizeof port, "%d", scene->h->redis_port);
    assert_int_equal(harness_run(scene->h, NULL, RUN_MS, "redis-cli", "-p", port, "flushall", NULL),
                     0);
}

/* An input: the worker says what it is, and goes on behind it when it is told to. A changelog: no
 * state is made of what follows. */
static void test_damaged(void **state) {
    (void)state;
    static const struct worker_spec *const workers[] = {&intake_spec, &sla_spec, NULL};
    struct scene scene;
    struct rejected_seen seen = {0};
    open_scene(&scene, "damaged");
    struct process *sla = harness_worker(scene.h, "sla", 0);
    process_start(scene.intake);
    process_start(sla);
    open_channel(&scene, "none");
    for (int i = 0; i < 4; i++) {
        send_good(&scene);
        flush(&scene);
    }
    world_wait_idle(scene.world, workers, STEP_MS);
    assert_int_equal(process_stop(scene.intake, STEP_MS), 0);
    assert_int_equal(process_stop(sla, STEP_MS), 0);
    for (int i = 0; i < 3; i++) {
        send_good(&scene);
        flush(&scene);
    }
    close_channel(&scene);
    world_close(scene.world);
    process_stop(&scene.h->kafka, STEP_MS);
    int input = damage(&scene, "complaints", 5);
    damage(&scene, "sla.state", 1);
    harness_start_kafka(scene.h);
    scene.world = world_open(scene.h);
    process_start(scene.intake);
    /* Redis has its claims still, so what lies before the damage has been decided. Where they must
     * be restored first, intake stops without that, and whoever steps over the damage steps over
     * those records, too: a known fault. */
    expect_damage(scene.intake);
    forget_views(&scene);
    process_start(sla);
    expect_damage(sla);

    char partition[16];
    struct buf out = {0};
    snprintf(partition, sizeof partition, "%d", input);
    if (harness_run(scene.h, &out, RUN_MS, "redressctl", "offsets", "set", "intake", "--topic",
                    "complaints", "--partition", partition, "--to", "6", NULL) != 0)
        wait_fail("%s", out.at);
    buf_free(&out);
    process_start(scene.intake);
    scene.good--; /* the one that is lost */
    expect(&scene, &seen, 0);
    close_scene(&scene);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind), cmocka_unit_test(test_topics_change),
        cmocka_unit_test(test_case_grows), cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
