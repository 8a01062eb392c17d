/* features: one walk over the characters, one over the words; each place is kept with the number of
 * its feature. */
#include "features.h"

#include "base/ids.h"
#include "base/utf8.h"
#include <math.h>
#include <string.h>

enum {
    RUN_MAX = 3,  /* characters beyond ASCII */
    PART_MIN = 3, /* letters of a Latin word, its ends included */
    PART_MAX = 5,
    WORD_MAX = 40, /* bytes: what is longer is no word */
    KEY_MAX = 2 * WORD_MAX + 8,
    SENTENCE_MIN = 12 /* bytes: four Chinese characters; less says little */
};

enum { SLOTS_FIRST = 512 }; /* a text of 80 Chinese characters has some 250 features */

struct walk {
    const struct text *text;
    struct arena *arena;
    struct feature_map *out;
    uint32_t *slots; /* open addressing: number + 1 by hash */
    uint32_t size;
    int features_room, places_room;
};

static void grow_slots(struct walk *walk) {
    const struct features *distinct = &walk->out->distinct;

    walk->size = walk->size ? walk->size * 2 : SLOTS_FIRST;
    walk->slots = arena_alloc(walk->arena, walk->size * sizeof *walk->slots);
    for (int i = 0; i < distinct->count; i++) {
        uint32_t at = distinct->at[i].hash & (walk->size - 1);
        while (walk->slots[at]) at = (at + 1) & (walk->size - 1);
        walk->slots[at] = (uint32_t)i + 1;
    }
}

/* Twice as many elements of `size` bytes. */
static void *grow(struct arena *arena, void *at, int *room, size_t size) {
    int had = *room;

    *room = had ? had * 2 : SLOTS_FIRST / 2;
    return arena_grow(arena, at, (size_t)had * size, (size_t)*room * size);
}

static uint32_t number_of(struct walk *walk, uint32_t hash) {
    struct features *distinct = &walk->out->distinct;
    if ((uint32_t)distinct->count * 2 >= walk->size) grow_slots(walk);
    uint32_t at = hash & (walk->size - 1);

    for (; walk->slots[at]; at = (at + 1) & (walk->size - 1)) {
        uint32_t number = walk->slots[at] - 1;
        if (distinct->at[number].hash != hash) continue;
        distinct->at[number].weight++;
        return number;
    }
    if (distinct->count == walk->features_room)
        distinct->at = grow(walk->arena, distinct->at, &walk->features_room, sizeof *distinct->at);
    distinct->at[distinct->count] = (struct feature){hash, 1};
    walk->slots[at] = (uint32_t)distinct->count + 1;
    return (uint32_t)distinct->count++;
}

/* One digit is like any other. */
static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* The kinds do not meet: "word" is another feature than a run of its letters. */
static void give(struct walk *walk, char kind, const char *bytes, size_t len, size_t from,
                 size_t to) {
    struct feature_map *out = walk->out;
    char key[KEY_MAX];

    if (len + 1 > sizeof key) return;
    key[0] = kind;
    for (size_t i = 0; i < len; i++) key[i + 1] = is_digit(bytes[i]) ? '0' : bytes[i];
    if (out->count == walk->places_room)
        out->places = grow(walk->arena, out->places, &walk->places_room, sizeof *out->places);
    uint32_t number = number_of(walk, ids_feature_hash(key, len + 1));
    out->places[out->count++] = (struct feature_place){(uint32_t)from, (uint32_t)to, number};
}

static bool is_word(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '#' ||
           byte == '\'';
}

/* Runs of characters that end with the one from `last` on; starts are those of the last three. */
static void give_runs(struct walk *walk, const size_t *starts, const bool *wide, int count,
                      size_t end) {
    bool any = false;

    for (int n = 1; n <= RUN_MAX && n <= count; n++) {
        size_t from = starts[count - n];
        any |= wide[count - n];
        if (any) give(walk, 'c', walk->text->at + from, end - from, from, end);
    }
}

