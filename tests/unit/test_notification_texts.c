/* All texts in all languages, as people would read them: notification_texts.txt, to be read from
 * top to bottom. Each sentence of each language stands in it at least once.
 * `test_notification_texts --write` writes it anew. */
#include "notification_world.h"

#include "base/file.h"
#include "notification/preview.h"

#define TEXTS_FILE "tests/unit/notification_texts.txt"

#define CUSTOMER                                                                                   \
    "'customer':{'id':'c1','tier':'vip','name':'林晓','phone':'+8613812341234'},"                \
    "'order':{'id':'A1001','status':'signed','amount':{'currency':'CNY','minor':29900},"           \
    "'warehouse':'WH-3','carrier':'SF'},'items':[{'sku':'D-7','name':'连衣裙','batch':'B0912'," \
    "'quantity':1,'price':{'currency':'CNY','minor':29900}}]"
#define OPENED                                                                                     \
    "case.opened {" IN_CASE ",'opened_at':'2026-11-22T10:00:00Z','channel':'im'," CUSTOMER         \
    ",'text':'x'}\n"
#define NAMELESS                                                                                   \
    "case.opened {" IN_CASE ",'opened_at':'2026-11-22T10:00:00Z','channel':'im','customer':{'id':" \
    "'c1','tier':'vip'},'text':'x'}\n"
#define CLASS(class_name, severity, flags)                                                         \
    "case.classified {" IN_CASE ",'class':'" class_name "','severity':'" severity                  \
    "','flags':[" flags "],'confidence':0.9,'rules_version':'1'}\n"
#define FLAW     CLASS("quality.flaw", "P3", "")
#define URGENT   CLASS("quality.expired", "P1", "")
#define QUESTION CLASS("inquiry.product", "P4", "'question'")
#define LATE     CLASS("logistics.delayed", "P3", "")
#define MISSING  CLASS("order.missing_items", "P3", "")
#define ASSIGNED "case.assigned {" IN_CASE ",'to':'周明'}\n"
#define ASSESSED "case.assessed {" IN_CASE ",'finding':'x','by':'lab'}\n"
#define STARTED(targets)                                                                           \
    "sla.started {" IN_CASE ",'policy':'p','policy_version':'1','targets':[" targets "]}\n"
#define CONTACT      "{'name':'first_contact'," CYCLE ",'due_at':'2026-11-22T11:00:00Z'}"
#define PAST         "{'name':'first_contact'," CYCLE ",'due_at':'2026-11-22T09:00:00Z'}"
#define PAUSED       "{'name':'first_contact'," CYCLE "}"
#define RESOLVE      "{'name':'resolution'," CYCLE ",'due_at':'2026-11-23T10:00:00Z'}"
#define UPDATE       "{'name':'next_update'," CYCLE ",'due_at':'2026-11-29T10:00:00Z'}"
#define REPEATED     "case.repeated {" IN_CASE ",'repeats':1,'channel':'im'," CUSTOMER ",'text':'y'}\n"
#define MONEY(minor) "{'currency':'CNY','minor':" #minor "}"
#define COUPON                                                                                       \
    "{'option':'A','remedies':[{'kind':'coupon','amount':" MONEY(                                    \
        5000) ",'valid_days':30}],'cost':" MONEY(5000) ",'split':{'carrier':" MONEY(2500) ",'"       \
                                                                                          "platfo"   \
                                                                                          "rm'"      \
                                                                                          ":" MONEY( \
                                                                                              2500) "}}"
#define REPAIR                                                                                     \
    "{'option':'A','remedies':[{'kind':'repair'},{'kind':'fee_share','amount':" MONEY(             \
        140000) "},{'kind':'warranty','valid_days':180,'detail':'6 months "                        \
                "more'},{'kind':'insurance',"                                                      \
                "'amount':" MONEY(39900) ",'detail':'accident insurance'}],'cost':" MONEY(         \
                    239900) ",'split':{'platform':" MONEY(179900) ",'customer':" MONEY(60000) "}}"
#define CHANGE                                                                                     \
    "{'option':'A','remedies':[{'kind':'change','detail':'express production "                     \
    "line'}],'cost':" MONEY(0) ",'split':{}}"
#define APPROVED_AS(id, options, until)                                                            \
    "compensation.approved {" IN_CASE ",'proposal_id':'" WORLD_CASE "." id "','options':[" options \
    "]" until ",'by':['policy']}\n"
