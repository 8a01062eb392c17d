/* text: one table per code point made from ICU's data at start; texts then pass through it without
 * ICU, except where characters combine. */
#include "data/text.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>
#include <unicode/utrans.h>

enum {
    TABLE_SIZE = 0x30000, /* planes 0 to 2; what lies beyond has no mappings that matter here and is
                             kept as it is */
    ENTRY_POINT = 0x1fffff,   /* an entry's code point, or the index of its sequence */
    ENTRY_SEQUENCE = 1 << 28, /* becomes several code points */
    ENTRY_GONE = 1 << 29,     /* becomes nothing */
    ENTRY_JOINS = 1 << 30,    /* may combine with what is before it: ICU is asked */
    SEQUENCE_MAX = 20,        /* U+FDFA has 18, the longest of Unicode */
    SEGMENT_MAX = 32, /* characters that combine with each other; a longer pile of accents is cut */
    LONG_NUMBER =
        6, /* digits from which a word is an order or phone number; no hotline is as long */
};

enum kind { KIND_SIGN, KIND_WORD, KIND_LATIN, KIND_DIGIT, KIND_BLANK, KIND_LINE };

struct sequence {
    uint8_t count;
    uint32_t at[SEQUENCE_MAX];
};

struct text_tables {
    uint32_t *entry; /* TABLE_SIZE */
    uint8_t *kind;   /* TABLE_SIZE, of a code point that came out of `entry` */
    struct sequence *sequences;
    int sequence_count;
    const UNormalizer2 *normaliser; /* NFKC_Casefold; immutable, owned by ICU */
};

/* Signs that NFKC leaves apart but readers take for the same, and pronouns that the transliterator
 * does not know. */
static const uint32_t same[][2] = {
    {0x3002, '.'},  {0x2018, '\''}, {0x2019, '\''},   {0x201c, '"'},    {0x201d, '"'},
    {0x2014, '-'},  {0x2013, '-'},  {0x2015, '-'},    {0x301c, '~'},    {0xff0e, '.'},
    {0x00b4, '\''}, {0x0060, '\''}, {0x59b3, 0x4f60}, {0x7260, 0x5b83}, {0x300c, '"'},
    {0x300d, '"'},  {0x3010, '('},  {0x3011, ')'},    {0x00d7, 'x'},
};

/* Characters that writers of traditional script do not keep apart as those of simplified script do:
 * 沉 is written 沈, 什么 is 甚麼. What the transliterator makes of them depends on their
 * neighbours; here they are one. */
static const uint32_t merged[][2] = {
    {0x8457, 0x7740}, {0x6c88, 0x6c89}, {0x751a, 0x4ec0}, {0x9980, 0x4f59},
    {0x8424, 0x8367}, {0x953a, 0x949f}, {0x8936, 0x6298}, {0x433d, 0x5f69},
    {0x4a44, 0x817c}, {0x82e7, 0x82ce}, {0x8bac, 0x6258}, {0x6e16, 0x6c89},
};

/* Called at start: a system without ICU's data cannot classify, and there is nothing to do about it
 * here. */
static void check(UErrorCode status) {
    ASSERT(U_SUCCESS(status));
}

static size_t put_utf16(UChar *units, size_t at, uint32_t point) {
    UBool bad = 0;
    U16_APPEND(units, at, (size_t)at + 2, (UChar32)point, bad);
    (void)bad;
    return at;
}

/* Every ideograph goes through the transliterator in one text, a line each: some rules look at
 * their neighbours, and a line feed is none. */
