/* preview: a text as it would go out after some events of a case, in every language, with what was
 * left out of it and why. For redressctl and for the texts that people read from top to bottom. */
#ifndef REDRESS_PREVIEW_H
#define REDRESS_PREVIEW_H

#include "message_policy.h"
#include "notification.h"

struct preview_sentence {
    const char *part;
    int index; /* within the part */
    /* NULL: it is said. "assigned, contact_by" where these are missing; "not" stands before what is
     * there but must not be. */
    const char *lacks;
};
struct preview {
    const char *locale;
    int channel;
    bool said; /* false: nothing is left to say */
    struct wording_rendered words;
    int characters, sms_parts;
    struct texts facts;     /* that hold */
    struct parts sentences; /* struct preview_sentence */
};

/* The case's events in order. What is written is `text`, as it would be after the last of them that
 * a rule tells of by it (where there is none: of which anybody is told), at `now_ms` (0: that
 * event's time), for `channel` (0: the complaint's). Where case.opened is missing the case is one
 * of nobody in particular. */
struct preview_request {
    const struct policies *policies;
    const struct settings *settings; /* NULL: the defaults */
    const struct event *events;
    int count;
    const char *text;
    int channel;
    int64_t now_ms;
    const char *similar; /* the closed case that an escalated one is most like, as library.h writes
                            it; NULL: none */
};

/* previews_out: one a language of the policy that has the text. -1: nobody is ever told of such
 * events, no language has the text, or an event cannot be read. */
int preview_make(const struct preview_request *request, struct arena *arena,
                 struct preview **previews_out, int *count_out, struct err *err) MUST_CHECK;

#endif
