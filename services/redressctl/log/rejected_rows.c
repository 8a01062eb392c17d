/* rejected_rows: see the header. */
#include "redressctl/log/rejected_rows.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"

#include <string.h>

/* ---- list ---- */

static void add_members(struct ctl_row *row, const struct rejected_entry *entry) {
    char id[REJECTED_ID_MAX], time[CLOCK_TEXT_MAX];
    const struct rejected *rejected = &entry->rejected;
    const char *const pairs[] = {"id",          rejected_format_id(rejected->id, id),
                                 "rejected_at", clock_format(rejected->time_ms, time),
                                 "reason",      rejected->reason,
                                 "detail",      rejected->detail,
                                 "topic",       rejected->topic,
                                 "origin",      rejected->origin,
                                 "type",        rejected->type,
                                 "replay_of",   rejected->replayed,
                                 "described",   rejected->described};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i += 2)
        if (pairs[i + 1] && *pairs[i + 1]) ctl_row_text(row, pairs[i], pairs[i + 1]);
    ctl_row_bool(row, "replayed", entry->replayed);
}

static const char *replayed_word(const struct rejected_entry *entry) {
    if (entry->rejected.described) return "cannot";
    if (entry->replayed) return "yes";
    if (entry->rejected.replayed) return "again";
    return "-";
}

void rejected_rows_head(void) {
    ctl_line("%-12s %-24s %-15s %-20s %-8s %s", "ID", "TIME", "REASON", "TOPIC", "REPLAYED",
             "DETAIL");
}

void rejected_rows_list(const struct rejected_entry *entry, bool as_json) {
    char id[REJECTED_ID_MAX], time[CLOCK_TEXT_MAX];
    const struct rejected *rejected = &entry->rejected;
    struct ctl_row row;

    if (!as_json) {
        ctl_line("%-12s %-24s %-15s %-20s %-8s %s", rejected_format_id(rejected->id, id),
                 clock_format(rejected->time_ms, time), rejected->reason, rejected->topic,
                 replayed_word(entry), rejected->detail);
        return;
    }
    ctl_row_begin(&row);
    add_members(&row, entry);
    ctl_row_end(&row);
}

/* ---- show ---- */

/* A text as it is; what is none as base64, under another name. */
static void add_bytes(struct ctl_row *row, const char *name, const char *name_base64,
                      const char *bytes, size_t len) {
    struct buf text = {NULL, 0, 0};
    if (!bytes) return;

    if (utf8_valid(bytes, len) == len && !memchr(bytes, 0, len)) {
        buf_add(&text, bytes, len);
        ctl_row_text(row, name, text.at ? text.at : "");
    } else {
        base64_encode(bytes, len, &text);
        ctl_row_text(row, name_base64, text.at);
    }
    buf_free(&text);
}

static void add_headers(struct ctl_row *row, const struct raw *raw) {
    json_key(&row->json, "headers");
    json_begin_list(&row->json);
    for (int i = 0; i < raw->header_count; i++) {
        const struct header *header = &raw->headers[i];
        json_begin_map(&row->json);
        add_bytes(row, "name", "name_base64", header->name, strlen(header->name));
        add_bytes(row, "value", "value_base64", header->value, header->value_len);
        json_end_map(&row->json);
    }
    json_end_list(&row->json);
}

static void show_people(const struct raw *raw) {
    struct buf safe = {NULL, 0, 0};

    for (int i = 0; i < raw->header_count; i++) {
        ctl_safe(&safe, raw->headers[i].name, strlen(raw->headers[i].name));
        buf_puts(&safe, ": ");
        ctl_safe(&safe, raw->headers[i].value,
                 raw->headers[i].value ? raw->headers[i].value_len : 0);
        buf_puts(&safe, "\n");
    }
    if (raw->key) {
        buf_puts(&safe, "key: ");
        ctl_safe(&safe, raw->key, raw->key_len);
        buf_puts(&safe, "\n");
    }
    buf_puts(&safe, "\n");
    if (ctl_is_terminal()) ctl_safe(&safe, raw->value, raw->value ? raw->value_len : 0);
    ctl_page(safe.at);
    if (!ctl_is_terminal() && raw->value) ctl_bytes(raw->value, raw->value_len);
    buf_free(&safe);
}

void rejected_rows_show(const struct rejected_entry *entry, bool as_json) {
    const struct raw *raw = &entry->raw;
    struct ctl_row row;

    if (!as_json) {
        show_people(raw);
        return;
    }
    ctl_row_begin(&row);
    add_members(&row, entry);
    add_headers(&row, raw);
    add_bytes(&row, "key", "key_base64", raw->key, raw->key_len);
    add_bytes(&row, "value", "value_base64", raw->value, raw->value_len);
    ctl_row_end(&row);
}

/* ---- replay ---- */

void rejected_rows_replay(const struct rejected_entry *entry, const char *topic, const char *why) {
    char id[REJECTED_ID_MAX];
    struct ctl_row row;

    ctl_row_begin(&row);
    ctl_row_text(&row, "id", rejected_format_id(entry->rejected.id, id));
    ctl_row_bool(&row, "sent", topic != NULL);
    ctl_row_text(&row, "topic", topic);
    ctl_row_text(&row, "error", why);
    ctl_row_end(&row);
}
