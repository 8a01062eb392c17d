/* What a reader, a member and an asker make of a broker's answers, and a topic read whole
 * (outside/reading.h). */
#include "base/arena.h"
#include "mock_broker.h"
#include "outside/kafka.h"
#include "outside/reading.h"

#include <stdio.h>

/* A fetch of the reader before may still lie unread before the broker, and take an answer. */
enum { SURE = 3 };

static const enum topic watched[] = {TOPIC_EVENTS, TOPIC_NONE};

/* Records "<first>", ... of a topic's partition. */
static void fill(struct mock *mock, enum topic topic, int partition, int first, int count) {
    struct err err = {""};
    struct kafka_producer *producer = kafka_producer_new(&mock->kafka, NULL, &err);
    const struct header headers[] = {{"ce_type", "a", 1}, {"empty", "", 0}};
    char value[16];

    assert_non_null(producer);
    for (int i = 0; i < count; i++) {
        snprintf(value, sizeof value, "%d", first + i);
        const struct kafka_message message = {.topic = topic,
                                              .partition = partition,
                                              .key = "key",
                                              .key_len = 3,
                                              .value = i == 1 ? NULL : value,
                                              .value_len = i == 1 ? 0 : strlen(value),
                                              .headers = headers,
                                              .header_count = i % 3,
                                              .timestamp_ms = 1000 + i};
        assert_int_equal(kafka_produce(producer, &message, &err), KAFKA_DONE);
    }
    assert_int_equal(kafka_flush(producer, MOCK_LIMIT_MS, &err), KAFKA_DONE);
    kafka_producer_free(producer);
}

/* What comes next that is something, within the limit. */
static enum kafka_got next(struct kafka_consumer *consumer, struct kafka_record **record,
                           struct place *place, struct err *err) {
    enum kafka_got got = KAFKA_NOTHING;

    for (int tries = 0; got == KAFKA_NOTHING && tries < MOCK_LIMIT_MS / 100; tries++)
        got = kafka_poll(consumer, 100, record, place, err);
    return got;
}

/* What a handle hands out of the partition from `from` on: each record's offset, then the end. */
static void expect_records(struct mock *mock, struct kafka_consumer *consumer, int partition,
                           int64_t from, int64_t end) {
    struct arena *arena = arena_new();
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    struct raw raw;

    for (int64_t offset = from; offset < end; offset++) {
        enum kafka_got got = next(consumer, &record, &place, &err);
        if (got != KAFKA_RECORD) fail_msg("%d at offset %d: %s", got, (int)offset, err.text);
        kafka_record_raw(&mock->kafka, record, arena, &raw);
        assert_int_equal(raw.topic, TOPIC_EVENTS);
        assert_int_equal(raw.partition, partition);
        assert_int_equal(raw.offset, offset);
        kafka_record_free(record);
    }
    assert_int_equal(next(consumer, &record, &place, &err), KAFKA_END);
    assert_int_equal(place.topic, TOPIC_EVENTS);
    assert_int_equal(place.partition, partition);
    assert_int_equal(place.offset, end);
    arena_free(arena);
}

static void fetch(struct kafka_consumer *consumer, int partition, int64_t offset) {
    struct err err = {""};
    const struct place from[] = {{.topic = TOPIC_EVENTS, .partition = partition, .offset = offset}};
    if (kafka_fetch_from(consumer, from, 1, &err) < 0) fail_msg("%s", err.text);
}

static struct kafka_consumer *open_reader(struct mock *mock) {
    struct err err = {""};
    struct kafka_consumer *reader = kafka_reader_new(&mock->kafka, true, &err);
    if (!reader) fail_msg("%s", err.text);
    return reader;
}

