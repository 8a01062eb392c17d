/* features: one walk over the characters, one over the words. */
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

struct walk {
    const struct text *text;
    features_each_fn *each;
    void *context;
};

/* One digit is like any other. */
static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* The kinds do not meet: "word" is another feature than a run of its letters. */
static void give(const struct walk *walk, char kind, const char *bytes, size_t len, size_t from,
                 size_t to) {
    char key[KEY_MAX];

    if (len + 1 > sizeof key) return;
    key[0] = kind;
    for (size_t i = 0; i < len; i++) key[i + 1] = is_digit(bytes[i]) ? '0' : bytes[i];
    walk->each(walk->context, ids_feature_hash(key, len + 1), from, to);
}

static bool is_word(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '#' ||
           byte == '\'';
}

/* Runs of characters that end with the one from `last` on; starts are those of the last three. */
static void give_runs(const struct walk *walk, const size_t *starts, const bool *wide, int count,
                      size_t end) {
    bool any = false;

    for (int n = 1; n <= RUN_MAX && n <= count; n++) {
        size_t from = starts[count - n];
        any |= wide[count - n];
        if (any) give(walk, 'c', walk->text->at + from, end - from, from, end);
    }
}

static void walk_characters(const struct walk *walk) {
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

static void give_parts(const struct walk *walk, size_t from, size_t to) {
    char ends[WORD_MAX + 2];
    size_t len = to - from + 2;

    ends[0] = ends[len - 1] = ' ';
    memcpy(ends + 1, walk->text->at + from, to - from);
    for (size_t n = PART_MIN; n <= PART_MAX; n++)
        for (size_t i = 0; i + n <= len; i++) give(walk, 'p', ends + i, n, from, to);
}

static void walk_words(const struct walk *walk) {
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

void features_each(const struct text *text, features_each_fn *each, void *context) {
    const struct walk walk = {text, each, context};
    walk_characters(&walk);
    walk_words(&walk);
}

/* Counting. */

struct counter {
    struct arena *arena;
    struct features *out;
    int *slots; /* open addressing: index + 1 */
    int size;
};

static void grow(struct counter *counter) {
    counter->size = counter->size ? counter->size * 2 : 512;
    counter->slots = arena_alloc(counter->arena, (size_t)counter->size * sizeof *counter->slots);
    for (int i = 0; i < counter->out->count; i++) {
        int at = (int)(counter->out->at[i].hash & (uint32_t)(counter->size - 1));
        while (counter->slots[at]) at = (at + 1) & (counter->size - 1);
        counter->slots[at] = i + 1;
    }
}

static void count_one(void *context, uint32_t hash, size_t from, size_t to) {
    struct counter *counter = context;
    (void)from, (void)to;
    if (counter->out->count * 2 >= counter->size) grow(counter);

    int at = (int)(hash & (uint32_t)(counter->size - 1));
    for (; counter->slots[at]; at = (at + 1) & (counter->size - 1)) {
        struct feature *feature = &counter->out->at[counter->slots[at] - 1];
        if (feature->hash != hash) continue;
        feature->weight++;
        return;
    }
    *ARENA_ADD(counter->arena, counter->out->at, counter->out->count) = (struct feature){hash, 1};
    counter->slots[at] = counter->out->count;
}

void features_of(const struct text *text, struct arena *arena, struct features *out) {
    struct counter counter = {.arena = arena, .out = out};

    *out = (struct features){0};
    features_each(text, count_one, &counter);
    for (int i = 0; i < out->count; i++)
        out->at[i].weight = (uint32_t)lround(1000 * (1 + log((double)out->at[i].weight)));
}

/* Sentences. */

/* Where the sentence that begins at `from` ends: behind its full stop or line. */
static size_t sentence_end(const struct text *text, size_t from) {
    size_t at = from;

    for (; at < text->len; at++) {
        char byte = text->at[at];
        bool last = at + 1 == text->len;
        if (byte == '.' && !last && is_word((unsigned char)text->at[at + 1])) continue; /* 3.5 */
        if (strchr(".!?;\n", byte) && byte) break;
    }
    while (at < text->len && strchr(".!?;\n ", text->at[at])) at++;
    return at;
}

void features_parts(const struct text *text, struct arena *arena, struct feature_parts *out) {
    *out = (struct feature_parts){0};
    features_of(text, arena, &out->whole);
    if (sentence_end(text, 0) == text->len) return;

    for (size_t from = 0; from < text->len;) {
        size_t end = sentence_end(text, from);
        struct text sentence = {.at = text->at + from,
                                .len = end - from,
                                .from = text->from + from,
                                .to = text->to + from};
        if (sentence.len >= SENTENCE_MIN)
            features_of(&sentence, arena, ARENA_ADD(arena, out->sentences, out->count));
        from = end;
    }
}
