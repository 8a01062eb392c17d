/* Every review text of a Chinese shop goes in at intake as a complaint, and comes out in
 * case.opened byte for byte. */
#include "base/ids.h"
#include "intake/intake.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA REDRESS_SOURCE_DIR "/../shared/data/online_shopping_10_cats/reviews.csv.gz"

enum {
    REVIEWS = 31384, /* ../shared/data/README.md */
    LINE_BYTES = 16384,
    LIMIT_MS = 900000
};

static const struct worker_spec *const workers[] = {&intake_spec, NULL};

/* The third column of "category,label,review": bare, or in quotes with each quote in it doubled. */
static char *read_review(char *line) {
    line[strcspn(line, "\r\n")] = 0;
    char *comma = strchr(line, ',');
    comma = comma ? strchr(comma + 1, ',') : NULL;
    if (!comma) wait_fail("not a row: %.100s", line);
    char *from = comma + 1, *to = from, *review = from;
    if (*from != '"') return review;
    for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
        if (*from == '"') from++;
        *to++ = *from;
    }
    *to = 0;
    return review;
}

static void read_reviews(struct arena *arena, const char **reviews) {
    FILE *file = popen("gzip -dc '" DATA "'", "r");
    char line[LINE_BYTES];
    int count = 0;
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the names of the columns */
    while (fgets(line, sizeof line, file)) {
        assert_true(count < REVIEWS);
        reviews[count++] = arena_strdup(arena, read_review(line));
    }
    assert_int_equal(pclose(file), 0);
    assert_int_equal(count, REVIEWS);
}

static void publish(struct world *world, const char **reviews) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    for (int i = 0; i < REVIEWS; i++) {
        char key[IDS_ROUTE_LEN + 1], customer[32];
        snprintf(customer, sizeof customer, "customer:u-%d", i);
        ids_route("default", customer, key);
        buf_clear(&buf);
        buf_printf(
            &buf,
            "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/"
            "reviews\",\"type\":\"complaint.submitted\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":"
            "{\"channel\":\"app\",\"customer\":{\"id\":\"u-%d\",\"tier\":\"regular\"},\"text\":",
            i, i);
        struct json_out out = {.buf = &buf};
        json_text(&out, reviews[i]);
        buf_puts(&buf, "}}");
        world_publish(world, TOPIC_COMPLAINTS, key, buf.at, buf.len, &structured, 1);
    }
    world_flush(world);
    buf_free(&buf);
}

struct seen {
    const char **reviews;
    struct arena *arena;
    int64_t bytes;
    int opened;
    bool *once;
};

static void check_opened(void *context, const struct raw *raw) {
    struct seen *seen = context;
    struct event ev;
    struct rejection rejection;
    if (event_read(raw, seen->arena, &ev, &rejection) < 0) fail_msg("%s", rejection.detail);
    assert_string_equal(ev.type, "case.opened");
    int review = atoi(ev.id);
    assert_in_range(review, 0, REVIEWS - 1);
    assert_false(seen->once[review]);
    seen->once[review] = true;
    const char *text = tree_text(ev.data, "text");
    if (!text || strcmp(text, seen->reviews[review]) != 0)
        fail_msg("review %d went in as\n%s\nand came out as\n%s", review, seen->reviews[review],
                 text ? text : "nothing");
    seen->bytes += (int64_t)strlen(text);
    seen->opened++;
    arena_reset(seen->arena);
}

static void test_reviews_pass_byte_for_byte(void **state) {
    (void)state;
    FILE *data = fopen(DATA, "r");
    if (!data) {
        print_message("skipped: %s is not there\n", DATA);
        skip();
    }
    fclose(data);
    struct arena *arena = arena_new();
    const char **reviews = arena_alloc(arena, REVIEWS * sizeof *reviews);
    read_reviews(arena, reviews);
    struct harness *h = harness_new("reviews");
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, 4);
    struct world *world = world_open(h);
    publish(world, reviews);
    struct process *intake = harness_worker(h, "intake", 0);
    int64_t began_ms = wait_now_ms();
    process_start(intake);
    world_wait_idle(world, workers, LIMIT_MS);
    double seconds = (double)(wait_now_ms() - began_ms) / 1e3;
    struct seen seen = {
        .reviews = reviews, .arena = arena_new(), .once = calloc(REVIEWS, sizeof(bool))};
    world_read(world, TOPIC_EVENTS, NULL, check_opened, &seen);
    assert_int_equal(seen.opened, REVIEWS);
    print_message("%d reviews, %lld bytes, %.1f s from start to idle, %.0f events/s; intake's peak "
                  "memory %ld KB\n",
                  seen.opened, (long long)seen.bytes, seconds, seen.opened / seconds,
                  process_peak_kb(intake));
    free(seen.once);
    arena_free(seen.arena);
    arena_free(arena);
    world_close(world);
    harness_close(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reviews_pass_byte_for_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
