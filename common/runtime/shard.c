/* shard: take-over and healing as a state machine that moves a little each turn, so that group
 * membership never waits for it. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "runtime/shard_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFSETS_TURN_MS = 300 };

void shard_assign(struct shard *shard, int number) {
    *shard = (struct shard){.number = number,
                            .phase = SHARD_OFFSETS,
                            .next = -1,
                            .committed = -1,
                            .polled_to = -1,
                            .hold_at = -1,
                            .healed_at_ms = clock_boot_ms()};
}

const char *shard_phase_name(enum shard_phase phase) {
    static const char *const names[] = {"reading offsets", "asking ends", "emptying the view",
                                        "replaying",       "running",     "held"};
    return names[phase];
}

/* At once, and not only from the next report on, whoever looks at the view is told whether it is
 * whole. */
void shard_note_held(struct shards *shards, const struct shard *shard, const char *why) {
    struct arena *arena = shards->engine->arena;
    view_meta(shards->view, arena,
              arena_printf(arena, "held:%s.%d", shards->engine->spec->name, shard->number), why);
}

void shard_heal(struct shards *shards, struct shard *shard, const char *why) {
    if (shard->phase == SHARD_RUN) {
        log_say(LOG_INFO, "healing", "shard", log_int(shard->number), "why", why, NULL);
        shard_note_held(shards, shard, shard_phase_name(SHARD_ENDS));
    }
    if (shard->phase == SHARD_RUN || shard->phase == SHARD_REPLAY)
        shard->healed_at_ms = clock_boot_ms();
    recent_forget(shards->recent, shard->number);
    shards->seen.shard = -1;
    shard->phase = SHARD_ENDS;
    shard->log_known = false; /* looked at again: nothing is wiped on the word of a log that was
                                 recreated meanwhile */
    shard->reading = false;
    shard->next = shard->rewind_to; /* the batch at hand is read again */
    shard->hold_at = -1;
    shard->wait_until_ms = 0;
    shard->proof = (struct shard_proof){0};
    shard->visit = (struct shard_visit){0};
    shard->visited = 0;
    shards->refetch = true;
}

/* ---- All of them ---- */

struct shard *shards_find(struct shards *shards, int number) {
    for (int i = 0; i < shards->count; i++)
        if (shards->at[i].number == number) return &shards->at[i];
    return NULL;
}

int64_t shards_now_ms(struct shards *shards) {
    return due_clock_now_ms(&shards->due_clock, clock_now_ms(), clock_boot_ms());
}

int64_t shards_next_wake_ms(const struct shards *shards) {
    int64_t earliest = 0;

    for (int i = 0; i < shards->count; i++) {
        const struct shard *shard = &shards->at[i];
        if (shard->phase != SHARD_RUN || !shard->next_wake_ms) continue;
        if (!earliest || shard->next_wake_ms < earliest) earliest = shard->next_wake_ms;
    }
    return earliest;
}

/* ---- The committed offset ---- */

static void take_offsets(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    struct place committed = {.topic = spec_input(engine->spec), .partition = shard->number};
    struct place start = committed;
    struct err err;
    bool known =
        kafka_committed(engine->consumer, &committed, 1, OFFSETS_TURN_MS, &err) == OUTCOME_DONE &&
        kafka_starts(engine->asker, &start, 1, ENGINE_ASK_MS, &err) == 0;

    if (!known) {
        engine_pause(engine, "committed offsets are not known yet",
                     err.text); /* a left-over transaction: it is not "none" */
        return;
    }
    shard->no_offsets = committed.offset == KAFKA_NO_OFFSET;
    if (!shard->no_offsets && committed.offset < start.offset) {
        engine_stop(engine, EXIT_CANNOT_GO_ON,
                    "the input was deleted beyond this group's offsets: events were lost. Raise "
                    "retention.ms of its topic, and reset the group's offsets to the "
                    "earliest knowingly",
                    arena_printf(engine->arena, "shard %d, committed %" PRId64 ", first %" PRId64,
                                 shard->number, committed.offset, start.offset));
        return;
    }
    if (shard->no_offsets)
        shard->next = start.offset;
    else
        shard->next = committed.offset;
    if (shard->no_offsets)
        shard->committed = -1;
    else
        shard->committed = shard->next;
    shard->read_to = shard->rewind_to = shard->next;
    if (committed.metadata[0])
        snprintf(shard->log_id, sizeof shard->log_id, "%.39s", committed.metadata);
    shard->log_known = false;
    shard->phase = SHARD_ENDS;
}

/* ---- The changelog's ends ---- */

static void ask_ends(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    struct place end = {.topic = TOPIC_STATE, .partition = shard->number}, start = end;
    struct err err;

    if (kafka_starts(engine->asker, &start, 1, ENGINE_ASK_MS, &err) < 0 ||
        kafka_ends(engine->asker, &end, 1, ENGINE_ASK_MS, &err) < 0) {
        engine_pause(engine, "the changelog's end is not known yet", err.text);
        return;
    }
    shard->start = start.offset;
    shard->end = end.offset;
    shard->reading = false;
    for (int i = 0; i < shards->count; i++) shards->at[i].reading = false; /* the reader moves */
    if (shard->start == shard->end) /* also when it was there a moment ago */
        shard_log_missing(shards, shard);
    else if (!shard->log_known)
        shard_log_read(shards, shard);
    else
        shard->phase = SHARD_REPLAY;
}

/* ---- The view ---- */

