/* compensation_books: what test_compensation_random counts by itself of what comes out of the core:
 * proposals, votes, choices and settlements of several cases, and what each order has been paid
 * back, by a policy whose rules it knows. */
#ifndef REDRESS_COMPENSATION_BOOKS_H
#define REDRESS_COMPENSATION_BOOKS_H

#include "case_world.h"
#include "compensation/compensation.h"
#include "decision/rehearse_store.h"

enum {
    CASES = 6,
    ORDERS = 3,
    CUSTOMERS = 2,
    PROPOSALS = 21, /* of a case: from 1 */
    OPTIONS = 4,
    ACTORS = 6,
    MEMORY = 40, /* events that may come again */
    DAYS = 2000, /* of an episode */
    BUDGET = 4000,
    POOL = 3000,
    AWAY_DAYS = 3,
    DAYS_LEFT = 12 /* of the first month */
};
#define HOUR_MS  INT64_C(3600000)
#define BEGIN_MS INT64_C(1795046400000) /* midnight */

struct option_book {
    char name[17];
    int64_t given, back;
    int remedies;
    bool unvalued; /* a gift of which nobody says what it costs */
};
struct proposal_book {
    bool made, approved, chosen, ended;
    struct option_book options[OPTIONS];
    int count, role, required, votes, proposer; /* proposer -1: policy */
    bool voted[ACTORS];
    int day, approved_day; /* on which it was made, and approved by silence */
    bool silent, quality;
    char currency[4];
};
struct case_book {
    int order; /* -1: none */
    int customer, phone;
    bool looked; /* what is offered was looked for: its account counts */
    bool over, begun;
    struct proposal_book proposals[PROPOSALS];
    int64_t ends_ms[PROPOSALS]; /* approve_by, then choose_by */
};
struct memory {
    const char *type, *id, *json;
    int number;
};
static struct {
    struct arena *arena;
    struct rehearse_claims *claims;
    void *states[CASES];
    bool exists[CASES];
    struct case_book cases[CASES];
    int64_t paid[ORDERS], paid_back[ORDERS];
    int64_t pool[3];
    int64_t by_policy[DAYS]; /* chosen of what policy approved on a day, in CNY */
    const char *currency[ORDERS];
    bool shipped[ORDERS], recovered[ORDERS]; /* on its way; its carrier owes something, */
    bool owed[ORDERS];                       /* and was asked for it */
    int64_t promised_ms[ORDERS];
    struct memory memory[MEMORY];
    const char *ordered[CASES * PROPOSALS * OPTIONS * 3];
    bool done[CASES * PROPOSALS * OPTIONS * 3]; /* of the same number */
    const struct tree *remedies[CASES * PROPOSALS * OPTIONS * 3];
    int ordered_count, events;
    bool punctual; /* the event at hand happens now */
    int64_t now_ms;
} so;

static struct policies policies;
static struct policy_version version;
static struct {
    long steps, proposals, approvals, choices, settlements, again, in_place, silent, refusals,
        often, recovered, owed;
} counted;

static const char *case_id(int number) {
    return arena_printf(so.arena, "BYCRCNPA1C41H-FRGWX%02d", number);
}

static int64_t minor_of(const struct tree *money) {
    int64_t minor = tree_get(money, "minor")->num;
    assert_in_range(minor, 0, CONTRACT_MONEY_MAX);
    return minor;
}

static bool is_one_of(const char *word, const char *words) {
    return strstr(words, arena_printf(so.arena, " %s ", word)) != NULL;
}

/* What a remedy is worth, and what of that pays back, by the rules above: goods cost the order. */
static void book_remedy(const struct case_book *book, const struct tree *remedy,
                        struct option_book *option) {
    const char *kind = tree_text(remedy, "kind");
    const struct tree *amount = tree_get(remedy, "amount");
    int64_t worth = amount ? minor_of(amount) : 0;

    if (!amount && strcmp(kind, "gift") == 0) option->unvalued = true;
    if (is_one_of(kind, " reissue exchange ") && book->order >= 0 && so.paid[book->order] > worth)
        worth = so.paid[book->order];
    assert_true(!amount || minor_of(amount) > 0);
    option->given += worth;
    if (is_one_of(kind, " refund reissue exchange ")) option->back += worth;
    option->remedies++;
}

static void book_options(struct case_book *book, struct proposal_book *proposal,
                         const struct tree *options) {
    proposal->count = 0;
    for (const struct tree *at = options->first; at; at = at->next) {
        struct option_book *option = &proposal->options[proposal->count++];
        int64_t shares = 0;
        *option = (struct option_book){.given = 0};
        snprintf(option->name, sizeof option->name, "%s", tree_text(at, "option"));
        for (const struct tree *r = tree_get(at, "remedies")->first; r; r = r->next)
            book_remedy(book, r, option);
        for (const struct tree *s = tree_get(at, "split")->first; s; s = s->next)
            shares += minor_of(s);
        assert_int_equal(shares, minor_of(tree_get(at, "cost")));
        assert_true(option->given <= minor_of(tree_get(at, "cost")));
    }
    assert_in_range(proposal->count, 1, OPTIONS);
}

