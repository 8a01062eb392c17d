/* sight_similar: see the header. */
#include "sight/sight_similar.h"
#include "base/ids.h"
#include "classification/sketch.h"
#include "compensation/shelf.h"

#include <stdlib.h>
#include <string.h>

static const struct field remedy_fields[] = {
    {FIELD(sight_remedy, kind), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "What is done: refund, coupon, ..."},
    {FIELD(sight_remedy, amount), .type = FIELD_MONEY, .doc = "How much."},
    {FIELD(sight_remedy, valid_days), .type = FIELD_INT, .doc = "Days that it is valid."},
    FIELDS_END};
static const struct table remedy_table = {.name = "remedy",
                                          .size = sizeof(struct sight_remedy),
                                          .fields = remedy_fields,
                                          .doc = "One thing that makes good."};

static const struct field option_fields[] = {
    {FIELD(sight_option, option), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .doc = "Its name."},
    {FIELD(sight_option, remedies), .type = FIELD_PARTS, .of = &remedy_table,
     .doc = "What the customer could have."},
    FIELDS_END};
static const struct table option_table = {.name = "option",
                                          .size = sizeof(struct sight_option),
                                          .fields = option_fields,
                                          .doc = "What could be chosen."};

static const struct field similar_fields[] = {
    {FIELD(sight_similar, case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The closed case."},
    {FIELD(sight_similar, alike), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "How alike the words are, in thousandths: the share of their features that both have."},
    {FIELD(sight_similar, same), .type = FIELD_TEXTS,
     .doc = "Facts that are the same: article, status (of the order), goods (made to order, "
            "perishable, or neither), value (between half and double), carrier, warehouse, asked "
            "(the remedy asked for)."},
    {FIELD(sight_similar, severity), .type = FIELD_NAME, .doc = "P1 to P4."},
    {FIELD(sight_similar, opened_at), .type = FIELD_TIME, .doc = "The complaint's time."},
    {FIELD(sight_similar, ended_at), .type = FIELD_TIME,
     .doc = "When it was solved, or closed without that."},
    {FIELD(sight_similar, took), .type = FIELD_DURATION, .doc = "From the one to the other."},
    {FIELD(sight_similar, offer), .type = FIELD_NAME,
     .doc = "What became of the last offer: settled, expired, withdrawn, ..."},
    {FIELD(sight_similar, by), .type = FIELD_NAME, .doc = "The rule that made it, or `person`."},
    {FIELD(sight_similar, offered), .type = FIELD_PARTS, .of = &option_table,
     .doc = "What it was."},
    {FIELD(sight_similar, chosen), .type = FIELD_NAME, .doc = "The option that was chosen."},
    {FIELD(sight_similar, score), .type = FIELD_INT,
     .doc = "What the customer said when asked afterwards, 1 (bad) to 5 (good)."},
    FIELDS_END};
static const struct table similar_table = {.name = "similar",
                                           .size = sizeof(struct sight_similar),
                                           .fields = similar_fields,
                                           .doc = "A closed case that is like it."};

static const struct field list_fields[] = {
    {FIELD(sight_similar_list, case_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The case."},
    {FIELD_AS("class", sight_similar_list, class_name), .type = FIELD_NAME,
     .doc = "The class by now; absent: it has none yet, and none is like it."},
    {FIELD(sight_similar_list, looked_at), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "How many closed cases of its class were compared,"},
    {FIELD(sight_similar_list, there_are), .type = FIELD_INT, .flags = FIELD_REQUIRED,
     .doc = "and how many there are."},
    {FIELD(sight_similar_list, similar), .type = FIELD_PARTS, .flags = FIELD_REQUIRED,
     .of = &similar_table, .doc = "The most similar first."},
    FIELDS_END};
const struct table sight_similar_list_table = {.name = "similar_cases",
                                               .size = sizeof(struct sight_similar_list),
                                               .fields = list_fields,
                                               .doc = "Closed cases that are like one."};

/* ---- One of them ---- */

int sight_similar_order(const struct sight_similar *one, const struct sight_similar *two) {
    if (one->same.count != two->same.count) return two->same.count - one->same.count;
    if (one->alike != two->alike) return one->alike > two->alike ? -1 : 1;
    if (one->ended_at != two->ended_at) return one->ended_at > two->ended_at ? -1 : 1;

    return strcmp(one->case_id, two->case_id);
}

static int by_order(const void *one, const void *two) {
    return sight_similar_order(one, two);
}

/* A remark on a remedy may be a person's own: it is left out. */
static struct parts offered(const struct compensation_state *state, struct arena *arena) {
    const struct compensation_option *from = state->options.at;
    struct parts options = {NULL, 0};

    for (int i = 0; i < state->options.count; i++) {
        const struct compensation_remedy *remedies = from[i].remedies.at;
        struct sight_option *option =
            parts_add(&options, sizeof *option, state->options.count, arena);
        option->option = from[i].option;
        for (int n = 0; n < from[i].remedies.count; n++) {
            struct sight_remedy *remedy =
                parts_add(&option->remedies, sizeof *remedy, from[i].remedies.count, arena);
            remedy->kind = fields_choice_name(contract_remedy_kinds, remedies[n].kind);
            remedy->amount = remedies[n].amount;
            remedy->valid_days = remedies[n].valid_days;
        }
    }
    return options;
}

static const char *status_of(const struct compensation_state *state) {
    for (const struct field *field = compensation_state_table.fields; field->name; field++)
        if (strcmp(field->name, "status") == 0)
            return fields_choice_name(field->choices, state->status);
    return NULL;
}

/* What the list is ordered by; the rest only of those that are shown. */
static void compare(const struct compensation_state *open, const struct compensation_state *closed,
                    struct arena *arena, struct sight_similar *out) {
    const struct profile *profile = closed->profile;
    int alike = -1;

    if (open->profile) alike = sketch_alike(open->profile->text_sketch, profile->text_sketch);
    if (alike > 0) out->alike = alike;
    out->same = shelf_same(open, closed, arena);
    if (profile->resolved)
        out->ended_at = profile->resolved->at;
    else if (profile->closed)
        out->ended_at = profile->closed->at;
    out->opened_at = closed->opened_at;
}

static void tell(const struct compensation_state *closed, struct arena *arena,
                 struct sight_similar *out) {
    int severity = profile_severity(closed->profile);

    out->severity = fields_choice_name(contract_severities, severity);
    if (out->opened_at && out->ended_at > out->opened_at)
        out->took = out->ended_at - out->opened_at;
    out->offer = status_of(closed);
    if (closed->proposer)
        out->by = "person";
    else
        out->by = closed->rule;
    out->offered = offered(closed, arena);
    out->chosen = closed->option;
    out->score = closed->score;
}

/* ---- All of them ---- */

enum { PAGE = 500 }; /* hashes asked for in one exchange: 600 KB */

struct candidate {
    struct sight_similar row; /* first: it is sorted by that */
    const struct compensation_state *state;
};
struct search {
    struct sight *sight;
    const struct compensation_state *open;
    const char *shelf, *own;
    struct candidate *at;
    int count;
};

/* The index holds numbers made of texts, of which two may be the same. */
static void take(struct search *search, const char *case_id,
                 const struct compensation_state *state) {
    bool same = state->library && strcmp(state->library, search->shelf) == 0;
    if (!same || !state->profile || strcmp(case_id, search->own) == 0) return;

    struct candidate *added = ARENA_ADD(search->sight->arena, search->at, search->count);
    *added = (struct candidate){.row.case_id = case_id, .state = state};
    compare(search->open, state, search->sight->arena, &added->row);
}

static int look_at(struct search *search, int shard, const struct redis_reply *ids) {
    struct sight *sight = search->sight;
    const char *page[PAGE];

    for (int from = 0; from < ids->count; from += PAGE) {
        int count = 0;
        for (; count < PAGE && from + count < ids->count; count++)
            page[count] = ids->items[from + count].text;
        struct compensation_state *states =
            arena_alloc(sight->arena, (size_t)count * sizeof *states);
        if (sight_case_compensations(sight, shard, page, count, states) < 0) return -1;
        for (int i = 0; i < count; i++) take(search, page[i], &states[i]);
    }
    return 0;
}

/* Which cases stand on the shelf, by shard. */
static int find(struct search *search, struct sight_similar_list *out) {
    struct sight *sight = search->sight;
    const char *score =
        arena_printf(sight->arena, "%lld", (long long)fields_found_as("library", search->shelf));
    const char *each = arena_printf(sight->arena, "%d", SIGHT_SIMILAR_LOOKED / sight->shards + 1);
    struct redis_reply *replies;
    int count;

    for (int shard = 0; shard < sight->shards; shard++) {
        const char *key = sight_key(sight, "compensation", shard, "of:library");
        redis_addf(sight->redis, 4, "ZCOUNT", key, score, score);
        redis_addf(sight->redis, 7, "ZRANGEBYSCORE", key, score, score, "LIMIT", "0", each);
    }
    if (sight_exchange(sight, &replies, &count) < 0) return -1;
    for (int shard = 0; shard < sight->shards; shard++) {
        out->there_are += replies[2 * shard].number;
        if (look_at(search, shard, &replies[2 * shard + 1]) < 0) return -1;
    }
    out->looked_at = search->count;

    return 0;
}

/* The team of each, NULL: none. */
static int read_teams(struct search *search, int count, const char **teams_out) {
    struct sight *sight = search->sight;
    struct redis_reply *replies;
    int replied;

    for (int i = 0; i < count; i++)
        redis_addf(sight->redis, 3, "HGET",
                   sight_case_key(sight, "notification", search->at[i].row.case_id), "team");
    if (sight_exchange(sight, &replies, &replied) < 0) return -1;
    for (int i = 0; i < count; i++) {
        teams_out[i] = NULL;
        if (replies[i].kind == REDIS_TEXT) teams_out[i] = replies[i].text;
    }
    return 0;
}

/* Of another team's cases he is not even told that they are there. */
static int choose(struct search *search, const char *team, int most,
                  struct sight_similar_list *out) {
    enum { OF_A_TEAM = 500 }; /* best candidates of which the team is looked at */
    struct sight *sight = search->sight;
    const char *teams[OF_A_TEAM];
    int count = search->count;

    if (team && count > OF_A_TEAM) count = OF_A_TEAM;
    if (team && count && read_teams(search, count, teams) < 0) return -1;
    for (int i = 0; i < count && out->similar.count < most; i++) {
        struct candidate *chosen = &search->at[i];
        if (team && (!teams[i] || strcmp(team, teams[i]) != 0)) continue;
        tell(chosen->state, sight->arena, &chosen->row);
        struct sight_similar *shown = parts_add(&out->similar, sizeof *shown, most, sight->arena);
        *shown = chosen->row;
    }
    return 0;
}

int sight_similar_read(struct sight *sight, const char *case_id, const char *team, int most,
                       struct sight_similar_list *out) {
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, sight->shards);
    struct compensation_state open;
    struct search search = {.sight = sight, .open = &open, .own = case_id};

    *out = (struct sight_similar_list){.case_id = case_id};
    if (sight_case_compensations(sight, shard, &case_id, 1, &open) < 0) return -1;
    out->class_name = profile_class(open.profile);
    search.shelf = shelf_of(&open, sight->arena);
    if (!search.shelf) return 0;

    if (find(&search, out) < 0) return -1;
    if (search.count) qsort(search.at, (size_t)search.count, sizeof *search.at, by_order);
    return choose(&search, team, most, out);
}
