/* event: reading CloudEvents 1.0 from Kafka's records, structured or binary. The JSON is read first
 * in both modes, so that a record is refused for the same reason whichever way it was sent. */
#include "decision/event.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "data/fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_CHARACTERS = 200, TRACEPARENT_LEN = 55 };

const char *topic_name(enum topic topic) {
    switch (topic) {
    case TOPIC_COMPLAINTS: return "complaints";
    case TOPIC_ACTIVITY: return "activity";
    case TOPIC_DECISIONS: return "decisions";
    case TOPIC_EVENTS: return "events";
    case TOPIC_DELIVERIES: return "deliveries";
    case TOPIC_SETTLEMENTS: return "settlements";
    case TOPIC_ORDERS: return "orders";
    case TOPIC_POLICIES: return "policies";
    case TOPIC_CLAIMS: return "claims";
    case TOPIC_REJECTED: return "rejected";
    case TOPIC_STATE: return "state";
    case TOPIC_NONE:
    case TOPIC_COUNT: break;
    }

    return "none";
}

static int reject(struct rejection *out, const char *reason, const char *fmt, ...) PRINTF(3, 4);
static int reject(struct rejection *out, const char *reason, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    out->reason = reason;
    vsnprintf(out->detail, sizeof out->detail, fmt, args);
    va_end(args);
    return -1;
}

static bool is_header(const struct header *header, const char *name) {
    return strcasecmp(header->name, name) == 0;
}

static const struct header *find_header(const struct raw *raw, const char *name) {
    for (int i = 0; i < raw->header_count; i++)
        if (is_header(&raw->headers[i], name)) return &raw->headers[i];
    return NULL;
}

/* "application/json" and "application/json; charset=utf-8" are of the media type application/json.
 */
static bool is_media_type(const char *value, size_t len, const char *type) {
    size_t own = strlen(type);
    if (len < own || strncasecmp(value, type, own) != 0) return false;
    return len == own || value[own] == ';' || value[own] == ' ' || value[own] == '\t';
}

/* Behind a type or subtype of RFC 9110, section 8.3.1. */
static const char *skip_token(const char *at, const char *end) {
    while (at < end && !strchr("()<>@,;:\\\"/[]?={} \t", *at)) at++;
    return at;
}

/* A type of JSON: "<type>/json" or "<type>/<subtype>+json", whatever parameters follow. */
static bool is_json_type(const char *value, size_t len) {
    static const char json[] = "json";
    size_t json_len = sizeof json - 1;
    const char *end = value + len;
    const char *slash = skip_token(value, end);
    if (slash == value || slash == end || *slash != '/') return false;

    const char *subtype = slash + 1;
    const char *behind = skip_token(subtype, end);
    size_t subtype_len = (size_t)(behind - subtype);
    if (subtype_len < json_len || strncasecmp(behind - json_len, json, json_len) != 0) return false;
    if (subtype_len > json_len && behind[-(ptrdiff_t)json_len - 1] != '+') return false;

    return behind == end || *behind == ';' || *behind == ' ' || *behind == '\t';
}

static bool is_structured(const struct raw *raw) {
    const struct header *type = find_header(raw, "content-type");
    if (type && type->value &&
        is_media_type(type->value, type->value_len, "application/cloudevents+json"))
        return true;
    for (int i = 0; i < raw->header_count; i++)
        if (strncasecmp(raw->headers[i].name, "ce_", 3) == 0) return false;
    return true;
}

/* An attribute as it was given; text NULL: absent. */
struct attribute {
    const char *text;
    size_t len;
};

/* Where attributes are taken from. */
struct envelope {
    const struct raw *raw;
    const struct tree *map; /* NULL: binary */
    struct arena *arena;
    struct rejection *rejection;
};

static bool is_attribute(const struct header *header, const char *name) {
    return strncasecmp(header->name, "ce_", 3) == 0 && strcasecmp(header->name + 3, name) == 0;
}

static int header_attribute(const struct envelope *in, const char *name, struct attribute *out) {
    const struct header *found = NULL;

    for (int i = 0; i < in->raw->header_count; i++) {
        const struct header *header = &in->raw->headers[i];
        if (!is_attribute(header, name) || !header->value) continue;
        if (found) return reject(in->rejection, "duplicate_key", "ce_%s: expected once", name);
        found = header;
    }
    *out = (struct attribute){0};
    if (!found) return 0;
    if (utf8_valid(found->value, found->value_len) < found->value_len)
        return reject(in->rejection, "bad_utf8", "ce_%s: expected UTF-8", name);
    if (found->value_len && memchr(found->value, 0, found->value_len))
        return reject(in->rejection, "bad_value", "ce_%s: expected a text without U+0000", name);
    out->text = arena_strndup(in->arena, found->value, found->value_len);
    out->len = found->value_len;

    return 0;
}

