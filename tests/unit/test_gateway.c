/* Unit tests of what the gateway computes: signatures, mails, addresses, its policy. */
#include "data/yaml.h"
#include "gateway/address.h"
#include "gateway/gateway_policy.h"
#include "gateway/gateway_read.h"
#include "gateway/mail.h"
#include "gateway/sign.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* The example of the specification's reference libraries. */
static void signatures_are_those_of_the_specification(void **state) {
    (void)state;
    struct secrets secrets;
    struct err err;

    assert_int_equal(secrets_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", &secrets, &err), 0);
    assert_string_equal(sign_message(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                     "{\"test\": 2432232314}", arena),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_int_equal(secrets_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n\n"
                                  "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
                                  &secrets, &err),
                     0);
    const char *both = sign_message(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                    "{\"test\": 2432232314}", arena);
    assert_memory_equal(both, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,", 51);
    assert_int_equal(strlen(both), 2 * 47 + 1);
}

static void bad_secrets_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "no secret"},
        {"\n\n", "no secret"},
        {"whsec_", "secret 1: expected whsec_"},
        {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "secret 1: expected whsec_"},
        {"whsec_c2hvcnQ=", "secret 1: expected whsec_"},
        {"whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%", "secret 1: expected whsec_"},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nx", "secret 2: expected whsec_"},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"
         "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
         "more than 2"},
        {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAA",
         "secret 1: expected whsec_"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secrets secrets;
        struct err err = {""};
        assert_int_equal(secrets_read(rows[i].text, &secrets, &err), -1);
        if (!strstr(err.text, rows[i].says)) fail_msg("row %zu: %s", i, err.text);
        assert_null(strstr(err.text, "MfKQ"));
    }
}

