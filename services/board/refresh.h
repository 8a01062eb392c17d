/* refresh: one turn of reading Redis into the mirror: bounded, in small commands. */
#ifndef REDRESS_BOARD_REFRESH_H
#define REDRESS_BOARD_REFRESH_H

#include "board/mirror.h"

enum { REFRESH_READ_MAX = 2000 /* cases read in a turn: some 40 ms of Redis */ };

struct refresh;
struct config;
struct refresh *refresh_new(const struct config *config, struct mirror *mirror, struct err *err);
void refresh_free(struct refresh *refresh); /* NULL is allowed */

/* What the turn reads with; its arena is reset by each turn. */
struct sight *refresh_sight(struct refresh *refresh);

/* Looks what has changed since the last turn, and reads it. `indexes`: of sla, as
 * sight_view_look() found them, or NULL. 1: there is more to read; 0; -1: sight->err. */
int refresh_turn(struct refresh *refresh, const char *indexes) MUST_CHECK;

#endif
