/* ids: routes, case ids and deterministic event ids (formulas: deploy/contract/README.md, Case
 * ids). */
#ifndef REDRESS_IDS_H
#define REDRESS_IDS_H

#include <stddef.h>
#include <stdint.h>

enum {
    IDS_ROUTE_LEN = 13,
    IDS_CASE_LEN = 21 /* route '-' 7 digits */
};

/* subject: "order:<id>", "conversation:<id>" or "customer:<id>". */
void ids_route(const char *tenant, const char *subject, char route_out[IDS_ROUTE_LEN + 1]);
void ids_case(const char *route, const char *source, const char *id,
              char case_out[IDS_CASE_LEN + 1]);
/* 1 when the text has the form of a case id; then the first 13 characters are its route. */
int ids_is_case(const char *text);
/* partition = murmur2(key) & 0x7fffffff % count, as the Java client's default partitioner. */
int ids_partition(const char *key, size_t len, int count);
/* 64 bits of a name and its value. The sum of several tells whether all are as they were, in
 * whatever order. */
uint64_t ids_checksum(const char *name, const char *value, size_t value_len);
/* For tables in memory, never written anywhere: XXH3. */
uint64_t ids_table_hash(const void *bytes, size_t len);
/* 32 bits of XXH3, for what is written and read again: the features of a model. */
uint32_t ids_feature_hash(const void *bytes, size_t len);
/* XXH64 (seed 0) of any bytes, as 16 hexadecimal digits: so that somebody else can find them again.
 */
void ids_digest(const char *bytes, size_t len, char digest_out[17]);
/* 26 digits of Crockford base32 from XXH128 of the parts joined by 0x1F: an id that depends on its
 * cause only. */
void ids_hash(char id_out[27], int count, ...);

#endif
