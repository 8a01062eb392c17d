/* ctl_sla_compare: the words of both plays in one order; what stands in one of them alone differs.
 */
#include "redressctl/policy/ctl_sla_compare.h"
#include "base/clock.h"
#include "contract/contract.h"
#include "redressctl/ctl_out.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum kind { DUE = 1, BREACHED, WARNED, ESCALATED, KINDS };

struct ctl_sla_word {
    const char *case_id, *target, *cycle;
    enum kind kind;
    const char *what; /* "75%", "level 2 to supervisor"; "" */
    const char *at;   /* when; of a deadline the latest that was told, NULL: none */
    int order;        /* as they were heard */
};

/* Hearing. */

static void add(struct ctl_sla_heard *heard, const char *case_id, const struct tree *about,
                const char *name_key, enum kind kind, const char *what, const char *at) {
    struct arena *arena = heard->arena;
    const char *target = tree_text(about, name_key);
    const char *cycle = tree_text(about, "cycle");
    if (!target || !cycle) return;

    struct ctl_sla_word word = {.case_id = arena_strdup(arena, case_id),
                                .target = arena_strdup(arena, target),
                                .cycle = arena_strdup(arena, cycle),
                                .kind = kind,
                                .what = what,
                                .at = at ? arena_strdup(arena, at) : NULL,
                                .order = heard->count};
    *ARENA_ADD(arena, heard->at, heard->count) = word;
}

static int64_t number_of(const struct tree *data, const char *key) {
    const struct tree *found = tree_get(data, key);
    if (found && found->kind == TREE_INT) return found->num;
    return 0;
}

static const char *warning_of(struct arena *arena, const struct tree *data) {
    int64_t percent = number_of(data, "percent");
    if (percent) return arena_printf(arena, "%" PRId64 "%%", percent);
    const char *before = tree_text(data, "before");
    if (before) return arena_strdup(arena, before);
    return "";
}

static const char *step_of(struct arena *arena, const struct tree *data) {
    int64_t telling = number_of(data, "telling");
    const char *to = tree_text(data, "to");
    const char *again = "";
    if (telling) again = arena_printf(arena, ", time %" PRId64, telling);

    return arena_printf(arena, "level %" PRId64 " to %s%s", number_of(data, "level"), to ? to : "",
                        again);
}

void ctl_sla_hear(struct ctl_sla_heard *heard, const struct output *output,
                  const struct tree *data) {
    enum event_type type = contract_event(output->type);
    const struct tree *targets = tree_get(data, "targets");
    char now[CLOCK_TEXT_MAX];
    clock_format(output->time_ms, now);

    for (const struct tree *at = targets ? targets->first : NULL; at; at = at->next)
        if (type != EVENT_SLA_PAUSED)
            add(heard, output->subject, at, "name", DUE, "", tree_text(at, "due_at"));
    if (type == EVENT_SLA_RESCHEDULED)
        add(heard, output->subject, data, "target", DUE, "", tree_text(data, "due_at"));
    else if (type == EVENT_SLA_BREACHED)
        add(heard, output->subject, data, "target", BREACHED, "", NULL);
    else if (type == EVENT_SLA_WARNED)
        add(heard, output->subject, data, "target", WARNED, warning_of(heard->arena, data), now);
    else if (type == EVENT_SLA_ESCALATED)
        add(heard, output->subject, data, "target", ESCALATED, step_of(heard->arena, data), now);
}

/* Comparing. */

static int by_place(const struct ctl_sla_word *one, const struct ctl_sla_word *two) {
    int order = strcmp(one->case_id, two->case_id);
    if (!order) order = strcmp(one->target, two->target);
    if (!order) order = strcmp(one->cycle, two->cycle);
    if (!order) order = (int)one->kind - (int)two->kind;
    if (!order) order = strcmp(one->what, two->what);
    return order;
}

static int by_word(const struct ctl_sla_word *one, const struct ctl_sla_word *two) {
    int order = by_place(one, two);
    if (order || (!one->at && !two->at)) return order;
    if (!one->at || !two->at) return one->at ? 1 : -1;
    return strcmp(one->at, two->at);
}

static int by_hearing(const void *a, const void *b) {
    const struct ctl_sla_word *one = a;
    const struct ctl_sla_word *two = b;
    int order = by_place(one, two);
    if (order) return order;
    return one->order - two->order;
}

static int by_text(const void *a, const void *b) {
    return by_word(a, b);
}

/* In order, each once; of a deadline the last word. */
static void settle(struct ctl_sla_heard *heard) {
    int kept = 0;
    if (!heard->count) return;

    qsort(heard->at, (size_t)heard->count, sizeof *heard->at, by_hearing);
    for (int i = 0; i < heard->count; i++) {
        bool last = i + 1 == heard->count || by_place(&heard->at[i], &heard->at[i + 1]) != 0;
        if (last || heard->at[i].kind != DUE) heard->at[kept++] = heard->at[i];
    }
    heard->count = kept;
    qsort(heard->at, (size_t)kept, sizeof *heard->at, by_text);
    kept = 0;
    for (int i = 0; i < heard->count; i++)
        if (!kept || by_word(&heard->at[kept - 1], &heard->at[i]) != 0)
            heard->at[kept++] = heard->at[i];
    heard->count = kept;
}

static void print_word(const struct ctl_sla_word *word, const char *dir) {
    static const char *const kinds[] = {"", "due", "breached", "warned", "escalated"};
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    bool breach = word->kind == BREACHED;
    const char *const pairs[][2] = {{"case_id", word->case_id},
                                    {"target", word->target},
                                    {"cycle", word->cycle},
                                    {"what", breach ? NULL : kinds[word->kind]},
                                    {"which", *word->what ? word->what : NULL},
                                    {"at", word->at},
                                    {breach ? "breached_only_under" : "only_under", dir}};

    json_begin_map(&out);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!pairs[i][1]) continue;
        json_key(&out, pairs[i][0]);
        json_text(&out, pairs[i][1]);
    }
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

struct counts {
    int one, two, both;
};

static void walk(const char *one_dir, const struct ctl_sla_heard *one, const char *two_dir,
                 const struct ctl_sla_heard *two, struct counts *counts) {
    for (int i = 0, k = 0; i < one->count || k < two->count;) {
        int order = i == one->count;
        if (i < one->count) order = k == two->count ? -1 : by_word(&one->at[i], &two->at[k]);
        struct counts *of = &counts[order <= 0 ? one->at[i].kind : two->at[k].kind];
        if (order < 0) print_word(&one->at[i], one_dir);
        if (order > 0) print_word(&two->at[k], two_dir);
        of->one += order < 0;
        of->two += order > 0;
        of->both += order == 0;
        i += order <= 0;
        k += order >= 0;
    }
}

void ctl_sla_compare(const char *one_dir, struct ctl_sla_heard *one, const char *two_dir,
                     struct ctl_sla_heard *two) {
    static const char *const kinds[] = {"", "deadlines", "breached", "warnings", "steps"};
    struct counts counts[KINDS] = {{0, 0, 0}};

    settle(one);
    settle(two);
    walk(one_dir, one, two_dir, two, counts);
    for (int kind = 1; kind < KINDS; kind++)
        ctl_note("%s only under %s: %d; only under %s: %d; under both: %d", kinds[kind], one_dir,
                 counts[kind].one, two_dir, counts[kind].two, counts[kind].both);
}
