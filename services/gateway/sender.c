/* sender: see the header. */
#include "gateway/sender.h"
#include "base/clock.h"
#include "base/file.h"
#include "data/json.h"
#include "gateway/address.h"
#include "gateway/answer.h"
#include "gateway/mail.h"
#include "gateway/sign.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 64 * 1024, /* bytes of an answer that are looked at */
    SECRET_FILE_MAX = 4096,
    NETS_MAX = 100,
    CONNECT_MS = 10000,
    RETRY_AFTER_MAX_S = 6 * 3600 /* what newer libcurls tell at most; older ones tell more */
};

struct sender_target {
    const struct gateway_lane *lane;
    struct secrets secrets;
    const char *password;
};

struct transfer {
    struct sender *sender;
    const struct sender_target *target;
    struct transfer *next;
    struct arena *arena;
    CURL *easy;
    struct curl_slist *headers, *recipients;
    const char *upload; /* what is left of a mail */
    struct buf answer;
    struct sender_result result;
    bool blocked; /* the address is a private one */
};

struct sender {
    CURLM *multi;
    struct transfer *running, *ended;
    struct address_net nets[NETS_MAX];
    int net_count;
};

struct sender *sender_new(const struct gateway_policy *policy) {
    struct sender *sender = calloc(1, sizeof *sender);

    ASSERT(sender);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    sender->multi = curl_multi_init();
    ASSERT(sender->multi);
    sender_follow(sender, policy);

    return sender;
}

void sender_follow(struct sender *sender, const struct gateway_policy *policy) {
    sender->net_count = 0;
    for (int i = 0; i < policy->private_addresses.count && i < NETS_MAX; i++) {
        bool good = address_parse_net(policy->private_addresses.at[i], &sender->nets[i]);
        ASSERT(good);
        sender->net_count++;
    }
}

static void transfer_free(struct transfer *transfer) {
    if (transfer->easy) curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->recipients);
    buf_free(&transfer->answer);
    arena_free(transfer->arena);
    free(transfer);
}

void sender_free(struct sender *sender) {
    if (!sender) return;
    while (sender->running) {
        struct transfer *transfer = sender->running;
        sender->running = transfer->next;
        curl_multi_remove_handle(sender->multi, transfer->easy);
        transfer_free(transfer);
    }
    while (sender->ended) {
        struct transfer *transfer = sender->ended;
        sender->ended = transfer->next;
        transfer_free(transfer);
    }
    curl_multi_cleanup(sender->multi);
    free(sender);
}

/* ---- Receivers ---- */

static const char *read_secret(const char *path, struct arena *arena, struct err *err) {
    const char *bytes;
    size_t len;

    if (file_read(arena, path, SECRET_FILE_MAX, &bytes, &len, err) < 0) return NULL;
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r')) len--;
    return arena_strndup(arena, bytes, len);
}

struct sender_target *sender_target_new(const struct gateway_lane *lane, struct arena *arena,
                                        struct err *err) {
    struct sender_target *target = ARENA_NEW(arena, struct sender_target);

    target->lane = lane;
    if (lane->webhook) {
        const char *secrets = read_secret(lane->webhook->secrets_file, arena, err);
        struct err why;
        if (!secrets) return NULL;
        if (secrets_read(secrets, &target->secrets, &why) < 0) {
            err_set(err, "%s: %s", lane->webhook->secrets_file, why.text);
            return NULL;
        }
    }
    if (lane->smtp && lane->smtp->password_file) {
        target->password = read_secret(lane->smtp->password_file, arena, err);
        if (!target->password) return NULL;
    }

    return target;
}

/* ---- What libcurl calls ---- */

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    struct transfer *transfer = context;
    const struct sender *sender = transfer->sender;

    (void)purpose;
    if (!address_may_be_used(&address->addr, sender->nets, sender->net_count)) {
        transfer->blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    size_t len = size * count;
    size_t room = ANSWER_MAX - transfer->answer.len;

    buf_add(&transfer->answer, bytes, len < room ? len : room);
    return len;
}

static size_t give_upload(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    size_t len = strlen(transfer->upload);

    if (len > size * count) len = size * count;
    memcpy(bytes, transfer->upload, len);
    transfer->upload += len;
    return len;
}

/* ---- Starting ---- */

static void add_header(struct transfer *transfer, const char *name, const char *value) {
    const char *line = arena_printf(transfer->arena, "%s: %s", name, value);
    transfer->headers = curl_slist_append(transfer->headers, line);
    ASSERT(transfer->headers);
}

#define SET(transfer, option, value)                                                               \
    do {                                                                                           \
        CURLcode code_ = curl_easy_setopt((transfer)->easy, option, value);                        \
        ASSERT(code_ == CURLE_OK);                                                                 \
    } while (0)

