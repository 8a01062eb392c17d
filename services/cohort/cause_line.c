/* cause_line: see the header. */
#include "cause_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 21 };

static int count_numbers(const char *text) {
    int count = 0;

    for (const char *at = text; at && *at; at = strchr(at, ' ')) {
        if (*at == ' ') at++;
        count++;
    }
    return count;
}

void cause_line_read(const struct cause_line *line, int64_t day, int64_t out[CAUSE_KEPT]) {
    int64_t at_day = line->last - count_numbers(line->counts) + 1;
    const char *at = line->counts;
    char *end = NULL;

    memset(out, 0, CAUSE_KEPT * sizeof *out);
    for (; at && *at; at = end, at_day++) {
        int64_t count = strtoll(at, &end, 10);
        int64_t place = CAUSE_KEPT - 1 - (day - at_day);
        if (end == at) return;
        if (place >= 0 && place < CAUSE_KEPT && count > 0) out[place] = count;
    }
}

static const char *text_of(const int64_t counts[CAUSE_KEPT], struct arena *arena) {
    char *text = arena_alloc(arena, CAUSE_KEPT * NUMBER_SIZE);
    int first = 0;
    int len = 0;

    while (first < CAUSE_KEPT - 1 && counts[first] == 0) first++;
    for (int i = first; i < CAUSE_KEPT; i++)
        len += snprintf(text + len, NUMBER_SIZE, "%s%" PRId64, i == first ? "" : " ", counts[i]);
    return arena_strdup(arena, text);
}

bool cause_line_add(struct cause_line *line, int64_t day, int64_t count, struct arena *arena) {
    int64_t counts[CAUSE_KEPT];
    int64_t last = line->counts && line->last > day ? line->last : day;
    int64_t place = CAUSE_KEPT - 1 - (last - day);

    if (place < 0) return false;
    cause_line_read(line, last, counts);
    counts[place] += count;
    *line = (struct cause_line){last, text_of(counts, arena)};

    return true;
}
