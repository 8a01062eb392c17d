/* redis_errors: what is wrong with Redis, in words that name the remedy. Told apart by whether it
 * passes by itself, and whether somebody has to change something first. */
#ifndef REDRESS_REDIS_ERRORS_H
#define REDRESS_REDIS_ERRORS_H

#include "base/err.h"
#include <stdbool.h>

enum redis_trouble {
    REDIS_PASSING,  /* wait, and try again: it is away, starting, full, a replica */
    REDIS_SETTINGS, /* REDRESS_REDIS_URL or the user's rights: wrong until somebody changes them */
    REDIS_UNKNOWN   /* an error that is none of these: a fault of ours, or of another Redis than
                       expected */
};

struct redis_words {
    enum redis_trouble trouble;
    bool elsewhere;     /* the next connection may find it better: another server, or scripts to be
                           loaded again */
    const char *remedy; /* "" when the error says all */
};

/* Of an error reply: "WRONGPASS invalid username-password pair or user is disabled." */
struct redis_words redis_words_of_reply(const char *text);
/* The same for one who asks all nodes of a cluster: keys are on their way, and nothing is wrong. */
void redis_words_of_moving(const char *text, struct redis_words *words_inout);
/* Of a connection that was not made or broke: errno-like texts of the system and of the resolver.
 * early: before the first answer. */
struct redis_words redis_words_of_connection(const char *text, bool early);

/* Whether an error of redis.h says that the user may not do it: a permission is missing, nothing
 * else is wrong. */
bool redis_refuses(const struct err *err);

#endif
