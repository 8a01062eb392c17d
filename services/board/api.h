/* api: GET /api/v1/... as one table: paths, parameters, what is answered. Requests are checked by
 * it, and deploy/contract/openapi.json is made from it. */
#ifndef REDRESS_BOARD_API_H
#define REDRESS_BOARD_API_H

#include "board/overview.h"
#include "board/person.h"
#include "outside/http_query.h"

enum { API_LIMIT = 100 /* items of a page, unless another is asked for */ };

enum api_kind { API_TEXT, API_NUMBER, API_DURATION, API_CHOICE, API_CLASS };
struct api_parameter {
    const char *name;
    enum api_kind kind;
    const char *const *choices;
    int64_t min, max;
    const char *doc;
};

/* A request, checked by its row. */
struct api_call {
    const struct http_query *query;
    const struct person *person;
    const struct overview *overview; /* stays while it is served */
    const struct mirror_list *list;  /* likewise */
    const char *prefix;              /* REDRESS_TOPIC_PREFIX */
    int64_t now_ms;
    struct arena *arena;
};

struct api_endpoint {
    const char *method, *path, *name, *doc;
    const struct api_parameter *parameters; /* ends with a NULL name; NULL: none */
    const struct table *body, *answer;      /* body NULL: none */
    bool in_turn; /* it asks Redis or Kafka: served by a desk; then `find` is NULL */
    /* Fills a zeroed struct of `answer`. */
    void (*find)(const struct api_call *call, void *out);
};
extern const struct api_endpoint api_endpoints[]; /* ends with a NULL path */

/* The row of a method and path, and what stands for its {...}. NULL: *status_out is 404 or 405. */
const struct api_endpoint *api_route(const char *method, const char *path, const char **rest_out,
                                     int *status_out);
/* Whether a query is what the row says; -1: err. */
int api_check(const struct api_endpoint *endpoint, const struct http_query *query,
              struct err *err) MUST_CHECK;
/* Serves one that is not in_turn: JSON. */
void api_serve(const struct api_endpoint *endpoint, const struct api_call *call, struct buf *out);

/* {"error": ..., "detail": ...} */
void api_error(struct buf *out, const char *error, const char *detail);

/* Tables of other files. */
extern const struct table api_case_table;
extern const struct api_parameter api_list_parameters[];

#endif
