/* message_policy: the tables of notification.yaml, loading, and looking things up. */
#include "message_policy.h"
#include "moment.h"

#include <string.h>

static const struct field route_fields[] = {
    {FIELD(message_route, from), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_channels, .doc = "The complaint's channel."},
    {FIELD(message_route, use), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Channels in order: the first with an address."},
    FIELDS_END,
};
static const struct table route_table = {.name = "channel",
                                         .size = sizeof(struct message_route),
                                         .fields = route_fields,
                                         .doc = "How a customer is reached."};

static const struct field staff_fields[] = {
    {FIELD(message_staff, role), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The role, as rules and the events name it."},
    {FIELD(message_staff, channel), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_channels, .doc = "The channel."},
    {FIELD(message_staff, to), .type = FIELD_NAME, .max = 254,
     .doc = "The address on it; absent: the person, team or role that the event names."},
    {FIELD(message_staff, locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "One of the languages."},
    {FIELD(message_staff, otherwise), .type = FIELD_NAME,
     .doc = "The role that is told where the event names nobody."},
    {FIELD(message_staff, digest), .type = FIELD_DURATION, .min = 1000, .max = INT64_C(604800000),
     .doc = "What comes within one such window, e.g. 15m, 1h or 1d, is told in one message; "
            "absent: each by itself."},
    {FIELD(message_staff, hours), .type = FIELD_NAME,
     .doc = "One of `calendars`: digests wait for these hours; absent: for none."},
    FIELDS_END,
};
static const struct table staff_table = {.name = "staff",
                                         .size = sizeof(struct message_staff),
                                         .fields = staff_fields,
                                         .doc = "How a role is reached."};

static const struct field settle_fields[] = {
    {FIELD(message_settle, remedies), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Kinds of remedies."},
    {FIELD(message_settle, within), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "From the choice on, e.g. 24h or 3wd."},
    {FIELD(message_settle, calendar), .type = FIELD_NAME,
     .doc = "One of `calendars`; absent: all hours count."},
    FIELDS_END,
};
static const struct table settle_table = {
    .name = "settle",
    .size = sizeof(struct message_settle),
    .fields = settle_fields,
    .doc = "By when remedies are carried out; of others no time is promised."};

static const struct field quiet_fields[] = {
    {FIELD(message_quiet, awake), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "A calendar without a zone: that of the reader counts."},
    {FIELD(message_quiet, answer_within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED,
     .min = 1000, .max = INT64_MAX,
     .doc = "Who has written, or chosen, so short a time ago is answered at any hour."},
    FIELDS_END,
};
static const struct table quiet_table = {.name = "quiet",
                                         .size = sizeof(struct message_quiet),
                                         .fields = quiet_fields,
                                         .doc = "When customers are not written to."};

static const struct field visit_fields[] = {
    {FIELD(message_visit, at), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 0,
     .max = 86399000,
     .doc = "So long after midnight of the next day in the customer's zone, e.g. 10h."},
    {FIELD(message_visit, answer_within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED,
     .min = 1000, .max = INT64_MAX, .doc = "So long a reply of one digit is taken for the score."},
    {FIELD(message_visit, reopen_to), .type = FIELD_INT, .min = 1, .max = 5,
     .doc = "Scores up to this one reopen the case; absent: none does."},
    {FIELD(message_visit, link), .type = FIELD_TEXT, .max = 200,
     .doc = "Where the question is answered: https, with {token} in it (visit_token.h). Absent, or "
            "without REDRESS_VISIT_SECRET: customers are asked for a reply."},
    FIELDS_END,
};
static const struct table visit_table = {.name = "visit",
                                         .size = sizeof(struct message_visit),
                                         .fields = visit_fields,
                                         .doc = "The question of the next day."};

#define MATCH(member) FIELD(message_match, member), .type = FIELD_TEXTS
static const struct field match_fields[] = {
    {FIELD_AS("class", message_match, class_names), .type = FIELD_TEXTS,
     .doc = "Classes, `quality.*` included."},
    {MATCH(severity), .doc = "P1 to P4."},
    {MATCH(tier), .doc = "The customer's tier."},
    {MATCH(channel), .doc = "The complaint's channel."},
    {MATCH(target), .doc = "The target, of sla.*."},
    {MATCH(task), .doc = "The task, of task.*."},
    {MATCH(reason), .doc = "The event's reason; of cause.reviewed its outcome."},
    {MATCH(role), .doc = "The role that the event names; of cause.* its party."},
    {MATCH(tenant), .doc = "The tenant."},
    {MATCH(flags), .doc = "One of these flags."},
    {FIELD(message_match, level), .type = FIELD_INT, .min = 1, .max = 20,
     .doc = "Step of the ladder."},
    {FIELD(message_match, score_from), .type = FIELD_INT, .min = 1, .max = 5,
     .doc = "Scores from here,"},
    {FIELD(message_match, score_to), .type = FIELD_INT, .min = 1, .max = 5, .doc = "to here."},
    FIELDS_END,
};
static const struct table match_table = {.name = "match",
                                         .size = sizeof(struct message_match),
                                         .fields = match_fields,
                                         .doc = "Which events; what is absent is any."};

static const struct field rule_fields[] = {
    {FIELD(message_rule, on), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Type of the event."},
    {FIELD(message_rule, match), .type = FIELD_PART, .of = &match_table,
     .doc = "Which of these events."},
    {FIELD(message_rule, needs), .type = FIELD_TEXTS,
     .doc = "Facts that must hold, then and when the message goes out."},
    {FIELD(message_rule, unless), .type = FIELD_TEXTS, .doc = "Facts that must not."},
    {FIELD(message_rule, tell), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "`customer`, or roles of `staff`. Each is told by the first rule that matches."},
    {FIELD(message_rule, text), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The text, out of the reader's language file."},
    {FIELD(message_rule, use), .type = FIELD_TEXTS,
     .doc = "Channels in order; absent: those of `channels`, of a role its own."},
    {FIELD(message_rule, locale), .type = FIELD_NAME, .max = 35,
     .doc = "One of the languages; absent: the reader's."},
    {FIELD(message_rule, first), .type = FIELD_BOOL,
     .doc = "The first word to a customer: others wait for it."},
    {FIELD(message_rule, updates), .type = FIELD_BOOL,
     .doc = "When it has arrived it counts as an update: `case.updated`."},
    {FIELD(message_rule, at_once), .type = FIELD_BOOL, .doc = "Is in no digest."},
    {FIELD(message_rule, alarm), .type = FIELD_BOOL,
     .doc = "Of a case that only asks nobody is told."},
    FIELDS_END,
};
static const struct table rule_table = {.name = "rule",
                                        .size = sizeof(struct message_rule),
                                        .fields = rule_fields,
                                        .doc = "Who is told of an event, in which text."};

#define PERIOD(member)                                                                             \
    FIELD(message_policy, member), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,   \
                                   .max = INT64_MAX
#define LIST(member, table) FIELD(message_policy, member), .type = FIELD_PARTS, .of = &table
static const struct field policy_fields[] = {
    {FIELD(message_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "A case keeps the version it was opened under."},
    {FIELD(message_policy, migrate), .type = FIELD_BOOL,
     .doc = "Running cases of older versions take this one."},
    {FIELD(message_policy, default_locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "For customers whose language has no texts."},
    {FIELD_AS("languages", message_policy, language_files), .type = FIELD_TREE,
     .flags = FIELD_REQUIRED, .doc = "The language files, beside this one."},
    {FIELD_AS("zones", message_policy, zone_names), .type = FIELD_TEXTS,
     .doc = "IANA time zones of readers, beside those of the languages; a customer whose zone is "
            "not here reads times in the language's."},
    {FIELD(message_policy, calendars), .type = FIELD_TREE,
     .doc = "Calendars by name, as in sla.yaml."},
    {PERIOD(stale_after),
     .doc = "Nobody is told of what happened longer ago (a log that is published late)."},
    {PERIOD(keep_for), .doc = "A closed case is kept so long."},
    {FIELD(message_policy, orders_for), .type = FIELD_DURATION, .min = 3600000, .max = INT64_MAX,
     .doc = "How an order's customer is reached is kept so long after the last order.updated, for "
            "warnings: as long as cohort.yaml's `window`. Absent: it is not kept, and nobody can "
            "be warned."},
    {PERIOD(late_contact_within),
     .doc = "{contact_by} is so long from now, where the promised time is over."},
    {FIELD(message_policy, contact_calendar), .type = FIELD_NAME,
     .doc = "One of `calendars`: the hours in which somebody can get in touch."},
    {FIELD(message_policy, visit), .type = FIELD_PART, .of = &visit_table,
     .doc = "When customers are asked how content they are; absent: never."},
    {FIELD(message_policy, quiet), .type = FIELD_PART, .of = &quiet_table,
     .doc = "The hours of customers; absent: they are written to at any hour."},
    {PERIOD(answer_within), .doc = "{answer_by} is so long from now."},
    {PERIOD(first_within),
     .doc = "A message waits so long for the first word to the customer, then that goes out with "
            "what is known."},
    {FIELD(message_policy, retry), .type = FIELD_TEXTS,
     .doc = "Pauses, each longer than the one before, after which a message that failed for now is "
            "tried again on its channel; behind the last the next channel is taken."},
    {FIELD(message_policy, report_within), .type = FIELD_DURATION, .min = 1000, .max = INT64_MAX,
     .doc = "A message of which no gateway has said anything so long has failed: it may have "
            "arrived, so the next channel is taken at once. Absent: it is waited for."},
    {FIELD(message_policy, customer_daily), .type = FIELD_INT, .min = 1, .max = 1000,
     .doc = "So many messages a day in a customer's zone, of all his cases; further ones wait for "
            "the next. Absent: any number."},
    {FIELD(message_policy, pass), .type = FIELD_TEXTS,
     .doc = "Severities whose messages wait for no morning."},
    {PERIOD(digest_passing), .doc = "What concerns these waits no longer for its digest."},
    {FIELD(message_policy, sms_parts), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1,
     .max = 20, .doc = "A text of more short messages than this does not go out as one."},
    {LIST(channels, route_table), .flags = FIELD_REQUIRED,
     .doc = "One row a channel of complaints."},
    {LIST(staff, staff_table), .flags = FIELD_REQUIRED, .doc = "Addresses of roles."},
    {LIST(settle, settle_table), .doc = "By when remedies are carried out."},
    {LIST(rules, rule_table), .flags = FIELD_REQUIRED,
     .doc = "In order: of those that tell somebody of an event the first that matches speaks."},
    FIELDS_END,
};
const struct table message_policy_table = {
    .name = "notification",
    .size = sizeof(struct message_policy),
    .fields = policy_fields,
    .doc = "notification.yaml: who is told what, where, in which words."};

/* ---- Looking up ---- */

static const struct wording_language *find_language(const struct message_policy *policy,
                                                    const char *name, size_t len) {
    const struct wording_language *languages = policy->languages.at;
    for (int i = 0; i < policy->languages.count; i++)
        if (languages[i].locale && strlen(languages[i].locale) == len &&
            strncmp(languages[i].locale, name, len) == 0)
            return &languages[i];
    return NULL;
}

/* Which script a Chinese locale is written in: its own word, else that of its region. */
static bool is_traditional(const char *locale) {
    if (strstr(locale, "Hant")) return true;
    if (strstr(locale, "Hans")) return false;
    return strstr(locale, "TW") || strstr(locale, "HK") || strstr(locale, "MO");
}

/* "en-GB": itself, else "en", else the first of the language ("zh-CN" for "zh", and of those in
 * Chinese one in the same script), else the default. */
const struct wording_language *message_policy_language(const struct message_policy *policy,
                                                       const char *locale) {
    const struct wording_language *languages = policy->languages.at;
    const struct wording_language *found = NULL;

    if (locale && *locale) {
        size_t language = strcspn(locale, "-_");
        found = find_language(policy, locale, strlen(locale));
        if (!found) found = find_language(policy, locale, language);
        for (int i = 0; !found && i < policy->languages.count; i++)
            if (strcspn(languages[i].locale, "-_") == language &&
                strncmp(languages[i].locale, locale, language) == 0 &&
                is_traditional(languages[i].locale) == is_traditional(locale))
                found = &languages[i];
    }

    if (found) return found;
    return find_language(policy, policy->default_locale, strlen(policy->default_locale));
}

static const struct message_zone *find_zone(const struct message_policy *policy, const char *name) {
    const struct message_zone *zones = policy->zones.at;
    for (int i = 0; name && i < policy->zones.count; i++)
        if (strcmp(zones[i].name, name) == 0) return &zones[i];
    return NULL;
}

const struct message_zone *message_policy_zone(const struct message_policy *policy,
                                               const char *name,
                                               const struct wording_language *language) {
    const struct message_zone *zone = find_zone(policy, name);
    if (!zone) zone = find_zone(policy, language->timezone);
    ASSERT(zone);
    return zone;
}

const struct message_staff *message_policy_staff(const struct message_policy *policy,
                                                 const char *role) {
    const struct message_staff *staff = policy->staff.at;
    for (int i = 0; role && i < policy->staff.count; i++)
        if (strcmp(staff[i].role, role) == 0) return &staff[i];
    return NULL;
}

const struct message_route *message_policy_route(const struct message_policy *policy, int channel) {
    const struct message_route *routes = policy->channels.at;
    for (int i = 0; i < policy->channels.count; i++)
        if (routes[i].from == channel) return &routes[i];
    return NULL;
}

const struct message_rule *message_policy_rule(const struct message_policy *policy, const char *on,
                                               const char *audience, const char *text) {
    const struct message_rule *rules = policy->rules.at;
    for (int i = 0; i < policy->rules.count; i++)
        if (strcmp(rules[i].on, on) == 0 && strcmp(rules[i].text, text) == 0 &&
            texts_has(&rules[i].tell, audience))
            return &rules[i];
    return NULL;
}

const struct message_rule *message_policy_digest(const struct message_policy *policy,
                                                 const char *role) {
    const struct message_rule *rules = policy->rules.at;
    for (int i = 0; i < policy->rules.count; i++)
        if (strcmp(rules[i].on, MOMENT_DIGEST) == 0 && texts_has(&rules[i].tell, role))
            return &rules[i];
    return NULL;
}

/* ---- Loading ---- */

static void read_languages(struct message_policy *policy, struct arena *arena,
                           struct faults *faults) {
    const struct tree *files = policy->language_files;

    if (files->kind != TREE_LIST || files->count == 0) {
        faults_add(faults, FAULT_VALUE, files->line, "languages", "expected a list of files");
        return;
    }
    struct wording_language *languages =
        arena_alloc(arena, (size_t)files->count * sizeof *languages);
    int count = 0;
    for (const struct tree *file = files->first; file; file = file->next)
        wording_read(file, arena, &languages[count++], faults);
    policy->languages = (struct parts){languages, count};
}

static const struct calendar *read_calendar(const struct message_policy *policy, const char *name,
                                            int line, const char *path, struct arena *arena,
                                            struct faults *faults) {
    const struct tree *tree = NULL;
    if (!name) return NULL;
    if (policy->calendars) tree = tree_get(policy->calendars, name);

    if (tree)
        return calendar_read(tree, arena_printf(arena, "calendars.%s", name), FIELDS_STRICT, arena,
                             faults);
    faults_add(faults, FAULT_VALUE, line, path, "%s: expected one of `calendars`", name);
    return NULL;
}

/* The calendar of `quiet`, in one reader's zone. */
static const struct calendar *read_awake(const struct message_policy *policy, const char *zone,
                                         struct arena *arena, struct faults *faults) {
    if (!policy->quiet) return NULL;
    const struct tree *awake = policy->quiet->awake;
    struct tree *zoned = tree_new(arena, TREE_MAP);

    zoned->line = awake->line;
    tree_add(zoned, "timezone", tree_new_text(arena, zone));
    for (const struct tree *at = awake->first; at; at = at->next) {
        struct tree *copy = arena_memdup(arena, at, sizeof *copy);
        copy->next = NULL;
        tree_add(zoned, at->key, copy);
    }

    return calendar_read(zoned, "quiet.awake", FIELDS_STRICT, arena, faults);
}

static void check_quiet(const struct message_policy *policy, struct faults *faults) {
    const struct message_quiet *quiet = policy->quiet;

    if (!quiet) return;
    if (quiet->awake->kind != TREE_MAP || tree_get(quiet->awake, "timezone"))
        faults_add(faults, FAULT_VALUE, quiet->awake->line, "quiet.awake",
                   "expected a calendar without a timezone: the reader's counts");
}

static void add_zone(struct message_policy *policy, const char *name, int line, struct arena *arena,
                     struct faults *faults) {
    struct message_zone *zones = policy->zones.at;
    struct err err;

    if (!name || find_zone(policy, name)) return;
    struct message_zone *zone = ARENA_ADD(arena, zones, policy->zones.count);
    policy->zones.at = zones;
    *zone = (struct message_zone){.name = name, .zone = calendar_zone_find(name, arena, &err)};
    if (!zone->zone) faults_add(faults, FAULT_VALUE, line, "zones", "%s", err.text);
}

/* What is wrong with the hours is wrong with them in every zone: said once. */
static void read_hours(struct message_policy *policy, struct arena *arena, struct faults *faults) {
    struct message_zone *zones = policy->zones.at;
    int before = faults->count;

    check_quiet(policy, faults);
    for (int i = 0; i < policy->zones.count && faults->count == before; i++)
        zones[i].awake = read_awake(policy, zones[i].name, arena, faults);
}

static void read_zones(struct message_policy *policy, const struct tree *file, struct arena *arena,
                       struct faults *faults) {
    const struct wording_language *languages = policy->languages.at;
    const struct tree *node = tree_get(file, "zones");

    for (int i = 0; i < policy->zone_names.count; i++)
        add_zone(policy, policy->zone_names.at[i], node->line, arena, faults);
    for (int i = 0; i < policy->languages.count; i++)
        if (languages[i].zone) add_zone(policy, languages[i].timezone, 0, arena, faults);
}

static void read_settle(struct message_policy *policy, const struct tree *file, struct arena *arena,
                        struct faults *faults) {
    struct message_settle *rows = policy->settle.at;
    const struct tree *node = tree_get(file, "settle");

    if (node) node = node->first;
    for (int i = 0; i < policy->settle.count; i++, node = node->next) {
        const char *path = arena_printf(arena, "settle[%d]", i);
        if (calendar_parse_allowance(rows[i].within, &rows[i].allowance) < 0)
            faults_add(faults, FAULT_VALUE, node->line, path,
                       "within: expected a duration such as 24h, 3d or 3wd");
        rows[i].open = read_calendar(policy, rows[i].calendar, node->line, path, arena, faults);
        for (int j = 0; j < rows[i].remedies.count; j++)
            if (!fields_choice_value(contract_remedy_kinds, rows[i].remedies.at[j]))
                faults_add(faults, FAULT_VALUE, node->line, path, "unknown remedy %s",
                           rows[i].remedies.at[j]);
    }
}

static void read_retry(struct message_policy *policy, const struct tree *file,
                       struct faults *faults) {
    const struct texts *retry = &policy->retry;

    if (retry->count > MESSAGE_RETRIES_MAX)
        faults_add(faults, FAULT_VALUE, tree_get(file, "retry")->line, "retry",
                   "expected at most %d pauses", MESSAGE_RETRIES_MAX);
    for (int i = 0; i < retry->count && i < MESSAGE_RETRIES_MAX; i++)
        if (fields_parse_duration(retry->at[i], &policy->retry_ms[i]) || policy->retry_ms[i] <= 0 ||
            (i && policy->retry_ms[i] < policy->retry_ms[i - 1]))
            faults_add(faults, FAULT_VALUE, tree_get(file, "retry")->line, "retry",
                       "%s: expected a duration, not shorter than the one before", retry->at[i]);
}

static void check_visit(const struct message_policy *policy, const struct tree *file,
                        struct faults *faults) {
    const char *link = policy->visit ? policy->visit->link : NULL;
    const char *token = link ? strstr(link, MESSAGE_TOKEN) : NULL;

    if (!link) return;
    if (strncmp(link, "https://", 8) != 0 || strpbrk(link, " \t\r\n\"<>") || !token ||
        strstr(token + 1, MESSAGE_TOKEN))
        faults_add(faults, FAULT_VALUE, tree_get(file, "visit")->line, "visit.link",
                   "expected https://... with one %s in it", MESSAGE_TOKEN);
}

static void read_staff(struct message_policy *policy, const struct tree *file, struct arena *arena,
                       struct faults *faults) {
    struct message_staff *staff = policy->staff.at;
    const struct tree *node = tree_get(file, "staff")->first;

    for (int i = 0; i < policy->staff.count; i++, node = node->next)
        staff[i].open = read_calendar(policy, staff[i].hours, node->line,
                                      arena_printf(arena, "staff[%d]", i), arena, faults);
}

static void read_rules(struct message_policy *policy, const struct tree *file, struct arena *arena,
                       struct faults *faults) {
    struct message_rule *rules = policy->rules.at;
    const struct tree *node = tree_get(file, "rules")->first;

    for (int i = 0; i < policy->rules.count; i++, node = node->next) {
        const char *path = arena_printf(arena, "rules[%d]", i);
        rules[i].kind = moment_kind(rules[i].on);
        if (!rules[i].kind)
            faults_add(faults, FAULT_VALUE, node->line, path, "on: nobody can be told of %s",
                       rules[i].on);
        wording_condition(&rules[i].needs, &rules[i].unless, node->line, path, faults,
                          &rules[i].when);
        policy->looked_for |= wording_looks_for(&rules[i].when);
    }
}

int message_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                        void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct message_policy *policy = ARENA_NEW(arena, struct message_policy);
    int before = faults->count;

    if (fields_decode_whole(&message_policy_table, file, arena, policy, faults)) return -1;
    int decoded = faults->count;
    read_languages(policy, arena, faults);
    if (faults->count != decoded && !fields_faults_are_keys(faults, before)) return -1;
    decoded = faults->count;
    read_zones(policy, file, arena, faults);
    if (faults->count == decoded) read_hours(policy, arena, faults);
    read_settle(policy, file, arena, faults);
    read_staff(policy, file, arena, faults);
    read_retry(policy, file, faults);
    check_visit(policy, file, faults);
    policy->contact_open =
        read_calendar(policy, policy->contact_calendar, 0, "contact_calendar", arena, faults);
    read_rules(policy, file, arena, faults);
    if (faults->count == decoded) message_policy_check(file, policy, arena, faults);
    if (faults->count != before) return -1;
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
