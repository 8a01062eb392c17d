/* line: see line.h. */
#include "line.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "fake_kafka.h"
#include "fake_redis.h"
#include "process.h"
#include "runtime/recent.h"
#include "sim.h"
#include "toy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTITIONS = 2,
    CASES = 5,
    CONTACTS = CASES,  /* where the contacts begin */
    TWINS = 2 * CASES, /* and the second complaints about the same */
    EVENTS = 3 * CASES,
    PUBLISH_MS = 4000, /* all is published within */
    FAULTS_MS = 12000, /* and all faults come within */
    OPEN_MS = 30000,   /* a transaction is left open for so long */
    LIMIT_MS = 120000, /* then it must come to rest in this time */
    SPOILT_MS = 3000,  /* where cases are unread: from then on, and what is published comes after */
    MENDED_MS = 11000, /* until then */
    SAYS_MS = 3000,    /* a worker says within that how far it is */
    PROCESSES = 4,     /* two intakes, two keyed */
    LOOK_PERCENT = 4,  /* of the steps the views are looked at */
    OUTPUTS_MAX = 400
};

/* ---- Processes ---- */

static int64_t recalled; /* in all runs */

static const char *const process_names[PROCESSES] = {"intake-0", "intake-1", "sla-0", "sla-1"};

static struct line {
    uint64_t seed;
    struct line_faults faults;
    int64_t began_ms, contact_ms[CASES]; /* when it was published; 0: never */
    struct {
        int fiber;
        int64_t starts_ms; /* again */
        struct engine *engine;
    } processes[PROCESSES];
    bool has_twin[CASES];
    int64_t opens_ms, ends_ms;   /* of the transaction that is left open; 0: not */
    int open_partition, written; /* how often another version has written of all cases */
    bool hidden[CASES];          /* a complaint about it lies behind that */
    int64_t publish_ms[EVENTS];
    const char *wrong;
    char detail[400];
    bool ending;
    int recalled; /* states that were not read again */
} line;

static struct config config = {PROCESS_SETTINGS, .batch_ms = 10, .batch_records = 20};

static void run_process(void *context) {
    int number = (int)(intptr_t)context;
    const struct worker_spec *spec = number < 2 ? &toy_intake : &toy_keyed;
    struct engine *engine = process_open(spec, &config, process_names[number], PARTITIONS);

    line.processes[number].engine = engine;
    if (process_run(engine) && !line.wrong) line.wrong = "a worker gave up";
}

static void start_process(int number) {
    line.processes[number].fiber =
        sim_spawn(process_names[number], run_process, (void *)(intptr_t)number);
    line.processes[number].starts_ms = 0;
}

/* ---- Publishing ---- */

/* A route and a suffix that end with the case's number. */
static void name_case(int number, char text[IDS_CASE_LEN + 1]) {
    snprintf(text, IDS_CASE_LEN + 1, "000000000000%d-000000%d", number, number);
}

/* The number of a case by its id; -1: it is none. */
static int number_of(const char *case_id, size_t len) {
    return len == IDS_CASE_LEN && case_id[0] == '0' ? case_id[len - 1] - '0' : -1;
}

static void publish(int index) {
    bool opens = index < CONTACTS || index >= TWINS;
    int number = index % CASES;
    int partition = index >= TWINS ? (number + 1) % PARTITIONS : number % PARTITIONS;
    char case_id[IDS_CASE_LEN + 1], id[16];

    name_case(number, case_id);
    snprintf(id, sizeof id, "e-%d", index);
    if (!opens) line.contact_ms[number] = sim_now_ms();
    if (opens && line.ends_ms && partition == line.open_partition) line.hidden[number] = true;
    toy_publish(opens ? TOPIC_COMPLAINTS : TOPIC_ACTIVITY, partition,
                opens ? "case.opened" : "case.contacted", id, case_id, sim_now_ms());
}

