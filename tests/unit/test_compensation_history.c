/* What is counted of who complains, over cases: by customer, address and telephone; who decides
 * then, what VIPs are given, and that what comes of nothing does not count. */
#include "compensation_world.h"

/* A further case: its own state and id, the claims of those before. */
static void begin_case(struct world *world, int number) {
    world->pairs.count = 0;
    world->exists = false;
    world->subject = arena_printf(world->arena, "BYCRCNPA1C41H-FRGW%03d", number);
}

static void open_of(struct world *world, int number, const char *customer, const char *more) {
    begin_case(world, number);
    world_event(world, "case.opened",
                "{'case_id':'%s','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':"
                "'im','customer':{'id':'%s','tier':'vip'%s},'order':{'id':'A%d','status':'signed',"
                "'amount':{'currency':'CNY','minor':9900}},'text':'x'}",
                world->subject, customer, more, number);
}

static bool is_looked_at(const struct world *world, const char *review) {
    const struct output *proposed = world_find(world, "compensation.proposed");
    assert_non_null(proposed);
    bool looked = strstr(proposed->data, review) != NULL;
    assert_int_equal(looked, strstr(proposed->data, "\"role\":\"supervisor\"") != NULL);
    assert_int_equal(looked, !world_find(world, "compensation.approved"));
    return looked;
}

