/* engine: handles, pauses, transactions. */
#include "runtime/engine.h"
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/health.h"
#include "runtime/renew.h"
#include "runtime/watch.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAUSE_FIRST_MS = 20,
    PAUSE_LAST_MS = 2000,
    FENCED_AWAY_MS = 100, /* doubled each time, and up to as much again by chance */
    READY_TURN_MS = 200,  /* init_transactions in turns, so that polling goes on */
    FLUSH_MS = 4000       /* less than the transaction's own time-out */
};

static volatile sig_atomic_t stop_signal, reload_signal;
static volatile unsigned drain_limit_s;

/* The batch in hand ends in time even when Kafka is away: what was not committed is read again by
 * the next owner. */
static void on_drain_limit(int number) {
    static const char text[] = "{\"level\":\"error\",\"message\":\"not drained in time\"}\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)number, (void)written;
    _exit(EXIT_CANNOT_GO_ON);
}

static void on_signal(int number) {
    if (number == SIGHUP) {
        reload_signal = 1;
        return;
    }
    if (!stop_signal) alarm(drain_limit_s);
    stop_signal = 1;
}

void engine_signals(unsigned drain_s) {
    struct sigaction action = {.sa_handler = on_signal}, limit = {.sa_handler = on_drain_limit};

    drain_limit_s = drain_s;
    sigemptyset(&limit.sa_mask);
    sigaction(SIGALRM, &limit, NULL);
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool engine_stop_asked(void) {
    return stop_signal != 0;
}

bool engine_reload_asked(void) {
    bool asked = reload_signal != 0;
    reload_signal = 0;
    return asked;
}

void engine_read_again(struct engine *engine) {
    if (engine_reload_asked()) engine->reload(engine);
    renew_turn(engine->config, &engine->settings.visit);
}

void engine_stop(struct engine *engine, int status, const char *message, const char *detail) {
    log_say(LOG_ERROR, message, "detail", detail ? detail : "", "exit", log_int(status), NULL);
    engine->exit_status = status;
    engine->stopping = true;
}

void engine_damaged(struct engine *engine, const char *detail) {
    engine_stop(engine, EXIT_CANNOT_GO_ON,
                "the broker's copy of a batch is damaged: let a broker with a good copy lead the "
                "partition, and remove this copy. Where there is none: of an input, step over it "
                "knowingly with `redressctl offsets set`; of one of our own topics, restore it",
                detail);
}

/* ---- Pauses ---- */

void engine_pause(struct engine *engine, const char *message, const char *detail) {
    static struct log_gate gate;

    if (!engine->pause_ms) engine->waits_since_ms = clock_boot_ms();
    if (engine->pause_ms)
        engine->pause_ms = engine->pause_ms * 2;
    else
        engine->pause_ms = PAUSE_FIRST_MS;
    engine->waits_for = message;
    if (engine->pause_ms > PAUSE_LAST_MS) engine->pause_ms = PAUSE_LAST_MS;
    engine->pause_until_ms = clock_boot_ms() + engine->pause_ms;
    metrics_add(engine->metrics.retries, NULL, 1);
    metrics_set(engine->metrics.ready, NULL, 0);
    health_waits(message, detail);
    log_seldom(&gate, 1000, LOG_WARN, message, "detail", detail, "pause_ms",
               log_int(engine->pause_ms), NULL);
}

bool engine_paused(const struct engine *engine) {
    return engine->fenced_off || clock_boot_ms() < engine->pause_until_ms;
}

void engine_calm(struct engine *engine) {
    static struct log_gate gate;

    if (engine->pause_ms)
        log_seldom(&gate, 1000, LOG_INFO, "goes on", "waited_for", engine->waits_for, "ms",
                   log_int(clock_boot_ms() - engine->waits_since_ms), NULL);
    engine->pause_ms = 0;
    engine->pause_until_ms = 0;
    metrics_set(engine->metrics.ready, NULL, 1);
    health_waits(NULL, NULL);
}

bool engine_takes(struct engine *engine, enum outcome outcome, const struct engine_words *words,
                  const char *detail) {
    if (outcome == OUTCOME_DONE) return true;
    if (outcome == OUTCOME_STOP)
        engine_stop(engine, EXIT_CANNOT_GO_ON, words->stop, detail);
    else
        engine_pause(engine, words->wait, detail);
    return false;
}

/* ---- Fencing ---- */

/* Two processes under one name fence each other, by their memberships and by their producers. Who
 * is fenced gives up both and stays away for a while, longer each time: so they take turns, one is
 * fenced too often first and ends, and the other goes on. A static member is fenced by its own
 * ghost, too: by a request to join that it gave up, and that a broker which stood still answers
 * afterwards. So the first times only mean new handles. */
static void fenced(struct engine *engine, const char *detail) {
    int64_t now_ms = clock_boot_ms();

    if (engine->fenced_off) return; /* once for both */
    if (now_ms - engine->fenced_at_ms > ENGINE_FENCED_MS) engine->fenced = 0;
    engine->fenced_at_ms = now_ms;
    engine->fenced_off = true;
    if (++engine->fenced >= ENGINE_FENCED_MAX) {
        engine_stop(
            engine, EXIT_CANNOT_GO_ON,
            "fenced several times in a row: another process runs under this REDRESS_INSTANCE",
            detail);
        return;
    }
    int64_t away_ms = FENCED_AWAY_MS << engine->fenced;
    away_ms += arc4random_uniform((uint32_t)away_ms); /* not the same for both */
    engine->rejoin_at_ms = now_ms + away_ms;
    log_say(LOG_WARN, "fenced, joining anew", "detail", detail, "pause_ms", log_int(away_ms), NULL);
}

/* ---- The producer ---- */

static const char *transactional_id(const struct engine *engine) {
    return arena_printf(engine->arena, "%s-%s-%s", engine->config->topic_prefix, engine->spec->name,
                        engine->instance);
}

static void drop_producer(struct engine *engine) {
    kafka_producer_free(engine->producer);
    engine->producer = NULL;
    metrics_add(engine->metrics.rebuilt, NULL, 1);
}

/* In demonstrations the mock broker knows no lasting transactions; the code is the same. */
bool engine_producer(struct engine *engine) {
    static const enum topic keyed[] = {TOPIC_EVENTS,      TOPIC_STATE,    TOPIC_DELIVERIES,
                                       TOPIC_SETTLEMENTS, TOPIC_REJECTED, TOPIC_NONE};
    static const enum topic map[] = {TOPIC_EVENTS, TOPIC_REJECTED, TOPIC_POLICIES, TOPIC_NONE};
    struct err err;

    if (!engine->producer)
        engine->producer = kafka_producer_new(&engine->kafka, transactional_id(engine), &err);
    if (!engine->producer) {
        engine_stop(engine, EXIT_BAD_CONFIG, "no producer", err.text);
        return false;
    }
    enum kafka_outcome outcome = kafka_producer_ready(
        engine->producer, engine->spec->kind == WORKER_KEYED ? keyed : map, READY_TURN_MS, &err);
    if (outcome == KAFKA_DONE) return true;
    if (outcome != KAFKA_LATER) drop_producer(engine);
    if (outcome == KAFKA_FENCED)
        fenced(engine, err.text);
    else
        engine_pause(engine, "producer not ready", err.text);
    return false;
}

/* ---- One transaction ---- */

static enum kafka_outcome send_all(struct engine *engine, struct batch *batch, struct err *err) {
    for (int i = 0; i < batch->count; i++) {
        batch->messages[i].delivery = &batch->deliveries[i];
        batch->messages[i].partition = watch_partition(engine, &batch->messages[i]);
        enum kafka_outcome outcome = kafka_produce(engine->producer, &batch->messages[i], err);
        if (outcome != KAFKA_DONE) return outcome;
    }
    return KAFKA_DONE;
}

/* Claim records are in the topic before the markers are looked at: a restore that begins later
 * reads them. */
static enum kafka_outcome verify_claims(struct engine *engine, struct batch *batch,
                                        struct err *err) {
    if (!engine->claims) return KAFKA_DONE;
    enum kafka_outcome outcome = kafka_flush(engine->producer, FLUSH_MS, err);
    if (outcome != KAFKA_DONE) return outcome;
    FAULT_POINT("before_verify");
    enum outcome result = claim_store_verify(engine->claims, batch->arena, err);
    if (result == OUTCOME_BROKEN) engine->need_restore = true;
    if (result == OUTCOME_DONE) return KAFKA_DONE;
    return KAFKA_ABORT;
}

static enum kafka_outcome send_places(struct engine *engine, struct batch *batch,
                                      struct kafka_membership *membership, struct err *err) {
    if (!batch->place_count) return KAFKA_DONE;
    return kafka_send_offsets(engine->producer, batch->places, batch->place_count, membership, err);
}

static enum kafka_outcome transact(struct engine *engine, struct batch *batch, struct err *err) {
    FAULT_POINT("before_begin");
    struct kafka_membership *membership = kafka_membership(engine->consumer);
    if (!membership) {
        err_set(err, "the assignment is gone");
        return KAFKA_ABORT;
    }
    enum kafka_outcome outcome = kafka_begin(engine->producer, err);
    if (outcome != KAFKA_DONE) return KAFKA_REBUILD;
    FAULT_POINT("before_offsets");
    outcome = send_places(engine, batch, membership, err);
    FAULT_POINT("after_offsets");
    if (outcome == KAFKA_DONE) outcome = send_all(engine, batch, err);
    FAULT_POINT("after_produce");
    if (outcome == KAFKA_DONE) outcome = verify_claims(engine, batch, err);
    FAULT_POINT("before_commit");
    if (outcome == KAFKA_DONE) outcome = kafka_commit(engine->producer, err);
    FAULT_POINT("after_commit");
    struct err why;
    if (outcome == KAFKA_ABORT)
        outcome = kafka_abort(engine->producer, &why) == KAFKA_DONE ? KAFKA_ABORT : KAFKA_REBUILD;
    return outcome;
}

enum kafka_outcome engine_commit(struct engine *engine, struct batch *batch) {
    struct err err;
    int64_t began_us = clock_boot_us();

    if (batch->again) return KAFKA_ABORT;
    if (!kafka_membership(engine->consumer)) return KAFKA_ABORT; /* revoked: nothing was begun */
    if (!engine->producer && !engine_producer(engine))
        return KAFKA_ABORT; /* given up after the batch before */
    enum kafka_outcome outcome = transact(engine, batch, &err);
    /* Of the next batch none of these claims is: their markers may be others by then. */
    if (engine->claims) claim_store_begin(engine->claims);
    metrics_observe(engine->metrics.commit, (double)(clock_boot_us() - began_us) / 1e6);
    if (outcome == KAFKA_DONE) {
        engine->committed_ms = clock_boot_ms();
        engine_calm(engine);
        bounds_settled(engine, batch->places, batch->place_count);
        if (bounds_passed(engine)) drop_producer(engine);
        batch_tell_spans(engine, batch);
        if (engine->claims)
            claim_store_release(engine->claims, batch->arena, batch->released,
                                batch->released_count);
        return KAFKA_DONE;
    }
    bool learned = bounds_learn(engine, batch);
    if (outcome == KAFKA_ABORT) metrics_add(engine->metrics.aborts, NULL, 1);
    if (outcome != KAFKA_ABORT || learned) drop_producer(engine);
    if (outcome == KAFKA_FENCED) fenced(engine, err.text);
    engine_pause(
        engine, outcome == KAFKA_ABORT ? "transaction aborted" : "transaction failed, new producer",
        err.text);

    return outcome;
}

bool engine_unproven(const struct engine *engine) {
    return clock_boot_ms() > engine->committed_ms + engine->config->unproven_ms / 4;
}

/* ---- Claims ---- */

/* Adds the claims that an asking wants and has no answers to yet, and makes room for those. */
static void collect_claims(struct engine *engine, struct asking *asking, struct claims *all) {
    asking->in.answers = asking->answers;
    asking->in.answer_count = asking->answered;
    engine->spec->ask(&asking->in, asking->state, &asking->claims);
    if (asking->claims.count <= asking->answered) return;

    asking->answers = arena_grow(engine->arena, asking->answers,
                                 sizeof *asking->answers * (size_t)asking->answered,
                                 sizeof *asking->answers * (size_t)asking->claims.count);
    for (int i = asking->answered; i < asking->claims.count; i++)
        claims_add(all, &asking->claims.at[i]);
}

/* A decision that wanted nothing more than it had answers to has nothing new to go by. */
static void collect_round(struct engine *engine, struct asking *askings, int count,
                          struct claims *all) {
    for (int i = 0; i < count; i++) {
        int before = all->count;
        if (askings[i].settled) continue;
        collect_claims(engine, &askings[i], all);
        askings[i].settled = all->count == before;
    }
}

/* What is lost is restored first, and without a pause. */
static bool takes_claims(struct engine *engine, enum outcome outcome,
                         const struct engine_words *words, const char *detail) {
    if (outcome == OUTCOME_BROKEN)
        engine->need_restore = true;
    else
        engine_takes(engine, outcome, words, detail);
    return outcome == OUTCOME_DONE;
}

enum outcome engine_ask(struct engine *engine, struct asking *askings, int count) {
    static const struct engine_words words = {.wait = "claims cannot be made now",
                                              .stop = "claims cannot be made"};

    for (int round = 0; round < ENGINE_ROUNDS_MAX; round++) {
        struct claims all = {.arena = engine->arena};
        collect_round(engine, askings, count, &all);
        if (!all.count) break;

        struct answer *answers = arena_alloc(engine->arena, sizeof *answers * (size_t)all.count);
        struct err err;
        enum outcome result =
            claim_store_make(engine->claims, engine->arena, all.at, answers, all.count, &err);
        if (!takes_claims(engine, result, &words, err.text)) return result;
        FAULT_POINT("after_claims");
        for (int i = 0; i < count; i++)
            while (askings[i].answered <
                   askings[i].claims.count) /* in the order in which they were collected */
                askings[i].answers[askings[i].answered++] = *answers++;
    }

    for (int i = 0; i < count; i++) {
        askings[i].in.answers = askings[i].answers;
        askings[i].in.answer_count = askings[i].answered;
    }
    return OUTCOME_DONE;
}

bool engine_restored(struct engine *engine) {
    enum { TURN_MS = 200, TIDY_MS = 5 }; /* then the group is polled again */
    static const struct engine_words words = {.wait = "claims cannot be restored now",
                                              .stop = "claims cannot be restored"};
    if (!engine->need_restore) {
        if (engine->claims) claim_store_tidy(engine->claims, engine->asker, TIDY_MS);
        return true;
    }
    struct err err;
    enum outcome result = claim_store_restore(engine->claims, engine->asker, TURN_MS, &err);
    if (takes_claims(engine, result, &words, err.text)) {
        engine->need_restore = false;
        claim_store_begin(engine->claims);
    }
    return !engine->need_restore;
}

/* ---- Polling ---- */

/* A partition of the case log, or of what a keyed worker reads in its place, beyond those that
 * there were is none of ours. */
static bool is_beyond(const struct engine *engine, const struct place *place) {
    bool log = place->topic == TOPIC_EVENTS ||
               (engine->spec->kind == WORKER_KEYED && place->topic == spec_input(engine->spec));
    return log && place->partition >= engine->partitions;
}

static void on_assigned(void *context, const struct place *places, int count) {
    struct engine *engine = context;
    struct err err;

    if (watch_check_inputs(count, &err) < 0) {
        engine_stop(engine, EXIT_CANNOT_GO_ON, "too many partitions", err.text);
        return;
    }
    for (int i = 0; i < count; i++)
        if (is_beyond(engine, &places[i]) && !engine->stopping)
            watch_stop(engine, places[i].topic, engine->partitions, places[i].partition + 1);
    engine->hooks.assigned(engine->hooks.context, places, count);
}

static void on_revoked(void *context, bool lost) {
    struct engine *engine = context;
    engine->hooks.revoked(engine->hooks.context, lost);
}

void engine_join(struct engine *engine, const struct kafka_hooks *hooks) {
    struct err err;
    struct kafka_hooks ours = {engine, on_assigned, on_revoked};

    engine->hooks = *hooks;
    engine->fenced_off = false;
    engine->consumer = kafka_consumer_new(&engine->kafka, engine->spec->reads, &ours, &err);
    if (!engine->consumer) engine_stop(engine, EXIT_BAD_CONFIG, "no consumer", err.text);
}

/* Between two batches: nothing that was polled may outlive its handle. True: the group has been
 * joined anew. */
static bool join_anew(struct engine *engine, int timeout_ms) {
    if (engine->consumer) {
        engine->hooks.revoked(engine->hooks.context, true);
        kafka_consumer_free(engine->consumer);
        engine->consumer = NULL;
        if (engine->producer) drop_producer(engine);
    }
    int64_t left_ms = engine->rejoin_at_ms - clock_boot_ms();
    if (left_ms > 0) {
        usleep((useconds_t)(left_ms < timeout_ms ? left_ms : timeout_ms) * 1000);
        return false;
    }
    struct kafka_hooks hooks = engine->hooks;
    engine_join(engine, &hooks);

    return true;
}

enum kafka_got engine_poll(struct engine *engine, int timeout_ms, struct kafka_record **record_out,
                           struct place *place_out) {
    static struct log_gate gate;
    struct err err;

    watch_turn(engine);
    clocks_turn(engine);
    if (engine->fenced_off && !join_anew(engine, timeout_ms)) return KAFKA_NOTHING;
    if (!engine->consumer) return KAFKA_NOTHING;
    enum kafka_got got = kafka_poll(engine->consumer, timeout_ms, record_out, place_out, &err);
    if (got == KAFKA_TROUBLE) log_seldom(&gate, 1000, LOG_WARN, "kafka", "error", err.text, NULL);
    if (got == KAFKA_DAMAGED) engine->damage = err;
    if (got == KAFKA_LOST)
        engine_stop(engine, EXIT_CANNOT_GO_ON,
                    "records were deleted before they were read, or the topic was recreated: reset "
                    "the group's offsets knowingly (`redressctl help offsets`), then start again",
                    err.text);
    if (got != KAFKA_DOUBLE) return got;
    fenced(engine, err.text);

    return KAFKA_NOTHING;
}

bool engine_wants(const struct engine *engine, const struct raw *raw) {
    if (!engine->spec->wants) return true;
    size_t len;
    const char *type = event_peek_type(raw, &len);
    return !type || engine->spec->wants(arena_strndup(engine->arena, type, len));
}
