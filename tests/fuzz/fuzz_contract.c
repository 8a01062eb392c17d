/* Fuzzes what intake does to a record's bytes: event_read() and the contract's tables. The first
 * byte chooses structured or binary mode and the type for the latter. What decodes must encode to
 * JSON that decodes to the same again. */
#include "contract/contract.h"
#include "decision/effects.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int type_count(void) {
    int count = 0;
    while (contract_types[count].name) count++;
    return count;
}

static struct header header(const char *name, const char *value) {
    return (struct header){name, value, strlen(value)};
}

static void encode(const struct table *table, const void *data, struct buf *out) {
    struct json_out json = {.buf = out};
    fields_encode(table, data, &json);
}

static void check_round_trip(const struct contract_type *type, const struct tree *data,
                             struct arena *arena) {
    struct faults faults = {.arena = arena};
    void *first = arena_alloc(arena, type->table->size),
         *second = arena_alloc(arena, type->table->size);
    if (fields_decode(type->table, data, FIELDS_INBOUND, arena, first, &faults) != 0) {
        ASSERT(faults.count > 0);
        return;
    }
    struct buf once = {0}, twice = {0};
    encode(type->table, first, &once);
    const struct tree *again;
    struct err err;
    struct json_limits wide = {.bytes = 1 << 20, .depth = 64, .values = 1 << 16};
    ASSERT(json_read(arena, once.at, once.len, &wide, &again, &err) == JSON_OK);
    ASSERT(fields_decode(type->table, again, FIELDS_STRICT, arena, second, &faults) == 0);
    encode(type->table, second, &twice);
    ASSERT(once.len == twice.len && memcmp(once.at, twice.at, once.len) == 0);
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct arena *arena;
    if (!arena) arena = arena_new();
    if (len == 0) return 0;
    struct header binary[5] = {header("ce_specversion", "1.0"), header("ce_id", "c-1"),
                               header("ce_source", "/shop/app"),
                               header("ce_time", "2026-11-22T17:19:16Z")};
    binary[4] = header("ce_type", contract_types[bytes[0] % type_count()].name);
    struct header structured[1] = {header("content-type", "application/cloudevents+json")};
    struct raw raw = {
        .topic = TOPIC_COMPLAINTS, .value = (const char *)bytes + 1, .value_len = len - 1};
    bool is_binary = bytes[0] != '{' && bytes[0] != 's';
    raw.headers = is_binary ? binary : structured;
    raw.header_count = is_binary ? 5 : 1;
    if (bytes[0] == '{') raw.value--, raw.value_len++;
    struct event ev;
    struct rejection rejection = {0};
    if (event_read(&raw, arena, &ev, &rejection) == 0) {
        const struct contract_type *type = contract_find(ev.type);
        if (type && ev.data) check_round_trip(type, ev.data, arena);
    } else {
        ASSERT(rejection.reason && rejection.detail[0]);
    }
    arena_reset(arena);
    return 0;
}
