/* Policy versions in memory: which one a case has, whatever the process' own file says; what is
 * read from the topic and when; and that memory of those that nobody needs goes: counted in bytes
 * on the heap, with compiled patterns, calendars and all. */
#include "classification/classification.h"
#include "compensation/compensation.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "runtime/policy_store.h"
#include "sla/sla.h"
#include "sla/sla_policy.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif
#ifdef WITH_ASAN
size_t __sanitizer_get_current_allocated_bytes(void); /* its header is not everywhere */
#endif

static size_t heap_bytes(void) {
#ifdef WITH_ASAN
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

/* ---- A topic in memory ---- */

enum { RECORDS_MAX = 256 };

static struct memory_topic {
    char *keys[RECORDS_MAX], *bodies[RECORDS_MAX];
    int count, reads, writes;
    bool away;
    size_t bytes;
} memory;

static int read_memory(void *context, struct arena *arena, struct policy_record **records_out,
                       int *count_out, struct err *err) {
    struct memory_topic *topic = context;
    topic->reads++;
    if (topic->away) {
        err_set(err, "the broker is away");
        return 1;
    }
    struct policy_record *records = arena_alloc(arena, sizeof *records * RECORDS_MAX);
    for (int i = 0; i < topic->count; i++) {
        records[i] =
            (struct policy_record){.key = arena_strdup(arena, topic->keys[i]), .offset = i};
        records[i].body = arena_strdup(arena, topic->bodies[i]);
        records[i].body_len = topic->bodies[i] ? strlen(topic->bodies[i]) : 0;
    }
    *records_out = records;
    *count_out = topic->count;
    return 0;
}

static int write_memory(void *context, const char *key, const char *body, struct err *err) {
    struct memory_topic *topic = context;
    (void)err;
    assert_true(topic->count < RECORDS_MAX);
    topic->keys[topic->count] = strdup(key);
    topic->bodies[topic->count++] = body ? strdup(body) : NULL;
    topic->bytes += strlen(key) + (body ? strlen(body) : 0) + 2;
    topic->writes++;
    return 0;
}

static const struct policy_topic topic = {&memory, read_memory, write_memory};

/* ---- A folder, and the store of one worker ---- */

static char dir[64];
static struct arena *arena;
static struct policies policies;
static struct policy_store *store;

static int setup(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/policies-XXXXXX");
    assert_non_null(mkdtemp(dir));
    arena = arena_new();
    return 0;
}

static const char *path_in(const char *folder, const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int teardown(void **state) {
    (void)state;
    static const char *const names[] = {"sla.yaml",
                                        "compensation.yaml",
                                        "notification.yaml",
                                        "notification.zh-CN.yaml",
                                        "notification.zh-TW.yaml",
                                        "notification.en.yaml",
                                        "classification.yaml",
                                        "classification.model"};
    policy_store_free(store);
    arena_free(arena);
    store = NULL;
    for (int i = 0; i < memory.count; i++) {
        free(memory.keys[i]);
        free(memory.bodies[i]);
    }
    memory = (struct memory_topic){.count = 0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_in(dir, names[i]));
    return rmdir(dir);
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(path_in(dir, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static char *read_delivered(const char *name) {
    FILE *file = fopen(path_in("deploy/policies", name), "r");
    char *text = calloc(1, 8 << 20);
    assert_non_null(file);
    assert_true(fread(text, 1, (8 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* The files that belong to a policy, as they are delivered. */
static void write_parts(const char *name) {
    static const char *const parts[] = {"notification.zh-CN.yaml", "notification.zh-TW.yaml",
                                        "notification.en.yaml"};
    if (strcmp(name, "notification.yaml") != 0) return;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *text = read_delivered(parts[i]);
        write_file(parts[i], text);
        free(text);
    }
}

/* The delivered policy under another version; of classification a short one, whose patterns are
 * compiled in a moment.
 */
static void write_version(const char *name, int version) {
    if (strcmp(name, "classification.yaml") == 0) {
        write_file(
            name,
            arena_printf(arena,
                         "version: \"v%d\"\nmodel: classification.model\njoining: {rules: 900}\n"
                         "severity: [{name: all, is: P3}]\n"
                         "rules: [{name: a, class: quality.flaw, words: [划痕, 瑕疵], patterns: "
                         "['(?:都|已经)~[0-9]+天']}]\n",
                         version));
        return;
    }
    write_parts(name);
    char *text = read_delivered(name), *at = strstr(text, "version: \"");
    assert_non_null(at);
    char *end = strchr(at + 10, '"');
    FILE *file = fopen(path_in(dir, name), "w");
    fprintf(file, "%.*sversion: \"v%d%s", (int)(at - text), text, version, end);
    fclose(file);
    free(text);
}

static void open_store(const struct worker_spec *spec) {
    struct buf errors = {0};
    store = policy_store_new(spec, dir, &policies);
    if (policy_store_load(store, &errors) < 0) fail_msg("%s", errors.at);
    buf_free(&errors);
}

static void publish(void) {
    const char *newer;
    struct err err;
    if (policy_store_publish(store, &topic, &newer, &err) != OUTCOME_DONE) fail_msg("%s", err.text);
}

static void reload(enum outcome expected, bool changes, const char *expected_error) {
    struct buf errors = {0};
    bool changed;
    enum outcome result = policy_store_reload(store, &topic, &changed, &errors);
    if (result != expected || changed != changes)
        fail_msg("result %d, changed %d, expected %d and %d: %s", (int)result, changed,
                 (int)expected, changes, errors.at ? errors.at : "");
    if (expected_error && !strstr(errors.at, expected_error))
        fail_msg("%s: expected in %s", expected_error, errors.at);
    buf_free(&errors);
}

static void know(const char *version, enum outcome expected, const char *expected_error) {
    struct err err = {""};
    enum outcome result = policy_store_know(store, &topic, version, &err);
    if (result != expected)
        fail_msg("%s: result %d, expected %d: %s", version, (int)result, (int)expected, err.text);
    if (expected_error && !strstr(err.text, expected_error))
        fail_msg("%s: expected in \"%s\"", expected_error, err.text);
}

#define ONE_TARGET "policies:\n  - name: p\n    targets:\n      resolution: {within: 24h}\n"

static void write_sla(const char *version, bool migrate) {
    char text[256];
    snprintf(text, sizeof text, "version: \"%s\"\n%s" ONE_TARGET, version,
             migrate ? "migrate: true\n" : "");
    write_file("sla.yaml", text);
}

static const char *chosen(const char *own) {
    const struct policy_version *version = policies_choose(&policies, own);
    return version ? version->version : "nothing";
}

/* ---- Which version a case has ---- */

static void a_case_has_one_version(void **state) {
    (void)state;
    static const struct {
        const char *text, *own;
        int64_t own_order, current_order; /* own_order -2: not known */
        bool had, migrate; /* the own one can be read; the current one takes running cases */
        const char *expected;
    } rows[] = {
        {"a new case takes the current one", NULL, 0, 1, true, false, "current"},
        {"a case of the current one keeps it", "current", 1, 1, true, false, "current"},
        {"an older one is kept", "own", 0, 1, true, false, "own"},
        {"a newer one is kept: this process has the older file", "own", 2, 1, true, false, "own"},
        {"an older one is taken over", "own", 0, 1, true, true, "current"},
        {"a newer one is never taken back", "own", 2, 1, true, true, "own"},
        {"one that is not known decides nothing", "own", -2, 1, false, false, NULL},
        {"not even when the current one takes running cases: which is newer?", "own", -2, 1, false,
         true, NULL},
        {"one that cannot be read decides nothing", "own", 0, 1, false, false, NULL},
        {"but it can be taken over", "own", 0, 1, false, true, "current"},
        {"and one that is nowhere, too", "own", -1, 1, false, true, "current"},
        {"a newer one that cannot be read decides nothing", "own", 2, 1, false, true, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct policy_version own = {
            .version = "own", .policy = rows[i].had ? "text" : NULL, .order = rows[i].own_order};
        const struct policy_version current = {.version = "current",
                                               .policy = "text",
                                               .migrate = rows[i].migrate,
                                               .order = rows[i].current_order,
                                               .older = rows[i].own_order == -2 ? NULL : &own};
        const struct policies known = {&current};
        const struct policy_version *found = policies_choose(&known, rows[i].own);
        if (!found != !rows[i].expected || (found && strcmp(found->version, rows[i].expected) != 0))
            fail_msg("%s: found %s, expected %s", rows[i].text, found ? found->version : "none",
                     rows[i].expected);
    }
}

/* Two processes with different files, and a case that comes to each of them in turn. */
static void two_files_do_not_hand_a_case_to_and_fro(void **state) {
    (void)state;
    struct policies others;
    struct buf errors = {0};
    const char *newer;
    struct err err;
    write_sla("v1", true);
    open_store(&sla_spec);
    publish();

    write_sla("v2", true);
    struct policy_store *other = policy_store_new(&sla_spec, dir, &others);
    assert_int_equal(policy_store_load(other, &errors), 0);
    assert_int_equal(policy_store_publish(other, &topic, &newer, &err), OUTCOME_DONE);
    const char *own = policies_choose(&others, NULL)->version;
    assert_string_equal(own, "v2");
    for (int turn = 0; turn < 3; turn++) {
        know(own, OUTCOME_DONE, NULL);
        assert_string_equal(chosen(own), "v2");
        assert_int_equal(policy_store_know(other, &topic, own, &err), OUTCOME_DONE);
        assert_string_equal(policies_choose(&others, own)->version, "v2");
    }
    assert_string_equal(chosen(NULL), "v1"); /* a new one has what its process' file says */
    assert_int_equal(policy_store_know(other, &topic, "v1", &err), OUTCOME_DONE);
    assert_string_equal(policies_choose(&others, "v1")->version, "v2");
    policy_store_free(other);
}

/* ---- The topic ---- */

static void a_version_is_published_once(void **state) {
    (void)state;
    const char *newer;
    struct err err;
    write_sla("v1", false);
    open_store(&sla_spec);
    memory.away = true;
    assert_int_equal(policy_store_publish(store, &topic, &newer, &err), OUTCOME_WAIT);
    memory.away = false;
    publish();
    publish();
    assert_int_equal(memory.writes, 1);
    assert_string_equal(memory.keys[0], "sla:v1");
    assert_int_equal(policies.current->order, 0);

    write_memory(&memory, "compensation:v7", "{}", &err);
    write_memory(&memory, "sla:v2", "{}", &err);
    assert_int_equal(policy_store_publish(store, &topic, &newer, &err), OUTCOME_DONE);
    assert_string_equal(newer, "v2");
}

static void a_used_version_is_refused(void **state) {
    (void)state;
    const char *newer;
    struct err err;
    write_memory(&memory, "sla:v1", "{\"version\":\"v1\"}", &err);
    write_sla("v1", false);
    open_store(&sla_spec);
    assert_int_equal(policy_store_publish(store, &topic, &newer, &err), OUTCOME_STOP);
    assert_non_null(strstr(err.text, "give the changed policy a new version"));
    write_memory(&memory, "sla:v1", NULL, &err); /* taken back */
    publish();
    assert_int_equal(policies.current->order, 2);
}

static void another_version_is_read_when_a_case_names_it(void **state) {
    (void)state;
    struct err err;
    write_sla("v1", false);
    open_store(&sla_spec);
    publish();
    write_memory(&memory, "sla:v2",
                 "{\"version\":\"v2\",\"policies\":[{\"name\":\"p\",\"targets\":{\"resolution\":{"
                 "\"within\":\"2h\"}}}]}",
                 &err);
    assert_string_equal(chosen("v2"), "nothing");
    memory.away = true;
    know("v2", OUTCOME_WAIT, "away");
    memory.away = false;
    know("v2", OUTCOME_DONE, NULL);
    assert_string_equal(chosen("v2"), "v2");
    const struct sla_policy *found = policies_version(&policies, "v2")->policy;
    assert_int_equal(found->row_count, 1);
    int reads = memory.reads;
    know("v2", OUTCOME_DONE, NULL);
    assert_int_equal(memory.reads, reads);
}

static void what_is_nowhere_is_refused_with_a_remedy(void **state) {
    (void)state;
    struct err err;
    write_sla("v1", false);
    open_store(&sla_spec);
    publish();
    know("v0", OUTCOME_STOP,
         "redress.policies has no sla:v0: start redress-sla once on the sla.yaml of that");
    know("v0", OUTCOME_STOP, "migrate: true");
    write_memory(&memory, "sla:v9", "{\"version\":\"v9\",\"later\":1}", &err);
    know("v9", OUTCOME_STOP, "cannot read sla:v9 of redress.policies (policies: ");
    assert_string_equal(chosen("v0"), "nothing");
    assert_string_equal(chosen("v9"), "nothing");

    write_sla("v10", true);
    reload(OUTCOME_DONE, true, NULL);
    know("v0", OUTCOME_DONE, NULL);
    know("v9", OUTCOME_DONE, NULL);
    assert_string_equal(chosen("v0"), "v10");
    assert_string_equal(chosen("v9"), "v10");
}

/* ---- Memory ---- */

/* In memory, the current one included. */
static int count_versions(void) {
    int count = 0;
    for (const struct policy_version *at = policies.current; at; at = at->older) count++;
    return count;
}

static void versions_are_bounded(void **state) {
    (void)state;
    struct err err;
    enum { VERSIONS = 100 };
    char key[32], body[200];
    write_sla("v1", false);
    open_store(&sla_spec);
    publish();
    for (int i = 0; i < VERSIONS; i++) {
        snprintf(key, sizeof key, "sla:o%d", i);
        snprintf(body, sizeof body,
                 "{\"version\":\"o%d\",\"policies\":[{\"name\":\"p\",\"targets\":{\"resolution\":{"
                 "\"within\":\"2h\"}}}]}",
                 i);
        write_memory(&memory, key, body, &err);
    }
    for (int i = 0; i < VERSIONS; i++) {
        policy_store_begin(store);
        assert_true(count_versions() <= POLICY_STORE_MAX + 1);
        know(key + 4, OUTCOME_DONE, NULL); /* one that every batch names stays */
        snprintf(body, sizeof body, "o%d", i);
        know(body, OUTCOME_DONE, NULL);
    }
    assert_int_equal(memory.reads, 2 + VERSIONS); /* publishing, and each once */
    policy_store_begin(store);
    for (int i = 0; i < VERSIONS; i++) { /* within a batch all stay that it names */
        snprintf(body, sizeof body, "o%d", i);
        know(body, OUTCOME_DONE, NULL);
    }
    for (int i = 0; i < VERSIONS; i++) {
        snprintf(body, sizeof body, "o%d", i);
        assert_string_equal(chosen(body), body);
    }
    policy_store_begin(store);
    assert_int_equal(count_versions(), POLICY_STORE_MAX + 1);
}

static void a_version_stays_while_cases_name_it(void **state) {
    (void)state;
    char version[16];
    write_sla("v0", false);
    open_store(&sla_spec);
    publish();
    for (int i = 1; i <= 20; i++) {
        snprintf(version, sizeof version, "v%d", i);
        write_sla(version, false);
        reload(OUTCOME_DONE, true, NULL);
        policy_store_begin(store);
        know("v0", OUTCOME_DONE, NULL);
        assert_true(count_versions() <= 3); /* v0, the current one, and the one before */
    }
    assert_int_equal(memory.reads, 2 + 2 * 20); /* v0 was never read */
    write_sla("v3", false);                     /* back to an earlier file */
    reload(OUTCOME_DONE, true, NULL);
    assert_string_equal(chosen(NULL), "v3");
    assert_int_equal(policies.current->order, 3);
}

/* The same policies again and again, then changed ones, then broken ones: what is on the heap stays
 * the same. */
static void reload_often(const struct worker_spec *spec, int times) {
    enum {
        SLACK = 256 * 1024
    }; /* a policy has that much and more; rounding and blocks kept by libraries have less */
    write_version(spec->policy_file, 0);
    open_store(spec);
    publish();
    reload(OUTCOME_DONE, false, NULL);
    const void *loaded = policies.current->policy;
    size_t before = heap_bytes();
    for (int i = 0; i < 2 * times; i++) reload(OUTCOME_DONE, false, NULL);
    assert_ptr_equal(policies.current->policy, loaded);
    assert_true(heap_bytes() < before + SLACK);

    for (int i = 1; i <= times + 2; i++) {
        write_version(spec->policy_file, i);
        reload(OUTCOME_DONE, true, NULL);
        policy_store_begin(store);
        if (i == 2) before = heap_bytes() - memory.bytes;
    }
    size_t after = heap_bytes() - memory.bytes;
    print_message("%s: %zu KiB on the heap, %zu KiB after %d reloads\n", spec->policy_file,
                  before / 1024, after / 1024, times);
    assert_true(after < before + SLACK);

    write_file(spec->policy_file, "version: \"broken\"\nno_such_key: 1\n");
    before = heap_bytes();
    for (int i = 0; i < 2 * times; i++) reload(OUTCOME_STOP, false, "no_such_key");
    write_version(spec->policy_file, times + 3);
    memory.away = true;
    for (int i = 0; i < times; i++) reload(OUTCOME_WAIT, false, "away");
    after = heap_bytes();
    assert_true(after < before + SLACK);
}

static void reloads_leave_nothing_behind(void **state) {
    reload_often(&sla_spec, 30);
    teardown(state), setup(state);
    reload_often(&compensation_spec, 30);
    teardown(state), setup(state);
    reload_often(&notification_spec, 30);
}

static void classification_leaves_nothing_behind(void **state) {
    (void)state;
    const char *model = REDRESS_SOURCE_DIR "/deploy/policies/classification.model";
    assert_int_equal(symlink(model, path_in(dir, "classification.model")), 0);
    reload_often(&classification_spec, 10);
    /* A new model beside the same text is a change. */
    memory.away = false;
    reload(OUTCOME_DONE, true, NULL);
    reload(OUTCOME_DONE, false, NULL);
    unlink(path_in(dir, "classification.model"));
    write_file("classification.model", "no model");
    reload(OUTCOME_STOP, false, "classification.yaml");
}

/* What a policy is made of is one: a word changed in one of its parts is another policy. */
static void a_changed_part_is_a_changed_policy(void **state) {
    (void)state;
    write_version("notification.yaml", 1);
    open_store(&notification_spec);
    publish();
    reload(OUTCOME_DONE, false, NULL);
    char *text = read_delivered("notification.en.yaml");
    char *at = strstr(text, "one person");
    assert_non_null(at);
    memcpy(at, "two people", 10);
    write_file("notification.en.yaml", text);
    free(text);
    reload(OUTCOME_STOP, false, "version v1 was used before with another body");
    write_version("notification.yaml", 2);
    reload(OUTCOME_DONE, true, NULL);
    unlink(path_in(dir, "notification.en.yaml"));
    reload(OUTCOME_STOP, false, "notification.en.yaml: No such file");
}

static void intake_has_none(void **state) {
    (void)state;
    open_store(&intake_spec);
    publish();
    reload(OUTCOME_DONE, false, NULL);
    assert_int_equal(memory.reads, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_case_has_one_version),
        TEST(two_files_do_not_hand_a_case_to_and_fro),
        TEST(a_version_is_published_once),
        TEST(a_used_version_is_refused),
        TEST(another_version_is_read_when_a_case_names_it),
        TEST(what_is_nowhere_is_refused_with_a_remedy),
        TEST(versions_are_bounded),
        TEST(a_version_stays_while_cases_name_it),
        TEST(reloads_leave_nothing_behind),
        TEST(classification_leaves_nothing_behind),
        TEST(a_changed_part_is_a_changed_policy),
        TEST(intake_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
