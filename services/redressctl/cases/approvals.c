/* approvals: goes through the contract's own table, in both directions: what intake would reject is
 * refused here. */
#include "redressctl/cases/approvals.h"
#include "base/clock.h"
#include "base/ids.h"
#include "contract/contract.h"

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

static int check(const struct table *table, const struct buf *data, struct arena *arena,
                 struct err *err) {
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct activity again = {0};

    if (json_read(arena, data->at, data->len, NULL, &tree, err) != JSON_OK) return -1;
    if (fields_decode(table, tree, FIELDS_STRICT, arena, &again, &faults) == 0) return 0;
    return err_set(err, "%s: %s", faults.at[0].path, faults.at[0].text);
}

int approvals_event(enum event_type type, const struct approvals_decision *decision, const char *id,
                    int64_t now_ms, struct arena *arena, struct buf *out, struct err *err) {
    char time[CLOCK_TEXT_MAX];
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
    const struct table *table = contract_row(type)->table;
    const char *source = decision->source;
    if (!source) source = "/redress/redressctl";
    const char *const attributes[] = {"specversion",
                                      "1.0",
                                      "id",
                                      id,
                                      "source",
                                      source,
                                      "type",
                                      contract_row(type)->name,
                                      "time",
                                      clock_format(now_ms, time),
                                      "datacontenttype",
                                      "application/json"};
    struct buf text = {NULL, 0, 0};
    struct json_out data_json = {.buf = &text}, json = {.buf = out};
    fields_encode(table, &data, &data_json);
    int rc = check(table, &text, arena, err);
    if (rc == 0) {
        json_begin_map(&json);
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i += 2) {
            json_key(&json, attributes[i]);
            json_text(&json, attributes[i + 1]);
        }
        json_key(&json, "data");
        json_raw(&json, text.at, text.len);
        json_end_map(&json);
    }
    buf_free(&text);

    return rc;
}
