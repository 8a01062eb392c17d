/* redressctl acl: what permissions.c says, as commands that grant it or as a page. */
#include "redressctl/log/ctl_acl.h"
#include "board/board.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "gateway/gateway.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "redressctl/ctl.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include "runtime/permissions.h"
#include "sla/sla.h"

#include <errno.h>
#include <string.h>

static const struct worker_spec *const workers[] = {
    &intake_spec,       &classification_spec, &sla_spec,
    &compensation_spec, &notification_spec,   &cohort_spec,
    &gateway_spec,      &board_spec,          NULL};

static int put_out(const struct ctl *ctl, const struct buf *page) {
    struct ctl_row row;

    if (ctl->json) {
        ctl_row_begin(&row);
        ctl_row_text(&row, "document", page->at);
        ctl_row_end(&row);
    } else {
        ctl_page(page->at);
    }
    if (ctl_flush() == 0) return EXIT_OK;
    return ctl_fail(ctl, "standard output: %s", strerror(errno));
}

static void put_command(const struct ctl *ctl, const char *user, const char *what,
                        const char *command) {
    struct ctl_row row;

    if (!ctl->json) {
        ctl_line("%s", command);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "user", user);
    ctl_row_text(&row, "what", what);
    ctl_row_text(&row, "command", command);
    ctl_row_end(&row);
}

/* One command a line. */
static void put_worker(struct ctl *ctl, const struct ctl_acl_worker *worker) {
    struct arena *arena = ctl->arena;
    const char *user = worker->user;
    struct permission_texts texts;

    for (int i = 0; i < worker->count; i++)
        put_command(ctl, user, permissions_name(&worker->list[i], arena),
                    permissions_grant(&worker->list[i], user, arena));
    permissions_of_redis(worker->spec, ctl->config.topic_prefix, arena, &texts);
    if (texts.command_count)
        put_command(
            ctl, user, "the user of Redis",
            arena_printf(arena, "redis-cli %s", permissions_redis_quoted(&texts, user, arena)));
}

static const struct worker_spec *find_worker(const char *name) {
    const struct worker_spec *const *at = workers;
    if (strncmp(name, "redress-", 8) == 0) name += 8;
    while (*at && strcmp((*at)->name, name) != 0) at++;
    return *at;
}

/* A worker's user of both systems is <prefix>-<worker> unless another is given. */
static int choose(struct ctl *ctl, int count, char **names, const char *user,
                  struct ctl_acl_worker *out, int *count_out) {
    const char *prefix = ctl->config.topic_prefix;

    for (int i = 0; i < count; i++)
        if (!find_worker(names[i]))
            return ctl_usage(
                ctl,
                "no worker %s: expected intake, classification, sla, compensation, notification, "
                "cohort, gateway or board",
                names[i]);
    *count_out = 0;
    for (const struct worker_spec *const *at = workers; *at; at++) {
        bool chosen = count == 0;
        for (int i = 0; i < count; i++) chosen |= find_worker(names[i]) == *at;
        if (!chosen) continue;
        struct ctl_acl_worker *worker = &out[(*count_out)++];
        worker->spec = *at;
        worker->user = user ? user : arena_printf(ctl->arena, "%s-%s", prefix, (*at)->name);
        worker->count = permissions_of(*at, prefix, ctl->arena, &worker->list);
    }

    return EXIT_OK;
}

/* The first word, if it is one of these, says what is to be done with them. */
static int run_chosen(struct ctl *ctl, int argc, char **argv, const char *user) {
    static const char *const verbs[] = {"print", "check", "apply"};
    struct ctl_acl_worker chosen[CTL_ACL_WORKERS_MAX];
    int verb = 0;
    int count = 0;
    int first = 1;

    for (int i = 0; argc > 1 && i < 3; i++)
        if (strcmp(argv[1], verbs[i]) == 0) verb = i, first = 2;
    int status = choose(ctl, argc - first, argv + first, user, chosen, &count);
    if (status) return status;
    if (verb == 1) return ctl_acl_check(ctl, chosen, count);
    if (verb == 2) return ctl_acl_apply(ctl, chosen, count);
    for (int i = 0; i < count; i++) put_worker(ctl, &chosen[i]);
    return EXIT_OK;
}

static int run_acl(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_acl};
    const char *user = NULL;
    const struct options_row options[] = {{.name = "--user", .value = &user}, {.name = NULL}};
    struct buf text = {0};
    int status = ctl_options(&ctl, options, &argc, argv);
    bool page = argc == 2 && strcmp(argv[1], "document") == 0;

    if (status == EXIT_OK && page) {
        permissions_document(workers, "redress", &text);
        status = put_out(&ctl, &text);
    } else if (status == EXIT_OK) {
        status = ctl_config(&ctl);
        if (status == EXIT_OK) status = run_chosen(&ctl, argc, argv, user);
    }
    buf_free(&text);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_acl = {
    .name = "acl",
    .usage = "acl [print] [WORKER...] [--user NAME] [--json] | check [WORKER...] [--user NAME] "
             "[--json] | apply [WORKER...] [--user NAME] [--json] | document [--json]",
    .about =
        "what each worker must be permitted in Kafka and Redis: as commands, looked at, granted",
    .options = "print check apply document intake classification sla compensation notification "
               "cohort gateway board --user --json",
    .run = run_acl,
    .help = help_acl,
};