/* Openings first; most cases are contacted, some of them in time. */
static void plan(void) {
    int64_t from_ms = line.began_ms + (line.faults.unread ? SPOILT_MS + 1000 : 0);

    for (int i = 0; i < CASES; i++)
        line.publish_ms[i] = from_ms + (int64_t)sim_random(PUBLISH_MS / 2);
    for (int i = TWINS; i < EVENTS; i++)
        if (sim_chance(50)) {
            line.publish_ms[i] = line.publish_ms[i - TWINS] + 1 + (int64_t)sim_random(300);
            line.has_twin[i - TWINS] = true;
        }
    for (int i = CONTACTS; i < TWINS; i++)
        line.publish_ms[i] =
            sim_chance(80) ? line.publish_ms[i - CASES] + 1 + (int64_t)sim_random(PUBLISH_MS) : 0;
    if (!line.faults.open) return;
    line.opens_ms = line.began_ms + 1 + (int64_t)sim_random(PUBLISH_MS);
    line.open_partition = (int)sim_random(PARTITIONS);
}

/* ---- What must hold ---- */

static bool fail(const char *wrong, const char *fmt, ...) PRINTF(2, 3);
static bool fail(const char *wrong, const char *fmt, ...) {
    va_list args;

    if (line.wrong) return false;
    line.wrong = wrong;
    va_start(args, fmt);
    vsnprintf(line.detail, sizeof line.detail, fmt, args);
    va_end(args);
    return false;
}

static struct {
    char ids[OUTPUTS_MAX][64];
    int count;
    char kept[CASES][8192]; /* the last changelog record of each case */
    bool is_kept[CASES];
    int compared;
} seen;

static const char *header_of(const struct raw *raw, const char *name) {
    for (int i = 0; i < raw->header_count; i++)
        if (strcmp(raw->headers[i].name, name) == 0) return raw->headers[i].value;
    return "";
}

static void note_id(void *context, const struct raw *raw) {
    (void)context;
    const char *id = header_of(raw, "ce_id");

    for (int i = 0; i < seen.count; i++)
        if (strcmp(seen.ids[i], id) == 0) fail("an output stands twice in the case log", "%s", id);
    if (seen.count < OUTPUTS_MAX) snprintf(seen.ids[seen.count++], sizeof seen.ids[0], "%s", id);
}

static void note_ids(void) {
    seen.count = 0;
    for (int i = 0; i < PARTITIONS; i++) fake_kafka_each(TOPIC_EVENTS, NULL, i, -1, note_id, NULL);
}

static void note_state(void *context, const struct raw *raw) {
    (void)context;
    int number = number_of(raw->key, raw->key_len);
    if (number < 0) return;

    seen.is_kept[number] = raw->value != NULL;
    snprintf(seen.kept[number], sizeof seen.kept[number], "%s", raw->value ? raw->value : "");
}

static bool fold_of(int number, struct arena *arena, struct toy_state *out) {
    const struct tree *tree;
    struct err err;
    struct faults faults = {.arena = arena};
    const char *text = seen.kept[number];

    if (!seen.is_kept[number]) return false;
    return json_read(arena, text, strlen(text), NULL, &tree, &err) == JSON_OK &&
           fields_decode(&toy_state_table, tree, FIELDS_EVENT, arena, out, &faults) == 0;
}

/* A field of a hash, or a member of an index, against the fold of its case. */
static void compare(void *context, const char *key, const char *field, const char *value,
                    size_t len) {
    struct arena *arena = context;
    const char *hash = strstr(key, ":case:"), *by = strstr(key, ":by:");
    const char *id = hash ? hash + 6 : by ? field : "";
    int number = number_of(id, strlen(id));
    struct toy_state state = {0};
    struct hashes hashes;
    struct marks marks;
    (void)len;

    if (number < 0 || strcmp(field, "#") == 0) return; /* the hash's own check */
    if (!fold_of(number, arena, &state)) {
        fail("the view has a case that its changelog has not", "%s %s", key, field);
        return;
    }
    seen.compared++;
    if (by) {
        fields_indexes(&toy_state_table, &state, arena, &marks);
        for (int i = 0; i < marks.count; i++)
            if (strcmp(marks.at[i].name, by + 4) == 0 &&
                (int64_t)strtod(value, NULL) == marks.at[i].ms)
                return;
    } else {
        fields_to_hashes(&toy_state_table, &state, id, arena, &hashes);
        for (int i = 0; i < hashes.public.count; i++)
            if (strcmp(hashes.public.at[i].name, field) == 0 &&
                strcmp(hashes.public.at[i].value, value) == 0)
                return;
    }
    fail("the view is not the fold of its changelog", "%s %s=%s", key, field, value);
}

