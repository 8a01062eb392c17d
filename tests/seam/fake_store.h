/* fake_store: what fake_redis keeps, and the commands on it. Keys are a list, values lists of
 * pairs: the worlds of these tests are small. */
#ifndef REDRESS_SEAM_FAKE_STORE_H
#define REDRESS_SEAM_FAKE_STORE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *at;
    size_t len;
};
struct pair_of {
    struct bytes field, value; /* a sorted set's member and score */
};
struct key {
    char *name;
    struct pair_of *pairs;
    int count, size;
    bool is_text;       /* one pair with an empty field */
    int64_t expires_ms; /* 0: never */
    int64_t number;     /* of its making */
};
struct store {
    struct key *keys;
    int count, size;
};

extern struct store fake_store;

struct bytes fake_store_bytes(const char *at, size_t len); /* a copy */

/* Index of a key that has not run out; -1: there is none. */
int fake_store_find(const char *name);
void fake_store_drop(int index);
struct key *fake_store_key(const char *name); /* NULL: there is none */

/* The value of a hash's field, a member's score, a text's bytes (the empty field); NULL: there is
 * none. */
struct bytes *fake_store_value(struct key *key, const char *field, size_t len);

/* True: it was not there before. */
bool fake_store_put(struct key *key, const char *field, size_t field_len, const char *value,
                    size_t value_len);
void fake_store_empty(struct store *store);

/* A command's words, or a script's keys and arguments. */
struct words {
    const char **at;
    size_t *lens;
    int count;
};

/* Leaves the reply on Lua's stack, as redis.call() would. A command that the runtime does not use
 * is a fault of the test. */
void fake_store_run(lua_State *lua, const struct words *words);

#endif
