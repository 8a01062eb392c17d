/* decide: see the header. */
#include "board/decide.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "board/api.h"
#include "redressctl/cases/approvals.h"
#include "redressctl/cases/word.h"

#include <string.h>

struct decision {
    const char *proposal_id;
    int decision;
    const char *option, *comment, *reason;
};
struct sent {
    const char *id, *proposal_id;
    int decision;
};
enum { APPROVED = 1, REJECTED };
static const char *const decisions[] = {"approved", "rejected", NULL};

static const struct field decision_fields[] = {
    {FIELD(decision, proposal_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "`<case_id>.<n>`."},
    {FIELD(decision, decision), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = decisions,
     .doc = "What is decided."},
    {FIELD(decision, option), .type = FIELD_NAME, .max = 16, .doc = "For one option only."},
    {FIELD(decision, comment), .type = FIELD_TEXT, .max = 2000, .doc = "Of an approval."},
    {FIELD(decision, reason), .type = FIELD_TEXT, .max = 2000,
     .doc = "Of a rejection, which must have one."},
    FIELDS_END};
const struct table decide_table = {.name = "decision",
                                   .size = sizeof(struct decision),
                                   .fields = decision_fields,
                                   .doc = "A decision about a proposal."};
static const struct field sent_fields[] = {
    {FIELD(sent, id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "Of the event."},
    {FIELD(sent, proposal_id), .type = FIELD_ID, .flags = FIELD_REQUIRED, .doc = "The proposal."},
    {FIELD(sent, decision), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = decisions,
     .doc = "What was decided."},
    FIELDS_END};
const struct table decide_sent_table = {.name = "sent",
                                        .size = sizeof(struct sent),
                                        .fields = sent_fields,
                                        .doc = "The decision is in redress.decisions."};

static int read_body(const struct desk_job *job, struct decision *out, struct err *err) {
    struct faults faults = {.arena = job->arena};
    const struct tree *tree;

    if (json_read(job->arena, job->body, strlen(job->body), NULL, &tree, err) != JSON_OK) return -1;
    if (fields_decode(&decide_table, tree, FIELDS_STRICT, job->arena, out, &faults) < 0)
        return err_set(err, "%s: %s", faults.at[0].path, faults.at[0].text);
    bool rejects = out->decision == REJECTED;
    if (rejects && !out->reason) return err_set(err, "reason: a rejection must have one");
    if (!rejects && out->reason) return err_set(err, "reason: belongs to a rejection");
    return 0;
}

/* Who sees only his team's cases decides only about these. */
static bool is_his(const struct decide *decide, const struct desk_job *job,
                   const char *proposal_id) {
    struct sight *sight = decide->sight;
    struct redis_reply *replies;
    int count;
    if (!job->person.team) return true;

    const char *case_id = arena_strndup(job->arena, proposal_id, strcspn(proposal_id, "."));
    arena_reset(sight->arena);
    if (!ids_is_case(case_id) || sight_open(sight) < 0) return false;
    redis_addf(sight->redis, 3, "HGET", sight_case_key(sight, "notification", case_id), "team");
    if (sight_exchange(sight, &replies, &count) < 0 || replies[0].kind != REDIS_TEXT) return false;
    return strcmp(replies[0].text, job->person.team) == 0;
}

static int send_decision(const struct decide *decide, const struct desk_job *job,
                         const struct decision *asked, char id_out[27], struct err *err) {
    const struct person *person = &job->person;
    struct approvals_decision decision = {.proposal_id = asked->proposal_id,
                                          .source = "/redress/board",
                                          .actor = person->name,
                                          .role = board_policy_roles[person->role - 1],
                                          .option = asked->option,
                                          .comment = asked->comment,
                                          .reason = asked->reason};
    enum event_type type = EVENT_DECISION_APPROVED;
    if (asked->decision == REJECTED) type = EVENT_DECISION_REJECTED;
    struct buf event = {NULL, 0, 0};

    word_make_id(decision.proposal_id, decision.actor, id_out);
    int status = 400;
    if (approvals_event(type, &decision, id_out, clock_now_ms(), job->arena, &event, err) == 0) {
        status = 200;
        if (word_send(decide->kafka, &event, job->arena, err) < 0) status = 503;
    }
    buf_free(&event);

    return status;
}

static void audit(const struct desk_job *job, const struct decision *asked, const char *id,
                  int status, const char *why) {
    const struct person *person = &job->person;
    const char *decision = "";
    if (asked->decision) decision = decisions[asked->decision - 1];
    log_say(status == 200 ? LOG_INFO : LOG_WARN, "decision asked for", "actor", person->name,
            "role", board_policy_roles[person->role - 1], "peer", job->peer, "proposal",
            asked->proposal_id ? asked->proposal_id : "", "decision", decision, "event", id,
            "status", log_int(status), "why", why, NULL);
}

void decide_work(void *context, struct desk_job *job, struct http_answer *answer) {
    const struct decide *decide = context;
    struct decision asked = {.proposal_id = NULL};
    struct err err = {""};
    char id[27] = "";
    int status = 400;

    if (read_body(job, &asked, &err) == 0) {
        if (is_his(decide, job, asked.proposal_id)) {
            status = send_decision(decide, job, &asked, id, &err);
        } else {
            status = 403;
            err_set(&err, "it is no case of your team");
        }
    }
    audit(job, &asked, id, status, err.text);
    answer->status = status;
    answer->content_type = "application/json";
    if (status == 200) {
        struct sent sent = {id, asked.proposal_id, asked.decision};
        struct json_out json = {.buf = &answer->body};
        fields_encode(&decide_sent_table, &sent, &json);
    } else {
        api_error(&answer->body, status == 503 ? "not_sent" : "not_decided", err.text);
    }
}
