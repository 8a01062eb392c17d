/* rehearse_store: plain memory. The rules of claims are those of common/runtime/lua/claim.lua. */
#include "decision/rehearse_store.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

/* FNV-1a: good enough for a table of our own that nobody outside can fill. */
static size_t hash_of(const char *key) {
    uint64_t hash = 14695981039346656037u;
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32);
}

static void *grow(void *old, size_t count, size_t size) {
    void *new = realloc(old, count * size);
    ASSERT(new);
    return new;
}

static int *slot_of(const struct rehearse_index *index, const char *key, size_t hash) {
    size_t mask = (size_t)index->size * 2 - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        int *slot = &index->slots[i];
        if (!*slot) return slot;
        if (index->hashes[*slot - 1] == hash && strcmp(index->keys[*slot - 1], key) == 0)
            return slot;
    }
}

int rehearse_index_find(const struct rehearse_index *index, const char *key) {
    if (!index->size) return -1;
    return *slot_of(index, key, hash_of(key)) - 1;
}

/* Half of the slots stay free. */
static void resize(struct rehearse_index *index) {
    if (index->size)
        index->size = index->size * 2;
    else
        index->size = FIRST_SIZE;
    index->keys = grow(index->keys, (size_t)index->size, sizeof *index->keys);
    index->hashes = grow(index->hashes, (size_t)index->size, sizeof *index->hashes);
    free(index->slots);
    index->slots = calloc((size_t)index->size * 2, sizeof *index->slots);
    ASSERT(index->slots);
    for (int i = 0; i < index->count; i++)
        *slot_of(index, index->keys[i], index->hashes[i]) = i + 1;
}

int rehearse_index_add(struct rehearse_index *index, const char *key) {
    if (!index->arena) index->arena = arena_new();
    if (index->count == index->size) resize(index);
    size_t hash = hash_of(key);
    int *slot = slot_of(index, key, hash);
    if (*slot) return *slot - 1;
    index->hashes[index->count] = hash;
    index->keys[index->count++] = arena_strdup(index->arena, key);
    *slot = index->count;

    return index->count - 1;
}

void rehearse_index_free(struct rehearse_index *index) {
    arena_free(index->arena);
    free(index->keys);
    free(index->hashes);
    free(index->slots);
    *index = (struct rehearse_index){0};
}

/* States. */

void rehearse_states_init(struct rehearse_states *states, const struct record *record) {
    *states = (struct rehearse_states){.record = record, .arena = arena_new()};
}

const void *rehearse_states_get(const struct rehearse_states *states, const char *key) {
    int i = rehearse_index_find(&states->keys, key);
    if (i < 0) return NULL;
    return states->at[i];
}

static void *copy(const struct rehearse_states *states, struct arena *arena, const void *state) {
    void *out = arena_alloc(arena, states->record->size);
    fields_copy(states->record, state, arena, out);
    return out;
}

static void renew(struct rehearse_states *states) {
    struct arena *arena = arena_new();

    for (int i = 0; i < states->keys.count; i++)
        if (states->at[i]) states->at[i] = copy(states, arena, states->at[i]);
    arena_free(states->arena);
    states->arena = arena;
    states->live = arena_used(arena);
}

int rehearse_states_put(struct rehearse_states *states, const char *key, const void *state) {
    enum { SPARE = 64 << 20 /* renewing less than this would cost more than it saves */ };
    int i = rehearse_index_add(&states->keys, key);
    if (i >= states->size) {
        int size = states->keys.size;
        states->at = grow(states->at, (size_t)size, sizeof *states->at);
        memset(states->at + states->size, 0, (size_t)(size - states->size) * sizeof *states->at);
        states->size = size;
    }
    if (state)
        states->at[i] = copy(states, states->arena, state);
    else
        states->at[i] = NULL;
    if (arena_used(states->arena) > 2 * states->live + SPARE) renew(states);
    return i;
}

void rehearse_states_free(struct rehearse_states *states) {
    rehearse_index_free(&states->keys);
    free(states->at);
    arena_free(states->arena);
    *states = (struct rehearse_states){0};
}

/* Claims. */

#define DAY_MS ((int64_t)86400000)

struct held {
    const char *owner, *value; /* owner NULL: nobody */
    int64_t last_ms, joined, sum;
    int round; /* taken over so often: joiners of before do not count */
};
struct member { /* a joiner or claimant of one claim */
    int64_t ordinal, amount;
    int round;
    bool refused, known;
};
struct rehearse_claims {
    struct arena *arena;
    struct rehearse_index keys, members;
    struct held *held;
    struct member *member;
    int held_size, member_size;
};

