/* sample_table: a table with every type of field, for the tests and fuzzers of fields. */
#ifndef REDRESS_SAMPLE_TABLE_H
#define REDRESS_SAMPLE_TABLE_H

#include "data/fields.h"

static const char *const colours[] = {"red", "green", "blue", NULL};
static const char *const running[] = {"red", "blue", NULL};

struct part {
    const char *sku;
    int64_t quantity;
    struct money price;
    struct texts tags;
};
static const struct field part_fields[] = {
    {FIELD(part, sku), .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {FIELD(part, quantity), .type = FIELD_INT, .min = 1, .max = 1000},
    {FIELD(part, price), .type = FIELD_MONEY},
    {FIELD(part, tags), .type = FIELD_TEXTS},
    FIELDS_END,
};
static const struct table part_table = {
    .name = "part", .size = sizeof(struct part), .fields = part_fields};

struct goal {
    const char *name;
    int64_t due, due_at, met_at;
    int colour;
    struct money fee;
    struct texts notes;
    bool late;
};
static const struct field goal_fields[] = {
    {FIELD(goal, name), .type = FIELD_NAME},
    {FIELD(goal, due), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(goal, due_at), .type = FIELD_TIME},
    {FIELD(goal, met_at), .type = FIELD_TIME, .flags = FIELD_HOURLY},
    {FIELD(goal, colour), .type = FIELD_CHOICE, .choices = colours},
    {FIELD(goal, fee), .type = FIELD_MONEY},
    {FIELD(goal, notes), .type = FIELD_TEXTS},
    {FIELD(goal, late), .type = FIELD_BOOL},
    FIELDS_END,
};
static const struct table goal_table = {.name = "goal",
                                        .size = sizeof(struct goal),
                                        .fields = goal_fields,
                                        .index_while = {"colour", running}};

struct sample {
    const char *text, *name, *id, *phone;
    int64_t count, opened_at, wake_at, within;
    double ratio;
    bool flag;
    struct money amount;
    int colour;
    struct texts flags;
    struct part *main_part;
    struct parts parts, goals;
    const struct tree *extra;
};
static const struct field sample_fields[] = {
    {FIELD(sample, text), .type = FIELD_TEXT, .min = 1, .max = 8, .doc = "Words."},
    {FIELD(sample, name), .type = FIELD_NAME, .max = 10},
    {FIELD(sample, id), .type = FIELD_ID, .flags = FIELD_COUNTED},
    {FIELD(sample, phone), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(sample, count), .type = FIELD_INT, .min = -5, .max = 5},
    {FIELD(sample, opened_at), .type = FIELD_TIME, .flags = FIELD_HOURLY},
    {FIELD(sample, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN},
    {FIELD(sample, within), .type = FIELD_DURATION},
    {FIELD(sample, ratio), .type = FIELD_REAL, .max = 1},
    {FIELD(sample, flag), .type = FIELD_BOOL},
    {FIELD(sample, amount), .type = FIELD_MONEY, .flags = FIELD_PRIVATE},
    {FIELD(sample, colour), .type = FIELD_CHOICE, .flags = FIELD_COUNTED, .choices = colours},
    {FIELD(sample, flags), .type = FIELD_TEXTS, .flags = FIELD_COUNTED, .max = 4},
    {FIELD_AS("part", sample, main_part), .type = FIELD_PART, .of = &part_table},
    {FIELD(sample, parts), .type = FIELD_PARTS, .of = &part_table, .max = 5},
    {FIELD(sample, goals), .type = FIELD_GROUPS, .of = &goal_table},
    {FIELD(sample, extra), .type = FIELD_TREE},
    FIELDS_END,
};
static const struct table sample_table = {.name = "sample",
                                          .size = sizeof(struct sample),
                                          .fields = sample_fields,
                                          .count_while = {"colour", running}};

#endif
