/* api_case: see the header. The workers' states, read by their own tables, become trees; what of
 * them is shown is said here. */
#include "board/api_case.h"
#include "base/ids.h"
#include "board/api_parts.h"
#include "sla/sla_explain.h"

#include <string.h>

struct api_offer {
    const char *status, *proposal_id, *rule, *proposer, *role, *currency, *option;
    int64_t approvals, required, approve_by, choose_by, cost_minor;
    const struct tree *options, *votes, *settlements;
};
struct api_customer {
    const char *id, *name, *phone, *email, *conversation, *locale;
};
struct api_case {
    struct sight_row row;
    const char *class_by, *policy_version;
    struct texts class_rules;
    int64_t contacted_at, resolved_at, closed_at, repeats;
    const struct tree *deadlines, *pauses, *timeline;
    struct api_offer *offer;
    struct parts messages; /* struct api_message */
    struct api_customer *customer;
    struct texts notes;
};

static const struct field offer_fields[] = {
    {FIELD(api_offer, status), .type = FIELD_NAME, .doc = "awaiting_approval, approved, ..."},
    {FIELD(api_offer, proposal_id), .type = FIELD_ID, .doc = "The proposal at hand."},
    {FIELD(api_offer, rule), .type = FIELD_NAME, .doc = "The rule that made it."},
    {FIELD(api_offer, proposer), .type = FIELD_NAME, .doc = "The person who asked for it."},
    {FIELD(api_offer, role), .type = FIELD_NAME, .doc = "Who must, or had to, approve it."},
    {FIELD(api_offer, approvals), .type = FIELD_INT, .doc = "Approvals counted by now."},
    {FIELD(api_offer, required), .type = FIELD_INT, .doc = "Approvals that it needs."},
    {FIELD(api_offer, approve_by), .type = FIELD_TIME, .doc = "It expires then."},
    {FIELD(api_offer, choose_by), .type = FIELD_TIME, .doc = "The offer ends then."},
    {FIELD(api_offer, cost_minor), .type = FIELD_INT, .doc = "Of its costliest option."},
    {FIELD(api_offer, currency), .type = FIELD_NAME, .doc = "ISO 4217."},
    {FIELD(api_offer, option), .type = FIELD_NAME, .doc = "The option that was chosen."},
    {FIELD(api_offer, options), .type = FIELD_TREE,
     .doc = "[{option, remedies: [{kind, amount?, ...}], cost, split}]."},
    {FIELD(api_offer, votes), .type = FIELD_TREE, .doc = "[{actor}]."},
    {FIELD(api_offer, settlements), .type = FIELD_TREE,
     .doc = "[{settlement_id, proposal_id, outcome, reference?}]."},
    FIELDS_END};
static const struct table offer_table = {.name = "offer",
                                         .size = sizeof(struct api_offer),
                                         .fields = offer_fields,
                                         .doc = "What the customer is offered."};

static const struct field customer_fields[] = {
    {FIELD(api_customer, id), .type = FIELD_ID, .doc = "The customer."},
    {FIELD(api_customer, name), .type = FIELD_NAME, .doc = "The name."},
    {FIELD(api_customer, phone), .type = FIELD_NAME, .doc = "The telephone number."},
    {FIELD(api_customer, email), .type = FIELD_NAME, .doc = "The mail address."},
    {FIELD(api_customer, conversation), .type = FIELD_ID, .doc = "The chat or thread."},
    {FIELD(api_customer, locale), .type = FIELD_NAME, .doc = "The language."},
    FIELDS_END};
static const struct table customer_table = {.name = "customer",
                                            .size = sizeof(struct api_customer),
                                            .fields = customer_fields,
                                            .doc = "Personal data."};

