/* fake_admin: outside/kafka_admin.h over fake_kafka, and the questions that only redressctl
 * asks: one broker, on which every topic of the contract exists as `redressctl topics create` makes
 * it, until somebody changes that. */
#include "fake_admin.h"
#include "fake_broker.h"
#include "fake_kafka.h"
#include "outside/kafka_admin.h"
#include "redressctl/log/topics.h"

#include <stdlib.h>
#include <string.h>

struct kafka_admin {
    struct kafka kafka;
};

enum { CHANGES_MAX = 8 };
static struct change {
    const char *topic, *setting, *value; /* setting NULL: the topic is gone */
} changes[CHANGES_MAX];

static struct change *find_change(const char *topic, const char *setting) {
    for (int i = 0; i < CHANGES_MAX; i++)
        if (changes[i].topic && strcmp(changes[i].topic, topic) == 0 &&
            (setting ? changes[i].setting && strcmp(changes[i].setting, setting) == 0
                     : !changes[i].setting))
            return &changes[i];
    return NULL;
}

void fake_admin_change(const char *topic, const char *setting, const char *value) {
    int at = 0;
    while (at < CHANGES_MAX && changes[at].topic) at++;
    ASSERT(at < CHANGES_MAX);
    changes[at] = (struct change){topic, setting, value};
}

void fake_admin_remove(const char *topic) {
    fake_admin_change(topic, NULL, NULL);
}

struct kafka_admin *kafka_admin_new(const struct kafka *kafka, struct err *err) {
    struct kafka_admin *admin = calloc(1, sizeof *admin);
    (void)err;
    ASSERT(admin);
    admin->kafka = *kafka;
    return admin;
}

void kafka_admin_free(struct kafka_admin *admin) {
    free(admin);
}

int kafka_admin_create(struct kafka_admin *admin, struct kafka_new_topic *topics, int count,
                       int timeout_ms, struct err *err) {
    (void)admin, (void)timeout_ms, (void)err;
    for (int i = 0; i < count; i++) {
        struct change *removed = find_change(topics[i].name, NULL);
        topics[i].made = removed ? KAFKA_MADE : KAFKA_EXISTS;
        if (removed) *removed = (struct change){NULL, NULL, NULL};
    }
    return 0;
}

/* As the broker: not while it has members. `name` is "<prefix>-<worker>". */
int kafka_admin_delete_group(struct kafka_admin *admin, const char *name, int timeout_ms,
                             struct err *err) {
    struct group *group = fake_broker_group(name + strlen(admin->kafka.config->topic_prefix) + 1);
    (void)timeout_ms;
    if (group->member_count) {
        err_set(err, "the group has members");
        return 1;
    }
    group->place_count = 0;
    return 0;
}

int kafka_admin_brokers(struct kafka_admin *admin, int timeout_ms, struct err *err) {
    (void)admin, (void)timeout_ms, (void)err;
    return 1;
}

int kafka_admin_partitions(struct kafka_admin *admin, const char *name, int timeout_ms,
                           struct err *err) {
    (void)admin, (void)timeout_ms, (void)err;
    if (find_change(name, NULL)) return 0;
    return fake_broker.partitions;
}

static const char *planned(const struct topics_plan *plan, const char *setting) {
    for (int i = 0; i < plan->setting_count; i++)
        if (strcmp(plan->settings[i].name, setting) == 0) return plan->settings[i].value;
    return NULL;
}

int kafka_admin_topic_settings(struct kafka_admin *admin, const char *name,
                               struct kafka_setting *settings, int count, int timeout_ms,
                               struct arena *arena, struct err *err) {
    struct topics_plan plans[TOPICS_MAX];
    int plan_count = topics_plan(arena, admin->kafka.config->topic_prefix, 1, 1, plans);
    (void)timeout_ms, (void)err;

    for (int i = 0; i < count; i++) {
        settings[i].value = NULL;
        for (int plan = 0; plan < plan_count; plan++)
            if (strcmp(plans[plan].name, name) == 0)
                settings[i].value = planned(&plans[plan], settings[i].name);
        const struct change *changed = find_change(name, settings[i].name);
        if (changed) settings[i].value = changed->value;
    }
    return 0;
}

int kafka_admin_broker_settings(struct kafka_admin *admin, struct kafka_setting *settings,
                                int count, int timeout_ms, struct arena *arena, struct err *err) {
    (void)admin, (void)timeout_ms, (void)arena, (void)err;
    for (int i = 0; i < count; i++) settings[i].value = NULL;
    return 0;
}

/* A broker without an authorizer. */
bool kafka_admin_knows(enum kafka_resource resource) {
    (void)resource;
    return true;
}

int kafka_admin_acls(struct kafka_admin *admin, enum kafka_resource resource, int timeout_ms,
                     struct arena *arena, struct kafka_acl **acls_out, struct err *err) {
    (void)admin, (void)resource, (void)timeout_ms, (void)arena, (void)acls_out;
    return err_set(err, "no authorizer is configured");
}

int kafka_admin_grant(struct kafka_admin *admin, const struct kafka_acl *acls, int count,
                      int timeout_ms, struct err *err) {
    (void)admin, (void)acls, (void)timeout_ms;
    err_set(err, "no authorizer is configured");
    return count;
}

int kafka_since(struct kafka_asker *asker, int64_t time_ms, struct place *places, int count,
                int timeout_ms, struct err *err) {
    (void)asker, (void)timeout_ms;
    if (fake_broker_away("offsets by time", err)) return -1;
    for (int i = 0; i < count; i++) {
        const struct log *log = fake_broker_log(places[i].topic, NULL, places[i].partition);
        places[i].offset = 0;
        while (places[i].offset < log->count && log->at[places[i].offset].at_ms < time_ms)
            places[i].offset++;
    }
    return 0;
}

/* As the broker: not while it has members. */
int kafka_group_set(struct kafka_asker *asker, const char *worker, const struct place *places,
                    int count, int timeout_ms, struct err *err) {
    struct group *group = fake_broker_group(worker);
    (void)asker, (void)timeout_ms;
    if (group->member_count) {
        err_set(err, "the group has members");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        int at = 0;
        while (at < group->place_count && (group->committed[at].topic != places[i].topic ||
                                           group->committed[at].partition != places[i].partition))
            at++;
        if (at == group->place_count) group->place_count++;
        group->committed[at] = places[i];
    }
    return 0;
}
