/* contract_parts: the choices, and the records that stand within events: customer, order, items,
 * options. */
#include "contract_row.h"

const char *const contract_channels[] = {"im",    "app", "web",    "email",
                                         "phone", "sms", "social", NULL};
const char *const contract_tiers[] = {"regular", "vip", "svip", NULL};
const char *const contract_order_statuses[] = {"created",   "paid",   "packed",    "shipped",
                                               "delivered", "signed", "cancelled", NULL};
const char *const contract_severities[] = {"P1", "P2", "P3", "P4", NULL};
const char *const contract_roles[] = {"agent", "supervisor", "manager", "finance", NULL};
const char *const contract_pause_reasons[] = {CONTRACT_AWAITING_CUSTOMER, "awaiting_third_party",
                                              NULL};
const char *const contract_withdraw_reasons[] = {"withdrawn", "duplicate", "spam", NULL};
const char *const contract_evidence_kinds[] = {"photo", "video", "document", "chat", NULL};
const char *const contract_classes[] = {"quality.damaged",
                                        "quality.flaw",
                                        "quality.not_as_described",
                                        "quality.counterfeit",
                                        "quality.expired",
                                        "logistics.delayed",
                                        "logistics.stalled",
                                        "logistics.lost",
                                        "logistics.parcel_damaged",
                                        "logistics.not_received",
                                        "order.change",
                                        "order.cancel",
                                        "order.urge",
                                        "order.custom_change",
                                        "order.missing_items",
                                        "aftersale.return",
                                        "aftersale.exchange",
                                        "aftersale.refund_overdue",
                                        "aftersale.repair",
                                        "service.attitude",
                                        "service.no_reply",
                                        "inquiry.product",
                                        "inquiry.price",
                                        "inquiry.recommendation",
                                        "other",
                                        NULL};
const char *const contract_flags[] = {
    "question",         "emotional",  "repeat",           "vip",
    "safety",           "legal",      "public_opinion",   "review_threat",
    "excessive_demand", "perishable", "low_value",        "evidence_missing",
    "packaging_only",   "slight",     "multiple_damages", "other_account",
    "unsure",           NULL};
const char *const contract_remedy_kinds[] = {"refund",         "refund_without_return",
                                             "exchange",       "reissue",
                                             "repair",         "gift",
                                             "coupon",         "stored_value",
                                             "warranty",       "insurance",
                                             "loaner",         "inspection",
                                             "apology",        "fee_share",
                                             "recovery_claim", "cancel",
                                             "change",         NULL};
const char *const contract_refusals[] = {"expired",
                                         "already_decided",
                                         "wrong_option",
                                         "role_too_low",
                                         "same_person",
                                         "own_proposal",
                                         "unknown_proposal",
                                         "over_budget",
                                         "over_paid",
                                         "other_currency",
                                         NULL};
const char *const contract_cancel_causes[] = {"policy", "withdrawn",   "reopened", "resolved",
                                              "closed", "late_record", NULL};
const char *const contract_rejections[] = {
    "not_json",  "too_large",     "too_deep",  "too_many_values", "duplicate_key",
    "bad_utf8",  "missing_field", "bad_value", "unknown_type",    "wrong_topic",
    "in_future", "unreadable",    "refused",   "unknown_case",    NULL};

#define CUSTOMER_ID                                                                                \
    {                                                                                              \
        FIELD(customer, id), MUST(FIELD_ID),                                                       \
            .doc = "The customer's id; not a phone number, hashes of those can be guessed."        \
    }
#define CUSTOMER_CONTACT                                                                           \
    {FIELD(customer, locale), MAY(FIELD_NAME), .max = 35,                                          \
     .doc = "BCP 47 language tag, e.g. `zh-CN`."},                                                 \
        {FIELD(customer, timezone), MAY(FIELD_NAME), .max = 64,                                    \
         .doc = "IANA time zone in which the customer reads times, e.g. `Asia/Shanghai`."},        \
        {FIELD(customer, name), MAY(FIELD_NAME), .doc = "The customer's name."},                   \
        {FIELD(customer, phone), MAY(FIELD_NAME), .max = 40,                                       \
         .doc =                                                                                    \
             "Telephone number; logged as `+8613…` where its country is certain, else as it is."}, \
    {                                                                                              \
        FIELD(customer, email), MAY(FIELD_NAME),                                                   \
            .max = 254, .doc = "Mail address (RFC 5321: up to 254 characters)."                    \
    }

