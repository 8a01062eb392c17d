/* redressctl case: one case as its hashes say it, for people or as JSON. */
#include "base/clock.h"
#include "base/ids.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/cases/ctl_similar.h"
#include "redressctl/help_texts.h"
#include "runtime/claim_store.h"
#include "sight/sight_case.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct case_run {
    struct ctl ctl;
    const char *case_id;
    const struct redis_reply *sla, *compensation;
    bool similar;
    int64_t now_ms;
};

static int ask(struct case_run *run) {
    struct sight_case found;
    int status =
        ctl_sight(&run->ctl, sight_case_read(&run->ctl.sight, run->case_id, false, &found));

    if (status) return status;
    run->sla = found.sla;
    run->compensation = found.compensation;
    return 0;
}

/* The case that a submission's computed id stands for, when it joined another; NULL: none. 0, or
 * EXIT_CANNOT_GO_ON when that could not be looked up. */
static int find_alias(struct case_run *run, const char **case_id_out) {
    struct ctl *ctl = &run->ctl;
    struct claim_store *store = claim_store_new(ctl->redis, &ctl->kafka);
    struct claim look = {.kind = CLAIM_LOOK,
                         .key = arena_printf(ctl->turn, "alias\x1f%s", run->case_id)};
    struct answer answer = {.value = ""};
    struct err err = {"the claims are being restored"};

    claim_store_begin(store);
    enum outcome result = claim_store_make(store, ctl->turn, &look, &answer, 1, &err);
    bool found = result == OUTCOME_DONE && answer.found && ids_is_case(answer.value);
    if (found)
        *case_id_out = arena_strdup(ctl->arena, answer.value);
    else
        *case_id_out = NULL;
    claim_store_free(store);
    if (result == OUTCOME_DONE) return 0;
    return ctl_fail(ctl, "whether %s is a submission that joined a case cannot be looked up: %s",
                    run->case_id, err.text);
}

/* Whether what Redis has of the case is all: of compensation where that has ever run with this
 * Redis. */
static int check_views(struct case_run *run) {
    struct ctl *ctl = &run->ctl;
    int shard = ids_partition(run->case_id, IDS_ROUTE_LEN, ctl->shards);
    struct sight_view sla = {.sight = &ctl->sight, .worker = "sla", .shard = shard};
    struct sight_view compensation = {
        .sight = &ctl->sight, .worker = "compensation", .shard = shard};
    int status = ctl_sight(ctl, sight_view_look(&sla));

    if (!status) status = ctl_sight(ctl, sight_view_look(&compensation));
    if (!status) status = ctl_sight_tell(ctl, &sla);
    if (!status && sight_view_exists(&compensation)) status = ctl_sight_tell(ctl, &compensation);
    sight_view_end(&sla);
    sight_view_end(&compensation);

    return status;
}

static int find(struct case_run *run) {
    int status = ask(run);
    if (status || run->sla->count || run->compensation->count) return status;

    const char *alias = NULL;
    status = check_views(run);
    if (!status) status = find_alias(run, &alias);
    if (status) return status;
    if (!alias)
        return ctl_fail(&run->ctl,
                        "no case %s: it was never opened, or it is over and past its retention "
                        "time; the log may still have it: redressctl events --case %s",
                        run->case_id, run->case_id);
    ctl_note("%s is the id of a submission that joined case %s", run->case_id, alias);
    run->case_id = alias;
    return ask(run);
}

/* "  opened      2026-11-22T10:00:00Z, 2h 5m ago" */
static void print_time(const struct case_run *run, const char *label, const char *ms_text) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (!ms_text) return;
    int64_t ms = strtoll(ms_text, NULL, 10);
    int64_t away_ms = ms - run->now_ms;
    ctl_span(away_ms < 0 ? -away_ms : away_ms, span);
    if (away_ms < 0)
        ctl_line("  %-18s %s, %s ago", label, clock_format(ms, time), span);
    else
        ctl_line("  %-18s %s, in %s", label, clock_format(ms, time), span);
}

static void print_fields(const struct redis_reply *hash, const char *const *names) {
    for (; *names; names++) {
        const char *value = sight_hash_get(hash, *names);
        if (value) ctl_line("  %-18s %s", *names, value);
    }
}

/* "due 2026-11-22T11:00:00Z, in 35m": the span only while the deadline still matters. */
static void add_due(struct buf *line, const struct case_run *run, const char *state,
                    const char *due) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (!due) {
        buf_puts(line,
                 strcmp(state, "paused") == 0 ? "no due time while it is paused" : "no due time");
        return;
    }
    int64_t ms = strtoll(due, NULL, 10);
    int64_t left_ms = ms - run->now_ms;
    bool open = strcmp(state, "running") == 0 || strcmp(state, "breached") == 0;
    buf_printf(line, "due %s", clock_format(ms, time));
    if (open && left_ms >= 0) buf_printf(line, ", in %s", ctl_span(left_ms, span));
    if (open && left_ms < 0) buf_printf(line, ", overdue by %s", ctl_span(-left_ms, span));
}