#define UNTIL                ",'choose_by':'2026-11-25T10:00:00Z'"
#define APPROVED(options)    APPROVED_AS("1", options, UNTIL)
#define TWO                  "compensation.approved " PROPOSAL "," OPTIONS CHOOSE_BY "\n"
#define CHOSE                "compensation.chosen " PROPOSAL ",'option':'A'}\n"
#define SETTLEMENT           ",'settlements':[{'settlement_id':'" P1 ".1'}]}\n"
#define REASON(type, reason) "compensation." type " " PROPOSAL ",'reason':'" reason "'}\n"
#define CHOICE               "decision.chosen " PROPOSAL ",'option':'B'}\n"
#define DECISION             "decision.approved " PROPOSAL ",'actor':'王强','role':'agent'}\n"
#define REFUSED(reason)                                                                            \
    "compensation.decision_refused " PROPOSAL                                                      \
    ",'decision':{'source':'/test','id':'last'},'reason':'" reason "'}\n"
#define DEMAND_REFUSED(rule, more)                                                                 \
    "compensation.refused {" IN_CASE ",'rule':'" rule "','role':'supervisor'" more "}\n"
#define REFERRED(rule) "compensation.referred {" IN_CASE ",'rule':'" rule "','role':'manager'}\n"
#define TASK(what)     "task." what " {" IN_CASE ",'task':'inspection','by':'lab'}\n"
#define PROPOSED(approvals)                                                                        \
    "compensation.proposed " PROPOSAL "," OPTIONS                                                  \
    ",'needs':{'role':'manager','approvals':" #approvals                                           \
    "},'approve_by':'2026-11-23T10:00:00Z'}\n"
#define SLA_EVENT(type, target, rest)                                                              \
    "sla." type " {" IN_CASE ",'target':'" target "'," CYCLE rest "}\n"
#define RUNNING(name)                                                                              \
    STARTED("{'name':'" name "'," CYCLE ",'due_at':'2026-11-22T10:00:00Z'}," UPDATE)
#define FINISHED "case.resolved {" IN_CASE ",'by':'li'}\n"
#define LINE(id, line)                                                                             \
    "notification.collected {" IN_CASE ",'of':'" WORLD_CASE "','notification_id':'" WORLD_CASE     \
    "." id "','channel':'im','to':'supervisors','template':'breach','audience':'supervisor',"      \
    "'line':'" line "','tell_at':'2026-11-22T10:15:00Z'}\n"
#define WEEK_LINE(id, line)                                                                        \
    "notification.collected {" IN_CASE ",'of':'" WORLD_CASE "','notification_id':'" WORLD_CASE     \
    "." id "','channel':'im','to':'quality','template':'week_risen','audience':'quality_weekly',"  \
    "'line':'" line "','tell_at':'2026-11-26T01:00:00Z'}\n"
#define CLOSED        "case.closed {" IN_CASE ",'by':'li'}\n"
#define SCORED(score) "visit.scored {" IN_CASE ",'score':" #score "}\n"
#define LOST_MESSAGE                                                                               \
    "delivery.failed {" IN_CASE ",'notification_id':'" ACK "','reason':'number not in use'}\n"
#define UNREPORTED                                                                                 \
    "delivery.failed {" IN_CASE ",'notification_id':'" ACK "','reason':'no_report'}\n"
#define UNEXPLAINED "delivery.failed {" IN_CASE ",'notification_id':'" ACK "'}\n"
#define FAILS(id)                                                                                  \
    "delivery.failed {" IN_CASE ",'notification_id':'" ACK id "','reason':'number not in use'}\n"

#define ORDER_FACTS                                                                                \
    "order.updated {'order':{'id':'A1001','status':'shipped','amount':{'currency':'CNY','minor':"  \
    "29900}},'items':[{'sku':'D-7','name':'x','quantity':1,'price':{'currency':'CNY','minor':"     \
    "29900}}],'customer':{'id':'c1','name':'林晓','locale':'zh-CN'}}\n"
#define WARNED(class_name, token)                                                                  \
    ORDER_FACTS "cohort.member_warned {'cohort_id':'" WORLD_CASE                                   \
                "','match':{'lane':'HZ-SH'},'order_id':'A1001','class':'" class_name "'" token     \
                "}\n"
#define TOKEN ",'token':{'kind':'coupon','amount':" MONEY(5000) ",'valid_days':90}"

#define CAUSE(type, match, class_name, party, rest)                                                \
    "cause." type " {'cause_id':'" WORLD_CASE "','match':{" match "},'class':'" class_name         \
    "','party':'" party                                                                            \
    "','since':'2026-11-15T16:00:00Z','days':7,'complaints':42,'orders':1234,'rate':34.04,"        \
    "'rate_from':24.5,'rate_to':46.0,'usual_rate':4.12,'expected':5.1" rest "}\n"
