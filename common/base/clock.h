/* clock: times as ms since the epoch UTC, read and written as RFC 3339. clock_now_ms() and
 * clock_boot_ms() are the only readers of a clock in the project; pure cores are given `now`. */
#ifndef REDRESS_CLOCK_H
#define REDRESS_CLOCK_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

int64_t clock_now_ms(void);  /* CLOCK_REALTIME */
int64_t clock_boot_ms(void); /* CLOCK_BOOTTIME: never steps */
int64_t clock_boot_us(void);

/* Days from 1970-01-01 to a day of the (proleptic) Gregorian calendar. */
int64_t clock_days(int64_t year, int month, int day);

/* RFC 3339 with an offset, up to nanoseconds (truncated to ms); a leap second :60 counts as
 * :59.999. Years 1970-9999.
 */
int clock_parse(const char *text, int64_t *ms_out) MUST_CHECK;
enum { CLOCK_TEXT_MAX = 32 };
/* "2026-11-22T17:19:16.123Z"; the fraction is left out when it is 0. Returns text_out. */
char *clock_format(int64_t ms, char text_out[CLOCK_TEXT_MAX]);
/* "YYYYMMDDHH" UTC. */
char *clock_format_hour(int64_t ms, char text_out[CLOCK_TEXT_MAX]);

#endif
