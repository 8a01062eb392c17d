/* sla_match: a match is kept as sets of bits, so that asking is cheap and covering can be decided.
 */
#include "sla_match.h"
#include "base/ids.h"
#include <string.h>

struct order_file {
    struct texts status, carrier, warehouse, lane;
    bool custom, perishable;
    struct money at_least;
};
struct match_file {
    struct texts tenant, classes, severity, tier, channel, flags;
    struct texts team, assignee, customer, contract, region, locale, category;
    int64_t repeats;
    struct order_file *order;
    int64_t opened_from, opened_until;
};

static const struct field order_fields[] = {
    {FIELD(order_file, status), .type = FIELD_TEXTS, .doc = "Order statuses."},
    {FIELD(order_file, carrier), .type = FIELD_TEXTS, .doc = "Carriers."},
    {FIELD(order_file, warehouse), .type = FIELD_TEXTS, .doc = "Warehouses."},
    {FIELD(order_file, lane), .type = FIELD_TEXTS, .doc = "Lanes."},
    {FIELD(order_file, custom), .type = FIELD_BOOL, .doc = "true: only goods made to order."},
    {FIELD(order_file, perishable), .type = FIELD_BOOL, .doc = "true: only perishable goods."},
    {FIELD(order_file, at_least), .type = FIELD_MONEY,
     .doc = "Amount of the order, in this currency."},
    FIELDS_END};
const struct table sla_match_order_table = {
    .name = "order",
    .size = sizeof(struct order_file),
    .fields = order_fields,
    .doc = "`order` of a `match`: the order that the complaint is about."};
static const struct field match_fields[] = {
    {FIELD(match_file, tenant), .type = FIELD_TEXTS, .doc = "Tenants."},
    {FIELD_AS("class", match_file, classes), .type = FIELD_TEXTS,
     .doc = "Classes, `quality.*` for a group."},
    {FIELD(match_file, severity), .type = FIELD_TEXTS, .doc = "Severities."},
    {FIELD(match_file, tier), .type = FIELD_TEXTS, .doc = "Customer tiers."},
    {FIELD(match_file, channel), .type = FIELD_TEXTS, .doc = "Channels."},
    {FIELD(match_file, flags), .type = FIELD_TEXTS, .doc = "One of these flags was given."},
    {FIELD(match_file, team), .type = FIELD_TEXTS,
     .doc = "Teams of `case.assigned`, from then on."},
    {FIELD(match_file, assignee), .type = FIELD_TEXTS,
     .doc = "Agents of `case.assigned`, from then on."},
    {FIELD(match_file, customer), .type = FIELD_TEXTS, .doc = "Customers, by their id."},
    {FIELD(match_file, contract), .type = FIELD_TEXTS,
     .doc = "Service contracts (`customer.contract`)."},
    {FIELD(match_file, region), .type = FIELD_TEXTS,
     .doc = "Regions (`customer.region`) with all below them: `CN` takes `CN-SH`, too."},
    {FIELD(match_file, locale), .type = FIELD_TEXTS,
     .doc = "Languages of `customer.locale`, as a basic filter of RFC 4647: `zh` takes `zh-CN`, "
            "too."},
    {FIELD(match_file, category), .type = FIELD_TEXTS,
     .doc = "One of the `items` is of such a category."},
    {FIELD(match_file, repeats), .type = FIELD_INT, .min = 1, .max = SLA_REPEATS_MAX,
     .doc = "At least so many further complaints came (`case.repeated`), from then on."},
    {FIELD(match_file, order), .type = FIELD_PART, .of = &sla_match_order_table,
     .doc = "Facts of the order."},
    {FIELD(match_file, opened_from), .type = FIELD_TIME,
     .doc = "Cases opened at this time or later."},
    {FIELD(match_file, opened_until), .type = FIELD_TIME, .doc = "Cases opened before this time."},
    FIELDS_END};
const struct table sla_match_table = {
    .name = "match",
    .size = sizeof(struct match_file),
    .fields = match_fields,
    .doc = "All that is named must hold; what is not named may be anything. `!` before every name "
           "of a list: none of these, which holds where nothing is known, too."};

/* Sets over the names of the contract: bit i - 1 for the i-th, the last for none of them. 0 means
 * any. */
#define NONE (1u << 31)
struct sla_match {
    struct match_file file;
    unsigned classes, severity, tier, channel, flags, order_status;
    unsigned no_flags; /* none of these */
};

