/* keyed_batch: one batch of a keyed worker: read the states, fold events and wake-ups, one
 * transaction, then the views.
 */
#include "runtime/keyed_batch.h"
#include "base/clock.h"
#include "base/fault.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case at hand. */
struct entry {
    struct shard *shard;
    const char *id;
    void *old, *state; /* as the view has it (NULL: nothing), and as it is being folded */
    bool exists;
    int jobs;                /* how many so far: the n-th is decided in round n */
    int first_message;       /* of its changelog record; -1: unchanged */
    const struct raw *cause; /* the last event that was folded into it */
};

/* An event or a wake-up to be decided. */
struct job {
    struct entry *entry; /* NULL: a record that cannot be read */
    struct raw raw;
    struct event ev;
    bool wake;
    int round;
    struct effects effects;
    struct asking asking;
    enum result result;
};

struct work {
    struct keyed *keyed;
    struct engine *engine;
    struct arena *arena;
    struct entry *entries;
    int entry_count, entry_size;
    int *table; /* open addressing: index + 1 of entries */
    size_t table_size;
    struct job *jobs;
    int job_count, job_size, rounds;
    int64_t now_ms;
};

static bool running(const struct shard *shard) {
    return shard->phase == SHARD_RUN;
}

/* ---- Cases ---- */

static size_t hash_of(const char *id, int shard) {
    size_t hash = 14695981039346656037ULL + (size_t)shard;
    for (; *id; id++) hash = (hash ^ (unsigned char)*id) * 1099511628211ULL;
    return hash;
}

static struct entry *entry_for(struct work *work, struct shard *shard, const char *id) {
    size_t mask = work->table_size - 1;
    size_t at = hash_of(id, shard->number) & mask;

    for (; work->table[at]; at = (at + 1) & mask) {
        struct entry *entry = &work->entries[work->table[at] - 1];
        if (entry->shard == shard && strcmp(entry->id, id) == 0) return entry;
    }
    ASSERT(work->entry_count < work->entry_size);
    struct entry *entry = &work->entries[work->entry_count++];
    *entry = (struct entry){.shard = shard, .id = id, .first_message = -1};
    work->table[at] = work->entry_count;

    return entry;
}

static struct job *job_new(struct work *work, struct entry *entry) {
    ASSERT(work->job_count < work->job_size);
    struct job *job = &work->jobs[work->job_count++];
    *job = (struct job){.entry = entry, .round = entry ? entry->jobs++ : 0};
    if (job->round >= work->rounds) work->rounds = job->round + 1;
    effects_init(&job->effects, work->arena);
    return job;
}

/* ---- What is to be done ---- */

static const char *state_key(const struct work *work, const struct event *ev) {
    if (work->engine->spec->state_key) return work->engine->spec->state_key(ev);
    return ev->subject;
}

static void take_record(struct work *work, const struct polled *polled) {
    struct raw raw = polled->raw;
    struct shard *shard = shards_find(&work->keyed->shards, raw.partition);

    if (!shard || !running(shard) || raw.offset < shard->next) return;
    shard->next = raw.offset + 1;
    if (!polled->wanted) return;
    struct event ev;
    struct rejection rejection;
    if (bounds_read_event(work->engine, &raw, work->arena, &ev, &rejection) < 0) {
        struct job *job = job_new(work, NULL);
        job->raw = raw;
        job->effects.rejection = rejection;
        job->result = REJECT;
        return;
    }
    const char *key = state_key(work, &ev);
    if (!key) return;
    struct job *job = job_new(work, entry_for(work, shard, key));
    job->raw = raw;
    job->ev = ev;
    job->ev.raw = &job->raw; /* jobs do not move */
}

static void take_due(struct work *work, struct shard *shard) {
    const char **ids;
    int count;
    struct view_standing standing;
    struct err err;
    int64_t limit_ms =
        shard->proof.proven_ms < work->now_ms ? shard->proof.proven_ms : work->now_ms;

    if (!shard->next_wake_ms || shard->next_wake_ms >= limit_ms ||
        clock_boot_ms() < work->keyed->shards.due_clock.hold_until_ms)
        return;
    enum view_result result = view_due(work->keyed->shards.view, shard->number, work->arena,
                                       limit_ms, KEYED_DUE_MAX, &ids, &count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, NULL, &err) ||
        !shard_stands(&work->keyed->shards, shard, &standing))
        return;
    for (int i = 0; i < count; i++) {
        struct job *job = job_new(work, entry_for(work, shard, ids[i]));
        job->wake = true;
    }
}

/* ---- States ---- */

/* Whether the record lies at or behind one that is held. */
static bool is_held(const struct work *work, const struct job *job) {
    const struct shard *shard =
        job->entry ? job->entry->shard : shards_find(&work->keyed->shards, job->raw.partition);
    return !job->wake && shard && shard->hold_at >= 0 && job->raw.offset >= shard->hold_at;
}

