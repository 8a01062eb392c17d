/* ctl_view: of each shard where it stands, what its owner says in redress:meta, and whether the
 * cases and indexes hold as much as its totals say (view.h). Plain reads only: whoever looks needs
 * no right to run scripts. */
#include "redressctl/cases/ctl_view.h"
#include "base/clock.h"
#include "runtime/shard.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEFT_MS = 2 * SHARD_RENEW_MS, /* an owner renews the age of a view each hour, also of one in
                                     which nothing happens */
    LOOKS_MAX = 5                 /* at a shard in which something changed between two replies */
};

/* Why a shard is not all there. */
enum lack {
    LACK_NONE,
    LACK_VIEW,
    LACK_EMPTYING,
    LACK_HEALING,
    LACK_TOTALS,
    LACK_LOST,
    LACK_OWNER,
    LACKS
};

/* Shards that lack the same. */
struct lacking {
    int count, first;
};

/* What there is of a shard, and what belongs there. */
struct shard_look {
    const struct redis_reply *applied, *applied_at, *wiping, *totals;
    const struct redis_reply
        *held; /* how much each "by:" of the totals holds, then `asleep`, then applied again */
    int held_count;
};

/* ---- Asking ---- */

static void ask_first(struct ctl_view *view, int shard) {
    struct ctl *ctl = view->ctl;
    redis_addf(ctl->redis, 2, "GET", ctl_key(ctl, view->worker, shard, "applied"));
    redis_addf(ctl->redis, 2, "GET", ctl_key(ctl, view->worker, shard, "applied_at"));
    redis_addf(ctl->redis, 2, "EXISTS", ctl_key(ctl, view->worker, shard, "wiping"));
    redis_addf(ctl->redis, 2, "HGETALL", ctl_key(ctl, view->worker, shard, "totals"));
}

static bool is_index(const char *name) {
    return strncmp(name, "by:", 3) == 0;
}

static void ask_held(struct ctl_view *view, int shard, struct shard_look *look) {
    struct ctl *ctl = view->ctl;
    const struct redis_reply *totals = look->totals;

    look->held_count = 2;
    for (int i = 0; i + 1 < totals->count; i += 2) {
        if (!is_index(totals->items[i].text)) continue;
        redis_addf(ctl->redis, 2, "ZCARD",
                   ctl_key(ctl, view->worker, shard, totals->items[i].text));
        look->held_count++;
    }
    redis_addf(ctl->redis, 2, "SCARD", ctl_key(ctl, view->worker, shard, "asleep"));
    redis_addf(ctl->redis, 2, "GET", ctl_key(ctl, view->worker, shard, "applied"));
}

/* Both halves of one look at shards `from` to `to`. */
static int ask(struct ctl_view *view, int from, int to, struct shard_look *looks) {
    struct redis_reply *replies;
    int count;

    for (int shard = from; shard <= to; shard++) ask_first(view, shard);
    int status = ctl_exchange(view->ctl, &replies, &count);
    for (int shard = from; shard <= to && !status; shard++) {
        looks[shard] =
            (struct shard_look){&replies[0], &replies[1], &replies[2], &replies[3], NULL, 0};
        ask_held(view, shard, &looks[shard]);
        replies += 4;
    }
    if (!status) status = ctl_exchange(view->ctl, &replies, &count);
    for (int shard = from; shard <= to && !status; shard++) {
        looks[shard].held = replies;
        replies += looks[shard].held_count;
    }

    return status;
}

/* ---- Judging ---- */

static int64_t number_of(const char *text) {
    if (!text) return 0;
    return strtoll(text, NULL, 10);
}

static bool same_text(const struct redis_reply *one, const struct redis_reply *two) {
    return one->kind == REDIS_TEXT && two->kind == REDIS_TEXT && strcmp(one->text, two->text) == 0;
}

/* Something was applied between the two halves of the look: they do not belong together. */
static bool has_moved(const struct shard_look *look) {
    return !same_text(look->applied, &look->held[look->held_count - 1]);
}

static bool holds_all(const struct shard_look *look) {
    const struct redis_reply *held = look->held;
    const struct redis_reply *totals = look->totals;
    int64_t cases = look->held[look->held_count - 2]
                        .number; /* asleep; those that are awake are in by:wake_at */

    for (int i = 0; i + 1 < totals->count; i += 2) {
        const char *name = totals->items[i].text;
        if (!is_index(name)) continue;
        if (strcmp(name, "by:wake_at") == 0) cases += held->number;
        if (held->number != number_of(totals->items[i + 1].text)) return false;
        held++;
    }

    return cases == number_of(ctl_hash_get(totals, "@cases"));
}

/* What the owner says of a shard while it does not run: one of the phases of taking over and
 * healing. */
static bool is_healing(const struct ctl_view *view, int shard) {
    const char *field = arena_printf(view->ctl->turn, "held:%s.%d", view->worker, shard);
    const char *held = ctl_hash_get(view->meta, field);
    for (enum shard_phase phase = SHARD_OFFSETS; held && phase < SHARD_RUN; phase++)
        if (strcmp(held, shard_phase_name(phase)) == 0) return true;
    return false;
}

