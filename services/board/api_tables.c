/* api_tables: what is answered, what may be asked, and the rows of the API. */
#include "board/api_parts.h"
#include "board/api_similar.h"
#include "board/decide.h"
#include "contract/contract.h"

/* ---- Answers ---- */

#define PAGE_FIELDS(table_struct, item_table)                                                      \
    {FIELD(table_struct, items), .type = FIELD_PARTS, .of = &(item_table), .doc = "The page."},    \
        {FIELD(table_struct, total), .type = FIELD_INT, .flags = FIELD_REQUIRED,                   \
         .doc = "How many there are in all."},                                                     \
        {FIELD(table_struct, next), .type = FIELD_NAME,                                            \
         .doc = "For `after`, to get the next page; absent: this is the last."},                   \
        FIELDS_END

static const struct field due_fields[] = {PAGE_FIELDS(api_page, sight_listed_table)};
static const struct table due_table = {.name = "deadlines",
                                       .size = sizeof(struct api_page),
                                       .fields = due_fields,
                                       .doc = "Deadlines, the earliest first."};
static const struct field cases_fields[] = {PAGE_FIELDS(api_page, sight_row_table)};
static const struct table cases_table = {.name = "cases",
                                         .size = sizeof(struct api_page),
                                         .fields = cases_fields,
                                         .doc = "Cases, by their next deadline."};
static const struct field approvals_fields[] = {PAGE_FIELDS(api_page, sight_waiting_table)};
static const struct table approvals_table = {.name = "approvals",
                                             .size = sizeof(struct api_page),
                                             .fields = approvals_fields,
                                             .doc = "Proposals that wait, the most urgent "
                                                    "first."};
#define LIST_FIELDS(item_table)                                                                    \
    {FIELD(api_page, items), .type = FIELD_PARTS, .of = &(item_table), .doc = "The first."},       \
        {FIELD(api_page, total), .type = FIELD_INT, .flags = FIELD_REQUIRED,                       \
         .doc = "How many there are in all."},                                                     \
        FIELDS_END
static const struct field causes_fields[] = {LIST_FIELDS(sight_cause_table)};
static const struct table causes_table = {.name = "causes",
                                          .size = sizeof(struct api_page),
                                          .fields = causes_fields,
                                          .doc = "Causes, the unanswered first."};
static const struct field cohorts_fields[] = {LIST_FIELDS(sight_cohort_table)};
static const struct table cohorts_table = {.name = "cohorts",
                                           .size = sizeof(struct api_page),
                                           .fields = cohorts_fields,
                                           .doc = "Cohorts, those that wait first."};
static const struct field hours_fields[] = {
    {FIELD(api_page, items), .type = FIELD_PARTS, .of = &sight_hour_table, .doc = "The hours."},
    FIELDS_END};
static const struct table hours_table = {.name = "hours",
                                         .size = sizeof(struct api_page),
                                         .fields = hours_fields,
                                         .doc = "Hours, UTC, the latest last."};
static const struct field budgets_fields[] = {
    {FIELD(api_budgets, budgets), .type = FIELD_PARTS, .of = &sight_budget_table,
     .doc = "The day's budgets."},
    {FIELD(api_budgets, levels), .type = FIELD_PARTS, .of = &overview_level_table,
     .doc = "Who may approve how much, the lowest first."},
    FIELDS_END};
static const struct table budgets_table = {.name = "budgets",
                                           .size = sizeof(struct api_budgets),
                                           .fields = budgets_fields,
                                           .doc = "Budgets and limits."};
static const struct field workers_fields[] = {
    {FIELD(api_workers, workers), .type = FIELD_PARTS, .of = &overview_worker_table,
     .doc = "The workers that board.yaml names."},
    {FIELD(api_workers, held), .type = FIELD_PARTS, .of = &overview_held_table,
     .doc = "What waits, and why."},
    {FIELD(api_workers, policies), .type = FIELD_PARTS, .of = &overview_version_table,
     .doc = "The policies in force."},
    FIELDS_END};
static const struct table workers_table = {.name = "workers",
                                           .size = sizeof(struct api_workers),
                                           .fields = workers_fields,
                                           .doc = "How the workers are."};