static int map_attribute(const struct envelope *in, const char *name, struct attribute *out) {
    const struct tree *member = tree_get(in->map, name);

    *out = (struct attribute){0};
    if (!member || member->kind == TREE_NULL) return 0;
    if (member->kind != TREE_TEXT)
        return reject(in->rejection, "bad_value", "%s: expected a text, found %s", name,
                      tree_kind_name(member->kind));
    out->text = member->text;
    out->len = member->text_len;

    return 0;
}

static int attribute(const struct envelope *in, const char *name, struct attribute *out) {
    if (in->map) return map_attribute(in, name, out);
    return header_attribute(in, name, out);
}

static int required(const struct envelope *in, const char *name, struct attribute *out) {
    if (attribute(in, name, out)) return -1;
    if (!out->text) return reject(in->rejection, "missing_field", "%s: missing", name);
    return 0;
}

static bool is_name(const struct attribute *attribute) {
    return attribute->len > 0 &&
           fields_is_name(attribute->text, attribute->len, NAME_MAX_CHARACTERS);
}

static int read_name(const struct envelope *in, const char *name, const struct attribute *attribute,
                     const char **out) {
    if (!is_name(attribute))
        return reject(in->rejection, "bad_value",
                      "%s: expected 1 to %d characters without control or bidirectional characters",
                      name, NAME_MAX_CHARACTERS);
    *out = attribute->text;
    return 0;
}

static int read_required(const struct envelope *in, struct event *ev) {
    struct attribute version, id, source, type, when;

    if (required(in, "specversion", &version)) return -1;
    if (strcmp(version.text, "1.0") != 0)
        return reject(in->rejection, "bad_value", "specversion: expected 1.0");
    if (required(in, "id", &id)) return -1;
    if (!fields_is_id(id.text, id.len))
        return reject(in->rejection, "bad_value", "id: expected 1 to 128 bytes of [A-Za-z0-9._:-]");
    ev->id = id.text;
    if (required(in, "source", &source) || read_name(in, "source", &source, &ev->source)) return -1;
    if (required(in, "type", &type) || read_name(in, "type", &type, &ev->type)) return -1;
    if (required(in, "time", &when)) return -1;
    /* The epoch itself would read as absent in every field that is made of it. */
    if (clock_parse(when.text, &ev->time_ms) || ev->time_ms == 0)
        return reject(
            in->rejection, "bad_value",
            "time: expected a time with an offset as in RFC 3339, such as 2026-11-22T17:19:16Z");
    return 0;
}

/* The integer that a text is; EVENT_NO_SEQUENCE: none, or one beyond 64 bits. */
static int64_t integer_of(const char *text) {
    const char *digits = text + (text[0] == '-');
    char *end;

    errno = 0;
    long long read = strtoll(text, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || errno) return EVENT_NO_SEQUENCE;
    return read;
}

/* An integer, or (as the extension's own specification has it) a text of digits. It only orders
 * facts of one time, so that one which is neither is passed over. */
static int64_t read_sequence(const struct envelope *in) {
    const struct tree *member = tree_get(in->map, "sequence");
    struct rejection ignored;
    struct envelope quiet = *in;
    struct attribute found;

    if (member && member->kind == TREE_INT) return member->num;
    quiet.rejection = &ignored;
    if (attribute(&quiet, "sequence", &found) || !found.text) return EVENT_NO_SEQUENCE;
    return integer_of(found.text);
}

/* W3C Trace Context, version 00: "00-<32 hex digits>-<16>-<2>". */
static bool is_traceparent(const char *text, size_t len) {
    static const char form[TRACEPARENT_LEN + 1] =
        "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

    if (len != TRACEPARENT_LEN) return false;
    for (int i = 0; i < TRACEPARENT_LEN; i++) {
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (form[i] == 'x' ? !hex : text[i] != form[i]) return false;
    }
    return true;
}

/* The case in the case log. What comes in has no use for one, and is not lost for it. */
static int read_subject(const struct envelope *in, struct event *ev) {
    bool inbound = in->raw->topic <= TOPIC_DECISIONS;
    const struct tree *member = tree_get(in->map, "subject");
    struct attribute subject;

    if (inbound && member && member->kind != TREE_TEXT) return 0;
    if (attribute(in, "subject", &subject)) return -1;
    if (!subject.text || (inbound && !is_name(&subject))) return 0;
    return read_name(in, "subject", &subject, &ev->subject);
}

static int read_optional(const struct envelope *in, struct event *ev) {
    struct attribute trace;

    if (read_subject(in, ev)) return -1;
    ev->sequence = read_sequence(in);
    if (attribute(in, "traceparent", &trace)) return -1;
    /* The specification says to go on without a trace when this one makes no sense. */
    if (trace.text && is_traceparent(trace.text, trace.len)) ev->traceparent = trace.text;
    return 0;
}