static void walk_characters(struct walk *walk) {
    size_t starts[RUN_MAX];
    bool wide[RUN_MAX];
    int count = 0;

    for (size_t i = 0; i < walk->text->len;) {
        if (count == RUN_MAX) {
            memmove(starts, starts + 1, sizeof starts - sizeof *starts);
            memmove(wide, wide + 1, sizeof wide - sizeof *wide);
            count--;
        }
        starts[count] = i;
        wide[count] = (unsigned char)walk->text->at[i] >= 0x80;
        count++;
        const char *at = walk->text->at + i;
        utf8_next(&at);
        i = (size_t)(at - walk->text->at);
        give_runs(walk, starts, wide, count, i);
    }
}

static void give_parts(struct walk *walk, size_t from, size_t to) {
    char ends[WORD_MAX + 2];
    size_t len = to - from + 2;

    ends[0] = ends[len - 1] = ' ';
    memcpy(ends + 1, walk->text->at + from, to - from);
    for (size_t n = PART_MIN; n <= PART_MAX; n++)
        for (size_t i = 0; i + n <= len; i++) give(walk, 'p', ends + i, n, from, to);
}

static void walk_words(struct walk *walk) {
    const char *bytes = walk->text->at;
    size_t len = walk->text->len;
    size_t before = 0; /* the word before this one: its length in front of the blank, */
    char pair[KEY_MAX];

    for (size_t i = 0, from_before = 0; i < len;) {
        size_t from = i;
        while (i < len && is_word((unsigned char)bytes[i])) i++;
        if (i == from) {
            i++;
            continue;
        }
        size_t size = i - from;
        if (size > WORD_MAX) {
            before = 0;
            continue;
        }
        give(walk, 'w', bytes + from, size, from, i);
        give_parts(walk, from, i);
        if (before) {
            pair[before] = ' ';
            memcpy(pair + before + 1, bytes + from, size);
            give(walk, 'b', pair, before + 1 + size, from_before, i);
        }
        memcpy(pair, bytes + from, size);
        before = size;
        from_before = from;
    }
}

uint32_t features_weight(uint32_t times) {
    if (times == 1) return 1000;
    return (uint32_t)lround(1000 * (1 + log((double)times)));
}

void features_map(const struct text *text, struct arena *arena, struct feature_map *out) {
    struct walk walk = {.text = text, .arena = arena, .out = out};

    *out = (struct feature_map){0};
    walk_characters(&walk);
    out->words = out->count;
    walk_words(&walk);
    for (int i = 0; i < out->distinct.count; i++)
        out->distinct.at[i].weight = features_weight(out->distinct.at[i].weight);
}

void features_of(const struct text *text, struct arena *arena, struct features *out) {
    struct feature_map map;

    features_map(text, arena, &map);
    *out = map.distinct;
}

/* Sentences. */

static bool ends_sentence(char byte) {
    return byte == '.' || byte == '!' || byte == '?' || byte == ';' || byte == '\n';
}

/* Where the sentence that begins at `from` ends: behind its full stop or line. */
static size_t sentence_end(const struct text *text, size_t from) {
    size_t at = from;

    for (; at < text->len; at++) {
        char byte = text->at[at];
        bool last = at + 1 == text->len;
        if (byte == '.' && !last && is_word((unsigned char)text->at[at + 1])) continue; /* 3.5 */
        if (ends_sentence(byte)) break;
    }
    while (at < text->len && (ends_sentence(text->at[at]) || text->at[at] == ' ')) at++;
    return at;
}

bool features_sentence(const struct text *text, size_t *at, size_t *from_out, size_t *to_out) {
    while (*at < text->len) {
        size_t from = *at;
        size_t to = sentence_end(text, from);

        *at = to;
        if (from == 0 && to == text->len) return false;
        if (to - from < SENTENCE_MIN) continue;
        *from_out = from;
        *to_out = to;
        return true;
    }
    return false;
}

void features_parts(const struct text *text, struct arena *arena, struct feature_parts *out) {
    size_t from;
    size_t to;

    *out = (struct feature_parts){0};
    features_of(text, arena, &out->whole);
    for (size_t at = 0; features_sentence(text, &at, &from, &to);) {
        struct text sentence = {.at = text->at + from,
                                .len = to - from,
                                .from = text->from + from,
                                .to = text->to + from};
        features_of(&sentence, arena, ARENA_ADD(arena, out->sentences, out->count));
    }
}
