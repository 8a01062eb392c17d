/* facts: what is so when a message is written: the facts that its sentences may need, and the
 * values of its placeholders, out of the case's state and what the event told. */
#ifndef REDRESS_FACTS_H
#define REDRESS_FACTS_H

#include "message.h"

/* Characters of an article's or a colleague's name within a sentence. */
enum { FACTS_TEXT_MAX = 80 };

struct facts_reader {
    const struct wording_language *language;
    const struct message_zone *zone;
};

/* Everything that holds now; times are written only for the `wanted` words (bits), which takes
 * longer than all else. */
void facts_fill(const struct message_turn *turn, const struct moment *moment,
                const struct facts_reader *reader, uint64_t wanted, struct wording_values *out);
/* What the moment tells of others than the case; part of the above. */
void facts_tell(const struct moment *moment, const struct wording_language *language,
                struct arena *arena, struct wording_values *out);
/* Whether the case is of those that wait for nothing. */
bool facts_passes(const struct message_turn *turn);
/* The first time from `ms` on at which the reader may be written to: `ms` itself for a case that
 * waits for no morning. */
int64_t facts_awake(const struct message_turn *turn, const struct message_zone *zone, int64_t ms);
/* The promises that a customer is told, as of now; 0: none can be made. */
int64_t facts_contact_by(const struct message_turn *turn, const struct message_zone *zone);
int64_t facts_answer_by(const struct message_turn *turn, const struct message_zone *zone);
int64_t facts_resolve_by(const struct message_turn *turn, const struct message_zone *zone);

#endif
