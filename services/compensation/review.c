/* review: the rows, gone through once. */
#include "review.h"

struct review review_of(const struct offer_policy *policy, const struct offer_about *about,
                        struct arena *arena) {
    const struct offer_review *rows = policy->reviews.at;
    struct review review = {0};

    for (int i = 0; i < policy->reviews.count; i++) {
        if (!offer_match_holds(rows[i].match, about)) continue;
        if (rows[i].by > review.role) review.role = rows[i].by;
        if (rows[i].match && rows[i].match->history) review.suspected = true;
        if (rows[i].demand && !review.answers) review.answers = &rows[i];
        texts_add(&review.names, arena_printf(arena, "review %s", rows[i].name), arena);
    }

    return review;
}
