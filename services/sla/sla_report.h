/* sla_report: what the facts say now against what was said before, and the events that make up the
 * difference. */
#ifndef REDRESS_SLA_REPORT_H
#define REDRESS_SLA_REPORT_H

#include "decision/spec.h"
#include "sla_replay.h"

struct sla_report {
    struct sla_state *state;
    const struct decision *in;
    const struct sla_policy *policy;
    struct effects *out;
    struct sla_replay *replay;
    struct sla_cycles cycles; /* what was reported so far */
    const char *cause; /* of deadlines that move: "policy", "deadline_set:<who>", "late_record" */
    bool settle;       /* new deadlines that have passed already wait for late records */
};

/* Compares and emits started, met, cancelled, retracted, rescheduled, paused, resumed; updates the
 * cycles. Breaches are left to sla_fire. */
void sla_report_changes(struct sla_report *report);

/* The cycle as it was reported, or NULL where it was not (its books are closed). */
struct sla_cycle *sla_report_cycle(struct sla_report *report, const struct sla_derived *derived);
/* It was reported breached and that stands: not reported again. */
bool sla_report_breach_said(const struct sla_cycle *cycle);

/* Emission, each also to the timeline. */
struct sla_event;
void sla_report_emit(struct sla_report *report, enum event_type type, const char *id_end,
                     int64_t time_ms, const struct sla_event *data);
/* What a verdict says beside the times: whose deadline it was, under which policy version, and how
 * late the end (or now) is by the clock and in working time. */
void sla_report_verdict(const struct sla_report *report, const struct sla_derived *derived,
                        int64_t end_ms, struct sla_event *data);
/* met or cancelled behind a breach. */
void sla_report_end(struct sla_report *report, const struct sla_derived *derived,
                    struct sla_cycle *cycle);
/* "<target>.<cycle>", for a breach and its retraction with ".2" behind it when one was taken back
 * before: where two late records contradict each other, the last word counts and must be heard. */
const char *sla_report_breach_id(const struct sla_report *report, const struct sla_cycle *cycle);
const char *sla_report_cycle_id(const struct sla_report *report, const char *target, int64_t cycle);

#endif
