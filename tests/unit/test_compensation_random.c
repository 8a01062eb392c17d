/* Random steps on the pure core: complaints, classes, corrections, requests, votes, choices,
 * settlements, each also late, twice, and decided again after a crash, of several cases about a few
 * orders in several currencies. This test keeps its own books from what comes out: never more is
 * carried out than was approved, nothing twice, never more paid back than was paid, shares sum
 * exactly, and who approves is who may.
 *
 *     test_compensation_random [STEPS [SEED]]     e.g. 10000000 7 */
#include "case_world.h"
#include "compensation_books.h"

enum {
    STEPS = 30000,
    EPISODE = 300 /* steps of one world */
};

static const char policy_text[] =
    "version: v\ncurrency: CNY\nsplit: {platform: 70, carrier: 30}\napprove_within: 24h\n"
    "choose_within: 3d\nkeep_for: 1d\n"
    "settle: [{after: 20h, retry: true}, {after: 30h, to: finance}, {after: 60h, retry: true}]\n"
    "rates: {USD: 7.1, JPY: 0.05, KWD: 23}\n"
    "approval:\n"
    "  - {by: policy, up_to: {CNY: 10000, USD: 1500, JPY: 2000, KWD: 5000}}\n"
    "  - {by: agent, up_to: {CNY: 20000, USD: 3000, JPY: 4000, KWD: 9000}}\n"
    "  - {by: supervisor, up_to: {CNY: 100000, USD: 15000, JPY: 20000, KWD: 50000}}\n"
    "  - {by: finance, approvals: 2}\n"
    "caps: {order_extra: {CNY: 20000, USD: 3000, JPY: 3000, KWD: 8000}, customer_monthly: {CNY: "
    "5000000}, without_order_every: 30d, over: supervisor}\n"
    "budgets: [{by: policy, daily: {CNY: 4000}}, {by: agent, daily: {CNY: 50000}}, {name: pool, "
    "class: ['quality.*'], monthly: {CNY: 3000}, over: supervisor}]\n"
    "escalate: [{after: 3h}, {after: 9h, up: 1}]\n"
    "history: [{name: claims, of: customer, counts: offers, within: 365d}, {name: accounts, of: "
    "phone, counts: accounts, within: 365d}]\n"
    "reviews: [{name: often, match: {history: {claims: {from: 4}}}, by: supervisor}, {name: many, "
    "match: {history: {accounts: {from: 2}}}, by: agent}]\n"
    "exceptions: finance\n"
    "recovery: [{name: late, party: carrier, match: {order_status: [shipped]}, late_over: 24h, "
    "amount: {CNY: 5000, USD: 700}}]\n"
    "undecided: {then: approve, up_to: {CNY: 18000, USD: 2500}}\n"
    "delegations: [{from: a0, to: a1, role: finance, begins: '2026-11-19T00:00:00Z', ends: "
    "'2026-11-22T00:00:00Z'}]\n"
    "rules:\n"
    "  - {name: damaged, match: {class: [quality.damaged]}, options: [{option: A, remedies: "
    "[{kind: "
    "reissue}, {kind: coupon, percent: 7}]}, {option: B, remedies: [{kind: refund, percent: 60}]},"
    " {option: C, only_requested: true, remedies: [{kind: exchange}]}]}\n"
    "  - {name: flaw, match: {class: [quality.flaw]}, options: [{option: A, remedies: [{kind: "
    "coupon, percent: 33, round: up}]}, {option: B, split: {carrier: 1, merchant: 99}, remedies: "
    "[{kind: refund, percent: 51}]}]}\n"
    "  - {name: late, match: {class: [logistics.delayed]}, options: [{option: A, remedies: [{kind: "
    "coupon, fixed: {CNY: 2001, USD: 301, JPY: 401, KWD: 901}}]}, {option: B, remedies: [{kind: "
    "apology}, {kind: stored_value, fixed: {CNY: 999, USD: 99, JPY: 99, KWD: 99}}]}]}\n"
    "  - {name: assessed, on: assessed, options: [{option: A, remedies: [{kind: fee_share, "
    "assessed_costs: true}, {kind: insurance, fixed: {CNY: 399}}]}]}\n";

static uint64_t seed;

static int pick(int count) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 33) % (uint64_t)count);
}

static bool chance(int percent) {
    return pick(100) < percent;
}

/* ---- Deciding ---- */

static struct effects fold(int number, const struct event *ev, void *state) {
    struct effects out;
    struct claims claims = {.arena = so.arena};
    struct answer *answers = arena_alloc(so.arena, 64 * sizeof *answers);
    struct decision in = {.policies = &policies,
                          .ev = ev,
                          .now_ms = so.now_ms,
                          .exists = so.exists[number],
                          .arena = so.arena};
    int rounds = 0;

