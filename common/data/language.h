/* language: the only user of ICU's data about languages: how each writes amounts, dates and spans
 * of time. All of it is read into tables once, at start; afterwards it is plain arithmetic without
 * ICU, so a decision may use it. Texts are UTF-8. */
#ifndef REDRESS_LANGUAGE_H
#define REDRESS_LANGUAGE_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct language;

enum language_unit { LANGUAGE_MINUTE, LANGUAGE_HOUR, LANGUAGE_DAY, LANGUAGE_UNITS };

/* `tag` is BCP 47 ("zh-TW"). NULL and why: ICU knows no such language, or writes its dates in a way
 * that this program does not. About 2 ms. */
const struct language *language_load(const char *tag, struct arena *arena, struct err *err);

/* Digits behind the point of an amount's minor units by ISO 4217: JPY 0, CNY 2, KWD 3. */
int language_digits(const char *currency);

/* "¥1,299.00", "CN¥1,299.00": with the currency's sign as the language writes it, else its code. */
const char *language_amount(const struct language *language, const char *currency, int64_t minor,
                            struct arena *arena);
/* "12,345" */
const char *language_number(const struct language *language, int64_t num, struct arena *arena);

/* A local time, ms since the epoch as if it were UTC: "2026年11月22日", "November 22" without the
 * year, "18:00". */
const char *language_date(const struct language *language, int64_t local_ms, bool with_year,
                          struct arena *arena);
const char *language_clock(const struct language *language, int64_t local_ms, struct arena *arena);

/* "30 days", "1 hour", "10分钟". `count` from 0. */
const char *language_span(const struct language *language, int64_t count, enum language_unit unit,
                          struct arena *arena);
/* A span of ms in the largest unit that divides it: "2 days", "36 hours", "90 minutes"; minutes are
 * rounded up. */
const char *language_duration(const struct language *language, int64_t ms, struct arena *arena);

/* The year of a local time. */
int language_year(int64_t local_ms);

#endif
