/* gateway_read: see the header. */
#include "gateway/gateway_read.h"
#include "base/ids.h"
#include "contract/contract.h"
#include <stdlib.h>
#include <string.h>

/* What an item points to, to be laid behind it. */
struct pieces {
    const char *id, *case_id, *order_id, *cohort_id, *tenant;
    const char *key, *type, *data, *channel, *to, *subject, *body;
};

static size_t room(const char *text) {
    if (!text) return 0;
    return strlen(text) + 1;
}

static const char *lay(char **at, const char *text) {
    if (!text) return NULL;
    char *copy = *at;
    size_t len = room(text);

    memcpy(copy, text, len);
    *at += len;
    return copy;
}

static struct lane_item *lay_all(const struct pieces *from, const struct raw *raw) {
    size_t texts = room(from->id) + room(from->case_id) + room(from->order_id) +
                   room(from->cohort_id) + room(from->tenant) + room(from->key) + room(from->type) +
                   room(from->data) + room(from->channel) + room(from->to) + room(from->subject) +
                   room(from->body);
    struct lane_item *item = calloc(1, sizeof *item + texts);

    ASSERT(item);
    char *at = (char *)(item + 1);
    item->id = lay(&at, from->id);
    item->case_id = lay(&at, from->case_id);
    item->order_id = lay(&at, from->order_id);
    item->cohort_id = lay(&at, from->cohort_id);
    item->tenant = lay(&at, from->tenant);
    item->key = lay(&at, from->key);
    item->type = lay(&at, from->type);
    item->data = lay(&at, from->data);
    item->channel = lay(&at, from->channel);
    item->to = lay(&at, from->to);
    item->subject = lay(&at, from->subject);
    item->body = lay(&at, from->body);
    item->place =
        (struct place){.topic = raw->topic, .partition = raw->partition, .offset = raw->offset};
    item->bytes = sizeof *item + texts;
    item->memory = item;

    return item;
}

static const char *data_text(const struct event *ev, struct arena *arena) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_tree(&json, ev->data);
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return text;
}

/* A message's id begins with its case's. */
static const char *case_of(const char *id, struct arena *arena) {
    const char *start = arena_strndup(arena, id, strnlen(id, IDS_CASE_LEN));
    if (ids_is_case(start)) return start;
    return NULL;
}

static struct lane_item *take_delivery(const struct event *ev, struct pieces *parts,
                                       struct arena *arena, struct err *err) {
    struct delivery delivery = {0};
    struct faults faults = {.arena = arena};

    if (fields_decode(&contract_delivery, ev->data, FIELDS_EVENT, arena, &delivery, &faults)) {
        err_set(err, "%s: %s", faults.at[0].path, faults.at[0].text);
        return NULL;
    }
    parts->id = delivery.notification_id;
    parts->order_id = delivery.order_id;
    parts->cohort_id = delivery.cohort_id;
    parts->tenant = delivery.tenant;
    if (!parts->order_id) parts->case_id = case_of(delivery.notification_id, arena);
    parts->channel = delivery.channel;
    parts->to = delivery.to;
    parts->subject = delivery.subject;
    parts->body = delivery.body;
    struct lane_item *item = lay_all(parts, ev->raw);
    item->not_before_ms = delivery.not_before;

    return item;
}

static struct lane_item *take_settlement(const struct event *ev, struct pieces *parts,
                                         struct err *err) {
    parts->id = tree_text(ev->data, "settlement_id");
    parts->case_id = tree_text(ev->data, "case_id");
    if (!parts->case_id) parts->order_id = tree_text(ev->data, "order_id");
    if (parts->order_id) parts->cohort_id = tree_text(ev->data, "cohort_id");
    if (parts->order_id) parts->tenant = tree_text(ev->data, "tenant");
    if (parts->id) return lay_all(parts, ev->raw);
    err_set(err, "settlement_id: missing");
    return NULL;
}

struct lane_item *gateway_read(const struct raw *raw, struct arena *arena, struct err *err) {
    struct event ev;
    struct rejection rejection;

    err->text[0] = 0;
    if (event_read(raw, arena, &ev, &rejection) < 0) {
        err_set(err, "%s: %s", rejection.reason, rejection.detail);
        return NULL;
    }
    ev.raw = raw;
    struct pieces parts = {.key = arena_strndup(arena, raw->key ? raw->key : "", raw->key_len),
                           .type = ev.type,
                           .data = data_text(&ev, arena)};
    switch (contract_event(ev.type)) {
    case EVENT_DELIVERY_REQUESTED: return take_delivery(&ev, &parts, arena, err);
    case EVENT_SETTLEMENT_ORDERED: return take_settlement(&ev, &parts, err);
    default: return NULL;
    }
}
