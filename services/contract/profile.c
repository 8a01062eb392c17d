/* profile: see profile.h for the rules. */
#include "profile.h"

#include <string.h>

static const char question[] = "question";
static const char packaging[] = "packaging_only";
static const char unsure[] = "unsure";

/* ---- The table ---- */

static const struct field place_fields[] = {
    {FIELD(profile_place, at), .type = FIELD_INT, .doc = "ms since the epoch."},
    {FIELD(profile_place, ordered), .type = FIELD_BOOL, .doc = "It has a sequence."},
    {FIELD(profile_place, sequence), .type = FIELD_INT, .doc = "Its sequence."},
    FIELDS_END,
};
static const struct table place_table = {.name = "place",
                                         .size = sizeof(struct profile_place),
                                         .fields = place_fields,
                                         .doc = "Where a fact stands in the order of facts."};

#define PLACE(member) FIELD(profile, member), .type = FIELD_PART, .of = &place_table
static const struct field profile_fields[] = {
    {FIELD(profile, text_class), .type = FIELD_NAME, .doc = "Class of the text that leads."},
    {FIELD(profile, text_severity), .type = FIELD_CHOICE, .choices = contract_severities,
     .doc = "Its severity."},
    {FIELD(profile, text_asks), .type = FIELD_BOOL, .doc = "It only asks."},
    {FIELD(profile, text_unsure), .type = FIELD_BOOL, .doc = "Its class is unsure."},
    {PLACE(text_place), .doc = "Its place."},
    {FIELD(profile, text_rules), .type = FIELD_TEXTS,
     .doc = "Which rules it was classified by; `model` where that spoke."},
    {FIELD(profile, text_sketch), .type = FIELD_ID, .doc = "How it is compared with others."},
    {FIELD(profile, severity), .type = FIELD_CHOICE, .choices = contract_severities,
     .doc = "The highest of all texts."},
    {FIELD(profile, flags), .type = FIELD_TEXTS,
     .doc = "Those of all texts, but for `question` and `unsure`."},
    {FIELD(profile, complains), .type = FIELD_BOOL, .doc = "A text did more than ask."},
    {FIELD(profile, goods_damaged), .type = FIELD_BOOL,
     .doc = "A text is about damage to more than packaging."},
    {FIELD(profile, person_class), .type = FIELD_NAME, .doc = "Class by a person's latest word."},
    {FIELD(profile, person_severity), .type = FIELD_CHOICE, .choices = contract_severities,
     .doc = "Its severity."},
    {PLACE(person_place), .doc = "Its place."},
    {PLACE(resolved), .doc = "The latest resolution."},
    {PLACE(closed), .doc = "The latest closing."},
    {PLACE(withdrawn), .doc = "The latest withdrawal."},
    {PLACE(reopened), .doc = "The latest reopening."},
    {FIELD_REST_OF(profile, rest)},
    FIELDS_END,
};
#undef PLACE
const struct table profile_table = {.name = "profile",
                                    .size = sizeof(struct profile),
                                    .fields = profile_fields,
                                    .doc =
                                        "Class, severity, flags and status of a case, as folded."};

/* ---- Order ---- */

struct profile_place profile_place(const struct event *ev) {
    bool ordered = ev->sequence != EVENT_NO_SEQUENCE;

    return (struct profile_place){
        .at = ev->time_ms, .ordered = ordered, .sequence = ordered ? ev->sequence : 0};
}

/* Negative: `one` comes before `two`; 0: the same place, so that arrival decides. */
static int order_of(const struct profile_place *one, const struct profile_place *two) {
    if (one->at != two->at) return one->at < two->at ? -1 : 1;
    if (one->ordered != two->ordered) return one->ordered ? 1 : -1;
    if (one->sequence != two->sequence) return one->sequence < two->sequence ? -1 : 1;
    return 0;
}

/* Of two at one place the one that arrived later stands behind. */
static bool is_latest(const struct profile_place *place, const struct profile_place *known) {
    return !known || order_of(place, known) >= 0;
}

/* ---- Folding ---- */

