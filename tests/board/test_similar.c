/* Closed cases that are like one, on a real Redis: what redressctl and the board say of them, in
 * which order, and what neither does. */
#include "base/clock.h"
#include "classification/sketch.h"
#include "data/text.h"
#include "harness.h"
#include "net.h"
#include "seed.h"
#include "sight/sight_similar.h"
#include "wait.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SHARDS = 3,
    OPEN = 1,
    NEAR,
    FAR,
    NEAR_ELSEWHERE,
    OTHER_CLASS,
    OTHER_TEAM,
    LONELY,
    ANSWER_MS = 240000
};

static struct harness *h;
static struct seed *seed;
static struct process *board;
static int port;

#define HOUR_MS INT64_C(3600000)
static const int64_t opened_ms = INT64_C(1790000000000);

static const char *sketch_words(const struct text_tables *tables, const char *words,
                                struct arena *arena) {
    char sketch[SKETCH_SIZE];
    struct text text;
    struct features features;

    text_normalise(tables, words, strlen(words), arena, &text);
    features_of(&text, arena, &features);
    sketch_of(&features, sketch);
    return arena_strdup(arena, sketch);
}

static void put_cases(void) {
    struct arena *arena = arena_new();
    const struct text_tables *tables = text_tables_new(arena);
    const char *flaw = "quality.flaw";
    const char *zip = "The zip of the jacket broke after two days";
    const struct {
        int number;
        const char *words, *class_name, *warehouse, *team;
        int64_t closed_after, cost, score;
    } rows[] = {
        {OPEN, "The zip of my new jacket broke after a week", flaw, "SHA", "returns", 0, 0, 0},
        {NEAR, zip, flaw, "SHA", "returns", 26 * HOUR_MS, 12900, 5},
        {FAR, "A loose thread on the left sleeve", flaw, "SHA", "returns", HOUR_MS, 2000, 0},
        {NEAR_ELSEWHERE, zip, flaw, "CAN", "returns", HOUR_MS, 3000, 0},
        {OTHER_CLASS, zip, "quality.damaged", "SHA", "returns", HOUR_MS, 1000, 0},
        {OTHER_TEAM, zip, flaw, "SHA", "vip", HOUR_MS, 1000, 0},
        {LONELY, "Where is it?", "order.urge", "SHA", "returns", 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seed_case one = {.number = rows[i].number,
                                .status = rows[i].closed_after ? "closed" : "open",
                                .class_name = rows[i].class_name,
                                .severity = "P3",
                                .tier = "regular",
                                .team = rows[i].team,
                                .opened_at = opened_ms,
                                .contact_state = "met",
                                .resolution_state = "met",
                                .customer = "Li Ming",
                                .sketch = sketch_words(tables, rows[i].words, arena),
                                .warehouse = rows[i].warehouse,
                                .cost_minor = rows[i].cost,
                                .score = rows[i].score};
        if (rows[i].closed_after) one.closed_at = opened_ms + rows[i].closed_after;
        seed_put(seed, &one, 1);
    }
    arena_free(arena);
}

static int get(const char *path, struct buf *out) {
    char request[600], bytes[4096];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int status = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    buf_clear(out);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
        write(fd, request, strlen(request)) > 0)
        for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
            buf_add(out, bytes, (size_t)got);
    close(fd);
    if (out->at) (void)sscanf(out->at, "HTTP/1.1 %d", &status);
    return status;
}

static int set_up(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};

    h = harness_new("similar");
    harness_start_redis(h);
    seed = seed_open(h->redis_url, "redress", SHARDS);
    put_cases();
    snprintf(h->bootstrap, sizeof h->bootstrap, "127.0.0.1:1");
    board = harness_worker(h, "board", 0);
    port = net_free_port();
    process_arg(board, "--listen");
    process_arg(board, "127.0.0.1:%d", port);
    process_start(board);
    harness_wait_ready(h, board);
    WAIT_FOR(get("/api/v1/counts", &answer) == 200, ANSWER_MS);
    buf_free(&answer);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    seed_close(seed);
    harness_close(h);
    return 0;
}

