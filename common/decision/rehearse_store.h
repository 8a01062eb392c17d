/* rehearse_store: what stands in for Redis in a rehearsal: claims, and states by key. For
 * rehearse.c only. */
#ifndef REDRESS_REHEARSE_STORE_H
#define REDRESS_REHEARSE_STORE_H

#include "data/fields.h"
#include "decision/claims.h"

/* Texts to numbers from 0, in the order of their first use. Keys are kept. */
struct rehearse_index {
    struct arena *arena;
    const char **keys;
    size_t *hashes; /* of the keys */
    int *slots;     /* number + 1; 0: free */
    int count, size;
};

/* States of one worker. They are copied into one arena, which is renewed when most of it is out of
 * date. */
struct rehearse_states {
    const struct table *table;
    struct rehearse_index keys;
    void **at; /* by number; NULL: none */
    int size;
    struct arena *arena;
    size_t live; /* bytes after the last renewal */
};
void rehearse_states_init(struct rehearse_states *states, const struct table *table);
const void *rehearse_states_get(const struct rehearse_states *states, const char *key);
/* `state` NULL: forgotten. Returns the key's number. */
int rehearse_states_put(struct rehearse_states *states, const char *key, const void *state);
void rehearse_states_free(struct rehearse_states *states);

/* Claims, as claims.h says. */
struct rehearse_claims;
struct rehearse_claims *rehearse_claims_new(void);
void rehearse_claims_free(struct rehearse_claims *claims);
struct answer rehearse_claims_make(struct rehearse_claims *claims, const struct claim *claim,
                                   struct arena *arena);
void rehearse_claims_release(struct rehearse_claims *claims, const struct claim *claim);

#endif