static void a_record_comes_as_it_was_written(void **state) {
    struct mock *mock = mock_open();
    struct kafka_consumer *reader = open_reader(mock);
    struct arena *arena = arena_new();
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    struct raw raw;
    (void)state;

    fill(mock, TOPIC_EVENTS, 1, 7, 3);
    fetch(reader, 1, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next(reader, &record, &place, &err), KAFKA_RECORD);
        kafka_record_raw(&mock->kafka, record, arena, &raw);
        assert_int_equal(raw.offset, i);
        assert_int_equal(raw.timestamp_ms, 1000 + i);
        assert_int_equal(raw.appended_ms, 0);
        assert_int_equal(raw.key_len, 3);
        assert_memory_equal(raw.key, "key", 3);
        assert_null(raw.unreadable);
        assert_int_equal(raw.header_count, i);
        if (i == 1) {
            assert_null(raw.value);
        } else {
            assert_int_equal(raw.value_len, 1);
            assert_int_equal(raw.value[0], '7' + i);
        }
        if (i == 2) {
            assert_string_equal(raw.headers[0].name, "ce_type");
            assert_int_equal(raw.headers[0].value_len, 1);
            assert_string_equal(raw.headers[1].name, "empty");
            assert_int_equal(raw.headers[1].value_len, 0);
        }
        kafka_record_free(record);
    }
    arena_free(arena);
    kafka_consumer_free(reader);
    mock_close(mock);
}

/* The set is replaced whole, from where it is said; a pause ends with it. */
static void what_is_fetched_is_set_whole(void **state) {
    struct mock *mock = mock_open();
    struct kafka_consumer *reader = open_reader(mock);
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    const struct place paused[] = {{.topic = TOPIC_EVENTS, .partition = 1}};
    (void)state;

    fill(mock, TOPIC_EVENTS, 0, 0, 4);
    fill(mock, TOPIC_EVENTS, 1, 0, 6);
    fetch(reader, 0, 1);
    expect_records(mock, reader, 0, 1, 4);
    fetch(reader, 1, 4);
    expect_records(mock, reader, 1, 4, 6);

    assert_int_equal(kafka_pause(reader, paused, 1, true, &err), 0);
    fill(mock, TOPIC_EVENTS, 1, 6, 1);
    assert_int_equal(kafka_poll(reader, 100, &record, &place, &err), KAFKA_NOTHING);
    assert_int_equal(kafka_pause(reader, paused, 1, false, &err), 0);
    expect_records(mock, reader, 1, 6, 7);

    assert_int_equal(kafka_pause(reader, paused, 1, true, &err), 0);
    fetch(reader, 1, 2);
    expect_records(mock, reader, 1, 2, 7);
    assert_int_equal(kafka_fetch_from(reader, NULL, 0, &err), 0);
    assert_int_equal(kafka_poll(reader, 100, &record, &place, &err), KAFKA_NOTHING);
    kafka_consumer_free(reader);
    mock_close(mock);
}

/* What an answer to a fetch says of the handle. */
static void what_a_reader_makes_of_an_error(void **state) {
    static const struct {
        rd_kafka_resp_err_t answer;
        enum kafka_got got;
        const char *said;
    } rows[] = {
        {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, KAFKA_LOST, "_AUTO_OFFSET_RESET: "},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, KAFKA_DOUBLE, "the same REDRESS_INSTANCE"},
        {RD_KAFKA_RESP_ERR__FENCED, KAFKA_DOUBLE, "the same REDRESS_INSTANCE"},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_TROUBLE,
         "TOPIC_AUTHORIZATION_FAILED: "},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KAFKA_DAMAGED, "shop.events:1, offset 2: "},
        {RD_KAFKA_RESP_ERR__BAD_MSG, KAFKA_DAMAGED, "shop.events:1, offset 2: "},
        {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, KAFKA_DAMAGED, "shop.events:1, offset 2: "},
        {RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, KAFKA_DAMAGED, "shop.events:1, offset 2: "},
    };
    struct mock *mock = mock_open();
    (void)state;

    fill(mock, TOPIC_EVENTS, 1, 0, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kafka_consumer *reader = open_reader(mock);
        struct kafka_record *record = NULL;
        struct place place;
        struct err err = {""};
        mock_answer(mock, MOCK_FETCH, rows[i].answer, SURE);
        fetch(reader, 1, 2);
        enum kafka_got got = next(reader, &record, &place, &err);
        if (got != rows[i].got)
            fail_msg("%s: %d, expected %d: %s", rd_kafka_err2name(rows[i].answer), got, rows[i].got,
                     err.text);
        if (!strstr(err.text, rows[i].said)) fail_msg("%s: %s", rows[i].said, err.text);
        if (got == KAFKA_DAMAGED) assert_int_equal(place.offset, 2);
        kafka_consumer_free(reader);
        mock_answer_well(mock, MOCK_FETCH);
    }
    mock_close(mock);
}