static void one_address_and_nothing_else(void **state) {
    (void)state;
    static const char *const good[] = {"a@b.cn", "first.last+tag@mail.example.com",
                                       "\xe5\xbc\xa0@b.cn", "o'hara@b.ie"};
    static const char *const bad[] = {"",
                                      "a",
                                      "a@",
                                      "@b.cn",
                                      "a@b",
                                      "a@b.cn,c@d.cn",
                                      "a@b.cn;c@d.cn",
                                      "a@b.cn c@d.cn",
                                      "a@b@c.cn",
                                      "a@b.cn\r\nBcc: c@d.cn",
                                      "<a@b.cn>",
                                      "\"a\"@b.cn",
                                      "a@b.cn.",
                                      "-f@b.cn",
                                      "a@[10.0.0.1]"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(mail_is_address(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mail_is_address(bad[i])) fail_msg("taken: %s", bad[i]);
}

static void a_mail_is_written(void **state) {
    (void)state;
    const struct mail mail = {.from = "care@shop.example",
                              .to = "a@b.cn",
                              .id = "0123456789ABC-1234567:ack",
                              .subject = "您的投诉已收到，我们会在一小时内联系您，请保持电话畅通",
                              .body = "<p>您好</p>",
                              .time_ms = INT64_C(1764158400000)};

    assert_string_equal(
        mail_write(&mail, arena),
        "From: <care@shop.example>\r\n"
        "To: <a@b.cn>\r\n"
        "Date: Wed, 26 Nov 2025 12:00:00 +0000\r\n"
        "Message-ID: <0123456789ABC-1234567=ack@shop.example>\r\n"
        "Subject: =?UTF-8?B?5oKo55qE5oqV6K+J5bey5pS25Yiw77yM5oiR5Lus5Lya5Zyo5LiA?=\r\n"
        " =?UTF-8?B?5bCP5pe25YaF6IGU57O75oKo77yM6K+35L+d5oyB55S16K+d55WF6YCa?=\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
        "PHA+5oKo5aW9PC9wPg==\r\n");
}

/* No line is longer than what mail allows, whatever the length; nothing of a subject is a header. */
static void long_mails_are_folded(void **state) {
    (void)state;
    for (size_t len = 0; len < 400; len++) {
        char subject[401], body[401];
        memset(subject, 'x', len);
        memset(body, 'y', len);
        subject[len] = body[len] = 0;
        if (len > 10) memcpy(subject + 3, "\r\nBcc: ", 7);
        const struct mail mail = {"a@b.cn", "c@d.cn", "id", subject, body, 0};
        const char *text = mail_write(&mail, arena);
        for (const char *line = text; *line;) {
            size_t end = strcspn(line, "\r\n");
            assert_true(end <= 76 && strncmp(line, "Bcc", 3) != 0);
            assert_memory_equal(line + end, "\r\n", 2);
            line += end + 2;
        }
    }
}

static bool may(const char *text, const char *net) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct address_net nets[1];

    if (net) assert_true(address_parse_net(net, &nets[0]));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_may_be_used((struct sockaddr *)&v4, nets, net != NULL);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_may_be_used((struct sockaddr *)&v6, nets, net != NULL);
}

static void private_addresses_are_spoken_to_only_when_listed(void **state) {
    (void)state;
    static const char *const private[] = {"127.0.0.1",
                                          "10.1.2.3",
                                          "192.168.0.1",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "169.254.169.254",
                                          "0.0.0.0",
                                          "100.64.0.1",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "::1",
                                          "::",
                                          "fe80::1",
                                          "fd00::1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.0.0.1",
                                          "64:ff9b::7f00:1",
                                          "2002:7f00:1::",
                                          "ff02::1"};
    static const char *const public[] = {"8.8.8.8",   "172.32.0.1",   "172.15.255.255",
                                         "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"};

    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        if (may(private[i], NULL)) fail_msg("%s", private[i]);
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        if (!may(public[i], NULL)) fail_msg("%s", public[i]);
    assert_true(may("127.0.0.1", "127.0.0.1"));
    assert_true(may("127.0.0.1", "127.0.0.0/8"));
    assert_false(may("127.0.0.2", "127.0.0.1/32"));
    assert_true(may("10.1.255.1", "10.1.0.0/16"));
    assert_false(may("10.2.0.1", "10.1.0.0/16"));
    assert_true(may("::ffff:10.1.0.1", "10.1.0.0/16"));
    assert_true(may("10.2.0.1", "10.0.0.0/7"));
    assert_true(may("fd12::1", "fd00::/8"));
    assert_false(may("fe80::1", "fd00::/8"));
}

static void nets_are_parsed_or_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "10.0.0.0/33", "10.0.0/8",    "fd00::/129",
                                      "x/8",        "10.0.0.0/",   "10.0.0.0/-1", "10.0.0.0/8x",
                                      "10.0.0.0/+8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address_net net;
        if (address_parse_net(bad[i], &net)) fail_msg("taken: %s", bad[i]);
    }
}

/* ---- gateway.yaml ---- */

static const char head[] = "version: '1'\nhosts: [h.example, 10.0.0.1, 'fd00::1']\n";

static int load(const char *text, struct gateway_policy *out, struct buf *said) {
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct err err;
    const char *whole = arena_printf(arena, "%s%s", head, text);

    if (yaml_read(arena, "g", whole, strlen(whole), &tree, &err) < 0) fail_msg("%s", err.text);
    int result = gateway_policy_load(tree, arena, out, &faults);
    buf_clear(said);
    faults_print(&faults, "g", said);
    return result;
}

static void lanes_are_loaded(void **state) {
    (void)state;
    struct gateway_policy policy;
    struct buf said = {0};

    int result = load("lanes:\n"
                      "  - {lane: mail, takes: [email], smtp: {url: 'smtps://h.example:465', from: "
                      "a@b.cn}, rate: 50}\n"
                      "  - {lane: pay, takes: [settlements], webhook: {url: "
                      "'https://[fd00::1]:8443/x', secrets_file: /s}, timeout: 3s}\n"
                      "  - {lane: rest, takes: [others], file: {path: out.jsonl}}\n",
                      &policy, &said);
    if (result < 0) fail_msg("%s", said.at);
    const struct gateway_lane *lanes = policy.lanes.at;
    assert_int_equal(policy.lanes.count, 3);
    assert_int_equal(lanes[0].rate, 50);
    assert_int_equal(lanes[0].timeout, 15000);
    assert_int_equal(lanes[1].timeout, 3000);
    assert_true(gateway_policy_takes(&policy, &lanes[0], "email"));
    assert_false(gateway_policy_takes(&policy, &lanes[0], "sms"));
    assert_false(gateway_policy_takes(&policy, &lanes[2], "email"));
    assert_true(gateway_policy_takes(&policy, &lanes[2], "sms"));
    buf_free(&said);
}

