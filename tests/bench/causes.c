/* causes: a synthetic year of orders and complaints, with promotions, seasons of the week and
 * planted causes: how long until each is told, how many are told that are none, what it costs in
 * memory and time. Played twice: once without causes, so that every alarm is false, once with.
 *
 *   causes [ORDERS [SEED]]     10 million orders and seed 1 when not given
 *
 * Fails when a false alarm is more frequent than stated, or a cause that should be found is not. */
#include "../unit/cause_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DAYS = 365,
    WARM = 63, /* until what is usual is known */
    FIRST = 20000,
    CARRIERS = 8,
    WAREHOUSES = 20,
    LANES = 400,
    SKUS = 5000,
    DIMENSIONS = 5,
    VALUES = CARRIERS + WAREHOUSES + LANES + 2 * SKUS,
    BATCH_DAYS = 60, /* then an article's next batch is sold */
    CAUSES = 24,
    CAUSE_LASTS = 21
};
static const int counts[DIMENSIONS] = {CARRIERS, WAREHOUSES, LANES, SKUS, SKUS};
static const char *const names[DIMENSIONS] = {"carrier", "warehouse", "lane", "sku", "batch"};
/* Complaints an order, by group. */
static const double shares[CAUSE_GROUPS] = {0.004, 0.006, 0.001, 0.004, 0.003, 0.002};
static const double weekdays[CAUSE_WEEK] = {1, 1, 0.8, 0.9, 1.5, 1.1, 1};

struct cause {
    int dimension, value, group, from;
    double times;    /* as many as usual */
    double expected; /* complaints a day beyond them */
    int told_after;  /* days; -1: never */
};

struct year {
    uint64_t seed;
    int64_t orders_a_day;
    struct cause_policy policy;
    struct cause_value *values;
    struct cause causes[CAUSES];
    int cause_count;
    /* Complaints to come, by day: a list of places in each. */
    struct late {
        int32_t places[DIMENSIONS];
        int group;
    } * late[CAUSE_DELAY + 1];
    int late_count[CAUSE_DELAY + 1], late_room[CAUSE_DELAY + 1];
    double delays[CAUSE_DELAY]; /* summed up */
    int64_t orders, complaints, told, over;
    double spent; /* s, in the code that is measured */
};

static double clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int32_t place_of(int dimension, int value) {
    int32_t place = value;
    for (int d = 0; d < dimension; d++) place += counts[d];
    return place;
}

/* A few values have most: of two, the lesser. */
static int draw(uint64_t *seed, int count) {
    double share = chance_share(seed);
    return (int)(share * share * count);
}

static int delay_of(struct year *year) {
    double share = chance_share(&year->seed);
    int days = 0;
    while (days < CAUSE_DELAY - 1 && share > year->delays[days]) days++;
    return days;
}

static void complain_later(struct year *year, int day, const int32_t *places, int group) {
    int slot = (day + delay_of(year)) % (CAUSE_DELAY + 1);

    if (year->late_count[slot] == year->late_room[slot]) {
        year->late_room[slot] = 2 * year->late_room[slot] + 256;
        year->late[slot] =
            realloc(year->late[slot], (size_t)year->late_room[slot] * sizeof *year->late[slot]);
    }
    struct late *late = &year->late[slot][year->late_count[slot]++];
    memcpy(late->places, places, sizeof late->places);
    late->group = group;
}

/* By how much a cause raises a group for an order. */
static double times_of(const struct year *year, int day, const int32_t *places, int group) {
    double times = 1;

    for (int c = 0; c < year->cause_count; c++) {
        const struct cause *cause = &year->causes[c];
        bool runs = day >= cause->from && day < cause->from + CAUSE_LASTS;
        if (runs && cause->group == group &&
            places[cause->dimension] == place_of(cause->dimension, cause->value))
            times = fmax(times, cause->times);
    }
    return times;
}