/* The shard goes up to the first event about this case, and waits there. */
static void hold(struct work *work, struct shard *shard, const struct entry *entry,
                 const char *why) {
    for (int i = 0; i < work->job_count; i++) {
        const struct job *job = &work->jobs[i];
        if (job->entry != entry || job->wake || is_held(work, job)) continue;
        shard->hold_at = shard->next = job->raw.offset;
        snprintf(shard->held, sizeof shard->held, "case %s: %s", entry->id, why);
        return;
    }
}

static void read_chunk(struct work *work, struct shard *shard, struct entry **entries, int count) {
    struct view_case *cases = arena_alloc(work->arena, sizeof *cases * ((size_t)count + 1));

    for (int i = 0; i < count; i++) cases[i].id = entries[i]->id;
    struct view_standing standing;
    struct err err;
    enum view_result result = view_read(work->keyed->shards.view, shard->number, work->arena, cases,
                                        count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, &standing, &err) ||
        !shard_stands(&work->keyed->shards, shard, &standing))
        return;
    for (int i = 0; i < count; i++) {
        if (cases[i].unread) hold(work, shard, entries[i], cases[i].unread);
        entries[i]->old = cases[i].state;
        entries[i]->exists = cases[i].state != NULL;
        entries[i]->state = arena_alloc(work->arena, work->engine->spec->state->size);
        if (cases[i].state)
            fields_copy(work->engine->spec->state, cases[i].state, work->arena, entries[i]->state);
    }
}

static void read_states(struct work *work, struct shard *shard) {
    struct entry *chunk[VIEW_CASES_MAX];
    int count = 0;

    for (int i = 0; i < work->entry_count && running(shard); i++) {
        if (work->entries[i].shard != shard) continue;
        chunk[count++] = &work->entries[i];
        if (count == VIEW_CASES_MAX) {
            read_chunk(work, shard, chunk, count);
            count = 0;
        }
    }
    if (count && running(shard)) read_chunk(work, shard, chunk, count);
}

/* ---- Policy versions ---- */

static const char *version_of(const struct work *work, const void *state) {
    return *(const char *const *)(const void *)((const char *)state + work->keyed->version_offset);
}

static bool version_trouble(struct work *work, const struct entry *entry,
                            enum policy_store_result result, const struct err *err) {
    if (result == POLICY_STORE_DONE) return false;
    if (result == POLICY_STORE_AWAY)
        engine_pause(work->engine, "cases wait: the policies topic cannot be read now", err->text);
    else
        engine_stop(work->engine, EXIT_CANNOT_GO_ON,
                    "a case keeps a policy version that is not to be had",
                    arena_printf(work->arena, "case %s: %s", entry->id, err->text));
    return true;
}

/* Nothing is decided about a case whose version this process has not read: the topic is, first, to
 * its true end. */
static bool know_versions(struct work *work) {
    struct engine *engine = work->engine;
    struct policy_topic topic = policy_log_open(&engine->policy_log);

    if (!engine->policies.current) return true;
    policy_store_begin(engine->store);
    for (int i = 0; i < work->entry_count; i++) {
        const struct entry *entry = &work->entries[i];
        const char *version =
            entry->old && running(entry->shard) ? version_of(work, entry->old) : NULL;
        if (!version || strcmp(version, engine->policies.current->version) == 0) continue;
        struct err err;
        enum policy_store_result result = policy_store_know(engine->store, &topic, version, &err);
        if (version_trouble(work, entry, result, &err)) return false;
    }

    return true;
}

/* ---- Folding ---- */

static int64_t *wake_of(const struct work *work, void *state) {
    return (int64_t *)((char *)state + work->keyed->wake_offset);
}

/* Whether the wake-up still holds: an event of this batch may have moved it. */
static bool still_due(const struct work *work, const struct job *job) {
    const struct shard_proof *proof = &job->entry->shard->proof;
    int64_t wake_ms = 0;
    if (job->entry->exists) wake_ms = *wake_of(work, job->entry->state);
    return wake_ms && wake_ms < proof->proven_ms && wake_ms < work->now_ms;
}

static bool belongs(const struct work *work, const struct job *job, int round) {
    if (!job->entry || job->round != round || !running(job->entry->shard) || is_held(work, job))
        return false;
    return !job->wake || still_due(work, job);
}

static void prepare(struct work *work, struct job *job) {
    job->asking =
        (struct asking){.in = {.settings = &work->engine->settings,
                               .policies = &work->engine->policies,
                               .ev = job->wake ? NULL : &job->ev,
                               .now_ms = work->now_ms,
                               .unconfirmed = job->wake && job->entry->shard->proof.unconfirmed,
                               .exists = job->entry->exists,
                               .arena = work->arena},
                        .state = job->entry->state,
                        .claims = {.arena = work->arena}};
}

