/* duty_check: rows that contradict each other, or could never speak. */
#include "duty_check.h"

#include <string.h>

static void check_settle(const struct check *top, const struct offer_policy *policy) {
    const struct duty_settle *steps = policy->settle.at;

    for (int i = 0; i < policy->settle.count; i++) {
        struct check check = inside(top, "settle", i);
        if (i > 0 && steps[i].after < steps[i - 1].after)
            fault(&check, "after", "expected at least what the step before has");
        for (int k = 0; k < steps[i].kinds.count; k++)
            if (!fields_choice_value(contract_remedy_kinds, steps[i].kinds.at[k]))
                fault(&check, "kinds", "expected kinds of remedies");
        if (steps[i].retry == (steps[i].to != 0))
            fault(&check, "to", "expected one of `retry: true` and `to`");
    }
}

static void check_undecided(const struct check *top, const struct offer_policy *policy) {
    const struct duty_undecided *undecided = policy->undecided;
    struct check check = *top;

    if (!undecided) return;
    check.node = tree_get(top->node, "undecided");
    check.path = "undecided";
    check_amounts(&check, "up_to", undecided->up_to);
    if ((undecided->then == DUTY_APPROVE) != (undecided->up_to != NULL))
        fault(&check, "up_to", "expected with `then: approve`, and only there");
}

static void check_delegations(const struct check *top, const struct offer_policy *policy) {
    const struct duty_delegation *rows = policy->delegations.at;

    for (int i = 0; i < policy->delegations.count; i++) {
        struct check check = inside(top, "delegations", i);
        check_amounts(&check, "up_to", rows[i].up_to);
        if (rows[i].ends <= rows[i].begins) fault(&check, "ends", "expected later than `begins`");
        if (strcmp(rows[i].from, rows[i].to) == 0)
            fault(&check, "to", "expected somebody else than `from`");
    }
}

static void check_budget(const struct check *check, const struct duty_budget *budget) {
    check_one_amount(check, "daily", budget->daily);
    check_one_amount(check, "monthly", budget->monthly);
    if (!budget->daily == !budget->monthly) fault(check, "daily", "expected one of daily, monthly");
    if (!budget->by == !budget->over) fault(check, "over", "expected one of `by` and `over`");
    if (!budget->by && !budget->name) fault(check, "name", "expected without `by`");
    for (int i = 0; i < budget->class_names.count; i++)
        if (!is_class(budget->class_names.at[i]))
            fault(
                check, "class",
                arena_printf(check->arena, "no class is matched by %s", budget->class_names.at[i]));
}

static void check_budgets(const struct check *top, const struct offer_policy *policy) {
    const struct duty_budget *budgets = policy->budgets.at;

    for (int i = 0; i < policy->budgets.count; i++) {
        struct check check = inside(top, "budgets", i);
        const char *name = duty_budget_name(&budgets[i]);
        check_budget(&check, &budgets[i]);
        for (int j = 0; j < i && name; j++) {
            const char *other = duty_budget_name(&budgets[j]);
            if (other && strcmp(name, other) == 0)
                fault(&check, "name",
                      "is there twice: two of one `by` need names, for each counts by its");
        }
    }
}

static void check_history(const struct check *top, const struct offer_policy *policy) {
    const struct duty_history *rows = policy->history.at;

    for (int i = 0; i < policy->history.count; i++) {
        struct check check = inside(top, "history", i);
        for (int j = 0; j < i; j++)
            if (strcmp(rows[i].name, rows[j].name) == 0) fault(&check, "name", "is there twice");
        for (int k = 0; k < rows[i].class_names.count; k++)
            if (!is_class(rows[i].class_names.at[k]))
                fault(&check, "class",
                      arena_printf(check.arena, "no class is matched by %s",
                                   rows[i].class_names.at[k]));
        if (rows[i].counts != DUTY_COUNTS_ACCOUNTS) continue;
        if (rows[i].of == DUTY_OF_CUSTOMER)
            fault(&check, "of", "expected address or phone: a customer is one account");
        if (rows[i].class_names.count > 0) fault(&check, "class", "belongs to `counts: offers`");
    }
}

void duty_check(const struct check *top, const struct offer_policy *policy) {
    check_settle(top, policy);
    check_undecided(top, policy);
    check_delegations(top, policy);
    check_budgets(top, policy);
    check_history(top, policy);
}