/* From which case on of one kind people look. */
static void looks_from_the_right_case_on(void **unused) {
    (void)unused;
    static const struct {
        const char *review, *class_name, *more;
        bool many; /* accounts */
        int from;
    } rows[] = {
        {"review many paid claims", "logistics.delayed", "", false, 6},
        {"review serial returns", "aftersale.return", "", false, 5},
        {"review many claims at one address", "logistics.delayed", ",'address_id':'h-1'", true, 4},
        {"review many accounts at one address", "logistics.delayed", ",'address_id':'h-1'", true,
         4},
        {"review many accounts with one telephone", "logistics.delayed",
         ",'phone':'+8613812341234'", true, 3},
        {"review many accounts with one telephone", "logistics.delayed", "", true, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct world world;
        open_world(&world);
        for (int n = 1; n <= 9; n++) {
            open_of(&world, n, rows[i].many ? arena_printf(world.arena, "c%d", n) : "c1",
                    rows[i].more);
            classify(&world, rows[i].class_name, "");
            const char *review = rows[i].review;
            if (strstr(review, "claims at")) review = n < 8 ? "review many accounts at" : review;
            bool looked = is_looked_at(&world, review);
            if (looked != (rows[i].from && n >= rows[i].from))
                fail_msg("%s: case %d, looked at: %d", rows[i].review, n, looked);
        }
        world_close(&world);
    }
}

/* Five cases with an offer, each of which ends as `end` says: does the sixth count as one of many?
 */
static void counts_what_something_came_of(void **unused) {
    (void)unused;
    static const struct {
        const char *end;
        bool counts;
    } rows[] = {{"", true},         {"chosen", true},          {"closed", false},
                {"expired", false}, {"chosen,closed", true},   {"reclassified", true},
                {"asked", true},    {"nothing offered", false}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct world world;
        open_world(&world);
        for (int n = 1; n <= 6; n++) {
            const char *end = n < 6 ? rows[i].end : "";
            open_of(&world, n, "c1", "");
            const char *p1 = arena_printf(world.arena, "%s.1", world.subject);
            if (strcmp(end, "nothing offered") == 0) {
                classify(&world, "order.urge", "");
                continue;
            }
            if (strcmp(end, "asked") == 0) {
                classify(&world, "order.urge", "");
                request(&world, "li", "9000");
                continue;
            }
            classify(&world, "logistics.delayed", "");
            if (n == 6) break;
            if (strstr(end, "chosen")) choose(&world, p1, "A");
            if (strstr(end, "closed"))
                world_event(&world, "case.closed", "{'case_id':'%s','by':'li'}", world.subject);
            if (strcmp(end, "reclassified") == 0)
                world_event(&world, "case.reclassified",
                            "{'case_id':'%s','class':'logistics.lost','by':'li'}", world.subject);
            if (strcmp(end, "expired") == 0) world_wake(&world, world.now_ms + 73 * HOUR_MS);
        }
        if (is_looked_at(&world, "review many paid claims") != rows[i].counts)
            fail_msg("%s: expected %d", rows[i].end, rows[i].counts);
        world_close(&world);
    }
}

/* The sixth case of a VIP gets what anybody gets; more is an exception. */
static void gives_what_anybody_gets(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    for (int n = 1; n <= 6; n++) {
        open_of(&world, n, "c1", "");
        classify(&world, "logistics.delayed", "");
        world_expect(&world, "compensation.proposed", n < 6 ? "'rule late-vip'" : "'rule late'");
    }
    request(&world, "li", "9000");
    world_expect(&world, "compensation.proposed", "'needs':{'role':'manager'");
    world_close(&world);
}

/* An erasure leaves nothing of telephone and address. */
static void forgets_marks(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_of(&world, 1, "c1", ",'phone':'+8613812341234','address_id':'h-1'");
    assert_non_null(world_pair(&world, "phone_mark"));
    assert_null(strstr(world_pair(&world, "phone_mark"), "138"));
    assert_non_null(world_pair(&world, "address_mark"));
    world_event(&world, "customer.erased", "{'tenant':'default','customer_id':'c1'}");
    assert_null(world_pair(&world, "phone_mark"));
    assert_null(world_pair(&world, "address_mark"));
    world_close(&world);
}

static void expect_fault(const char *rows, const char *match, const char *fault) {
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    struct err err = {{0}};
    const struct tree *file;
    void *policy;
    const char *version;
    const char *text = arena_printf(
        arena,
        "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 24h\n"
        "choose_within: 3d\nkeep_for: 90d\napproval: [{by: finance}]\nhistory: [%s]\n"
        "rules: [{name: r, match: {history: %s}, options: [{option: A, remedies: [{kind: "
        "apology}]}]}]\n",
        rows, match);
    if (yaml_read(arena, "policy", text, strlen(text), &file, &err)) fail_msg("%s", err.text);
    int failed = compensation_spec.load(file, ".", arena, &policy, &version, &faults);
    if (!fault && failed) fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    if (fault && (!failed || !strstr(faults.at[0].text, fault)))
        fail_msg("%s, %s: %s", rows, match, failed ? faults.at[0].text : "no fault");
    arena_free(arena);
}

static void refuses_what_cannot_speak(void **unused) {
    (void)unused;
#define ROW(more) "{name: n, of: address, counts: offers, within: 30d" more "}"
    expect_fault(ROW(""), "{n: {from: 2, below: 5}}", NULL);
    expect_fault(ROW(", class: ['quality.*']"), "{n: {from: 2}}", NULL);
    expect_fault(ROW(""), "{m: {from: 2}}", "m: expected the name of a row");
    expect_fault(ROW(""), "{n: {from: 0}}", "from 1");
    expect_fault(ROW(""), "{n: {}}", "from 1");
    expect_fault(ROW(""), "{n: 3}", "from 1");
    expect_fault(ROW(""), "{n: {from: 2, below: 2}}", "beyond");
    expect_fault(ROW(""), "[n]", "expected {name");
    expect_fault(ROW(", class: [quality.none]"), "{n: {from: 2}}", "no class is matched");
    expect_fault(ROW("") "," ROW(""), "{n: {from: 2}}", "is there twice");
    expect_fault("{name: n, of: customer, counts: accounts, within: 30d}", "{n: {from: 2}}",
                 "one account");
    expect_fault("{name: n, of: phone, counts: accounts, class: [other], within: 30d}",
                 "{n: {from: 2}}", "belongs to");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_from_the_right_case_on),
        cmocka_unit_test(counts_what_something_came_of),
        cmocka_unit_test(gives_what_anybody_gets),
        cmocka_unit_test(forgets_marks),
        cmocka_unit_test(refuses_what_cannot_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
