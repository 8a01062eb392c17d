/* keyed_fold: the deciding of one batch: the states of the cases at hand, the policy versions that
 * they keep, then events and wake-ups one after the other, those of a case in their order. */
#include "runtime/keyed_work.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- States ---- */

bool keyed_is_held(const struct keyed_work *work, const struct keyed_job *job) {
    const struct shard *shard =
        job->entry ? job->entry->shard : shards_find(&work->keyed->shards, job->raw.partition);
    return job->kind == KEYED_EVENT && shard && shard->hold_at >= 0 &&
           job->raw.offset >= shard->hold_at;
}

/* The shard goes up to the first event about this case, and waits there. */
static void hold(struct keyed_work *work, struct shard *shard, const struct keyed_case *entry,
                 const char *why) {
    for (int i = 0; i < work->job_count; i++) {
        const struct keyed_job *job = work->jobs[i];
        if (job->entry != entry || job->kind != KEYED_EVENT || keyed_is_held(work, job)) continue;
        shard->hold_at = shard->next = job->raw.offset;
        snprintf(shard->held, sizeof shard->held, "case %s: %s", entry->id, why);
        return;
    }
}

static void take_state(struct keyed_work *work, struct keyed_case *entry, const void *state,
                       uint64_t sum) {
    const struct table *table = work->engine->spec->state;

    entry->old = state;
    entry->old_sum = sum;
    entry->exists = state != NULL;
    entry->state = arena_alloc(work->arena, table->size);
    if (state) fields_copy(table, state, work->arena, entry->state);
}

/* As this process has left it; where the shard stands is looked at all the same. */
static bool recall(struct keyed_work *work, struct keyed_case *entry) {
    const struct shard *shard = entry->shard;
    uint64_t sum;
    const void *state =
        recent_find(work->keyed->shards.recent, shard->number, shard->applied, entry->id, &sum);
    if (state) take_state(work, entry, state, sum);
    return state != NULL;
}

static void read_chunk(struct keyed_work *work, struct shard *shard, struct keyed_case **entries,
                       int count) {
    struct view_case *cases = arena_alloc(work->arena, sizeof *cases * ((size_t)count + 1));

    for (int i = 0; i < count; i++) cases[i].id = entries[i]->id;
    struct view_standing standing;
    struct err err;
    enum outcome result = view_read(work->keyed->shards.view, shard->number, work->arena, cases,
                                    count, &standing, &err);
    if (shard_stumbles(&work->keyed->shards, shard, result, &standing, &err) ||
        !shard_stands(&work->keyed->shards, shard, &standing))
        return;
    for (int i = 0; i < count; i++) {
        if (cases[i].unread) hold(work, shard, entries[i], cases[i].unread);
        take_state(work, entries[i], cases[i].state, cases[i].sum);
    }
}

static void read_states(struct keyed_work *work, struct shard *shard) {
    struct keyed_case *chunk[VIEW_CASES_MAX];
    int count = 0;
    bool looks = false; /* where the shard stands, though nothing else is to be read */

    for (int i = 0; i < work->entry_count && keyed_runs(shard); i++) {
        if (work->entries[i].shard != shard) continue;
        if (recall(work, &work->entries[i])) {
            looks = true;
            continue;
        }
        chunk[count++] = &work->entries[i];
        if (count == VIEW_CASES_MAX) {
            read_chunk(work, shard, chunk, count);
            count = 0;
        }
    }
    if ((count || looks) && keyed_runs(shard)) read_chunk(work, shard, chunk, count);
}

/* ---- Policy versions ---- */

static const char *version_of(const struct keyed_work *work, const void *state) {
    return *(const char *const *)(const void *)((const char *)state + work->keyed->version_offset);
}

static bool takes_version(struct keyed_work *work, const struct keyed_case *entry,
                          enum outcome outcome, const struct err *err) {
    static const struct engine_words words = {
        .wait = "cases wait: the policies topic cannot be read now",
        .stop = "a case keeps a policy version that is not to be had"};
    const char *detail = err->text;

    if (outcome == OUTCOME_STOP)
        detail = arena_printf(work->arena, "case %s: %s", entry->id, err->text);
    return engine_takes(work->engine, outcome, &words, detail);
}

/* Nothing is decided about a case whose version this process has not read: the topic is, first, to
 * its true end. */
static bool know_versions(struct keyed_work *work) {
    struct engine *engine = work->engine;
    struct policy_topic topic = policy_log_open(&engine->policy_log);

    if (!engine->policies.current) return true;
    policy_store_begin(engine->store);
    for (int i = 0; i < work->entry_count; i++) {
        const struct keyed_case *entry = &work->entries[i];
        const char *version =
            entry->old && keyed_runs(entry->shard) ? version_of(work, entry->old) : NULL;
        if (!version || strcmp(version, engine->policies.current->version) == 0) continue;
        struct err err;
        enum outcome result = policy_store_know(engine->store, &topic, version, &err);
        if (!takes_version(work, entry, result, &err)) return false;
    }

    return true;
}

/* ---- Folding ---- */

/* Whether the wake-up still holds: an event of this batch may have moved it. */
static bool still_due(const struct keyed_work *work, const struct keyed_job *job) {
    const struct shard_proof *proof = &job->entry->shard->proof;
    int64_t wake_ms = 0;
    if (job->entry->exists) wake_ms = keyed_wake_ms(work, job->entry->state);
    return wake_ms && wake_ms < proof->proven_ms && wake_ms < work->now_ms;
}

