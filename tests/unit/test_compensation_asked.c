/* What the customer names, asks for and shows is read, at once and when it comes later. */
#include "compensation_world.h"

#define ORDER_999 "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':99900}}"
#define ITEM(sku, quantity, minor)                                                                 \
    "{'sku':'" sku "','name':'" sku "','quantity':" quantity                                       \
    ",'price':{'currency':'CNY','minor':" minor "}}"

static void reads_what_is_named(void **unused) {
    (void)unused;
    static const struct {
        const char *items, *class_name, *flags;
        const char *says, *needs; /* needs NULL: by policy */
    } cases[] = {
        {"", "quality.damaged", "", "'kind':'refund','amount':{'currency':'CNY','minor':99900}",
         "manager"},
        {ITEM("cup", "1", "2900"), "quality.damaged", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':2900}", NULL},
        {ITEM("cup", "1", "2900"), "quality.damaged", "", "'cost':{'currency':'CNY','minor':4900}",
         NULL},
        {ITEM("cup", "2", "2900"), "logistics.lost", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':5800}", NULL},
        {ITEM("cup", "1", "2900") "," ITEM("cup", "2", "2900"), "logistics.lost", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':8700}", "agent"},
        {ITEM("cup", "1", "2900") "," ITEM("plate", "1", "5000"), "logistics.lost", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':7900}", NULL},
        /* Never more than was paid; pieces without end do not overflow. */
        {ITEM("vase", "4", "29900"), "logistics.lost", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':99900}", "manager"},
        {ITEM("vase", "1000000", "999999999999999"), "logistics.lost", "",
         "'kind':'refund','amount':{'currency':'CNY','minor':99900}", "manager"},
        /* More kinds than are counted one by one. */
        {ITEM("1", "1", "100") "," ITEM("2", "1", "100") "," ITEM("3", "1", "100") "," ITEM("4", "1", "100") "," ITEM(
             "5", "1",
             "100") "," ITEM("6", "1",
                             "100") "," ITEM("7", "1",
                                             "100") "," ITEM("8", "1",
                                                             "100") "," ITEM("9", "1",
                                                                             "100") "," ITEM("10",
                                                                                             "1",
                                                                                             "100"),
         "logistics.lost", "", "'kind':'refund','amount':{'currency':'CNY','minor':1000}", NULL},
        /* A flaw of the cup is worth a coupon by the cup's price. */
        {ITEM("cup", "1", "8000"), "quality.flaw", "",
         "'kind':'coupon','amount':{'currency':'CNY','minor':1200}", NULL},
        /* The box is not the goods. */
        {"", "logistics.parcel_damaged", "'packaging_only'",
         "'remedies':[{'kind':'coupon','amount':{'currency':'CNY','minor':1000}", NULL},
        {"", "logistics.parcel_damaged", "", "'kind':'refund'", "manager"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_world(&world);
        open_case(&world, "regular",
                  arena_printf(world.arena, ORDER_999 ",'items':[%s]", cases[i].items));
        classify(&world, cases[i].class_name, cases[i].flags);
        world_expect(&world, "compensation.proposed", cases[i].says);
        if (cases[i].needs)
            world_expect(&world, "compensation.proposed",
                         arena_printf(world.arena, "'needs':{'role':'%s'", cases[i].needs));
        assert_int_equal(world_find(&world, "compensation.approved") == NULL,
                         cases[i].needs != NULL);
        world_close(&world);
    }
}

/* What is asked for is offered where the rule finds it fair, first and as one of two; asking for
 * more makes nothing more. */
static void offers_what_is_asked_for(void **unused) {
    (void)unused;
    static const struct {
        const char *class_name, *asked, *options; /* the kinds of the options' first remedies */
    } cases[] = {
        {"quality.flaw", NULL, "A coupon B exchange "},
        {"quality.flaw", "'remedy':'refund'", "C refund A coupon "},
        {"quality.flaw", "'remedy':'refund','amount':{'currency':'CNY','minor':999999999}",
         "C refund A coupon "},
        {"quality.flaw", "'remedy':'exchange'", "A coupon B exchange "},
        {"quality.flaw", "'remedy':'stored_value'", "A coupon B exchange "},
        {"quality.damaged", "'remedy':'exchange'", "C exchange A reissue "},
        {"aftersale.return", "'remedy':'exchange'", "C exchange A refund "},
        {"logistics.delayed", "'remedy':'refund'", "A coupon B stored_value "},
        {"quality.not_as_described", "'remedy':'exchange'", "C exchange A refund "},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        struct buf found = {0};
        struct err err;
        const struct tree *data;
        open_world(&world);
        const char *order = ORDER_999;
        if (cases[i].asked)
            order = arena_printf(world.arena, ORDER_999 ",'requested':{%s}", cases[i].asked);
        open_case(&world, "regular", order);
        classify(&world, cases[i].class_name, "");
        const struct output *proposed = world_find(&world, "compensation.proposed");
        assert_non_null(proposed);
        assert_int_equal(
            json_read(world.arena, proposed->data, proposed->data_len, NULL, &data, &err), JSON_OK);
        for (const struct tree *at = tree_get(data, "options")->first; at; at = at->next) {
            buf_printf(&found, "%s %s ", tree_text(at, "option"),
                       tree_text(tree_get(at, "remedies")->first, "kind"));
            assert_true(tree_get(tree_get(at, "cost"), "minor")->num <= 99900 + 20000);
        }
        assert_string_equal(found.at, cases[i].options);
        buf_free(&found);
        world_close(&world);
    }
}

static void matches_what_is_shown(void **unused) {
    (void)unused;
    static const char policy[] =
        "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 1h\n"
        "choose_within: 1h\nkeep_for: 1d\napproval: [{by: finance}]\nrules:\n"
        "  - {name: asked, match: {requested: [repair]}}\n"
        "  - {name: shown, match: {evidence: \"yes\"}, options: [{option: A, remedies: [{kind: "
        "refund, percent: 100}]}]}\n"
        "  - {name: named, match: {items: \"yes\"}, options: [{option: A, remedies: [{kind: "
        "coupon, "
        "fixed: {CNY: 2}}]}]}\n"
        "  - {name: neither, options: [{option: A, remedies: [{kind: coupon, fixed: {CNY: "
        "1}}]}]}\n";
    static const struct {
        const char *more, *rule;
    } cases[] = {
        {"", "rule neither"},
        {",'items':[" ITEM("cup", "1", "100") "]", "rule named"},
        {",'evidence':[{'kind':'photo','url':'https://a/b'}]", "rule shown"},
        {",'requested':{'remedy':'repair'}", NULL},
        {",'requested':{'remedy':'refund'}", "rule neither"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        for (int later = 0; later < 2; later++) {
            struct world world;
            world_open_text(&world, &compensation_spec, policy);
            const char *more = later ? "" : cases[i].more;
            open_case(&world, "regular", arena_printf(world.arena, ORDER_999 "%s", more));
            if (later)
                world_event(
                    &world, "case.customer_replied",
                    "{'case_id':'" WORLD_CASE
                    "','channel':'im','customer':{'id':'c1','tier':'regular'},'order':" ORDER_999
                    "%s,'text':'y'}",
                    cases[i].more);
            classify(&world, "other", "");
            if (cases[i].rule)
                world_expect(&world, "compensation.proposed", cases[i].rule);
            else
                assert_int_equal(world.count, 0);
            world_close(&world);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_named),
        cmocka_unit_test(offers_what_is_asked_for),
        cmocka_unit_test(matches_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
