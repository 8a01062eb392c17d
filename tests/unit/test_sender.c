/* The gateway's sender: what each answer means, by tables; and webhooks to a receiver of the test's
 * own. Mails that are taken (over TLS) are in tests/integration/test_gateway.c. */
#include "gateway/answer.h"
#include "gateway/sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { WAITS_MAX = 24000, WAIT_MS = 10 };

/* ---- What an answer means ---- */

static void every_mail_reply_has_its_meaning(void **state) {
    (void)state;
    static const struct {
        bool sent, login_denied;
        long status;
        enum lane_outcome outcome;
    } rows[] = {{true, false, 250, LANE_DONE},     {false, false, 0, LANE_TROUBLE},
                {false, false, 220, LANE_TROUBLE}, {false, false, 421, LANE_TROUBLE},
                {false, false, 450, LANE_TROUBLE}, {false, false, 499, LANE_TROUBLE},
                {false, false, 500, LANE_REFUSED}, {false, false, 529, LANE_REFUSED},
                {false, false, 530, LANE_TROUBLE}, {false, false, 531, LANE_REFUSED},
                {false, false, 533, LANE_REFUSED}, {false, false, 534, LANE_TROUBLE},
                {false, false, 535, LANE_TROUBLE}, {false, false, 536, LANE_REFUSED},
                {false, false, 550, LANE_REFUSED}, {false, false, 554, LANE_REFUSED},
                {false, true, 550, LANE_TROUBLE},  {false, true, 0, LANE_TROUBLE}};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        enum lane_outcome is = answer_mail(rows[i].sent, rows[i].login_denied, rows[i].status);
        if (is != rows[i].outcome)
            fail_msg("row %zu: %ld: %d, expected %d", i, rows[i].status, is, rows[i].outcome);
    }
}

static const struct {
    long status, after_s;
    enum lane_outcome outcome;
} http_rows[] = {
    {200, 0, LANE_DONE},    {202, 0, LANE_DONE},    {299, 0, LANE_DONE},    {300, 0, LANE_REFUSED},
    {302, 0, LANE_REFUSED}, {400, 0, LANE_REFUSED}, {401, 0, LANE_REFUSED}, {404, 0, LANE_REFUSED},
    {407, 0, LANE_REFUSED}, {408, 0, LANE_TROUBLE}, {409, 0, LANE_REFUSED}, {410, 0, LANE_REFUSED},
    {424, 0, LANE_REFUSED}, {425, 0, LANE_TROUBLE}, {426, 0, LANE_REFUSED}, {428, 0, LANE_REFUSED},
    {429, 0, LANE_BUSY},    {429, 7, LANE_BUSY},    {430, 0, LANE_REFUSED}, {499, 0, LANE_REFUSED},
    {500, 0, LANE_TROUBLE}, {500, 7, LANE_TROUBLE}, {502, 0, LANE_TROUBLE}, {503, 0, LANE_TROUBLE},
    {503, 1, LANE_BUSY},    {504, 9, LANE_TROUBLE}, {599, 0, LANE_TROUBLE}};

static void every_http_status_has_its_meaning(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(http_rows); i++) {
        enum lane_outcome is = answer_http(http_rows[i].status, http_rows[i].after_s);
        if (is != http_rows[i].outcome) fail_msg("%ld: %d", http_rows[i].status, is);
    }
}

/* ---- Webhooks ---- */

static struct {
    struct arena *arena;
    struct sender *sender;
    struct sender_target *target;
    struct gateway_lane lane;
    struct gateway_webhook webhook;
    struct lane_item item;
    int listener;
    char *secrets;
} scene;

