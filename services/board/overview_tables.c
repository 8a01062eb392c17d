/* overview_tables: what the API says of each, and its schemas. */
#include "board/overview.h"

#define NUMBER(member, text)                                                                       \
    { FIELD(overview_counts, member), .type = FIELD_INT, .flags = FIELD_REQUIRED, .doc = text }
#define LIST(json_name, member, text)                                                              \
    {                                                                                              \
        FIELD_AS(json_name, overview_counts, member), .type = FIELD_PARTS,                         \
                                                      .of = &sight_count_table, .doc = text        \
    }
static const struct field counts_fields[] = {
    NUMBER(open, "Open cases: open, paused or resolved."),
    NUMBER(overdue, "Deadlines whose time has passed, and that are not met."),
    NUMBER(due_15m, "Deadlines due within 15 minutes."),
    NUMBER(due_1h, "Deadlines due within an hour, those before included."),
    NUMBER(due_4h, "Deadlines due within 4 hours, those before included."),
    NUMBER(awaiting_approval, "Proposals that await approval."),
    NUMBER(opened_24h, "Opened in this hour and the 23 before."),
    NUMBER(resolved_24h, "Resolved in these."),
    NUMBER(breached_24h, "Deadlines missed in these."),
    {FIELD(overview_counts, oldest_case), .type = FIELD_ID, .doc = "The open case that is oldest."},
    {FIELD(overview_counts, oldest_opened_at), .type = FIELD_TIME, .doc = "When it was opened."},
    LIST("status", status, "Open cases by status."),
    LIST("severity", severity, "Open cases by severity."),
    LIST("tier", tier, "Open cases by the customer's tier."),
    LIST("class", class_name, "Open cases by class."),
    LIST("team", team, "Open cases by the team that has them."),
    NUMBER(known, "Cases that lists are made of."),
    NUMBER(behind, "Of these, cases that have changed since they were read."),
    {FIELD(overview_counts, faults), .type = FIELD_TEXTS, .doc = "Why not all is shown."},
    FIELDS_END};
const struct table overview_counts_table = {.name = "counts",
                                            .size = sizeof(struct overview_counts),
                                            .fields = counts_fields,
                                            .doc = "How many."};

static const struct field worker_fields[] = {
    {FIELD(overview_worker, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "As board.yaml names it."},
    {FIELD(overview_worker, answers), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "It answers."},
    {FIELD(overview_worker, ready), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "It is ready."},
    {FIELD(overview_worker, lag_records), .type = FIELD_INT,
     .doc = "Input records that it has not decided yet."},
    {FIELD(overview_worker, says), .type = FIELD_NAME, .doc = "What it says of itself."},
    FIELDS_END};
const struct table overview_worker_table = {.name = "worker",
                                            .size = sizeof(struct overview_worker),
                                            .fields = worker_fields,
                                            .doc = "How a worker is."};

static const struct field held_fields[] = {{FIELD(overview_held, where), .type = FIELD_NAME,
                                            .flags = FIELD_REQUIRED, .doc = "`<worker>.<shard>`."},
                                           {FIELD(overview_held, why), .type = FIELD_NAME,
                                            .flags = FIELD_REQUIRED, .doc = "What it waits for."},
                                           FIELDS_END};
const struct table overview_held_table = {.name = "held",
                                          .size = sizeof(struct overview_held),
                                          .fields = held_fields,
                                          .doc = "A shard that waits."};

static const struct field version_fields[] = {
    {FIELD(overview_version, worker), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The worker."},
    {FIELD(overview_version, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "The policy version that it decides new cases by."},
    FIELDS_END};
const struct table overview_version_table = {.name = "policy",
                                             .size = sizeof(struct overview_version),
                                             .fields = version_fields,
                                             .doc = "The policies in force."};

static const struct field level_fields[] = {
    {FIELD(overview_level, by), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "policy, agent, supervisor, manager or finance."},
    {FIELD(overview_level, approvals), .type = FIELD_INT,
     .doc = "How many must approve; 1 without."},
    {FIELD(overview_level, up_to), .type = FIELD_TREE,
     .doc = "Up to which cost, {currency: minor units}; without it, any."},
    FIELDS_END};
const struct table overview_level_table = {.name = "level",
                                           .size = sizeof(struct overview_level),
                                           .fields = level_fields,
                                           .doc = "Who may approve how much."};
