/* gateway: see the header. */
#include "gateway/gateway.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "gateway/post.h"
#include "runtime/engine.h"
#include "runtime/health.h"
#include "runtime/permissions_try.h"
#include "runtime/renew.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MS = 50, WAIT_US = 10000, AGAIN_MS = 2000 /* what is not permitted, or not there */ };

static const enum topic reads[] = {TOPIC_DELIVERIES, TOPIC_SETTLEMENTS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_ACTIVITY, TOPIC_NONE};
const struct worker_spec gateway_spec = {.name = "gateway",
                                         .about = "sends messages and settlement orders on",
                                         .kind = WORKER_GATEWAY,
                                         .reads = reads,
                                         .writes = writes};

static bool is_busy(const struct gateway *gateway) {
    for (int i = 0; i < gateway->post_count; i++)
        if (gateway->posts[i].lane.on_their_way > 0) return true;
    return false;
}

static void take_results(struct gateway *gateway) {
    struct sender_result result;
    int64_t now_ms = clock_now_ms();

    while (sender_take(gateway->sender, &result)) post_result(result.context, &result, now_ms);
}

/* Returns how long nothing is to be begun. */
static int64_t begin_all(struct gateway *gateway) {
    int64_t now_ms = clock_now_ms();
    int64_t soonest_ms = INT64_MAX;

    for (int i = 0; i < gateway->post_count; i++) {
        int64_t wake_ms = post_begin(&gateway->posts[i], now_ms);
        if (wake_ms < soonest_ms) soonest_ms = wake_ms;
    }
    if (soonest_ms <= now_ms) return 0;
    return soonest_ms - now_ms < TURN_MS ? soonest_ms - now_ms : TURN_MS;
}

/* ---- SIGHUP ---- */

/* The receivers of a policy, in the order of its lanes; NULL: one of them is bad, which is told. */
static struct sender_target **targets_of(struct gateway *gateway,
                                         const struct gateway_policy *policy) {
    const struct gateway_lane *lanes = policy->lanes.at;
    struct sender_target **targets = arena_alloc(
        gateway->arena, ((size_t)policy->lanes.count + 1) * sizeof(struct sender_target *));
    bool good = true;

    for (int i = 0; i < policy->lanes.count; i++) {
        struct err err;
        targets[i] = sender_target_new(&lanes[i], gateway->arena, &err);
        if (targets[i]) continue;
        log_say(LOG_ERROR, "a lane's files cannot be read", "lane", lanes[i].name, "error",
                err.text, NULL);
        good = false;
    }
    if (good) return targets;
    return NULL;
}

static void follow(struct gateway *gateway, const struct gateway_policy *policy,
                   struct sender_target *const *targets) {
    const struct gateway_lane *lanes = policy->lanes.at;

    gateway->policy = policy;
    sender_follow(gateway->sender, policy);
    for (int i = 0; i < gateway->post_count; i++)
        post_follow(&gateway->posts[i], &lanes[i], targets[i]);
    log_say(LOG_INFO, "policy reloaded", "version", policy->version, NULL);
}

/* gateway.yaml, secrets and passwords are read again, all or nothing: what is wrong is told, and
 * everything stays as it was. Lanes come, go and take something else at a start only: each goes on
 * from what its own group has committed. */
static void reload(struct gateway *gateway) {
    renew_secrets(gateway->config, NULL);
    struct gateway_policy *policy = ARENA_NEW(gateway->arena, struct gateway_policy);
    struct sender_target **targets = NULL;
    struct buf errors = {0};

    if (gateway_policy_read(gateway->config->policy_dir, gateway->arena, policy, &errors) < 0)
        log_say(LOG_ERROR, "policy not reloaded", "errors", errors.at, NULL);
    else if (!gateway_policy_same_lanes(gateway->policy, policy))
        log_say(LOG_ERROR, "policy not reloaded", "errors",
                "lanes were added, taken away or take something else: start anew for that", NULL);
    else
        targets = targets_of(gateway, policy);
    if (targets) follow(gateway, policy, targets);
    buf_free(&errors);
}

/* ---- Turns ---- */

static void turn(struct gateway *gateway, struct engine *engine) {
    bool is_ready = true;
    bool any = false;

    if (engine_reload_asked()) reload(gateway);
    renew_turn(gateway->config, NULL);
    arena_reset(engine->arena);
    permissions_turn(engine->permissions);
    for (int i = 0; i < gateway->post_count && !gateway->exit_status; i++) {
        any |= post_poll(&gateway->posts[i]);
        is_ready &= gateway->posts[i].stands;
    }
    int64_t rest_ms = begin_all(gateway);
    sender_wait(gateway->sender, any ? 0 : (int)rest_ms);
    take_results(gateway);
    for (int i = 0; i < gateway->post_count; i++) post_report(&gateway->posts[i], false);
    health_turned(is_ready);
}

