/* gateway_policy: see the header. */
#include "gateway/gateway_policy.h"
#include "contract/contract.h"
#include "data/yaml.h"
#include "gateway/address.h"
#include <stdio.h>
#include <string.h>

enum { HOUR_MS = 3600 * 1000 };

static const struct field webhook_fields[] = {
    {FIELD(gateway_webhook, url), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .max = 2000,
     .doc = "Where to: https, or http within a trusted network."},
    {FIELD(gateway_webhook, secrets_file), .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
     .doc = "A file of one or two secrets, one a line, `whsec_` and base64; the newer first. Each "
            "request is signed with all of them."},
    {FIELD(gateway_webhook, ca_file), .type = FIELD_TEXT,
     .doc = "A file of the authorities that are trusted, in place of the system's."},
    FIELDS_END};
static const struct table webhook_table = {
    .name = "webhook", .size = sizeof(struct gateway_webhook), .fields = webhook_fields};

static const struct field smtp_fields[] = {
    {FIELD(gateway_smtp, url), .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .max = 2000,
     .doc = "`smtps://host:465`, or `smtp://host:587` with STARTTLS, which is required."},
    {FIELD(gateway_smtp, from), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 254,
     .doc = "The sender's address."},
    {FIELD(gateway_smtp, user), .type = FIELD_NAME, .doc = "The user to sign in as."},
    {FIELD(gateway_smtp, password_file), .type = FIELD_TEXT, .doc = "A file with the password."},
    {FIELD(gateway_smtp, ca_file), .type = FIELD_TEXT,
     .doc = "A file of the authorities that are trusted, in place of the system's."},
    FIELDS_END};
static const struct table smtp_table = {
    .name = "smtp", .size = sizeof(struct gateway_smtp), .fields = smtp_fields};

static const struct field file_fields[] = {{FIELD(gateway_file, path), .type = FIELD_TEXT,
                                            .flags = FIELD_REQUIRED,
                                            .doc = "The file that lines are appended to."},
                                           FIELDS_END};
static const struct table file_table = {
    .name = "file", .size = sizeof(struct gateway_file), .fields = file_fields};

static const struct field lane_fields[] = {
    {FIELD_AS("lane", gateway_lane, name), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "Its name: part of a consumer group's, so it stays."},
    {FIELD(gateway_lane, takes), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED,
     .doc = "Channels, `settlements`, or `others`: the channels that no lane names."},
    {FIELD(gateway_lane, webhook), .type = FIELD_PART, .of = &webhook_table,
     .doc = "By a webhook."},
    {FIELD(gateway_lane, smtp), .type = FIELD_PART, .of = &smtp_table, .doc = "By mail."},
    {FIELD(gateway_lane, file), .type = FIELD_PART, .of = &file_table, .doc = "To a file."},
    {FIELD(gateway_lane, concurrency), .type = FIELD_INT, .min = 1, .max = 200,
     .doc = "On their way at once; 8 without."},
    {FIELD(gateway_lane, rate), .type = FIELD_INT, .min = 1, .max = 10000,
     .doc = "Begun in a second at most; without, as many as there are."},
    {FIELD(gateway_lane, timeout), .type = FIELD_DURATION, .min = 100, .max = 300000,
     .doc = "For one try; 15s without."},
    {FIELD(gateway_lane, retry_first), .type = FIELD_DURATION, .min = 10, .max = HOUR_MS,
     .doc = "The pause after the first failure, doubled each time; 1s without."},
    {FIELD(gateway_lane, retry_longest), .type = FIELD_DURATION, .min = 10, .max = 24 * HOUR_MS,
     .doc = "The longest pause; 15m without."},
    {FIELD(gateway_lane, give_up_after), .type = FIELD_DURATION, .min = 10,
     .max = INT64_C(30) * 24 * HOUR_MS,
     .doc = "A message that still fails so long after its first failure has failed: 24h without."},
    {FIELD(gateway_lane, breaker), .type = FIELD_INT, .min = 1, .max = 1000,
     .doc = "So many failures in a row, and the lane rests before it tries one; 10 without."},
    {FIELD(gateway_lane, rest_first), .type = FIELD_DURATION, .min = 10, .max = HOUR_MS,
     .doc = "How long it rests, doubled while the one fails; 5s without."},
    {FIELD(gateway_lane, rest_longest), .type = FIELD_DURATION, .min = 10, .max = HOUR_MS,
     .doc = "The longest rest; 5m without."},
    FIELDS_END};
