/* board_site: what the site answers: its own files, the API, the stream. */
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "board/board_parts.h"
#include "board/seal.h"
#include "board/web_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOOD_MS = 1000 }; /* so long what was made for one is good for others */

static const struct {
    const char *path, *content_type, *text;
} files[] = {{"/", "text/html; charset=utf-8", web_index},
             {"/style.css", "text/css; charset=utf-8", web_style},
             {"/main.js", "text/javascript; charset=utf-8", web_main},
             {"/words.js", "text/javascript; charset=utf-8", web_words},
             {"/parts.js", "text/javascript; charset=utf-8", web_parts},
             {"/pages.js", "text/javascript; charset=utf-8", web_pages},
             {"/case.js", "text/javascript; charset=utf-8", web_case},
             {"/icon.svg", "image/svg+xml", web_icon}};

static void add_guards(struct http_answer *answer) {
    http_answer_header(answer, "X-Content-Type-Options", "nosniff");
    http_answer_header(answer, "X-Frame-Options", "DENY");
    http_answer_header(answer, "Referrer-Policy", "no-referrer");
    http_answer_header(answer, "Cross-Origin-Resource-Policy", "same-origin");
    http_answer_header(answer, "Cross-Origin-Opener-Policy", "same-origin");
    http_answer_header(answer, "Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
                       "'none'; require-trusted-types-for 'script'; trusted-types 'none'");
}

static enum http_served refuse(struct http_answer *answer, int status, const char *error,
                               const char *detail) {
    answer->status = status;
    answer->content_type = "application/json";
    buf_free(&answer->body);
    api_error(&answer->body, error, detail);
    if (status == 401) http_answer_header(answer, "WWW-Authenticate", "Bearer");
    if (status == 405) http_answer_header(answer, "Allow", "GET, HEAD, POST");
    if (status == 503) http_answer_header(answer, "Retry-After", "2");
    return HTTP_ANSWERED;
}

/* ---- ETags ---- */

static void make_etag(const char *body, size_t len, char etag_out[24]) {
    char digest[17];
    ids_digest(body, len, digest);
    snprintf(etag_out, 24, "\"%s\"", digest);
}

/* One of the list of If-None-Match. */
static bool has_etag(const char *list, const char *etag) {
    if (!list) return false;
    return strcmp(list, "*") == 0 || strstr(list, etag) != NULL;
}

static enum http_served send_known(struct http_answer *answer, const char *if_none_match) {
    if (!has_etag(if_none_match, answer->etag)) return HTTP_ANSWERED;
    answer->status = 304;
    answer->fixed = NULL;
    buf_free(&answer->body);
    return HTTP_ANSWERED;
}

static bool serve_file(struct http_request *request, struct http_answer *answer) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].path, request->path) != 0) continue;
        answer->content_type = files[i].content_type;
        answer->fixed = files[i].text;
        answer->fixed_len = strlen(files[i].text);
        make_etag(answer->fixed, answer->fixed_len, answer->etag);
        http_answer_header(answer, "Cache-Control", "no-cache");
        send_known(answer, http_request_header(request, "If-None-Match"));
        return true;
    }
    return false;
}

/* ---- Who asks ---- */

static const char *proxy_header(struct http_request *request, const char *name) {
    if (!name) return NULL;
    return http_request_header(request, name);
}

static int find_person(struct board *board, struct http_request *request, struct arena *arena,
                       struct person *out) {
    static const struct board_proxy none = {.user_header = NULL};

    pthread_mutex_lock(&board->lock);
    const struct person_rules rules = board->rules;
    pthread_mutex_unlock(&board->lock);
    const struct board_proxy *proxy = rules.policy->proxy;
    if (!proxy) proxy = &none;
    struct person_claims claims = {.authorization = http_request_header(request, "Authorization"),
                                   .user = proxy_header(request, proxy->user_header),
                                   .groups = proxy_header(request, proxy->groups_header),
                                   .team = proxy_header(request, proxy->team_header),
                                   .peer = request->peer,
                                   .local = request->local};
    const char *host = http_request_header(request, "Host");
    if (request->ambiguous) return 400;
    if (!host || !person_is_our_host(rules.policy, host)) return 421;
    return person_find(&rules, &claims, arena, out);
}

/* A page of somebody else's cannot read the seal, and browsers say where a request comes from. */
static const char *forgery(struct http_request *request, const struct person *person) {
    const char *seal = http_request_header(request, "X-Redress-CSRF");
    const char *site = http_request_header(request, "Sec-Fetch-Site");
    const char *origin = http_request_header(request, "Origin");
    const char *host = http_request_header(request, "Host");
    const char *type = http_request_header(request, "Content-Type");

    if (!seal || !seal_is(seal, person->name)) return "X-Redress-CSRF: expected what `me` gives";
    if (site && strcmp(site, "same-origin") != 0) return "the request comes from another site";
    if (origin && host) {
        const char *name = strstr(origin, "://");
        if (!name || strcmp(name + 3, host) != 0) return "the request comes from another origin";
    }
    if (!type || strncmp(type, "application/json", 16) != 0)
        return "Content-Type: expected application/json";
    if (request->ambiguous) return "a header came twice";
    return NULL;
}

