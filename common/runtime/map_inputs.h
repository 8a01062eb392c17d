/* map_inputs: how far each input partition is, what of it waits, and what may be committed of it.
 * Pure: no broker, no clock.
 *
 * A record that must wait for another one does not hold up those behind it: they are decided, and
 * the group's committed offset stays at the first that waits. Its metadata say how far the others
 * are and what waits for whom:
 *
 *     "+7 0>1/4096 5>complaints/3/17"   offsets up to committed + 7 are decided, but for the first
 * of them, which waits for offset 4096 of partition 1 of the same topic, and the sixth
 *
 * They are committed with the outputs as one, so the next owner decides only what waits, and
 * everybody else knows what is decided.
 *
 * What is known of a partition beyond its committed offset (what was handed out, where its end was
 * reported) holds only for the fetch position under which it was seen. So whatever sets that
 * position anew (an assignment, a revoke, trouble, a stop and start of fetching) goes through
 * map_input_rewind(), which forgets all of it. */
#ifndef REDRESS_MAP_INPUTS_H
#define REDRESS_MAP_INPUTS_H

#include "outside/kafka.h"

/* Where a record stands. */
struct map_position {
    enum topic topic;
    int partition;
    int64_t offset;
};
/* "complaints/3/17"; false for any other text. */
bool map_position_parse(const char *text, struct map_position *out);
int map_position_compare(const struct map_position *a, const struct map_position *b);

enum {
    MAP_WAITING_MAX =
        20, /* records of one partition that wait: the metadata have room for so many */
    MAP_AHEAD_MAX = 1000000 /* offsets decided beyond the first that waits: the next owner passes
                               over them again */
};

struct map_waiting {
    int64_t offset;
    struct map_position on; /* what it waits for */
    bool in_hand;           /* it has been handed out since the fetch position was set */
};

struct map_input {
    enum topic topic;
    int partition;
    int64_t begin;     /* the partition's first offset, when the group's was read */
    int64_t committed; /* by the group; -1: nothing */
    int64_t decided;   /* every record before this is decided, but for what waits */
    int64_t
        polled;  /* every record before this has been handed out since the fetch position was set */
    int64_t end; /* reported since then: nothing visible is left before this; -1: not reported */
    bool full; /* one more had to wait than there is room for: from there on it is read again later
                */
    bool paused; /* the loop has paused it, since then */
    int waiting_count;
    struct map_waiting waiting[MAP_WAITING_MAX]; /* by offset */
    char mark[KAFKA_METADATA_MAX];               /* the committed metadata */
};

/* Assigned; where it stands is not known yet. */
void map_input_assign(struct map_input *input, enum topic topic, int partition);
/* The group's committed offset (-1: none) with its metadata, and where the partition begins. */
void map_input_stand(struct map_input *input, int64_t committed, const char *metadata,
                     int64_t begin);
/* Back to what is committed: what was handed out or decided beyond it comes again. To be fetched
 * from input->polled. */
void map_input_rewind(struct map_input *input);

/* A record was handed out: true when it is to be decided, false when it has been, or when there is
 * no room for it. */
bool map_input_polled(struct map_input *input, int64_t offset);
void map_input_ended(struct map_input *input, int64_t end);

/* A record was decided: those of a partition by rising offset, or one that waited. */
void map_input_decide(struct map_input *input, int64_t offset);
/* A record waits (still). At most MAP_WAITING_MAX. */
void map_input_wait(struct map_input *input, int64_t offset, const struct map_position *on);
/* There is no room for one more: from the first record that is not decided on it is read again
 * later. */
void map_input_stop(struct map_input *input);

/* What is to be committed, with its metadata: what was decided; or the reported end, behind which
 * only transaction markers are left, when every record handed out is decided. False: nothing that
 * is not committed yet. */
bool map_input_due(const struct map_input *input, struct place *out);
/* Committed. Asserts that nothing was passed over. */
void map_input_settle(struct map_input *input, const struct place *place);
/* Stands at `to`, whatever is decided: what waits before it still waits, and the rest of that is
 * not decided. To be committed with map_input_due(), whose place is right also when it returns
 * false. */
void map_input_step(struct map_input *input, int64_t to);
/* Whether what had no room may be read now. */
bool map_input_has_room(const struct map_input *input);

/* Whether a record is decided and committed. */
bool map_input_passed(const struct map_input *input, int64_t offset);
/* What a record that waits, as it was committed, waits for; NULL: it does not. */
const struct map_position *map_input_waits_for(const struct map_input *input, int64_t offset);

/* Kafka may forget a group's offsets. How far the worker was the case log says, but not what still
 * waits: so that is also kept in redress.policies, under this key, in the transaction that changes
 * it: {"offset":4711,"waits":"+7 0>1/4096"}. Nothing where nothing waits. */
const char *map_input_key(struct arena *arena, const char *worker, enum topic topic, int partition);
const char *map_input_note(struct arena *arena, const struct place *place);
/* False: it is none. Sets offset and metadata. */
bool map_input_read_note(struct arena *arena, const char *text, size_t len,
                         struct place *place_out);

struct map_input *map_input_find(struct map_input *inputs, int count, enum topic topic,
                                 int partition);

#endif
