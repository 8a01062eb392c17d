/* clang-format off */
/* run_scenario: plays one scenario against the decisions of intake and others in virtual time, and fails on the first
 * output that was not expected, or expected and not given. One line a step; # begins a comment:
 *
 *   POLICY ... END               sla.yaml for what follows; a second one is a newer version
 *   WORKERS name ...             instead of sla these, with the delivered policies; outputs and states are those of
 *                                cohort where it is among them, else of compensation, and what notification sends
 *                                to the customer
 *   AT time                      time passes until then
 *   TIME_PASSES 1h
 *   EVENT type [@time] [#sequence] [json]
 *                                arrives now; its own time is now unless given, and @-10m is ten minutes ago. What a
 *                                complaint must have is filled in, and the case of the last complaint
 *   AGAIN                        the last event once more, as it was
 *   EXPECT type [json]           the next output, with at least this data; `rejected` for a rejection
 *   STATE json                   fields of the case's hash as Redis has them; null: absent. STATE none: the case is forgotten
 *   INDEX json                   which indexes the case stands in, and where; null: not
 *   DELIVERED                    gateways report every message to a customer so far as delivered
 *   READER role                  what notification sends to this role is looked at in place of what it sends to the customer
 *   SOMEWHERE text               stands in a state of some worker, private fields included; NOWHERE: in none
 *   VALUE dimension value        in place of the case's state that of a dimension's value from here on
 *   EACH 1..20 step THEN step    these steps for each number, which stands for $N in them
 *
 * $CASE in JSON is the last complaint's case.
 */
/* clang-format on */
#include "base/clock.h"
#include "base/ids.h"
#include "classification/classification.h"
#include "cohort/cohort.h"
#include "compensation/compensation.h"
#include "contract/contract.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "notification/notification.h"
#include "sla/sla.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 16384, OUTPUTS_MAX = 1000 };

struct seen {
    const char *type;
    const struct tree *data;
};

struct scenario {
    const char *path;
    int line;
    FILE *file;
    struct arena *arena;
    struct rehearse *rehearse;
    const struct worker_spec *spec; /* whose states are looked at */
    const struct worker_spec *specs[8];
    int spec_count;
    char dir[64];
    struct seen seen[OUTPUTS_MAX];
    int count, taken, events, checked, delivered;
    const char *reader; /* whose messages are looked at */
    bool to_reader;     /* the message at hand */
    const char *case_id;
    const char *found; /* the key of a state that holds what was looked for */
    const char *key;   /* of a dimension's value; NULL: states are the case's */
    struct event last;
    enum topic last_topic;
};

static void fail(const struct scenario *s, const char *fmt, ...) PRINTF(2, 3) NORETURN;
static void fail(const struct scenario *s, const char *fmt, ...) {
    char now[CLOCK_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s:%d: at %s: ", s->path, s->line,
            clock_format(rehearse_now(s->rehearse), now));
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    exit(1);
}

static const char *name_case(const struct scenario *s, const char *text) {
    const char *at = strstr(text, "$CASE");
    if (!at || !s->case_id) return text;
    return arena_printf(s->arena, "%.*s%s%s", (int)(at - text), text, s->case_id,
                        name_case(s, at + strlen("$CASE")));
}

static const struct tree *read_json(const struct scenario *s, const char *json) {
    const char *text = name_case(s, json);
    const struct tree *tree;
    struct err err;
    if (json_read(s->arena, text, strlen(text), NULL, &tree, &err))
        fail(s, "%s: %s", text, err.text);
    return tree;
}

static const char *as_text(const struct tree *tree) {
    static struct buf buf;
    buf_clear(&buf);
    struct json_out json = {.buf = &buf};
    json_tree(&json, tree);
    return buf.at;
}

/* What one reader is told counts: whose a delivery is stands in the
 * request before it. */
static bool is_watched(struct scenario *s, const struct worker_spec *spec,
                       const struct output *output) {
    if (spec != &notification_spec) return spec == s->spec;
    if (strcmp(output->type, "delivery.requested") == 0) return s->to_reader;
    const char *data = arena_strndup(s->arena, output->data, output->data_len);
    const char *audience = tree_text(read_json(s, data), "audience");
    s->to_reader = audience && strcmp(audience, s->reader) == 0;
    return false;
}

