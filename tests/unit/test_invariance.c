/* The same words give the same answer in whatever script, width and with whatever unseen characters
 * they are written, and on every run; what is quoted stands at the same characters. Over all own
 * sentences, and over samples of the public texts where they are. */
#include "base/utf8.h"
#include "classified.h"

#include <stdlib.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include <unistd.h>

#define SENTENCES REDRESS_SOURCE_DIR "/tests/unit/classification_sentences.tsv"
#define QUESTIONS REDRESS_SOURCE_DIR "/tests/unit/classification_questions.tsv"
#define JDDC      REDRESS_SOURCE_DIR "/../shared/data/jddc_intents/intents.tsv"
#define REVIEWS   REDRESS_SOURCE_DIR "/../shared/data/online_shopping_10_cats/reviews.csv.gz"

enum {
    LINE_MAX_BYTES = 1 << 16,
    SAMPLE_EVERY = 7, /* of the public texts: a few seconds with sanitizers */
    SHOWN_MAX = 20
};

/* A text and, for each of its bytes and its end, the number of the original's character that it
 * belongs to. */
struct form {
    const char *how;
    char *text;
    uint32_t *character;
};

static UTransliterator *to_traditional;

static struct arena *work;

/* How a form differs from the original: other characters one by one, or more of them. */
enum change { AS_IT_IS, TRADITIONAL, WIDE, STUFFED };

static UChar32 widened(UChar32 point) {
    if (point == ' ') return 0x3000;
    return point > ' ' && point < 0x7f ? point + 0xfee0 : point;
}

/* Each of them: zero-width space, non-joiner, joiner, word joiner, byte order mark, soft hyphen,
 * direction marks. */
static UChar32 unseen(int n) {
    static const UChar32 points[] = {0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0x200e, 0x202d};
    return points[n % 8];
}

static void put(struct form *form, size_t *len, UChar32 point, uint32_t character) {
    uint8_t *at = (uint8_t *)form->text;
    size_t before = *len;
    U8_APPEND_UNSAFE(at, *len, point);
    for (size_t i = before; i <= *len; i++) form->character[i] = character;
}

/* The text through the transliterator, or NULL where it does not map character to character. */
static const UChar *traditional(const char *text, int32_t *len_out) {
    UErrorCode status = U_ZERO_ERROR;
    int32_t size = (int32_t)strlen(text) * 2 + 16, len = 0;
    UChar *units = arena_alloc(work, (size_t)size * sizeof *units);
    u_strFromUTF8(units, size, &len, text, -1, &status);
    int32_t before = u_countChar32(units, len), limit = len;
    utrans_transUChars(to_traditional, units, &len, size, 0, &limit, &status);
    *len_out = len;
    return U_SUCCESS(status) && u_countChar32(units, len) == before ? units : NULL;
}

static struct form form_of(const char *text, enum change change, const char *how) {
    struct form form = {.how = how};
    size_t room = strlen(text) * 8 + 8, len = 0;
    int32_t units_len = 0, unit = 0;
    const UChar *units = change == TRADITIONAL ? traditional(text, &units_len) : NULL;
    uint32_t character = 0;
    form.text = arena_alloc(work, room);
    form.character = arena_alloc(work, room * sizeof *form.character);
    for (const char *at = text; *at; character++) {
        UChar32 point = (UChar32)utf8_next(&at);
        if (units != NULL) U16_NEXT(units, unit, units_len, point);
        put(&form, &len, change == WIDE ? widened(point) : point, character);
        if (change == STUFFED) put(&form, &len, unseen((int)character), character);
    }
    form.character[len] = character;
    return form;
}

/* Characters from..to that a place covers; what is unseen behind the last one does not count. */
static void covered(const struct form *form, const struct evidence_place *place, uint32_t *from_out,
                    uint32_t *to_out) {
    *from_out = form->character[place->from];
    *to_out = place->to == place->from ? *from_out : form->character[place->to - 1] + 1;
}

static bool same_names(const struct texts *a, const struct texts *b) {
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++) same = strcmp(a->at[i], b->at[i]) == 0;
    return same;
}

static bool same_places(const struct form *one, const struct verdict *a, const struct form *two,
                        const struct verdict *b) {
    bool same = a->place_count == b->place_count;
    for (int i = 0; same && i < a->place_count; i++) {
        uint32_t a_from, a_to, b_from, b_to;
        covered(one, &a->places[i], &a_from, &a_to);
        covered(two, &b->places[i], &b_from, &b_to);
        same =
            strcmp(a->places[i].rule, b->places[i].rule) == 0 && a_from == b_from && a_to == b_to;
    }
    return same;
}

/* The quotation of each reason is the customer's own bytes. */
static bool own_words(const struct form *form, const struct verdict *verdict) {
    const struct reason *reasons = verdict->classified.reasons.at;
    bool own = verdict->place_count == verdict->classified.reasons.count;
    for (int i = 0; own && i < verdict->place_count; i++) {
        const struct evidence_place *place = &verdict->places[i];
        own =
            place->from == place->to ||
            (place->to <= strlen(form->text) &&
             strncmp(form->text + place->from, reasons[i].text, strlen(reasons[i].text)) == 0 &&
             (strlen(reasons[i].text) == place->to - place->from || place->to - place->from > 200));
    }
    return own;
}

