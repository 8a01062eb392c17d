/* fields_world: reading, writing and showing what field tables make of JSON, YAML and hashes. */
#ifndef REDRESS_FIELDS_WORLD_H
#define REDRESS_FIELDS_WORLD_H

#include "data/fields.h"
#include "data/yaml.h"
#include "sample_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static inline int setup(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static inline int teardown(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

struct strict {
    const char *text, *name, *id;
    int64_t count, at, within;
    double ratio;
    bool flag;
    struct money amount;
    int colour;
    struct texts flags;
    struct part *part;
    struct parts parts;
    const struct tree *extra;
};
static const struct field strict_fields[] = {
    {FIELD(strict, text), .type = FIELD_TEXT, .flags = FIELD_REQUIRED},
    {FIELD(strict, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED},
    {FIELD(strict, id), .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {FIELD(strict, count), .type = FIELD_INT, .flags = FIELD_REQUIRED},
    {FIELD(strict, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED},
    {FIELD(strict, within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED},
    {FIELD(strict, ratio), .type = FIELD_REAL, .flags = FIELD_REQUIRED},
    {FIELD(strict, flag), .type = FIELD_BOOL, .flags = FIELD_REQUIRED},
    {FIELD(strict, amount), .type = FIELD_MONEY, .flags = FIELD_REQUIRED},
    {FIELD(strict, colour), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = colours},
    {FIELD(strict, flags), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED},
    {FIELD(strict, part), .type = FIELD_PART, .flags = FIELD_REQUIRED, .of = &part_table},
    {FIELD(strict, parts), .type = FIELD_PARTS, .flags = FIELD_REQUIRED, .of = &part_table},
    {FIELD(strict, extra), .type = FIELD_TREE, .flags = FIELD_REQUIRED},
    FIELDS_END,
};
static const struct table strict_table = {
    .name = "strict", .size = sizeof(struct strict), .fields = strict_fields};

static inline const struct tree *json(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (json_read(arena, text, strlen(text), NULL, &tree, &err) != JSON_OK)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static inline const struct tree *yaml(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (yaml_read(arena, "x.yaml", text, strlen(text), &tree, &err))
        fail_msg("%s: %s", text, err.text);
    return tree;
}

/* All faults as "line: kind: path: text" lines. */
static inline const char *faults_text(const struct faults *faults) {
    static const char *const kinds[] = {"missing", "value", "unknown"};
    const char *text = "";
    for (int i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->at[i];
        text = arena_printf(arena, "%s%d %s %s: %s\n", text, fault->line, kinds[fault->kind],
                            fault->path, fault->text);
    }
    return text;
}

static inline const char *encoded(const struct table *table, const void *data) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    fields_encode(table, data, &out);
    const char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return text;
}

static inline void must_decode(const struct table *table, const struct tree *tree,
                               enum fields_mode mode, void *out) {
    struct faults faults = {.arena = arena};
    if (fields_decode(table, tree, mode, arena, out, &faults)) fail_msg("%s", faults_text(&faults));
    assert_int_equal(faults.count, 0);
}

#define FULL                                                                                       \
    "{\"text\":\"\xe5\x9d\x8f\xe4\xba\x86!\",\"name\":\"Li\",\"id\":\"a.b_c:d-9\",\"phone\":\"+"   \
    "86\",\"count\":-5,"                                                                           \
    "\"opened_at\":\"2026-11-22T17:19:16Z\",\"wake_at\":\"2026-11-22T17:19:16.123Z\",\"within\":"  \
    "\"36h\","                                                                                     \
    "\"ratio\":0.25,\"flag\":true,\"amount\":{\"currency\":\"CNY\",\"minor\":-29900},\"colour\":"  \
    "\"green\","                                                                                   \
    "\"flags\":[\"a\",\"b,c\",\"d\\\\\"],\"part\":{\"sku\":\"s\",\"quantity\":3},"                 \
    "\"parts\":[{\"sku\":\"x\"},{\"sku\":\"y\",\"price\":{\"currency\":\"USD\",\"minor\":0},"      \
    "\"tags\":[\"t\"]}],"                                                                          \
    "\"goals\":[{\"name\":\"first_contact\",\"due\":\"2026-11-22T18:19:16Z\",\"colour\":\"red\"}," \
    "{\"name\":\"resolution\",\"met_at\":\"2026-11-22T19:00:00Z\",\"fee\":{\"currency\":\"CNY\","  \
    "\"minor\":5},"                                                                                \
    "\"late\":true}],\"extra\":{\"any\":[1,2.5,null]}}"

/* One pair as "name=value", in the order written. */
static inline const char *pairs_text(const struct pairs *pairs) {
    const char *text = "";
    for (int i = 0; i < pairs->count; i++) {
        assert_int_equal(strlen(pairs->at[i].value), pairs->at[i].value_len);
        text = arena_printf(arena, "%s%s=%s\n", text, pairs->at[i].name, pairs->at[i].value);
    }
    return text;
}

#endif
