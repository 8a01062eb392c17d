/* keyed_batch: one batch of a keyed worker: gather events and wake-ups, decide them (keyed_fold.c),
 * one transaction, then the views. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "runtime/keyed_visit.h"
#include "runtime/keyed_work.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Cases ---- */

static size_t hash_of(const char *id, int shard) {
    return ids_table_hash(id, strlen(id)) + (size_t)shard;
}

static struct keyed_case *entry_for(struct keyed_work *work, struct shard *shard, const char *id) {
    size_t mask = work->table_size - 1;
    size_t at = hash_of(id, shard->number) & mask;

    for (; work->table[at]; at = (at + 1) & mask) {
        struct keyed_case *entry = &work->entries[work->table[at] - 1];
        if (entry->shard == shard && strcmp(entry->id, id) == 0) return entry;
    }
    ASSERT(work->entry_count < work->entry_size);
    struct keyed_case *entry = &work->entries[work->entry_count++];
    *entry = (struct keyed_case){.shard = shard, .id = id, .first_message = -1};
    work->table[at] = work->entry_count;

    return entry;
}

static struct keyed_job *job_new(struct keyed_work *work, struct keyed_case *entry) {
    struct keyed_job *job = ARENA_NEW(work->arena, struct keyed_job);

    *ARENA_ADD(work->arena, work->jobs, work->job_count) = job;
    *job = (struct keyed_job){.entry = entry, .round = entry ? entry->jobs++ : 0};
    if (job->round >= work->rounds) work->rounds = job->round + 1;
    effects_init(&job->effects, work->arena);
    return job;
}

/* ---- What is to be done ---- */

static const char *state_key(const struct keyed_work *work, const struct event *ev) {
    if (work->engine->spec->state_key) return work->engine->spec->state_key(ev, work->arena);
    return ev->subject;
}

static void add_event(struct keyed_work *work, struct keyed_case *entry, const struct raw *raw,
                      const struct event *ev) {
    struct keyed_job *job = job_new(work, entry);
    job->raw = *raw;
    job->ev = *ev;
    job->ev.raw = &job->raw; /* jobs do not move */
}

static const struct keyed_spread *find_spread(const struct keyed_work *work, int record) {
    for (int i = 0; i < work->spread_count; i++)
        if (work->spreads[i].record == record) return &work->spreads[i];
    return NULL;
}

static void spread_to(struct keyed_work *work, struct keyed_case *entry,
                      const struct keyed_spread *spread, const struct raw *raw,
                      const struct event *ev) {
    struct event own = *ev;

    if (entry->spread == spread->record + 1) return;
    entry->spread = spread->record + 1;
    own.subject = entry->id;
    add_event(work, entry, raw, &own);
}

/* To the cases that the view knows, and to those that events before it in this batch are about,
 * where these name the same: such a case may have been opened just now. */
static void spread_event(struct keyed_work *work, struct shard *shard,
                         const struct keyed_spread *spread, const struct raw *raw,
                         const struct event *ev) {
    const struct worker_spec *spec = work->engine->spec;
    int before = work->job_count;

    for (int i = 0; i < spread->count; i++)
        spread_to(work, entry_for(work, shard, spread->ids[i]), spread, raw, ev);
    for (int i = 0; i < before; i++) {
        const struct keyed_job *job = work->jobs[i];
        if (!job->entry || job->entry->shard != shard || job->kind != KEYED_EVENT) continue;
        const char *named = spec->names(&job->ev);
        if (named && strcmp(named, spread->text) == 0) spread_to(work, job->entry, spread, raw, ev);
    }
}

static void take_record(struct keyed_work *work, const struct polled *polled, int record) {
    struct raw raw = polled->raw;
    struct shard *shard = shards_find(&work->keyed->shards, raw.partition);

    if (!shard || !keyed_runs(shard) || raw.offset < shard->next) return;
    shard->next = raw.offset + 1;
    if (!polled->wanted) return;
    struct event ev;
    struct rejection rejection;
    if (bounds_read_event(work->engine, &raw, work->arena, &ev, &rejection) < 0) {
        struct keyed_job *job = job_new(work, NULL);
        job->raw = raw;
        job->effects.rejection = rejection;
        job->result = REJECT;
        return;
    }
    const struct keyed_spread *spread = find_spread(work, record);
    if (spread) {
        spread_event(work, shard, spread, &raw, &ev);
        return;
    }
    const char *key = state_key(work, &ev);
    if (key) add_event(work, entry_for(work, shard, key), &raw, &ev);
}

