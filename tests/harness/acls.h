/* acls: gives a user a permission of a Kafka with an authorizer (h->secure), and takes it away:
 * CreateAcls and DeleteAcls by hand, since librdkafka knows no transactional ids there. The
 * broker's authorizer hears of it a moment later. */
#ifndef REDRESS_HARNESS_ACLS_H
#define REDRESS_HARNESS_ACLS_H

#include "harness.h"
#include "runtime/permissions.h"

/* Users: "worker", and one of each worker's name. */
#define ACLS_PASSWORD "secret"

void acls_grant(struct harness *h, const char *user, const struct permission *permission);
void acls_revoke(struct harness *h, const char *user, const struct permission *permission);
/* One that signs in by SCRAM-SHA-512. */
void acls_add_user(struct harness *h, const char *user, const char *password);

#endif
