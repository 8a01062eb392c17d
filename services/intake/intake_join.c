/* intake_join: the rounds of claims.
 *
 * A complaint asks 1. whether it is new, and for its conversation; 2. for its order, in the name of
 * the conversation's case where there is one, so that the order never holds a case that was not
 * opened, and whose it is; 3. once joined: corrects the conversation, leaves its own computed id as
 * an alias, and looks whether the case that it was told is an alias itself;
 * 4. counts itself as a repeat.
 *
 * An order's case is that of the account that names it: another account's complaint about the same
 * order opens a case of its own, and says so (order.other_account). Whose an order is, is who has
 * named it first.
 *
 * A case that was withdrawn takes nothing (follow): whoever is told of one looks, in a round of its
 * own, whether it was, and goes to the case that goes on in its place, or opens the one that comes
 * after it. That is a claim in the withdrawn case's name, so it is one case whatever leads there.
 *
 * Why the look, and never before round 3: a first message of a chat about a known order holds its
 * conversation under its own id from round 1 to round 3. The next message of that chat, which
 * stands behind it in the same batch, reads that id and finds the alias that was left in the same
 * round before it. */
#include "intake_join.h"
#include "intake.h"

#include <string.h>

enum {
    FRESH_MS = 1000, /* what is read so soon was said after every erasure that is known */
    HOPS_MAX =
        3, /* an alias of an alias takes two writers at the same moment; of that again, three */
    WITHDRAWN_MAX = 3 /* cases one after the other, each withdrawn */
};

struct rounds {
    const struct decision *in;
    const struct intake_submission *s;
    struct claims *claims;
    int next;
    bool waiting;
};

/* The next claim's answer; an empty one, and waiting, when it was not asked for yet. */
static const struct answer *claim(struct rounds *rounds, struct claim claim) {
    static const struct answer none = {.value = ""};

    if (rounds->next < rounds->in->answer_count) return &rounds->in->answers[rounds->next++];
    rounds->waiting = true;
    claim.id = rounds->s->position;
    claim.time_ms = rounds->in->ev->time_ms;
    if (rounds->claims) claims_add(rounds->claims, &claim);
    return &none;
}

/* A submission without order and conversation is known by its id alone, so this one survives a loss
 * of Redis. */
static const struct answer *claim_submission(struct rounds *rounds) {
    const struct event *ev = rounds->in->ev;
    const struct intake_submission *s = rounds->s;
    bool complaint = s->type->topic == TOPIC_COMPLAINTS;

    return claim(rounds, (struct claim){
                             .kind = CLAIM_ONCE,
                             .key = arena_printf(rounds->in->arena, "submission\x1f%s\x1f%s",
                                                 ev->source, ev->id),
                             .value = complaint ? s->case_id : NULL,
                             .valid_ms = decision_settings(rounds->in)->dedupe_for_ms,
                             .logged = complaint && !s->order_id && !s->conversation,
                         });
}

static const struct answer *claim_thing(struct rounds *rounds, const char *kind, const char *id,
                                        const char *case_id) {
    return claim(rounds, (struct claim){
                             .kind = CLAIM_JOIN,
                             .key = arena_printf(rounds->in->arena, "%s\x1f%s\x1f%s", kind,
                                                 rounds->s->tenant, id),
                             .value = case_id,
                             .valid_ms = decision_settings(rounds->in)->join_for_ms,
                             .logged = true,
                         });
}

/* Chats are named after people: under a pseudonym, where there is a secret for it. */
static const struct answer *claim_conversation(struct rounds *rounds, const char *case_id) {
    const struct secrets *secrets = &decision_settings(rounds->in)->persons;
    const char *name = secrets_pseudonym(secrets, rounds->s->conversation, rounds->in->arena);
    return claim_thing(rounds, "conversation", name, case_id);
}

static const char *account_of(struct rounds *rounds) {
    return contract_account(rounds->in->arena, &decision_settings(rounds->in)->persons,
                            rounds->s->tenant, rounds->s->customer_id);
}

static const struct answer *claim_order(struct rounds *rounds, const char *case_id) {
    const char *name =
        arena_printf(rounds->in->arena, "%s\x1f%s", rounds->s->order_id, account_of(rounds));
    return claim_thing(rounds, "order", name, case_id);
}

/* Whose the order is: the first account's that names it, until nobody has for a long time. */
static const struct answer *claim_owner(struct rounds *rounds) {
    return claim(rounds, (struct claim){
                             .kind = CLAIM_JOIN,
                             .key = contract_owner_claim(rounds->in->arena, rounds->s->tenant,
                                                         rounds->s->order_id),
                             .value = account_of(rounds),
                             .valid_ms = INTAKE_OWNER_FOR_MS,
                             .logged = true,
                         });
}

static const char *alias_key(struct rounds *rounds, const char *case_id) {
    return arena_printf(rounds->in->arena, "alias\x1f%s", case_id);
}

