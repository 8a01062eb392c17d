/* rules: which of them fire on a text. Loading and compiling is in rules_load.c. */
#include "rules_set.h"

#include <string.h>

/* What was found of one rule in the text at hand: finds as index lists by role. */
struct seen {
    int first[PART_COUNT]; /* index into `links` + 1; 0: none */
    bool listed;
};

struct link {
    const struct match_hit *hit;
    int next;
};

struct search {
    const struct rules *rules;
    const struct text *text;
    struct seen *seen; /* one a rule */
    struct link *links;
    int link_count;
    const struct match_hit **hits; /* all of them, in the order of their ends */
    int hit_count;
    const struct match_hit *
        *common[PART_END]; /* finds of what holds for all rules, in the order of their ends */
    int common_count[PART_END];
    uint32_t *units_before, *stops_before; /* by byte: so that a text made to be slow is not */
};

enum { WORD_BYTES_MAX = 64 }; /* of exceptions and parts of compounds */

static bool is_latin(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "late" is not in "plate": a find that begins or ends with a letter stands apart from other
 * letters. */
static bool stands_apart(const struct text *text, const struct match_hit *hit) {
    if (is_latin(text->at[hit->from]) && hit->from > 0 && is_latin(text->at[hit->from - 1]))
        return false;
    return !(is_latin(text->at[hit->to - 1]) && is_latin(text->at[hit->to]));
}

static bool is_stop(char c) {
    switch (c) {
    case ',':
    case '.':
    case '!':
    case '?':
    case ';':
    case ':':
    case '\n':
    case '\0': return true;
    default: return false;
    }
}

/* Counts units (characters, and words in Latin letters) and stops from the beginning of the text.
 */
static void count_up(struct search *search, struct arena *arena) {
    const struct text *text = search->text;
    uint32_t units = 0;
    uint32_t stops = 0;

    search->units_before = arena_alloc(arena, (text->len + 1) * sizeof *search->units_before);
    search->stops_before = arena_alloc(arena, (text->len + 1) * sizeof *search->stops_before);
    for (size_t i = 0; i < text->len; i++) {
        char c = text->at[i];
        bool inside = is_latin(c) && i > 0 && is_latin(text->at[i - 1]);
        search->units_before[i] = units;
        search->stops_before[i] = stops;
        units += c != ' ' && !inside && ((unsigned char)c & 0xc0) != 0x80;
        stops += is_stop(c);
    }
    search->units_before[text->len] = units;
    search->stops_before[text->len] = stops;
}

/* Units in the normalised bytes a..b; the rest of a word that begins before a is one. */
static int64_t units(const struct search *search, size_t a, size_t b) {
    const struct text *text = search->text;
    bool rest = a < b && a > 0 && is_latin(text->at[a]) && is_latin(text->at[a - 1]);
    return (int64_t)search->units_before[b] - search->units_before[a] + rest;
}

static bool has_stop(const struct search *search, size_t a, size_t b) {
    return search->stops_before[b] > search->stops_before[a];
}

/* The first of finds in the order of their ends that ends at `end` or behind it. */
static int first_ending(const struct match_hit *const *at, int count, size_t end) {
    int from = 0;
    int to = count;

    while (from < to) {
        int middle = from + (to - from) / 2;
        if (at[middle]->to < end)
            from = middle + 1;
        else
            to = middle;
    }

    return from;
}

/* Units between two finds; 0 where they overlap. */
static int64_t distance(const struct search *search, const struct match_hit *a,
                        const struct match_hit *b) {
    if (a->to <= b->from) return units(search, a->to, b->from);
    if (b->to <= a->from) return units(search, b->to, a->from);
    return 0;
}

static void sort_hit(struct search *search, const struct match_hit *hit) {
    const struct rules *rules = search->rules;

    if (hit->from >= hit->to || !stands_apart(search->text, hit)) return;
    for (int i = rules->uses_of[hit->item]; i < rules->uses_of[hit->item + 1]; i++) {
        const struct use *use = &rules->uses[i];
        if (use->part >= PART_COUNT) {
            search->common[use->part][search->common_count[use->part]++] = hit;
        } else {
            struct seen *seen = &search->seen[use->rule];
            search->links[++search->link_count] = (struct link){hit, seen->first[use->part]};
            seen->first[use->part] = search->link_count;
        }
    }
}

/* 是不是 holds 不是 but denies nothing. */
static void drop_excepted(struct search *search, enum part part, enum part except_part) {
    const struct match_hit **at = search->common[part];
    const struct match_hit **excepts = search->common[except_part];
    int kept = 0;

    for (int i = 0; i < search->common_count[part]; i++) {
        bool excepted = false;
        int count = search->common_count[except_part];
        int n = first_ending(excepts, count, at[i]->to);
        for (; n < count && !excepted && excepts[n]->to <= at[i]->to + WORD_BYTES_MAX; n++)
            excepted = excepts[n]->from <= at[i]->from;
        if (!excepted) at[kept++] = at[i];
    }
    search->common_count[part] = kept;
}

/* The nearest denial before a find decides: what is further off is behind more stops and units. */
static bool is_denied(const struct search *search, const struct match_hit *hit) {
    const struct match_hit *const *denials = search->common[PART_DENIAL];
    int next = first_ending(denials, search->common_count[PART_DENIAL], hit->from + 1);
    if (next == 0) return false;
    size_t end = denials[next - 1]->to;
    return !has_stop(search, end, hit->from) &&
           units(search, end, hit->from) <= search->rules->denial_reach;
}

static bool is_supposed(const struct search *search, const struct match_hit *hit) {
    for (int i = 0; i < search->common_count[PART_SUPPOSITION]; i++) {
        const struct match_hit *at = search->common[PART_SUPPOSITION][i];
        size_t from = at->to <= hit->from ? at->to : hit->to;
        size_t to = at->to <= hit->from ? hit->from : at->from;
        if (from >= to || (!has_stop(search, from, to) &&
                           units(search, from, to) <= search->rules->supposition_within))
            return true;
    }
    return false;
}

static bool is_compound(const struct search *search, const struct match_hit *hit) {
    const struct match_hit *const *before = search->common[PART_BEFORE];
    const struct match_hit *const *after = search->common[PART_AFTER];
    int before_count = search->common_count[PART_BEFORE];
    int after_count = search->common_count[PART_AFTER];
    int i = first_ending(before, before_count, hit->from);

    if (i < before_count && before[i]->to == hit->from) return true;
    for (i = first_ending(after, after_count, hit->to);
         i < after_count && after[i]->to <= hit->to + WORD_BYTES_MAX; i++) {
        if (after[i]->from == hit->to) return true;
    }

    return false;
}

/* What a denial reaches goes on over a list: 没有破损、划痕和污渍, no dents or scratches. */
static bool joins(const struct text *text, size_t a, size_t b) {
    static const char *const joiners[] = {"、",   "或", "或者", "和",    "与",   "及",
                                          "也没", "/",  " or ", " and ", " nor "};
    for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
        if (b - a == strlen(joiners[i]) && memcmp(text->at + a, joiners[i], b - a) == 0)
            return true;
    }
    return false;
}

