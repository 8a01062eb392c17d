/* desk: what must ask somebody before it can answer: one thread, and a short queue before it. */
#ifndef REDRESS_BOARD_DESK_H
#define REDRESS_BOARD_DESK_H

#include "board/person.h"
#include "outside/http_site.h"

enum { DESK_QUEUE_MAX = 64 }; /* beyond, people are told to come again */

struct desk_job {
    void *handle;        /* of http_request_later() */
    struct arena *arena; /* the job's own */
    struct person person;
    const char *asks; /* the endpoint's name */
    const char *path, *body, *peer;
    const char *etag; /* If-None-Match, or NULL */
};

struct desk;
/* `work` answers each job by filling `answer`, on the desk's thread. */
struct desk *desk_new(void (*work)(void *context, struct desk_job *job, struct http_answer *answer),
                      void *context);
/* Answers what is in the queue, and ends. NULL is allowed. */
void desk_free(struct desk *desk);

/* Only one thread pushes, and asks before. The job and its texts lie in its arena, which the desk
 * frees. */
bool desk_is_full(struct desk *desk);
void desk_push(struct desk *desk, struct desk_job *job);

#endif
