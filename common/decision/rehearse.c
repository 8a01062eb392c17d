/* rehearse: a queue of events, a heap of wake-ups, and the specs. */
#include "decision/rehearse.h"
#include "base/heap.h"
#include "decision/policy_file.h"
#include "decision/rehearse_store.h"
#include <stdlib.h>
#include <string.h>

enum {
    SPECS_MAX = 8,      /* intake, classification and the keyed workers, and some room */
    ROUNDS_MAX = 20,    /* engine.h */
    CASCADE_MAX = 10000 /* events that one record may cause: more is a loop */
};

struct player {
    const struct worker_spec *spec;
    struct policies policies;
    struct rehearse_states states;
    bool visits; /* a version has come that takes running cases along */
};

struct wake {
    int64_t at;
    int64_t order; /* set one after another */
    int player, key;
};

struct job {
    enum topic topic;
    const struct event *ev;
};

struct rehearse {
    rehearse_listener *listener;
    void *context;
    struct arena *arena, *batch; /* policies; what one record causes */
    struct player players[SPECS_MAX];
    int player_count;
    struct rehearse_claims *claims;
    struct wake *heap;
    int heap_count;
    struct job *jobs; /* of this batch */
    int job_count;
    int64_t now_ms, orders, offsets, folded;
};

struct rehearse *rehearse_new(rehearse_listener *listener, void *context) {
    struct rehearse *rehearse = calloc(1, sizeof *rehearse);

    ASSERT(rehearse);
    rehearse->listener = listener;
    rehearse->context = context;
    rehearse->arena = arena_new();
    rehearse->batch = arena_new();
    rehearse->claims = rehearse_claims_new();
    rehearse->now_ms = INT64_MIN;

    return rehearse;
}

void rehearse_free(struct rehearse *rehearse) {
    if (!rehearse) return;
    for (int i = 0; i < rehearse->player_count; i++)
        if (rehearse->players[i].spec->kind == WORKER_KEYED)
            rehearse_states_free(&rehearse->players[i].states);
    rehearse_claims_free(rehearse->claims);
    arena_free(rehearse->arena);
    arena_free(rehearse->batch);
    free(rehearse->heap);
    free(rehearse);
}

/* Specs and policies. */

static int load(struct rehearse *rehearse, struct player *player, const char *dir,
                struct buf *errors) {
    const struct worker_spec *spec = player->spec;

    if (!spec->policy_file) return 0;
    const char *path = arena_printf(rehearse->arena, "%s/%s", dir, spec->policy_file);
    const struct tree *tree;
    struct err err;
    if (policy_file_read(spec, dir, rehearse->arena, &tree, &err)) {
        buf_printf(errors, "%s\n", err.text);
        return -1;
    }
    struct faults faults = {.arena = rehearse->arena};
    struct policy_version *version = ARENA_NEW(rehearse->arena, struct policy_version);
    void *policy = NULL;
    if (spec->load(tree, dir, rehearse->arena, &policy, &version->version, &faults) ||
        faults.count) {
        faults_print(&faults, path, errors);
        return -1;
    }
    version->policy = policy;
    version->migrate = policies_migrates(tree);
    if (player->policies.current)
        version->order = player->policies.current->order + 1;
    else
        version->order = 0;
    version->older = player->policies.current;
    player->policies.current = version;

    return 0;
}

int rehearse_add(struct rehearse *rehearse, const struct worker_spec *spec, const char *policy_dir,
                 struct buf *errors) {
    ASSERT(rehearse->player_count < SPECS_MAX);
    struct player *player = &rehearse->players[rehearse->player_count];
    *player = (struct player){.spec = spec};
    if (load(rehearse, player, policy_dir, errors)) return -1;
    if (spec->kind == WORKER_KEYED) rehearse_states_init(&player->states, spec->state);
    rehearse->player_count++;
    return 0;
}

static struct player *player_of(const struct rehearse *rehearse, const struct worker_spec *spec) {
    for (int i = 0; i < rehearse->player_count; i++)
        if (rehearse->players[i].spec == spec) return (struct player *)&rehearse->players[i];
    ASSERT(!"a spec that was added");
    return NULL;
}