    for (int before = -1; before != claims.count; rounds++) {
        before = claims.count;
        compensation_spec.ask(&in, state, &claims);
        assert_in_range(claims.count, before, 63);
        for (int i = before; i < claims.count; i++)
            answers[i] = rehearse_claims_make(so.claims, &claims.at[i], so.arena);
        in.answers = answers;
        in.answer_count = claims.count;
    }
    assert_in_range(rounds, 1, 5); /* spec.h: 4, and one that adds nothing */
    effects_init(&out, so.arena);
    if (compensation_spec.decide(&in, state, &out) != DONE)
        fail_msg("%s: %s", ev->type, out.rejection.detail);
    /* A crash before the commit gives nothing back: the releases of the last time are done. */
    if (!chance(5))
        for (int i = 0; i < out.release_count; i++)
            rehearse_claims_release(so.claims, &claims.at[out.releases[i]]);
    else
        out.release_count = -1;
    return out;
}

static void *copy_of(int number) {
    void *copy = arena_alloc(so.arena, compensation_state_table.size);
    if (so.states[number])
        fields_copy(&compensation_state_table, so.states[number], so.arena, copy);
    return copy;
}

/* Decided, and after a crash decided again: the same comes out. */
static void decide(int number, const struct sent *sent) {
    void *state = copy_of(number);
    struct effects out = fold(number, sent->ev, state);

    while (out.release_count < 0) {
        struct effects before = out;
        state = copy_of(number);
        out = fold(number, sent->ev, state);
        if (out.count != before.count)
            fail_msg("%s: %d outputs, after a crash %d, the last %s",
                     sent->ev ? sent->ev->type : "wake-up", before.count, out.count,
                     out.count ? out.at[out.count - 1].data : "");
        for (int i = 0; i < out.count; i++) {
            assert_string_equal(out.at[i].id, before.at[i].id);
            assert_string_equal(out.at[i].data, before.at[i].data);
        }
    }
    for (int i = 0; i < out.count; i++) on_output(number, &out.at[i], sent);
    counted.steps++;
    if (out.unchanged) return;
    so.states[number] = out.forget ? NULL : state;
    so.exists[number] = !out.forget;
}

static void send(int number, const char *type, const char *id, const char *json, int actor,
                 int role) {
    const struct tree *data;
    struct err err;
    char *text = arena_strdup(so.arena, json);
    for (char *at = text; *at; at++)
        if (*at == '\'') *at = '"';
    assert_int_equal(json_read(so.arena, text, strlen(text), NULL, &data, &err), JSON_OK);
    struct raw raw = {.timestamp_ms = so.now_ms};
    struct event ev = {.raw = &raw,
                       .id = id,
                       .source = "/test",
                       .type = type,
                       .subject = case_id(number),
                       .time_ms = so.now_ms - (so.punctual ? 0 : pick(100)) * HOUR_MS,
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = data};
    decide(number, &(struct sent){.ev = &ev, .data = data, .actor = actor, .role = role});
}

static const char *next_id(void) {
    return arena_printf(so.arena, "e-%d", ++so.events);
}

#define DO(type, ...) send(number, type, next_id(), arena_printf(so.arena, __VA_ARGS__), -1, 0)
#define IN            "{'case_id':'%s'"

/* ---- Steps ---- */

static const char *order_json(int order) {
    if (order < 0) return "";
    const char *status = so.shipped[order] ? "shipped" : "signed";
    char promised[CLOCK_TEXT_MAX];
    if (!so.paid[order]) status = "cancelled";
    return arena_printf(so.arena,
                        "'order':{'id':'A%d','status':'%s','amount':{'currency':'%s','minor':%lld}"
                        ",'promised_at':'%s'},",
                        order, status, so.currency[order],
                        (long long)(so.paid[order] ? so.paid[order] : 5000),
                        clock_format(so.promised_ms[order], promised));
}

static void open_case(int number) {
    struct case_book *book = &so.cases[number];
    if (book->begun) return; /* ids come once */
    book->begun = true;
    book->order = pick(ORDERS + 1) - 1;
    book->customer = pick(CUSTOMERS);
    book->phone = pick(CUSTOMERS);
    static const char *const asked[] = {"refund", "exchange", "coupon"};
    DO("case.opened",
       IN ",'opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':'im','customer':{'id':'"
          "c%d','tier':'regular','phone':'p%d'},%s%s'text':'x'}",
       case_id(number), book->customer, book->phone, order_json(book->order),
       chance(30) ? arena_printf(so.arena, "'requested':{'remedy':'%s'},", asked[pick(3)]) : "");
}