static struct profile *renew(const struct profile *before, struct arena *arena) {
    struct profile *profile = ARENA_NEW(arena, struct profile);

    if (before) *profile = *before;
    return profile;
}

static struct profile_place *keep(const struct profile_place *place, struct arena *arena) {
    return arena_memdup(arena, place, sizeof *place);
}

static bool is_other(const char *class_name) {
    return strcmp(class_name, "other") == 0;
}

/* In alphabetical order, so that no order of arrival shows. */
static void add_flag(struct texts *flags, const char *flag, struct arena *arena) {
    if (texts_has(flags, flag)) return;
    const char **grown = arena_alloc(arena, (size_t)(flags->count + 1) * sizeof *grown);
    int at = 0;

    while (at < flags->count && strcmp(flags->at[at], flag) < 0) at++;
    for (int i = 0; i < at; i++) grown[i] = flags->at[i];
    grown[at] = flag;
    for (int i = at; i < flags->count; i++) grown[i + 1] = flags->at[i];
    *flags = (struct texts){grown, flags->count + 1};
}

/* Lower is graver; an unknown severity is the least grave. */
static int grade(int severity) {
    if (severity) return severity;
    return SEVERITY_P4 + 1;
}

/* Whether a text leads the one that leads by now. */
static bool leads(const struct profile *profile, const struct profile_place *place,
                  const char *class_name, int severity, bool asks) {
    if (!profile->text_class) return true;
    if (asks != profile->text_asks) return !asks;
    if (is_other(class_name) != is_other(profile->text_class)) return !is_other(class_name);
    if (grade(severity) != grade(profile->text_severity))
        return grade(severity) < grade(profile->text_severity);

    return order_of(place, profile->text_place) < 0;
}

static bool is_damage(const char *class_name) {
    return contract_class_matches("quality.*", class_name) ||
           strcmp(class_name, "logistics.parcel_damaged") == 0;
}

/* What the case has of how its texts lead, not of each of them. */
static bool is_of_one_text(const char *flag) {
    return strcmp(flag, question) == 0 || strcmp(flag, unsure) == 0;
}

/* *led_out: whether it leads all texts by now. */
static struct profile *fold_text(const struct profile *before, const struct profile_place *place,
                                 const char *class_name, int severity, const struct texts *flags,
                                 struct arena *arena, bool *led_out) {
    struct profile *profile = renew(before, arena);
    bool asks = texts_has(flags, question);

    *led_out = leads(profile, place, class_name, severity, asks);
    if (*led_out) {
        profile->text_class = class_name;
        profile->text_severity = severity;
        profile->text_asks = asks;
        profile->text_unsure = texts_has(flags, unsure);
        profile->text_place = keep(place, arena);
        profile->text_rules = (struct texts){0};
        profile->text_sketch = NULL;
    }

    if (severity && grade(severity) < grade(profile->severity)) profile->severity = severity;
    if (!asks) profile->complains = true;
    if (!asks && is_damage(class_name) && !texts_has(flags, packaging))
        profile->goods_damaged = true;
    for (int i = 0; i < flags->count; i++)
        if (!is_of_one_text(flags->at[i])) add_flag(&profile->flags, flags->at[i], arena);
    return profile;
}

const struct profile *profile_classified(const struct profile *before,
                                         const struct profile_place *place, const char *class_name,
                                         int severity, const struct texts *flags,
                                         struct arena *arena) {
    bool led;

    return fold_text(before, place, class_name, severity, flags, arena, &led);
}

const struct profile *profile_classified_by(const struct profile *before,
                                            const struct profile_place *place,
                                            const struct classified *classified,
                                            struct arena *arena) {
    bool led;
    struct profile *profile = fold_text(before, place, classified->class_name, classified->severity,
                                        &classified->flags, arena, &led);
    const struct reason *reasons = classified->reasons.at;

    if (led) profile->text_sketch = classified->sketch;
    for (int i = 0; led && i < classified->reasons.count; i++) {
        bool more = profile->text_rules.count < PROFILE_RULES_MAX;
        if (more && !texts_has(&profile->text_rules, reasons[i].rule))
            texts_add(&profile->text_rules, reasons[i].rule, arena);
    }
    return profile;
}

