/* compensation_world: one case under the default compensation policy, and what people do about it.
 */
#ifndef REDRESS_COMPENSATION_WORLD_H
#define REDRESS_COMPENSATION_WORLD_H

#include "base/ids.h"
#include "case_world.h"
#include "compensation/compensation.h"

#define POLICY        "deploy/policies/compensation.yaml"
#define P1            WORLD_CASE ".1"
#define P2            WORLD_CASE ".2"
#define HOUR_MS       INT64_C(3600000)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static inline void open_world(struct world *world) {
    world_open(world, &compensation_spec, POLICY);
}

/* `order` is what stands behind "order": in JSON, or NULL. */
static inline void open_case(struct world *world, const char *tier, const char *order) {
    world_event(world, "case.opened",
                "{'case_id':'" WORLD_CASE
                "','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':'im','customer':"
                "{'id':'c1','tier':'%s'},%s%s%s'text':'x'}",
                tier, order ? "'order':" : "", order ? order : "", order ? "," : "");
}

static inline void classify(struct world *world, const char *class_name, const char *flags) {
    world_event(world, "case.classified",
                "{'case_id':'" WORLD_CASE
                "','class':'%s','severity':'P3','flags':[%s],'confidence':0.9,'rules_version':'1'}",
                class_name, flags);
}

static inline void decide(struct world *world, const char *type, const char *proposal,
                          const char *actor, const char *role, const char *more) {
    world_event(world, type,
                "{'case_id':'" WORLD_CASE "','proposal_id':'%s','actor':'%s','role':'%s'%s}",
                proposal, actor, role, more);
}

static inline void approve(struct world *world, const char *actor, const char *role) {
    decide(world, "decision.approved", P1, actor, role, "");
}

static inline void choose(struct world *world, const char *proposal, const char *option) {
    world_event(world, "decision.chosen",
                "{'case_id':'" WORLD_CASE "','proposal_id':'%s','option':'%s'}", proposal, option);
}

static inline void settle(struct world *world, const char *what, const char *settlement) {
    world_event(world, what, "{'case_id':'" WORLD_CASE "','settlement_id':'%s','reference':'R-%s'}",
                settlement, settlement + IDS_CASE_LEN + 1);
}

static inline void expect_refused(const struct world *world, const char *reason) {
    world_expect(world, "compensation.decision_refused", reason);
    assert_int_equal(world->count, 1);
}

static inline void expect_status(const struct world *world, const char *status) {
    const char *is = world_pair(world, "status");
    if (!is || strcmp(is, status) != 0)
        fail_msg("status %s, expected %s", is ? is : "none", status);
}

#define ORDER_299 "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':29900}}"

static inline void assess(struct world *world, const char *fault, const char *costs) {
    world_event(world, "case.assessed",
                "{'case_id':'" WORLD_CASE
                "','finding':'slight traces','fault':{%s},'costs':[%s],'by':'lab'}",
                fault, costs);
}

static inline void open_waiting(struct world *world) {
    open_world(world);
    open_case(world, "regular", ORDER_299);
    classify(world, "quality.damaged", "");
    expect_status(world, "awaiting_approval");
}

static inline void open_approved(struct world *world) {
    open_waiting(world);
    approve(world, "wang", "supervisor");
    expect_status(world, "approved");
}

/* One offer asked for by a person: `cost` in minor units. */
static inline void request(struct world *world, const char *actor, const char *cost) {
    world_event(world, "compensation.requested",
                "{'case_id':'" WORLD_CASE "','actor':'%s','role':'agent','reason':'an "
                "exception','options':[{'option':'A','remedies':[{'kind':'refund','amount':{'"
                "currency':'CNY','minor':%s}}],'cost':{'currency':'CNY','minor':%s},'split':{'"
                "platform':{'currency':'CNY','minor':%s}}}]}",
                actor, cost, cost, cost);
}

#endif
