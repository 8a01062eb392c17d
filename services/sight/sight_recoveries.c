/* sight_recoveries: the sums among the claims that services/compensation/recovery.c makes. */
#include "sight/sight_recoveries.h"
#include "compensation/duty_policy.h"
#include "compensation/recovery.h"
#include "sight/sight_claims.h"

#include <string.h>

static const struct field recovery_fields[] = {
    {FIELD(sight_recovery, party), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "Who owes it, by `recovery` in compensation.yaml."},
    {FIELD(sight_recovery, carrier), .type = FIELD_NAME,
     .doc = "The carrier of the orders; absent: all."},
    {FIELD(sight_recovery, tenant), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The tenant."},
    {FIELD(sight_recovery, period), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The month in which it was claimed, YYYYMM, as compensation.yaml counts days."},
    {FIELD(sight_recovery, currency), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "ISO 4217."},
    {FIELD(sight_recovery, claimed_minor), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "What was claimed, in minor units."},
    {FIELD(sight_recovery, paid_minor), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "What of that was reported as paid."},
    {FIELD(sight_recovery, lost), .type = FIELD_BOOL,
     .doc = "Redis has lost its claims: neither is known before the workers restore them."},
    FIELDS_END};
const struct table sight_recovery_table = {.name = "recovery",
                                           .size = sizeof(struct sight_recovery),
                                           .fields = recovery_fields,
                                           .doc = "What a party owes of a month."};

enum { ROWS_MAX = 500 }; /* parties times currencies; more is no page for people */

static bool has_row(const struct parts *rows, const char *party, const char *currency) {
    const struct sight_recovery *at = rows->at;

    for (int i = 0; i < rows->count; i++)
        if (strcmp(at[i].party, party) == 0 && strcmp(at[i].currency, currency) == 0) return true;
    return false;
}

static void add_rows(struct sight *sight, const struct duty_recovery *row,
                     const struct sight_recoveries *of, struct parts *out) {
    for (const struct tree *at = row->amount->first; at; at = at->next) {
        if (has_row(out, row->party, at->key) || out->count == ROWS_MAX) continue;
        struct sight_recovery *added = parts_add(out, sizeof *added, ROWS_MAX, sight->arena);
        *added = (struct sight_recovery){.party = row->party,
                                         .carrier = of->carrier,
                                         .tenant = of->tenant,
                                         .period = of->period,
                                         .currency = at->key};
    }
}

static void ask(struct sight *sight, const struct sight_recovery *row, enum recovery_sum what) {
    sight_claims_ask(sight,
                     recovery_sum_key(what, row->party, row->carrier, row->tenant, row->currency,
                                      row->period, sight->arena),
                     SIGHT_CLAIM_SUM);
}

int sight_recoveries_read(struct sight *sight, const struct offer_policy *policy,
                          const struct sight_recoveries *of, struct parts *out) {
    const struct duty_recovery *duties = policy->recovery.at;
    struct redis_reply *replies;
    int got;

    *out = (struct parts){NULL, 0};
    for (int i = 0; i < policy->recovery.count; i++) add_rows(sight, &duties[i], of, out);
    if (out->count == 0) return 0;
    struct sight_recovery *rows = out->at;
    for (int i = 0; i < out->count; i++) {
        ask(sight, &rows[i], RECOVERY_CLAIMED);
        ask(sight, &rows[i], RECOVERY_PAID);
    }
    if (sight_exchange(sight, &replies, &got) < 0) return -1;
    for (int i = 0; i < out->count; i++) {
        const struct redis_reply *at = &replies[2 * SIGHT_CLAIM_REPLIES * i];
        bool claimed = sight_claims_take(at, &rows[i].claimed_minor);
        bool paid = sight_claims_take(at + SIGHT_CLAIM_REPLIES, &rows[i].paid_minor);
        rows[i].lost = !claimed || !paid;
    }

    return 0;
}
