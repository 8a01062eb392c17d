/* redressctl compensation explain: from the events of a file, played in memory, or from the case as
 * Redis has it. */
#include "compensation/compensation.h"
#include "compensation/explain.h"
#include "decision/policies.h"
#include "redressctl/cases/ctl_sight.h"
#include "redressctl/money/ctl_money.h"
#include "redressctl/policy/ctl_explain.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/ctl_replay.h"

#include <string.h>

#define FOR_GOOD_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

/* ---- Telling ---- */

/* "not more" for "not_more" */
static const char *words_of(const char *key, struct arena *arena) {
    char *words = arena_strdup(arena, key ? key : "-");
    for (char *at = words; *at; at++)
        if (*at == '_') *at = ' ';
    return words;
}

static void print_tree(const struct tree *tree, int depth, struct arena *arena) {
    for (const struct tree *at = tree->first; at; at = at->next) {
        const char *name = words_of(at->key, arena);
        if (at->kind == TREE_TEXT)
            ctl_line("%*s%-18s %s", 2 * depth, "", name, at->text);
        else if (at->kind == TREE_INT)
            ctl_line("%*s%-18s %lld", 2 * depth, "", name, (long long)at->num);
        else if (at->first)
            ctl_line("%*s%s", 2 * depth, "", name);
        if (at->kind == TREE_MAP || at->kind == TREE_LIST) print_tree(at, depth + 1, arena);
    }
}

static int tell(const struct ctl_explain *request, const struct compensation_state *state,
                const struct offer_policy *policy) {
    const struct tree *tree = explain_case(state, policy, request->arena);
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    if (request->json) {
        json_tree(&json, tree);
        ctl_json(buf.at, buf.len);
    } else {
        print_tree(tree, 0, request->arena);
    }
    buf_free(&buf);
    if (!state->proposal_id) ctl_note("redressctl compensation: the case was offered nothing");
    return EXIT_OK;
}

/* ---- From events ---- */

/* What the worker has forgotten by then is what is asked for. */
static int load_for_good(const struct tree *file, const char *dir, struct arena *arena,
                         void **policy_out, const char **version_out, struct faults *faults) {
    int failed = offer_policy_load(file, dir, arena, policy_out, version_out, faults);
    if (!failed) ((struct offer_policy *)*policy_out)->keep_for = FOR_GOOD_MS;
    return failed;
}

static void ignore(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    (void)context, (void)spec, (void)now_ms, (void)output;
    if (rejection)
        ctl_money_fail("%s: %s: %s", ev ? ev->id : "", rejection->reason, rejection->detail);
}

static int from_events(struct ctl_explain *request) {
    struct worker_spec spec = compensation_spec;
    spec.load = load_for_good;
    const struct offer_policy *policy =
        ctl_policy_load(&compensation_spec, request->dir, request->arena);
    struct rehearse *rehearse = NULL;
    if (policy) rehearse = ctl_money_rehearse(request->dir, &spec, ignore, NULL);

    if (!rehearse) return EXIT_BAD_CONFIG;
    const struct ctl_replay replay = {.ctl = {.command = &ctl_compensation},
                                      .path = request->events,
                                      .until_ms = request->until_ms};
    int status = ctl_replay_file(&replay, &rehearse, 1);
    if (status == EXIT_OK) {
        const struct compensation_state *state = rehearse_state(rehearse, &spec, request->case_id);
        if (state)
            status = tell(request, state, policy);
        else
            status = ctl_money_fail("no case %s in %s", request->case_id, request->events);
    }
    rehearse_free(rehearse);

    return status;
}

/* ---- From Redis ---- */

static int read_state(struct ctl *ctl, const char *case_id, struct compensation_state *out) {
    struct sight_case found;
    int status = ctl_explain_find(ctl, "compensation", case_id, &found);

    if (status) return status;
    if (!found.compensation->count) return ctl_explain_none(ctl, case_id);
    return ctl_sight(ctl, sight_case_compensation(&ctl->sight, &found, out));
}

static const struct offer_policy *choose_policy(struct ctl *ctl, const struct ctl_explain *request,
                                                const struct compensation_state *state) {
    const struct offer_policy *policy =
        ctl_policy_load(&compensation_spec, request->dir, request->arena);

    if (!policy) return NULL;
    return ctl_explain_policy(ctl, request, &compensation_spec, policy, policy->version,
                              state->policy_version);
}

static int from_redis(struct ctl_explain *request) {
    static const struct command name = {.name = "compensation"};
    struct ctl ctl = {.command = &name, .arena = arena_new(), .turn = arena_new()};
    struct compensation_state state = {0};
    int status = ctl_redis(&ctl);

    if (status == 0) status = read_state(&ctl, request->case_id, &state);
    if (status == 0) {
        const struct offer_policy *policy = choose_policy(&ctl, request, &state);
        if (policy)
            status = tell(request, &state, policy);
        else
            status = EXIT_BAD_CONFIG;
    }
    ctl_close(&ctl);

    return status;
}

int ctl_money_explain(int argc, char **argv) {
    struct ctl_explain request = {.arena = arena_new()};
    int status = ctl_explain_arguments(&ctl_compensation, argc, argv, &request);

    if (!status && !(request.dir = ctl_policy_dir(request.dir, request.arena)))
        status = EXIT_BAD_CONFIG;
    if (!status) status = request.events ? from_events(&request) : from_redis(&request);
    arena_free(request.arena);

    return status;
}
