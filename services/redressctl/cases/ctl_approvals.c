/* redressctl approvals, approve, reject: the compensation queue. Listed from Redis; decided by an
 * event, so that whatever the queue showed, the worker judges what it finds. */
#include "base/clock.h"
#include "base/ids.h"
#include "contract/contract.h"
#include "redressctl/cases/approvals.h"
#include "redressctl/cases/ctl_view.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LIMIT = 50, /* a screenful */
    LIMIT_MAX = 100000,
    READY_MS = 10000, /* a broker that is there answers in milliseconds */
    FLUSH_MS = 30000
};

/* What is shown of a proposal, from the compensation worker's hash; class, severity and tier from
 * sla's. */
static const char *const shown[] = {"status",    "proposal_id", "needs",
                                    "approvals", "cost_minor",  "currency"};
static const char *const shown_of_case[] = {"class", "severity", "tier"};
enum {
    STATUS,
    PROPOSAL,
    NEEDS,
    APPROVALS,
    COST,
    CURRENCY,
    SHOWN,
    CLASS = SHOWN,
    SEVERITY,
    TIER,
    FACTS
};

struct waiting {
    const char *case_id;
    int64_t approve_by;
    int shard;
    const char *facts[FACTS];
    const char *role;
    int64_t required;
};

struct approvals_run {
    struct ctl ctl;
    const char *role;
    bool json;
    int64_t limit;
    struct waiting *at;
    int count;
    int lost; /* proposals that wait in the index, and that Redis does not have any more */
    struct ctl_view view;
};

static int by_time(const void *a, const void *b) {
    const struct waiting *one = a;
    const struct waiting *two = b;
    if (one->approve_by < two->approve_by) return -1;
    return one->approve_by > two->approve_by;
}

/* The earliest `limit` of each shard hold the earliest `limit` of all. */
static int ask_queue(struct approvals_run *run) {
    struct ctl *ctl = &run->ctl;
    struct redis_reply *replies;
    int count;
    int total = 0;
    const char *limit =
        arena_printf(ctl->turn, "%" PRId64, run->role ? (int64_t)LIMIT_MAX : run->limit);

    for (int shard = 0; shard < ctl->shards; shard++)
        redis_addf(ctl->redis, 8, "ZRANGEBYSCORE",
                   ctl_key(ctl, "compensation", shard, "by:approve_by"), "-inf", "+inf",
                   "WITHSCORES", "LIMIT", "0", limit);
    int status = ctl_exchange(ctl, &replies, &count);
    if (status) return status;
    for (int shard = 0; shard < count; shard++) total += replies[shard].count / 2;
    run->at = arena_alloc(ctl->turn, ((size_t)total + 1) * sizeof *run->at);
    for (int shard = 0; shard < count; shard++)
        for (int i = 0; i + 1 < replies[shard].count; i += 2)
            run->at[run->count++] = (struct waiting){
                .case_id = replies[shard].items[i].text,
                .approve_by = (int64_t)strtod(replies[shard].items[i + 1].text, NULL),
                .shard = shard};
    qsort(run->at, (size_t)run->count, sizeof *run->at, by_time);

    return 0;
}

static void take_facts(struct waiting *waiting, const struct redis_reply *reply, int first,
                       int count) {
    for (int i = 0; i < count && reply->kind == REDIS_LIST && i < reply->count; i++)
        waiting->facts[first + i] =
            reply->items[i].kind == REDIS_TEXT ? reply->items[i].text : NULL;
}

/* needs: {"role": "supervisor", "approvals": 2} */
static void read_needs(struct waiting *waiting, struct arena *arena) {
    const struct tree *needs;
    struct err err;
    const char *text = waiting->facts[NEEDS];

    waiting->role = "-";
    if (!text || json_read(arena, text, strlen(text), NULL, &needs, &err) != JSON_OK) return;
    const char *role = tree_text(needs, "role");
    const struct tree *approvals = tree_get(needs, "approvals");
    if (role) waiting->role = role;
    if (approvals && approvals->kind == TREE_INT)
        waiting->required = approvals->num;
    else
        waiting->required = 0;
}

