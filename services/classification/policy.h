/* policy: classification.yaml, checked and compiled. */
#ifndef REDRESS_POLICY_H
#define REDRESS_POLICY_H

#include "join.h"
#include "rules.h"

/* What is known of a class beyond its rules. */
struct class_row {
    int class_id;
    struct texts ruled_out_by; /* statuses of the order that contradict it */
    struct texts yields_to;    /* classes that lead where they are about as likely */
    bool needs_proof;          /* a photograph or another proof: evidence_missing without one */
    bool by_rules_only;        /* never on the model's word alone */
};

/* How sure one must be, and how rules count where no model is loaded (a model brings its own
 * figures). Thousandths throughout. */
struct joining {
    int64_t threshold; /* confidence below which the class is `other`: a person is asked */
    int64_t rules;     /* log-odds of one point */
    int64_t other;     /* log-odds of `other` before any rule has fired */
    int64_t favour;    /* log-odds that a class is favoured by over `other` when one is chosen; the
                          confidence is not    changed */
    int64_t others_from; /* points from which a further class is named in `others`, */
    int64_t others_sure; /* or how sure one of the text's clauses by itself is; 0: points alone */
};

struct severity_row {
    const char *name;
    int is; /* enum severity */
    struct texts classes, flags, tiers;
    struct parts amounts; /* struct amount_row: any of them */
    int64_t repeats_from;
    bool final; /* no later row counts */
};

struct amount_row {
    struct money amount;
};

struct policy {
    const char *version, *model_name;
    const struct tree *groups;
    struct negation *negation;
    struct supposition *supposition;
    struct compounds *compounds;
    struct parts rule_rows;  /* struct rule */
    struct parts class_rows; /* struct class_row */
    struct parts low_values; /* struct amount_row: orders of this amount or less */
    struct parts severities; /* struct severity_row */
    struct joining *joining;
    /* Made of them. */
    const char *rules_version; /* with the model's check sum */
    const struct text_tables *tables;
    const struct rules *rules;
    const struct model *model; /* NULL: none */
    struct join join;
    const struct class_row **classes; /* by class id; NULL: no row */
    int class_count;                  /* of the contract */
    int other;                        /* class id of `other` */
};

extern const struct table policy_table;

/* The load() of worker.h. */
int policy_load(const struct tree *file, const char *dir, struct arena *arena, void **policy_out,
                const char **version_out, struct faults *faults);

#endif
