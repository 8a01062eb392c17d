/* What a producer makes of a broker's answers: what may be tried again, what aborts, and what means
 * a new handle; where each record went, and why one is refused. */
#include "base/ids.h"
#include "mock_broker.h"
#include "outside/kafka.h"

#include <stdio.h>

static const enum topic written[] = {TOPIC_EVENTS, TOPIC_NONE};

static void expect(enum kafka_outcome found, enum kafka_outcome expected, const struct err *err) {
    if (found != expected) fail_msg("outcome %d, expected %d: %s", found, expected, err->text);
}

static void ready(struct kafka_producer *producer) {
    struct err err = {""};
    enum kafka_outcome outcome = KAFKA_LATER;

    for (int tries = 0; outcome == KAFKA_LATER && tries < 20; tries++)
        outcome = kafka_producer_ready(producer, written, 1000, &err);
    expect(outcome, KAFKA_DONE, &err);
}

static struct kafka_producer *open_producer(struct mock *mock, const char *transactional_id) {
    struct err err = {""};
    struct kafka_producer *producer = kafka_producer_new(&mock->kafka, transactional_id, &err);

    if (!producer) fail_msg("%s", err.text);
    return producer;
}

static struct kafka_producer *ready_producer(struct mock *mock) {
    struct kafka_producer *producer = open_producer(mock, "shop-sla-0");
    ready(producer);
    return producer;
}

static void begin(struct kafka_producer *producer) {
    struct err err = {""};
    expect(kafka_begin(producer, &err), KAFKA_DONE, &err);
}

static enum kafka_outcome write_one(struct kafka_producer *producer, const char *key, int partition,
                                    struct kafka_delivery *delivery, struct err *err) {
    const struct kafka_message message = {.topic = TOPIC_EVENTS,
                                          .partition = partition,
                                          .key = key,
                                          .key_len = strlen(key),
                                          .value = "{}",
                                          .value_len = 2,
                                          .delivery = delivery};
    return kafka_produce(producer, &message, err);
}

/* By key where no partition is named, as every other client of Kafka does it. */
static void each_record_says_where_it_went(void **state) {
    struct mock *mock = mock_open();
    struct kafka_producer *producer = open_producer(mock, NULL);
    struct kafka_asker *asker;
    struct err err = {""};
    enum { RECORDS = 16 };
    struct kafka_delivery deliveries[RECORDS];
    int64_t next[MOCK_PARTITIONS] = {0};
    char key[16];
    int by_key_1 = -1; /* goes to partition 1, unless another is named */
    (void)state;

    do snprintf(key, sizeof key, "case-%d", ++by_key_1);
    while (ids_partition(key, strlen(key), MOCK_PARTITIONS) != 1);

    ready(producer);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(key, sizeof key, "case-%d", i < 2 ? by_key_1 : i);
        deliveries[i] = (struct kafka_delivery){.offset = -1};
        expect(write_one(producer, key, i < 2 ? i : -1, &deliveries[i], &err), KAFKA_DONE, &err);
    }
    expect(kafka_flush(producer, MOCK_LIMIT_MS, &err), KAFKA_DONE, &err);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(key, sizeof key, "case-%d", i);
        int partition = i < 2 ? i : ids_partition(key, strlen(key), MOCK_PARTITIONS);
        assert_int_equal(deliveries[i].offset, next[partition]++);
        assert_int_equal(deliveries[i].refusal, KAFKA_NOT_REFUSED);
    }
    assert_true(next[0] > 1 && next[1] > 1);

    asker = kafka_asker_new(&mock->kafka, &err);
    assert_non_null(asker);
    struct place ends[] = {{.topic = TOPIC_EVENTS, .partition = 0},
                           {.topic = TOPIC_EVENTS, .partition = 1}};
    assert_int_equal(kafka_ends(asker, ends, 2, MOCK_LIMIT_MS, &err), 0);
    assert_int_equal(ends[0].offset, next[0]);
    assert_int_equal(ends[1].offset, next[1]);
    kafka_asker_free(asker);
    kafka_producer_free(producer);
    mock_close(mock);
}

/* What the broker says of a record decides whether it will ever be taken; in each case the
 * transaction goes. */