static void set_common(struct transfer *transfer, const char *url, const char *protocols,
                       const char *ca_file) {
    SET(transfer, CURLOPT_URL, url);
    SET(transfer, CURLOPT_PROTOCOLS_STR, protocols);
    SET(transfer, CURLOPT_PROXY, "");
    SET(transfer, CURLOPT_NOSIGNAL, 1L);
    SET(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    SET(transfer, CURLOPT_TIMEOUT_MS, (long)transfer->target->lane->timeout);
    SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(transfer, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(transfer, CURLOPT_OPENSOCKETDATA, transfer);
    SET(transfer, CURLOPT_WRITEFUNCTION, take_answer);
    SET(transfer, CURLOPT_WRITEDATA, transfer);
    SET(transfer, CURLOPT_PRIVATE, transfer);
    if (ca_file) SET(transfer, CURLOPT_CAINFO, ca_file);
}

static const char *webhook_body(const struct lane_item *item, int64_t now_ms, struct arena *arena) {
    char time[CLOCK_TEXT_MAX];

    return arena_printf(arena, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":%s}", item->type,
                        clock_format(now_ms, time), item->data);
}

static void set_webhook(struct transfer *transfer, int64_t now_ms) {
    const struct lane_item *item = transfer->result.item;
    const struct gateway_webhook *webhook = transfer->target->lane->webhook;
    const char *body = webhook_body(item, now_ms, transfer->arena);
    int64_t seconds = now_ms / 1000;

    set_common(transfer, webhook->url, "https,http", webhook->ca_file);
    add_header(transfer, "content-type", "application/json");
    add_header(transfer, "webhook-id", item->id);
    add_header(transfer, "webhook-timestamp", arena_printf(transfer->arena, "%" PRId64, seconds));
    add_header(transfer, "webhook-signature",
               sign_message(&transfer->target->secrets, item->id, seconds, body, transfer->arena));
    add_header(transfer, "idempotency-key", item->id);
    add_header(transfer, "user-agent", "redress-gateway/" REDRESS_VERSION);
    add_header(transfer, "expect", ""); /* no 100-continue */
    SET(transfer, CURLOPT_HTTPHEADER, transfer->headers);
    SET(transfer, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    SET(transfer, CURLOPT_POSTFIELDS, body);
}

static void set_mail(struct transfer *transfer, int64_t now_ms) {
    const struct lane_item *item = transfer->result.item;
    const struct gateway_smtp *smtp = transfer->target->lane->smtp;
    const struct mail mail = {.from = smtp->from,
                              .to = item->to,
                              .id = item->id,
                              .subject = item->subject,
                              .body = item->body,
                              .time_ms = now_ms};

    set_common(transfer, smtp->url, "smtps,smtp", smtp->ca_file);
    transfer->upload = mail_write(&mail, transfer->arena);
    transfer->recipients = curl_slist_append(NULL, item->to);
    ASSERT(transfer->recipients);
    SET(transfer, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    SET(transfer, CURLOPT_MAIL_FROM, smtp->from);
    SET(transfer, CURLOPT_MAIL_RCPT, transfer->recipients);
    SET(transfer, CURLOPT_UPLOAD, 1L);
    SET(transfer, CURLOPT_READFUNCTION, give_upload);
    SET(transfer, CURLOPT_READDATA, transfer);
    if (smtp->user) SET(transfer, CURLOPT_USERNAME, smtp->user);
    if (smtp->user) SET(transfer, CURLOPT_PASSWORD, transfer->target->password);
}

static void end(struct transfer *transfer, enum lane_outcome outcome, const char *reason) {
    transfer->result.outcome = outcome;
    snprintf(transfer->result.reason, sizeof transfer->result.reason, "%s", reason);
    transfer->next = transfer->sender->ended;
    transfer->sender->ended = transfer;
}

/* One write a line: lines of several processes do not mix. */
static void write_line(struct transfer *transfer) {
    const struct lane_item *item = transfer->result.item;
    const char *path = transfer->target->lane->file->path;
    const char *line =
        arena_printf(transfer->arena, "{\"id\":\"%s\",\"type\":\"%s\",\"data\":%s}\n", item->id,
                     item->type, item->data);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    bool good = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    const char *why = strerror(errno);

    if (fd >= 0) close(fd);
    transfer->result.accepted = good && !item->channel; /* a settlement is not done by that */
    if (good)
        end(transfer, LANE_DONE, "");
    else
        end(transfer, LANE_TROUBLE, arena_printf(transfer->arena, "the file: %s", why));
}

void sender_start(struct sender *sender, const struct sender_target *target, struct lane_item *item,
                  void *context, int64_t now_ms) {
    struct transfer *transfer = calloc(1, sizeof *transfer);

    ASSERT(transfer);
    *transfer = (struct transfer){.sender = sender,
                                  .target = target,
                                  .arena = arena_new(),
                                  .result = {.item = item, .context = context}};
    if (target->lane->file) {
        write_line(transfer);
        return;
    }
    if (target->lane->smtp && (!item->to || !mail_is_address(item->to))) {
        end(transfer, LANE_REFUSED, "no mail address");
        return;
    }
    transfer->easy = curl_easy_init();
    ASSERT(transfer->easy);
    if (target->lane->webhook)
        set_webhook(transfer, now_ms);
    else
        set_mail(transfer, now_ms);
    transfer->next = sender->running;
    sender->running = transfer;
    CURLMcode code = curl_multi_add_handle(sender->multi, transfer->easy);
    ASSERT(code == CURLM_OK);
}

/* ---- Ending ---- */

static const char *status_text(struct transfer *transfer, long status) {
    return arena_printf(transfer->arena, "the receiver answered %ld", status);
}

static void end_answered(struct transfer *transfer, enum lane_outcome outcome, long status) {
    end(transfer, outcome, outcome == LANE_DONE ? "" : status_text(transfer, status));
}

static void judge_http(struct transfer *transfer, long status) {
    curl_off_t after_s = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after_s);
    if (after_s > RETRY_AFTER_MAX_S) after_s = RETRY_AFTER_MAX_S;
    transfer->result.after_ms = after_s * 1000;
    transfer->result.accepted = status == 202;
    end_answered(transfer, answer_http(status, after_s), status);
}

static void judge_mail(struct transfer *transfer, CURLcode code, long status) {
    enum lane_outcome outcome = answer_mail(code == CURLE_OK, code == CURLE_LOGIN_DENIED, status);

    transfer->result.after_ms = 0;
    if (outcome != LANE_DONE && status < 400)
        end(transfer, outcome, curl_easy_strerror(code));
    else
        end_answered(transfer, outcome, status);
}

/* {"reference": "..."}; anything else is no reference. */
static void take_reference(struct transfer *transfer) {
    static const struct json_limits limits = {.bytes = ANSWER_MAX, .depth = 16, .values = 1000};
    const struct tree *answer;

    if (!transfer->answer.len || json_read(transfer->arena, transfer->answer.at,
                                           transfer->answer.len, &limits, &answer, NULL) != JSON_OK)
        return;
    const char *reference = tree_text(answer, "reference");
    if (reference && strlen(reference) < sizeof transfer->result.reference)
        strcpy(transfer->result.reference, reference);
}

static void judge(struct transfer *transfer, CURLcode code) {
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->blocked)
        end(transfer, LANE_TROUBLE, "its address is private and not in private_addresses");
    else if (transfer->target->lane->smtp)
        judge_mail(transfer, code, status);
    else if (code == CURLE_OK)
        judge_http(transfer, status);
    else
        end(transfer, LANE_TROUBLE, curl_easy_strerror(code));
    take_reference(transfer);
}

static void unlink_running(struct sender *sender, struct transfer *transfer) {
    struct transfer **link = &sender->running;
    while (*link != transfer) link = &(*link)->next;
    *link = transfer->next;
    curl_multi_remove_handle(sender->multi, transfer->easy);
}

static void collect(struct sender *sender) {
    int left, running;

    curl_multi_perform(sender->multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(sender->multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct transfer *transfer = (struct transfer *)(void *)private;
        unlink_running(sender, transfer);
        judge(transfer, code);
    }
}

void sender_wait(struct sender *sender, int timeout_ms) {
    collect(sender);
    if (sender->ended || timeout_ms <= 0) return;
    curl_multi_poll(sender->multi, NULL, 0, timeout_ms, NULL);
    collect(sender);
}

bool sender_take(struct sender *sender, struct sender_result *out) {
    struct transfer *transfer = sender->ended;

    if (!transfer) return false;
    sender->ended = transfer->next;
    *out = transfer->result;
    transfer_free(transfer);
    return true;
}

void sender_forget(struct sender *sender, const void *context) {
    struct transfer *kept = NULL;

    while (sender->running) {
        struct transfer *transfer = sender->running;
        sender->running = transfer->next;
        if (transfer->result.context == context) {
            curl_multi_remove_handle(sender->multi, transfer->easy);
            transfer_free(transfer);
            continue;
        }
        transfer->next = kept;
        kept = transfer;
    }
    sender->running = kept;
    kept = NULL;
    while (sender->ended) {
        struct transfer *transfer = sender->ended;
        sender->ended = transfer->next;
        if (transfer->result.context == context) {
            transfer_free(transfer);
            continue;
        }
        transfer->next = kept;
        kept = transfer;
    }
    sender->ended = kept;
}
