/* redressctl sla explain: from the events of a file, played in memory, or from the case as Redis
 * has it. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "classification/classification.h"
#include "contract/contract.h"
#include "decision/policies.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "redressctl/cases/ctl_view.h"
#include "redressctl/ctl.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/ctl_sla.h"
#include "runtime/policy_store.h"
#include "sla/sla.h"
#include "sla/sla_explain.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
    const char *dir, *events, *case_id;
    int64_t until_ms;
    bool json;
    struct arena *arena;
};

/* "2026-11-01T09:00:00Z  2026-11-01T10:00:00Z  counted" */
static void print_span(const struct tree *span) {
    const struct tree *counted = tree_get(span, "counted");
    ctl_line("    %-24s  %-24s  %s", tree_text(span, "from"), tree_text(span, "to"),
             counted && counted->num ? "counted" : tree_text(span, "why"));
}

static void print_named(const struct tree *deadline, const char *key, const char *label) {
    const struct tree *found = tree_get(deadline, key);
    if (found && found->kind == TREE_TEXT) ctl_line("  %-10s %s", label, found->text);
    if (found && found->kind == TREE_INT) ctl_line("  %-10s %lld s", label, (long long)found->num);
}

/* A deadline as people read it. */
static void print_deadline(const struct tree *deadline) {
    ctl_line("%s, cycle %s: %s", tree_text(deadline, "target"), tree_text(deadline, "cycle"),
             tree_text(deadline, "state"));
    static const char *const rows[][2] = {{"policy", "policy"},
                                          {"policy_version", "version"},
                                          {"within", "within"},
                                          {"calendar", "calendar"},
                                          {"set_by", "set by"},
                                          {"due_at", "due"},
                                          {"met_at", "met"},
                                          {"breached_at", "noticed"},
                                          {"cause", "because"},
                                          {"late_seconds", "late by"},
                                          {"late_working_seconds", "  working"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_named(deadline, rows[i][0], rows[i][1]);
    const struct tree *spans = tree_get(deadline, "spans");
    for (const struct tree *span = spans ? spans->first : NULL; span; span = span->next)
        print_span(span);
    if (tree_get(deadline, "more")) ctl_line("    and more");
}

static int print_all(const struct request *request, const struct sla_state *state,
                     const struct sla_policy *policy, int64_t now_ms) {
    struct buf lines = {0};

    sla_explain_case(state, policy, now_ms, request->arena, &lines);
    for (char *at = lines.at, *line; at && *(line = at);) {
        at = strchr(line, '\n') + 1;
        if (request->json) {
            ctl_json(line, (size_t)(at - line) - 1);
            continue;
        }
        const struct tree *tree;
        if (json_read(request->arena, line, (size_t)(at - line), NULL, &tree, NULL) == JSON_OK)
            print_deadline(tree);
    }
    if (!lines.len) ctl_note("redressctl sla: the case has no deadlines");
    buf_free(&lines);

    return EXIT_OK;
}

/* From events. */

static void ignore(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    (void)context, (void)spec, (void)now_ms, (void)output;
    if (rejection)
        ctl_sla_fail("%s: %s: %s", ev ? ev->id : "", rejection->reason, rejection->detail);
}

static struct rehearse *set_up(const struct request *request) {
    struct buf errors = {0};
    struct rehearse *rehearse = rehearse_new(ignore, NULL);
    const char *rules =
        arena_printf(request->arena, "%s/%s", request->dir, classification_spec.policy_file);
    int bad = rehearse_add(rehearse, &intake_spec, request->dir, &errors);

    if (access(rules, F_OK) == 0)
        bad |= rehearse_add(rehearse, &classification_spec, request->dir, &errors);
    bad |= rehearse_add(rehearse, &sla_spec, request->dir, &errors);
    if (bad) ctl_notes(errors.at);
    buf_free(&errors);
    if (!bad) return rehearse;
    rehearse_free(rehearse);

    return NULL;
}

static int play(const struct request *request, struct rehearse *rehearse) {
    enum { FILE_LIMIT = 1 << 30 };
    static const struct header header = {"content-type", "application/cloudevents+json", 28};
    struct err err;
    const char *bytes;
    size_t len;
    int64_t number = 0;
    if (file_read(request->arena, request->events, FILE_LIMIT, &bytes, &len, &err))
        return ctl_sla_fail("%s", err.text);
    for (const char *at = bytes, *end; at < bytes + len; at = end + 1) {
        end = memchr(at, '\n', (size_t)(bytes + len - at));
        if (!end) end = bytes + len;
        struct raw raw = {.offset = ++number,
                          .value = at,
                          .value_len = (size_t)(end - at),
                          .headers = &header,
                          .header_count = 1};
        struct event ev;
        struct rejection rejection;
        if (end == at) continue;
        if (event_read(&raw, request->arena, &ev, &rejection))
            return ctl_sla_fail("line %lld: %s: %s", (long long)number, rejection.reason,
                                rejection.detail);
        const struct contract_type *type = contract_find(ev.type);
        if (!type) return ctl_sla_fail("line %lld: %s: no such type", (long long)number, ev.type);
        raw.topic = type->topic;
        int64_t now = rehearse_now(rehearse);
        rehearse_publish_event(rehearse, type->topic, &ev, ev.time_ms > now ? ev.time_ms : now);
    }
    rehearse_advance(rehearse, request->until_ms > rehearse_now(rehearse) ? request->until_ms
                                                                          : rehearse_now(rehearse));

    return 0;
}

static int from_events(struct request *request) {
    struct rehearse *rehearse = set_up(request);

    if (!rehearse) return EXIT_BAD_CONFIG;
    const struct sla_policy *policy = ctl_policy_load(&sla_spec, request->dir, request->arena);
    int status = play(request, rehearse);
    if (status == 0) {
        const struct sla_state *state = rehearse_state(rehearse, &sla_spec, request->case_id);
        if (state)
            status = print_all(request, state, policy, rehearse_now(rehearse));
        else
            status = ctl_sla_fail("no case %s in %s", request->case_id, request->events);
    }
    rehearse_free(rehearse);

    return status;
}

/* From Redis. */

/* A view that is being made anew may lack the case, or have it as it was. */
static int check_view(struct ctl *ctl, int shard) {
    struct ctl_view view = {.ctl = ctl, .worker = "sla", .shard = shard};
    int status = ctl_view_look(&view);
    if (!status) status = ctl_view_tell(&view);
    ctl_view_end(&view);
    return status;
}

static int read_state(struct ctl *ctl, const char *case_id, struct sla_state *out) {
    struct redis_reply *replies;
    struct pairs pairs = {0};
    struct err err;
    int count;
    int status = ctl_shards(ctl);

    if (status) return status;
    int shard = ids_partition(case_id, IDS_ROUTE_LEN, ctl->shards);
    redis_addf(ctl->redis, 2, "HGETALL",
               ctl_key(ctl, "sla", shard, arena_printf(ctl->arena, "case:%s", case_id)));
    status = ctl_exchange(ctl, &replies, &count);
    if (status) return status;
    status = check_view(ctl, shard);
    if (status) return status;
    if (!replies[0].count)
        return ctl_fail(ctl,
                        "no case %s: it was never opened, or is over and past its retention time",
                        case_id);
    pairs.at = arena_alloc(ctl->arena, (size_t)replies[0].count * sizeof *pairs.at);
    for (int i = 0; i + 1 < replies[0].count; i += 2)
        if (!strchr("@#", replies[0].items[i].text[0])) /* the view's own, and what this version
                                                           does not know */
            pairs.at[pairs.count++] =
                (struct pair){replies[0].items[i].text, replies[0].items[i + 1].text,
                              replies[0].items[i + 1].len};
    if (fields_unflatten(sla_spec.state, &pairs, ctl->arena, out, &err))
        return ctl_fail(ctl, "case %s: %s", case_id, err.text);
    return 0;
}

/* The version that the case keeps, from redress.policies. NULL, and err: it is not to be had. */
static const struct sla_policy *read_version(struct ctl *ctl, const struct request *request,
                                             const char *version, struct err *err) {
    struct policy_log log = {&ctl->kafka, kafka_asker_new(&ctl->kafka, err)};

    if (!log.asker) return NULL;
    struct policy_topic topic = policy_log_open(&log);
    const void *policy = NULL;
    enum policy_store_result result =
        policy_store_find(&sla_spec, request->dir, &topic, version, request->arena, &policy, err);
    kafka_asker_free(log.asker);

    if (result == POLICY_STORE_DONE) return policy;
    return NULL;
}

/* That of the folder, where the case has none yet, or where its own is the same. */
static const struct sla_policy *choose_version(struct ctl *ctl, const struct request *request,
                                               const struct sla_state *state) {
    struct err err;
    const struct sla_policy *policy = ctl_policy_load(&sla_spec, request->dir, request->arena);
    const struct sla_policy *own;

    if (!policy || !state->policy_version || strcmp(state->policy_version, policy->version) == 0)
        return policy;
    if ((own = read_version(ctl, request, state->policy_version, &err))) return own;
    ctl_note("redressctl sla: the case runs under version %s (%s); explained by version %s of %s",
             state->policy_version, err.text, policy->version, request->dir);
    return policy;
}

static int from_redis(struct request *request) {
    static const struct command name = {.name = "sla"};
    struct ctl ctl = {.command = &name, .arena = arena_new(), .turn = arena_new()};
    struct sla_state state = {0};
    int status = ctl_redis(&ctl);

    if (status == 0) status = read_state(&ctl, request->case_id, &state);
    if (status == 0) {
        const struct sla_policy *policy = choose_version(&ctl, request, &state);
        int64_t now_ms = request->until_ms ? request->until_ms : clock_now_ms();
        if (policy)
            status = print_all(request, &state, policy, now_ms);
        else
            status = EXIT_BAD_CONFIG;
    }
    ctl_close(&ctl);

    return status;
}

int ctl_sla_explain(int argc, char **argv) {
    struct request request = {.arena = arena_new()};
    bool bad = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--policies") == 0 && i + 1 < argc)
            request.dir = argv[++i];
        else if (strcmp(argv[i], "--events") == 0 && i + 1 < argc)
            request.events = argv[++i];
        else if (strcmp(argv[i], "--until") == 0 && i + 1 < argc)
            bad |= clock_parse(argv[++i], &request.until_ms) != 0;
        else if (strcmp(argv[i], "--json") == 0)
            request.json = true;
        else if (!request.case_id && argv[i][0] != '-')
            request.case_id = argv[i];
        else
            bad = true;
    }
    bad |= !request.case_id || !ids_is_case(request.case_id);
    if (!bad) request.dir = ctl_policy_dir(request.dir, request.arena);

    int status = EXIT_BAD_CONFIG;
    if (bad)
        status = ctl_sla_usage();
    else if (request.dir)
        status = request.events ? from_events(&request) : from_redis(&request);
    arena_free(request.arena);
    return status;
}
