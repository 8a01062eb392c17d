/* redressctl against a real broker, a real Redis and running workers: what it makes, sends, shows
 * and mends. */
#include "outside/kafka_admin.h"
#include "redressctl_world.h"

#include <signal.h>
#include <unistd.h>

enum { COMPLAINTS = 200 };

static void add_contact(struct buf *out, const char *id, const char *case_id, int64_t time_ms) {
    char time[CLOCK_TEXT_MAX];
    buf_printf(out,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
               "desk\",\"type\":\"case.contacted\",\"time\":\"%s\",\"data\":{\"case_id\":\"%s\","
               "\"by\":\"anna\",\"channel\":\"phone\"}}\n",
               id, clock_format(time_ms, time), case_id);
}

/* A topic of somebody's own making: other partitions, no retention. */
static void make_odd_topic(const char *name) {
    struct arena *arena = arena_new();
    struct config_property server = {"bootstrap.servers", h->bootstrap};
    struct config config = {
        .arena = arena, .kafka = &server, .kafka_count = 1, .topic_prefix = "odd"};
    struct kafka kafka = {.config = &config};
    struct err err;
    struct kafka_admin *admin = kafka_admin_new(&kafka, &err);
    struct kafka_new_topic topic = {.name = name, .partitions = 3, .replication = 1};
    assert_non_null(admin);
    assert_int_equal(kafka_admin_create(admin, &topic, 1, RUN_MS, &err), 0);
    assert_int_equal(topic.made, KAFKA_MADE);
    assert_int_equal(kafka_admin_create(admin, &topic, 1, RUN_MS, &err), 0);
    assert_int_equal(topic.made, KAFKA_EXISTS);
    kafka_admin_free(admin);
    arena_free(arena);
}

static void test_topics(void **state) {
    (void)state;
    assert_says("topics check", 70, "14 topics checked, 14 differences");
    assert_says("topics create --partitions 2", 0, "14 topics made, 0 were there already");
    assert_non_null(strstr(said.at, "redress.sla.state: begun in 2 partitions"));
    assert_says("topics check", 0, "14 topics checked, 0 differences");
    assert_says("topics create --partitions 2", 0, "0 topics made, 14 were there already");
    assert_null(strstr(said.at, "begun")); /* @log is written once */

    strcpy(h->prefix, "odd");
    make_odd_topic("odd.events");
    assert_says("topics create --partitions 2", 0, "13 topics made, 1 were there already");
    assert_says("topics check", 70, "odd.events: retention.ms: ");
    assert_non_null(strstr(said.at, "kafka-configs.sh --alter --entity-type topics --entity-name "
                                    "odd.events --add-config retention.ms=2592000000"));
    assert_non_null(strstr(said.at, "odd.sla.state: partitions: 2, expected 3"));
    assert_non_null(strstr(said.at, "odd.deliveries: partitions: 2, expected 3"));
    assert_null(strstr(said.at, "odd.complaints"));
    strcpy(h->prefix, "redress");
}

static void test_before_any_worker(void **state) {
    (void)state;
    assert_says("cases", 70, "no redress:meta: no worker has run");
    assert_says("rejected list", 0, "0 of 0");
    assert_says("rejected show 0-0", 70, "no record 0-0 in redress.rejected");
}

/* Among the flags of a case as JSON. */
static bool flags_say(const char *flag) {
    const char *flags = strstr(said.at, "\"flags\":\""),
               *end = flags ? strchr(flags + 9, '"') : NULL;
    const char *at = flags ? strstr(flags, flag) : NULL;
    return at && at < end;
}

