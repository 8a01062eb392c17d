/* gateway_policy: gateway.yaml: which messages go by which lane, and how a lane works. */
#ifndef REDRESS_GATEWAY_POLICY_H
#define REDRESS_GATEWAY_POLICY_H

#include "data/fields.h"

/* What a lane takes beside channels: settlement.ordered, and channels that no other lane names. */
#define GATEWAY_SETTLEMENTS "settlements"
#define GATEWAY_OTHERS      "others"

/* POST, signed after the Standard Webhooks specification. */
struct gateway_webhook {
    const char *url;
    const char *secrets_file; /* one or two lines `whsec_...`: the first is the newer */
    const char *ca_file;      /* NULL: the system's */
};
/* One mail each, by a relay that signs (DKIM) and sends on. */
struct gateway_smtp {
    const char *url, *from, *user, *password_file, *ca_file;
};
/* Appends a line of JSON each. */
struct gateway_file {
    const char *path;
};

struct gateway_lane {
    const char *name;
    struct texts takes;
    struct gateway_webhook *webhook;
    struct gateway_smtp *smtp;
    struct gateway_file *file;
    int64_t concurrency, rate, timeout, retry_first, retry_longest, give_up_after, breaker,
        rest_first, rest_longest; /* ms */
};

struct gateway_policy {
    const char *version;
    struct parts lanes;             /* struct gateway_lane */
    struct texts hosts;             /* the only ones that are spoken to */
    struct texts private_addresses; /* "10.0.0.0/8": private ones among them that may be */
};

extern const struct table gateway_policy_table;

/* 0, or -1 with all faults. What it points to lives in the arena. */
int gateway_policy_load(const struct tree *file, struct arena *arena, struct gateway_policy *out,
                        struct faults *faults) MUST_CHECK;
/* gateway.yaml of a folder. 0, or -1 with everything that is wrong with it. */
int gateway_policy_read(const char *dir, struct arena *arena, struct gateway_policy *out,
                        struct buf *errors) MUST_CHECK;
/* Whether both have the same lanes, which take the same: what differs can be taken over at work. */
bool gateway_policy_same_lanes(const struct gateway_policy *one, const struct gateway_policy *two);
/* Whether a lane takes deliveries on a channel. */
bool gateway_policy_takes(const struct gateway_policy *policy, const struct gateway_lane *lane,
                          const char *channel);

#endif
