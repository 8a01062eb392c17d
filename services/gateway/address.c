/* address: see the header. */
#include "gateway/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const special[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "fc00::/7",       "fe80::/10",      "fec0::/10",
    "ff00::/8"};

static void map_v4(const uint8_t *v4, uint8_t out[16]) {
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    memcpy(out + 12, v4, 4);
}

bool address_parse_net(const char *text, struct address_net *out) {
    char address[INET6_ADDRSTRLEN + 1];
    size_t len = strcspn(text, "/");
    uint8_t v4[4];
    char *end = NULL;

    if (len >= sizeof address) return false;
    snprintf(address, sizeof address, "%.*s", (int)len, text);
    bool is_v4 = inet_pton(AF_INET, address, v4) == 1;
    if (is_v4)
        map_v4(v4, out->bytes);
    else if (inet_pton(AF_INET6, address, out->bytes) != 1)
        return false;
    int most = is_v4 ? 32 : 128;
    long bits = most;
    if (text[len]) {
        if (text[len + 1] < '0' || text[len + 1] > '9') return false;
        bits = strtol(text + len + 1, &end, 10);
        if (*end || bits < 0 || bits > most) return false;
    }
    out->bits = (int)bits + (is_v4 ? 96 : 0);

    return true;
}

static bool lies_in(const uint8_t bytes[16], const struct address_net *net) {
    int whole = net->bits / 8;
    int rest = net->bits % 8;

    if (memcmp(bytes, net->bytes, (size_t)whole) != 0) return false;
    if (!rest) return true;
    return (bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

bool address_is_in(const char *text, const struct address_net *net) {
    struct address_net one;
    return address_parse_net(text, &one) && lies_in(one.bytes, net);
}

static bool is_special(const uint8_t bytes[16]) {
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        struct address_net net;
        if (address_parse_net(special[i], &net) && lies_in(bytes, &net)) return true;
    }
    return false;
}

bool address_may_be_used(const struct sockaddr *address, const struct address_net *nets,
                         int count) {
    uint8_t bytes[16];

    if (address->sa_family == AF_INET)
        map_v4((const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr,
               bytes);
    else if (address->sa_family == AF_INET6)
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    else
        return false;
    for (int i = 0; i < count; i++)
        if (lies_in(bytes, &nets[i])) return true;
    return !is_special(bytes);
}
