/* toy: see toy.h. */
#include "toy.h"
#include "base/clock.h"
#include "base/ids.h"
#include "fake_kafka.h"
#include <inttypes.h>
#include <string.h>

static const char *const statuses[] = {"open", "contacted", "breached", NULL};
static const struct field state_fields[] = {
    {FIELD(toy_state, status), .type = FIELD_CHOICE, .choices = statuses, .flags = FIELD_COUNTED},
    {FIELD(toy_state, seen), .type = FIELD_INT},
    {FIELD(toy_state, breached), .type = FIELD_INT},
    {FIELD(toy_state, opened), .type = FIELD_INT},
    {FIELD(toy_state, early), .type = FIELD_INT},
    {FIELD(toy_state, due), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(toy_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN},
    {FIELD(toy_state, policy_version), .type = FIELD_NAME, .flags = FIELD_HIDDEN},
    {FIELD_REST_OF(toy_state, rest)},
    FIELDS_END};
const struct table toy_state_table = {
    .name = "toy", .size = sizeof(struct toy_state), .fields = state_fields};

struct word {
    const char *of;
};
static const struct field word_fields[] = {{FIELD(word, of), .type = FIELD_NAME}, FIELDS_END};
static const struct table word_table = {
    .name = "word", .size = sizeof(struct word), .fields = word_fields};

static void say(struct effects *out, const char *type, const char *case_id, const char *of,
                int64_t time_ms) {
    struct word word = {.of = of};
    effects_emit(out, type, case_id, arena_printf(out->arena, "%s.%s.%s", case_id, type, of),
                 time_ms, &word_table, &word);
}

static bool wants(const char *type) {
    return strncmp(type, "case.", 5) == 0;
}

static enum result decide_keyed(const struct decision *in, void *state_at, struct effects *out) {
    struct toy_state *state = state_at;

    if (!in->ev) {
        state->wake_at = 0;
        state->status = 3;
        state->breached++;
        return DONE;
    }
    state->seen++;
    if (strcmp(in->ev->type, "case.repeated") == 0) {
        if (!state->status) state->early = 1;
    } else if (strcmp(in->ev->type, "case.opened") == 0) {
        state->opened++;
        state->due = in->ev->time_ms + TOY_DEADLINE_MS;
        state->wake_at = state->due < in->now_ms ? in->now_ms : state->due;
        state->status = 1;
    } else {
        state->wake_at = 0;
        if (state->status == 1) state->status = 2;
    }
    say(out, "toy.seen", in->ev->subject, in->ev->id, in->ev->time_ms);
    return DONE;
}

static void ask_intake(const struct decision *in, const void *state, struct claims *claims) {
    const struct raw *raw = in->ev->raw;
    (void)state;

    if (raw->topic != TOPIC_COMPLAINTS || claims->count) return;
    claims_add(claims,
               &(struct claim){.kind = CLAIM_JOIN,
                               .key = arena_printf(in->arena, "order\x1f%s", in->ev->subject),
                               .id = arena_printf(in->arena, "complaints/%d/%" PRId64,
                                                  raw->partition, raw->offset),
                               .value = in->ev->id, /* each its own, as intake's are */
                               .time_ms = in->ev->time_ms,
                               .valid_ms = 3600000,
                               .logged = true});
}

static const char *written(const struct tree *data, struct arena *arena) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_tree(&json, data);
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return text;
}

/* Passes on what came as it came. */
static enum result decide_intake(const struct decision *in, void *state, struct effects *out) {
    const char *route = arena_strndup(in->arena, in->ev->subject, IDS_ROUTE_LEN);
    struct output *output = effects_send(out, TOPIC_EVENTS, route, in->ev->type, in->ev->id,
                                         in->ev->time_ms, NULL, NULL);
    (void)state;

    output->source = in->ev->source;
    output->subject = in->ev->subject;
    output->sequence = in->ev->sequence;
    output->data = written(in->ev->data, out->arena);
    output->data_len = strlen(output->data);
    if (in->answer_count && !in->answers[0].granted) output->type = "case.repeated";
    return DONE;
}

static const enum topic intake_reads[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS,
                                          TOPIC_NONE};
static const enum topic keyed_reads[] = {TOPIC_EVENTS, TOPIC_NONE};
const struct worker_spec toy_intake = {.name = "intake",
                                       .about = "passes on",
                                       .kind = WORKER_MAP,
                                       .reads = intake_reads,
                                       .leads = TOPIC_COMPLAINTS,
                                       .ask = ask_intake,
                                       .decide = decide_intake};
const struct worker_spec toy_keyed = {.name = "sla",
                                      .about = "counts",
                                      .kind = WORKER_KEYED,
                                      .reads = keyed_reads,
                                      .state = &toy_state_table,
                                      .wants = wants,
                                      .decide = decide_keyed};

void toy_publish(enum topic topic, int partition, const char *type, const char *id,
                 const char *case_id, int64_t time_ms) {
    char time[CLOCK_TEXT_MAX];

    clock_format(time_ms, time);
    struct header headers[] = {{"ce_specversion", "1.0", 3},
                               {"content-type", "application/json", 16},
                               {"ce_id", id, strlen(id)},
                               {"ce_source", "/test", 5},
                               {"ce_type", type, strlen(type)},
                               {"ce_time", time, strlen(time)},
                               {"ce_subject", case_id, strlen(case_id)}};
    fake_kafka_publish(topic, NULL, partition, case_id, "{\"a\":1}", headers,
                       sizeof headers / sizeof *headers);
}
