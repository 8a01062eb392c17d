/* api_similar: closed cases that are like one, asked of Redis: what GET /api/v1/similar/{case_id}
 * answers. */
#ifndef REDRESS_BOARD_API_SIMILAR_H
#define REDRESS_BOARD_API_SIMILAR_H

#include "board/api.h"
#include "sight/sight_similar.h"

/* Fills `out` with the answer. The status: 200; 404; 503 with why in `err`. */
int api_similar(struct sight *sight, const struct person *person, const char *case_id,
                struct buf *out, struct err *err);

#endif
