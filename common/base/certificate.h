/* certificate: files in PEM that TLS needs, looked at before anybody connects, so that a wrong one
 * is a wrong setting and no connection that fails for ever. */
#ifndef REDRESS_CERTIFICATE_H
#define REDRESS_CERTIFICATE_H

#include "base/err.h"
#include <stdint.h>

/* Whether a file has certificates (X.509 in PEM). The first of them is whose end is told, in ms
 * since the epoch. A certificate whose time is over is no error. 0; -1 and err with the path. */
int certificate_look(const char *path, int64_t *end_ms_out, struct err *err) MUST_CHECK;

/* Whether a file has a private key, without a password or, where password is not NULL, with this
 * one. 0; -1 and err, without anything of the key. */
int certificate_look_at_key(const char *path, const char *password, struct err *err) MUST_CHECK;

/* Whether the key is the one of the file's first certificate. 0; -1 and err. */
int certificate_look_at_both(const char *path, const char *key_path, const char *password,
                             struct err *err) MUST_CHECK;

#endif
