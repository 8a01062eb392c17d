/* certificates: certificates and keys made for a test by openssl, in the harness's folder: NAME.pem
 * and NAME.key, in PEM, without passwords, good for two days. */
#ifndef REDRESS_HARNESS_CERTIFICATES_H
#define REDRESS_HARNESS_CERTIFICATES_H

#include "harness.h"

/* One that signs others. */
void certificates_authority(struct harness *h, const char *name);
/* Signed by an authority. subject: "/CN=sla"; for: "IP:127.0.0.1,DNS:localhost". over: its time was
 * over the day before. One of the same name is written over. */
void certificates_issue(struct harness *h, const char *authority, const char *name,
                        const char *subject, const char *names, bool over);
/* Where a file is: "ca.pem". */
const char *certificates_path(struct harness *h, struct arena *arena, const char *file);
/* A key and its certificate in one file, NAME.both, as Kafka's brokers want them. */
void certificates_join(struct harness *h, const char *name);

/* Redis shows this certificate at a port for TLS from now on, and whether it asks for one that "ca"
 * signed. */
void certificates_on_redis(struct harness *h, const char *name, int port, bool asks);

#endif
