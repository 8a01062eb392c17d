/* slow_desk: the deadlines of one case once more, without any arithmetic over intervals: a desk that
 * looks at the clock every minute, counts what its rules count, and does at once what is due. It
 * shares nothing with services/sla, so that what both say alike is right. Times are minutes since
 * the opening. */
#ifndef REDRESS_SLOW_DESK_H
#define REDRESS_SLOW_DESK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    SLOW_DAYS = 14,
    SLOW_MINUTES = SLOW_DAYS * 24 * 60,
    SLOW_ROWS = 2,
    SLOW_CYCLES = 200,
    SLOW_NOTES = 500,
    SLOW_NEVER = 1 << 30,
    SLOW_LISTS = 3 /* warnings of a rule, and steps */
};

/* The last is another agreement's resolution, in whichever row the case is. */
enum slow_target { FIRST_CONTACT, RESOLUTION, NEXT_REPLY, AGREED, SLOW_TARGETS };
static const char *const slow_names[] = {"first_contact", "resolution", "next_reply",
                                         "market.resolution"};

enum slow_fact_kind {
    CONTACTED,
    REPLIED,
    BOT_REPLIED,
    CUSTOMER_REPLIED,
    PAUSED,
    RESUMED,
    RESOLVED,
    CLOSED,
    REOPENED,
    WITHDRAWN,
    RECLASSIFIED, /* by a person; arg: the row that matches from now on */
    CLASSIFIED_1, /* a text of the customer's, P1 or P2; arg: the row of its class */
    CLASSIFIED_2,
    ASSIGNED, /* by a person, or by a program; arg: the team */
    ASSIGNED_BY_BOT,
    REPEATED, /* the customer complains again */
    SLOW_FACT_KINDS
};
struct slow_fact {
    enum slow_fact_kind kind;
    int minute, arg; /* of a pause: its reason, from 1 */
    int until;       /* of a pause; SLOW_NEVER: without an end */
};

/* Working hours, in minutes of the local day. */
struct slow_calendar {
    const char *name; /* NULL: always open, in UTC */
    const char *yaml;
    int offset;        /* local time is so far ahead of UTC */
    unsigned weekdays; /* 1: Monday */
    int windows[2][2];
    int window_count;
};

struct slow_warning {
    int percent, before; /* one of the two; before is in working time */
    bool unassigned;
};
struct slow_step {
    int after, percent; /* percent 0: after */
    bool working, unassigned;
    int every, times;
};
struct slow_by {                                  /* minutes of the local day, and working days */
    int time, days, before, else_time, else_days; /* before 0: for all */
};
struct slow_rule {
    int within, days; /* one of the two, or neither: minutes, or working days */
    struct slow_by by;
    const struct slow_calendar *calendar; /* of this case */
    const char *other;                    /* the default, where it is chosen by its region */
    unsigned pause_on;                    /* 1 << reason */
    bool automated, continues;
    struct slow_warning warnings[SLOW_LISTS];
    int warning_count;
    struct slow_step steps[SLOW_LISTS];
    int step_count;
};
enum { SLOW_WAITS = 4 }; /* reasons, from 1 */
struct slow_policy {
    int longest[SLOW_WAITS]; /* minutes; SLOW_NEVER: no bound */
    struct slow_rule rules[SLOW_ROWS][SLOW_TARGETS];
    /* The first row takes its class alone, and of it: */
    int repeats;  /* only so many complaints again, or more; */
    bool no_team; /* not what team 1 has */
    bool agreed;  /* the other agreement holds for this case */
};

/* The time that one rule has counted for a cycle. */
struct slow_count {
    int used, closings;
    int before;   /* used by the cycles that it goes on with */
    int day;      /* of the first start: its own closing does not count */
    int at, days; /* of `by`: the time of day, and how many of them are left out */
    int due;      /* SLOW_NEVER: not reached */
};
struct slow_cycle {
    enum slow_target target;
    int start, due, met_at;
    bool ended, met, late, cancelled;
    struct slow_count counts[SLOW_ROWS]; /* as each of the rows would count it */
    bool promised[SLOW_ROWS];            /* by rows that texts led away from */
    int late_used[SLOW_ROWS];            /* behind the deadline, as each would count it */
    bool counted_last[SLOW_ROWS];        /* of them the last minute */
    int by;                              /* the row that had promised the missed one; or -1 */
    bool warned[SLOW_ROWS][SLOW_LISTS];
    int told[SLOW_ROWS][SLOW_LISTS]; /* how often */
};
struct slow_note {
    enum slow_target target;
    int start, minute;
    char what[32];
};

