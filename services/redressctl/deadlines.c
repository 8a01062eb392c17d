/* deadlines: a merge of sorted sets. A deadline that moves while it is read may be missed or seen twice: a list for
 * people, not the truth. */
#include "deadlines.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

enum { TARGETS_MAX = 64, NAME_MAX_BYTES = 100 };

/* One index: redress:{sla.<shard>}:by:<target>_due. */
struct lane {
    const char *target;
    int shard;
    const struct redis_reply *page; /* member, score, member, score... */
    int at;                         /* within the page */
    int64_t read;                   /* members read so far */
    bool over;
};

struct deadlines {
    struct ctl *ctl;
    struct lane *lanes;
    int count, page;
    const char *from, *to, *page_text;
};

static void add_target(struct texts *targets, const char *name) {
    if (targets->count == TARGETS_MAX || strlen(name) > NAME_MAX_BYTES) return;
    for (int i = 0; i < targets->count; i++)
        if (strcmp(targets->at[i], name) == 0) return;
    targets->at[targets->count++] = name;
}

struct texts deadlines_targets(const struct tree *sla_policy, struct arena *arena) {
    static const char *const standard[] = {"first_contact", "next_reply", "next_update", "resolution", "follow_up"};
    struct texts targets = {arena_alloc(arena, TARGETS_MAX * sizeof(const char *)), 0};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) add_target(&targets, standard[i]);
    const struct tree *policies = tree_get(sla_policy, "policies");
    for (const struct tree *policy = policies ? policies->first : NULL; policy; policy = policy->next) {
        const struct tree *named = tree_get(policy, "targets");
        if (!named || named->kind != TREE_MAP) continue;
        for (const struct tree *target = named->first; target; target = target->next) add_target(&targets, target->key);
    }
    return targets;
}

struct texts deadlines_known_targets(struct ctl *ctl) {
    const struct tree *policy = NULL;
    struct err err;
    if (yaml_read_file(ctl->arena, arena_printf(ctl->arena, "%s/sla.yaml", ctl->config.policy_dir), &policy, &err) < 0)
        policy = NULL; /* whoever looks at cases need not have the policies; --target names others */
    return deadlines_targets(policy, ctl->arena);
}

/* Fills every lane whose page is used up. */
static int fill(struct deadlines *deadlines) {
    struct ctl *ctl = deadlines->ctl;
    struct redis_reply *replies;
    int asked = 0, count;
    for (int i = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (lane->over || lane->page) continue;
        const char *key = ctl_key(ctl, "sla", lane->shard, arena_printf(ctl->turn, "by:%s_due", lane->target));
        redis_addf(ctl->redis, 8, "ZRANGEBYSCORE", key, deadlines->from, deadlines->to, "WITHSCORES", "LIMIT",
                   arena_printf(ctl->turn, "%lld", (long long)lane->read), deadlines->page_text);
        asked++;
    }
    if (!asked) return 0;
    if (ctl_exchange(ctl, &replies, &count)) return -1;
    ASSERT(count == asked);
    for (int i = 0, reply = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (lane->over || lane->page) continue;
        lane->page = &replies[reply++];
        lane->at = 0;
        int members = lane->page->kind == REDIS_LIST ? lane->page->count / 2 : 0;
        lane->read += members;
        lane->over = members == 0;
    }
    return 0;
}

struct deadlines *deadlines_open(struct ctl *ctl, const struct texts *targets, int64_t from_ms, int64_t to_ms,
                                 int page) {
    struct deadlines *deadlines = ARENA_NEW(ctl->turn, struct deadlines);
    *deadlines = (struct deadlines){.ctl = ctl, .count = ctl->shards * targets->count, .page = page};
    deadlines->from = arena_printf(ctl->turn, "%lld", (long long)from_ms);
    deadlines->to = arena_printf(ctl->turn, "%lld", (long long)to_ms);
    deadlines->page_text = arena_printf(ctl->turn, "%d", page);
    deadlines->lanes = arena_alloc(ctl->turn, (size_t)deadlines->count * sizeof *deadlines->lanes);
    for (int i = 0; i < deadlines->count; i++)
        deadlines->lanes[i] = (struct lane){.target = targets->at[i % targets->count], .shard = i / targets->count};
    return fill(deadlines) == 0 ? deadlines : NULL;
}

static int64_t score(const struct lane *lane) {
    return (int64_t)strtod(lane->page->items[2 * lane->at + 1].text, NULL); /* ms are exact in a score up to 2^53 */
}

int deadlines_next(struct deadlines *deadlines, struct deadline *out) {
    struct lane *best = NULL;
    for (int i = 0; i < deadlines->count; i++) {
        struct lane *lane = &deadlines->lanes[i];
        if (!lane->over && (!best || score(lane) < score(best))) best = lane;
    }
    if (!best) return 0;
    *out = (struct deadline){.case_id = best->page->items[2 * best->at].text,
                             .target = best->target,
                             .due_ms = score(best),
                             .shard = best->shard};
    if (++best->at < best->page->count / 2) return 1;
    best->page = NULL;
    return fill(deadlines) == 0 ? 1 : -1;
}