static const struct answer *claim_alias(struct rounds *rounds, const char *case_id) {
    return claim(rounds, (struct claim){
                             .kind = CLAIM_ONCE,
                             .key = alias_key(rounds, rounds->s->case_id),
                             .value = case_id,
                             .valid_ms = decision_settings(rounds->in)->join_for_ms +
                                         decision_settings(rounds->in)->dedupe_for_ms,
                             .logged = true,
                         });
}

static const struct answer *look_alias(struct rounds *rounds, const char *case_id) {
    return claim(rounds, (struct claim){.kind = CLAIM_LOOK, .key = alias_key(rounds, case_id)});
}

static const struct answer *claim_repeat(struct rounds *rounds, const char *case_id) {
    return claim(rounds, (struct claim){
                             .kind = CLAIM_JOIN,
                             .key = arena_printf(rounds->in->arena, "repeats\x1f%s", case_id),
                             .value = rounds->s->case_id,
                             .valid_ms = INTAKE_REPEATS_FOR_MS,
                             .logged = true,
                         });
}

/* ---- Who asked for his erasure ---- */

static const char *erased_key(struct rounds *rounds) {
    return contract_erased_claim(rounds->in->arena, account_of(rounds));
}

/* Its last word is the latest erasure. */
static void claim_erased(struct rounds *rounds) {
    claim(rounds, (struct claim){.kind = CLAIM_JOIN,
                                 .key = erased_key(rounds),
                                 .value = "",
                                 .valid_ms = CONTRACT_ERASED_KEPT_MS,
                                 .shared = true, /* sight_person.h */
                                 .logged = true});
}

/* When the customer of a complaint that comes late asked to be erased, if that was after it. */
static int64_t look_erased(struct rounds *rounds) {
    int64_t said_ms = rounds->in->ev->time_ms;

    if (!rounds->s->customer_id || said_ms + FRESH_MS > rounds->in->now_ms) return 0;
    const struct answer *look =
        claim(rounds, (struct claim){.kind = CLAIM_LOOK, .key = erased_key(rounds)});
    return look->found && look->last_ms >= said_ms ? look->last_ms : 0;
}

static const char *withdrawn_key(struct rounds *rounds, const char *case_id) {
    return arena_printf(rounds->in->arena, "withdrawn\x1f%s", case_id);
}

static void claim_withdrawn(struct rounds *rounds, const char *case_id) {
    claim(rounds, (struct claim){
                      .kind = CLAIM_ONCE,
                      .key = withdrawn_key(rounds, case_id),
                      .value = tree_text(rounds->in->ev->data, "of"),
                      .valid_ms = decision_settings(rounds->in)->join_for_ms +
                                  decision_settings(rounds->in)->dedupe_for_ms,
                      .logged = true,
                  });
}

static const struct answer *look_withdrawn(struct rounds *rounds, const char *case_id) {
    return claim(rounds, (struct claim){.kind = CLAIM_LOOK, .key = withdrawn_key(rounds, case_id)});
}

/* The case that takes what comes in about `case_id`, of which `look` says whether it was withdrawn;
 * NULL: this submission opens it. */
static const char *follow(struct rounds *rounds, const char *case_id, const struct answer *look) {
    for (int i = 0; i < WITHDRAWN_MAX && look->found && !rounds->waiting; i++) {
        if (look->value[0]) {
            case_id = look->value;
        } else {
            const struct answer *after = claim_thing(rounds, "after", case_id, rounds->s->case_id);
            if (rounds->waiting) break;
            if (after->granted) return NULL;
            case_id = after->value;
        }
        look = look_withdrawn(rounds, case_id);
    }
    return case_id;
}

static bool joined(const struct answer *answer) {
    return answer && !answer->granted;
}

/* The claim holds this submission's own case, granted to another position: the same submission once
 * more, after the claim on its id was lost. */
static bool is_own(const struct rounds *rounds, const struct answer *answer) {
    return joined(answer) && strcmp(answer->value, rounds->s->case_id) == 0;
}

static void end(struct intake_join *out, enum intake_join_kind kind, const char *case_id) {
    out->kind = kind;
    out->case_id = case_id;
}

/* What a complaint has been answered so far; NULL: it has no order, or no conversation. */
struct joining {
    const struct answer *conversation, *order, *owner, *alias;
    const char *by_conversation, *by_order; /* the cases that take it; NULL: none that lives */
};

/* Rounds 3 and 4. */
static void join(struct rounds *rounds, struct joining *had, struct intake_join *out) {
    bool by_order = !had->by_conversation;
    bool own_order = had->order && had->order->granted;
    const char *case_id = by_order ? had->by_order : had->by_conversation;

    if (had->conversation && by_order) claim_conversation(rounds, case_id);
    if (!had->alias) had->alias = claim_alias(rounds, case_id);
    const struct answer *look = look_alias(rounds, case_id);
    if (rounds->waiting) return;
    if (!had->alias->granted) return end(out, INTAKE_JOIN_DUPLICATE, case_id);
    if (look->found) {
        case_id = look->value;
        if (had->conversation && by_order) claim_conversation(rounds, case_id);
        if (own_order) claim_order(rounds, case_id);
    }
    const struct answer *repeat = NULL;
    if (by_order) repeat = claim_repeat(rounds, case_id);
    if (rounds->waiting) return;
    if (repeat)
        out->repeats = repeat->ordinal + 1;
    else
        out->repeats = 0;
    end(out, by_order ? INTAKE_JOIN_BY_ORDER : INTAKE_JOIN_BY_CONVERSATION, case_id);
}