static const struct table lane_table = {
    .name = "lane", .size = sizeof(struct gateway_lane), .fields = lane_fields};

static const struct field policy_fields[] = {
    {FIELD(gateway_policy, version), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Changed with the file."},
    {FIELD(gateway_policy, lanes), .type = FIELD_PARTS, .flags = FIELD_REQUIRED, .of = &lane_table,
     .doc = "Each has a consumer group of its own: one that stands does not "
            "hold up the others."},
    {FIELD(gateway_policy, hosts), .type = FIELD_TEXTS,
     .doc = "The hosts that webhooks and mail may go to, no others."},
    {FIELD(gateway_policy, private_addresses), .type = FIELD_TEXTS,
     .doc = "Networks that a host may lie in although they are private or this machine: "
            "`10.1.0.0/16`, `127.0.0.1/32`, `fd00::/8`."},
    FIELDS_END};
const struct table gateway_policy_table = {
    .name = "gateway", .size = sizeof(struct gateway_policy), .fields = policy_fields};

struct check {
    const struct tree *lane;
    const char *path;
    struct arena *arena;
    struct faults *faults;
};

static void PRINTF(3, 4)
    fault(const struct check *check, const char *member, const char *fmt, ...) {
    va_list args;
    char text[300];
    const struct tree *at = tree_get(check->lane, member);

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!at) at = check->lane;
    faults_add(check->faults, FAULT_VALUE, at ? at->line : 0,
               arena_printf(check->arena, "%s.%s", check->path, member), "%s", text);
}

/* The host of a URL, in the arena; NULL: there is none. */
static const char *host_of(const char *url, struct arena *arena) {
    const char *host = strstr(url, "://");
    if (!host) return NULL;
    host += 3;
    const char *end = host + strcspn(host, "/?#");
    if (memchr(host, '@', (size_t)(end - host))) return NULL; /* no user in a URL */
    if (host[0] == '[') {
        const char *close = memchr(host, ']', (size_t)(end - host));
        return close ? arena_strndup(arena, host + 1, (size_t)(close - host - 1)) : NULL;
    }
    const char *colon = memchr(host, ':', (size_t)(end - host));
    if (colon) end = colon;
    return end > host ? arena_strndup(arena, host, (size_t)(end - host)) : NULL;
}

static void check_url(const struct check *check, const struct gateway_policy *policy,
                      const char *member, const char *url, const char *schemes) {
    const char *host = host_of(url, check->arena);
    const char *colon = strstr(url, "://");

    if (!colon || !host) {
        fault(check, member, "url: expected %s://HOST without a user, found %.100s", schemes, url);
        return;
    }
    const char *scheme = arena_printf(check->arena, " %.*s ", (int)(colon - url), url);
    if (!strstr(arena_printf(check->arena, " %s ", schemes), scheme))
        fault(check, member, "url: expected one of %s, found%s", schemes, scheme);
    if (!texts_has(&policy->hosts, host))
        fault(check, member, "url: %s is not one of `hosts`", host);
}

static void check_takes(const struct check *check, const struct gateway_policy *policy, int index) {
    const struct gateway_lane *lanes = policy->lanes.at;
    const struct gateway_lane *lane = &lanes[index];

    if (!lane->takes.count) fault(check, "takes", "expected at least one");
    for (int i = 0; i < lane->takes.count; i++) {
        const char *name = lane->takes.at[i];
        if (strcmp(name, GATEWAY_SETTLEMENTS) != 0 && strcmp(name, GATEWAY_OTHERS) != 0 &&
            !fields_choice_value(contract_channels, name))
            fault(check, "takes", "%s is no channel, `settlements` or `others`", name);
        for (int k = 0; k < index; k++)
            if (texts_has(&lanes[k].takes, name))
                fault(check, "takes", "%s is taken by lane %s already", name, lanes[k].name);
    }
    if (texts_has(&lane->takes, GATEWAY_SETTLEMENTS) && lane->takes.count > 1)
        fault(check, "takes", "`settlements` need a lane of their own");
    if (texts_has(&lane->takes, GATEWAY_SETTLEMENTS) && lane->smtp)
        fault(check, "smtp", "settlements go by webhook or to a file");
    for (int k = 0; k < index; k++)
        if (strcmp(lanes[k].name, lane->name) == 0) fault(check, "lane", "is there twice");
}

