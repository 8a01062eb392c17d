/* calendar_zone: TZif files and the list of names beside them. */
#include "data/calendar_zone.h"
#include "base/clock.h"
#include "base/file.h"
#include "data/calendar_rule.h"
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_LEN = 64,     /* the longest IANA name has 32 */
    FILE_MAX = 64 << 10,   /* the largest has 4 KB */
    LIST_MAX = 4 << 20,    /* 100 KB */
    TYPES_MAX = 256,       /* a type is a byte */
    CHANGES_MAX = 10000,   /* the most has some 300 */
    HEAD_LEN = 44,         /* of either block */
    OFFSET_MOST_S = 100000 /* RFC 9636: 25 h and less than 26 h; far from anything that overflows */
};

static const char folder_usual[] = "/usr/share/zoneinfo";

/* ---- Names ---- */

static const char *folder(void) {
    const char *own = getenv("TZDIR");
    return own && *own ? own : folder_usual;
}

static int read_list(struct arena *arena, const char **list_out, struct err *err) {
    size_t len;
    struct err why;
    if (file_read(arena, arena_printf(arena, "%s/tzdata.zi", folder()), LIST_MAX, list_out, &len,
                  &why) == 0)
        return 0;
    return err_set(err, "the list of time zones cannot be read: %s; install tzdata", why.text);
}

static const char *line_behind(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

const char *calendar_zone_version(struct arena *arena, struct err *err) {
    static const char mark[] = "# version ";
    const char *list;
    if (read_list(arena, &list, err)) return NULL;
    if (strncmp(list, mark, strlen(mark)) != 0) {
        err_set(err, "%s/tzdata.zi does not begin with its version", folder());
        return NULL;
    }
    const char *version = list + strlen(mark);
    return arena_strndup(arena, version, strcspn(version, " \n"));
}

/* Zones are written "Z NAME ...", other names of them "L ZONE NAME". */
static bool is_in(const char *list, const char *name) {
    size_t len = strlen(name);
    for (const char *line = list; line && *line; line = line_behind(line)) {
        const char *at = line + 2;
        if (line[0] != 'Z' && line[0] != 'L') continue;
        if (line[0] == 'L') at += strcspn(at, " \n") + 1;
        if (strncmp(at, name, len) == 0 && (at[len] == ' ' || at[len] == '\n' || !at[len]))
            return true;
    }
    return false;
}

/* What may be part of a path: a name of the list needs no more. */
static bool is_plain(const char *name) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-";
    size_t len = strlen(name);
    return len > 0 && len < NAME_MAX_LEN && name[0] != '/' && strspn(name, letters) == len;
}

static int no_zone(const char *name, struct err *err) {
    size_t len = strcspn(name, "/");
    bool abbreviation =
        len >= 3 && len <= 5 && !name[len] && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
    return err_set(err, "\"%.40s\" is no IANA time zone%s: expected one like Asia/Shanghai", name,
                   abbreviation ? " (an abbreviation does not say which of several zones is meant)"
                                : "");
}

const struct calendar_zone *calendar_zone_find(const char *name, struct arena *arena,
                                               struct err *err) {
    const char *list, *bytes;
    size_t len;
    struct err why;
    if (!is_plain(name) || strcmp(name, "Factory") == 0) { /* its own name for "not set yet" */
        no_zone(name, err);
        return NULL;
    }
    if (read_list(arena, &list, err)) return NULL;
    if (!is_in(list, name)) {
        no_zone(name, err);
        return NULL;
    }
    const char *path = arena_printf(arena, "%s/%s", folder(), name);
    if (file_read(arena, path, FILE_MAX, &bytes, &len, &why)) {
        err_set(err, "the time zone cannot be read: %s; old names are in the package tzdata-legacy",
                why.text);
        return NULL;
    }
    const struct calendar_zone *zone = calendar_zone_parse(name, bytes, len, arena, &why);
    if (!zone) err_set(err, "%s: %s", path, why.text);
    return zone;
}

/* ---- A file ---- */

struct block {
    size_t types, changes, names, leaps, standards, universals;
};

struct bytes {
    const unsigned char *at, *end;
};

static int64_t big_endian(const unsigned char *at, int len) {
    uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++) value = value << 8 | at[i];
    return (int64_t)value;
}

static int read_head(struct bytes *bytes, struct block *block) {
    if (bytes->end - bytes->at < HEAD_LEN || memcmp(bytes->at, "TZif", 4) != 0 ||
        bytes->at[4] < '2')
        return -1;
    size_t counts[6];
    for (int i = 0; i < 6; i++) {
        int64_t count = big_endian(bytes->at + 20 + 4 * i, 4);
        if (count < 0 || count > FILE_MAX) return -1;
        counts[i] = (size_t)count;
    }
    *block = (struct block){.universals = counts[0],
                            .standards = counts[1],
                            .leaps = counts[2],
                            .changes = counts[3],
                            .types = counts[4],
                            .names = counts[5]};
    bytes->at += HEAD_LEN;
    return 0;
}

static size_t size_of(const struct block *block, size_t time_len) {
    return block->changes * (time_len + 1) + block->types * 6 + block->names +
           block->leaps * (time_len + 4) + block->standards + block->universals;
}

struct spans {
    struct calendar_zone_span *at;
    int count;
};

/* Changes that leave the offset as it was, or are over when they begin, are none. */
static void add_span(struct spans *spans, int64_t from_s, int64_t offset_s) {
    int64_t from_ms = from_s * 1000;
    if (spans->count > 1 && spans->at[spans->count - 1].from_ms >= from_ms) spans->count--;
    if (spans->count && spans->at[spans->count - 1].offset_ms == offset_s * 1000) return;
    spans->at[spans->count] =
        (struct calendar_zone_span){spans->count ? from_ms : INT64_MIN, offset_s * 1000};
    spans->count++;
}

