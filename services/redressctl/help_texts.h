/* help_texts: the page of each command, <command>.txt beside its code, embedded by the build. */
#ifndef REDRESS_HELP_TEXTS_H
#define REDRESS_HELP_TEXTS_H

extern const char help_acl[], help_approvals[], help_approve[], help_budgets[], help_case[],
    help_cases[], help_causes[], help_classify[], help_cohorts[], help_compensation[],
    help_contract[], help_doctor[], help_drill[], help_erase[], help_events[], help_labels[],
    help_lag[], help_notify[], help_offsets[], help_publish[], help_rebuild[], help_recoveries[],
    help_reject[], help_rejected[], help_repartition[], help_sla[], help_top[], help_topics[],
    help_train[], help_visit[];

#endif