static enum lack lack_of(const struct ctl_view *view, int shard, const struct shard_look *look,
                         int64_t now_ms) {
    if (look->wiping->number != 0) return LACK_EMPTYING;
    if (look->applied->kind != REDIS_TEXT) return LACK_VIEW;
    if (is_healing(view, shard)) return LACK_HEALING;
    if (!ctl_hash_get(look->totals, "@schema")) return LACK_TOTALS;
    if (!has_moved(look) && !holds_all(look)) return LACK_LOST;
    if (now_ms - number_of(look->applied_at->text) > LEFT_MS) return LACK_OWNER;
    return LACK_NONE;
}

/* Each shard as of one instant, or after some looks as it is. */
static int look_at_shards(struct ctl_view *view, int from, int to, struct shard_look *looks) {
    int status = ask(view, from, to, looks);
    for (int shard = from; shard <= to && !status; shard++)
        for (int again = 1; again < LOOKS_MAX && has_moved(&looks[shard]) && !status; again++)
            status = ask(view, shard, shard, looks);
    return status;
}

/* ---- Telling ---- */

static void add_faults(struct ctl_view *view, const struct lacking *lacking, int64_t unread) {
    static const char *const words[LACKS] = {
        [LACK_VIEW] =
            "no view in Redis: no worker has taken them up with this Redis, or the view was lost",
        [LACK_EMPTYING] = "the view is being emptied, to be made anew",
        [LACK_HEALING] = "the view is being taken over or made anew",
        [LACK_TOTALS] = "the view does not say how much belongs there: an older version has made "
                        "it, or that was lost",
        [LACK_LOST] = "Redis has lost some of the view: its worker makes it anew when it notices, "
                      "or when asked to by `redressctl rebuild`",
        [LACK_OWNER] = "nobody has looked after the view for hours: no worker runs"};

    for (enum lack lack = LACK_NONE + 1; lack < LACKS; lack++)
        if (lacking[lack].count > 0)
            buf_printf(&view->faults, "%d of %d shards of %s, the first of them %d: %s\n",
                       lacking[lack].count, view->ctl->shards, view->worker, lacking[lack].first,
                       words[lack]);
    if (unread > 0)
        buf_printf(&view->faults,
                   "%lld cases of %s cannot be read by the version that runs: see its log\n",
                   (long long)unread, view->worker);
    if (view->indexes) return;
    buf_printf(&view->faults,
               "%s:meta has no indexes:%s, so it is not known where to look: no redress-%s runs "
               "with this Redis, or it has just begun to\n",
               view->ctl->config.topic_prefix, view->worker, view->worker);
}

static void judge(struct ctl_view *view, int from, int to, const struct shard_look *looks,
                  int64_t now_ms) {
    struct lacking lacking[LACKS] = {{0, 0}};
    int64_t unread = 0;

    for (int shard = from; shard <= to; shard++) {
        enum lack lack = lack_of(view, shard, &looks[shard], now_ms);
        if (lacking[lack].count++ == 0) lacking[lack].first = shard;
        unread += number_of(ctl_hash_get(looks[shard].totals, "@unread"));
    }
    if (view->faults.len == 0) add_faults(view, lacking, unread);
}

static int64_t time_of(const struct redis_reply *time) {
    return number_of(time->items[0].text) * 1000 + number_of(time->items[1].text) / 1000;
}

int ctl_view_look(struct ctl_view *view) {
    struct ctl *ctl = view->ctl;
    struct redis_reply *replies;
    int count;
    int from = view->shard == CTL_VIEW_ALL ? 0 : view->shard;
    int to = view->shard == CTL_VIEW_ALL ? ctl->shards - 1 : view->shard;
    struct shard_look *looks = arena_alloc(ctl->turn, (size_t)ctl->shards * sizeof *looks);
    int status = look_at_shards(view, from, to, looks);
    if (status) return status;

    /* What the owners say comes last: a view that began to be made anew while it was looked at is
     * noted by then. */
    redis_addf(ctl->redis, 1, "TIME");
    redis_addf(ctl->redis, 2, "HGETALL",
               arena_printf(ctl->turn, "%s:meta", ctl->config.topic_prefix));
    status = ctl_exchange(ctl, &replies, &count);
    if (status) return status;
    view->meta = &replies[1];
    view->indexes = ctl_hash_get(view->meta, arena_printf(ctl->turn, "indexes:%s", view->worker));
    int64_t redis_ms = time_of(&replies[0]);
    int64_t own_ms = clock_now_ms();
    if (redis_ms > own_ms)
        view->now_ms = redis_ms;
    else
        view->now_ms = own_ms;
    judge(view, from, to, looks, redis_ms);
    return 0;
}

bool ctl_view_exists(const struct ctl_view *view) {
    return view->indexes != NULL;
}

int ctl_view_tell(const struct ctl_view *view) {
    if (view->faults.len == 0) return 0;
    ctl_fail(view->ctl, "what is shown is not all there is");
    ctl_notes(view->faults.at);
    return EXIT_CANNOT_GO_ON;
}

void ctl_view_end(struct ctl_view *view) {
    buf_free(&view->faults);
}
