/* person: see the header. */
#include "board/person.h"
#include "base/file.h"
#include "board/seal.h"
#include "gateway/address.h"

#include <string.h>

enum {
    TOKEN_MIN = 32, /* 128 bits in hexadecimal */
    TOKENS_MAX = 1000,
    FILE_MAX = 256 * 1024
};

struct token {
    struct seal_digest digest;
    const char *name, *team;
    int role;
};
struct person_tokens {
    struct token *at;
    int count;
};

/* ---- Tokens ---- */

static int add_token(struct person_tokens *tokens, char *line, struct arena *arena,
                     struct err *err) {
    char *rest = NULL;
    const char *secret = strtok_r(line, " \t\r", &rest);
    const char *name = strtok_r(NULL, " \t\r", &rest);
    const char *role = strtok_r(NULL, " \t\r", &rest);
    const char *team = strtok_r(NULL, "\r", &rest);

    if (!secret || secret[0] == '#') return 0;
    if (strlen(secret) < TOKEN_MIN)
        return err_set(err, "a token has at least %d characters", TOKEN_MIN);
    if (!name || !fields_is_name(name, strlen(name), 128)) return err_set(err, "expected a name");
    int found = 0;
    if (role) found = fields_choice_value(board_policy_roles, role);
    if (!found)
        return err_set(err, "expected a role: viewer, agent, supervisor, manager or finance");
    if (tokens->count == TOKENS_MAX) return err_set(err, "more than %d tokens", TOKENS_MAX);
    struct token *token = &tokens->at[tokens->count++];
    *token = (struct token){.name = arena_strdup(arena, name), .role = found};
    if (team && *team) token->team = fields_trim(arena_strdup(arena, team), arena);
    seal_digest(secret, &token->digest);

    return 0;
}

struct person_tokens *person_tokens_read(const char *path, struct arena *arena, struct err *err) {
    struct person_tokens *tokens = ARENA_NEW(arena, struct person_tokens);
    const char *bytes;
    size_t len;
    int number = 0;
    struct err why;

    tokens->at = arena_alloc(arena, TOKENS_MAX * sizeof *tokens->at);
    if (file_read(arena, path, FILE_MAX, &bytes, &len, err) < 0) return NULL;
    for (const char *at = bytes; at < bytes + len;) {
        const char *end = memchr(at, '\n', (size_t)(bytes + len - at));
        if (!end) end = bytes + len;
        number++;
        if (add_token(tokens, arena_strndup(arena, at, (size_t)(end - at)), arena, &why) < 0) {
            err_set(err, "%s:%d: %s", path, number, why.text);
            return NULL;
        }
        at = end + 1;
    }

    return tokens;
}

/* All are looked at, whichever it is. */
static const struct token *find_token(const struct person_tokens *tokens, const char *secret) {
    const struct token *found = NULL;
    struct seal_digest digest;

    seal_digest(secret, &digest);
    for (int i = 0; tokens && i < tokens->count; i++)
        if (seal_same(&tokens->at[i].digest, &digest)) found = &tokens->at[i];
    return found;
}

/* ---- Proxies ---- */

static bool is_within(const char *peer, const struct texts *nets) {
    for (int i = 0; i < nets->count; i++) {
        struct address_net net;
        if (address_parse_net(nets->at[i], &net) && address_is_in(peer, &net)) return true;
    }
    return false;
}

/* The highest role of somebody's groups. */
static int role_of(const struct board_proxy *proxy, const char *groups) {
    const struct board_group *rows = proxy->groups.at;
    int role = BOARD_VIEWER;

    for (const char *at = groups; at && *at;) {
        at += strspn(at, ", ");
        size_t len = strcspn(at, ",");
        size_t trimmed = len;
        while (trimmed > 0 && at[trimmed - 1] == ' ') trimmed--;
        for (int i = 0; i < proxy->groups.count; i++)
            if (strlen(rows[i].group) == trimmed && memcmp(rows[i].group, at, trimmed) == 0 &&
                rows[i].role > role)
                role = rows[i].role;
        at += len;
    }
    return role;
}

/* ---- Who it is ---- */

static int signed_in(const struct person_rules *rules, struct person *person) {
    const struct board_policy *policy = rules->policy;
    const char *role = board_policy_roles[person->role - 1];

    person->sees_private = texts_has(&policy->private, role);
    person->decides = rules->allow_decisions && person->role > BOARD_VIEWER;
    return 200;
}

static int by_token(const struct person_rules *rules, const char *authorization,
                    struct person *out) {
    static const char scheme[] = "Bearer ";
    if (strncasecmp(authorization, scheme, sizeof scheme - 1) != 0) return 401;

    const struct token *token = find_token(rules->tokens, authorization + sizeof scheme - 1);
    if (!token) return 401;
    *out = (struct person){.name = token->name, .role = token->role, .team = token->team};
    return signed_in(rules, out);
}

static int by_proxy(const struct person_rules *rules, const struct person_claims *claims,
                    struct arena *arena, struct person *out) {
    const struct board_proxy *proxy = rules->policy->proxy;

    if (!is_within(claims->peer, &proxy->addresses)) return 403;
    if (!fields_is_name(claims->user, strlen(claims->user), 128)) return 401;
    *out = (struct person){.name = arena_strdup(arena, claims->user),
                           .role = role_of(proxy, claims->groups)};
    if (claims->team && *claims->team) out->team = arena_strdup(arena, claims->team);
    return signed_in(rules, out);
}

int person_find(const struct person_rules *rules, const struct person_claims *claims,
                struct arena *arena, struct person *out) {
    const struct board_policy *policy = rules->policy;

    *out = (struct person){.name = "", .role = BOARD_VIEWER};
    if (claims->authorization) return by_token(rules, claims->authorization, out);
    if (policy->proxy && claims->user && *claims->user) return by_proxy(rules, claims, arena, out);
    if (policy->anonymous == BOARD_EVERYBODY) return 200;
    if (policy->anonymous == BOARD_LOCAL && claims->local) return 200;
    return 401;
}

bool person_is_our_host(const struct board_policy *policy, const char *host) {
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    char name[256];
    size_t len = strlen(host);
    const char *colon = strrchr(host, ':');

    if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1))
        len = (size_t)(colon - host);
    if (len == 0 || len >= sizeof name) return false;
    memcpy(name, host, len);
    name[len] = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(name, own[i]) == 0) return true;
    for (int i = 0; i < policy->hosts.count; i++)
        if (strcasecmp(name, policy->hosts.at[i]) == 0) return true;
    /* The address that it was told to listen at. */
    return strncmp(policy->listen, name, len) == 0 && policy->listen[len] == ':';
}
