/* currency: the codes of ISO 4217, and what is written in their place. */
#ifndef REDRESS_CURRENCY_H
#define REDRESS_CURRENCY_H

#include <stdbool.h>
#include <stddef.h>

/* Money of some country: no precious metals, units of account, tests. Codes that ended since 2018
 * are among them, since orders outlive their currencies. */
bool currency_is_known(const char *text, size_t len);

/* The code that was probably meant by something else ("RMB": "CNY", "usd": "USD"), for messages, in
 * code_out; NULL when nobody can say. */
enum { CURRENCY_SIZE = 4 };
const char *currency_meant(const char *text, size_t len, char code_out[CURRENCY_SIZE]);

/* All of them in alphabetical order, as a pattern has them: "AED|AFN|...". */
extern const char currency_codes[];

#endif