static void simplify(struct arena *arena, uint32_t *to) {
    UErrorCode status = U_ZERO_ERROR;
    size_t len = 0;
    size_t count = 0;
    int32_t capacity = TABLE_SIZE * 2;
    int32_t text_len;
    UChar *units = arena_alloc(arena, (size_t)capacity * sizeof *units);
    uint32_t *points = arena_alloc(arena, TABLE_SIZE / 2 * sizeof *points);

    for (uint32_t point = 0x3400; point < 0xa000; point++) {
        if (point >= 0x4dc0 && point < 0x4e00) continue;
        points[count++] = point;
        len = put_utf16(units, len, point);
        units[len++] = '\n';
    }
    UTransliterator *made =
        utrans_openU(u"Traditional-Simplified", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    check(status);
    text_len = (int32_t)len;
    int32_t limit = text_len;
    utrans_transUChars(made, units, &text_len, capacity, 0, &limit, &status);
    check(status);
    utrans_close(made);
    int32_t i = 0;
    for (size_t n = 0; n < count; n++) {
        UChar32 first, sep;
        U16_NEXT(units, i, text_len, first);
        U16_NEXT(units, i, text_len, sep);
        ASSERT(sep == '\n');
        to[points[n]] = (uint32_t)first;
    }
}

static void merge(uint32_t *to) {
    for (uint32_t i = 0x3400; i < 0xa000; i++) {
        for (size_t n = 0; n < sizeof merged / sizeof *merged; n++) {
            if (to[i] == merged[n][0]) to[i] = merged[n][1];
        }
    }
}

static uint8_t kind_of(uint32_t point) {
    if (point == '\n' || point == 0x2028 || point == 0x2029 || point == 0x85) return KIND_LINE;
    if (u_isUWhiteSpace((UChar32)point)) return KIND_BLANK;
    if (point < 0x80 && u_isalpha((UChar32)point)) return KIND_LATIN;
    if (point >= '0' && point <= '9') return KIND_DIGIT;
    if (u_isalnum((UChar32)point)) return KIND_WORD;
    return KIND_SIGN;
}

static uint32_t add_sequence(struct text_tables *tables, const uint32_t *points, int count) {
    struct sequence *sequence = &tables->sequences[tables->sequence_count];
    sequence->count = (uint8_t)count;
    memcpy(sequence->at, points, (size_t)count * sizeof *points);
    return ENTRY_SEQUENCE | (uint32_t)tables->sequence_count++;
}

/* What one code point becomes by NFKC_Casefold and then by `to`. */
static uint32_t make_entry(struct text_tables *tables, const uint32_t *to, uint32_t point) {
    UErrorCode status = U_ZERO_ERROR;
    UChar from[2], units[2 * SEQUENCE_MAX];
    uint32_t points[SEQUENCE_MAX];
    int count = 0;

    if (kind_of(point) == KIND_LINE) return '\n';
    if (kind_of(point) == KIND_BLANK || point == '\r') return ' ';
    if (u_charType((UChar32)point) == U_CONTROL_CHAR) return ENTRY_GONE;
    int32_t from_len = (int32_t)put_utf16(from, 0, point);
    int32_t len =
        unorm2_normalize(tables->normaliser, from, from_len, units, 2 * SEQUENCE_MAX, &status);
    check(status);
    for (int32_t i = 0; i < len && count < SEQUENCE_MAX;) {
        UChar32 next;
        U16_NEXT(units, i, len, next);
        points[count++] = to[next];
    }
    if (count == 0) return ENTRY_GONE;
    if (count == 1) return points[0];
    return add_sequence(tables, points, count);
}

struct text_tables *text_tables_new(struct arena *arena) {
    UErrorCode status = U_ZERO_ERROR;
    struct text_tables *tables = ARENA_NEW(arena, struct text_tables);
    struct arena *work = arena_new();
    uint32_t *to = arena_alloc(work, TABLE_SIZE * sizeof *to);

    tables->entry = arena_alloc(arena, TABLE_SIZE * sizeof *tables->entry);
    tables->kind = arena_alloc(arena, TABLE_SIZE);
    tables->sequences = arena_alloc(arena, 4096 * sizeof *tables->sequences);
    tables->normaliser = unorm2_getNFKCCasefoldInstance(&status);
    check(status);
    for (uint32_t i = 0; i < TABLE_SIZE; i++) to[i] = i;
    simplify(work, to);
    merge(to);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) to[same[i][0]] = same[i][1];
    for (uint32_t i = 0; i < TABLE_SIZE; i++) {
        if (i >= 0xd800 && i < 0xe000) continue;
        tables->entry[i] = make_entry(tables, to, i);
        tables->kind[i] = kind_of(i);
        if (tables->entry[i] != ENTRY_GONE &&
            !unorm2_hasBoundaryBefore(tables->normaliser, (UChar32)i))
            tables->entry[i] |= ENTRY_JOINS;
        ASSERT(tables->sequence_count < 4096); /* Unicode has 2 000 */
    }
    arena_free(work);

    return tables;
}

/* U+FFFD for bytes that are no character. */
static uint32_t next_point(const char *bytes, size_t len, size_t *i) {
    UChar32 point;

    U8_NEXT_OR_FFFD((const uint8_t *)bytes, *i, len, point);
    return (uint32_t)point;
}

/* Code points with where they came from: between the table and the collapsing. */
struct point {
    uint32_t at, from, to;
};
struct points {
    struct arena *arena;
    struct point *at;
    size_t count;
};

