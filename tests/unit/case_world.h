/* case_world: one case under a keyed decision, for unit tests. Folds events given as JSON, answers
 * claims like the runtime does, keeps the state as hashes between folds (so that what no field
 * keeps is lost, as in production), and shows what came out. */
#ifndef REDRESS_CASE_WORLD_H
#define REDRESS_CASE_WORLD_H

#include "base/clock.h"
#include "contract/contract.h"
#include "data/yaml.h"
#include "decision/policy_file.h"
#include "decision/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLD_CASE "BYCRCNPA1C41H-FRGWX4V"

enum { WORLD_CLAIMS_MAX = 512, WORLD_OUTPUTS_MAX = 128, WORLD_ROUNDS_MAX = 20 };

struct world_claim {
    const char *key, *id;
    int64_t amount;
    const char *value;
};
struct world {
    const struct worker_spec *spec;
    struct arena *arena;
    struct policy_version version, next;
    struct policies policies;
    const struct settings *settings; /* NULL: the defaults */
    struct pairs pairs;              /* the state as hashes; none: no state */
    bool exists;
    struct world_claim claims[WORLD_CLAIMS_MAX];
    int claim_count;
    struct world_claim
        refused[WORLD_CLAIMS_MAX]; /* asked again with the same id it gives the same answer */
    int refused_count;
    struct output outputs[WORLD_OUTPUTS_MAX]; /* of the last fold */
    int count;
    int64_t now_ms, wake_at;
    bool unchanged, forgotten;
    int events;
    enum result result;
    const char *subject;  /* NULL: WORLD_CASE */
    const char *event_id; /* NULL: e-1, e-2, ... */
    int64_t event_age_ms; /* events happened so long ago, */
    int64_t log_age_ms;   /* and the log took them so long ago */
};

