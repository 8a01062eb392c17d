/* intake: what may enter the case log, and under which case.
 *
 * Consumes: complaints, activity, decisions: what anybody published.
 *
 * Emits: to the case log case.opened, case.repeated or case.customer_replied for a complaint, an
 * activity or decision under its own type, each with the id, source, time and sequence that it
 * came with; customer.erased with neither key nor case (subject "customer:<id>"): the runtime
 * writes it to every partition. To redress.orders, one record for each value of a dimension
 * (contract/cohort_key.h): order.updated (which goes to the case log besides, under the
 * order's route), order.complained; cohort.confirmed and cohort.ended to the one that decides about
 * them.
 *
 * Keeps: nothing but claims: submissions seen, the case of each conversation, and of each order and
 * account, whose each order is, aliases of joined submissions, how many repeats a case has had,
 * when a customer was erased (for 40 days, by hash).
 *
 * Decides: whether a submission is new; whether it opens a case or joins one
 * (deploy/contract/README.md, Joining); which case an activity means. Fills in the tenant,
 * lower-cases channels, writes telephone numbers without separators; takes name, telephone and mail
 * away from a complaint that was made before its customer's erasure and comes behind it.
 *
 * Rejects: unknown types, types on a topic that may not carry them, times ahead of the clock,
 * missing and bad fields. */
#ifndef REDRESS_INTAKE_H
#define REDRESS_INTAKE_H

#include "decision/spec.h"

/* The count of a case's repeats is kept so long after the last of them: as long as topics keep
 * personal data. */
#define INTAKE_REPEATS_FOR_MS (INT64_C(30) * 24 * 3600 * 1000)
/* So long after its last complaint an order is still that of the account that named it first: as
 * long as goods are mostly complained about. */
#define INTAKE_OWNER_FOR_MS (INT64_C(90) * 24 * 3600 * 1000)
#define INTAKE_AHEAD_MAX_MS (INT64_C(5) * 60 * 1000)

extern const struct worker_spec intake_spec;

#endif
