/* ctl_labels: labelled texts from a file, as training takes them. */
#ifndef REDRESS_CTL_LABELS_H
#define REDRESS_CTL_LABELS_H

#include "classification/policy.h"
#include "classification/train.h"

enum {
    CTL_LABELS_MIN = 10,
    CTL_LABELS_FILE_MAX = 1 << 30
}; /* a class with fewer labels than this is left to the rules */

/* Reads JSON lines {text, class}, or, with a mapping, a table `id<TAB>text<TAB>intent` under a
 * heading, whose intents the mapping (a JSON file {fine: [{classes, intents}], ambiguous:
 * [intents]}) turns into classes; intents that it does not name are `other`. Features and points
 * are those of the policy. Returns 0 or -1 with a reason. */
int ctl_labels_read(const struct policy *policy, const char *path, const char *mapping_path,
                    struct arena *arena, struct train_set *out, struct err *err) MUST_CHECK;

#endif
