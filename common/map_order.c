/* map_order: one pass over the batch: a record refers to earlier records of the batch, to what is committed, or it
 * waits. */
#include "map_order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct position {
    enum topic topic;
    int partition;
    int64_t offset;
};

struct pass {
    struct engine *engine;
    const struct map_order_input *inputs;
    int input_count;
    struct map_order_item *items;
    struct place *asked; /* other processes' partitions, each asked once */
    int asked_count;
};

static bool parse(const char *owner, struct position *out) {
    char name[32];
    long long offset;
    if (!owner || sscanf(owner, "%31[a-z]/%d/%lld", name, &out->partition, &offset) != 3) return false;
    out->offset = offset;
    for (out->topic = TOPIC_COMPLAINTS; out->topic < TOPIC_COUNT; out->topic++)
        if (strcmp(topic_name(out->topic), name) == 0) return true;
    return false;
}

static const struct map_order_input *own_input(const struct pass *pass, const struct position *at) {
    for (int i = 0; i < pass->input_count; i++)
        if (pass->inputs[i].topic == at->topic && pass->inputs[i].partition == at->partition) return &pass->inputs[i];
    return NULL;
}

/* What the group has committed of a partition that is not ours. */
static int64_t group_offset(struct pass *pass, const struct position *at) {
    for (int i = 0; i < pass->asked_count; i++)
        if (pass->asked[i].topic == at->topic && pass->asked[i].partition == at->partition)
            return pass->asked[i].offset;
    struct place place = {.topic = at->topic, .partition = at->partition};
    struct err err;
    if (kafka_group_offsets(pass->engine->asker, pass->engine->spec->name, &place, 1, ENGINE_ASK_MS, &err) < 0)
        place.offset = KAFKA_NO_OFFSET;
    pass->asked = arena_grow(pass->engine->arena, pass->asked, sizeof place * (size_t)pass->asked_count,
                             sizeof place * (size_t)(pass->asked_count + 1));
    pass->asked[pass->asked_count++] = place;
    return place.offset;
}

static bool is_before(struct pass *pass, const struct position *at, int index) {
    const struct map_order_input *own = own_input(pass, at);
    if (!own) return group_offset(pass, at) > at->offset;
    if (own->settled > at->offset) return true;
    for (int i = 0; i < index; i++)
        if (!pass->items[i].waits && pass->items[i].offset == at->offset && &pass->inputs[pass->items[i].input] == own)
            return true;
    return false;
}

static bool must_wait(struct pass *pass, int index) {
    const struct map_order_item *item = &pass->items[index];
    for (int i = 0; i < index; i++)
        if (pass->items[i].waits && pass->items[i].input == item->input) return true;
    for (int i = 0; i < item->asking->answered; i++) {
        struct position at;
        if (item->asking->claims.at[i].kind != CLAIM_JOIN || item->asking->answers[i].granted) continue;
        if (parse(item->asking->answers[i].owner, &at) && !is_before(pass, &at, index)) return true;
    }
    return false;
}

static bool joins(const struct map_order_item *item) {
    for (int i = 0; i < item->asking->answered; i++)
        if (item->asking->claims.at[i].kind == CLAIM_JOIN && !item->asking->answers[i].granted) return true;
    return false;
}

int map_order(struct engine *engine, const struct map_order_input *inputs, int input_count,
              struct map_order_item *items, int count) {
    struct pass pass = {.engine = engine, .inputs = inputs, .input_count = input_count, .items = items};
    int waiting = 0;
    for (int i = 0; i < count; i++) {
        if (!waiting && !joins(&items[i])) continue; /* the usual case costs nothing */
        items[i].waits = must_wait(&pass, i);
        waiting += items[i].waits;
    }
    return waiting;
}
