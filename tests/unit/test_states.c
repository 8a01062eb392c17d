/* The states of all keyed workers: every table in them carries along what a newer version has
 * written (FIELD_REST), whatever it is a part of, so that a state goes to the next version and back
 * and loses nothing; which ones do not is written down here and in deploy/docs/upgrade.md.
 * tests/fault/test_upgrade.c does it under load. */
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "data/fields.h"
#include "notification/notification.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct worker_spec *const keyed[] = {&sla_spec, &compensation_spec, &notification_spec,
                                                  &cohort_spec};

/* Made anew of the facts with each event: nothing in it can be lost. */
static const char *const made_anew[] = {"pause"};
/* What an event says, as this version knows it: of events, too, unknown fields are passed over. */
static const char *const quoted[] = {"place",  "needs", "option",
                                     "remedy", "match", "notification.collected"};
enum { MADE_ANEW = sizeof made_anew / sizeof *made_anew, QUOTED = sizeof quoted / sizeof *quoted };

static bool met[MADE_ANEW + QUOTED];

static bool carries(const struct table *table) {
    for (const struct field *field = table->fields; field->name; field++)
        if (field->type == FIELD_REST) return true;
    return false;
}

static bool need_not(const struct table *table) {
    for (int i = 0; i < MADE_ANEW + QUOTED; i++) {
        const char *name = i < MADE_ANEW ? made_anew[i] : quoted[i - MADE_ANEW];
        if (strcmp(table->name, name) != 0) continue;
        met[i] = true;
        return true;
    }
    return false;
}

/* Every table, with those within it. Returns how many there are. */
static int look(const struct table *table, const char *worker) {
    int count = 1;

    if (!carries(table) && !need_not(table))
        fail_msg("%s: a newer version's field is lost in %s", worker, table->name);
    for (const struct field *field = table->fields; field->name; field++)
        if (field->of) count += look(field->of, worker);
    return count;
}

static void test_every_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof keyed / sizeof *keyed; i++) {
        assert_int_equal(keyed[i]->kind, WORKER_KEYED);
        assert_true(carries(keyed[i]->state));
        assert_true(look(keyed[i]->state, keyed[i]->name) > 1);
    }
    for (int i = 0; i < MADE_ANEW + QUOTED; i++) assert_true(met[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