const struct profile *profile_reclassified(const struct profile *before,
                                           const struct profile_place *place,
                                           const char *class_name, int severity,
                                           struct arena *arena) {
    if (before && !is_latest(place, before->person_place)) return before;
    struct profile *profile = renew(before, arena);

    profile->person_class = class_name;
    profile->person_severity = severity;
    profile->person_place = keep(place, arena);
    return profile;
}

/* What stands before the reopening, or arrived before it at its place, is over. */
static void forget_before(struct profile_place **place, const struct profile_place *reopened) {
    if (*place && order_of(*place, reopened) <= 0) *place = NULL;
}

static void reopen(struct profile *profile, const struct profile_place *place) {
    forget_before(&profile->resolved, place);
    forget_before(&profile->closed, place);
    forget_before(&profile->withdrawn, place);
}

const struct profile *profile_moved(const struct profile *before, const struct profile_place *place,
                                    enum event_type type, struct arena *arena) {
    struct profile *profile = renew(before, arena);
    struct profile_place **latest;

    switch (type) {
    case EVENT_CASE_RESOLVED: latest = &profile->resolved; break;
    case EVENT_CASE_CLOSED: latest = &profile->closed; break;
    case EVENT_CASE_WITHDRAWN: latest = &profile->withdrawn; break;
    case EVENT_CASE_REOPENED: latest = &profile->reopened; break;
    default: return before;
    }

    if (!is_latest(place, *latest)) return before;
    *latest = keep(place, arena);
    if (latest == &profile->reopened) reopen(profile, place);
    return profile;
}

const struct profile *profile_without_sketch(const struct profile *before, struct arena *arena) {
    if (!before || !before->text_sketch) return before;
    struct profile *profile = renew(before, arena);

    profile->text_sketch = NULL;
    return profile;
}

/* ---- What it comes to ---- */

const char *profile_class(const struct profile *profile) {
    if (!profile) return NULL;
    if (profile->person_class) return profile->person_class;
    return profile->text_class;
}

int profile_severity(const struct profile *profile) {
    if (!profile) return 0;
    if (profile->person_severity) return profile->person_severity;
    return profile->severity;
}

bool profile_only_asks(const struct profile *profile) {
    if (!profile) return false;
    if (profile->person_class) return contract_class_matches("inquiry.*", profile->person_class);

    return profile->text_class && !profile->complains;
}

struct texts profile_flags(const struct profile *profile, struct arena *arena) {
    struct texts flags = {0};

    for (int i = 0; profile && i < profile->flags.count; i++)
        if (profile_has_flag(profile, profile->flags.at[i]))
            add_flag(&flags, profile->flags.at[i], arena);
    if (profile_only_asks(profile)) add_flag(&flags, question, arena);
    if (profile_has_flag(profile, unsure)) add_flag(&flags, unsure, arena);
    return flags;
}

bool profile_has_flag(const struct profile *profile, const char *flag) {
    if (strcmp(flag, question) == 0) return profile_only_asks(profile);
    if (strcmp(flag, unsure) == 0) return profile && !profile->person_class && profile->text_unsure;
    if (!profile || (profile->goods_damaged && strcmp(flag, packaging) == 0)) return false;
    return texts_has(&profile->flags, flag);
}

/* At the place of the reopening only what arrived behind it is left. */
static bool holds(const struct profile *profile, const struct profile_place *place) {
    return place && (!profile->reopened || order_of(place, profile->reopened) >= 0);
}

enum profile_status profile_status(const struct profile *profile) {
    if (!profile) return PROFILE_OPEN;
    if (holds(profile, profile->withdrawn)) return PROFILE_WITHDRAWN;
    if (holds(profile, profile->closed)) return PROFILE_CLOSED;
    if (holds(profile, profile->resolved)) return PROFILE_RESOLVED;

    return PROFILE_OPEN;
}