struct slow_desk {
    const struct slow_policy *policy;
    int64_t opened; /* minutes since the epoch */
    int row, class_row, team, repeats;
    int text_severity; /* of the text that leads */
    bool person;       /* has said what the class is */
    bool assigned;
    enum { SLOW_OPEN, SLOW_RESOLVED, SLOW_CLOSED, SLOW_WITHDRAWN } status;
    int waits_for, waits_until; /* 0: for nobody */
    int waits_since;
    int now;
    unsigned char waited[SLOW_MINUTES + 1]; /* for whom, in each minute so far */
    struct slow_cycle cycles[SLOW_CYCLES];
    int cycle_count;
    struct slow_cycle *running[SLOW_TARGETS], *last[SLOW_TARGETS];
    struct slow_note notes[SLOW_NOTES];
    int note_count;
};

static inline int slow_day(const struct slow_desk *desk, const struct slow_calendar *calendar,
                           int minute) {
    return (int)((desk->opened + minute + (calendar ? calendar->offset : 0)) / 1440);
}

static inline bool slow_works(const struct slow_calendar *calendar, int day) {
    return !calendar || (calendar->weekdays & 1u << (day + 3) % 7);
}

static inline int slow_of_day(const struct slow_desk *desk, const struct slow_calendar *calendar,
                              int minute) {
    return (int)((desk->opened + minute + (calendar ? calendar->offset : 0)) % 1440);
}

/* Is the minute that begins then open? */
static inline bool slow_is_open(const struct slow_desk *desk, const struct slow_calendar *calendar,
                                int minute) {
    if (!calendar) return true;
    int of_day = (int)((desk->opened + minute + calendar->offset) % 1440);
    bool open = false;
    for (int i = 0; i < calendar->window_count; i++)
        open |= of_day >= calendar->windows[i][0] && of_day < calendar->windows[i][1];
    return open && slow_works(calendar, slow_day(desk, calendar, minute));
}

/* Does a working day end for good when this minute is over? */
static inline bool slow_closes(const struct slow_desk *desk, const struct slow_calendar *calendar,
                               int minute) {
    if (!calendar) return (desk->opened + minute + 1) % 1440 == 0;
    int of_day = (int)((desk->opened + minute + calendar->offset) % 1440);
    return slow_is_open(desk, calendar, minute) &&
           of_day + 1 == calendar->windows[calendar->window_count - 1][1];
}

static inline const struct slow_rule *slow_rule(const struct slow_desk *desk,
                                                enum slow_target target) {
    return &desk->policy->rules[desk->row][target];
}

static inline bool slow_stands(const struct slow_desk *desk, const struct slow_rule *rule,
                               int minute) {
    return desk->waits_for && minute < desk->waits_until &&
           (rule->pause_on & 1u << desk->waits_for);
}

static inline bool slow_used_up(const struct slow_rule *rule, const struct slow_count *count) {
    if (rule->by.time) return count->closings > count->days;
    return rule->days ? count->closings >= rule->days : count->used >= rule->within;
}

/* Nothing is left of the time of a cycle that goes on: due when the desk opens. */
static inline void slow_open(const struct slow_desk *desk, const struct slow_rule *rule,
                             struct slow_count *count, int minute) {
    bool counts = !slow_stands(desk, rule, minute) && slow_is_open(desk, rule->calendar, minute);
    if (count->due == SLOW_NEVER && counts && slow_used_up(rule, count)) count->due = minute;
}

