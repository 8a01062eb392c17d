/* The SDKs that others use: complaints published by those for Python and JavaScript, in both modes,
 * as data and as bytes, are accepted as they were meant; everything that the workers write, about
 * all that can happen to a case, is read by those for Java and Python, each attribute as it was
 * written, and is as its schema says. */
#include "base/clock.h"
#include "base/file.h"
#include "contract/contract.h"
#include "data/json.h"
#include "pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SDK       REDRESS_SOURCE_DIR "/tests/integration/sdk/"
#define COMPLAINT SDK "complaints.jsonl"

enum { LIMIT_MS = PIPELINE_WITHIN_MS, FILE_MAX = 16 * 1024 * 1024, LINES_MAX = 4096 };

static const struct json_limits no_limits = {.bytes = FILE_MAX, .depth = 100, .values = 1000000};

struct scene {
    struct pipeline *pipeline;
    struct arena *arena;
    const char *python, *node, *java; /* where each language finds its SDK */
    char time[CLOCK_TEXT_MAX];        /* of all complaints */
    int64_t time_ms;
};

static const struct tree *read_json(struct scene *scene, const char *bytes, size_t len) {
    const struct tree *tree = NULL;
    struct err err;

    if (json_read(scene->arena, bytes, len, &no_limits, &tree, &err) != JSON_OK)
        fail_msg("%s: %.*s", err.text, (int)len, bytes);
    return tree;
}

/* ---- Programs ---- */

static const char *fetched(struct scene *scene, const char *what) {
    const char *folder = harness_fetch(scene->pipeline->h, scene->arena, what);

    if (!folder) wait_fail("%s is needed", what);
    return folder;
}

static void run(struct scene *scene, const char *const *words) {
    struct harness *h = scene->pipeline->h;
    struct process process;

    process_init(&process, h->dir, words[0]);
    process_env_basic(&process);
    process_env(&process, "PYTHONPATH=%s", scene->python);
    process_env(&process, "SDK_NODE=%s", scene->node);
    for (int i = 0; words[i]; i++) process_arg(&process, "%s", words[i]);
    process_start(&process);
    bool ended = process_wait(&process, LIMIT_MS);
    if (!ended || process_exit_status(&process) != 0) {
        process_log_tail(&process, 20);
        wait_fail("%s %s failed", words[0], words[1]);
    }
    process_free(&process);
}

static const char *in_dir(struct scene *scene, const char *name) {
    return arena_printf(scene->arena, "%s/%s", scene->pipeline->h->dir, name);
}

static const char *topic_of(struct scene *scene, enum topic topic) {
    return arena_printf(scene->arena, "%s.%s", scene->pipeline->h->prefix, topic_name(topic));
}

static void open_scene(struct scene *scene) {
    *scene = (struct scene){.arena = arena_new(), .pipeline = pipeline_new("sdk", 4)};
    scene->python = fetched(scene, "sdk-python");
    scene->node = fetched(scene, "sdk-node");
    scene->java = fetched(scene, "sdk-java");
    scene->time_ms = clock_now_ms();
    clock_format(scene->time_ms, scene->time);
    process_env(scene->pipeline->workers[PIPELINE_SLA], "REDRESS_POLICY_DIR=%s",
                REDRESS_SOURCE_DIR "/tests/harness/policies-seconds");
    pipeline_start(scene->pipeline);
}

static void publish_all(struct scene *scene) {
    const char *const topic = topic_of(scene, TOPIC_COMPLAINTS);
    const char *const bootstrap = scene->pipeline->h->bootstrap;

    run(scene, (const char *[]){"python3", SDK "publish.py", bootstrap, topic, COMPLAINT,
                                scene->time, NULL});
    run(scene, (const char *[]){"node", SDK "publish.mjs", bootstrap, topic, COMPLAINT, scene->time,
                                NULL});
}

/* ---- What was published ---- */

/* A line of complaints.jsonl, as one of the SDKs sent it. */
struct sent {
    const struct tree *line;
    const char *id, *source, *rejected;
};

static struct sent sent_of(const struct tree *line, const char *source) {
    const char *own = tree_text(tree_get(line, "attributes"), "source");

