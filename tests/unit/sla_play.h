/* sla_play: one case's facts played through the decisions of sla in virtual time, and what the log
 * says of each cycle in the end. For the tests of its promises. */
#ifndef REDRESS_SLA_PLAY_H
#define REDRESS_SLA_PLAY_H

#include "base/clock.h"
#include "contract/contract.h"
#include "data/calendar.h"
#include "decision/rehearse.h"
#include "sla/sla.h"
#include "sla/sla_state.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE ((int64_t)60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static uint64_t random_state = 88172645463325252u;
static inline int64_t random_below(int64_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int64_t)(random_state % (uint64_t)limit);
}

/* What the log says in the end about each cycle: the last word counts. */
struct verdict {
    char target[48];
    int64_t cycle, due, met_at; /* due 0: it stands still */
    int breaches, retractions;
    bool met, on_time, cancelled, started;
};
/* A warning or a step of a ladder. */
struct note {
    char target[48], what[32]; /* "75%", "10m" (before), "level 2" */
    int64_t cycle, at;
};
struct verdicts {
    struct verdict at[200];
    struct note notes[500];
    int count, note_count, outputs, rejected;
    char case_id[32]; /* only of this case; "" = all */
};

static inline int64_t time_of(const struct tree *data, const char *key) {
    int64_t ms = 0;
    const char *text = tree_text(data, key);
    if (text) assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static inline struct verdict *verdict_of(struct verdicts *all, const char *target, int64_t cycle) {
    for (int i = 0; i < all->count; i++)
        if (all->at[i].cycle == cycle && strcmp(all->at[i].target, target) == 0) return &all->at[i];
    assert_true(all->count < 200);
    struct verdict *verdict = &all->at[all->count++];
    *verdict = (struct verdict){.cycle = cycle};
    snprintf(verdict->target, sizeof verdict->target, "%s", target);
    return verdict;
}

static inline void hear_note(struct verdicts *all, const char *type, const struct tree *data,
                             int64_t at_ms) {
    const struct tree *percent = tree_get(data, "percent");
    const struct tree *level = tree_get(data, "level");
    bool warned = strcmp(type, "sla.warned") == 0;
    if (!warned && strcmp(type, "sla.escalated") != 0) return;
    assert_true(all->note_count < 500);
    struct note *note = &all->notes[all->note_count++];
    *note = (struct note){.cycle = time_of(data, "cycle"), .at = at_ms};
    snprintf(note->target, sizeof note->target, "%s", tree_text(data, "target"));
    const struct tree *telling = tree_get(data, "telling");
    if (telling)
        snprintf(note->what, sizeof note->what, "level %lld x%lld", (long long)level->num,
                 (long long)telling->num);
    else if (level)
        snprintf(note->what, sizeof note->what, "level %lld", (long long)level->num);
    else if (percent)
        snprintf(note->what, sizeof note->what, "%lld%%", (long long)percent->num);
    else
        snprintf(note->what, sizeof note->what, "%s", tree_text(data, "before"));
}

static inline void hear_targets(struct verdicts *all, const char *type, const struct tree *data) {
    for (const struct tree *at = tree_get(data, "targets")->first; at; at = at->next) {
        struct verdict *verdict = verdict_of(all, tree_text(at, "name"), time_of(at, "cycle"));
        verdict->due = time_of(at, "due_at");
        if (strcmp(type, "sla.started") != 0) continue;
        verdict->started = true;
        verdict->cancelled = false;
    }
}

static inline void hear(struct verdicts *all, const char *type, const struct tree *data) {
    if (tree_get(data, "targets")) {
        hear_targets(all, type, data);
        return;
    }
    const char *target = tree_text(data, "target");
    if (!target) return;
    struct verdict *verdict = verdict_of(all, target, time_of(data, "cycle"));
    assert_true(verdict->started);
    if (tree_get(data, "due_at") || strcmp(type, "sla.rescheduled") == 0)
        verdict->due = time_of(data, "due_at");
    if (strcmp(type, "sla.breached") == 0) {
        assert_true(time_of(data, "breached_at") > time_of(data, "due_at")); /* never early */
        verdict->breaches++;
        verdict->met = false; /* where it was, that is said again */
    } else if (strcmp(type, "sla.retracted") == 0) {
        verdict->retractions++;
        assert_true(verdict->retractions <= verdict->breaches);
    } else if (strcmp(type, "sla.met") == 0) {
        verdict->met = true;
        verdict->cancelled = false;
        verdict->met_at = time_of(data, "met_at");
        verdict->on_time = tree_get(data, "on_time")->num;
        if (verdict->on_time) assert_int_equal(verdict->breaches, verdict->retractions);
    } else if (strcmp(type, "sla.cancelled") == 0) {
        verdict->cancelled = true;
        verdict->met = false;
        verdict->met_at = 0;
    }
    assert_in_range(verdict->breaches - verdict->retractions, 0,
                    1); /* once, unless it was taken back */
}

static inline void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                          const struct output *output, const struct event *ev,
                          const struct rejection *rejection) {
    struct verdicts *all = context;
    (void)spec, (void)now_ms, (void)ev;
    if (rejection) all->rejected++;
    if (!output || (*all->case_id && strcmp(all->case_id, output->subject) != 0)) return;
    all->outputs++;
    struct arena *arena = arena_new();
    const struct tree *data;
    assert_int_equal(json_read(arena, output->data, output->data_len, NULL, &data, NULL), JSON_OK);
    hear(all, output->type, data);
    hear_note(all, output->type, data, output->time_ms);
    arena_free(arena);
}