/* One minute of one rule's clock. */
static inline void slow_count(const struct slow_desk *desk, const struct slow_rule *rule,
                              struct slow_count *count, int minute) {
    if (slow_used_up(rule, count) || slow_stands(desk, rule, minute)) return;
    count->used += slow_is_open(desk, rule->calendar, minute);
    if (rule->by.time) {
        count->closings += slow_works(rule->calendar, slow_day(desk, rule->calendar, minute + 1)) &&
                           slow_of_day(desk, rule->calendar, minute + 1) == count->at;
        if (slow_used_up(rule, count)) count->due = minute + 1;
        return;
    }
    bool later_day = slow_day(desk, rule->calendar, minute) > count->day;
    count->closings += later_day && slow_closes(desk, rule->calendar, minute);
    if (slow_used_up(rule, count)) count->due = minute + 1;
}

/* The deadline of the row that matches, or what was promised before. */
static inline int slow_due(const struct slow_desk *desk, const struct slow_cycle *cycle) {
    int due = cycle->counts[desk->row].due;
    for (int row = 0; row < SLOW_ROWS; row++)
        if (cycle->promised[row] && cycle->counts[row].due < due) due = cycle->counts[row].due;
    return due;
}

/* One that is found to have passed: how late it is by now. */
static inline void slow_look_back(const struct slow_desk *desk, struct slow_cycle *cycle) {
    for (int minute = cycle->due; minute < desk->now; minute++) {
        for (int row = 0; row < SLOW_ROWS; row++) {
            const struct slow_rule *rule = &desk->policy->rules[row][cycle->target];
            bool stood = rule->pause_on & 1u << desk->waited[minute];
            cycle->counted_last[row] = !stood && slow_is_open(desk, rule->calendar, minute);
            cycle->late_used[row] += cycle->counted_last[row];
        }
    }
}

/* A deadline that has passed has been missed, whatever comes. */
static inline void slow_settle(struct slow_desk *desk, enum slow_target target, int minute) {
    struct slow_cycle *cycle = desk->running[target];
    if (!cycle || cycle->late) return;
    cycle->due = slow_due(desk, cycle);
    cycle->late = cycle->due < minute;
    if (cycle->late) slow_look_back(desk, cycle);
    cycle->by = -1;
    for (int row = 0; row < SLOW_ROWS; row++)
        if (cycle->due < cycle->counts[desk->row].due && cycle->promised[row] &&
            cycle->counts[row].due == cycle->due)
            cycle->by = row;
}

/* It ended before its deadline: when that would have been, had it waited for nobody any more. */
static inline void slow_project(struct slow_desk *desk, struct slow_cycle *cycle, int ended) {
    int waits_for = desk->waits_for;

    desk->waits_for = 0;
    for (int row = 0; row < SLOW_ROWS; row++) {
        const struct slow_rule *rule = &desk->policy->rules[row][cycle->target];
        struct slow_count *count = &cycle->counts[row];
        struct slow_count projected = *count;
        for (int minute = ended; projected.due == SLOW_NEVER; minute++) {
            slow_open(desk, rule, &projected, minute);
            slow_count(desk, rule, &projected, minute);
        }
        count->due = projected.due;
    }
    desk->waits_for = waits_for;
    cycle->due = slow_due(desk, cycle);
}

static inline void slow_end(struct slow_desk *desk, enum slow_target target, int minute, bool met) {
    struct slow_cycle *cycle = desk->running[target];
    if (!cycle) return;
    slow_settle(desk, target, minute);
    if (!cycle->late) slow_project(desk, cycle, minute);
    cycle->ended = true;
    cycle->met = met;
    cycle->cancelled = !met;
    cycle->met_at = met ? minute : 0;
    desk->running[target] = NULL;
    desk->last[target] = cycle;
}

/* By which time of day, and the how manieth; one that has gone by today is counted. */
static inline void slow_start_by(const struct slow_desk *desk, const struct slow_rule *rule,
                                 struct slow_count *count, int minute) {
    int of_day = slow_of_day(desk, rule->calendar, minute);
    bool works = slow_works(rule->calendar, count->day);
    bool late = rule->by.before && works && of_day >= rule->by.before;
    count->at = late ? rule->by.else_time : rule->by.time;
    count->days = late ? rule->by.else_days : rule->by.days;
    count->closings = works && of_day >= count->at;
}

