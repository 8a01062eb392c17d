/* The claims of a batch: each asking gets its own answers, and the memory grows as the batch does.
 */
#include "runtime/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FEW = 100, MANY = 10000, BYTES_EACH = 4000 };

static int asked[MANY];

/* The first round asks for one claim, the second for two more, one of a record of three. A record
 * of five asks for none. */
static void ask(const struct decision *in, const void *state, struct claims *claims) {
    const char *id = in->ev->id;
    (void)state;
    asked[in->ev->time_ms]++;
    if (in->ev->time_ms % 5 == 0) return;
    if (claims->count == 0) claims_add(claims, &(struct claim){.key = "first", .id = id});
    if (in->answer_count == 0 || claims->count > 1 || in->ev->time_ms % 3 == 0) return;
    claims_add(claims, &(struct claim){.key = "second", .id = id});
    claims_add(claims, &(struct claim){.key = "third", .id = id});
}

static const struct worker_spec spec = {.ask = ask};

/* Answers with the claim's own key and id. */
enum outcome __wrap_claim_store_make(struct claim_store *store, struct arena *arena,
                                     const struct claim *claims, struct answer *answers, int count,
                                     struct err *err);
enum outcome __wrap_claim_store_make(struct claim_store *store, struct arena *arena,
                                     const struct claim *claims, struct answer *answers, int count,
                                     struct err *err) {
    (void)store, (void)arena, (void)err;
    for (int i = 0; i < count; i++)
        answers[i] = (struct answer){.owner = claims[i].id, .value = claims[i].key};
    return OUTCOME_DONE;
}

/* Nobody is asked again who had nothing more to ask. */
static void check_asked(int64_t i) {
    int rounds = i % 3 == 0 ? 2 : 3;
    if (i % 5 == 0) rounds = 1;
    assert_int_equal(asked[i], rounds);
}

static void check_answers(const struct asking *asking) {
    static const char *const keys[] = {"first", "second", "third"};
    int64_t i = asking->in.ev->time_ms;
    int wanted = i % 3 == 0 ? 1 : 3;
    if (i % 5 == 0) wanted = 0;
    assert_int_equal(asking->answered, wanted);
    assert_int_equal(asking->in.answer_count, asking->answered);
    for (int k = 0; k < asking->answered; k++) {
        assert_string_equal(asking->in.answers[k].value, keys[k]);
        assert_string_equal(asking->in.answers[k].owner, asking->in.ev->id);
    }
}

static void run(int count) {
    struct arena *arena = arena_new();
    struct engine engine = {.spec = &spec, .arena = arena};
    memset(asked, 0, sizeof asked);
    struct event *events = calloc((size_t)count, sizeof *events);
    struct asking *askings = calloc((size_t)count, sizeof *askings);
    for (int i = 0; i < count; i++) {
        events[i] = (struct event){.id = arena_printf(arena, "e-%d", i), .time_ms = i};
        askings[i] =
            (struct asking){.in = {.ev = &events[i], .arena = arena}, .claims = {.arena = arena}};
    }
    assert_int_equal(engine_ask(&engine, askings, count), OUTCOME_DONE);
    for (int i = 0; i < count; i++) {
        check_answers(&askings[i]);
        check_asked(i);
    }
    print_message("%d askings: %zu bytes each\n", count, arena_used(arena) / (size_t)count);
    assert_true(arena_used(arena) < (size_t)count * BYTES_EACH);
    free(askings);
    free(events);
    arena_free(arena);
}

static void test_linear(void **state) {
    (void)state;
    run(FEW);
    run(MANY);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
