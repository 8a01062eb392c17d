/* redressctl contract: what asyncapi.c writes, to standard output or into a folder. */
#include "base/file.h"
#include "board/openapi.h"
#include "redressctl/contract/asyncapi.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { DOCUMENT_MAX = 16 << 20 };

struct contract_run {
    struct ctl ctl;
    const char *folder; /* NULL: standard output */
};

static int make_folder(const struct ctl *ctl, const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return 0;
    return ctl_fail(ctl, "%s: %s", path, strerror(errno));
}

/* With --json: a document of JSON is a line; a page of Markdown is the member of one. */
static void put_line(const struct contract_run *run, const struct buf *text) {
    const struct json_limits limits = {DOCUMENT_MAX, 64, DOCUMENT_MAX};
    const struct tree *tree;
    struct err err;
    struct buf line = {NULL, 0, 0};
    struct json_out json = {.buf = &line};
    struct ctl_row row;

    if (text->at[0] == '{') {
        enum json_fault fault =
            json_read(run->ctl.arena, text->at, text->len, &limits, &tree, &err);
        ASSERT(fault == JSON_OK); /* our own */
        json_tree(&json, tree);
        ctl_json(line.at, line.len);
        buf_free(&line);
        return;
    }
    ctl_row_begin(&row);
    ctl_row_text(&row, "document", text->at);
    ctl_row_end(&row);
}

static int put_file(const struct contract_run *run, const char *name, const struct buf *text) {
    const char *path = arena_printf(run->ctl.arena, "%s/%s", run->folder, name);
    struct err err;
    struct ctl_row row;

    if (file_write(path, text->at, text->len, &err) != 0)
        return ctl_fail(&run->ctl, "%s", err.text);
    if (!run->ctl.json) return EXIT_OK;
    ctl_row_begin(&row);
    ctl_row_text(&row, "file", path);
    ctl_row_int(&row, "bytes", (int64_t)text->len);
    ctl_row_end(&row);
    return EXIT_OK;
}

/* One document into its file, or to standard output. */
static int put_out(const struct contract_run *run, const char *name, const struct buf *text) {
    if (run->folder) return put_file(run, name, text);
    if (run->ctl.json)
        put_line(run, text);
    else
        ctl_page(text->at);
    if (ctl_flush() == 0) return EXIT_OK;
    return ctl_fail(&run->ctl, "standard output: %s", strerror(errno));
}

static int put_schemas(const struct contract_run *run) {
    int status = EXIT_OK;

    if (run->folder)
        status = make_folder(&run->ctl, arena_printf(run->ctl.arena, "%s/schemas", run->folder));
    for (const struct contract_type *type = contract_types; type->name && status == EXIT_OK;
         type++) {
        struct buf text = {0};
        asyncapi_schema(type, &text);
        status = put_out(run, arena_printf(run->ctl.arena, "schemas/%s.json", type->name), &text);
        buf_free(&text);
    }

    return status;
}

static int put_document(const struct contract_run *run, const char *name,
                        void (*make)(struct buf *out)) {
    struct buf text = {0};
    make(&text);
    int status = put_out(run, name, &text);
    buf_free(&text);
    return status;
}

static int put_part(const struct contract_run *run, const char *part) {
    int status = EXIT_OK;
    if (run->folder) status = make_folder(&run->ctl, run->folder);

    if (status != EXIT_OK) return status;
    if (strcmp(part, "asyncapi") == 0) return put_document(run, "asyncapi.json", asyncapi_write);
    if (strcmp(part, "schemas") == 0) return put_schemas(run);
    if (strcmp(part, "openapi") == 0) return put_document(run, "openapi.json", openapi_write);
    if (strcmp(part, "document") == 0) return put_document(run, "contract.md", asyncapi_markdown);
    return ctl_usage(&run->ctl, "expected asyncapi, openapi, schemas or document, not %s", part);
}

static int run_contract(int argc, char **argv) {
    struct contract_run run = {.ctl = {.command = &ctl_contract}};
    const struct options_row options[] = {{.name = "--out", .value = &run.folder}, {.name = NULL}};
    int status = ctl_options(&run.ctl, options, &argc, argv);

    if (status == EXIT_OK)
        status = argc == 2 ? put_part(&run, argv[1])
                           : ctl_usage(&run.ctl, "expected asyncapi, openapi, schemas or document");
    ctl_close(&run.ctl);
    return status;
}

const struct command ctl_contract = {
    .name = "contract",
    .usage = "contract asyncapi|openapi|schemas|document [--out DIR] [--json]",
    .about = "the events that others may rely on: AsyncAPI, JSON Schemas, OpenAPI, a page to read",
    .options = "asyncapi openapi schemas document --out --json",
    .run = run_contract,
    .help = help_contract,
};