static struct verdict verdict_of(const struct form *form) {
    const struct complaint complaint = {.text = form->text};
    struct verdict verdict;
    classification_classify(shipped, &complaint, true, work, &verdict);
    return verdict;
}

static const char *difference(const struct form *one, const struct form *two) {
    const struct verdict a = verdict_of(one), b = verdict_of(two);
    const struct classified *x = &a.classified, *y = &b.classified;
    if (strcmp(x->class_name, y->class_name) != 0)
        return arena_printf(work, "%s, %s", x->class_name, y->class_name);
    if (x->severity != y->severity) return "the severity";
    if (x->confidence != y->confidence)
        return arena_printf(work, "%.4f, %.4f", x->confidence, y->confidence);
    if (!same_names(&x->others, &y->others)) return "the others";
    if (!same_names(&x->flags, &y->flags)) return "the flags";
    if (!same_places(one, &a, two, &b)) return "what is quoted";
    return own_words(two, &b) ? NULL : "the quotation is not the customer's";
}

static int differing, compared;

static void compare(const char *text) {
    static const char *const how[] = {"on another run", "in traditional script", "in full width",
                                      "with zero-width characters"};
    struct form base = form_of(text, AS_IT_IS, "as it is");
    for (int change = AS_IT_IS; change <= STUFFED; change++) {
        struct form other = form_of(text, (enum change)change, how[change]);
        const char *what = difference(&base, &other);
        compared++;
        if (what == NULL) continue;
        if (differing++ < SHOWN_MAX)
            print_message("%s: %s: \"%s\" \"%s\"\n", how[change], what, text, other.text);
    }
    arena_reset(work);
}

static void all_the_same(const char *name) {
    print_message("%s: %d comparisons, %d differ\n", name, compared, differing);
    int wrong = differing, seen = compared;
    differing = compared = 0;
    assert_true(seen > 0);
    assert_int_equal(wrong, 0);
}

static int start(void **state) {
    UErrorCode status = U_ZERO_ERROR;
    work = arena_new();
    to_traditional =
        utrans_openU(u"Simplified-Traditional", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    return U_SUCCESS(status) ? set_up(state) : -1;
}

static int end(void **state) {
    utrans_close(to_traditional);
    arena_free(work);
    return tear_down(state);
}

static void test_own_sentences(void **state) {
    static const char *const paths[] = {SENTENCES, QUESTIONS};
    static char line[LINE_MAX_BYTES];
    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(paths[i], "r");
        assert_non_null(file);
        while (fgets(line, sizeof line, file) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            if (line[0] == '#' || line[0] == '\0') continue;
            char *text = strchr(line, '\t') + 1, *second = strchr(text, '\t');
            *second++ = '\0';
            if (i == 1) compare(text);
            compare(second);
        }
        fclose(file);
    }
    assert_true(compared > 4 * 480);
    all_the_same("own sentences and questions");
}

/* What a mail quotes stays quoted. */
static void test_history(void **state) {
    static const char *const texts[] = {
        "谢谢，问题解决了\n> 收到的椅子腿是断的\n> 客服态度恶劣",
        ("Thanks, all fine now.\n\nOn Mon, 2 Nov 2026 at 10:00, Shop <a@example.org> wrote:\nThe "
         "lamp arrived broken."),
        "衣服脱线了\n------------------ 原始邮件 ------------------\n发件人: a\n这明显是假货",
        "The zip is defective.\nFrom: Shop\nSent: Monday\nTo: me\nThe lamp arrived broken.",
        "「小王：这明显是假货」\n- - - - - - - -\n好的谢谢",
        "退款还没到账\n客服小王于2026年11月2日写道：\n这明显是假货",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) compare(texts[i]);
    all_the_same("mails with history");
}

static void test_intents(void **state) {
    static char line[LINE_MAX_BYTES];
    FILE *file = fopen(JDDC, "r");
    (void)state;
    if (file == NULL) skip();
    for (int n = 0; fgets(line, sizeof line, file) != NULL; n++) {
        char *text = strchr(line, '\t'), *rest = text == NULL ? NULL : strchr(text + 1, '\t');
        if (rest == NULL || n % SAMPLE_EVERY != 1) continue;
        *rest = '\0';
        compare(text + 1);
    }
    fclose(file);
    all_the_same("jddc_intents");
}

static void test_reviews(void **state) {
    static char line[LINE_MAX_BYTES];
    (void)state;
    if (access(REVIEWS, R_OK) != 0) skip();
    FILE *file = popen("gzip -dc '" REVIEWS "'", "r");
    assert_non_null(file);
    for (int n = 0; fgets(line, sizeof line, file) != NULL; n++) {
        char *label = strchr(line, ','), *text = label == NULL ? NULL : strchr(label + 1, ',');
        line[strcspn(line, "\r\n")] = '\0';
        if (text != NULL && text[1] != '\0' && n % (SAMPLE_EVERY * 4) == 1) compare(text + 1);
    }
    pclose(file);
    all_the_same("reviews");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_sentences), cmocka_unit_test(test_history),
        cmocka_unit_test(test_intents), cmocka_unit_test(test_reviews)};
    return cmocka_run_group_tests(tests, start, end);
}
