/* shard_log: the changelog's first record, @log, says for which case log its states were made; and
 * what a changelog whose group has lost its offsets says of them. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "runtime/shard.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFSETS_TURN_MS = 300, FIRST_RECORD_MS = 1000 };

static void refuse(struct shards *shards, struct shard *shard, const char *message) {
    engine_stop(shards->engine, EXIT_CANNOT_GO_ON, message,
                arena_printf(shards->engine->arena, "%s shard %d", shards->engine->spec->name,
                             shard->number));
}

/* The shard's offset goes with it, like in any transaction: it fences whoever made one before and
 * stood still, and from now on the group's offsets name this log. */
static void make_log(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    char id[27];

    ids_hash(id, 2, engine->spec->name,
             arena_printf(engine->arena, "%" PRId64, clock_boot_us() ^ clock_now_ms()));
    struct place place = {
        .topic = spec_input(engine->spec), .partition = shard->number, .offset = shard->next};
    snprintf(place.metadata, sizeof place.metadata, "%s", id);
    struct batch batch;
    batch_init(&batch, engine->arena);
    batch.places = &place;
    batch.place_count = 1;
    const char *value =
        arena_printf(engine->arena, "{\"log_id\":\"%s\",\"shards\":%d}", id, shards->partitions);
    batch_add(&batch, &(struct kafka_message){.topic = TOPIC_STATE,
                                              .partition = shard->number,
                                              .key = "@log",
                                              .key_len = 4,
                                              .value = value,
                                              .value_len = strlen(value)});
    FAULT_POINT("before_log");
    shard->phase = SHARD_OFFSETS; /* where it goes on in any case: they tell what has come of it */
    if (engine_commit(engine, &batch) == KAFKA_DONE) FAULT_POINT("after_log");
}

void shard_log_missing(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    struct place events = {.topic = spec_input(engine->spec), .partition = shard->number};
    struct err err;

    if (!engine->config->demonstration && !shard->no_offsets) {
        refuse(shards, shard,
               "the changelog is empty although this group has committed offsets: it was "
               "recreated. Restore it, or delete the group's offsets to start over knowingly");
        return;
    }
    if (kafka_ends(engine->asker, &events, 1, ENGINE_ASK_MS, &err) < 0) {
        engine_pause(engine, "the end of the case log is not known yet", err.text);
        return;
    }
    if (!engine->config->demonstration && events.offset > 0) {
        refuse(shards, shard,
               "the changelog has no @log record although the case log has events: it was not made "
               "by `redressctl topics create`, or it was recreated. Run `redressctl topics create` "
               "if this worker is new");
        return;
    }
    make_log(shards, shard);
}

static bool check_log(struct shards *shards, struct shard *shard, const struct raw *raw) {
    const struct tree *tree;
    struct err err;
    struct arena *arena = shards->engine->arena;
    bool is_log = raw->key_len == 4 && memcmp(raw->key, "@log", 4) == 0 && raw->value &&
                  json_read(arena, raw->value, raw->value_len, NULL, &tree, &err) == JSON_OK;
    const char *id = NULL;
    if (is_log) id = tree_text(tree, "log_id");
    const struct tree *count = NULL;
    if (is_log) count = tree_get(tree, "shards");

    if (!id || !count || count->kind != TREE_INT) {
        refuse(shards, shard,
               "the changelog does not begin with its @log record: it is not one of redress, or "
               "its beginning was lost. Restore it, or make new topics under another prefix");
        return false;
    }
    if (count->num != shards->partitions) {
        refuse(shards, shard,
               "the changelog was made for another number of partitions. The count cannot be "
               "changed: make new topics under another prefix and publish into these");
        return false;
    }
    if (shard->log_id[0] && strcmp(shard->log_id, id) != 0) {
        refuse(shards, shard,
               "the group's offsets belong to another changelog than this one: it was recreated. "
               "Restore the one that they name, or make new topics under another prefix");
        return false;
    }
    snprintf(shard->log_id, sizeof shard->log_id, "%s", id);

    return shard->log_known = true;
}

/* Offsets are read before the changelog: whoever owned the shard then may have committed both
 * since. */
static bool offsets_came(struct shards *shards, const struct shard *shard) {
    struct place committed = {.topic = spec_input(shards->engine->spec),
                              .partition = shard->number};
    struct err err;
    if (kafka_committed(shards->engine->consumer, &committed, 1, OFFSETS_TURN_MS, &err) !=
        OUTCOME_DONE)
        return true; /* once more */
    return committed.offset != KAFKA_NO_OFFSET;
}

