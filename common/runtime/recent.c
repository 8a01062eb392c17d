/* recent: see recent.h. */
#include "runtime/recent.h"
#include "base/heap.h"
#include "base/ids.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 16 };

struct recent_case {
    int shard;
    uint64_t life; /* of the shard's; another one than that of now: forgotten */
    const char *id;
    const void *state; /* NULL: not known */
    uint64_t sum;
};

struct recent_half {
    struct arena *arena;
    struct recent_case **slots; /* open addressing, a power of two, at most half full */
    size_t size, count;
};

struct recent_shard {
    uint64_t life;
    int64_t applied;
};

struct recent {
    const struct table *state;
    size_t bytes;
    struct recent_half halves[2];
    int young;
    struct recent_shard *shards; /* by number */
    int shard_count;
    uint64_t lives;
};

struct recent *recent_new(const struct table *state, size_t bytes) {
    struct recent *recent = calloc(1, sizeof *recent);
    ASSERT(recent);
    recent->state = state;
    recent->bytes = bytes;
    for (int i = 0; i < 2; i++) recent->halves[i].arena = arena_new();
    return recent;
}

void recent_free(struct recent *recent) {
    if (!recent) return;
    for (int i = 0; i < 2; i++) {
        arena_free(recent->halves[i].arena);
        free(recent->halves[i].slots);
    }
    free(recent->shards);
    free(recent);
}

/* ---- A half ---- */

static size_t used(const struct recent_half *half) {
    return arena_used(half->arena) + half->size * sizeof *half->slots;
}

/* Where the case is, or would be. */
static struct recent_case **place(const struct recent_half *half, int shard, const char *id) {
    size_t at = ids_table_hash(id, strlen(id)) + (size_t)shard;

    for (;; at++) {
        struct recent_case **slot = &half->slots[at & (half->size - 1)];
        if (!*slot || ((*slot)->shard == shard && strcmp((*slot)->id, id) == 0)) return slot;
    }
}

static void grow(struct recent_half *half) {
    struct recent_half larger = *half;

    larger.size = half->size ? 2 * half->size : SLOTS_FIRST;
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    ASSERT(larger.slots);
    for (size_t i = 0; i < half->size; i++)
        if (half->slots[i])
            *place(&larger, half->slots[i]->shard, half->slots[i]->id) = half->slots[i];
    free(half->slots);
    *half = larger;
}

static void empty(struct recent_half *half) {
    arena_reset(half->arena);
    free(half->slots);
    half->slots = NULL;
    half->size = half->count = 0;
}

static const struct recent_case *find(const struct recent_half *half, int shard, const char *id) {
    if (!half->size) return NULL;
    return *place(half, shard, id);
}

/* ---- Shards ---- */

static struct recent_shard *shard_of(struct recent *recent, int number) {
    for (; recent->shard_count <= number; recent->shard_count++) {
        recent->shards =
            heap_resize(recent->shards, sizeof *recent->shards * (size_t)(recent->shard_count + 1));
        recent->shards[recent->shard_count] = (struct recent_shard){.applied = -1};
    }
    return &recent->shards[number];
}

void recent_forget(struct recent *recent, int shard) {
    *shard_of(recent, shard) = (struct recent_shard){.life = ++recent->lives, .applied = -1};
}

void recent_forget_all(struct recent *recent) {
    for (int shard = 0; shard < recent->shard_count; shard++) recent_forget(recent, shard);
}

void recent_move(struct recent *recent, int shard, int64_t from, int64_t to) {
    if (shard_of(recent, shard)->applied != from) recent_forget(recent, shard);
    shard_of(recent, shard)->applied = to;
}

/* ---- Cases ---- */

const void *recent_find(const struct recent *recent, int shard, int64_t applied, const char *id,
                        uint64_t *sum_out) {
    if (shard >= recent->shard_count || recent->shards[shard].applied != applied) return NULL;
    const struct recent_case *found = find(&recent->halves[recent->young], shard, id);
    if (!found) found = find(&recent->halves[!recent->young], shard, id);
    if (!found || found->life != recent->shards[shard].life || !found->state) return NULL;

    *sum_out = found->sum;
    return found->state;
}

void recent_put(struct recent *recent, int shard, const char *id, const void *state, uint64_t sum) {
    if (!recent->bytes) return;
    if (used(&recent->halves[recent->young]) >= recent->bytes / 2) {
        recent->young = !recent->young;
        empty(&recent->halves[recent->young]);
    }
    struct recent_half *half = &recent->halves[recent->young];
    if (half->count * 2 >= half->size) grow(half);

    struct recent_case **slot = place(half, shard, id);
    if (!*slot) {
        *slot = ARENA_NEW(half->arena, struct recent_case);
        **slot = (struct recent_case){.shard = shard, .id = arena_strdup(half->arena, id)};
        half->count++;
    }
    struct recent_case *entry = *slot;
    entry->life = shard_of(recent, shard)->life;
    entry->sum = sum;
    entry->state = NULL;
    if (!state) return;
    void *copy = arena_alloc(half->arena, recent->state->size);
    fields_copy(recent->state, state, half->arena, copy);
    entry->state = copy;
}
