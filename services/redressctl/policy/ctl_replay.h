/* ctl_replay: what `sla` and `compensation` have in common where they play real events in memory:
 * the arguments of `simulate`, and the file of events. */
#ifndef REDRESS_CTL_REPLAY_H
#define REDRESS_CTL_REPLAY_H

#include "decision/rehearse.h"
#include "redressctl/ctl.h"

enum { CTL_REPLAY_FOLDERS_MAX = 2 };

struct ctl_replay {
    struct ctl ctl;                           /* whose command it is; it has no connections */
    const char *dirs[CTL_REPLAY_FOLDERS_MAX]; /* of policies; NULL: not given */
    const char *path;                         /* "-": standard input */
    int64_t until_ms;                         /* 0: to the last event */
    bool case_log;                            /* events of the case log are played, too */
};

/* What stands behind "simulate", which is argv[0]. `summary`: where it is asked for, NULL where
 * that is no option. 0; EXIT_BAD_USAGE, and it was said why. */
int ctl_replay_arguments(struct ctl_replay *replay, int argc, char **argv,
                         bool *summary) MUST_CHECK;
/* Plays the file, an event a line, in each; then time passes until until_ms. EXIT_OK, or
 * EXIT_CANNOT_GO_ON after having said which lines cannot be played; the others are. */
int ctl_replay_file(const struct ctl_replay *replay, struct rehearse *const *rehearses,
                    int count) MUST_CHECK;

#endif
