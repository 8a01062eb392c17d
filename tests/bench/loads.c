/* loads: what a benchmark puts into Kafka and what it reads back, at the speed of the client alone.
 *     loads cases BROKER TOPIC PARTITIONS N DUE_S SPREAD_S   case.opened and case.classified of N
 *         cases whose first contact is due in DUE_S seconds (two hours after they were opened)
 *     loads count BROKER TOPIC PARTITIONS N TYPE             waits until N of this type are committed
 *     loads late BROKER TOPIC PARTITIONS N WAIT_S            breaches from now on: how late they are
 * They print one line of JSON. */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ALLOWED_S = 7200, WAIT_MAX_S = 300, TEXT_MAX = 2048 };

struct run {
    const char *broker, *topic;
    int partitions;
    int64_t wanted;
    rd_kafka_t *kafka;
};

static void fail(const char *why) {
    fprintf(stderr, "loads: %s\n", why);
    exit(70);
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static rd_kafka_t *open_kafka(const struct run *run, rd_kafka_type_t type,
                              const char *const *settings) {
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (rd_kafka_conf_set(conf, "bootstrap.servers", run->broker, why, sizeof why)) fail(why);
    for (; *settings; settings += 2)
        if (rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof why)) fail(why);
    rd_kafka_t *kafka = rd_kafka_new(type, conf, why, sizeof why);
    if (!kafka) fail(why);
    return kafka;
}

/* ---- Writing ---- */

static void put(const struct run *run, const char *id, const char *type, const char *time,
                const char *value) {
    char event[96];
    char route[14];
    snprintf(event, sizeof event, "%s:%s", id, type);
    snprintf(route, sizeof route, "%.13s", id);
    int partition = rd_kafka_msg_partitioner_murmur2(NULL, route, 13, run->partitions, NULL, NULL);

    for (;;) {
        rd_kafka_resp_err_t failed = rd_kafka_producev(
            run->kafka, RD_KAFKA_V_TOPIC(run->topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_KEY(route, 13), RD_KAFKA_V_VALUE((void *)(uintptr_t)value, strlen(value)),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADER("ce_specversion", "1.0", 3),
            RD_KAFKA_V_HEADER("ce_type", type, -1), RD_KAFKA_V_HEADER("ce_id", event, -1),
            RD_KAFKA_V_HEADER("ce_source", "/intake", -1), RD_KAFKA_V_HEADER("ce_time", time, -1),
            RD_KAFKA_V_HEADER("ce_subject", id, -1),
            RD_KAFKA_V_HEADER("content-type", "application/json", -1), RD_KAFKA_V_END);
        if (!failed) return;
        if (failed != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(failed));
        rd_kafka_poll(run->kafka, 10);
    }
}

/* Ids as the contract has them, spread as hashes are. */
static void make_id(int64_t number, char out[32]) {
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t hash = (uint64_t)number * 0x9E3779B97F4A7C15U;

    hash ^= hash >> 29;
    for (int i = 12; i >= 0; i--, hash >>= 5) out[i] = digits[hash & 31];
    out[0] = digits[number & 15];
    snprintf(out + 13, 19, "-%07llX", (unsigned long long)number & 0xFFFFFFF);
}

static void put_case(const struct run *run, int64_t number, int64_t opened_s) {
    char id[32], time[32], value[TEXT_MAX];
    time_t seconds = (time_t)opened_s;
    struct tm tm;

    make_id(number, id);
    gmtime_r(&seconds, &tm);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &tm);
    snprintf(value, sizeof value,
             "{\"case_id\":\"%s\",\"tenant\":\"default\",\"channel\":\"im\",\"opened_at\":\"%s\","
             "\"customer\":{\"id\":\"u%lld\",\"tier\":\"regular\",\"locale\":\"zh-CN\",\"phone\":"
             "\"+8613800000000\"},\"order\":{\"id\":\"o%lld\",\"status\":\"signed\",\"amount\":{"
             "\"currency\":\"CNY\",\"minor\":%lld},\"carrier\":\"SF\",\"warehouse\":\"HZ1\"},"
             "\"items\":[{\"sku\":\"S%lld\",\"name\":\"夏季连衣裙\",\"category\":\"apparel\","
             "\"quantity\":1,\"price\":{\"currency\":\"CNY\",\"minor\":29900}}],\"text\":"
             "\"收到的连衣裙袖口脱线,拉链也坏了,要求换货并给个说法\"}",
             id, time, (long long)number, (long long)number, 1000 + (long long)number % 90000,
             (long long)number % 5000);
    put(run, id, "case.opened", time, value);
    snprintf(value, sizeof value,
             "{\"case_id\":\"%s\",\"class\":\"quality.flaw\",\"severity\":\"P2\",\"flags\":[],"
             "\"confidence\":0.93,\"reasons\":[],\"rules_version\":\"1\"}",
             id);
    put(run, id, "case.classified", time, value);
}

