/* openapi: the API as a document that others read: deploy/contract/openapi.json. */
#ifndef REDRESS_BOARD_OPENAPI_H
#define REDRESS_BOARD_OPENAPI_H

#include "base/arena.h"

/* OpenAPI 3.1. */
void openapi_write(struct buf *out);

#endif