static int64_t in_cny(int64_t minor, const char *currency) {
    if (strcmp(currency, "USD") == 0) return (minor * 71 + 9) / 10;
    if (strcmp(currency, "JPY") == 0) return minor * 5;
    if (strcmp(currency, "KWD") == 0) return (minor * 23 + 9) / 10;
    return minor;
}

static int role_of(const char *name) {
    static const char *const roles[] = {"policy", "agent", "supervisor", "manager", "finance"};
    for (int i = 0; i < 5; i++)
        if (strcmp(roles[i], name) == 0) return i;
    fail_msg("%s", name);
    return -1;
}

/* The lowest that may approve so much; 4: finance. */
static int level_of(const char *currency, int64_t given) {
    static const struct {
        const char *currency;
        int64_t up_to[3];
    } levels[] = {{"CNY", {10000, 20000, 100000}},
                  {"USD", {1500, 3000, 15000}},
                  {"JPY", {2000, 4000, 20000}},
                  {"KWD", {5000, 9000, 50000}}};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3 && strcmp(levels[i].currency, currency) == 0; k++)
            if (given <= levels[i].up_to[k]) return k;
    return 4;
}

static struct proposal_book *proposal_of(int number, const struct tree *data, int *index_out) {
    const char *id = tree_text(data, "proposal_id");
    int index = atoi(strrchr(id, '.') + 1);
    assert_in_range(index, 1, PROPOSALS - 1);
    *index_out = index;
    return &so.cases[number].proposals[index];
}

static int day_now(void) {
    return (int)((so.now_ms - BEGIN_MS) / (24 * HOUR_MS));
}

/* Something is offered in it, or was chosen. */
static bool counts_as_claim(const struct case_book *book) {
    for (int i = 1; i < PROPOSALS; i++)
        if (book->proposals[i].chosen || (book->proposals[i].made && !book->proposals[i].ended))
            return true;
    return false;
}

static bool has_reason(const struct tree *data, const char *reason) {
    for (const struct tree *at = tree_get(data, "reasons")->first; at; at = at->next)
        if (strcmp(at->text, reason) == 0) return true;
    return false;
}

/* Who complains often, or shares his telephone with another, is looked at: by this book, which
 * counts the case at hand, too. */
static void check_history(struct case_book *book, const struct proposal_book *proposal,
                          const struct tree *data) {
    bool accounts[CUSTOMERS] = {false};
    int claims = 0;

    for (int i = 0; i < CASES; i++) {
        const struct case_book *other = &so.cases[i];
        if (other->begun && other->customer == book->customer) claims += counts_as_claim(other);
        if (other->phone == book->phone && other->looked) accounts[other->customer] = true;
    }
    bool often = claims >= 4;
    bool shared = accounts[0] && accounts[1];
    /* A case that was looked for and offered nothing counts its account; the book does not know. */
    if (often != has_reason(data, "review often"))
        fail_msg("%d claims: %s", claims, often ? "not looked at" : "looked at");
    if (shared) assert_true(has_reason(data, "review many"));
    if (often) assert_true(proposal->role >= 2);
    if ((often || shared) && proposal->proposer >= 0) assert_int_equal(proposal->role, 4);
    counted.often += often;
}

static void on_proposed(int number, struct proposal_book *proposal, int index,
                        const struct tree *data, int proposer) {
    struct case_book *book = &so.cases[number];
    const struct tree *needs = tree_get(data, "needs");
    int64_t most = 0;

    assert_false(proposal->made);
    assert_false(book->over);
    *proposal = (struct proposal_book){.made = true, .proposer = proposer};
    book_options(book, proposal, tree_get(data, "options"));
    const char *currency =
        tree_text(tree_get(tree_get(data, "options")->first, "cost"), "currency");
    for (int i = 0; i < proposal->count; i++) {
        if (proposal->options[i].given > most) most = proposal->options[i].given;
        if (book->order >= 0)
            assert_true(so.paid_back[book->order] + proposal->options[i].back <=
                        so.paid[book->order]);
    }
    int level = level_of(currency, most);
    for (int i = 0; i < proposal->count; i++)
        if (proposal->options[i].unvalued) level = 4;
    proposal->day = day_now();
    const struct tree *class_name = tree_get(data, "reasons")->first->next;
    proposal->quality = proposer < 0 && strncmp(class_name->text, "quality.", 8) == 0;
    snprintf(proposal->currency, sizeof proposal->currency, "%s", currency);
    if (needs) {
        proposal->role = role_of(tree_text(needs, "role"));
        proposal->required = (int)tree_get(needs, "approvals")->num;
        assert_int_equal(clock_parse(tree_text(data, "approve_by"), &book->ends_ms[index]), 0);
    }
    assert_true(proposal->role >= level);
    assert_true(level < 4 || proposal->required == 2);
    assert_true(needs || proposer < 0);
    book->looked = true;
    check_history(book, proposal, data);
    counted.proposals++;
}

