/* Judges events by the code: a line of standard input is TYPE, a tab and the data as JSON, or
 * "attributes", a tab and a map of headers; a line of standard output is "ok", or the reason and
 * what was expected. What comes in is judged by intake, what workers write by the tables that others
 * of them read it with. */
#include "base/clock.h"
#include "decision/spec.h"
#include "intake/intake.h"
#include "intake/intake_submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME   "2026-11-22T17:19:16Z"
#define ERASED "{\"customer_id\":\"u-1\"}" /* the data beside attributes */
enum { HEADERS_MAX = 32 };

static struct header header(const char *name, const char *value) {
    return (struct header){.name = name, .value = value, .value_len = strlen(value)};
}

static int judge_record(const struct raw *raw, struct arena *arena, struct rejection *rejection) {
    struct event ev;
    struct intake_submission submission;
    int64_t now_ms;

    if (clock_parse(TIME, &now_ms) != 0 || event_read(raw, arena, &ev, rejection) != 0) return -1;
    const struct decision in = {.ev = &ev, .now_ms = now_ms, .arena = arena};
    return intake_submission_read(&in, &submission, rejection);
}

static int judge_inbound(const struct contract_type *type, const char *json, size_t len,
                         struct arena *arena, struct rejection *rejection) {
    const struct header headers[] = {header("ce_specversion", "1.0"), header("ce_id", "j-1"),
                                     header("ce_source", "/judge"), header("ce_type", type->name),
                                     header("ce_time", TIME)};
    const struct raw raw = {.topic = type->topic,
                            .value = json,
                            .value_len = len,
                            .headers = headers,
                            .header_count = sizeof headers / sizeof *headers};

    return judge_record(&raw, arena, rejection);
}

/* Headers are texts; what is none is not sent. */
static int judge_attributes(const char *json, size_t len, struct arena *arena,
                            struct rejection *rejection) {
    struct header headers[HEADERS_MAX] = {header("content-type", "application/json")};
    struct raw raw = {.topic = TOPIC_ACTIVITY,
                      .value = ERASED,
                      .value_len = strlen(ERASED),
                      .headers = headers,
                      .header_count = 1};
    static const struct json_limits wide = {.bytes = 1 << 20, .depth = 2, .values = HEADERS_MAX};
    const struct tree *map;
    struct err err;

    ASSERT(json_read(arena, json, len, &wide, &map, &err) == JSON_OK && map->kind == TREE_MAP);
    for (const struct tree *at = map->first; at; at = at->next) {
        ASSERT(raw.header_count < HEADERS_MAX && at->kind == TREE_TEXT);
        headers[raw.header_count++] = header(at->key, at->text);
    }
    return judge_record(&raw, arena, rejection);
}

static int judge_logged(const struct contract_type *type, const char *json, size_t len,
                        struct arena *arena, struct rejection *rejection) {
    const struct tree *tree;
    struct err err;
    struct faults faults = {.arena = arena};
    enum json_fault fault = json_read(arena, json, len, NULL, &tree, &err);

    rejection->reason = json_fault_name(fault);
    snprintf(rejection->detail, sizeof rejection->detail, "%.200s", err.text);
    if (fault != JSON_OK) return -1;
    void *data = arena_alloc(arena, type->table->size);
    if (fields_decode(type->table, tree, FIELDS_EVENT, arena, data, &faults) == 0) return 0;
    rejection->reason = "bad_value";
    snprintf(rejection->detail, sizeof rejection->detail, "%.100s: %.100s", faults.at[0].path,
             faults.at[0].text);
    return -1;
}

static int judge(const char *name, const char *json, size_t len, struct arena *arena,
                 struct rejection *rejection) {
    const struct contract_type *type = contract_find(name);

    if (strcmp(name, "attributes") == 0) return judge_attributes(json, len, arena, rejection);
    ASSERT(type);
    if (type->topic <= TOPIC_DECISIONS) return judge_inbound(type, json, len, arena, rejection);
    return judge_logged(type, json, len, arena, rejection);
}

static void judge_line(char *line, size_t len, struct arena *arena) {
    struct rejection rejection;
    char *tab = memchr(line, '\t', len);

    ASSERT(tab);
    *tab = '\0';
    if (judge(line, tab + 1, len - (size_t)(tab + 1 - line), arena, &rejection) != 0)
        printf("%s: %s\n", rejection.reason, rejection.detail);
    else
        puts("ok");
}

int main(void) {
    struct arena *arena = arena_new();
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&line, &size, stdin)) > 0) {
        judge_line(line, (size_t)len - 1, arena);
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);

    return 0;
}
