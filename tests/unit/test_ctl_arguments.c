/* redressctl: an argument that is no time, duration, number or id is answered with its name, with
 * what was given and with what was expected; before anything is connected to, or read. */
#include "ctl_play.h"
#include "redressctl/commands.h"

#define CASE "BYCRCNPA1C41H-FRGWX4V"
#define TIME "expected a time such as 2026-11-30T00:00:00Z"
#define SPAN "expected a duration such as 90s, 10m, 1h or 3d"
#define ID   "expected a case id such as " CASE

static struct play play;

static const struct row {
    const char *words, *named, *given, *expected;
} rows[] = {
    {"publish --rate fast FILE", "--rate", "fast", "a whole number from 1 to "},
    {"cases --due-within soon", "--due-within", "soon", SPAN},
    {"cases --limit 0", "--limit", "0", "a whole number from 1 to "},
    {"case nonsense", "", "nonsense", ID},
    {"events --since yesterday", "--since", "yesterday", "RFC 3339, such as 2026-"},
    {"events --for ever", "--for", "ever", SPAN},
    {"events --case nonsense", "--case", "nonsense", ID},
    {"approvals --limit many", "--limit", "many", "a whole number from 1 to "},
    {"approve nonsense --role manager --actor a", "proposal", "nonsense", "<case id>.<number>"},
    {"reject nonsense --role manager --actor a --reason no", "proposal", "nonsense",
     "<case id>.<number>"},
    {"rejected list --limit 1x", "--limit", "1x", "a whole number from 1 to "},
    {"train FILE --evaluate --with FILE --times many", "--times", "many", "a whole number from 1"},
    {"labels --since yesterday FILE", "--since", "yesterday", "RFC 3339, such as 2026-"},
    {"rebuild sla --shard x", "--shard", "x", "a whole number from 0 to "},
    {"topics create --partitions none", "--partitions", "none", "a whole number from 1 to "},
    {"topics create --replication 11", "--replication", "11", "a whole number from 1 to 10"},
    {"offsets set intake --topic complaints --partition 0 --to x", "--to", "x", "a whole number"},
    {"offsets set intake --topic complaints --partition x --to 5", "--partition", "x",
     "a whole number from 0"},
    {"sla due --jsn FILE", "--jsn", "--jsn", "did you mean --json?"},
    {"sla due", "FILE", "", "expected one FILE"},
    {"sla simulate --until tomorrow FILE", "--until", "tomorrow", TIME},
    {"sla explain --until tomorrow " CASE, "--until", "tomorrow", TIME},
    {"sla explain nonsense", "CASE", "nonsense", ID},
    {"compensation simulate --until tomorrow FILE", "--until", "tomorrow", TIME},
    {"compensation explain --until tomorrow " CASE, "--until", "tomorrow", TIME},
    {"compensation explain nonsense", "CASE", "nonsense", ID},
    {"drill --until tomorrow FILE", "--until", "tomorrow", TIME},
    {"notify preview case.opened --template x --at tomorrow", "--at", "tomorrow", TIME},
    {"erase u-1 --wait soon", "--wait", "soon", SPAN},
    {"cohorts confirm --carrier sf --class logistics.delayed --by a --placed-from x",
     "--placed-from", "x", "expected a time such as 2026-"},
    {"cohorts confirm --carrier sf --class logistics.delayed --by a --placed-to x", "--placed-to",
     "x", "expected a time such as 2026-"},
    /* More than there may be. */
    {"sla simulate --policies a --policies b --policies c FILE", "--policies", "c",
     "at most 2 folders"},
};

static void a_bad_argument_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said;
        play_begin(&play);
        play_events(&play, "");
        const char *words = arena_printf(play.arena, "%s --json", rows[i].words);

        int status = play_main(&play, words, &said);
        if (status != EXIT_BAD_USAGE || !strstr(said, rows[i].named) ||
            !strstr(said, rows[i].given) || !strstr(said, rows[i].expected))
            fail_msg("%s: status %d, expected %s, %s and %s in: %s", rows[i].words, status,
                     rows[i].named, rows[i].given, rows[i].expected, said);
        play_end(&play);
    }
}

static bool has_row(const char *command, const char *option) {
    size_t len = strlen(command);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strncmp(rows[i].words, command, len) == 0 && rows[i].words[len] == ' ' &&
            strcmp(rows[i].named, option) == 0)
            return true;
    return false;
}

/* By the synopsis: "--until TIME", "--limit N", "--to OFFSET". */
static void every_such_option_has_a_row(void **state) {
    (void)state;
    int found = 0;
    for (int i = 0; commands_all[i]; i++) {
        char *usage = strdup(commands_all[i]->usage), *rest = NULL, *option = "";
        for (char *word = strtok_r(usage, " []|", &rest); word;
             word = strtok_r(NULL, " []|", &rest)) {
            bool is_value =
                strcmp(word, "TIME") == 0 || strcmp(word, "N") == 0 || strcmp(word, "OFFSET") == 0;
            if (is_value && option[0] == '-') {
                found++;
                if (!has_row(commands_all[i]->name, option))
                    fail_msg("%s %s has no row here", commands_all[i]->name, option);
            }
            option = word;
        }
        free(usage);
    }
    assert_true(found > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_argument_is_named),
        cmocka_unit_test(every_such_option_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