/* Where it stands among all that was ordered; -1: nowhere. */
static int ordered_at(const char *settlement_id) {
    for (int i = 0; i < so.ordered_count; i++)
        if (strcmp(so.ordered[i], settlement_id) == 0) return i;
    return -1;
}

/* Only what is not done is ordered again, as it was: it pays nothing anew. */
static void on_ordered_again(const struct tree *data) {
    int at = ordered_at(tree_text(data, "settlement_id"));
    const struct tree *amount = tree_get(tree_get(data, "remedy"), "amount");

    assert_in_range(at, 0, so.ordered_count - 1);
    if (so.done[at]) fail_msg("%s is done, and ordered again", so.ordered[at]);
    assert_string_equal(tree_text(tree_get(data, "remedy"), "kind"),
                        tree_text(so.remedies[at], "kind"));
    assert_int_equal(!amount, !tree_get(so.remedies[at], "amount"));
    if (amount) assert_int_equal(minor_of(amount), minor_of(tree_get(so.remedies[at], "amount")));
    counted.again++;
}

static void on_ordered(int number, const struct output *output, const struct tree *data) {
    int index;
    struct proposal_book *proposal = proposal_of(number, data, &index);
    struct case_book *book = &so.cases[number];
    struct option_book worth = {.given = 0};

    assert_true(proposal->chosen);
    if (tree_get(data, "attempt")) {
        on_ordered_again(data);
        return;
    }
    assert_int_equal(ordered_at(output->id), -1);
    so.remedies[so.ordered_count] = tree_get(data, "remedy");
    so.ordered[so.ordered_count++] = arena_strdup(so.arena, output->id);
    book_remedy(book, tree_get(data, "remedy"), &worth);
    if (book->order >= 0) {
        so.paid_back[book->order] += worth.back;
        if (so.paid_back[book->order] > so.paid[book->order])
            fail_msg("order %d: paid back %lld of %lld", book->order,
                     (long long)so.paid_back[book->order], (long long)so.paid[book->order]);
    }
    counted.settlements++;
}

/* All that was ordered for a proposal. */
static bool is_done(const char *proposal_id) {
    size_t len = strlen(proposal_id);
    for (int i = 0; i < so.ordered_count; i++)
        if (strncmp(so.ordered[i], proposal_id, len) == 0 && so.ordered[i][len] == '.' &&
            !so.done[i])
            return false;
    return true;
}

struct sent {
    const struct event *ev;
    const struct tree *data;
    int actor, role;
};

/* a1 takes a0's place until AWAY_DAYS have passed; the two are one person then. */
static void on_vote(struct proposal_book *proposal, const struct sent *sent,
                    const char *in_place_of) {
    int role = sent->role;

    assert_false(proposal->voted[sent->actor]);
    assert_true(proposal->proposer != sent->actor);
    if (in_place_of) {
        assert_string_equal(in_place_of, "a0");
        assert_int_equal(sent->actor, 1);
        assert_true(so.now_ms < BEGIN_MS + AWAY_DAYS * 24 * HOUR_MS);
        assert_true(proposal->proposer != 0 && !proposal->voted[0]);
        proposal->voted[0] = true;
        role = 4;
        counted.in_place++;
    }
    assert_true(role >= proposal->role);
    proposal->voted[sent->actor] = true;
    proposal->votes++;
}

/* Nobody has decided: only what policy offers, of known value, up to its limit for that. */
static void on_silence(const struct case_book *book, struct proposal_book *proposal, int index,
                       const struct sent *sent) {
    assert_null(sent->ev);
    assert_true(proposal->proposer < 0 && so.now_ms >= book->ends_ms[index]);
    for (int i = 0; i < proposal->count; i++) {
        int64_t most = strcmp(proposal->currency, "CNY") == 0 ? 18000 : 0;
        if (strcmp(proposal->currency, "USD") == 0) most = 2500;
        assert_false(proposal->options[i].unvalued);
        assert_in_range(proposal->options[i].given, 0, most);
    }
    proposal->silent = true;
    proposal->approved_day = day_now();
    counted.silent++;
}