/* What may change at work: everything but which lanes there are and what they take. */
static void lanes_are_the_same_or_not(void **state) {
    (void)state;
    static const struct {
        const char *lanes;
        bool same;
    } rows[] = {
        {"[{lane: a, takes: [sms, im], file: {path: f}}, {lane: b, takes: [others], file: {path: "
         "f}}]",
         true},
        {"[{lane: a, takes: [im, sms], file: {path: g}, rate: 9}, {lane: b, takes: [others], file: "
         "{path: f}}]",
         true},
        {"[{lane: a, takes: [im], file: {path: f}}, {lane: b, takes: [others], file: {path: f}}]",
         false},
        {"[{lane: a, takes: [im, sms], file: {path: f}}]", false},
        {"[{lane: c, takes: [im, sms], file: {path: f}}, {lane: b, takes: [others], file: {path: "
         "f}}]",
         false},
    };
    struct buf said = {0};
    struct gateway_policy first;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gateway_policy policy;
        if (load(arena_printf(arena, "lanes: %s\n", rows[i].lanes), &policy, &said) < 0)
            fail_msg("%s", said.at);
        if (i == 0) first = policy;
        assert_int_equal(gateway_policy_same_lanes(&first, &policy), rows[i].same);
    }
    buf_free(&said);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *lane, *says;
    } rows[] = {
        {"{lane: a, takes: [email]}",
         "lanes[0].lane: expected one of `webhook`, `smtp` and `file`"},
        {"{lane: a, takes: [mail], file: {path: f}}", "mail is no channel"},
        {"{lane: a, takes: [], file: {path: f}}", "lanes[0].takes"},
        {"{lane: a, takes: [email], smtp: {url: 'smtp://other.example', from: a@b.cn}}",
         "other.example is not one of `hosts`"},
        {"{lane: a, takes: [email], smtp: {url: 'https://h.example', from: a@b.cn}}",
         "expected one of smtps smtp"},
        {"{lane: a, takes: [email], smtp: {url: 'smtp://h.example', from: 'a@b.cn, c@d.cn'}}",
         "from: expected one address"},
        {"{lane: a, takes: [email], smtp: {url: 'smtp://h.example', from: a@b.cn, user: u}}",
         "`user` and `password_file` belong together"},
        {"{lane: a, takes: [sms], webhook: {url: 'https://u:p@h.example/', secrets_file: s}}",
         "without a user"},
        {"{lane: a, takes: [sms], webhook: {url: 'https://h.example@evil.example/', secrets_file: "
         "s}}",
         "without a user"},
        {"{lane: a, takes: [sms], webhook: {url: 'file:///etc/passwd', secrets_file: s}}", "url"},
        {"{lane: a, takes: [settlements, sms], file: {path: f}}", "need a lane of their own"},
        {"{lane: a, takes: [settlements], smtp: {url: 'smtp://h.example', from: a@b.cn}}",
         "settlements go by webhook"},
        {"{lane: a, takes: [sms], file: {path: f}, retry_first: 10s, retry_longest: 1s}",
         "retry_longest"},
        {"{lane: a, takes: [sms], file: {path: f}, retires: 3}", "unknown key"},
        {"{lane: a, takes: [sms], file: {path: f}}\n  - {lane: a, takes: [email], file: {path: f}}",
         "lanes[1].lane: is there twice"},
        {"{lane: a, takes: [sms], file: {path: f}}\n  - {lane: b, takes: [sms], file: {path: f}}",
         "sms is taken by lane a already"},
    };
    struct buf said = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gateway_policy policy;
        const char *text = arena_printf(arena, "lanes:\n  - %s\n", rows[i].lane);
        assert_int_equal(load(text, &policy, &said), -1);
        if (!strstr(said.at, rows[i].says))
            fail_msg("row %zu: expected \"%s\" in\n%s", i, rows[i].says, said.at);
    }
    struct gateway_policy policy;
    assert_int_equal(load("private_addresses: [10.0.0.0/99]\nlanes:\n  - {lane: a, takes: [sms], "
                          "file: {path: f}}\n",
                          &policy, &said),
                     -1);
    assert_non_null(strstr(said.at, "g:3: private_addresses: expected a network"));
    buf_free(&said);
}