static void check_lane(const struct check *check, const struct gateway_policy *policy, int index) {
    const struct gateway_lane *lane = (const struct gateway_lane *)policy->lanes.at + index;

    check_takes(check, policy, index);
    if ((lane->webhook != NULL) + (lane->smtp != NULL) + (lane->file != NULL) != 1)
        fault(check, "lane", "expected one of `webhook`, `smtp` and `file`");
    if (lane->webhook) check_url(check, policy, "webhook", lane->webhook->url, "https http");
    if (lane->smtp) {
        check_url(check, policy, "smtp", lane->smtp->url, "smtps smtp");
        if (!strchr(lane->smtp->from, '@') || strpbrk(lane->smtp->from, " ,;<>\""))
            fault(check, "smtp", "from: expected one address");
        if (!lane->smtp->user != !lane->smtp->password_file)
            fault(check, "smtp", "`user` and `password_file` belong together");
    }
    if (lane->retry_longest < lane->retry_first)
        fault(check, "retry_longest", "expected at least retry_first");
    if (lane->rest_longest < lane->rest_first)
        fault(check, "rest_longest", "expected at least rest_first");
}

static void put_initial(int64_t *value, int64_t initial) {
    if (!*value) *value = initial;
}

static void complete(struct gateway_lane *lane) {
    put_initial(&lane->concurrency, 8);
    put_initial(&lane->timeout, 15000);
    put_initial(&lane->retry_first, 1000);
    put_initial(&lane->retry_longest, HOUR_MS / 4);
    put_initial(&lane->give_up_after, 24 * HOUR_MS);
    put_initial(&lane->breaker, 10);
    put_initial(&lane->rest_first, 5000);
    put_initial(&lane->rest_longest, HOUR_MS / 12);
}

int gateway_policy_load(const struct tree *file, struct arena *arena, struct gateway_policy *out,
                        struct faults *faults) {
    int before = faults->count;
    const struct tree *lanes = tree_get(file, "lanes");
    const struct tree *node = lanes ? lanes->first : NULL;

    *out = (struct gateway_policy){0};
    if (fields_decode_whole(&gateway_policy_table, file, arena, out, faults)) return -1;
    for (int i = 0; i < out->lanes.count; i++) {
        struct check check = {node, arena_printf(arena, "lanes[%d]", i), arena, faults};
        complete((struct gateway_lane *)out->lanes.at + i);
        check_lane(&check, out, i);
        if (node) node = node->next;
    }
    for (int i = 0; i < out->private_addresses.count; i++) {
        struct address_net net;
        const struct tree *at = tree_get(file, "private_addresses");
        if (address_parse_net(out->private_addresses.at[i], &net)) continue;
        faults_add(faults, FAULT_VALUE, at ? at->line : 0, "private_addresses",
                   "expected a network such as 10.1.0.0/16, found %s",
                   out->private_addresses.at[i]);
    }
    if (faults->count != before) return -1;

    return 0;
}

int gateway_policy_read(const char *dir, struct arena *arena, struct gateway_policy *out,
                        struct buf *errors) {
    const char *path = arena_printf(arena, "%s/gateway.yaml", dir);
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct err err;

    if (yaml_read_file(arena, path, &tree, &err) < 0) {
        buf_printf(errors, "%s\n", err.text);
        return -1;
    }
    if (gateway_policy_load(tree, arena, out, &faults) == 0) return 0;
    faults_print(&faults, path, errors);
    return -1;
}

static bool same_texts(const struct texts *one, const struct texts *two) {
    for (int i = 0; i < one->count; i++)
        if (!texts_has(two, one->at[i])) return false;
    return one->count == two->count;
}

bool gateway_policy_same_lanes(const struct gateway_policy *one, const struct gateway_policy *two) {
    const struct gateway_lane *ours = one->lanes.at;
    const struct gateway_lane *theirs = two->lanes.at;

    if (one->lanes.count != two->lanes.count) return false;
    for (int i = 0; i < one->lanes.count; i++)
        if (strcmp(ours[i].name, theirs[i].name) != 0 ||
            !same_texts(&ours[i].takes, &theirs[i].takes))
            return false;
    return true;
}

bool gateway_policy_takes(const struct gateway_policy *policy, const struct gateway_lane *lane,
                          const char *channel) {
    const struct gateway_lane *lanes = policy->lanes.at;

    if (texts_has(&lane->takes, channel)) return true;
    if (!texts_has(&lane->takes, GATEWAY_OTHERS)) return false;
    for (int i = 0; i < policy->lanes.count; i++)
        if (texts_has(&lanes[i].takes, channel)) return false;
    return true;
}
