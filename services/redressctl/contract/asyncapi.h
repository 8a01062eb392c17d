/* asyncapi: the contract as others read it, written from its tables: an AsyncAPI 3.0 document, a
 * JSON Schema for each type of event, and a page of Markdown. Pure: ctl_contract.c puts them into
 * files. */
#ifndef REDRESS_ASYNCAPI_H
#define REDRESS_ASYNCAPI_H

#include "contract/contract.h"

/* The whole document; schemas are referred to as schemas/<type>.json. */
void asyncapi_write(struct buf *out);
/* The data of one type: JSON Schema, draft 2020-12. */
void asyncapi_schema(const struct contract_type *type, struct buf *out);
void asyncapi_markdown(struct buf *out);

#endif