/* Lists of free names: each is kept as it is written, with its `!`. */

static bool is_same(const char *name, const char *value) {
    return strcmp(name, value) == 0;
}

static char lower(char c) {
    if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
    return c;
}

/* "zh" takes "zh", "ZH-cn": basic filtering, RFC 4647 3.3.1. */
static bool is_within(const char *name, const char *value) {
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (lower(name[i]) != lower(value[i])) return false;
    return value[len] == 0 || value[len] == '-';
}

static const struct list {
    const char *key;
    size_t file, profile; /* where it stands: struct texts, const char * */
    bool (*takes)(const char *name, const char *value);
} lists[] = {
#define LIST(name, takes)                                                                          \
    { #name, offsetof(struct match_file, name), offsetof(struct sla_profile, name), takes }
    LIST(tenant, is_same),   LIST(team, is_same),     LIST(assignee, is_same),
    LIST(customer, is_same), LIST(contract, is_same), LIST(region, is_within),
    LIST(locale, is_within)};
enum { LIST_COUNT = sizeof lists / sizeof *lists };

static const struct texts *list_of(const struct match_file *file, const struct list *list) {
    return (const struct texts *)((const char *)file + list->file);
}

static bool is_negated(const struct texts *names) {
    return names->count && *names->at[0] == '!';
}

static const char *bare(const char *name) {
    if (*name == '!') return name + 1;
    return name;
}

static bool takes_any(const struct texts *names, const char *value,
                      bool (*takes)(const char *name, const char *value)) {
    for (int i = 0; value && i < names->count; i++)
        if (takes(bare(names->at[i]), value)) return true;
    return false;
}

static bool names_value(const struct texts *names, const char *value,
                        bool (*takes)(const char *name, const char *value)) {
    return !names->count || takes_any(names, value, takes) != is_negated(names);
}

static bool names(const struct texts *list, const char *name) {
    return names_value(list, name, is_same);
}

int sla_match_decode(const struct table *table, const struct tree *tree, const char *path,
                     struct arena *arena, void *out, struct faults *faults) {
    int before = faults->count;
    int failed = fields_decode_whole(table, tree, arena, out, faults);

    for (int i = before; i < faults->count; i++)
        faults->at[i].path = arena_printf(arena, "%s%s%s", path,
                                          faults->at[i].path && *faults->at[i].path ? "." : "",
                                          faults->at[i].path ? faults->at[i].path : "");
    return failed;
}

struct reader {
    const struct tree *tree;
    const char *path;
    struct arena *arena;
    struct faults *faults;
};

static void complain(const struct reader *reader, const char *key, const char *value,
                     const char *expected) {
    const struct tree *at = tree_get(reader->tree, key);
    faults_add(reader->faults, FAULT_VALUE, at ? at->line : 0,
               arena_printf(reader->arena, "%s.%s", reader->path, key), "found %s, expected %s",
               value, expected);
}

/* Either names or exclusions: both at once say the same twice, or nothing. */
static void check_list(const struct reader *reader, const char *key, const struct texts *names) {
    for (int i = 0; i < names->count; i++) {
        const char *name = names->at[i];
        bool negated = *name == '!';
        if (!*bare(name)) complain(reader, key, name, "a name behind `!`");
        if (negated != is_negated(names))
            complain(reader, key, name, "`!` before each name of the list or before none");
    }
}

/* What a set holds with `!` before its names. */
static unsigned unless(const struct texts *names, unsigned set, unsigned all) {
    if (is_negated(names)) return (all & ~set) | NONE;
    return set;
}

static unsigned read_names(const struct reader *reader, const char *key, const struct texts *names,
                           const char *const *choices) {
    unsigned set = 0;

    check_list(reader, key, names);
    for (int i = 0; i < names->count; i++) {
        int value = fields_choice_value(choices, bare(names->at[i]));
        if (value)
            set |= 1u << (value - 1);
        else
            complain(reader, key, names->at[i], "a name of deploy/contract/README.md");
    }
    return set;
}

static unsigned read_set(const struct reader *reader, const char *key, const struct texts *names,
                         const char *const *choices) {
    unsigned all = 0;
    for (int i = 0; choices[i]; i++) all |= 1u << i;
    return unless(names, read_names(reader, key, names, choices), all);
}

static unsigned class_set(const char *pattern) {
    unsigned set = 0;
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(pattern, contract_classes[i])) set |= 1u << i;
    return set;
}

