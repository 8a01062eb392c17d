/* claims: facts from beyond a case, kept in Redis and in redress.claims (common/protocol.md,
 * Claims). A pure core asks by adding claims; the runtime makes them and decides again with the
 * answers. Asking again with the same id gives the same answer. */
#ifndef REDRESS_CLAIMS_H
#define REDRESS_CLAIMS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

/* The longest life of a claim, and what redress.claims must keep: 460 d. An order's cap is held for
 * 400 d, an alias for join_for and dedupe_for, at most 365 d and 90 d; and each for a day more. */
#define CLAIMS_KEPT_MAX_MS (INT64_C(460) * 24 * 3600 * 1000)

/* The limit of a count that has none: small enough to be added up. */
#define CLAIMS_NO_LIMIT (INT64_MAX / 4)

enum claim_kind {
    CLAIM_ONCE, /* the first id has it */
    CLAIM_JOIN, /* the first id has it and everybody gets its value; lives `valid_ms` after the last
                   word about it (event time): asked  about later than that, it is taken over. The
                   owner may ask again with another value, which replaces it. */
    CLAIM_COUNT, /* granted while the sum of the granted amounts stays <= limit */
    CLAIM_LOOK   /* reads a ONCE or JOIN claim; never grants */
};

struct claim {
    enum claim_kind kind;
    const char *key;   /* "submission\x1f/shop/app\x1fc-1": kind of thing, then its name; any text
                          without NUL */
    const char *id;    /* the claimant */
    const char *value; /* kept with it, at most 200 bytes; NULL = "" */
    int64_t time_ms;   /* event time of the asking event */
    int64_t valid_ms;  /* CLAIM_JOIN: since the last word; others: how long it is kept */
    int64_t amount, limit; /* CLAIM_COUNT */
    bool shared; /* it has a key of its own, which others may read (claim_store_key): many have a
                    part in a count, or redressctl looks it up */
    bool logged; /* also to redress.claims, so that it survives a loss of Redis */
};

struct answer {
    bool granted; /* the asker is the owner, now or from before; CLAIM_COUNT: the amount is reserved
                   */
    bool found;   /* CLAIM_LOOK: somebody has it */
    const char *value; /* the owner's; "" when there is none */
    int64_t ordinal;   /* CLAIM_JOIN: 0 for the owner, 1, 2, ... for those who joined */
    int64_t sum;       /* CLAIM_COUNT: what is reserved by now */
    const char *owner; /* for the runtime's record: the owner's id, */
    int64_t last_ms;   /* the last word about it, */
    int64_t joined;    /* and how many joined */
    int64_t ends_ms;   /* when it is forgotten */
};

struct claims {
    struct arena *arena;
    struct claim *at;
    int count;
};
/* Copies the struct; its texts must live as long as the batch. Returns its index, which is that of
 * its answer. */
int claims_add(struct claims *claims, const struct claim *claim);

#endif