/* How many fields and members the folds of a shard's cases come to. */
static int count_fold(struct arena *arena) {
    int count = 0;

    for (int i = 0; i < CASES; i++) {
        struct toy_state state = {0};
        struct hashes hashes;
        struct marks marks;
        if (!fold_of(i, arena, &state)) continue;
        fields_to_hashes(&toy_state_table, &state, "", arena, &hashes);
        fields_indexes(&toy_state_table, &state, arena, &marks);
        count += hashes.public.count + marks.count;
    }
    return count;
}

static void check_view(int shard, struct arena *arena) {
    char key[64], prefix[32];

    snprintf(prefix, sizeof prefix, "redress:{sla.%d}:", shard);
    snprintf(key, sizeof key, "%swiping", prefix);
    bool wiping = fake_redis_get(key) != NULL;
    snprintf(key, sizeof key, "%sapplied", prefix);
    const char *applied = fake_redis_get(key);
    if (wiping || !applied) return;

    memset(seen.is_kept, 0, sizeof seen.is_kept);
    seen.compared = 0;
    fake_kafka_each(TOPIC_STATE, "sla", shard, strtoll(applied, NULL, 10), note_state, NULL);
    fake_redis_each(prefix, compare, arena);
    if (seen.compared != count_fold(arena))
        fail("the view lacks what its changelog has", "shard %d at %s: %d of %d", shard, applied,
             seen.compared, count_fold(arena));
}

/* What a worker keeps of a case is what its changelog says up to where the view stands; `sum` is
 * that of the hashes. */
static void check_recent(int shard, int64_t applied, const char *id, const void *state,
                         uint64_t sum) {
    struct arena *arena = arena_new();
    struct buf text = {0};
    struct json_out json = {.buf = &text};
    struct hashes hashes;
    int number = number_of(id, strlen(id));

    memset(seen.is_kept, 0, sizeof seen.is_kept);
    fake_kafka_each(TOPIC_STATE, "sla", shard, applied, note_state, NULL);
    fields_encode(&toy_state_table, state, &json);
    fields_to_hashes(&toy_state_table, state, id, arena, &hashes);
    if (number < 0 || !seen.is_kept[number] || strcmp(seen.kept[number], text.at) != 0)
        fail("what a worker keeps of a case is not the fold of its changelog",
             "shard %d at %lld: %s", shard, (long long)applied, text.at);
    if (hashes.sum != sum) fail("a worker keeps a wrong checksum", "%s", id);
    line.recalled++;
    buf_free(&text);
    arena_free(arena);
}

const void *__real_recent_find(const struct recent *recent, int shard, int64_t applied,
                               const char *id, uint64_t *sum_out);
const void *__wrap_recent_find(const struct recent *recent, int shard, int64_t applied,
                               const char *id, uint64_t *sum_out);
const void *__wrap_recent_find(const struct recent *recent, int shard, int64_t applied,
                               const char *id, uint64_t *sum_out) {
    const void *state = __real_recent_find(recent, shard, applied, id, sum_out);
    if (state) check_recent(shard, applied, id, state, *sum_out);
    return state;
}

static void check_views(void) {
    struct arena *arena = arena_new();

    for (int i = 0; i < PARTITIONS; i++) check_view(i, arena);
    arena_free(arena);
}

/* ---- Faults, and the steps ---- */

