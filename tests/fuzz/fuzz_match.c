/* Fuzzes rules: the first line of the input is a word, the second a pattern, the third a word near
 * them, the rest a text. Whatever compiles finds within the text, the same on a second scan, and
 * the reasons quote it at its own bytes. The shipped rules are held to the same on the whole input.
 */
#include "classification/classification.h"
#include "data/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct arena *start, *arena;
static struct policy *shipped;

static void load(void) {
    const struct tree *file;
    const char *version,
        *dir = getenv("REDRESS_POLICY_DIR") ? getenv("REDRESS_POLICY_DIR") : "deploy/policies";
    void *policy;
    struct err err;
    start = arena_new();
    arena = arena_new();
    struct faults faults = {.arena = start};
    ASSERT(yaml_read_file(start, arena_printf(start, "%s/classification.yaml", dir), &file, &err) ==
           0);
    ASSERT(policy_load(file, dir, start, &policy, &version, &faults) == 0);
    shipped = policy;
}

/* The next line of the input, as a text that ends at a NUL. */
static const char *next_line(const uint8_t **at, const uint8_t *end) {
    const uint8_t *from = *at, *line_end = memchr(from, '\n', (size_t)(end - from));
    if (line_end == NULL) line_end = end;
    *at = line_end < end ? line_end + 1 : end;
    return arena_strndup(arena, (const char *)from, (size_t)(line_end - from));
}

static void check_findings(const struct rules *rules, const struct text *text) {
    struct finding *found, *again;
    int count = rules_find(rules, text, NULL, arena, &found);
    ASSERT(rules_find(rules, text, NULL, arena, &again) == count);
    for (int i = 0; i < count; i++) {
        ASSERT(found[i].from < found[i].to && found[i].to <= text->len);
        ASSERT(found[i].rule == again[i].rule && found[i].from == again[i].from &&
               found[i].to == again[i].to);
    }
}

static void check_verdict(const char *words) {
    const struct complaint complaint = {.text = words};
    struct verdict verdict;
    classification_classify(shipped, &complaint, true, arena, &verdict);
    const struct reason *reasons = verdict.classified.reasons.at;
    ASSERT(verdict.place_count == verdict.classified.reasons.count);
    ASSERT(verdict.classified.confidence >= 0 && verdict.classified.confidence <= 1);
    for (int i = 0; i < verdict.place_count; i++) {
        const struct evidence_place *place = &verdict.places[i];
        if (place->from == place->to) continue;
        ASSERT(place->from < place->to && place->to <= strlen(words));
        ASSERT(memcmp(words + place->from, reasons[i].text, strlen(reasons[i].text)) == 0);
    }
}

static void check_own_rules(const uint8_t *bytes, size_t len) {
    const uint8_t *at = bytes, *end = bytes + len;
    const char *word = next_line(&at, end), *pattern = next_line(&at, end),
               *near = next_line(&at, end);
    struct rule rule = {.name = "x", .class_id = 1, .says = SAYS_COMPLAINT, .within = 6};
    const struct negation negation = {.words = {(const char *[]){"not"}, 1}, .reach = 1};
    if (*word != '\0') rule.words = (struct texts){&word, 1};
    if (*pattern != '\0') rule.patterns = (struct texts){&pattern, 1};
    if (*near != '\0') rule.near = (struct texts){&near, 1};
    const struct rules_source source = {.rules = {&rule, 1}, .negation = &negation};
    struct faults faults = {.arena = arena};
    struct text text;
    const struct rules *rules = rules_new(&source, shipped->tables, arena, &faults);
    ASSERT((rules == NULL) == (faults.count > 0));
    text_normalise(shipped->tables, (const char *)at, (size_t)(end - at), arena, &text);
    if (rules != NULL) check_findings(rules, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (start == NULL) load();
    const char *whole = arena_strndup(arena, (const char *)bytes, len);
    struct text text;
    check_own_rules(bytes, len);
    classification_read(shipped, whole, arena, &text);
    check_findings(shipped->rules, &text);
    check_verdict(whole);
    arena_reset(arena);
    return 0;
}
