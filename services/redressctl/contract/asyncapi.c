/* asyncapi: channels, operations and messages from contract_types[]. */
#include "redressctl/contract/asyncapi.h"

#include <string.h>

enum { INDENT = 2 };

/* A topic as others see it. */
struct asyncapi_channel {
    enum topic topic;
    const char *action; /* what Redress does there */
    const char *doc, *key;
};

static const struct asyncapi_channel channels[] = {
    {TOPIC_COMPLAINTS, "receive", "Complaints as customers made them, from any channel service.",
     "The id of the order or the conversation."},
    {TOPIC_ACTIVITY, "receive",
     "What people and systems did, from agent desktops, carriers, shops, gateways.",
     "The case's route: the first 13 characters of its id."},
    {TOPIC_DECISIONS, "receive",
     "Approvals, rejections and offers made by people, from the approver console alone.",
     "The case's route: the first 13 characters of its id."},
    {TOPIC_EVENTS, "send",
     "The case log: everything that happened, in order, validated. The subject is the case id.",
     "The case's route. About an order without a case: the route of order:<id>."},
    {TOPIC_DELIVERIES, "send", "Messages to send, for channel gateways.", "The case's route."},
    {TOPIC_SETTLEMENTS, "send", "Remedies to carry out, each with its idempotency key.",
     "The case's route."},
    {TOPIC_ORDERS, "send",
     "Facts of orders, and complaints about them, for cohorts of orders at risk: one record, under "
     "the same id, for each value of a dimension.",
     "Tenant, dimension and value, with 0x1F between them (deploy/contract/README.md)."},
};
enum { CHANNELS = sizeof channels / sizeof *channels };

/* Whether a type comes by on a topic: accepted activity goes on to the case log under its own type.
 */
static bool is_on(const struct contract_type *type, enum topic topic) {
    bool both = type->type == EVENT_ORDER_UPDATED && topic == TOPIC_EVENTS;
    bool copied = type->type == EVENT_CASE_CLASSIFIED && topic == TOPIC_ORDERS;

    if (type->topic == topic || both || copied) return true;
    if (type->topic == TOPIC_ACTIVITY && !type->names_case)
        return topic == (type->type == EVENT_CUSTOMER_ERASED ? TOPIC_EVENTS : TOPIC_ORDERS);
    return topic == TOPIC_EVENTS &&
           (type->topic == TOPIC_ACTIVITY || type->topic == TOPIC_DECISIONS);
}

/* Compact JSON with line breaks, so that a change of the contract reads as one. */
static void indent(const char *json, struct buf *out) {
    int depth = 0;
    bool in_text = false;

    for (const char *at = json; *at; at++) {
        bool closing = !in_text && (*at == '}' || *at == ']');
        bool empty = closing && (at[-1] == '{' || at[-1] == '[');
        if (closing) depth--;
        if (closing && !empty) buf_printf(out, "\n%*s", depth * INDENT, "");
        buf_add(out, at, 1);
        if (in_text && *at == '\\') {
            at++;
            buf_add(out, at, 1);
        } else if (*at == '"') {
            in_text = !in_text;
        } else if (!in_text && *at == ':') {
            buf_puts(out, " ");
        } else if (!in_text && (*at == '{' || *at == '[' || *at == ',')) {
            if (*at != ',') depth++;
            if (at[1] != '}' && at[1] != ']') buf_printf(out, "\n%*s", depth * INDENT, "");
        }
    }
    buf_puts(out, "\n");
}

static void put(struct json_out *json, const char *key, const char *text) {
    json_key(json, key);
    json_text(json, text);
}

static void begin(struct json_out *json, const char *key) {
    json_key(json, key);
    json_begin_map(json);
}

/* A reference to <place><name>. */
static void put_ref(struct json_out *json, const char *key, const char *place, const char *name) {
    struct buf ref = {0};

    buf_printf(&ref, "%s%s", place, name);
    begin(json, key);
    put(json, "$ref", ref.at);
    json_end_map(json);
    buf_free(&ref);
}

static void put_address(struct json_out *json, const char *name) {
    struct buf address = {0};

    buf_printf(&address, "{prefix}.%s", name);
    put(json, "address", address.at);
    buf_free(&address);
    begin(json, "parameters");
    put_ref(json, "prefix", "#/components/parameters/", "prefix");
    json_end_map(json);
}

