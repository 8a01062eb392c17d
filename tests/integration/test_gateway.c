/* redress-gateway against receivers that refuse, stall, drop, answer late, and take what they do not
 * answer; killed in between. Each message arrives, once for a receiver that honours its key, those
 * of one case in their order; each is reported once. */
#include "data/json.h"
#include "tail.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CASES = 24, EACH = 5, LIMIT_MS = 180000, RUN_MS = 240000, FILE_MAX = 8 * 1024 * 1024 };

static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

static const char policy_text[] =
    "version: '1'\n"
    "hosts: [127.0.0.1, localhost]\n"
    "private_addresses: [127.0.0.0/8, '::1/128']\n"
    "lanes:\n"
    "  - {lane: sms, takes: [sms], webhook: {url: 'http://127.0.0.1:%d/sms', secrets_file: "
    "'%s/secret'}, timeout: 2s, retry_first: 200ms, retry_longest: 1s, breaker: 50}\n"
    "  - {lane: mail, takes: [email], smtp: {url: 'smtps://localhost:%d', from: care@shop.example, "
    "ca_file: '%s/cert.pem'}, timeout: 20s, retry_first: 200ms, retry_longest: 1s, breaker: 50}\n"
    "  - {lane: rest, takes: [others], file: {path: '%s/rest.jsonl'}}\n"
    "  - {lane: pay, takes: [settlements], webhook: {url: 'http://127.0.0.1:%d/pay', secrets_file: "
    "'%s/secret'}, timeout: 2s, retry_first: 200ms, retry_longest: 1s, breaker: 50}\n";

struct scene {
    struct harness *h;
    struct world *world;
    struct arena *arena;
    struct process receiver, *gateway;
    struct tail *activity;
    int http_port, smtp_port, published;
};

static void put_file(const struct scene *scene, const char *name, const char *text) {
    const char *path = arena_printf(scene->arena, "%s/%s", scene->h->dir, name);
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0) wait_fail("cannot write %s", path);
}

static const char *get_file(const struct scene *scene, const char *name) {
    return harness_read(scene->h, scene->arena, name);
}

