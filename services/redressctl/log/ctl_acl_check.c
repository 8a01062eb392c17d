/* redressctl acl check, apply: the table of permissions and the broker's own list. */
#include "outside/kafka_admin.h"
#include "redressctl/ctl_out.h"
#include "redressctl/log/acl_match.h"
#include "redressctl/log/ctl_acl.h"

#include <string.h>

enum { ASK_MS = 10000, KINDS = KAFKA_TRANSACTIONAL_ID + 1 };

struct acl_run {
    struct ctl *ctl;
    struct kafka_admin *admin;
    struct acl_list lists[KINDS]; /* by enum kafka_resource */
    int looked, missing, more, unknown;
};

static int open_admin(struct acl_run *run) {
    struct err err;

    run->admin = kafka_admin_new(&run->ctl->kafka, &err);
    if (run->admin) return EXIT_OK;
    return ctl_fail(run->ctl, "%s", err.text);
}

/* A broker without an authorizer says so here. */
static int read_lists(struct acl_run *run) {
    struct err err;

    for (enum kafka_resource kind = KAFKA_TOPIC; kind <= KAFKA_TRANSACTIONAL_ID; kind++) {
        struct kafka_acl *list;
        if (!kafka_admin_knows(kind)) continue;
        int count = kafka_admin_acls(run->admin, kind, ASK_MS, run->ctl->arena, &list, &err);
        if (count < 0)
            return ctl_fail(run->ctl,
                            "the broker's permissions: %s (this needs Describe on the cluster, "
                            "and a broker with authorizer.class.name)",
                            err.text);
        run->lists[kind] = (struct acl_list){list, count};
    }
    return EXIT_OK;
}

/* standing: "there", "missing", "denied", "not needed", "unknown", "decides". */
static void say(struct acl_run *run, const char *user, const char *standing, const char *what,
                const char *mend) {
    struct ctl_row row;

    if (!run->ctl->json) {
        if (strcmp(standing, "there") != 0)
            ctl_line("%-11s %s: %s%s%s", standing, user, what, *mend ? ": " : "", mend);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "user", user);
    ctl_row_text(&row, "standing", standing);
    ctl_row_text(&row, "what", what);
    if (*mend) ctl_row_text(&row, "mend", mend);
    ctl_row_end(&row);
}

static void check_one(struct acl_run *run, const struct ctl_acl_worker *worker,
                      const struct permission *permission) {
    static const char *const words[] = {
        [ACL_THERE] = "there", [ACL_MISSING] = "missing", [ACL_DENIED] = "denied"};
    struct arena *arena = run->ctl->arena;
    const char *what = permissions_name(permission, arena);
    const char *mend = permissions_grant(permission, worker->user, arena);

    if (!kafka_admin_knows(permission->resource)) {
        run->unknown++;
        say(run, worker->user, "unknown", what, "");
        return;
    }
    enum acl_standing standing = acl_match(&run->lists[permission->resource], permission,
                                           arena_printf(arena, "User:%s", worker->user));
    if (standing == ACL_THERE) mend = "";
    if (standing == ACL_DENIED) mend = "a denial wins over every permission: take it away";
    say(run, worker->user, words[standing], what, mend);
    run->looked++;
    run->missing += standing != ACL_THERE;
}

static const char *name_of(const struct kafka_acl *acl, struct arena *arena) {
    struct permission permission = {.resource = acl->resource,
                                    .name = acl->name,
                                    .prefixed = acl->prefixed,
                                    .operation = KAFKA_READ};

    if (acl->operation >= KAFKA_READ) {
        permission.operation = (enum kafka_operation)acl->operation;
        return permissions_name(&permission, arena);
    }
    return arena_printf(arena, "%s on %s %s%s",
                        acl->operation == KAFKA_ANY_OPERATION ? "All" : "another operation",
                        permissions_resource(acl->resource), acl->name, acl->prefixed ? "*" : "");
}

static void check_more(struct acl_run *run, const struct ctl_acl_worker *worker) {
    struct arena *arena = run->ctl->arena;
    const char *principal = arena_printf(arena, "User:%s", worker->user);

    for (int kind = KAFKA_TOPIC; kind < KINDS; kind++)
        for (int i = 0; i < run->lists[kind].count; i++) {
            const struct kafka_acl *acl = &run->lists[kind].at[i];
            if (acl_is_needed(acl, worker->list, worker->count, principal)) continue;
            say(run, worker->user, "not needed", name_of(acl, arena), "take it away");
            run->more++;
        }
}