    return (struct sent){.line = line,
                         .id = tree_text(line, "id"),
                         .source = own ? own : source,
                         .rejected = tree_text(line, "rejected")};
}

static const struct tail_event *find_sent(struct scene *scene, const struct sent *sent) {
    const struct tail_event *event;

    for (int i = 0; (event = tail_at(scene->pipeline->events, i)); i++)
        if (strcmp(event->ev.id, sent->id) == 0 && strcmp(event->ev.source, sent->source) == 0)
            return event;
    fail_msg("%s of %s is not in the log", sent->id, sent->source);
    return NULL;
}

/* What the contract knows of a complaint, and nothing else. */
static const char *known_part(struct scene *scene, const struct tree *data) {
    struct complaint complaint = {0};
    struct faults faults = {.arena = scene->arena};
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    if (fields_decode(&contract_complaint_submitted, data, FIELDS_INBOUND, scene->arena, &complaint,
                      &faults) != 0)
        fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    fields_encode(&contract_complaint_submitted, &complaint, &out);
    const char *text = arena_strndup(scene->arena, buf.at, buf.len);
    buf_free(&buf);

    return text;
}

static void check_accepted(struct scene *scene, const struct sent *sent) {
    const struct tail_event *event = find_sent(scene, sent);
    const struct tree *sequence = tree_get(sent->line, "sequence");
    const char *trace = tree_text(tree_get(sent->line, "attributes"), "traceparent");

    assert_int_equal(event->ev.time_ms, scene->time_ms);
    assert_int_equal(event->ev.sequence, sequence ? sequence->num : EVENT_NO_SEQUENCE);
    assert_string_equal(event->ev.traceparent ? event->ev.traceparent : "", trace ? trace : "");
    assert_string_equal(known_part(scene, event->ev.data),
                        known_part(scene, tree_get(sent->line, "data")));
    if (strstr(event->data, "nor this")) fail_msg("%s: a field was copied on", sent->id);
}

struct refusals {
    const struct sent *sent;
    int count, all;
};

static bool is_of(const struct raw *raw, const char *id) {
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\"", id);
    if (memmem(raw->value, raw->value_len, quoted, strlen(quoted))) return true;
    for (int i = 0; i < raw->header_count; i++)
        if (strcmp(raw->headers[i].name, "ce_id") == 0 && raw->headers[i].value_len == strlen(id) &&
            memcmp(raw->headers[i].value, id, strlen(id)) == 0)
            return true;
    return false;
}

static void see_refusal(void *context, const struct raw *raw) {
    struct refusals *seen = context;
    const char *reason = seen->sent->rejected;

    seen->all++;
    if (!reason || !is_of(raw, seen->sent->id)) return;
    for (int i = 0; i < raw->header_count; i++)
        seen->count += strcmp(raw->headers[i].name, "redress_reason") == 0 &&
                       raw->headers[i].value_len == strlen(reason) &&
                       memcmp(raw->headers[i].value, reason, strlen(reason)) == 0;
}

/* Both SDKs sent it. */
static int check_refused(struct scene *scene, const struct sent *sent) {
    struct refusals seen = {.sent = sent};

    world_read(scene->pipeline->world, TOPIC_REJECTED, NULL, see_refusal, &seen);
    if (sent->rejected && seen.count != 2)
        fail_msg("%s: %d times %s, expected twice", sent->id, seen.count, sent->rejected);
    return seen.all;
}

static void check_published(struct scene *scene) {
    static const char *const sources[] = {"/sdk/python", "/sdk/javascript"};
    const char *bytes;
    size_t len;
    struct err err;
    struct file_line line = {0};
    int refused = 0;
    int all = 0;

    assert_int_equal(file_read(scene->arena, COMPLAINT, FILE_MAX, &bytes, &len, &err), 0);
    for (const char *from = bytes; file_next_line(&from, bytes + len, &line);) {
        const struct tree *given = read_json(scene, line.at, line.len);
        for (int i = 0; i < 2; i++) {
            struct sent sent = sent_of(given, sources[i]);
            refused += sent.rejected != NULL;
            if (!sent.rejected) check_accepted(scene, &sent);
            all = check_refused(scene, &sent);
        }
    }
    print_message("%d complaints by each SDK, %d refused\n", (int)line.number, refused / 2);
    assert_true(line.number > 20);
    assert_int_equal(all, refused);
}

