/* redressctl rebuild: asks the owner of a shard to empty its view and build it from the changelog;
 * it does nothing itself (common/protocol.md, The view). */
#include "outside/reading.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"

#include <string.h>

static const char *const keyed[] = {"sla", "compensation", "notification", "cohort", NULL};

static void put_row(const char *worker, int shard) {
    struct ctl_row row;

    ctl_row_begin(&row);
    ctl_row_text(&row, "worker", worker);
    ctl_row_int(&row, "shard", shard);
    ctl_row_end(&row);
}

static int mark(struct ctl *ctl, const char *worker, int from, int to) {
    struct redis_reply *replies;
    int count;

    for (int shard = from; shard <= to; shard++)
        redis_addf(ctl->redis, 3, "SET", sight_key(&ctl->sight, worker, shard, "wipe"), "1");
    int status = ctl_exchange(ctl, &replies, &count);
    if (status) return status;
    for (int shard = from; ctl->json && shard <= to; shard++) put_row(worker, shard);
    ctl_note("asked for %d shards of %s; the worker that owns a shard empties and rebuilds its "
             "view next",
             count, worker);
    return 0;
}

static int run_rebuild(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_rebuild};
    const char *shard_text = NULL;
    const char *worker = NULL;
    int64_t shard = 0;
    const struct options_row options[] = {{"--shard", &shard_text, NULL}, {NULL, NULL, NULL}};
    int status = ctl_options(&ctl, options, &argc, argv);

    if (!status && argc != 2) status = ctl_usage(&ctl, "expected one WORKER");
    for (int i = 0; !status && keyed[i]; i++)
        if (strcmp(keyed[i], argv[1]) == 0) worker = keyed[i];
    if (!status && !worker)
        status = ctl_usage(
            &ctl, "worker \"%.40s\": expected sla, compensation, notification or cohort", argv[1]);
    if (!status && shard_text) /* how many there are is known to Redis */
        status = ctl_number(&ctl, "--shard", shard_text, 0, READING_PARTITIONS_MAX - 1, &shard);
    if (!status) status = ctl_redis(&ctl);
    if (!status) status = ctl_shards(&ctl);
    if (!status && shard_text)
        status = ctl_number(&ctl, "--shard", shard_text, 0, ctl.shards - 1, &shard);
    if (!status) status = mark(&ctl, worker, (int)shard, shard_text ? (int)shard : ctl.shards - 1);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_rebuild = {
    .name = "rebuild",
    .usage = "rebuild WORKER [--shard N] [--json]",
    .about = "build a worker's Redis view anew from its changelog",
    .options = "sla compensation notification cohort --shard --json",
    .run = run_rebuild,
    .help = help_rebuild,
};
