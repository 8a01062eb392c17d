/* redressctl visit: is this token of the next day's question one of ours? */
#include "base/clock.h"
#include "notification/visit_token.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"

#include <string.h>

static void write_good(const struct visit_token *token) {
    char time[CLOCK_TEXT_MAX];
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    clock_format(token->expires_ms, time);
    json_begin_map(&out);
    json_key(&out, "case_id");
    json_text(&out, token->case_id);
    json_key(&out, "expires_at");
    json_text(&out, time);
    json_end_map(&out);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

static int verify(struct ctl *ctl, char **tokens, int count) {
    int status = ctl_config(ctl);

    if (status) return status;
    if (!ctl->config.visit_secret.count) {
        ctl_error("visit", "there is no REDRESS_VISIT_SECRET to verify by");
        return EXIT_BAD_CONFIG;
    }
    for (int i = 0; i < count; i++) {
        struct visit_token token;
        struct err err;
        if (visit_token_read(&ctl->config.visit_secret, tokens[i], clock_now_ms(), ctl->arena,
                             &token, &err) < 0)
            status = ctl_fail(ctl, "%d: not to be trusted: %s", i + 1, err.text);
        else
            write_good(&token);
    }

    return status;
}

static int run(int argc, char **argv) {
    static const struct options_row none[] = {{.name = NULL}};
    struct ctl ctl = {.command = &ctl_visit};
    int status = ctl_options(&ctl, none, &argc, argv);

    if (!status && (argc < 3 || strcmp(argv[1], "verify") != 0))
        status = ctl_usage(&ctl, "expected verify TOKEN...");
    if (!status) status = verify(&ctl, argv + 2, argc - 2);
    ctl_close(&ctl);

    return status;
}

const struct command ctl_visit = {
    .name = "visit",
    .usage = "visit verify TOKEN... [--json]",
    .about = "check a token of the next day's question",
    .help = help_visit,
    .options = "verify --json",
    .run = run,
};
