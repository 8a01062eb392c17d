/* person: who it is that asks, and what he may. Pure, but for the file of tokens. */
#ifndef REDRESS_BOARD_PERSON_H
#define REDRESS_BOARD_PERSON_H

#include "board/board_policy.h"

struct person {
    const char *name; /* "" without having signed in */
    int role;         /* enum board_role */
    const char *team; /* whose cases he sees; NULL: all */
    bool sees_private, decides;
};

/* What a request says of itself; NULL: it has no such header. */
struct person_claims {
    const char *authorization;
    const char *user, *groups, *team; /* the headers of board_proxy */
    const char *peer;                 /* an address */
    bool local;                       /* it is this host's */
};

struct person_tokens;
/* NULL: err names the file and the line. */
struct person_tokens *person_tokens_read(const char *path, struct arena *arena, struct err *err);

struct person_rules {
    const struct board_policy *policy;
    const struct person_tokens *tokens; /* NULL: there are none */
    bool allow_decisions;
};
/* 200; 401 when nobody has signed in who must, with a wrong token too; 403 for a proxy's header
 * from elsewhere. */
int person_find(const struct person_rules *rules, const struct person_claims *claims,
                struct arena *arena, struct person *out);

/* Whether Host names this board: a page of somebody else's must not reach it under a name of its
 * own. */
bool person_is_our_host(const struct board_policy *policy, const char *host);

#endif
