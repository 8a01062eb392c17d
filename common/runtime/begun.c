/* begun: marks, and what is wrong with offsets. */
#include "runtime/begun.h"
#include "base/heap.h"
#include "outside/reading.h"
#include "runtime/watch.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SILENCE_MS = 5000 };

static const char not_known[] = "where to go on is not known yet";

enum begun_verdict begun_judge(int64_t committed, int64_t start, int64_t end, bool marked) {
    if (committed == KAFKA_NO_OFFSET) return marked ? BEGUN_LOST : BEGUN_NEW;
    if (committed < start) return BEGUN_DELETED;
    if (committed > end) return BEGUN_RECREATED;
    return BEGUN_GOES_ON;
}

const char *begun_key(struct arena *arena, const char *worker, const struct place *place) {
    return arena_printf(arena, "@begun:%s:%s:%d", worker, topic_name(place->topic),
                        place->partition);
}

/* ---- Marks ---- */

struct check {
    struct engine *engine;
    struct place *places;
    const struct place *starts;
    struct place *ends;
    int count;
    const char **keys; /* of each place's mark */
    bool *marked;
    bool any;       /* the worker has left some mark, here or elsewhere */
    int partitions; /* of the case log, as a mark says; 0: none does */
};

/* With how many partitions of the case log the worker has begun: a case's events stay where its
 * first are. */
static void note_partitions(struct check *check, const struct raw *raw) {
    const struct tree *tree;
    struct err err;

    if (!raw->value ||
        json_read(check->engine->arena, raw->value, raw->value_len, NULL, &tree, &err) != JSON_OK)
        return;
    const struct tree *partitions = tree_get(tree, "partitions");
    if (partitions && partitions->kind == TREE_INT) check->partitions = (int)partitions->num;
}

static int see_mark(void *context, const struct raw *raw) {
    struct check *check = context;
    struct arena *arena = check->engine->arena;
    const char *all = arena_printf(arena, "@begun:%s:", check->engine->spec->name);
    size_t len = strlen(all);
    if (!raw->key || raw->key_len <= len || memcmp(raw->key, all, len) != 0) return 0;

    check->any = true;
    note_partitions(check, raw);
    for (int i = 0; i < check->count; i++)
        if (strlen(check->keys[i]) == raw->key_len &&
            memcmp(check->keys[i], raw->key, raw->key_len) == 0)
            check->marked[i] = raw->value != NULL;

    return 0;
}

/* Whether the group has an offset anywhere in the worker's inputs. 1: yes; 0: no; -1: not known
 * now. */
static int has_offsets(struct engine *engine, struct err *err) {
    for (const enum topic *topic = engine->spec->reads; *topic != TOPIC_NONE; topic++) {
        int partitions = kafka_partitions(engine->asker, *topic, ENGINE_ASK_MS, err);
        if (partitions < 0) return -1;
        struct place *group = arena_alloc(engine->arena, sizeof *group * ((size_t)partitions + 1));
        for (int i = 0; i < partitions; i++)
            group[i] = (struct place){.topic = *topic, .partition = i};
        if (kafka_group_offsets(engine->asker, engine->spec->name, group, partitions, ENGINE_ASK_MS,
                                err) < 0)
            return -1;
        for (int i = 0; i < partitions; i++)
            if (group[i].offset != KAFKA_NO_OFFSET) return 1;
    }

    return 0;
}

static bool reads_events(const struct engine *engine) {
    for (const enum topic *topic = engine->spec->reads; *topic != TOPIC_NONE; topic++)
        if (*topic == TOPIC_EVENTS) return true;
    return false;
}

/* 1: the case log has, or had, an event. -1: not known now. */
static int has_events(struct engine *engine, struct err *err) {
    struct place *ends = arena_alloc(engine->arena, sizeof *ends * (size_t)engine->partitions);

    for (int i = 0; i < engine->partitions; i++)
        ends[i] = (struct place){.topic = TOPIC_EVENTS, .partition = i};
    if (kafka_ends(engine->asker, ends, engine->partitions, ENGINE_ASK_MS, err) < 0) return -1;
    for (int i = 0; i < engine->partitions; i++)
        if (ends[i].offset > 0) return 1;
    return 0;
}

