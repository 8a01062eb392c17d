/* view_parts: what the files view*.c share and nobody else includes. */
#ifndef REDRESS_VIEW_PARTS_H
#define REDRESS_VIEW_PARTS_H

#include "base/ids.h"
#include "runtime/view.h"
#include "runtime/view_indexes.h"

enum {
    VIEW_STANDING_KEYS = 8, /* standing.lua */
    VIEW_HOUR_MS = 3600 * 1000,
    VIEW_HOURS_KEPT_MS = 8 * 24 * VIEW_HOUR_MS /* deploy/docs/redis.md */
};

struct view {
    struct redis *redis;
    char *prefix, *worker;
    const struct table *state;
    char fingerprint[FIELDS_FINGERPRINT_SIZE];
    struct redis_script read, due, find, apply, check, wipe, wiped;
    struct view_indexes *indexes;
    char *texts[5]; /* of the scripts that begin with standing.lua */
};

/* The words of a command: keys, then the rest. */
struct view_words {
    struct arena *arena;
    const char **at;
    size_t *lens;
    int count, size;
};
int view_add(struct view_words *words, const char *text, size_t len); /* its index */
void view_add_text(struct view_words *words, const char *text);
void view_add_number(struct view_words *words, int64_t number);
/* <prefix>:{<worker>.<shard>}:<kind><name> */
const char *view_key(const struct view *view, struct arena *arena, int shard, const char *kind,
                     const char *name);
void view_add_standing(const struct view *view, struct view_words *keys, int shard);

/* Queues a script; args NULL: none. */
void view_queue(struct view *view, struct redis_script *script, const struct view_words *keys,
                const struct view_words *args);
/* Runs a script; args NULL: none. */
enum outcome view_run(struct view *view, struct redis_script *script, const struct view_words *keys,
                      const struct view_words *args, struct redis_reply *reply_out,
                      struct err *err);
/* What every script tells that begins with standing.lua, and its `last`. */
enum outcome view_take_standing(const struct view *view, const struct redis_reply *reply,
                                struct view_standing *out, const struct redis_reply **last_out,
                                struct err *err);

/* The checksum field of a hash: so many digits of base32. */
#define VIEW_SUM_FIELD "#"
enum { VIEW_SUM_DIGITS = 8 };
void view_print_sum(uint64_t sum, char out[VIEW_SUM_DIGITS + 1]);
/* When the case is looked at again; 0: never, so that it is asleep. */
int64_t view_wake_ms(const struct view *view, const void *state, struct arena *arena);

#endif