static void listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    struct scenario *s = context;
    (void)now_ms, (void)ev;
    if (s->count == OUTPUTS_MAX) fail(s, "more than %d outputs", OUTPUTS_MAX);
    if (rejection) {
        struct tree *data = tree_new(s->arena, TREE_MAP);
        tree_add(data, "reason", tree_new_text(s->arena, rejection->reason));
        tree_add(data, "detail",
                 tree_new_text(s->arena, arena_strdup(s->arena, rejection->detail)));
        s->seen[s->count++] = (struct seen){"rejected", data};
        return;
    }
    if (output && strcmp(output->type, "case.opened") == 0)
        s->case_id = arena_strdup(s->arena, output->subject);
    if (!output || !is_watched(s, spec, output)) return;
    const char *data = arena_strndup(s->arena, output->data, output->data_len);
    s->seen[s->count++] = (struct seen){arena_strdup(s->arena, output->type), read_json(s, data)};
}

/* Every output must have been expected before anything else happens. */
static void nothing_left(const struct scenario *s) {
    if (s->taken == s->count) return;
    const struct seen *seen = &s->seen[s->taken];
    fail(s, "not expected: %s %s", seen->type, as_text(seen->data));
}

static bool has(const struct tree *found, const struct tree *wanted) {
    if (wanted->kind == TREE_NULL) return !found || found->kind == TREE_NULL;
    if (!found || found->kind != wanted->kind) return false;
    const struct tree *other = found->first;
    switch (wanted->kind) {
    case TREE_TEXT: return strcmp(found->text, wanted->text) == 0;
    case TREE_BOOL:
    case TREE_INT: return found->num == wanted->num;
    case TREE_REAL: return found->real == wanted->real;
    case TREE_LIST:
        if (found->count != wanted->count) return false;
        for (const struct tree *at = wanted->first; at; at = at->next, other = other->next)
            if (!has(other, at)) return false;
        return true;
    case TREE_MAP:
        for (const struct tree *at = wanted->first; at; at = at->next)
            if (!has(tree_get(found, at->key), at)) return false;
        return true;
    default: return true;
    }
}

static void expect(struct scenario *s, const char *type, const char *json) {
    if (s->taken == s->count) fail(s, "expected %s %s, but nothing came", type, json);
    const struct seen *seen = &s->seen[s->taken];
    if (strcmp(seen->type, type) != 0 || (*json && !has(seen->data, read_json(s, json))))
        fail(s, "expected %s %s, but %s %s came", type, json, seen->type, as_text(seen->data));
    s->taken++;
    s->checked++;
}

/* Events. */

static void fill(struct scenario *s, struct tree *data, const char *key, const char *json) {
    if (!tree_get(data, key)) {
        struct tree *copy = arena_memdup(s->arena, read_json(s, json), sizeof *copy);
        copy->next = NULL;
        tree_add(data, key, copy);
    }
}

static int64_t read_time(const struct scenario *s, const char *text) {
    int64_t ms;
    if (*text == '-' && fields_parse_duration(text + 1, &ms) == 0)
        return rehearse_now(s->rehearse) - ms;
    if (*text == '+' && fields_parse_duration(text + 1, &ms) == 0)
        return rehearse_now(s->rehearse) + ms;
    if (clock_parse(text, &ms)) fail(s, "%s: expected a time", text);
    return ms;
}

static void complete(struct scenario *s, const struct contract_type *type, struct tree *data) {
    if (type->topic == TOPIC_COMPLAINTS) {
        fill(s, data, "channel", "\"app\"");
        fill(s, data, "customer", "{\"id\":\"u1\",\"tier\":\"regular\"}");
        fill(s, data, "text", "\"the parcel is broken\"");
        return;
    }
    if (!type->names_case || tree_get(data, "order_id")) return;
    if (!tree_get(data, "case_id"))
        tree_add(data, "case_id", tree_new_text(s->arena, s->case_id ? s->case_id : "none"));
    fill(s, data, "by", "\"agent-1\"");
    if (strcmp(type->name, "case.classified") != 0) return;
    fill(s, data, "severity", "\"P3\"");
    fill(s, data, "confidence", "0.9");
    fill(s, data, "reasons", "[]");
    fill(s, data, "rules_version", "\"test\"");
}

