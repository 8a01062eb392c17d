/* olist: other people's orders (../shared/data/README.md, olist_sample; skipped with status 77 where
 * they are absent), played through the cohorts' own counting: a lane is the state of the first
 * item's seller -> the customer's; an order that becomes late is a complaint of its lane, at its
 * promised time; a delivered order would be warned at its hand-over when at least K of its lane
 * came in the 14 days before. Then the same by the rate test, for each probability of a false
 * alarm: precision, recall, and what it costs.
 *
 * Fails when the counts by K are not those that are stated beside the sample. */
#include "base/arena.h"
#include "cohort/cohort_rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DATA   REDRESS_SOURCE_DIR "/../shared/data/olist_sample"
#define DAY_MS COHORT_KEY_DAY_MS

enum {
    SKIPPED = 77, /* as ctest is told */
    ROWS_MOST = 10000,
    LINE_MOST = 512,
    FIELDS_MOST = 8,
    LANES_MOST = 1000,
    K_MOST = 3
};

/* ---- The files ---- */

struct row {
    char field[FIELDS_MOST][64];
    int count;
};
struct file {
    struct row *rows;
    int count;
};

static int by_first(const void *one, const void *two) {
    return strcmp(((const struct row *)one)->field[0], ((const struct row *)two)->field[0]);
}

/* Nothing is cut at a comma within quotes that is needed here: those are names of towns, and behind
 * them the last field is taken. */
static void split(char *line, struct row *row) {
    line[strcspn(line, "\r\n")] = 0;
    for (char *field; (field = strsep(&line, ",")) != NULL;) {
        if (row->count == FIELDS_MOST) row->count--;
        snprintf(row->field[row->count++], sizeof row->field[0], "%s", field);
    }
}

static struct file read_file(const char *name) {
    char command[256];
    char line[LINE_MOST];
    struct file file = {.rows = calloc(ROWS_MOST, sizeof(struct row))};

    snprintf(command, sizeof command, "gzip -dc %s/%s.csv.gz", DATA, name);
    FILE *from = popen(command, "r");
    if (!from || !fgets(line, sizeof line, from)) exit(1);
    while (file.count < ROWS_MOST && fgets(line, sizeof line, from))
        split(line, &file.rows[file.count++]);
    if (pclose(from) != 0) exit(1);
    qsort(file.rows, (size_t)file.count, sizeof *file.rows, by_first);
    return file;
}

