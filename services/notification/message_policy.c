/* message_policy: the tables of notification.yaml, and what every text must be like. */
#include "message_policy.h"
#include "words.h"

#include <string.h>

const char *const message_policy_words[] = {"name",           "case",       "first_contact_due",
                                            "resolution_due", "contact_by", "settle_by",
                                            "reply_by",       "options",    "choose_by",
                                            "chosen",         "customer",   "class",
                                            "severity",       "target",     "due",
                                            "used",           "level",      "proposal",
                                            "cost",           "role",       "approvals",
                                            "approve_by",     "reason",     NULL};

const char *const message_policy_kinds[] = {"acknowledgement",
                                            "acknowledgement_first_contact",
                                            "acknowledgement_resolution",
                                            "acknowledgement_late",
                                            "repeated",
                                            "reopened",
                                            "offer",
                                            "chosen",
                                            "settled",
                                            "resolved",
                                            "warning",
                                            "breach",
                                            "escalation",
                                            "retraction",
                                            "approval_request",
                                            "approval_reminder",
                                            "not_decided",
                                            "settlement_failed",
                                            "delivery_failed",
                                            NULL};

#define W(word) (UINT64_C(1) << WORD_##word)
/* What each kind has values for. */
static const uint64_t usable[MESSAGE_KINDS] = {
    [MESSAGE_ACKNOWLEDGEMENT] = W(NAME) | W(CASE) | W(FIRST_CONTACT_DUE) | W(RESOLUTION_DUE),
    [MESSAGE_ACKNOWLEDGEMENT_FIRST_CONTACT] = W(NAME) | W(CASE) | W(FIRST_CONTACT_DUE),
    [MESSAGE_ACKNOWLEDGEMENT_RESOLUTION] = W(NAME) | W(CASE) | W(RESOLUTION_DUE),
    [MESSAGE_ACKNOWLEDGEMENT_LATE] = W(NAME) | W(CASE) | W(CONTACT_BY),
    [MESSAGE_REPEATED] = W(NAME) | W(CASE) | W(CONTACT_BY),
    [MESSAGE_REOPENED] = W(NAME) | W(CASE) | W(CONTACT_BY) | W(RESOLUTION_DUE),
    [MESSAGE_OFFER] = W(NAME) | W(CASE) | W(OPTIONS) | W(CHOOSE_BY),
    [MESSAGE_CHOSEN] = W(NAME) | W(CASE) | W(CHOSEN) | W(SETTLE_BY),
    [MESSAGE_SETTLED] = W(NAME) | W(CASE) | W(CHOSEN) | W(REPLY_BY),
    [MESSAGE_RESOLVED] = W(NAME) | W(CASE) | W(REPLY_BY),
    [MESSAGE_WARNING] =
        W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(TARGET) | W(DUE) | W(USED),
    [MESSAGE_BREACH] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(TARGET) | W(DUE),
    [MESSAGE_ESCALATION] =
        W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(TARGET) | W(LEVEL) | W(ROLE),
    [MESSAGE_RETRACTION] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(TARGET) | W(DUE),
    [MESSAGE_APPROVAL_REQUEST] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(PROPOSAL) |
                                 W(COST) | W(OPTIONS) | W(ROLE) | W(APPROVALS) | W(APPROVE_BY),
    [MESSAGE_APPROVAL_REMINDER] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(PROPOSAL) |
                                  W(COST) | W(ROLE) | W(APPROVE_BY),
    [MESSAGE_NOT_DECIDED] =
        W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(PROPOSAL) | W(COST) | W(REASON),
    [MESSAGE_SETTLEMENT_FAILED] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(PROPOSAL),
    [MESSAGE_DELIVERY_FAILED] = W(CASE) | W(CUSTOMER) | W(CLASS) | W(SEVERITY) | W(REASON),
};
#undef W

