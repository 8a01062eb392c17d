/* answer: what a receiver's answer means for a message. Pure. */
#ifndef REDRESS_ANSWER_H
#define REDRESS_ANSWER_H

#include "gateway/lane.h"

/* RFC 9110: 408, 425, 429 and 5xx may be tried again; a redirect is no answer that is followed. A
 * 503 that says after how many seconds is from a receiver that is well; 0: it did not say. */
enum lane_outcome answer_http(long status, int64_t after_s);

/* RFC 5321: 5yz is final. RFC 4954: 530, 534 and 535 are about our login, so no message's fault.
 * `status` is the last reply, 0 if there was none. */
enum lane_outcome answer_mail(bool sent, bool login_denied, long status);

#endif