struct rehearse_claims *rehearse_claims_new(void) {
    struct rehearse_claims *claims = calloc(1, sizeof *claims);
    ASSERT(claims);
    claims->arena = arena_new();
    return claims;
}

void rehearse_claims_free(struct rehearse_claims *claims) {
    rehearse_index_free(&claims->keys);
    rehearse_index_free(&claims->members);
    arena_free(claims->arena);
    free(claims->held);
    free(claims->member);
    free(claims);
}

static struct held *held_of(struct rehearse_claims *claims, const char *key) {
    int i = rehearse_index_add(&claims->keys, key);

    if (i >= claims->held_size) {
        int size = claims->keys.size;
        claims->held = grow(claims->held, (size_t)size, sizeof *claims->held);
        memset(claims->held + claims->held_size, 0,
               (size_t)(size - claims->held_size) * sizeof *claims->held);
        claims->held_size = size;
    }

    return &claims->held[i];
}

static struct member *member_of(struct rehearse_claims *claims, const struct claim *claim,
                                struct arena *arena) {
    int i = rehearse_index_add(&claims->members,
                               arena_printf(arena, "%s\x1f#%s", claim->key, claim->id));

    if (i >= claims->member_size) {
        int size = claims->members.size;
        claims->member = grow(claims->member, (size_t)size, sizeof *claims->member);
        memset(claims->member + claims->member_size, 0,
               (size_t)(size - claims->member_size) * sizeof *claims->member);
        claims->member_size = size;
    }

    return &claims->member[i];
}

static struct answer count(struct held *held, struct member *member, const struct claim *claim) {
    if (!member->known) {
        member->known = true;
        member->refused = held->sum + claim->amount > claim->limit;
        if (member->refused)
            member->amount = 0;
        else
            member->amount = claim->amount;
        held->sum += member->amount;
    }
    return (struct answer){.granted = !member->refused,
                           .found = true,
                           .value = "",
                           .sum = held->sum,
                           .owner = claim->id};
}

static void take(struct rehearse_claims *claims, struct held *held, const struct claim *claim) {
    if (!held->owner) {
        *held = (struct held){.owner = arena_strdup(claims->arena, claim->id),
                              .round = held->round + 1};
    }
    if (claim->kind != CLAIM_ONCE || !held->value)
        held->value = arena_strdup(claims->arena, claim->value ? claim->value : "");
    if (claim->time_ms > held->last_ms) held->last_ms = claim->time_ms;
}

static struct answer answer_of(const struct held *held, bool granted, int64_t ordinal) {
    return (struct answer){.granted = granted,
                           .found = held->owner != NULL,
                           .value = held->value ? held->value : "",
                           .ordinal = ordinal,
                           .owner = held->owner ? held->owner : "",
                           .last_ms = held->last_ms,
                           .joined = held->joined};
}

struct answer rehearse_claims_make(struct rehearse_claims *claims, const struct claim *claim,
                                   struct arena *arena) {
    struct held *held = held_of(claims, claim->key);

    if (claim->kind == CLAIM_LOOK) return answer_of(held, false, 0);
    struct member *member = member_of(claims, claim, arena);
    if (claim->kind == CLAIM_COUNT) return count(held, member, claim);
    bool mine = member->round == held->round && member->ordinal > 0;
    bool own = held->owner && strcmp(held->owner, claim->id) == 0;
    int64_t kept_ms = claim->valid_ms + (claim->kind == CLAIM_JOIN ? 0 : DAY_MS);
    if (held->owner && !own && !mine && claim->time_ms > held->last_ms + kept_ms)
        held->owner = NULL;
    if (!held->owner || own) {
        take(claims, held, claim);
        return answer_of(held, true, 0);
    }
    if (claim->kind == CLAIM_JOIN) {
        if (claim->time_ms > held->last_ms) held->last_ms = claim->time_ms;
        if (!mine) {
            member->ordinal = ++held->joined;
            member->round = held->round;
        }
    }

    return answer_of(held, false, member->round == held->round ? member->ordinal : 0);
}

void rehearse_claims_release(struct rehearse_claims *claims, const struct claim *claim) {
    struct held *held = held_of(claims, claim->key);
    struct arena *arena = arena_new();
    struct member *member = member_of(claims, claim, arena);

    if (claim->kind == CLAIM_COUNT) {
        held->sum -= member->amount;
        *member = (struct member){0};
    } else if (held->owner && strcmp(held->owner, claim->id) == 0) {
        held->owner = NULL;
    }
    arena_free(arena);
}
