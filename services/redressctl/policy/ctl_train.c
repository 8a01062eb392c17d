/* redressctl train: a model from labels, and its measure by cross-validation. */
#include "base/file.h"
#include "classification/classification.h"
#include "redressctl/ctl.h"
#include "redressctl/ctl_out.h"
#include "redressctl/ctl_row.h"
#include "redressctl/help_texts.h"
#include "redressctl/policy/ctl_labels.h"
#include "redressctl/policy/ctl_policy.h"
#include "redressctl/policy/train_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct ctl_labels_source labels;
    const char *out, *policies, *source, *licence, *times;
    bool evaluate, json;
};

static void print_share(struct buf *page, int thousandths) {
    if (thousandths < 0) {
        buf_printf(page, "%10s", "-");
    } else {
        buf_printf(page, "%6d.%03d", thousandths / 1000, thousandths % 1000);
    }
}

static void print_scores(struct buf *page, const struct train_set *set, const char *title,
                         const struct train_score *score) {
    int n = set->output_count;

    buf_printf(page, "\n%s\n%-30s%10s%10s%10s%8s\n", title, "", "precision", "recall", "F1",
               "texts");
    for (int i = 0; i < n; i++) {
        int texts = 0;
        for (int k = 0; k < n; k++) texts += score->confusion[i][k];
        buf_printf(page, "%-30s", train_rows_name(set, i));
        print_share(page, train_precision(score, n, i));
        print_share(page, train_recall(score, n, i));
        print_share(page, train_f1(score, n, i));
        buf_printf(page, "%8d\n", texts);
    }
    buf_printf(page, "%-50s", "macro-F1");
    print_share(page, train_macro_f1(score, n));
    buf_printf(page, "\n%-50s", "expected calibration error, 15 bins");
    print_share(page, train_calibration_error(score));
    buf_printf(page, "\n");
}

static void print_signs(struct buf *page, const struct train_set *set, const char *title,
                        const struct train_score *score) {
    if (set->sign_count == 0) return;
    buf_printf(page, "\n%s\n%-30s%10s%10s%10s\n", title, "", "precision", "recall", "texts");
    for (int i = 0; i < set->sign_count; i++) {
        buf_printf(page, "%-30s", fields_choice_name(contract_flags, set->signs[i]));
        print_share(page, train_rows_ratio(score->sign_right[i], score->sign_said[i]));
        print_share(page, train_rows_ratio(score->sign_right[i], score->sign_is[i]));
        buf_printf(page, "%10d\n", score->sign_is[i]);
    }
}

/* What would be lost, and what mended, if a rule were taken out. */
static void print_rules(struct buf *page, const struct train_score *score) {
    if (score->rule_count == 0) return;
    buf_printf(page, "\nRules for flags, and what they add to the model\n%-30s%10s%10s%14s%14s\n",
               "", "right", "wrong", "added right", "added wrong");
    for (int i = 0; i < score->rule_count; i++) {
        const struct train_rule *row = &score->rules[i];
        buf_printf(page, "%-30s%10d%10d%14d%14d\n", row->rule->name, row->right, row->wrong,
                   row->added_right, row->added_wrong);
    }
}

/* What a person is asked about, against what is right of the rest. */
static void print_sure(struct buf *page, const struct train_score *score) {
    buf_printf(page, "\n%-50s", "decided without a person");
    print_share(page, train_rows_ratio(score->sure, score->count));
    buf_printf(page, "\n%-50s", "and right of these");
    print_share(page, train_rows_ratio(score->sure_right, score->sure));
    buf_printf(page, "\n");
}

static void print_confusion(struct buf *page, const struct train_set *set,
                            const struct train_score *score) {
    buf_printf(page,
               "\nConfusion of rules and model joined (a row is what it is, a column what was "
               "said)\n%-30s",
               "");
    for (int i = 0; i < set->output_count; i++) buf_printf(page, "%6d", i + 1);
    buf_printf(page, "\n");
    for (int i = 0; i < set->output_count; i++) {
        buf_printf(page, "%2d %-27s", i + 1, train_rows_name(set, i));
        for (int k = 0; k < set->output_count; k++) buf_printf(page, "%6d", score->confusion[i][k]);
        buf_printf(page, "\n");
    }
}

static void print_people(const struct train_set *set, const struct train_score *rules,
                         const struct train_score *model, const struct train_score *joined) {
    struct buf page = {NULL, 0, 0};

    buf_printf(&page, "%d texts, %d classes, %d-fold cross-validation; %d texts beside them\n",
               joined->count, set->output_count, TRAIN_FOLDS, set->count - joined->count);
    print_scores(&page, set, "Rules alone", rules);
    print_scores(&page, set, "Model alone", model);
    print_scores(&page, set, "Rules and model joined", joined);
    print_sure(&page, joined);
    print_confusion(&page, set, joined);
    print_signs(&page, set, "Flags, by the model alone", model);
    print_signs(&page, set, "Flags, by rules and model joined", joined);
    print_rules(&page, joined);
    ctl_page(page.at);
    buf_free(&page);
}

