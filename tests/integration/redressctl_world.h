/* What the tests of redressctl on a real broker share: running it, and what it said; events to
 * publish. */
#ifndef REDRESS_TEST_REDRESSCTL_WORLD_H
#define REDRESS_TEST_REDRESSCTL_WORLD_H

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    RUN_MS = 120000,
    SHOWN_MS = 240000, /* a second, alone */
    LINE_SIZE = 400    /* of a command: a path in the harness' folder has 300 bytes at most */
};

static struct harness *h;
static struct buf said; /* by the last run */

/* Nothing that is said but line breaks is what a terminal would obey, whatever others have written
 * into the topics. */
static inline void assert_harmless(const char *line) {
    const char *text = said.at ? said.at : "";
    size_t valid = utf8_valid(text, strlen(text));
    if (text[valid]) fail_msg("redressctl %s: broken bytes at \"%.40s\"", line, text + valid);
    for (const char *at = text; *at;) {
        uint32_t character = utf8_next(&at);
        if (character != '\n' && utf8_is_hidden(character))
            fail_msg("redressctl %s: U+%04X before \"%.40s\"", line, character, at);
    }
}

/* Runs redressctl with arguments split at blanks; returns its status, and what it said in `said`.
 */
static inline int ctl(const char *line) {
    char words[512], *argv[10] = {NULL}, *rest = NULL;
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &rest); word && argc < 9;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    buf_clear(&said);
    int status = harness_run(h, &said, RUN_MS, "redressctl", argv[0], argv[1], argv[2], argv[3],
                             argv[4], argv[5], argv[6], argv[7], argv[8], NULL);
    bool raw = strncmp(line, "rejected show", 13) ==
               0; /* to what is no terminal it gives the bytes as they came */
    if (!raw) assert_harmless(line);
    return status;
}

static inline bool says(const char *line, int status, const char *text) {
    return ctl(line) == status && said.at && strstr(said.at, text);
}

static inline void assert_says(const char *line, int status, const char *text) {
    if (!says(line, status, text))
        fail_msg("redressctl %s: expected %d and \"%s\", said: %s", line, status, text, said.at);
}

static inline int lines(void) {
    int count = 0;
    for (const char *at = said.at; at && (at = strchr(at, '\n')); at++) count++;
    return count;
}

static inline const char *write_file(const char *name, const struct buf *text) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", h->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->at, 1, text->len, file), text->len);
    fclose(file);
    return path;
}

static inline void add_complaint(struct buf *out, const char *id, const char *order,
                                 int64_t time_ms) {
    char time[CLOCK_TEXT_MAX];
    buf_printf(out,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/"
               "app\",\"type\":\"complaint.submitted\",\"time\":\"%s\",\"data\":{\"channel\":"
               "\"app\",\"customer\":{\"id\":\"u-%s\",\"tier\":\"vip\"},\"order\":{\"id\":\"%s\","
               "\"status\":\"delivered\",\"amount\":{\"currency\":\"CNY\",\"minor\":29900}},"
               "\"text\":\"快递箱子压扁了，里面的杯子全碎了\"}}\n",
               id, clock_format(time_ms, time), order, order);
}

static inline void case_id_of(const char *id, const char *order, char case_out[IDS_CASE_LEN + 1]) {
    char route[IDS_ROUTE_LEN + 1], subject[64];
    snprintf(subject, sizeof subject, "order:%s", order);
    ids_route("default", subject, route);
    ids_case(route, "/shop/app", id, case_out);
}

static inline void start_workers(void) {
    static const char *const names[] = {"intake", "classification", "sla", "compensation"};
    struct process *workers[4];
    for (int i = 0; i < 4; i++) process_start(workers[i] = harness_worker(h, names[i], 0));
    for (int i = 0; i < 4; i++) harness_wait_ready(h, workers[i]);
}

#endif