static void observe_wake(struct work *work, int64_t wake_ms) {
    metrics_observe(work->engine->metrics.late, (double)(work->now_ms - wake_ms) / 1e3);
}

static void encode(struct work *work, const void *state, struct buf *out) {
    struct json_out json = {.buf = out};
    fields_encode(work->engine->spec->state, state, &json);
}

static size_t length_of(struct work *work, const void *state) {
    struct buf buf = {0};
    encode(work, state, &buf);
    size_t len = buf.len;
    buf_free(&buf);
    return len;
}

/* A case that has reached what Kafka takes of a state: an event that would let it grow is rejected.
 */
static void decide_watched(struct work *work, struct job *job) {
    struct entry *entry = job->entry;
    const struct record *record = work->engine->spec->state;
    void *before = arena_alloc(work->arena, record->size);
    fields_copy(record, entry->state, work->arena, before);
    job->result = work->engine->spec->decide(&job->asking.in, entry->state, &job->effects);
    if (job->result != DONE || job->effects.forget) return;

    size_t len = length_of(work, entry->state);
    int64_t limit = bounds_of_state(work->engine);
    if (len <= length_of(work, before) || (int64_t)len <= limit) return;
    memcpy(entry->state, before, record->size);
    effects_init(&job->effects, work->arena);
    job->result = effects_reject(&job->effects, "too_large",
                                 "the case would be %zu bytes for %s, expected at most %" PRId64,
                                 len, work->engine->spec->name, limit);
}

static void decide(struct work *work, struct job *job) {
    struct entry *entry = job->entry;
    int64_t wake_ms = *wake_of(work, entry->state);

    if (!job->wake) entry->cause = &job->raw;
    if (!job->wake && bounds_watched(work->engine, entry->id))
        decide_watched(work, job);
    else
        job->result = work->engine->spec->decide(&job->asking.in, entry->state, &job->effects);
    metrics_add(work->engine->metrics.events, job->wake ? "wake-up" : job->ev.type, 1);
    if (job->effects.forget) {
        memset(entry->state, 0, work->engine->spec->state->size);
        entry->exists = false;
    } else if (job->result == DONE && !job->effects.unchanged) {
        entry->exists = true;
    }
    if (!job->wake) return;
    observe_wake(work, wake_ms);
    ASSERT(!entry->exists ||
           *wake_of(work, entry->state) != wake_ms); /* a handled wake-up moves or clears it */
}

static bool fold_round(struct work *work, int round) {
    int count = 0;
    struct job **chosen = arena_alloc(work->arena, sizeof *chosen * ((size_t)work->job_count + 1));

    for (int i = 0; i < work->job_count; i++) {
        if (!belongs(work, &work->jobs[i], round)) continue;
        chosen[count++] = &work->jobs[i];
        prepare(work, &work->jobs[i]);
    }
    if (work->engine->spec->ask) {
        struct asking *askings = arena_alloc(work->arena, sizeof *askings * ((size_t)count + 1));
        for (int i = 0; i < count; i++) askings[i] = chosen[i]->asking;
        if (engine_ask(work->engine, askings, count) != CLAIM_DONE) return false;
        for (int i = 0; i < count; i++) chosen[i]->asking = askings[i];
    }
    for (int i = 0; i < count; i++) decide(work, chosen[i]);
    return true;
}

/* ---- Writing ---- */

/* The changelog record of a case that changed. */
static void add_state(struct work *work, struct batch *batch, struct entry *entry) {
    struct buf before = {0}, after = {0};

    if (entry->old) encode(work, entry->old, &before);
    if (entry->exists) encode(work, entry->state, &after);
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

static void add_places(struct work *work, struct batch *batch) {
    struct keyed *keyed = work->keyed;

    batch->places =
        arena_alloc(work->arena, sizeof *batch->places * ((size_t)keyed->shards.count + 1));
    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (!running(shard)) continue;
        struct place *place = &batch->places[batch->place_count++];
        *place = (struct place){
            .topic = TOPIC_EVENTS, .partition = shard->number, .offset = shard->next};
        memcpy(place->metadata, shard->log_id, sizeof shard->log_id);
    }
}

static void fill(struct work *work, struct batch *batch) {
    for (int i = 0; i < work->job_count; i++) {
        struct job *job = &work->jobs[i];
        if (job->entry && (!running(job->entry->shard) || !job->asking.in.policies))
            continue; /* healed meanwhile, or no longer due */
        if (is_held(work, job)) continue;
        batch_add_effects(work->engine, batch, job->wake ? NULL : &job->ev, &job->raw, job->result,
                          &job->effects, job->entry ? &job->asking.claims : NULL,
                          job->asking.answers);
    }
    for (int i = 0; i < work->entry_count; i++)
        if (work->entries[i].state && running(work->entries[i].shard))
            add_state(work, batch, &work->entries[i]);
}

