/* phone: what customers write as their telephone number. */
#ifndef REDRESS_PHONE_H
#define REDRESS_PHONE_H

#include "base/arena.h"

/* E.164 ("+8613800138000") where it is certain which country's number it is, else the text as it is
 * written: no country is guessed, no two numbers are made one. Certain are
 * - numbers that begin with + or, from where that is dialled, 00;
 * - Chinese mobile numbers, unless the locale names another country or another language than
 *   Chinese without a country;
 * - numbers of the United States and Canada, where the locale names one of them.
 * `locale` is a BCP 47 tag ("zh-Hans-CN", "en_US"), NULL: not given. */
const char *phone_e164(const char *written, const char *locale, struct arena *arena);

/* The same, but NULL where it is not certain. */
const char *phone_certain(const char *written, const char *locale, struct arena *arena);

#endif
