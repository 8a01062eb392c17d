/* Against other people's orders (../shared/data/README.md, olist_sample), skipped where they are
 * absent: what was paid for each order, in minor units, and what one that is late is offered, who
 * approves it and what its carrier owes, equal to what money_data.py computes without the engine. */
#include "case_world.h"
#include "compensation/compensation.h"

#include <unistd.h>

#define DATA   REDRESS_SOURCE_DIR "/../shared/data/olist_sample"
#define OTHERS REDRESS_SOURCE_DIR "/tests/scenarios/money_data.py"
#define END    "2018-04-06T21:52:36Z" /* of the data */

enum {
    ORDERS = 4049, /* of the sample, */
    LATE = 144,    /* delivered after their promise, */
    ON_WAY = 539,  /* shipped and never there, as the sample itself says */
    LINE_MAX = 512,
    FIELDS = 8
};

static const char policy[] =
    "version: v\ncurrency: BRL\nsplit: {platform: 100}\napprove_within: 24h\nchoose_within: 3d\n"
    "keep_for: 90d\n"
    "approval: [{by: policy, up_to: {BRL: 1500}}, {by: agent, up_to: {BRL: 4000}}, {by: finance}]\n"
    "recovery: [{name: carrier, party: carrier, match: {order_status: [shipped, delivered]}, "
    "late_over: 24h, amount: {BRL: 5000}}]\n"
    "rules:\n"
    "  - {name: week, match: {late_from: 7d}, options: [{option: A, remedies: [{kind: coupon, "
    "percent: 20, at_least: {BRL: 1000}, at_most: {BRL: 20000}}]}]}\n"
    "  - {name: days, match: {late_from: 3d}, options: [{option: A, remedies: [{kind: coupon, "
    "percent: 10, at_least: {BRL: 1000}, at_most: {BRL: 20000}}]}]}\n"
    "  - {name: hours, match: {late_from: 1s}, options: [{option: A, remedies: [{kind: coupon, "
    "percent: 5, at_least: {BRL: 500}, at_most: {BRL: 20000}}]}]}\n";

/* ---- The files ---- */

struct lines {
    FILE *from;
    char text[LINE_MAX];
    char *field[FIELDS];
};

static struct lines open_lines(const char *command) {
    struct lines lines = {.from = popen(command, "r")};
    if (!lines.from) fail_msg("%s", command);
    return lines;
}

/* The next line in its parts; false: there is none. */
static bool next_line(struct lines *lines, const char *between) {
    char *rest = lines->text;

    if (!fgets(lines->text, sizeof lines->text, lines->from)) return false;
    rest[strcspn(rest, "\r\n")] = 0;
    for (int i = 0; i < FIELDS; i++) lines->field[i] = strsep(&rest, between);
    return true;
}

static void close_lines(struct lines *lines) {
    assert_int_equal(pclose(lines->from), 0);
}

/* "188.73", "5.1", "7" */
static int64_t minor_of(const char *text) {
    int64_t minor = 0;
    int digits = -1; /* behind the point */

    for (; *text && digits < 2; text++) {
        if (*text == '.')
            digits = 0;
        else
            minor = minor * 10 + (*text - '0');
        if (*text != '.' && digits >= 0) digits++;
    }
    assert_int_equal(*text, 0);
    if (digits < 0) digits = 0;
    for (; digits < 2; digits++) minor *= 10;

    return minor;
}

struct payment {
    char order[40];
    int64_t minor;
};
static struct payment payments[8192];
static int payment_count;

static void read_payments(void) {
    struct lines lines = open_lines("gzip -dc '" DATA "/order_payments.csv.gz'");

    assert_true(next_line(&lines, ","));
    for (payment_count = 0; next_line(&lines, ","); payment_count++) {
        assert_in_range(payment_count, 0, 8191);
        snprintf(payments[payment_count].order, sizeof payments[0].order, "%s", lines.field[0]);
        payments[payment_count].minor = minor_of(lines.field[4]);
    }
    close_lines(&lines);
}

static int64_t paid_for(const char *order) {
    int64_t sum = 0;
    for (int i = 0; i < payment_count; i++)
        if (strcmp(payments[i].order, order) == 0) sum += payments[i].minor;
    return sum;
}

