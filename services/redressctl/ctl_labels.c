/* redressctl labels: what agents corrected, as labels to train on. */
#include "ctl_labels.h"
#include "commands.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case's first words and the last class that a person gave it. */
struct labelled {
    const char *case_id, *text, *class_name;
};

struct cases {
    struct arena *arena;
    struct labelled *at;
    int count, size;
    int *slots; /* open addressing: index + 1 by case id */
    int slot_count;
};

enum { EVENT_BYTES_MAX = 1 << 20 }; /* a line of the case log: a submission of 64 KiB, escaped */

static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *text != '\0'; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

static void grow(struct cases *cases) {
    int size = cases->size == 0 ? 1024 : cases->size * 2;
    cases->at =
        arena_grow(cases->arena, cases->at, (size_t)cases->size * sizeof *cases->at, (size_t)size * sizeof *cases->at);
    cases->size = size;
    cases->slot_count = size * 2;
    cases->slots = arena_alloc(cases->arena, (size_t)cases->slot_count * sizeof *cases->slots);
    for (int i = 0; i < cases->count; i++) {
        uint32_t at = hash_of(cases->at[i].case_id) & (uint32_t)(cases->slot_count - 1);
        while (cases->slots[at] != 0) at = (at + 1) & (uint32_t)(cases->slot_count - 1);
        cases->slots[at] = i + 1;
    }
}

static struct labelled *find(struct cases *cases, const char *case_id) {
    if (cases->count == cases->size) grow(cases);
    uint32_t at = hash_of(case_id) & (uint32_t)(cases->slot_count - 1);
    for (; cases->slots[at] != 0; at = (at + 1) & (uint32_t)(cases->slot_count - 1)) {
        if (strcmp(cases->at[cases->slots[at] - 1].case_id, case_id) == 0) return &cases->at[cases->slots[at] - 1];
    }
    cases->slots[at] = ++cases->count;
    cases->at[cases->count - 1].case_id = arena_strdup(cases->arena, case_id);
    return &cases->at[cases->count - 1];
}

/* Returns 0, also for events of other types, or -1. */
static int read_event(struct cases *cases, const char *line, size_t len, struct arena *work, struct err *err) {
    const struct json_limits limits = {EVENT_BYTES_MAX, 18, 8192}; /* a submission's limits within an envelope */
    const struct tree *event;
    if (json_read(work, line, len, &limits, &event, err) != JSON_OK) return -1;
    const struct tree *data = tree_get(event, "data");
    const char *type = tree_text(event, "type"), *case_id = tree_text(data, "case_id");
    if (type == NULL || data == NULL) return err_set(err, "expected an event with type and data");
    bool opened = strcmp(type, "case.opened") == 0, corrected = strcmp(type, "case.reclassified") == 0;
    if (!opened && !corrected) return 0;
    if (case_id == NULL) return err_set(err, "%s without case_id", type);
    struct labelled *labelled = find(cases, case_id);
    const char *text = tree_text(data, "text"), *class_name = tree_text(data, "class");
    if (opened && text != NULL && labelled->text == NULL) labelled->text = arena_strdup(cases->arena, text);
    if (corrected && class_name != NULL) labelled->class_name = arena_strdup(cases->arena, class_name);
    return 0;
}

static int write_labels(const struct cases *cases) {
    int written = 0;
    for (int i = 0; i < cases->count; i++) {
        const struct labelled *at = &cases->at[i];
        struct buf line = {0};
        struct json_out out = {&line, false};
        if (at->text == NULL || at->class_name == NULL) continue;
        json_begin_map(&out);
        json_key(&out, "case_id");
        json_text(&out, at->case_id);
        json_key(&out, "text");
        json_text(&out, at->text);
        json_key(&out, "class");
        json_text(&out, at->class_name);
        json_end_map(&out);
        buf_puts(&line, "\n");
        fwrite(line.at, 1, line.len, stdout);
        buf_free(&line);
        written++;
    }
    return written;
}

static int collect(const char *path, struct cases *cases) {
    struct arena *work = arena_new();
    const char *bytes;
    size_t len;
    struct err err;
    int bad = 0, number = 0;
    if (file_read(cases->arena, path, CTL_LABELS_FILE_MAX, &bytes, &len, &err) != 0) {
        fprintf(stderr, "redressctl: %s\n", err.text);
        arena_free(work);
        return EXIT_CANNOT_GO_ON;
    }
    for (const char *at = bytes, *end; at < bytes + len; at = end + 1) {
        end = memchr(at, '\n', (size_t)(bytes + len - at));
        if (end == NULL) end = bytes + len;
        number++;
        if (end > at && read_event(cases, at, (size_t)(end - at), work, &err) != 0) {
            fprintf(stderr, "redressctl: %s:%d: %s\n", path, number, err.text);
            bad++;
        }
        arena_reset(work);
    }
    arena_free(work);
    return bad > 0 ? EXIT_CANNOT_GO_ON : EXIT_OK;
}

static int run(int argc, char **argv) {
    struct cases cases = {0};
    if (argc != 2 || (argv[1][0] == '-' && argv[1][1] != '\0')) {
        fprintf(stderr, "usage: redressctl %s\n", ctl_labels.usage);
        return EXIT_BAD_USAGE;
    }
    cases.arena = arena_new();
    int status = collect(argv[1], &cases);
    if (status == EXIT_OK || cases.count > 0) fprintf(stderr, "%d labels\n", write_labels(&cases));
    arena_free(cases.arena);
    return status;
}

const struct command ctl_labels = {
    .name = "labels",
    .usage = "labels EVENTS",
    .about = "collect agents' corrections as labels to train on",
    .help =
        "Reads the case log as JSON lines, one structured CloudEvent a line (- is standard input), and writes a line\n"
        "{case_id, text, class} for every case that a person reclassified: the text it was opened with and the class "
        "given last.\n"
        "`redressctl train` reads them.\n"
        "\n"
        "EXAMPLES\n"
        "  redressctl events --json > events.jsonl\n"
        "  redressctl labels events.jsonl > labels.jsonl\n"
        "\n"
        "EXIT STATUS\n"
        "  0   written\n"
        "  64  usage\n"
        "  70  EVENTS or some of its lines cannot be read\n",
    .options = "",
    .run = run,
    .offline = true,
};