#define TEXT(record_struct, member)      FIELD(record_struct, member), .type = FIELD_TEXT
#define MUST_TEXT(record_struct, member) TEXT(record_struct, member), .flags = FIELD_REQUIRED
static const struct field text_fields[] = {
    {FIELD(message_text, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The occasion."},
    {FIELD(message_text, locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "One of `locales`."},
    {TEXT(message_text, subject), .doc = "Subject line, where the channel has one."},
    {TEXT(message_text, empathy),
     .doc = "For customers, part one: what has happened to them (共情)."},
    {TEXT(message_text, information), .doc = "Part two: where the matter stands (信息)."},
    {TEXT(message_text, value), .doc = "Part three: what they get from it (价值)."},
    {TEXT(message_text, action), .doc = "Part four: what is done, and by when (行动)."},
    {TEXT(message_text, body), .doc = "For colleagues: all of it."},
    FIELDS_END,
};
static const struct record text_record = {.name = "template",
                                          .size = sizeof(struct message_text),
                                          .fields = text_fields,
                                          .doc = "What is said on an occasion in a locale."};

static const struct field locale_fields[] = {
    {FIELD(message_locale, locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "BCP 47."},
    {FIELD(message_locale, timezone), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "IANA zone in which times are told."},
    {FIELD(message_locale, customer), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "{name} where no name is known."},
    {FIELD(message_locale, none), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "For colleagues, where something is not known."},
    {MUST_TEXT(message_locale, time),
     .doc = "Pattern: {year} {month} {month_name} {day} {hour} {minute}."},
    {MUST_TEXT(message_locale, valid), .doc = "Pattern: {days}."},
    {MUST_TEXT(message_locale, notes), .doc = "Pattern around a remedy's notes: {notes}."},
    {MUST_TEXT(message_locale, option), .doc = "Pattern: {option} {remedies}."},
    {MUST_TEXT(message_locale, plus), .doc = "Between remedies."},
    {MUST_TEXT(message_locale, comma), .doc = "Between notes."},
    {MUST_TEXT(message_locale, semicolon), .doc = "Between options."},
    {FIELD(message_locale, months), .type = FIELD_TEXTS,
     .doc = "Names of the twelve months, for {month_name}."},
    {FIELD(message_locale, symbols), .type = FIELD_TREE,
     .doc = "Signs before amounts: {currency: sign}."},
    {FIELD(message_locale, remedies), .type = FIELD_TREE, .flags = FIELD_REQUIRED,
     .doc = "A word for every kind of remedy."},
    {FIELD(message_locale, details), .type = FIELD_TREE,
     .doc = "Words for the details of compensation.yaml."},
    {FIELD(message_locale, targets), .type = FIELD_TREE, .doc = "Words for targets."},
    {FIELD(message_locale, classes), .type = FIELD_TREE, .doc = "Words for classes."},
    {FIELD(message_locale, roles), .type = FIELD_TREE, .doc = "Words for roles."},
    FIELDS_END,
};
static const struct record locale_record = {.name = "locale",
                                            .size = sizeof(struct message_locale),
                                            .fields = locale_fields,
                                            .doc = "How times, amounts and remedies are said."};

static const struct field route_fields[] = {
    {FIELD(message_route, from), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_channels, .doc = "The complaint's channel."},
    {FIELD(message_route, use), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Channels in order: the first with an address; after a failure another, once."},
    FIELDS_END,
};
static const struct record route_record = {.name = "channel",
                                           .size = sizeof(struct message_route),
                                           .fields = route_fields,
                                           .doc = "How a customer is reached."};

static const struct field limit_fields[] = {
    {FIELD(message_limit, channel), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_channels, .doc = "The channel."},
    {FIELD(message_limit, characters), .type = FIELD_INT, .flags = FIELD_REQUIRED, .min = 1,
     .max = CONTRACT_TEXT_MAX, .doc = "Longer messages do not go out on it."},
    FIELDS_END,
};
static const struct record limit_record = {.name = "limit",
                                           .size = sizeof(struct message_limit),
                                           .fields = limit_fields,
                                           .doc = "Length of a channel's messages."};

static const struct field staff_fields[] = {
    {FIELD(message_staff, role), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The role, as sla.yaml and compensation.yaml name it."},
    {FIELD(message_staff, channel), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_channels, .doc = "The channel."},
    {FIELD(message_staff, to), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 254,
     .doc = "The address on it."},
    {FIELD(message_staff, locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "One of `locales`."},
    FIELDS_END,
};
static const struct record staff_record = {.name = "staff",
                                           .size = sizeof(struct message_staff),
                                           .fields = staff_fields,
                                           .doc = "How a role is reached."};

#define PERIOD(member)                                                                             \
    FIELD(message_policy, member), .type = FIELD_DURATION, .flags = FIELD_REQUIRED, .min = 1000,   \
                                   .max = INT64_MAX
#define LIST(member, table) FIELD(message_policy, member), .type = FIELD_RECORDS, .of = &table
static const struct field policy_fields[] = {
    {FIELD(message_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 80,
     .doc = "A case keeps the version it was opened under."},
    {FIELD(message_policy, migrate), .type = FIELD_BOOL,
     .doc = "Running cases of older versions take this one."},
    {FIELD(message_policy, default_locale), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 35,
     .doc = "For customers whose language has no texts."},
    {FIELD(message_policy, alarm), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The role that hears of warnings, breaches and failures."},
    {PERIOD(stale_after),
     .doc = "Nobody is told of what happened longer ago (a log that is published late)."},
    {PERIOD(keep_for), .doc = "A closed case is kept so long."},
    {PERIOD(late_contact_within), .doc = "{contact_by} is so long from now."},
    {PERIOD(settle_within), .doc = "{settle_by} is so long from now."},
    {PERIOD(reply_within), .doc = "{reply_by} is so long from now."},
    {LIST(channels, route_record), .flags = FIELD_REQUIRED,
     .doc = "One row a channel of complaints."},
    {LIST(limits, limit_record), .doc = "Lengths."},
    {LIST(staff, staff_record), .flags = FIELD_REQUIRED, .doc = "Addresses of roles."},
    {LIST(locales, locale_record), .flags = FIELD_REQUIRED, .doc = "Languages."},
    {LIST(templates, text_record), .flags = FIELD_REQUIRED,
     .doc = "What is said; an occasion without a template is passed over in silence."},
    FIELDS_END,
};
const struct record message_policy_record = {
    .name = "notification",
    .size = sizeof(struct message_policy),
    .fields = policy_fields,
    .doc = "notification.yaml: who is told what, where, in which words."};

static const struct message_locale *find_locale(const struct message_policy *policy,
                                                const char *name, size_t len) {
    const struct message_locale *locales = policy->locales.at;
    for (int i = 0; i < policy->locales.count; i++)
        if (strlen(locales[i].locale) == len && strncmp(locales[i].locale, name, len) == 0)
            return &locales[i];
    return NULL;
}

/* "en-GB": itself, else "en", else the first of the language ("zh-CN" for "zh"), else the default.
 */
const struct message_locale *message_policy_locale(const struct message_policy *policy,
                                                   const char *locale) {
    const struct message_locale *locales = policy->locales.at;
    const struct message_locale *found = NULL;

    if (locale) {
        size_t language = strcspn(locale, "-_");
        found = find_locale(policy, locale, strlen(locale));
        if (!found) found = find_locale(policy, locale, language);
        for (int i = 0; !found && i < policy->locales.count; i++)
            if (strcspn(locales[i].locale, "-_") == language &&
                strncmp(locales[i].locale, locale, language) == 0)
                found = &locales[i];
    }

    if (found) return found;
    return find_locale(policy, policy->default_locale, strlen(policy->default_locale));
}

static const struct message_text *find_text(const struct message_policy *policy, const char *name,
                                            const char *locale) {
    const struct message_text *texts = policy->templates.at;
    for (int i = 0; i < policy->templates.count; i++)
        if (strcmp(texts[i].name, name) == 0 && strcmp(texts[i].locale, locale) == 0)
            return &texts[i];
    return NULL;
}

const struct message_text *message_policy_text(const struct message_policy *policy,
                                               enum message_kind kind, const char *locale) {
    return find_text(policy, message_policy_kinds[kind], locale);
}

const struct message_staff *message_policy_staff(const struct message_policy *policy,
                                                 const char *role) {
    const struct message_staff *staff = policy->staff.at;
    for (int i = 0; i < policy->staff.count; i++)
        if (strcmp(staff[i].role, role) == 0) return &staff[i];
    return NULL;
}

const struct message_route *message_policy_route(const struct message_policy *policy, int channel) {
    const struct message_route *routes = policy->channels.at;
    for (int i = 0; i < policy->channels.count; i++)
        if (routes[i].from == channel) return &routes[i];
    return NULL;
}

int64_t message_policy_limit(const struct message_policy *policy, int channel) {
    const struct message_limit *limits = policy->limits.at;
    for (int i = 0; i < policy->limits.count; i++)
        if (limits[i].channel == channel) return limits[i].characters;
    return INT64_MAX;
}

/* One member of the file's list, for line numbers. */
struct check {
    struct faults *faults;
    struct arena *arena;
    const char *list;
    int index;
    const struct tree *node;
};

static struct check at_member(const struct tree *file, const char *list, int index,
                              struct arena *arena, struct faults *faults) {
    const struct tree *node = tree_get(file, list);
    if (node)
        node = node->first;
    else
        node = NULL;
    for (int i = 0; node && i < index; i++) node = node->next;
    return (struct check){faults, arena, list, index, node};
}

static void fault(const struct check *check, const char *member, int lines, const char *text) {
    const struct tree *at = tree_get(check->node, member);
    if (!at) at = check->node;
    int line = 0;
    if (at && at->line) line = at->line + lines;
    faults_add(check->faults, FAULT_VALUE, line,
               arena_printf(check->arena, "%s[%d].%s", check->list, check->index, member), "%s",
               text);
}

static const struct template *parse(const struct check *check, const char *member, const char *text,
                                    const char *const *names) {
    const struct template *template = NULL;
    struct err err;
    int line = 0;

    if (text && template_parse(text, names, check->arena, &template, &line, &err)) {
        /* A text of several lines is a block, which begins in the line after its key. */
        fault(check, member, line + (strchr(text, '\n') != NULL), err.text);
    }

    return template;
}

static const struct template *parse_for(const struct check *check, const char *member,
                                        const char *text, int kind) {
    const struct template *template = parse(check, member, text, message_policy_words);

    for (int i = 0; template && i < WORD_COUNT; i++)
        if (template_uses(template, i) && !(usable[kind] >> i & 1))
            fault(check, member, 0,
                  arena_printf(check->arena, "{%s} has no value in %s", message_policy_words[i],
                               message_policy_kinds[kind]));
    return template;
}

/* A promise names a time: a placeholder of one, or a number. */
static bool names_time(const struct template *action, const char *text) {
    static const int times[] = {WORD_FIRST_CONTACT_DUE, WORD_RESOLUTION_DUE, WORD_CONTACT_BY,
                                WORD_SETTLE_BY,         WORD_REPLY_BY,       WORD_CHOOSE_BY};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (template_uses(action, times[i])) return true;
    return strpbrk(text, "0123456789");
}

static void check_customer_text(const struct check *check, struct message_text *text, int kind) {
    const char *const members[PARTS] = {"empathy", "information", "value", "action"};
    const char *const parts[PARTS] = {text->empathy, text->information, text->value, text->action};

    for (int i = 0; i < PARTS; i++) {
        text->parts[i] = parse_for(check, members[i], parts[i], kind);
        if (!parts[i])
            fault(check, members[i], 0,
                  "missing: a customer is told four parts: empathy, information, value, action");
    }
    if (text->body)
        fault(check, "body", 0, "expected four parts in place of a body: this is for customers");
    if (text->parts[PART_ACTION] && !names_time(text->parts[PART_ACTION], text->action))
        fault(check, "action", 0, "names no time: a promise is an action and a time");
}

static void check_text(const struct check *check, const struct message_policy *policy,
                       struct message_text *text) {
    int kind = fields_choice_value(message_policy_kinds, text->name) - 1;

    if (kind < 0) {
        fault(check, "name", 0, arena_printf(check->arena, "unknown occasion %s", text->name));
        return;
    }
    if (!find_locale(policy, text->locale, strlen(text->locale)))
        fault(check, "locale", 0, "expected one of `locales`");
    if (find_text(policy, text->name, text->locale) != text)
        fault(check, "name", 0, "is there twice for this locale");
    text->subject_template = parse_for(check, "subject", text->subject, kind);
    if (kind < MESSAGE_FIRST_FOR_STAFF) {
        check_customer_text(check, text, kind);
        return;
    }
    text->body_template = parse_for(check, "body", text->body, kind);
    if (!text->body) fault(check, "body", 0, "missing");
    if (text->empathy || text->information || text->value || text->action)
        fault(check, "body", 0, "expected only a body: this is for colleagues");
}

static void check_locale(const struct check *check, struct message_locale *locale) {
    struct err err;
    locale->zone = calendar_zone_find(locale->timezone, check->arena, &err);
    if (!locale->zone) fault(check, "timezone", 0, err.text);
    locale->time_template = parse(check, "time", locale->time, words_time_names);
    locale->valid_template = parse(check, "valid", locale->valid, words_valid_names);
    locale->notes_template = parse(check, "notes", locale->notes, words_notes_names);
    locale->option_template = parse(check, "option", locale->option, words_option_names);
    if (locale->months.count != 0 && locale->months.count != 12)
        fault(check, "months", 0, "expected twelve names");
    enum { MONTH_NAME = 2 };
    if (locale->time_template && template_uses(locale->time_template, MONTH_NAME) &&
        !locale->months.count)
        fault(check, "months", 0, "missing: {month_name} needs them");
    for (int i = 0; contract_remedy_kinds[i]; i++)
        if (!tree_text(locale->remedies, contract_remedy_kinds[i]))
            fault(check, "remedies", 0,
                  arena_printf(check->arena, "no word for %s", contract_remedy_kinds[i]));
}

static void check_channels(const struct tree *file, const struct message_policy *policy,
                           struct arena *arena, struct faults *faults) {
    const struct message_route *routes = policy->channels.at;

    for (int i = 0; i < policy->channels.count; i++) {
        struct check check = at_member(file, "channels", i, arena, faults);
        for (int j = 0; j < routes[i].use.count; j++)
            if (!fields_choice_value(contract_channels, routes[i].use.at[j]))
                fault(&check, "use", 0,
                      arena_printf(arena, "unknown channel %s", routes[i].use.at[j]));
        if (message_policy_route(policy, routes[i].from) != &routes[i])
            fault(&check, "from", 0, "is there twice");
    }
}

static void check_staff(const struct tree *file, const struct message_policy *policy,
                        struct arena *arena, struct faults *faults) {
    const struct message_staff *staff = policy->staff.at;

    for (int i = 0; i < policy->staff.count; i++) {
        struct check check = at_member(file, "staff", i, arena, faults);
        if (!find_locale(policy, staff[i].locale, strlen(staff[i].locale)))
            fault(&check, "locale", 0, "expected one of `locales`");
        if (message_policy_staff(policy, staff[i].role) != &staff[i])
            fault(&check, "role", 0, "is there twice");
    }
}

/* Whoever complains is acknowledged, in the default language at the least. */
static void check_whole(const struct tree *file, const struct message_policy *policy,
                        struct faults *faults) {
    if (!find_locale(policy, policy->default_locale, strlen(policy->default_locale))) {
        const struct tree *at = tree_get(file, "default_locale");
        faults_add(faults, FAULT_VALUE, at ? at->line : 0, "default_locale",
                   "expected one of `locales`");
        return;
    }
    for (int kind = MESSAGE_ACKNOWLEDGEMENT; kind <= MESSAGE_ACKNOWLEDGEMENT_LATE; kind++)
        if (!message_policy_text(policy, kind, policy->default_locale))
            faults_add(faults, FAULT_MISSING, 0, "templates", "no %s in the default locale",
                       message_policy_kinds[kind]);
    if (!message_policy_staff(policy, policy->alarm))
        faults_add(faults, FAULT_VALUE, 0, "alarm", "no address for this role in `staff`");
}

int message_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                        void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct message_policy *policy = ARENA_NEW(arena, struct message_policy);
    int before = faults->count;
    if (fields_decode(&message_policy_record, file, FIELDS_STRICT, arena, policy, faults))
        return -1;
    struct message_locale *locales = policy->locales.at;
    struct message_text *texts = policy->templates.at;
    for (int i = 0; i < policy->locales.count; i++) {
        struct check check = at_member(file, "locales", i, arena, faults);
        check_locale(&check, &locales[i]);
    }
    for (int i = 0; i < policy->templates.count; i++) {
        struct check check = at_member(file, "templates", i, arena, faults);
        check_text(&check, policy, &texts[i]);
    }
    check_channels(file, policy, arena, faults);
    check_staff(file, policy, arena, faults);
    check_whole(file, policy, faults);
    if (faults->count != before) return -1;
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