static void inflict(void) {
    int victim = (int)sim_random(PROCESSES), fiber = line.processes[victim].fiber;

    if (line.faults.kills && sim_chance(1)) {
        line.faults.kills--;
        if (!sim_lives(fiber)) return;
        sim_kill(fiber);
        line.processes[victim].starts_ms = sim_now_ms() + 1 + (int64_t)sim_random(1500);
    } else if (line.faults.freezes && sim_chance(1)) {
        line.faults.freezes--;
        sim_freeze(fiber, sim_now_ms() + (int64_t)sim_random(2 * FAKE_SESSION_MS));
    } else if (line.faults.losses && sim_chance(1)) {
        line.faults.losses--;
        switch (sim_random(3)) {
        case 0: fake_redis_flush(); break;
        case 1: fake_redis_restart(); break;
        default: fake_redis_roll_back(); break;
        }
    } else if (sim_chance(2)) {
        fake_redis_remember();
    }
}

static bool has_id(const char *id) {
    for (int i = 0; i < seen.count; i++)
        if (strcmp(seen.ids[i], id) == 0) return true;
    return false;
}

/* While the transaction is still open: what does not lie behind it has not waited for it, nor has a
 * deadline. */
static void check_open(void) {
    struct arena *arena = arena_new();
    char id[16];

    note_ids();
    memset(seen.is_kept, 0, sizeof seen.is_kept);
    for (int i = 0; i < PARTITIONS; i++)
        fake_kafka_each(TOPIC_STATE, "sla", i, -1, note_state, NULL);
    for (int i = 0; i < CASES; i++) {
        struct toy_state state = {0};
        if (line.hidden[i]) continue;
        snprintf(id, sizeof id, "e-%d", i + CONTACTS);
        if (line.contact_ms[i] && !has_id(id))
            fail("activity waits for an open transaction", "%s", id);
        if (!line.contact_ms[i] && (!fold_of(i, arena, &state) || !state.breached))
            fail("a deadline waits for an open transaction", "case-%d", i);
    }
    arena_free(arena);
}

static void leave_open(int64_t now_ms) {
    if (line.opens_ms && now_ms >= line.opens_ms) {
        fake_kafka_leave_open(TOPIC_COMPLAINTS, line.open_partition, OPEN_MS);
        line.ends_ms = now_ms + OPEN_MS;
        line.opens_ms = 0;
    }
    if (line.ends_ms && now_ms > line.ends_ms - OPEN_MS / 10) {
        check_open();
        line.ends_ms = 0;
    }
}

/* Another version wrote of a case before its first event was here: its shard is held at the very
 * beginning of the log, until a better record is there. */
static void write_states(const char *value) {
    char id[IDS_CASE_LEN + 1];

    for (int i = 0; i < CASES; i++) {
        name_case(i, id);
        fake_kafka_publish(TOPIC_STATE, "sla", ids_partition(id, IDS_ROUTE_LEN, PARTITIONS), id,
                           value, NULL, 0);
    }
    fake_redis_flush();
}

static void note_held(void *context, const char *key, const char *field, const char *value,
                      size_t len) {
    int *held = context;
    (void)key, (void)len;
    *held += strncmp(field, "held:sla.", 9) == 0 && strncmp(value, "case ", 5) == 0;
}

static void unread(int64_t since_ms) {
    int held = 0;

    if (line.written == 2 || since_ms < (line.written ? MENDED_MS : SPOILT_MS)) return;
    if (line.written++ == 0) {
        write_states("{\"seen\":\"of another version\"}");
        return;
    }
    fake_redis_each("redress:meta", note_held, &held);
    if (!held) fail("no shard says that it is held", "%d", held);
    for (int i = 0; i < PARTITIONS; i++)
        if (fake_kafka_committed("sla", TOPIC_EVENTS, i) > 0) fail("held, but decided", "%d", i);
    write_states("{\"seen\":0}");
}