static void test_publish_and_look(void **state) {
    (void)state;
    struct buf events = {NULL, 0, 0};
    char first[IDS_CASE_LEN + 1], alias[IDS_CASE_LEN + 1], line[LINE_SIZE];
    start_workers();
    int64_t now_ms = clock_now_ms();
    for (int i = 0; i < COMPLAINTS; i++) {
        char id[24], order[24];
        snprintf(id, sizeof id, "c-%d", i);
        snprintf(order, sizeof order, "A%d", i);
        add_complaint(&events, id, order, now_ms);
    }
    snprintf(line, sizeof line, "publish %s", write_file("complaints.jsonl", &events));
    assert_says(line, 0, "200 acknowledged, 0 refused");
    WAIT_FOR(ctl("cases --target resolution --limit 1000 --json") == 0 && lines() == COMPLAINTS,
             SHOWN_MS);

    /* A second complaint about an order joins its case; its own computed id leads there. */
    case_id_of("c-0", "A0", first);
    case_id_of("again", "A0", alias);
    buf_clear(&events);
    add_complaint(&events, "again", "A0", now_ms + 1000);
    buf_puts(&events, "\n{\"id\":1}\nnot JSON\n");
    snprintf(line, sizeof line, "publish %s", write_file("again.jsonl", &events));
    assert_says(line, 70, "1 acknowledged, 2 refused");
    assert_non_null(strstr(said.at, "again.jsonl:3: id: expected a text"));
    assert_non_null(strstr(said.at, "again.jsonl:4: not_json: "));
    snprintf(line, sizeof line, "case %s", alias);
    char text[128];
    snprintf(text, sizeof text, "%s is the id of a submission that joined case %s", alias, first);
    WAIT_FOR(says(line, 0, text), SHOWN_MS);
    assert_non_null(strstr(said.at, "DEADLINES"));
    assert_non_null(strstr(said.at, "first_contact"));
    assert_non_null(strstr(said.at, "case.opened"));
    /* The last that happens: the repeat is classified, and its flag counts. */
    snprintf(line, sizeof line, "case %s --json", first);
    WAIT_FOR(ctl(line) == 0 && flags_say("repeat"), SHOWN_MS);

    assert_says("cases --class logistics.* --tier vip --limit 3", 0,
                "the first 3; --limit shows more");
    assert_int_equal(lines(), 5);
    assert_says("cases --class quality.counterfeit", 0, "none");
    assert_says("cases --tier regular", 0, "none");
    assert_says("cases --overdue", 0, "none");
    assert_says("top", 0, "open 200");
    assert_says("top", 0, "nothing is held");
    buf_free(&events);
}

/* The view is empty for a moment, and then as it was. */
static void test_rebuild(void **state) {
    (void)state;
    assert_int_equal(ctl("cases --limit 1000 --json"), 0);
    char *before = strdup(said.at);
    int made = process_log_count(&h->workers[2], "the view is made anew");
    assert_true(lines() >= 2 * COMPLAINTS);
    assert_says("rebuild sla --shard 2", 64, "expected a whole number from 0 to 1");
    assert_says("rebuild intake", 64, "expected sla, compensation, notification or cohort");
    assert_says("rebuild sla", 0, "asked for 2 shards of sla");
    /* While it is made anew whoever looks is told so: who is not sees all of it. */
    while (process_log_count(&h->workers[2], "the view is made anew") < made + 2)
        if (ctl("cases --limit 1000 --json") == 0) assert_string_equal(said.at, before);
    WAIT_FOR(ctl("cases --limit 1000 --json") == 0 && said.at && strcmp(said.at, before) == 0,
             SHOWN_MS);
    free(before);
}

static void test_approve(void **state) {
    (void)state;
    char case_id[IDS_CASE_LEN + 1], line[LINE_SIZE];
    case_id_of("c-7", "A7", case_id);
    WAIT_FOR(ctl("approvals --limit 1000 --json") == 0 && strstr(said.at, case_id), SHOWN_MS);
    assert_says("approvals --role finance --json", 0, "");
    snprintf(line, sizeof line, "approve %s.1 --actor wang.fang --role boss", case_id);
    assert_says(line, 64, "expected agent, supervisor, manager or finance");
    snprintf(line, sizeof line, "approve %s.1 --actor wang.fang --role manager", case_id);
    assert_says(line, 0, "\"type\":\"decision.approved\"");
    WAIT_FOR(ctl("approvals --limit 1000 --json") == 0 && !strstr(said.at, case_id), SHOWN_MS);
    snprintf(line, sizeof line, "case %s --json", case_id);
    assert_says(line, 0, "\"status\":\"approved\"");

    case_id_of("c-8", "A8", case_id);
    snprintf(line, sizeof line, "reject %s.1 --actor wang.fang --role manager --reason unfounded",
             case_id);
    assert_says(line, 0, "\"type\":\"decision.rejected\"");
    snprintf(line, sizeof line, "case %s --json", case_id);
    WAIT_FOR(says(line, 0, "\"status\":\"rejected\""), SHOWN_MS);
}