/* Whoever writes there decides about money: the approver console alone should. */
static void say_who_decides(struct acl_run *run) {
    struct arena *arena = run->ctl->arena;
    const char *prefix = run->ctl->config.topic_prefix;
    const char *topic = arena_printf(arena, "%s.%s", prefix, topic_name(TOPIC_DECISIONS));
    const char *board = arena_printf(arena, "User:%s-board", prefix);
    const struct acl_list *list = &run->lists[KAFKA_TOPIC];

    for (int i = 0; i < list->count; i++) {
        const char *principal = list->at[i].principal;
        if (!acl_writes(&list->at[i], topic, board)) continue;
        ctl_note("%s may write %s: only an approver console should", principal, topic);
        if (run->ctl->json)
            say(run, principal, "decides", arena_printf(arena, "Write on topic %s", topic),
                "only an approver console should");
    }
}

int ctl_acl_check(struct ctl *ctl, const struct ctl_acl_worker *workers, int count) {
    struct acl_run run = {.ctl = ctl};
    int status = open_admin(&run);

    if (!status) status = read_lists(&run);
    for (int i = 0; !status && i < count; i++) {
        for (int k = 0; k < workers[i].count; k++)
            check_one(&run, &workers[i], &workers[i].list[k]);
        check_more(&run, &workers[i]);
    }
    kafka_admin_free(run.admin);
    if (status) return status;
    say_who_decides(&run);
    if (run.unknown)
        ctl_note("librdkafka %s cannot be asked about transactional ids (2.8 can): workers try "
                 "theirs when they start",
                 kafka_library_version());
    ctl_note("%d looked at, %d missing, %d not needed", run.looked, run.missing, run.more);

    if (run.missing || run.more) return EXIT_CANNOT_GO_ON;
    return EXIT_OK;
}

/* What somebody else must grant: its command. */
static void print_left(const struct acl_run *run, const char *user, const struct permission *one) {
    const char *command = permissions_grant(one, user, run->ctl->arena);
    struct ctl_row row;

    if (!run->ctl->json) {
        ctl_line("%s", command);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "user", user);
    ctl_row_text(&row, "what", permissions_name(one, run->ctl->arena));
    ctl_row_bool(&row, "granted", false);
    ctl_row_text(&row, "command", command);
    ctl_row_end(&row);
}

static void print_granted(const struct acl_run *run, const struct ctl_acl_worker *worker) {
    struct ctl_row row;

    for (int i = 0; i < worker->count; i++) {
        if (!kafka_admin_knows(worker->list[i].resource)) continue;
        ctl_row_begin(&row);
        ctl_row_text(&row, "user", worker->user);
        ctl_row_text(&row, "what", permissions_name(&worker->list[i], run->ctl->arena));
        ctl_row_bool(&row, "granted", true);
        ctl_row_end(&row);
    }
}

int ctl_acl_apply(struct ctl *ctl, const struct ctl_acl_worker *workers, int count) {
    struct acl_run run = {.ctl = ctl};
    struct kafka_acl *acls = NULL;
    int acl_count = 0;
    int left = 0;
    int status = open_admin(&run);

    for (int i = 0; !status && i < count; i++)
        for (int k = 0; k < workers[i].count; k++) {
            const struct permission *one = &workers[i].list[k];
            if (!kafka_admin_knows(one->resource)) {
                print_left(&run, workers[i].user, one);
                left++;
                continue;
            }
            *ARENA_ADD(ctl->arena, acls, acl_count) = (struct kafka_acl){
                .resource = one->resource,
                .name = one->name,
                .prefixed = one->prefixed,
                .principal = arena_printf(ctl->arena, "User:%s", workers[i].user),
                .operation = (int)one->operation};
        }
    struct err err;
    int refused = 0;
    if (!status) refused = kafka_admin_grant(run.admin, acls, acl_count, ASK_MS, &err);
    kafka_admin_free(run.admin);
    if (status) return status;
    if (refused)
        return ctl_fail(ctl, "%d of %d permissions: %s (this needs Alter on the cluster)",
                        refused < 0 ? acl_count : refused, acl_count, err.text);
    for (int i = 0; ctl->json && i < count; i++) print_granted(&run, &workers[i]);
    ctl_note("%d permissions granted, or there already", acl_count);
    if (left)
        ctl_note("%d more are printed, as librdkafka %s cannot be asked for them: run them with "
                 "kafka-acls.sh",
                 left, kafka_library_version());

    return EXIT_OK;
}
