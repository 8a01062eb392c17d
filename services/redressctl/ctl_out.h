/* ctl_out: all that redressctl writes to standard output and standard error. Anyone may write to
 * redress.complaints: what a command shows of others holds whatever they like, so nothing gets to a
 * terminal but through here, where characters that it would obey (escapes, C0 and C1 controls,
 * those that turn the direction of text) are written out. tests/checks sees to it that no other
 * file of this folder writes. */
#ifndef REDRESS_CTL_OUT_H
#define REDRESS_CTL_OUT_H

#include "base/arena.h"
#include <stdarg.h>
#include <stdbool.h>

/* A line to standard output, one for people to standard error. A line break within it is written
 * out as well: it came with somebody else's text. */
void ctl_line(const char *fmt, ...) PRINTF(1, 2);
void ctl_note(const char *fmt, ...) PRINTF(1, 2);
/* A line for people that says what is wrong, behind "redressctl NAME: "; name NULL: behind
 * "redressctl: ". */
void ctl_error(const char *name, const char *fmt, ...) PRINTF(2, 3);
void ctl_complain(const char *name, const char *fmt, va_list args) PRINTF(2, 0);
/* The faults of a file, a line each, as they are. NULL: none. */
void ctl_faults(const char *text);
/* Whether complaints and faults are lines of standard output, too: {"error": "..."}, for whoever
 * reads JSON there. */
void ctl_errors_as_json(bool as_json);

/* Lines of our own making, such as pages of help, to standard output and to standard error; where
 * they hold texts of others these went through ctl_safe(). NULL: nothing. */
void ctl_page(const char *text);
void ctl_notes(const char *text);

/* One JSON value as a line. Characters to be written out become \uXXXX: the same value, whoever
 * reads it. Broken bytes become U+FFFD, as JSON has no way to hold them. */
void ctl_json(const char *json, size_t len);

/* Bytes as they are. Never for a terminal. */
void ctl_bytes(const char *bytes, size_t len);

/* How far a long work is, on standard error when that is a terminal: each takes the place of the
 * one before. */
void ctl_progress(const char *fmt, ...) PRINTF(1, 2);
/* A page that takes the place of what the terminal shows. */
void ctl_screen(const char *text);

bool ctl_is_terminal(void); /* standard output */
/* What has been written is out. 0, or -1 when some of it could not be written. */
int ctl_flush(void);

/* A text as a terminal may show it: what it would obey as \uXXXX, broken bytes as \xXX. */
void ctl_safe(struct buf *out, const char *bytes, size_t len);

#endif