static void write_channel(const struct asyncapi_channel *channel, struct json_out *json) {
    begin(json, topic_name(channel->topic));
    put_address(json, topic_name(channel->topic));
    put(json, "description", channel->doc);
    begin(json, "messages");
    for (const struct contract_type *type = contract_types; type->name; type++)
        if (is_on(type, channel->topic))
            put_ref(json, type->name, "#/components/messages/", type->name);
    json_end_map(json);
    json_end_map(json);
}

static void write_rejected_channel(struct json_out *json) {
    begin(json, "rejected");
    put_address(json, "rejected");
    put(json, "description",
        "What could not be accepted: key, value and headers as they came, with the reason in "
        "further headers.");
    begin(json, "messages");
    put_ref(json, "rejected", "#/components/messages/", "rejected");
    json_end_map(json);
    json_end_map(json);
}

static void write_operation(const char *name, const char *action, struct json_out *json) {
    struct buf key = {0};

    buf_printf(&key, "%s.%s", action, name);
    begin(json, key.at);
    put(json, "action", action);
    put_ref(json, "channel", "#/channels/", name);
    json_end_map(json);
    buf_free(&key);
}

static const char *key_doc(const struct contract_type *type) {
    for (int i = 0; i < CHANNELS; i++)
        if (channels[i].topic == type->topic) return channels[i].key;
    ASSERT(!"every type is on a channel");
    return NULL;
}

static void put_schema_ref(struct json_out *json, const char *type) {
    struct buf file = {0};
    buf_printf(&file, "%s.json", type);
    put_ref(json, "schema", "schemas/", file.at);
    buf_free(&file);
}

static void write_message(const struct contract_type *type, struct json_out *json) {
    begin(json, type->name);
    put(json, "name", type->name);
    put(json, "summary", type->doc);
    put(json, "contentType", "application/json");
    put_ref(json, "headers", "#/components/schemas/", "attributes");
    begin(json, "payload");
    put(json, "schemaFormat", "application/schema+json;version=draft-2020-12");
    put_schema_ref(json, type->name);
    json_end_map(json);
    begin(json, "bindings");
    begin(json, "kafka");
    begin(json, "key");
    put(json, "type", "string");
    put(json, "description", key_doc(type));
    json_end_map(json);
    json_end_map(json);
    json_end_map(json);
    json_end_map(json);
}

#define ID_PATTERN "^[A-Za-z0-9._:-]{1,128}$"
#define URI_PATTERN                                                                                \
    "^[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]{1,200}$" /* and RFC 3986's grammar: format */

struct attribute {
    const char *name, *doc;
    bool required;
    const char *pattern, *format; /* what JSON Schema has for it; NULL: nothing */
};

static const struct attribute attributes[] = {
    {"ce_specversion", "1.0", true, "^1\\.0$", NULL},
    {"ce_id",
     "With ce_source the event's identity: the same twice is the same event. [A-Za-z0-9._:-], 1 to "
     "128.",
     true, ID_PATTERN, NULL},
    {"ce_source",
     "Who says it: a URI reference (RFC 3986) of up to 200 characters, e.g. `/shop/app`.", true,
     URI_PATTERN, "uri-reference"},
    {"ce_type", "The event's type, so that readers can choose without parsing.", true,
     "^[a-z_]+\\.[a-z_]+$", NULL},
    {"ce_time", "The fact's time, RFC 3339 with an offset.", true, NULL, "date-time"},
    {"ce_subject", "In the case log: the case id.", false, NULL, NULL},
    {"ce_sequence", "Orders facts of one time: an integer.", false, NULL, NULL},
    {"ce_traceparent", "W3C Trace Context, carried from the complaint to all that it causes.",
     false, NULL, NULL},
    {"redress_from",
     "Of events from intake and classification: the record that was decided, as "
     "topic/partition/offset.",
     false, NULL, NULL},
};
static const struct attribute rejected_attributes[] = {
    {"redress_reason", NULL, true, NULL, NULL},
    {"redress_detail", "The JSON path and what was expected.", true, NULL, NULL},
    {"redress_topic", "Where the record came from.", true, NULL, NULL},
    {"redress_partition", "Its partition.", true, NULL, NULL},
    {"redress_offset", "Its offset.", true, NULL, NULL},
    {"redress_described",
     "The last header, where Kafka could not take the record itself: why. The value is then a "
     "document {topic, partition, offset, key_bytes, key_xxh64, key_begins, value_bytes, "
     "value_xxh64, value_begins, headers, header_bytes}, or {topic, partition, offset, "
     "unreadable}.",
     false, NULL, NULL},
};

