/* board: the loop: see the header. */
#include "base/clock.h"
#include "base/heap.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "board/board_parts.h"
#include "compensation/compensation.h"
#include "decision/policy_file.h"
#include "runtime/engine.h"
#include "runtime/health.h"
#include "runtime/renew.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_MS = 1000,
    AGAIN_MS = 250,  /* while there is more to read */
    STEP_MS = 100,   /* how soon signals are seen */
    REST_TIMES = 4,  /* a rest is so many times as long as the reading before it */
    BEAT_MS = 15000, /* who listens hears something, so that he knows that the line stands */
    SAY_MS = 60000
};

static const enum topic reads[] = {TOPIC_POLICIES, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_DECISIONS, TOPIC_NONE};
const struct worker_spec board_spec = {.name = "board",
                                       .about = "shows what is due, late and waiting",
                                       .kind = WORKER_BOARD,
                                       .reads = reads,
                                       .writes = writes};

struct gauges {
    struct metric *open, *overdue, *due, *waiting, *known, *behind, *turn, *listeners;
    struct metric *used, *limit; /* of budgets */
    struct metric *causes, *cohorts;
};

static struct gauges make_gauges(void) {
    return (struct gauges){
        .open = metrics_gauge("redress_open_cases", "Open cases, by status.", "status"),
        .overdue = metrics_gauge("redress_overdue_deadlines",
                                 "Deadlines whose time has passed, and that are not met.", NULL),
        .due = metrics_gauge("redress_due_deadlines", "Deadlines due within a time.", "within"),
        .used = metrics_gauge("redress_budget_used_minor",
                              "What of the budget of today or this month is used, in minor units.",
                              "period,currency,budget,tenant"),
        .limit = metrics_gauge("redress_budget_limit_minor",
                               "The budget of a day or a month, in minor units.",
                               "period,currency,budget,tenant"),
        .waiting =
            metrics_gauge("redress_awaiting_approval", "Proposals that await approval.", NULL),
        .causes = metrics_gauge("redress_causes",
                                "What brings more complaints than usual, by status.", "status"),
        .cohorts =
            metrics_gauge("redress_cohorts", "Cohorts of orders at risk, by status.", "status"),
        .known =
            metrics_gauge("redress_board_cases", "Cases that the board's lists are made of.", NULL),
        .behind = metrics_gauge("redress_board_cases_behind",
                                "Of these, cases that have changed since they were read.", NULL),
        .turn = metrics_gauge("redress_board_turn_seconds",
                              "How long the last reading of Redis took.", NULL),
        .listeners =
            metrics_gauge("redress_board_listeners", "Browsers that follow the board live.", NULL)};
}

/* The series is that of the budget, whichever day or month it is: a new one begins at 0. */
static void set_budgets(const struct gauges *gauges, const struct parts *budgets) {
    const struct sight_budget *at = budgets->at;
    char labels[1000];

    for (int i = 0; i < budgets->count; i++) {
        const char *period = "day";
        if (strlen(at[i].period) == DUTY_MONTH_DIGITS) period = "month";
        snprintf(labels, sizeof labels, "%s" METRICS_NEXT "%s" METRICS_NEXT "%s" METRICS_NEXT "%s",
                 period, at[i].currency, at[i].budget, at[i].tenant);
        /* What Redis has lost is not 0: the sum stays as it was last seen. */
        if (!at[i].lost) metrics_set(gauges->used, labels, (double)at[i].used_minor);
        metrics_set(gauges->limit, labels, (double)at[i].limit_minor);
    }
}

static void set_gauges(const struct gauges *gauges, const struct overview_counts *counts) {
    static const char *const statuses[] = {"open", "paused", "resolved"};
    const struct sight_count *at = counts->status.at;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        double cases = 0;
        for (int j = 0; j < counts->status.count; j++)
            if (strcmp(at[j].value, statuses[i]) == 0) cases = (double)at[j].cases;
        metrics_set(gauges->open, statuses[i], cases);
    }
    metrics_set(gauges->overdue, NULL, (double)counts->overdue);
    metrics_set(gauges->due, "15m", (double)counts->due_15m);
    metrics_set(gauges->due, "1h", (double)counts->due_1h);
    metrics_set(gauges->due, "4h", (double)counts->due_4h);
    metrics_set(gauges->waiting, NULL, (double)counts->awaiting_approval);
    metrics_set(gauges->known, NULL, (double)counts->known);
    metrics_set(gauges->behind, NULL, (double)counts->behind);
}

static void set_cohorts(const struct gauges *gauges, const struct overview *overview) {
    static const char *const causes[] = {"risen", "answered", "over"};
    static const char *const cohorts[] = {"waiting", "open"};

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        double count = 0;
        for (int j = 0; j < overview->causes.count; j++)
            count += strcmp(overview->causes.at[j].status, causes[i]) == 0;
        metrics_set(gauges->causes, causes[i], count);
    }
    for (size_t i = 0; i < sizeof cohorts / sizeof *cohorts; i++) {
        double count = 0;
        for (int j = 0; j < overview->cohorts.count; j++)
            count += strcmp(overview->cohorts.at[j].status, cohorts[i]) == 0;
        metrics_set(gauges->cohorts, cohorts[i], count);
    }
}

