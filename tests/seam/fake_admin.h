/* fake_admin: what somebody has done to the topics, for what redressctl says of them. */
#ifndef REDRESS_SEAM_FAKE_ADMIN_H
#define REDRESS_SEAM_FAKE_ADMIN_H

/* "redress.claims": the topic is not there until it is made. It keeps its records. */
void fake_admin_remove(const char *topic);
/* One of its settings is in force with another value. The texts must live on. */
void fake_admin_change(const char *topic, const char *setting, const char *value);

#endif
