/* Against other people's data (../shared/data/README.md), skipped where it is absent: the arithmetic cases
 * through `redressctl sla due`, and three ticket logs through the decisions of intake and sla, to
 * the exact numbers. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "data/json.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "redressctl/commands.h"
#include "sla/sla.h"
#include "sla/sla_state.h"
#include "ticketlogs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA   REDRESS_SOURCE_DIR "/../shared/data"
#define DAY_MS ((int64_t)86400000)

/* `redressctl sla due FILE`, its output in the arena. */
static const char *run_due(struct arena *arena, const char *path) {
    char out[] = "/tmp/sla_due-XXXXXX";
    char *argv[] = {"sla", "due", (char *)path, NULL};
    struct err err;
    const char *bytes;
    size_t len;
    int to = mkstemp(out), kept = dup(1);
    assert_true(to >= 0 && kept >= 0);
    fflush(stdout);
    dup2(to, 1);
    int status = ctl_sla.run(3, argv);
    fflush(stdout);
    dup2(kept, 1);
    close(kept);
    close(to);
    assert_int_equal(status, 0);
    assert_int_equal(file_read(arena, out, 1 << 24, &bytes, &len, &err), 0);
    unlink(out);
    return bytes;
}

static const struct tree *next_line(struct arena *arena, const char **at) {
    const struct tree *tree;
    const char *end = strchr(*at, '\n');
    if (!end) return NULL;
    assert_int_equal(json_read(arena, *at, (size_t)(end - *at), NULL, &tree, NULL), JSON_OK);
    *at = end + 1;
    return tree;
}

static int64_t time_of(const struct tree *map, const char *key) {
    int64_t ms = -1;
    const char *text = tree_text(map, key);
    if (text) assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static void test_sla_cases(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct err err;
    const char *path = DATA "/sla_cases/cases.jsonl", *cases;
    size_t len;
    int count = 0;
    if (access(path, R_OK) != 0) {
        arena_free(arena);
        print_message("skipped: no %s\n", path);
        skip();
    }
    assert_int_equal(file_read(arena, path, 1 << 24, &cases, &len, &err), 0);
    const char *answers = run_due(arena, path);
    for (const struct tree *expected; (expected = next_line(arena, &cases)); count++) {
        const struct tree *found = next_line(arena, &answers);
        const char *id = tree_text(expected, "id");
        assert_string_equal(tree_text(found, "id"), id);
        const struct tree *elapsed = tree_get(expected, "expected_elapsed_seconds");
        if (elapsed && elapsed->kind == TREE_INT) {
            if (tree_get(found, "elapsed_seconds")->num != elapsed->num)
                fail_msg("%s: elapsed", id);
        } else if (time_of(found, "due_at") != time_of(expected, "expected_due")) {
            fail_msg("%s: found %s, expected %s", id, tree_text(found, "due_at"),
                     tree_text(expected, "expected_due"));
        }
    }
    print_message("%d cases\n", count);
    assert_int_equal(count, 112);
    arena_free(arena);
}

/* Ticket logs. */

struct tally {
    int first_contact, resolution; /* cases whose first cycle breached */
    int retracted, rejected, never_contacted, never_resolved, reopened;
};

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct tally *tally = context;
    (void)spec, (void)now_ms, (void)ev;
    if (rejection) tally->rejected++;
    if (output && strcmp(output->type, "sla.retracted") == 0) tally->retracted++;
}

static void count_cycle(struct tally *tally, const struct sla_state *state,
                        const struct sla_cycle *cycle) {
    if (cycle->cycle != state->opened_at || !cycle->breach_due) return;
    if (strcmp(cycle->name, "first_contact") == 0) tally->first_contact++;
    if (strcmp(cycle->name, "resolution") == 0) tally->resolution++;
}

static void count_case(void *context, const char *key, const void *data) {
    struct tally *tally = context;
    const struct sla_state *state = data;
    const struct sla_cycle *latest = state->targets.at, *earlier = state->cycles.at;
    bool resolved = false;
    (void)key;
    for (int i = 0; i < state->targets.count; i++) {
        count_cycle(tally, state, &latest[i]);
        resolved |= strcmp(latest[i].name, "resolution") == 0 &&
                    (latest[i].met_at || latest[i].cycle != state->opened_at);
    }
    for (int i = 0; i < state->cycles.count; i++) count_cycle(tally, state, &earlier[i]);
    tally->never_contacted += !state->contacted_at;
    tally->never_resolved += !resolved;
    tally->reopened += state->cycles.count > 0;
}