static unsigned read_classes(const struct reader *reader, const struct texts *patterns) {
    unsigned all = 0;

    check_list(reader, "class", patterns);
    for (int i = 0; i < patterns->count; i++) {
        unsigned set = class_set(bare(patterns->at[i]));
        if (!set)
            complain(reader, "class", patterns->at[i],
                     "a class of deploy/contract/README.md or a group such as quality.*");
        all |= set;
    }
    return unless(patterns, all, class_set("*"));
}

const char *sla_match_customer(const char *id, struct arena *arena) {
    char hash[27];
    ids_hash(hash, 1, id);
    return arena_strdup(arena, hash);
}

static void read_lists(const struct reader *reader, struct match_file *file) {
    for (int i = 0; i < LIST_COUNT; i++) check_list(reader, lists[i].key, list_of(file, &lists[i]));
    check_list(reader, "category", &file->category);
    for (int i = 0; i < file->customer.count; i++) {
        const char *id = file->customer.at[i];
        const char *hash = sla_match_customer(bare(id), reader->arena);
        file->customer.at[i] = arena_printf(reader->arena, "%s%s", *id == '!' ? "!" : "", hash);
    }
}

static void read_order(const struct reader *reader, struct sla_match *match) {
    const struct order_file *order = match->file.order;
    if (!order) return;

    match->order_status = read_set(reader, "order", &order->status, contract_order_statuses);
    check_list(reader, "order", &order->carrier);
    check_list(reader, "order", &order->warehouse);
    check_list(reader, "order", &order->lane);
}

struct sla_match *sla_match_read(const struct tree *tree, const char *path, struct arena *arena,
                                 struct faults *faults) {
    struct sla_match *match = ARENA_NEW(arena, struct sla_match);

    if (!tree || tree->kind == TREE_NULL) return match;
    struct reader reader = {tree, path, arena, faults};
    struct match_file *file = &match->file;
    if (sla_match_decode(&sla_match_table, tree, path, arena, file, faults)) return match;
    match->classes = read_classes(&reader, &file->classes);
    match->severity = read_set(&reader, "severity", &file->severity, contract_severities);
    match->tier = read_set(&reader, "tier", &file->tier, contract_tiers);
    match->channel = read_set(&reader, "channel", &file->channel, contract_channels);
    match->flags = read_names(&reader, "flags", &file->flags, contract_flags);
    if (is_negated(&file->flags)) {
        match->no_flags = match->flags;
        match->flags = 0;
    }
    read_lists(&reader, file);
    read_order(&reader, match);
    if (file->opened_from && file->opened_until && file->opened_until <= file->opened_from)
        complain(&reader, "opened_until", "a time", "one after opened_from");
    return match;
}

static bool has(unsigned set, int value) {
    unsigned bit = NONE;
    if (value) bit = 1u << (value - 1);
    return !set || (set & bit);
}

static bool flags_hold(const struct sla_match *match, const struct texts *flags) {
    unsigned given = 0;
    for (int i = 0; i < flags->count; i++) {
        int flag = fields_choice_value(contract_flags, flags->at[i]);
        if (flag) given |= 1u << (flag - 1);
    }
    return (!match->flags || (match->flags & given)) && !(match->no_flags & given);
}

static bool category_holds(const struct texts *names, const struct texts *categories) {
    bool found = false;
    for (int i = 0; categories && i < categories->count; i++)
        found |= takes_any(names, categories->at[i], is_same);
    return !names->count || found != is_negated(names);
}

static bool lists_hold(const struct match_file *file, const struct sla_profile *profile) {
    for (int i = 0; i < LIST_COUNT; i++) {
        const char *value = *(const char *const *)((const char *)profile + lists[i].profile);
        if (!names_value(list_of(file, &lists[i]), value, lists[i].takes)) return false;
    }
    return category_holds(&file->category, profile->categories) &&
           profile->repeats >= file->repeats;
}