static void publish(struct scenario *s) {
    rehearse_publish_event(s->rehearse, s->last_topic, &s->last, rehearse_now(s->rehearse));
}

static void send(struct scenario *s, char *rest) {
    nothing_left(s);
    const char *name = arena_strdup(s->arena, strsep(&rest, " "));
    const struct contract_type *type = contract_find(name);
    if (!type) fail(s, "%s: no such type", name);
    struct event ev = {.id = arena_printf(s->arena, "e%d", ++s->events),
                       .source = "/scenario",
                       .type = name,
                       .time_ms = rehearse_now(s->rehearse),
                       .sequence = EVENT_NO_SEQUENCE};
    while (rest && (*rest == '@' || *rest == '#')) {
        const char *word = strsep(&rest, " ");
        if (*word == '@') ev.time_ms = read_time(s, word + 1);
        if (*word == '#') ev.sequence = atoi(word + 1);
    }
    struct tree *data = (struct tree *)read_json(s, rest && *rest ? rest : "{}");
    complete(s, type, data);
    ev.data = data;
    if (type->topic == TOPIC_EVENTS) ev.subject = tree_text(data, "case_id");
    s->last = ev;
    s->last_topic = type->topic;
    publish(s);
}

static void report(struct scenario *s, const struct tree *message) {
    static const char *const about[] = {"notification_id", "order_id", "cohort_id", "tenant"};
    struct tree *data = tree_new(s->arena, TREE_MAP);
    const char *id = tree_text(message, "notification_id");
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        const char *text = tree_text(message, about[i]);
        if (text) tree_add(data, about[i], tree_new_text(s->arena, text));
    }
    if (!tree_get(message, "order_id"))
        tree_add(data, "case_id",
                 tree_new_text(s->arena, arena_strndup(s->arena, id, IDS_CASE_LEN)));
    s->last = (struct event){.id = arena_printf(s->arena, "e%d", ++s->events),
                             .source = "/scenario",
                             .type = "delivery.done",
                             .time_ms = rehearse_now(s->rehearse),
                             .sequence = EVENT_NO_SEQUENCE,
                             .data = data};
    s->last_topic = TOPIC_ACTIVITY;
    publish(s);
}

static void report_all(struct scenario *s) {
    nothing_left(s);
    for (; s->delivered < s->taken; s->delivered++)
        if (strcmp(s->seen[s->delivered].type, "delivery.requested") == 0)
            report(s, s->seen[s->delivered].data);
}

/* The policy. */

static void read_policy(struct scenario *s, bool first) {
    char line[LINE_SIZE];
    char path[128];
    snprintf(path, sizeof path, "%s/sla.yaml", s->dir);
    FILE *to = fopen(path, "w");
    if (!to) fail(s, "%s: cannot be written", path);
    while (fgets(line, sizeof line, s->file) && strcmp(line, "END\n") != 0) {
        s->line++;
        fputs(line, to);
    }
    s->line++;
    fclose(to);
    struct buf errors = {0};
    int bad = first ? rehearse_add(s->rehearse, &sla_spec, s->dir, &errors)
                    : rehearse_reload(s->rehearse, &sla_spec, s->dir, &errors);
    unlink(path);
    if (bad) fail(s, "%s", errors.at);
    if (first) s->specs[s->spec_count++] = &sla_spec;
}

static void add_workers(struct scenario *s, char *names) {
    static const struct worker_spec *const specs[] = {
        &classification_spec, &sla_spec, &compensation_spec, &notification_spec, &cohort_spec};
    struct buf errors = {0};
    s->spec = &compensation_spec;
    for (const char *name; (name = strsep(&names, " "));) {
        const struct worker_spec *spec = NULL;
        for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
            if (strcmp(specs[i]->name, name) == 0) spec = specs[i];
        if (!spec) fail(s, "%s: no such worker", name);
        if (rehearse_add(s->rehearse, spec, "deploy/policies", &errors)) fail(s, "%s", errors.at);
        if (spec == &cohort_spec) s->spec = spec;
        s->specs[s->spec_count++] = spec;
    }
}

static void watch_value(struct scenario *s, char *rest) {
    const char *dimension = strsep(&rest, " ");
    if (!rest) fail(s, "expected VALUE dimension value");
    s->key = arena_printf(s->arena, "default\x1f%s\x1f%s", dimension, rest);
}