/* ---- The API ---- */

static bool is_good(const struct board_answer *kept) {
    return kept->made_ms && clock_boot_ms() - kept->made_ms < GOOD_MS;
}

static struct board_answer *find_answer(struct board *board, const char *key) {
    size_t place = ids_table_hash(key, strlen(key)) % BOARD_ANSWERS;
    struct board_answer *answer = &board->answers[place];

    if (answer->key && strcmp(answer->key, key) == 0) return answer;
    free(answer->key);
    answer->key = strdup(key);
    answer->made_ms = 0;
    return answer;
}

void board_site_end(struct board *board) {
    for (int i = 0; i < BOARD_ANSWERS; i++) {
        free(board->answers[i].key);
        buf_free(&board->answers[i].body);
    }
    for (int i = 0; i < BOARD_CASES; i++) {
        free(board->kept_cases[i].key);
        buf_free(&board->kept_cases[i].body);
    }
}

/* From memory; once for all who ask the same until something changes, or a second has passed. */
static void make_answer(struct board *board, const struct api_endpoint *endpoint,
                        struct api_call *call, struct board_answer *kept, int64_t version) {
    pthread_mutex_lock(&board->lock);
    call->overview = &board->overview;
    call->list = mirror_lock(board->mirror);
    buf_clear(&kept->body);
    api_serve(endpoint, call, &kept->body);
    mirror_unlock(board->mirror);
    pthread_mutex_unlock(&board->lock);
    kept->version = version;
    kept->made_ms = clock_boot_ms();
    make_etag(kept->body.at, kept->body.len, kept->etag);
}

static enum http_served serve_memory(struct board *board, const struct api_endpoint *endpoint,
                                     struct http_request *request, struct api_call *call,
                                     struct http_answer *answer) {
    const struct person *person = call->person;
    const char *key = arena_printf(call->arena, "%s?%s\n%s\n%s", request->path, request->query,
                                   person->team ? person->team : "", person->name);
    struct board_answer *kept = find_answer(board, key);
    char why[sizeof board->why];

    pthread_mutex_lock(&board->lock);
    int64_t version = board->version;
    bool away = board->away && board->overview.as_of_ms == 0;
    snprintf(why, sizeof why, "%s", board->why);
    pthread_mutex_unlock(&board->lock);
    if (away && strcmp(endpoint->name, "me") != 0) return refuse(answer, 503, "no_redis", why);
    if (kept->version != version || !is_good(kept))
        make_answer(board, endpoint, call, kept, version);
    answer->content_type = "application/json";
    buf_add(&answer->body, kept->body.at, kept->body.len);
    memcpy(answer->etag, kept->etag, sizeof answer->etag);

    return send_known(answer, http_request_header(request, "If-None-Match"));
}

/* A job's own copies. */
static enum http_served serve_later(struct desk *desk, const char *asks,
                                    struct http_request *request, const struct person *person,
                                    const char *rest, struct http_answer *answer) {
    struct arena *arena;
    const char *etag = http_request_header(request, "If-None-Match");
    if (desk_is_full(desk))
        return refuse(answer, 503, "busy", "too many ask at once: come again in a moment");

    arena = arena_new();
    struct desk_job *job = ARENA_NEW(arena, struct desk_job);
    *job = (struct desk_job){.arena = arena,
                             .person = *person,
                             .asks = asks,
                             .path = arena_strdup(arena, rest),
                             .body = arena_strdup(arena, request->body),
                             .peer = arena_strdup(arena, request->peer),
                             .etag = arena_strdup(arena, etag)};
    job->person.name = arena_strdup(arena, person->name);
    job->person.team = arena_strdup(arena, person->team);
    job->handle = http_request_later(request);
    desk_push(desk, job);
    return HTTP_LATER;
}

static enum http_served serve_decision(struct board *board, struct http_request *request,
                                       const struct person *person, struct http_answer *answer) {
    const char *why = NULL;

    if (!board->decisions)
        why = "decisions are not taken here: --allow-decisions";
    else if (!person->decides)
        why = "who decides signs in, in a role of the contract";
    else
        why = forgery(request, person);
    if (!why) return serve_later(board->decisions, NULL, request, person, NULL, answer);
    log_say(LOG_WARN, "decision refused", "actor", person->name, "peer", request->peer, "why", why,
            NULL);
    return refuse(answer, 403, "not_permitted", why);
}

