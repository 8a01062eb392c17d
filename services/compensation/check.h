/* check: a fault of compensation.yaml with its line, and what several of its tables need checked
 * (offer_check.c, duty_check.c). */
#ifndef REDRESS_COMPENSATION_CHECK_H
#define REDRESS_COMPENSATION_CHECK_H

#include "data/currency.h"
#include "offer_policy.h"

#include <string.h>

/* The file beside the structs, for line numbers. */
struct check {
    struct faults *faults;
    struct arena *arena;
    const char *path; /* of what is being checked */
    const struct tree *node;
};

static inline void fault(const struct check *check, const char *member, const char *text) {
    const struct tree *at = tree_get(check->node, member);
    const struct tree *line = at;
    if (!at) line = check->node;
    faults_add(check->faults, FAULT_VALUE, line ? line->line : 0,
               arena_printf(check->arena, "%s%s%s", check->path, *check->path ? "." : "", member),
               "%s", text);
}

static inline struct check inside(const struct check *check, const char *member, int index) {
    const struct tree *node = tree_get(check->node, member);

    if (node)
        node = node->first;
    else
        node = NULL;
    for (int i = 0; node && i < index; i++) node = node->next;
    struct check inner = *check;
    inner.node = node;
    inner.path = arena_printf(check->arena, "%s%s%s[%d]", check->path, *check->path ? "." : "",
                              member, index);
    return inner;
}

/* "expected ISO 4217 codes" and what was probably meant; false: it is one. */
static inline bool is_no_currency(const struct check *check, const char *member, const char *code) {
    char meant[CURRENCY_SIZE];
    size_t len = strlen(code);

    if (currency_is_known(code, len)) return false;
    const char *instead = currency_meant(code, len, meant);
    if (!instead) instead = "such as CNY";
    bool guessed = instead == meant;
    fault(check, member,
          arena_printf(check->arena, "%s: expected three capital letters of ISO 4217%s %s%s", code,
                       guessed ? ":" : ",", instead, guessed ? "?" : ""));
    return true;
}

static inline void check_amounts_from(const struct check *check, const char *member,
                                      const struct tree *amounts, int64_t least) {
    if (!amounts) return;
    if (amounts->kind != TREE_MAP || !amounts->count) {
        fault(check, member, "expected {currency: minor units}");
        return;
    }
    for (const struct tree *at = amounts->first; at; at = at->next) {
        if (is_no_currency(check, member, at->key)) continue;
        if (at->kind != TREE_INT || at->num < least || at->num > CONTRACT_MONEY_MAX)
            fault(check, member,
                  arena_printf(check->arena,
                               "%s: expected integer minor units from %lld to 999999999999999, "
                               "e.g. {CNY: 10000}",
                               at->key, (long long)least));
    }
}

static inline void check_amounts(const struct check *check, const char *member,
                                 const struct tree *amounts) {
    check_amounts_from(check, member, amounts, 0);
}

/* One budget counts in one currency; the rates do the rest. */
static inline void check_one_amount(const struct check *check, const char *member,
                                    const struct tree *amounts) {
    check_amounts(check, member, amounts);
    if (amounts && amounts->kind == TREE_MAP && amounts->count > 1)
        fault(check, member, "expected one currency; others are counted by `rates`");
}

static inline bool is_class(const char *pattern) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(pattern, contract_classes[i])) return true;
    return false;
}

#endif