static void a_refused_record(void **state) {
    static const struct {
        rd_kafka_resp_err_t answer;
        enum kafka_refusal refusal;
    } rows[] = {{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KAFKA_TOO_LARGE},
                {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, KAFKA_TOO_LARGE},
                {RD_KAFKA_RESP_ERR_INVALID_RECORD, KAFKA_NOT_VALID},
                {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, KAFKA_NOT_REFUSED}};
    struct mock *mock = mock_open();
    struct kafka_producer *producer = ready_producer(mock);
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kafka_delivery delivery = {.offset = -1};
        struct err err = {""};
        begin(producer);
        mock_answer(mock, MOCK_PRODUCE, rows[i].answer, 1);
        expect(write_one(producer, "k", 0, &delivery, &err), KAFKA_DONE, &err);
        expect(kafka_flush(producer, MOCK_LIMIT_MS, &err), KAFKA_ABORT, &err);
        assert_non_null(strstr(err.text, "not delivered to shop.events: "));
        assert_int_equal(delivery.offset, KAFKA_NO_OFFSET);
        assert_int_equal(delivery.refusal, rows[i].refusal);
        expect(kafka_commit(producer, &err), KAFKA_ABORT, &err);
        assert_non_null(strstr(err.text, "; not delivered to shop.events: "));
        expect(kafka_abort(producer, &err), KAFKA_DONE, &err);
    }

    kafka_producer_free(producer);
    mock_close(mock);
}

/* It does not even leave the process. */
static void a_record_beyond_our_own_limit(void **state) {
    struct mock *mock = mock_open();
    mock->kafka.sizes.record = 1000;
    struct kafka_producer *producer = ready_producer(mock);
    struct err err = {""};
    struct kafka_delivery delivery = {.offset = -1};
    static const char value[2000] = "";
    struct kafka_message message = {
        .topic = TOPIC_EVENTS, .value = value, .value_len = sizeof value, .delivery = &delivery};
    (void)state;

    begin(producer);
    expect(kafka_produce(producer, &message, &err), KAFKA_ABORT, &err);
    assert_int_equal(delivery.refusal, KAFKA_TOO_LARGE);
    assert_string_equal(err.text, "produce to shop.events: Broker: Message size too large");
    message.delivery = NULL;
    expect(kafka_produce(producer, &message, &err), KAFKA_ABORT, &err);
    expect(kafka_abort(producer, &err), KAFKA_DONE, &err);
    kafka_producer_free(producer);
    mock_close(mock);
}

/* A transaction with a record in it is ended while the broker answers so; the producer after it. */
static struct kafka_producer *end_one(struct mock *mock, rd_kafka_resp_err_t answer,
                                      enum kafka_outcome (*end)(struct kafka_producer *,
                                                                struct err *),
                                      enum kafka_outcome expected) {
    struct kafka_producer *producer = ready_producer(mock);
    struct err err = {""};

    begin(producer);
    expect(write_one(producer, "k", 0, NULL, &err), KAFKA_DONE, &err);
    expect(kafka_flush(producer, MOCK_LIMIT_MS, &err), KAFKA_DONE, &err);
    if (answer) mock_answer(mock, MOCK_END_TXN, answer, 1);
    enum kafka_outcome found = end(producer, &err);
    if (found != expected)
        fail_msg("%s: outcome %d, expected %d: %s", rd_kafka_err2name(answer), found, expected,
                 err.text);
    mock_answer_well(mock, MOCK_END_TXN);

    return producer;
}

/* A transaction counts only when its end was asked for once and answered well. */
static void how_a_commit_may_end(void **state) {
    static const struct {
        rd_kafka_resp_err_t answer;
        enum kafka_outcome commit;
    } rows[] = {{RD_KAFKA_RESP_ERR_NO_ERROR, KAFKA_DONE},
                {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, KAFKA_REBUILD},
                {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, KAFKA_REBUILD},
                {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, KAFKA_ABORT},
                {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, KAFKA_FENCED},
                {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, KAFKA_FENCED},
                {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KAFKA_REBUILD}};
    struct mock *mock = mock_open();
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kafka_producer *producer =
            end_one(mock, rows[i].answer, kafka_commit, rows[i].commit);
        struct err err = {""};
        if (rows[i].commit == KAFKA_FENCED) expect(kafka_begin(producer, &err), KAFKA_FENCED, &err);
        kafka_producer_free(producer);
    }
    mock_close(mock);
}

static void nothing_assigned(void *context, const struct place *places, int count) {
    int *assigned = context;
    (void)places;
    *assigned += count;
}

static void nothing_revoked(void *context, bool lost) {
    (void)context, (void)lost;
}

static struct kafka_consumer *join(struct mock *mock) {
    int assigned = 0;
    const struct kafka_hooks hooks = {&assigned, nothing_assigned, nothing_revoked};
    struct err err = {""};
    struct kafka_consumer *member = kafka_consumer_new(&mock->kafka, written, &hooks, &err);
    if (!member) fail_msg("%s", err.text);

