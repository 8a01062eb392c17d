/* redressctl compensation simulate: what real events would have cost under a policy, by class, rule
 * and role; under two, what would change. The decisions are the workers' own. */
#include "base/ids.h"
#include "compensation/compensation.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"
#include "redressctl/money/ctl_money.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/ctl_replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 1 << 14 /* a month of a large shop has some 100 000 proposals */
};

/* One proposal, by what the log says of it. */
struct heard {
    const char *proposal_id, *class_name, *rule, *role, *currency;
    const struct tree *options;
    int64_t offered, chosen; /* at most, and what was chosen; minor units of the cost */
    bool approved, ended;
    struct heard *next, *beside; /* in order; in its bucket */
};
/* Proposals added up. */
struct row {
    const char *class_name, *rule, *role, *currency;
    int64_t proposals, approved, offered, chosen_count, chosen;
};
struct play {
    const char *dir;
    struct rehearse *rehearse;
    struct arena *arena;
    struct heard *first, *last, *buckets[BUCKETS];
    int64_t count, rejected;
    struct row *rows;
    int row_count;
};
struct simulation {
    struct arena *arena;
    struct play plays[CTL_REPLAY_FOLDERS_MAX];
    int count;
    struct ctl_replay replay; /* what is asked for */
};

/* ---- Listening ---- */

static struct heard **bucket_of(struct play *play, const char *proposal_id) {
    return &play->buckets[ids_partition(proposal_id, strlen(proposal_id), BUCKETS)];
}

static struct heard *find(struct play *play, const char *proposal_id) {
    for (struct heard *at = *bucket_of(play, proposal_id); at; at = at->beside)
        if (strcmp(at->proposal_id, proposal_id) == 0) return at;
    return NULL;
}

static int64_t cost_of(const struct tree *option) {
    const struct tree *minor = tree_get(tree_get(option, "cost"), "minor");
    if (minor) return minor->num;
    return 0;
}

static const char *text_at(const struct tree *list, int index) {
    const struct tree *at = list ? list->first : NULL;
    for (int i = 0; at && i < index; i++) at = at->next;
    if (at && at->text) return at->text;
    return "-";
}

/* A rule says "rule <name>" and the class; a person says why. */
static void hear_proposed(struct play *play, const struct tree *data) {
    struct heard *heard = ARENA_NEW(play->arena, struct heard);
    const struct tree *reasons = tree_get(data, "reasons");
    const char *role = tree_text(tree_get(data, "needs"), "role");
    const char *first = text_at(reasons, 0);
    bool by_rule = strncmp(first, "rule ", 5) == 0;

    heard->proposal_id = tree_text(data, "proposal_id");
    heard->rule = by_rule ? first + 5 : "(a person)";
    heard->class_name = by_rule ? text_at(reasons, 1) : "-";
    heard->role = role ? role : "policy";
    heard->options = tree_get(data, "options");
    for (const struct tree *at = heard->options->first; at; at = at->next)
        if (cost_of(at) > heard->offered) heard->offered = cost_of(at);
    heard->currency = tree_text(tree_get(heard->options->first, "cost"), "currency");
    if (play->last)
        play->last->next = heard;
    else
        play->first = heard;
    play->last = heard;
    heard->beside = *bucket_of(play, heard->proposal_id);
    *bucket_of(play, heard->proposal_id) = heard;
    play->count++;
}

static void hear_chosen(struct heard *heard, const struct tree *data) {
    const char *option = tree_text(data, "option");
    for (const struct tree *at = heard->options->first; option && at; at = at->next)
        if (strcmp(tree_text(at, "option"), option) == 0) heard->chosen = cost_of(at);
    heard->offered = heard->chosen;
}

static void hear_outcome(struct play *play, enum event_type type, const struct tree *data) {
    struct heard *heard = find(play, tree_text(data, "proposal_id"));

    if (!heard) return;
    if (type == EVENT_COMPENSATION_APPROVED) heard->approved = true;
    if (type == EVENT_COMPENSATION_CHOSEN) hear_chosen(heard, data);
    if (type == EVENT_COMPENSATION_REJECTED || type == EVENT_COMPENSATION_EXPIRED ||
        type == EVENT_COMPENSATION_WITHDRAWN)
        heard->ended = true;
    if (heard->ended) heard->offered = 0;
}

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct play *play = context;
    const struct tree *data;

    (void)now_ms, (void)ev;
    if (rejection) play->rejected++;
    if (!output || spec != &compensation_spec || output->topic != TOPIC_EVENTS) return;
    if (json_read(play->arena, output->data, output->data_len, NULL, &data, NULL) != JSON_OK)
        return;
    enum event_type type = contract_find(output->type)->type;
    if (type == EVENT_COMPENSATION_PROPOSED)
        hear_proposed(play, data);
    else
        hear_outcome(play, type, data);
}