static inline void slow_start(struct slow_desk *desk, enum slow_target target, int minute,
                              bool reopened) {
    if (desk->running[target] || (target == AGREED && !desk->policy->agreed)) return;
    struct slow_cycle *cycle = &desk->cycles[desk->cycle_count++];
    const struct slow_cycle *last = desk->last[target];
    *cycle = (struct slow_cycle){.target = target, .start = minute, .due = SLOW_NEVER};
    for (int row = 0; row < SLOW_ROWS; row++) {
        const struct slow_rule *rule = &desk->policy->rules[row][target];
        struct slow_count *count = &cycle->counts[row];
        count->day = slow_day(desk, rule->calendar, minute);
        if (reopened && last && rule->continues) *count = last->counts[row];
        if (rule->by.time) slow_start_by(desk, rule, count, minute);
        count->before = count->used;
        count->due = SLOW_NEVER;
    }
    desk->running[target] = cycle;
}

/* What is told now: deadlines, warnings, ladders. */

static inline void slow_note(struct slow_desk *desk, const struct slow_cycle *cycle, int minute,
                             const char *what) {
    struct slow_note *note = &desk->notes[desk->note_count++];
    *note = (struct slow_note){cycle->target, cycle->start, minute, ""};
    snprintf(note->what, sizeof note->what, "%s", what);
}

/* Is that much used? Working days are no share of anything until they are over. */
static inline bool slow_warns(const struct slow_desk *desk, const struct slow_cycle *cycle,
                              const struct slow_warning *warning, int minute) {
    const struct slow_rule *rule = slow_rule(desk, cycle->target);
    const struct slow_count *count = &cycle->counts[desk->row];
    if (cycle->late || cycle->ended || slow_stands(desk, rule, minute)) return false;
    if (warning->unassigned && desk->assigned) return false;
    int enough = warning->percent * rule->within;
    if (warning->before) enough = (rule->within - warning->before) * 100;
    return count->due > minute && count->used * 100 >= enough && count->before * 100 < enough;
}

/* Is the step to be told for the so manieth time? `missed`: was it already before this minute? */
static inline bool slow_steps(const struct slow_desk *desk, const struct slow_cycle *cycle,
                              const struct slow_step *step, int telling, bool missed) {
    int row = cycle->by < 0 ? desk->row : cycle->by;
    const struct slow_rule *clock = &desk->policy->rules[row][cycle->target];
    int after = step->after + (telling - 1) * step->every;
    int used = cycle->late_used[row];
    if (!cycle->late || cycle->ended || (step->unassigned && desk->assigned)) return false;
    if (step->percent) after += clock->within * (step->percent - 100) / 100;
    if (!step->working) return desk->now >= cycle->due + after + missed;
    if (after) return used - (missed && cycle->counted_last[row]) >= after;
    return used || (!missed && slow_is_open(desk, clock->calendar, desk->now) &&
                    !slow_stands(desk, clock, desk->now));
}

/* Whose warnings and steps they are: those of a row, or of the other agreement. */
static inline int slow_teller(const struct slow_desk *desk, const struct slow_cycle *cycle) {
    return cycle->target == AGREED ? 0 : desk->row;
}

/* Several times that have gone by are told once. */
static inline void slow_tell_step(struct slow_desk *desk, struct slow_cycle *cycle, int i,
                                  bool missed) {
    const struct slow_step *step = &slow_rule(desk, cycle->target)->steps[i];
    int *told = &cycle->told[slow_teller(desk, cycle)][i];
    int before = *told;
    char what[32];

    while (*told < step->times && slow_steps(desk, cycle, step, *told + 1, missed)) ++*told;
    if (*told == before) return;
    snprintf(what, sizeof what, "level %d", i + 1);
    if (*told > 1) snprintf(what, sizeof what, "level %d x%d", i + 1, *told);
    slow_note(desk, cycle, desk->now, what);
}