static void learn_order(int number) {
    struct case_book *book = &so.cases[number];
    if (!so.exists[number] || book->order >= 0) return;
    /* Before that, nobody can say whose order a refund was: such a case stays without. */
    for (int i = 1; i < PROPOSALS; i++)
        if (book->proposals[i].made) return;
    book->order = pick(ORDERS);
    DO("case.customer_replied",
       IN ",'channel':'im','customer':{'id':'c0','tier':'regular'},%s'text':'y'}", case_id(number),
       order_json(book->order));
}

static const char *const classes[] = {"quality.damaged", "quality.flaw", "logistics.delayed",
                                      "inquiry.price", "service.attitude"};

static void classify(int number) {
    DO("case.classified",
       IN ",'class':'%s','severity':'P3','flags':[%s],'confidence':0.9,'rules_version':'1'}",
       case_id(number), classes[pick(5)], chance(20) ? "'perishable'" : "");
}

static void reclassify(int number) {
    DO("case.reclassified", IN ",'class':'%s','by':'li'}", case_id(number), classes[pick(5)]);
}

static void assess(int number) {
    DO("case.assessed",
       IN ",'finding':'x','fault':{'platform':%d,'customer':%d},'costs':[{'kind':'repair','amount':"
          "{'currency':'CNY','minor':%d}}],'by':'lab'}",
       case_id(number), 1 + pick(99), pick(50), 1 + pick(30000));
}

static void close_case(int number) {
    static const char *const types[] = {"case.closed", "case.withdrawn", "case.resolved"};
    int which = pick(3);
    if (!so.exists[number]) return;
    so.punctual = true; /* facts' own times decide which comes last */
    DO(types[which], IN ",'by':'li'%s}", case_id(number), which == 1 ? ",'reason':'spam'" : "");
    so.punctual = false;
    if (which < 2) so.cases[number].over = true;
}

static int64_t some_amount(void) {
    static const int64_t amounts[] = {1, 99, 2000, 5900, 29900, 600000, INT64_C(999999999999999)};
    return (amounts[pick(7)] - 1) / (1 + pick(3)) + pick(2); /* also 0 */
}

static void request(int number) {
    static const char *const kinds[] = {"refund", "coupon", "gift", "reissue", "fee_share"};
    const struct case_book *book = &so.cases[number];
    const char *currency = chance(5) || book->order < 0 ? "CNY" : so.currency[book->order];
    int actor = pick(ACTORS);
    long long minor = (long long)some_amount(), cost = (long long)some_amount();
    if (chance(5)) {
        const char *gift = arena_printf(
            so.arena,
            IN ",'actor':'a%d','role':'agent','reason':'x','options':[{'option':'A','remedies':[{"
               "'kind':'gift'}],'cost':{'currency':'%s','minor':1},'split':{}}]}",
            case_id(number), actor, currency);
        send(number, "compensation.requested", next_id(), gift, actor, 1);
        return;
    }
    const char *json = arena_printf(
        so.arena,
        IN ",'actor':'a%d','role':'agent','reason':'x','options':[{'option':'A','remedies':[{'kind'"
           ":'%s','amount':{'currency':'%s','minor':%lld}},{'kind':'apology'}],'cost':{'currency':'"
           "%s','minor':%lld},'split':{'customer':{'currency':'%s','minor':%lld},'carrier':{"
           "'currency':'%s','minor':%d}}}]}",
        case_id(number), actor, kinds[pick(5)], currency, minor, currency, cost, currency, cost,
        currency, pick(3));
    send(number, "compensation.requested", next_id(), json, actor, 1);
}

static int some_proposal(int number) {
    int last = 0;
    for (int i = 1; i < PROPOSALS; i++)
        if (so.cases[number].proposals[i].made) last = i;
    if (chance(10)) return 1 + pick(PROPOSALS - 1);
    return last ? last : 1;
}

static void remember(int number, const char *type, const char *id, const char *json) {
    so.memory[pick(MEMORY)] = (struct memory){type, id, json, number};
}

static void vote(int number) {
    static const char *const roles[] = {"agent", "supervisor", "manager", "finance"};
    int actor = pick(ACTORS), role = pick(4);
    bool approves = chance(85);
    const char *id = next_id(), *type = approves ? "decision.approved" : "decision.rejected";
    const char *json =
        arena_printf(so.arena, IN ",'proposal_id':'%s.%d','actor':'a%d','role':'%s'%s%s}",
                     case_id(number), case_id(number), some_proposal(number), actor, roles[role],
                     chance(10) ? ",'option':'B'" : "", approves ? "" : ",'reason':'no'");
    send(number, type, id, json, actor, role + 1);
    if (chance(50)) send(number, type, id, json, -1, 0); /* a copy: nothing comes of it */
}

