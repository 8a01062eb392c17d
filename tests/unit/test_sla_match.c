/* The `match` of a policy: what it holds for, by random matches over a small world against a naive
 * second reading; and where it is said to cover another, no case speaks against that. */
#include "data/yaml.h"
#include "sla/sla_match.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 3000, CASES = 40, KEYS = 12, VALUES = 3, NAMES_MAX = 3 };

/* The values of each key, of which the last may be below the first. `several`: a case may have more
 * than one. */
static const struct key {
    const char *name, *values[VALUES];
    bool ranges, several;
} keys[KEYS] = {{"tenant", {"shop", "mall", "fair"}, false, false},
                {"class", {"quality.flaw", "order.urge", "other"}, false, false},
                {"severity", {"P1", "P2", "P4"}, false, false},
                {"tier", {"regular", "vip", "svip"}, false, false},
                {"flags", {"safety", "legal", "vip"}, false, true},
                {"team", {"desk", "returns", "repair"}, false, false},
                {"assignee", {"agent-1", "agent-2", "agent-3"}, false, false},
                {"customer", {"u-1", "u-2", "u-3"}, false, false},
                {"contract", {"gold", "silver", "none"}, false, false},
                {"region", {"CN", "DE", "CN-SH"}, true, false},
                {"locale", {"zh", "en", "zh-Hans-CN"}, true, false},
                {"category", {"lamps", "chairs", "toys"}, false, true}};

static uint64_t random_state = 88172645463325252u;
static int random_below(int limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % (uint64_t)limit);
}

/* What a match says of each key: bits of its values; 0: not named. */
struct spec {
    unsigned named[KEYS];
    bool negated[KEYS];
    int repeats;
};
/* What a case has: bits again, 0: nothing is known. */
struct facts {
    unsigned has[KEYS];
    int repeats;
};

static struct spec make_spec(void) {
    struct spec spec = {.repeats = random_below(4) ? 0 : 1 + random_below(3)};
    for (int i = 0; i < KEYS; i++) {
        if (random_below(4)) continue;
        spec.named[i] = 1u + (unsigned)random_below(7);
        spec.negated[i] = random_below(2);
    }
    return spec;
}

static struct facts make_facts(void) {
    struct facts facts = {.repeats = random_below(5)};
    for (int i = 0; i < KEYS; i++) {
        if (random_below(6) == 0) continue;
        facts.has[i] = 1u << random_below(VALUES);
        if (keys[i].several) facts.has[i] |= 1u << random_below(VALUES);
    }
    return facts;
}

static bool naive(const struct spec *spec, const struct facts *facts) {
    for (int i = 0; i < KEYS; i++) {
        unsigned named = spec->named[i];
        if (!named) continue;
        if (keys[i].ranges && (named & 1u)) named |= 4u;
        bool found = (named & facts->has[i]) != 0;
        if (found == spec->negated[i]) return false;
    }
    return facts->repeats >= spec->repeats;
}

static struct sla_match *read_match(const struct spec *spec, struct arena *arena) {
    struct buf text = {0};
    struct faults faults = {.arena = arena};
    const struct tree *tree;

    buf_puts(&text, "tenant: []\n");
    if (spec->named[0]) buf_clear(&text);
    for (int i = 0; i < KEYS; i++) {
        if (!spec->named[i]) continue;
        buf_printf(&text, "%s: [", keys[i].name);
        for (int k = 0; k < VALUES; k++)
            if (spec->named[i] & 1u << k)
                buf_printf(&text, "\"%s%s\", ", spec->negated[i] ? "!" : "", keys[i].values[k]);
        buf_puts(&text, "]\n");
    }
    if (spec->repeats) buf_printf(&text, "repeats: %d\n", spec->repeats);
    const char *copy = arena_strdup(arena, text.at);
    buf_free(&text);
    struct err err = {""};
    if (yaml_read(arena, "sla.yaml", copy, strlen(copy), &tree, &err))
        fail_msg("%s in\n%s", err.text, copy);
    struct sla_match *match = sla_match_read(tree, "match", arena, &faults);
    if (faults.count) fail_msg("%s: %s in\n%s", faults.at[0].path, faults.at[0].text, copy);

    return match;
}

static const char *value_of(const struct facts *facts, int key) {
    for (int k = 0; k < VALUES; k++)
        if (facts->has[key] & 1u << k) return keys[key].values[k];
    return NULL;
}

static struct texts values_of(const struct facts *facts, int key, struct arena *arena) {
    struct texts texts = {0};
    for (int k = 0; k < VALUES; k++)
        if (facts->has[key] & 1u << k) texts_add(&texts, keys[key].values[k], arena);
    return texts;
}

