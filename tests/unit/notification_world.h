/* notification_world: one case under the default notification policy, opened, classified and
 * promised its deadlines. */
#ifndef REDRESS_NOTIFICATION_WORLD_H
#define REDRESS_NOTIFICATION_WORLD_H

#include "case_world.h"
#include "notification/notification.h"

#define POLICY        "deploy/policies/notification.yaml"
#define P1            WORLD_CASE ".1"
#define ACK           WORLD_CASE ".acknowledgement"
#define HOUR_MS       INT64_C(3600000)
#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define CYCLE         "'cycle':'2026-11-22T10:00:00Z'"

static inline void open_with(struct world *world, const char *channel, const char *customer) {
    world_open(world, &notification_spec, POLICY);
    world_event(world, "case.opened",
                "{'case_id':'" WORLD_CASE
                "','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':'%s','customer':"
                "{'id':'c1','tier':'vip'%s},'text':'x'}",
                channel, customer);
    assert_int_equal(world->count, 0);
}

#define SLA "{'case_id':'" WORLD_CASE "','target':'resolution'," CYCLE
#define DUE ",'due_at':'2026-11-23T10:00:00Z'"
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
#define PROPOSAL "{'case_id':'" WORLD_CASE "','proposal_id':'" P1 "'"
#define ZHANG    ",'name':'张伟','phone':'+8613812341234','email':'zhang@example.com'"

static inline void open_case(struct world *world) {
    open_with(world, "im", ZHANG);
}

static inline void start_sla(struct world *world, const char *first_contact,
                             const char *resolution) {
    world_event(world, "sla.started",
                "{'case_id':'" WORLD_CASE
                "','policy':'p','policy_version':'1','targets':[{'name':'first_contact'," CYCLE
                "%s%s%s},{'name':'resolution'," CYCLE "%s%s%s}]}",
                first_contact ? ",'due_at':'" : "", first_contact ? first_contact : "",
                first_contact ? "'" : "", resolution ? ",'due_at':'" : "",
                resolution ? resolution : "", resolution ? "'" : "");
}

static inline void acknowledge(struct world *world) {
    start_sla(world, "2026-11-22T11:00:00Z", "2026-11-23T10:00:00Z");
}

static inline void classify(struct world *world, const char *flags) {
    world_event(world, "case.classified",
                "{'case_id':'" WORLD_CASE "','class':'quality.damaged','severity':'P2','flags':[%s]"
                ",'confidence':0.9,'rules_version':'1'}",
                flags);
}

static inline void expect_body(const struct world *world, const char *text) {
    world_expect(world, "delivery.requested", text);
}

#endif