static void order(struct year *year, int day, int32_t *places) {
    int sku = draw(&year->seed, SKUS);
    places[0] = place_of(0, draw(&year->seed, CARRIERS));
    places[1] = place_of(1, draw(&year->seed, WAREHOUSES));
    places[2] = place_of(2, draw(&year->seed, LANES));
    places[3] = place_of(3, sku);
    places[4] = place_of(4, sku);

    for (int g = 0; g < CAUSE_GROUPS; g++) {
        double share = shares[g] * times_of(year, day, places, g);
        if (chance_share(&year->seed) < share) complain_later(year, day, places, g);
    }
}

/* The weekday on which somebody complains moves some to the next day: those of weak days wait. */
static bool waits(struct year *year, int day) {
    double weight = weekdays[(FIRST + day) % CAUSE_WEEK] / 1.5;
    return chance_share(&year->seed) > weight;
}

static void count_complaints(struct year *year, int day) {
    int slot = day % (CAUSE_DELAY + 1);
    int next = (day + 1) % (CAUSE_DELAY + 1);

    for (int i = 0; i < year->late_count[slot]; i++) {
        struct late late = year->late[slot][i];
        if (waits(year, day)) {
            if (year->late_count[next] == year->late_room[next]) {
                year->late_room[next] = 2 * year->late_room[next] + 256;
                year->late[next] = realloc(year->late[next], (size_t)year->late_room[next] *
                                                                 sizeof *year->late[next]);
            }
            year->late[next][year->late_count[next]++] = late;
            continue;
        }
        year->complaints++;
        for (int d = 0; d < DIMENSIONS; d++)
            cause_see_complaints(&year->values[late.places[d]], late.group, 1);
    }
    year->late_count[slot] = 0;
}

static void begin_day(struct year *year, int day) {
    for (int v = 0; v < VALUES; v++) {
        bool next_batch = v >= VALUES - SKUS && (day + v) % BATCH_DAYS == 0;
        if (next_batch) year->values[v] = (struct cause_value){0};
        cause_go_on(&year->values[v], &year->policy, FIRST + day);
    }
}

static void note_told(struct year *year, int day, int place, int group) {
    year->told++;
    for (int c = 0; c < year->cause_count; c++) {
        struct cause *cause = &year->causes[c];
        if (cause->group != group || place != place_of(cause->dimension, cause->value) ||
            day < cause->from || cause->told_after >= 0)
            continue;
        cause->told_after = day - cause->from + 1;
    }
}

static void judge_day(struct year *year, int day) {
    struct cause_finding found;

    for (int v = 0; v < VALUES; v++)
        for (int g = 0; g < CAUSE_GROUPS; g++) {
            enum cause_news news = cause_judge(&year->values[v], g, &year->policy, &found);
            if (day < WARM) continue;
            if (news == CAUSE_HAS_RISEN) note_told(year, day, v, g);
            if (news == CAUSE_IS_OVER) year->over++;
        }
}

/* A promotion: five times the orders, four days of the year. */
static int64_t orders_of(const struct year *year, int day) {
    int64_t orders = year->orders_a_day * (day % 7 < 2 ? 12 : 10) / 10;
    if (day % 91 == 80) return 5 * orders;
    return orders;
}

static void play_day(struct year *year, int day) {
    int64_t orders = orders_of(year, day);
    int32_t(*places)[DIMENSIONS] = malloc((size_t)orders * sizeof *places);

    for (int64_t i = 0; i < orders; i++) order(year, day, places[i]);
    double from = clock_s();
    begin_day(year, day);
    for (int64_t i = 0; i < orders; i++)
        for (int d = 0; d < DIMENSIONS; d++)
            cause_see_orders(&year->values[places[i][d]], &year->policy, 1);
    count_complaints(year, day);
    judge_day(year, day);
    year->spent += clock_s() - from;
    year->orders += orders;
    free(places);
}

