/* redressctl as one who looks: what others wrote does not steer the terminal, and what could not be
 * looked at is not taken for an empty list. On a real broker, a real Redis and running workers. */
#include "outside/kafka.h"
#include "outside/redis.h"
#include "redressctl_world.h"

/* ---- What anyone may write ---- */

#define ESCAPE "\\u001b[2J\\u001b]0;root\\u0007\\n"
#define STEER                                                                                      \
    "\xc2\x9b"                                                                                     \
    "31m\xe2\x80\xae"                                                                              \
    "dna\xef\xbb\xbf\xe2\x81\xa9"
#define CONTROL "\x1b[2J\x07\xff" STEER

static void produce(struct kafka_producer *producer, enum topic topic, const struct header *headers,
                    int header_count, const char *key, const char *value) {
    struct kafka_message message = {.topic = topic,
                                    .partition = -1,
                                    .key = key,
                                    .key_len = strlen(key),
                                    .value = value,
                                    .value_len = strlen(value),
                                    .headers = headers,
                                    .header_count = header_count};
    struct err err;
    if (kafka_produce(producer, &message, &err) != KAFKA_DONE) wait_fail("%s", err.text);
}

/* Complaints, activity and decisions that are refused, in all the ways a command may come to print
 * them, and one complaint that is taken, about `order`. */
static void produce_hostile(const char *order) {
    static const struct header structured[] = {
        {"content-type", "application/cloudevents+json", 28}};
    static const struct header binary[] = {{"ce_specversion", "1.0", 3},
                                           {"ce_id", CONTROL, sizeof CONTROL - 1},
                                           {"ce_source", CONTROL, sizeof CONTROL - 1},
                                           {"ce_type", CONTROL, sizeof CONTROL - 1},
                                           {CONTROL, CONTROL, sizeof CONTROL - 1}};
    struct arena *arena = arena_new();
    struct config_property server = {"bootstrap.servers", h->bootstrap};
    struct config config = {
        .arena = arena, .kafka = &server, .kafka_count = 1, .topic_prefix = h->prefix};
    struct kafka kafka = {.config = &config};
    struct err err;
    char time[CLOCK_TEXT_MAX];
    struct kafka_producer *producer = kafka_producer_new(&kafka, NULL, &err);
    if (!producer) wait_fail("%s", err.text);
    clock_format(clock_now_ms(), time);
    const char *taken = arena_printf(
        arena,
        "{\"specversion\":\"1.0\",\"id\":\"hostile\",\"source\":\"/shop/"
        "app\",\"type\":\"complaint.submitted\",\"time\":\"%s\",\"data\":{\"channel\":\"app\","
        "\"customer\":{\"id\":\"h\",\"tier\":\"vip\"},\"order\":{\"id\":\"%s\",\"status\":"
        "\"delivered\",\"amount\":{\"currency\":\"CNY\",\"minor\":1}},\"text\":\"" ESCAPE STEER
        "\"}}",
        time, order);
    const char *refused =
        arena_printf(arena,
                     "{\"specversion\":\"1.0\",\"id\":\"a" ESCAPE STEER
                     "\",\"source\":\"" ESCAPE STEER "\",\"type\":\"" ESCAPE STEER
                     "\",\"time\":\"%s\",\"data\":{\"" ESCAPE STEER "\":\"" ESCAPE STEER "\"}}",
                     time);
    produce(producer, TOPIC_COMPLAINTS, structured, 1, order, taken);
    produce(producer, TOPIC_COMPLAINTS, structured, 1, CONTROL, refused);
    produce(producer, TOPIC_ACTIVITY, structured, 1, CONTROL, refused);
    produce(producer, TOPIC_COMPLAINTS, structured, 1, CONTROL, CONTROL);
    produce(producer, TOPIC_DECISIONS, binary, 5, CONTROL, "{\"" ESCAPE STEER "\":1}");
    if (kafka_flush(producer, RUN_MS, &err) != KAFKA_DONE) wait_fail("%s", err.text);
    kafka_producer_free(producer);
    arena_free(arena);
}