static void take_due(struct keyed_work *work, struct shard *shard) {
    const char **ids;
    int count;
    struct view_standing standing;
    struct err err;
    int64_t limit_ms =
        shard->proof.proven_ms < work->now_ms ? shard->proof.proven_ms : work->now_ms;

    if (!shard->next_wake_ms || shard->next_wake_ms >= limit_ms ||
        clock_boot_ms() < work->keyed->shards.due_clock.hold_until_ms)
        return;
    enum outcome result = view_due(work->keyed->shards.view, shard->number, work->arena, limit_ms,
                                   KEYED_DUE_MAX, &ids, &count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, NULL, &err) ||
        !shard_stands(&work->keyed->shards, shard, &standing))
        return;
    for (int i = 0; i < count; i++) {
        struct keyed_job *job = job_new(work, entry_for(work, shard, ids[i]));
        job->kind = KEYED_WAKE;
    }
}

/* ---- Writing ---- */

/* What only a wake-up changed differs in that already, and how large it was is not asked. */
static bool wake_moved(const struct keyed_work *work, const struct keyed_case *entry) {
    return !entry->cause && entry->old && entry->exists &&
           keyed_wake_ms(work, entry->old) != keyed_wake_ms(work, entry->state);
}

/* The changelog record of a case that changed. */
static void add_state(struct keyed_work *work, struct batch *batch, struct keyed_case *entry) {
    struct buf before = {0}, after = {0};

    if (entry->old && !wake_moved(work, entry)) keyed_encode(work, entry->old, &before);
    if (entry->exists) keyed_encode(work, entry->state, &after);
    bool same = entry->exists ? entry->old && before.len == after.len &&
                                    memcmp(before.at, after.at, after.len) == 0
                              : !entry->old;
    if (!same) {
        struct header *next = arena_alloc(work->arena, sizeof *next);
        const char *text = arena_printf(work->arena, "%" PRId64, entry->shard->next);
        *next = (struct header){"redress_next", text, strlen(text)};
        struct kafka_message message = {.topic = TOPIC_STATE,
                                        .partition = entry->shard->number,
                                        .key = entry->id,
                                        .key_len = strlen(entry->id),
                                        .headers = next,
                                        .header_count = 1};
        if (entry->exists) message.value = arena_strndup(work->arena, after.at, after.len);
        if (entry->exists) message.value_len = after.len;
        entry->first_message =
            batch_add_state(work->engine, batch, &message, entry->cause, after.len > before.len);
    }
    buf_free(&before);
    buf_free(&after);
}

static void add_places(struct keyed_work *work, struct batch *batch) {
    struct keyed *keyed = work->keyed;

    batch->places =
        arena_alloc(work->arena, sizeof *batch->places * ((size_t)keyed->shards.count + 1));
    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (!keyed_runs(shard)) continue;
        struct place *place = &batch->places[batch->place_count++];
        *place = (struct place){.topic = spec_input(work->engine->spec),
                                .partition = shard->number,
                                .offset = shard->next};
        memcpy(place->metadata, shard->log_id, sizeof shard->log_id);
    }
}

static void fill(struct keyed_work *work, struct batch *batch) {
    for (int i = 0; i < work->job_count; i++) {
        struct keyed_job *job = work->jobs[i];
        if (job->entry && (!keyed_runs(job->entry->shard) || !job->asking.in.policies))
            continue; /* healed meanwhile, or no longer due */
        if (keyed_is_held(work, job)) continue;
        batch_add_effects(work->engine, batch, job->kind == KEYED_EVENT ? &job->ev : NULL,
                          &job->raw, job->result, &job->effects,
                          job->entry ? &job->asking.claims : NULL, job->asking.answers);
    }
    for (int i = 0; i < work->entry_count; i++)
        if (work->entries[i].state && keyed_runs(work->entries[i].shard))
            add_state(work, batch, &work->entries[i]);
}

/* ---- After the commit ---- */