static void start_receiver(struct scene *scene) {
    struct harness *h = scene->h;
    const char *key = arena_printf(scene->arena, "%s/key.pem", h->dir);
    const char *cert = arena_printf(scene->arena, "%s/cert.pem", h->dir);
    struct buf said = {0};

    if (harness_run(h, &said, RUN_MS, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", NULL) != 0)
        wait_fail("openssl: %s", said.at);
    buf_free(&said);
    process_init(&scene->receiver, h->dir, "receiver");
    process_env_basic(&scene->receiver);
    const char *library = harness_fetch(h, scene->arena, "standardwebhooks");
    if (library) process_env(&scene->receiver, "STANDARDWEBHOOKS=%s", library);
    process_arg(&scene->receiver, "python3");
    process_arg(&scene->receiver, REDRESS_SOURCE_DIR "/tests/integration/gateway_receiver.py");
    process_arg(&scene->receiver, "%s", h->dir);
    process_arg(&scene->receiver, "%s", secret);
    process_start(&scene->receiver);
    WAIT_FOR(get_file(scene, "ports") != NULL, RUN_MS);
    char how[20] = "";
    if (sscanf(get_file(scene, "ports"), "%d %d %19s", &scene->http_port, &scene->smtp_port, how) !=
        3)
        wait_fail("the receiver's ports");
    print_message("signatures are verified by %s\n", strcmp(how, "library") == 0
                                                         ? "the library standardwebhooks"
                                                         : "the specification's text");
}

static void open_scene(struct scene *scene, const char *name) {
    struct harness *h = harness_share(name);

    *scene = (struct scene){.h = h, .arena = arena_new()};
    static const char *const left[] = {"ports", "tries", "rest.jsonl"}; /* by the test before */
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(arena_printf(scene->arena, "%s/%s", h->dir, left[i]));
    harness_create_topics(h, 4);
    scene->world = world_open(h);
    start_receiver(scene);
    const char *dir = h->dir;
    put_file(scene, "secret", secret);
    put_file(scene, "gateway.yaml",
             arena_printf(scene->arena, policy_text, scene->http_port, dir, scene->smtp_port, dir,
                          dir, scene->http_port, dir));
    snprintf(h->policy_dir, sizeof h->policy_dir, "%s", dir);
    scene->gateway = harness_worker(h, "gateway", 0);
    scene->activity = tail_open(scene->world, TOPIC_ACTIVITY);
}

static void close_scene(struct scene *scene) {
    process_free(&scene->receiver);
    tail_close(scene->activity);
    world_close(scene->world);
    harness_leave(scene->h);
    arena_free(scene->arena);
}

static void publish(struct scene *scene, enum topic topic, const char *type, const char *id,
                    const char *route, const char *data) {
    const char *const pairs[] = {"ce_specversion", "1.0",
                                 "ce_id",          id,
                                 "ce_source",      "/redress/notification",
                                 "ce_type",        type,
                                 "ce_time",        "2026-11-26T12:00:00Z",
                                 "content-type",   "application/json"};
    enum { HEADERS = sizeof pairs / sizeof *pairs / 2 };
    struct header headers[HEADERS];

    for (int i = 0; i < HEADERS; i++)
        headers[i] = (struct header){pairs[2 * i], pairs[2 * i + 1], strlen(pairs[2 * i + 1])};
    world_publish(scene->world, topic, route, data, strlen(data), headers, HEADERS);
    scene->published++;
}

static const char *case_id(const struct scene *scene, int number) {
    return arena_printf(scene->arena, "0123456789%03d-ABCDEFG", number);
}

/* Message n of case i, to be treated as `order` says. */
static void deliver(struct scene *scene, int number, int nth, const char *channel,
                    const char *order) {
    struct arena *arena = scene->arena;
    const char *own = case_id(scene, number);
    const char *id = arena_printf(arena, "%s:m%d", own, nth);
    const char *to = arena_printf(arena, "%s-%d-%d@b.cn", order, number, nth);

    publish(scene, TOPIC_DELIVERIES, "delivery.requested", id, arena_strndup(arena, own, 13),
            arena_printf(arena,
                         "{\"notification_id\":\"%s\",\"channel\":\"%s\",\"to\":\"%s\",\"locale\":"
                         "\"zh-CN\",\"subject\":\"您的投诉\",\"body\":\"%s 您好 %d\"}",
                         id, channel, to, order, nth));
}

static void publish_all(struct scene *scene) {
    static const char *const web[] = {"ok",    "ill",  "busy",   "drop",
                                      "stall", "late", "refuse", "away"};
    static const char *const mail[] = {"ok", "busy", "refuse"};

    for (int i = 0; i < CASES; i++) {
        for (int n = 0; n < 3; n++) deliver(scene, i, n, "sms", web[(i + n) % 8]);
        deliver(scene, i, 3, "email", mail[i % 3]);
        deliver(scene, i, 4, "app", "ok");
    }
    for (int i = 0; i < 8; i++) {
        const char *own = case_id(scene, i);
        const char *id = arena_printf(scene->arena, "%s.1.1", own);
        publish(scene, TOPIC_SETTLEMENTS, "settlement.ordered", id,
                arena_strndup(scene->arena, own, 13),
                arena_printf(scene->arena,
                             "{\"case_id\":\"%s\",\"settlement_id\":\"%s\",\"customer_id\":\"c\","
                             "\"remedy\":{\"kind\":\"refund\",\"detail\":\"%s\"},\"split\":{}}",
                             own, id, web[i]));
    }
    world_flush(scene->world);
}

/* ---- What came of it ---- */

struct told {
    const char *id, *type, *reason, *reference;
};

static int read_told(struct scene *scene, struct told *told, int most) {
    int count = 0;

    tail_catch_up(scene->activity);
    for (int i = 0; i < tail_read(scene->activity); i++) {
        const struct event *ev = &tail_at(scene->activity, i)->ev;
        const char *id = tree_text(ev->data, "notification_id");
        if (!id) id = tree_text(ev->data, "settlement_id");
        assert_non_null(id);
        for (int k = 0; k < count; k++)
            if (strcmp(told[k].id, id) == 0) wait_fail("%s was told of twice", id);
        assert_true(count < most);
        told[count++] = (struct told){id, ev->type, tree_text(ev->data, "reason"),
                                      tree_text(ev->data, "reference")};
    }
    return count;
}

static const struct told *find(const struct told *told, int count, const char *id) {
    for (int i = 0; i < count; i++)
        if (strcmp(told[i].id, id) == 0) return &told[i];
    wait_fail("nothing was told of %s", id);
}

static const struct tree *lines_of(const struct scene *scene, const char *name, int *count_out) {
    static const struct json_limits limits = {.bytes = FILE_MAX, .depth = 16, .values = 10000000};
    const char *text = get_file(scene, name);
    struct buf list = {0};
    const struct tree *tree;

    if (!text) wait_fail("there is no %s", name);
    *count_out = 0;
    buf_puts(&list, "[");
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        if (!line[len]) break;
        if ((*count_out)++) buf_puts(&list, ",");
        buf_add(&list, line, len);
        line += len + 1;
    }
    buf_puts(&list, "]");
    if (json_read(scene->arena, list.at, list.len, &limits, &tree, NULL) != JSON_OK)
        wait_fail("%s is no JSON", name);
    buf_free(&list);

    return tree;
}

static bool is_true(const struct tree *try, const char *key) {
    const struct tree *value = tree_get(try, key);
    return value && value->kind == TREE_BOOL && value->num;
}

/* Those of one case in their order: none begins before the one before it has ended for good. */
static void check_tries(const struct scene *scene) {
    int count;
    const struct tree *tries = lines_of(scene, "tries", &count);
    int last[CASES];

    memset(last, 0, sizeof last);
    for (const struct tree *try = tries->first; try; try = try->next) {
        const char *id = tree_text(try, "id");
        const char *way = tree_text(try, "way");
        if (strcmp(way, "http") != 0) continue;
        if (!is_true(try, "verified") || !is_true(try, "same"))
            wait_fail("a signature or id of %s was wrong", id);
        const char *mark = strstr(id, ":m");
        if (!mark) continue;
        int number = atoi(id + 10);
        int nth = atoi(mark + 2);
        if (nth < last[number]) wait_fail("%s came after a later one of its case", id);
        last[number] = nth;
    }
    print_message("%d tries\n", count);
}

static int fresh_of(const struct scene *scene, const char *id) {
    int count, fresh = 0;
    const struct tree *tries = lines_of(scene, "tries", &count);

    for (const struct tree *try = tries->first; try; try = try->next)
        fresh += strcmp(tree_text(try, "id"), id) == 0 && is_true(try, "fresh");
    return fresh;
}

static bool is_refused(const char *order) {
    return strcmp(order, "refuse") == 0 || strcmp(order, "away") == 0;
}

static void check_web(const struct scene *scene, const struct told *told, int count) {
    static const char *const web[] = {"ok",    "ill",  "busy",   "drop",
                                      "stall", "late", "refuse", "away"};

    for (int i = 0; i < CASES; i++)
        for (int n = 0; n < 3; n++) {
            const char *id = arena_printf(scene->arena, "%s:m%d", case_id(scene, i), n);
            const char *order = web[(i + n) % 8];
            const struct told *one = find(told, count, id);
            assert_string_equal(one->type, is_refused(order) ? "delivery.failed" : "delivery.done");
            assert_int_equal(fresh_of(scene, id), is_refused(order) ? 0 : 1);
            if (strcmp(order, "refuse") == 0)
                assert_string_equal(one->reason, "the receiver answered 400");
            if (strcmp(order, "away") == 0)
                assert_string_equal(one->reason, "the receiver answered 302");
        }
    for (int i = 0; i < 8; i++) {
        const char *id = arena_printf(scene->arena, "%s.1.1", case_id(scene, i));
        const struct told *one = find(told, count, id);
        assert_string_equal(one->type,
                            is_refused(web[i]) ? "settlement.failed" : "settlement.done");
        if (!is_refused(web[i])) assert_memory_equal(one->reference, "ref-", 4);
        assert_int_equal(fresh_of(scene, id), is_refused(web[i]) ? 0 : 1);
    }
}

static void check_mail(const struct scene *scene, const struct told *told, int count) {
    static const char *const mail[] = {"ok", "busy", "refuse"};

    for (int i = 0; i < CASES; i++) {
        const char *id = arena_printf(scene->arena, "%s:m3", case_id(scene, i));
        const char *order = mail[i % 3];
        const char *to = arena_printf(scene->arena, "%s-%d-3@b.cn", order, i);
        const struct told *one = find(told, count, id);
        assert_string_equal(one->type, is_refused(order) ? "delivery.failed" : "delivery.done");
        assert_int_equal(fresh_of(scene, to), is_refused(order) ? 0 : 1);
    }
    int lines;
    const struct tree *tries = lines_of(scene, "tries", &lines);
    for (const struct tree *try = tries->first; try; try = try->next) {
        if (strcmp(tree_text(try, "way"), "smtp") != 0 || !tree_text(try, "subject")) continue;
        assert_string_equal(tree_text(try, "subject"), "您的投诉");
        assert_non_null(strstr(tree_text(try, "text"), "您好 3"));
        assert_non_null(strstr(tree_text(try, "message_id"), "=m3@shop.example>"));
    }
}

static void check_file(const struct scene *scene, const struct told *told, int count) {
    int lines;
    lines_of(scene, "rest.jsonl", &lines);
    assert_true(lines >= CASES);
    for (int i = 0; i < CASES; i++) {
        const char *id = arena_printf(scene->arena, "%s:m4", case_id(scene, i));
        assert_string_equal(find(told, count, id)->type, "delivery.done");
        assert_non_null(
            strstr(get_file(scene, "rest.jsonl"), arena_printf(scene->arena, "\"id\":\"%s\"", id)));
    }
}

static void expect_all(struct scene *scene) {
    static struct told told[CASES * EACH + 8];
    enum { MOST = CASES * EACH + 8 };

    WAIT_FOR(read_told(scene, told, MOST) == scene->published, LIMIT_MS);
    check_tries(scene);
    check_web(scene, told, MOST);
    check_mail(scene, told, MOST);
    check_file(scene, told, MOST);
}

static int64_t signatures_of(const struct scene *scene, const char *id) {
    int count;
    const struct tree *tries = lines_of(scene, "tries", &count);

    for (const struct tree *try = tries->first; try; try = try->next)
        if (strcmp(tree_text(try, "id"), id) == 0) return tree_get(try, "signatures")->num;
    wait_fail("no try of %s", id);
}

/* A second secret while the first is still in force: SIGHUP, and each request is signed with both. */
static void check_rotation(struct scene *scene) {
    static struct told told[CASES * EACH + 9];
    const char *id = arena_printf(scene->arena, "%s:m9", case_id(scene, 0));

    put_file(scene, "secret",
             arena_printf(scene->arena, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n%s\n", secret));
    /* A file that is bad, and one with a lane less, change nothing; the good one does. */
    const char *good = get_file(scene, "gateway.yaml");
    put_file(scene, "gateway.yaml", "lanes: none\n");
    process_kill(scene->gateway, SIGHUP);
    WAIT_FOR(process_log_count(scene->gateway, "policy not reloaded") == 1, RUN_MS);
    put_file(
        scene, "gateway.yaml",
        "version: '2'\nhosts: []\nlanes:\n  - {lane: one, takes: [others], file: {path: /x}}\n");
    process_kill(scene->gateway, SIGHUP);
    WAIT_FOR(process_log_count(scene->gateway, "policy not reloaded") == 2, RUN_MS);
    put_file(scene, "gateway.yaml", good);
    process_kill(scene->gateway, SIGHUP);
    WAIT_FOR(process_log_count(scene->gateway, "policy reloaded") == 1, RUN_MS);
    deliver(scene, 0, 9, "sms", "ok");
    world_flush(scene->world);
    WAIT_FOR(read_told(scene, told, CASES * EACH + 9) == scene->published, LIMIT_MS);
    assert_int_equal(signatures_of(scene, id), 2);
    assert_int_equal(fresh_of(scene, id), 1);
}

static void test_receivers_of_all_kinds(void **state) {
    (void)state;
    struct scene scene;

    open_scene(&scene, "gateway");
    publish_all(&scene);
    process_start(scene.gateway);
    expect_all(&scene);
    check_rotation(&scene);
    close_scene(&scene);
}

/* Killed again and again while messages are on their way. */
static void test_killed_in_between(void **state) {
    (void)state;
    struct scene scene;
    static struct told told[CASES * EACH + 8];
    int before = 0;

    open_scene(&scene, "gateway-kills");
    publish_all(&scene);
    for (int i = 1; i <= 3; i++) {
        process_start(scene.gateway);
        WAIT_FOR(read_told(&scene, told, CASES * EACH + 8) > before, LIMIT_MS);
        before = read_told(&scene, told, CASES * EACH + 8);
        process_kill(scene.gateway, SIGKILL);
    }
    process_start(scene.gateway);
    expect_all(&scene);
    close_scene(&scene);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_receivers_of_all_kinds),
                                       cmocka_unit_test(test_killed_in_between)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
