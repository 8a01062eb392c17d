/* intake_world: intake's decision as the runtime drives it, for test_intake*.c: records go in as
 * bytes through event_read(), claims are kept by a small table that behaves as claims.h says. */
#ifndef REDRESS_INTAKE_WORLD_H
#define REDRESS_INTAKE_WORLD_H

#include "base/clock.h"
#include "base/ids.h"
#include "intake/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLAIMS_MAX = 200, MEMBERS_MAX = 20, BATCH_MAX = 8, ANSWERS_MAX = 40, ROUNDS_MAX = 20 };
#define DAY_MS INT64_C(86400000)
#define CASE   "BYCRCNPA1C41H-FRGWX4V"

/* Claims in memory. */

struct kept_claim {
    char key[200], owner[80], value[80];
    char members[MEMBERS_MAX][80];
    int member_count;
    int64_t last_ms;
    bool logged;
};

struct world {
    const struct settings *settings; /* NULL: the defaults */
    struct arena *arena;
    struct kept_claim claims[CLAIMS_MAX];
    int claim_count;
    int64_t now_ms;
    int next_offset;
};

static struct kept_claim *find_claim(struct world *world, const char *key) {
    for (int i = 0; i < world->claim_count; i++)
        if (strcmp(world->claims[i].key, key) == 0) return &world->claims[i];
    return NULL;
}

static void own(struct kept_claim *kept, const struct claim *claim) {
    assert_true(strlen(claim->value) < sizeof kept->value);
    strcpy(kept->owner, claim->id);
    strcpy(kept->value, claim->value);
    kept->member_count = 0;
    kept->last_ms = claim->time_ms;
    kept->logged = claim->logged;
}

static struct kept_claim *new_claim(struct world *world, const struct claim *claim) {
    assert_true(world->claim_count < CLAIMS_MAX);
    struct kept_claim *kept = &world->claims[world->claim_count++];
    snprintf(kept->key, sizeof kept->key, "%s", claim->key);
    own(kept, claim);
    return kept;
}

static int64_t join_claim(struct kept_claim *kept, const struct claim *claim) {
    for (int i = 0; i < kept->member_count; i++)
        if (strcmp(kept->members[i], claim->id) == 0) return i + 1;
    assert_true(kept->member_count < MEMBERS_MAX);
    strcpy(kept->members[kept->member_count++], claim->id);
    if (claim->time_ms > kept->last_ms) kept->last_ms = claim->time_ms;
    return kept->member_count;
}

static struct answer make_claim(struct world *world, const struct claim *claim) {
    struct kept_claim *kept = find_claim(world, claim->key);
    struct answer answer = {.value = ""};
    if (claim->kind == CLAIM_LOOK) {
        answer.found = kept != NULL;
        if (kept) answer.last_ms = kept->last_ms;
        if (kept) answer.value = arena_strdup(world->arena, kept->value);
        return answer;
    }
    assert_int_not_equal(claim->valid_ms, 0);
    if (!kept) {
        new_claim(world, claim);
        answer.granted = true;
        answer.value = claim->value;
        return answer;
    }
    bool owner = strcmp(kept->owner, claim->id) == 0;
    if (claim->kind == CLAIM_JOIN) {
        bool over = claim->time_ms > kept->last_ms + claim->valid_ms;
        if (owner)
            strcpy(kept->value, claim->value);
        else if (over)
            own(kept, claim);
        else
            answer.ordinal = join_claim(kept, claim);
        owner = owner || over;
    }
    answer.granted = owner;
    answer.value = arena_strdup(world->arena, kept->value);
    return answer;
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    world->arena = arena_new();
    assert_int_equal(clock_parse("2026-11-22T12:00:00Z", &world->now_ms), 0);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    arena_free(world->arena);
    free(world);
    return 0;
}

/* Records through the decision, as the runtime does it. */

struct sent {
    struct raw raw;
    struct event ev;
    struct answer answers[ANSWERS_MAX];
    int answer_count;
    struct effects out;
    enum result result;
};

static struct decision decision(struct world *world, const struct sent *sent) {
    return (struct decision){.settings = world->settings,
                             .ev = &sent->ev,
                             .now_ms = world->now_ms,
                             .answers = sent->answers,
                             .answer_count = sent->answer_count,
                             .arena = world->arena};
}