/* What policy approves in a day, and what agents and policy approve for quality in a month. */
static void count_budgets(const struct proposal_book *proposal, const struct option_book *option) {
    int64_t given = in_cny(option->given, proposal->currency);
    int day = proposal->silent ? proposal->approved_day : proposal->day;
    int month = (proposal->day >= DAYS_LEFT) + (proposal->day >= DAYS_LEFT + 31);

    if (proposal->required == 0 || proposal->silent) so.by_policy[day] += given;
    if (proposal->quality && proposal->role < 2) so.pool[month] += given;
    assert_true(so.by_policy[day] <= BUDGET);
    assert_true(so.pool[month] <= POOL);
}

/* What a carrier owes: once an order that is on its way, a day late, and in a currency that the
 * policy names. */
static void on_recovery(int number, const struct tree *data) {
    int order = so.cases[number].order;
    const struct tree *amount = tree_get(data, "amount");
    bool dollars = strcmp(so.currency[order], "USD") == 0;

    assert_in_range(order, 0, ORDERS - 1);
    assert_true(so.paid[order] > 0 && so.shipped[order] && !so.recovered[order]);
    assert_true(so.now_ms - so.promised_ms[order] > 24 * HOUR_MS);
    assert_string_equal(tree_text(amount, "currency"), so.currency[order]);
    assert_true(dollars || strcmp(so.currency[order], "CNY") == 0);
    assert_int_equal(minor_of(amount), dollars ? 700 : 5000);
    so.recovered[order] = true;
    counted.recovered++;
}

/* The carrier is asked once, by the case that said so. */
static void on_owed(int number, const struct tree *data) {
    int order = so.cases[number].order;
    const struct tree *remedy = tree_get(data, "remedy");
    const struct tree *share = tree_get(tree_get(data, "split"), "carrier");

    assert_in_range(order, 0, ORDERS - 1);
    assert_true(so.recovered[order] && !so.owed[order]);
    assert_string_equal(tree_text(remedy, "kind"), "recovery_claim");
    assert_int_equal(minor_of(tree_get(remedy, "amount")), minor_of(share));
    so.owed[order] = true;
    counted.owed++;
}

static void on_output(int number, const struct output *output, const struct sent *sent) {
    const struct tree *data;
    struct err err;
    int index = 0;
    assert_int_equal(json_read(so.arena, output->data, output->data_len, NULL, &data, &err),
                     JSON_OK);
    if (strcmp(output->type, "compensation.decision_refused") == 0) {
        counted.refusals++;
        return;
    }
    if (strcmp(output->type, "compensation.recovery_claimed") == 0) {
        on_recovery(number, data);
        return;
    }
    if (strcmp(output->type, "settlement.ordered") == 0 && !tree_get(data, "proposal_id")) {
        on_owed(number, data);
        return;
    }
    struct case_book *book = &so.cases[number];
    struct proposal_book *proposal = proposal_of(number, data, &index);
    const char *what = strchr(output->type, '.') + 1;
    const char *named = tree_text(sent->data, "proposal_id");
    if (named && is_one_of(what, " vote_counted chosen rejected "))
        assert_string_equal(named, tree_text(data, "proposal_id"));
    if (strcmp(what, "proposed") == 0)
        on_proposed(number, proposal, index, data,
                    sent->ev && strcmp(sent->ev->type, "compensation.requested") == 0 ? sent->actor
                                                                                      : -1);
    else if (strcmp(what, "vote_counted") == 0) {
        assert_true(!proposal->ended && !proposal->approved && !book->over);
        assert_true(so.now_ms < book->ends_ms[index]);
        on_vote(proposal, sent, tree_text(data, "in_place_of"));
    } else if (strcmp(what, "approved") == 0) {
        assert_true(!proposal->ended && !proposal->approved);
        if (proposal->votes != proposal->required) on_silence(book, proposal, index, sent);
        proposal->approved = true;
        book_options(book, proposal, tree_get(data, "options"));
        assert_int_equal(clock_parse(tree_text(data, "choose_by"), &book->ends_ms[index]), 0);
        counted.approvals++;
    } else if (strcmp(what, "chosen") == 0) {
        assert_true(proposal->approved && !proposal->chosen && !proposal->ended && !book->over);
        assert_true(so.now_ms < book->ends_ms[index]);
        proposal->chosen = true;
        for (int i = 0; i < proposal->count; i++)
            if (strcmp(proposal->options[i].name, tree_text(data, "option")) == 0)
                count_budgets(proposal, &proposal->options[i]);
        counted.choices++;
    } else if (is_one_of(what, " rejected expired withdrawn ")) {
        assert_true(!proposal->chosen && !proposal->ended);
        proposal->ended = true;
    } else if (strcmp(what, "failed") == 0) {
        assert_false(is_done(tree_text(data, "proposal_id")));
    } else if (strcmp(what, "settled") == 0) {
        assert_true(is_done(tree_text(data, "proposal_id")));
    } else if (strcmp(what, "ordered") == 0) {
        on_ordered(number, output, data);
    }
}

#endif
