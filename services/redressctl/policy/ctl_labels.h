/* ctl_labels: labelled texts from a file, as training takes them. */
#ifndef REDRESS_CTL_LABELS_H
#define REDRESS_CTL_LABELS_H

#include "classification/policy.h"
#include "redressctl/policy/train.h"

enum {
    CTL_LABELS_MIN = 10,        /* a class with fewer labels than this is left to the rules, */
    CTL_LABELS_SIGN_MIN = 20,   /* a flag with fewer as well */
    CTL_LABELS_SHOP = 5,        /* so many times a shop's own label counts beside a corpus, */
    CTL_LABELS_TIMES_MAX = 100, /* or as many as the command says, up to these */
    CTL_LABELS_FILE_MAX = 1 << 30
};

/* Where labels come from. */
struct ctl_labels_source {
    const char *path;    /* JSON lines {text, class} with, where they are known, `question` and
                            `flags`: a file, "-", or a folder of *.jsonl, which are read in order of
                            their names */
    const char *with;    /* further ones, JSON lines, beside which those of `path` count `times`;
                            NULL: none */
    int times;           /* 0: CTL_LABELS_SHOP, with a mapping once */
    const char *mapping; /* NULL; else `path` is a table id<TAB>text<TAB>intent under a heading, and
                            this a JSON file {fine: [{classes, intents}], ambiguous: [intents]} that
                            turns its intents into classes; what it does not name is `other`. Such
                            labels are a machine's: those of `with` are trained on and not measured,
                            and features that one fold alone has are left out */
};

/* Features and points are those of the policy. Returns 0 or -1 with a reason. */
int ctl_labels_read(const struct policy *policy, const struct ctl_labels_source *source,
                    struct arena *arena, struct train_set *out, struct err *err) MUST_CHECK;

#endif
