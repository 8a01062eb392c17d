/* cohort_world: dimensions' values under the pure core, for unit tests. Records go to the states
 * that they belong to, as intake writes them; claims are answered as the runtime does; states stand
 * as hashes between folds, so that what no field keeps is lost; everything that came out is kept. */
#ifndef REDRESS_COHORT_WORLD_H
#define REDRESS_COHORT_WORLD_H

#include "base/clock.h"
#include "cohort/cohort.h"
#include "cohort/cohort_rate.h"
#include "data/yaml.h"
#include "decision/rehearse_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS       INT64_C(3600000)
#define DAY_MS        (24 * HOUR_MS)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { WORLD_STATES_MAX = 64, WORLD_STEPS_MAX = 400, WORLD_CLAIMS_MAX = 3 * COHORT_STEP };

/* Small enough to meet every limit. */
static const char world_policy[] =
    "version: v\nmigrate: true\nwindow: 7d\nends_after: 3d\nhalf_life: 28d\nfalse_alarm: 0.0001\n"
    "at_least: 3\nper_thousand: 10\nweight: 100\nnot_flags: [question]\norders_most: 80\n"
    "people_over: 60\ncost_over: {currency: CNY, minor: 250000}\njoins: at_once\n"
    "borne_by: platform\n"
    "rules:\n"
    "  - {name: late, class: ['logistics.*'], at_risk: [created, paid, packed, shipped], token: "
    "{kind: coupon, amount: {currency: CNY, minor: 5000}, valid_days: 90}}\n"
    "  - {name: bad, class: ['quality.*'], at_risk: [paid, packed, shipped, delivered, signed]}\n";

struct world_state {
    const char *key;
    struct pairs pairs;
    bool exists;
    int64_t wake_at;
};
struct cohort_world {
    struct arena *arena;
    struct policy_version version;
    struct policies policies;
    struct rehearse_claims *claims;
    struct world_state states[WORLD_STATES_MAX];
    int state_count;
    struct output *outputs;
    int count;
    int64_t now_ms;
    int events;
    int64_t event_age_ms; /* orders' facts are so old when they come */
    bool crash;           /* each decision is made twice: once for nothing, as before a crash */
    enum result result;
    struct rejection rejection;
};

