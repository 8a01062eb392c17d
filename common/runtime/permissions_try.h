/* permissions_try: everything of permissions.h tried, at start all of it, and then again and again
 * while the worker runs, one thing at a time, each four times within REDRESS_UNPROVEN_FOR. What is
 * not permitted goes to the log with the command that grants it, and to health.h. A
 * transactional id is tried at start only: later every transaction does, and an idle loop makes one
 * now and then. */
#ifndef REDRESS_PERMISSIONS_TRY_H
#define REDRESS_PERMISSIONS_TRY_H

#include "runtime/engine.h"

struct permissions;

/* Before Redis is connected: it brings a script of its own. */
struct permissions *permissions_new(struct engine *engine);
void permissions_free(struct permissions *permissions); /* NULL is allowed */

enum permissions_result {
    PERMISSIONS_DONE,   /* everything is permitted */
    PERMISSIONS_UNSURE, /* err: what could not be tried, such as a topic that does not exist */
    PERMISSIONS_MISSING /* err: how many are forbidden; or that the broker does not answer */
};
/* What is forbidden is logged, all of it, when it is more or less than the last time, or a minute
 * has passed. */
enum permissions_result permissions_try_all(struct permissions *permissions,
                                            struct err *err) MUST_CHECK;

/* Tries the next when its time has come; a few ms. NULL: nothing is tried. */
void permissions_turn(struct permissions *permissions);

#endif