static const struct field customer_fields[] = {
    CUSTOMER_ID,
    {FIELD(customer, tier), MUST(FIELD_CHOICE), .choices = contract_tiers,
     .doc = "The customer's tier."},
    {FIELD(customer, contract), MAY(FIELD_NAME),
     .doc = "The customer's service contract, by name: policies may ask for it."},
    {FIELD(customer, region), MAY(FIELD_NAME), .max = 64,
     .doc = "Where the customer is, the wider first, e.g. `CN-SH` (ISO 3166-2): policies may ask "
            "for it."},
    {FIELD(customer, address_id), MAY(FIELD_ID),
     .doc = "An id of the place that is delivered to, the same for all who live there (a hash of "
            "it, never the address): policies may count accounts by it."},
    CUSTOMER_CONTACT,
    {FIELD(customer, erased_at), MAY(FIELD_TIME),
     .doc = "In the case log, from intake: `customer.erased` is from then, and this was said "
            "before: it comes without name, telephone and mail, and workers keep nothing of him."},
    FIELDS_END,
};
TABLE(customer, customer, "customer", "Who complains.");

static const struct field contact_fields[] = {CUSTOMER_ID, CUSTOMER_CONTACT, FIELDS_END};
TABLE(contact, customer, "contact", "The customer of an order, and how to reach him.");

static const struct field order_fields[] = {
    {FIELD(order, id), MUST(FIELD_ID), .doc = "The order's id."},
    {FIELD(order, status), MUST(FIELD_CHOICE), .choices = contract_order_statuses,
     .doc = "Where the order stands."},
    {FIELD(order, amount), MUST(FIELD_MONEY), MONEY_RANGE, .doc = "What was paid for it."},
    {FIELD(order, placed_at), MAY(FIELD_TIME), .doc = "When it was placed."},
    {FIELD(order, shipped_at), MAY(FIELD_TIME), .doc = "When the carrier took it."},
    {FIELD(order, promised_at), MAY(FIELD_TIME), .doc = "When it was promised to be there."},
    {FIELD(order, delivered_at), MAY(FIELD_TIME), .doc = "When it was delivered."},
    {FIELD(order, carrier), MAY(FIELD_NAME), .doc = "The carrier."},
    {FIELD(order, tracking), MAY(FIELD_NAME), .doc = "The carrier's tracking number."},
    {FIELD(order, warehouse), MAY(FIELD_NAME), .doc = "The warehouse it left from."},
    {FIELD(order, lane), MAY(FIELD_NAME), .doc = "The transport lane, e.g. `SHA-CAN`."},
    {FIELD(order, custom), MAY(FIELD_BOOL), .doc = "Made to the customer's wish."},
    {FIELD(order, perishable), MAY(FIELD_BOOL), .doc = "Holds perishable goods."},
    {FIELD(order, other_account), MAY(FIELD_BOOL),
     .doc = "In the case log, from intake: another account has complained about it before; this "
            "one has a case of its own."},
    FIELDS_END,
};
TABLE(order, order, "order", "The order that a complaint is about.");

static const struct field item_fields[] = {
    {FIELD(item, sku), MUST(FIELD_NAME), .doc = "The stock keeping unit."},
    {FIELD(item, name), MUST(FIELD_NAME), .doc = "The article's name."},
    {FIELD(item, category), MAY(FIELD_NAME), .doc = "The article's category."},
    {FIELD(item, batch), MAY(FIELD_NAME), .doc = "The production batch."},
    {FIELD(item, quantity), MUST(FIELD_INT), BETWEEN(1, 1000000), .doc = "Pieces."},
    {FIELD(item, price), MUST(FIELD_MONEY), MONEY_RANGE, .doc = "Price of one piece."},
    FIELDS_END,
};
TABLE(item, item, "item", "An article of the order.");

static const struct field evidence_fields[] = {
    {FIELD(evidence, kind), MUST(FIELD_CHOICE), .choices = contract_evidence_kinds,
     .doc = "What it is."},
    {FIELD(evidence, url), MUST(FIELD_NAME), .max = CONTRACT_URL_MAX, .doc = "Where it lies."},
    FIELDS_END,
};
TABLE(evidence, evidence, "evidence", "What the customer shows.");

static const struct field deadline_fields[] = {
    {FIELD(outside_deadline, target), MUST(FIELD_NAME),
     .doc = "The target that it limits, e.g. `resolution`."},
    {FIELD(outside_deadline, at), MUST(FIELD_TIME),
     .doc = "Due then; the earlier of theirs and ours counts."},
    {FIELD(outside_deadline, set_by), MUST(FIELD_NAME), .doc = "Who set it, e.g. a marketplace."},
    FIELDS_END,
};
TABLE(deadline, outside_deadline, "deadline", "A deadline set from outside.");