/* What the data are: in binary mode the record's own content type says it. */
static int check_content_type(const struct envelope *in) {
    const char *name = in->map ? "datacontenttype" : "content-type";
    const struct header *header = find_header(in->raw, name);
    struct attribute type = {0};

    if (in->map && attribute(in, name, &type)) return -1;
    if (!in->map && header && header->value)
        type = (struct attribute){header->value, header->value_len};
    if (type.len == 0 || is_json_type(type.text, type.len)) return 0;
    return reject(in->rejection, "bad_value",
                  "%s: expected a type of JSON, such as application/json or application/x+json",
                  name);
}

static const struct tree *member_of(const struct tree *event, const char *name) {
    const struct tree *member = tree_get(event, name);
    if (member && member->kind != TREE_NULL) return member;
    return NULL;
}

/* data_base64: the JSON document as bytes, as SDKs send what they were given as bytes. */
static int decode_data(const struct tree *text, const struct json_limits *limits,
                       struct arena *arena, const struct tree **data_out,
                       struct rejection *rejection) {
    struct err err;
    size_t len;

    if (text->kind != TREE_TEXT)
        return reject(rejection, "bad_value", "data_base64: expected a text, found %s",
                      tree_kind_name(text->kind));
    char *bytes = arena_memory(arena, BASE64_ROOM(text->text_len) + 1);
    if (base64_decode(text->text, text->text_len, bytes, &len))
        return reject(rejection, "bad_value", "data_base64: expected base64 of RFC 4648");
    enum json_fault fault = json_read(arena, bytes, len, limits, data_out, &err);
    if (fault == JSON_OK) return 0;
    return reject(rejection, json_fault_name(fault), "data_base64: %.200s", err.text);
}

int event_data(const struct tree *event, const struct json_limits *limits, struct arena *arena,
               const struct tree **data_out, struct rejection *rejection) {
    const struct tree *data = member_of(event, "data");
    const struct tree *base64 = member_of(event, "data_base64");

    if (data && base64)
        return reject(rejection, "bad_value",
                      "data_base64: expected data or data_base64, not both");
    if (base64) return decode_data(base64, limits, arena, data_out, rejection);
    *data_out = data;
    return 0;
}

static int read_data(const struct envelope *in, const struct tree *data, struct event *ev) {
    if (in->map && event_data(in->map, NULL, in->arena, &data, in->rejection)) return -1;
    if (!data || data->kind == TREE_NULL)
        return reject(in->rejection, "missing_field", "data: missing");
    if (data->kind != TREE_MAP)
        return reject(in->rejection, "bad_value", "data: expected a map, found %s",
                      tree_kind_name(data->kind));
    ev->data = data;
    return 0;
}

static int read_value(const struct raw *raw, struct arena *arena, const struct tree **out,
                      struct rejection *rejection) {
    struct err err;
    enum json_fault fault = json_read(arena, raw->value, raw->value_len, NULL, out, &err);
    if (fault == JSON_OK) return 0;
    return reject(rejection, json_fault_name(fault), "%.200s", err.text);
}

int event_read(const struct raw *raw, struct arena *arena, struct event *ev_out,
               struct rejection *rejection) {
    struct envelope in = {.raw = raw, .arena = arena, .rejection = rejection};
    struct event ev = {.raw = raw, .sequence = EVENT_NO_SEQUENCE};
    bool structured = is_structured(raw);
    bool empty = !raw->value || raw->value_len == 0;
    const struct tree *tree = NULL;

    if (raw->unreadable)
        return reject(rejection, "unreadable", "expected a batch that can be unpacked: %.200s",
                      raw->unreadable);
    if (structured && empty)
        return reject(rejection, "not_json", "expected an event in JSON, found no value");
    if (!structured && check_content_type(&in)) return -1;
    if (!empty && read_value(raw, arena, &tree, rejection)) return -1;
    if (structured && tree->kind != TREE_MAP)
        return reject(rejection, "bad_value", "expected an event as a map, found %s",
                      tree_kind_name(tree->kind));
    if (structured) in.map = tree;
    if (structured && check_content_type(&in)) return -1;
    if (read_required(&in, &ev) || read_optional(&in, &ev)) return -1;
    if (read_data(&in, tree, &ev)) return -1;
    *ev_out = ev;

    return 0;
}

const char *event_peek_type(const struct raw *raw, size_t *len_out) {
    const struct header *type = find_header(raw, "ce_type");
    if (!type || !type->value || is_structured(raw)) return NULL;
    *len_out = type->value_len;
    return type->value;
}
