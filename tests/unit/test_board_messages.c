/* What the board says of a case's messages: under way, to be tried again, sent, waiting. */
#include "board/api_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CASE "BYCRCNPA1C41H-FRGWX4V"

static void each_message_has_its_state(void **unused) {
    (void)unused;
    struct notification_pending pending = {
        .notification_id = CASE ".opened", .audience = "customer", .channel = 1, .attempt = 1};
    struct notification_pending again = {.notification_id = CASE ".resolved",
                                         .audience = "customer",
                                         .channel = 2,
                                         .attempt = 2,
                                         .again_at = 5000};
    struct notification_waiting waiting = {.mark = "closed"};
    const char *asked[] = {"opened", "task", "resolved"};
    struct notification_state state = {.pending = {&pending, 1},
                                       .retries = {&again, 1},
                                       .waiting = {&waiting, 1},
                                       .sent = {.at = asked, .count = 3}};
    static const struct {
        const char *message, *state;
        int channel; /* 0: none */
        int64_t attempt, again_at;
    } rows[] = {{"opened", "under_way", 1, 1, 0},
                {"resolved", "again", 2, 2, 5000},
                {"task", "sent", 0, 0, 0},
                {"closed", "waiting", 0, 0, 0}};
    struct arena *arena = arena_new();
    struct parts messages = {0};

    api_messages(&state, CASE, arena, &messages);
    const struct api_message *at = messages.at;
    assert_int_equal(messages.count, 4);
    for (int i = 0; i < messages.count; i++) {
        const char *channel = fields_choice_name(contract_channels, rows[i].channel);
        assert_string_equal(at[i].message, rows[i].message);
        assert_string_equal(at[i].state, rows[i].state);
        assert_ptr_equal(at[i].channel, channel);
        assert_int_equal(at[i].attempt, rows[i].attempt);
        assert_int_equal(at[i].again_at, rows[i].again_at);
    }
    arena_free(arena);
}

/* A colleague's digest has an id of its own, and so has a case whose id only begins alike. */
static void another_id_stays_whole(void **unused) {
    (void)unused;
    struct notification_pending pending[] = {{.notification_id = "digest.7.opened", .channel = 1},
                                             {.notification_id = CASE "Z.opened", .channel = 1}};
    const char *asked[] = {"opened"};
    struct notification_state state = {.pending = {pending, 2}, .sent = {.at = asked, .count = 1}};
    struct arena *arena = arena_new();
    struct parts messages = {0};

    api_messages(&state, CASE, arena, &messages);
    const struct api_message *at = messages.at;
    assert_int_equal(messages.count, 3);
    assert_string_equal(at[0].message, "digest.7.opened");
    assert_string_equal(at[1].message, CASE "Z.opened");
    assert_string_equal(at[2].message, "opened");
    assert_string_equal(at[2].state, "sent");
    arena_free(arena);
}

static void none_is_none(void **unused) {
    (void)unused;
    struct notification_state state = {0};
    struct arena *arena = arena_new();
    struct parts messages = {0};

    api_messages(&state, CASE, arena, &messages);
    assert_int_equal(messages.count, 0);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_message_has_its_state),
                                       cmocka_unit_test(another_id_stays_whole),
                                       cmocka_unit_test(none_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