static void write_attributes(const struct attribute *list, int count, struct json_out *json) {
    put(json, "type", "object");
    begin(json, "properties");
    for (int i = 0; i < count; i++) {
        begin(json, list[i].name);
        put(json, "type", "string");
        if (list[i].doc) {
            put(json, "description", list[i].doc);
        } else {
            json_key(json, "enum");
            json_begin_list(json);
            for (int j = 0; contract_rejections[j]; j++) json_text(json, contract_rejections[j]);
            json_end_list(json);
        }
        if (list[i].pattern) put(json, "pattern", list[i].pattern);
        if (list[i].format) put(json, "format", list[i].format);
        json_end_map(json);
    }
    json_end_map(json);
    json_key(json, "required");
    json_begin_list(json);
    for (int i = 0; i < count; i++)
        if (list[i].required) json_text(json, list[i].name);
    json_end_list(json);
}

static void write_rejected_message(struct json_out *json) {
    begin(json, "rejected");
    put(json, "name", "rejected");
    put(json, "summary", "A record that could not be accepted, its bytes untouched.");
    begin(json, "headers");
    write_attributes(rejected_attributes, sizeof rejected_attributes / sizeof *rejected_attributes,
                     json);
    json_end_map(json);
    json_end_map(json);
}

static void write_components(struct json_out *json) {
    begin(json, "components");
    begin(json, "messages");
    for (const struct contract_type *type = contract_types; type->name; type++)
        write_message(type, json);
    write_rejected_message(json);
    json_end_map(json);
    begin(json, "schemas");
    begin(json, "attributes");
    write_attributes(attributes, sizeof attributes / sizeof *attributes, json);
    json_end_map(json);
    json_end_map(json);
    begin(json, "parameters");
    begin(json, "prefix");
    put(json, "default", "redress");
    put(json, "description", "REDRESS_TOPIC_PREFIX: for several environments on one cluster.");
    json_end_map(json);
    json_end_map(json);
    json_end_map(json);
}

void asyncapi_write(struct buf *out) {
    struct buf compact = {0};
    struct json_out json = {.buf = &compact};

    json_begin_map(&json);
    put(&json, "asyncapi", "3.0.0");
    begin(&json, "info");
    put(&json, "title", "Redress");
    put(&json, "version", REDRESS_VERSION);
    put(&json, "description",
        "Complaints in, kept promises out. Events are CloudEvents 1.0: inbound structured or "
        "binary, Redress's own always binary. Readers ignore fields that they do not know.");
    json_end_map(&json);
    put(&json, "defaultContentType", "application/json");
    begin(&json, "channels");
    for (int i = 0; i < CHANNELS; i++) write_channel(&channels[i], &json);
    write_rejected_channel(&json);
    json_end_map(&json);
    begin(&json, "operations");
    for (int i = 0; i < CHANNELS; i++)
        write_operation(topic_name(channels[i].topic), channels[i].action, &json);
    write_operation("rejected", "send", &json);
    json_end_map(&json);
    write_components(&json);
    json_end_map(&json);
    indent(compact.at, out);
    buf_free(&compact);
}

/* Several types share a table: the schema is named after the type. */
void asyncapi_schema(const struct contract_type *type, struct buf *out) {
    struct table table = *type->table;

    table.name = type->name;
    table.doc = type->doc;
    struct buf compact = {0};
    struct json_out json = {.buf = &compact};
    bool inbound = type->topic <= TOPIC_DECISIONS;

    fields_schema(&table, inbound ? FIELDS_INBOUND : FIELDS_EVENT, &json);
    indent(compact.at, out);
    buf_free(&compact);
}

void asyncapi_markdown(struct buf *out) {
    buf_puts(out, "# Event types\n\nWritten by `redressctl contract document` from the tables that "
                  "the workers read and write with. `?` marks what may be absent.\n");
    for (int i = 0; i < CHANNELS; i++) {
        buf_printf(out, "\n## `redress.%s`\n\n%s Kafka key: %s\n", topic_name(channels[i].topic),
                   channels[i].doc, channels[i].key);
        for (const struct contract_type *type = contract_types; type->name; type++) {
            if (type->topic != channels[i].topic) continue;
            buf_printf(out, "\n### `%s`\n\n%s\n\n| field | type | meaning |\n|---|---|---|\n",
                       type->name, type->doc);
            fields_document(type->table, out);
        }
    }
}
