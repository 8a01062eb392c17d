/* library: what a closed case leaves for those that are like it: in what its order was like others,
 * what was offered and chosen, how long it took, what its customer said afterwards. Nothing of whom
 * it was: no words, no names, no remarks on remedies.
 *
 * A case stands in a few places: one of its class, and one each for the article, the warehouse and
 * the carrier of its order. A place holds the last case that was put there; each has a few, of
 * which a case takes the one that its id says. So what is kept is bounded by what a shop sells, and
 * what was solved yesterday is found today. Pure. */
#ifndef REDRESS_LIBRARY_H
#define REDRESS_LIBRARY_H

#include "contract/contract.h"

enum library_fact { LIBRARY_ARTICLE, LIBRARY_WAREHOUSE, LIBRARY_CARRIER, LIBRARY_FACTS };

/* Of which case is spoken: whose library, and its order's facts (NULL: not known). */
struct library_about {
    const char *tenant, *class_name, *case_id;
    const char *facts[LIBRARY_FACTS];
};

/* One case that is over. Absent is 0 or NULL. */
struct library_entry {
    const char *case_id;
    const char *facts[LIBRARY_FACTS]; /* hashes of its facts */
    int64_t ended_at, took;           /* ms; whole minutes when read */
    int64_t score;
    struct parts options; /* struct option: of the last offer, without split and details */
    const char *chosen;   /* the option's name */
    const char *value;    /* of one that was read: as a place keeps it */
};

enum {
    LIBRARY_PLACES_MAX = 2 * LIBRARY_FACTS + 4, /* that are looked at for one case */
    LIBRARY_VALUE_MAX = 200                     /* bytes: what a claim keeps (claims.h) */
};

/* The names of the places in which a case is put, LIBRARY_FACTS + 1 at most; and of all in which
 * those like it may stand, LIBRARY_PLACES_MAX at most. A name is a hash, and depends on tenant,
 * class and fact alone. */
struct texts library_places(const struct library_about *about, struct arena *arena);
struct texts library_around(const struct library_about *about, struct arena *arena);

/* An entry as a place keeps it, at most LIBRARY_VALUE_MAX bytes: an offer that is too long is told
 * by its chosen option alone, or not at all. */
const char *library_write(const struct library_entry *entry, const struct library_about *about,
                          struct arena *arena);
/* False: it is none. An entry without a case is none: the place is empty. */
bool library_read(const char *value, struct arena *arena, struct library_entry *out);

/* Of those found the one that is most like a case: with most facts of the order the same, among
 * them the one whose customer was most content (who said nothing stands in the middle), then the
 * last that ended. NULL: there is none but the case itself. */
const struct library_entry *library_choose(const struct library_entry *entries, int count,
                                           const struct library_about *about, struct arena *arena);

#endif
