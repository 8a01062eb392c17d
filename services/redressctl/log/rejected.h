/* rejected: records of redress.rejected: what they say about themselves, and how one is sent again.
 * Pure.
 *
 * A record sent again carries `redress_replayed: <partition>-<offset>` of where it lay, and in the
 * same transaction a mark with that header, the same key and no value is added to redress.rejected:
 * so one is not sent twice by accident, and one that was sent again and rejected again is known as
 * such. */
#ifndef REDRESS_REJECTED_H
#define REDRESS_REJECTED_H

#include "decision/event.h"
#include "outside/kafka.h"

/* Where a record lies in redress.rejected; written "3-127". */
struct rejected_id {
    int partition;
    int64_t offset;
};
enum { REJECTED_ID_MAX = 32 };
int rejected_parse_id(const char *text, struct rejected_id *out) MUST_CHECK;
char *rejected_format_id(struct rejected_id id, char text_out[REJECTED_ID_MAX]);

/* One record; texts live in the arena. */
struct rejected {
    struct rejected_id id;
    int64_t time_ms; /* when it was rejected */
    const char *reason, *detail, *topic,
        *origin;           /* origin: "<partition>-<offset>" in that topic; "" where absent */
    const char *type;      /* of a binary CloudEvent; "" where absent */
    const char *replayed;  /* header redress_replayed; NULL: none */
    const char *described; /* why only a description of it is here; NULL: it is here itself */
    bool is_mark;          /* no rejected record, but the mark that one was sent again */
};
void rejected_read(const struct raw *raw, struct arena *arena, struct rejected *out);

/* The message that sends a rejected record again: its bytes and headers without those of redress_,
 * to the topic it came from; one that sla refused comes from the case log, which only workers
 * write: it goes where its type belongs, under an id of its own. -1 with the reason when it cannot
 * be sent. Bytes are borrowed from raw. */
int rejected_replay(const struct raw *raw, const struct rejected *rejected,
                    const struct kafka *kafka, struct arena *arena, struct kafka_message *out,
                    struct err *err) MUST_CHECK;
/* The mark that goes with it. */
void rejected_mark(const struct raw *raw, const struct rejected *rejected, struct arena *arena,
                   struct kafka_message *out);

#endif