/* ---- All that can happen to a case ---- */

struct step {
    const char *type, *data; /* behind case_id */
};

/* Of a case whose first proposal a supervisor must approve. */
static const struct step steps[] = {
    {"case.assigned", ",'to':'林','team':'vip'"},
    {"case.contacted", ",'by':'lin','channel':'phone','note':'打过电话'"},
    {"decision.approved", ",'proposal_id':'%s.1','actor':'wang','role':'manager'"},
    {"decision.approved", ",'proposal_id':'%s.1','actor':'wang','role':'manager'"},
    {"decision.chosen", ",'proposal_id':'%s.1','option':'A'"},
    {"settlement.done", ",'settlement_id':'%s.1.1','reference':'R 1'"},
    {"settlement.failed", ",'settlement_id':'%s.1.2','reason':'账户不存在'"},
    {"case.paused", ",'reason':'awaiting_customer','until':'2036-01-01T00:00:00.5+08:00'"},
    {"case.customer_replied", ",'text':'另外杯盖也裂了，给我返现50，不然差评'"},
    {"case.paused", ",'reason':'awaiting_third_party'"},
    {"case.resumed", ""},
    {"case.replied", ",'by':'bot','automated':true"},
    {"case.updated", ",'by':'lin','note':'\\u2028 \\ud83d\\ude00 <>&'"},
    {"case.assessed",
     ",'finding':'碎','by':'qa','fault':{'物流':33.333,'商家':66.667},'costs':[{'kind':'inspection'"
     ","
     "'amount':{'currency':'CNY','minor':1}}],'facts':{'depth_mm':1.5e-7,'where':'杯口'}"},
    {"case.deadline_set", ",'target':'resolution','at':'2026-01-01T00:00:00Z','set_by':'market'"},
    {"task.started", ",'task':'warehouse_intercept','by':'wms'"},
    {"task.done", ",'task':'warehouse_intercept','by':'wms','result':'拦截成功'"},
    {"case.reclassified", ",'class':'quality.damaged','severity':'P1','by':'lin'"},
    {"compensation.requested",
     ",'reason':'老客户','actor':'lin','role':'agent','options':[{'option':'C','remedies':[{'kind':"
     "'apology'}],'cost':{'currency':'CNY','minor':0},'split':{'platform':{'currency':'CNY',"
     "'minor':0}}}]"},
    {"case.resolved", ",'by':'lin'"},
    {"visit.scored", ",'score':2,'text':'一般'"},
    {"case.reopened", ",'by':'lin'"},
    {"case.closed", ",'by':'lin','reason':'done'"},
    {"case.withdrawn", ",'reason':'spam','by':'lin'"},
};

static void tell_all(struct scene *scene, const char *case_id) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct buf data = {0};
        char id[16];
        buf_printf(&data, "{'case_id':'%s'", case_id);
        const char *mark = strstr(steps[i].data, "%s");
        if (mark)
            buf_printf(&data, "%.*s%s%s", (int)(mark - steps[i].data), steps[i].data, case_id,
                       mark + 2);
        else
            buf_puts(&data, steps[i].data);
        snprintf(id, sizeof id, "s-%zu", i);
        pipeline_publish(scene->pipeline, steps[i].type, "https://desk.example/a%20b?c=d", id,
                         scene->time_ms + (int64_t)i, case_id, "%s}", data.at);
        pipeline_wait_idle(scene->pipeline);
        buf_free(&data);
    }
}

static void tell_delivery(struct scene *scene, int nth, const char *type) {
    const struct tail_event *message =
        tail_wait(scene->pipeline->events, "notification.requested", NULL, nth, LIMIT_MS);

    pipeline_publish(scene->pipeline, type, "/gateway", type, scene->time_ms, message->key,
                     "{'case_id':'%s','notification_id':'%s','reason':'号码 <无效>'}",
                     message->ev.subject, tree_text(message->ev.data, "notification_id"));
}