static void apply(struct keyed_work *work, const struct batch *batch, struct shard *shard) {
    struct view_change *changes =
        arena_alloc(work->arena, sizeof *changes * ((size_t)work->entry_count + 1));
    int count = 0;
    bool known = true;

    for (int i = 0; i < work->entry_count; i++) {
        const struct keyed_case *entry = &work->entries[i];
        if (entry->shard != shard || entry->first_message < 0) continue;
        int64_t offset = batch->deliveries[entry->first_message].offset;
        known = known && offset >= 0;
        changes[count++] = (struct view_change){.id = entry->id,
                                                .old = entry->old,
                                                .old_sum = entry->old_sum,
                                                .now = entry->exists ? entry->state : NULL,
                                                .offset = offset};
    }
    if (!count) return;
    if (!known) {
        shard_heal(&work->keyed->shards, shard, "a delivery report without an offset");
        return;
    }
    struct view_standing standing;
    struct err err;
    int64_t to = changes[count - 1].offset + 1;
    FAULT_POINT("before_apply");
    enum outcome result = view_apply(work->keyed->shards.view, shard->number, work->arena,
                                     shard->applied, to, changes, count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, NULL, &err)) return;
    FAULT_POINT("after_apply");
    *ARENA_ADD(work->arena, work->moves, work->move_count) =
        (struct keyed_move){shard, shard->applied};
    int applied = 0;
    for (int i = 0; applied < count; i++)
        if (work->entries[i].shard == shard && work->entries[i].first_message >= 0)
            work->entries[i].new_sum = changes[applied++].now_sum;
    due_clock_note_redis(&work->keyed->shards.due_clock, standing.redis_ms, clock_boot_ms());
    shard->applied = to;
    shard->next_wake_ms = standing.next_wake_ms;
}

/* Behind all applies: until then states of before the batch lie there. */
static void remember(struct keyed_work *work) {
    struct recent *recent = work->keyed->shards.recent;

    for (int i = 0; i < work->move_count; i++)
        recent_move(recent, work->moves[i].shard->number, work->moves[i].from,
                    work->moves[i].shard->applied);
    for (int i = 0; i < work->entry_count; i++) {
        const struct keyed_case *entry = &work->entries[i];
        if (entry->first_message < 0) continue;
        recent_put(recent, entry->shard->number, entry->id, entry->exists ? entry->state : NULL,
                   entry->new_sum);
    }
}

static void committed(struct keyed_work *work, const struct batch *batch) {
    for (int i = 0; i < batch->place_count; i++) {
        struct shard *shard = shards_find(&work->keyed->shards, batch->places[i].partition);
        shard->committed = shard->rewind_to = shard->next;
        shard->no_offsets = false;
        apply(work, batch, shard);
    }
    remember(work);
    work->keyed->commit_at_ms = clock_boot_ms() + KEYED_COMMIT_MS;
}

/* Nothing of it counts, or it is not known: the committed offsets are read again, and the views
 * healed. */
static void failed(struct keyed *keyed) {
    recent_forget_all(keyed->shards.recent);
    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        int number = shard->number;
        struct shard before = *shard;
        shard_assign(shard, number);
        shard->log_known = before.log_known;
        memcpy(shard->log_id, before.log_id, sizeof shard->log_id);
        memcpy(shard->distrust, before.distrust, sizeof shard->distrust);
        shard->remade = before.remade;
        shard->remade_at_ms = before.remade_at_ms;
    }
    keyed->shards.refetch = true;
}

static void finish(struct keyed_work *work) {
    struct keyed *keyed = work->keyed;

    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (!keyed_runs(shard)) continue;
        if (shard->hold_at >= 0) {
            shard_hold(&keyed->shards, shard);
            continue;
        }
        if (shard->polled_to > shard->next)
            shard->read_to = shard->polled_to;
        else
            shard->read_to = shard->next;
    }
}

/* ---- All of it ---- */

static void take_visits(struct keyed_work *work, const struct keyed_visit *visit) {
    for (int i = 0; i < visit->count; i++) {
        struct keyed_job *job = job_new(work, entry_for(work, visit->shard, visit->ids[i]));
        job->kind = KEYED_VISIT;
    }
}

