/* replay: the UCI ticket log through intake and sla on real Kafka and Redis, and what must come out
 * of it whatever happens meanwhile: the exact sets of cases that breached, each breach once, each
 * submission once, and Redis equal to the fold of the changelog. */
#ifndef REDRESS_HARNESS_REPLAY_H
#define REDRESS_HARNESS_REPLAY_H

#include "ticketlogs.h"
#include "world.h"

/* ../shared/data/README.md and ../shared/data/uci_incident_sla/expected.json. */
enum {
    REPLAY_FIRST_CONTACT = 5040,
    REPLAY_RESOLUTION = 5536,
    REPLAY_RESOLUTION_PAUSING = 4606,
    REPLAY_CASES = 12349
};

enum { REPLAY_CHUNK = 500 }; /* published at once into running workers */

/* What must come out, counted from the log itself; without pauses. */
struct expected {
    int cases, first_contact, resolution;
};

struct replay {
    struct harness *h;
    struct world *world;
    struct arena *arena;
    struct ticketlog_events log;
    struct expected expected;
    struct process *intake[4], *sla[4];
    int replicas;
    int published;   /* of log.at */
    int *share_ends; /* in log.at; NULL: it is not divided */
    int shares, shares_published;
    int64_t began_ms;
};

/* What the case log says. */
struct verdicts {
    int first_contact, resolution; /* cases breached in their first cycle, and not retracted */
    int breaches;                  /* events, all targets and cycles */
    int twice;                     /* breaches reported more than once per case, target and cycle */
    int retracted;
    int submissions, submitted_twice; /* that opened or joined a case; more than once */
    int64_t events;
};

/* Kafka, Redis (harness_share()) and the topics; the workers exist but do not run. Skips the test
 * when the data is not there. policies: a folder of tests/harness. */
struct replay *replay_new(const char *name, int partitions, int replicas, const char *policies);
/* Only the first cases of the log, for runs whose number counts more than their length. With
 * REDRESS_TEST_SOAK=1 all of them nevertheless. */
void replay_limit(struct replay *replay, int cases);
/* Puts the log into shares of about the same number of cases, each with all their events in the
 * order of time: after a share the log may stand still for any time, and nothing is late by it. */
void replay_divide(struct replay *replay, int shares);
/* Publishes the next share, each event `times` times. Returns how many events it has. */
int replay_publish_share(struct replay *replay, int times);
void replay_start(struct replay *replay); /* all replicas, and waits until they are ready */
/* Publishes the next `count` events (all when beyond the end), each `times` times. */
void replay_publish(struct replay *replay, int count, int times);
bool replay_published_all(const struct replay *replay);
extern const struct worker_spec
    replay_intake; /* what the log is for intake: complaints and activity */
/* Input records not yet decided, of intake and sla together: a fault counts only while there are
 * some. */
int64_t replay_lag(struct replay *replay);
int64_t replay_intake_lag(struct replay *replay);
int64_t replay_sla_lag(struct replay *replay);
/* Waits until everything is read and no wake-up is due any more. */
void replay_wait(struct replay *replay, int limit_ms);
bool replay_settles(struct replay *replay, int limit_ms); /* the same, false at the limit */
struct verdicts replay_verdicts(struct replay *replay);
/* False, and what is wrong as lines in `wrong`, unless sets, views and submissions are as they must
 * be. */
bool replay_is_right(struct replay *replay, int resolution, bool retractions_allowed,
                     struct buf *wrong);
/* Waits, prints events per second and peak memory, and fails the test unless sets, views and
 * submissions are as they must be. retractions_allowed: published into running workers, where a
 * breach may be reported before the record that disproves it is published. */
void replay_check(struct replay *replay, int resolution, bool retractions_allowed);
void replay_close(struct replay *replay);

#endif