/* ---- What is reported on ---- */

static struct lane_item *item_of(const char *type, const char *data) {
    const char *const pairs[] = {"ce_specversion", "1.0",
                                 "ce_id",          "e-1",
                                 "ce_source",      "/test",
                                 "ce_type",        type,
                                 "ce_time",        "2026-11-22T10:00:00Z",
                                 "content-type",   "application/json"};
    enum { HEADERS = sizeof pairs / sizeof *pairs / 2 };
    struct header headers[HEADERS];
    struct err err = {""};

    for (int i = 0; i < HEADERS; i++)
        headers[i] = (struct header){pairs[2 * i], pairs[2 * i + 1], strlen(pairs[2 * i + 1])};
    struct raw raw = {.topic = TOPIC_DELIVERIES,
                      .value = data,
                      .value_len = strlen(data),
                      .headers = headers,
                      .header_count = HEADERS};
    struct lane_item *item = gateway_read(&raw, arena, &err);
    if (!item) fail_msg("%s", err.text);
    return item;
}

#define MESSAGE(id, more)                                                                          \
    "{\"notification_id\":\"" id                                                                   \
    "\",\"channel\":\"app\",\"to\":\"c1\",\"locale\":\"en\",\"body\":\"x\"" more "}"
#define TOKEN(about)                                                                               \
    "{" about                                                                                      \
    ",\"settlement_id\":\"s-1\",\"customer_id\":\"c1\",\"remedy\":{\"kind\":\"coupon\"},"          \
    "\"split\":{}}"
#define OF_ORDER "\"order_id\":\"A1\",\"cohort_id\":\"K1\",\"tenant\":\"t1\""

/* Of a case by its id; of an order without one by its own, its cohort's and its tenant, also where
 * the message's id has the form of a case's. */
static void reports_name_the_case_or_the_order(void **state) {
    (void)state;
    static const struct {
        const char *type, *data, *case_id, *order_id;
    } rows[] = {
        {"delivery.requested", MESSAGE("BYCRCNPA1C41H-FRGWX4V.offer", ""), "BYCRCNPA1C41H-FRGWX4V",
         NULL},
        {"delivery.requested", MESSAGE("BYCRCNPA1C41H-FRGWX4V.warned.K1", "," OF_ORDER), NULL,
         "A1"},
        {"settlement.ordered", TOKEN("\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"order_id\":\"A1\""),
         "BYCRCNPA1C41H-FRGWX4V", NULL},
        {"settlement.ordered", TOKEN(OF_ORDER), NULL, "A1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lane_item *item = item_of(rows[i].type, rows[i].data);
        assert_true(rows[i].case_id ? item->case_id && !strcmp(item->case_id, rows[i].case_id)
                                    : !item->case_id);
        assert_true(rows[i].order_id ? item->order_id && !strcmp(item->order_id, rows[i].order_id)
                                     : !item->order_id);
        assert_true(rows[i].order_id ? !strcmp(item->cohort_id, "K1") && !strcmp(item->tenant, "t1")
                                     : !item->cohort_id && !item->tenant);
        free(item->memory);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_name_the_case_or_the_order),
        cmocka_unit_test(signatures_are_those_of_the_specification),
        cmocka_unit_test(bad_secrets_are_refused),
        cmocka_unit_test(one_address_and_nothing_else),
        cmocka_unit_test(a_mail_is_written),
        cmocka_unit_test(long_mails_are_folded),
        cmocka_unit_test(private_addresses_are_spoken_to_only_when_listed),
        cmocka_unit_test(nets_are_parsed_or_refused),
        cmocka_unit_test(lanes_are_loaded),
        cmocka_unit_test(lanes_are_the_same_or_not),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