static struct claims ask(struct world *world, const struct sent *sent) {
    struct decision in = decision(world, sent);
    struct claims claims = {.arena = world->arena};
    intake_spec.ask(&in, NULL, &claims);
    return claims;
}

static int ask_round(struct world *world, struct sent **batch, int count) {
    int asked = 0;
    struct claims claims[BATCH_MAX];
    for (int i = 0; i < count; i++) claims[i] = ask(world, batch[i]);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < claims[i].count; j++, asked++) {
            assert_true(batch[i]->answer_count < ANSWERS_MAX);
            batch[i]->answers[batch[i]->answer_count++] = make_claim(world, &claims[i].at[j]);
        }
    return asked;
}

static bool collide(const struct claims *one, const struct claims *two) {
    for (int i = 0; i < one->count; i++)
        for (int k = 0; k < two->count; k++)
            if (strcmp(one->at[i].key, two->at[k].key) == 0) return true;
    return false;
}

/* Those go through the rounds together, in their order, whose first claims are not asked for by an
 * earlier one that is not decided yet (map_batch.c). */
static int choose(struct world *world, struct sent *batch, int count, const bool *decided,
                  struct sent **chosen) {
    struct claims first[BATCH_MAX];
    int going = 0;
    for (int i = 0; i < count; i++) {
        bool waits = decided[i];
        if (!decided[i]) first[i] = ask(world, &batch[i]);
        for (int k = 0; k < i && !waits; k++) waits = !decided[k] && collide(&first[i], &first[k]);
        if (!waits) chosen[going++] = &batch[i];
    }
    return going;
}

static void decide_batch(struct world *world, struct sent *batch, int count) {
    bool decided[BATCH_MAX] = {false};
    struct sent *chosen[BATCH_MAX];
    for (int i = 0; i < count; i++) batch[i].answer_count = 0;
    for (int going; (going = choose(world, batch, count, decided, chosen)) > 0;) {
        int rounds = 0;
        while (ask_round(world, chosen, going) > 0) rounds++;
        assert_true(rounds <= ROUNDS_MAX);
        for (int i = 0; i < going; i++) {
            struct decision in = decision(world, chosen[i]);
            effects_init(&chosen[i]->out, world->arena);
            chosen[i]->result = intake_spec.decide(&in, NULL, &chosen[i]->out);
            decided[chosen[i] - batch] = true;
        }
    }
}

static void receive(struct world *world, enum topic topic, const char *json, struct sent *sent) {
    static const struct header header = {"content-type", "application/cloudevents+json", 28};
    struct rejection rejection;
    sent->raw = (struct raw){.topic = topic,
                             .partition = 3,
                             .offset = world->next_offset++,
                             .value = json,
                             .value_len = strlen(json),
                             .headers = &header,
                             .header_count = 1};
    if (event_read(&sent->raw, world->arena, &sent->ev, &rejection) != 0)
        fail_msg("%s: %s in %s", rejection.reason, rejection.detail, json);
}

static inline const char *event_json(struct world *world, const char *type, const char *id,
                                     const char *data) {
    return arena_printf(
        world->arena,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/"
        "app\",\"type\":\"%s\",\"time\":\"2026-11-22T19:00:00+08:00\",\"sequence\":7,\"data\":%s}",
        id, type, data);
}

static struct sent *decide_one(struct world *world, enum topic topic, const char *json) {
    struct sent *sent = ARENA_NEW(world->arena, struct sent);
    receive(world, topic, json, sent);
    decide_batch(world, sent, 1);
    return sent;
}

static const char *data_of(struct world *world, const struct sent *sent) {
    if (sent->result != DONE)
        fail_msg("%s: %s", sent->out.rejection.reason, sent->out.rejection.detail);
    /* One event, and its copies for cohorts. */
    assert_in_range(sent->out.count, 1, 100);
    for (int i = 1; i < sent->out.count; i++) assert_int_equal(sent->out.at[i].topic, TOPIC_ORDERS);
    return arena_strndup(world->arena, sent->out.at[0].data, sent->out.at[0].data_len);
}

#endif
