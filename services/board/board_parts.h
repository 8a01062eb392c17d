/* board_parts: what the board's loop and its site share. */
#ifndef REDRESS_BOARD_PARTS_H
#define REDRESS_BOARD_PARTS_H

#include "board/api_case.h"
#include "board/api_similar.h"
#include "board/board.h"
#include "board/decide.h"
#include "board/desk.h"
#include "board/probe.h"
#include "board/refresh.h"
#include "outside/http_site.h"
#include <pthread.h>

/* An answer that is the same until something changes. */
struct board_answer {
    char *key;       /* what was asked, and by whom as far as it matters */
    int64_t version; /* board->version */
    int64_t made_ms; /* boot time; 0: not yet */
    struct buf body;
    char etag[24];
};
enum { BOARD_ANSWERS = 128, BOARD_CASES = 32 };

struct board {
    const struct config *config;
    struct kafka kafka;
    const struct offer_policy *offers; /* NULL: not to be had */
    struct mirror *mirror;
    struct refresh *refresh;
    struct http_site *site;
    struct desk *cases, *decisions;
    struct decide decide;
    struct sight case_sight;
    struct api_versions *versions;
    struct board_answer kept_cases[BOARD_CASES]; /* the desk's thread only */
    struct probe *probe;

    pthread_mutex_t lock; /* for all below */
    struct person_rules rules;
    struct overview overview;
    int64_t version; /* raised whenever something is shown otherwise */
    bool away;       /* Redis does not answer, or has nothing yet; why: */
    char why[520];
    struct board_answer answers[BOARD_ANSWERS]; /* the site's thread only */
};

/* board_site.c: answers a request. */
http_serve board_serve;
/* For the desk of cases. */
void board_case(void *context, struct desk_job *job, struct http_answer *answer);
/* Frees what the site's and the desk's threads kept. */
void board_site_end(struct board *board);
/* The event that all who listen get; under the lock. */
const char *board_tick(const struct board *board, char *out, size_t size);

#endif