static const struct field case_fields[] = {
    {FIELD_AS("case_id", api_case, row.case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The case."},
    {FIELD_AS("status", api_case, row.status), .type = FIELD_NAME, .doc = "Where it stands."},
    {FIELD_AS("class", api_case, row.class_name), .type = FIELD_NAME, .doc = "The class by now."},
    {FIELD(api_case, class_by), .type = FIELD_NAME,
     .doc = "Whose word the class is: text (the words of the customer) or person."},
    {FIELD(api_case, class_rules), .type = FIELD_TEXTS,
     .doc = "Which rules of classification.yaml the words met, `model` where that spoke; none of a "
            "person's class."},
    {FIELD_AS("severity", api_case, row.severity), .type = FIELD_NAME, .doc = "P1 to P4."},
    {FIELD_AS("tier", api_case, row.tier), .type = FIELD_NAME, .doc = "The customer's tier."},
    {FIELD_AS("flags", api_case, row.flags), .type = FIELD_TEXTS, .doc = "All flags ever given."},
    {FIELD_AS("assignee", api_case, row.assignee), .type = FIELD_NAME, .doc = "Who has it."},
    {FIELD_AS("team", api_case, row.team), .type = FIELD_NAME, .doc = "The team that got it."},
    {FIELD_AS("tenant", api_case, row.tenant), .type = FIELD_ID, .doc = "The tenant."},
    {FIELD_AS("channel", api_case, row.channel), .type = FIELD_NAME, .doc = "Its channel."},
    {FIELD_AS("policy", api_case, row.policy), .type = FIELD_NAME,
     .doc = "The policy of sla.yaml that matches."},
    {FIELD(api_case, policy_version), .type = FIELD_NAME, .doc = "The version that it keeps."},
    {FIELD_AS("opened_at", api_case, row.opened_at), .type = FIELD_TIME,
     .doc = "The complaint's time."},
    {FIELD(api_case, contacted_at), .type = FIELD_TIME, .doc = "The first contact."},
    {FIELD(api_case, resolved_at), .type = FIELD_TIME, .doc = "The latest resolution."},
    {FIELD(api_case, closed_at), .type = FIELD_TIME, .doc = "Closed."},
    {FIELD(api_case, repeats), .type = FIELD_INT, .doc = "Further complaints about the order."},
    {FIELD(api_case, deadlines), .type = FIELD_TREE,
     .doc = "As `redressctl sla explain --json`: target, state, due_at, spans of time that counted "
            "and that did not, and why; warnings, steps."},
    {FIELD(api_case, pauses), .type = FIELD_TREE, .doc = "[{from, to?, reason}]."},
    {FIELD(api_case, offer), .type = FIELD_PART, .of = &offer_table,
     .doc = "What the customer is offered."},
    {FIELD(api_case, messages), .type = FIELD_PARTS, .of = &api_message_table,
     .doc = "What was sent, and what is to be."},
    {FIELD(api_case, timeline), .type = FIELD_TREE,
     .doc = "The last 100: [{at, type, target?}]; no text."},
    {FIELD(api_case, customer), .type = FIELD_PART, .of = &customer_table,
     .doc = "For roles only that `private` of board.yaml names."},
    {FIELD(api_case, notes), .type = FIELD_TEXTS, .doc = "What is to be known of this answer."},
    FIELDS_END};
const struct table api_case_table = {.name = "case_whole",
                                     .size = sizeof(struct api_case),
                                     .fields = case_fields,
                                     .doc = "One case."};

/* ---- Parts ---- */

/* Our own bytes. */
static const struct tree *read_tree(const struct buf *text, struct arena *arena) {
    static const struct json_limits limits = {.bytes = 4 << 20, .depth = 30, .values = 200000};
    const struct tree *tree;
    struct err err;
    if (!text->at || json_read(arena, text->at, text->len, &limits, &tree, &err) != JSON_OK)
        return NULL;
    return tree;
}

static const struct tree *as_tree(const struct table *table, const void *data,
                                  struct arena *arena) {
    struct buf text = {NULL, 0, 0};
    struct json_out json = {.buf = &text};

    fields_encode(table, data, &json);
    const struct tree *tree = read_tree(&text, arena);
    buf_free(&text);
    return tree;
}

static void take_sla(struct sight *sight, const struct sla_state *state, struct api_case *out) {
    const struct tree *tree = as_tree(&sla_state_table, state, sight->arena);
    struct sight_row *row = &out->row;

    row->status = tree_text(tree, "status");
    row->class_name = state->class_name;
    row->severity = tree_text(tree, "severity");
    row->tier = tree_text(tree, "tier");
    row->flags = state->flags;
    row->assignee = state->assignee;
    row->tenant = state->tenant;
    row->channel = tree_text(tree, "channel");
    row->policy = state->policy;
    row->opened_at = state->opened_at;
    out->policy_version = state->policy_version;
    out->contacted_at = state->contacted_at;
    out->resolved_at = state->resolved_at;
    out->closed_at = state->closed_at;
    out->repeats = state->repeats;
    out->pauses = tree_get(tree, "pauses");
    out->timeline = tree_get(tree, "timeline");
}

/* The lines of sla_explain_case() as a list. */
static void explain(struct sight *sight, struct api_versions *versions,
                    const struct sla_state *state, int64_t now_ms, struct api_case *out) {
    const char *note = NULL;
    const struct sla_policy *policy = api_versions_find(versions, state->policy_version, &note);
    struct buf lines = {NULL, 0, 0};
    struct buf list = {NULL, 0, 0};

    if (note) texts_add(&out->notes, arena_strdup(sight->arena, note), sight->arena);
    if (!policy) return;
    sla_explain_case(state, policy, now_ms, sight->arena, &lines);
    buf_puts(&list, "[");
    for (const char *at = lines.at; at && *at;) {
        size_t len = strcspn(at, "\n");
        if (list.len > 1) buf_puts(&list, ",");
        buf_add(&list, at, len);
        at += len + (at[len] == '\n');
    }
    buf_puts(&list, "]");
    out->deadlines = read_tree(&list, sight->arena);
    buf_free(&lines);
    buf_free(&list);
}

static void take_offer(struct sight *sight, const struct compensation_state *state,
                       struct api_case *out) {
    const struct tree *tree = as_tree(&compensation_state_table, state, sight->arena);
    const struct profile *profile = state->profile;
    struct api_offer *offer = ARENA_NEW(sight->arena, struct api_offer);

    if (profile && profile->text_class) out->class_by = "text";
    if (profile && profile->text_class) out->class_rules = profile->text_rules;
    if (profile && profile->person_class) {
        out->class_by = "person";
        out->class_rules = (struct texts){0};
    }
    if (!state->status) return;
    *offer = (struct api_offer){.status = tree_text(tree, "status"),
                                .proposal_id = state->proposal_id,
                                .rule = state->rule,
                                .proposer = state->proposer,
                                .currency = state->currency,
                                .option = state->option,
                                .approvals = state->approvals,
                                .approve_by = state->approve_by,
                                .choose_by = state->choose_by,
                                .cost_minor = state->cost_minor,
                                .options = tree_get(tree, "options"),
                                .votes = tree_get(tree, "votes"),
                                .settlements = tree_get(tree, "settlements")};
    if (state->needs) {
        offer->role = tree_text(tree_get(tree, "needs"), "role");
        offer->required = state->needs->approvals;
    }
    out->offer = offer;
}

static void take_customer(const struct notification_state *state, struct arena *arena,
                          struct api_case *out) {
    out->customer = ARENA_NEW(arena, struct api_customer);
    *out->customer = (struct api_customer){state->customer_id, state->name,         state->phone,
                                           state->email,       state->conversation, state->locale};
}

/* ---- All of it ---- */

static int take_all(struct sight *sight, struct api_versions *versions,
                    const struct sight_case *found, int64_t now_ms, struct api_case *out) {
    struct sla_state sla;
    struct compensation_state money;
    struct notification_state words;

    if (sight_case_sla(sight, found, &sla) < 0 ||
        sight_case_compensation(sight, found, &money) < 0 ||
        sight_case_notification(sight, found, &words) < 0)
        return -1;
    take_sla(sight, &sla, out);
    if (found->sla->count) explain(sight, versions, &sla, now_ms, out);
    take_offer(sight, &money, out);
    api_messages(&words, out->row.case_id, sight->arena, &out->messages);
    out->row.team = words.team;
    if (found->private) take_customer(&words, sight->arena, out);
    return 0;
}

int api_case(struct sight *sight, struct api_versions *versions, const struct person *person,
             const char *case_id, int64_t now_ms, struct buf *out, struct err *err) {
    struct api_case answer = {.row.case_id = case_id};
    struct json_out json = {.buf = out};
    struct sight_case found;

    if (!ids_is_case(case_id)) return 404;
    if (sight_open(sight) < 0 ||
        sight_case_read(sight, case_id, person->sees_private, &found) < 0) {
        *err = sight->err;
        return 503;
    }
    if (sight_case_is_none(&found)) return 404;
    if (take_all(sight, versions, &found, now_ms, &answer) < 0) {
        *err = sight->err;
        return 503;
    }
    /* Of another team's case he is not even told that it is there. */
    if (person->team && (!answer.row.team || strcmp(person->team, answer.row.team) != 0))
        return 404;
    fields_encode(&api_case_table, &answer, &json);
    buf_puts(out, "\n");

    return 200;
}
