/* map_copy: a record that waits is kept as a copy. A record of librdkafka's holds the whole answer
 * of the broker that it came in, so a few small ones could hold hundreds of MB; a copy is what it
 * is counted as. */
#include "runtime/map_parts.h"
#include <stdlib.h>
#include <string.h>

size_t map_copy_size(const struct raw *raw) {
    size_t size = raw->key_len + raw->value_len + sizeof *raw->headers * (size_t)raw->header_count;
    for (int i = 0; i < raw->header_count; i++)
        size += strlen(raw->headers[i].name) + 1 + raw->headers[i].value_len;
    return size + (raw->unreadable ? strlen(raw->unreadable) + 1 : 0);
}

static const char *put(char **at, const char *bytes, size_t len) {
    char *mine = *at;
    if (!bytes) return NULL;
    if (len) memcpy(mine, bytes, len);
    *at += len;
    return mine;
}

void map_copy_make(struct map_copy *copy, const struct raw *raw) {
    *copy = (struct map_copy){.raw = *raw, .size = map_copy_size(raw)};
    copy->memory = malloc(copy->size + 1);
    ASSERT(copy->memory);

    struct header *headers = copy->memory;
    char *at = (char *)(headers + raw->header_count);
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        headers[i].name = put(&at, header->name, strlen(header->name) + 1);
        headers[i].value = put(&at, header->value, header->value_len);
        headers[i].value_len = header->value_len;
    }
    copy->raw.headers = headers;
    copy->raw.key = put(&at, raw->key, raw->key_len);
    copy->raw.value = put(&at, raw->value, raw->value_len);
    if (raw->unreadable)
        copy->raw.unreadable = put(&at, raw->unreadable, strlen(raw->unreadable) + 1);
}

void map_copy_free(struct map_copy *copy) {
    free(copy->memory);
    copy->memory = NULL;
}
