/* ends: see ends.h. */
#include "runtime/ends.h"
#include "base/clock.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_EVERY_MS = 1000, SAY_EVERY_MS = 30000 };

static bool is_same(const struct ends *ends, const struct place *places, int count) {
    if (count != ends->count) return false;
    for (int i = 0; i < count; i++)
        if (places[i].topic != ends->at[i].topic || places[i].partition != ends->at[i].partition)
            return false;
    return true;
}

void ends_of(struct ends *ends, const struct place *places, int count) {
    if (is_same(ends, places, count)) return;

    ends_free(ends);
    ends->at = malloc(sizeof *ends->at * ((size_t)count + 1));
    ends->stable = malloc(sizeof *ends->stable * ((size_t)count + 1));
    ends->open = malloc(sizeof *ends->open * ((size_t)count + 1));
    ASSERT(ends->at && ends->stable && ends->open);
    memcpy(ends->at, places, sizeof *places * (size_t)count);
    memcpy(ends->stable, places, sizeof *places * (size_t)count);
    for (int i = 0; i < count; i++) ends->open[i] = -1;
    ends->count = count;
}

void ends_free(struct ends *ends) {
    free(ends->at);
    free(ends->stable);
    free(ends->open);
    *ends = (struct ends){0};
}

static void say(struct ends *ends, struct engine *engine) {
    static struct log_gate gate;
    int first = -1;
    ends->open_count = 0;
    for (int i = 0; i < ends->count; i++) {
        if (ends->open[i] < 0) continue;
        if (first < 0) first = i;
        ends->open_count++;
    }
    metrics_set(engine->metrics.held, "transactions", ends->open_count > 0);
    if (first < 0) return;

    log_seldom(&gate, SAY_EVERY_MS, LOG_WARN,
               "a producer leaves a transaction open: what lies behind it cannot be read before it "
               "ends, and is not waited for any more",
               "topic", topic_name(ends->at[first].topic), "partition",
               log_int(ends->at[first].partition), "offset", log_int(ends->open[first]),
               "partitions", log_int(ends->open_count), NULL);
}

/* Brings an end back to where the stable part ends. `open`: that an old transaction begins there.
 */
static void bring_back(struct ends *ends, int i, bool open) {
    int64_t stable = ends->stable[i].offset;
    bool cut = open && stable < ends->at[i].offset;
    if (cut)
        ends->open[i] = stable;
    else
        ends->open[i] = -1;
    if (cut) ends->at[i].offset = stable;
}

static int ask_stable(struct ends *ends, struct engine *engine, struct err *err) {
    return kafka_stable_ends(engine->asker, ends->stable, ends->count, ENGINE_ASK_MS, err);
}

/* Before intake is taken to stand still, when deadlines fire unconfirmed. */
static int64_t patience_ms(const struct engine *engine) {
    int64_t half_ms = engine->config->hold_max_ms / 2;
    if (half_ms < ENDS_OPEN_MAX_MS) return half_ms;
    return ENDS_OPEN_MAX_MS;
}

int ends_ask(struct ends *ends, struct engine *engine, struct err *err) {
    if (kafka_ends(engine->asker, ends->at, ends->count, ENGINE_ASK_MS, err) < 0) return -1;
    ends->look_at_ms = clock_boot_ms() + patience_ms(engine);
    if (!ends->open_count) return 0;

    if (ask_stable(ends, engine, err) < 0) return -1;
    for (int i = 0; i < ends->count; i++)
        bring_back(ends, i, ends->open[i] == ends->stable[i].offset);
    say(ends, engine);
    return 0;
}

/* What is not stable now, and was there when the ends were asked for, is as old as that. */
void ends_look(struct ends *ends, struct engine *engine) {
    struct err err;
    if (clock_boot_ms() < ends->look_at_ms) return;
    ends->look_at_ms = clock_boot_ms() + LOOK_EVERY_MS;
    if (ask_stable(ends, engine, &err) < 0) return;

    for (int i = 0; i < ends->count; i++) {
        bool is_known = ends->open[i] == ends->stable[i].offset; /* its end is back already */
        if (!is_known) bring_back(ends, i, true);
    }
    say(ends, engine);
}
