/* ctl_explain: see the header. */
#include "redressctl/policy/ctl_explain.h"
#include "base/ids.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/policy/ctl_policy.h"

#include <string.h>

int ctl_explain_arguments(const struct command *command, int argc, char **argv,
                          struct ctl_explain *request) {
    const struct ctl ctl = {.command = command};
    const char *until = NULL;
    const struct options_row options[] = {{"--policies", &request->dir, NULL},
                                          {"--events", &request->events, NULL},
                                          {"--until", &until, NULL},
                                          {"--json", NULL, &request->json},
                                          {NULL, NULL, NULL}};
    int status = ctl_take(&ctl, options, &argc, argv);

    if (status) return status;
    if (argc != 2) return ctl_usage(&ctl, "expected one CASE");
    request->case_id = argv[1];
    if (!ids_is_case(request->case_id))
        return ctl_usage(&ctl, "CASE \"%.40s\": expected a case id such as BYCRCNPA1C41H-FRGWX4V",
                         request->case_id);
    if (until) return ctl_time(&ctl, "--until", until, &request->until_ms);
    return 0;
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
