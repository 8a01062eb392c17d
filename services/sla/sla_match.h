/* sla_match: the `match` of a policy: reading it, asking it, and whether one leaves anything for
 * another. */
#ifndef REDRESS_SLA_MATCH_H
#define REDRESS_SLA_MATCH_H

#include "sla_policy.h"

/* Its tables: what may be asked of the case, and of the order. */
extern const struct table sla_match_table, sla_match_order_table;

/* Reads a `match` (NULL: matches all); faults have paths below `path`. */
struct sla_match *sla_match_read(const struct tree *tree, const char *path, struct arena *arena,
                                 struct faults *faults);
bool sla_match_holds(const struct sla_match *match, const struct sla_profile *profile);
/* True when every case that `narrow` matches is matched by `wide`. */
bool sla_match_covers(const struct sla_match *wide, const struct sla_match *narrow);
/* A customer as profiles and matches have it: no id stands where it need not. */
const char *sla_match_customer(const char *id, struct arena *arena);
/* fields_decode_whole() with paths below `path`. */
int sla_match_decode(const struct table *table, const struct tree *tree, const char *path,
                     struct arena *arena, void *out, struct faults *faults) MUST_CHECK;

#endif
