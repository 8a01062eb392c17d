/* drill: see the header. */
#include "redressctl/drill/drill.h"
#include "compensation/compensation.h"
#include "redressctl/ctl_out.h"
#include "redressctl/drill/drill_parts.h"
#include "redressctl/money/ctl_money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct field promise_fields[] = {
    {FIELD(drill_promise, target), .type = FIELD_NAME, .doc = "The target."},
    {FIELD(drill_promise, verdict), .type = FIELD_NAME, .doc = "kept, late, missed, open or void."},
    {FIELD(drill_promise, began_at), .type = FIELD_TIME, .doc = "What started it."},
    {FIELD(drill_promise, due_at), .type = FIELD_TIME, .doc = "When it was due."},
    {FIELD(drill_promise, met_at), .type = FIELD_TIME, .doc = "When it was met."},
    FIELDS_END};
static const struct table promise_table = {
    .name = "promise", .size = sizeof(struct drill_promise), .fields = promise_fields};

static const struct field offer_fields[] = {
    {FIELD(drill_offer, proposal_id), .type = FIELD_ID, .doc = "The proposal."},
    {FIELD(drill_offer, by), .type = FIELD_NAME, .doc = "`rule <name>`, or `person`."},
    {FIELD(drill_offer, needs), .type = FIELD_NAME, .doc = "Who must approve it."},
    {FIELD(drill_offer, outcome), .type = FIELD_NAME, .doc = "What became of it."},
    {FIELD(drill_offer, undecided), .type = FIELD_BOOL, .doc = "Nobody decided in time."},
    {FIELD(drill_offer, at), .type = FIELD_TIME, .doc = "When it was made."},
    {FIELD(drill_offer, cost), .type = FIELD_MONEY, .doc = "Of its costliest option."},
    {FIELD(drill_offer, above), .type = FIELD_BOOL, .doc = "A person's, above the policy's."},
    FIELDS_END};
static const struct table offer_table = {
    .name = "offer", .size = sizeof(struct drill_offer), .fields = offer_fields};

static const struct field decision_fields[] = {
    {FIELD(drill_decision, type), .type = FIELD_NAME, .doc = "Event type."},
    {FIELD(drill_decision, actor), .type = FIELD_NAME, .doc = "Who decided."},
    {FIELD(drill_decision, at), .type = FIELD_TIME, .doc = "When."},
    {FIELD(drill_decision, outcome), .type = FIELD_NAME, .doc = "counted, or why not."},
    FIELDS_END};
static const struct table decision_table = {
    .name = "decision", .size = sizeof(struct drill_decision), .fields = decision_fields};

static const struct field result_fields[] = {
    {FIELD(drill_result, case_id), .type = FIELD_ID, .doc = "The case."},
    {FIELD_AS("class", drill_result, class_name), .type = FIELD_NAME, .doc = "Its class."},
    {FIELD(drill_result, severity), .type = FIELD_NAME, .doc = "P1 to P4."},
    {FIELD(drill_result, status), .type = FIELD_NAME, .doc = "Where it stands at the end."},
    {FIELD(drill_result, scored), .type = FIELD_BOOL, .doc = "There was something to score."},
    {FIELD(drill_result, score), .type = FIELD_INT, .doc = "0 to 100."},
    {FIELD(drill_result, points), .type = FIELD_INT, .doc = "In halves."},
    {FIELD(drill_result, possible), .type = FIELD_INT, .doc = "Likewise."},
    {FIELD(drill_result, promises), .type = FIELD_PARTS, .of = &promise_table, .doc = "By time."},
    {FIELD(drill_result, offers), .type = FIELD_PARTS, .of = &offer_table, .doc = "By time."},
    {FIELD(drill_result, decisions), .type = FIELD_PARTS, .of = &decision_table, .doc = "By time."},
    FIELDS_END};
const struct table drill_result_table = {.name = "drill",
                                         .size = sizeof(struct drill_result),
                                         .fields = result_fields,
                                         .doc = "What a drill came to."};

/* ---- Scoring ---- */

enum { WHOLE = 2, HALF = 1, NONE = 0 };

static void count(struct drill_result *result, int points) {
    result->points += points;
    result->possible += WHOLE;
}

static void count_promise(struct drill_result *result, const char *verdict) {
    if (strcmp(verdict, "kept") == 0)
        count(result, WHOLE);
    else if (strcmp(verdict, "late") == 0)
        count(result, HALF);
    else if (strcmp(verdict, "missed") == 0)
        count(result, NONE);
}

/* One that waits for people still is nobody's fault yet, nor one that another took the place of. */
static void count_offer(struct drill_result *result, const struct drill_offer *offer) {
    bool waits = strcmp(offer->outcome, "open") == 0 || strcmp(offer->outcome, "withdrawn") == 0;

    if (offer->needs && offer->undecided)
        count(result, NONE);
    else if (offer->needs && !waits)
        count(result, WHOLE);
    if (offer->person) count(result, offer->above ? NONE : WHOLE);
}

void drill_score(struct drill_result *result) {
    const struct drill_promise *promises = result->promises.at;
    const struct drill_offer *offers = result->offers.at;
    const struct drill_decision *decisions = result->decisions.at;

    result->points = result->possible = 0;
    for (int i = 0; i < result->promises.count; i++) count_promise(result, promises[i].verdict);
    for (int i = 0; i < result->offers.count; i++) count_offer(result, &offers[i]);
    for (int i = 0; i < result->decisions.count; i++)
        count(result, strcmp(decisions[i].outcome, "counted") == 0 ? WHOLE : NONE);
    result->scored = result->possible > 0;
    if (result->scored) result->score = 100 * result->points / result->possible;
}

/* ---- Playing ---- */

void drill_fault(struct drill *drill, const char *fmt, ...) {
    enum { TOLD_MAX = 10 };
    char words[1000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    if (++drill->faults <= TOLD_MAX)
        ctl_error("drill", "%s:%" PRId64 ": %s", drill->path, drill->line, words);
}

int drill_play(const char *path, const char *dir, int64_t until_ms, struct arena *arena,
               struct drill_result *out) {
    struct drill drill = {.path = path, .arena = arena, .result = out, .offered = -1};

    *out = (struct drill_result){0};
    drill.rehearse = ctl_money_rehearse(dir, &compensation_spec, drill_listen, &drill);
    if (!drill.rehearse) return EXIT_BAD_CONFIG;
    drill_read(&drill);
    if (!drill.faults && until_ms > rehearse_now(drill.rehearse))
        rehearse_advance(drill.rehearse, until_ms);
    if (!drill.faults) drill_conclude(&drill);
    rehearse_free(drill.rehearse);

    return drill.faults ? EXIT_CANNOT_GO_ON : EXIT_OK;
}
