/* map_inputs: see map_inputs.h. */
#include "runtime/map_inputs.h"
#include "data/json.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Positions ---- */

bool map_position_parse(const char *text, struct map_position *out) {
    char name[32];
    int partition;
    int len = 0;
    long long offset;
    if (!text || sscanf(text, "%31[a-z]/%d/%lld%n", name, &partition, &offset, &len) != 3 ||
        text[len])
        return false;
    if (partition < 0 || offset < 0) return false;

    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++) {
        if (strcmp(topic_name(topic), name) != 0) continue;
        *out = (struct map_position){topic, partition, offset};
        return true;
    }
    return false;
}

int map_position_compare(const struct map_position *a, const struct map_position *b) {
    if (a->topic != b->topic) return a->topic < b->topic ? -1 : 1;
    if (a->partition != b->partition) return a->partition < b->partition ? -1 : 1;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return 0;
}

/* ---- Marks: the metadata of a committed offset ---- */

/* The next number of a mark, and what stands behind it. */
static bool read_number(const char **at, int64_t *out) {
    char *end;
    if (**at < '0' || **at > '9') return false;
    *out = strtoll(*at, &end, 10);
    *at = end;
    return true;
}

/* "1/4096", or "complaints/1/4096" when it is another topic. */
static bool read_position(const char **at, enum topic own, struct map_position *out) {
    char text[80];
    size_t len = strcspn(*at, " ");
    bool named = len && (**at < '0' || **at > '9');
    int written = snprintf(text, sizeof text, "%s%s%.*s", named ? "" : topic_name(own),
                           named ? "" : "/", (int)len, *at);
    *at += len;
    return written > 0 && (size_t)written < sizeof text && map_position_parse(text, out);
}

/* Adds what the mark says. False: it is no mark. */
static bool read_mark(struct map_input *input, const char *at) {
    int64_t ahead, delta;
    if (*at++ != '+' || !read_number(&at, &ahead)) return false;

    int64_t last = input->committed - 1;
    while (*at) {
        struct map_waiting *waiting = &input->waiting[input->waiting_count];
        if (input->waiting_count == MAP_WAITING_MAX || *at++ != ' ' || !read_number(&at, &delta))
            return false;
        if (*at++ != '>' || !read_position(&at, input->topic, &waiting->on)) return false;
        waiting->offset = input->committed + delta;
        if (waiting->offset <= last || delta >= ahead) return false;
        last = waiting->offset;
        waiting->in_hand = false;
        input->waiting_count++;
    }
    input->decided = input->committed + ahead;
    return true;
}

static void write_mark(const struct map_input *input, char mark_out[KAFKA_METADATA_MAX]) {
    int64_t first = input->waiting[0].offset;
    size_t size = KAFKA_METADATA_MAX;
    size_t len;

    len = (size_t)snprintf(mark_out, size, "+%" PRId64, input->decided - first);
    for (int i = 0; i < input->waiting_count; i++) {
        const struct map_waiting *waiting = &input->waiting[i];
        bool named = waiting->on.topic != input->topic;
        len += (size_t)snprintf(mark_out + len, size - len, " %" PRId64 ">%s%s%d/%" PRId64,
                                waiting->offset - first, named ? topic_name(waiting->on.topic) : "",
                                named ? "/" : "", waiting->on.partition, waiting->on.offset);
        ASSERT(len < size); /* MAP_WAITING_MAX of the longest have room */
    }
}

/* ---- Standing ---- */

void map_input_assign(struct map_input *input, enum topic topic, int partition) {
    *input = (struct map_input){.topic = topic, .partition = partition, .committed = -1, .end = -1};
}

void map_input_stand(struct map_input *input, int64_t committed, const char *metadata,
                     int64_t begin) {
    input->committed = committed;
    input->begin = begin;
    snprintf(input->mark, sizeof input->mark, "%s", committed >= 0 ? metadata : "");
    map_input_rewind(input);
}

void map_input_rewind(struct map_input *input) {
    int64_t from = input->committed >= 0 ? input->committed : input->begin;

    input->decided = from;
    input->waiting_count = 0;
    if (!read_mark(input, input->mark)) input->waiting_count = 0;
    input->polled = from;
    input->end = -1;
    input->full = input->paused = false;
}

/* ---- What is handed out ---- */

static int find_waiting(const struct map_input *input, int64_t offset) {
    for (int i = 0; i < input->waiting_count; i++)
        if (input->waiting[i].offset == offset) return i;
    return -1;
}

static bool too_far(const struct map_input *input, int64_t offset) {
    return input->waiting_count && offset - input->waiting[0].offset >= MAP_AHEAD_MAX;
}

