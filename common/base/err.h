/* err: what a function says when it fails, and what the caller is to do about it. */
#ifndef REDRESS_ERR_H
#define REDRESS_ERR_H

#include <stdarg.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN          __attribute__((noreturn))

/* What a decision comes to. */
enum result {
    DONE = 0, /* go on */
    REJECT    /* to the rejected topic with a reason, then go on */
};

/* What came of something that was asked of Kafka, of Redis, or of what is kept there. What is not
 * done has its reason in err. A worker waits and stops in one place, engine_takes(). */
enum outcome {
    OUTCOME_STOP = -1, /* it will not go away: the process ends, or the command fails */
    OUTCOME_DONE = 0,  /* go on */
    OUTCOME_WAIT,      /* not now: pause, then the whole of it again */
    OUTCOME_STALE,     /* what is there stands elsewhere than expected: look where, and heal it */
    OUTCOME_BROKEN     /* what is there has lost something: make it anew, then decide again */
};

/* sysexits the processes end with (deploy/docs/running.md, Programs). */
enum {
    EXIT_OK = 0,
    EXIT_BAD_USAGE = 64,
    EXIT_CANNOT_GO_ON = 70,
    EXIT_NOT_YET = 75, /* of a question: ask again later */
    EXIT_BAD_CONFIG = 78
};

/* Owned by the caller; the text names field and value and what was expected. */
struct err {
    char text[512];
};

/* Sets the text and returns -1, so that `return err_set(err, ...)` reads well. err may be NULL. */
int err_set(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* Our own bugs: prints and aborts, in release builds too. Never for input. */
#define ASSERT(cond) ((cond) ? (void)0 : err_bug(__FILE__, __LINE__, #cond))
void err_bug(const char *file, int line, const char *what) NORETURN;

#endif
