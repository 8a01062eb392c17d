/* address: which network addresses a gateway may speak to: public ones, and private ones that its
 * policy lists. Pure. */
#ifndef REDRESS_ADDRESS_H
#define REDRESS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv4 addresses stand as IPv4-mapped IPv6 ones. */
struct address_net {
    uint8_t bytes[16];
    int bits;
};

/* "10.1.0.0/16", "fd00::/8", "127.0.0.1". False: it is none. */
bool address_parse_net(const char *text, struct address_net *out);
/* Whether an address, as text, lies in a net. */
bool address_is_in(const char *text, const struct address_net *net);
/* Whether the address is public (the special-purpose registries of IANA, RFC 6890), or lies in one
 * of the nets. Anything but IPv4 and IPv6: no. */
bool address_may_be_used(const struct sockaddr *address, const struct address_net *nets, int count);

#endif