/* ---- After the commit ---- */

static void apply(struct work *work, const struct batch *batch, struct shard *shard) {
    struct view_change *changes =
        arena_alloc(work->arena, sizeof *changes * ((size_t)work->entry_count + 1));
    int count = 0;
    bool known = true;

    for (int i = 0; i < work->entry_count; i++) {
        const struct entry *entry = &work->entries[i];
        if (entry->shard != shard || entry->first_message < 0) continue;
        int64_t offset = batch->deliveries[entry->first_message].offset;
        known = known && offset >= 0;
        changes[count++] = (struct view_change){.id = entry->id,
                                                .old = entry->old,
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
    enum view_result result = view_apply(work->keyed->shards.view, shard->number, work->arena,
                                         shard->applied, to, changes, count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, NULL, &err)) return;
    FAULT_POINT("after_apply");
    due_clock_note_redis(&work->keyed->shards.due_clock, standing.redis_ms, clock_boot_ms());
    shard->applied = to;
    shard->next_wake_ms = standing.next_wake_ms;
}

static void committed(struct work *work, const struct batch *batch) {
    for (int i = 0; i < batch->place_count; i++) {
        struct shard *shard = shards_find(&work->keyed->shards, batch->places[i].partition);
        shard->settled = shard->rewind_to = shard->next;
        shard->no_offsets = false;
        apply(work, batch, shard);
    }
    work->keyed->settle_at_ms = clock_boot_ms() + KEYED_SETTLE_MS;
}

/* Nothing of it counts, or it is not known: the committed offsets are read again, and the views
 * healed. */
static void failed(struct keyed *keyed) {
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

static void finish(struct work *work) {
    struct keyed *keyed = work->keyed;

    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (!running(shard)) continue;
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

static void begin(struct work *work, struct keyed *keyed, int records) {
    *work = (struct work){.keyed = keyed,
                          .engine = keyed->engine,
                          .arena = keyed->engine->arena,
                          .now_ms = shards_now_ms(&keyed->shards)};
    int most = records + KEYED_DUE_MAX * keyed->shards.count;
    work->entry_size = work->job_size = most + 1;
    work->entries = arena_alloc(work->arena, sizeof *work->entries * (size_t)work->entry_size);
    work->jobs = arena_alloc(work->arena, sizeof *work->jobs * (size_t)work->job_size);
    for (work->table_size = 64; work->table_size < (size_t)most * 2 + 2;) work->table_size *= 2;
    work->table = arena_alloc(work->arena, sizeof *work->table * work->table_size);
    for (int i = 0; i < keyed->shards.count; i++)
        keyed->shards.at[i].rewind_to = keyed->shards.at[i].next;
}

static bool decide_all(struct work *work) {
    if (work->engine->claims) claim_store_begin(work->engine->claims);
    for (int i = 0; i < work->keyed->shards.count; i++)
        if (running(&work->keyed->shards.at[i])) read_states(work, &work->keyed->shards.at[i]);
    if (!know_versions(work)) return false;
    for (int round = 0; round < work->rounds; round++)
        if (!fold_round(work, round)) return false;
    return true;
}

/* Also when nothing is new, now and then: so it is found out that the worker still may commit. */
static bool settle_due(const struct keyed *keyed) {
    bool unproven = engine_unproven(keyed->engine);
    if (clock_boot_ms() < keyed->settle_at_ms) return false;
    for (int i = 0; i < keyed->shards.count; i++)
        if (running(&keyed->shards.at[i]) &&
            (unproven || keyed->shards.at[i].next != keyed->shards.at[i].settled))
            return true;
    return false;
}

void keyed_batch(struct keyed *keyed, const struct polled *records, int count) {
    struct work work;
    int64_t began_us = clock_boot_us();

    begin(&work, keyed, count);
    for (int i = 0; i < count; i++) take_record(&work, &records[i]);
    for (int i = 0; i < keyed->shards.count; i++)
        if (running(&keyed->shards.at[i])) take_due(&work, &keyed->shards.at[i]);
    bool good = decide_all(&work);
    struct batch batch;
    batch_init(&batch, work.arena);
    if (good) fill(&work, &batch);
    if (good && (batch.count || settle_due(keyed))) {
        add_places(&work, &batch);
        good = !batch.place_count || engine_commit(keyed->engine, &batch) == KAFKA_DONE;
        if (good) committed(&work, &batch);
    }
    if (good)
        finish(&work);
    else
        failed(keyed);
    for (int i = 0; i < count; i++) kafka_record_free(records[i].record);
    if (count)
        metrics_observe(keyed->engine->metrics.batch, (double)(clock_boot_us() - began_us) / 1e6);
}
