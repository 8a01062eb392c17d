/* The rehearsal itself: order of wake-ups, states, claims, and that nothing depends on more than
 * the input. */
#include "base/clock.h"
#include "decision/rehearse.h"
#include "decision/rehearse_store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A worker that counts: wakes up as many ms later as an event says, tells so, and forgets itself
 * after three. */
struct bell {
    int64_t wake_at, rung;
    const char *name;
};
static const struct field bell_fields[] = {
    {FIELD(bell, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "Rings then."},
    {FIELD(bell, rung), .type = FIELD_INT, .doc = "How often it has."},
    {FIELD(bell, name), .type = FIELD_NAME, .doc = "Whose."},
    FIELDS_END};
static const struct table bell_table = {
    .name = "bell", .size = sizeof(struct bell), .fields = bell_fields};

static enum result ring(const struct decision *in, void *state, struct effects *out) {
    struct bell *bell = state;
    if (in->ev) {
        const struct tree *delay = tree_get(in->ev->data, "delay");
        if (!delay) return effects_reject(out, "missing_field", "$.delay: expected a number");
        assert_true(in->exists == (bell->name != NULL));
        bell->name = in->ev->subject;
        bell->wake_at = in->now_ms + delay->num;
        return DONE;
    }
    assert_true(in->now_ms >= bell->wake_at);
    effects_emit(out, "bell.rung", bell->name, "r", in->now_ms, NULL, NULL);
    bell->wake_at = ++bell->rung < 3 ? bell->wake_at + 100 : 0;
    out->forget = bell->rung == 3;
    return DONE;
}

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};
static bool wants(const char *type) {
    return strcmp(type, "bell.set") == 0;
}
static const struct worker_spec bell_spec = {.name = "bell",
                                             .kind = WORKER_KEYED,
                                             .reads = reads,
                                             .state = &bell_table,
                                             .wants = wants,
                                             .decide = ring};

struct seen {
    struct buf text;
    int rejected;
};

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct seen *seen = context;
    (void)spec, (void)ev;
    if (rejection) seen->rejected++;
    if (output) buf_printf(&seen->text, "%c@%lld ", output->subject[0], (long long)now_ms);
}

static void set(struct rehearse *rehearse, struct arena *arena, const char *subject, int64_t delay,
                int64_t now_ms) {
    struct tree *data = tree_new(arena, TREE_MAP);
    if (delay >= 0) tree_add(data, "delay", tree_new_int(arena, delay));
    struct event ev = {.id = "e",
                       .source = "s",
                       .type = "bell.set",
                       .subject = subject,
                       .data = data,
                       .time_ms = now_ms};
    rehearse_publish_event(rehearse, TOPIC_EVENTS, &ev, now_ms);
}

static void test_wake_ups(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct seen seen = {0};
    struct buf errors = {0};
    struct rehearse *rehearse = rehearse_new(listen, &seen);
    assert_int_equal(rehearse_add(rehearse, &bell_spec, "", &errors), 0);
    const char *a = "AAAAAAAAAAAAA-0000001", *b = "BBBBBBBBBBBBB-0000001";
    set(rehearse, arena, a, 150, 1000);
    set(rehearse, arena, b, 50, 1000);
    assert_null(rehearse_state(rehearse, &bell_spec, "nobody"));
    assert_int_equal(((const struct bell *)rehearse_state(rehearse, &bell_spec, a))->wake_at, 1150);
    rehearse_advance(rehearse, 1149);
    assert_string_equal(seen.text.at, "B@1050 ");
    rehearse_advance(rehearse, 1150); /* both at once: in the order in which they were set */
    assert_string_equal(seen.text.at, "B@1050 A@1150 B@1150 ");
    set(rehearse, arena, a, 500,
        1250); /* moved before it rings; what is due at an arrival's moment waits for it */
    assert_string_equal(seen.text.at, "B@1050 A@1150 B@1150 ");
    rehearse_advance(rehearse, 5000);
    assert_string_equal(seen.text.at, "B@1050 A@1150 B@1150 B@1250 A@1750 A@1850 ");
    assert_null(rehearse_state(rehearse, &bell_spec, a)); /* forgotten */
    set(rehearse, arena, a, -1, 6000);
    assert_int_equal(seen.rejected, 1);
    assert_null(rehearse_state(rehearse, &bell_spec, a)); /* a rejection changes nothing */
    rehearse_free(rehearse);
    buf_free(&seen.text);
    arena_free(arena);
}

