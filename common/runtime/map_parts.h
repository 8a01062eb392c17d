/* map_parts: what the parts of map.h share. Only map*.c include it.
 *
 *     map        the loop: assignments, what is fetched, what is polled
 *     map_batch  decides a batch and commits it
 *     map_wait   records that wait for the one whose claim they join
 *     map_gate   records that wait for the leading topic
 *     map_copy   what is kept of a record that waits */
#ifndef REDRESS_MAP_PARTS_H
#define REDRESS_MAP_PARTS_H

#include "runtime/ends.h"
#include "runtime/map.h"
#include "runtime/map_inputs.h"

struct map;

/* ---- map.c ---- */

enum {
    MAP_BATCH_BYTES = 16 << 20
}; /* of records: a batch ends with the one that comes to so much */

/* A record in hand: the bytes are borrowed. */
struct map_polled {
    struct raw raw;
    int input; /* index of its partition */
};

/* NULL: not assigned. */
struct map_input *map_find(const struct map *map, enum topic topic, int partition);
/* The partition must be assigned. */
void map_polled_of(const struct map *map, const struct raw *raw, struct map_polled *out);
/* After trouble, and with another assignment, also what is committed is not known any more. */
void map_forget(struct map *map);

/* ---- map_batch.c ---- */

/* Decides the records, and those kept that need not wait any more, and commits. */
void map_process(struct map *map, const struct map_polled *polled, int count);
/* Commits how far the inputs are, with nothing else. Returns whether there was something to commit.
 */
bool map_commit_ends(struct map *map);

/* ---- map_copy.c ---- */

struct map_copy {
    struct raw raw; /* everything in one block of memory */
    void *memory;
    size_t size; /* bytes */
};
size_t map_copy_size(const struct raw *raw);
void map_copy_make(struct map_copy *copy, const struct raw *raw);
void map_copy_free(struct map_copy *copy);

/* ---- map_wait.c ---- */

/* A record that waits. */
struct map_kept {
    struct map_copy copy;
    int64_t since_ms; /* boot time */
    bool ready;       /* to be decided again with the next batch */
};

struct map_waiters {
    struct map_kept *at;
    int count, ready;
    size_t bytes;
    struct map_input *others; /* partitions of other processes that something waited for, as they
                                 have committed */
    int other_count;
    struct map_position *gone; /* of claims: records that are not there any more */
    int gone_count;
    int64_t look_at_ms, look_every_ms, again_at_ms;
};

struct map_item;
struct map_known;
struct map_known map_wait_known(const struct map *map);
/* Asks how far the partitions of other processes are that the records refer to. */
void map_wait_learn(struct map *map, const struct map_item *items, int count);
/* Keeps a copy of a record; whether there is room for one of that size. */
void map_wait_keep(struct map *map, const struct raw *raw);
bool map_wait_has_room(const struct map *map, size_t more);
bool map_wait_has_half(const struct map *map); /* and more */
/* Whether it has waited for longer than anybody's mark can be out of date. */
bool map_wait_is_long(const struct map *map, const struct map_kept *kept);
/* Frees those that are ready and do not wait any more. */
void map_wait_settle(struct map *map);
void map_wait_drop(struct map *map);
void map_wait_free(struct map *map);
/* Looks, now and then, whether records need not wait any more. */
void map_wait_look(struct map *map);
/* Says what has waited for long. */
void map_wait_say(struct map *map);
/* The longest sleep until the next look; limit_ms when nothing waits. */
int map_wait_sleep_ms(const struct map *map, int limit_ms);

/* ---- map_gate.c ---- */

struct map_gate {
    struct map_copy *held; /* a ring */
    int first, count;
    size_t bytes;     /* of the copies */
    int for_count;    /* records of the ring that this gate is for; 0: no gate */
    struct ends ends; /* the leading topic's, when they were read */
    int64_t counted_ms, look_at_ms;
};

void map_gate_init(struct map_gate *gate);
void map_gate_free(struct map_gate *gate);
/* Whether a record of this topic waits for the gate. */
bool map_gate_holds(const struct map *map, enum topic topic);
void map_gate_add(struct map *map, const struct raw *raw); /* copies it */
void map_gate_drop(struct map_gate *gate);
/* Processes what the gate lets through. */
void map_gate_turn(struct map *map);
/* No more of the held topics is to be read now. */
bool map_gate_full(const struct map *map);
/* The longest sleep until the next look at the gate; limit_ms when nothing is held. */
int map_gate_sleep_ms(const struct map *map, int limit_ms);

struct map {
    struct engine *engine;
    struct map_input *inputs;
    int input_count;
    bool known;     /* offsets have been read */
    bool fetching;  /* something is being fetched */
    bool held_back; /* the held topics are paused */
    bool damaged;   /* a damaged batch was met since fetching began: nothing more is polled */
    int64_t damaged_since_ms; /* under this assignment; boot time; 0: not met */
    int64_t report_at_ms;     /* boot time */
    struct map_gate gate;
    struct map_waiters waiters;
    int64_t end_next_ms;
};

#endif
