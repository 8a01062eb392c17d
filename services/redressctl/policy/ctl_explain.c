/* ctl_explain: see the header. */
#include "redressctl/policy/ctl_explain.h"
#include "base/clock.h"
#include "base/ids.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/policy/ctl_policy.h"

#include <string.h>

bool ctl_explain_arguments(int argc, char **argv, struct ctl_explain *request) {
    bool bad = false;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--policies") == 0 && i + 1 < argc)
            request->dir = argv[++i];
        else if (strcmp(argv[i], "--events") == 0 && i + 1 < argc)
            request->events = argv[++i];
        else if (strcmp(argv[i], "--until") == 0 && i + 1 < argc)
            bad |= clock_parse(argv[++i], &request->until_ms) != 0;
        else if (strcmp(argv[i], "--json") == 0)
            request->json = true;
        else if (!request->case_id && argv[i][0] != '-')
            request->case_id = argv[i];
        else
            bad = true;
    }

    return !bad && request->case_id && ids_is_case(request->case_id);
}

int ctl_explain_find(struct ctl *ctl, const char *worker, const char *case_id,
                     struct sight_case *found_out) {
    int status = ctl_shards(ctl);

    if (!status) status = ctl_sight(ctl, sight_case_read(&ctl->sight, case_id, false, found_out));
    if (status) return status;
    return ctl_sight_shard(ctl, worker, ids_partition(case_id, IDS_ROUTE_LEN, ctl->shards));
}

int ctl_explain_none(const struct ctl *ctl, const char *case_id) {
    return ctl_fail(ctl, "no case %s: it was never opened, or is over and past its retention time",
                    case_id);
}

const void *ctl_explain_policy(struct ctl *ctl, const struct ctl_explain *request,
                               const struct worker_spec *spec, const void *policy,
                               const char *version, const char *kept) {
    struct err err;

    if (!kept || strcmp(kept, version) == 0) return policy;
    const void *own = ctl_policy_version(ctl, spec, request->dir, kept, request->arena, &err);
    if (own) return own;
    ctl_note("redressctl %s: the case runs under version %s (%s); explained by version %s of %s",
             spec->name, kept, err.text, version, request->dir);
    return policy;
}