static inline void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* How many facts of a case are kept as they came; 0: as many as usual. */
static int facts_kept;

static inline int load_few(const struct tree *file, const char *dir, struct arena *arena,
                           void **policy_out, const char **version_out, struct faults *faults) {
    int failed = sla_policy_load(file, dir, arena, policy_out, version_out, faults);
    if (!failed && facts_kept) ((struct sla_policy *)*policy_out)->facts_kept = facts_kept;
    return failed;
}

static inline struct rehearse *begin(struct verdicts *all, const char *policy) {
    char dir[] = "/tmp/test_sla-XXXXXX", path[64];
    struct buf errors = {0};
    struct rehearse *rehearse = rehearse_new(listen, all);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/sla.yaml", dir);
    write_file(path, policy);
    static struct worker_spec few;
    few = sla_spec;
    few.load = load_few;
    if (rehearse_add(rehearse, facts_kept ? &few : &sla_spec, dir, &errors))
        fail_msg("%s", errors.at);
    unlink(path);
    rmdir(dir);
    return rehearse;
}

/* Facts of one case. */

struct fact {
    const char *type, *data;
    int64_t time_ms, sequence;
};

static inline void publish(struct rehearse *rehearse, struct arena *arena, const char *case_id,
                           const struct fact *fact, int64_t now_ms) {
    const char *text = arena_printf(arena, "{\"case_id\":\"%s\"%s%s}", case_id,
                                    *fact->data ? "," : "", fact->data);
    struct event ev = {.id = arena_printf(arena, "e%lld", (long long)fact->sequence),
                       .source = "/test",
                       .type = fact->type,
                       .subject = case_id,
                       .time_ms = fact->time_ms,
                       .sequence = fact->sequence};
    assert_int_equal(json_read(arena, text, strlen(text), NULL, &ev.data, NULL), JSON_OK);
    rehearse_publish_event(rehearse, TOPIC_EVENTS, &ev, now_ms);
}

/* Of the customer; NULL: none. */
static const char *customer_region;

#define COMPLAINT                                                                                  \
    "\"tenant\":\"default\",\"channel\":\"app\",\"customer\":{\"id\":\"u\",\"tier\":\"regular\"}," \
    "\"text\":\"x\""
static inline void open_case(struct rehearse *rehearse, struct arena *arena, const char *case_id,
                             int64_t opened_ms, int64_t now_ms) {
    char time[CLOCK_TEXT_MAX];
    const char *region = "";
    if (customer_region) region = arena_printf(arena, ",\"region\":\"%s\"", customer_region);
    struct fact opened = {
        "case.opened",
        arena_printf(arena,
                     "\"opened_at\":\"%s\",\"tenant\":\"default\",\"channel\":\"app\",\"customer\":"
                     "{\"id\":\"u\",\"tier\":\"regular\"%s},\"text\":\"x\"",
                     clock_format(opened_ms, time), region),
        opened_ms, 0};
    publish(rehearse, arena, case_id, &opened, now_ms);
}

#define CASE "BYCRCNPA1C41H-FRGWX4V"
#define BY   "\"by\":\"a\""
#define CLASSIFIED(class, severity)                                                                \
    "\"class\":\"" class "\",\"severity\":\"" severity                                             \
                         "\",\"confidence\":0.9,\"reasons\":[],\"rules_version\":\"1\""

#endif