    for (int tries = 0; !assigned && tries < MOCK_LIMIT_MS / 100; tries++) {
        struct kafka_record *record;
        struct place place;
        assert_int_equal(kafka_poll(member, 100, &record, &place, &err), KAFKA_NOTHING);
    }
    assert_int_equal(assigned, MOCK_PARTITIONS);
    return member;
}

/* What passes by itself is asked again, with the same arguments; a member that is none any more
 * aborts. */
static void how_offsets_may_be_taken(void **state) {
    static const struct {
        enum mock_question question;
        rd_kafka_resp_err_t answer;
        enum kafka_outcome outcome;
    } rows[] = {
        {MOCK_TXN_OFFSETS, RD_KAFKA_RESP_ERR_NO_ERROR, KAFKA_DONE},
        {MOCK_TXN_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, KAFKA_DONE},
        {MOCK_TXN_OFFSETS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, KAFKA_ABORT},
        {MOCK_TXN_OFFSETS, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, KAFKA_ABORT},
        {MOCK_ADD_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, KAFKA_FENCED},
    };
    struct mock *mock = mock_open();
    struct kafka_consumer *member = join(mock);
    const struct place places[] = {{.topic = TOPIC_EVENTS, .offset = 7, .metadata = "log-1"}};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kafka_producer *producer = ready_producer(mock);
        struct err err = {""};
        begin(producer);
        if (rows[i].answer) mock_answer(mock, rows[i].question, rows[i].answer, 1);
        enum kafka_outcome found =
            kafka_send_offsets(producer, places, 1, kafka_membership(member), &err);
        if (found != rows[i].outcome)
            fail_msg("%s: outcome %d, expected %d: %s", rd_kafka_err2name(rows[i].answer), found,
                     rows[i].outcome, err.text);
        if (found == KAFKA_DONE) expect(kafka_commit(producer, &err), KAFKA_DONE, &err);
        kafka_producer_free(producer);
    }
    kafka_consumer_free(member);
    mock_close(mock);
}

/* The end of one that is given up is as uncertain; nothing but a clean one is gone on with. */
static void how_an_abort_may_end(void **state) {
    static const struct {
        rd_kafka_resp_err_t answer;
        enum kafka_outcome abort;
    } rows[] = {{RD_KAFKA_RESP_ERR_NO_ERROR, KAFKA_DONE},
                {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, KAFKA_REBUILD},
                {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, KAFKA_FENCED},
                {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KAFKA_REBUILD}};
    struct mock *mock = mock_open();
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        kafka_producer_free(end_one(mock, rows[i].answer, kafka_abort, rows[i].abort));
    mock_close(mock);
}

/* Before anything is written: a rival ends it, what passes by itself is asked again. */
static void who_is_not_ready(void **state) {
    struct mock *mock = mock_open();
    struct kafka_producer *producer = open_producer(mock, "shop-sla-0");
    struct err err = {""};
    (void)state;

    mock_answer(mock, MOCK_INIT_PRODUCER, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1000);
    expect(kafka_producer_ready(producer, written, 300, &err), KAFKA_LATER, &err);
    assert_non_null(strstr(err.text, "init transactions: "));
    mock_answer_well(mock, MOCK_INIT_PRODUCER);
    ready(producer);
    expect(kafka_producer_ready(producer, written, 0, &err), KAFKA_DONE, &err);
    kafka_producer_free(producer);

    producer = open_producer(mock, "shop-sla-0");
    mock_answer(mock, MOCK_INIT_PRODUCER, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                1);
    expect(kafka_producer_ready(producer, written, MOCK_LIMIT_MS, &err), KAFKA_REBUILD, &err);
    kafka_producer_free(producer);

    mock_answer_well(mock, MOCK_INIT_PRODUCER);
    rd_kafka_mock_broker_set_down(mock->cluster, MOCK_BROKER);
    producer = open_producer(mock, NULL);
    expect(kafka_producer_ready(producer, written, 100, &err), KAFKA_LATER, &err);
    assert_string_equal(err.text, "no metadata of the topics yet");
    rd_kafka_mock_broker_set_up(mock->cluster, MOCK_BROKER);
    ready(producer);
    kafka_producer_free(producer);
    mock_close(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_says_where_it_went),
        cmocka_unit_test(a_refused_record),
        cmocka_unit_test(a_record_beyond_our_own_limit),
        cmocka_unit_test(how_a_commit_may_end),
        cmocka_unit_test(how_offsets_may_be_taken),
        cmocka_unit_test(how_an_abort_may_end),
        cmocka_unit_test(who_is_not_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
