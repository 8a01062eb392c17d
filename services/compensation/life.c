/* life: the table. */
#include "life.h"

const struct life_row life_rows[] = {
    {COMPENSATION_PROPOSED, LIFE_APPROVE, COMPENSATION_APPROVED,
     "within policy's limit, caps and budget"},
    {COMPENSATION_PROPOSED, LIFE_ASK, COMPENSATION_AWAITING_APPROVAL, "people must approve"},
    {COMPENSATION_AWAITING_APPROVAL, LIFE_APPROVE, COMPENSATION_APPROVED,
     "enough people of the role approved; nobody decided, and it may be approved by silence"},
    {COMPENSATION_AWAITING_APPROVAL, LIFE_REJECT, COMPENSATION_REJECTED,
     "a person rejected it; nobody decided, and silence rejects"},
    {COMPENSATION_AWAITING_APPROVAL, LIFE_EXPIRE, COMPENSATION_EXPIRED,
     "nobody decided by approve_by"},
    {COMPENSATION_AWAITING_APPROVAL, LIFE_WITHDRAW, COMPENSATION_WITHDRAWN,
     "a newer one, other facts, the case is over"},
    {COMPENSATION_APPROVED, LIFE_CHOOSE, COMPENSATION_CHOSEN, "the customer chose an option"},
    {COMPENSATION_APPROVED, LIFE_EXPIRE, COMPENSATION_EXPIRED, "nobody chose by choose_by"},
    {COMPENSATION_APPROVED, LIFE_WITHDRAW, COMPENSATION_WITHDRAWN,
     "a newer one, other facts, the case is over"},
    {COMPENSATION_CHOSEN, LIFE_REPORT, COMPENSATION_SETTLING, "some settlements have reported"},
    {COMPENSATION_CHOSEN, LIFE_SETTLE, COMPENSATION_SETTLED, "all settlements are done"},
    {COMPENSATION_CHOSEN, LIFE_FAIL, COMPENSATION_FAILED, "all have reported, one failed"},
    {COMPENSATION_CHOSEN, LIFE_RETRY, COMPENSATION_CHOSEN, "none is done, they are ordered again"},
    {COMPENSATION_SETTLING, LIFE_REPORT, COMPENSATION_SETTLING, "one more has reported"},
    {COMPENSATION_SETTLING, LIFE_SETTLE, COMPENSATION_SETTLED, "all settlements are done"},
    {COMPENSATION_SETTLING, LIFE_FAIL, COMPENSATION_FAILED, "all have reported, one failed"},
    {COMPENSATION_SETTLING, LIFE_RETRY, COMPENSATION_SETTLING, "what is not done is ordered again"},
    {COMPENSATION_FAILED, LIFE_RETRY, COMPENSATION_SETTLING, "what failed is ordered again"},
    {COMPENSATION_FAILED, LIFE_FAIL, COMPENSATION_FAILED, "one of several was done after all"},
    {COMPENSATION_FAILED, LIFE_SETTLE, COMPENSATION_SETTLED, "what failed was done after all"},
    {COMPENSATION_NONE, LIFE_ASK, COMPENSATION_NONE, NULL},
};

int life_next(int status, enum life_step step) {
    for (const struct life_row *row = life_rows; row->from; row++)
        if (row->from == status && row->step == step) return row->to;
    return COMPENSATION_NONE;
}
