/* redressctl notify: messages as they would go out, without sending one. */
#include "base/clock.h"
#include "base/file.h"
#include "data/json.h"
#include "notification/preview.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_policy.h"

#include <string.h>

enum {
    FILE_MAX = 16 << 20 /* a case has hundreds of events, of a kilobyte mostly */
};

struct request {
    struct arena *arena;
    const char *path, *text, *locale, *dir;
    int channel; /* 0: the complaint's */
    int64_t at_ms;
    struct event *events;
    int count;
};

static int usage(void) {
    return commands_usage(&ctl_notify);
}

static int fail(const char *fmt, ...) PRINTF(1, 2);
static int fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain("notify", fmt, args);
    va_end(args);
    return EXIT_CANNOT_GO_ON;
}

/* ---- Events ---- */

/* A CloudEvent as JSON, or a line of `redressctl events --json`: both have these members. */
static int take_line(struct request *request, const char *bytes, size_t len, int number) {
    const struct tree *tree;
    struct err err;
    enum json_fault fault = json_read(request->arena, bytes, len, NULL, &tree, &err);

    if (fault != JSON_OK)
        return fail("%s: line %d: %s: %s", request->path, number, json_fault_name(fault), err.text);
    struct event ev = {.id = tree_text(tree, "id"),
                       .source = tree_text(tree, "source"),
                       .type = tree_text(tree, "type"),
                       .subject = tree_text(tree, "subject"),
                       .sequence = EVENT_NO_SEQUENCE,
                       .data = tree_get(tree, "data")};
    const char *time = tree_text(tree, "time");
    if (!ev.subject) ev.subject = tree_text(ev.data, "case_id");
    if (!ev.id || !ev.source || !ev.type || !ev.subject || !ev.data || !time ||
        clock_parse(time, &ev.time_ms))
        return fail("%s: line %d: expected an event of a case: id, source, type, time, subject, "
                    "data",
                    request->path, number);
    *ARENA_ADD(request->arena, request->events, request->count) = ev;

    return EXIT_OK;
}

static int read_events(struct request *request) {
    const char *bytes;
    size_t len;
    struct err err;
    int number = 0;

    if (file_read(request->arena, request->path, FILE_MAX, &bytes, &len, &err) != 0)
        return fail("%s", err.text);
    for (const char *at = bytes; at < bytes + len;) {
        size_t line = strcspn(at, "\n");
        number++;
        if (line > 0) {
            int status = take_line(request, at, line, number);
            if (status) return status;
        }
        at += line + 1;
    }
    if (request->count) return EXIT_OK;
    return fail("%s: no events", request->path);
}

/* ---- Writing ---- */

static void put_text(struct json_out *out, const char *key, const char *text) {
    if (!text) return;
    json_key(out, key);
    json_text(out, text);
}

static void put_sentences(struct json_out *out, const struct preview *preview) {
    const struct preview_sentence *sentences = preview->sentences.at;

    json_key(out, "sentences");
    json_begin_list(out);
    for (int i = 0; i < preview->sentences.count; i++) {
        json_begin_map(out);
        put_text(out, "part", sentences[i].part);
        json_key(out, "number");
        json_int(out, sentences[i].index + 1);
        json_key(out, "said");
        json_bool(out, !sentences[i].lacks);
        put_text(out, "lacks", sentences[i].lacks);
        json_end_map(out);
    }
    json_end_list(out);
}

static void write_one(const struct request *request, const struct preview *preview) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_begin_map(&out);
    put_text(&out, "template", request->text);
    put_text(&out, "locale", preview->locale);
    put_text(&out, "channel", fields_choice_name(contract_channels, preview->channel));
    json_key(&out, "said");
    json_bool(&out, preview->said);
    put_text(&out, "subject", preview->words.subject);
    put_text(&out, "body", preview->words.body);
    json_key(&out, "characters");
    json_int(&out, preview->characters);
    json_key(&out, "sms_parts");
    json_int(&out, preview->sms_parts);
    json_key(&out, "facts");
    json_begin_list(&out);
    for (int i = 0; i < preview->facts.count; i++) json_text(&out, preview->facts.at[i]);
    json_end_list(&out);
    put_sentences(&out, preview);
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int write_all(struct request *request) {
    struct policy_version version = {.version = "preview"};
    struct policies policies = {.current = &version};
    struct preview *previews;
    struct err err;
    int count;
    int written = 0;

    version.policy = ctl_policy_load(&notification_spec, request->dir, request->arena);
    if (!version.policy) return EXIT_BAD_CONFIG;
    struct preview_request wanted = {.policies = &policies,
                                     .events = request->events,
                                     .count = request->count,
                                     .text = request->text,
                                     .channel = request->channel,
                                     .now_ms = request->at_ms};
    if (preview_make(&wanted, request->arena, &previews, &count, &err) < 0)
        return fail("%s", err.text);
    for (int i = 0; i < count; i++) {
        if (request->locale && strcmp(previews[i].locale, request->locale) != 0) continue;
        write_one(request, &previews[i]);
        written++;
    }
    if (written) return EXIT_OK;
    return fail("--locale %s: no language file is of it", request->locale);
}

/* ---- The command ---- */

static int read_option(struct request *request, const char *name, const char *value) {
    if (strcmp(name, "--template") == 0) {
        request->text = value;
    } else if (strcmp(name, "--locale") == 0) {
        request->locale = value;
    } else if (strcmp(name, "--policies") == 0) {
        request->dir = value;
    } else if (strcmp(name, "--channel") == 0) {
        request->channel = fields_choice_value(contract_channels, value);
        if (request->channel) return EXIT_OK;
        fail("--channel %s: expected im, app, web, email, phone, sms or social", value);
        return EXIT_BAD_USAGE;
    } else if (strcmp(name, "--at") == 0) {
        if (clock_parse(value, &request->at_ms) == 0) return EXIT_OK;
        fail("--at %s: expected a time such as 2026-11-30T00:00:00Z", value);
        return EXIT_BAD_USAGE;
    } else {
        return usage();
    }
    return EXIT_OK;
}

static int read_arguments(struct request *request, int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "preview") != 0) return usage();

    for (int i = 2; i < argc; i++) {
        bool is_option = argv[i][0] == '-' && argv[i][1];
        if (strcmp(argv[i], "--json") == 0) continue; /* as it is */
        if (is_option && i + 1 < argc) {
            int status = read_option(request, argv[i], argv[i + 1]);
            if (status) return status;
            i++;
        } else if (!is_option && !request->path) {
            request->path = argv[i];
        } else {
            return usage();
        }
    }
    if (request->path && request->text) return EXIT_OK;
    return usage();
}

static int run(int argc, char **argv) {
    struct request request = {.arena = arena_new()};
    int status = read_arguments(&request, argc, argv);

    if (!status) status = read_events(&request);
    if (!status) status = write_all(&request);
    arena_free(request.arena);

    return status;
}

const struct command ctl_notify = {
    .name = "notify",
    .usage = "notify preview EVENT --template X [--locale L] [--channel C] [--at TIME] "
             "[--policies DIR] [--json]",
    .about = "show a message as it would go out",
    .help = help_notify,
    .options = "preview --template --locale --channel --at --policies --json",
    .run = run,
    .offline = true,
};
