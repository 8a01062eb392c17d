/* api_parts: what the API's files share. */
#ifndef REDRESS_BOARD_API_PARTS_H
#define REDRESS_BOARD_API_PARTS_H

#include "board/api.h"
#include "notification/notification.h"

struct api_page {
    struct parts items;
    int64_t total;
    const char *next;
};
struct api_budgets {
    struct parts budgets, levels;
};
struct api_workers {
    struct parts workers, held, policies;
};
struct api_me {
    const char *name;
    int role;
    const char *team;
    bool sees_private, decides;
    const char *csrf, *version, *prefix;
};
/* A message of a case. `message` is its id behind the case's. */
struct api_message {
    const char *message, *state, *channel, *audience;
    int64_t attempt, again_at;
};
extern const struct table api_message_table;

/* Adds all messages that notification keeps of a case; they live in the arena. */
void api_messages(const struct notification_state *state, const char *case_id, struct arena *arena,
                  struct parts *out);

void api_find_me(const struct api_call *call, void *out);
void api_find_counts(const struct api_call *call, void *out);
void api_find_due(const struct api_call *call, void *out);
void api_find_cases(const struct api_call *call, void *out);
void api_find_hours(const struct api_call *call, void *out);
void api_find_approvals(const struct api_call *call, void *out);
void api_find_causes(const struct api_call *call, void *out);
void api_find_cohorts(const struct api_call *call, void *out);
void api_find_budgets(const struct api_call *call, void *out);
void api_find_workers(const struct api_call *call, void *out);

#endif