static inline int64_t world_time(const char *text) {
    int64_t ms;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static inline void world_load(struct world *world, const struct worker_spec *spec, const char *name,
                              const struct tree *file) {
    struct faults faults = {.arena = world->arena};
    void *policy = NULL;
    if (spec->load(file, "deploy/policies", world->arena, &policy, &world->version.version,
                   &faults)) {
        struct buf buf = {0};
        faults_print(&faults, name, &buf);
        fail_msg("%s", buf.at);
    }
    world->version.policy = policy;
    world->version.migrate = policies_migrates(file);
    world->policies.current = &world->version;
    world->now_ms = world_time("2026-11-22T10:00:00Z");
}

/* A loaded policy stays as it is: the worlds of a program that go by the same file share it. */
static inline void world_open(struct world *world, const struct worker_spec *spec,
                              const char *policy_path) {
    static struct world loaded;
    static const char *loaded_from;
    if (loaded.spec != spec || strcmp(loaded_from, policy_path) != 0) {
        loaded_from = policy_path;
        loaded = (struct world){.spec = spec, .arena = arena_new()};
        struct err err = {{0}};
        const struct tree *file;
        int result;
        if (spec->policy_parts)
            result = policy_file_read(spec, "deploy/policies", loaded.arena, &file, &err);
        else
            result = yaml_read_file(loaded.arena, policy_path, &file, &err);
        if (result) fail_msg("%s", err.text);
        world_load(&loaded, spec, policy_path, file);
    }
    *world = (struct world){
        .spec = spec, .arena = arena_new(), .version = loaded.version, .now_ms = loaded.now_ms};
    world->policies.current = &world->version;
}

/* The same with a policy written in the test. */
static inline void world_open_text(struct world *world, const struct worker_spec *spec,
                                   const char *policy) {
    *world = (struct world){.spec = spec, .arena = arena_new()};
    struct err err = {{0}};
    const struct tree *file;
    if (yaml_read(world->arena, "policy", policy, strlen(policy), &file, &err))
        fail_msg("%s", err.text);
    world_load(world, spec, "policy", file);
}

static inline void world_close(struct world *world) {
    arena_free(world->arena);
}

static inline void *world_state(struct world *world) {
    void *state = arena_alloc(world->arena, world->spec->state->size);
    struct err err = {{0}};
    if (world->exists &&
        fields_unflatten(world->spec->state, &world->pairs, world->arena, state, &err))
        fail_msg("%s", err.text);
    return state;
}

/* The sum of the granted amounts of a key, as CLAIM_COUNT keeps it. */
static inline int64_t world_claimed(const struct world *world, const char *key) {
    int64_t sum = 0;
    for (int i = 0; i < world->claim_count; i++)
        if (strcmp(world->claims[i].key, key) == 0) sum += world->claims[i].amount;
    return sum;
}

static inline bool world_has(const struct world_claim *claims, int count,
                             const struct claim *claim) {
    for (int i = 0; i < count; i++)
        if (strcmp(claims[i].key, claim->key) == 0 && strcmp(claims[i].id, claim->id) == 0)
            return true;
    return false;
}

/* The first id has it, and everybody gets its value; who has a JOIN may say another. */
static inline struct answer world_join(struct world *world, const struct claim *claim) {
    for (int i = 0; i < world->claim_count; i++) {
        struct world_claim *held = &world->claims[i];
        if (strcmp(held->key, claim->key) != 0) continue;
        bool own = claim->kind != CLAIM_LOOK && strcmp(held->id, claim->id) == 0;
        if (own && claim->kind == CLAIM_JOIN) held->value = claim->value;
        return (struct answer){.granted = own, .found = true, .value = held->value};
    }
    if (claim->kind == CLAIM_LOOK) return (struct answer){.value = ""};
    assert_in_range(world->claim_count, 0, WORLD_CLAIMS_MAX - 1);
    world->claims[world->claim_count++] =
        (struct world_claim){.key = claim->key, .id = claim->id, .value = claim->value};
    return (struct answer){.granted = true, .value = claim->value};
}

static inline struct answer world_claim(struct world *world, const struct claim *claim) {
    if (claim->kind != CLAIM_COUNT) return world_join(world, claim);
    struct answer answer = {.sum = world_claimed(world, claim->key), .value = ""};
    struct world_claim made = {.key = claim->key, .id = claim->id, .amount = claim->amount};
    answer.granted = world_has(world->claims, world->claim_count, claim);
    if (answer.granted || world_has(world->refused, world->refused_count, claim)) return answer;
    assert_in_range(world->claim_count, 0, WORLD_CLAIMS_MAX - 1);
    assert_in_range(world->refused_count, 0, WORLD_CLAIMS_MAX - 1);
    if (answer.sum + claim->amount > claim->limit) {
        world->refused[world->refused_count++] = made;
        return answer;
    }
    world->claims[world->claim_count++] = made;
    answer.granted = true;
    answer.sum += claim->amount;
    return answer;
}

static inline void world_release(struct world *world, const struct claim *claim) {
    for (int i = 0; i < world->claim_count; i++)
        if (strcmp(world->claims[i].key, claim->key) == 0 &&
            strcmp(world->claims[i].id, claim->id) == 0)
            world->claims[i--] = world->claims[--world->claim_count];
}

static inline void world_ask(struct world *world, struct decision *in, const void *state,
                             struct claims *claims) {
    struct answer *answers = arena_alloc(world->arena, WORLD_CLAIMS_MAX * sizeof *answers);
    for (int round = 0; world->spec->ask && round < WORLD_ROUNDS_MAX; round++) {
        int before = claims->count;
        world->spec->ask(in, state, claims);
        if (claims->count == before) return;
        for (int i = before; i < claims->count; i++)
            answers[i] = world_claim(world, &claims->at[i]);
        in->answers = answers;
        in->answer_count = claims->count;
    }
}

static inline void world_keep(struct world *world, const void *state, const struct effects *out) {
    world->unchanged = out->unchanged;
    world->forgotten = out->forget;
    if (out->unchanged) return;
    struct pairs open, personal;
    fields_flatten(world->spec->state, state, world->arena, &open, &personal);
    world->pairs = (struct pairs){
        arena_alloc(world->arena, (size_t)(open.count + personal.count + 1) * sizeof *open.at), 0};
    for (int i = 0; i < open.count; i++) world->pairs.at[world->pairs.count++] = open.at[i];
    for (int i = 0; i < personal.count; i++) world->pairs.at[world->pairs.count++] = personal.at[i];
    world->exists = !out->forget;
    if (out->forget) world->pairs.count = 0;
    world->wake_at = 0;
    for (int i = 0; i < world->pairs.count; i++)
        if (strcmp(world->pairs.at[i].name, "wake_at") == 0)
            world->wake_at = strtoll(world->pairs.at[i].value, NULL, 10);
}

/* Every event must read back by its own table, and name an id that fits. */
static inline void world_check_outputs(struct world *world) {
    for (int i = 0; i < world->count; i++) {
        const struct output *output = &world->outputs[i];
        const struct contract_type *type = contract_find(output->type);
        const struct tree *data;
        struct err err = {{0}};
        struct faults faults = {.arena = world->arena};
        assert_non_null(type);
        /* What others say to intake a worker says in the case log itself. */
        if (type->topic != TOPIC_ACTIVITY || output->topic != TOPIC_EVENTS)
            assert_int_equal(output->topic, type->topic);
        assert_true(fields_is_id(output->id, strlen(output->id)));
        assert_int_equal(json_read(world->arena, output->data, output->data_len, NULL, &data, &err),
                         JSON_OK);
        if (fields_decode(type->table, data, FIELDS_STRICT, world->arena,
                          arena_alloc(world->arena, type->table->size), &faults))
            fail_msg("%s: %s: %s in %.*s", output->type, faults.at[0].path, faults.at[0].text,
                     (int)output->data_len, output->data);
    }
}

static inline void world_fold(struct world *world, const struct event *ev) {
    struct effects out;
    struct claims claims = {.arena = world->arena};
    struct decision in = {.settings = world->settings,
                          .policies = &world->policies,
                          .ev = ev,
                          .now_ms = world->now_ms,
                          .exists = world->exists,
                          .arena = world->arena};
    void *state = world_state(world);
    effects_init(&out, world->arena);
    world_ask(world, &in, state, &claims);
    world->result = world->spec->decide(&in, state, &out);
    assert_in_range(out.count, 0, WORLD_OUTPUTS_MAX);
    world->count = out.count;
    if (out.count) memcpy(world->outputs, out.at, (size_t)out.count * sizeof *out.at);
    for (int i = 0; i < out.release_count; i++) world_release(world, &claims.at[out.releases[i]]);
    world_keep(world, state, &out);
    world_check_outputs(world);
    /* A wake-up that has no end would never let the worker sleep. */
    if (!ev && !out.forget) assert_true(world->wake_at == 0 || world->wake_at > world->now_ms);
}

/* Folds an event whose data is JSON with ' in place of ". */
static inline void world_event(struct world *world, const char *type, const char *fmt, ...)
    PRINTF(3, 4);
static inline void world_event(struct world *world, const char *type, const char *fmt, ...) {
    char text[8192];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_in_range(len, 0, sizeof text - 1);
    for (char *at = text; *at; at++)
        if (*at == '\'') *at = '"';
    const struct tree *data;
    struct err err = {{0}};
    if (json_read(world->arena, text, (size_t)len, NULL, &data, &err) != JSON_OK)
        fail_msg("%s: %s", err.text, text);
    struct raw raw = {.timestamp_ms = world->now_ms - world->log_age_ms};
    struct event ev = {.raw = &raw,
                       .source = "/test",
                       .type = type,
                       .subject = world->subject ? world->subject : WORLD_CASE,
                       .time_ms = world->now_ms - world->event_age_ms,
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = data};
    ev.id = world->event_id ? world->event_id : arena_printf(world->arena, "e-%d", ++world->events);
    assert_true(!world->spec->wants || world->spec->wants(type));
    world_fold(world, &ev);
}

static inline void world_wake(struct world *world, int64_t at_ms) {
    world->now_ms = at_ms;
    world_fold(world, NULL);
}

static inline const struct output *world_find(const struct world *world, const char *type) {
    for (int i = 0; i < world->count; i++)
        if (strcmp(world->outputs[i].type, type) == 0) return &world->outputs[i];
    return NULL;
}

static inline int world_count(const struct world *world, const char *type) {
    int count = 0;
    for (int i = 0; i < world->count; i++) count += strcmp(world->outputs[i].type, type) == 0;
    return count;
}

/* Fails unless there is exactly one such output and its data contains `text` (with ' for "). */
static inline void world_expect(const struct world *world, const char *type, const char *text) {
    char wanted[4096];
    snprintf(wanted, sizeof wanted, "%s", text);
    for (char *at = wanted; *at; at++)
        if (*at == '\'') *at = '"';
    if (world_count(world, type) != 1) fail_msg("%d of %s", world_count(world, type), type);
    const struct output *output = world_find(world, type);
    if (!strstr(output->data, wanted)) fail_msg("%s: no %s in %s", type, wanted, output->data);
}

static inline const char *world_pair(const struct world *world, const char *name) {
    for (int i = 0; i < world->pairs.count; i++)
        if (strcmp(world->pairs.at[i].name, name) == 0) return world->pairs.at[i].value;
    return NULL;
}

/* The process that has the case from now on has another file, published after the one it had until
 * now. */
static inline void world_roll_out(struct world *world, const char *version, bool migrate) {
    world->next = world->version;
    world->next.version = version;
    world->next.migrate = migrate;
    world->next.order = world->version.order + 1;
    world->next.older = &world->version;
    world->policies.current = &world->next;
}

static inline void world_expect_version(const struct world *world, const char *version) {
    const char *is = world_pair(world, "policy_version");
    if (!is || strcmp(is, version) != 0)
        fail_msg("policy_version %s, expected %s", is ? is : "none", version);
}

#endif