const struct engine_words shard_redis_words = {
    .wait = "redis cannot take it now", .stop = "redis refuses a command that this worker needs"};

static bool takes(struct shards *shards, enum outcome outcome, const struct err *err) {
    return engine_takes(shards->engine, outcome, &shard_redis_words, err->text);
}

/* Whether it is no longer ours: then it is looked at anew. */
static bool lost_wipe(struct shard *shard, enum outcome result) {
    if (result != OUTCOME_STALE) return false;
    log_say(LOG_INFO, "somebody else changed the view while it was emptied", "shard",
            log_int(shard->number), NULL);
    shard->phase = SHARD_ENDS;
    return true;
}

static void wipe(struct shards *shards, struct shard *shard) {
    struct arena *arena = shards->engine->arena;
    struct err err;
    enum outcome result;
    int64_t until_ms = clock_boot_ms() + SHARD_REPLAY_MS;

    do {
        result =
            view_wipe_step(shards->view, shard->number, arena, shard->mark, &shard->cursor, &err);
        if (lost_wipe(shard, result) || !takes(shards, result, &err)) return;
    } while (shard->cursor && clock_boot_ms() < until_ms);
    if (shard->cursor) return;
    FAULT_POINT("before_wipe_end");
    result = view_wipe_end(shards->view, shard->number, arena, shard->mark, shard->start, &err);
    if (lost_wipe(shard, result) || !takes(shards, result, &err)) return;
    shard->phase = SHARD_ENDS;
}

static void begin_wipe(struct shards *shards, struct shard *shard, const struct view_standing *seen,
                       const char *why) {
    struct err err;

    log_say(LOG_WARN, "the view is made anew", "shard", log_int(shard->number), "why", why, NULL);
    arc4random_buf(&shard->mark, sizeof shard->mark);
    enum outcome outcome = view_wipe_begin(shards->view, shard->number, shards->engine->arena, seen,
                                           shard->mark, &err);
    if (!takes(shards, outcome, &err)) return;
    FAULT_POINT("after_wipe_begin");
    if (shard->distrust[0]) {
        shard->remade++;
        shard->remade_at_ms = clock_boot_ms();
        shard->distrust[0] = 0;
    }
    shard->cursor = 0;
    shard->phase = SHARD_WIPE;
}

static const char *unusable(const struct shard *shard, const struct view_standing *standing) {
    if (standing->wiping) return "it was being emptied";
    if (shard->distrust[0]) return shard->distrust;
    if (standing->wipe_asked) return "asked for by redressctl rebuild";
    if (!standing->known) return "it is empty";
    if (standing->applied > shard->end) return "it lies beyond the changelog's end";
    if (standing->applied < shard->start) return "it lies before the changelog's beginning";
    if (standing->redis_ms - standing->applied_at_ms > SHARD_AGE_MS) return "it is too old";
    if (!standing->made_here)
        return "it was made by another version of this worker, or its totals are gone";
    return NULL;
}

/* What is lost again and again is not made anew at full speed: somebody removes keys, or we have a
 * bug. */
static bool too_soon(struct shard *shard) {
    enum { FIRST_MS = 1000, LAST_MS = 60000, CALM_MS = 600000 };
    int64_t now_ms = clock_boot_ms();
    int64_t pause_ms = FIRST_MS;
    if (!shard->distrust[0]) return false;
    if (now_ms - shard->remade_at_ms > CALM_MS) shard->remade = 0;
    for (int i = 1; i < shard->remade && pause_ms < LAST_MS; i++) pause_ms *= 2;
    if (!shard->remade || now_ms >= shard->remade_at_ms + pause_ms) return false;
    shard->wait_until_ms = shard->remade_at_ms + pause_ms;

    return true;
}

bool shard_replay_begin(struct shards *shards, struct shard *shard) {
    struct view_standing standing;
    struct err err;

    enum outcome outcome =
        view_read(shards->view, shard->number, shards->engine->arena, NULL, 0, &standing, &err);
    if (!takes(shards, outcome, &err)) return false;
    due_clock_note_redis(&shards->due_clock, standing.redis_ms, clock_boot_ms());
    if (standing.known && !standing.whole && !shard->distrust[0])
        snprintf(shard->distrust, sizeof shard->distrust, "it has lost cases");
    const char *why = unusable(shard, &standing);
    if (why) {
        if (!too_soon(shard)) begin_wipe(shards, shard, &standing, why);
        return false;
    }
    shard->applied = standing.applied;
    shard->next_wake_ms = standing.next_wake_ms;
    shard->unread = standing.unread;
    shard_seen_begin(&shards->seen, shard, &standing);
    struct place from = {
        .topic = TOPIC_STATE, .partition = shard->number, .offset = standing.applied};
    if (kafka_fetch_from(shards->reader, &from, 1, &err) < 0) {
        engine_pause(shards->engine, "the changelog cannot be read now", err.text);
        return false;
    }
    for (int i = 0; i < shards->count; i++) shards->at[i].reading = false;
    return shard->reading = true;
}

void shard_turn(struct shards *shards, struct shard *shard) {
    switch (shard->phase) {
    case SHARD_OFFSETS: take_offsets(shards, shard); break;
    case SHARD_ENDS: ask_ends(shards, shard); break;
    case SHARD_WIPE: wipe(shards, shard); break;
    case SHARD_REPLAY: shard_replay(shards, shard); break;
    case SHARD_RUN: break;
    case SHARD_HELD: shard_heal(shards, shard, "what is held is looked at again"); break;
    }
}