/* What Redis would hold. */

static struct tree *hash_of(struct scenario *s, const void *state) {
    struct tree *tree = tree_new(s->arena, TREE_MAP);
    struct pairs pairs;
    fields_flatten(s->spec->state, state, s->arena, &pairs, NULL);
    for (int i = 0; i < pairs.count; i++)
        tree_add(tree, pairs.at[i].name, tree_new_text(s->arena, pairs.at[i].value));
    return tree;
}

/* Hashes hold times in ms; scenarios write them as times. */
static struct tree *in_ms(struct scenario *s, const struct tree *wanted) {
    struct tree *tree = tree_new(s->arena, TREE_MAP);
    for (const struct tree *at = wanted->first; at; at = at->next) {
        int64_t ms;
        struct tree *copy = arena_memdup(s->arena, at, sizeof *copy);
        if (at->kind == TREE_TEXT && clock_parse(at->text, &ms) == 0)
            copy = tree_new_text(s->arena, arena_printf(s->arena, "%lld", (long long)ms));
        copy->next = NULL;
        tree_add(tree, at->key, copy);
    }
    return tree;
}

static void check_state(struct scenario *s, const char *json, bool index) {
    const char *key = s->key ? s->key : s->case_id;
    const void *state = key ? rehearse_state(s->rehearse, s->spec, key) : NULL;
    s->checked++;
    if (strcmp(json, "none") == 0) {
        if (state) fail(s, "the case is still there");
        return;
    }
    if (!state) fail(s, "there is no case");
    struct tree *found = index ? tree_new(s->arena, TREE_MAP) : hash_of(s, state);
    struct marks marks;
    fields_indexes(s->spec->state, state, s->arena, &marks);
    for (int i = 0; index && i < marks.count; i++)
        tree_add(
            found, marks.at[i].name,
            tree_new_text(s->arena, arena_printf(s->arena, "%lld", (long long)marks.at[i].ms)));
    const struct tree *wanted = in_ms(s, read_json(s, json));
    for (const struct tree *at = wanted->first; at; at = at->next) {
        const struct tree *value = tree_get(found, at->key);
        if (!has(value, at))
            fail(s, "%s: expected %s, found %s", at->key, as_text(at),
                 value ? value->text : "nothing");
    }
}

/* A view can be made anew from what stands in the changelog. */

struct reading {
    struct scenario *s;
    const struct worker_spec *spec;
    const char *text; /* that is looked for; NULL: none */
};

/* As the workers read them (shard_replay.c): what an event may have is too little for a carrier's
 * orders. */
static const struct json_limits state_limits = {.bytes = 4 << 20, .depth = 32, .values = 1 << 20};

static void check_one(void *context, const char *key, const void *state) {
    const struct reading *reading = context;
    struct scenario *s = reading->s;
    const struct table *table = reading->spec->state;
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    struct buf buf = {0};
    const struct tree *tree;
    struct err err;
    struct json_out json = {.buf = &buf};
    fields_encode(table, state, &json);
    if (reading->text && strstr(buf.at, reading->text)) s->found = arena_strdup(s->arena, key);
    if (json_read(arena, buf.at, buf.len, &state_limits, &tree, &err) != JSON_OK)
        fail(s, "%s of %s: %s", key, reading->spec->name, err.text);
    if (fields_decode(table, tree, FIELDS_STATE, arena, arena_alloc(arena, table->size), &faults))
        fail(s, "%s of %s cannot be read again: %s: %s", key, reading->spec->name,
             faults.at[0].path, faults.at[0].text);
    buf_free(&buf);
    arena_free(arena);
}

static void check_changelogs(struct scenario *s, const char *text) {
    s->found = NULL;
    for (int i = 0; i < s->spec_count; i++) {
        struct reading reading = {s, s->specs[i], text};
        if (s->specs[i]->kind == WORKER_KEYED)
            rehearse_states(s->rehearse, s->specs[i], check_one, &reading);
    }
}

static void look_for(struct scenario *s, const char *text, bool wanted) {
    s->checked++;
    check_changelogs(s, text);
    if (wanted && !s->found) fail(s, "%s stands in no state", text);
    if (!wanted && s->found) fail(s, "%s stands in the state of %s", text, s->found);
}