#define RISEN(match, class_name, party)                                                            \
    CAUSE("risen", match, class_name, party,                                                       \
          ",'chance':0.0000000001,'examples':['BYCRCNPA1C41H-0000001','BYCRCNPA1C41H-0000002']")
#define REVIEWED(outcome, rest)                                                                    \
    CAUSE("reviewed", "'carrier':'SF'", "logistics.delayed", "carrier",                            \
          ",'outcome':'" outcome "'" rest)
#define ANSWERED ",'answer':'more vans','by':'li','answered_at':'2026-11-16T10:00:00Z'"

#define LINKED          "the next day, with a page to answer on"
#define SIMILAR_CHOSEN  "a case like it was closed"
#define SIMILAR_OFFERED "a case like it was closed, whose customer chose nothing"

/* What happened, a line an event, in its order; the last is what is told of. */
static const struct sample {
    const char *text, *title, *events;
} samples[] = {
    {"acknowledgement", "both deadlines run", OPENED FLAW STARTED(CONTACT "," RESOLVE)},
    {"acknowledgement", "urgent, and somebody is assigned",
     OPENED URGENT ASSIGNED STARTED(CONTACT "," RESOLVE)},
    {"acknowledgement", "first contact is late, nothing else runs", OPENED FLAW STARTED(PAST)},
    {"acknowledgement", "only the next update runs, no class is known",
     NAMELESS STARTED(PAUSED "," UPDATE)},
    {"acknowledgement", "no deadline runs", OPENED FLAW STARTED(PAUSED)},
    {"question_received", "both deadlines run", OPENED QUESTION STARTED(CONTACT "," RESOLVE)},
    {"question_received", "no deadline runs", OPENED QUESTION STARTED(PAUSED)},
    {"repeated", "first contact runs", OPENED FLAW STARTED(CONTACT "," RESOLVE) REPEATED},
    {"repeated", "urgent, assigned, only the solution runs",
     OPENED URGENT ASSIGNED STARTED(PAUSED "," RESOLVE) REPEATED},
    {"repeated", "only the next update runs, it only asks",
     OPENED QUESTION STARTED(PAUSED "," UPDATE) REPEATED},
    {"repeated", "no deadline runs", OPENED FLAW STARTED(PAUSED) REPEATED},
    {"reopened", "the solution runs",
     OPENED FLAW FINISHED "case.reopened {" IN_CASE ",'by':'li'}\n" STARTED(RESOLVE)},
    {"reopened", "first contact runs, escalated, assigned",
     OPENED FLAW ASSIGNED "case.reopened {" IN_CASE ",'by':'li'}\n" SLA_EVENT(
         "escalated", "resolution", ",'level':1,'to':'manager'") STARTED(CONTACT)},
    {"reopened", "no deadline runs, it only asks",
     OPENED QUESTION "case.reopened {" IN_CASE ",'by':'li'}\n" STARTED(PAUSED)},
    {"evidence_request", "evidence is missing",
     OPENED STARTED(CONTACT "," RESOLVE) CLASS("quality.flaw", "P3", "'evidence_missing'")},
    {"warned", "a late truck, with a token", WARNED("logistics.delayed", TOKEN)},
    {"warned", "without one", WARNED("logistics.delayed", "")},
    {"warned_of_goods", "a batch past its date, with a token", WARNED("quality.expired", TOKEN)},
    {"warned_of_goods", "without one", WARNED("quality.expired", "")},
    {"token_unsettled", "reported as failed",
     WARNED("logistics.delayed",
            TOKEN) "settlement.failed {'order_id':'A1001','cohort_id':'" WORLD_CASE
                   "','settlement_id':'" WORLD_CASE ".A1001','reason':'coupon system down'}\n"},
    {"stop_using", "it is past its date", OPENED STARTED(CONTACT "," RESOLVE) URGENT},
    {"offer", "two options", OPENED FLAW STARTED(CONTACT "," RESOLVE) TWO},
    {"offer", "one option, in place of an earlier offer",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) TWO REASON("withdrawn", "superseded")
         APPROVED_AS("2", COUPON, UNTIL)},
    {"offer", "after an inspection; the customer bears a share",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) ASSESSED APPROVED(REPAIR)},
    {"offer", "after an inspection, two options, without an end; no class is known",
     OPENED STARTED(CONTACT "," RESOLVE) ASSESSED "compensation.approved " PROPOSAL "," OPTIONS
                                                  ",'by':['wang']}\n"},
    {"offer", "the law may give what is demanded beside it",
     OPENED CLASS("quality.expired", "P3", "'multiple_damages'") STARTED(CONTACT "," RESOLVE)
         REFERRED("tenfold for unsafe food") TWO},
    {"refusal", "an excessive demand, two options",
     OPENED CLASS("quality.flaw", "P3", "'excessive_demand'") STARTED(CONTACT "," RESOLVE)
         DEMAND_REFUSED("more than is due", "") TWO},
    {"refusal", "a bad review is threatened, and the offer stands already",
     OPENED STARTED(CONTACT "," RESOLVE) TWO CLASS("quality.flaw", "P3", "'review_threat'")
         DEMAND_REFUSED("review threatened", ",'proposal_id':'" P1 "','alternative':[" COUPON "]")},
    {"refusal", "one option, with a share, without an end, in place of an earlier offer",
     OPENED CLASS("quality.flaw", "P3", "'excessive_demand'") STARTED(CONTACT "," RESOLVE)
         DEMAND_REFUSED("more than is due", "") TWO APPROVED_AS("2", REPAIR, "")},
    {"not_approved", "first contact runs",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) "compensation.rejected " PROPOSAL
                                              ",'role':'manager','reason':'x'}\n"},
    {"not_approved", "the solution runs",
     OPENED FLAW STARTED(PAUSED "," RESOLVE) "compensation.rejected " PROPOSAL
                                             ",'role':'manager','reason':'x'}\n"},
    {"not_approved", "the next update runs",
     OPENED FLAW STARTED(PAUSED "," UPDATE) "compensation.rejected " PROPOSAL
                                            ",'role':'manager','reason':'x'}\n"},
    {"lapsed", "the customer did not choose",
     OPENED FLAW STARTED(CONTACT) TWO REASON("expired", "not chosen")},
    {"decided_otherwise", "the class was corrected",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) TWO REASON("withdrawn", "reclassified")},
    {"offer_void", "the case was withdrawn",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) TWO REASON("withdrawn", "withdrawn")},
    {"choice_refused", "another option stands; two of them",
     OPENED FLAW STARTED(CONTACT) TWO CHOICE REFUSED("wrong_option")},
    {"choice_refused", "one option stands",
     OPENED FLAW STARTED(CONTACT) APPROVED(COUPON) CHOICE REFUSED("wrong_option")},
    {"choice_refused", "another option was chosen before",
     OPENED FLAW STARTED(CONTACT) TWO CHOSE CHOICE REFUSED("already_decided")},
    {"choice_refused", "it was too late",
     OPENED FLAW STARTED(CONTACT) TWO REASON("expired", "not chosen") CHOICE REFUSED("expired")},
    {"chosen", "nothing to do", OPENED FLAW STARTED(CONTACT) APPROVED(COUPON) CHOSE},
    {"chosen", "the goods are needed, the customer bears a share",
     OPENED FLAW STARTED(CONTACT) APPROVED(REPAIR) CHOSE},
    {"chosen", "custom work: no time is promised",
     OPENED FLAW STARTED(CONTACT) APPROVED(CHANGE) CHOSE},
    {"chosen", "what was offered is not known", OPENED FLAW STARTED(CONTACT) CHOSE},
    {"settled", "all is done",
     OPENED FLAW STARTED(CONTACT) APPROVED(COUPON) CHOSE
     "compensation.settled " PROPOSAL SETTLEMENT},
    {"settled", "what was offered is not known",
     OPENED FLAW STARTED(CONTACT) "compensation.settled " PROPOSAL SETTLEMENT},
    {"settlement_trouble", "part of it failed; the next update runs",
     OPENED FLAW STARTED(CONTACT "," UPDATE) APPROVED(COUPON) CHOSE
     "compensation.failed " PROPOSAL SETTLEMENT},
    {"settlement_trouble", "what was offered is not known",
     OPENED FLAW STARTED(CONTACT) "compensation.failed " PROPOSAL SETTLEMENT},
    {"task_started", "an inspection begins; the next update runs",
     OPENED FLAW STARTED(CONTACT "," UPDATE) TASK("started")},
    {"task_started", "nothing runs", OPENED FLAW STARTED(PAUSED) TASK("started")},
    {"task_done", "the solution runs", OPENED FLAW STARTED(CONTACT "," RESOLVE) TASK("done")},
    {"task_done", "the next update runs", OPENED FLAW STARTED(CONTACT "," UPDATE) TASK("done")},
    {"task_done", "nothing runs", OPENED FLAW STARTED(PAUSED) TASK("done")},
    {"progress", "the inspection goes on, the solution runs",
     OPENED FLAW STARTED(CONTACT "," RESOLVE) TASK("started")
         SLA_EVENT("warned", "next_update", ",'due_at':'2026-11-29T10:00:00Z','before':'1d'")},
    {"progress", "the inspection goes on",
     OPENED FLAW STARTED(PAUSED) TASK("started")
         SLA_EVENT("warned", "next_update", ",'due_at':'2026-11-29T10:00:00Z','before':'1d'")},
    {"apology", "no solution in time; first contact is late, too; a supervisor was told before",
     OPENED CLASS("quality.flaw", "P3", "'public_opinion'") STARTED(PAST "," RESOLVE)
         SLA_EVENT("breached", "resolution",
                   ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:00Z'")},
    {"apology", "no solution in time, somebody is assigned; it is begun again",
     OPENED FLAW ASSIGNED STARTED("{'name':'resolution'," CYCLE ",'due_at':'2026-11-22T10:00:10Z'}")
         STARTED(
             "{'name':'resolution','cycle':'2026-11-22T10:01:00Z','due_at':'2026-11-24T10:00:00Z'}")
             SLA_EVENT("breached", "resolution",
                       ",'due_at':'2026-11-22T10:00:10Z','breached_at':'2026-11-22T10:00:10Z'")},
    {"apology", "the next update runs",
     OPENED FLAW STARTED(RESOLVE "," UPDATE)
         SLA_EVENT("breached", "resolution",
                   ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:00Z'")},
    {"apology", "nothing runs",
     OPENED FLAW STARTED(RESOLVE)
         SLA_EVENT("breached", "resolution",
                   ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:00Z'")},
    {"refund_chase", "the refund is late; the next update runs",
     OPENED FLAW STARTED(CONTACT "," UPDATE)
         SLA_EVENT("breached", "refund_settlement",
                   ",'due_at':'2026-11-22T10:00:00Z','breached_at':'2026-11-22T10:00:00Z'")},
    {"question_answered", "it is answered", OPENED QUESTION STARTED(CONTACT) FINISHED},
    {"resolved", "quality was told", OPENED STARTED(CONTACT) FLAW FINISHED},
    {"resolved", "the warehouse was told", OPENED STARTED(CONTACT) MISSING FINISHED},
    {"resolved", "nobody was told", OPENED STARTED(CONTACT) LATE FINISHED},
    {"withdrawn", "the customer withdrew it",
     OPENED STARTED(CONTACT) "case.withdrawn {" IN_CASE ",'reason':'withdrawn','by':'li'}\n"},
    {"duplicate", "another case goes on",
     OPENED STARTED(CONTACT) "case.withdrawn {" IN_CASE
                             ",'reason':'duplicate','of':'BYCRCNPA1C41H-0000001','by':'li'}\n"},
    {"satisfaction", LINKED, OPENED STARTED(CONTACT) FLAW FINISHED CLOSED},
    {"satisfaction", "the next day", OPENED STARTED(CONTACT) FLAW FINISHED CLOSED},
    {"low_score", "two of five", OPENED FLAW STARTED(CONTACT) FINISHED SCORED(2)},

    {"warning", "75 percent are used",
     OPENED FLAW SLA_EVENT("warned", "first_contact",
                           ",'due_at':'2026-11-22T11:00:00Z','percent':75")},
    {"warning", "ten minutes before",
     OPENED FLAW SLA_EVENT("warned", "first_contact",
                           ",'due_at':'2026-11-22T11:00:00Z','before':'10m'")},
    {"breach", "first contact",
     OPENED FLAW SLA_EVENT(
         "breached", "first_contact",
         ",'due_at':'2026-11-22T11:00:00Z','breached_at':'2026-11-22T11:00:00Z'")},
    {"escalation", "to the manager",
     OPENED FLAW SLA_EVENT("escalated", "resolution", ",'level':2,'to':'manager'")},
    {"escalation", SIMILAR_CHOSEN,
     OPENED FLAW SLA_EVENT("escalated", "resolution", ",'level':2,'to':'manager'")},
    {"escalation", SIMILAR_OFFERED,
     OPENED FLAW SLA_EVENT("escalated", "resolution", ",'level':2,'to':'manager'")},
    {"retraction", "a record came late",
     OPENED FLAW SLA_EVENT("retracted", "resolution",
                           ",'due_at':'2026-11-22T11:00:00Z','breached_at':'2026-11-22T11:00:00Z','"
                           "met_at':'2026-11-22T10:59:00Z','cause':'late_record'")},
    {"approval_request", "one manager", OPENED FLAW PROPOSED(1)},
    {"approval_request", "two managers", OPENED FLAW PROPOSED(2)},
    {"approval_reminder", "nobody has decided",
     OPENED FLAW PROPOSED(2) "compensation.escalated " PROPOSAL
                             ",'role':'manager','reason':'not decided'}\n"},
    {"decision_refused", "the role is too low",
     OPENED FLAW PROPOSED(1) DECISION REFUSED("role_too_low")},
    {"not_decided", "nobody decided", OPENED FLAW PROPOSED(1) REASON("expired", "not decided")},
    {"budget", "the budget is used up", OPENED FLAW PROPOSED(1) DECISION REFUSED("over_budget")},
    {"settlement_overdue", "not reported as done",
     OPENED FLAW APPROVED(COUPON) CHOSE
     "compensation.escalated " PROPOSAL
     ",'role':'finance','reason':'not settled','settlement_id':'" P1 ".1'}\n"},
    {"settlement_failed", "part of it failed",
     OPENED FLAW APPROVED(COUPON) CHOSE "compensation.failed " PROPOSAL SETTLEMENT},
    {"recovery_claim", "the carrier bears a share", OPENED LATE APPROVED(COUPON) CHOSE},
    {"refund_check", "the refund is late",
     OPENED FLAW SLA_EVENT(
         "breached", "refund_settlement",
         ",'due_at':'2026-11-22T11:00:00Z','breached_at':'2026-11-22T11:00:00Z'")},
    {"assigned", "deadlines run", OPENED FLAW STARTED(CONTACT "," RESOLVE) ASSIGNED},
    {"case_reopened", "reopened", OPENED FLAW "case.reopened {" IN_CASE ",'by':'li'}\n"},
    {"legal_review", "a lawyer is spoken of", OPENED CLASS("quality.flaw", "P1", "'legal'")},
    {"quality_report", "a flaw", OPENED FLAW},
    {"batch_stop", "it is past its date", OPENED URGENT},
    {"refusal_review", "what is offered instead, and what to keep",
     OPENED FLAW DEMAND_REFUSED("review threatened",
                                ",'proposal_id':'" P1 "','alternative':[" COUPON
                                "],'keep':['the whole conversation','the review and its time']")},
    {"refusal_review", "a row of one's own, and nothing is offered",
     OPENED FLAW DEMAND_REFUSED("house rule 7", "")},
    {"lawful_claim", "tenfold for unsafe food", OPENED URGENT REFERRED("tenfold for unsafe food")},
    {"lawful_claim", "a row of one's own", OPENED URGENT REFERRED("house rule 8")},
    {"warehouse_report", "items are missing", OPENED MISSING},
    {"carrier_report", "a parcel is lost", OPENED CLASS("logistics.lost", "P2", "")},
    {"digest", "two of one case, one of another",
     OPENED FLAW LINE("breach.1", "已超时：首次联系（BYCRCNPA1C41H-FRGWX4V）")
         LINE("breach.2", "已超时：问题解决（BYCRCNPA1C41H-FRGWX4V）")
             LINE("breach.3", "已超时：问题解决（BYCRCNPA1C41H-0000001）")},
    {"low_score_alarm", "one of five", OPENED FLAW ASSIGNED SCORED(1)},
    {"cause_risen", "a carrier", RISEN("'carrier':'SF'", "logistics.delayed", "carrier")},
    {"cause_risen", "a warehouse", RISEN("'warehouse':'WH-3'", "order.missing_items", "warehouse")},
    {"cause_risen", "an article", RISEN("'sku':'D-7'", "quality.not_as_described", "product_page")},
    {"cause_risen", "a batch", RISEN("'batch':'B0912'", "quality.expired", "quality")},
    {"cause_risen", "a lane, without examples",
     CAUSE("risen", "'lane':'HZ-SH'", "logistics.lost", "carrier", ",'chance':0.0000000001")},
    {"cause_stays", "it was answered", REVIEWED("stays", ANSWERED)},
    {"week_risen", "an article", RISEN("'sku':'D-7'", "quality.flaw", "quality")},
    {"week_reviewed", "a carrier that was answered", REVIEWED("fallen", ANSWERED)},
    {"week_reviewed", "it is over by itself", REVIEWED("over", "")},
    {"week", "two lines",
     OPENED WEEK_LINE(
         "week_risen.1",
         "上升：D-7 商品瑕疵，7 天投诉 42 起、订单 1,234 单，每千单 34.0 起（平时 4.1）")
         WEEK_LINE("week_reviewed.2", "SF 物流延误：处理后已下降，每千单 4.0 起（平时 4.1）")},
    {"praise", "five of five", OPENED FLAW ASSIGNED SCORED(5)},
    {"undelivered", "the telephone is known",
     "case.opened {" IN_CASE
     ",'opened_at':'2026-11-22T10:00:00Z','channel':'sms','customer':{'id':'c1','tier':'vip','name'"
     ":'林晓','phone':'+8613812341234'},'text':'x'}\n" FLAW STARTED(CONTACT) LOST_MESSAGE},
    {"undelivered", "it is not", NAMELESS STARTED(CONTACT) LOST_MESSAGE},
    {"undelivered", "nobody has reported on it", NAMELESS STARTED(CONTACT) UNREPORTED},
    {"undelivered", "nobody says why", NAMELESS STARTED(CONTACT) UNEXPLAINED},
};

static struct world world;

/* One line: the type, a blank, its data with ' for ". */
static struct event read_event(const char *line, size_t len, int number) {
    char *text = arena_strndup(world.arena, line, len);
    char *json = strchr(text, ' ');
    struct err err = {{0}};
    struct event ev = {.source = "/test", .subject = WORLD_CASE, .sequence = EVENT_NO_SEQUENCE};

    assert_non_null(json);
    *json++ = 0;
    for (char *at = json; *at; at++)
        if (*at == '\'') *at = '"';
    if (json_read(world.arena, json, strlen(json), NULL, &ev.data, &err) != JSON_OK)
        fail_msg("%s: %s", json, err.text);
    ev.type = text;
    ev.time_ms = world.now_ms + number * 1000;
    ev.id = arena_printf(world.arena, "e-%d", number);
    /* The refusals above name the decision before them. */
    if (strncmp(text, "decision.", 9) == 0) ev.id = "last";
    return ev;
}

static struct secrets a_secret(void) {
    struct secrets secrets;
    struct err err;
    assert_int_equal(secrets_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &secrets, &err), 0);
    return secrets;
}

/* As notification/library.h writes it. */
static const char *similar_to(const struct sample *sample) {
    if (strcmp(sample->title, SIMILAR_CHOSEN) == 0)
        return "DMTA64J62PQB0-WMXXS46 29401234 185 5 -,-,- B "
               "A=exchange+gift:8900CNY;B=refund:29900CNY+coupon:20000CNY:30";
    if (strcmp(sample->title, SIMILAR_OFFERED) == 0)
        return "DMTA64J62PQB0-WMXXS46 29401234 0 0 -,-,- - A=coupon:2000CNY:30";
    return NULL;
}

static int preview(const struct sample *sample, struct preview **out) {
    struct event *events = NULL;
    int count = 0;
    int previews = 0;
    struct err err = {{0}};

    for (const char *at = sample->events; *at;) {
        size_t len = strcspn(at, "\n");
        struct event ev = read_event(at, len, count);
        *ARENA_ADD(world.arena, events, count) = ev;
        at += len + (at[len] != 0);
    }
    int64_t now = events[count - 1].time_ms;
    /* What is told of a breach is told behind it. */
    const struct tree *due = tree_get(events[count - 1].data, "due_at");
    if (strcmp(events[count - 1].type, "sla.breached") == 0 && clock_parse(due->text, &now) == 0)
        now += 1000;
    if (strcmp(sample->text, "satisfaction") == 0) now += 24 * HOUR_MS;
    struct settings settings = SETTINGS_DEFAULT;
    if (strcmp(sample->title, LINKED) == 0) settings.visit = a_secret();
    struct preview_request request = {.policies = &world.policies,
                                      .settings = &settings,
                                      .events = events,
                                      .count = count,
                                      .text = sample->text,
                                      .channel = CHANNEL_IM,
                                      .now_ms = now,
                                      .similar = similar_to(sample)};
    if (preview_make(&request, world.arena, out, &previews, &err))
        fail_msg("%s (%s): %s", sample->text, sample->title, err.text);
    return previews;
}

/* Sentences that stood in some sample, by language, text, part and place. */
static struct texts seen;

static const char *place_of(const char *locale, const char *text, const char *part, int index) {
    return arena_printf(world.arena, "%s: %s.%s[%d]", locale, text, part, index);
}

static void note_said(const struct sample *sample, const struct preview *preview) {
    const struct preview_sentence *sentences = preview->sentences.at;
    for (int i = 0; i < preview->sentences.count; i++) {
        const char *place =
            place_of(preview->locale, sample->text, sentences[i].part, sentences[i].index);
        if (!sentences[i].lacks && !texts_has(&seen, place)) texts_add(&seen, place, world.arena);
    }
}

static void print_all(struct buf *out) {
    const char *before = "";

    for (size_t i = 0; i < LENGTH(samples); i++) {
        struct preview *previews;
        int count = preview(&samples[i], &previews);
        if (strcmp(before, samples[i].text) != 0)
            buf_printf(out, "%s==== %s ====\n", *before ? "\n" : "", samples[i].text);
        before = samples[i].text;
        buf_printf(out, "\n-- %s --\n", samples[i].title);
        for (int j = 0; j < count; j++) {
            note_said(&samples[i], &previews[j]);
            if (!previews[j].said)
                fail_msg("%s (%s): nothing to say", samples[i].text, samples[i].title);
            const struct wording_rendered *words = &previews[j].words;
            buf_printf(out, "\n[%s] %s\n%s\n", previews[j].locale,
                       words->line ? words->line : words->subject, words->body);
        }
    }
}

static void texts_are_those_in_the_file(void **unused) {
    (void)unused;
    const char *bytes;
    size_t len;
    struct err err = {{0}};
    struct buf found = {0};

    print_all(&found);
    if (file_read(world.arena, TEXTS_FILE, 1 << 20, &bytes, &len, &err)) fail_msg("%s", err.text);
    if (found.len != len || memcmp(found.at, bytes, len) != 0) {
        size_t at = 0;
        while (at < len && at < found.len && bytes[at] == found.at[at]) at++;
        while (at > 0 && bytes[at - 1] != '\n') at--;
        fail_msg("%s is not what the texts are; `test_notification_texts --write` writes it anew. "
                 "First difference:\n%.200s\nnow:\n%.200s",
                 TEXTS_FILE, bytes + at, found.at + at);
    }
    buf_free(&found);
}

static void every_sentence_is_in_it(void **unused) {
    (void)unused;
    static const char *const parts[] = {"subject", "line",   "empathy", "information",
                                        "value",   "action", "body"};
    const struct message_policy *policy = world.version.policy;
    const struct wording_language *languages = policy->languages.at;
    struct buf out = {0};
    int missing = 0;

    print_all(&out);
    buf_free(&out);
    for (int i = 0; i < policy->languages.count; i++) {
        const struct wording_text *texts = languages[i].texts.at;
        for (int j = 0; j < languages[i].texts.count; j++)
            for (int part = 0; part < WORDING_PARTS; part++)
                for (int k = 0; k < texts[j].sentences[part].count; k++) {
                    const char *place =
                        place_of(languages[i].locale, texts[j].name, parts[part], k);
                    if (texts_has(&seen, place)) continue;
                    print_message("%s stands in no sample\n", place);
                    missing++;
                }
    }
    assert_int_equal(missing, 0);
}

/* The languages have the same texts. */
static void languages_agree(void **unused) {
    (void)unused;
    const struct message_policy *policy = world.version.policy;
    const struct wording_language *languages = policy->languages.at;

    assert_int_equal(policy->languages.count, 3);
    for (int i = 1; i < policy->languages.count; i++) {
        const struct wording_text *texts = languages[i].texts.at;
        assert_int_equal(languages[i].texts.count, languages[0].texts.count);
        for (int j = 0; j < languages[i].texts.count; j++)
            if (!wording_text(&languages[0], texts[j].name))
                fail_msg("%s has %s, %s has not", languages[i].locale, texts[j].name,
                         languages[0].locale);
    }
}

static int write_file(void) {
    struct buf found = {0};
    struct err err = {{0}};
    print_all(&found);
    int result = file_write(TEXTS_FILE, found.at, found.len, &err);
    if (result) fprintf(stderr, "%s\n", err.text);
    buf_free(&found);
    return result != 0;
}

static int open_world(void **unused) {
    (void)unused;
    world_open(&world, &notification_spec, POLICY);
    struct message_policy *policy = own_policy(&world);
    static struct message_visit visit;
    visit = *policy->visit;
    visit.link = "https://care.example/visit?t={token}";
    policy->visit = &visit;
    return 0;
}

static int close_world(void **unused) {
    (void)unused;
    world_close(&world);
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_those_in_the_file),
        cmocka_unit_test(every_sentence_is_in_it),
        cmocka_unit_test(languages_agree),
    };
    if (argc > 1 && strcmp(argv[1], "--write") == 0) {
        open_world(NULL);
        int result = write_file();
        close_world(NULL);
        return result;
    }
    return cmocka_run_group_tests(tests, open_world, close_world);
}