static int open_scene(void **state) {
    (void)state;
    static const char *here[] = {"127.0.0.0/8"};
    struct gateway_policy policy = {.private_addresses = {.at = here, .count = 1}};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct err err;

    scene.arena = arena_new();
    const char *dir = getenv("TMPDIR");
    scene.secrets = arena_printf(scene.arena, "%s/sender-secrets-XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(scene.secrets);
    dprintf(fd, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    close(fd);
    scene.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(scene.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(scene.listener, 4), 0);
    getsockname(scene.listener, (struct sockaddr *)&address, &len);
    scene.webhook = (struct gateway_webhook){
        .url = arena_printf(scene.arena, "http://127.0.0.1:%d/x", ntohs(address.sin_port)),
        .secrets_file = scene.secrets};
    scene.lane = (struct gateway_lane){.name = "pay", .webhook = &scene.webhook, .timeout = 60000};
    scene.item = (struct lane_item){.id = "s-1", .type = "settlement.ordered", .data = "{\"a\":1}"};
    scene.sender = sender_new(&policy);
    scene.target = sender_target_new(&scene.lane, scene.arena, &err);
    if (!scene.target) fail_msg("%s", err.text);
    return 0;
}

static int close_scene(void **state) {
    (void)state;
    sender_free(scene.sender);
    close(scene.listener);
    unlink(scene.secrets);
    arena_free(scene.arena);
    return 0;
}

static bool is_readable(int fd) {
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    return poll(&poller, 1, 0) == 1;
}

/* Sends the item; its receiver reads it and answers so (NULL: hangs up). What it read is in
 * `read_out`. */
static struct sender_result send_to(const char *answer, char *read_out, size_t size) {
    struct sender_result result;
    size_t len = 0;
    int fd = -1;

    sender_start(scene.sender, scene.target, &scene.item, &scene, INT64_C(1700000000000));
    for (int waits = 0; !sender_take(scene.sender, &result); waits++) {
        if (waits == WAITS_MAX) fail_msg("no end to it");
        sender_wait(scene.sender, WAIT_MS);
        if (fd < 0 && is_readable(scene.listener)) fd = accept(scene.listener, NULL, NULL);
        if (fd < 0 || !is_readable(fd)) continue;
        ssize_t got = read(fd, read_out + len, size - 1 - len);
        len += got > 0 ? (size_t)got : 0;
        read_out[len] = 0;
        if (!strstr(read_out, "\"data\":{\"a\":1}}")) continue;
        if (answer) assert_int_equal(write(fd, answer, strlen(answer)), strlen(answer));
        shutdown(fd, SHUT_WR);
    }
    if (fd >= 0) close(fd);
    assert_ptr_equal(result.item, &scene.item);

    return result;
}

static void a_webhook_is_answered(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(http_rows); i++) {
        char request[4096];
        char after[64] = "";
        long status = http_rows[i].status;
        if (http_rows[i].after_s)
            snprintf(after, sizeof after, "retry-after: %ld\r\n", http_rows[i].after_s);
        const char *answer = arena_printf(
            scene.arena, "HTTP/1.1 %ld So\r\n%scontent-length: 0\r\n\r\n", status, after);
        struct sender_result result = send_to(answer, request, sizeof request);
        if (result.outcome != http_rows[i].outcome)
            fail_msg("%ld: %d, %s", status, result.outcome, result.reason);
        assert_int_equal(result.after_ms, http_rows[i].after_s * 1000);
        assert_int_equal(result.accepted, status == 202);
        assert_string_equal(result.reference, "");
        const char *reason = arena_printf(scene.arena, "the receiver answered %ld", status);
        assert_string_equal(result.reason, result.outcome == LANE_DONE ? "" : reason);
        assert_non_null(strstr(request, "idempotency-key: s-1\r\n"));
        assert_non_null(strstr(request, "webhook-signature: v1,"));
    }
}

static void six_hours_are_the_longest_pause(void **state) {
    (void)state;
    char request[4096];
    struct sender_result result =
        send_to("HTTP/1.1 503 Later\r\nretry-after: 86401\r\ncontent-length: 0\r\n\r\n", request,
                sizeof request);
    assert_int_equal(result.outcome, LANE_BUSY);
    assert_int_equal(result.after_ms, INT64_C(6) * 3600 * 1000);
}

static void a_reference_is_taken(void **state) {
    (void)state;
    static const struct {
        const char *body, *reference;
    } rows[] = {{"{\"reference\":\"R-1\"}", "R-1"},
                {"{\"reference\":7}", ""},
                {"{\"other\":\"R-1\"}", ""},
                {"R-1", ""}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char request[4096];
        const char *answer = arena_printf(scene.arena,
                                          "HTTP/1.1 200 OK\r\ncontent-length: %zu"
                                          "\r\n\r\n%s",
                                          strlen(rows[i].body), rows[i].body);
        struct sender_result result = send_to(answer, request, sizeof request);
        assert_int_equal(result.outcome, LANE_DONE);
        assert_string_equal(result.reference, rows[i].reference);
    }
}

static void a_receiver_that_hangs_up_is_in_trouble(void **state) {
    (void)state;
    char request[4096];
    struct sender_result result = send_to(NULL, request, sizeof request);
    assert_int_equal(result.outcome, LANE_TROUBLE);
    assert_string_not_equal(result.reason, "");
}

static void a_private_address_is_not_spoken_to(void **state) {
    (void)state;
    struct gateway_policy nobody = {0};
    char request[4096];
    sender_follow(scene.sender, &nobody);
    struct sender_result result = send_to("", request, sizeof request);
    assert_int_equal(result.outcome, LANE_TROUBLE);
    assert_non_null(strstr(result.reason, "private_addresses"));
    assert_false(is_readable(scene.listener));
}

/* A relay's first words decide, or it has no TLS. */
static void a_relay_says_no(void **state) {
    (void)state;
    static const struct {
        const char *greeting;
        enum lane_outcome outcome;
        const char *reason;
    } rows[] = {{"421 busy\r\n", LANE_TROUBLE, "the receiver answered 421"},
                {"554 not you\r\n", LANE_REFUSED, "the receiver answered 554"},
                {"220 hello\r\n250 no TLS here\r\n", LANE_TROUBLE, "SSL"}};
    struct gateway_smtp smtp = {.from = "a@b.cn"};
    struct gateway_lane lane = {.name = "mail", .smtp = &smtp, .timeout = 60000};
    struct sender_target *target;
    struct err err;

    smtp.url = arena_printf(scene.arena, "smtp%s", scene.webhook.url + strlen("http"));
    target = sender_target_new(&lane, scene.arena, &err);
    scene.item.to = "c@d.cn";
    scene.item.subject = "Your order";
    scene.item.body = "It is on its way.";
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct sender_result result;
        int fd = -1;
        sender_start(scene.sender, target, &scene.item, NULL, 0);
        for (int waits = 0; !sender_take(scene.sender, &result); waits++) {
            if (waits == WAITS_MAX) fail_msg("no end to it");
            sender_wait(scene.sender, WAIT_MS);
            if (fd >= 0 || !is_readable(scene.listener)) continue;
            fd = accept(scene.listener, NULL, NULL);
            assert_true(write(fd, rows[i].greeting, strlen(rows[i].greeting)) > 0);
        }
        close(fd);
        assert_int_equal(result.outcome, rows[i].outcome);
        if (!strstr(result.reason, rows[i].reason)) fail_msg("row %zu: %s", i, result.reason);
    }
}