/* Each command that prints what others wrote; ctl() looks at what it says. */
static void test_hostile(void **state) {
    (void)state;
    char case_id[IDS_CASE_LEN + 1], line[LINE_SIZE], id[40];
    produce_hostile("H1");
    case_id_of("hostile", "H1", case_id);
    snprintf(line, sizeof line, "case %s", case_id);
    WAIT_FOR(says(line, 0, "DEADLINES"), SHOWN_MS);
    WAIT_FOR(ctl("rejected list --json") == 0 && lines() >= 4, SHOWN_MS);
    assert_non_null(strstr(said.at, "\\u009b31m\\u202ed"));
    assert_says("rejected list", 0, "REPLAYED");
    assert_says("rejected list --topic decisions --json", 0, "redress.decisions");
    assert_int_equal(sscanf(said.at, "{\"id\":\"%39[0-9-]\"", id), 1);
    snprintf(line, sizeof line, "rejected replay %s", id);
    assert_says(line, 0, "1 sent again");
    assert_says("events complaints", 0,
                "\\u001b[2J\\u001b]0;root\\u0007\\u000a\\u009b31m\\u202edna\\ufeff\\u2069");
    assert_says("events complaints --json", 0,
                "\\u001b[2J\\u001b]0;root\\u0007\\n\\u009b31m\\u202edna\\ufeff\\u2069");
    static const char *const others[] = {
        "events activity", "events decisions", "events rejected",  "events deliveries",
        "events --json",   "events",           "labels",           "cases --json",
        "cases",           "approvals",        "approvals --json", "top --once"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) assert_says(others[i], 0, "");
    snprintf(line, sizeof line, "case %s --json", case_id);
    assert_says(line, 0, case_id);
    snprintf(line, sizeof line, "sla explain %s", case_id);
    assert_says(line, 0, "first_contact");
}

/* ---- An empty list, and a list that could not be looked at ---- */

static void add_task(struct buf *out, const char *case_id, const char *task, int64_t time_ms) {
    char time[CLOCK_TEXT_MAX];
    buf_printf(out,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
               "desk\",\"type\":\"task.started\",\"time\":\"%s\",\"data\":{\"case_id\":\"%s\","
               "\"task\":\"%s\",\"by\":\"anna\"}}\n",
               task, clock_format(time_ms, time), case_id, task);
}

static void add_deadline(struct buf *out, const char *case_id, const char *target, int64_t at_ms) {
    char time[CLOCK_TEXT_MAX];
    clock_format(at_ms, time);
    buf_printf(out,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
               "market\",\"type\":\"case.deadline_set\",\"time\":\"%s\",\"data\":{\"case_id\":\"%"
               "s\",\"target\":\"%s\",\"at\":\"%s\",\"set_by\":\"market\"}}\n",
               target, time, case_id, target, time);
}

static void redis_do(int argc, const char *const *argv) {
    struct arena *arena = arena_new();
    struct redis_reply *replies;
    struct err err;
    int count;
    struct redis *redis = redis_new(h->redis_url, &err);
    if (!redis) wait_fail("%s", err.text);
    redis_add(redis, argc, argv, NULL);
    if (redis_exchange(redis, arena, &replies, &count, &err) != OUTCOME_DONE)
        wait_fail("%s", err.text);
    redis_free(redis);
    arena_free(arena);
}

