/* redressctl sla explain: from the events of a file, played in memory, or from the case as Redis
 * has it. */
#include "base/clock.h"
#include "classification/classification.h"
#include "decision/policies.h"
#include "decision/rehearse.h"
#include "intake/intake.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/policy/ctl_explain.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/ctl_replay.h"
#include "redressctl/policy/ctl_sla.h"
#include "sla/sla.h"
#include "sla/sla_explain.h"
#include <string.h>
#include <unistd.h>

#define FOR_GOOD_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

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

static const char *or_blank(const char *text) {
    if (text) return text;
    return "";
}

/* "  warns      75%  2026-11-01T09:45:00Z  told" */
static void print_rings(struct arena *arena, const struct tree *deadline, const char *key,
                        const char *label) {
    const struct tree *list = tree_get(deadline, key);

    for (const struct tree *ring = list ? list->first : NULL; ring; ring = ring->next) {
        const struct tree *told = tree_get(ring, "told");
        const char *when = tree_text(ring, "at");
        if (!when) when = tree_text(ring, "after");
        const struct tree *times = tree_get(ring, "times");
        const char *repeats =
            times ? arena_printf(arena, " %lld times", (long long)times->num) : "";
        ctl_line("  %-10s %s%s %s %s  %s  %s  %s", label, when, repeats,
                 or_blank(tree_text(ring, "time")), or_blank(tree_text(ring, "if")),
                 or_blank(tree_text(ring, "to")), or_blank(tree_text(ring, "rings_at")),
                 told && told->num ? "told" : "");
    }
}

/* "  from       2026-11-02T10:00:00Z  returns  case.assigned" */
static void print_policies(const struct tree *deadline) {
    const struct tree *list = tree_get(deadline, "policies");

    for (const struct tree *at = list ? list->first : NULL; at; at = at->next)
        ctl_line("  %-10s %s  %s  %s", "from", or_blank(tree_text(at, "from")),
                 or_blank(tree_text(at, "policy")), or_blank(tree_text(at, "since")));
}

/* A deadline as people read it. */
static void print_deadline(struct arena *arena, const struct tree *deadline) {
    ctl_line("%s, cycle %s: %s", tree_text(deadline, "target"), tree_text(deadline, "cycle"),
             tree_text(deadline, "state"));
    static const char *const rows[][2] = {{"policy", "policy"},
                                          {"policy_version", "version"},
                                          {"within", "within"},
                                          {"by", "by"},
                                          {"calendar", "calendar"},
                                          {"promised_by", "promised"},
                                          {"promised_within", "  within"},
                                          {"promised_by_time", "  by"},
                                          {"promised_calendar", "  calendar"},
                                          {"set_by", "set by"},
                                          {"goes_on_from", "goes on"},
                                          {"used_seconds", "  used"},
                                          {"due_at", "due"},
                                          {"met_at", "met"},
                                          {"breached_at", "noticed"},
                                          {"cause", "because"},
                                          {"late_seconds", "late by"},
                                          {"late_working_seconds", "  working"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_named(deadline, rows[i][0], rows[i][1]);
    print_policies(deadline);
    print_rings(arena, deadline, "warnings", "warns");
    print_rings(arena, deadline, "steps", "tells");
    const struct tree *spans = tree_get(deadline, "spans");
    for (const struct tree *span = spans ? spans->first : NULL; span; span = span->next)
        print_span(span);
    if (tree_get(deadline, "more")) ctl_line("    and more");
}

static int print_all(const struct ctl_explain *request, const struct sla_state *state,
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
            print_deadline(request->arena, tree);
    }
    if (!lines.len) ctl_note("redressctl sla: the case has no deadlines");
    buf_free(&lines);

    return EXIT_OK;
}

/* From events. */

/* What a worker has forgotten by then is what is asked for. */
static int load_for_good(const struct tree *file, const char *dir, struct arena *arena,
                         void **policy_out, const char **version_out, struct faults *faults) {
    int failed = sla_policy_load(file, dir, arena, policy_out, version_out, faults);
    if (!failed) ((struct sla_policy *)*policy_out)->keep_closed_for = FOR_GOOD_MS;
    return failed;
}

static void ignore(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    (void)context, (void)spec, (void)now_ms, (void)output;
    if (rejection)
        ctl_sla_fail("%s: %s: %s", ev ? ev->id : "", rejection->reason, rejection->detail);
}

static struct rehearse *set_up(const struct ctl_explain *request, const struct worker_spec *sla) {
    struct buf errors = {0};
    struct rehearse *rehearse = rehearse_new(ignore, NULL);
    const char *rules =
        arena_printf(request->arena, "%s/%s", request->dir, classification_spec.policy_file);
    int bad = rehearse_add(rehearse, &intake_spec, request->dir, &errors);

    if (access(rules, F_OK) == 0)
        bad |= rehearse_add(rehearse, &classification_spec, request->dir, &errors);
    bad |= rehearse_add(rehearse, sla, request->dir, &errors);
    if (bad) ctl_faults(errors.at);
    buf_free(&errors);
    if (!bad) return rehearse;
    rehearse_free(rehearse);

    return NULL;
}

static int from_events(struct ctl_explain *request) {
    struct worker_spec sla = sla_spec;
    sla.load = load_for_good;
    struct rehearse *rehearse = set_up(request, &sla);

    if (!rehearse) return EXIT_BAD_CONFIG;
    const struct sla_policy *policy = ctl_policy_load(&sla_spec, request->dir, request->arena);
    const struct ctl_replay replay = {.ctl = {.command = &ctl_sla},
                                      .path = request->events,
                                      .until_ms = request->until_ms,
                                      .case_log = true};
    int status = ctl_replay_file(&replay, &rehearse, 1);
    if (status == 0) {
        const struct sla_state *state = rehearse_state(rehearse, &sla, request->case_id);
        if (state)
            status = print_all(request, state, policy, rehearse_now(rehearse));
        else
            status = ctl_sla_fail("no case %s in %s", request->case_id, request->events);
    }
    rehearse_free(rehearse);

    return status;
}

/* From Redis. */

static int read_state(struct ctl *ctl, const char *case_id, struct sla_state *out) {
    struct sight_case found;
    int status = ctl_explain_find(ctl, "sla", case_id, &found);

    if (status) return status;
    if (!found.sla->count) return ctl_explain_none(ctl, case_id);
    return ctl_sight(ctl, sight_case_sla(&ctl->sight, &found, out));
}

static const struct sla_policy *choose_policy(struct ctl *ctl, const struct ctl_explain *request,
                                              const struct sla_state *state) {
    const struct sla_policy *policy = ctl_policy_load(&sla_spec, request->dir, request->arena);

    if (!policy) return NULL;
    return ctl_explain_policy(ctl, request, &sla_spec, policy, policy->version,
                              state->policy_version);
}

static int from_redis(struct ctl_explain *request) {
    static const struct command name = {.name = "sla"};
    struct ctl ctl = {.command = &name, .arena = arena_new(), .turn = arena_new()};
    struct sla_state state = {0};
    int status = ctl_redis(&ctl);

    if (status == 0) status = read_state(&ctl, request->case_id, &state);
    if (status == 0) {
        const struct sla_policy *policy = choose_policy(&ctl, request, &state);
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
    struct ctl_explain request = {.arena = arena_new()};
    int status = ctl_explain_arguments(&ctl_sla, argc, argv, &request);

    if (!status && !(request.dir = ctl_policy_dir(request.dir, request.arena)))
        status = EXIT_BAD_CONFIG;
    if (!status) status = request.events ? from_events(&request) : from_redis(&request);
    arena_free(request.arena);

    return status;
}