/* What is on its way is waited for, and reported; nothing new is begun. */
static void drain(struct gateway *gateway) {
    int64_t until_ms = clock_boot_ms() + gateway->config->drain_ms;

    while (is_busy(gateway) && clock_boot_ms() < until_ms) {
        sender_wait(gateway->sender, TURN_MS);
        take_results(gateway);
    }
    for (int i = 0; i < gateway->post_count; i++)
        while (post_report(&gateway->posts[i], true)) continue;
}

static int open_posts(struct gateway *gateway) {
    const struct gateway_lane *lanes = gateway->policy->lanes.at;
    int bad = 0;

    for (int i = 0; i < gateway->policy->lanes.count; i++) {
        struct err err;
        struct sender_target *target = sender_target_new(&lanes[i], gateway->arena, &err);
        if (!target) {
            log_say(LOG_ERROR, "a lane cannot be opened", "lane", lanes[i].name, "error", err.text,
                    NULL);
            bad = -1;
            continue;
        }
        post_init(&gateway->posts[gateway->post_count++], gateway, &lanes[i], target);
    }

    return bad;
}

static void register_metrics(struct gateway *gateway) {
    gateway->metrics.sent = metrics_counter("redress_gateway_sent_total",
                                            "Messages that their receivers took, by lane.", "lane");
    gateway->metrics.failed =
        metrics_counter("redress_gateway_failed_total", "Messages given up, by lane.", "lane");
    gateway->metrics.retried = metrics_counter("redress_gateway_retried_total",
                                               "Tries that are to be repeated, by lane.", "lane");
    gateway->metrics.waiting = metrics_gauge("redress_gateway_waiting",
                                             "Messages in hand, not finished, by lane.", "lane");
    gateway->metrics.resting = metrics_gauge("redress_gateway_resting",
                                             "1: the lane rests, for its receiver is ill.", "lane");
}

/* Whatever the gateway will need of Kafka is tried before it takes a message. */
static void wait_for_permission(struct engine *engine) {
    int64_t until_ms = 0;
    struct err err;

    while (!engine_stop_asked()) {
        health_turned(false);
        usleep(WAIT_US); /* nothing to poll yet */
        if (clock_boot_ms() < until_ms) continue;
        arena_reset(engine->arena);
        if (permissions_try_all(engine->permissions, &err) == PERMISSIONS_DONE) return;
        log_say(LOG_WARN, "waiting to start", "error", err.text, NULL);
        until_ms = clock_boot_ms() + AGAIN_MS;
    }
}

static void work(struct gateway *gateway) {
    struct engine engine = {.spec = &gateway_spec,
                            .config = gateway->config,
                            .instance = gateway->config->instance,
                            .kafka = gateway->kafka,
                            .asker = gateway->asker,
                            .arena = arena_new()};

    engine.permissions = permissions_new(&engine);
    wait_for_permission(&engine);
    while (!gateway->exit_status && !engine_stop_asked()) turn(gateway, &engine);
    permissions_free(engine.permissions);
    arena_free(engine.arena);
}

int gateway_run(const struct config *config, const struct gateway_policy *policy) {
    struct arena *arena = arena_new();
    struct gateway gateway = {.config = config, .policy = policy, .arena = arena};
    struct err err;

    renew_begin(config);
    register_metrics(&gateway);
    gateway.posts = arena_alloc(arena, (size_t)(policy->lanes.count + 1) * sizeof *gateway.posts);
    gateway.kafka = (struct kafka){.config = config, .worker = "gateway"};
    gateway.sender = sender_new(policy);
    gateway.asker = kafka_asker_new(&gateway.kafka, &err);
    if (!gateway.asker) log_say(LOG_ERROR, "no kafka client", "error", err.text, NULL);
    if (!gateway.asker || open_posts(&gateway) < 0) gateway.exit_status = EXIT_BAD_CONFIG;
    if (!gateway.exit_status) work(&gateway);
    if (!gateway.exit_status) drain(&gateway);
    for (int i = 0; i < gateway.post_count; i++) post_close(&gateway.posts[i]);
    sender_free(gateway.sender);
    kafka_asker_free(gateway.asker);
    arena_free(arena);
    log_say(LOG_INFO, "stopped", "exit", log_int(gateway.exit_status), NULL);

    return gateway.exit_status;
}
