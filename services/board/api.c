/* api: see the header. */
#include "board/api.h"
#include "contract/contract.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 300 };

/* ---- Which row ---- */

/* A path with one {...} at its end, or none. */
static bool is_path(const char *pattern, const char *path, const char **rest_out) {
    size_t len = strcspn(pattern, "{");

    *rest_out = NULL;
    if (!pattern[len]) return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, len) != 0 || !path[len] || strchr(path + len, '/')) return false;
    *rest_out = path + len;
    return true;
}

const struct api_endpoint *api_route(const char *method, const char *path, const char **rest_out,
                                     int *status_out) {
    *status_out = 404;
    if (strcmp(method, "HEAD") == 0) method = "GET";
    for (const struct api_endpoint *at = api_endpoints; at->path; at++) {
        if (!is_path(at->path, path, rest_out)) continue;
        if (strcmp(at->method, method) == 0) return at;
        *status_out = 405;
    }
    return NULL;
}

/* ---- What is asked ---- */

static int check_class(const char *name, const char *value, struct err *err) {
    for (int i = 0; contract_classes[i]; i++)
        if (contract_class_matches(value, contract_classes[i])) return 0;
    return err_set(err, "%s: expected a class such as quality.damaged, or quality.*", name);
}

static int check_choice(const struct api_parameter *parameter, const char *value, struct err *err) {
    struct buf list = {NULL, 0, 0};

    if (fields_choice_value(parameter->choices, value)) return 0;
    for (int i = 0; parameter->choices[i]; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", parameter->choices[i]);
    err_set(err, "%s: expected one of %s", parameter->name, list.at);
    buf_free(&list);
    return -1;
}

static int check_number(const struct api_parameter *parameter, const char *value, struct err *err) {
    char *end;

    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (!errno && !*end && isdigit((unsigned char)*value) && number >= parameter->min &&
        number <= parameter->max)
        return 0;
    return err_set(err, "%s: expected a number from %lld to %lld", parameter->name,
                   (long long)parameter->min, (long long)parameter->max);
}

static int check_value(const struct api_parameter *parameter, const char *value, struct err *err) {
    int64_t ms;

    if (!*value) return 0; /* a form's empty field */
    if (strlen(value) > TEXT_MAX) return err_set(err, "%s: too long", parameter->name);
    switch (parameter->kind) {
    case API_NUMBER: return check_number(parameter, value, err);
    case API_CHOICE: return check_choice(parameter, value, err);
    case API_CLASS: return check_class(parameter->name, value, err);
    case API_DURATION:
        if (fields_parse_duration(value, &ms) == 0) return 0;
        return err_set(err, "%s: expected a duration such as 15m, 1h or 1d", parameter->name);
    default: return 0;
    }
}

static const struct api_parameter *find_parameter(const struct api_endpoint *endpoint,
                                                  const char *name) {
    for (const struct api_parameter *at = endpoint->parameters; at && at->name; at++)
        if (strcmp(at->name, name) == 0) return at;
    return NULL;
}

int api_check(const struct api_endpoint *endpoint, const struct http_query *query,
              struct err *err) {
    for (int i = 0; i < query->count; i++) {
        const struct api_parameter *parameter = find_parameter(endpoint, query->names[i]);
        if (!parameter) return err_set(err, "%.60s: there is no such parameter", query->names[i]);
        if (check_value(parameter, query->values[i], err) < 0) return -1;
    }
    return 0;
}

/* ---- What is answered ---- */

void api_serve(const struct api_endpoint *endpoint, const struct api_call *call, struct buf *out) {
    struct json_out json = {.buf = out};
    void *answer = arena_alloc(call->arena, endpoint->answer->size);

    endpoint->find(call, answer);
    fields_encode(endpoint->answer, answer, &json);
    buf_puts(out, "\n");
}

void api_error(struct buf *out, const char *error, const char *detail) {
    struct json_out json = {.buf = out};

    json_begin_map(&json);
    json_key(&json, "error");
    json_text(&json, error);
    json_key(&json, "detail");
    json_text(&json, detail);
    json_end_map(&json);
    buf_puts(out, "\n");
}
