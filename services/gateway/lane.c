/* lane: see the header. */
#include "gateway/lane.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t doubled(int64_t ms, int64_t first, int64_t longest) {
    if (ms == 0) return first < longest ? first : longest;
    return ms > longest / 2 ? longest : ms * 2;
}

/* The last one of the same key that is not finished. */
static struct lane_item *before_it(const struct lane *lane, const char *key) {
    struct lane_item *found = NULL;

    for (struct lane_item *item = lane->first; item; item = item->next)
        if (!item->finished && strcmp(item->key, key) == 0) found = item;
    return found;
}

void lane_add(struct lane *lane, struct lane_item *item) {
    item->behind = before_it(lane, item->key);
    item->next_ms = item->not_before_ms;
    item->next = NULL;
    if (lane->last)
        lane->last->next = item;
    else
        lane->first = item;
    lane->last = item;
    lane->count++;
    lane->bytes += item->bytes;
}

/* When the lane as a whole may begin another; INT64_MAX: when one that is on its way has ended. */
static int64_t open_at(const struct lane *lane, int64_t now_ms) {
    if (lane->on_their_way >= lane->rules.concurrency || lane->probing) return INT64_MAX;
    int64_t at = now_ms;
    if (lane->rest_ms && lane->rest_until_ms > at) at = lane->rest_until_ms;
    if (lane->begin_ms > at) at = lane->begin_ms;
    return at;
}

static void begin(struct lane *lane, struct lane_item *item, int64_t now_ms) {
    item->on_its_way = true;
    item->tries++;
    lane->on_their_way++;
    item->probe = lane->probing = lane->rest_ms > 0;
    if (lane->rules.rate > 0) lane->begin_ms = now_ms + (999 + lane->rules.rate) / lane->rules.rate;
}

struct lane_item *lane_next(struct lane *lane, int64_t now_ms, int64_t *wake_ms_out) {
    int64_t open_ms = open_at(lane, now_ms);
    int64_t soonest_ms = INT64_MAX;

    *wake_ms_out = INT64_MAX;
    if (open_ms == INT64_MAX) return NULL;
    for (struct lane_item *item = lane->first; item; item = item->next) {
        if (item->finished || item->on_its_way || item->behind) continue;
        if (item->next_ms <= now_ms && open_ms <= now_ms) {
            begin(lane, item, now_ms);
            return item;
        }
        if (item->next_ms < soonest_ms) soonest_ms = item->next_ms;
    }
    if (soonest_ms != INT64_MAX) *wake_ms_out = soonest_ms > open_ms ? soonest_ms : open_ms;

    return NULL;
}

/* The receiver as a whole: ill after so many failures in a row, well after one success. */
static void note_health(struct lane *lane, bool is_probe, bool is_well, int64_t now_ms) {
    if (is_probe || is_well) lane->probing = false;
    if (is_well) {
        lane->failures = 0;
        lane->rest_ms = 0;
        return;
    }
    lane->failures++;
    if (!is_probe && (lane->rest_ms > 0 || lane->failures < lane->rules.breaker)) return;
    lane->rest_ms = doubled(lane->rest_ms, lane->rules.rest_first_ms, lane->rules.rest_longest_ms);
    lane->rest_until_ms = now_ms + lane->rest_ms;
}

static void finish(struct lane_item *item, bool delivered, const char *reason) {
    item->finished = true;
    item->delivered = delivered;
    snprintf(item->reason, sizeof item->reason, "%s", reason);
    for (struct lane_item *other = item->next; other; other = other->next)
        if (other->behind == item) other->behind = NULL;
}

/* Doubling from the first retry on; longer where the receiver says so. */
static void try_again(struct lane *lane, struct lane_item *item, const char *reason,
                      int64_t after_ms, int64_t now_ms) {
    const struct lane_rules *rules = &lane->rules;
    int64_t wait_ms = 0;

    if (!item->first_failed_ms) item->first_failed_ms = now_ms;
    if (now_ms - item->first_failed_ms >= rules->give_up_ms) {
        finish(item, false, reason);
        return;
    }
    for (int i = 0; i < item->tries && wait_ms < rules->retry_longest_ms; i++)
        wait_ms = doubled(wait_ms, rules->retry_first_ms, rules->retry_longest_ms);
    if (wait_ms < after_ms) wait_ms = after_ms;
    item->next_ms = now_ms + wait_ms;
}

void lane_result(struct lane *lane, struct lane_item *item, enum lane_outcome outcome,
                 const char *reason, int64_t after_ms, int64_t now_ms) {
    item->on_its_way = false;
    lane->on_their_way--;
    note_health(lane, item->probe, outcome != LANE_TROUBLE, now_ms);
    item->probe = false;
    if (after_ms > 0 && lane->begin_ms < now_ms + after_ms) lane->begin_ms = now_ms + after_ms;
    switch (outcome) {
    case LANE_DONE: finish(item, true, ""); break;
    case LANE_REFUSED: finish(item, false, reason); break;
    case LANE_BUSY:
    case LANE_TROUBLE: try_again(lane, item, reason, after_ms, now_ms); break;
    }
}

/* A settlement that was accepted only is reported by whoever carries it out. */
static bool is_untold(const struct lane_item *item) {
    return item->finished && !item->reported && (item->case_id || item->order_id) &&
           !item->accepted;
}

int lane_choose(struct lane *lane, int max) {
    int chosen = 0;

    for (struct lane_item *item = lane->first; item; item = item->next) {
        item->telling = chosen < max && is_untold(item);
        chosen += item->telling;
    }

    return chosen;
}

void lane_told(struct lane *lane) {
    for (struct lane_item *item = lane->first; item; item = item->next) {
        item->reported |= item->telling;
        item->telling = false;
    }
}

int64_t lane_finished_to(const struct lane *lane, int partition, int64_t next) {
    for (const struct lane_item *item = lane->first; item; item = item->next) {
        if (item->place.partition != partition) continue;
        if (!item->finished || (is_untold(item) && !item->telling)) return item->place.offset;
    }
    return next;
}

static void give_back(struct lane *lane, struct lane_item *item) {
    lane->count--;
    lane->bytes -= item->bytes;
    free(item->memory);
}

void lane_drop(struct lane *lane, int partition, int64_t offset) {
    struct lane_item **link = &lane->first;
    struct lane_item *last = NULL;

    while (*link) {
        struct lane_item *item = *link;
        if (item->finished && item->place.partition == partition && item->place.offset < offset) {
            *link = item->next;
            give_back(lane, item);
            continue;
        }
        last = item;
        link = &item->next;
    }
    lane->last = last;
}

void lane_forget(struct lane *lane) {
    while (lane->first) {
        struct lane_item *item = lane->first;
        lane->first = item->next;
        give_back(lane, item);
    }
    lane->last = NULL;
    lane->on_their_way = 0;
    lane->probing = false;
}