static void step(void *context) {
    (void)context;
    int64_t now_ms = sim_now_ms(), since_ms = now_ms - line.began_ms;

    for (int i = 0; i < EVENTS; i++) {
        if (!line.publish_ms[i] || line.publish_ms[i] > now_ms) continue;
        if (i >= CASES && line.publish_ms[i % CASES]) continue; /* behind its opening */
        publish(i);
        line.publish_ms[i] = 0;
    }
    leave_open(now_ms);
    if (line.faults.unread) unread(since_ms);
    for (int i = 0; i < PROCESSES; i++)
        if (line.processes[i].starts_ms && line.processes[i].starts_ms <= now_ms) start_process(i);
    if (since_ms < FAULTS_MS) {
        inflict();
    } else {
        fake_kafka_faults(&(struct fake_kafka_faults){0});
        fake_redis_faults(&(struct fake_redis_faults){0});
    }
    if (!sim_chance(LOOK_PERCENT)) return;
    note_ids();
    check_views();
}

/* ---- The end ---- */

/* Everything is read, nothing is due, every view stands at its changelog's end. */
static bool at_rest(void *context) {
    (void)context;
    if (line.wrong) return true;
    if (sim_now_ms() - line.began_ms < FAULTS_MS + TOY_DEADLINE_MS || !fake_kafka_quiet())
        return false;

    for (int i = 0; i < PARTITIONS; i++) {
        if (!process_shard_rests("sla", i)) return false;
        for (int k = 0; toy_intake.reads[k] != TOPIC_NONE; k++)
            if (fake_kafka_left(toy_intake.reads[k], NULL, i,
                                fake_kafka_committed("intake", toy_intake.reads[k], i)))
                return false;
    }
    return true;
}

/* What is left to do, for people. */
static const char *unrest(void) {
    static char text[300];
    int len = snprintf(text, sizeof text, "%s", fake_kafka_quiet() ? "" : "transactions; ");

    for (int i = 0; i < PARTITIONS; i++) {
        char key[64];
        snprintf(key, sizeof key, "redress:{sla.%d}:applied", i);
        const char *applied = fake_redis_get(key);
        len += snprintf(
            text + len, sizeof text - (size_t)len, "shard %d: %d events, %d states", i,
            fake_kafka_left(TOPIC_EVENTS, NULL, i, fake_kafka_committed("sla", TOPIC_EVENTS, i)),
            fake_kafka_left(TOPIC_STATE, "sla", i, applied ? strtoll(applied, NULL, 10) : 0));
        for (int k = 0; toy_intake.reads[k] != TOPIC_NONE; k++)
            len += snprintf(text + len, sizeof text - (size_t)len, ", %d %s",
                            fake_kafka_left(toy_intake.reads[k], NULL, i,
                                            fake_kafka_committed("intake", toy_intake.reads[k], i)),
                            topic_name(toy_intake.reads[k]));
        len += snprintf(text + len, sizeof text - (size_t)len, "; ");
    }
    return text;
}

static void check_case(int number, struct arena *arena) {
    struct toy_state state = {0};
    char id[64], case_id[IDS_CASE_LEN + 1];
    bool contacted = line.contact_ms[number] != 0;

    name_case(number, case_id);
    for (int i = 0; i < PARTITIONS; i++)
        fake_kafka_each(TOPIC_STATE, "sla", i, -1, note_state, NULL);
    if (!fold_of(number, arena, &state)) {
        fail("a case is lost", "case-%d", number);
        return;
    }
    snprintf(id, sizeof id, "e-%d", number);
    if (!has_id(id)) fail("a complaint is lost", "%s", id);
    snprintf(id, sizeof id, "%s.toy.seen.e-%d", case_id, number);
    if (!has_id(id)) fail("a word is lost", "%s", id);
    snprintf(id, sizeof id, "%s.toy.seen.e-%d", case_id, number + CASES);
    if (contacted && !has_id(id)) fail("a contact is lost", "%s", id);
    if (line.has_twin[number]) {
        snprintf(id, sizeof id, "e-%d", number + TWINS);
        if (!has_id(id)) fail("a complaint is lost", "%s", id);
    }
    if (state.opened != 1)
        fail("a case was opened not once", "case-%d %" PRId64, number, state.opened);
    if (state.early) fail("a repeat stands before its opening", "case-%d", number);
    if (state.seen != 1 + contacted + line.has_twin[number])
        fail("events were folded twice, or not", "case-%d %" PRId64, number, state.seen);
    if (line.hidden[number]) return; /* its contact may stand before it */
    bool in_time = contacted && line.contact_ms[number] <= state.due;
    if (in_time && state.breached) fail("a breach that a record disproves", "case-%d", number);
    if (!in_time && !contacted && state.breached != 1)
        fail("a deadline fired not once", "case-%d %" PRId64, number, state.breached);
}