struct watched {
    int assigned[MOCK_PARTITIONS];
    int assignments, revocations;
};

static void on_assigned(void *context, const struct place *places, int count) {
    struct watched *member = context;

    member->assignments++;
    assert_int_equal(count, MOCK_PARTITIONS);
    for (int i = 0; i < count; i++) {
        assert_int_equal(places[i].topic, TOPIC_EVENTS);
        assert_int_equal(places[i].offset, KAFKA_NO_OFFSET);
        member->assigned[places[i].partition]++;
    }
}

static void on_revoked(void *context, bool lost) {
    struct watched *member = context;
    (void)lost;
    member->revocations++;
}

static struct kafka_consumer *join(struct mock *mock, struct watched *member) {
    const struct kafka_hooks hooks = {member, on_assigned, on_revoked};
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    struct kafka_consumer *consumer = kafka_consumer_new(&mock->kafka, watched, &hooks, &err);

    if (!consumer) fail_msg("%s", err.text);
    assert_null(kafka_membership(consumer));
    for (int tries = 0; !member->assignments && tries < MOCK_LIMIT_MS / 100; tries++)
        assert_int_equal(kafka_poll(consumer, 100, &record, &place, &err), KAFKA_NOTHING);
    assert_int_equal(member->assignments, 1);
    assert_non_null(kafka_membership(consumer));

    return consumer;
}

/* Each record of a batch that a member cannot unpack is handed out, and stepped over. */
static void step_over(struct mock *mock, struct kafka_consumer *consumer) {
    struct arena *arena = arena_new();
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    struct raw raw;

    mock_answer(mock, MOCK_FETCH, RD_KAFKA_RESP_ERR__BAD_COMPRESSION, 1);
    fetch(consumer, 0, 1); /* the first of all: no other takes the answer */
    assert_int_equal(next(consumer, &record, &place, &err), KAFKA_RECORD);
    kafka_record_raw(&mock->kafka, record, arena, &raw);
    assert_int_equal(raw.topic, TOPIC_EVENTS);
    assert_int_equal(raw.partition, 0);
    assert_int_equal(raw.offset, 1);
    assert_non_null(raw.unreadable);
    assert_null(raw.value);
    kafka_record_free(record);
    expect_records(mock, consumer, 0, 2, 4);
    arena_free(arena);
}

static void ask_committed(struct mock *mock, struct kafka_consumer *consumer) {
    struct err err = {""};
    struct place none[] = {{.topic = TOPIC_EVENTS, .partition = 1, .offset = 5}};

    assert_int_equal(kafka_committed(consumer, none, 1, MOCK_LIMIT_MS, &err), OUTCOME_DONE);
    assert_int_equal(none[0].offset, KAFKA_NO_OFFSET);
    assert_string_equal(none[0].metadata, "");
    mock_answer(mock, MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1);
    assert_int_equal(kafka_committed(consumer, none, 1, MOCK_LIMIT_MS, &err), OUTCOME_WAIT);
    assert_non_null(strstr(err.text, "committed offsets: "));
    mock_answer_well(mock, MOCK_OFFSET_FETCH);
}

