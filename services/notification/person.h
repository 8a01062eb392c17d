/* person: names and addresses of people, as outsiders wrote them: made harmless, masked for those
 * who do not need them, and addresses only where one message can go to one person. */
#ifndef REDRESS_PERSON_H
#define REDRESS_PERSON_H

#include "base/arena.h"

enum { PERSON_NAME_MAX = 40 /* characters; what is longer is no name to be addressed by */ };

/* A text of somebody else's within one of ours: characters that are not shown (zero width, tags,
 * direction, control) are gone, white space is one blank, and nothing in it reads as a link or an
 * address to a program that makes links ("evil. com"). At most `most` characters. NULL: nothing is
 * left of it. */
const char *person_harmless(const char *text, int most, struct arena *arena);

/* "张*", "L*"; NULL and "" give NULL. */
const char *person_mask_name(const char *name, struct arena *arena);
/* "138****1234" for a mainland mobile number, with or without +86; "****1234" for others, "****"
 * for short ones. */
const char *person_mask_phone(const char *phone, struct arena *arena);

/* The mail address when it is one address (RFC 5321: ASCII, no quoted part, no list, no header),
 * else NULL. */
const char *person_email(const char *email, struct arena *arena);

/* The number as E.164 ("+8613812341234"), or NULL where it is not certain whose number it is
 * (contract/phone.h). */
const char *person_phone(const char *phone, const char *locale, struct arena *arena);

#endif
