/* decide: POST /api/v1/decisions: a decision to redress.decisions, as the person who has signed in,
 * and a line of the log about each that was asked for, whatever came of it. */
#ifndef REDRESS_BOARD_DECIDE_H
#define REDRESS_BOARD_DECIDE_H

#include "board/desk.h"
#include "outside/kafka.h"
#include "sight/sight.h"

extern const struct table decide_table, decide_sent_table; /* what is asked, what is answered */

struct decide {
    const struct kafka *kafka;
    struct sight *sight; /* of the desk's own */
};
/* For a desk; context: a struct decide. */
void decide_work(void *context, struct desk_job *job, struct http_answer *answer);

#endif