/* Earlier versions left no marks. Then a group without any offset has been there before if there
 * are events that only this worker writes. Asked in this order: another process may begin at this
 * moment, and commits offsets before it writes its first event. 1: it has; -1: not known now. */
static int was_there_unmarked(struct check *check, struct err *err) {
    struct engine *engine = check->engine;

    if (check->any || reads_events(engine)) return 0;
    int events = has_events(engine, err);
    if (events <= 0) return events;
    int offsets = has_offsets(engine, err);
    if (offsets < 0) return -1;
    return !offsets;
}

/* What this process has seen marked, or has marked: not asked for again after every batch that
 * failed. */
static bool is_remembered(const struct engine *engine, const struct place *place) {
    for (int i = 0; i < engine->begun_count; i++)
        if (engine->begun[i].topic == place->topic &&
            engine->begun[i].partition == place->partition)
            return true;
    return false;
}

static void remember(struct check *check) {
    struct engine *engine = check->engine;

    for (int i = 0; i < check->count; i++)
        if (!is_remembered(engine, &check->places[i]))
            *HEAP_ADD(engine->begun, engine->begun_count) = check->places[i];
}

/* True: all of them are. */
static bool recall(struct check *check) {
    bool all = true;

    for (int i = 0; i < check->count; i++) {
        check->marked[i] = is_remembered(check->engine, &check->places[i]);
        all &= check->marked[i];
    }
    return all;
}

/* ---- Verdicts ---- */

static const struct {
    const char *message, *word;
} stories[] = {
    [BEGUN_LOST] =
        {"the group has no committed offsets although it has read before: they were deleted or "
         "have expired. From the beginning everything would be published again",
         "none"},
    [BEGUN_DELETED] =
        {"records were deleted before they were read: raise retention.ms of that topic", "before"},
    [BEGUN_RECREATED] =
        {"the group's offsets lie beyond the end of the topic: it was recreated, or cut off",
         "beyond"},
};

static void stop(struct check *check, enum begun_verdict verdict, const bool *are) {
    struct engine *engine = check->engine;
    struct buf buf = {0};

    for (int i = 0, said = 0; i < check->count; i++) {
        if (!are[i]) continue;
        if (said++ == 4) {
            buf_puts(&buf, "... ");
            break;
        }
        buf_printf(&buf, "%s:%d ", topic_name(check->places[i].topic), check->places[i].partition);
        if (check->places[i].offset != KAFKA_NO_OFFSET)
            buf_printf(&buf, "at %" PRId64 ", there are %" PRId64 " to %" PRId64 " ",
                       check->places[i].offset, check->starts[i].offset, check->ends[i].offset);
    }
    buf_printf(&buf,
               "- `redressctl offsets set %s --from-log` goes on behind what was published (see "
               "`redressctl help offsets`); then start again",
               engine->spec->name);
    engine_stop(engine, EXIT_CANNOT_GO_ON, stories[verdict].message,
                arena_strndup(engine->arena, buf.at, buf.len));
    buf_free(&buf);
}

/* The offsets were asked for before the marks. Whoever stood still between the two has perhaps been
 * replaced meanwhile by somebody who has left both. 1: what has a mark still has no offset; 0: it
 * has; -1: not known now. */
static int is_still_lost(struct check *check, const bool *are, struct err *err) {
    enum { TURN_MS = 500 };
    struct engine *engine = check->engine;
    struct place *again =
        arena_memdup(engine->arena, check->places, sizeof *again * (size_t)check->count);
    if (kafka_committed(engine->consumer, again, check->count, TURN_MS, err) != OUTCOME_DONE)
        return -1;
    for (int i = 0; i < check->count; i++)
        if (are[i] && again[i].offset != KAFKA_NO_OFFSET) return 0;
    return 1;
}

/* True: it is lost. */
static bool confirm_lost(struct check *check, const bool *are) {
    struct err err = {"another process has gone on with them"};
    if (is_still_lost(check, are, &err) == 1) return true;
    engine_pause(check->engine, not_known, err.text);
    return false;
}

