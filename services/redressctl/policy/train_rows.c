/* train_rows: see the header. */
#include "redressctl/policy/train_rows.h"
#include "contract/contract.h"
#include "redressctl/ctl_row.h"

const char *train_rows_name(const struct train_set *set, int output) {
    return fields_choice_name(contract_classes, set->outputs[output].classes[0]);
}

int train_rows_ratio(int part, int whole) {
    if (whole == 0) return -1;
    return (int)((int64_t)part * 1000 / whole);
}

/* Left out where there is nothing to divide by. */
static void put_share(struct ctl_row *row, const char *key, int thousandths) {
    if (thousandths < 0) return;
    json_key(&row->json, key);
    json_real(&row->json, thousandths / 1000.0);
}

static int texts_of(const struct train_set *set, const struct train_score *score, int output) {
    int texts = 0;
    for (int i = 0; i < set->output_count; i++) texts += score->confusion[output][i];
    return texts;
}

static void put_classes(struct ctl_row *row, const struct train_set *set,
                        const struct train_score *score) {
    int n = set->output_count;

    json_key(&row->json, "classes");
    json_begin_list(&row->json);
    for (int i = 0; i < n; i++) {
        json_begin_map(&row->json);
        ctl_row_text(row, "class", train_rows_name(set, i));
        put_share(row, "precision", train_precision(score, n, i));
        put_share(row, "recall", train_recall(score, n, i));
        put_share(row, "f1", train_f1(score, n, i));
        ctl_row_int(row, "texts", texts_of(set, score, i));
        json_end_map(&row->json);
    }
    json_end_list(&row->json);
}

static void put_flags(struct ctl_row *row, const struct train_set *set,
                      const struct train_score *score) {
    json_key(&row->json, "flags");
    json_begin_list(&row->json);
    for (int i = 0; i < set->sign_count; i++) {
        json_begin_map(&row->json);
        ctl_row_text(row, "flag", fields_choice_name(contract_flags, set->signs[i]));
        put_share(row, "precision", train_rows_ratio(score->sign_right[i], score->sign_said[i]));
        put_share(row, "recall", train_rows_ratio(score->sign_right[i], score->sign_is[i]));
        ctl_row_int(row, "texts", score->sign_is[i]);
        json_end_map(&row->json);
    }
    json_end_list(&row->json);
}

/* Rules alone give no flags that are counted. */
static void put_score(struct ctl_row *row, const char *name, const struct train_set *set,
                      const struct train_score *score, bool with_flags) {
    json_key(&row->json, name);
    json_begin_map(&row->json);
    put_share(row, "macro_f1", train_macro_f1(score, set->output_count));
    put_share(row, "calibration_error", train_calibration_error(score));
    put_classes(row, set, score);
    if (with_flags) put_flags(row, set, score);
    json_end_map(&row->json);
}

/* A row is what it is, a column what was said; both in the order of `classes`. */
static void put_confusion(struct ctl_row *row, const struct train_set *set,
                          const struct train_score *score) {
    json_key(&row->json, "confusion");
    json_begin_list(&row->json);
    for (int i = 0; i < set->output_count; i++) {
        json_begin_list(&row->json);
        for (int k = 0; k < set->output_count; k++) json_int(&row->json, score->confusion[i][k]);
        json_end_list(&row->json);
    }
    json_end_list(&row->json);
}

static void put_rules(struct ctl_row *row, const struct train_score *score) {
    json_key(&row->json, "flag_rules");
    json_begin_list(&row->json);
    for (int i = 0; i < score->rule_count; i++) {
        const struct train_rule *rule = &score->rules[i];
        json_begin_map(&row->json);
        ctl_row_text(row, "rule", rule->rule->name);
        ctl_row_int(row, "right", rule->right);
        ctl_row_int(row, "wrong", rule->wrong);
        ctl_row_int(row, "added_right", rule->added_right);
        ctl_row_int(row, "added_wrong", rule->added_wrong);
        json_end_map(&row->json);
    }
    json_end_list(&row->json);
}

void train_rows_put(const struct train_set *set, const struct train_score *rules,
                    const struct train_score *model, const struct train_score *joined) {
    struct ctl_row row;

    ctl_row_begin(&row);
    ctl_row_int(&row, "texts", joined->count);
    ctl_row_int(&row, "beside", set->count - joined->count);
    ctl_row_int(&row, "folds", TRAIN_FOLDS);
    put_score(&row, "rules", set, rules, false);
    put_score(&row, "model", set, model, true);
    put_score(&row, "joined", set, joined, true);
    put_share(&row, "decided_alone", train_rows_ratio(joined->sure, joined->count));
    put_share(&row, "decided_right", train_rows_ratio(joined->sure_right, joined->sure));
    put_confusion(&row, set, joined);
    put_rules(&row, joined);
    ctl_row_end(&row);
}
