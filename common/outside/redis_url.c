/* redis_url: see redis_url.h. What was not understood is told without what may be secret. */
#include "outside/redis_url.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 6379, SENTINEL_PORT = 26379, PORT_MAX = 65535, DB_MAX = 1000000 };

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
                    "in the %s a %% is not followed by two hexadecimal digits other than "
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
    if (!good) return err_set(err, "the %s must be a number from %d to %d", what, min, max);
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
        return err_set(err, "before the @ stands a name without a password (it is not shown: it "
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
            err,
            "expected unix:///PATH: the path of Redis' socket from the root on, three slashes");
    out->is_unix = true;
    out->hosts[0].name = decoded(rest, end, "path", err);
    if (!out->hosts[0].name) return -1;
    out->host_count = 1;
    if (!query) return 0;
    if (strncmp(query, "?db=", 4) != 0) return err_set(err, "behind the ? expected db=NUMBER");
    return read_number(query + 4, query + strlen(query), "database behind ?db=", 0, DB_MAX,
                       &out->db, err);
}

/* host, host:port, [IPv6], [IPv6]:port; no host: this one. */
static int read_host(const char *from, const char *to, int port, struct redis_address *out,
                     struct err *err) {
    if (out->host_count == REDIS_HOSTS_MAX)
        return err_set(err, "expected at most %d hosts", REDIS_HOSTS_MAX);
    struct redis_host *host = &out->hosts[out->host_count];
    const char *bracket = NULL;
    if (*from == '[') bracket = memchr(from, ']', (size_t)(to - from));
    if (from < to && *from == '[' && !bracket)
        return err_set(err, "the host begins with [ and has no ]: expected redis://[IPv6]:PORT/DB");
    const char *name_end = to;
    const char *behind = from;
    if (bracket) behind = bracket;
    const char *colon = memchr(behind, ':', (size_t)(to - behind));
    if (colon) name_end = colon;
    host->port = port;
    if (colon && read_number(colon + 1, to, "port", 1, PORT_MAX, &host->port, err) < 0) return -1;
    if (bracket) {
        from++;
        name_end = bracket;
    }
    if (name_end - from >= REDIS_HOST_MAX)
        return err_set(err, "a host's name is longer than %d", REDIS_HOST_MAX - 1);
    if (name_end > from)
        host->name = decoded(from, name_end, "host", err);
    else
        host->name = strdup("127.0.0.1");
    if (!host->name) return -1;
    out->host_count++;

    return 0;
}

static int read_hosts(const char *from, const char *to, int port, struct redis_address *out,
                      struct err *err) {
    for (const char *comma; (comma = memchr(from, ',', (size_t)(to - from))); from = comma + 1)
        if (read_host(from, comma, port, out, err) < 0) return -1;
    return read_host(from, to, port, out, err);
}

static int read_db(const char *from, struct redis_address *out, struct err *err) {
    if (*from != '/' || !from[1]) return 0;
    return read_number(from + 1, from + strlen(from), "database behind the last /", 0, DB_MAX,
                       &out->db, err);
}

static int read_plain(const char *rest, struct redis_address *out, struct err *err) {
    const char *end = rest + strcspn(rest, "/");

    if (read_hosts(rest, end, PORT, out, err) < 0) return -1;
    if (out->host_count > 1) out->layout = REDIS_SPREAD;
    return read_db(end, out, err);
}

static int read_sentinel(const char *rest, struct redis_address *out, struct err *err) {
    const char *end = rest + strcspn(rest, "/");

    out->layout = REDIS_SENTINEL;
    if (read_hosts(rest, end, SENTINEL_PORT, out, err) < 0) return -1;
    const char *name = end + (*end == '/');
    const char *name_end = name + strcspn(name, "/");
    if (name_end == name)
        return err_set(err, "behind the Sentinels stands no name: expected "
                            "redis+sentinel://HOST,HOST/SERVICE/DB, the name as in "
                            "`sentinel monitor SERVICE`");
    out->service = decoded(name, name_end, "service", err);
    if (!out->service) return -1;
    return read_db(name_end, out, err);
}

static int read_cluster(const char *rest, struct redis_address *out, struct err *err) {
    const char *end = rest + strcspn(rest, "/");

    out->layout = REDIS_CLUSTER;
    if (read_hosts(rest, end, PORT, out, err) < 0 || read_db(end, out, err) < 0) return -1;
    if (out->db)
        return err_set(err, "a cluster has database 0 only: expected "
                            "redis+cluster://HOST,HOST without a number");
    return 0;
}

static int parse(const char *url, struct redis_address *out, struct err *err) {
    typedef int read_rest(const char *rest, struct redis_address *out, struct err *err);
    static const struct {
        const char *scheme; /* behind "redis" or "rediss" */
        read_rest *read;
    } rows[] = {
        {"://", read_plain}, {"+sentinel://", read_sentinel}, {"+cluster://", read_cluster}};

    if (strncmp(url, "unix://", 7) == 0) return read_unix(url + 7, out, err);
    const char *kind = url;
    if (strncmp(url, "redis", 5) == 0) kind = url + 5;
    out->tls = *kind == 's' && kind > url;
    if (out->tls) kind++;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && kind > url; i++) {
        size_t len = strlen(rows[i].scheme);
        if (strncmp(kind, rows[i].scheme, len) != 0) continue;
        const char *rest = kind + len;
        if (read_credentials(&rest, out, err) < 0) return -1;
        return rows[i].read(rest, out, err);
    }

    return err_set(err, "expected redis://HOST:PORT/DB, redis+sentinel://HOST,HOST/SERVICE, "
                        "redis+cluster://HOST,HOST or unix:///PATH; rediss for TLS");
}

int redis_url_parse(const char *url, struct redis_address *out, struct err *err) {
    struct redis_address address = {.layout = REDIS_ONE};

    if (parse(url, &address, err) < 0) {
        redis_url_free(&address);
        return -1;
    }
    *out = address;
    return 0;
}

void redis_url_free(struct redis_address *address) {
    for (int i = 0; i < REDIS_HOSTS_MAX; i++) free(address->hosts[i].name);
    free(address->service);
    free(address->user);
    if (address->password) explicit_bzero(address->password, strlen(address->password));
    free(address->password);
    *address = (struct redis_address){.layout = REDIS_ONE};
}

static bool same_text(const char *one, const char *other) {
    if (!one || !other) return one == other;
    return strcmp(one, other) == 0;
}

static bool same_servers(const struct redis_address *one, const struct redis_address *other) {
    if (one->layout != other->layout || one->host_count != other->host_count ||
        one->db != other->db || one->is_unix != other->is_unix || one->tls != other->tls ||
        !same_text(one->service, other->service))
        return false;
    for (int i = 0; i < one->host_count; i++)
        if (one->hosts[i].port != other->hosts[i].port ||
            strcmp(one->hosts[i].name, other->hosts[i].name) != 0)
            return false;
    return true;
}

bool redis_url_same_servers(const char *one, const char *other) {
    struct redis_address a = {.layout = REDIS_ONE};
    struct redis_address b = {.layout = REDIS_ONE};
    struct err err;
    bool same = redis_url_parse(one, &a, &err) == 0 && redis_url_parse(other, &b, &err) == 0 &&
                same_servers(&a, &b);

    redis_url_free(&a);
    redis_url_free(&b);
    return same;
}
