/* redis_credentials: user and password of REDRESS_REDIS_URL that change while a process runs: each
 * connection from then on, to a server, a Sentinel or a node, is made by the new ones. Any thread.
 */
#ifndef REDRESS_REDIS_CREDENTIALS_H
#define REDRESS_REDIS_CREDENTIALS_H

#include "outside/config.h"
#include "outside/redis_url.h"

/* User and password of settings that were read again, either of which may be none. True: they are
 * others than before. */
bool redis_credentials_take(const struct config *read);

/* A Redis has refused to let us in since the last call: it is time to read the settings again. */
bool redis_credentials_refused(void);

/* Within `outside`: what was last taken goes into an address that nobody is connected by; nothing
 * while nothing was. */
void redis_credentials_give(struct redis_address *address);
/* Within `outside`: why Redis cannot be used, as an err has it; refusals are noted. */
void redis_credentials_note(const char *text);

#endif