static void add_point(struct points *points, uint32_t point, size_t from, size_t to) {
    *ARENA_ADD(points->arena, points->at, points->count) =
        (struct point){point, (uint32_t)from, (uint32_t)to};
}

static void add_entry(const struct text_tables *tables, struct points *points, uint32_t entry,
                      size_t from, size_t to) {
    if (entry & ENTRY_GONE) return;
    if (!(entry & ENTRY_SEQUENCE)) {
        add_point(points, entry & ENTRY_POINT, from, to);
        return;
    }
    const struct sequence *sequence = &tables->sequences[entry & ENTRY_POINT];
    for (int i = 0; i < sequence->count; i++) add_point(points, sequence->at[i], from, to);
}

static uint32_t entry_of(const struct text_tables *tables, uint32_t point) {
    if (point >= TABLE_SIZE) return point;
    return tables->entry[point];
}

/* Characters that combine are normalised together by ICU; then each goes through the table, which
 * by now only simplifies. */
static void add_combined(const struct text_tables *tables, struct points *points,
                         const uint32_t *segment, int count, size_t from, size_t to) {
    UErrorCode status = U_ZERO_ERROR;
    UChar in[2 * SEGMENT_MAX], out[SEGMENT_MAX * SEQUENCE_MAX];
    size_t len = 0;

    for (int i = 0; i < count; i++) len = put_utf16(in, len, segment[i]);
    int32_t made = unorm2_normalize(tables->normaliser, in, (int32_t)len, out,
                                    SEGMENT_MAX * SEQUENCE_MAX, &status);
    if (U_FAILURE(status)) return;
    for (int32_t i = 0; i < made;) {
        UChar32 next;
        U16_NEXT(out, i, made, next);
        add_entry(tables, points, entry_of(tables, (uint32_t)next) & ~(uint32_t)ENTRY_JOINS, from,
                  to);
    }
}

/* Joins the characters from *i on, as long as they combine, to `first`, which stood at `from`. */
static size_t gather_segment(const struct text_tables *tables, const char *bytes, size_t len,
                             size_t i, uint32_t *segment, int *count) {
    while (i < len) {
        size_t next = i;
        uint32_t point = next_point(bytes, len, &next);
        uint32_t entry = entry_of(tables, point);
        if (!(entry & (ENTRY_JOINS | ENTRY_GONE))) break;
        if (!(entry & ENTRY_GONE) && *count < SEGMENT_MAX) segment[(*count)++] = point;
        i = next;
    }

    return i;
}

static void map_points(const struct text_tables *tables, const char *bytes, size_t len,
                       struct points *points) {
    for (size_t i = 0; i < len;) {
        size_t from = i;
        size_t after;
        uint32_t segment[SEGMENT_MAX];
        int count = 1;
        segment[0] = next_point(bytes, len, &i);
        uint32_t entry = entry_of(tables, segment[0]);
        if (entry & ENTRY_GONE) continue;
        after = gather_segment(tables, bytes, len, i, segment, &count);
        if (count == 1 && !(entry & ENTRY_JOINS)) {
            add_entry(tables, points, entry, from, i);
        } else {
            add_combined(tables, points, segment, count, from, after);
        }
        i = after;
    }
}

/* The collapsed text as it grows. */
struct sink {
    const struct text_tables *tables;
    char *at;
    uint32_t *from, *to;
    size_t len;
};

static void put(struct sink *sink, uint32_t point, uint32_t from, uint32_t to) {
    size_t before = sink->len;

    U8_APPEND_UNSAFE(sink->at, sink->len, point);
    for (size_t i = before; i < sink->len; i++) {
        sink->from[i] = from;
        sink->to[i] = to;
    }
}

static enum kind kind(const struct sink *sink, const struct point *point) {
    if (point->at < TABLE_SIZE) return (enum kind)sink->tables->kind[point->at];
    return KIND_SIGN;
}

static bool is_latin(enum kind kind) {
    return kind == KIND_LATIN || kind == KIND_DIGIT;
}

/* Public hotlines and the consumers' day that are words of their own in complaints. */
static bool is_hotline(const struct point *points, size_t count) {
    static const char *const hotlines[] = {"12315", "12345", "12305", "12300", "12378",
                                           "12331", "96315", "315",   "110",   "120"};
    char digits[LONG_NUMBER + 1] = "";

    for (size_t i = 0; i < count && i < LONG_NUMBER; i++) digits[i] = (char)points[i].at;
    for (size_t i = 0; i < sizeof hotlines / sizeof *hotlines; i++) {
        if (strcmp(digits, hotlines[i]) == 0) return true;
    }

    return false;
}