static void check_end(void) {
    struct arena *arena = arena_new();

    note_ids();
    check_views();
    memset(seen.is_kept, 0, sizeof seen.is_kept);
    for (int i = 0; i < CASES; i++) check_case(i, arena);
    arena_free(arena);
}

static bool all_ended(void *context) {
    (void)context;
    for (int i = 0; i < PROCESSES; i++)
        if (sim_lives(line.processes[i].fiber)) return false;
    return true;
}

/* Whoever has read everything says so, over what is written here, though markers and words of its
 * own lie at the end of the log. */
static void check_lag(void) {
    struct buf page = {0};
    char none[100];

    for (int i = 0; i < PARTITIONS; i++) engine_lag(line.processes[0].engine, TOPIC_EVENTS, i, 1);
    sim_run(all_ended, NULL, SAYS_MS);
    metrics_print(&page);
    for (int i = 0; i < PARTITIONS; i++) {
        snprintf(none, sizeof none,
                 "redress_partition_lag_records{topic=\"redress.events\",partition=\"%d\"} 0\n", i);
        if (!strstr(page.at, none)) fail("a worker that has read all lags behind", "%d", i);
    }
    buf_free(&page);
}

static void begin(uint64_t seed, const struct line_faults *faults) {
    static const int64_t recent_bytes[] = {1 << 20, 2000, 0}; /* all cases; some three; none */
    unsigned kafka = faults->kafka, redis = faults->redis;

    sim_begin(seed);
    if (!config.arena) config.arena = arena_new();
    config.recent_bytes = recent_bytes[seed % (sizeof recent_bytes / sizeof *recent_bytes)];
    line = (struct line){.seed = seed, .faults = *faults, .began_ms = sim_now_ms()};
    fake_kafka_begin(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) /* as `redressctl topics create` begins a changelog */
        fake_kafka_publish(TOPIC_STATE, "sla", i, "@log", "{\"log_id\":\"seam\",\"shards\":2}",
                           NULL, 0);
    fake_redis_begin();
    fake_redis_remember();
    fake_kafka_faults(&(struct fake_kafka_faults){
        .commit_unknown = kafka, .abort = kafka, .away = kafka, .no_offset = kafka / 2});
    fake_redis_faults(
        &(struct fake_redis_faults){.away = redis, .lost_reply = redis, .half = redis});
    plan();
    sim_each_step(step, NULL);
    for (int i = 0; i < PROCESSES; i++) start_process(i);
}

int64_t line_recalled(void) {
    return recalled;
}

bool line_run(uint64_t seed, const struct line_faults *faults) {
    begin(seed, faults);
    bool rested = sim_run(at_rest, NULL, LIMIT_MS);

    if (!line.wrong && !rested) fail("it does not come to rest", "%s", unrest());
    if (!line.wrong) check_end();
    if (!line.wrong) check_lag();
    sim_each_step(NULL, NULL);
    for (int i = 0; i < PROCESSES; i++)
        if (sim_lives(line.processes[i].fiber)) line.processes[i].engine->stopping = true;
    if (!line.wrong) sim_run(all_ended, NULL, LIMIT_MS);
    sim_end();
    recalled += line.recalled;
    if (line.wrong) fprintf(stderr, "seed %" PRIu64 ": %s: %s\n", seed, line.wrong, line.detail);
    return !line.wrong;
}