static bool order_holds(const struct sla_match *match, const struct sla_order *order) {
    static const struct sla_order none = {0};
    const struct order_file *file = match->file.order;

    if (!file) return true;
    if (!order) order = &none;
    if (!has(match->order_status, order->status) || !names(&file->carrier, order->carrier) ||
        !names(&file->warehouse, order->warehouse) || !names(&file->lane, order->lane))
        return false;
    if ((file->custom && !order->custom) || (file->perishable && !order->perishable)) return false;
    if (!*file->at_least.currency) return true;
    return strcmp(file->at_least.currency, order->amount.currency) == 0 &&
           order->amount.minor >= file->at_least.minor;
}

bool sla_match_holds(const struct sla_match *match, const struct sla_profile *profile) {
    const struct match_file *file = &match->file;

    return has(match->classes,
               fields_choice_value(contract_classes,
                                   profile->class_name ? profile->class_name : "")) &&
           has(match->severity, profile->severity) && has(match->tier, profile->tier) &&
           has(match->channel, profile->channel) && flags_hold(match, profile->flags) &&
           lists_hold(file, profile) &&
           (!file->opened_from || profile->opened_at >= file->opened_from) &&
           (!file->opened_until || profile->opened_at < file->opened_until) &&
           order_holds(match, profile->order);
}

static bool covers_set(unsigned wide, unsigned narrow) {
    return !wide || (narrow && (narrow & ~wide) == 0);
}

/* Is each name of one list taken by some name of the other? */
static bool takes_all(const struct texts *wide, const struct texts *narrow,
                      bool (*takes)(const char *name, const char *value)) {
    for (int i = 0; i < narrow->count; i++)
        if (!takes_any(wide, bare(narrow->at[i]), takes)) return false;
    return true;
}

static bool meets(const struct texts *one, const struct texts *two,
                  bool (*takes)(const char *name, const char *value)) {
    for (int i = 0; i < two->count; i++)
        if (takes_any(one, bare(two->at[i]), takes)) return true;
    return false;
}

/* `several`: a case may have more than one of the values. */
static bool covers_list(const struct texts *wide, const struct texts *narrow,
                        bool (*takes)(const char *name, const char *value), bool several) {
    if (!wide->count) return true;
    if (!narrow->count) return false;
    if (is_negated(wide) && is_negated(narrow)) return takes_all(narrow, wide, takes);
    if (is_negated(wide))
        return !several && !meets(wide, narrow, takes) && !meets(narrow, wide, takes);
    return !is_negated(narrow) && takes_all(wide, narrow, takes);
}

static bool covers_names(const struct texts *wide, const struct texts *narrow) {
    return covers_list(wide, narrow, is_same, false);
}

static bool covers_lists(const struct match_file *wide, const struct match_file *narrow) {
    for (int i = 0; i < LIST_COUNT; i++)
        if (!covers_list(list_of(wide, &lists[i]), list_of(narrow, &lists[i]), lists[i].takes,
                         false))
            return false;
    return covers_list(&wide->category, &narrow->category, is_same, true) &&
           wide->repeats <= narrow->repeats;
}

static bool covers_order(const struct sla_match *wide, const struct sla_match *narrow) {
    static const struct order_file none = {0};
    const struct order_file *one = wide->file.order;
    const struct order_file *two = narrow->file.order ? narrow->file.order : &none;

    if (!one) return true;
    if ((one->custom && !two->custom) || (one->perishable && !two->perishable)) return false;
    if (*one->at_least.currency && (strcmp(one->at_least.currency, two->at_least.currency) != 0 ||
                                    one->at_least.minor > two->at_least.minor))
        return false;
    return covers_set(wide->order_status, narrow->order_status) &&
           covers_names(&one->carrier, &two->carrier) &&
           covers_names(&one->warehouse, &two->warehouse) && covers_names(&one->lane, &two->lane);
}

bool sla_match_covers(const struct sla_match *wide, const struct sla_match *narrow) {
    const struct match_file *one = &wide->file;
    const struct match_file *two = &narrow->file;

    if (one->opened_from && one->opened_from > two->opened_from) return false;
    if (one->opened_until && (!two->opened_until || one->opened_until < two->opened_until))
        return false;
    return covers_set(wide->classes, narrow->classes) &&
           covers_set(wide->severity, narrow->severity) && covers_set(wide->tier, narrow->tier) &&
           covers_set(wide->channel, narrow->channel) && covers_set(wide->flags, narrow->flags) &&
           (wide->no_flags & ~narrow->no_flags) == 0 && covers_lists(one, two) &&
           covers_order(wide, narrow);
}
