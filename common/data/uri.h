/* uri: is a text a URI reference? */
#ifndef REDRESS_URI_H
#define REDRESS_URI_H

#include <stddef.h>

/* How many bytes, from the first, can begin a URI reference of RFC 3986, section 4.1; `len` when
 * all of them are one. Refused besides, since java.net.URI stops at them, and with it every
 * CloudEvents reader in Java: a scheme or a "//" with nothing behind it, and hosts of a future
 * version ("[v1.x]"). */
size_t uri_reference(const char *text, size_t len);

#endif
