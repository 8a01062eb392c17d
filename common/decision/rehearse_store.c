/* rehearse_store: plain memory. The rules of claims are those of common/runtime/lua/claim.lua. */
#include "decision/rehearse_store.h"
#include "base/heap.h"
#include "base/ids.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

static size_t hash_of(const char *key) {
    return ids_table_hash(key, strlen(key));
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

/* -1: unknown. */
static int index_find(const struct rehearse_index *index, const char *key) {
    if (!index->size) return -1;
    return *slot_of(index, key, hash_of(key)) - 1;
}

/* Half of the slots stay free. */
static void resize(struct rehearse_index *index) {
    if (index->size)
        index->size = index->size * 2;
    else
        index->size = FIRST_SIZE;
    index->keys = heap_resize(index->keys, (size_t)index->size * sizeof *index->keys);
    index->hashes = heap_resize(index->hashes, (size_t)index->size * sizeof *index->hashes);
    free(index->slots);
    index->slots = calloc((size_t)index->size * 2, sizeof *index->slots);
    ASSERT(index->slots);
    for (int i = 0; i < index->count; i++)
        *slot_of(index, index->keys[i], index->hashes[i]) = i + 1;
}

/* The known number, or the next. */
static int index_add(struct rehearse_index *index, const char *key) {
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

static void index_free(struct rehearse_index *index) {
    arena_free(index->arena);
    free(index->keys);
    free(index->hashes);
    free(index->slots);
    *index = (struct rehearse_index){0};
}

/* States. */

void rehearse_states_init(struct rehearse_states *states, const struct table *table) {
    *states = (struct rehearse_states){.table = table, .arena = arena_new()};
}

const void *rehearse_states_get(const struct rehearse_states *states, const char *key) {
    int i = index_find(&states->keys, key);
    if (i < 0) return NULL;
    return states->at[i];
}

static void *copy(const struct rehearse_states *states, struct arena *arena, const void *state) {
    void *out = arena_alloc(arena, states->table->size);
    fields_copy(states->table, state, arena, out);
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
    int i = index_add(&states->keys, key);
    if (i >= states->size) {
        int size = states->keys.size;
        states->at = heap_resize(states->at, (size_t)size * sizeof *states->at);
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
    index_free(&states->keys);
    free(states->at);
    arena_free(states->arena);
    *states = (struct rehearse_states){0};
}

/* Claims. */

#define DAY_MS ((int64_t)86400000)

struct held {
    const char *owner, *value; /* owner NULL: nobody */
    int64_t last_ms, joined, sum;
    int round;         /* taken over so often: joiners of before do not count */
    int first_part;    /* number + 1 of the latest part of a sum; 0: none */
    int64_t first_end; /* the earliest end of a part that may still count; 0: there is none */
};
struct member { /* a joiner or claimant of one claim */
    int64_t ordinal, amount, ends_ms;
    int round;
    int next_part; /* of the same sum */
    bool listed;
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
    index_free(&claims->keys);
    index_free(&claims->members);
    arena_free(claims->arena);
    free(claims->held);
    free(claims->member);
    free(claims);
}

static struct held *held_of(struct rehearse_claims *claims, const char *key) {
    int i = index_add(&claims->keys, key);

    if (i >= claims->held_size) {
        int size = claims->keys.size;
        claims->held = heap_resize(claims->held, (size_t)size * sizeof *claims->held);
        memset(claims->held + claims->held_size, 0,
               (size_t)(size - claims->held_size) * sizeof *claims->held);
        claims->held_size = size;
    }

    return &claims->held[i];
}

static int member_number(struct rehearse_claims *claims, const struct claim *claim,
                         struct arena *arena) {
    int i = index_add(&claims->members, arena_printf(arena, "%s\x1f#%s", claim->key, claim->id));

    if (i >= claims->member_size) {
        int size = claims->members.size;
        claims->member = heap_resize(claims->member, (size_t)size * sizeof *claims->member);
        memset(claims->member + claims->member_size, 0,
               (size_t)(size - claims->member_size) * sizeof *claims->member);
        claims->member_size = size;
    }

    return i;
}

/* A part that has run out does not count any more, though others keep the claim alive. */
static void forget_parts(struct rehearse_claims *claims, struct held *held, int64_t now_ms) {
    if (!held->first_end || held->first_end > now_ms) return;
    held->first_end = 0;
    for (int i = held->first_part; i; i = claims->member[i - 1].next_part) {
        struct member *part = &claims->member[i - 1];
        if (!part->known || part->refused) continue;
        if (part->ends_ms <= now_ms) {
            held->sum -= part->amount;
            part->known = false;
        } else if (!held->first_end || part->ends_ms < held->first_end) {
            held->first_end = part->ends_ms;
        }
    }
}

static struct answer count(struct rehearse_claims *claims, struct held *held, int number,
                           const struct claim *claim) {
    struct member *member = &claims->member[number];

    forget_parts(claims, held, claim->time_ms);
    if (!member->known) {
        member->known = true;
        member->refused = held->sum + claim->amount > claim->limit;
        if (member->refused)
            member->amount = 0;
        else
            member->amount = claim->amount;
        member->ends_ms = claim->time_ms + claim->valid_ms + DAY_MS;
        held->sum += member->amount;
        if (!member->listed) {
            member->listed = true;
            member->next_part = held->first_part;
            held->first_part = number + 1;
        }
        if (!member->refused && (!held->first_end || member->ends_ms < held->first_end))
            held->first_end = member->ends_ms;
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
    int number = member_number(claims, claim, arena);
    if (claim->kind == CLAIM_COUNT) return count(claims, held, number, claim);
    struct member *member = &claims->member[number];
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
    struct member *member = &claims->member[member_number(claims, claim, arena)];

    if (claim->kind == CLAIM_COUNT) {
        if (member->known) held->sum -= member->amount;
        member->known = false;
        member->refused = false;
        member->amount = 0;
    } else if (held->owner && strcmp(held->owner, claim->id) == 0) {
        held->owner = NULL;
    }
    arena_free(arena);
}
