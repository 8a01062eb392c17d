/* ctl_sight: see the header. */
#include "redressctl/cases/ctl_sight.h"
#include "base/suggest.h"
#include "data/yaml.h"
#include "sight/sight_deadlines.h"

#include <string.h>

int ctl_sight(const struct ctl *ctl, int rc) {
    if (rc == 0) return 0;
    return ctl_fail(ctl, "%s", ctl->sight.err.text);
}

int ctl_sight_tell(const struct ctl *ctl, const struct sight_view *view) {
    if (view->faults.len == 0) return 0;
    ctl_fail(ctl, "what is shown is not all there is");
    ctl_faults(view->faults.at);
    return EXIT_CANNOT_GO_ON;
}

static bool offer(struct suggest *nearest, const struct texts *targets) {
    for (int i = 0; i < targets->count; i++) {
        if (strcmp(targets->at[i], nearest->word) == 0) return true;
        suggest_offer(nearest, targets->at[i]);
    }
    return false;
}

int ctl_sight_target(struct ctl *ctl, const struct sight_view *view, const char *target) {
    const struct tree *policy = NULL;
    struct suggest nearest = {.word = target};
    struct err err;
    const char *path = arena_printf(ctl->turn, "%s/sla.yaml", ctl->config.policy_dir);
    if (yaml_read_file(ctl->turn, path, &policy, &err) < 0)
        policy = NULL; /* whoever looks at cases need not have the policies */

    struct texts listed = sight_deadlines_listed(view->indexes ? view->indexes : "*", ctl->turn);
    struct texts named = sight_deadlines_targets(policy, ctl->turn);
    bool unknown_list = !view->indexes || strcmp(view->indexes, "*") == 0;
    if (offer(&nearest, &listed) || offer(&nearest, &named) || unknown_list) return 0;

    const char *best = suggest_best(&nearest);
    if (best)
        return ctl_usage(ctl, "--target \"%.40s\": no such target, did you mean %s?", target, best);
    return ctl_usage(ctl, "--target \"%.40s\": no case has such a target, and no policy", target);
}

int ctl_sight_shard(struct ctl *ctl, const char *worker, int shard) {
    struct sight_view view = {.sight = &ctl->sight, .worker = worker, .shard = shard};
    int status = ctl_sight(ctl, sight_view_look(&view));
    if (!status) status = ctl_sight_tell(ctl, &view);
    sight_view_end(&view);
    return status;
}
