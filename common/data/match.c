/* match: vectorscan in block mode. Words carry their length, so that only patterns pay for the
 * start of a find. */
#include "data/match.h"

#include <hs.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct match {
    hs_database_t *database;
    hs_scratch_t *scratch;
    size_t *lengths; /* of words; 0 for a pattern */
    bool empty;      /* no items: nothing to scan for */
};

/* Vectorscan's scratch comes from its allocator alone; for the one call it is given the arena at
 * hand. */
static _Thread_local struct arena *scratch_arena;

static void *scratch_alloc(size_t size) {
    return arena_alloc(scratch_arena, size);
}

static void scratch_free(void *memory) {
    (void)memory; /* goes with the arena */
}

/* A word as a pattern: every ASCII sign escaped. */
static char *escape(struct arena *arena, const char *word) {
    char *out = arena_alloc(arena, 2 * strlen(word) + 1);
    char *at = out;

    for (const char *c = word; *c != '\0'; c++) {
        bool plain = (unsigned char)*c >= 0x80 || (*c >= 'a' && *c <= 'z') ||
                     (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == ' ';
        if (!plain) *at++ = '\\';
        *at++ = *c;
    }

    return out;
}

static hs_database_t *compile(const struct match_item *items, int count, struct arena *arena,
                              int *bad_out, struct err *err) {
    size_t n = (size_t)count;
    const char **texts = arena_alloc(arena, n * sizeof *texts);

    unsigned *flags = arena_alloc(arena, n * sizeof *flags);
    unsigned *ids = arena_alloc(arena, n * sizeof *ids);
    hs_database_t *made = NULL;
    hs_compile_error_t *fault = NULL;
    for (int i = 0; i < count; i++) {
        if (items[i].pattern)
            texts[i] = items[i].text;
        else
            texts[i] = escape(arena, items[i].text);
        flags[i] = HS_FLAG_UTF8 | (items[i].pattern ? HS_FLAG_SOM_LEFTMOST : 0);
        ids[i] = (unsigned)i;
    }
    if (hs_compile_multi(texts, flags, ids, (unsigned)count, HS_MODE_BLOCK, NULL, &made, &fault) ==
        HS_SUCCESS)
        return made;
    *bad_out = fault->expression;
    err_set(err, "%s", fault->message);
    hs_free_compile_error(fault);

    return NULL;
}

/* Vectorscan makes the database on the heap; a copy in the arena lives as long as the rest of the
 * policy. */
static hs_database_t *move_database(hs_database_t *made, struct arena *arena) {
    char *serial = NULL;
    size_t len, size;

    ASSERT(hs_serialize_database(made, &serial, &len) == HS_SUCCESS);
    ASSERT(hs_serialized_database_size(serial, len, &size) == HS_SUCCESS);
    hs_database_t *moved = arena_alloc(arena, size);
    ASSERT(hs_deserialize_database_at(serial, len, moved) == HS_SUCCESS);
    free(serial);
    hs_free_database(made);

    return moved;
}

struct match *match_new(const struct match_item *items, int count, struct arena *arena,
                        int *bad_out, struct err *err) {
    struct match *match = ARENA_NEW(arena, struct match);

    *bad_out = -1;
    match->empty = count == 0;
    if (match->empty) return match;
    hs_database_t *made = compile(items, count, arena, bad_out, err);
    if (made == NULL) return NULL;
    match->lengths = arena_alloc(arena, (size_t)count * sizeof *match->lengths);
    for (int i = 0; i < count; i++)
        match->lengths[i] = items[i].pattern ? 0 : strlen(items[i].text);
    match->database = move_database(made, arena);
    scratch_arena = arena;
    ASSERT(hs_set_scratch_allocator(scratch_alloc, scratch_free) == HS_SUCCESS);
    hs_error_t status = hs_alloc_scratch(match->database, &match->scratch);
    ASSERT(status == HS_SUCCESS);
    scratch_arena = NULL;

    return match;
}

struct scan {
    const struct match *match;
    struct arena *arena;
    struct match_hit *at;
    int count;
};

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                  void *context) {
    struct scan *scan = context;
    size_t length = scan->match->lengths[id];

    (void)flags;
    if (scan->count == MATCH_HITS_MAX) return 1;
    *ARENA_ADD(scan->arena, scan->at, scan->count) =
        (struct match_hit){(int)id, length > 0 ? (size_t)to - length : (size_t)from, (size_t)to};

    return 0;
}

int match_scan(struct match *match, const char *bytes, size_t len, struct arena *arena,
               const struct match_hit **hits_out) {
    struct scan scan = {.match = match, .arena = arena};

    if (!match->empty) {
        hs_error_t status =
            hs_scan(match->database, bytes, (unsigned)len, 0, match->scratch, on_hit, &scan);
        ASSERT(status == HS_SUCCESS || status == HS_SCAN_TERMINATED);
    }
    *hits_out = scan.at;
    return scan.count;
}
