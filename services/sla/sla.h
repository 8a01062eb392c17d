/* sla: the promises of a case, and what became of them; and the end of a case that nobody ever
 * closes.
 *
 * Consumes: everything inbound about a case, and case.opened, case.repeated, case.classified.
 *
 * Emits: sla.started, .rescheduled, .paused, .resumed, .warned, .breached, .escalated, .met,
 * .cancelled, .retracted; and case.closed for silence (sla_silence.h).
 *
 * Keeps: the facts of the case (sla_state.h) and what was said about each cycle of each target.
 *
 * Decides: deadlines as a function of facts and policy (sla_replay.h): facts may come in any order.
 * Folding an event never breaches, warns or escalates, only wake-ups do (sla_fire.h); a late record
 * that disproves a breach is answered by sla.retracted.
 *
 * Rejects: what names a case that was never opened, or is long over (unknown_case). */
#ifndef REDRESS_SLA_H
#define REDRESS_SLA_H

#include "decision/spec.h"

extern const struct worker_spec sla_spec;

#endif