static enum http_served serve_endpoint(struct board *board, const struct api_endpoint *endpoint,
                                       const char *rest, struct http_request *request,
                                       const struct person *person, struct arena *arena,
                                       struct http_answer *answer) {
    struct http_query query;
    struct err err;
    struct api_call call = {.query = &query,
                            .person = person,
                            .prefix = board->config->topic_prefix,
                            .now_ms = clock_now_ms(),
                            .arena = arena};

    http_answer_header(answer, "Cache-Control", "private, no-cache");
    if (http_query_read(request->query, arena, &query, &err) < 0 ||
        api_check(endpoint, &query, &err) < 0)
        return refuse(answer, 400, "bad_request", err.text);
    if (endpoint->body) return serve_decision(board, request, person, answer);
    if (endpoint->in_turn)
        return serve_later(board->cases, endpoint->name, request, person, rest, answer);
    return serve_memory(board, endpoint, request, &call, answer);
}

static enum http_served serve_stream(struct board *board, struct http_answer *answer) {
    char tick[300];

    answer->content_type = "text/event-stream";
    http_answer_header(answer, "Cache-Control", "no-store");
    http_answer_header(answer, "X-Accel-Buffering", "no");
    pthread_mutex_lock(&board->lock);
    buf_puts(&answer->body, board_tick(board, tick, sizeof tick));
    pthread_mutex_unlock(&board->lock);
    return HTTP_STREAM;
}

static enum http_served serve_api(struct board *board, struct http_request *request,
                                  struct arena *arena, struct http_answer *answer) {
    struct person person;
    const char *rest;
    int missing;

    switch (find_person(board, request, arena, &person)) {
    case 200: break;
    case 400: return refuse(answer, 400, "bad_request", "a header came twice");
    case 403: return refuse(answer, 403, "not_permitted", "this is not the proxy's address");
    case 421: return refuse(answer, 421, "other_host", "Host: not a name of this board");
    default: return refuse(answer, 401, "sign_in", "a token is needed: Authorization: Bearer");
    }
    if (strcmp(request->path, "/api/v1/stream") == 0 && strcmp(request->method, "GET") == 0)
        return serve_stream(board, answer);
    const struct api_endpoint *endpoint =
        api_route(request->method, request->path, &rest, &missing);
    if (!endpoint && missing == 405) return refuse(answer, 405, "bad_method", "not by this method");
    if (!endpoint) return refuse(answer, 404, "not_found", "there is nothing by this path");
    return serve_endpoint(board, endpoint, rest, request, &person, arena, answer);
}

enum http_served board_serve(void *context, struct http_request *request,
                             struct http_answer *answer) {
    struct board *board = context;
    struct arena *arena;
    enum http_served served;
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;

    add_guards(answer);
    if (reads && serve_file(request, answer)) return HTTP_ANSWERED;
    if (strncmp(request->path, "/api/", 5) != 0)
        return refuse(answer, 404, "not_found", "there is nothing by this path");
    arena = arena_new();
    served = serve_api(board, request, arena, answer);
    arena_free(arena);

    return served;
}

/* ---- Cases ---- */

/* An answer that is young enough for whoever may see the same. */
static struct board_answer *find_case(struct board *board, const struct desk_job *job) {
    const struct person *person = &job->person;
    const char *key = arena_printf(job->arena, "%s\n%s\n%d\n%s", job->asks, job->path,
                                   person->sees_private, person->team ? person->team : "");
    size_t place = ids_table_hash(key, strlen(key)) % BOARD_CASES;
    struct board_answer *kept = &board->kept_cases[place];

    if (kept->key && strcmp(kept->key, key) == 0) return kept;
    free(kept->key);
    kept->key = strdup(key);
    kept->made_ms = 0;
    return kept;
}

static int read_case(struct board *board, const struct desk_job *job, struct board_answer *kept,
                     struct err *err) {
    struct sight *sight = &board->case_sight;
    struct buf *body = &kept->body;
    const struct person *person = &job->person;
    int status;

    arena_reset(sight->arena);
    buf_clear(body);
    kept->made_ms = 0;
    if (strcmp(job->asks, "similar") == 0)
        status = api_similar(sight, person, job->path, body, err);
    else
        status = api_case(sight, board->versions, person, job->path, clock_now_ms(), body, err);
    if (status != 200) return status;
    make_etag(kept->body.at, kept->body.len, kept->etag);
    kept->made_ms = clock_boot_ms();
    return 200;
}

/* Asked of Redis at most once a second, however many look at the case. */
void board_case(void *context, struct desk_job *job, struct http_answer *answer) {
    struct board *board = context;
    struct board_answer *kept = find_case(board, job);
    struct err err = {""};
    int status = 200;

    add_guards(answer);
    http_answer_header(answer, "Cache-Control", "private, no-cache");
    if (!is_good(kept)) status = read_case(board, job, kept, &err);
    if (status == 404) {
        refuse(answer, 404, "not_found", "there is no such case, or it is over and forgotten");
        return;
    }
    if (status != 200) {
        refuse(answer, status, "no_redis", err.text);
        return;
    }
    answer->content_type = "application/json";
    buf_add(&answer->body, kept->body.at, kept->body.len);
    memcpy(answer->etag, kept->etag, sizeof answer->etag);
    send_known(answer, job->etag);
}