/* Lines. */

static void take_line(struct scenario *s, char *line, bool *have_policy);

static const char *name_number(const struct scenario *s, const char *text, int number) {
    const char *at = strstr(text, "$N");
    if (!at) return text;
    return arena_printf(s->arena, "%.*s%d%s", (int)(at - text), text, number,
                        name_number(s, at + strlen("$N"), number));
}

static void take_each(struct scenario *s, const char *rest, bool *have_policy) {
    static const char then[] = " THEN ";
    int from, to, len = 0;
    if (sscanf(rest, "%d..%d %n", &from, &to, &len) != 2 || !len)
        fail(s, "expected EACH from..to step");
    for (int n = from; n <= to; n++) {
        char *steps = arena_strdup(s->arena, name_number(s, rest + len, n));
        for (char *next; steps; steps = next) {
            next = strstr(steps, then);
            if (next) *next = 0;
            if (next) next += strlen(then);
            take_line(s, steps, have_policy);
        }
    }
}

static void take_line(struct scenario *s, char *line, bool *have_policy) {
    char *rest = line;
    const char *word = strsep(&rest, " ");
    if (!rest) rest = line + strlen(line);
    if (strcmp(word, "POLICY") == 0) {
        read_policy(s, !*have_policy);
        *have_policy = true;
    } else if (strcmp(word, "WORKERS") == 0) {
        add_workers(s, rest);
    } else if (strcmp(word, "EACH") == 0) {
        take_each(s, rest, have_policy);
    } else if (strcmp(word, "SOMEWHERE") == 0 || strcmp(word, "NOWHERE") == 0) {
        look_for(s, rest, *word == 'S');
    } else if (strcmp(word, "READER") == 0) {
        s->reader = arena_strdup(s->arena, rest);
    } else if (strcmp(word, "VALUE") == 0) {
        watch_value(s, rest);
    } else if (strcmp(word, "AT") == 0) {
        nothing_left(s);
        rehearse_advance(s->rehearse, read_time(s, rest));
    } else if (strcmp(word, "TIME_PASSES") == 0) {
        int64_t ms;
        nothing_left(s);
        if (fields_parse_duration(rest, &ms)) fail(s, "%s: expected a duration", rest);
        rehearse_advance(s->rehearse, rehearse_now(s->rehearse) + ms);
    } else if (strcmp(word, "EVENT") == 0) {
        send(s, rest);
    } else if (strcmp(word, "DELIVERED") == 0) {
        report_all(s);
    } else if (strcmp(word, "AGAIN") == 0) {
        nothing_left(s);
        publish(s);
    } else if (strcmp(word, "EXPECT") == 0) {
        const char *type = strsep(&rest, " ");
        expect(s, type, rest ? rest : "");
    } else if (strcmp(word, "STATE") == 0 || strcmp(word, "INDEX") == 0) {
        check_state(s, rest, *word == 'I');
    } else {
        fail(s, "%s: no such step", word);
    }
    check_changelogs(s, NULL);
}

int main(int argc, char **argv) {
    static struct scenario s;
    if (argc != 2) return 64;
    s = (struct scenario){.path = argv[1],
                          .file = fopen(argv[1], "r"),
                          .arena = arena_new(),
                          .spec = &sla_spec,
                          .reader = "customer",
                          .dir = "/tmp/scenario-XXXXXX"};
    struct buf errors = {0};
    s.rehearse = rehearse_new(listen, &s);
    if (!s.file || !mkdtemp(s.dir) || rehearse_add(s.rehearse, &intake_spec, s.dir, &errors))
        fail(&s, "cannot begin");
    rehearse_advance(s.rehearse, 0);
    char line[LINE_SIZE];
    bool have_policy = false;
    while (fgets(line, sizeof line, s.file)) {
        s.line++;
        line[strcspn(line, "\n")] = 0;
        size_t len = strlen(line);
        while (len && line[len - 1] == ' ') line[--len] = 0;
        if (*line && *line != '#') take_line(&s, line, &have_policy);
    }
    nothing_left(&s);
    fclose(s.file);
    rmdir(s.dir);
    printf("%s: %d expectations\n", argv[1], s.checked);
    rehearse_free(s.rehearse);
    arena_free(s.arena);
    return s.checked ? 0 : 1;
}