/* The table: times, their types, and what the types are. Times in ascending order. -1: not so. */
static int read_table(const unsigned char *at, const struct block *block, struct spans *spans,
                      int64_t *last_s_out) {
    const unsigned char *types = at + block->changes * 8;
    const unsigned char *infos = types + block->changes;
    int64_t offsets[TYPES_MAX];
    if (block->types == 0 || block->types > TYPES_MAX || block->changes > CHANGES_MAX) return -1;
    for (size_t i = 0; i < block->types; i++) {
        offsets[i] = big_endian(infos + 6 * i, 4);
        if (offsets[i] > OFFSET_MOST_S || offsets[i] < -OFFSET_MOST_S) return -1;
    }

    add_span(spans, INT64_MIN / 1000, offsets[0]);
    *last_s_out = INT64_MIN / 1000;
    for (size_t i = 0; i < block->changes; i++) {
        int64_t from_s = big_endian(at + 8 * i, 8);
        if (types[i] >= block->types || (i > 0 && from_s <= *last_s_out)) return -1;
        if (from_s < -(INT64_C(1) << 50))
            from_s = -(INT64_C(1) << 50); /* the Big Bang, in some files */
        if (from_s > INT64_C(1) << 50) return -1;
        add_span(spans, from_s, offsets[types[i]]);
        *last_s_out = from_s;
    }
    return 0;
}

/* The years behind the table. */
static void add_rule(const struct calendar_rule *rule, int64_t last_s, struct spans *spans) {
    enum { FIRST_YEAR = 1900 };
    if (!rule->changes) { /* what the last change is to; without any it is all there is */
        if (last_s == INT64_MIN / 1000) spans->at[0].offset_ms = rule->standard_s * 1000;
        return;
    }
    for (int year = FIRST_YEAR; year <= CALENDAR_ZONE_LAST_YEAR; year++) {
        int64_t from_s, to_s;
        calendar_rule_changes(rule, year, &from_s, &to_s);
        bool other_first = from_s < to_s;
        int64_t first_s = other_first ? from_s : to_s;
        int64_t second_s = other_first ? to_s : from_s;
        if (first_s > last_s)
            add_span(spans, first_s, other_first ? rule->other_s : rule->standard_s);
        if (second_s > last_s)
            add_span(spans, second_s, other_first ? rule->standard_s : rule->other_s);
    }
}

static int read_rule(struct bytes *bytes, struct calendar_rule *rule, bool *any_out) {
    const char *text = (const char *)bytes->at + 1;
    const char *end = bytes->end - bytes->at > 1
                          ? memchr(text, '\n', (size_t)(bytes->end - bytes->at - 1))
                          : NULL;
    if (!end || bytes->at[0] != '\n') return -1;
    *any_out = end > text;
    return *any_out ? calendar_rule_read(text, (size_t)(end - text), rule) : 0;
}

const struct calendar_zone *calendar_zone_parse(const char *name, const char *file, size_t len,
                                                struct arena *arena, struct err *err) {
    struct bytes bytes = {(const unsigned char *)file, (const unsigned char *)file + len};
    struct block block;
    struct calendar_rule rule = {0};
    int64_t last_s;
    bool any_rule = false;
    /* The first block is for readers of 1990; everything is in the second again, with longer times.
     */
    bool good =
        read_head(&bytes, &block) == 0 && size_of(&block, 4) <= (size_t)(bytes.end - bytes.at);
    if (good) bytes.at += size_of(&block, 4);
    good = good && read_head(&bytes, &block) == 0 &&
           size_of(&block, 8) <= (size_t)(bytes.end - bytes.at);
    if (!good) {
        err_set(err, "expected a whole TZif file of version 2 or later");
        return NULL;
    }

    enum { YEARS = CALENDAR_ZONE_LAST_YEAR - 1900 + 1 };
    struct spans spans = {0};
    spans.at =
        arena_alloc(arena, sizeof *spans.at * (block.changes % (CHANGES_MAX + 1) + 2 * YEARS + 2));
    if (read_table(bytes.at, &block, &spans, &last_s)) {
        err_set(err, "its table of changes is not what TZif says");
        return NULL;
    }
    bytes.at += size_of(&block, 8);
    if (read_rule(&bytes, &rule, &any_rule)) {
        err_set(err, "its last line is no rule as POSIX writes them");
        return NULL;
    }
    if (any_rule) add_rule(&rule, last_s, &spans);

    struct calendar_zone *zone = ARENA_NEW(arena, struct calendar_zone);
    *zone = (struct calendar_zone){arena_strdup(arena, name), spans.at, spans.count};
    return zone;
}

/* ---- Times ---- */

int64_t calendar_zone_to_local(const struct calendar_zone *zone, int64_t utc_ms) {
    int low = 0;
    int high = zone->count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (zone->spans[middle].from_ms <= utc_ms)
            low = middle;
        else
            high = middle - 1;
    }
    return utc_ms + zone->spans[low].offset_ms;
}

/* The first span whose local end is still ahead; if its local beginning is ahead too, the time lies
 * in the gap before it. */
int64_t calendar_zone_to_utc(const struct calendar_zone *zone, int64_t local_ms) {
    const struct calendar_zone_span *spans = zone->spans;
    int low = 0;
    int high = zone->count - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (local_ms < spans[middle + 1].from_ms + spans[middle].offset_ms)
            high = middle;
        else
            low = middle + 1;
    }
    if (low > 0 && local_ms - spans[low].offset_ms < spans[low].from_ms)
        return local_ms - spans[low - 1].offset_ms;
    return local_ms - spans[low].offset_ms;
}