/* ---- The engine ---- */

static const char *status_of(const char *text) {
    static const char *const same[] = {"created", "shipped", "delivered", NULL};

    for (int i = 0; same[i]; i++)
        if (strcmp(text, same[i]) == 0) return same[i];
    if (strcmp(text, "canceled") == 0) return "cancelled";
    return "paid";
}

/* ,'name':'2017-07-09T21:57:05Z' */
static const char *time_of(struct world *world, const char *name, const char *text) {
    if (!*text) return "";
    return arena_printf(world->arena, ",'%s':'%.10sT%sZ'", name, text, text + 11);
}

static int64_t number_in(const struct output *output, const char *before) {
    const char *at = strstr(output->data, before);
    assert_non_null(at);
    return strtoll(at + strlen(before), NULL, 10);
}

/* As money_data.py writes it. */
static const char *line_of(struct world *world, const char *order, int64_t paid) {
    const struct output *proposed = world_find(world, "compensation.proposed");
    const struct output *recovery = world_find(world, "compensation.recovery_claimed");
    const char *tier = "none";
    const char *by = "nobody";
    int64_t coupon = 0;

    if (proposed) {
        const char *rule = strstr(proposed->data, "\"rule ") + strlen("\"rule ");
        const char *role = strstr(proposed->data, "\"role\":\"");
        tier = arena_strndup(world->arena, rule, strcspn(rule, "\""));
        coupon = number_in(proposed, "\"minor\":");
        by = "policy";
        if (role) role += strlen("\"role\":\"");
        if (role) by = arena_strndup(world->arena, role, strcspn(role, "\""));
    }
    int64_t owed = recovery ? number_in(recovery, "\"minor\":") : 0;
    return arena_printf(world->arena, "%s %lld %s %lld %s %lld", order, (long long)paid, tier,
                        (long long)coupon, by, (long long)owed);
}

static const char *play(struct world *world, const struct lines *order) {
    int64_t paid = paid_for(order->field[0]);

    world_open_text(world, &compensation_spec, policy);
    world->now_ms = world_time(END);
    world_event(world, "case.opened",
                "{'case_id':'" WORLD_CASE "','opened_at':'" END
                "','tenant':'default','channel':'im','customer':{'id':'%.32s','tier':'regular'},"
                "'order':{'id':'%.32s','status':'%s','amount':{'currency':'BRL','minor':%lld}%s%s},"
                "'text':'x'}",
                order->field[1], order->field[0], status_of(order->field[2]), (long long)paid,
                time_of(world, "promised_at", order->field[7]),
                time_of(world, "delivered_at", order->field[6]));
    world_event(world, "case.classified",
                "{'case_id':'" WORLD_CASE "','class':'logistics.delayed','severity':'P3','flags':[]"
                ",'confidence':0.9,'rules_version':'1'}");
    return line_of(world, order->field[0], paid);
}

static void test_orders(void **unused) {
    (void)unused;
    int count = 0, late = 0, on_way = 0;

    if (access(DATA "/orders.csv.gz", R_OK) != 0) {
        print_message("SKIPPED: there is no " DATA "\n");
        skip();
    }
    read_payments();
    struct lines orders = open_lines("gzip -dc '" DATA "/orders.csv.gz'");
    struct lines others = open_lines("python3 '" OTHERS "' '" DATA "'");
    assert_true(next_line(&orders, ","));
    for (; next_line(&orders, ","); count++) {
        struct world world;
        assert_true(next_line(&others, "\n"));
        const char *line = play(&world, &orders);
        if (strcmp(line, others.text) != 0) fail_msg("is       %s\nexpected %s", line, others.text);
        bool there = *orders.field[6] != 0;
        bool is_late = !strstr(line, " none ");
        late += there && is_late;
        on_way += !there && is_late && strcmp(orders.field[2], "shipped") == 0;
        world_close(&world);
    }
    assert_false(next_line(&others, "\n"));
    close_lines(&orders);
    close_lines(&others);
    print_message("%d orders, %d came late, %d never came, each as computed elsewhere\n", count,
                  late, on_way);
    assert_int_equal(count, ORDERS);
    assert_int_equal(late, LATE);
    assert_int_equal(on_way, ON_WAY);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