/* ---- What is told ---- */

const char *board_tick(const struct board *board, char *out, size_t size) {
    char time[CLOCK_TEXT_MAX] = "";
    const char *redis = "ok";

    if (board->overview.as_of_ms) clock_format(board->overview.as_of_ms, time);
    if (board->away) redis = "away";
    snprintf(out, size,
             "event: tick\ndata: {\"version\":%lld,\"as_of\":\"%s\",\"redis\":\"%s\"}\n\n",
             (long long)board->version, time, redis);
    return out;
}

static void publish(struct board *board) {
    char tick[300];

    pthread_mutex_lock(&board->lock);
    board_tick(board, tick, sizeof tick);
    pthread_mutex_unlock(&board->lock);
    http_site_publish(board->site, tick);
}

/* What is shown, in few bytes: two that are equal look alike. */
static uint64_t fingerprint(const struct overview *overview) {
    struct buf text = {NULL, 0, 0};
    struct json_out json = {.buf = &text};
    const struct parts causes = {overview->causes.at, overview->causes.count};
    const struct parts cohorts = {overview->cohorts.at, overview->cohorts.count};
    const struct {
        const struct table *table;
        const struct parts *list;
    } lists[] = {{&sight_hour_table, &overview->hours},
                 {&sight_budget_table, &overview->budgets},
                 {&overview_worker_table, &overview->workers},
                 {&overview_held_table, &overview->held},
                 {&sight_cause_table, &causes},
                 {&sight_cohort_table, &cohorts}};

    fields_encode(&overview_counts_table, &overview->counts, &json);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int j = 0; j < lists[i].list->count; j++)
            fields_encode(lists[i].table,
                          (const char *)lists[i].list->at + (size_t)j * lists[i].table->size,
                          &json);
    for (int i = 0; i < overview->approvals.count; i++)
        fields_encode(&sight_waiting_table, &overview->approvals.at[i], &json);
    uint64_t hash = ids_table_hash(text.at, text.len);
    buf_free(&text);

    return hash;
}

/* ---- A turn ---- */

struct loop {
    struct board *board;
    struct gauges gauges;
    struct log_gate gate;
    int64_t beat_ms, list_version;
    uint64_t shown; /* fingerprint */
};

static void is_away(struct loop *loop, const char *why) {
    struct board *board = loop->board;

    log_seldom(&loop->gate, SAY_MS, LOG_WARN, "Redis cannot be read", "error", why, NULL);
    health_waits("Redis cannot be read", why);
    pthread_mutex_lock(&board->lock);
    bool changed = !board->away || strcmp(board->why, why) != 0;
    board->away = true;
    snprintf(board->why, sizeof board->why, "%s", why);
    if (changed) board->version++;
    pthread_mutex_unlock(&board->lock);
    if (changed) publish(board);
}

/* Puts what was read in the place of what was. */
static void show(struct loop *loop, struct overview *next) {
    struct board *board = loop->board;
    uint64_t shown = fingerprint(next);
    int64_t list_version = mirror_lock(board->mirror)->version;
    mirror_unlock(board->mirror);

    pthread_mutex_lock(&board->lock);
    struct arena *old = board->overview.arena;
    bool changed = board->away || shown != loop->shown || list_version != loop->list_version;
    board->overview = *next;
    board->away = false;
    if (changed) board->version++;
    pthread_mutex_unlock(&board->lock);
    arena_free(old);
    loop->shown = shown;
    loop->list_version = list_version;
    health_waits(NULL, NULL);
    int64_t now_ms = clock_boot_ms();
    if (!changed && now_ms - loop->beat_ms < BEAT_MS) return;
    loop->beat_ms = now_ms;
    publish(board);
}

/* 1: there is more to read. */
static int turn(struct loop *loop) {
    struct board *board = loop->board;
    struct sight *sight = refresh_sight(board->refresh);
    struct overview next = {.arena = arena_new()};
    int more = refresh_turn(board->refresh, board->overview.indexes);
    int rc = more;

    if (rc >= 0) rc = overview_read(sight, &board->overview, board->mirror, board->offers, &next);
    if (rc < 0) {
        is_away(loop, sight->err.text);
        arena_free(next.arena);
        return 0;
    }
    probe_take(board->probe, next.arena, &next.workers);
    set_gauges(&loop->gauges, &next.counts);
    set_budgets(&loop->gauges, &next.budgets);
    set_cohorts(&loop->gauges, &next);
    metrics_set(loop->gauges.listeners, NULL, (double)http_site_listeners(board->site));
    show(loop, &next);

    return more;
}

/* ---- SIGHUP ---- */

static const struct offer_policy *read_offers(const char *dir, struct arena *arena) {
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version;
    void *policy = NULL;
    struct err err;

    if (policy_file_read(&compensation_spec, dir, arena, &file, &err) < 0) return NULL;
    if (compensation_spec.load(file, dir, arena, &policy, &version, &faults) < 0) return NULL;
    return policy;
}

/* Tokens and who may what, all or nothing; where it listens, and whom it asks, stay. What was
 * before stays in memory, for a request may still look at it. */