static bool holds(const struct sla_match *match, const struct facts *facts, struct arena *arena) {
    struct texts flags = values_of(facts, 4, arena);
    struct texts categories = values_of(facts, 11, arena);
    const char *customer = value_of(facts, 7);
    const char *severity = value_of(facts, 2);
    const char *tier = value_of(facts, 3);
    struct sla_profile profile = {.tenant = value_of(facts, 0),
                                  .class_name = value_of(facts, 1),
                                  .flags = &flags,
                                  .team = value_of(facts, 5),
                                  .assignee = value_of(facts, 6),
                                  .contract = value_of(facts, 8),
                                  .region = value_of(facts, 9),
                                  .locale = value_of(facts, 10),
                                  .categories = &categories,
                                  .repeats = facts->repeats};
    if (customer) profile.customer = sla_match_customer(customer, arena);
    if (severity) profile.severity = fields_choice_value(contract_severities, severity);
    if (tier) profile.tier = fields_choice_value(contract_tiers, tier);
    return sla_match_holds(match, &profile);
}

static void test_random(void **unused) {
    (void)unused;
    int held = 0;
    int covered = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct arena *arena = arena_new();
        struct spec wide_spec = make_spec();
        struct spec narrow_spec = make_spec();
        if (random_below(2)) { /* at least as narrow, mostly */
            for (int k = 0; k < KEYS; k++) {
                if (!wide_spec.named[k] || random_below(20) == 0) continue;
                narrow_spec.named[k] = wide_spec.named[k];
                narrow_spec.negated[k] = wide_spec.negated[k];
            }
            narrow_spec.repeats = wide_spec.repeats;
        }
        struct sla_match *wide = read_match(&wide_spec, arena);
        struct sla_match *narrow = read_match(&narrow_spec, arena);
        bool covers = sla_match_covers(wide, narrow);
        covered += covers;
        for (int k = 0; k < CASES; k++) {
            struct facts facts = make_facts();
            bool in_wide = holds(wide, &facts, arena);
            assert_int_equal(in_wide, naive(&wide_spec, &facts));
            bool in_narrow = holds(narrow, &facts, arena);
            assert_int_equal(in_narrow, naive(&narrow_spec, &facts));
            assert_false(covers && in_narrow && !in_wide);
            held += in_wide;
        }
        arena_free(arena);
    }
    print_message("%d held, %d covered\n", held, covered);
    assert_true(held > ROUNDS && covered > ROUNDS / 10);
}

/* What leaves nothing for another. */
static void test_covers(void **unused) {
    (void)unused;
    static const struct {
        const char *wide, *narrow;
        bool covers;
    } cases[] = {
        {"team: [returns, repair]", "team: [repair]", true},
        {"team: [\"!returns\"]", "team: [repair]", true},
        {"team: [\"!returns\"]", "team: [returns, repair]", false},
        {"team: [\"!returns\"]", "tier: [vip]", false},
        {"team: [\"!returns\"]", "team: [\"!returns\", \"!repair\"]", true},
        {"team: [\"!returns\", \"!repair\"]", "team: [\"!returns\"]", false},
        {"team: [repair]", "team: [\"!returns\"]", false},
        {"severity: [\"!P4\"]", "severity: [P1, P2]", true},
        {"severity: [P1, P2, P3]", "severity: [\"!P4\"]", false}, /* nor of one without */
        {"class: [\"!quality.*\"]", "class: [other]", true},
        {"region: [CN]", "region: [CN-SH]", true},
        {"region: [CN-SH]", "region: [CN]", false},
        {"region: [\"!CN-SH\"]", "region: [CN]", false},
        {"region: [\"!CN-SH\"]", "region: [\"!CN\"]", true},
        {"locale: [zh]", "locale: [ZH-hant-TW]", true},
        {"locale: [zh]", "locale: [zhx]", false},
        {"category: [\"!lamps\"]", "category: [chairs]", false}, /* both may be in one order */
        {"flags: [\"!vip\"]", "flags: [safety]", false},
        {"flags: [\"!vip\"]", "flags: [\"!vip\", \"!legal\"]", true},
        {"repeats: 1", "repeats: 2", true},
        {"repeats: 2", "repeats: 1", false},
        {"order: {carrier: [\"!sf\"]}", "order: {carrier: [yto]}", true},
        {"order: {status: [\"!shipped\"]}", "order: {status: [paid]}", true}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_new();
        struct faults faults = {.arena = arena};
        const struct tree *wide, *narrow;
        const char *texts[] = {cases[i].wide, cases[i].narrow};
        assert_int_equal(yaml_read(arena, "a", texts[0], strlen(texts[0]), &wide, NULL), 0);
        assert_int_equal(yaml_read(arena, "b", texts[1], strlen(texts[1]), &narrow, NULL), 0);
        bool covers = sla_match_covers(sla_match_read(wide, "match", arena, &faults),
                                       sla_match_read(narrow, "match", arena, &faults));
        assert_int_equal(faults.count, 0);
        if (covers != cases[i].covers)
            fail_msg("%s over %s: found %d", cases[i].wide, cases[i].narrow, covers);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
