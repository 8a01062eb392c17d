/* describe: a record that cannot be copied to redress.rejected whole, for it is larger than Kafka
 * takes or cannot be unpacked, as a JSON document in place of its value: where it lies, how large
 * it is, its digest and its beginning. Pure. */
#ifndef REDRESS_DESCRIBE_H
#define REDRESS_DESCRIBE_H

#include "outside/kafka.h"

enum {
    DESCRIBE_HEADERS_MAX = 16, /* of the record itself: ce_ headers, so that one sees what it was */
    DESCRIBE_HEADER_BYTES = 256, /* longer ones are left out */
    DESCRIBE_BEGINNING_BYTES = 1024
};

/* The message has its own key where that is short, else the place. `headers` has room for
 * DESCRIBE_HEADERS_MAX, and for what the caller adds. */
void describe_record_into(const struct raw *raw, const char *topic, struct arena *arena,
                          struct header *headers, struct kafka_message *out);

#endif