/* True: nothing is wrong. */
static bool judge(struct check *check, bool unmarked_life) {
    bool *are = arena_alloc(check->engine->arena, (size_t)check->count + 1);

    for (enum begun_verdict verdict = BEGUN_LOST; verdict <= BEGUN_RECREATED; verdict++) {
        bool any = false;
        for (int i = 0; i < check->count; i++) {
            are[i] =
                begun_judge(check->places[i].offset, check->starts[i].offset, check->ends[i].offset,
                            check->marked[i] || unmarked_life) == verdict;
            any |= are[i];
        }
        if (!any) continue;
        if (verdict != BEGUN_LOST || confirm_lost(check, are)) stop(check, verdict, are);
        return false;
    }

    return true;
}

/* Where it begins and that it has begun, in one transaction. */
static bool mark(struct check *check) {
    struct engine *engine = check->engine;
    const char *value = arena_printf(engine->arena, "{\"partitions\":%d}", engine->partitions);
    struct batch batch;

    batch_init(&batch, engine->arena);
    batch.places = arena_alloc(engine->arena, sizeof *batch.places * ((size_t)check->count + 1));
    for (int i = 0; i < check->count; i++) {
        struct place *place = &check->places[i];
        if (place->offset == KAFKA_NO_OFFSET) place->offset = check->starts[i].offset;
        if (check->marked[i]) continue;
        batch.places[batch.place_count++] = *place;
        batch_add(&batch, &(struct kafka_message){.topic = TOPIC_POLICIES,
                                                  .partition = -1,
                                                  .key = check->keys[i],
                                                  .key_len = strlen(check->keys[i]),
                                                  .value = value,
                                                  .value_len = strlen(value)});
    }
    if (batch.count && engine_commit(engine, &batch) != KAFKA_DONE) return false;
    remember(check);

    return true;
}

/* ---- All of it ---- */

static bool ask_marks(struct check *check, struct err *err) {
    struct engine *engine = check->engine;
    const struct reading_plan plan = {.kafka = &engine->kafka,
                                      .asker = engine->asker,
                                      .topic = TOPIC_POLICIES,
                                      .silence_ms = SILENCE_MS,
                                      .each = see_mark,
                                      .context = check};
    static const struct engine_words words = {.wait = not_known, .stop = "no topic for policies"};
    enum outcome outcome = reading_run(&plan, err);

    return engine_takes(engine, outcome, &words, err->text);
}

static void begin(struct check *check, struct engine *engine, struct place *places,
                  const struct place *starts, int count) {
    *check = (struct check){.engine = engine, .places = places, .starts = starts, .count = count};
    check->ends = arena_memdup(engine->arena, places, sizeof *places * (size_t)count);
    check->keys = arena_alloc(engine->arena, sizeof *check->keys * ((size_t)count + 1));
    check->marked = arena_alloc(engine->arena, (size_t)count + 1);
    for (int i = 0; i < count; i++)
        check->keys[i] = begun_key(engine->arena, engine->spec->name, &places[i]);
}

bool begun_check(struct engine *engine, struct place *places, const struct place *starts,
                 int count) {
    struct check check;
    struct err err = {"no answer"};

    if (engine->config->demonstration || !count)
        return true; /* the mock broker keeps no group offsets */
    begin(&check, engine, places, starts, count);
    int life = -1;
    bool known = kafka_ends(engine->asker, check.ends, count, ENGINE_ASK_MS, &err) == 0;
    bool recalled = known && recall(&check);
    if (known && !recalled && !ask_marks(&check, &err)) return false;
    if (recalled)
        life = 0;
    else if (known)
        life = was_there_unmarked(&check, &err);
    if (life < 0) {
        engine_pause(engine, not_known, err.text);
        return false;
    }
    if (check.partitions && check.partitions != engine->partitions) {
        watch_stop(engine, TOPIC_EVENTS, check.partitions, engine->partitions);
        return false;
    }

    return judge(&check, life > 0) && mark(&check);
}
