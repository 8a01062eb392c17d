/* board_policy: see the header. */
#include "board/board_policy.h"
#include "data/yaml.h"
#include "gateway/address.h"

#include <string.h>
#include <unistd.h>

const char *const board_policy_roles[] = {"viewer",  "agent",   "supervisor",
                                          "manager", "finance", NULL};
static const char *const anonymous[] = {"nobody", "local", "everybody", NULL};

static const struct field group_fields[] = {
    {FIELD(board_group, group), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "A group as the proxy names it."},
    {FIELD(board_group, role), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = board_policy_roles, .doc = "What its members are here."},
    FIELDS_END};
static const struct table group_table = {
    .name = "group", .size = sizeof(struct board_group), .fields = group_fields};

static const struct field proxy_fields[] = {
    {FIELD(board_proxy, addresses), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Networks that its requests come from: nobody else's headers are believed."},
    {FIELD(board_proxy, user_header), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The header that says who it is, such as X-Forwarded-User. The proxy must take it out "
            "of what comes to it."},
    {FIELD(board_proxy, groups_header), .type = FIELD_ID,
     .doc = "The header with the person's groups, commas between."},
    {FIELD(board_proxy, team_header), .type = FIELD_ID,
     .doc = "The header with the team whose cases the person sees; without one, all."},
    {FIELD(board_proxy, groups), .type = FIELD_PARTS, .of = &group_table,
     .doc = "Which group has which role; of several the highest. Without a group: viewer."},
    FIELDS_END};
static const struct table proxy_table = {
    .name = "proxy", .size = sizeof(struct board_proxy), .fields = proxy_fields};

static const struct field worker_fields[] = {
    {FIELD(board_worker, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "As it is shown, such as sla-0."},
    {FIELD(board_worker, url), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .max = 200,
     .doc = "Where it tells how it is, such as http://127.0.0.1:9101."},
    FIELDS_END};
static const struct table worker_table = {
    .name = "worker", .size = sizeof(struct board_worker), .fields = worker_fields};

static const struct field policy_fields[] = {
    {FIELD(board_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Changed with the file."},
    {FIELD(board_policy, listen), .type = FIELD_TEXT, .max = 200,
     .doc = "Where the board is; 127.0.0.1:9180 without."},
    {FIELD(board_policy, anonymous), .type = FIELD_CHOICE, .choices = anonymous,
     .doc = "Who may look without having signed in: nobody, local (without this line: who is on "
            "this host, while there are neither tokens nor a proxy) or everybody."},
    {FIELD(board_policy, tokens_file), .type = FIELD_TEXT, .max = 500,
     .doc = "A file of tokens, one a line: `TOKEN NAME ROLE [TEAM]`. A token has at least 32 "
            "characters. Read again at SIGHUP."},
    {FIELD(board_policy, proxy), .type = FIELD_PART, .of = &proxy_table,
     .doc = "A proxy that signs people in."},
    {FIELD(board_policy, private), .type = FIELD_TEXTS,
     .doc = "Roles that may see the customer's name and how to reach him; without it, none."},
    {FIELD(board_policy, hosts), .type = FIELD_TEXTS,
     .doc = "Names by which the board is called in browsers, beside those of this host."},
    {FIELD(board_policy, workers), .type = FIELD_PARTS, .of = &worker_table,
     .doc = "Workers that are asked how they are, each at its REDRESS_HTTP_LISTEN."},
    FIELDS_END};
const struct table board_policy_table = {.name = "board",
                                         .size = sizeof(struct board_policy),
                                         .fields = policy_fields,
                                         .doc = "board.yaml"};

/* ---- What no row can say alone ---- */

static void fault(struct faults *faults, const struct tree *file, const char *key,
                  const char *text) {
    const struct tree *at = tree_get(file, key);
    faults_add(faults, FAULT_VALUE, at ? at->line : 0, key, "%s", text);
}

static void check(const struct board_policy *policy, const struct tree *file,
                  struct faults *faults) {
    const struct board_worker *workers = policy->workers.at;
    struct address_net net;

    for (int i = 0; i < policy->private.count; i++)
        if (!fields_choice_value(board_policy_roles, policy->private.at[i]))
            fault(faults, file, "private",
                  "expected roles: viewer, agent, supervisor, manager, finance");
    for (int i = 0; policy->proxy && i < policy->proxy->addresses.count; i++)
        if (!address_parse_net(policy->proxy->addresses.at[i], &net))
            fault(faults, file, "proxy", "addresses: expected networks such as 10.1.0.0/16");
    for (int i = 0; i < policy->workers.count; i++)
        if (strncmp(workers[i].url, "http://", 7) != 0 || strpbrk(workers[i].url + 7, "/@? "))
            fault(faults, file, "workers", "url: expected http://HOST:PORT");
    if (policy->anonymous == BOARD_EVERYBODY || board_policy_is_loopback(policy->listen)) return;
    if (!policy->tokens_file && !policy->proxy)
        fault(faults, file, "listen",
              "beyond this host people sign in: expected `tokens_file`, `proxy`, or `anonymous: "
              "everybody`");
}

bool board_policy_is_loopback(const char *listen) {
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 ||
           strncmp(listen, "localhost:", 10) == 0;
}

static void complete(struct board_policy *policy) {
    if (!policy->listen) policy->listen = "127.0.0.1:9180";
    if (policy->anonymous) return;
    policy->anonymous = BOARD_NOBODY;
    if (!policy->tokens_file && !policy->proxy) policy->anonymous = BOARD_LOCAL;
}

int board_policy_read(const char *dir, struct arena *arena, struct board_policy *out,
                      struct buf *errors) {
    const char *path = arena_printf(arena, "%s/board.yaml", dir);
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct err err;

    *out = (struct board_policy){.version = "none"};
    if (access(path, F_OK) != 0) {
        complete(out);
        return 0;
    }
    if (yaml_read_file(arena, path, &tree, &err) < 0) {
        buf_printf(errors, "%s\n", err.text);
        return -1;
    }
    if (fields_decode_whole(&board_policy_table, tree, arena, out, &faults) == 0) {
        complete(out);
        check(out, tree, &faults);
    }
    if (faults.count == 0) return 0;
    faults_print(&faults, path, errors);
    return -1;
}