static int ask_facts(struct approvals_run *run) {
    struct ctl *ctl = &run->ctl;
    struct redis_reply *replies;
    int count;

    for (int i = 0; i < run->count; i++) {
        const char *rest = arena_printf(ctl->turn, "case:%s", run->at[i].case_id);
        const char *proposal[SHOWN + 2] = {"HMGET",
                                           ctl_key(ctl, "compensation", run->at[i].shard, rest)};
        memcpy(proposal + 2, shown, sizeof shown);
        redis_add(ctl->redis, SHOWN + 2, proposal, NULL);
        redis_addf(ctl->redis, 3, "ZSCORE",
                   ctl_key(ctl, "compensation", run->at[i].shard, "by:approve_by"),
                   run->at[i].case_id); /* behind the hash: a proposal that was decided meanwhile is
                                           in neither */
        redis_addf(ctl->redis, 5, "HMGET", ctl_key(ctl, "sla", run->at[i].shard, rest),
                   shown_of_case[0], shown_of_case[1], shown_of_case[2]);
    }
    int status = 0;
    if (run->count) status = ctl_exchange(ctl, &replies, &count);
    for (int i = 0; i < run->count && !status; i++) {
        struct waiting *waiting = &run->at[i];
        take_facts(waiting, &replies[3 * i], STATUS, SHOWN);
        take_facts(waiting, &replies[3 * i + 2], CLASS, FACTS - SHOWN);
        read_needs(waiting, ctl->turn);
        run->lost += !waiting->facts[STATUS] && replies[3 * i + 1].kind == REDIS_TEXT;
    }

    return status;
}

static const char *or_dash(const char *text) {
    if (text && *text) return text;
    return "-";
}

static void print_row(const struct waiting *waiting, int64_t now_ms, bool first) {
    char time[CLOCK_TEXT_MAX], span[CTL_SPAN_MAX];

    if (first)
        ctl_line("%-24s %9s  %-25s %-11s %-8s %14s %-25s %-3s %s", "APPROVE BY", "IN", "PROPOSAL",
                 "NEEDS", "COUNTED", "COST (MINOR)", "CLASS", "SEV", "TIER");
    ctl_line("%-24s %9s  %-25s %-11s %3s of %-2" PRId64 " %10s %-3s %-25s %-3s %s",
             clock_format(waiting->approve_by, time), ctl_span(waiting->approve_by - now_ms, span),
             or_dash(waiting->facts[PROPOSAL]), waiting->role,
             waiting->facts[APPROVALS] ? waiting->facts[APPROVALS] : "0", waiting->required,
             or_dash(waiting->facts[COST]), or_dash(waiting->facts[CURRENCY]),
             or_dash(waiting->facts[CLASS]), or_dash(waiting->facts[SEVERITY]),
             or_dash(waiting->facts[TIER]));
}