static bool is_same(const char *case_id, const struct rounds *rounds) {
    return case_id && strcmp(case_id, rounds->s->case_id) == 0;
}

/* Round 2, the order, at once: who stands behind in the same batch must find it taken. It is
 * claimed in the name of the conversation's case, and once more where another one has taken its
 * place. */
static void claim_round_2(struct rounds *rounds, struct joining *had) {
    const struct intake_submission *s = rounds->s;
    const struct answer *look = NULL;
    const char *case_id = s->case_id;

    if (joined(had->conversation)) {
        case_id = had->conversation->value;
        look = look_withdrawn(rounds, case_id);
    }
    if (s->order_id) {
        had->order = claim_order(rounds, case_id);
        had->owner = claim_owner(rounds);
    }
    if (rounds->waiting || !look) return;
    had->by_conversation = follow(rounds, case_id, look);
    if (rounds->waiting) return;
    const char *now = had->by_conversation ? had->by_conversation : s->case_id;
    if (had->order && had->order->granted && strcmp(now, case_id) != 0) claim_order(rounds, now);
}

/* Rounds 2 and on: the order, and whether the cases that were told of still take something. */
static void find_joined(struct rounds *rounds, struct joining *had, struct intake_join *out) {
    const struct intake_submission *s = rounds->s;

    claim_round_2(rounds, had);
    if (rounds->waiting) return;
    out->other_account = joined(had->owner) && strcmp(had->owner->value, account_of(rounds)) != 0;
    if (is_same(had->by_conversation, rounds)) return end(out, INTAKE_JOIN_DUPLICATE, s->case_id);
    /* A conversation just granted to this position says that the submission is new: then the order
     * was claimed in this case's name by a message of the same conversation that another intake has
     * in hand. */
    bool is_new = had->conversation && !had->by_conversation;
    if (is_own(rounds, had->order))
        return end(out, is_new ? INTAKE_JOIN_NEW : INTAKE_JOIN_DUPLICATE, s->case_id);
    if (joined(had->order) && !had->by_conversation) {
        const struct answer *look = look_withdrawn(rounds, had->order->value);
        had->by_order = follow(rounds, had->order->value, look);
        if (rounds->waiting) return;
        if (is_same(had->by_order, rounds))
            return end(out, is_new ? INTAKE_JOIN_NEW : INTAKE_JOIN_DUPLICATE, s->case_id);
    }
    if (!had->by_conversation && !had->by_order) return end(out, INTAKE_JOIN_NEW, s->case_id);
    join(rounds, had, out);
}

static void find_complaint(struct rounds *rounds, struct intake_join *out) {
    const struct intake_submission *s = rounds->s;
    struct joining had = {0};
    const struct answer *submission = claim_submission(rounds);

    if (s->conversation) had.conversation = claim_conversation(rounds, s->case_id);
    out->erased_at = look_erased(rounds);
    if (rounds->waiting) return;
    if (!submission->granted || is_own(rounds, had.conversation))
        return end(out, INTAKE_JOIN_DUPLICATE, s->case_id);
    find_joined(rounds, &had, out);
}

static void find_activity(struct rounds *rounds, struct intake_join *out) {
    const struct answer *submission = claim_submission(rounds);
    const char *case_id = rounds->s->case_id;

    for (int hop = 0; case_id && hop < HOPS_MAX; hop++) {
        const struct answer *look = look_alias(rounds, case_id);
        if (rounds->waiting) return;
        if (!submission->granted || !look->found) break;
        case_id = look->value;
    }
    bool withdraws = rounds->s->type->type == EVENT_CASE_WITHDRAWN;
    if (submission->granted && case_id && withdraws) claim_withdrawn(rounds, case_id);
    if (submission->granted && rounds->s->customer_id) claim_erased(rounds);
    if (rounds->waiting) return;
    end(out, submission->granted ? INTAKE_JOIN_NEW : INTAKE_JOIN_DUPLICATE, case_id);
}

void intake_join_find(const struct decision *in, const struct intake_submission *s,
                      struct claims *claims, struct intake_join *out) {
    struct rounds rounds = {.in = in, .s = s, .claims = claims};

    *out = (struct intake_join){.kind = INTAKE_JOIN_WAITING};
    if (s->type->topic == TOPIC_COMPLAINTS)
        find_complaint(&rounds, out);
    else
        find_activity(&rounds, out);
}