static void play(struct year *year) {
    double sum = 0;

    year->values = calloc(VALUES, sizeof *year->values);
    for (int d = 0; d < CAUSE_DELAY; d++) year->delays[d] = sum += year->policy.delay[d];
    for (int day = 0; day < DAYS; day++) play_day(year, day);
    free(year->values);
    for (int i = 0; i <= CAUSE_DELAY; i++) free(year->late[i]);
}

/* Of each dimension, of each strength, of values that have many orders and of such that have few. */
static void plant(struct year *year) {
    static const double strengths[] = {2, 4, 10};

    for (int c = 0; c < CAUSES; c++) {
        struct cause *cause = &year->causes[c];
        int dimension = c % DIMENSIONS;
        int value = c / DIMENSIONS * counts[dimension] / 40;
        double share =
            (sqrt((value + 1.0) / counts[dimension]) - sqrt((double)value / counts[dimension]));
        *cause = (struct cause){.dimension = dimension,
                                .value = value,
                                .group = c % CAUSE_GROUPS,
                                .from = WARM + 10 + c * (DAYS - WARM - 50) / CAUSES,
                                .times = strengths[c % 3],
                                .told_after = -1};
        cause->expected =
            (cause->times - 1) * shares[cause->group] * share * (double)year->orders_a_day;
    }
    year->cause_count = CAUSES;
}

static int by_expected(const void *one, const void *two) {
    const struct cause *left = one;
    const struct cause *right = two;
    return (left->expected < right->expected) - (left->expected > right->expected);
}

/* Loud: a week of it is ten standard deviations of a usual week's complaints, and thirty of them at
 * least. Such a cause must be found. */
static bool is_loud(const struct cause *cause) {
    double usual = cause->expected / (cause->times - 1);
    return 7 * cause->expected >= fmax(30, 10 * sqrt(7 * usual));
}

static int print_causes(struct year *year) {
    int missed = 0;

    qsort(year->causes, CAUSES, sizeof *year->causes, by_expected);
    printf("%-10s %6s %6s %12s %s\n", "cause of", "value", "times", "more a day",
           "told on its day");
    for (int c = 0; c < CAUSES; c++) {
        const struct cause *cause = &year->causes[c];
        printf("%-10s %6d %6.0f %12.1f ", names[cause->dimension], cause->value, cause->times,
               cause->expected);
        if (cause->told_after >= 0)
            printf("%d\n", cause->told_after);
        else
            printf("never\n");
        missed += cause->told_after < 0 && is_loud(cause);
    }
    return missed;
}

int main(int argc, char **argv) {
    int64_t orders = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct cause_policy policy = cause_policy_of(1e-7);
    struct year clean = {.seed = seed, .orders_a_day = orders / 410, .policy = policy};
    struct year planted = {.seed = seed + 1, .orders_a_day = orders / 410, .policy = policy};

    play(&clean);
    double months = (DAYS - WARM) / 30.4;
    double most = policy.false_alarm * VALUES * CAUSE_GROUPS * (DAYS - WARM) / months;
    printf("without causes: %" PRId64 " orders, %" PRId64 " complaints, %" PRId64
           " alarms: %.2f a month, stated at most %.2f\n",
           clean.orders, clean.complaints, clean.told, (double)clean.told / months, most);
    printf("memory: %d values of %zu bytes: %.1f MB; %.0f orders and complaints a second\n", VALUES,
           sizeof(struct cause_value), VALUES * sizeof(struct cause_value) / 1e6,
           (double)(clean.orders + clean.complaints) / clean.spent);

    plant(&planted);
    play(&planted);
    printf("with %d causes of %d days: %" PRId64 " alarms, of values that share them too\n", CAUSES,
           CAUSE_LASTS, planted.told);
    int missed = print_causes(&planted);
    /* A Poisson number of mean 1 is beyond 6 once in 10 000 years. */
    bool noisy = (double)clean.told > most * months + 6;
    if (noisy) fprintf(stderr, "expected at most %.2f false alarms a month\n", most);
    if (missed) fprintf(stderr, "%d loud causes were never told\n", missed);
    return noisy || missed;
}
