/* What is held for the leading topic: copies, bounded by number and by bytes. */
#include "runtime/map_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LARGE = 400000, LARGE_MOST_MB = 80, SMALL_MOST = 10000 };

static const struct worker_spec spec = {.leads = TOPIC_COMPLAINTS};

static void open_map(struct map *map, struct engine *engine) {
    *engine = (struct engine){.spec = &spec, .arena = arena_new()};
    *map = (struct map){.engine = engine};
    map_gate_init(&map->gate);
}

static void close_map(struct map *map) {
    map_gate_drop(&map->gate);
    map_gate_free(&map->gate);
    arena_free(map->engine->arena);
}

static int fill(struct map *map, size_t len) {
    char *value = calloc(1, len);
    struct raw raw = {.topic = TOPIC_ACTIVITY, .value = value, .value_len = len};
    int count = 0;
    for (; !map_gate_full(map); count++) map_gate_add(map, &raw);
    free(value);
    return count;
}

static void test_bounded(void **state) {
    (void)state;
    struct engine engine;
    struct map map;
    open_map(&map, &engine);
    assert_true(map_gate_holds(&map, TOPIC_ACTIVITY));
    assert_false(map_gate_holds(&map, TOPIC_COMPLAINTS));
    assert_in_range(fill(&map, 10), 1, SMALL_MOST);
    map_gate_drop(&map.gate);
    assert_false(map_gate_full(&map));
    assert_in_range((int64_t)fill(&map, LARGE) * LARGE, 1, LARGE_MOST_MB << 20);
    assert_true(map.gate.bytes >= (size_t)map.gate.count * LARGE);

    map.held_back = true; /* they are paused until much less is held */
    assert_true(map_gate_full(&map));
    map_gate_drop(&map.gate);
    assert_int_equal(map.gate.bytes, 0);
    assert_false(map_gate_full(&map));
    close_map(&map);
}

/* Nothing of the record that came is needed any more. */
static void test_copy(void **state) {
    (void)state;
    char key[] = "k-1", value[] = "{\"a\":1}", name[] = "ce_id", text[] = "e-1", why[] = "lz4";
    struct header header = {name, text, 3};
    struct raw raw = {.topic = TOPIC_ACTIVITY,
                      .partition = 3,
                      .offset = 17,
                      .timestamp_ms = 5,
                      .key = key,
                      .key_len = 3,
                      .value = value,
                      .value_len = 7,
                      .headers = &header,
                      .header_count = 1,
                      .unreadable = why};
    struct map_copy copy;
    map_copy_make(&copy, &raw);
    memset(key, 0, sizeof key);
    memset(value, 0, sizeof value);
    memset(name, 0, sizeof name);
    memset(text, 0, sizeof text);
    memset(why, 0, sizeof why);
    header = (struct header){0};
    assert_int_equal(copy.raw.offset, 17);
    assert_int_equal(copy.raw.timestamp_ms, 5);
    assert_memory_equal(copy.raw.key, "k-1", 3);
    assert_memory_equal(copy.raw.value, "{\"a\":1}", 7);
    assert_string_equal(copy.raw.headers[0].name, "ce_id");
    assert_memory_equal(copy.raw.headers[0].value, "e-1", 3);
    assert_string_equal(copy.raw.unreadable, "lz4");
    map_copy_free(&copy);

    map_copy_make(&copy, &(struct raw){.topic = TOPIC_ACTIVITY}); /* a tombstone without a key */
    assert_null(copy.raw.key);
    assert_null(copy.raw.value);
    assert_null(copy.raw.unreadable);
    map_copy_free(&copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounded), cmocka_unit_test(test_copy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