/* It gets all partitions, and nothing of them before it says from where. */
static void a_member_and_its_group(void **state) {
    struct mock *mock = mock_open();
    struct watched member = {.assignments = 0};
    struct err err = {""};
    struct kafka_record *record;
    struct place place;
    (void)state;

    fill(mock, TOPIC_EVENTS, 0, 0, 4);
    struct kafka_consumer *consumer = join(mock, &member);
    assert_int_equal(member.assigned[0], 1);
    assert_int_equal(member.assigned[1], 1);
    assert_int_equal(kafka_poll(consumer, 100, &record, &place, &err), KAFKA_NOTHING);
    step_over(mock, consumer);
    ask_committed(mock, consumer);

    kafka_consumer_free(consumer);
    assert_int_equal(member.revocations, 1);
    mock_close(mock);
}

static void what_can_be_asked(void **state) {
    struct mock *mock = mock_open();
    struct err err = {""};
    struct place places[] = {{.topic = TOPIC_EVENTS, .partition = 0, .offset = 77},
                             {.topic = TOPIC_EVENTS, .partition = 1, .offset = 77}};
    struct kafka_asker *asker = kafka_asker_new(&mock->kafka, &err);
    (void)state;

    assert_non_null(asker);
    fill(mock, TOPIC_EVENTS, 1, 0, 5);
    assert_int_equal(kafka_ends(asker, places, 2, MOCK_LIMIT_MS, &err), 0);
    assert_int_equal(places[0].offset, 0);
    assert_int_equal(places[1].offset, 5);
    assert_int_equal(kafka_starts(asker, places, 2, MOCK_LIMIT_MS, &err), 0);
    assert_int_equal(places[1].offset, 0);
    assert_int_equal(kafka_stable_ends(asker, places, 2, MOCK_LIMIT_MS, &err), 0);
    assert_int_equal(places[1].offset, 5);
    places[1].offset = 77;
    assert_int_equal(kafka_ends(asker, places, 0, MOCK_LIMIT_MS, &err), 0);
    assert_int_equal(places[1].offset, 77);

    mock_answer(mock, MOCK_LIST_OFFSETS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
    assert_int_equal(kafka_ends(asker, places, 2, MOCK_LIMIT_MS, &err), -1);
    assert_non_null(strstr(err.text, "offsets: "));
    assert_int_equal(places[1].offset, 77);
    mock_answer_well(mock, MOCK_LIST_OFFSETS);

    assert_int_equal(kafka_partitions(asker, TOPIC_EVENTS, MOCK_LIMIT_MS, &err), MOCK_PARTITIONS);
    kafka_asker_free(asker);
    kafka_asker_free(NULL);
    mock_close(mock);
}

/* Several groups by one asker, each by its own name. */
static void what_groups_have_committed(void **state) {
    struct mock *mock = mock_open();
    struct err err = {""};
    struct place set[] = {{.topic = TOPIC_EVENTS, .partition = 0, .offset = 3, .metadata = "log-1"},
                          {.topic = TOPIC_EVENTS, .partition = 1, .offset = 0}};
    struct kafka_asker *asker = kafka_asker_new(&mock->kafka, &err);
    (void)state;

    assert_non_null(asker);
    assert_int_equal(kafka_group_set(asker, "sla", set, 2, MOCK_LIMIT_MS, &err), 0);
    set[0].offset = 9;
    assert_int_equal(kafka_group_set(asker, "cohort", set, 1, MOCK_LIMIT_MS, &err), 0);

    for (int round = 0; round < 2; round++) {
        struct place found[] = {{.topic = TOPIC_EVENTS, .partition = 0},
                                {.topic = TOPIC_EVENTS, .partition = 1}};
        assert_int_equal(kafka_group_offsets(asker, "sla", found, 2, MOCK_LIMIT_MS, &err), 0);
        assert_int_equal(found[0].offset, 3);
        assert_string_equal(found[0].metadata, "log-1");
        assert_int_equal(found[1].offset, 0);
        assert_int_equal(kafka_group_offsets(asker, "cohort", found, 2, MOCK_LIMIT_MS, &err), 0);
        assert_int_equal(found[0].offset, 9);
        assert_int_equal(found[1].offset, KAFKA_NO_OFFSET);
    }
    static const struct {
        rd_kafka_resp_err_t answer;
        int result;
    } rows[] = {{RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1},
                {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1},
                {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_answer(mock, MOCK_OFFSET_COMMIT, rows[i].answer, 1);
        assert_int_equal(kafka_group_set(asker, "sla", set, 2, MOCK_LIMIT_MS, &err),
                         rows[i].result);
        assert_non_null(strstr(err.text, "offsets of group shop-sla: "));
    }
    mock_answer_well(mock, MOCK_OFFSET_COMMIT);
    mock_answer(mock, MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1);
    assert_int_equal(kafka_group_offsets(asker, "sla", set, 2, MOCK_LIMIT_MS, &err), -1);
    kafka_asker_free(asker);
    mock_close(mock);
}

/* Time that a test lets pass. */
static int64_t passed_ms;
int64_t __real_clock_boot_ms(void);
int64_t __wrap_clock_boot_ms(void);
int64_t __wrap_clock_boot_ms(void) {
    return __real_clock_boot_ms() + passed_ms;
}

/* How much of it passes when a poll has told of trouble: however slow the machine is, that was heard
 * before. */
static int64_t after_trouble_ms;
enum kafka_got __real_kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                                 struct kafka_record **record_out, struct place *place_out,
                                 struct err *err);
enum kafka_got __wrap_kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                                 struct kafka_record **record_out, struct place *place_out,
                                 struct err *err);
