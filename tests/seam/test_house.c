/* The workers as they are delivered, without a broker and a Redis: a story goes through all of
 * them in virtual time, and what redressctl says of it, of every case, deadline, proposal, record
 * and offset, is compared with the story's page (tests/seam/stories):
 *
 *     # a comment
 *     PUBLISH          the lines of JSON below it, by `redressctl publish`
 *     SEND             the same, and does not wait until all have read it, but a minute
 *     WAIT 2h          time goes on
 *     STOP sla         START sla
 *     FLUSH            Redis loses everything;  REMEMBER, ROLL BACK: it comes back with what it had
 *     LOSE sla.state   a topic is made anew;  BACK UP, RESTORE: Kafka comes back with what it had
 *     REMOVE redress.claims   the topic is gone; CHANGE redress.claims cleanup.policy=delete
 *     SPOIL sla CASE   the case's record in the changelog cannot be read;  MEND sla CASE: it can again
 *     $ cases --json   redressctl; below it, behind bars, what it says, and `= 70`: its status;
 *                      `$ a | redressctl b -`: what one says is read by the next
 *     $ board          what the board's mirror of all open cases holds
 *
 *     test_house STORY [--write]
 */
#include "base/file.h"
#include "base/ids.h"
#include "base/log.h"
#include "data/fields.h"
#include "data/json.h"
#include "fake_admin.h"
#include "fake_kafka.h"
#include "fake_redis.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTITIONS = 2, STORY_MAX = 4 << 20, CHANCE_LEN = 26, MINUTE_MS = 60000 };

static const char *story_path;
static bool writes;
static struct arena *arena;

/* Processes that end leave what their fibers held. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

/* Each line behind a bar. Milliseconds are the scheduler's, and no fact of the story: "12.345Z"
 * becomes "12Z". The ids of what redressctl publishes are made by chance. */
