/* Bad input on a real broker: every row of bad_input.h comes out in redress.rejected with its
 * reason, its origin and its bytes untouched; the worker's memory stays flat; the next good event
 * passes. */
#include "bad_input.h"
#include "intake/intake.h"
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ROUNDS = 20, /* what one round leaves behind shows after so many */
    /* A round is 1.3 MB of records: with one of them kept in each round this would be passed. */
    GROWTH_MAX_KB = 12 * 1024,
    IDLE_MS = 240000
};

static const struct worker_spec *const workers[] = {&intake_spec, NULL};

static void publish_table(struct world *world) {
    struct arena *arena = arena_new();
    for (int i = 0; i < bad_input_count(); i++) {
        struct raw raw;
        bad_input_make(i, arena, &raw);
        /* The name tells the records apart once they are rejected. */
        struct header headers[16] = {{"row", bad_input_at(i)->name, strlen(bad_input_at(i)->name)}};
        assert_true(raw.header_count < 16);
        for (int j = 0; j < raw.header_count; j++) headers[j + 1] = raw.headers[j];
        world_publish(world, raw.topic, "bad-key", raw.value, raw.value_len, headers,
                      raw.header_count + 1);
    }
    world_flush(world);
    arena_free(arena);
    world_wait_idle(world, workers, IDLE_MS);
}

static const char *header_text(struct arena *arena, const struct raw *raw, const char *name) {
    for (int i = 0; i < raw->header_count; i++)
        if (strcmp(raw->headers[i].name, name) == 0)
            return arena_strndup(arena, raw->headers[i].value, raw->headers[i].value_len);
    fail_msg("no header %s", name);
    return NULL;
}

struct seen {
    struct arena *arena;
    int *counts; /* of each row */
};

static int find_row(const char *name) {
    for (int i = 0; i < bad_input_count(); i++)
        if (strcmp(bad_input_at(i)->name, name) == 0) return i;
    fail_msg("no row %s", name);
    return -1;
}

static void check_headers(const struct raw *sent, const struct raw *raw, const char *name) {
    for (int i = 0; i < sent->header_count; i++) {
        const struct header *a = &sent->headers[i], *b = &raw->headers[i + 1];
        bool same = raw->header_count > i + 1 && strcmp(a->name, b->name) == 0 &&
                    a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0;
        if (!same) fail_msg("%s: header %s has changed", name, a->name);
    }
}

static void check_rejected(void *context, const struct raw *raw) {
    struct seen *seen = context;
    const char *name = header_text(seen->arena, raw, "row");
    int row = find_row(name);
    const struct bad_input *bad = bad_input_at(row);
    struct raw sent;
    bad_input_make(row, seen->arena, &sent);
    seen->counts[row]++;
    const char *reason = header_text(seen->arena, raw, "redress_reason");
    const char *detail = header_text(seen->arena, raw, "redress_detail");
    if (strcmp(reason, bad->reason) != 0 || !strstr(detail, bad->detail))
        fail_msg("%s: %s, %s", name, reason, detail);
    if (raw->value_len != sent.value_len ||
        memcmp(raw->value ? raw->value : "", sent.value ? sent.value : "", raw->value_len) != 0)
        fail_msg("%s: its bytes have changed", name);
    assert_int_equal(!raw->value, !sent.value);
    assert_int_equal(raw->key_len, sent.key_len);
    assert_memory_equal(raw->key, sent.key, raw->key_len);
    check_headers(&sent, raw, name);
    const char *topic = header_text(seen->arena, raw, "redress_topic");
    assert_non_null(strstr(topic, topic_name(sent.topic)));
    header_text(seen->arena, raw, "redress_partition");
    header_text(seen->arena, raw, "redress_offset");
    arena_reset(seen->arena);
}

static void check_all_rejected(struct world *world, int times) {
    struct seen seen = {.arena = arena_new(),
                        .counts = calloc((size_t)bad_input_count(), sizeof(int))};
    int64_t count = world_read(world, TOPIC_REJECTED, NULL, check_rejected, &seen);
    assert_int_equal(count, (int64_t)bad_input_count() * times);
    for (int i = 0; i < bad_input_count(); i++)
        if (seen.counts[i] != times)
            fail_msg("%s: %d times", bad_input_at(i)->name, seen.counts[i]);
    free(seen.counts);
    arena_free(seen.arena);
}

static long resident_kb(const struct process *process) {
    char path[64], line[128];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process->pid);
    FILE *status = fopen(path, "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    fclose(status);
    assert_true(kb > 0);
    return kb;
}

static void see_good(void *context, const struct raw *raw) {
    struct arena *arena = arena_new();
    assert_string_equal(header_text(arena, raw, "ce_type"), "case.opened");
    assert_string_equal(header_text(arena, raw, "ce_subject"), "BYCRCNPA1C41H-FRGWX4V");
    ++*(int *)context;
    arena_free(arena);
}

static void publish_good(struct world *world) {
    static const char good[] =
        "{\"specversion\":\"1.0\",\"id\":\"c-1\",\"source\":\"/shop/"
        "app\",\"type\":\"complaint.submitted\",\"time\":\"2024-01-01T00:00:00Z\",\"data\":{"
        "\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\"},\"text\":\"broken\","
        "\"order\":{\"id\":\"A1001\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
        "\"minor\":1}}}}";
    world_publish(world, TOPIC_COMPLAINTS, "bad-key", good, sizeof good - 1, NULL, 0);
    world_flush(world);
    world_wait_idle(world, workers, IDLE_MS);
}

static void test_bad_input_is_rejected(void **state) {
    (void)state;
    struct harness *h = harness_new("bad_input");
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, 4);
    struct process *intake = harness_worker(h, "intake", 0);
    /* A sanitizer keeps what was freed for a while: that is no growth of the worker's. */
    process_env(intake, "ASAN_OPTIONS=quarantine_size_mb=1:abort_on_error=1");
    process_start(intake);
    harness_wait_ready(h, intake);
    struct world *world = world_open(h);
    publish_table(world);
    publish_table(world);
    long before_kb = resident_kb(intake);
    for (int i = 0; i < ROUNDS; i++) publish_table(world);
    long after_kb = resident_kb(intake);
    print_message("%d kinds, %d rounds: %ld KB resident before, %ld KB after\n", bad_input_count(),
                  ROUNDS, before_kb, after_kb);
    assert_true(after_kb - before_kb < GROWTH_MAX_KB);
    publish_good(world);
    int good = 0;
    assert_int_equal(world_read(world, TOPIC_EVENTS, NULL, see_good, &good), 1);
    assert_int_equal(good, 1);
    check_all_rejected(world, ROUNDS + 2);
    world_close(world);
    harness_close(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad_input_is_rejected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
