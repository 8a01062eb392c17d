/* rules_load: the rules of classification.yaml made into one database. Every word and pattern that
 * stands twice is one item with two uses. */
#include "rules_set.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    RULES_ITEMS_MAX = 8192, /* words and patterns: compiling them takes a second at start */
    RULES_TEXT_MAX = 4096,  /* one pattern with its groups written out */
    WITHIN_DEFAULT = 12,    /* units: about a clause */
};

static const char *const says_names[] = {"complaint", "question", "topic", NULL};

static const struct field rule_order_fields[] = {
    {FIELD(rule_order, status), .type = FIELD_TEXTS,
     .doc = "The order's status is one of these; an order without one agrees."},
    {FIELD(rule_order, custom), .type = FIELD_BOOL, .doc = "The order is made to measure."},
    {FIELD(rule_order, perishable), .type = FIELD_BOOL, .doc = "The order is perishable."},
    FIELDS_END};
static const struct table rule_order = {
    .name = "order", .size = sizeof(struct rule_order), .fields = rule_order_fields};

static const struct field rule_fields[] = {
    {FIELD(rule, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Stands in the reasons of a classification."},
    {FIELD_AS("class", rule, class_id), .type = FIELD_CHOICE, .choices = contract_classes,
     .doc = "The class it gives points to."},
    {FIELD_AS("flag", rule, flag_id), .type = FIELD_CHOICE, .choices = contract_flags,
     .doc = "The flag it gives points to."},
    {FIELD(rule, weight), .type = FIELD_INT, .min = -10, .max = 10,
     .doc = "Points; 0 or absent: 1."},
    {FIELD(rule, says), .type = FIELD_CHOICE, .choices = says_names,
     .doc = "Whether these words complain, ask, or name a topic."},
    {FIELD(rule, words), .type = FIELD_TEXTS, .doc = "Words, in any script and width."},
    {FIELD(rule, patterns), .type = FIELD_TEXTS,
     .doc = "Patterns over the normalised text; ~ is a gap of up to 4 characters, ~~ of up to 10; "
            "% is up to 40 Latin characters."},
    {FIELD(rule, near), .type = FIELD_TEXTS, .doc = "One of these words is near."},
    {FIELD(rule, unless), .type = FIELD_TEXTS, .doc = "None of these words is near."},
    {FIELD(rule, within), .type = FIELD_INT, .min = 0, .max = 200,
     .doc = "Units that count as near; 0 or absent: 12."},
    {FIELD(rule, even_denied), .type = FIELD_BOOL, .doc = "Words behind a negation count too."},
    {FIELD(rule, even_supposed), .type = FIELD_BOOL,
     .doc = "Words in a clause that supposes count in full: a threat has its if."},
    {FIELD(rule, order), .type = FIELD_PART, .of = &rule_order,
     .doc = "Facts that the order must have."},
    FIELDS_END};
const struct table rules_rule = {
    .name = "rule", .size = sizeof(struct rule), .fields = rule_fields};

static const struct field negation_fields[] = {
    {FIELD(negation, words), .type = FIELD_TEXTS, .doc = "Words that deny what follows."},
    {FIELD(negation, patterns), .type = FIELD_TEXTS, .doc = "Patterns that deny what follows."},
    {FIELD(negation, except), .type = FIELD_TEXTS,
     .doc = "Words that hold a negation but deny nothing."},
    {FIELD(negation, reach), .type = FIELD_INT, .min = 0, .max = 20,
     .doc = "Units that may stand between."},
    FIELDS_END};
const struct table rules_negation = {
    .name = "negation", .size = sizeof(struct negation), .fields = negation_fields};

static const struct field supposition_fields[] = {
    {FIELD(supposition, words), .type = FIELD_TEXTS,
     .doc = "Words of a clause that supposes or asks."},
    {FIELD(supposition, patterns), .type = FIELD_TEXTS, .doc = "Patterns of the same."},
    {FIELD(supposition, except), .type = FIELD_TEXTS,
     .doc = "Words that hold one of them but suppose nothing."},
    {FIELD(supposition, within), .type = FIELD_INT, .min = 0, .max = 40,
     .doc = "Units that may stand between."},
    FIELDS_END};
const struct table rules_supposition = {
    .name = "supposition", .size = sizeof(struct supposition), .fields = supposition_fields};

static const struct field compounds_fields[] = {{FIELD(compounds, before), .type = FIELD_TEXTS,
                                                 .doc = "Directly before a word: another meaning."},
                                                {FIELD(compounds, after), .type = FIELD_TEXTS,
                                                 .doc = "Directly behind a word: another meaning."},
                                                FIELDS_END};
const struct table rules_compounds = {
    .name = "compounds", .size = sizeof(struct compounds), .fields = compounds_fields};

/* The set as it is compiled. */
struct build {
    const struct text_tables *tables;
    const struct tree *groups;
    struct arena *arena;
    struct faults *faults;
    struct match_item *items;
    int *item_lines;
    const char **item_paths;
    int item_count;
    struct use *uses;
    int use_count;
    int rule; /* at hand */
};

/* The YAML node of a list's n-th text, for its line. */
static int line_of(const struct tree *list, int n) {
    const struct tree *at = NULL;
    if (list != NULL) at = list->first;
    for (int i = 0; i < n && at != NULL; i++) at = at->next;
    if (at == NULL) return 0;
    return at->line;
}

static void add_use(struct build *build, const char *text, bool pattern, enum part part,
                    const char *path, int line) {
    int item = 0;

    while (item < build->item_count &&
           (build->items[item].pattern != pattern || strcmp(build->items[item].text, text) != 0))
        item++;
    if (item == RULES_ITEMS_MAX) {
        faults_add(build->faults, FAULT_VALUE, line, path,
                   "there are more than %d words and patterns; a pattern may take the place of "
                   "several words",
                   RULES_ITEMS_MAX);
        return;
    }
    if (item == build->item_count) {
        build->items[build->item_count] = (struct match_item){text, pattern};
        build->item_lines[build->item_count] = line;
        build->item_paths[build->item_count++] = path;
    }
    *ARENA_ADD(build->arena, build->uses, build->use_count) = (struct use){item, build->rule, part};
}

/* {name} at `at`: its group and length; NULL: no reference. {2,3} is none. */
static const struct tree *group_at(const struct build *build, const char *at, size_t *len_out,
                                   bool *unknown_out) {
    char name[64];
    const char *end = NULL;
    if (at[0] == '{' && isalpha((unsigned char)at[1])) end = strchr(at, '}');

    *unknown_out = false;
    if (end == NULL || (size_t)(end - at) > sizeof name) return NULL;
    memcpy(name, at + 1, (size_t)(end - at - 1));
    name[end - at - 1] = '\0';
    *len_out = (size_t)(end - at + 1);
    const struct tree *group = tree_get(build->groups, name);
    *unknown_out = group == NULL;

    return group;
}

static void add_word(struct build *build, const char *word, enum part part, const char *path,
                     int line) {
    struct text normal;
    bool unknown;
    size_t len;
    const struct tree *group = group_at(build, word, &len, &unknown);

    if (unknown)
        faults_add(build->faults, FAULT_VALUE, line, path,
                   "there is no group %s under groups; define it or mend the name", word);
    if (unknown) return;
    if (group != NULL) {
        for (const struct tree *member = group->first; member != NULL; member = member->next) {
            if (member->text != NULL) add_word(build, member->text, part, path, member->line);
        }
        return;
    }
    text_normalise(build->tables, word, strlen(word), build->arena, &normal);
    if (normal.len == 0) {
        faults_add(build->faults, FAULT_VALUE, line, path,
                   "\"%s\" has no character that remains in a normalised text", word);
        return;
    }
    add_use(build, normal.at, false, part, path, line);
}

static void put_group(struct build *build, const struct tree *group, struct buf *out) {
    buf_puts(out, "(?:");
    for (const struct tree *member = group->first; member != NULL; member = member->next) {
        struct text normal;
        if (member->text == NULL) continue;
        text_normalise(build->tables, member->text, strlen(member->text), build->arena, &normal);
        for (size_t i = 0; i < normal.len; i++) {
            if (strchr("\\^$.[]|()?*+{}", normal.at[i]) != NULL) buf_puts(out, "\\");
            buf_add(out, normal.at + i, 1);
        }
        if (member->next != NULL) buf_puts(out, "|");
    }
    buf_puts(out, ")");
}

/* ~ and {groups} written out. */
static void add_pattern(struct build *build, const char *pattern, enum part part, const char *path,
                        int line) {
    struct buf out = {0};

    for (const char *at = pattern; *at != '\0';) {
        size_t len = 1;
        bool unknown;
        const struct tree *group = group_at(build, at, &len, &unknown);
        if (unknown)
            faults_add(build->faults, FAULT_VALUE, line, path,
                       "there is no group %.*s under groups; define it or mend the name", (int)len,
                       at);
        if (group != NULL) {
            put_group(build, group, &out);
        } else if (at[0] == '~') {
            if (at[1] == '~')
                len = 2;
            else
                len = 1;
            buf_puts(&out, len == 2 ? "[^,.!?;\\n]{0,10}" : "[^,.!?;\\n]{0,4}");
        } else if (at[0] == '%') {
            buf_puts(&out, "[a-z0-9 ',$#]{0,40}");
        } else {
            if (at[0] == '\\' && at[1] != '\0') len = 2;
            buf_add(&out, at, len);
        }
        at += len;
    }
    if (out.len > RULES_TEXT_MAX) {
        faults_add(build->faults, FAULT_VALUE, line, path,
                   "with its groups written out it has more than %d bytes; split it",
                   RULES_TEXT_MAX);
    } else {
        add_use(build, arena_strndup(build->arena, out.at, out.len), true, part, path, line);
    }
    buf_free(&out);
}

static void add_texts(struct build *build, const struct texts *texts, const struct tree *node,
                      const char *key, bool patterns, enum part part, const char *path) {
    const struct tree *list = tree_get(node, key);

    for (int i = 0; i < texts->count; i++) {
        const char *at = arena_printf(build->arena, "%s.%s[%d]", path, key, i);
        if (patterns) {
            add_pattern(build, texts->at[i], part, at, line_of(list, i));
        } else {
            add_word(build, texts->at[i], part, at, line_of(list, i));
        }
    }
}

static void check_rule(struct build *build, const struct rule *rule, int line, const char *path) {
    if (rule->class_id == 0 && rule->flag_id == 0 && rule->says == 0)
        faults_add(build->faults, FAULT_MISSING, line, path,
                   "rule %s needs a class, a flag, or says: complaint or question", rule->name);
    if (rule->words.count == 0 && rule->patterns.count == 0)
        faults_add(build->faults, FAULT_MISSING, line, path, "rule %s needs words or patterns",
                   rule->name);
    for (int i = 0; rule->order != NULL && i < rule->order->status.count; i++) {
        const char *status = rule->order->status.at[i];
        if (fields_choice_value(contract_order_statuses, status) == 0)
            faults_add(build->faults, FAULT_VALUE, line, path,
                       "order.status %s is no status of an order; created, paid, packed, shipped, "
                       "delivered, signed or cancelled is",
                       status);
    }
}

static void add_rules(struct build *build, struct rule *rules, int count, const struct tree *list) {
    const struct tree *node = NULL;
    if (list != NULL) node = list->first;

    for (int i = 0; i < count; i++) {
        struct rule *rule = &rules[i];
        const char *path = arena_printf(build->arena, "rules[%d]", i);
        build->rule = i;
        check_rule(build, rule, node == NULL ? 0 : node->line, path);
        if (rule->weight == 0) rule->weight = 1;
        if (rule->within == 0) rule->within = WITHIN_DEFAULT;
        if (rule->says == 0) rule->says = SAYS_TOPIC;
        add_texts(build, &rule->words, node, "words", false, PART_WORD, path);
        add_texts(build, &rule->patterns, node, "patterns", true, PART_WORD, path);
        add_texts(build, &rule->near, node, "near", false, PART_NEAR, path);
        add_texts(build, &rule->unless, node, "unless", false, PART_UNLESS, path);
        if (node != NULL) node = node->next;
    }
}

static int by_item(const void *a, const void *b) {
    const struct use *x = a;
    const struct use *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    if (x->rule != y->rule) return x->rule < y->rule ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

static void index_uses(const struct build *build, struct rules *out) {
    out->uses = build->uses;
    if (build->use_count > 0)
        qsort(out->uses, (size_t)build->use_count, sizeof *out->uses, by_item);
    out->uses_of =
        arena_alloc(build->arena, ((size_t)build->item_count + 2) * sizeof *out->uses_of);
    for (int i = 0; i < build->use_count; i++) out->uses_of[out->uses[i].item + 1] = i + 1;
}

static void compile(struct build *build, struct rules *out) {
    struct err err = {""};
    int bad;

    out->match = match_new(build->items, build->item_count, build->arena, &bad, &err);
    if (out->match != NULL) return;
    if (bad >= 0) {
        faults_add(build->faults, FAULT_VALUE, build->item_lines[bad], build->item_paths[bad],
                   "the pattern %s cannot be compiled: %s; mend it, in vectorscan's syntax",
                   build->items[bad].text, err.text);
    } else {
        faults_add(build->faults, FAULT_VALUE, 0, "rules",
                   "the patterns cannot be compiled together: %s", err.text);
    }
}

/* What holds for all rules. */
static void add_common(struct build *build, const struct rules_source *source, struct rules *out) {
    const struct negation *negation = source->negation;
    const struct supposition *supposition = source->supposition;
    const struct compounds *compounds = source->compounds;

    if (negation != NULL) {
        const struct tree *node = tree_get(source->file, "negation");
        out->denial_reach = negation->reach;
        add_texts(build, &negation->words, node, "words", false, PART_DENIAL, "negation");
        add_texts(build, &negation->patterns, node, "patterns", true, PART_DENIAL, "negation");
        add_texts(build, &negation->except, node, "except", false, PART_DENIAL_EXCEPT, "negation");
    }
    if (supposition != NULL) {
        const struct tree *node = tree_get(source->file, "supposition");
        out->supposition_within = supposition->within;
        add_texts(build, &supposition->words, node, "words", false, PART_SUPPOSITION,
                  "supposition");
        add_texts(build, &supposition->patterns, node, "patterns", true, PART_SUPPOSITION,
                  "supposition");
        add_texts(build, &supposition->except, node, "except", false, PART_SUPPOSITION_EXCEPT,
                  "supposition");
    }
    if (compounds != NULL) {
        const struct tree *node = tree_get(source->file, "compounds");
        add_texts(build, &compounds->before, node, "before", false, PART_BEFORE, "compounds");
        add_texts(build, &compounds->after, node, "after", false, PART_AFTER, "compounds");
    }
}

struct rules *rules_new(const struct rules_source *source, const struct text_tables *tables,
                        struct arena *arena, struct faults *faults) {
    struct build build = {
        .tables = tables, .groups = source->groups, .arena = arena, .faults = faults};
    struct rules *out = ARENA_NEW(arena, struct rules);
    int before = faults->count;

    build.items = arena_alloc(arena, RULES_ITEMS_MAX * sizeof *build.items);
    build.item_lines = arena_alloc(arena, RULES_ITEMS_MAX * sizeof *build.item_lines);
    build.item_paths = arena_alloc(arena, RULES_ITEMS_MAX * sizeof *build.item_paths);
    add_rules(&build, source->rules.at, source->rules.count, tree_get(source->file, "rules"));
    add_common(&build, source, out);
    out->at = source->rules.at;
    out->count = source->rules.count;
    index_uses(&build, out);
    if (faults->count == before) compile(&build, out);
    if (faults->count == before) return out;
    return NULL;
}
