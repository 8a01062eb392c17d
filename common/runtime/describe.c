/* describe: see the header. */
#include "runtime/describe.h"
#include "base/ids.h"
#include "base/utf8.h"
#include <inttypes.h>
#include <string.h>

/* Bytes that are no UTF-8 are shown as U+FFFD: the digest is what identifies. */
static const char *beginning(struct arena *arena, const char *bytes, size_t len) {
    static const char replacement[] = "\xEF\xBF\xBD";
    struct buf buf = {0};
    size_t most = DESCRIBE_BEGINNING_BYTES;
    if (len < DESCRIBE_BEGINNING_BYTES) most = len;

    buf_puts(&buf, "");
    for (size_t at = 0; at < most;) {
        size_t good = utf8_valid(bytes + at, most - at);
        buf_add(&buf, bytes + at, good);
        at += good;
        bool cut = most < len && most - at < 4; /* a character that goes on behind the beginning */
        if (at >= most || cut) break;
        buf_puts(&buf, replacement);
        at++;
    }
    for (char *nul = buf.at; (nul = memchr(nul, 0, buf.len - (size_t)(nul - buf.at)));) *nul = ' ';
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);

    return text;
}

static void write_part(struct json_out *json, struct arena *arena, const char *name,
                       const char *bytes, size_t len) {
    char digest[17];

    if (!bytes) return;
    ids_digest(bytes, len, digest);
    json_key(json, arena_printf(arena, "%s_bytes", name));
    json_int(json, (int64_t)len);
    json_key(json, arena_printf(arena, "%s_xxh64", name));
    json_text(json, digest);
    json_key(json, arena_printf(arena, "%s_begins", name));
    json_text(json, beginning(arena, bytes, len));
}

static void write_document(const struct raw *raw, const char *topic, struct arena *arena,
                           struct buf *out) {
    struct json_out json = {.buf = out};
    int64_t header_bytes = 0;

    for (int i = 0; i < raw->header_count; i++)
        header_bytes += (int64_t)(strlen(raw->headers[i].name) + raw->headers[i].value_len);
    json_begin_map(&json);
    json_key(&json, "topic"), json_text(&json, topic);
    json_key(&json, "partition"), json_int(&json, raw->partition);
    json_key(&json, "offset"), json_int(&json, raw->offset);
    if (raw->unreadable) {
        json_key(&json, "unreadable"),
            json_text(&json, beginning(arena, raw->unreadable, strlen(raw->unreadable)));
    } else {
        write_part(&json, arena, "key", raw->key, raw->key_len);
        write_part(&json, arena, "value", raw->value, raw->value_len);
        json_key(&json, "headers"), json_int(&json, raw->header_count);
        json_key(&json, "header_bytes"), json_int(&json, header_bytes);
    }
    json_end_map(&json);
}

static void take_headers(const struct raw *raw, struct header *headers, int *count) {
    for (int i = 0; i < raw->header_count && *count < DESCRIBE_HEADERS_MAX - 1; i++) {
        const struct header *header = &raw->headers[i];
        bool is_short = strlen(header->name) + header->value_len <= DESCRIBE_HEADER_BYTES;
        if (is_short && strncmp(header->name, "ce_", 3) == 0) headers[(*count)++] = *header;
    }
}

void describe_record_into(const struct raw *raw, const char *topic, struct arena *arena,
                          struct header *headers, struct kafka_message *out) {
    struct buf buf = {0};
    write_document(raw, topic, arena, &buf);
    *out = (struct kafka_message){.topic = TOPIC_REJECTED, .partition = -1, .headers = headers};
    out->value = arena_strndup(arena, buf.at, buf.len);
    out->value_len = buf.len;
    buf_free(&buf);

    out->key = raw->key;
    out->key_len = raw->key_len;
    if (!raw->key || raw->key_len > DESCRIBE_HEADER_BYTES) {
        out->key = arena_printf(arena, "%s-%d-%" PRId64, topic, raw->partition, raw->offset);
        out->key_len = strlen(out->key);
    }

    take_headers(raw, headers, &out->header_count);
    headers[out->header_count++] =
        (struct header){"content-type", "application/json", strlen("application/json")};
}