/* ---- Adding up ---- */

static int compare(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "");
}

static int by_name(const void *a, const void *b) {
    const struct row *one = a;
    const struct row *two = b;
    int order = compare(one->class_name, two->class_name);

    if (!order) order = compare(one->rule, two->rule);
    if (!order) order = compare(one->role, two->role);
    if (order) return order;
    return compare(one->currency, two->currency);
}

static void add_up(struct play *play) {
    play->rows = arena_alloc(play->arena, (size_t)(play->count + 1) * sizeof *play->rows);
    for (const struct heard *at = play->first; at; at = at->next)
        play->rows[play->row_count++] = (struct row){.class_name = at->class_name,
                                                     .rule = at->rule,
                                                     .role = at->role,
                                                     .currency = at->currency,
                                                     .proposals = 1,
                                                     .approved = at->approved,
                                                     .offered = at->offered,
                                                     .chosen_count = at->chosen > 0,
                                                     .chosen = at->chosen};
    if (!play->row_count) return;
    qsort(play->rows, (size_t)play->row_count, sizeof *play->rows, by_name);
    int kept = 0;
    for (int i = 1; i < play->row_count; i++) {
        struct row *last = &play->rows[kept];
        if (by_name(last, &play->rows[i]) != 0) {
            play->rows[++kept] = play->rows[i];
            continue;
        }
        last->proposals++;
        last->approved += play->rows[i].approved;
        last->offered += play->rows[i].offered;
        last->chosen_count += play->rows[i].chosen_count;
        last->chosen += play->rows[i].chosen;
    }
    play->row_count = kept + 1;
}

static void print_row(const struct play *play, const struct row *row, bool json) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    const char *const texts[] = {"policies", play->dir, "class",   row->class_name, "rule",
                                 row->rule,  "role",    row->role, "currency",      row->currency};

    if (!json) {
        ctl_line("%-26s %-26s %-11s %9" PRId64 " %9" PRId64 " %15" PRId64 " %7" PRId64 " %15" PRId64
                 " %s",
                 row->class_name, row->rule, row->role, row->proposals, row->approved, row->offered,
                 row->chosen_count, row->chosen, row->currency);
        return;
    }
    json_begin_map(&out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        json_key(&out, texts[i]);
        json_text(&out, texts[i + 1]);
    }
    const char *const names[] = {"proposals", "approved", "offered_minor", "chosen",
                                 "chosen_minor"};
    const int64_t numbers[] = {row->proposals, row->approved, row->offered, row->chosen_count,
                               row->chosen};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_key(&out, names[i]);
        json_int(&out, numbers[i]);
    }
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static void print_rows(const struct play *play, bool json) {
    if (!json)
        ctl_line("%-26s %-26s %-11s %9s %9s %15s %7s %15s", "CLASS", "RULE", "ROLE", "PROPOSALS",
                 "APPROVED", "OFFERED (MINOR)", "CHOSEN", "CHOSEN (MINOR)");
    for (int i = 0; i < play->row_count; i++) print_row(play, &play->rows[i], json);
    ctl_note("%s: %" PRId64 " proposals, %" PRId64 " records rejected", play->dir, play->count,
             play->rejected);
}

/* ---- Comparing ---- */

static bool is_same(const struct heard *one, const struct heard *two) {
    return compare(one->rule, two->rule) == 0 && compare(one->role, two->role) == 0 &&
           one->offered == two->offered && one->chosen == two->chosen &&
           compare(one->currency, two->currency) == 0;
}

static void write_side(struct json_out *out, const char *dir, const struct heard *heard) {
    json_key(out, dir);
    if (!heard) {
        json_null(out);
        return;
    }
    json_begin_map(out);
    const char *const texts[] = {"rule",      heard->rule, "role",
                                 heard->role, "currency",  heard->currency};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        json_key(out, texts[i]);
        json_text(out, texts[i + 1]);
    }
    json_key(out, "offered_minor");
    json_int(out, heard->offered);
    json_key(out, "chosen_minor");
    json_int(out, heard->chosen);
    json_end_map(out);
}

