/* answer: see the header. */
#include "gateway/answer.h"

enum lane_outcome answer_http(long status, int64_t after_s) {
    if (status >= 200 && status < 300) return LANE_DONE;
    if (status == 429 || (status == 503 && after_s > 0)) return LANE_BUSY;
    if (status == 408 || status == 425 || status >= 500) return LANE_TROUBLE;
    return LANE_REFUSED;
}

enum lane_outcome answer_mail(bool sent, bool login_denied, long status) {
    bool is_login = login_denied || status == 530 || status == 534 || status == 535;

    if (sent) return LANE_DONE;
    if (status >= 500 && !is_login) return LANE_REFUSED;
    return LANE_TROUBLE;
}
