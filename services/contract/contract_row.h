/* contract_row: how the rows of the contract's tables are written, for contract_*.c only. */
#ifndef REDRESS_CONTRACT_ROW_H
#define REDRESS_CONTRACT_ROW_H

#include "contract.h"

#define MUST(field_type)   .type = field_type, .flags = FIELD_REQUIRED
#define MAY(field_type)    .type = field_type
#define BETWEEN(low, high) .min = (low), .max = (high)
#define MONEY_RANGE        BETWEEN(0, CONTRACT_MONEY_MAX)
#define TEXT_RANGE         BETWEEN(1, CONTRACT_TEXT_MAX)

/* What the tables' types do not say, as the schemas have it; services/intake/intake_check.c checks
 * it. */
#define CASE_PATTERN "^[0-9A-F][0-9A-HJKMNP-TV-Z]{12}-[0-9A-HJKMNP-TV-Z]{7}$" /* ids_is_case() */
#define NAMED(values)                                                                              \
    "{\"type\":\"object\",\"propertyNames\":{\"minLength\":1,\"maxLength\":200,\"pattern\":\"^[^"  \
    "\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u061c\\\\u200e\\\\u200f\\\\u2028-"                  \
    "\\\\u202e\\\\u2066-"                                                                          \
    "\\\\u2069]*$\"},\"additionalProperties\":" values "}"
#define SPLIT_SCHEMA                                                                               \
    NAMED("{\"type\":\"object\",\"properties\":{\"currency\":{\"type\":\"string\",\"pattern\":\"^" \
          "[A-Z]{3}$\"},"                                                                          \
          "\"minor\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":999999999999999}},"           \
          "\"required\":[\"currency\",\"minor\"]}")
#define CASE_OR_ORDER                                                                              \
    "{\"anyOf\":[{\"properties\":{\"case_id\":{\"type\":\"string\"}},\"required\":[\"case_id\"]}," \
    "{\"properties\":{\"order_id\":{\"type\":\"string\"},\"cohort_id\":{\"type\":\"string\"}},"    \
    "\"required\":[\"order_id\",\"cohort_id\"]}]}"

/* The case that an event is about. */
#define CASE_ID(table_struct)                                                                      \
    { FIELD(table_struct, case_id), MUST(FIELD_ID), .pattern = CASE_PATTERN, .doc = "The case." }
/* About an order without a case: order_id and cohort_id in place of case_id. */
#define ABOUT(table_struct)                                                                        \
    {FIELD(table_struct, case_id), MAY(FIELD_ID), .pattern = CASE_PATTERN,                         \
     .doc = "The case, or:"},                                                                      \
        {FIELD(table_struct, order_id), MAY(FIELD_ID), .doc = "the order without a case,"}, {      \
        FIELD(table_struct, cohort_id), MAY(FIELD_ID), .doc = "and its cohort."                    \
    }
#define BY                                                                                         \
    { FIELD(activity, by), MUST(FIELD_NAME), .doc = "Who did it: a person's or a system's name." }
#define TENANT(table_struct)                                                                       \
    { FIELD(table_struct, tenant), MAY(FIELD_ID), .doc = "The tenant; `default` when absent." }

/* A record's `fields` array is named like the record with _fields behind; TABLE_OF has a schema of
 * its own besides. */
#define TABLE_OF(table_name, table_struct, json_name, more, sentence)                              \
    const struct table contract_##table_name = {.name = json_name,                                 \
                                                .size = sizeof(struct table_struct),               \
                                                .fields = table_name##_fields,                     \
                                                .doc = sentence,                                   \
                                                .schema = more}
#define TABLE(table_name, table_struct, json_name, sentence)                                       \
    TABLE_OF(table_name, table_struct, json_name, NULL, sentence)

#endif
