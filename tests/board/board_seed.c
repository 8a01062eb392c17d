/* board_seed: fills a Redis with cases for the tests in a browser, and changes them as they ask, by
 * lines of standard input:
 *
 *     many FROM COUNT
 *     case NUMBER STATUS CLASS SEVERITY TIER ASSIGNEE TEAM CONTACT_IN_MS STATE RESOLUTION_IN_MS STATE
 *     approval NUMBER ROLE COST_MINOR IN_MS     (of the case above it)
 *
 * Each is answered by "done". In a case "-" is absent, and "%20" a blank. */
#include "base/clock.h"
#include "seed.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const char *word) {
    char *kept = strdup(word);
    char *to = kept;
    if (strcmp(word, "-") == 0) return NULL;
    for (const char *at = word; *at; at++) {
        unsigned code;
        if (*at == '%' && sscanf(at + 1, "%2x", &code) == 1) {
            *to++ = (char)code;
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    *to = 0;
    return kept;
}

static int64_t due_in(const char *word) {
    if (strcmp(word, "-") == 0) return 0;
    return clock_now_ms() + strtoll(word, NULL, 10);
}

static void put_many(struct seed *seed, int from, int count) {
    struct seed_case *cases = calloc((size_t)count, sizeof *cases);
    int64_t now_ms = clock_now_ms();
    for (int i = 0; i < count; i++) seed_make(from + i, now_ms, &cases[i]);
    seed_put(seed, cases, count);
    free(cases);
}

static bool run(struct seed *seed, char *line, struct seed_case *last) {
    char *words[13] = {NULL}, *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(line, " \n", &rest); word && count < 12;
         word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;

    if (count == 3 && strcmp(words[0], "many") == 0) {
        put_many(seed, atoi(words[1]), atoi(words[2]));
    } else if (count == 12 && strcmp(words[0], "case") == 0) {
        *last = (struct seed_case){.number = atoi(words[1]),
                                   .status = text(words[2]),
                                   .class_name = text(words[3]),
                                   .severity = text(words[4]),
                                   .tier = text(words[5]),
                                   .assignee = text(words[6]),
                                   .team = text(words[7]),
                                   .opened_at = clock_now_ms() - 60000,
                                   .contact_due = due_in(words[8]),
                                   .contact_state = text(words[9]),
                                   .resolution_due = due_in(words[10]),
                                   .resolution_state = text(words[11]),
                                   .customer = text(words[6])};
        seed_put(seed, last, 1);
    } else if (count == 5 && strcmp(words[0], "approval") == 0) {
        last->approver = text(words[2]);
        last->cost_minor = atoi(words[3]);
        last->approve_by = due_in(words[4]);
        seed_put(seed, last, 1);
    } else {
        return false;
    }

    return true;
}

int main(int argc, char **argv) {
    char line[4096];
    struct seed_case last = {0};
    if (argc != 4) return 64;

    struct seed *seed = seed_open(argv[1], argv[2], atoi(argv[3]));
    while (fgets(line, sizeof line, stdin)) {
        if (!run(seed, line, &last)) return 64;
        puts("done");
        fflush(stdout);
    }
    seed_close(seed);
    return 0;
}