static bool belongs(const struct keyed_work *work, const struct keyed_job *job, int round) {
    if (!job->entry || job->round != round || !keyed_runs(job->entry->shard) ||
        keyed_is_held(work, job))
        return false;
    if (job->kind == KEYED_VISIT) return job->entry->exists;
    return job->kind == KEYED_EVENT || still_due(work, job);
}

static void prepare(struct keyed_work *work, struct keyed_job *job) {
    job->asking = (struct asking){
        .in = {.settings = &work->engine->settings,
               .policies = &work->engine->policies,
               .ev = job->kind == KEYED_EVENT ? &job->ev : NULL,
               .visit = job->kind == KEYED_VISIT,
               .now_ms = work->now_ms,
               .unconfirmed = job->kind == KEYED_WAKE && job->entry->shard->proof.unconfirmed,
               .exists = job->entry->exists,
               .arena = work->arena},
        .state = job->entry->state,
        .claims = {.arena = work->arena}};
}

static void observe_wake(struct keyed_work *work, int64_t wake_ms) {
    metrics_observe(work->engine->metrics.late, (double)(work->now_ms - wake_ms) / 1e3);
}

void keyed_encode(const struct keyed_work *work, const void *state, struct buf *out) {
    struct json_out json = {.buf = out};
    fields_encode(work->engine->spec->state, state, &json);
}

static size_t length_of(struct keyed_work *work, const void *state) {
    struct buf buf = {0};
    keyed_encode(work, state, &buf);
    size_t len = buf.len;
    buf_free(&buf);
    return len;
}

/* A case that has reached what Kafka takes of a state: an event that would let it grow is rejected.
 */
static void decide_watched(struct keyed_work *work, struct keyed_job *job) {
    struct keyed_case *entry = job->entry;
    const struct table *table = work->engine->spec->state;
    void *before = arena_alloc(work->arena, table->size);
    fields_copy(table, entry->state, work->arena, before);
    job->result = work->engine->spec->decide(&job->asking.in, entry->state, &job->effects);
    if (job->result != DONE || job->effects.forget) return;

    size_t len = length_of(work, entry->state);
    int64_t limit = bounds_of_state(work->engine);
    if (len <= length_of(work, before) || (int64_t)len <= limit) return;
    memcpy(entry->state, before, table->size);
    effects_init(&job->effects, work->arena);
    job->result = effects_reject(&job->effects, "too_large",
                                 "the case would be %zu bytes for %s, expected at most %" PRId64,
                                 len, work->engine->spec->name, limit);
}

static const char *name_of(const struct keyed_job *job) {
    switch (job->kind) {
    case KEYED_EVENT: break;
    case KEYED_WAKE: return "wake-up";
    case KEYED_VISIT: return "visit";
    }
    return job->ev.type;
}

static void decide(struct keyed_work *work, struct keyed_job *job) {
    struct keyed_case *entry = job->entry;
    int64_t wake_ms = keyed_wake_ms(work, entry->state);

    if (job->kind == KEYED_EVENT) entry->cause = &job->raw;
    if (job->kind == KEYED_EVENT && bounds_watched(work->engine, entry->id))
        decide_watched(work, job);
    else
        job->result = work->engine->spec->decide(&job->asking.in, entry->state, &job->effects);
    metrics_add(work->engine->metrics.events, name_of(job), 1);
    if (job->effects.forget) {
        memset(entry->state, 0, work->engine->spec->state->size);
        entry->exists = false;
    } else if (job->result == DONE && !job->effects.unchanged) {
        entry->exists = true;
    }
    if (job->kind != KEYED_WAKE) return;
    observe_wake(work, wake_ms);
    ASSERT(!entry->exists ||
           keyed_wake_ms(work, entry->state) != wake_ms); /* a handled wake-up moves or clears it */
}

static bool fold_round(struct keyed_work *work, int round) {
    int count = 0;
    struct keyed_job **chosen =
        arena_alloc(work->arena, sizeof *chosen * ((size_t)work->job_count + 1));

    for (int i = 0; i < work->job_count; i++) {
        if (!belongs(work, work->jobs[i], round)) continue;
        chosen[count++] = work->jobs[i];
        prepare(work, work->jobs[i]);
    }
    if (work->engine->spec->ask) {
        struct asking *askings = arena_alloc(work->arena, sizeof *askings * ((size_t)count + 1));
        for (int i = 0; i < count; i++) askings[i] = chosen[i]->asking;
        if (engine_ask(work->engine, askings, count) != OUTCOME_DONE) return false;
        for (int i = 0; i < count; i++) chosen[i]->asking = askings[i];
    }
    for (int i = 0; i < count; i++) decide(work, chosen[i]);
    return true;
}

bool keyed_fold(struct keyed_work *work) {
    struct shards *shards = &work->keyed->shards;

    if (work->engine->claims) claim_store_begin(work->engine->claims);
    for (int i = 0; i < shards->count; i++)
        if (keyed_runs(&shards->at[i])) read_states(work, &shards->at[i]);
    if (!know_versions(work)) return false;
    for (int round = 0; round < work->rounds; round++)
        if (!fold_round(work, round)) return false;

    return true;
}