static void choose(int number) {
    const char *id = next_id();
    const char *json =
        arena_printf(so.arena, IN ",'proposal_id':'%s.%d','option':'%s'}", case_id(number),
                     case_id(number), some_proposal(number), chance(60) ? "A" : "B");
    send(number, "decision.chosen", id, json, -1, 0);
    remember(number, "decision.chosen", id, json);
}

static void settle(int number) {
    if (!so.ordered_count) return;
    int which = pick(so.ordered_count);
    const char *id = so.ordered[which];
    (void)number;
    int owner = atoi(id + strlen("BYCRCNPA1C41H-FRGWX"));
    bool done = chance(70);
    const char *type = done ? "settlement.done" : "settlement.failed";
    if (done) so.done[which] = true;
    const char *json =
        arena_printf(so.arena, IN ",'settlement_id':'%s','reference':'r'%s}", case_id(owner), id,
                     strstr(type, "failed") ? ",'reason':'no'" : "");
    send(owner, type, next_id(), json, -1, 0);
}

static void again(int number) {
    const struct memory *memory = &so.memory[pick(MEMORY)];
    (void)number;
    if (memory->type) send(memory->number, memory->type, memory->id, memory->json, -1, 0);
}

static void pass_time(int number) {
    (void)number;
    so.now_ms += (1 + pick(30)) * HOUR_MS;
    if (chance(40)) return; /* the wake-ups come late */
    for (int i = 0; i < CASES; i++) {
        const struct compensation_state *state = so.states[i];
        if (so.exists[i] && state->wake_at && state->wake_at <= so.now_ms)
            decide(i, &(struct sent){.actor = -1});
    }
}

static void begin(void) {
    static const char *const currencies[] = {"CNY", "USD", "JPY", "KWD"};
    arena_reset(so.arena);
    struct arena *arena = so.arena;
    memset(&so, 0, sizeof so);
    so.arena = arena;
    so.claims = rehearse_claims_new();
    so.now_ms = BEGIN_MS;
    for (int i = 0; i < ORDERS; i++) {
        so.paid[i] = chance(15) ? 0 : some_amount() + 1;
        if (so.paid[i] > CONTRACT_MONEY_MAX) so.paid[i] = CONTRACT_MONEY_MAX;
        so.currency[i] = currencies[pick(4)];
        so.shipped[i] = chance(70);
        so.promised_ms[i] = BEGIN_MS + (pick(40) - 30) * HOUR_MS;
    }
}

static void play(long steps) {
    static void (*const acts[])(int number) = {
        open_case, open_case, classify, classify, classify,  reclassify, assess,
        request,   request,   vote,     vote,     vote,      choose,     choose,
        choose,    settle,    settle,   again,    pass_time, learn_order};
    for (long step = 0; step < steps; step++) {
        if (step % EPISODE == 0) begin();
        int number = pick(CASES);
        if (chance(1))
            close_case(number);
        else
            acts[pick((int)(sizeof acts / sizeof *acts))](number);
        if (step % EPISODE == EPISODE - 1 || step == steps - 1) rehearse_claims_free(so.claims);
    }
}

static long steps_wanted = STEPS;

static void keeps_its_books(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    struct err err = {{0}};
    const struct tree *file;
    void *policy;
    if (yaml_read(arena, "policy", policy_text, strlen(policy_text), &file, &err))
        fail_msg("%s", err.text);
    if (compensation_spec.load(file, ".", arena, &policy, &version.version, &faults))
        fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    version.policy = policy;
    policies.current = &version;
    so.arena = arena_new();
    uint64_t first = seed;
    play(steps_wanted);
    print_message(
        "seed %llu: %ld steps, %ld proposals, %ld approved, %ld chosen, %ld settlements, "
        "%ld ordered again, %ld in another's place, %ld by silence, %ld refused, %ld of who "
        "complains often, %ld claimed of carriers\n",
        (unsigned long long)first, counted.steps, counted.proposals, counted.approvals,
        counted.choices, counted.settlements, counted.again, counted.in_place, counted.silent,
        counted.refusals, counted.often, counted.recovered);
    assert_true(counted.settlements > counted.steps / 200);
    assert_true(counted.again > counted.steps / 1000);
    assert_true(counted.in_place > 0 && counted.silent > 0);
    assert_true(counted.refusals > counted.steps / 100);
    assert_true(counted.often > counted.proposals / 50);
    assert_true(counted.recovered > counted.steps / EPISODE / 4);
    assert_int_equal(counted.owed, counted.recovered);
    arena_free(so.arena);
    arena_free(arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_its_books)};
    if (argc > 1) steps_wanted = atol(argv[1]);
    seed = 0x9e3779b97f4a7c15 ^ (argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
