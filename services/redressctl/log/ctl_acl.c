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

static int put_out(const struct ctl *ctl, const struct buf *text) {
    ctl_page(text->at);
    if (ctl_flush() == 0) return EXIT_OK;
    return ctl_fail(ctl, "standard output: %s", strerror(errno));
}

/* One command a line. */
static void put_worker(struct ctl *ctl, const struct ctl_acl_worker *worker, struct buf *out) {
    struct permission_texts texts;

    for (int i = 0; i < worker->count; i++)
        buf_printf(out, "%s\n", permissions_grant(&worker->list[i], worker->user, ctl->arena));
    permissions_of_redis(worker->spec, ctl->config.topic_prefix, ctl->arena, &texts);
    if (texts.command_count)
        buf_printf(out, "redis-cli %s\n",
                   permissions_redis_quoted(&texts, worker->user, ctl->arena));
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
                "gateway or board",
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
static int run_chosen(struct ctl *ctl, int argc, char **argv, const char *user, bool json) {
    static const char *const verbs[] = {"print", "check", "apply"};
    struct ctl_acl_worker chosen[CTL_ACL_WORKERS_MAX];
    struct buf text = {0};
    int verb = 0;
    int count = 0;
    int first = 1;

    for (int i = 0; argc > 1 && i < 3; i++)
        if (strcmp(argv[1], verbs[i]) == 0) verb = i, first = 2;
    int status = choose(ctl, argc - first, argv + first, user, chosen, &count);
    if (status) return status;
    if (verb == 1) return ctl_acl_check(ctl, chosen, count, json);
    if (verb == 2) return ctl_acl_apply(ctl, chosen, count);
    for (int i = 0; i < count; i++) put_worker(ctl, &chosen[i], &text);
    status = put_out(ctl, &text);
    buf_free(&text);

    return status;
}

static int run_acl(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_acl};
    const char *user = NULL;
    bool json = false;
    const struct options_row options[] = {
        {.name = "--user", .value = &user}, {"--json", NULL, &json}, {.name = NULL}};
    struct buf text = {0};
    int status = ctl_options(&ctl, options, &argc, argv);
    bool page = argc == 2 && strcmp(argv[1], "document") == 0;

    if (status == EXIT_OK && page) {
        permissions_document(workers, "redress", &text);
        status = put_out(&ctl, &text);
    } else if (status == EXIT_OK) {
        status = ctl_config(&ctl);
        if (status == EXIT_OK) status = run_chosen(&ctl, argc, argv, user, json);
    }
    buf_free(&text);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_acl = {
    .name = "acl",
    .usage = "acl [print] [WORKER...] [--user NAME] | check [WORKER...] [--user NAME] [--json] | "
             "apply [WORKER...] [--user NAME] | document",
    .about =
        "what each worker must be permitted in Kafka and Redis: as commands, looked at, granted",
    .options = "print check apply document intake classification sla compensation notification "
               "gateway board --user --json",
    .run = run_acl,
    .help = help_acl,
};