static inline void slow_tell(struct slow_desk *desk, struct slow_cycle *cycle, int minute) {
    const struct slow_rule *rule = slow_rule(desk, cycle->target);
    char what[32];

    for (int i = 0; i < rule->warning_count; i++) {
        if (!slow_warns(desk, cycle, &rule->warnings[i], minute)) continue;
        if (rule->warnings[i].before)
            snprintf(what, sizeof what, "%dm", rule->warnings[i].before);
        else
            snprintf(what, sizeof what, "%d%%", rule->warnings[i].percent);
        bool *warned = &cycle->warned[slow_teller(desk, cycle)][i];
        if (!*warned) slow_note(desk, cycle, minute, what);
        *warned = true;
    }
    for (int i = 0; i < rule->step_count; i++) {
        slow_tell_step(desk, cycle, i, true);
        slow_tell_step(desk, cycle, i, false);
    }
}

/* Facts. */

static inline int slow_match(const struct slow_desk *desk) {
    const struct slow_policy *policy = desk->policy;
    bool first = desk->class_row == 0 && desk->repeats >= policy->repeats;
    return first && !(policy->no_team && desk->team == 1) ? 0 : 1;
}

/* What a customer writes takes no promise back; a person may. */
static inline void slow_promise(struct slow_desk *desk, bool by_person) {
    for (int i = 0; i < SLOW_TARGETS; i++) {
        struct slow_cycle *cycle = desk->running[i];
        if (!cycle) continue;
        cycle->promised[desk->row] = true;
        if (by_person) memset(cycle->promised, 0, sizeof cycle->promised);
    }
}

/* Handing a case on, and complaining again, matter where another row matches by it. */
static inline void slow_note_change(struct slow_desk *desk, const struct slow_fact *fact) {
    if (fact->kind == REPEATED)
        desk->repeats++;
    else
        desk->team = fact->arg;
    desk->assigned |= fact->kind != REPEATED;
    int row = slow_match(desk);
    if (row == desk->row) return;
    slow_promise(desk, fact->kind == ASSIGNED);
    desk->row = row;
}

static inline void slow_classify(struct slow_desk *desk, enum slow_fact_kind kind, int row) {
    bool by_person = kind == RECLASSIFIED;
    int severity = kind == CLASSIFIED_1 ? 1 : 2;

    if (!by_person && severity >= desk->text_severity) return; /* the earlier leads */
    if (!by_person) desk->text_severity = severity;
    if (!by_person && desk->person) return;
    slow_promise(desk, by_person);
    desk->person |= by_person;
    desk->class_row = row;
    desk->row = slow_match(desk);
}

/* However often it is said again, a wait is not longer than it may be. */
static inline void slow_pause(struct slow_desk *desk, const struct slow_fact *fact) {
    bool waits = desk->waits_for == fact->arg && fact->minute < desk->waits_until;
    int longest = desk->policy->longest[fact->arg];

    if (!waits) desk->waits_since = fact->minute;
    desk->waits_for = fact->arg;
    desk->waits_until = fact->until;
    if (longest != SLOW_NEVER && desk->waits_since + longest < fact->until)
        desk->waits_until = desk->waits_since + longest;
}

static inline void slow_take_status(struct slow_desk *desk, enum slow_fact_kind kind,
                                    const struct slow_fact *fact) {
    switch (kind) {
    case ASSIGNED:
    case ASSIGNED_BY_BOT: slow_note_change(desk, fact); break;
    case REPEATED:
        slow_note_change(desk, fact);
        if (desk->waits_for == 1) desk->waits_for = 0;
        break;
    case CUSTOMER_REPLIED:
        if (desk->waits_for == 1) desk->waits_for = 0;
        break;
    case PAUSED: slow_pause(desk, fact); break;
    case RESUMED: desk->waits_for = 0; break;
    case RESOLVED:
        if (desk->status == SLOW_OPEN) desk->status = SLOW_RESOLVED;
        desk->waits_for = 0;
        break;
    case CLOSED:
        if (desk->status != SLOW_WITHDRAWN) desk->status = SLOW_CLOSED;
        desk->waits_for = 0;
        break;
    case REOPENED:
        if (desk->status != SLOW_OPEN) desk->waits_for = 0;
        desk->status = SLOW_OPEN;
        break;
    case WITHDRAWN:
        desk->status = SLOW_WITHDRAWN;
        desk->waits_for = 0;
        break;
    case RECLASSIFIED:
    case CLASSIFIED_1:
    case CLASSIFIED_2: slow_classify(desk, kind, fact->arg); break;
    default: break;
    }
}