static int64_t next_in(const struct raw *raw) {
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        if (strcmp(header->name, "redress_next") == 0 && header->value_len < 20) {
            char text[20] = "";
            memcpy(text, header->value, header->value_len);
            return strtoll(text, NULL, 10);
        }
    }

    return 0;
}

/* Where the shard stood when the last of the changelog's states were written, from `raw` to its
 * end; 0: not known. */
static int64_t next_said(struct shards *shards, const struct shard *shard, const struct raw *raw) {
    enum { READ_MS = 10000 };
    int64_t most = next_in(raw);
    int64_t until_ms = clock_boot_ms() + READ_MS;
    for (bool end = false; !end && clock_boot_ms() < until_ms;) {
        struct kafka_record *record;
        struct place place;
        struct raw other;
        struct err err;
        enum kafka_got got = kafka_poll(shards->reader, 50, &record, &place, &err);
        end = got == KAFKA_END && place.partition == shard->number && place.offset >= shard->end;
        if (got == KAFKA_DAMAGED) break;
        if (got != KAFKA_RECORD) continue;
        kafka_record_raw(&shards->engine->kafka, record, shards->engine->arena, &other);
        if (other.partition == shard->number && next_in(&other) > most) most = next_in(&other);
        kafka_record_free(record);
    }

    return most;
}

static void refuse_without_offsets(struct shards *shards, const struct shard *shard,
                                   const struct raw *raw) {
    const struct engine *engine = shards->engine;
    const char *prefix = engine->config->topic_prefix;
    const char *name = engine->spec->name;
    int64_t next = next_said(shards, shard, raw);
    const char *remedy =
        next ? arena_printf(engine->arena,
                            "%s shard %d: its last states were written at offset %" PRId64
                            ": kafka-consumer-groups.sh --group %s-%s --topic %s.events:%d "
                            "--reset-offsets --to-offset %" PRId64 " --execute",
                            name, shard->number, next, prefix, name, prefix, shard->number, next)
             : arena_printf(engine->arena, "%s shard %d", name, shard->number);

    engine_stop(shards->engine, EXIT_CANNOT_GO_ON,
                "the group has no committed offsets although its changelog has states: they were "
                "deleted or have expired. Reset the group's offsets knowingly, then start again",
                remedy);
}

/* The first record must be @log: a compacted log keeps it, for nothing replaces it. Without
 * committed offsets it must be the only one. */
static bool check_record(struct shards *shards, struct shard *shard, const struct raw *raw) {
    bool is_log = raw->key_len == 4 && memcmp(raw->key, "@log", 4) == 0;

    if (!shard->log_known) return check_log(shards, shard, raw);
    if (is_log || !shard->no_offsets || shards->engine->config->demonstration) return true;
    if (offsets_came(shards, shard)) {
        shard->log_known = false;
        shard->phase = SHARD_OFFSETS;
        return true;
    }
    refuse_without_offsets(shards, shard, raw);

    return false;
}

void shard_log_read(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    struct place start = {.topic = TOPIC_STATE, .partition = shard->number, .offset = shard->start};
    struct err err = {"no answer"};

    if (kafka_fetch_from(shards->reader, &start, 1, &err) < 0) {
        engine_pause(engine, "the changelog cannot be read now", err.text);
        return;
    }
    bool good = true;
    for (int64_t until_ms = clock_boot_ms() + FIRST_RECORD_MS;
         good && clock_boot_ms() < until_ms;) {
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = kafka_poll(shards->reader, 50, &record, &place, &err);
        if (got == KAFKA_DAMAGED) {
            engine_damaged(engine, err.text);
            return;
        }
        if (got == KAFKA_RECORD) {
            struct raw raw;
            kafka_record_raw(&engine->kafka, record, engine->arena, &raw);
            good = raw.partition != shard->number || check_record(shards, shard, &raw);
            kafka_record_free(record);
            if (shard->phase == SHARD_OFFSETS || (shard->log_known && !shard->no_offsets)) return;
        }
        if (got == KAFKA_END && place.partition == shard->number && place.offset >= shard->end) {
            if (!shard->log_known) shard_log_missing(shards, shard);
            return;
        }
    }
    shard->log_known = false; /* not read to its end in time: once more */
    if (good) engine_pause(engine, "the changelog's first record is not readable yet", err.text);
}
