/* words: amounts, times and remedies as people read them, by the patterns of their language. */
#ifndef REDRESS_WORDS_H
#define REDRESS_WORDS_H

#include "wording.h"

/* Placeholders of a language's patterns. */
extern const char *const words_time_names[];   /* date clock zone */
extern const char *const words_remedy_names[]; /* amount term */
extern const char *const words_notes_names[];  /* notes */
extern const char *const words_option_names[]; /* option remedies */
extern const char *const words_line_names[];   /* line */

const char *words_amount(const struct wording_language *language, const struct money *amount,
                         struct arena *arena);
/* The time in the reader's zone, without its year when that is the one of `now_ms`; NULL for 0. */
const char *words_time(const struct wording_language *language, const struct calendar_zone *zone,
                       int64_t ms, int64_t now_ms, struct arena *arena);

/* The language's row for a kind, or NULL. */
const struct wording_remedy *words_remedy(const struct wording_language *language, int kind);
/* "A: exchange + coupon ¥200.00 (valid for 30 days), of which you bear ¥600.00"; the letter only
 * when it is one of several. "" when nothing is given by it. */
const char *words_option(const struct wording_language *language, const struct option *option,
                         bool among_several, struct arena *arena);
/* All options that give something, one after the other; *count_out of them. */
const char *words_options(const struct wording_language *language, const struct parts *options,
                          int *count_out, struct arena *arena);
/* What a party bears by a split {party: money}. False: nothing. */
bool words_share(const struct tree *split, const char *party, struct money *out);
/* "carrier ¥50.00, platform ¥20.00"; "" when nobody bears anything. */
const char *words_shares(const struct wording_language *language, const struct tree *split,
                         struct arena *arena);

/* "the conversation, photos": in the words of `details`; "" when there are none. */
const char *words_details(const struct wording_language *language, const struct texts *details,
                          struct arena *arena);

/* "• first", "• second" with a WORDING_LINE_END between. */
const char *words_lines(const struct wording_language *language, const struct texts *lines,
                        struct arena *arena);

/* How many short messages a text takes: of 160 characters of GSM 03.38 (153 of several, some count
 * twice), of 70 UTF-16 units as soon as one character is none of them (67). */
int words_sms_parts(const char *text);

#endif
