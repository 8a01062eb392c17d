/* redis_url: see redis_url.h. What was not understood is told without what may be secret. */
#include "outside/redis_url.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 6379, PORT_MAX = 65535, DB_MAX = 1000000 };

#define SETTING "REDRESS_REDIS_URL: "

static int hex_of(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/* A part with its %XX read; NULL and err. */
static char *decoded(const char *from, const char *to, const char *what, struct err *err) {
    char *text = malloc((size_t)(to - from) + 1);
    char *at = text;

    ASSERT(text);
    for (; from < to; from++) {
        if (*from != '%') {
            *at++ = *from;
            continue;
        }
        int high = -1;
        if (to - from > 2) high = hex_of(from[1]);
        int low = -1;
        if (high >= 0) low = hex_of(from[2]);
        if (low < 0 || high * 16 + low == 0) {
            explicit_bzero(text, (size_t)(at - text));
            free(text);
            err_set(err,
                    SETTING "in the %s a %% is not followed by two hexadecimal digits other than "
                            "00; a %% itself is written %%25",
                    what);
            return NULL;
        }
        *at++ = (char)(high * 16 + low);
        from += 2;
    }
    *at = 0;

    return text;
}

static int read_number(const char *from, const char *to, const char *what, int min, int max,
                       int *out, struct err *err) {
    char *text = decoded(from, to, what, err);
    char *end;

    if (!text) return -1;
    long number = strtol(text, &end, 10);
    bool good = *text >= '0' && *text <= '9' && !*end && number >= min && number <= max;
    free(text);
    if (!good) return err_set(err, SETTING "the %s must be a number from %d to %d", what, min, max);
    *out = (int)number;

    return 0;
}

/* Up to the last @: so that one within a password does no harm. */
static int read_credentials(const char **rest, struct redis_address *out, struct err *err) {
    const char *at = strrchr(*rest, '@');
    const char *from = *rest;

    if (!at) return 0;
    const char *colon = memchr(from, ':', (size_t)(at - from));
    if (!colon)
        return err_set(err,
                       SETTING "before the @ stands a name without a password (it is not shown: it "
                               "may be the password). Expected redis://:PASSWORD@HOST for a "
                               "password alone, or redis://USER:PASSWORD@HOST");
    if (colon > from && !(out->user = decoded(from, colon, "user", err))) return -1;
    if ((colon + 1 < at || out->user) && !(out->password = decoded(colon + 1, at, "password", err)))
        return -1;
    *rest = at + 1;

    return 0;
}

static int read_unix(const char *rest, struct redis_address *out, struct err *err) {
    if (*rest != '/' && read_credentials(&rest, out, err) < 0) return -1;
    const char *query = strchr(rest, '?');
    const char *end = query;
    if (!query) end = rest + strlen(rest);
    if (*rest != '/')
        return err_set(
            err, SETTING
            "expected unix:///PATH: the path of Redis' socket from the root on, three slashes");
    out->is_unix = true;
    out->host = decoded(rest, end, "path", err);
    if (!out->host) return -1;
    if (!query) return 0;
    if (strncmp(query, "?db=", 4) != 0)
        return err_set(err, SETTING "behind the ? expected db=NUMBER");
    return read_number(query + 4, query + strlen(query), "database behind ?db=", 0, DB_MAX,
                       &out->db, err);
}

static int read_host(const char *rest, struct redis_address *out, struct err *err) {
    const char *end = rest + strcspn(rest, "/");
    const char *host = rest;
    const char *bracket = NULL;
    if (*rest == '[') bracket = strchr(rest, ']');

    if (*rest == '[' && (!bracket || bracket > end))
        return err_set(err, SETTING
                       "the host begins with [ and has no ]: expected redis://[IPv6]:PORT/DB");
    const char *colon =
        memchr(bracket ? bracket : host, ':', (size_t)(end - (bracket ? bracket : host)));
    const char *host_end = end;
    if (colon) host_end = colon;
    if (colon && read_number(colon + 1, end, "port", 1, PORT_MAX, &out->port, err) < 0) return -1;
    if (*end == '/' && end[1] &&
        read_number(end + 1, end + strlen(end), "database behind the last /", 0, DB_MAX, &out->db,
                    err) < 0)
        return -1;
    if (bracket) {
        host++;
        host_end = bracket;
    }
    if (host_end > host)
        out->host = decoded(host, host_end, "host", err);
    else
        out->host = strdup("127.0.0.1");

    if (out->host) return 0;
    return -1;
}

static int parse(const char *url, struct redis_address *out, struct err *err) {
    const char *rest = strstr(url, "://");

    if (strncmp(url, "unix://", 7) == 0) return read_unix(url + 7, out, err);
    if (strncmp(url, "rediss://", 9) == 0 || strncmp(url, "redis+", 6) == 0)
        return err_set(err,
                       SETTING "%.*s is not supported by this build yet; use redis:// (for TLS "
                               "through a local TLS proxy)",
                       (int)strcspn(url, ":"), url);
    if (strncmp(url, "redis://", 8) != 0)
        return err_set(err, SETTING "expected redis://HOST:PORT/DB or unix:///PATH");
    rest += 3;

    if (read_credentials(&rest, out, err) < 0) return -1;
    return read_host(rest, out, err);
}

int redis_url_parse(const char *url, struct redis_address *out, struct err *err) {
    struct redis_address address = {.port = PORT};

    if (parse(url, &address, err) < 0) {
        redis_url_free(&address);
        return -1;
    }
    *out = address;
    return 0;
}

void redis_url_free(struct redis_address *address) {
    free(address->host);
    free(address->user);
    if (address->password) explicit_bzero(address->password, strlen(address->password));
    free(address->password);
    *address = (struct redis_address){.host = NULL};
}
