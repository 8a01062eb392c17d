/* redressctl acl: what permissions.c says, as commands that grant it or as a page. */
#include "board/board.h"
#include "classification/classification.h"
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
    &intake_spec,       &classification_spec, &sla_spec,   &compensation_spec,
    &notification_spec, &gateway_spec,        &board_spec, NULL};

static int put_out(const struct ctl *ctl, const struct buf *text) {
    ctl_page(text->at);
    if (ctl_flush() == 0) return EXIT_OK;
    return ctl_fail(ctl, "standard output: %s", strerror(errno));
}

/* One command a line. A worker's user of both systems is <prefix>-<worker> unless another is given.
 */
static void put_worker(struct ctl *ctl, const struct worker_spec *spec, const char *user,
                       struct buf *out) {
    const char *prefix = ctl->config.topic_prefix;
    struct permission *list;
    struct permission_texts texts;
    int count = permissions_of(spec, prefix, ctl->arena, &list);

    if (!user) user = arena_printf(ctl->arena, "%s-%s", prefix, spec->name);
    for (int i = 0; i < count; i++)
        buf_printf(out, "%s\n", permissions_grant(&list[i], user, ctl->arena));
    permissions_of_redis(spec, prefix, ctl->arena, &texts);
    if (texts.command_count)
        buf_printf(out, "redis-cli %s\n", permissions_redis_quoted(&texts, user, ctl->arena));
}

static const struct worker_spec *find_worker(const char *name) {
    const struct worker_spec *const *at = workers;
    if (strncmp(name, "redress-", 8) == 0) name += 8;
    while (*at && strcmp((*at)->name, name) != 0) at++;
    return *at;
}

static int put_workers(struct ctl *ctl, int count, char **names, const char *user,
                       struct buf *out) {
    for (int i = 0; i < count; i++)
        if (!find_worker(names[i]))
            return ctl_usage(
                ctl,
                "no worker %s: expected intake, classification, sla, compensation, notification, "
                "gateway or board",
                names[i]);
    for (const struct worker_spec *const *at = workers; *at; at++) {
        bool chosen = count == 0;
        for (int i = 0; i < count; i++) chosen |= find_worker(names[i]) == *at;
        if (chosen) put_worker(ctl, *at, user, out);
    }

    return EXIT_OK;
}

static int run_acl(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_acl};
    const char *user = NULL;
    const struct options_row options[] = {{.name = "--user", .value = &user}, {.name = NULL}};
    struct buf text = {0};
    int status = ctl_options(&ctl, options, &argc, argv);
    bool page = argc == 2 && strcmp(argv[1], "document") == 0;

    if (status == EXIT_OK && page)
        permissions_document(workers, "redress", &text);
    else if (status == EXIT_OK)
        status = ctl_config(&ctl);
    if (status == EXIT_OK && !page) status = put_workers(&ctl, argc - 1, argv + 1, user, &text);
    if (status == EXIT_OK) status = put_out(&ctl, &text);
    buf_free(&text);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_acl = {
    .name = "acl",
    .usage = "acl [WORKER...] [--user NAME] | document",
    .about = "what each worker must be permitted in Kafka and Redis, as commands",
    .options = "document intake classification sla compensation notification gateway board --user",
    .run = run_acl,
    .help = help_acl,
};
