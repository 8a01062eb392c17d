/* history: mail programs and chats mark quotations by a few fixed forms; they are found line by
 * line, as the normalisation leaves them: in small letters, a row of dashes as one. */
#include "history.h"

#include <string.h>

enum {
    HEADING_MAX =
        300, /* bytes of a line that only announces a quotation; a longer one is a paragraph */
    HEAD_MAX = 400 /* bytes within which a mail's head goes on */
};

static bool begins(const char *line, size_t len, const char *with) {
    return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static bool ends(const char *line, size_t len, const char *with) {
    return len >= strlen(with) && memcmp(line + len - strlen(with), with, strlen(with)) == 0;
}

static bool holds(const char *line, size_t len, const char *part) {
    return memmem(line, len, part, strlen(part)) != NULL;
}

static bool holds_one_of(const char *line, size_t len, const char *const *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (holds(line, len, parts[i])) return true;
    }
    return false;
}

/* A date has a digit, or one that is masked. */
static bool has_number(const char *line, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '#' || (line[i] >= '0' && line[i] <= '9')) return true;
    }
    return false;
}

/* A line from which on everything is somebody's earlier message. */
static bool opens_quotation(const char *line, size_t len) {
    static const char *const titles[] = {"original message", "forwarded message", "原始邮件",
                                         "原邮件", "转发邮件"};
    if (len > HEADING_MAX) return false;
    if (begins(line, len, "-") && ends(line, len, "-")) return holds_one_of(line, len, titles, 5);
    if (begins(line, len, "on ") && ends(line, len, "wrote:")) return has_number(line, len);
    return ends(line, len, "写道:");
}

/* A mail's head within the text: from: and, some lines further at most, sent: or to:. */
static bool is_head(const char *line, size_t rest) {
    static const char *const others[] = {
        "\nsent:", "\nto:", "\ndate:", "\n收件", "\n发送时间", "\n日期"};
    if (!begins(line, rest, "from:") && !begins(line, rest, "发件人:") &&
        !begins(line, rest, "寄件者:"))
        return false;
    return holds_one_of(line, rest < HEAD_MAX ? rest : HEAD_MAX, others, 6);
}

static bool is_quoted_line(const char *line, size_t len) {
    return begins(line, len, ">") || begins(line, len, "&gt;");
}

/* WeChat's form: 「who: what」, a line of dashes, then the new text. Returns where the new text
 * begins, or 0. */
static size_t chat_quotation(const char *text, size_t len) {
    const char *close = NULL;
    if (begins(text, len, "\"")) close = memmem(text + 1, len - 1, "\"\n", 2);

    if (close == NULL) return 0;
    size_t from = (size_t)(close - text) + 2;
    size_t at = from;
    while (at < len && (text[at] == '-' || text[at] == ' ')) at++;
    if (at > from && at < len && text[at] == '\n') return at + 1;
    return 0;
}

/* What is kept of a text, as it grows. */
struct kept {
    char *at;
    uint32_t *from, *to;
    size_t len;
};

static void keep(struct kept *kept, const struct text *text, size_t from, size_t to) {
    memcpy(kept->at + kept->len, text->at + from, to - from);
    memcpy(kept->from + kept->len, text->from + from, (to - from) * sizeof *text->from);
    memcpy(kept->to + kept->len, text->to + from, (to - from) * sizeof *text->to);
    kept->len += to - from;
}

static bool has_words(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \n\r\t", text[i]) == NULL) return true;
    }
    return false;
}

/* Where the first quotation begins; the text's end: there is none, as in nearly every text. */
static size_t first_quotation(const struct text *text) {
    size_t at = 0;

    while (at < text->len) {
        const char *line = text->at + at;
        const char *end = memchr(line, '\n', text->len - at);
        size_t len = end == NULL ? text->len - at : (size_t)(end - line);
        if (is_quoted_line(line, len) || opens_quotation(line, len) ||
            is_head(line, text->len - at))
            return at;
        at += len + 1;
    }

    return text->len;
}

void history_cut(struct text *text, struct arena *arena) {
    size_t start = chat_quotation(text->at, text->len);
    size_t at = first_quotation(text);

    if (start == 0 && at == text->len) return;
    struct kept kept = {.at = arena_alloc(arena, text->len + 1)};
    kept.from = arena_alloc(arena, text->len * sizeof *kept.from);
    kept.to = arena_alloc(arena, text->len * sizeof *kept.to);
    if (at > start) keep(&kept, text, start, at);
    while (at < text->len) {
        const char *line = text->at + at;
        const char *end = memchr(line, '\n', text->len - at);
        size_t len = end == NULL ? text->len - at : (size_t)(end - line) + 1;
        size_t words = len;
        if (end != NULL) words = len - 1;
        if (opens_quotation(line, words) || is_head(line, text->len - at)) break;
        if (!is_quoted_line(line, words) && at >= start) keep(&kept, text, at, at + len);
        at += len;
    }
    while (kept.len > 0 && kept.at[kept.len - 1] == '\n') kept.at[--kept.len] = '\0';
    if (has_words(kept.at, kept.len)) *text = (struct text){kept.at, kept.len, kept.from, kept.to};
}
