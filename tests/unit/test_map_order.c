/* Which records of a batch wait for the one whose claim they join. */
#include "map_order.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two own partitions, committed up to 10 and up to 0. */
static const struct map_order_input inputs[] = {{TOPIC_COMPLAINTS, 0, 10}, {TOPIC_COMPLAINTS, 1, 0}};

/* An item that joins what `owner` has claimed; NULL: it was granted all that it asked for. */
static struct map_order_item item(struct arena *arena, int input, int64_t offset, const char *owner) {
    struct asking *asking = ARENA_NEW(arena, struct asking);
    asking->claims.arena = arena;
    claims_add(&asking->claims, &(struct claim){.kind = CLAIM_JOIN, .key = "order", .id = "x"});
    asking->answers = ARENA_NEW(arena, struct answer);
    asking->answers[0] = (struct answer){.granted = !owner, .owner = owner};
    asking->answered = 1;
    return (struct map_order_item){.input = input, .offset = offset, .asking = asking};
}

struct row {
    const char *name;
    struct {
        int input;
        int64_t offset;
        const char *owner;
        bool waits;
    } items[4];
};

static const struct row rows[] = {
    {"all granted", {{0, 10, NULL, false}, {0, 11, NULL, false}}},
    {"joins what is committed", {{0, 10, "complaints/0/9", false}}},
    {"joins an earlier record of the batch", {{0, 10, NULL, false}, {1, 1, "complaints/0/10", false}}},
    {"joins a later record of the batch", {{0, 10, "complaints/1/1", true}, {1, 1, NULL, false}}},
    {"joins what was claimed before a crash and is not read yet", {{0, 10, "complaints/1/7", true}}},
    {"the rest of its partition waits too",
     {{0, 10, "complaints/1/5", true}, {0, 11, NULL, true}, {1, 1, NULL, false}}},
    {"joins a record that waits", {{0, 10, "complaints/1/9", true}, {1, 1, "complaints/0/10", true}}},
    {"each waits for the other's successor",
     {{0, 10, NULL, false}, {1, 1, "complaints/0/11", true}, {0, 11, "complaints/1/1", true}}},
    {"an owner that is no position", {{0, 10, "BYCRCNPA1C41H-FRGWX4V.1", false}}},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct engine engine = {.arena = arena};
        struct map_order_item items[4];
        int count = 0, waiting = 0;
        for (; count < 4 && (count == 0 || rows[i].items[count].input || rows[i].items[count].offset); count++) {
            items[count] =
                item(arena, rows[i].items[count].input, rows[i].items[count].offset, rows[i].items[count].owner);
            waiting += rows[i].items[count].waits;
        }
        print_message("%s\n", rows[i].name);
        assert_int_equal(map_order(&engine, inputs, 2, items, count), waiting);
        for (int k = 0; k < count; k++) assert_int_equal(items[k].waits, rows[i].items[k].waits);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
