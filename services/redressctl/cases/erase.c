/* erase: see the header. */
#include "redressctl/cases/erase.h"
#include "decision/claims.h"

#include <string.h>

struct held {
    enum topic topic;
    const char *worker, *what;
};

static const struct held all_held[] = {
    {TOPIC_COMPLAINTS, NULL, "what he wrote, with name, telephone and mail"},
    {TOPIC_ACTIVITY, NULL, "what he wrote, and the erasure with his id"},
    {TOPIC_DECISIONS, NULL, "what was remarked on his cases"},
    {TOPIC_EVENTS, NULL, "what he wrote, name, telephone, mail, and the erasure with his id"},
    {TOPIC_DELIVERIES, NULL, "messages to him, with his address"},
    {TOPIC_SETTLEMENTS, NULL, "his id, beside orders"},
    {TOPIC_ORDERS, NULL, "name, telephone and mail, beside orders"},
    {TOPIC_REJECTED, NULL, "what could not be accepted, whole"},
    {TOPIC_STATE, "notification", "older states of his cases"},
    {TOPIC_STATE, "compensation", "older states of his cases"},
    {TOPIC_STATE, "cohort", "his id, beside orders"},
};

const char *erase_held(enum topic topic, const char *worker) {
    for (size_t i = 0; i < sizeof all_held / sizeof *all_held; i++) {
        const struct held *held = &all_held[i];
        if (held->topic != topic) continue;
        if (!held->worker || (worker && strcmp(worker, held->worker) == 0)) return held->what;
    }
    return NULL;
}

/* What a view shows is there: it goes when its worker reads the erasure. */
static struct erase_row view_row(const char *place, int64_t count) {
    return (struct erase_row){.place = place,
                              .what = "id, name, telephone, mail, conversation",
                              .left = count > 0,
                              .count = count};
}

static bool is_cohorts(const struct erase_topic *topic) {
    const char *state = strstr(topic->name, ".cohort.state");
    return state != NULL && topic->compacted;
}

/* Compaction leaves no trace by which it could be seen: its time must be over. A topic that deletes
 * shows whether it has. */
static struct erase_row topic_row(const struct erase_found *found,
                                  const struct erase_topic *topic) {
    struct erase_row row = {.place = topic->name, .what = topic->what, .count = topic->before};

    row.until = found->erased_at + ERASE_SETTLE_MS + topic->kept_ms + topic->segment_ms;
    if (is_cohorts(topic)) row.until += found->window_ms;
    if (topic->kept_ms < 0 || topic->segment_ms < 0) row.until = INT64_MAX;
    if (topic->compacted)
        row.left = found->now < row.until;
    else
        row.left = topic->before > 0;
    return row;
}

int erase_rows(const struct erase_found *found, struct erase_row rows_out[ERASE_ROWS_MAX]) {
    int count = 0;
    struct erase_row cohorts = {.place = "redis, cohort",
                                .what = "his id, beside orders of the window",
                                .count = ERASE_NOT_COUNTED,
                                .until = found->erased_at + found->window_ms};
    struct erase_row claims = {.place = "redis and topic, claims",
                               .what = "his id and conversations, in keys",
                               .count = ERASE_NOT_COUNTED,
                               .until = found->erased_at + CLAIMS_KEPT_MAX_MS};

    ASSERT(found->topic_count <= ERASE_TOPICS_MAX);
    rows_out[count++] = view_row("redis, notification", found->notification);
    rows_out[count++] = view_row("redis, compensation", found->compensation);
    cohorts.left = found->now < cohorts.until;
    rows_out[count++] = cohorts;
    claims.left = found->now < claims.until;
    if (!found->pseudonyms) rows_out[count++] = claims;
    for (int i = 0; i < found->topic_count; i++)
        rows_out[count++] = topic_row(found, &found->topics[i]);
    return count;
}