/* Wake-ups: a heap by time, then by the order in which they were set. One that is out of date is
 * skipped when it comes up. */

static bool before(const struct wake *one, const struct wake *two) {
    if (one->at != two->at) return one->at < two->at;
    return one->order < two->order;
}

static void heap_push(struct rehearse *rehearse, struct wake wake) {
    int i = rehearse->heap_count;

    HEAP_ADD(rehearse->heap, rehearse->heap_count);
    for (; i > 0 && before(&wake, &rehearse->heap[(i - 1) / 2]); i = (i - 1) / 2)
        rehearse->heap[i] = rehearse->heap[(i - 1) / 2];
    rehearse->heap[i] = wake;
}

static struct wake heap_pop(struct rehearse *rehearse) {
    struct wake first = rehearse->heap[0];
    struct wake last = rehearse->heap[--rehearse->heap_count];
    int i = 0;

    for (int child; (child = 2 * i + 1) < rehearse->heap_count; i = child) {
        if (child + 1 < rehearse->heap_count &&
            before(&rehearse->heap[child + 1], &rehearse->heap[child]))
            child++;
        if (!before(&rehearse->heap[child], &last)) break;
        rehearse->heap[i] = rehearse->heap[child];
    }
    rehearse->heap[i] = last;

    return first;
}

static int64_t wake_at(const struct worker_spec *spec, const void *state) {
    const struct field *field = spec->state->fields;
    while (field->name && strcmp(field->name, "wake_at") != 0) field++;
    ASSERT(field->name);
    return *(const int64_t *)(const void *)((const char *)state + field->offset);
}

/* One decision. */

static void queue(struct rehearse *rehearse, enum topic topic, const struct event *ev) {
    ASSERT(rehearse->job_count < CASCADE_MAX);
    *ARENA_ADD(rehearse->batch, rehearse->jobs, rehearse->job_count) = (struct job){topic, ev};
}

static void send(struct rehearse *rehearse, const struct worker_spec *spec,
                 const struct output *output, const struct event *cause) {
    struct raw *raw = ARENA_NEW(rehearse->batch, struct raw);

    *raw = (struct raw){.topic = output->topic,
                        .timestamp_ms = rehearse->now_ms,
                        .key = output->key,
                        .key_len = output->key ? strlen(output->key) : 0};
    struct event *ev = ARENA_NEW(rehearse->batch, struct event);
    const char *traceparent = output->traceparent;
    if (!traceparent && cause) traceparent = cause->traceparent;
    const char *source = output->source;
    if (!source) source = arena_printf(rehearse->batch, "/redress/%s", spec->name);
    *ev = (struct event){.raw = raw,
                         .id = output->id,
                         .source = source,
                         .type = output->type,
                         .subject = output->subject,
                         .traceparent = traceparent,
                         .time_ms = output->time_ms,
                         .sequence = output->sequence};
    ASSERT(json_read(rehearse->batch, output->data, output->data_len, NULL, &ev->data, NULL) ==
           JSON_OK);
    queue(rehearse, output->topic, ev);
}

/* Rounds of claims, until no more are asked for. */
static void make_claims(struct rehearse *rehearse, struct player *player, struct decision *in,
                        const void *state, struct claims *claims) {
    struct answer *answers = NULL;

    for (int round = 0; player->spec->ask && round < ROUNDS_MAX; round++) {
        player->spec->ask(in, state, claims);
        int had = in->answer_count;
        if (claims->count == had) return;
        answers = arena_grow(rehearse->batch, answers, (size_t)had * sizeof *answers,
                             (size_t)claims->count * sizeof *answers);
        for (int i = had; i < claims->count; i++)
            answers[i] = rehearse_claims_make(rehearse->claims, &claims->at[i], rehearse->batch);
        in->answers = answers;
        in->answer_count = claims->count;
    }
}