static void write_cases(struct run *run, int64_t due_s, int64_t spread_s) {
    static const char *const settings[] = {
        "linger.ms", "10", "compression.codec", "lz4", "queue.buffering.max.messages",
        "500000",    NULL};
    int64_t first_s = (int64_t)time(NULL) + due_s - ALLOWED_S;

    run->kafka = open_kafka(run, RD_KAFKA_PRODUCER, settings);
    for (int64_t i = 0; i < run->wanted; i++) {
        put_case(run, i, first_s + spread_s * i / run->wanted);
        if (i % 512 == 0) rd_kafka_poll(run->kafka, 0);
    }
    if (rd_kafka_flush(run->kafka, WAIT_MAX_S * 1000)) fail("not all was taken");
    printf("{\"cases\":%lld}\n", (long long)run->wanted);
}

/* ---- Reading ---- */

static void read_from(struct run *run, int64_t offset) {
    static const char *const settings[] = {"group.id",
                                           "loads",
                                           "isolation.level",
                                           "read_committed",
                                           "enable.auto.commit",
                                           "false",
                                           "fetch.wait.max.ms",
                                           "5",
                                           "fetch.error.backoff.ms",
                                           "5",
                                           NULL};

    run->kafka = open_kafka(run, RD_KAFKA_CONSUMER, settings);
    rd_kafka_poll_set_consumer(run->kafka);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(run->partitions);
    for (int i = 0; i < run->partitions; i++)
        rd_kafka_topic_partition_list_add(list, run->topic, i)->offset = offset;
    if (rd_kafka_assign(run->kafka, list)) fail("nothing can be read");
    rd_kafka_topic_partition_list_destroy(list);
}

/* The next message of this type; NULL: not now. The caller destroys it. */
static rd_kafka_message_t *next_of(const struct run *run, const char *type) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(run->kafka, 50);
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;

    if (!message) return NULL;
    bool wanted = !message->err && !rd_kafka_message_headers(message, &headers) &&
                  !rd_kafka_header_get_last(headers, "ce_type", &value, &len) &&
                  len == strlen(type) && memcmp(value, type, len) == 0;
    if (wanted) return message;
    rd_kafka_message_destroy(message);
    return NULL;
}

static void count(struct run *run, const char *type) {
    int64_t got = 0;
    double first = 0;
    double last = 0;
    double until = now_ms() + WAIT_MAX_S * 1e3;

    read_from(run, RD_KAFKA_OFFSET_BEGINNING);
    while (got < run->wanted && now_ms() < until) {
        rd_kafka_message_t *message = next_of(run, type);
        if (!message) continue;
        last = now_ms();
        if (!got++) first = last;
        rd_kafka_message_destroy(message);
    }
    printf("{\"got\":%lld,\"seconds\":%.3f}\n", (long long)got, (last - first) / 1e3);
}

/* 0: the breach names no deadline. */
static double due_of(const rd_kafka_message_t *message) {
    char text[TEXT_MAX];
    struct tm tm = {0};
    double fraction = 0;
    size_t len = message->len < sizeof text - 1 ? message->len : sizeof text - 1;

    memcpy(text, message->payload, len);
    text[len] = 0;
    const char *at = strstr(text, "\"due_at\":\"");
    if (!at) return 0;
    const char *rest = strptime(at + strlen("\"due_at\":\""), "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest) return 0;
    if (*rest == '.') fraction = strtod(rest, NULL);
    return ((double)timegm(&tm) + fraction) * 1e3;
}

static int by_size(const void *a, const void *b) {
    double one = *(const double *)a;
    double two = *(const double *)b;
    return (one > two) - (one < two);
}

static void late(struct run *run, int64_t wait_s) {
    double *at = calloc((size_t)run->wanted, sizeof *at);
    double until = now_ms() + (double)wait_s * 1e3;
    double first = 0;
    double last = 0;
    int64_t got = 0;
    if (!at) fail("memory");

    read_from(run, RD_KAFKA_OFFSET_END);
    while (got < run->wanted && now_ms() < until) {
        rd_kafka_message_t *message = next_of(run, "sla.breached");
        if (!message) continue;
        double due = due_of(message);
        last = now_ms();
        if (!got || due < first) first = due;
        at[got++] = last - due;
        rd_kafka_message_destroy(message);
    }
    qsort(at, (size_t)got, sizeof *at, by_size);
    printf("{\"got\":%lld,\"early\":%s,\"p50\":%.1f,\"p99\":%.1f,\"last_s\":%.2f}\n",
           (long long)got, got && at[0] < 0 ? "true" : "false", got ? at[got / 2] : 0,
           got ? at[got * 99 / 100] : 0, (last - first) / 1e3);
    free(at);
}

int main(int argc, char **argv) {
    if (argc < 7) fail("see the head of tests/bench/loads.c");
    struct run run = {
        .broker = argv[2], .topic = argv[3], .partitions = atoi(argv[4]), .wanted = atoll(argv[5])};

    if (strcmp(argv[1], "cases") == 0 && argc == 8)
        write_cases(&run, atoll(argv[6]), atoll(argv[7]));
    else if (strcmp(argv[1], "count") == 0)
        count(&run, argv[6]);
    else if (strcmp(argv[1], "late") == 0)
        late(&run, atoll(argv[6]));
    else
        fail("see the head of tests/bench/loads.c");
    return 0;
}