static const char *id_of(int number) {
    static char ids[8][SEED_ID_SIZE];
    seed_case_id(number, ids[number]);
    return ids[number];
}

/* Each stands behind the one before. */
static void expect_order(const char *text, const int *numbers, int count) {
    const char *at = text;

    for (int i = 0; i < count; i++) {
        at = strstr(at, id_of(numbers[i]));
        if (!at) fail_msg("case %d is not there, or too early, in %s", numbers[i], text);
    }
}

static void expect_told(const char *text) {
    static const int order[] = {NEAR, OTHER_TEAM, FAR, NEAR_ELSEWHERE};
    static const char *const personal[] = {"Li", "Anna", "c-1", "zip", "jacket"};

    expect_order(text, order, 2); /* NEAR and OTHER_TEAM say the same; NEAR ended later */
    expect_order(text, order, 4);
    assert_null(strstr(text, id_of(OTHER_CLASS)));
    for (size_t i = 0; i < sizeof personal / sizeof *personal; i++)
        if (strstr(text, personal[i])) fail_msg("\"%s\" is in %s", personal[i], text);
    assert_non_null(strstr(text, "12900"));
}

static void test_command(void **state) {
    (void)state;
    struct buf out = {NULL, 0, 0};

    (void)harness_run(h, &out, ANSWER_MS, "redressctl", "case", id_of(OPEN), "--similar", "--json",
                      NULL);
    assert_non_null(out.at);
    expect_told(out.at);
    static const char *const parts[] = {
        "\"class\":\"quality.flaw\"", "\"looked_at\":4",   "\"there_are\":4",
        "\"same\":[\"warehouse\"]",   "\"took\":\"26h\"",  "\"by\":\"flaw\"",
        "\"offer\":\"settled\"",      "\"chosen\":\"A\"",  "\"score\":5",
        "\"kind\":\"refund\"",        "\"opened_at\":\"20"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(out.at, parts[i])) fail_msg("without %s: %s", parts[i], out.at);

    buf_clear(&out);
    (void)harness_run(h, &out, ANSWER_MS, "redressctl", "case", id_of(OPEN), "--similar", NULL);
    expect_told(out.at);
    assert_non_null(strstr(out.at, "took 1d 2h, visit scored 5 of 5"));
    assert_non_null(strstr(out.at, "A (chosen): refund 12900 CNY"));

    buf_clear(&out);
    (void)harness_run(h, &out, ANSWER_MS, "redressctl", "case", id_of(LONELY), "--similar", NULL);
    assert_non_null(strstr(out.at, "0 of 0 compared"));
    buf_free(&out);
}

static void test_board(void **state) {
    (void)state;
    struct buf answer = {NULL, 0, 0};
    char path[80];

    snprintf(path, sizeof path, "/api/v1/similar/%s", id_of(OPEN));
    assert_int_equal(get(path, &answer), 200);
    expect_told(answer.at);
    assert_int_equal(get("/api/v1/similar/BYCRCNPA1C41H-FRGWX4V", &answer), 404);
    assert_int_equal(get("/api/v1/similar/nothing", &answer), 404);
    buf_free(&answer);
}

/* Who belongs to a team sees no other's cases, nor more than he asks for. */
static void test_teams(void **state) {
    (void)state;
    struct err err;
    struct sight sight = {
        .redis = redis_new(h->redis_url, &err), .arena = arena_new(), .prefix = "redress"};
    struct sight_similar_list list;
    static const struct {
        const char *team;
        int most, count;
    } cases[] = {{NULL, 5, 4}, {NULL, 2, 2}, {"returns", 5, 3}, {"vip", 5, 1}, {"none", 5, 0}};

    assert_int_equal(sight_open(&sight), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            sight_similar_read(&sight, id_of(OPEN), cases[i].team, cases[i].most, &list), 0);
        if (list.similar.count != cases[i].count)
            fail_msg("row %zu: %d, expected %d", i, list.similar.count, cases[i].count);
    }
    redis_free(sight.redis);
    arena_free(sight.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_board),
        cmocka_unit_test(test_teams),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