static void publish(struct rehearse *rehearse, struct arena *arena,
                    const struct ticket_event *ticket) {
    struct event ev = {.id = ticket->id,
                       .source = ticket->source,
                       .type = ticket->type,
                       .time_ms = ticket->time_ms,
                       .sequence = ticket->sequence};
    assert_int_equal(json_read(arena, ticket->data, strlen(ticket->data), NULL, &ev.data, NULL),
                     JSON_OK);
    int64_t now = rehearse_now(rehearse);
    rehearse_publish_event(rehearse, ticket->topic, &ev,
                           ticket->order_ms > now ? ticket->order_ms : now);
}

/* Plays a log, each event `times` times, and lets 30 days pass behind its end. */
static struct tally play(enum ticketlog log, const char *policies, int times) {
    struct tally tally = {0};
    struct buf errors = {0};
    struct arena *arena = arena_new(), *work = arena_new();
    struct ticketlog_events events;
    if (*ticketlogs_missing(log)) {
        print_message("skipped: no %s\n", ticketlogs_missing(log));
        arena_free(arena);
        arena_free(work);
        skip();
    }
    ticketlogs_read(log, arena, &events);
    struct rehearse *rehearse = rehearse_new(listen, &tally);
    assert_int_equal(rehearse_add(rehearse, &intake_spec, "", &errors), 0);
    if (rehearse_add(rehearse, &sla_spec, policies, &errors)) fail_msg("%s", errors.at);
    int64_t began_ms = clock_boot_ms();
    for (int i = 0; i < events.count; i++) {
        for (int k = 0; k < times; k++) publish(rehearse, work, &events.at[i]);
        arena_reset(work);
    }
    rehearse_advance(rehearse, rehearse_now(rehearse) + 30 * DAY_MS);
    int64_t took_ms = clock_boot_ms() - began_ms + 1;
    print_message("%d rows, %d cases, %d events, %d times, in %lld ms: %lld events/s\n",
                  events.rows, events.cases, events.count, times, (long long)took_ms,
                  (long long)events.count * times * 1000 / took_ms);
    rehearse_states(rehearse, &sla_spec, count_case, &tally);
    rehearse_free(rehearse);
    arena_free(arena);
    arena_free(work);
    assert_int_equal(tally.rejected, 0);
    assert_int_equal(tally.retracted, 0);
    return tally;
}

#define PLAIN   REDRESS_SOURCE_DIR "/tests/harness/policies-uci"
#define PAUSING REDRESS_SOURCE_DIR "/tests/harness/policies-uci-pausing"

static void test_uci(void **unused) {
    (void)unused;
    struct tally tally = play(TICKETLOG_UCI, PLAIN, 1);
    assert_int_equal(tally.first_contact, 5040);
    assert_int_equal(tally.resolution, 5536);
    assert_int_equal(tally.never_contacted, 0);
    assert_int_equal(tally.never_resolved, 0);
    assert_int_equal(tally.reopened, 140);
}

static void test_uci_pausing(void **unused) {
    (void)unused;
    struct tally tally = play(TICKETLOG_UCI, PAUSING, 2); /* every event twice: changes nothing */
    assert_int_equal(tally.first_contact, 5040);
    assert_int_equal(tally.resolution, 4606);
    assert_int_equal(tally.reopened, 140);
}

static void test_helpdesk(void **unused) {
    (void)unused;
    struct tally tally = play(TICKETLOG_HELPDESK, PLAIN, 1);
    assert_int_equal(tally.first_contact, 2925);
    assert_int_equal(tally.resolution, 3235);
    assert_int_equal(tally.never_contacted, 295);
    assert_int_equal(tally.never_resolved, 11);
    assert_int_equal(tally.reopened, 152);
    tally = play(TICKETLOG_HELPDESK, PAUSING, 1);
    assert_int_equal(tally.resolution, 3025);
}

#ifndef REDRESS_SANITIZED
static void test_rabobank(void **unused) {
    (void)unused;
    struct tally tally = play(TICKETLOG_RABOBANK, PLAIN, 1);
    assert_int_equal(tally.first_contact, 20066);
    assert_int_equal(tally.resolution, 19849);
    assert_int_equal(tally.never_contacted, 154);
    assert_int_equal(tally.never_resolved, 791);
    assert_int_equal(tally.reopened, 14410);
}
#endif

/* The largest takes half of the time, and is for figures: as released (tests/platforms/release). */
int main(void) {
    const struct CMUnitTest tests[] = {
#ifndef REDRESS_SANITIZED
        cmocka_unit_test(test_rabobank),
#endif
        cmocka_unit_test(test_sla_cases),   cmocka_unit_test(test_uci),
        cmocka_unit_test(test_uci_pausing), cmocka_unit_test(test_helpdesk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
