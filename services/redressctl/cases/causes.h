/* causes: what a person says was done about a cause, as an event. */
#ifndef REDRESS_CAUSES_H
#define REDRESS_CAUSES_H

#include "contract/contract.h"

struct causes_word {
    const char *tenant; /* NULL: "default" */
    const char *dimension, *value, *class_name;
    const char *note, *by;
};
/* The structured CloudEvent cause.answered; `id` names this word. Pure. 0, or -1 with what is wrong
 * with it. */
int causes_event(const struct causes_word *word, const char *id, int64_t now_ms,
                 struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;

#endif