static void print_deadline(const struct case_run *run, const char *name, const char *state) {
    const struct redis_reply *hash = run->sla;
    const char *set_by = sight_hash_get(hash, arena_printf(run->ctl.turn, "%s_set_by", name));
    struct buf line = {NULL, 0, 0};

    add_due(&line, run, state, sight_hash_get(hash, arena_printf(run->ctl.turn, "%s_due", name)));
    if (set_by) buf_printf(&line, ", set by %s", set_by);
    ctl_line("  %-18s %-9s %s", name, state, line.at);
    buf_free(&line);
}

/* Each field `<target>_state` is a target. */
static void print_deadlines(const struct case_run *run) {
    static const char suffix[] = "_state";
    const struct redis_reply *hash = run->sla;

    ctl_page("\nDEADLINES\n");
    for (int i = 0; i + 1 < hash->count; i += 2) {
        const char *field = hash->items[i].text;
        size_t len = strlen(field);
        size_t name_len = len - (sizeof suffix - 1);
        if (len < sizeof suffix || strcmp(field + name_len, suffix) != 0) continue;
        print_deadline(run, arena_strndup(run->ctl.turn, field, name_len), hash->items[i + 1].text);
    }
}

/* A list of maps of texts, one line each: "  2026-11-22T10:00:00Z  case.opened". */
static void print_list(struct case_run *run, const char *title, const char *json) {
    static const struct json_limits limits = {.bytes = 1024 * 1024, .depth = 8, .values = 100000};
    const struct tree *list;
    struct err err;
    if (!json) return;

    ctl_page("\n");
    ctl_line("%s", title);
    if (json_read(run->ctl.turn, json, strlen(json), &limits, &list, &err) != JSON_OK ||
        list->kind != TREE_LIST) {
        ctl_line("  %s", json);
        return;
    }

    struct buf line = {NULL, 0, 0};
    for (const struct tree *row = list->first; row; row = row->next) {
        buf_clear(&line);
        buf_puts(&line, "");
        for (const struct tree *cell = row->first; cell; cell = cell->next)
            if (cell->kind == TREE_TEXT) buf_printf(&line, "  %s", cell->text);
        ctl_line("%s", line.at);
    }
    buf_free(&line);
}

static void print_people(struct case_run *run) {
    static const char *const facts[] = {"status",  "class",   "severity",       "tier",
                                        "flags",   "channel", "tenant",         "assignee",
                                        "repeats", "policy",  "policy_version", NULL};
    static const char *const money[] = {"status",     "proposal_id", "needs",  "approvals",
                                        "cost_minor", "currency",    "option", NULL};

    ctl_line("CASE %s", run->case_id);
    print_fields(run->sla, facts);
    print_time(run, "opened", sight_hash_get(run->sla, "opened_at"));
    print_time(run, "first contact", sight_hash_get(run->sla, "contacted_at"));
    print_time(run, "resolved", sight_hash_get(run->sla, "resolved_at"));
    print_time(run, "closed", sight_hash_get(run->sla, "closed_at"));
    print_deadlines(run);
    print_list(run, "PAUSES (from, to, waiting for)", sight_hash_get(run->sla, "pauses"));
    if (sight_hash_get(run->compensation, "status")) {
        ctl_page("\nCOMPENSATION (cost in minor units)\n");
        print_fields(run->compensation, money);
        print_time(run, "approve by", sight_hash_get(run->compensation, "approve_by"));
        print_time(run, "choose by", sight_hash_get(run->compensation, "choose_by"));
    }
    print_list(run, "TIMELINE", sight_hash_get(run->sla, "timeline"));
}

static void add_hash(struct json_out *json, const char *name, const struct redis_reply *hash) {
    json_key(json, name);
    json_begin_map(json);
    for (int i = 0; i + 1 < hash->count; i += 2) {
        json_key(json, hash->items[i].text);
        json_text(json, hash->items[i + 1].text);
    }
    json_end_map(json);
}

static void print_json(const struct case_run *run) {
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    json_key(&json, "case_id");
    json_text(&json, run->case_id);
    add_hash(&json, "sla", run->sla);
    add_hash(&json, "compensation", run->compensation);
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int run_case(int argc, char **argv) {
    struct case_run run = {.ctl.command = &ctl_case, .now_ms = clock_now_ms()};
    const struct options_row options[] = {{"--similar", NULL, &run.similar}, {NULL, NULL, NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(&run.ctl, "expected one CASE");
    if (!status && !ids_is_case(argv[1]))
        status = ctl_usage(&run.ctl, "\"%.60s\": expected a case id such as BYCRCNPA1C41H-FRGWX4V",
                           argv[1]);
    if (status)
        run.case_id = NULL;
    else
        run.case_id = argv[1];
    if (!status) status = ctl_redis(&run.ctl);
    if (!status) status = ctl_shards(&run.ctl);
    if (!status) status = find(&run);
    if (!status && run.similar)
        status = ctl_similar(&run.ctl, run.case_id, run.ctl.json);
    else if (!status && run.ctl.json)
        print_json(&run);
    else if (!status)
        print_people(&run);
    if (!status) status = check_views(&run);
    ctl_close(&run.ctl);

    return status;
}

const struct command ctl_case = {
    .name = "case",
    .usage = "case CASE [--similar] [--json]",
    .about = "one case: its facts, deadlines, compensation and timeline",
    .options = "--json --similar",
    .run = run_case,
    .help = help_case,
};