static const struct field me_fields[] = {
    {FIELD(api_me, name), .type = FIELD_NAME, .doc = "Absent without having signed in."},
    {FIELD(api_me, role), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = board_policy_roles, .doc = "In which role."},
    {FIELD(api_me, team), .type = FIELD_NAME, .doc = "The team whose cases are seen."},
    {FIELD(api_me, sees_private), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "The customer's name and how to reach him are shown."},
    {FIELD(api_me, decides), .type = FIELD_BOOL, .flags = FIELD_REQUIRED,
     .doc = "Proposals may be decided."},
    {FIELD(api_me, csrf), .type = FIELD_NAME, .doc = "For the header X-Redress-CSRF of decisions."},
    {FIELD(api_me, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .doc = "Of the program."},
    {FIELD(api_me, prefix), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Which environment it is: REDRESS_TOPIC_PREFIX."},
    FIELDS_END};
static const struct table me_table = {.name = "me",
                                      .size = sizeof(struct api_me),
                                      .fields = me_fields,
                                      .doc = "Who asks, and what he may."};

/* ---- Parameters ---- */

#define FILTERS                                                                                    \
    {"class", API_CLASS, NULL, 0, 0, "Of this class; `quality.*` is all that begin so."},          \
        {"severity", API_CHOICE, contract_severities, 0, 0, "Of this severity."},                  \
        {"tier", API_CHOICE, contract_tiers, 0, 0, "Of customers of this tier."},                  \
        {"status", API_TEXT, NULL, 0, 0, "Of this status."},                                       \
        {"team", API_TEXT, NULL, 0, 0, "Of this team."},                                           \
        {"assignee", API_TEXT, NULL, 0, 0, "Of this person."},                                     \
        {"tenant", API_TEXT, NULL, 0, 0, "Of this tenant."},                                       \
        {"channel", API_CHOICE, contract_channels, 0, 0, "That came in by this channel."}, {       \
        "flag", API_TEXT, NULL, 0, 0, "With this flag."                                            \
    }
#define PAGES                                                                                      \
    {"limit", API_NUMBER, NULL, 1, MIRROR_LIMIT_MAX, "So many at most; 100 without."}, {           \
        "after", API_TEXT, NULL, 0, 0, "Behind this place: `next` of the page before."             \
    }
static const char *const yes[] = {"true", "false", NULL};
const struct api_parameter api_list_parameters[] = {
    FILTERS,
    {"target", API_TEXT, NULL, 0, 0, "Deadlines of this target."},
    {"state", API_TEXT, NULL, 0, 0, "running or breached."},
    {"overdue", API_CHOICE, yes, 0, 0, "true: whose time has passed; false: whose has not."},
    {"within", API_DURATION, NULL, 0, 0, "Due from now on within this time: 15m, 1h, 1d."},
    PAGES,
    {NULL, API_TEXT, NULL, 0, 0, NULL}};
static const struct api_parameter counts_parameters[] = {FILTERS,
                                                         {NULL, API_TEXT, NULL, 0, 0, NULL}};
static const struct api_parameter hours_parameters[] = {
    {"hours", API_NUMBER, NULL, 1, OVERVIEW_HOURS, "So many, up to now; 24 without."},
    {NULL, API_TEXT, NULL, 0, 0, NULL}};
static const struct api_parameter approvals_parameters[] = {
    {"role", API_CHOICE, contract_roles, 0, 0, "That wait for this role."},
    PAGES,
    {NULL, API_TEXT, NULL, 0, 0, NULL}};

#define LIMIT                                                                                      \
    { "limit", API_NUMBER, NULL, 1, MIRROR_LIMIT_MAX, "So many at most; 100 without." }
static const struct api_parameter causes_parameters[] = {
    {"party", API_TEXT, NULL, 0, 0, "That this role was told of."},
    LIMIT,
    {NULL, API_TEXT, NULL, 0, 0, NULL}};
static const struct api_parameter cohorts_parameters[] = {LIMIT,
                                                          {NULL, API_TEXT, NULL, 0, 0, NULL}};

/* ---- The rows ---- */

const struct api_endpoint api_endpoints[] = {
    {"GET", "/api/v1/me", "me", "Who asks, and what he may.", NULL, NULL, &me_table, false,
     api_find_me},
    {"GET", "/api/v1/counts", "counts",
     "How many cases and deadlines there are. With a filter those of the cases that it takes.",
     counts_parameters, NULL, &overview_counts_table, false, api_find_counts},
    {"GET", "/api/v1/due", "due", "Deadlines that run or were missed, the earliest first.",
     api_list_parameters, NULL, &due_table, false, api_find_due},
    {"GET", "/api/v1/cases", "cases", "Open cases, by their next deadline; last those without one.",
     api_list_parameters, NULL, &cases_table, false, api_find_cases},
    {"GET", "/api/v1/cases/{case_id}", "case",
     "One case: its deadlines with every stretch of time, as `redressctl sla explain` has them; "
     "what was offered; what was sent; what happened.",
     NULL, NULL, &api_case_table, true, NULL},
    {"GET", "/api/v1/similar/{case_id}", "similar",
     "Closed cases that are like one, as `redressctl case --similar` has them.", NULL, NULL,
     &sight_similar_list_table, true, NULL},
    {"GET", "/api/v1/hours", "hours", "What was opened, resolved, met and breached by hour.",
     hours_parameters, NULL, &hours_table, false, api_find_hours},
    {"GET", "/api/v1/approvals", "approvals", "Proposals that await approval.",
     approvals_parameters, NULL, &approvals_table, false, api_find_approvals},
    {"GET", "/api/v1/causes", "causes",
     "What brings more complaints than usual, and what became of it in nine weeks.",
     causes_parameters, NULL, &causes_table, false, api_find_causes},
    {"GET", "/api/v1/cohorts", "cohorts", "Orders at risk: cohorts that run or wait for a person.",
     cohorts_parameters, NULL, &cohorts_table, false, api_find_cohorts},
    {"GET", "/api/v1/budgets", "budgets", "The day's budgets, and who may approve how much.", NULL,
     NULL, &budgets_table, false, api_find_budgets},
    {"GET", "/api/v1/workers", "workers", "How the workers are, and what is held.", NULL, NULL,
     &workers_table, false, api_find_workers},
    {"POST", "/api/v1/decisions", "decide",
     "Approves or rejects a proposal as the person who has signed in; with --allow-decisions only. "
     "Wants the header X-Redress-CSRF. What comes of it, the case says.",
     NULL, &decide_table, &decide_sent_table, true, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL}};