static void print_json(const struct waiting *waiting) {
    char time[CLOCK_TEXT_MAX];
    const char *const pairs[] = {"proposal_id", waiting->facts[PROPOSAL],
                                 "case_id",     waiting->case_id,
                                 "approve_by",  clock_format(waiting->approve_by, time),
                                 "role",        waiting->role,
                                 "currency",    waiting->facts[CURRENCY],
                                 "class",       waiting->facts[CLASS],
                                 "severity",    waiting->facts[SEVERITY],
                                 "tier",        waiting->facts[TIER]};
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    json_begin_map(&json);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i += 2) {
        if (!pairs[i + 1]) continue;
        json_key(&json, pairs[i]);
        json_text(&json, pairs[i + 1]);
    }
    json_key(&json, "approvals");
    json_int(&json, waiting->facts[APPROVALS] ? strtoll(waiting->facts[APPROVALS], NULL, 10) : 0);
    json_key(&json, "required");
    json_int(&json, waiting->required);
    if (waiting->facts[COST]) {
        json_key(&json, "cost_minor");
        json_int(&json, strtoll(waiting->facts[COST], NULL, 10));
    }
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int64_t print_queue(struct approvals_run *run) {
    int64_t now_ms = clock_now_ms();
    int64_t printed = 0;

    for (int i = 0; i < run->count && printed < run->limit; i++) {
        const struct waiting *waiting = &run->at[i];
        if (!waiting->facts[STATUS] || strcmp(waiting->facts[STATUS], "awaiting_approval") != 0)
            continue;
        if (run->role && strcmp(run->role, waiting->role) != 0) continue;
        if (run->json)
            print_json(waiting);
        else
            print_row(waiting, now_ms, printed == 0);
        printed++;
    }

    return printed;
}

/* That nothing waits is said only when all of it could be looked at. */
static int conclude(struct approvals_run *run, int64_t printed) {
    int status = ctl_view_look(&run->view);

    if (!status) status = ctl_view_tell(&run->view);
    if (run->lost > 0)
        status = ctl_fail(&run->ctl,
                          "Redis has lost %d proposals that wait: `redressctl rebuild "
                          "compensation` makes the view anew",
                          run->lost);
    if (!status && !printed && !run->json) ctl_note("nothing awaits approval");
    return status;
}

static int list_queue(struct approvals_run *run) {
    run->view =
        (struct ctl_view){.ctl = &run->ctl, .worker = "compensation", .shard = CTL_VIEW_ALL};
    int status = ctl_view_look(&run->view);
    if (!status) status = ask_queue(run);
    if (!status) status = ask_facts(run);
    if (!status) status = conclude(run, print_queue(run));
    ctl_view_end(&run->view);
    return status;
}

static int run_approvals(int argc, char **argv) {
    struct approvals_run run = {.ctl.command = &ctl_approvals, .limit = LIMIT};
    struct ctl *ctl = &run.ctl;
    const char *limit = NULL;
    const struct ctl_option options[] = {{"--role", &run.role, NULL},
                                         {"--limit", &limit, NULL},
                                         {"--json", NULL, &run.json},
                                         {NULL, NULL, NULL}};
    int status = ctl_options(ctl, options, &argc, argv);

    if (!status && argc > 1) status = ctl_usage(ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status && limit) status = ctl_number(ctl, "--limit", limit, 1, LIMIT_MAX, &run.limit);
    if (!status && run.role && !fields_choice_value(contract_roles, run.role))
        status = ctl_usage(ctl, "--role \"%.40s\": expected agent, supervisor, manager or finance",
                           run.role);
    if (!status) status = ctl_redis(ctl);
    if (!status) status = ctl_shards(ctl);
    if (!status) status = list_queue(&run);
    ctl_close(ctl);

    return status;
}

/* ---- Deciding ---- */

static int send_event(struct ctl *ctl, const struct buf *event) {
    static const enum topic topics[] = {TOPIC_DECISIONS, TOPIC_NONE};
    static const struct header headers[] = {
        {"content-type", "application/cloudevents+json; charset=UTF-8", 43}};
    struct publish_record record;
    struct err err;
    struct kafka_delivery delivery = {.offset = -1};
    int rc = publish_route(event->at, event->len, ctl->turn, &record, &err);

    ASSERT(rc == 0 && record.topic == TOPIC_DECISIONS); /* our own words */
    struct kafka_producer *producer = kafka_producer_new(&ctl->kafka, NULL, &err);
    if (!producer) return ctl_fail(ctl, "%s", err.text);
    struct kafka_message message = {.topic = record.topic,
                                    .partition = -1,
                                    .key = record.key,
                                    .key_len = strlen(record.key),
                                    .value = event->at,
                                    .value_len = event->len,
                                    .headers = headers,
                                    .header_count = 1,
                                    .delivery = &delivery};
    enum kafka_outcome outcome = kafka_producer_ready(producer, topics, READY_MS, &err);
    if (outcome == KAFKA_DONE) outcome = kafka_produce(producer, &message, &err);
    if (outcome == KAFKA_DONE) outcome = kafka_flush(producer, FLUSH_MS, &err);
    kafka_producer_free(producer);
    if (outcome == KAFKA_DONE && delivery.offset >= 0) return 0;
    return ctl_fail(ctl, "not acknowledged by Kafka: %s",
                    outcome == KAFKA_DONE ? "no offset came back" : err.text);
}