#define REDIS(...)                                                                                 \
    redis_do((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                  \
             (const char *[]){__VA_ARGS__})

/* The overdue deadlines are those of a named task and of a target that somebody outside has made
 * up; nobody has told redressctl of the policies. */
static bool all_overdue(void) {
    return ctl("cases --overdue --json") == 0 && strstr(said.at, "carrier_intercept") &&
           strstr(said.at, "market_reply");
}

static void test_named_targets(void **state) {
    (void)state;
    struct buf events = {NULL, 0, 0};
    char case_id[IDS_CASE_LEN + 1], line[LINE_SIZE];
    int64_t long_ago_ms = clock_now_ms() - 6 * 3600000;
    case_id_of("tasks", "T1", case_id);
    add_complaint(&events, "tasks", "T1", long_ago_ms);
    snprintf(line, sizeof line, "publish %s", write_file("tasks.jsonl", &events));
    assert_says(line, 0, "1 acknowledged");
    snprintf(line, sizeof line, "case %s", case_id);
    WAIT_FOR(says(line, 0, "DEADLINES"), SHOWN_MS);
    buf_clear(&events);
    add_task(&events, case_id, "carrier_intercept", long_ago_ms);
    add_task(&events, case_id, "market_reply", long_ago_ms);
    add_deadline(&events, case_id, "market_reply", long_ago_ms + 3600000);
    snprintf(line, sizeof line, "publish %s", write_file("named.jsonl", &events));
    strcpy(h->policy_dir, h->dir); /* no policies there */
    assert_says(line, 0, "3 acknowledged");
    WAIT_FOR(all_overdue(), SHOWN_MS);
    assert_says("cases --target market_reply", 0, "market_reply");
    assert_says("cases --target market_repyl", 64, "did you mean market_reply?");
    assert_says("cases --class qualty.damaged", 64, "did you mean quality.damaged?");
    assert_says("top --once", 0, "overdue deadlines");
    buf_free(&events);
}

/* What cannot be looked at is never an empty list, and no clean exit. */
static void test_could_not_look(void **state) {
    (void)state;
    struct process *sla = &h->workers[2];
    char case_id[IDS_CASE_LEN + 1], line[LINE_SIZE], key[LINE_SIZE];
    assert_int_equal(process_stop(sla, SHOWN_MS), 0);
    assert_true(all_overdue()); /* a worker that left cleanly leaves a view that is whole */

    /* Where to look is not known: what is known is listed. */
    REDIS("HDEL", "redress:meta", "indexes:sla");
    assert_says("cases --overdue", 70, "redress:meta has no indexes:sla");
    assert_non_null(strstr(said.at, "first_contact"));
    assert_says("top --once", 70, "NOT ALL IS SHOWN");
    process_start(sla);
    WAIT_FOR(all_overdue(), SHOWN_MS);
    assert_int_equal(process_stop(sla, SHOWN_MS), 0);

    /* An index was lost: nothing in it can be late, but that is not known. */
    case_id_of("tasks", "T1", case_id);
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, 2);
    snprintf(key, sizeof key, "redress:{sla.%d}:by:market_reply_due", shard);
    REDIS("DEL", key);
    assert_says("cases --target market_reply", 70, "Redis has lost some of the view");
    assert_null(strstr(said.at, "none"));
    process_start(sla);
    WAIT_FOR(all_overdue(), SHOWN_MS);
    assert_int_equal(process_stop(sla, SHOWN_MS), 0);

    /* A case was lost, its deadlines were not. */
    snprintf(key, sizeof key, "redress:{sla.%d}:case:%s", shard, case_id);
    REDIS("DEL", key);
    assert_says("cases --overdue", 70, "are of cases that Redis has lost");
    assert_non_null(strstr(said.at, "market_reply"));

    /* A whole view was, or nobody has looked after it for long. */
    snprintf(key, sizeof key, "redress:{sla.%d}:applied", shard);
    REDIS("DEL", key);
    assert_says("cases --overdue", 70, "1 of 2 shards of sla");
    assert_null(strstr(said.at, "none"));
    snprintf(line, sizeof line, "case %s", case_id);
    assert_says(line, 70, "no view in Redis");
    snprintf(line, sizeof line, "sla explain %s", case_id);
    assert_says(line, 70, "no view in Redis");
    snprintf(key, sizeof key, "redress:{sla.%d}:applied_at", 1 - shard);
    REDIS("SET", key, "1000");
    assert_says("cases --overdue", 70, "nobody has looked after the view for hours");
    REDIS("DEL", "redress:{compensation.0}:applied");
    assert_says("approvals", 70, "of compensation");
    assert_null(strstr(said.at, "nothing awaits"));
    process_start(sla);
    WAIT_FOR(all_overdue(), SHOWN_MS);
    WAIT_FOR(ctl("approvals") == 0, SHOWN_MS);

    /* Another Redis, another prefix, another Kafka. */
    strcpy(h->prefix, "wrong");
    assert_says("cases --overdue", 70, "no wrong:meta");
    assert_says("approvals", 70, "no wrong:meta");
    assert_says("rejected list", 70, "there is no topic wrong.rejected");
    assert_says("events", 70, "there is no topic wrong.events");
    assert_says("labels", 70, "there is no topic wrong.events");
    strcpy(h->prefix, "redress");
    assert_says("events --type slaa.*", 64, "no such type");
    assert_says("rejected list --reason unknown_cas", 64, "unknown_case");
    assert_says("rejected list --topic complaint", 64, "complaints");
}

static int start(void **state) {
    (void)state;
    h = harness_new("ctl-sight");
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, 2);
    start_workers();
    return 0;
}

static int end(void **state) {
    (void)state;
    harness_close(h);
    buf_free(&said);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_named_targets),
        cmocka_unit_test(test_could_not_look),
    };
    return cmocka_run_group_tests(tests, start, end);
}
