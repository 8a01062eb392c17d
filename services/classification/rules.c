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
    const struct match_hit **common[PART_END]; /* finds of what holds for all rules */
    int common_count[PART_END];
};

static bool is_latin(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "late" is not in "plate": a find that begins or ends with a letter stands apart from other letters. */
static bool stands_apart(const struct text *text, const struct match_hit *hit) {
    if (is_latin(text->at[hit->from]) && hit->from > 0 && is_latin(text->at[hit->from - 1])) return false;
    return !(is_latin(text->at[hit->to - 1]) && is_latin(text->at[hit->to]));
}

/* Units in the normalised bytes a..b: characters, and words in Latin letters. */
static int64_t units(const struct text *text, size_t a, size_t b) {
    int64_t count = 0;
    for (size_t i = a; i < b; i++) {
        char c = text->at[i];
        bool inside = is_latin(c) && i > a && is_latin(text->at[i - 1]);
        if (c != ' ' && !inside && ((unsigned char)c & 0xc0) != 0x80) count++;
    }
    return count;
}

static bool has_stop(const struct text *text, size_t a, size_t b) {
    for (size_t i = a; i < b; i++) {
        if (strchr(",.!?;:\n", text->at[i]) != NULL) return true;
    }
    return false;
}

/* Units between two finds; 0 where they overlap. */
static int64_t distance(const struct text *text, const struct match_hit *a, const struct match_hit *b) {
    if (a->to <= b->from) return units(text, a->to, b->from);
    if (b->to <= a->from) return units(text, b->to, a->from);
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
    const struct match_hit **at = search->common[part], **excepts = search->common[except_part];
    int kept = 0;
    for (int i = 0; i < search->common_count[part]; i++) {
        bool excepted = false;
        for (int n = 0; n < search->common_count[except_part] && !excepted; n++)
            excepted = excepts[n]->from <= at[i]->from && excepts[n]->to >= at[i]->to;
        if (!excepted) at[kept++] = at[i];
    }
    search->common_count[part] = kept;
}

static bool is_denied(const struct search *search, const struct match_hit *hit) {
    for (int i = 0; i < search->common_count[PART_DENIAL]; i++) {
        const struct match_hit *denial = search->common[PART_DENIAL][i];
        if (denial->to <= hit->from && !has_stop(search->text, denial->to, hit->from) &&
            units(search->text, denial->to, hit->from) <= search->rules->denial_reach)
            return true;
    }
    return false;
}

static bool is_supposed(const struct search *search, const struct match_hit *hit) {
    for (int i = 0; i < search->common_count[PART_SUPPOSITION]; i++) {
        const struct match_hit *at = search->common[PART_SUPPOSITION][i];
        size_t from = at->to <= hit->from ? at->to : hit->to, to = at->to <= hit->from ? hit->from : at->from;
        if (from >= to ||
            (!has_stop(search->text, from, to) && units(search->text, from, to) <= search->rules->supposition_within))
            return true;
    }
    return false;
}

static bool is_compound(const struct search *search, const struct match_hit *hit) {
    for (int i = 0; i < search->common_count[PART_BEFORE]; i++) {
        if (search->common[PART_BEFORE][i]->to == hit->from) return true;
    }
    for (int i = 0; i < search->common_count[PART_AFTER]; i++) {
        if (search->common[PART_AFTER][i]->from == hit->to) return true;
    }
    return false;
}

/* What a denial reaches goes on over a list: 没有破损、划痕和污渍, no dents or scratches. */
static bool joins(const struct text *text, size_t a, size_t b) {
    static const char *const joiners[] = {"、", "或", "或者", "和", "与", "及", "也没", "/", " or ", " and ", " nor "};
    for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
        if (b - a == strlen(joiners[i]) && memcmp(text->at + a, joiners[i], b - a) == 0) return true;
    }
    return false;
}

