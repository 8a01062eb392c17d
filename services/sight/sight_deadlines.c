/* sight_deadlines: a merge of sorted sets. A deadline that moves while it is read may be missed or
 * seen twice: a list for people, not the truth. */
#include "sight/sight_deadlines.h"
#include "runtime/view_indexes.h"

#include <stdlib.h>
#include <string.h>

/* One index: redress:{sla.<shard>}:by:<target>_due. */
struct lane {
    const char *target;
    int shard;
    const struct redis_reply *page; /* member, score, member, score... */
    int at;                         /* within the page */
    int64_t read;                   /* members read so far */
    bool over;
};

struct sight_deadlines {
    struct sight *sight;
    struct lane *lanes;
    int count, page;
    const char *from, *to, *page_text;
};

static void add_target(struct texts *targets, const char *name, struct arena *arena) {
    if (!texts_has(targets, name)) texts_add(targets, name, arena);
}

struct texts sight_deadlines_targets(const struct tree *sla_policy, struct arena *arena) {
    static const char *const standard[] = {"first_contact", "next_reply", "next_update",
                                           "resolution", "follow_up"};
    struct texts targets = {NULL, 0};

    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        add_target(&targets, standard[i], arena);
    const struct tree *policies = tree_get(sla_policy, "policies");
    for (const struct tree *policy = policies ? policies->first : NULL; policy;
         policy = policy->next) {
        const struct tree *named = tree_get(policy, "targets");
        if (!named || named->kind != TREE_MAP) continue;
        for (const struct tree *target = named->first; target; target = target->next)
            add_target(&targets, target->key, arena);
    }

    return targets;
}

struct texts sight_deadlines_listed(const char *indexes, struct arena *arena) {
    static const char suffix[] = "_due";
    struct texts targets = {NULL, 0};

    for (const char *at = indexes; *at;) {
        size_t len = strcspn(at, " ");
        size_t stem = 0;
        if (len > sizeof suffix - 1) stem = len - (sizeof suffix - 1);
        if (stem > 0 && strncmp(at + stem, suffix, sizeof suffix - 1) == 0)
            add_target(&targets, arena_strndup(arena, at, stem), arena);
        at += len + (at[len] == ' ');
    }

    return targets;
}

struct texts sight_deadlines_find(struct sight_view *view) {
    bool uncounted = view->indexes && strcmp(view->indexes, "*") == 0;

    if (uncounted && view->faults.len == 0)
        buf_printf(&view->faults,
                   "there are more than %d targets, too many to look through: --target names one\n",
                   VIEW_INDEXES_MAX);
    if (!view->indexes || uncounted) return sight_deadlines_targets(NULL, view->sight->arena);
    return sight_deadlines_listed(view->indexes, view->sight->arena);
}

/* Fills every lane whose page is used up. */
static int fill(struct sight_deadlines *deadlines) {
    struct sight *sight = deadlines->sight;
    struct redis_reply *replies;
    int asked = 0;
    int count;

    for (int i = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (lane->over || lane->page) continue;
        const char *key = sight_key(sight, "sla", lane->shard,
                                    arena_printf(sight->arena, "by:%s_due", lane->target));
        redis_addf(sight->redis, 8, "ZRANGEBYSCORE", key, deadlines->from, deadlines->to,
                   "WITHSCORES", "LIMIT", arena_printf(sight->arena, "%lld", (long long)lane->read),
                   deadlines->page_text);
        asked++;
    }
    if (!asked) return 0;
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    ASSERT(count == asked);
    for (int i = 0, reply = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (lane->over || lane->page) continue;
        lane->page = &replies[reply++];
        lane->at = 0;
        int members = 0;
        if (lane->page->kind == REDIS_LIST) members = lane->page->count / 2;
        lane->read += members;
        lane->over = members == 0;
    }

    return 0;
}

struct sight_deadlines *sight_deadlines_open(struct sight *sight, const struct texts *targets,
                                             int64_t from_ms, int64_t to_ms, int page) {
    struct sight_deadlines *deadlines = ARENA_NEW(sight->arena, struct sight_deadlines);

    *deadlines = (struct sight_deadlines){
        .sight = sight, .count = sight->shards * targets->count, .page = page};
    deadlines->from = arena_printf(sight->arena, "%lld", (long long)from_ms);
    deadlines->to = arena_printf(sight->arena, "%lld", (long long)to_ms);
    deadlines->page_text = arena_printf(sight->arena, "%d", page);
    deadlines->lanes =
        arena_alloc(sight->arena, (size_t)deadlines->count * sizeof *deadlines->lanes);
    for (int i = 0; i < deadlines->count; i++)
        deadlines->lanes[i] =
            (struct lane){.target = targets->at[i % targets->count], .shard = i / targets->count};
    if (fill(deadlines) == 0) return deadlines;
    return NULL;
}

static int64_t score(const struct lane *lane) {
    return (int64_t)strtod(lane->page->items[2 * lane->at + 1].text,
                           NULL); /* ms are exact in a score up to 2^53 */
}

int sight_deadlines_next(struct sight_deadlines *deadlines, struct sight_deadline *out) {
    struct lane *best = NULL;

    for (int i = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (!lane->over && (!best || score(lane) < score(best))) best = lane;
    }
    if (!best) return 0;
    *out = (struct sight_deadline){.case_id = best->page->items[2 * best->at].text,
                                   .target = best->target,
                                   .due_ms = score(best),
                                   .shard = best->shard};
    if (++best->at < best->page->count / 2) return 1;
    best->page = NULL;

    if (fill(deadlines) == 0) return 1;
    return -1;
}
