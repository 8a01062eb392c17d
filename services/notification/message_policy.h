/* message_policy: notification.yaml as structs: who is reached how, in which words. Every text is
 * parsed at load, so that an unknown placeholder refuses the start with file and line. */
#ifndef REDRESS_MESSAGE_POLICY_H
#define REDRESS_MESSAGE_POLICY_H

#include "contract/contract.h"
#include "data/calendar_zone.h"
#include "data/template.h"

/* The placeholders of messages, in the order of message_policy_words. */
enum message_word {
    WORD_NAME, /* the customer's, or the locale's word for one */
    WORD_CASE,
    WORD_FIRST_CONTACT_DUE, /* this and other times in the locale's zone; without a value when past
                             */
    WORD_RESOLUTION_DUE,
    WORD_CONTACT_BY, /* now and late_contact_within: a promise of its own where the others have
                        passed */
    WORD_SETTLE_BY,  /* now and settle_within */
    WORD_REPLY_BY,   /* now and reply_within */
    WORD_OPTIONS,    /* the options in words, with amounts */
    WORD_CHOOSE_BY,
    WORD_CHOSEN,   /* the chosen option in words */
    WORD_CUSTOMER, /* for colleagues: name and phone masked */
    WORD_CLASS,
    WORD_SEVERITY,
    WORD_TARGET,
    WORD_DUE,
    WORD_USED, /* of a warning: "75%" or "10 min" */
    WORD_LEVEL,
    WORD_PROPOSAL,
    WORD_COST,
    WORD_ROLE,
    WORD_APPROVALS,
    WORD_APPROVE_BY,
    WORD_REASON,
    WORD_COUNT
};
extern const char *const message_policy_words[];

/* What is said on which occasion; the name is also that of its templates. */
enum message_kind {
    MESSAGE_ACKNOWLEDGEMENT,
    MESSAGE_ACKNOWLEDGEMENT_FIRST_CONTACT, /* only this deadline is known and ahead */
    MESSAGE_ACKNOWLEDGEMENT_RESOLUTION,
    MESSAGE_ACKNOWLEDGEMENT_LATE, /* none is */
    MESSAGE_REPEATED,
    MESSAGE_REOPENED,
    MESSAGE_OFFER,
    MESSAGE_CHOSEN,
    MESSAGE_SETTLED,
    MESSAGE_RESOLVED,
    MESSAGE_FIRST_FOR_STAFF,
    MESSAGE_WARNING = MESSAGE_FIRST_FOR_STAFF,
    MESSAGE_BREACH,
    MESSAGE_ESCALATION,
    MESSAGE_RETRACTION,
    MESSAGE_APPROVAL_REQUEST,
    MESSAGE_APPROVAL_REMINDER,
    MESSAGE_NOT_DECIDED,
    MESSAGE_SETTLEMENT_FAILED,
    MESSAGE_DELIVERY_FAILED,
    MESSAGE_KINDS
};
extern const char *const message_policy_kinds[];

/* The four parts of what a customer is told (共情+信息+价值+行动). */
enum message_part { PART_EMPATHY, PART_INFORMATION, PART_VALUE, PART_ACTION, PARTS };

struct message_text {
    const char *name, *locale;
    const char *subject, *empathy, *information, *value, *action; /* for customers */
    const char *body;                                             /* for colleagues, with subject */
    /* Parsed. */
    const struct template *subject_template, *parts[PARTS], *body_template;
};
struct message_locale {
    const char *locale, *timezone, *customer, *none;
    const char *time, *valid, *notes, *option; /* patterns, see words.c */
    const char *plus, *comma, *semicolon;      /* between remedies, notes, options */
    struct texts months;
    const struct tree *symbols, *remedies, *details, *targets, *classes, *roles; /* {name: words} */
    /* Parsed. */
    const struct calendar_zone *zone;
    const struct template *time_template, *valid_template, *notes_template, *option_template;
};
struct message_route {
    int from;
    struct texts use; /* the first with an address; after a failure another, once */
};
struct message_limit {
    int channel;
    int64_t characters;
};
struct message_staff {
    const char *role;
    int channel;
    const char *to, *locale;
};
struct message_policy {
    const char *version, *default_locale, *alarm;
    bool migrate; /* the runtime's: policies.h */
    int64_t stale_after, keep_for, late_contact_within, settle_within, reply_within;
    struct records channels;  /* struct message_route */
    struct records limits;    /* struct message_limit */
    struct records staff;     /* struct message_staff */
    struct records locales;   /* struct message_locale */
    struct records templates; /* struct message_text */
};

extern const struct record message_policy_record;

/* worker_spec.load of notification. */
int message_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                        void **policy_out, const char **version_out, struct faults *faults);

/* The locale itself, else its language, else the default. Never NULL. */
const struct message_locale *message_policy_locale(const struct message_policy *policy,
                                                   const char *locale);
/* NULL: the policy has nothing to say on this occasion. */
const struct message_text *message_policy_text(const struct message_policy *policy,
                                               enum message_kind kind, const char *locale);
const struct message_staff *message_policy_staff(const struct message_policy *policy,
                                                 const char *role);
const struct message_route *message_policy_route(const struct message_policy *policy, int channel);
/* Characters that a message on this channel may have; INT64_MAX where there is no limit. */
int64_t message_policy_limit(const struct message_policy *policy, int channel);

#endif