static void put_number(struct sink *sink, const struct point *points, size_t count) {
    bool whole = count == 1 || is_hotline(points, count);
    for (size_t i = 0; whole && i < count; i++)
        put(sink, points[i].at, points[i].from, points[i].to);
    for (size_t i = 0; !whole && i < 2; i++) put(sink, '0', points[0].from, points[count - 1].to);
}

/* A run of one and the same character. Two of them mean something (谢谢, good), three are emphasis.
 */
static void put_run(struct sink *sink, const struct point *points, size_t count) {
    bool sign = kind(sink, points) == KIND_SIGN;

    if (!sign && count == 2) {
        put(sink, points[0].at, points[0].from, points[0].to);
        put(sink, points[1].at, points[1].from, points[1].to);
    } else {
        put(sink, points[0].at, points[0].from, points[count - 1].to);
    }
}

static size_t run_of(const struct point *points, size_t count) {
    size_t n = 1;
    while (n < count && points[n].at == points[0].at) n++;
    return n;
}

/* Letters and digits without a break, hyphens inside included: the end of it, and how many digits
 * it has. */
static size_t latin_word(const struct sink *sink, const struct point *points, size_t count,
                         int *digits_out) {
    size_t n = 0;

    *digits_out = 0;
    for (; n < count; n++) {
        enum kind here = kind(sink, &points[n]);
        bool hyphen = (points[n].at == '-' || points[n].at == '_') && n + 1 < count &&
                      is_latin(kind(sink, &points[n + 1]));
        if (!is_latin(here) && !hyphen) break;
        if (here == KIND_DIGIT) (*digits_out)++;
    }

    return n;
}

static void put_latin(struct sink *sink, const struct point *points, size_t count) {
    for (size_t i = 0; i < count;) {
        size_t n = 1;
        if (kind(sink, &points[i]) == KIND_DIGIT) {
            while (i + n < count && kind(sink, &points[i + n]) == KIND_DIGIT) n++;
            put_number(sink, points + i, n);
        } else {
            n = run_of(points + i, count - i);
            put_run(sink, points + i, n);
        }
        i += n;
    }
}

/* Blanks and line feeds become one; a blank after a word of a single character that is no letter
 * goes, so that 假 货 is found. */
static size_t put_blanks(struct sink *sink, const struct point *points, size_t at, size_t count) {
    size_t end = at;
    bool line = false;

    while (end < count &&
           (kind(sink, &points[end]) == KIND_BLANK || kind(sink, &points[end]) == KIND_LINE)) {
        line = line || kind(sink, &points[end]) == KIND_LINE;
        end++;
    }
    bool single = at > 0 && end < count && kind(sink, &points[at - 1]) == KIND_WORD &&
                  kind(sink, &points[end]) == KIND_WORD &&
                  (at == 1 || kind(sink, &points[at - 2]) == KIND_BLANK);
    if (line) {
        put(sink, '\n', points[at].from, points[end - 1].to);
    } else if (!single && sink->len > 0 && end < count) {
        put(sink, ' ', points[at].from, points[end - 1].to);
    }

    return end;
}

static void collapse(struct sink *sink, const struct point *points, size_t count) {
    for (size_t i = 0; i < count;) {
        enum kind here = kind(sink, &points[i]);
        int digits;
        size_t n;
        if (here == KIND_BLANK || here == KIND_LINE) {
            i = put_blanks(sink, points, i, count);
        } else if (is_latin(here)) {
            n = latin_word(sink, points + i, count - i, &digits);
            if (digits >= LONG_NUMBER) {
                put(sink, '#', points[i].from, points[i + n - 1].to);
            } else {
                put_latin(sink, points + i, n);
            }
            i += n;
        } else {
            n = run_of(points + i, count - i);
            put_run(sink, points + i, n);
            i += n;
        }
    }
}

void text_normalise(const struct text_tables *tables, const char *bytes, size_t len,
                    struct arena *arena, struct text *out) {
    struct points points = {.arena = arena};

    map_points(tables, bytes, len, &points);
    size_t room = points.count * 4 + 1; /* a code point has at most four bytes */
    struct sink sink = {.tables = tables};
    sink.at = arena_alloc(arena, room);
    sink.from = arena_alloc(arena, room * sizeof *sink.from);
    sink.to = arena_alloc(arena, room * sizeof *sink.to);
    collapse(&sink, points.at, points.count);
    *out = (struct text){sink.at, sink.len, sink.from, sink.to};
}