/* A contact that came before its complaint is refused by sla; once the case is there it is sent
 * again, and counts. */
static void test_replay(void **state) {
    (void)state;
    struct buf events = {NULL, 0, 0};
    char case_id[IDS_CASE_LEN + 1], line[LINE_SIZE], id[40];
    int64_t now_ms = clock_now_ms();
    case_id_of("late", "B1", case_id);
    add_contact(&events, "early", case_id, now_ms);
    snprintf(line, sizeof line, "publish %s", write_file("early.jsonl", &events));
    assert_says(line, 0, "1 acknowledged");
    WAIT_FOR(ctl("rejected list --reason unknown_case --json") == 0 && lines() == 1, SHOWN_MS);
    assert_int_equal(sscanf(said.at, "{\"id\":\"%39[0-9-]\"", id), 1);
    snprintf(line, sizeof line, "rejected show %s", id);
    assert_says(line, 0, "redress_reason: unknown_case\n");
    assert_non_null(strstr(said.at, "ce_type: case.contacted\n"));

    buf_clear(&events);
    add_complaint(&events, "late", "B1", now_ms);
    snprintf(line, sizeof line, "publish %s", write_file("late.jsonl", &events));
    assert_says(line, 0, "1 acknowledged");
    snprintf(line, sizeof line, "case %s", case_id);
    WAIT_FOR(says(line, 0, "DEADLINES"), SHOWN_MS);
    assert_null(strstr(said.at, "first contact "));
    assert_says("rejected replay --all --reason unknown_case", 0, "1 sent again");
    WAIT_FOR(says(line, 0, "first contact "), SHOWN_MS);

    snprintf(line, sizeof line, "rejected replay %s", id);
    assert_says(line, 70, "sent again already; --force sends it once more");
    assert_says("rejected replay --all --reason unknown_case", 0, "nothing to send");
    assert_says("rejected list --json", 0, "\"replayed\":true");
    assert_int_equal(lines(), 1); /* the mark is no rejected record */
    buf_free(&events);
}

/* Events of the future stay what they are: sent again they are rejected again, and are not sent a
 * third time. */
static void test_replayed_in_vain(void **state) {
    (void)state;
    struct buf events = {NULL, 0, 0};
    char line[LINE_SIZE];
    add_complaint(&events, "future", "C1", clock_now_ms() + 86400000);
    snprintf(line, sizeof line, "publish %s", write_file("future.jsonl", &events));
    assert_says(line, 0, "1 acknowledged");
    WAIT_FOR(ctl("rejected list --reason in_future --json") == 0 && lines() == 1, SHOWN_MS);
    assert_says("rejected replay --all --reason in_future", 0, "1 sent again");
    WAIT_FOR(ctl("rejected list --reason in_future --json") == 0 && lines() == 2, SHOWN_MS);
    assert_non_null(strstr(said.at, "\"replay_of\":\""));
    assert_says("rejected replay --all --reason in_future", 70,
                "sent again and rejected again; --force");
    assert_says("rejected replay --all --reason in_future --topic activity", 0, "nothing to send");
    buf_free(&events);
}

static void add_word(struct buf *out, const char *id, const char *case_id, const char *class_name,
                     int64_t time_ms) {
    char time[CLOCK_TEXT_MAX];
    buf_printf(out,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
               "desk\",\"type\":\"case.reclassified\",\"time\":\"%s\",\"data\":{\"case_id\":\"%s\","
               "\"class\":\"%s\",\"by\":\"anna\"}}\n",
               id, clock_format(time_ms, time), case_id, class_name);
}