enum kafka_got __wrap_kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                                 struct kafka_record **record_out, struct place *place_out,
                                 struct err *err) {
    enum kafka_got got = __real_kafka_poll(consumer, timeout_ms, record_out, place_out, err);
    if (got == KAFKA_TROUBLE) passed_ms += after_trouble_ms;
    return got;
}

struct read {
    int count, stop_after;
    int64_t takes_ms; /* each record */
    int per_partition[MOCK_PARTITIONS];
};

static int take(void *context, const struct raw *raw) {
    struct read *read = context;
    read->per_partition[raw->partition]++;
    passed_ms += read->takes_ms;
    return ++read->count == read->stop_after;
}

static struct reading_plan plan_of(const struct mock *mock, struct kafka_asker *asker,
                                   int silence_ms, struct read *read) {
    assert_non_null(asker);
    return (struct reading_plan){.kafka = &mock->kafka,
                                 .asker = asker,
                                 .topic = TOPIC_EVENTS,
                                 .silence_ms = silence_ms,
                                 .each = take,
                                 .context = read};
}

static void a_topic_read_whole(void **state) {
    struct mock *mock = mock_open();
    struct err err = {""};
    struct kafka_asker *asker = kafka_asker_new(&mock->kafka, &err);
    struct read read = {.count = 0};
    struct reading_plan plan = plan_of(mock, asker, MOCK_LIMIT_MS, &read);
    (void)state;

    assert_int_equal(reading_run(&plan, &err), OUTCOME_DONE);
    assert_int_equal(read.count, 0);

    fill(mock, TOPIC_EVENTS, 1, 0, 5);
    assert_int_equal(reading_run(&plan, &err), OUTCOME_DONE);
    assert_int_equal(read.per_partition[0], 0);
    assert_int_equal(read.per_partition[1], 5);

    fill(mock, TOPIC_EVENTS, 0, 0, 3);
    read = (struct read){.count = 0};
    plan.end = READING_STABLE_END;
    assert_int_equal(reading_run(&plan, &err), OUTCOME_DONE);
    assert_int_equal(read.per_partition[0], 3);
    assert_int_equal(read.per_partition[1], 5);

    const struct place from[] = {{.topic = TOPIC_EVENTS, .partition = 0, .offset = 3},
                                 {.topic = TOPIC_EVENTS, .partition = 1, .offset = 4}};
    plan.from = from;
    plan.from_count = 2;
    read = (struct read){.count = 0};
    assert_int_equal(reading_run(&plan, &err), OUTCOME_DONE);
    assert_int_equal(read.per_partition[0], 0);
    assert_int_equal(read.per_partition[1], 1);

    plan.from = NULL;
    plan.from_count = 0;
    read = (struct read){.stop_after = 2};
    assert_int_equal(reading_run(&plan, &err), OUTCOME_STOP);
    assert_int_equal(read.count, 2);
    kafka_asker_free(asker);
    mock_close(mock);
}

