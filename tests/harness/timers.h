/* timers: cases whose first_contact deadlines lie where a test wants them, through intake and sla
 * (and classification, where asked for) on real Kafka and Redis, and a reader of the case log that
 * notes when each thing about them became readable (read_committed). Lateness = when sla.breached
 * was readable - due_at. */
#ifndef REDRESS_HARNESS_TIMERS_H
#define REDRESS_HARNESS_TIMERS_H

#include "world.h"

enum {
    TIMERS_WITHIN_MS = 600000 /* the allowance: a complaint lies so long before its deadline */
};

struct timers_case {
    char id[24];
    int64_t due_ms, published_ms;
    int64_t opened_ms, started_ms; /* readable, by the test's clock; 0: not yet */
    int64_t breached_ms;           /* the first sla.breached became readable; 0: not yet */
    int64_t breached_at_ms;        /* what it says */
    int breaches, moves;           /* sla.rescheduled */
    int breached_then; /* how many breaches of other cases were readable when sla.started was */
};

struct timers {
    struct harness *h;
    struct world *world;
    struct arena *arena;
    struct kafka kafka;
    struct kafka_consumer *reader;
    struct process *intake, *classification,
        *sla; /* classification NULL: the clocks start after classify_within */
    struct timers_case *cases;
    int count, size;
    int before_reload; /* so many of them */
    int *table;        /* open addressing: index + 1 of cases, by id */
    size_t table_size;
    int opened, started, breached, moved; /* cases, each once */
};

/* Only the folder and the policy; nothing runs: a test may put things into the environment of
 * h->redis first. most: cases that will be published at most. */
struct timers *timers_new(const char *name, int most);
/* Kafka, Redis, topics, the reader, the workers (not started). classified: with
 * redress-classification; otherwise deadlines start 1 s after the complaint is read. */
void timers_open(struct timers *timers, int partitions, bool classified);
void timers_start(struct timers *timers); /* all workers, and waits until they are ready */
void timers_close(struct timers *timers);

/* A second version of the policy, with an allowance of its own, that takes running cases along: sla
 * is told to read it. */
void timers_reload(struct timers *timers, int within_ms);

/* A complaint whose first contact is due at due_ms. Not waited for: world_flush(). */
void timers_publish(struct timers *timers, int64_t due_ms);
/* Reads the case log for ms, or until `enough` says so (NULL: for the whole time). Returns whether
 * it did. */
bool timers_follow(struct timers *timers, int ms, bool (*enough)(const struct timers *timers));
bool timers_all_started(const struct timers *timers);
bool timers_all_breached(const struct timers *timers);
bool timers_all_moved(const struct timers *timers); /* those that run since before the reload */

/* Fails the test unless each of the cases from `first` on was reported exactly once, at its own due
 * time, and neither said so before it nor was readable before it. */
void timers_check(const struct timers *timers, int first, int count);

/* Prints "<what>: p50 … ms, p99 … ms, max … ms of N", and the load average beside it. Sorts the
 * values. */
void timers_print(const char *what, int64_t *values_ms, int count);

#endif