static void add_lines(struct buf *out, const char *text) {
    static const char id[] = "\"id\":\"";
    bool begins = true;
    for (; *text; text++) {
        if (strncmp(text, id, sizeof id - 1) == 0 &&
            strspn(text + sizeof id - 1, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == CHANCE_LEN) {
            buf_puts(out, "\"id\":\"(chance)");
            text += sizeof id - 1 + CHANCE_LEN;
        }
        if (begins) buf_puts(out, *text == '\n' ? "|" : "| ");
        begins = *text == '\n';
        size_t digits = 0;
        if (*text == '.') digits = strspn(text + 1, "0123456789");
        if (digits == 3 && text[4] == 'Z')
            text += 3;
        else
            buf_add(out, text, 1);
    }
    if (!begins) buf_puts(out, "\n");
}

static int by_text(const void *one, const void *two) {
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

/* In which order workers write is the scheduler's, too. */
static void sort_lines(struct buf *said) {
    const char **lines = NULL;
    int count = 0;

    for (char *rest, *line = strtok_r(arena_strdup(arena, said->at), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        *ARENA_ADD(arena, lines, count) = line;
    if (count) qsort(lines, (size_t)count, sizeof *lines, by_text);
    buf_clear(said);
    for (int i = 0; i < count; i++) buf_printf(said, "%s\n", lines[i]);
}

/* So is how many transactions, each with its marker, lie in the workers' topics: numbers of these
 * become "#", whatever their width. */
static void hide_offsets(struct buf *said) {
    char *line = said->at;
    size_t kept = 0;

    while (*line) {
        size_t len = strcspn(line, "\n") + 1;
        const char *own = strstr(line, "complaints");
        bool ours = !own || own > line + len;
        for (size_t i = 0; i < len && line[i]; i++) {
            bool digit = ours && line[i] >= '0' && line[i] <= '9';
            bool again = digit && kept && said->at[kept - 1] == '#';
            again |= line[i] == ' ' && kept && said->at[kept - 1] == ' ';
            if (again) continue;
            said->at[kept++] = digit ? '#' : line[i];
        }
        line += strlen(line) < len ? strlen(line) : len;
    }
    said->at[kept] = '\0';
    said->len = kept;
}

/* "events --json | notify preview -": what the first says is the file that the second reads. */
static int run_pipe(char *first, const char *second, struct buf *said, size_t *results_out) {
    static const char name[] = "/tmp/redress-house-XXXXXX";
    char path[sizeof name];
    memcpy(path, name, sizeof name);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    const char *dash = strstr(second, " -");
    assert_non_null(dash);

    size_t results;
    int status = house_ctl(first, said, &results);
    fwrite(said->at + results, 1, said->len - results, file);
    fclose(file);
    if (status) fail_msg("%s: status %d: %s", first, status, said->at);
    buf_clear(said);
    status =
        house_ctl(arena_printf(arena, "%.*s %s%s", (int)(dash - second), second, path, dash + 2),
                  said, results_out);
    unlink(path);
    /* Its name was made by chance. */
    for (char *at = said->at; at && (at = strstr(at, path));) memcpy(at, name, sizeof name - 1);
    return status;
}

static int run_line(const char *line, struct buf *said, size_t *results_out) {
    char *first = arena_strdup(arena, line);
    char *bar = strstr(first, " | ");
    static const char program[] = "redressctl ";

    if (!bar) return house_ctl(line, said, results_out);
    *bar = '\0';
    assert_memory_equal(bar + 3, program, sizeof program - 1);
    return run_pipe(first, bar + 3 + sizeof program - 1, said, results_out);
}

/* With --json all of standard output are maps, a line each. */
static void check_json(const char *line, const char *results) {
    const struct json_limits limits = {STORY_MAX, 64, STORY_MAX};
    const struct tree *tree;
    struct err err;

    while (*results) {
        size_t len = strcspn(results, "\n");
        if (json_read(arena, results, len, &limits, &tree, &err) != JSON_OK)
            fail_msg("%s: %s: %.*s", line, err.text, (int)len, results);
        if (tree->kind != TREE_MAP) fail_msg("%s: no map: %.*s", line, (int)len, results);
        results += len + (results[len] != '\0');
    }
}

static void run_ctl(const char *line, struct buf *out) {
    struct buf said = {0};
    size_t results;
    int status = run_line(line, &said, &results);
    const char *last = strrchr(line, '|');

    if (said.at && strstr(last ? last : line, " --json")) check_json(line, said.at + results);

    if (said.at && (strncmp(line, "lag", 3) == 0 || strncmp(line, "offsets", 7) == 0))
        hide_offsets(&said);
    if (said.at && strncmp(line, "events ", 7) == 0) sort_lines(&said);
    if (said.at) add_lines(out, said.at);
    if (status) buf_printf(out, "| = %d\n", status);
    buf_free(&said);
}

static void run_board(struct buf *out) {
    struct buf said = {0};

    house_board(&said);
    add_lines(out, said.at);
    buf_free(&said);
}

/* The lines from `at` on that begin with '{', to a file that is published. */
static const char *publish(const char *at, bool rests, struct buf *out) {
    char path[] = "/tmp/redress-house-XXXXXX";
    struct buf said = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");

    while (*at == '{') {
        size_t len = strcspn(at, "\n") + 1;
        fwrite(at, 1, len, file);
        buf_add(out, at, len);
        at += len;
    }
    fclose(file);
    int status = house_ctl(arena_printf(arena, "publish %s", path), &said, NULL);
    unlink(path);
    if (status) fail_msg("publish: status %d: %s", status, said.at);
    buf_free(&said);
    if (rests)
        house_rest();
    else
        house_wait(MINUTE_MS);
    return at;
}

/* The last record of a case in a changelog, before it was spoilt. */
static struct kept { const char *case_id, *value; } kept;

static void keep(void *context, const struct raw *raw) {
    (void)context;
    if (raw->key_len == strlen(kept.case_id) && memcmp(raw->key, kept.case_id, raw->key_len) == 0 &&
        raw->value)
        kept.value = arena_strndup(arena, raw->value, raw->value_len);
}

/* "sla 2P8M8CKTNW83Q-V3F3C3P" */
static void write_record(const char *worker_and_case, bool spoilt) {
    const char *blank = strchr(worker_and_case, ' ');
    if (!blank || !ids_is_case(blank + 1)) fail_msg("%s: expected WORKER CASE", worker_and_case);
    const char *worker = arena_strndup(arena, worker_and_case, (size_t)(blank - worker_and_case));
    int partition = ids_partition(blank + 1, IDS_ROUTE_LEN, PARTITIONS);

    if (spoilt) {
        kept = (struct kept){.case_id = arena_strdup(arena, blank + 1)};
        fake_kafka_each(TOPIC_STATE, worker, partition, -1, keep, NULL);
    }
    if (!kept.value) fail_msg("%s has no record", worker_and_case);
    fake_kafka_publish(TOPIC_STATE, worker, partition, kept.case_id,
                       spoilt ? "{\"status\":\"of another version\"}" : kept.value, NULL, 0);
}

/* "sla.state", "claims" */
static void lose(const char *name) {
    const char *dot = strchr(name, '.');
    int topic = 0;

    if (dot) {
        fake_kafka_lose(TOPIC_STATE, arena_strndup(arena, name, (size_t)(dot - name)));
        return;
    }
    while (topic < TOPIC_COUNT && strcmp(topic_name((enum topic)topic), name) != 0) topic++;
    if (topic == TOPIC_COUNT) fail_msg("%s is no topic", name);
    fake_kafka_lose((enum topic)topic, NULL);
}

/* "redress.claims cleanup.policy=delete" */
static void change(const char *topic_and_setting) {
    char *topic = arena_strdup(arena, topic_and_setting);
    char *setting = strchr(topic, ' ');
    char *value = setting ? strchr(setting, '=') : NULL;

    if (!value) fail_msg("%s: expected TOPIC SETTING=VALUE", topic_and_setting);
    *setting++ = *value++ = '\0';
    fake_admin_change(topic, setting, value);
}

/* What happens to Kafka and Redis; false: nothing of that name does. */
static bool happens(const char *line) {
    static const struct {
        const char *line;
        void (*happens)(void);
        bool rests;
    } rows[] = {{"FLUSH", fake_redis_flush, true},
                {"REMEMBER", fake_redis_remember, false},
                {"ROLL BACK", fake_redis_roll_back, true},
                {"BACK UP", fake_kafka_back_up, false},
                {"RESTORE", fake_kafka_restore, false}};

    if (strncmp(line, "LOSE ", 5) == 0) {
        lose(line + 5);
        return true;
    }
    if (strncmp(line, "REMOVE ", 7) == 0) {
        fake_admin_remove(arena_strdup(arena, line + 7));
        return true;
    }
    if (strncmp(line, "CHANGE ", 7) == 0) {
        change(line + 7);
        return true;
    }
    if (strncmp(line, "SPOIL ", 6) == 0 || strncmp(line, "MEND ", 5) == 0) {
        write_record(strchr(line, ' ') + 1, line[0] == 'S');
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(line, rows[i].line) != 0) continue;
        rows[i].happens();
        if (rows[i].rests) house_rest();
        return true;
    }
    return false;
}

/* One line of the story; returns what comes behind it and what belonged to it. */
static const char *play(const char *at, struct buf *out) {
    size_t len = strcspn(at, "\n");
    const char *line = arena_strndup(arena, at, len);
    int64_t ms;

    at += len + (at[len] == '\n');
    buf_printf(out, "%s\n", line);
    if (strcmp(line, "PUBLISH") == 0) return publish(at, true, out);
    if (strcmp(line, "SEND") == 0) return publish(at, false, out);
    if (strncmp(line, "WAIT ", 5) == 0) {
        if (fields_parse_duration(line + 5, &ms) < 0) fail_msg("%s: expected a duration", line);
        house_wait(ms);
    } else if (strncmp(line, "STOP ", 5) == 0) {
        house_stop(line + 5);
    } else if (strncmp(line, "START ", 6) == 0) {
        house_start(line + 6);
        house_rest();
    } else if (strncmp(line, "$ ", 2) == 0) {
        if (strcmp(line, "$ board") == 0)
            run_board(out);
        else
            run_ctl(line + 2, out);
        while (*at == '|') at += strcspn(at, "\n") + 1; /* what it said last time */
    } else if (line[0] && line[0] != '#' && !happens(line)) {
        fail_msg("\"%s\": expected PUBLISH, SEND, WAIT, STOP, START, FLUSH, REMEMBER, ROLL BACK, "
                 "LOSE, REMOVE, CHANGE, BACK UP, RESTORE, SPOIL, MEND, $ or #",
                 line);
    }
    return at;
}

static void compare(const char *wanted, const char *found) {
    int number = 1;

    while (*wanted || *found) {
        size_t wanted_len = strcspn(wanted, "\n");
        size_t found_len = strcspn(found, "\n");
        if (wanted_len != found_len || memcmp(wanted, found, found_len) != 0)
            fail_msg("%s:%d:\nexpected %.*s\nfound    %.*s", story_path, number, (int)wanted_len,
                     wanted, (int)found_len, found);
        wanted += wanted_len + (wanted[wanted_len] != '\0');
        found += found_len + (found[found_len] != '\0');
        number++;
    }
}

static void test_story(void **state) {
    const char *story;
    size_t len;
    struct err err;
    struct buf out = {0};
    (void)state;

    if (file_read(arena, story_path, STORY_MAX, &story, &len, &err) < 0) fail_msg("%s", err.text);
    house_open(PARTITIONS);
    for (const char *at = story; *at;) at = play(at, &out);
    house_board_close();
    house_close();
    if (writes) {
        FILE *file = fopen(story_path, "w");
        assert_non_null(file);
        fputs(out.at, file);
        fclose(file);
    }
    compare(writes ? out.at : story, out.at);
    buf_free(&out);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: test_house STORY [--write]\n");
        return 64;
    }
    story_path = argv[1];
    writes = argc > 2 && strcmp(argv[2], "--write") == 0;
    setenv("REDRESS_POLICY_DIR", REDRESS_SOURCE_DIR "/deploy/policies", 1);
    setenv("REDRESS_KAFKA_BOOTSTRAP_SERVERS", "fake:9092", 1);
    setenv("REDRESS_REDIS_URL", "redis://fake:6379/0", 1);
    setenv("TZ", "UTC", 1);
    log_init("seam", "seam", getenv("SEAM_LOG") ? LOG_DEBUG : LOG_ERROR);
    arena = arena_new();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_story)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