static bool is_denied_in_list(const struct search *search, const struct match_hit *hits, int count,
                              const struct match_hit *hit) {
    for (int depth = 0; depth < 8; depth++) { /* a list of more than eight denied faults is none */
        const struct match_hit *before = NULL;
        if (is_denied(search, hit)) return true;
        for (int i = 0; i < count && before == NULL; i++) {
            if (hits[i].to < hit->from && joins(search->text, hits[i].to, hit->from)) before = &hits[i];
        }
        if (before == NULL) return false;
        hit = before;
    }
    return false;
}

static bool has_near(const struct search *search, int first, const struct match_hit *hit, int64_t within) {
    for (int i = first; i != 0; i = search->links[i].next) {
        if (distance(search->text, search->links[i].hit, hit) <= within) return true;
    }
    return false;
}

static bool holds(const struct rule_order *wanted, const struct order *order) {
    const char *status = order == NULL ? NULL : fields_choice_name(contract_order_statuses, order->status);
    bool found = wanted->status.count == 0 || status == NULL;
    for (int i = 0; i < wanted->status.count && !found; i++) found = strcmp(wanted->status.at[i], status) == 0;
    if (wanted->custom && (order == NULL || !order->custom)) return false;
    if (wanted->perishable && (order == NULL || !order->perishable)) return false;
    return found;
}

/* The first find of the rule that counts, by place; NULL: it does not fire. */
static const struct match_hit *fires(const struct search *search, const struct match_hit *hits, int count, int n) {
    const struct rule *rule = &search->rules->at[n];
    const struct seen *seen = &search->seen[n];
    const struct match_hit *best = NULL;
    for (int i = seen->first[PART_WORD]; i != 0; i = search->links[i].next) {
        const struct match_hit *hit = search->links[i].hit;
        if (best != NULL && hit->from > best->from) continue;
        if (rule->near.count > 0 && !has_near(search, seen->first[PART_NEAR], hit, rule->within)) continue;
        if (has_near(search, seen->first[PART_UNLESS], hit, rule->within)) continue;
        if (is_compound(search, hit)) continue;
        if (!rule->even_denied && is_denied_in_list(search, hits, count, hit)) continue;
        best = hit;
    }
    return best;
}

int rules_find(const struct rules *rules, const struct text *text, const struct order *order, struct arena *arena,
               struct finding **found_out) {
    const struct match_hit *hits;
    int count = match_scan(rules->match, text->at, text->len, arena, &hits), found = 0;
    struct search search = {.rules = rules, .text = text};
    search.seen = arena_alloc(arena, (size_t)rules->count * sizeof *search.seen);
    size_t room = (size_t)count * (size_t)rules->uses_max + 1;
    search.links = arena_alloc(arena, room * sizeof *search.links);
    for (int part = PART_COUNT; part < PART_END; part++)
        search.common[part] = arena_alloc(arena, (size_t)count * sizeof *search.common[part]);
    for (int i = 0; i < count; i++) sort_hit(&search, &hits[i]);
    drop_excepted(&search, PART_DENIAL, PART_DENIAL_EXCEPT);
    drop_excepted(&search, PART_SUPPOSITION, PART_SUPPOSITION_EXCEPT);
    struct finding *at = arena_alloc(arena, (size_t)rules->count * sizeof *at);
    for (int i = 0; i < rules->count; i++) {
        const struct match_hit *hit = search.seen[i].first[PART_WORD] == 0 ? NULL : fires(&search, hits, count, i);
        if (hit == NULL || (rules->at[i].order != NULL && !holds(rules->at[i].order, order))) continue;
        bool supposed = !rules->at[i].even_denied && !rules->at[i].even_supposed && is_supposed(&search, hit);
        at[found++] = (struct finding){&rules->at[i], hit->from, hit->to, supposed};
    }
    *found_out = at;
    return found;
}

size_t rules_bytes(const struct rules *rules) {
    return match_bytes(rules->match);
}
