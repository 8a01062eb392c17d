/* sla_match: a match is kept as sets of bits, so that asking is cheap and covering can be decided.
 */
#include "sla_match.h"
#include <string.h>

struct order_file {
    struct texts status, carrier, warehouse, lane;
    bool custom, perishable;
    struct money at_least;
};
struct match_file {
    struct texts tenant, classes, severity, tier, channel, flags;
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
static const struct record order_record = {
    .name = "order", .size = sizeof(struct order_file), .fields = order_fields};
static const struct field match_fields[] = {
    {FIELD(match_file, tenant), .type = FIELD_TEXTS,
     .doc = "Tenants; absent means any, here and below."},
    {FIELD_AS("class", match_file, classes), .type = FIELD_TEXTS,
     .doc = "Classes, `quality.*` for a group."},
    {FIELD(match_file, severity), .type = FIELD_TEXTS, .doc = "Severities."},
    {FIELD(match_file, tier), .type = FIELD_TEXTS, .doc = "Customer tiers."},
    {FIELD(match_file, channel), .type = FIELD_TEXTS, .doc = "Channels."},
    {FIELD(match_file, flags), .type = FIELD_TEXTS, .doc = "One of these flags was given."},
    {FIELD(match_file, order), .type = FIELD_RECORD, .of = &order_record,
     .doc = "Facts of the order."},
    {FIELD(match_file, opened_from), .type = FIELD_TIME,
     .doc = "Cases opened at this time or later."},
    {FIELD(match_file, opened_until), .type = FIELD_TIME, .doc = "Cases opened before this time."},
    FIELDS_END};
static const struct record match_record = {
    .name = "match", .size = sizeof(struct match_file), .fields = match_fields};

/* Sets over the names of the contract: bit i - 1 for the i-th. 0 means any. */
struct sla_match {
    struct match_file file;
    unsigned classes, severity, tier, channel, flags, order_status;
};

int sla_match_decode(const struct record *record, const struct tree *tree, const char *path,
                     struct arena *arena, void *out, struct faults *faults) {
    int before = faults->count;
    int failed = fields_decode(record, tree, FIELDS_STRICT, arena, out, faults);

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

static unsigned read_set(const struct reader *reader, const char *key, const struct texts *names,
                         const char *const *choices) {
    unsigned set = 0;
    for (int i = 0; i < names->count; i++) {
        int value = fields_choice_value(choices, names->at[i]);
        if (value)
            set |= 1u << (value - 1);
        else
            complain(reader, key, names->at[i], "a name of deploy/contract/README.md");
    }

    return set;
}

static unsigned class_set(const char *pattern) {
    unsigned set = 0;
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(pattern, contract_classes[i])) set |= 1u << i;
    return set;
}

static unsigned read_classes(const struct reader *reader, const struct texts *patterns) {
    unsigned all = 0;
    for (int i = 0; i < patterns->count; i++) {
        unsigned set = class_set(patterns->at[i]);
        if (!set)
            complain(reader, "class", patterns->at[i],
                     "a class of deploy/contract/README.md or a group such as quality.*");
        all |= set;
    }
    return all;
}

struct sla_match *sla_match_read(const struct tree *tree, const char *path, struct arena *arena,
                                 struct faults *faults) {
    struct sla_match *match = ARENA_NEW(arena, struct sla_match);

    if (!tree || tree->kind == TREE_NULL) return match;
    struct reader reader = {tree, path, arena, faults};
    struct match_file *file = &match->file;
    if (sla_match_decode(&match_record, tree, path, arena, file, faults)) return match;
    match->classes = read_classes(&reader, &file->classes);
    match->severity = read_set(&reader, "severity", &file->severity, contract_severities);
    match->tier = read_set(&reader, "tier", &file->tier, contract_tiers);
    match->channel = read_set(&reader, "channel", &file->channel, contract_channels);
    match->flags = read_set(&reader, "flags", &file->flags, contract_flags);
    if (file->order)
        match->order_status =
            read_set(&reader, "order", &file->order->status, contract_order_statuses);
    if (file->opened_from && file->opened_until && file->opened_until <= file->opened_from)
        complain(&reader, "opened_until", "a time", "one after opened_from");
    return match;
}

static bool has(unsigned set, int value) {
    return !set || (value && (set & 1u << (value - 1)));
}

static bool names(const struct texts *list, const char *name) {
    if (list->count == 0) return true;
    for (int i = 0; name && i < list->count; i++)
        if (strcmp(list->at[i], name) == 0) return true;
    return false;
}

static bool has_flag(unsigned set, const struct texts *flags) {
    if (!set) return true;
    for (int i = 0; i < flags->count; i++) {
        int flag = fields_choice_value(contract_flags, flags->at[i]);
        if (flag && has(set, flag)) return true;
    }
    return false;
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
           has(match->channel, profile->channel) && names(&file->tenant, profile->tenant) &&
           has_flag(match->flags, profile->flags) &&
           (!file->opened_from || profile->opened_at >= file->opened_from) &&
           (!file->opened_until || profile->opened_at < file->opened_until) &&
           order_holds(match, profile->order);
}

static bool covers_set(unsigned wide, unsigned narrow) {
    return !wide || (narrow && (narrow & ~wide) == 0);
}

static bool covers_names(const struct texts *wide, const struct texts *narrow) {
    if (wide->count == 0) return true;
    for (int i = 0; i < narrow->count; i++)
        if (!names(wide, narrow->at[i])) return false;
    return narrow->count > 0;
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
           covers_names(&one->tenant, &two->tenant) && covers_order(wide, narrow);
}
