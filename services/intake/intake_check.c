/* intake_check: case ids, classes, and the maps that people name the keys of (fault, facts, split).
 */
#include "intake_check.h"
#include "base/ids.h"
#include "contract/cohort_key.h"
#include "data/currency.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_CHARACTERS = 200, PERCENT_MAX = 100 };
static const double ROUNDING = 1e-6; /* of three times 33.333 */

int intake_check_fail(struct rejection *rejection, const char *reason, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    rejection->reason = reason;
    vsnprintf(rejection->detail, sizeof rejection->detail, fmt, args);
    va_end(args);
    return -1;
}

static int bad_value(struct rejection *rejection, const char *path, const char *expected) {
    return intake_check_fail(rejection, "bad_value", "data.%s: expected %s", path, expected);
}

static int check_names(const struct tree *map, const char *path, struct rejection *rejection) {
    if (map->kind != TREE_MAP) return bad_value(rejection, path, "a map");
    for (const struct tree *member = map->first; member; member = member->next)
        if (!member->key[0] ||
            !fields_is_name(member->key, strlen(member->key), NAME_MAX_CHARACTERS))
            return bad_value(
                rejection, path,
                "names of 1 to 200 characters without control or bidirectional characters");
    return 0;
}

/* {party: percent} */
static int check_fault(const struct tree *fault, struct rejection *rejection) {
    if (!fault) return 0;
    if (check_names(fault, "fault", rejection) != 0) return -1;
    double sum = 0;
    for (const struct tree *share = fault->first; share; share = share->next) {
        bool number = share->kind == TREE_INT || share->kind == TREE_REAL;
        if (!number || share->real < 0)
            return bad_value(rejection, "fault", "percentages from 0 to 100");
        sum += share->real;
    }

    if (sum <= PERCENT_MAX + ROUNDING) return 0;
    return bad_value(rejection, "fault", "percentages of at most 100 together");
}

/* {name: number or text} */
static int check_facts(const struct tree *facts, struct rejection *rejection) {
    if (!facts) return 0;
    if (check_names(facts, "facts", rejection) != 0) return -1;
    for (const struct tree *fact = facts->first; fact; fact = fact->next) {
        bool number = fact->kind == TREE_INT || fact->kind == TREE_REAL;
        if (!number && fact->kind != TREE_TEXT)
            return bad_value(rejection, "facts", "numbers and texts only");
        if (number && fabs(fact->real) >= JSON_REAL_MAX)
            return bad_value(rejection, "facts", "numbers that a double holds");
    }

    return 0;
}

static bool is_money(const struct tree *tree) {
    const struct tree *minor = tree_get(tree, "minor");
    const char *currency = tree_text(tree, "currency");
    if (!currency || !currency_is_known(currency, strlen(currency))) return false;
    return minor && minor->kind == TREE_INT && minor->num >= 0 && minor->num <= CONTRACT_MONEY_MAX;
}

/* The customer chooses by name. */
static bool is_named_before(const struct option *options, int index) {
    for (int i = 0; i < index; i++)
        if (strcmp(options[i].option, options[index].option) == 0) return true;
    return false;
}

static int check_options(const struct parts *options, struct rejection *rejection) {
    for (int i = 0; i < options->count; i++) {
        const struct option *option = (const struct option *)options->at + i;
        char path[32];
        snprintf(path, sizeof path, "options[%d].option", i);
        if (is_named_before(options->at, i)) return bad_value(rejection, path, "a name of its own");
        snprintf(path, sizeof path, "options[%d].split", i);
        if (check_names(option->split, path, rejection) != 0) return -1;
        for (const struct tree *share = option->split->first; share; share = share->next)
            if (!is_money(share))
                return bad_value(rejection, path, "money of 0 or more for each party");
    }

    return 0;
}

static int check_case(const struct contract_type *type, const struct activity *data,
                      struct rejection *rejection) {
    if (!type->names_case) return 0;
    if (data->case_id)
        return ids_is_case(data->case_id) ? 0 : bad_value(rejection, "case_id", "a case id");
    /* Tables that do not require a case are those of settlements and deliveries. */
    if (!data->order_id)
        return intake_check_fail(rejection, "missing_field",
                                 "data.case_id: expected the case, or order_id and cohort_id");
    if (!data->cohort_id)
        return intake_check_fail(rejection, "missing_field",
                                 "data.cohort_id: expected beside order_id");
    return 0;
}

static int check_cohort(const struct activity *data, struct rejection *rejection) {
    const struct cohort_match *match = data->match;

    if (!match) return 0;
    if (cohort_match_is_empty(match))
        return intake_check_fail(
            rejection, "missing_field",
            "data.match: expected one or more of carrier, warehouse, sku, batch, lane");
    if (data->placed_from && data->placed_to && data->placed_from >= data->placed_to)
        return bad_value(rejection, "placed_to", "a time after placed_from");
    return 0;
}

int intake_check_activity(const struct contract_type *type, const struct activity *data,
                          struct rejection *rejection) {
    if (check_case(type, data, rejection) != 0) return -1;
    if (data->class_name && !fields_choice_value(contract_classes, data->class_name))
        return bad_value(rejection, "class", "a class of the contract, e.g. quality.damaged");
    if (check_fault(data->fault, rejection) != 0 || check_facts(data->facts, rejection) != 0)
        return -1;
    if (check_options(&data->options, rejection) != 0) return -1;
    return check_cohort(data, rejection);
}