static inline void slow_take_ends(struct slow_desk *desk, enum slow_fact_kind kind, int minute) {
    bool answers = kind == CONTACTED || kind == REPLIED || kind == BOT_REPLIED;
    bool ends = kind == RESOLVED || kind == CLOSED;

    for (int i = 0; i < SLOW_TARGETS; i++) {
        enum slow_target target = (enum slow_target)i;
        bool counts = kind != BOT_REPLIED || slow_rule(desk, target)->automated;
        bool resolves = target == RESOLUTION || target == AGREED;
        bool met = resolves ? ends : answers && counts;
        if (kind == WITHDRAWN)
            slow_end(desk, target, minute, false);
        else if (met)
            slow_end(desk, target, minute, true);
        else if (target == NEXT_REPLY && ends)
            slow_end(desk, target, minute, false);
    }
}

static inline void slow_take(struct slow_desk *desk, const struct slow_fact *fact) {
    int minute = fact->minute;
    for (int i = 0; i < SLOW_TARGETS; i++) slow_settle(desk, (enum slow_target)i, minute);
    bool reopens = fact->kind == CUSTOMER_REPLIED && desk->status == SLOW_CLOSED;
    reopens |=
        fact->kind == REPEATED && (desk->status == SLOW_RESOLVED || desk->status == SLOW_CLOSED);
    bool was_over = desk->status != SLOW_OPEN;
    slow_take_status(desk, fact->kind, fact);
    slow_take_ends(desk, fact->kind, minute);
    if (fact->kind == CUSTOMER_REPLIED && (!was_over || reopens))
        slow_start(desk, NEXT_REPLY, minute, false);
    if (reopens) slow_take_status(desk, REOPENED, fact);
    if (reopens || fact->kind == REOPENED) {
        slow_start(desk, RESOLUTION, minute, true);
        slow_start(desk, AGREED, minute, true);
    }
}

/* Plays facts that are in order. */
static inline void slow_play(struct slow_desk *desk, const struct slow_policy *policy,
                             int64_t opened, const struct slow_fact *facts, int fact_count) {
    int next = 0;
    *desk = (struct slow_desk){.policy = policy, .opened = opened, .text_severity = 3};
    desk->row = slow_match(desk);
    slow_start(desk, FIRST_CONTACT, 0, false);
    slow_start(desk, RESOLUTION, 0, false);
    slow_start(desk, AGREED, 0, false);
    for (int minute = 0; minute <= SLOW_MINUTES; minute++) {
        desk->now = minute;
        while (next < fact_count && facts[next].minute == minute) slow_take(desk, &facts[next++]);
        for (int i = 0; i < SLOW_TARGETS; i++) {
            struct slow_cycle *cycle = desk->running[i];
            if (!cycle) continue;
            for (int row = 0; row < SLOW_ROWS; row++)
                slow_open(desk, &policy->rules[row][i], &cycle->counts[row], minute);
            slow_settle(desk, (enum slow_target)i, minute + 1); /* just behind the deadline */
            slow_tell(desk, cycle, minute);
            for (int row = 0; row < SLOW_ROWS; row++) {
                const struct slow_rule *rule = &policy->rules[row][i];
                slow_count(desk, rule, &cycle->counts[row], minute);
                cycle->counted_last[row] = cycle->late && !slow_stands(desk, rule, minute) &&
                                           slow_is_open(desk, rule->calendar, minute);
                cycle->late_used[row] += cycle->counted_last[row];
            }
        }
        if (desk->waits_for && minute < desk->waits_until)
            desk->waited[minute] = (unsigned char)desk->waits_for;
    }
}

#endif
