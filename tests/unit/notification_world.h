/* notification_world: one case under the delivered notification policy, opened, classified and
 * promised its deadlines. */
#ifndef REDRESS_NOTIFICATION_WORLD_H
#define REDRESS_NOTIFICATION_WORLD_H

#include "case_world.h"
#include "notification/message_policy.h"
#include "notification/notification.h"

#define POLICY        "deploy/policies/notification.yaml"
#define P1            WORLD_CASE ".1"
#define ACK           WORLD_CASE ".acknowledgement"
#define HOUR_MS       INT64_C(3600000)
#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define CYCLE         "'cycle':'2026-11-22T10:00:00Z'"

/* The world's own copy of what worlds share, to be changed. */
static inline struct message_policy *own_policy(struct world *world) {
    const struct message_policy *shared = world->version.policy;
    struct message_policy *own = arena_memdup(world->arena, shared, sizeof *own);
    own->staff.at = arena_memdup(world->arena, shared->staff.at,
                                 (size_t)own->staff.count * sizeof(struct message_staff));
    world->version.policy = own;
    return own;
}

/* Colleagues are told each thing by itself, and reports are waited for without end: what digests
 * do is in test_notification_digest.c, what silence does in test_notification_unreported.c. */
static inline void tell_one_by_one(struct world *world) {
    struct message_policy *policy = own_policy(world);
    policy->report_within = 0;
    struct message_staff *staff = policy->staff.at;
    for (int i = 0; i < policy->staff.count; i++) staff[i].digest = 0;
}

static inline void open_with(struct world *world, const char *channel, const char *customer) {
    world_open(world, &notification_spec, POLICY);
    tell_one_by_one(world);
    world_event(world, "case.opened",
                "{'case_id':'" WORLD_CASE
                "','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':'%s','customer':"
                "{'id':'c1','tier':'vip'%s},'text':'x'}",
                channel, customer);
    assert_int_equal(world->count, 0);
}

#define IN_CASE "'case_id':'" WORLD_CASE "'"
#define SLA     "{" IN_CASE ",'target':'resolution'," CYCLE
#define DUE     ",'due_at':'2026-11-23T10:00:00Z'"
#define OPTIONS                                                                                    \
    "'options':[{'option':'A','remedies':[{'kind':'exchange','detail':'air freight 48 "            \
    "h'},{'kind':'gift','amount':{'currency':'CNY','minor':8900},'detail':'matching "              \
    "accessory'}],'cost':{'currency':'CNY','minor':8900},'split':{'platform':{'currency':'CNY','"  \
    "minor':8900}}},{'"                                                                            \
    "option':'B','remedies':[{'kind':'refund','amount':{'currency':'CNY','minor':29900}},{'kind':" \
    "'coupon','amount':{'"                                                                         \
    "currency':'CNY','minor':20000},'valid_days':30,'detail':'stackable'}],'cost':{'currency':'"   \
    "CNY','minor':49900},'"                                                                        \
    "split':{'platform':{'currency':'CNY','minor':49900}}}]"
#define PROPOSAL  "{" IN_CASE ",'proposal_id':'" P1 "'"
#define CHOOSE_BY ",'choose_by':'2026-11-25T10:00:00Z','by':['policy']}"
#define ZHANG     ",'name':'张伟','phone':'+8613812341234','email':'zhang@example.com'"

static inline void open_case(struct world *world) {
    open_with(world, "im", ZHANG);
}

static inline void start_sla(struct world *world, const char *first_contact,
                             const char *resolution) {
    world_event(world, "sla.started",
                "{" IN_CASE
                ",'policy':'p','policy_version':'1','targets':[{'name':'first_contact'," CYCLE
                "%s%s%s},{'name':'resolution'," CYCLE "%s%s%s}]}",
                first_contact ? ",'due_at':'" : "", first_contact ? first_contact : "",
                first_contact ? "'" : "", resolution ? ",'due_at':'" : "",
                resolution ? resolution : "", resolution ? "'" : "");
}

static inline void acknowledge(struct world *world) {
    start_sla(world, "2026-11-22T11:00:00Z", "2026-11-23T10:00:00Z");
}

static inline void classify_as(struct world *world, const char *class_name, const char *severity,
                               const char *flags) {
    world_event(world, "case.classified",
                "{" IN_CASE ",'class':'%s','severity':'%s','flags':[%s],'confidence':0.9,"
                "'rules_version':'1'}",
                class_name, severity, flags);
}

static inline void classify(struct world *world, const char *flags) {
    classify_as(world, "quality.damaged", "P2", flags);
}

/* The customer has heard the first word: what comes now goes out at once. */
static inline void begin(struct world *world) {
    open_case(world);
    classify(world, "");
    acknowledge(world);
}

/* An option of one remedy without a share for the customer. */
#define ONE(remedy)                                                                                \
    "{'option':'A','remedies':[{" remedy "}],'cost':{'currency':'CNY','minor':100},'split':{"      \
    "'platform':{'currency':'CNY','minor':100}}}"

static inline void approve(struct world *world, const char *options) {
    world_event(world, "compensation.approved", PROPOSAL ",'options':[%s]" CHOOSE_BY, options);
}

/* The delivery to a customer or a role, of those that came out last; NULL: none. */
static inline const char *told(const struct world *world, const char *audience) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"audience\":\"%s\"", audience);
    for (int i = 0; i < world->count; i++) {
        const struct output *request = &world->outputs[i];
        if (strcmp(request->type, "notification.requested") != 0 || !strstr(request->data, wanted))
            continue;
        assert_string_equal(world->outputs[i + 1].type, "delivery.requested");
        return world->outputs[i + 1].data;
    }
    return NULL;
}

static inline void expect_told(const struct world *world, const char *audience, const char *text) {
    const char *data = told(world, audience);
    if (!data) fail_msg("the %s is told nothing, expected: %s", audience, text);
    if (!strstr(data, text)) fail_msg("no %s in %s", text, data);
}

static inline void expect_untold(const struct world *world, const char *audience,
                                 const char *text) {
    const char *data = told(world, audience);
    if (data && strstr(data, text)) fail_msg("%s in %s", text, data);
}

static inline void expect_body(const struct world *world, const char *text) {
    world_expect(world, "delivery.requested", text);
}

#endif
