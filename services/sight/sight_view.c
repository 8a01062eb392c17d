/* sight_view: of each shard where it stands, what its owner says in redress:meta, and whether the
 * cases and indexes hold as much as its totals say (view.h). Plain reads only: whoever looks needs
 * no right to run scripts. */
#include "sight/sight_view.h"
#include "base/clock.h"
#include "runtime/shard.h"

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

static void ask_first(struct sight_view *view, int shard) {
    struct sight *sight = view->sight;
    redis_addf(sight->redis, 2, "GET", sight_key(sight, view->worker, shard, "applied"));
    redis_addf(sight->redis, 2, "GET", sight_key(sight, view->worker, shard, "applied_at"));
    redis_addf(sight->redis, 2, "EXISTS", sight_key(sight, view->worker, shard, "wiping"));
    redis_addf(sight->redis, 2, "HGETALL", sight_key(sight, view->worker, shard, "totals"));
}

static bool is_index(const char *name) {
    return strncmp(name, "by:", 3) == 0;
}

static void ask_held(struct sight_view *view, int shard, struct shard_look *look) {
    struct sight *sight = view->sight;
    const struct redis_reply *totals = look->totals;

    look->held_count = 2;
    for (int i = 0; i + 1 < totals->count; i += 2) {
        if (!is_index(totals->items[i].text)) continue;
        redis_addf(sight->redis, 2, "ZCARD",
                   sight_key(sight, view->worker, shard, totals->items[i].text));
        look->held_count++;
    }
    redis_addf(sight->redis, 2, "SCARD", sight_key(sight, view->worker, shard, "asleep"));
    redis_addf(sight->redis, 2, "GET", sight_key(sight, view->worker, shard, "applied"));
}

/* Both halves of one look at shards `from` to `to`. */
static int ask(struct sight_view *view, int from, int to, struct shard_look *looks) {
    struct redis_reply *replies;
    int count;

    for (int shard = from; shard <= to; shard++) ask_first(view, shard);
    int status = sight_exchange(view->sight, &replies, &count);
    for (int shard = from; shard <= to && !status; shard++) {
        looks[shard] =
            (struct shard_look){&replies[0], &replies[1], &replies[2], &replies[3], NULL, 0};
        ask_held(view, shard, &looks[shard]);
        replies += 4;
    }
    if (!status) status = sight_exchange(view->sight, &replies, &count);
    for (int shard = from; shard <= to && !status; shard++) {
        looks[shard].held = replies;
        replies += looks[shard].held_count;
    }

    return status;
}

/* ---- Judging ---- */

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
        if (held->number != sight_number(totals->items[i + 1].text)) return false;
        held++;
    }

    return cases == sight_number(sight_hash_get(totals, "@cases"));
}

/* What the owner says of a shard while it does not run: one of the phases of taking over and
 * healing. */
static bool is_healing(const struct sight_view *view, int shard) {
    const char *field = arena_printf(view->sight->arena, "held:%s.%d", view->worker, shard);
    const char *held = sight_hash_get(view->meta, field);
    for (enum shard_phase phase = SHARD_OFFSETS; held && phase < SHARD_RUN; phase++)
        if (strcmp(held, shard_phase_name(phase)) == 0) return true;
    return false;
}

static enum lack lack_of(const struct sight_view *view, int shard, const struct shard_look *look,
                         int64_t now_ms) {
    if (look->wiping->number != 0) return LACK_EMPTYING;
    if (look->applied->kind != REDIS_TEXT) return LACK_VIEW;
    if (is_healing(view, shard)) return LACK_HEALING;
    if (!sight_hash_get(look->totals, "@schema")) return LACK_TOTALS;
    if (!has_moved(look) && !holds_all(look)) return LACK_LOST;
    if (now_ms - sight_number(look->applied_at->text) > LEFT_MS) return LACK_OWNER;
    return LACK_NONE;
}

/* Each shard as of one instant, or after some looks as it is. */
static int look_at_shards(struct sight_view *view, int from, int to, struct shard_look *looks) {
    int status = ask(view, from, to, looks);
    for (int shard = from; shard <= to && !status; shard++)
        for (int again = 1; again < LOOKS_MAX && has_moved(&looks[shard]) && !status; again++)
            status = ask(view, shard, shard, looks);
    return status;
}

/* ---- Telling ---- */

static void add_faults(struct sight_view *view, const struct lacking *lacking, int64_t unread) {
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
                       lacking[lack].count, view->sight->shards, view->worker, lacking[lack].first,
                       words[lack]);
    if (unread > 0)
        buf_printf(&view->faults,
                   "%lld cases of %s cannot be read by the version that runs: see its log\n",
                   (long long)unread, view->worker);
    if (view->indexes) return;
    buf_printf(&view->faults,
               "%s:meta has no indexes:%s, so it is not known where to look: no redress-%s runs "
               "with this Redis, or it has just begun to\n",
               view->sight->prefix, view->worker, view->worker);
}

static void judge(struct sight_view *view, int from, int to, const struct shard_look *looks,
                  int64_t now_ms) {
    struct lacking lacking[LACKS] = {{0, 0}};
    int64_t unread = 0;

    for (int shard = from; shard <= to; shard++) {
        enum lack lack = lack_of(view, shard, &looks[shard], now_ms);
        if (lacking[lack].count++ == 0) lacking[lack].first = shard;
        unread += sight_number(sight_hash_get(looks[shard].totals, "@unread"));
    }
    if (view->faults.len == 0) add_faults(view, lacking, unread);
}

static int64_t time_of(const struct redis_reply *time) {
    return sight_number(time->items[0].text) * 1000 + sight_number(time->items[1].text) / 1000;
}

int sight_view_look(struct sight_view *view) {
    struct sight *sight = view->sight;
    struct redis_reply *replies;
    int count;
    int from = view->shard == SIGHT_ALL ? 0 : view->shard;
    int to = view->shard == SIGHT_ALL ? sight->shards - 1 : view->shard;
    struct shard_look *looks = arena_alloc(sight->arena, (size_t)sight->shards * sizeof *looks);
    int status = look_at_shards(view, from, to, looks);
    if (status) return status;

    /* What the owners say comes last: a view that began to be made anew while it was looked at is
     * noted by then. */
    redis_addf(sight->redis, 1, "TIME");
    redis_addf(sight->redis, 2, "HGETALL", arena_printf(sight->arena, "%s:meta", sight->prefix));
    status = sight_exchange(sight, &replies, &count);
    if (status) return status;
    view->meta = &replies[1];
    view->indexes =
        sight_hash_get(view->meta, arena_printf(sight->arena, "indexes:%s", view->worker));
    int64_t redis_ms = time_of(&replies[0]);
    int64_t own_ms = clock_now_ms();
    if (redis_ms > own_ms)
        view->now_ms = redis_ms;
    else
        view->now_ms = own_ms;
    judge(view, from, to, looks, redis_ms);
    return 0;
}

bool sight_view_exists(const struct sight_view *view) {
    return view->indexes != NULL;
}

void sight_view_end(struct sight_view *view) {
    buf_free(&view->faults);
}
