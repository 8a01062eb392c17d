/* history: mail programs and chats mark quotations by a few fixed forms; they are found line by line. */
#include "history.h"

#include <stdbool.h>
#include <string.h>

static bool begins(const char *line, size_t len, const char *with) {
    return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static bool ends(const char *line, size_t len, const char *with) {
    return len >= strlen(with) && memcmp(line + len - strlen(with), with, strlen(with)) == 0;
}

static bool holds(const char *line, size_t len, const char *part) {
    for (size_t i = 0; i < len; i++) {
        if (begins(line + i, len - i, part)) return true;
    }
    return false;
}

/* The line's text without blanks around it. */
static const char *trimmed(const char *line, size_t *len) {
    while (*len > 0 && (line[0] == ' ' || line[0] == '\t')) {
        line++;
        (*len)--;
    }
    while (*len > 0 && strchr(" \t\r", line[*len - 1]) != NULL) (*len)--;
    return line;
}

/* A line from which on everything is somebody's earlier message. */
static bool opens_quotation(const char *line, size_t len) {
    static const char *const titles[] = {"Original Message", "original message", "原始邮件",
                                         "原邮件",           "原始郵件",         "Forwarded message"};
    line = trimmed(line, &len);
    if (begins(line, len, "--")) {
        for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
            if (holds(line, len, titles[i])) return true;
        }
    }
    if (begins(line, len, "On ") && ends(line, len, "wrote:")) return true;
    bool wrote =
        ends(line, len, "写道:") || ends(line, len, "写道：") || ends(line, len, "寫道：") || ends(line, len, "寫道:");
    return wrote && len < 300; /* a heading, not a paragraph */
}

static bool is_quoted_line(const char *line, size_t len) {
    line = trimmed(line, &len);
    return begins(line, len, ">") || begins(line, len, "＞") || begins(line, len, "&gt;");
}

/* A mail's head within the text: From: and, two lines further at most, Sent: or To:. */
static bool is_head(const char *line, size_t len, size_t rest) {
    size_t window = rest < 400 ? rest : 400;
    if (!begins(line, len, "From:") && !begins(line, len, "发件人:") && !begins(line, len, "发件人：") &&
        !begins(line, len, "寄件者:"))
        return false;
    return holds(line, window, "\nSent:") || holds(line, window, "\nTo:") || holds(line, window, "\nDate:") ||
           holds(line, window, "\n收件人") || holds(line, window, "\n发送时间") || holds(line, window, "\n日期");
}

/* WeChat's form: 「who: what」, a line of dashes, then the new text. Returns where the new text begins, or 0. */
static size_t chat_quotation(const char *text, size_t len) {
    const char *close = begins(text, len, "「") ? memmem(text, len, "」\n", strlen("」\n")) : NULL;
    if (close == NULL) return 0;
    size_t at = (size_t)(close - text) + strlen("」\n"), dashes = 0;
    while (at < len && strchr("- \t\r", text[at]) != NULL) dashes += text[at++] == '-';
    return dashes >= 3 ? at : 0;
}

static void blank(char *text, size_t from, size_t to) {
    memset(text + from, '\n', to - from);
}

static bool has_words(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL) return true;
    }
    return false;
}

char *history_blank(const char *text, size_t len, struct arena *arena) {
    char *out = arena_strndup(arena, text, len);
    size_t at = chat_quotation(text, len);
    blank(out, 0, at);
    while (at < len) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end == NULL ? len - at : (size_t)(end - text) - at;
        bool rest = opens_quotation(text + at, line_len) || is_head(text + at, line_len, len - at);
        if (rest) {
            blank(out, at, len);
            break;
        }
        if (is_quoted_line(text + at, line_len)) blank(out, at, at + line_len);
        at += line_len + 1;
    }
    if (!has_words(out, len)) memcpy(out, text, len);
    return out;
}