static void reload(struct board *board) {
    renew_secrets(board->config, NULL);
    struct arena *arena = board->config->arena;
    struct board_policy *policy = ARENA_NEW(arena, struct board_policy);
    const struct person_tokens *tokens = NULL;
    struct buf errors = {NULL, 0, 0};
    struct err err = {""};
    int rc = board_policy_read(board->config->policy_dir, arena, policy, &errors);

    if (rc == 0 && policy->tokens_file) {
        tokens = person_tokens_read(policy->tokens_file, arena, &err);
        if (!tokens) rc = -1;
    }
    if (rc < 0) {
        log_say(LOG_ERROR, "board.yaml stays as it was", "error", errors.len ? errors.at : err.text,
                NULL);
    } else {
        pthread_mutex_lock(&board->lock);
        policy->listen = board->rules.policy->listen;
        board->rules.policy = policy;
        board->rules.tokens = tokens;
        board->version++;
        pthread_mutex_unlock(&board->lock);
        board->offers = read_offers(board->config->policy_dir, arena);
        log_say(LOG_INFO, "policy reloaded", "version", policy->version, NULL);
    }
    buf_free(&errors);
}

/* ---- Start and end ---- */

static void rest(struct board *board, int64_t ms) {
    int64_t until_ms = clock_boot_ms() + ms;
    while (!engine_stop_asked() && clock_boot_ms() < until_ms) {
        if (engine_reload_asked()) reload(board);
        renew_turn(board->config, NULL);
        poll(NULL, 0, STEP_MS);
    }
}

static void loop_on(struct board *board) {
    struct loop loop = {.board = board, .gauges = make_gauges()};

    while (!engine_stop_asked()) {
        int64_t began_us = clock_boot_us();
        int more = turn(&loop);
        int64_t took_us = clock_boot_us() - began_us;
        metrics_set(loop.gauges.turn, NULL, (double)took_us / 1e6);
        health_turned(!board->away);
        int64_t rest_ms = more ? AGAIN_MS : TURN_MS;
        if (REST_TIMES * took_us / 1000 > rest_ms) rest_ms = REST_TIMES * took_us / 1000;
        rest(board, rest_ms);
    }
}

static int open_all(struct board *board, struct err *err) {
    const struct config *config = board->config;
    struct person_rules *rules = &board->rules;

    if (rules->policy->tokens_file) {
        rules->tokens = person_tokens_read(rules->policy->tokens_file, config->arena, err);
        if (!rules->tokens) return -1;
    }
    board->refresh = refresh_new(config, board->mirror, err);
    board->case_sight = (struct sight){
        .redis = redis_of(config, err), .arena = arena_new(), .prefix = config->topic_prefix};
    board->decide = (struct decide){&board->kafka, ARENA_NEW(config->arena, struct sight)};
    *board->decide.sight = (struct sight){
        .redis = redis_of(config, err), .arena = arena_new(), .prefix = config->topic_prefix};
    if (!board->refresh || !board->case_sight.redis || !board->decide.sight->redis) return -1;
    board->offers = read_offers(config->policy_dir, config->arena);
    board->versions = api_versions_new(config->policy_dir, &board->kafka);
    board->probe = probe_new(rules->policy);
    board->cases = desk_new(board_case, board);
    if (rules->allow_decisions) board->decisions = desk_new(decide_work, &board->decide);
    board->site = http_site_start(rules->policy->listen, board_serve, board, err);
    if (board->site) return 0;
    return -1;
}

static void close_all(struct board *board) {
    /* Desks first: what they answer must be on its way when the site ends. */
    desk_free(board->cases);
    desk_free(board->decisions);
    http_site_stop(board->site);
    board_site_end(board);
    probe_free(board->probe);
    api_versions_free(board->versions);
    redis_free(board->case_sight.redis);
    arena_free(board->case_sight.arena);
    if (board->decide.sight) {
        redis_free(board->decide.sight->redis);
        arena_free(board->decide.sight->arena);
    }
    refresh_free(board->refresh);
    arena_free(board->overview.arena);
    mirror_free(board->mirror);
    pthread_mutex_destroy(&board->lock);
}

int board_run(const struct config *config, const struct board_policy *policy,
              bool allow_decisions) {
    struct board *board = ARENA_NEW(config->arena, struct board);
    struct err err = {""};

    renew_begin(config);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    board->config = config;
    board->kafka = (struct kafka){.config = config, .worker = NULL};
    board->rules = (struct person_rules){.policy = policy, .allow_decisions = allow_decisions};
    board->mirror = mirror_new();
    pthread_mutex_init(&board->lock, NULL);
    int status = EXIT_OK;
    if (open_all(board, &err) < 0) {
        log_say(LOG_ERROR, "not started", "error", err.text, NULL);
        status = EXIT_BAD_CONFIG;
    } else {
        log_say(LOG_INFO, "the board is open", "port", log_int(http_site_port(board->site)),
                "decisions", allow_decisions ? "taken" : "not taken", NULL);
        loop_on(board);
    }
    close_all(board);
    curl_global_cleanup();

    return status;
}
