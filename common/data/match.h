/* match: the only user of vectorscan. A set of words and patterns compiled into one database that
 * finds all of them in one pass. */
#ifndef REDRESS_MATCH_H
#define REDRESS_MATCH_H

#include "base/arena.h"
#include <stdbool.h>

struct match_item {
    const char *text; /* a word as it stands, or a pattern in vectorscan's syntax (PCRE without
                         look-around and back-references), UTF-8 */
    bool pattern;
};

struct match_hit {
    int item;        /* index into the items */
    size_t from, to; /* bytes; a pattern's leftmost start for that end */
};

/* The database and the working memory of a scan, which two threads must not share: one set a
 * thread. */
struct match;

/* Compiles the items; all of it lives in the arena. NULL with the text of the fault in err and its
 * item in *bad_out
 * (-1: none of them). */
struct match *match_new(const struct match_item *items, int count, struct arena *arena,
                        int *bad_out, struct err *err) MUST_CHECK;

/* Eight finds a character of the longest text, so that no padding hides what stands behind it; what
 * comes after is not looked at. */
enum { MATCH_HITS_MAX = 65536 };

/* Finds every item in valid UTF-8, in the order in which the finds end; of one item's finds with
 * the same end one. Returns how many; *hits_out lives in the arena. */
int match_scan(struct match *match, const char *bytes, size_t len, struct arena *arena,
               const struct match_hit **hits_out);

#endif
