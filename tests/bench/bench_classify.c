/* bench_classify: texts a second of one core's time, from the bytes of a text to class, severity,
 * flags and reasons, on the reviews of online_shopping_10_cats. Prints, never judges: a machine may
 * be busy. */
#include "base/utf8.h"
#include "classification/classification.h"
#include "data/yaml.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define REVIEWS REDRESS_SOURCE_DIR "/../shared/data/online_shopping_10_cats/reviews.csv.gz"

enum { TEXTS_MAX = 40000, LINE_BYTES_MAX = 1 << 16, SHORT_CHARACTERS = 50 };

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

static void run(const char *name, const struct policy *policy, const struct texts_read *texts) {
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
    printf("%-24s %d texts of %zu bytes on average: %lld texts/s, %.1f us each; %d have a class\n",
           name, texts->count, bytes / (size_t)texts->count,
           (long long)texts->count * 1000000 / (took_us > 0 ? took_us : 1),
           (double)took_us / texts->count, complaints);
    arena_free(arena);
}

int main(void) {
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
    printf("policy compiled in %lld ms; database and working memory %zu KiB\n",
           (long long)(cpu_us() - start_us) / 1000,
           rules_bytes(((struct policy *)policy)->rules) / 1024);
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
