/* approvals: see the header. */
#include "redressctl/cases/approvals.h"
#include "base/ids.h"
#include "redressctl/cases/word.h"

#include <string.h>

/* "<case_id>.<n>" -> the case id, or NULL. */
static const char *case_of(const char *proposal_id, struct arena *arena) {
    const char *dot = NULL;
    if (proposal_id) dot = strrchr(proposal_id, '.');
    if (!dot || !dot[1] || strspn(dot + 1, "0123456789") != strlen(dot + 1)) return NULL;
    const char *case_id = arena_strndup(arena, proposal_id, (size_t)(dot - proposal_id));
    if (ids_is_case(case_id)) return case_id;
    return NULL;
}

int approvals_event(enum event_type type, const struct approvals_decision *decision, const char *id,
                    int64_t now_ms, struct arena *arena, struct buf *out, struct err *err) {
    struct activity data = {.case_id = case_of(decision->proposal_id, arena),
                            .proposal_id = decision->proposal_id,
                            .actor = decision->actor,
                            .option = decision->option,
                            .comment = decision->comment,
                            .reason = decision->reason};

    if (!data.case_id)
        return err_set(
            err, "proposal \"%.60s\": expected <case id>.<number>, such as BYCRCNPA1C41H-FRGWX4V.1",
            decision->proposal_id ? decision->proposal_id : "");
    if (decision->role)
        data.role = fields_choice_value(contract_roles, decision->role);
    else
        data.role = 0;
    if (!data.role)
        return err_set(err, "role \"%.40s\": expected agent, supervisor, manager or finance",
                       decision->role ? decision->role : "");

    return word_event(type, &data, decision->source, id, now_ms, arena, out, err);
}
