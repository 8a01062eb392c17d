/* redressctl classify: what classification would say of texts, without Kafka. */
#include "base/file.h"
#include "classification/classification.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 30 };

/* One line of input: a text with what is known beside it; an order needs no more than the fact of
 * interest. */
struct line {
    const struct tree *id;
    struct complaint complaint;
};

static const struct field order_fields[] = {
    {FIELD(order, status), .type = FIELD_CHOICE, .choices = contract_order_statuses,
     .doc = "The order's status."},
    {FIELD(order, amount), .type = FIELD_MONEY, .doc = "Its amount."},
    {FIELD(order, custom), .type = FIELD_BOOL, .doc = "Made to measure."},
    {FIELD(order, perishable), .type = FIELD_BOOL, .doc = "Perishable."},
    FIELDS_END};
static const struct table order_table = {
    .name = "order", .size = sizeof(struct order), .fields = order_fields};

static const struct field customer_fields[] = {{FIELD(customer, tier), .type = FIELD_CHOICE,
                                                .choices = contract_tiers,
                                                .doc = "The customer's tier."},
                                               FIELDS_END};
static const struct table customer_table = {
    .name = "customer", .size = sizeof(struct customer), .fields = customer_fields};

#define LINE_FIELD(member) .name = #member, .offset = offsetof(struct line, complaint.member)
static const struct field line_fields[] = {
    {FIELD(line, id), .type = FIELD_TREE, .doc = "Comes back with the result."},
    {LINE_FIELD(text), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .doc = "The customer's words."},
    {LINE_FIELD(order), .type = FIELD_PART, .of = &order_table, .doc = "Facts of the order."},
    {LINE_FIELD(customer), .type = FIELD_PART, .of = &customer_table,
     .doc = "Facts of the customer."},
    {LINE_FIELD(evidence), .type = FIELD_PARTS, .of = &contract_evidence,
     .doc = "Photographs and other proof."},
    {LINE_FIELD(repeats), .type = FIELD_INT, .doc = "Which repeat this is."},
    FIELDS_END};
static const struct table line_table = {
    .name = "line", .size = sizeof(struct line), .fields = line_fields};

static void write_texts(struct json_out *out, const char *key, const struct texts *texts) {
    json_key(out, key);
    json_begin_list(out);
    for (int i = 0; i < texts->count; i++) json_text(out, texts->at[i]);
    json_end_list(out);
}

static void write_reasons(struct json_out *out, const struct parts *reasons) {
    const struct reason *at = reasons->at;

    json_key(out, "reasons");
    json_begin_list(out);
    for (int i = 0; i < reasons->count; i++) {
        json_begin_map(out);
        json_key(out, "rule");
        json_text(out, at[i].rule);
        json_key(out, "text");
        json_text(out, at[i].text);
        json_end_map(out);
    }
    json_end_list(out);
}

/* The text with each piece of evidence between 【 and 】 and the rule's name behind it. */
static void write_marked(struct json_out *out, const char *text, const struct verdict *verdict) {
    struct buf marked = {0};

    for (size_t i = 0; i <= strlen(text); i++) {
        for (int n = 0; n < verdict->place_count; n++) {
            const struct evidence_place *place = &verdict->places[n];
            if (place->to > place->from && place->to == i)
                buf_printf(&marked, "】(%s)", place->rule);
        }
        for (int n = 0; n < verdict->place_count; n++) {
            const struct evidence_place *place = &verdict->places[n];
            if (place->to > place->from && place->from == i) buf_puts(&marked, "【");
        }
        if (text[i] != '\0') buf_add(&marked, text + i, 1);
    }
    json_key(out, "marked");
    json_text(out, marked.at);
    buf_free(&marked);
}

static void write_result(const struct line *line, const struct verdict *verdict, bool explain,
                         struct buf *to) {
    struct json_out out = {to, false};
    const struct classified *classified = &verdict->classified;

    json_begin_map(&out);
    if (line->id != NULL) {
        json_key(&out, "id");
        json_tree(&out, line->id);
    }
    json_key(&out, "class");
    json_text(&out, classified->class_name);
    write_texts(&out, "others", &classified->others);
    json_key(&out, "severity");
    json_text(&out, fields_choice_name(contract_severities, classified->severity));
    write_texts(&out, "flags", &classified->flags);
    json_key(&out, "confidence");
    json_real(&out, classified->confidence);
    write_reasons(&out, &classified->reasons);
    if (explain) write_marked(&out, line->complaint.text, verdict);
    json_end_map(&out);
}

/* Returns 0, or -1 when the line is none; says why. */
static int classify_line(const struct policy *policy, const struct file_line *from, bool explain,
                         struct arena *arena) {
    struct faults faults = {.arena = arena};
    struct line line = {0};
    struct verdict verdict;
    const struct tree *tree;
    struct err err;
    struct buf out = {0};
    enum json_fault fault = json_read(arena, from->at, from->len, NULL, &tree, &err);

    if (fault != JSON_OK) {
        ctl_error("classify", "line %" PRId64 ": %s: %s", from->number, json_fault_name(fault),
                  err.text);
        return -1;
    }
    if (fields_decode(&line_table, tree, FIELDS_EVENT, arena, &line, &faults) != 0) {
        ctl_error("classify", "line %" PRId64 ": %s: %s", from->number, faults.at[0].path,
                  faults.at[0].text);
        return -1;
    }
    classification_classify(policy, &line.complaint, true, arena, &verdict);
    write_result(&line, &verdict, explain, &out);
    ctl_json(out.at, out.len);
    buf_free(&out);

    return 0;
}

static int classify_file(const struct policy *policy, const char *path, bool explain,
                         struct arena *arena) {
    struct arena *work = arena_new();
    const char *bytes;
    size_t len;
    struct err err;
    struct file_line line = {0};
    int bad = 0;

    if (file_read(arena, path, FILE_MAX, &bytes, &len, &err) != 0) {
        ctl_error("classify", "%s", err.text);
        arena_free(work);
        return EXIT_CANNOT_GO_ON;
    }
    for (const char *at = bytes; file_next_line(&at, bytes + len, &line);) {
        if (classify_line(policy, &line, explain, work) != 0) bad++;
        arena_reset(work);
    }
    arena_free(work);
    if (bad > 0)
        ctl_error("classify", "%d of %" PRId64 " lines could not be read", bad, line.number);
    if (bad > 0) return EXIT_CANNOT_GO_ON;
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    const char *dir = NULL;
    const char *path = NULL;
    bool explain = false;
    bool bad = false;
    int status = EXIT_BAD_CONFIG;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--explain") == 0) {
            explain = true;
        } else if (strcmp(argv[i], "--json") == 0) {
            continue; /* as it is */
        } else if (strcmp(argv[i], "--policies") == 0 && i + 1 < argc) {
            dir = argv[++i];
        } else if (path != NULL || (argv[i][0] == '-' && argv[i][1] != '\0')) {
            bad = true;
        } else {
            path = argv[i];
        }
    }
    if (bad || path == NULL) {
        return commands_usage(&ctl_classify);
    }
    struct arena *arena = arena_new();
    const struct policy *policy = ctl_policy_load(&classification_spec, dir, arena);
    if (policy != NULL) status = classify_file(policy, path, explain, arena);
    arena_free(arena);

    return status;
}

const struct command ctl_classify = {
    .name = "classify",
    .usage = "classify [--policies DIR] [--explain] [--json] FILE",
    .about = "say what texts are about, how severe, and why",
    .help = help_classify,
    .options = "--policies --explain --json",
    .run = run,
    .offline = true,
};