static void print_difference(const struct simulation *simulation, const struct heard *one,
                             const struct heard *two) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_begin_map(&out);
    json_key(&out, "proposal_id");
    json_text(&out, one ? one->proposal_id : two->proposal_id);
    write_side(&out, simulation->plays[0].dir, one);
    write_side(&out, simulation->plays[1].dir, two);
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int64_t total(const struct play *play, const char *currency, bool chosen) {
    int64_t sum = 0;
    for (int i = 0; i < play->row_count; i++)
        if (compare(play->rows[i].currency, currency) == 0)
            sum += chosen ? play->rows[i].chosen : play->rows[i].offered;
    return sum;
}

static void put_totals(const struct play *plays, const char *currency, bool chosen) {
    for (int i = 0; i < CTL_REPLAY_FOLDERS_MAX; i++) {
        struct ctl_row row;
        ctl_row_begin(&row);
        ctl_row_text(&row, "policies", plays[i].dir);
        ctl_row_text(&row, "sum", chosen ? "chosen" : "offered");
        ctl_row_text(&row, "currency", currency);
        ctl_row_int(&row, "minor", total(&plays[i], currency, chosen));
        ctl_row_end(&row);
    }
}

/* Once a currency, of either. */
static void print_totals(const struct simulation *simulation) {
    const struct play *plays = simulation->plays;
    struct texts seen = {0};

    for (int p = 0; p < simulation->count; p++)
        for (int i = 0; i < plays[p].row_count; i++) {
            const char *currency = plays[p].rows[i].currency;
            if (texts_has(&seen, currency)) continue;
            texts_add(&seen, currency, simulation->arena);
            for (int chosen = 0; chosen < 2; chosen++) {
                int64_t one = total(&plays[0], currency, chosen);
                int64_t two = total(&plays[1], currency, chosen);
                if (simulation->replay.ctl.json) put_totals(plays, currency, chosen);
                ctl_note("%s %s: %" PRId64 " -> %" PRId64 " (%+" PRId64 ")",
                         chosen ? "chosen" : "offered at most", currency, one, two, two - one);
            }
        }
}

static void print_differences(struct simulation *simulation) {
    struct play *plays = simulation->plays;
    int64_t differences = 0;

    for (const struct heard *one = plays[0].first; one; one = one->next) {
        const struct heard *two = find(&plays[1], one->proposal_id);
        if (two && is_same(one, two)) continue;
        print_difference(simulation, one, two);
        differences++;
    }
    for (const struct heard *two = plays[1].first; two; two = two->next) {
        if (find(&plays[0], two->proposal_id)) continue;
        print_difference(simulation, NULL, two);
        differences++;
    }
    ctl_note("%" PRId64 " proposals differ", differences);
    print_totals(simulation);
}

/* ---- Running ---- */

static int begin(struct simulation *simulation, const char *dir) {
    struct play *play = &simulation->plays[simulation->count++];

    play->dir = dir;
    play->arena = arena_new();
    play->rehearse = ctl_money_rehearse(dir, &compensation_spec, listen, play);
    if (play->rehearse) return EXIT_OK;
    return EXIT_BAD_CONFIG;
}

static int begin_all(struct simulation *simulation) {
    const char *second = simulation->replay.dirs[1];
    const char *first = ctl_policy_dir(simulation->replay.dirs[0], simulation->arena);
    int status = EXIT_BAD_CONFIG;

    if (first) status = begin(simulation, first);
    if (status == EXIT_OK && second) status = begin(simulation, second);
    return status;
}

int ctl_money_simulate(int argc, char **argv) {
    static struct simulation simulation;
    struct rehearse *rehearses[CTL_REPLAY_FOLDERS_MAX];

    simulation = (struct simulation){.arena = arena_new(), .replay.ctl.command = &ctl_compensation};
    int status = ctl_replay_arguments(&simulation.replay, argc, argv, NULL);
    if (!status) status = begin_all(&simulation);
    for (int i = 0; i < simulation.count; i++) rehearses[i] = simulation.plays[i].rehearse;
    if (status == EXIT_OK) {
        status = ctl_replay_file(&simulation.replay, rehearses, simulation.count);
        for (int i = 0; i < simulation.count; i++) add_up(&simulation.plays[i]);
        bool heard = status == EXIT_OK || simulation.plays[0].count > 0;
        if (simulation.count == 2 && heard)
            print_differences(&simulation);
        else if (heard)
            print_rows(&simulation.plays[0], simulation.replay.ctl.json);
    }
    for (int i = 0; i < simulation.count; i++) {
        rehearse_free(simulation.plays[i].rehearse);
        arena_free(simulation.plays[i].arena);
    }
    arena_free(simulation.arena);

    return status;
}