static enum result decide(struct rehearse *rehearse, struct player *player, struct decision *in,
                          void *state, struct effects *out) {
    struct claims claims = {.arena = rehearse->batch};

    in->policies = &player->policies;
    in->now_ms = rehearse->now_ms;
    in->arena = rehearse->batch;
    make_claims(rehearse, player, in, state, &claims);
    effects_init(out, rehearse->batch);
    enum result result = player->spec->decide(in, state, out);
    ASSERT(result == DONE || result == REJECT);
    rehearse->folded++;
    if (result == REJECT) {
        rehearse->listener(rehearse->context, player->spec, rehearse->now_ms, NULL, in->ev,
                           &out->rejection);
        return result;
    }
    for (int i = 0; i < out->count; i++) {
        rehearse->listener(rehearse->context, player->spec, rehearse->now_ms, &out->at[i], in->ev,
                           NULL);
        send(rehearse, player->spec, &out->at[i], in->ev);
    }
    for (int i = 0; i < out->release_count; i++)
        rehearse_claims_release(rehearse->claims, &claims.at[out->releases[i]]);
    return result;
}

static void keep(struct rehearse *rehearse, struct player *player, const char *key,
                 const void *state, int64_t woke_ms) {
    int number = rehearse_states_put(&player->states, key, state);
    int64_t at = 0;
    if (state) at = wake_at(player->spec, state);
    if (!at || at == woke_ms) return;
    heap_push(rehearse,
              (struct wake){at, rehearse->orders++, (int)(player - rehearse->players), number});
}

static void fold_into(struct rehearse *rehearse, struct player *player, const char *key,
                      const struct event *ev) {
    struct decision in = {.ev = ev};
    struct effects out;
    const void *before_state = rehearse_states_get(&player->states, key);
    void *state = arena_alloc(rehearse->batch, player->spec->state->size);
    if (before_state) fields_copy(player->spec->state, before_state, rehearse->batch, state);
    in.exists = before_state != NULL;
    int64_t was = 0;
    if (before_state) was = wake_at(player->spec, before_state);
    if (decide(rehearse, player, &in, state, &out) != DONE || out.unchanged) return;
    keep(rehearse, player, key, out.forget ? NULL : state, was);
}

/* Into all states that hold what it names. */
static void spread(struct rehearse *rehearse, struct player *player, const struct event *ev) {
    const struct worker_spec *spec = player->spec;
    const char *named = spec->names(ev);

    for (int i = 0; named && i < player->states.keys.count; i++) {
        const char *held = NULL;
        if (player->states.at[i])
            held = fields_found(spec->state, player->states.at[i], spec->spreads_to);
        if (!held || strcmp(held, named) != 0) continue;
        struct event own = *ev;
        own.subject = player->states.keys.keys[i];
        fold_into(rehearse, player, own.subject, &own);
    }
}

static void fold(struct rehearse *rehearse, struct player *player, const struct event *ev) {
    const struct worker_spec *spec = player->spec;
    struct effects out;

    if (spec->kind == WORKER_MAP) {
        (void)decide(rehearse, player, &(struct decision){.ev = ev}, NULL, &out);
        return;
    }
    if (spec->spreads && strcmp(spec->spreads, ev->type) == 0) {
        spread(rehearse, player, ev);
        return;
    }
    const char *key = spec->state_key ? spec->state_key(ev, rehearse->batch) : ev->subject;
    if (key) fold_into(rehearse, player, key, ev);
}

static void drain(struct rehearse *rehearse) {
    for (int i = 0; i < rehearse->job_count; i++) {
        struct job job = rehearse->jobs[i];
        for (int k = 0; k < rehearse->player_count; k++) {
            struct player *player = &rehearse->players[k];
            const enum topic *reads = player->spec->reads;
            while (*reads != TOPIC_NONE && *reads != job.topic) reads++;
            if (*reads == TOPIC_NONE || (player->spec->wants && !player->spec->wants(job.ev->type)))
                continue;
            fold(rehearse, player, job.ev);
        }
    }
    rehearse->jobs = NULL;
    rehearse->job_count = 0;
    arena_reset(rehearse->batch);
}

