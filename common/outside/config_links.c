/* config_links: the variables that Kubernetes puts into every container for each service of its
 * namespace (Docker's links): a service named redress-sla makes REDRESS_SLA_SERVICE_HOST and more,
 * which look like settings and are none. Name and value must both have the shape that Kubernetes
 * gives them, or a mistyped setting would pass for one. */
#include "outside/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ADDRESS_MAX = 64, PORT_DIGITS = 5, PORT_MAX = 65535 };

/* Names of services and ports as variables: capitals, digits and underscores. */
static const char name_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

static const char *const protocols[] = {"tcp", "udp", "sctp"};
enum { PROTOCOLS = sizeof protocols / sizeof *protocols };

static bool is_address(const char *text, size_t len) {
    char address[ADDRESS_MAX];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (len == 0 || len >= sizeof address) return false;

    memcpy(address, text, len);
    address[len] = 0;
    return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

static bool is_port(const char *text, size_t len) {
    if (len == 0 || len > PORT_DIGITS || strspn(text, "0123456789") < len) return false;

    long port = strtol(text, NULL, 10);
    return port >= 1 && port <= PORT_MAX;
}

static bool is_protocol(const char *text, size_t len) {
    for (int i = 0; i < PROTOCOLS; i++)
        if (strlen(protocols[i]) == len && strncasecmp(protocols[i], text, len) == 0) return true;
    return false;
}

/* "tcp://10.0.0.1:9092", "tcp://[fd00::1]:9092". `port` NULL: any. */
static bool is_url(const char *value, const char *port, size_t port_len) {
    const char *host = strstr(value, "://");
    const char *colon = strrchr(value, ':');
    if (!host || colon <= host || !islower((unsigned char)*value)) return false;
    if (!is_protocol(value, (size_t)(host - value)) || !is_port(colon + 1, strlen(colon + 1)))
        return false;
    if (port && (strlen(colon + 1) != port_len || strncmp(colon + 1, port, port_len) != 0))
        return false;

    host += 3;
    bool bracketed = *host == '[' && colon[-1] == ']';
    if (bracketed) return is_address(host + 1, (size_t)(colon - 1 - (host + 1)));
    return is_address(host, (size_t)(colon - host)) && !memchr(host, ':', (size_t)(colon - host));
}

static bool ends_in(const char *name, const char *suffix) {
    size_t len = strlen(name);
    size_t suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/* <NAME>_SERVICE_HOST, <NAME>_SERVICE_PORT and <NAME>_SERVICE_PORT_<PORTNAME>. */
static bool is_service(const char *name, const char *value) {
    static const char port[] = "_SERVICE_PORT";
    if (ends_in(name, "_SERVICE_HOST")) return is_address(value, strlen(value));
    if (!is_port(value, strlen(value))) return false;
    if (ends_in(name, port)) return true;

    const char *at = strstr(name, "_SERVICE_PORT_");
    return at && at > name && at[sizeof port] != 0;
}

/* What stands behind <NAME>_PORT_: <n>_<PROTO>, <n>_<PROTO>_PROTO, <n>_<PROTO>_PORT and
 * <n>_<PROTO>_ADDR. */
static bool is_port_part(const char *rest, const char *value) {
    size_t digits = strcspn(rest, "_");
    if (!is_port(rest, digits) || rest[digits] != '_') return false;

    const char *protocol = rest + digits + 1;
    size_t protocol_len = strcspn(protocol, "_");
    if (!is_protocol(protocol, protocol_len)) return false;

    const char *what = protocol + protocol_len;
    if (!*what) return is_url(value, rest, digits);
    if (strcmp(what, "_ADDR") == 0) return is_address(value, strlen(value));
    if (strcmp(what, "_PORT") == 0)
        return strlen(value) == digits && strncmp(value, rest, digits) == 0;
    return strcmp(what, "_PROTO") == 0 && islower((unsigned char)*value) &&
           is_protocol(value, strlen(value));
}

/* <NAME>_PORT, and what begins with it; a service's own name may hold the word too. */
static bool is_docker_link(const char *name, const char *value) {
    static const char port[] = "_PORT_";
    if (ends_in(name, "_PORT") && is_url(value, NULL, 0)) return true;

    for (const char *at = strstr(name, port); at; at = strstr(at + 1, port))
        if (at > name && is_port_part(at + sizeof port - 1, value)) return true;
    return false;
}

bool config_is_service_link(const char *name, const char *value) {
    if (name[strspn(name, name_letters)] != 0) return false;
    return is_service(name, value) || is_docker_link(name, value);
}
