/* seed: cases put into Redis as the workers' views have them, without Kafka and workers: by the
 * runtime's own view, so that they look as real ones do, whatever that is. */
#ifndef REDRESS_TEST_SEED_H
#define REDRESS_TEST_SEED_H

#include <stdint.h>

struct seed_case {
    int number;         /* the case's id is made from it */
    const char *status; /* NULL: it is gone */
    const char *class_name, *severity, *tier, *assignee, *team;
    int64_t opened_at;
    int64_t contact_due, resolution_due; /* 0: it is paused */
    const char *contact_state, *resolution_state;
    const char *approver; /* NULL: no proposal waits */
    int64_t cost_minor, approve_by;
    const char *customer; /* the name; NULL: none */
    /* Of what its words are (classification/sketch.h); NULL: of none. A closed one was offered a
     * refund of cost_minor by the rule `flaw`, and took it. */
    const char *sketch, *warehouse;
    int64_t closed_at, score;
};

enum { SEED_ID_SIZE = 22 };
void seed_case_id(int number, char id_out[SEED_ID_SIZE]);

struct seed;
struct seed *seed_open(const char *redis_url, const char *prefix, int shards);
void seed_close(struct seed *seed);
/* Puts cases in the place of what they were. Fails the program when it cannot. */
void seed_put(struct seed *seed, const struct seed_case *cases, int count);

/* The case of a number in a house with many: some late, some paused, all kinds. */
void seed_make(int number, int64_t now_ms, struct seed_case *out);

#endif