static int evaluate(struct train_set *set, bool as_json) {
    struct train_score rules = {0}, model = {0}, joined = {0};

    train_evaluate(set, &rules, &model, &joined);
    if (as_json)
        train_rows_put(set, &rules, &model, &joined);
    else
        print_people(set, &rules, &model, &joined);
    return EXIT_OK;
}

static void say_written(const struct options *options, const struct train_set *set, size_t bytes) {
    struct ctl_row row;

    ctl_note("%s: %zu bytes from %d labels of %d classes; a change of it is a new version of "
             "classification.yaml",
             options->out, bytes, set->count, set->output_count);
    if (!options->json) return;
    ctl_row_begin(&row);
    ctl_row_text(&row, "model", options->out);
    ctl_row_int(&row, "bytes", (int64_t)bytes);
    ctl_row_int(&row, "labels", set->count);
    ctl_row_int(&row, "classes", set->output_count);
    ctl_row_end(&row);
}

static int write_model(struct train_set *set, const struct options *options, struct arena *arena) {
    struct model model;
    struct buf out = {0};
    struct err err;

    train_model(set, arena, &model);
    if (options->source == NULL)
        model.source = "labels of this shop's agents";
    else
        model.source = options->source;
    if (options->licence == NULL)
        model.licence = "not stated";
    else
        model.licence = options->licence;
    model_write(&model, &out);
    int status = out.len > MODEL_FILE_MAX
                     ? err_set(&err, "%s: the model would have %zu bytes, more than %d",
                               options->out, out.len, MODEL_FILE_MAX)
                     : file_write(options->out, out.at, out.len, &err);
    if (status != 0)
        ctl_error("train", "%s", err.text);
    else
        say_written(options, set, out.len);
    buf_free(&out);

    if (status == 0) return EXIT_OK;
    return EXIT_CANNOT_GO_ON;
}

/* How often a label counts that stands beside others. */
static int read_times(const struct ctl *ctl, struct options *options) {
    int64_t times = 0;

    if (!options->times) return 0;
    if (!options->labels.with) return ctl_usage(ctl, "--times needs --with");
    int status = ctl_number(ctl, "--times", options->times, 1, CTL_LABELS_TIMES_MAX, &times);
    options->labels.times = (int)times;
    return status;
}

static int read_options(int argc, char **argv, struct options *out) {
    const struct ctl ctl = {.command = &ctl_train};
    const struct options_row options[] = {{"-o", &out->out, NULL},
                                          {"--mapping", &out->labels.mapping, NULL},
                                          {"--with", &out->labels.with, NULL},
                                          {"--times", &out->times, NULL},
                                          {"--policies", &out->policies, NULL},
                                          {"--source", &out->source, NULL},
                                          {"--licence", &out->licence, NULL},
                                          {"--evaluate", NULL, &out->evaluate},
                                          {"--json", NULL, &out->json},
                                          {NULL, NULL, NULL}};
    int status = ctl_take(&ctl, options, &argc, argv);

    if (status) return status;
    if (argc != 2) return ctl_usage(&ctl, "expected one file of LABELS");
    out->labels.path = argv[1];
    if (!out->evaluate && !out->out)
        return ctl_usage(&ctl, "expected -o MODEL, --evaluate or both");
    return read_times(&ctl, out);
}

static int run(int argc, char **argv) {
    struct options options = {0};
    struct train_set *set;
    struct err err;
    int status = read_options(argc, argv, &options);

    if (status) return status;
    status = EXIT_BAD_CONFIG;
    struct arena *arena = arena_new();
    set = ARENA_NEW(arena, struct train_set);
    const struct policy *policy = ctl_policy_load(&classification_spec, options.policies, arena);
    if (policy != NULL && ctl_labels_read(policy, &options.labels, arena, set, &err) != 0) {
        ctl_error("train", "%s", err.text);
        status = EXIT_CANNOT_GO_ON;
    } else if (policy != NULL) {
        if (options.evaluate)
            status = evaluate(set, options.json);
        else
            status = EXIT_OK;
        if (status == EXIT_OK && options.out != NULL) status = write_model(set, &options, arena);
    }
    arena_free(arena);

    return status;
}

const struct command ctl_train = {
    .name = "train",
    .usage = "train LABELS [-o MODEL] [--evaluate] [--with LABELS] [--times N] [--mapping FILE] "
             "[--policies DIR] ... [--json]",
    .about = "train the classification model from labels, or measure it",
    .help = help_train,
    .options = "-o --evaluate --with --times --mapping --policies --source --licence --json",
    .run = run,
    .offline = true,
};
