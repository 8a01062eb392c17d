/* board_policy: board.yaml: where the board listens, who may see what, and whom it asks how the
 * workers are. */
#ifndef REDRESS_BOARD_POLICY_H
#define REDRESS_BOARD_POLICY_H

#include "data/fields.h"

/* The roles of the contract, behind one that only looks. */
enum board_role { BOARD_VIEWER = 1, BOARD_AGENT, BOARD_SUPERVISOR, BOARD_MANAGER, BOARD_FINANCE };
extern const char *const board_policy_roles[];

struct board_group {
    const char *group;
    int role;
};
/* A proxy before the board that has found out who it is. */
struct board_proxy {
    struct texts addresses; /* networks: from nowhere else are its headers believed */
    const char *user_header, *groups_header, *team_header;
    struct parts groups; /* struct board_group */
};
struct board_worker {
    const char *name, *url; /* "http://127.0.0.1:9101" */
};
struct board_policy {
    const char *version;
    const char *listen;
    int anonymous; /* enum board_anonymous */
    const char *tokens_file;
    struct board_proxy *proxy;
    struct texts private; /* roles */
    struct texts hosts;
    struct parts workers; /* struct board_worker */
};
enum board_anonymous { BOARD_NOBODY = 1, BOARD_LOCAL, BOARD_EVERYBODY };

extern const struct table board_policy_table;

/* board.yaml of a folder; without the file: on loopback, and who is there may look. -1: every fault
 * in `errors`. */
int board_policy_read(const char *dir, struct arena *arena, struct board_policy *out,
                      struct buf *errors) MUST_CHECK;

/* Whether a listening address is this host's own. */
bool board_policy_is_loopback(const char *listen);

#endif