/* The find that stands before another in a list; NULL: none. */
static const struct match_hit *listed_before(const struct search *search,
                                             const struct match_hit *hit) {
    size_t reach = 0;
    if (hit->from > WORD_BYTES_MAX) reach = hit->from - WORD_BYTES_MAX;

    for (int i = first_ending(search->hits, search->hit_count, reach); i < search->hit_count; i++) {
        const struct match_hit *before = search->hits[i];
        if (before->to >= hit->from) return NULL;
        if (joins(search->text, before->to, hit->from)) return before;
    }
    return NULL;
}

static bool is_denied_in_list(const struct search *search, const struct match_hit *hit) {
    for (int depth = 0; depth < 8 && hit != NULL;
         depth++) { /* a list of more than eight denied faults is none */
        if (is_denied(search, hit)) return true;
        hit = listed_before(search, hit);
    }
    return false;
}

static bool has_near(const struct search *search, int first, const struct match_hit *hit,
                     int64_t within) {
    for (int i = first; i != 0; i = search->links[i].next) {
        if (distance(search, search->links[i].hit, hit) <= within) return true;
    }
    return false;
}

static bool holds(const struct rule_order *wanted, const struct order *order) {
    const char *status =
        order == NULL ? NULL : fields_choice_name(contract_order_statuses, order->status);
    bool found = wanted->status.count == 0 || status == NULL;

    for (int i = 0; i < wanted->status.count && !found; i++)
        found = strcmp(wanted->status.at[i], status) == 0;
    if (wanted->custom && (order == NULL || !order->custom)) return false;
    if (wanted->perishable && (order == NULL || !order->perishable)) return false;
    return found;
}