/* The first of those with this id; NULL: there is none. */
static const struct row *find(const struct file *file, const char *id) {
    int low = 0;
    int high = file->count;

    while (low < high) {
        int mid = (low + high) / 2;
        if (strcmp(file->rows[mid].field[0], id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == file->count || strcmp(file->rows[low].field[0], id) != 0) return NULL;
    return &file->rows[low];
}

static const struct row *first_item(const struct file *items, const char *order_id) {
    const struct row *item = find(items, order_id);
    const struct row *first = item;

    for (; item && item < items->rows + items->count && !strcmp(item->field[0], order_id); item++)
        if (atoi(item->field[1]) < atoi(first->field[1])) first = item;
    return first;
}

/* "2017-07-09 21:57:05", taken as UTC; 0: empty. */
static int64_t time_of(const char *text) {
    struct tm tm = {0};

    if (!*text) return 0;
    if (!strptime(text, "%Y-%m-%d %H:%M:%S", &tm)) exit(1);
    return (int64_t)timegm(&tm) * 1000;
}

/* ---- Orders ---- */

enum { AT_STATUS = 2, AT_CARRIER = 5, AT_CUSTOMER, AT_PROMISED };

/* Either is told of a lane: an order is handed over, or has become late. */
struct moment {
    int64_t at;
    int lane;
    bool late;   /* has become late */
    bool judged; /* handed over, and delivered later: would it have been warned? */
    bool comes_late;
};
static struct moment moments[2 * ROWS_MOST];
static int moment_count;
static char lanes[LANES_MOST][8];
static int lane_count;

static int lane_of(const char *from, const char *to) {
    char name[8];

    snprintf(name, sizeof name, "%.2s-%.2s", from, to);
    for (int i = 0; i < lane_count; i++)
        if (strcmp(lanes[i], name) == 0) return i;
    if (lane_count == LANES_MOST) exit(1);
    memcpy(lanes[lane_count], name, sizeof name);
    return lane_count++;
}

static const char *last(const struct row *row) {
    return row->field[row->count - 1];
}

static void add_order(const struct row *order, int lane) {
    int64_t to_carrier = time_of(order->field[AT_CARRIER]);
    int64_t to_customer = time_of(order->field[AT_CUSTOMER]);
    int64_t promised = time_of(order->field[AT_PROMISED]);
    bool delivered = strcmp(order->field[AT_STATUS], "delivered") == 0;
    bool lost = strcmp(order->field[AT_STATUS], "shipped") == 0 && !to_customer;
    bool late = (delivered && to_customer > promised) || lost;

    if (late) moments[moment_count++] = (struct moment){.at = promised, .lane = lane, .late = true};
    if (!to_carrier) return;
    moments[moment_count++] = (struct moment){
        .at = to_carrier, .lane = lane, .judged = delivered, .comes_late = late && delivered};
}

/* What becomes late at the moment of a hand-over comes behind it. */
static int by_time(const void *one, const void *two) {
    const struct moment *left = one;
    const struct moment *right = two;

    if (left->at != right->at) return left->at < right->at ? -1 : 1;
    return left->late - right->late;
}

static void read_orders(void) {
    struct file orders = read_file("orders");
    struct file items = read_file("order_items");
    struct file sellers = read_file("sellers");
    struct file customers = read_file("customers");

    for (int i = 0; i < orders.count; i++) {
        const struct row *item = first_item(&items, orders.rows[i].field[0]);
        const struct row *seller = item ? find(&sellers, item->field[3]) : NULL;
        const struct row *customer = find(&customers, orders.rows[i].field[1]);
        if (seller && customer) add_order(&orders.rows[i], lane_of(last(seller), last(customer)));
    }
    qsort(moments, (size_t)moment_count, sizeof *moments, by_time);
    free(orders.rows);
    free(items.rows);
    free(sellers.rows);
    free(customers.rows);
}

/* ---- The cohorts' counting ---- */

struct rule {
    double false_alarm; /* 1: the count alone */
    int64_t at_least;
};
struct tally {
    int orders, late, warned, warned_late;
};

/* Complaints count by whole days and promises are made for midnight: 13 days and what has begun of
 * another are the 14 before a hand-over. */
static const struct cohort_policy policy = {
    .window = 13 * DAY_MS, .half_life = 90 * DAY_MS, .per_thousand = 60, .weight = 20};
static const char group[] = "logistics";

static void judge(struct cohort_state *lane, const struct moment *moment, const struct rule *rule,
                  struct tally *result) {
    struct cohort_rate rate = cohort_rate_of(lane, &policy, group, moment->at);
    bool warned = rate.complaints >= rule->at_least;

    if (warned && rule->false_alarm < 1) warned = cohort_rate_chance(&rate) <= rule->false_alarm;
    result->orders++;
    result->late += moment->comes_late;
    result->warned += warned;
    result->warned_late += warned && moment->comes_late;
}

static struct tally play(const struct rule *rule) {
    struct arena *arena = arena_new();
    struct cohort_state *states = arena_alloc(arena, (size_t)lane_count * sizeof *states);
    struct tally result = {0};

    for (int i = 0; i < moment_count; i++) {
        const struct moment *moment = &moments[i];
        struct cohort_state *lane = &states[moment->lane];
        cohort_rate_roll(lane, &policy, moment->at, arena);
        if (moment->judged) judge(lane, moment, rule, &result);
        if (moment->late)
            cohort_rate_see_complaint(lane, group, moment->at, arena);
        else
            cohort_rate_see_order(lane, moment->at, arena);
    }
    arena_free(arena);
    return result;
}

/* ---- The answer ---- */

/* What it costs when a warning costs 1 (a token, and who is told in vain believes less the next
 * time) and an order that comes late unwarned `missed`. */
static double cost_of(const struct tally *result, double missed) {
    return result->warned + missed * (result->late - result->warned_late);
}

static void print(const char *name, const struct tally *result) {
    double precision = result->warned ? (double)result->warned_late / result->warned : 0;

    printf("%-12s %6d %6d  %.4f  %.4f %8.0f %8.0f %8.0f\n", name, result->warned,
           result->warned_late, precision, (double)result->warned_late / result->late,
           cost_of(result, 10), cost_of(result, 20), cost_of(result, 50));
}

static int check_counts(void) {
    /* cohort_lane14d_K1 to _K3, as they are stated beside the sample */
    static const struct tally expected[K_MOST] = {
        {2313, 144, 1352, 92}, {2313, 144, 988, 64}, {2313, 144, 810, 52}};
    int wrong = 0;

    for (int k = 1; k <= K_MOST; k++) {
        struct rule rule = {.false_alarm = 1, .at_least = k};
        struct tally found = play(&rule);
        char name[16];
        snprintf(name, sizeof name, "K = %d", k);
        print(name, &found);
        if (memcmp(&found, &expected[k - 1], sizeof found) == 0) continue;
        fprintf(stderr,
                "K = %d: %d orders, %d late, %d warned, %d of them late; expected %d, %d, %d, %d\n",
                k, found.orders, found.late, found.warned, found.warned_late,
                expected[k - 1].orders, expected[k - 1].late, expected[k - 1].warned,
                expected[k - 1].warned_late);
        wrong++;
    }
    return wrong;
}

int main(void) {
    static const double alarms[] = {0.8, 0.5, 0.3, 0.2, 0.1, 0.05, 0.01, 0.001, 0.0001, 0.000001};

    if (access(DATA, R_OK) != 0) {
        printf("skipped: %s is not there (other people's orders are no part of the repository)\n",
               DATA);
        return SKIPPED;
    }
    read_orders();
    printf("%d lanes; what it costs with 10, 20 and 50 for a late order that nobody was warned of\n"
           "%-12s %6s %6s  %-6s  %-6s %8s %8s %8s\n",
           lane_count, "", "warned", "late", "prec.", "recall", "10", "20", "50");
    struct tally everybody = play(&(struct rule){.false_alarm = 1, .at_least = 0});
    print("everybody", &everybody);
    int wrong = check_counts();
    for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++) {
        struct rule rule = {.false_alarm = alarms[i], .at_least = 1};
        struct tally found = play(&rule);
        char name[16];
        snprintf(name, sizeof name, "%g", alarms[i]);
        print(name, &found);
    }
    return wrong != 0;
}