static void tell_others(struct scene *scene) {
    struct pipeline *pipeline = scene->pipeline;
    int64_t now_ms = scene->time_ms;

    tell_delivery(scene, 1, "delivery.done");
    tell_delivery(scene, 2, "delivery.failed");

    pipeline_publish(pipeline, "order.updated", "/oms", "o-1", now_ms, "O-9",
                     "{'customer':{'id':'sd'},'items':[{'sku':'k','name':'杯','quantity':1,'price':"
                     "{'currency':'CNY','minor':5}}],'order':{'id':'O-9','status':'paid',"
                     "'amount':{'currency':'CNY','minor':5}}}");
    pipeline_publish(pipeline, "cohort.confirmed", "/oms", "o-2", now_ms, "cohort",
                     "{'match':{'carrier':'顺丰'},'class':'logistics.delayed','by':'lin'}");
    pipeline_publish(pipeline, "cohort.ended", "/oms", "o-3", now_ms, "cohort",
                     "{'match':{'carrier':'顺丰'},'class':'logistics.delayed','by':'lin'}");
    pipeline_publish(pipeline, "customer.erased", "/crm", "o-4", now_ms, "sb",
                     "{'tenant':'sdk','customer_id':'sb'}");
    tail_wait(pipeline->events, "customer.erased", NULL, 4, LIMIT_MS); /* in each partition */
}

/* Nobody has called most customers: after 10 seconds their promises are broken. */
static void wait_late(struct scene *scene) {
    struct tail *events = scene->pipeline->events;

    tail_wait(events, "sla.warned", NULL, 1, LIMIT_MS);
    tail_wait(events, "sla.breached", NULL, 1, LIMIT_MS);
    tail_wait(events, "sla.escalated", NULL, 1, LIMIT_MS);
    pipeline_wait_idle(scene->pipeline);
    for (int i = 0; i < PIPELINE_WORKERS; i++) process_stop(scene->pipeline->workers[i], LIMIT_MS);
    tail_catch_up(events);
}

static int count_types(struct scene *scene) {
    const struct contract_type *type;
    int count = 0;

    for (type = contract_types; type->name; type++) {
        if (!tail_count(scene->pipeline->events, type->name, NULL)) continue;
        count++;
        print_message("%s ", type->name);
    }
    print_message("\n");
    return count;
}

/* ---- What others read ---- */

static const enum topic read_topics[] = {TOPIC_EVENTS, TOPIC_DELIVERIES, TOPIC_SETTLEMENTS,
                                         TOPIC_ORDERS};
enum { READ_TOPICS = sizeof read_topics / sizeof *read_topics };

struct reading {
    struct scene *scene;
    const char *language;
    struct {
        const char *topic;
        int partition;
        int64_t offset;
        const struct tree *event;
    } lines[LINES_MAX];
    int count, seen;
};

static void read_line(struct reading *reading, const struct file_line *line) {
    char topic[100];
    int at = 0;

    assert_true(reading->count < LINES_MAX);
    int partition;
    long long offset;
    if (sscanf(line->at, "%99s %d %lld %n", topic, &partition, &offset, &at) != 3)
        fail_msg("%s: %.*s", reading->language, (int)line->len, line->at);
    int i = reading->count++;
    reading->lines[i].topic = arena_strdup(reading->scene->arena, topic);
    reading->lines[i].partition = partition;
    reading->lines[i].offset = offset;
    reading->lines[i].event = read_json(reading->scene, line->at + at, line->len - (size_t)at);
}

static void read_lines(struct reading *reading, const char *path) {
    const char *bytes;
    size_t len;
    struct err err;
    struct file_line line = {0};

    if (file_read(reading->scene->arena, path, FILE_MAX, &bytes, &len, &err) != 0)
        fail_msg("%s", err.text);
    for (const char *from = bytes; file_next_line(&from, bytes + len, &line);)
        read_line(reading, &line);
}

static const struct tree *event_at(const struct reading *reading, const struct raw *raw) {
    const char *topic = topic_of(reading->scene, raw->topic);

    for (int i = 0; i < reading->count; i++)
        if (reading->lines[i].partition == raw->partition &&
            reading->lines[i].offset == raw->offset && strcmp(reading->lines[i].topic, topic) == 0)
            return reading->lines[i].event;
    fail_msg("%s: nothing of %s/%d/%lld", reading->language, topic, raw->partition,
             (long long)raw->offset);
    return NULL;
}

