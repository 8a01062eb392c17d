/* contract_row: how the rows of the contract's tables are written, for contract_*.c only. */
#ifndef REDRESS_CONTRACT_ROW_H
#define REDRESS_CONTRACT_ROW_H

#include "contract.h"

#define MUST(field_type)   .type = field_type, .flags = FIELD_REQUIRED
#define MAY(field_type)    .type = field_type
#define BETWEEN(low, high) .min = (low), .max = (high)
#define MONEY_RANGE        BETWEEN(0, CONTRACT_MONEY_MAX)
#define TEXT_RANGE         BETWEEN(1, CONTRACT_TEXT_MAX)

/* The case that an event is about. */
#define CASE_ID(record_struct)                                                                     \
    { FIELD(record_struct, case_id), MUST(FIELD_ID), .doc = "The case." }
#define BY                                                                                         \
    { FIELD(activity, by), MUST(FIELD_NAME), .doc = "Who did it: a person's or a system's name." }
#define TENANT(record_struct)                                                                      \
    { FIELD(record_struct, tenant), MAY(FIELD_ID), .doc = "The tenant; `default` when absent." }

/* A record's `fields` array is named like the record with _fields behind. */
#define TABLE(record_name, record_struct, json_name, sentence)                                     \
    const struct record contract_##record_name = {.name = json_name,                               \
                                                  .size = sizeof(struct record_struct),            \
                                                  .fields = record_name##_fields,                  \
                                                  .doc = sentence}

#endif