/* The first find of the rule that counts, by place; NULL: it does not fire. */
static const struct match_hit *fires(const struct search *search, int n) {
    const struct rule *rule = &search->rules->at[n];
    const struct seen *seen = &search->seen[n];
    const struct match_hit *best = NULL;

    for (int i = seen->first[PART_WORD]; i != 0; i = search->links[i].next) {
        const struct match_hit *hit = search->links[i].hit;
        if (best != NULL && hit->from > best->from) continue;
        if (rule->near.count > 0 && !has_near(search, seen->first[PART_NEAR], hit, rule->within))
            continue;
        if (has_near(search, seen->first[PART_UNLESS], hit, rule->within)) continue;
        if (is_compound(search, hit)) continue;
        if (!rule->even_denied && is_denied_in_list(search, hit)) continue;
        best = hit;
    }

    return best;
}

int rules_find(const struct rules *rules, const struct text *text, const struct order *order,
               struct arena *arena, struct finding **found_out) {
    const struct match_hit *hits;
    int count = match_scan(rules->match, text->at, text->len, arena, &hits);
    int found = 0;
    struct search search = {.rules = rules, .text = text};

    search.seen = arena_alloc(arena, (size_t)rules->count * sizeof *search.seen);
    size_t room = 1;
    search.hits = arena_alloc(arena, ((size_t)count + 1) * sizeof *search.hits);
    for (int i = 0; i < count; i++) {
        room += (size_t)(rules->uses_of[hits[i].item + 1] - rules->uses_of[hits[i].item]);
        search.hits[i] = &hits[i];
    }
    search.hit_count = count;
    count_up(&search, arena);
    search.links = arena_alloc(arena, room * sizeof *search.links);
    for (int part = PART_COUNT; part < PART_END; part++)
        search.common[part] = arena_alloc(arena, (size_t)count * sizeof *search.common[part]);
    for (int i = 0; i < count; i++) sort_hit(&search, &hits[i]);
    drop_excepted(&search, PART_DENIAL, PART_DENIAL_EXCEPT);
    drop_excepted(&search, PART_SUPPOSITION, PART_SUPPOSITION_EXCEPT);
    struct finding *at = arena_alloc(arena, (size_t)rules->count * sizeof *at);
    for (int i = 0; i < rules->count; i++) {
        const struct match_hit *hit =
            search.seen[i].first[PART_WORD] == 0 ? NULL : fires(&search, i);
        if (hit == NULL || (rules->at[i].order != NULL && !holds(rules->at[i].order, order)))
            continue;
        bool supposed =
            !rules->at[i].even_denied && !rules->at[i].even_supposed && is_supposed(&search, hit);
        at[found++] = (struct finding){&rules->at[i], hit->from, hit->to, supposed};
    }
    *found_out = at;

    return found;
}