bool map_input_polled(struct map_input *input, int64_t offset) {
    ASSERT(offset >= input->polled);
    input->polled = offset + 1;
    if (offset < input->decided) {
        int at = find_waiting(input, offset);
        if (at >= 0) input->waiting[at].in_hand = true;
        return at >= 0;
    }

    if (too_far(input, offset)) input->full = true;
    return !input->full;
}

void map_input_ended(struct map_input *input, int64_t end) {
    input->end = end;
}

/* ---- What is decided ---- */

void map_input_decide(struct map_input *input, int64_t offset) {
    ASSERT(offset < input->polled);
    if (offset >= input->decided) {
        ASSERT(!input->full);
        input->decided = offset + 1;
        return;
    }

    int at = find_waiting(input, offset);
    ASSERT(at >= 0 && input->waiting[at].in_hand);
    input->waiting_count--;
    memmove(&input->waiting[at], &input->waiting[at + 1],
            sizeof *input->waiting * (size_t)(input->waiting_count - at));
}

void map_input_wait(struct map_input *input, int64_t offset, const struct map_position *on) {
    ASSERT(offset < input->polled);
    if (offset < input->decided) {
        int at = find_waiting(input, offset);
        ASSERT(at >= 0 && input->waiting[at].in_hand);
        input->waiting[at].on = *on;
        return;
    }

    ASSERT(!input->full && input->waiting_count < MAP_WAITING_MAX);
    input->waiting[input->waiting_count++] = (struct map_waiting){offset, *on, true};
    input->decided = offset + 1;
}

void map_input_stop(struct map_input *input) {
    input->full = true;
}

bool map_input_has_room(const struct map_input *input) {
    return input->waiting_count <= MAP_WAITING_MAX / 2 &&
           !too_far(input, input->decided + MAP_AHEAD_MAX / 2);
}

/* ---- What is committed ---- */

bool map_input_due(const struct map_input *input, struct place *out) {
    bool nothing_in_hand = input->decided == input->polled;
    *out = (struct place){
        .topic = input->topic, .partition = input->partition, .offset = input->decided};
    if (input->waiting_count) {
        out->offset = input->waiting[0].offset;
        write_mark(input, out->metadata);
    } else if (nothing_in_hand && input->end > input->decided) {
        out->offset = input->end;
    }

    if (out->offset == 0 && !out->metadata[0]) return false;
    return out->offset != input->committed || strcmp(out->metadata, input->mark) != 0;
}

void map_input_settle(struct map_input *input, const struct place *place) {
    bool nothing_in_hand = input->decided == input->polled;

    ASSERT(place->offset >= input->committed);
    ASSERT(place->offset <= input->decided || (nothing_in_hand && place->offset == input->end));
    ASSERT(!input->waiting_count || place->offset == input->waiting[0].offset);
    input->committed = place->offset;
    memcpy(input->mark, place->metadata, sizeof input->mark);
    if (input->decided < place->offset) input->polled = input->decided = place->offset;
}

void map_input_step(struct map_input *input, int64_t to) {
    while (input->waiting_count && input->waiting[input->waiting_count - 1].offset >= to)
        input->waiting_count--;
    input->decided = input->polled = to;
    input->end = -1;
}

/* ---- Notes ---- */

const char *map_input_key(struct arena *arena, const char *worker, enum topic topic,
                          int partition) {
    return arena_printf(arena, "@waits:%s:%s:%d", worker, topic_name(topic), partition);
}

const char *map_input_note(struct arena *arena, const struct place *place) {
    return arena_printf(arena, "{\"offset\":%" PRId64 ",\"waits\":\"%s\"}", place->offset,
                        place->metadata);
}

bool map_input_read_note(struct arena *arena, const char *text, size_t len,
                         struct place *place_out) {
    const struct tree *tree;
    struct err err;
    if (json_read(arena, text, len, NULL, &tree, &err) != JSON_OK) return false;
    const struct tree *offset = tree_get(tree, "offset");
    const struct tree *waits = tree_get(tree, "waits");
    if (!offset || offset->kind != TREE_INT || !waits || waits->kind != TREE_TEXT) return false;
    if (waits->text_len >= sizeof place_out->metadata) return false;

    place_out->offset = offset->num;
    snprintf(place_out->metadata, sizeof place_out->metadata, "%s", waits->text);
    return true;
}

bool map_input_passed(const struct map_input *input, int64_t offset) {
    return offset < input->decided && find_waiting(input, offset) < 0;
}

const struct map_position *map_input_waits_for(const struct map_input *input, int64_t offset) {
    int at = find_waiting(input, offset);
    if (at < 0) return NULL;
    return &input->waiting[at].on;
}

struct map_input *map_input_find(struct map_input *inputs, int count, enum topic topic,
                                 int partition) {
    for (int i = 0; i < count; i++)
        if (inputs[i].topic == topic && inputs[i].partition == partition) return &inputs[i];
    return NULL;
}