static void what_is_forgotten_does_not_end(void **state) {
    (void)state;
    struct sender_result result;
    sender_start(scene.sender, scene.target, &scene.item, &scene, 0);
    sender_start(scene.sender, scene.target, &scene.item, &result, 0);
    sender_forget(scene.sender, &scene);
    sender_forget(scene.sender, &result);
    sender_wait(scene.sender, 0);
    assert_false(sender_take(scene.sender, &result));
}

/* ---- Files, and addresses that are none ---- */

static void lines_are_written(void **state) {
    (void)state;
    struct gateway_file file = {.path = scene.secrets};
    struct gateway_lane lane = {.name = "file", .file = &file};
    struct sender_target *target;
    struct sender_result result;
    struct err err;

    target = sender_target_new(&lane, scene.arena, &err);
    sender_start(scene.sender, target, &scene.item, NULL, 0);
    assert_true(sender_take(scene.sender, &result));
    assert_int_equal(result.outcome, LANE_DONE);
    assert_true(result.accepted); /* a settlement is not done by that */
    scene.item.channel = "im";
    sender_start(scene.sender, target, &scene.item, NULL, 0);
    assert_true(sender_take(scene.sender, &result));
    assert_false(result.accepted);
    file.path = "/nowhere/file";
    sender_start(scene.sender, target, &scene.item, NULL, 0);
    assert_true(sender_take(scene.sender, &result));
    assert_int_equal(result.outcome, LANE_TROUBLE);
    assert_string_equal(result.reason, "the file: No such file or directory");
    assert_false(result.accepted);
}

static void no_mail_address_is_refused(void **state) {
    (void)state;
    static const char *const to[] = {NULL, "", "nobody", "a@b.cn, c@d.cn"};
    struct gateway_smtp smtp = {.url = "smtps://127.0.0.1:1", .from = "a@b.cn"};
    struct gateway_lane lane = {.name = "mail", .smtp = &smtp, .timeout = 60000};
    struct sender_target *target;
    struct sender_result result;
    struct err err;

    target = sender_target_new(&lane, scene.arena, &err);
    for (size_t i = 0; i < LENGTH(to); i++) {
        scene.item.to = to[i];
        sender_start(scene.sender, target, &scene.item, NULL, 0);
        assert_true(sender_take(scene.sender, &result));
        assert_int_equal(result.outcome, LANE_REFUSED);
        assert_string_equal(result.reason, "no mail address");
    }
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mail_reply_has_its_meaning),
                                       cmocka_unit_test(every_http_status_has_its_meaning),
                                       SCENE(a_webhook_is_answered),
                                       SCENE(six_hours_are_the_longest_pause),
                                       SCENE(a_reference_is_taken),
                                       SCENE(a_receiver_that_hangs_up_is_in_trouble),
                                       SCENE(a_private_address_is_not_spoken_to),
                                       SCENE(a_relay_says_no),
                                       SCENE(what_is_forgotten_does_not_end),
                                       SCENE(lines_are_written),
                                       SCENE(no_mail_address_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
