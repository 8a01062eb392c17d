/* mail: see the header. */
#include "gateway/mail.h"
#include "base/base64.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    ADDRESS_MAX = 254,
    LINE_BYTES = 57,      /* 76 characters of base64 */
    WORD_BYTES = 45,      /* of an encoded word: 75 characters with what is around it (RFC 2047), */
    FIRST_WORD_BYTES = 39 /* and what stands before the first */
};

bool mail_is_address(const char *text) {
    const char *at = strchr(text, '@');
    size_t len = strlen(text);

    if (!at || at == text || !at[1] || len > ADDRESS_MAX || strchr(at + 1, '@')) return false;
    if (!strchr(at, '.') || text[0] == '-' || text[len - 1] == '.') return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127 || strchr(",;:<>()[]\\\"", *c)) return false;
    return true;
}

/* Encoded words hold whole characters. */
static void put_subject(struct buf *out, const char *subject) {
    size_t len = strlen(subject);

    buf_puts(out, "Subject:");
    for (size_t at = 0; at < len;) {
        size_t most = at ? WORD_BYTES : FIRST_WORD_BYTES;
        size_t piece = len - at < most ? len - at : most;
        while (at + piece < len && piece > 1 && ((unsigned char)subject[at + piece] & 0xc0) == 0x80)
            piece--;
        buf_puts(out, at ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
        base64_encode(subject + at, piece, out);
        buf_puts(out, "?=");
        at += piece;
    }
    buf_puts(out, "\r\n");
}

static void put_date(struct buf *out, int64_t time_ms) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
               months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *mail_write(const struct mail *mail, struct arena *arena) {
    struct buf out = {0};
    size_t len = strlen(mail->body);

    buf_printf(&out, "From: <%s>\r\nTo: <%s>\r\n", mail->from, mail->to);
    put_date(&out, mail->time_ms);
    buf_puts(&out, "Message-ID: <");
    for (const char *c = mail->id; *c; c++) buf_add(&out, *c == ':' ? "=" : c, 1);
    buf_printf(&out, "%s>\r\n", strchr(mail->from, '@'));
    if (mail->subject) put_subject(&out, mail->subject);
    buf_puts(&out, "Auto-Submitted: auto-generated\r\n"
                   "MIME-Version: 1.0\r\n"
                   "Content-Type: text/html; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: base64\r\n"
                   "\r\n");
    for (size_t at = 0; at < len; at += LINE_BYTES) {
        base64_encode(mail->body + at, len - at < LINE_BYTES ? len - at : LINE_BYTES, &out);
        buf_puts(&out, "\r\n");
    }
    const char *text = arena_strndup(arena, out.at, out.len);
    buf_free(&out);

    return text;
}