/* A decision about a state without an event: a wake-up (woke_ms, which it must move or clear) or a
 * visit (0). */
static void decide_again(struct rehearse *rehearse, struct player *player, int number,
                         int64_t woke_ms) {
    const char *key = player->states.keys.keys[number];
    const void *before_state = player->states.at[number];
    struct decision in = {.exists = true, .visit = !woke_ms};
    struct effects out;
    int64_t was_ms = wake_at(player->spec, before_state);

    void *state = arena_alloc(rehearse->batch, player->spec->state->size);
    fields_copy(player->spec->state, before_state, rehearse->batch, state);
    ASSERT(decide(rehearse, player, &in, state, &out) == DONE);
    ASSERT(!woke_ms || out.forget || wake_at(player->spec, state) != woke_ms);
    if (woke_ms || !out.unchanged) keep(rehearse, player, key, out.forget ? NULL : state, was_ms);
    drain(rehearse);
}

static void wake_up(struct rehearse *rehearse, struct wake wake) {
    struct player *player = &rehearse->players[wake.player];
    const void *state = player->states.at[wake.key];
    if (!state || wake_at(player->spec, state) != wake.at) return;

    if (wake.at > rehearse->now_ms) rehearse->now_ms = wake.at;
    decide_again(rehearse, player, wake.key, wake.at);
}

int rehearse_reload(struct rehearse *rehearse, const struct worker_spec *spec,
                    const char *policy_dir, struct buf *errors) {
    struct player *player = player_of(rehearse, spec);
    if (load(rehearse, player, policy_dir, errors)) return -1;
    player->visits = spec->visits && player->policies.current->migrate;
    return 0;
}

static void visit_all(struct rehearse *rehearse) {
    for (int i = 0; i < rehearse->player_count; i++) {
        struct player *player = &rehearse->players[i];
        for (int k = 0; player->visits && k < player->states.keys.count; k++)
            if (player->states.at[k]) decide_again(rehearse, player, k, 0);
        player->visits = false;
    }
}

void rehearse_advance(struct rehearse *rehearse, int64_t until_ms) {
    visit_all(rehearse);
    while (rehearse->heap_count && rehearse->heap[0].at <= until_ms)
        wake_up(rehearse, heap_pop(rehearse));
    if (until_ms > rehearse->now_ms) rehearse->now_ms = until_ms;
}

int64_t rehearse_now(const struct rehearse *rehearse) {
    return rehearse->now_ms;
}

/* What is due at `now_ms` itself waits: a record of that moment is still in time. */
static void arrive(struct rehearse *rehearse, int64_t now_ms) {
    rehearse_advance(rehearse, now_ms - 1);
    if (now_ms > rehearse->now_ms) rehearse->now_ms = now_ms;
}

void rehearse_publish_event(struct rehearse *rehearse, enum topic topic, const struct event *ev,
                            int64_t now_ms) {
    arrive(rehearse, now_ms);
    struct event *copy = arena_memdup(rehearse->batch, ev, sizeof *ev);
    if (!copy->raw) {
        struct raw *raw = ARENA_NEW(rehearse->batch, struct raw);
        *raw = (struct raw){.topic = topic, .offset = rehearse->offsets++, .timestamp_ms = now_ms};
        copy->raw = raw;
    }
    queue(rehearse, topic, copy);
    drain(rehearse);
}

const void *rehearse_state(const struct rehearse *rehearse, const struct worker_spec *spec,
                           const char *key) {
    return rehearse_states_get(&player_of(rehearse, spec)->states, key);
}

void rehearse_states(const struct rehearse *rehearse, const struct worker_spec *spec,
                     void (*each)(void *context, const char *key, const void *state),
                     void *context) {
    const struct rehearse_states *states = &player_of(rehearse, spec)->states;
    for (int i = 0; i < states->keys.count; i++)
        if (states->at[i]) each(context, states->keys.keys[i], states->at[i]);
}
