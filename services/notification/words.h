/* words: amounts, times and remedies as people read them in their locale, and personal data masked
 * for everybody else.
 */
#ifndef REDRESS_WORDS_H
#define REDRESS_WORDS_H

#include "message_policy.h"

/* Placeholders of a locale's patterns. */
extern const char *const words_time_names[];   /* year month month_name day hour minute */
extern const char *const words_valid_names[];  /* days */
extern const char *const words_notes_names[];  /* notes */
extern const char *const words_option_names[]; /* option remedies */

/* Digits after the point by ISO 4217: JPY 0, CNY 2, KWD 3. */
int words_exponent(const char *currency);
/* "¥299.00" where the locale has the currency's sign, else "CNY 299.00". */
const char *words_amount(const struct message_locale *locale, const struct money *amount,
                         struct arena *arena);
/* The time in the locale's zone; NULL for 0. */
const char *words_time(const struct message_locale *locale, int64_t ms, struct arena *arena);
const char *words_option(const struct message_locale *locale, const struct option *option,
                         struct arena *arena);
const char *words_options(const struct message_locale *locale, const struct records *options,
                          struct arena *arena);
/* The locale's word out of a {name: word} map, else the name itself. */
const char *words_of(const struct tree *map, const char *name);

/* "张*", "L*"; NULL and "" give NULL. */
const char *words_mask_name(const char *name, struct arena *arena);
/* "138****1234" for a mainland mobile number, with or without +86; "****1234" for others, "****"
 * for short ones. */
const char *words_mask_phone(const char *phone, struct arena *arena);

#endif
