/* api_similar: see the header. */
#include "board/api_similar.h"
#include "base/ids.h"

#include <string.h>

/* Of another team's case he is not even told that it is there. */
static bool is_seen(const struct person *person, const struct sight_case *found) {
    const char *team = sight_hash_get(found->notification, "team");

    if (sight_case_is_none(found)) return false;
    return !person->team || (team && strcmp(person->team, team) == 0);
}

int api_similar(struct sight *sight, const struct person *person, const char *case_id,
                struct buf *out, struct err *err) {
    struct json_out json = {.buf = out};
    struct sight_similar_list list;
    struct sight_case found;
    if (!ids_is_case(case_id)) return 404;

    if (sight_open(sight) < 0 || sight_case_read(sight, case_id, false, &found) < 0) {
        *err = sight->err;
        return 503;
    }
    if (!is_seen(person, &found)) return 404;
    if (sight_similar_read(sight, case_id, person->team, SIGHT_SIMILAR_SHOWN, &list) < 0) {
        *err = sight->err;
        return 503;
    }
    fields_encode(&sight_similar_list_table, &list, &json);
    buf_puts(out, "\n");

    return 200;
}