static inline int64_t world_time(const char *text) {
    int64_t ms;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static inline const struct tree *world_policy_tree(struct cohort_world *world, const char *text) {
    const struct tree *file;
    struct err err = {""};
    if (yaml_read(world->arena, "cohort.yaml", text, strlen(text), &file, &err) != 0)
        fail_msg("%s", err.text);
    return file;
}

static inline void world_open(struct cohort_world *world, const char *policy) {
    *world = (struct cohort_world){.arena = arena_new(), .claims = rehearse_claims_new()};
    struct faults faults = {.arena = world->arena};
    void *loaded = NULL;
    if (cohort_spec.load(world_policy_tree(world, policy), ".", world->arena, &loaded,
                         &world->version.version, &faults) != 0)
        fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    world->version.policy = loaded;
    world->version.migrate = true;
    world->policies.current = &world->version;
    world->now_ms = world_time("2026-11-23T10:00:00Z");
}

static inline void world_close(struct cohort_world *world) {
    rehearse_claims_free(world->claims);
    arena_free(world->arena);
}

/* ---- Folding ---- */

static inline struct world_state *world_at(struct cohort_world *world, const char *key) {
    for (int i = 0; i < world->state_count; i++)
        if (strcmp(world->states[i].key, key) == 0) return &world->states[i];
    assert_in_range(world->state_count, 0, WORLD_STATES_MAX - 1);
    struct world_state *at = &world->states[world->state_count++];
    *at = (struct world_state){.key = arena_strdup(world->arena, key)};
    return at;
}

static inline struct cohort_state *world_state(struct cohort_world *world,
                                               const struct world_state *at) {
    struct cohort_state *state = ARENA_NEW(world->arena, struct cohort_state);
    struct err err = {""};
    if (at->exists &&
        fields_unflatten(&cohort_state_table, &at->pairs, world->arena, state, &err) != 0)
        fail_msg("%s", err.text);
    return state;
}

static inline void world_keep(struct cohort_world *world, struct world_state *at,
                              const struct cohort_state *state, bool forget) {
    struct pairs open, personal;
    fields_flatten(&cohort_state_table, state, world->arena, &open, &personal);
    at->pairs.at =
        arena_alloc(world->arena, (size_t)(open.count + personal.count + 1) * sizeof *open.at);
    at->pairs.count = 0;
    for (int i = 0; i < open.count; i++) at->pairs.at[at->pairs.count++] = open.at[i];
    for (int i = 0; i < personal.count; i++) at->pairs.at[at->pairs.count++] = personal.at[i];
    at->exists = !forget;
    at->wake_at = forget ? 0 : state->wake_at;
}

/* Every event must read back by its own table. */
static inline void world_check(struct cohort_world *world, const struct output *output) {
    const struct contract_type *type = contract_find(output->type);
    const struct tree *data;
    struct err err = {""};
    struct faults faults = {.arena = world->arena};
    assert_non_null(type);
    assert_int_equal(output->topic, type->topic);
    assert_true(fields_is_id(output->id, strlen(output->id)));
    assert_int_equal(json_read(world->arena, output->data, output->data_len, NULL, &data, &err),
                     JSON_OK);
    if (fields_decode(type->table, data, FIELDS_STRICT, world->arena,
                      arena_alloc(world->arena, type->table->size), &faults) != 0)
        fail_msg("%s: %s: %s", output->type, faults.at[0].path, faults.at[0].text);
}

static inline void world_decide(struct cohort_world *world, const struct world_state *at,
                                const struct event *ev, struct cohort_state *state,
                                struct effects *out) {
    struct decision in = {.policies = &world->policies,
                          .ev = ev,
                          .now_ms = world->now_ms,
                          .exists = at->exists,
                          .arena = world->arena};
    struct claims claims = {.arena = world->arena};
    struct answer answers[WORLD_CLAIMS_MAX];
    int rounds = 0;
    for (int before = -1; before != claims.count; rounds++) {
        before = claims.count;
        cohort_spec.ask(&in, state, &claims);
        assert_in_range(claims.count, before, WORLD_CLAIMS_MAX);
        for (int i = before; i < claims.count; i++)
            answers[i] = rehearse_claims_make(world->claims, &claims.at[i], world->arena);
        in.answers = answers;
        in.answer_count = claims.count;
    }
    assert_in_range(rounds, 1, 5); /* spec.h: 4, and one that adds nothing */
    effects_init(out, world->arena);
    world->result = cohort_spec.decide(&in, state, out);
    world->rejection = out->rejection;
}

static inline void world_fold(struct cohort_world *world, struct world_state *at,
                              const struct event *ev) {
    struct cohort_state *state = world_state(world, at);
    struct effects out;
    int64_t woken_at = at->wake_at;
    world_decide(world, at, ev, state, &out);
    if (world->crash) {
        struct effects before = out;
        state = world_state(world, at);
        world_decide(world, at, ev, state, &out);
        assert_int_equal(out.count, before.count);
        for (int i = 0; i < out.count; i++) {
            assert_string_equal(out.at[i].id, before.at[i].id);
            assert_string_equal(out.at[i].data, before.at[i].data);
        }
    }
    if (world->result != DONE || out.unchanged) {
        assert_int_equal(out.count, 0);
        return;
    }
    for (int i = 0; i < out.count; i++) {
        world_check(world, &out.at[i]);
        *ARENA_ADD(world->arena, world->outputs, world->count) = out.at[i];
    }
    world_keep(world, at, state, out.forget);
    if (!ev) assert_true(at->wake_at == 0 || at->wake_at > woken_at); /* spec.h: moved or cleared */
}

/* ---- Records ---- */

/* One record of a state. `text` is JSON with ' in place of ". */
static inline void world_record(struct cohort_world *world, const char *key, const char *type,
                                const char *id, int64_t time_ms, const char *text) {
    char *json = arena_strdup(world->arena, text);
    const struct tree *data;
    struct err err = {""};
    for (char *at = json; *at; at++)
        if (*at == '\'') *at = '"';
    if (json_read(world->arena, json, strlen(json), NULL, &data, &err) != JSON_OK)
        fail_msg("%s: %s", err.text, json);
    struct raw raw = {.timestamp_ms = world->now_ms, .key = key, .key_len = strlen(key)};
    struct event ev = {.raw = &raw,
                       .id = id,
                       .source = "/test",
                       .type = type,
                       .time_ms = time_ms,
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = data};
    assert_true(cohort_spec.wants(type));
    world_fold(world, world_at(world, key), &ev);
}

struct world_order {
    const char *id, *carrier, *warehouse, *lane, *sku, *batch;
    int status; /* 0: shipped */
    int64_t placed_at;
};

static inline const char *world_member(struct cohort_world *world, const char *name,
                                       const char *value) {
    if (!value) return "";
    return arena_printf(world->arena, ",'%s':'%s'", name, value);
}

static inline struct texts world_keys(struct cohort_world *world, const struct world_order *it) {
    struct order order = {.carrier = it->carrier,
                          .warehouse = it->warehouse,
                          .lane = it->lane,
                          .placed_at = it->placed_at};
    struct item *item = ARENA_NEW(world->arena, struct item);
    *item = (struct item){.sku = it->sku ? it->sku : "S-0", .batch = it->batch};
    struct texts keys;
    cohort_keys_of_order("default", &order, &(struct parts){item, 1}, world->arena, &keys);
    return keys;
}

static inline const char *world_order_json(struct cohort_world *world,
                                           const struct world_order *it) {
    char placed[CLOCK_TEXT_MAX];
    const char *when = it->placed_at ? clock_format(it->placed_at, placed) : NULL;
    return arena_printf(
        world->arena, "{'id':'%s','status':'%s','amount':{'currency':'CNY','minor':9900}%s%s%s%s}",
        it->id, contract_order_statuses[(it->status ? it->status : ORDER_SHIPPED) - 1],
        world_member(world, "carrier", it->carrier),
        world_member(world, "warehouse", it->warehouse), world_member(world, "lane", it->lane),
        world_member(world, "placed_at", when));
}

static inline void world_order(struct cohort_world *world, const struct world_order *it) {
    struct texts keys = world_keys(world, it);
    const char *id = arena_printf(world->arena, "e-%d", ++world->events);
    const char *data = arena_printf(
        world->arena,
        "{'tenant':'default','order':%s,'items':[{'sku':'%s','name':'x','quantity':1,'price':{"
        "'currency':'CNY','minor':9900}%s}],'customer':{'id':'c-%.100s'}}",
        world_order_json(world, it), it->sku ? it->sku : "S-0",
        world_member(world, "batch", it->batch), it->id);
    for (int i = 0; i < keys.count; i++)
        world_record(world, keys.at[i], "order.updated", id, world->now_ms - world->event_age_ms,
                     data);
}

/* Intake claims the order for its case, also where nothing but the order's id is known. */
static inline const char *world_case_opened(struct cohort_world *world, const char *order_id) {
    const char *case_id = arena_printf(world->arena, "case-%s", order_id);
    struct claim claim = {.kind = CLAIM_JOIN,
                          .key = contract_owner_claim(world->arena, "default", order_id),
                          .id = case_id,
                          .value = case_id,
                          .time_ms = world->now_ms,
                          .valid_ms = 7 * DAY_MS};
    rehearse_claims_make(world->claims, &claim, world->arena);
    return case_id;
}

/* A complaint about an order that names its dimensions, and its class from classification. */
static inline void world_complain(struct cohort_world *world, const struct world_order *it,
                                  const char *class_name, const char *flags) {
    struct texts keys = world_keys(world, it);
    const char *id = arena_printf(world->arena, "e-%d", ++world->events);
    const char *case_id = world_case_opened(world, it->id);
    const char *complained = arena_printf(
        world->arena, "{'tenant':'default','case_id':'%s','order_id':'%s'}", case_id, it->id);
    for (int i = 0; i < keys.count; i++)
        world_record(world, keys.at[i], "order.complained", id, world->now_ms, complained);
    const char *classified =
        arena_printf(world->arena,
                     "{'case_id':'%s','class':'%s','severity':'P3','flags':[%s],'confidence':0.9,"
                     "'rules_version':'1'}",
                     case_id, class_name, flags);
    for (int i = 0; i < keys.count; i++)
        world_record(world, keys.at[i], "case.classified", arena_printf(world->arena, "%s.c", id),
                     world->now_ms, classified);
}

struct world_word {
    struct cohort_match match;
    int64_t placed_from, placed_to;
    const char *class_name, *by;
};

/* A person's word: it goes to the one state that decides about it. */
static inline void world_say(struct cohort_world *world, const char *type,
                             const struct world_word *word) {
    const struct activity data = {.match = (struct cohort_match *)&word->match,
                                  .placed_from = word->placed_from,
                                  .placed_to = word->placed_to,
                                  .class_name = word->class_name,
                                  .by = word->by};
    struct buf buf = {0};
    fields_encode(&contract_cohort_confirmed, &data, &(struct json_out){.buf = &buf});
    const char *text = arena_strndup(world->arena, buf.at, buf.len);
    buf_free(&buf);
    world_record(world,
                 cohort_key_of_match("default", &word->match, word->placed_from, word->placed_to,
                                     world->arena),
                 type, arena_printf(world->arena, "e-%d", ++world->events), world->now_ms, text);
}

/* ---- Time ---- */

/* All wake-ups up to and with `until_ms`, in their order. */
static inline void world_advance(struct cohort_world *world, int64_t until_ms) {
    for (;;) {
        struct world_state *next = NULL;
        for (int i = 0; i < world->state_count; i++) {
            struct world_state *at = &world->states[i];
            if (at->wake_at && at->wake_at <= until_ms && (!next || at->wake_at < next->wake_at))
                next = at;
        }
        if (!next) break;
        if (next->wake_at > world->now_ms) world->now_ms = next->wake_at;
        world_fold(world, next, NULL);
    }
    if (until_ms > world->now_ms) world->now_ms = until_ms;
}

static inline void world_pass(struct cohort_world *world, int64_t ms) {
    world_advance(world, world->now_ms + ms);
}

/* ---- What came out ---- */

/* Of a type, and whose data holds `text` (with ' for "); NULL: any. */
static inline int world_count(const struct cohort_world *world, const char *type,
                              const char *text) {
    char wanted[500] = "";
    int count = 0;
    if (text) snprintf(wanted, sizeof wanted, "%s", text);
    for (char *at = wanted; *at; at++)
        if (*at == '\'') *at = '"';
    for (int i = 0; i < world->count; i++)
        count += strcmp(world->outputs[i].type, type) == 0 &&
                 strstr(world->outputs[i].data, wanted) != NULL;
    return count;
}

static inline int world_warned(const struct cohort_world *world, const char *order_id) {
    char text[200];
    snprintf(text, sizeof text, "'order_id':'%s'", order_id);
    return world_count(world, "cohort.member_warned", text);
}

static inline int world_tokens(const struct cohort_world *world, const char *order_id) {
    char text[200];
    snprintf(text, sizeof text, "'order_id':'%s'", order_id);
    return world_count(world, "settlement.ordered", text);
}

#endif
