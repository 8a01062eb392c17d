/* bad_input: records that intake must reject, each with the reason that it must give. One table for
 * the unit test of the decision and for the test on the real broker; the large ones are made when
 * asked for. */
#ifndef REDRESS_BAD_INPUT_H
#define REDRESS_BAD_INPUT_H

#include "decision/event.h"

struct bad_input {
    const char *name;   /* "depth 10 000" */
    const char *reason; /* redress_reason */
    const char *detail; /* what redress_detail must hold: a path or what was expected */
};

/* Stands in some of the bad values, as a customer's name would: redress_detail must never hold it.
 */
#define BAD_INPUT_PRIVATE "Li Lei"

int bad_input_count(void);
const struct bad_input *bad_input_at(int index);
/* The record: topic, key, value and headers; partition, offset and time are 0. Its bytes live in
 * the arena or for ever.
 */
void bad_input_make(int index, struct arena *arena, struct raw *raw_out);

#endif