static void test_many_states(void **unused) {
    (void)unused;
    struct rehearse_states states;
    struct arena *arena = arena_new();
    rehearse_states_init(&states, &bell_table);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 5000; i++) {
            struct bell bell = {.rung = i + round, .name = arena_printf(arena, "%0500d", i)};
            rehearse_states_put(&states, arena_printf(arena, "k%d", i), &bell);
        }
        arena_reset(arena);
    }
    assert_true(arena_used(states.arena) <
                (160 << 20)); /* 40 rounds of 5 000 times 500 bytes, renewed in between */
    for (int i = 0; i < 5000; i += 777) {
        const struct bell *bell = rehearse_states_get(&states, arena_printf(arena, "k%d", i));
        assert_int_equal(bell->rung, i + 39);
        assert_string_equal(bell->name, arena_printf(arena, "%0500d", i));
    }
    rehearse_states_free(&states);
    arena_free(arena);
}

static struct answer make(struct rehearse_claims *claims, struct arena *arena, struct claim claim) {
    return rehearse_claims_make(claims, &claim, arena);
}

static void test_claims(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct rehearse_claims *claims = rehearse_claims_new();
    struct answer answer;
#define CLAIM(...) answer = make(claims, arena, (struct claim){__VA_ARGS__})
    CLAIM(.kind = CLAIM_ONCE, .key = "o", .id = "1", .value = "first", .valid_ms = 100);
    assert_true(answer.granted);
    CLAIM(.kind = CLAIM_ONCE, .key = "o", .id = "2", .value = "second", .valid_ms = 100);
    assert_true(!answer.granted && strcmp(answer.value, "first") == 0);
    CLAIM(.kind = CLAIM_ONCE, .key = "o", .id = "1", .value = "again", .valid_ms = 100);
    assert_true(answer.granted && strcmp(answer.value, "first") == 0);
    CLAIM(.kind = CLAIM_LOOK, .key = "nobody");
    assert_false(answer.found);

    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "1", .value = "a", .time_ms = 1000,
          .valid_ms = 100);
    assert_true(answer.granted && answer.ordinal == 0);
    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "2", .value = "b", .time_ms = 1100,
          .valid_ms = 100);
    assert_true(!answer.granted && answer.ordinal == 1 && strcmp(answer.value, "a") == 0);
    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "3", .value = "c", .time_ms = 1200,
          .valid_ms = 100);
    assert_true(!answer.granted && answer.ordinal == 2); /* lives on with each word */
    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "2", .value = "b", .time_ms = 1200,
          .valid_ms = 100);
    assert_int_equal(answer.ordinal, 1);
    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "4", .value = "d", .time_ms = 1301,
          .valid_ms = 100);
    assert_true(answer.granted && strcmp(answer.value, "d") == 0); /* taken over */
    CLAIM(.kind = CLAIM_JOIN, .key = "j", .id = "2", .value = "b", .time_ms = 1301,
          .valid_ms = 100);
    assert_int_equal(answer.ordinal, 1); /* counted anew */

    CLAIM(.kind = CLAIM_COUNT, .key = "c", .id = "1", .amount = 60, .limit = 100);
    assert_true(answer.granted && answer.sum == 60);
    CLAIM(.kind = CLAIM_COUNT, .key = "c", .id = "2", .amount = 50, .limit = 100);
    assert_true(!answer.granted && answer.sum == 60);
    CLAIM(.kind = CLAIM_COUNT, .key = "c", .id = "1", .amount = 60, .limit = 100);
    assert_true(answer.granted && answer.sum == 60);
    rehearse_claims_release(claims, &(struct claim){.kind = CLAIM_COUNT, .key = "c", .id = "1"});
    CLAIM(.kind = CLAIM_COUNT, .key = "c", .id = "3", .amount = 100, .limit = 100);
    assert_true(answer.granted);
    /* A part counts as long as it lives, and a day more: also while later ones keep the sum. */
    enum { DAY = 86400000 };
    CLAIM(.kind = CLAIM_COUNT, .key = "d", .id = "1", .amount = 60, .limit = 100, .valid_ms = DAY);
    CLAIM(.kind = CLAIM_COUNT, .key = "d", .id = "2", .amount = 40, .limit = 100, .valid_ms = DAY,
          .time_ms = DAY);
    assert_true(answer.granted && answer.sum == 100);
    CLAIM(.kind = CLAIM_COUNT, .key = "d", .id = "3", .amount = 1, .limit = 100, .valid_ms = DAY,
          .time_ms = 2 * INT64_C(86400000) - 1);
    assert_false(answer.granted);
    CLAIM(.kind = CLAIM_COUNT, .key = "d", .id = "4", .amount = 60, .limit = 100, .valid_ms = DAY,
          .time_ms = 2 * INT64_C(86400000));
    assert_true(answer.granted && answer.sum == 100);
#undef CLAIM
    rehearse_claims_free(claims);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wake_ups),
                                       cmocka_unit_test(test_many_states),
                                       cmocka_unit_test(test_claims)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
