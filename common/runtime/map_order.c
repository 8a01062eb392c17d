/* map_order: see map_order.h. */
#include "runtime/map_order.h"
#include "base/ids.h"
#include <string.h>

/* ---- What is known ---- */

/* NULL: its partition is not known. */
static const struct map_input *input_of(const struct map_known *known,
                                        const struct map_position *at) {
    for (int i = 0; i < known->own_count; i++)
        if (known->own[i].topic == at->topic && known->own[i].partition == at->partition)
            return &known->own[i];
    for (int i = 0; i < known->other_count; i++)
        if (known->others[i].topic == at->topic && known->others[i].partition == at->partition)
            return &known->others[i];
    return NULL;
}

bool map_known_passed(const struct map_known *known, const struct map_position *at) {
    for (int i = 0; i < known->gone_count; i++)
        if (map_position_compare(&known->gone[i], at) == 0) return true;
    const struct map_input *input = input_of(known, at);
    return input && map_input_passed(input, at->offset);
}

/* ---- What a record refers to ---- */

static bool reads_topic(const enum topic *reads, enum topic topic) {
    for (; *reads != TOPIC_NONE; reads++)
        if (*reads == topic) return true;
    return false;
}

/* Who is answered with the value that he brought has learned nothing from the owner: the opener of
 * a case, say, whose order a later message of the same conversation has claimed in that case's
 * name. */
static bool refers(const struct claim *claim, const struct answer *answer) {
    if (claim->kind != CLAIM_JOIN || answer->granted) return false;
    return strcmp(claim->value ? claim->value : "", answer->value ? answer->value : "") != 0;
}

void map_order_needs(struct map_item *item, const struct asking *asking, const enum topic *reads,
                     struct arena *arena) {
    struct map_position *needs = NULL;

    item->need_count = 0;
    for (int i = 0; i < asking->answered; i++) {
        struct map_position at;
        if (!refers(&asking->claims.at[i], &asking->answers[i])) continue;
        if (!map_position_parse(asking->answers[i].owner, &at) || !reads_topic(reads, at.topic))
            continue;
        if (map_position_compare(&at, &item->at) == 0) continue;
        if (!needs) needs = arena_alloc(arena, sizeof *needs * (size_t)(asking->answered - i));
        needs[item->need_count++] = at;
    }
    item->needs = needs;
}

/* ---- Order ---- */

struct pass {
    const struct map_known *known;
    struct map_item *items;
    int count;
    int *table; /* open addressing, by position: index + 1 of items; NULL: nobody refers to anything
                 */
    size_t table_size;
};

static size_t hash_of(const struct map_position *at) {
    const int64_t parts[] = {at->topic, at->partition, at->offset};
    return ids_table_hash(parts, sizeof parts);
}

static struct map_item *find_item(const struct pass *pass, const struct map_position *at) {
    if (!pass->table) return NULL;
    for (size_t i = hash_of(at) & (pass->table_size - 1); pass->table[i];
         i = (i + 1) & (pass->table_size - 1)) {
        struct map_item *item = &pass->items[pass->table[i] - 1];
        if (map_position_compare(&item->at, at) == 0) return item;
    }
    return NULL;
}

static void index_items(struct pass *pass, struct arena *arena) {
    for (pass->table_size = 64; pass->table_size < (size_t)pass->count * 2;) pass->table_size *= 2;
    pass->table = arena_alloc(arena, sizeof *pass->table * pass->table_size);
    for (int i = 0; i < pass->count; i++) {
        size_t at = hash_of(&pass->items[i].at) & (pass->table_size - 1);
        while (pass->table[at]) at = (at + 1) & (pass->table_size - 1);
        pass->table[at] = i + 1;
    }
}

/* The first that it refers to and that has not gone; NULL: it may go. */
static const struct map_position *first_unmet(const struct pass *pass,
                                              const struct map_item *item) {
    for (int i = 0; i < item->need_count; i++) {
        const struct map_item *other = find_item(pass, &item->needs[i]);
        bool met = other ? other->goes : map_known_passed(pass->known, &item->needs[i]);
        if (!met) return &item->needs[i];
    }
    return NULL;
}

/* It need not wait for that one any more. */
static void waive(struct map_item *item, const struct map_position *need) {
    for (int i = 0; i < item->need_count; i++)
        if (map_position_compare(&item->needs[i], need) == 0)
            item->needs[i--] = item->needs[--item->need_count];
}

/* What a record waits for, in the batch or (marks) elsewhere; NULL: it does not, or it is not known
 * to. */
static const struct map_position *waits_for(const struct pass *pass, const struct map_position *at,
                                            bool marks) {
    const struct map_item *item = find_item(pass, at);
    if (item) return item->goes || item->left ? NULL : &item->on;
    if (!marks) return NULL;
    const struct map_input *input = input_of(pass->known, at);
    if (!input) return NULL;
    return map_input_waits_for(input, at->offset);
}

static int count_waiting(const struct pass *pass) {
    int count = pass->count;
    for (int i = 0; i < pass->known->own_count; i++) count += pass->known->own[i].waiting_count;
    for (int i = 0; i < pass->known->other_count; i++)
        count += pass->known->others[i].waiting_count;
    return count;
}

/* Follows who waits for whom. A circle that does not come back to the item is another's to break.
 */
static bool is_first_of_circle(const struct pass *pass, const struct map_item *item) {
    const struct map_position *on = &item->on;

    for (int steps = count_waiting(pass); on && steps >= 0; steps--) {
        int compared = map_position_compare(on, &item->at);
        if (compared == 0) return true;
        if (compared < 0)
            return false; /* it stands before the item: not the first, whether it is a circle or not
                           */
        on = waits_for(pass, on, item->long_waited);
    }

    return false;
}

/* Those whose references have gone, round by round: mostly one, for mostly these stand in order
 * already. */
static int send_free(struct pass *pass, int *order, int went) {
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < pass->count; i++) {
            struct map_item *item = &pass->items[i];
            if (item->goes || item->left) continue;
            const struct map_position *unmet = first_unmet(pass, item);
            if (unmet) {
                item->on = *unmet;
                continue;
            }
            item->goes = more = true;
            order[went++] = i;
        }
    }

    return went;
}

/* The first of a circle waits for its successor no more. */
static bool break_a_circle(struct pass *pass) {
    for (int i = 0; i < pass->count; i++) {
        struct map_item *item = &pass->items[i];
        if (item->goes || item->left || !is_first_of_circle(pass, item)) continue;
        waive(item, &item->on);
        return true;
    }
    return false;
}

int map_order(const struct map_known *known, struct map_item *items, int count, int *order_out,
              struct arena *arena) {
    struct pass pass = {.known = known, .items = items, .count = count};
    int refer = 0;
    int went = 0;
    for (int i = 0; i < count; i++) {
        refer += items[i].need_count > 0;
        items[i].goes = false;
    }
    if (refer) index_items(&pass, arena);

    do {
        went = send_free(&pass, order_out, went);
    } while (went < count && break_a_circle(&pass));
    return went;
}