/* Agents' corrections out of the case log itself: the last word about a case, and no text of a
 * customer who is erased. From a file of the same events the same lines come. */
static void test_labels(void **state) {
    (void)state;
    struct buf events = {NULL, 0, 0};
    char ids[4][IDS_CASE_LEN + 1], line[LINE_SIZE], since[CLOCK_TEXT_MAX], time[CLOCK_TEXT_MAX];
    int64_t now_ms = clock_now_ms();
    const int numbers[] = {20, 21, 22, 23};
    for (int i = 0; i < 4; i++) {
        char id[24], order[24];
        snprintf(id, sizeof id, "c-%d", numbers[i]);
        snprintf(order, sizeof order, "A%d", numbers[i]);
        case_id_of(id, order, ids[i]);
    }
    add_word(&events, "w-1", ids[0], "quality.flaw", now_ms);
    add_word(&events, "w-2", ids[1], "other", now_ms);
    add_word(&events, "w-3", ids[0], "quality.damaged", now_ms + 1000);
    add_word(&events, "w-4", ids[2], "logistics.lost", now_ms + 1000);
    add_word(&events, "w-5", ids[3], "logistics.lost", now_ms - 60000);
    buf_printf(&events,
               "{\"specversion\":\"1.0\",\"id\":\"w-6\",\"source\":\"/"
               "desk\",\"type\":\"customer.erased\",\"time\":\"%s\",\"data\":{\"tenant\":"
               "\"default\",\"customer_id\":\"u-A22\"}}\n",
               clock_format(now_ms, time));
    snprintf(line, sizeof line, "publish %s", write_file("words.jsonl", &events));
    assert_says(line, 0, "6 acknowledged, 0 refused");
    WAIT_FOR(says("labels", 0, "3 labels; 1 texts of erased customers left out"), SHOWN_MS);
    snprintf(line, sizeof line,
             "{\"case_id\":\"%s\",\"text\":\"快递箱子压扁了，里面的杯子全碎了\",\"class\":"
             "\"quality.damaged\"}",
             ids[0]);
    assert_non_null(strstr(said.at, line));
    assert_null(strstr(said.at, "quality.flaw"));
    assert_null(strstr(said.at, ids[2]));
    snprintf(line, sizeof line, "labels --since %s", clock_format(now_ms - 1000, since));
    assert_says(line, 0, "2 labels; 1 texts");
    assert_null(strstr(said.at, ids[3]));
    assert_int_equal(ctl("events --json"), 0);
    snprintf(line, sizeof line, "labels %s", write_file("log.jsonl", &said));
    assert_says(line, 0, "3 labels; 1 texts of erased customers left out");
    assert_null(strstr(said.at, ids[2]));
    assert_says("labels --since yesterday", 64, "expected RFC 3339");
    assert_says("labels /nonexistent", 70, "/nonexistent");
    buf_free(&events);
}

static void test_redis_away(void **state) {
    (void)state;
    process_kill(&h->redis, SIGKILL);
    assert_says("cases", 70, "does not answer");
    assert_says("top --once", 70, "REDRESS_REDIS_URL says where it is");
    harness_start_redis(h);
}

static int start(void **state) {
    (void)state;
    h = harness_new("redressctl");
    harness_start_kafka(h);
    harness_start_redis(h);
    return 0;
}

static int end(void **state) {
    (void)state;
    harness_close(h);
    buf_free(&said);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics),           cmocka_unit_test(test_before_any_worker),
        cmocka_unit_test(test_publish_and_look), cmocka_unit_test(test_rebuild),
        cmocka_unit_test(test_approve),          cmocka_unit_test(test_replay),
        cmocka_unit_test(test_replayed_in_vain), cmocka_unit_test(test_labels),
        cmocka_unit_test(test_redis_away),
    };
    return cmocka_run_group_tests(tests, start, end);
}