/* Which cases a record concerns, as the view has them before the batch. */
static void find_cases(struct keyed_work *work, struct shard *shard, struct keyed_spread *spread) {
    struct shards *shards = &work->keyed->shards;
    struct view_standing standing;
    struct err err;
    enum outcome result =
        view_find(shards->view, shard->number, work->arena, work->engine->spec->spreads_to,
                  spread->text, &spread->ids, &spread->count, &standing, &err);

    if (shard_stumbles(shards, shard, result, NULL, &err) ||
        !shard_stands(shards, shard, &standing))
        spread->count = 0; /* the shard does not run any more: the batch takes nothing of it */
}

static bool is_spread(const struct keyed_work *work, const struct polled *polled) {
    const char *spreads = work->engine->spec->spreads;
    size_t len;
    const char *type = NULL;

    if (spreads && polled->wanted) type = event_peek_type(&polled->raw, &len);
    return type && strlen(spreads) == len && memcmp(type, spreads, len) == 0;
}

/* Returns how many cases all of them concern. */
static int find_spreads(struct keyed_work *work, const struct polled *records, int count) {
    int cases = 0;

    for (int i = 0; i < count; i++) {
        struct shard *shard = shards_find(&work->keyed->shards, records[i].raw.partition);
        struct event ev;
        struct rejection rejection;
        if (!is_spread(work, &records[i]) || !shard || !keyed_runs(shard) ||
            records[i].raw.offset < shard->next ||
            bounds_read_event(work->engine, &records[i].raw, work->arena, &ev, &rejection) < 0)
            continue;
        struct keyed_spread spread = {.record = i, .text = work->engine->spec->names(&ev)};
        if (!spread.text) continue;
        find_cases(work, shard, &spread);
        cases += spread.count;
        *ARENA_ADD(work->arena, work->spreads, work->spread_count) = spread;
    }

    return cases;
}

static void begin(struct keyed_work *work, struct keyed *keyed, const struct polled *records,
                  int count, int visits) {
    *work = (struct keyed_work){.keyed = keyed,
                                .engine = keyed->engine,
                                .arena = keyed->engine->arena,
                                .now_ms = shards_now_ms(&keyed->shards)};
    int most =
        count + visits + KEYED_DUE_MAX * keyed->shards.count + find_spreads(work, records, count);
    work->entry_size = most + 1;
    work->entries = arena_alloc(work->arena, sizeof *work->entries * (size_t)work->entry_size);
    for (work->table_size = 64; work->table_size < (size_t)most * 2 + 2;) work->table_size *= 2;
    work->table = arena_alloc(work->arena, sizeof *work->table * work->table_size);
    for (int i = 0; i < keyed->shards.count; i++)
        keyed->shards.at[i].rewind_to = keyed->shards.at[i].next;
}

/* Also when nothing is new, now and then: so it is found out that the worker still may commit. */
static bool commit_due(const struct keyed *keyed) {
    bool unproven = engine_unproven(keyed->engine);
    if (clock_boot_ms() < keyed->commit_at_ms) return false;
    for (int i = 0; i < keyed->shards.count; i++)
        if (keyed_runs(&keyed->shards.at[i]) &&
            (unproven || keyed->shards.at[i].next != keyed->shards.at[i].committed))
            return true;
    return false;
}

void keyed_batch(struct keyed *keyed, const struct polled *records, int count) {
    struct keyed_work work;
    int64_t began_us = clock_boot_us();

    struct keyed_visit visit = keyed_visit_next(keyed);
    begin(&work, keyed, records, count, visit.count);
    for (int i = 0; i < count; i++) take_record(&work, &records[i], i);
    for (int i = 0; i < keyed->shards.count; i++)
        if (keyed_runs(&keyed->shards.at[i])) take_due(&work, &keyed->shards.at[i]);
    take_visits(&work, &visit);
    bool good = keyed_fold(&work);
    struct batch batch;
    batch_init(&batch, work.arena);
    if (good) fill(&work, &batch);
    if (good && (batch.count || commit_due(keyed))) {
        add_places(&work, &batch);
        good = !batch.place_count || engine_commit(keyed->engine, &batch) == KAFKA_DONE;
        if (good) committed(&work, &batch);
    }
    if (good)
        finish(&work);
    else
        failed(keyed);
    for (int i = 0; i < count; i++) kafka_record_free(records[i].record);
    if (count) engine_batch_done(keyed->engine, began_us, count);
}
