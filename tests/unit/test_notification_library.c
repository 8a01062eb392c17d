/* An escalated case names the closed one that it is most like; of one that is open again, withdrawn,
 * or whose customer was erased, nothing is left. */
#include "notification_world.h"

#define ESCALATED SLA ",'level':2,'to':'manager'}"
#define NEXT      "0419WQR0N3QTW-QT6B94G"

/* A lost parcel; the claims of the world stay. */
static void open_one(struct world *world, const char *case_id, const char *order) {
    world->pairs.count = 0;
    world->exists = false;
    world->subject = case_id;
    world_event(world, "case.opened",
                "{'case_id':'%s','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':"
                "'im','customer':{'id':'c1','tier':'vip'" ZHANG "},'text':'x'%s}",
                case_id, order);
    world_event(world, "case.classified",
                "{'case_id':'%s','class':'logistics.lost','severity':'P3','flags':[],"
                "'confidence':0.9,'rules_version':'1'}",
                case_id);
}

#define ORDER                                                                                      \
    ",'order':{'id':'A1','status':'shipped','amount':{'currency':'CNY','minor':9900},'carrier':"   \
    "'SF','warehouse':'W1'},'items':[{'sku':'T-1','name':'tea','quantity':1,'price':{'currency':"  \
    "'CNY','minor':9900}}]"

/* Opened, offered A or B, B chosen, solved after two hours, closed. */
static void close_one(struct world *world) {
    world_open(world, &notification_spec, POLICY);
    tell_one_by_one(world);
    open_one(world, WORLD_CASE, ORDER);
    acknowledge(world);
    world_event(world, "compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY);
    world_event(world, "compensation.chosen", PROPOSAL ",'option':'B'}");
    world->now_ms += 2 * HOUR_MS;
    world_event(world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_event(world, "case.closed", "{" IN_CASE ",'by':'li'}");
}

static void escalate_next(struct world *world, const char *order) {
    open_one(world, NEXT, order);
    world_event(world, "sla.escalated",
                "{'case_id':'" NEXT "','target':'resolution'," CYCLE ",'level':2,'to':'manager'}");
}

#define LIKE "最相似的已结案件：" WORLD_CASE "。用时 2小时。"

static void the_notice_names_it(void **unused) {
    (void)unused;
    struct world world;

    close_one(&world);
    escalate_next(&world, ORDER);
    expect_told(&world, "manager", LIKE);
    expect_told(&world, "manager", "顾客选择：方案B：退款 ¥299.00＋优惠券 ¥200.00（30天内有效）");
    expect_told(&world, "manager", "redressctl case " NEXT " --similar");
    expect_untold(&world, "manager", "张伟");
    expect_untold(&world, "manager", "stackable"); /* a remark may be about a person */
    expect_untold(&world, "manager", "回访评分");
    world_close(&world);
}

/* Facts are compared, but none are needed. */
static void the_class_suffices(void **unused) {
    (void)unused;
    struct world world;

    close_one(&world);
    escalate_next(&world, "");
    expect_told(&world, "manager", LIKE);
    world_close(&world);
}

static void the_visit_is_told(void **unused) {
    (void)unused;
    struct world world;

    close_one(&world);
    world_event(&world, "visit.scored", "{" IN_CASE ",'score':5}");
    escalate_next(&world, ORDER);
    expect_told(&world, "manager", LIKE);
    expect_told(&world, "manager", "回访评分 5 分");
    world_close(&world);
}

/* Of each event after which the case is not one that is over: nothing. */
static void what_is_taken_back_is_not_told(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data;
        bool left;
    } rows[] = {
        {"case.reopened", "{" IN_CASE ",'by':'li'}", false},
        {"case.withdrawn", "{" IN_CASE ",'reason':'spam','by':'li'}", false},
        {"customer.erased", "{'customer_id':'c1'}", false},
        {"customer.erased", "{'customer_id':'c2'}", true},
        {"case.reclassified", "{" IN_CASE ",'class':'quality.flaw','by':'li'}", false},
        {"visit.scored", "{" IN_CASE ",'score':3}", true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct world world;
        close_one(&world);
        world.now_ms += 1000;
        world_event(&world, rows[i].type, "%s", rows[i].data);
        assert_int_equal(world.result, DONE);
        escalate_next(&world, ORDER);
        if (rows[i].left) expect_told(&world, "manager", LIKE);
        expect_told(&world, "manager", "请立即介入");
        if (!rows[i].left) expect_untold(&world, "manager", "最相似");
        for (int k = 0; !rows[i].left && k < world.claim_count; k++)
            if (strcmp(rows[i].type, "case.reclassified") != 0 && world.claims[k].value)
                assert_null(strstr(world.claims[k].value, WORLD_CASE " "));
        world_close(&world);
    }
}

/* Nobody takes another's place back: the last case that stands there stays. */
static void who_has_followed_stays(void **unused) {
    (void)unused;
    struct world world;

    close_one(&world);
    struct pairs first = world.pairs;
    for (int i = 0; i < world.claim_count; i++)
        if (world.claims[i].value && strstr(world.claims[i].value, WORLD_CASE " "))
            world.claims[i].value = "DMTA64J62PQB0-WMXXS46 29401234 60 5 -,-,- - A=repair";
    world.pairs = first;
    world_event(&world, "case.reopened", "{" IN_CASE ",'by':'li'}");
    escalate_next(&world, ORDER);
    expect_told(&world, "manager", "最相似的已结案件：DMTA64J62PQB0-WMXXS46。");
    world_close(&world);
}

/* One that only asked has solved nothing; another class is not like it. */
static void nothing_is_told_where_nothing_is_like_it(void **unused) {
    (void)unused;
    struct world world;

    close_one(&world);
    open_one(&world, NEXT, ORDER);
    world_event(&world, "case.reclassified",
                "{'case_id':'" NEXT "','class':'quality.flaw','by':'li'}");
    world_event(&world, "sla.escalated",
                "{'case_id':'" NEXT "','target':'resolution'," CYCLE ",'level':2,'to':'manager'}");
    expect_told(&world, "manager", "请立即介入");
    expect_untold(&world, "manager", "最相似");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_notice_names_it),
        cmocka_unit_test(the_class_suffices),
        cmocka_unit_test(the_visit_is_told),
        cmocka_unit_test(what_is_taken_back_is_not_told),
        cmocka_unit_test(who_has_followed_stays),
        cmocka_unit_test(nothing_is_told_where_nothing_is_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
