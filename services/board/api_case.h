/* api_case: one case, asked of Redis: what GET /api/v1/cases/{case_id} answers. */
#ifndef REDRESS_BOARD_API_CASE_H
#define REDRESS_BOARD_API_CASE_H

#include "board/api.h"
#include "outside/kafka.h"
#include "sight/sight_case.h"
#include "sla/sla_policy.h"

/* The versions of sla.yaml: of the folder, or from redress.policies. NULL, and why: none is to be
 * had. */
struct api_versions;
struct api_versions *api_versions_new(const char *policy_dir, const struct kafka *kafka);
void api_versions_free(struct api_versions *versions); /* NULL is allowed */
const struct sla_policy *api_versions_find(struct api_versions *versions, const char *version,
                                           const char **note_out);

/* Fills `out` with the answer. The status: 200; 404; 503 with why in `err`. */
int api_case(struct sight *sight, struct api_versions *versions, const struct person *person,
             const char *case_id, int64_t now_ms, struct buf *out, struct err *err);

#endif