/* Each run is a decision of its own: the same person's second approval is for the worker to refuse.
 */
static void make_id(const struct approvals_decision *decision, char id_out[27]) {
    char time[24], process[24];
    snprintf(time, sizeof time, "%" PRId64, clock_boot_us());
    snprintf(process, sizeof process, "%ld.%" PRId64, (long)getpid(), clock_now_ms());
    ids_hash(id_out, 4, decision->proposal_id, decision->actor, time, process);
}

static int decide(const struct command *command, const char *type, bool needs_reason, int argc,
                  char **argv) {
    struct ctl ctl = {.command = command};
    struct approvals_decision decision = {.proposal_id = NULL};
    struct buf event = {NULL, 0, 0};
    struct err err;
    char id[27];
    const struct ctl_option options[] = {
        {"--actor", &decision.actor, NULL},     {"--role", &decision.role, NULL},
        {"--comment", &decision.comment, NULL}, {"--option", &decision.option, NULL},
        {"--reason", &decision.reason, NULL},   {NULL, NULL, NULL}};
    int status = ctl_options(&ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(&ctl, "expected one PROPOSAL");
    if (!status && (!decision.actor || !decision.role))
        status = ctl_usage(&ctl, "expected --actor and --role");
    if (!status && needs_reason != (decision.reason != NULL))
        status = ctl_usage(&ctl, needs_reason ? "expected --reason"
                                              : "--reason belongs to reject; here it is --comment");
    if (!status) {
        decision.proposal_id = argv[1];
        make_id(&decision, id);
        if (approvals_event(type, &decision, id, clock_now_ms(), ctl.turn, &event, &err) < 0)
            status = ctl_usage(&ctl, "%s", err.text);
    }
    if (!status) status = ctl_config(&ctl);
    if (!status) status = send_event(&ctl, &event);
    if (!status) {
        ctl_json(event.at, event.len);
        ctl_note("sent; `redressctl case %.*s` shows what came of it", IDS_CASE_LEN,
                 decision.proposal_id);
    }
    buf_free(&event);
    ctl_close(&ctl);

    return status;
}

static int run_approve(int argc, char **argv) {
    return decide(&ctl_approve, "decision.approved", false, argc, argv);
}

static int run_reject(int argc, char **argv) {
    return decide(&ctl_reject, "decision.rejected", true, argc, argv);
}

const struct command ctl_approvals = {
    .name = "approvals",
    .usage = "approvals [--role ROLE] [--limit N] [--json]",
    .about = "compensation proposals that await approval",
    .options = "--role --limit --json",
    .run = run_approvals,
    .help = help_approvals,
};

const struct command ctl_approve = {
    .name = "approve",
    .usage = "approve PROPOSAL --actor ID --role ROLE [--option OPTION] [--comment TEXT]",
    .about = "approve a compensation proposal",
    .options = "--actor --role --option --comment",
    .run = run_approve,
    .help = help_approve,
};

const struct command ctl_reject = {
    .name = "reject",
    .usage =
        "reject PROPOSAL --actor ID --role ROLE --reason TEXT [--option OPTION] [--comment TEXT]",
    .about = "reject a compensation proposal",
    .options = "--actor --role --reason --option --comment",
    .run = run_reject,
    .help = help_reject,
};