static const struct field requested_fields[] = {
    {FIELD(requested, remedy), MUST(FIELD_CHOICE), .choices = contract_remedy_kinds,
     .doc = "The remedy asked for."},
    {FIELD(requested, amount), MAY(FIELD_MONEY), MONEY_RANGE, .doc = "The amount asked for."},
    FIELDS_END,
};
TABLE(requested, requested, "requested", "What the customer asks for.");

static const struct field cost_fields[] = {
    {FIELD(cost, kind), MUST(FIELD_NAME), .doc = "What it was spent on, e.g. `inspection`."},
    {FIELD(cost, amount), MUST(FIELD_MONEY), MONEY_RANGE, .doc = "How much."},
    FIELDS_END,
};
TABLE(cost, cost, "cost", "A cost that a case has caused.");

static const struct field match_fields[] = {
    {FIELD(cohort_match, carrier), MAY(FIELD_NAME), .doc = "Orders of this carrier."},
    {FIELD(cohort_match, warehouse), MAY(FIELD_NAME), .doc = "Orders from this warehouse."},
    {FIELD(cohort_match, sku), MAY(FIELD_NAME), .doc = "Orders with this article."},
    {FIELD(cohort_match, batch), MAY(FIELD_NAME), .doc = "Orders with articles of this batch."},
    {FIELD(cohort_match, lane), MAY(FIELD_NAME), .doc = "Orders on this transport lane."},
    FIELDS_END,
};
#define GIVEN(name)                                                                                \
    "{\"properties\":{\"" name "\":{\"type\":\"string\",\"minLength\":1}},\"required\":[\"" name   \
    "\"]}"
TABLE_OF(match, cohort_match, "match",
         "{\"anyOf\":[" GIVEN("carrier") "," GIVEN("warehouse") "," GIVEN("sku") "," GIVEN(
             "batch") "," GIVEN("lane") "]}",
         "Which orders are at risk; all that are given must hold.");

static const struct field remedy_fields[] = {
    {FIELD(remedy, kind), MUST(FIELD_CHOICE), .choices = contract_remedy_kinds,
     .doc = "What is done."},
    {FIELD(remedy, amount), MAY(FIELD_MONEY), MONEY_RANGE,
     .doc = "How much, where it is money or worth money."},
    {FIELD(remedy, valid_days), MAY(FIELD_INT), BETWEEN(1, 3650),
     .doc = "Days that a coupon or warranty is valid."},
    {FIELD(remedy, detail), MAY(FIELD_NAME), .doc = "A line for people, e.g. `air freight 48 h`."},
    FIELDS_END,
};
TABLE(remedy, remedy, "remedy", "One thing that makes good.");

static const struct field option_fields[] = {
    {FIELD(option, option), MUST(FIELD_NAME), .max = 16, .doc = "The option's name: `A`, `B`."},
    {FIELD(option, remedies), MUST(FIELD_PARTS), .of = &contract_remedy, .max = CONTRACT_LIST_MAX,
     .doc = "What the customer gets."},
    {FIELD(option, cost), MUST(FIELD_MONEY), MONEY_RANGE,
     .doc = "What it costs all parties together."},
    {FIELD(option, split), MUST(FIELD_TREE), .schema = SPLIT_SCHEMA,
     .doc = "Who bears it: {party: money}."},
    FIELDS_END,
};
TABLE(option, option, "option", "One of the options that the customer chooses between.");

static const struct field need_fields[] = {
    {FIELD(approval_need, role), MUST(FIELD_CHOICE), .choices = contract_roles,
     .doc = "The lowest role that may approve."},
    {FIELD(approval_need, approvals), MUST(FIELD_INT), BETWEEN(1, 10),
     .doc = "How many different people must."},
    FIELDS_END,
};
TABLE(need, approval_need, "needs", "Whose approval a proposal waits for.");

static const struct field reason_fields[] = {
    {FIELD(reason, rule), MUST(FIELD_NAME), .doc = "The rule that spoke."},
    {FIELD(reason, text), MUST(FIELD_TEXT),
     .doc = "The customer's words, or the fact, that it saw."},
    FIELDS_END,
};
TABLE(reason, reason, "reason", "What led to a class, severity or flag.");

static const struct field target_fields[] = {
    {FIELD(sla_target, name), MUST(FIELD_NAME), .doc = "The target, e.g. `first_contact`."},
    {FIELD(sla_target, cycle), MUST(FIELD_TIME),
     .doc = "The cycle: the time of the fact that started it."},
    {FIELD(sla_target, due_at), MAY(FIELD_TIME),
     .doc = "When it is due; absent while it is paused without an end."},
    {FIELD(sla_target, set_by), MAY(FIELD_NAME),
     .doc = "Whose deadline it is, when it was set from outside."},
    FIELDS_END,
};
TABLE(target, sla_target, "target", "A target's running cycle.");
