/* classified: what tests of the classification share: the shipped policy, and asking it about
 * texts. */
#ifndef REDRESS_TESTS_CLASSIFIED_H
#define REDRESS_TESTS_CLASSIFIED_H

#include "classification/classification.h"
#include "data/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define POLICIES REDRESS_SOURCE_DIR "/deploy/policies"
#define UNUSED   __attribute__((unused))

static struct arena *arena;
static const struct policy *shipped;

UNUSED static int set_up(void **state) {
    const struct tree *file;
    const char *version;
    void *policy;
    struct err err;
    struct buf said = {0};
    (void)state;
    arena = arena_new();
    struct faults faults = {.arena = arena};
    if (yaml_read_file(arena, POLICIES "/classification.yaml", &file, &err) != 0) {
        print_error("%s\n", err.text);
        return -1;
    }
    if (policy_load(file, POLICIES, arena, &policy, &version, &faults) != 0) {
        faults_print(&faults, "classification.yaml", &said);
        print_error("%s\n", said.at);
        return -1;
    }
    shipped = policy;
    return 0;
}

UNUSED static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

UNUSED static struct verdict judged(const struct policy *policy,
                                    const struct complaint *complaint) {
    struct verdict verdict;
    classification_classify(policy, complaint, true, arena, &verdict);
    return verdict;
}

UNUSED static struct verdict said(const char *text) {
    const struct complaint complaint = {.text = text};
    return judged(shipped, &complaint);
}

UNUSED static bool has_flag(const struct verdict *verdict, const char *flag) {
    return texts_has(&verdict->classified.flags, flag);
}

UNUSED static bool has_reason(const struct verdict *verdict, const char *rule, const char *text) {
    const struct reason *reasons = verdict->classified.reasons.at;
    for (int i = 0; i < verdict->classified.reasons.count; i++) {
        if (strcmp(reasons[i].rule, rule) == 0 &&
            (text == NULL || strcmp(reasons[i].text, text) == 0))
            return true;
    }
    return false;
}

#endif
