/* message_policy: notification.yaml as structs: who is told what, when, on which channels, and in
 * which texts of the language files that it lists. Everything is checked at load. */
#ifndef REDRESS_MESSAGE_POLICY_H
#define REDRESS_MESSAGE_POLICY_H

#include "data/calendar.h"
#include "wording.h"

#define MESSAGE_CUSTOMER "customer" /* the audience; all others are colleagues */

struct message_route {
    int from;
    struct texts use; /* in order; the first with an address */
};
/* How a role is reached. Without `to` it is a person whom the event names: the assignee, the
 * assignee's team, who decided, the role of a ladder's step. */
struct message_staff {
    const char *role;
    int channel;
    const char *to, *locale;
    const char *otherwise; /* the role that is told where nobody is named */
    int64_t digest;        /* what comes within one such window is told in one message; 0: each */
    const char *hours;     /* and not before these begin; NULL: at any hour */
    /* Parsed. */
    const struct calendar *open;
};
/* By when a chosen remedy is carried out. */
struct message_settle {
    struct texts remedies;
    const char *within, *calendar;
    /* Parsed. */
    struct calendar_allowance allowance;
    const struct calendar *open; /* NULL: always */
};
/* When customers are not written to. */
struct message_quiet {
    const struct tree *awake; /* hours of their own zone: weekly, holidays, overrides */
    int64_t answer_within;    /* who wrote so short a time ago is awake */
};
/* The question that is asked the day after a case was resolved. */
struct message_visit {
    int64_t at;            /* ms since midnight of that day in the customer's zone */
    int64_t answer_within; /* so long an answer of one digit is the score */
    int64_t reopen_to;     /* scores up to this one reopen the case; 0: none does */
    const char *link;      /* with MESSAGE_TOKEN in it; NULL: he is asked for a reply */
};
#define MESSAGE_TOKEN "{token}"
struct message_zone {
    const char *name;
    const struct calendar_zone *zone;
    const struct calendar *awake; /* when people there may be written to; NULL: always */
};

/* Absent is any. */
struct message_match {
    struct texts class_names, severity, tier, channel, target, task, reason, role, tenant;
    struct texts flags; /* one of them */
    int64_t level, score_from, score_to;
};
struct message_rule {
    const char *on;
    struct message_match *match;
    struct texts needs, unless;
    struct texts tell;
    const char *text;
    struct texts use;   /* channels in order; empty: those of `channels` */
    const char *locale; /* NULL: the reader's */
    bool first;         /* the first word to a customer: others wait for it */
    bool updates;       /* when it has arrived the customer has been told how things stand */
    bool at_once;       /* is in no digest */
    bool alarm;         /* not about a case that only asks */
    /* Parsed. */
    struct wording_condition when;
    const struct moment_kind *kind;
};

enum { MESSAGE_RETRIES_MAX = 8 };

struct message_policy {
    const char *version, *default_locale;
    bool migrate;       /* the runtime's: policies.h */
    int64_t orders_for; /* how long an order's customer can be warned; 0: not at all */
    int64_t stale_after, keep_for, late_contact_within, answer_within, first_within;
    int64_t report_within; /* a message of which nothing is reported has failed then; 0: never */
    int64_t sms_parts;
    int64_t customer_daily; /* messages a customer is told in a day; 0: any number */
    struct texts pass;      /* severities that wait for no morning, */
    int64_t digest_passing; /* and so long for a digest */
    const char *contact_calendar;
    const struct message_visit *visit; /* NULL: nobody is asked */
    const struct message_quiet *quiet; /* NULL: nobody minds */
    const struct tree *calendars, *language_files;
    struct texts zone_names;
    struct parts channels; /* struct message_route */
    struct parts staff;    /* struct message_staff */
    struct parts settle;   /* struct message_settle */
    struct parts rules;    /* struct message_rule */
    struct texts retry;    /* growing pauses, on one channel */
    /* Parsed. */
    int64_t retry_ms[MESSAGE_RETRIES_MAX];
    uint64_t looked_for;    /* words of which any rule says that they must be there, or must not:
                               bits */
    struct parts languages; /* struct wording_language */
    struct parts zones;     /* struct message_zone */
    const struct calendar *contact_open;
};

extern const struct table message_policy_table;

/* worker_spec.load of notification. */
int message_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                        void **policy_out, const char **version_out, struct faults *faults);
/* What every rule and its texts must be like together, for message_policy_load(). */
void message_policy_check(const struct tree *file, const struct message_policy *policy,
                          struct arena *arena, struct faults *faults);

/* The locale itself, else its language, else the default. Never NULL. */
const struct wording_language *message_policy_language(const struct message_policy *policy,
                                                       const char *locale);
/* The reader's zone where the policy lists it, else that of the language. Never NULL. */
const struct message_zone *message_policy_zone(const struct message_policy *policy,
                                               const char *name,
                                               const struct wording_language *language);
const struct message_staff *message_policy_staff(const struct message_policy *policy,
                                                 const char *role);
const struct message_route *message_policy_route(const struct message_policy *policy, int channel);
/* The rule by which a role is told a digest; NULL: there is none. */
const struct message_rule *message_policy_digest(const struct message_policy *policy,
                                                 const char *role);
/* The rule by which an audience is told of an event type by this text; NULL: there is none (any
 * more). */
const struct message_rule *message_policy_rule(const struct message_policy *policy, const char *on,
                                               const char *audience, const char *text);

#endif
