/* openapi: the table of api_tables.c as a document. */
#include "board/openapi.h"
#include "board/api.h"

#include <string.h>

static void put(struct json_out *json, const char *key, const char *text) {
    json_key(json, key);
    json_text(json, text);
}

static void put_kind(const struct api_parameter *parameter, struct json_out *json) {
    json_key(json, "schema");
    json_begin_map(json);
    put(json, "type", parameter->kind == API_NUMBER ? "integer" : "string");
    if (parameter->kind == API_DURATION) put(json, "pattern", "^[0-9]+[smhd]$");
    if (parameter->kind == API_NUMBER) {
        json_key(json, "minimum");
        json_int(json, parameter->min);
        json_key(json, "maximum");
        json_int(json, parameter->max);
    }
    if (parameter->kind == API_CHOICE) {
        json_key(json, "enum");
        json_begin_list(json);
        for (int i = 0; parameter->choices[i]; i++) json_text(json, parameter->choices[i]);
        json_end_list(json);
    }
    json_end_map(json);
}

static void put_parameter(const struct api_parameter *parameter, struct json_out *json) {
    json_begin_map(json);
    put(json, "name", parameter->name);
    put(json, "in", "query");
    put(json, "description", parameter->doc);
    put_kind(parameter, json);
    json_end_map(json);
}

/* {case_id} */
static void put_place(const char *path, struct json_out *json) {
    const char *open = strchr(path, '{');
    char name[40] = "";
    if (!open) return;

    size_t len = strcspn(open + 1, "}");
    ASSERT(len < sizeof name);
    memcpy(name, open + 1, len);
    json_begin_map(json);
    put(json, "name", name);
    put(json, "in", "path");
    json_key(json, "required");
    json_bool(json, true);
    json_key(json, "schema");
    json_begin_map(json);
    put(json, "type", "string");
    json_end_map(json);
    json_end_map(json);
}

static void put_content(const struct table *table, struct json_out *json) {
    json_key(json, "content");
    json_begin_map(json);
    json_key(json, "application/json");
    json_begin_map(json);
    json_key(json, "schema");
    fields_schema(table, FIELDS_EVENT, json);
    json_end_map(json);
    json_end_map(json);
}

static void put_error(const char *status, const char *doc, struct json_out *json) {
    json_key(json, status);
    json_begin_map(json);
    put(json, "description", doc);
    json_end_map(json);
}

static void put_answers(const struct api_endpoint *endpoint, struct json_out *json) {
    json_key(json, "responses");
    json_begin_map(json);
    json_key(json, "200");
    json_begin_map(json);
    put(json, "description", endpoint->answer->doc);
    put_content(endpoint->answer, json);
    json_end_map(json);
    if (!endpoint->body) put_error("304", "As If-None-Match has it.", json);
    put_error("400", "It cannot be asked so: {error, detail}.", json);
    put_error("401", "Nobody has signed in.", json);
    put_error("403", "Not permitted.", json);
    put_error("404", "There is none.", json);
    put_error("503", "Not now: Redis or Kafka does not answer, or too many ask; detail says what.",
              json);
    json_end_map(json);
}

static void put_endpoint(const struct api_endpoint *endpoint, struct json_out *json) {
    json_key(json, strcmp(endpoint->method, "POST") == 0 ? "post" : "get");
    json_begin_map(json);
    put(json, "operationId", endpoint->name);
    put(json, "summary", endpoint->doc);
    json_key(json, "parameters");
    json_begin_list(json);
    put_place(endpoint->path, json);
    for (const struct api_parameter *at = endpoint->parameters; at && at->name; at++)
        put_parameter(at, json);
    json_end_list(json);
    if (endpoint->body) {
        json_key(json, "requestBody");
        json_begin_map(json);
        json_key(json, "required");
        json_bool(json, true);
        put_content(endpoint->body, json);
        json_end_map(json);
    }
    put_answers(endpoint, json);
    json_end_map(json);
}

static void put_security(struct json_out *json) {
    json_key(json, "components");
    json_begin_map(json);
    json_key(json, "securitySchemes");
    json_begin_map(json);
    json_key(json, "token");
    json_begin_map(json);
    put(json, "type", "http");
    put(json, "scheme", "bearer");
    json_end_map(json);
    json_end_map(json);
    json_end_map(json);
    json_key(json, "security");
    json_begin_list(json);
    json_begin_map(json); /* nobody need sign in on loopback, unless told otherwise */
    json_end_map(json);
    json_begin_map(json);
    json_key(json, "token");
    json_begin_list(json);
    json_end_list(json);
    json_end_map(json);
    json_end_list(json);
}

void openapi_write(struct buf *out) {
    struct json_out json = {.buf = out};

    json_begin_map(&json);
    put(&json, "openapi", "3.1.0");
    json_key(&json, "info");
    json_begin_map(&json);
    put(&json, "title", "Redress board");
    put(&json, "version", "1");
    put(&json, "description",
        "What is due, late and waiting, over all shards of Redis. Answers have ETags; whoever asks "
        "again with If-None-Match is told 304 while nothing has changed. GET /api/v1/stream are "
        "server-sent events: `tick` with {version, as_of, redis} whenever something has changed.");
    json_end_map(&json);
    json_key(&json, "paths");
    json_begin_map(&json);
    for (const struct api_endpoint *at = api_endpoints; at->path; at++) {
        json_key(&json, at->path);
        json_begin_map(&json);
        put_endpoint(at, &json);
        json_end_map(&json);
    }
    json_end_map(&json);
    put_security(&json);
    json_end_map(&json);
    buf_puts(out, "\n");
}