/* A reader that takes its time hears something all the while: it is not given up. */
static void a_reading_that_is_slow(void **state) {
    struct mock *mock = mock_open();
    struct err err = {""};
    struct kafka_asker *asker = kafka_asker_new(&mock->kafka, &err);
    struct read read = {.takes_ms = MOCK_LIMIT_MS};
    const struct reading_plan plan = plan_of(mock, asker, 2 * MOCK_LIMIT_MS, &read);
    (void)state;

    fill(mock, TOPIC_EVENTS, 1, 0, 5);
    if (reading_run(&plan, &err) != OUTCOME_DONE) fail_msg("%s", err.text);
    assert_int_equal(read.count, 5);
    kafka_asker_free(asker);
    mock_close(mock);
}

/* What is silent is given up, with what was heard last. */
static void a_reading_that_is_given_up(void **state) {
    struct mock *mock = mock_open();
    struct err err = {""};
    struct kafka_asker *asker = kafka_asker_new(&mock->kafka, &err);
    struct read read = {.count = 0};
    struct reading_plan plan = plan_of(mock, asker, 60000, &read);
    (void)state;

    fill(mock, TOPIC_EVENTS, 1, 0, 2);
    mock_answer(mock, MOCK_FETCH, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1000);
    after_trouble_ms = plan.silence_ms;
    assert_int_equal(reading_run(&plan, &err), OUTCOME_WAIT);
    assert_string_equal(err.text, "silent for 60 s, 1 partitions are not read to their end: "
                                  "TOPIC_AUTHORIZATION_FAILED: Fetch from broker 1 failed: "
                                  "Broker: Topic authorization failed");
    after_trouble_ms = 0;
    mock_answer_well(mock, MOCK_FETCH);
    mock_answer(mock, MOCK_FETCH, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, SURE);
    assert_int_equal(reading_run(&plan, &err), OUTCOME_WAIT);
    mock_answer_well(mock, MOCK_FETCH);
    mock_answer(mock, MOCK_FETCH, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, SURE);
    assert_int_equal(reading_run(&plan, &err), OUTCOME_STOP);
    mock_answer_well(mock, MOCK_FETCH);

    char name[KAFKA_NAME_MAX];
    rd_kafka_mock_topic_set_error(mock->cluster, kafka_topic(&mock->kafka, TOPIC_CLAIMS, name),
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    plan.topic = TOPIC_CLAIMS;
    assert_int_equal(reading_run(&plan, &err), OUTCOME_STOP);
    assert_string_equal(err.text,
                        "the topic shop.claims does not exist; run `redressctl topics create`");
    assert_int_equal(read.count, 0);
    kafka_asker_free(asker);
    mock_close(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_as_it_was_written),
        cmocka_unit_test(what_is_fetched_is_set_whole),
        cmocka_unit_test(what_a_reader_makes_of_an_error),
        cmocka_unit_test(a_member_and_its_group),
        cmocka_unit_test(what_can_be_asked),
        cmocka_unit_test(what_groups_have_committed),
        cmocka_unit_test(a_topic_read_whole),
        cmocka_unit_test(a_reading_that_is_slow),
        cmocka_unit_test(a_reading_that_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
