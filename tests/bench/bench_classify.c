/* bench_classify [FILE]: texts a second of one core's time, from the bytes of a text to class,
 * severity, flags and reasons: of FILE, a text a line, as a row of tests/bench/run; else of the
 * reviews of online_shopping_10_cats. Prints, never judges: a machine may be busy. */
#include "base/utf8.h"
#include "classification/classification.h"
#include "data/yaml.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define REVIEWS REDRESS_SOURCE_DIR "/../shared/data/online_shopping_10_cats/reviews.csv.gz"

enum { TEXTS_MAX = 40000, LINE_BYTES_MAX = 1 << 16, SHORT_CHARACTERS = 50, PASSES = 7 };

struct texts_read {
    const char *at[TEXTS_MAX];
    int count;
};

/* Processor time of this process: what others do on the machine does not count. */
static int64_t cpu_us(void) {
    return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

/* The first `characters` of a text. */
static const char *cut(struct arena *arena, const char *text, int characters) {
    const char *at = text;

    while (*at && characters-- > 0) utf8_next(&at);
    return arena_strndup(arena, text, (size_t)(at - text));
}

/* The review is the third column; quotes around it are left in, for speed they make no difference.
 */
static int read_reviews(struct arena *arena, struct texts_read *whole, struct texts_read *brief) {
    static char line[LINE_BYTES_MAX];
    FILE *file = popen("gzip -dc '" REVIEWS "'", "r");
    if (file == NULL) return -1;
    while (fgets(line, sizeof line, file) != NULL && whole->count < TEXTS_MAX) {
        char *label = strchr(line, ','), *text = label == NULL ? NULL : strchr(label + 1, ',');
        line[strcspn(line, "\r\n")] = '\0';
        if (text == NULL || text[1] == '\0') continue;
        whole->at[whole->count++] = arena_strdup(arena, text + 1);
        const char *shortened = cut(arena, text + 1, SHORT_CHARACTERS);
        if (strlen(shortened) < strlen(text + 1)) brief->at[brief->count++] = shortened;
    }
    pclose(file);
    return 0;
}

static int read_lines(struct arena *arena, const char *path, struct texts_read *texts) {
    static char line[LINE_BYTES_MAX];
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;

    while (fgets(line, sizeof line, file) != NULL && texts->count < TEXTS_MAX) {
        line[strcspn(line, "\n")] = '\0';
        texts->at[texts->count++] = arena_strdup(arena, line);
    }
    fclose(file);
    return 0;
}

/* Prints where there is a name. Returns how long it took. */
static int64_t run(const char *name, const struct policy *policy, const struct texts_read *texts) {
    struct arena *arena = arena_new();
    size_t bytes = 0;
    int complaints = 0;
    int64_t start_us = cpu_us();
    for (int i = 0; i < texts->count; i++) {
        const struct complaint complaint = {.text = texts->at[i]};
        struct verdict verdict;
        classification_classify(policy, &complaint, true, arena, &verdict);
        bytes += strlen(texts->at[i]);
        complaints += verdict.class_id != policy->other;
        arena_reset(arena);
    }
    int64_t took_us = cpu_us() - start_us;
    if (name)
        printf(
            "%-24s %d texts of %zu bytes on average: %lld texts/s, %.1f us each; %d have a class\n",
            name, texts->count, bytes / (size_t)texts->count,
            (long long)texts->count * 1000000 / (took_us > 0 ? took_us : 1),
            (double)took_us / texts->count, complaints);
    arena_free(arena);
    return took_us;
}

/* The least of several passes: what others take from the machine's caches is no cost of ours. */
static int run_lines(const struct policy *policy, const struct texts_read *texts) {
    int64_t least_us = INT64_MAX;
    if (texts->count == 0) return 1;

    for (int pass = 0; pass < PASSES; pass++) {
        int64_t took_us = run(NULL, policy, texts);
        if (took_us < least_us) least_us = took_us;
    }
    printf("{\"texts\": %d, \"rate/s\": %.0f, \"own us\": %.1f}\n", texts->count,
           texts->count * 1e6 / (double)least_us, (double)least_us / texts->count);
    return 0;
}

int main(int argc, char **argv) {
    static struct texts_read whole, brief;
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    const struct tree *file;
    const char *version, *dir = REDRESS_SOURCE_DIR "/deploy/policies";
    void *policy;
    struct err err;
    struct rusage usage;
    int64_t start_us = cpu_us();
    if (yaml_read_file(arena, REDRESS_SOURCE_DIR "/deploy/policies/classification.yaml", &file,
                       &err) != 0 ||
        policy_load(file, dir, arena, &policy, &version, &faults) != 0) {
        printf("deploy/policies/classification.yaml has faults\n");
        return 1;
    }
    if (argc > 1) return read_lines(arena, argv[1], &whole) != 0 ? 1 : run_lines(policy, &whole);
    printf("policy compiled in %lld ms\n", (long long)(cpu_us() - start_us) / 1000);
    getrusage(RUSAGE_SELF, &usage);
    printf("memory with policy and model: %ld MiB\n", usage.ru_maxrss / 1024);
    if (access(REVIEWS, R_OK) != 0 || read_reviews(arena, &whole, &brief) != 0 ||
        whole.count == 0) {
        printf("skipped: %s is not here\n", REVIEWS);
        return 0;
    }
    run("cut to 50 characters", policy, &brief);
    run("whole reviews", policy, &whole);
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %ld MiB, the texts included\n", usage.ru_maxrss / 1024);
    arena_free(arena);
    return 0;
}
