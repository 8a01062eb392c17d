/* ctl_values: see the header. */
#include "redressctl/cases/ctl_values.h"
#include "data/json.h"

int ctl_values_read(struct ctl *ctl, ctl_values_reader *read, void *found) {
    struct sight_view view = {.sight = &ctl->sight, .worker = "cohort", .shard = SIGHT_ALL};
    int lost = 0;
    int status = ctl_redis(ctl);

    if (!status) status = ctl_shards(ctl);
    if (status) return status;
    status = ctl_sight(ctl, sight_view_look(&view));
    if (!status) status = ctl_sight(ctl, read(&ctl->sight, found, &lost));
    if (!status) status = ctl_sight(ctl, sight_view_look(&view));
    if (!status) status = ctl_sight_tell(ctl, &view);
    if (!status && lost)
        status = ctl_fail(ctl,
                          "Redis has lost %d values: `redressctl rebuild cohort` makes the view "
                          "anew",
                          lost);
    sight_view_end(&view);
    return status;
}

void ctl_values_json(const struct sight_value *value) {
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};
    const char *const whose[][2] = {
        {"tenant", value->tenant}, {"dimension", value->dimension}, {"value", value->value}};

    json_begin_map(&json);
    for (size_t i = 0; i < sizeof whose / sizeof *whose; i++) {
        if (!whose[i][1]) continue;
        json_key(&json, whose[i][0]);
        json_text(&json, whose[i][1]);
    }
    for (const struct tree *at = value->item->first; at; at = at->next) {
        json_key(&json, at->key);
        json_tree(&json, at);
    }
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}