/* A time may be written in another way. */
static bool is_same(const char *name, const char *one, const char *other) {
    int64_t one_ms;
    int64_t other_ms;

    if (strcmp(name, "time") != 0) return strcmp(one, other) == 0;
    return clock_parse(one, &one_ms) == 0 && clock_parse(other, &other_ms) == 0 &&
           one_ms == other_ms;
}

static const char *attribute_of(const char *header) {
    if (strcmp(header, "content-type") == 0) return "datacontenttype";
    return strncmp(header, "ce_", 3) == 0 ? header + 3 : NULL;
}

/* Each header is an attribute, and each attribute a header; the SDK for Python makes one of the
 * key. */
static void check_event(void *context, const struct raw *raw) {
    struct reading *reading = context;
    const struct tree *event = event_at(reading, raw);
    const char *key = tree_text(event, "partitionkey");
    int attributes = 0;

    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        const char *name = attribute_of(header->name);
        if (!name) continue;
        const char *written =
            arena_strndup(reading->scene->arena, header->value, header->value_len);
        const char *read = tree_text(event, name);
        if (!read || !is_same(name, read, written))
            fail_msg("%s: %s is %s, expected %s", reading->language, name, read ? read : "absent",
                     written);
        attributes++;
    }
    if (key) {
        assert_int_equal(strlen(key), raw->key_len);
        assert_memory_equal(key, raw->key, raw->key_len);
        attributes++;
    }
    assert_int_equal(event->count, attributes + 1);
    if (!tree_equal(tree_get(event, "data"), read_json(reading->scene, raw->value, raw->value_len)))
        fail_msg("%s: the data differ: %.*s", reading->language, (int)raw->value_len, raw->value);
    reading->seen++;
}

static void check_reading(struct scene *scene, const char *language, const char *path) {
    struct reading *reading = ARENA_NEW(scene->arena, struct reading);

    *reading = (struct reading){.scene = scene, .language = language};
    read_lines(reading, path);
    for (int i = 0; i < READ_TOPICS; i++) {
        int before = reading->seen;
        world_read(scene->pipeline->world, read_topics[i], NULL, check_event, reading);
        if (reading->seen == before) fail_msg("nothing in %s", topic_name(read_topics[i]));
    }
    print_message("%s: %d events\n", language, reading->seen);
    assert_int_equal(reading->seen, reading->count);
}

static void check_readers(struct scene *scene) {
    const char *const bootstrap = scene->pipeline->h->bootstrap;
    const char *const python_out = in_dir(scene, "python.jsonl");
    const char *const java_out = in_dir(scene, "java.jsonl");
    const char *const jars = arena_printf(scene->arena, "%s/*", scene->java);
    const char *topics[READ_TOPICS];

    for (int i = 0; i < READ_TOPICS; i++) topics[i] = topic_of(scene, read_topics[i]);
    run(scene, (const char *[]){"python3", SDK "read.py", bootstrap, python_out, topics[0],
                                topics[1], topics[2], topics[3], NULL});
    check_reading(scene, "Python", python_out);
    run(scene, (const char *[]){"java", "-cp", jars, SDK "Read.java", bootstrap, java_out,
                                topics[0], topics[1], topics[2], topics[3], NULL});
    check_reading(scene, "Java", java_out);
}

static void test_sdks(void **state) {
    enum { TYPES = 42 };
    (void)state;
    struct scene scene;

    open_scene(&scene);
    publish_all(&scene);
    pipeline_wait_idle(scene.pipeline);
    check_published(&scene);

    struct sent whole = {.id = "whole", .source = "/sdk/python"};
    tell_all(&scene, find_sent(&scene, &whole)->ev.subject);
    tell_others(&scene);
    wait_late(&scene);
    assert_true(count_types(&scene) >= TYPES);
    check_readers(&scene);

    pipeline_close(scene.pipeline);
    arena_free(scene.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sdks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
