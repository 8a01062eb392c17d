/* ctl_labels_read: from lines to examples. */
#include "base/file.h"
#include "classification/classification.h"
#include "redressctl/policy/ctl_labels.h"

#include <string.h>

/* What a label means, by its name: a class, or another shop's intent. */
struct meaning {
    const char *name;
    int output; /* -1: left out */
};

struct reader {
    const struct policy *policy;
    struct arena *arena;
    struct train_set *set;
    const struct tree *mapping;
    int size;
};

static int output_with(const struct train_set *set, int class_id) {
    for (int i = 0; i < set->output_count; i++) {
        if (set->outputs[i].classes[0] == class_id) return i;
    }
    return -1;
}

static int add_output(struct train_set *set, int class_id) {
    set->outputs[set->output_count] =
        (struct model_output){.classes = {class_id}, .class_count = 1};
    return set->output_count++;
}

/* One output a row of the mapping, and `other`. */
static int read_mapping(struct reader *reader, struct err *err) {
    const struct tree *fine = tree_get(reader->mapping, "fine");
    struct train_set *set = reader->set;

    add_output(set, reader->policy->other);
    if (fine == NULL) return err_set(err, "the mapping has no list `fine`");
    for (const struct tree *row = fine->first; row != NULL; row = row->next) {
        const struct tree *classes = tree_get(row, "classes");
        if (classes == NULL || classes->first == NULL || set->output_count == MODEL_OUTPUTS_MAX)
            return err_set(
                err, "a row of the mapping's `fine` has no classes, or there are more than %d rows",
                MODEL_OUTPUTS_MAX - 1);
        struct model_output *output = &set->outputs[set->output_count++];
        for (const struct tree *name = classes->first; name != NULL; name = name->next) {
            int class_id =
                name->text == NULL ? 0 : fields_choice_value(contract_classes, name->text);
            if (class_id == 0 || output->class_count == MODEL_OUTPUTS_MAX)
                return err_set(err,
                               "the mapping names the class %s, which the contract does not have",
                               name->text == NULL ? "(none)" : name->text);
            output->classes[output->class_count++] = class_id;
        }
    }

    return 0;
}

static bool lists(const struct tree *list, const char *name) {
    for (const struct tree *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        if (at->text != NULL && strcmp(at->text, name) == 0) return true;
    }
    return false;
}

/* The output of another shop's intent; -1: ambiguous, left out. */
static int output_of_intent(const struct reader *reader, const char *intent) {
    int output = 1;

    if (lists(tree_get(reader->mapping, "ambiguous"), intent)) return -1;
    for (const struct tree *row = tree_get(reader->mapping, "fine")->first; row != NULL;
         row = row->next, output++) {
        if (lists(tree_get(row, "intents"), intent)) return output;
    }
    return 0;
}

static void add_example(struct reader *reader, const char *text, int output) {
    struct train_set *set = reader->set;
    struct text normal;
    struct finding *found;

    if (set->count == reader->size) {
        int size = reader->size == 0 ? 1024 : reader->size * 2;
        set->at = arena_grow(reader->arena, set->at, (size_t)reader->size * sizeof *set->at,
                             (size_t)size * sizeof *set->at);
        reader->size = size;
    }
    struct train_example *example = &set->at[set->count++];
    int32_t *points = arena_alloc(reader->arena, JOIN_CLASSES_MAX * sizeof *points);
    bool *barred = arena_alloc(reader->arena, JOIN_CLASSES_MAX * sizeof *barred);
    classification_read(reader->policy, text, reader->arena, &normal);
    int count = rules_find(reader->policy->rules, &normal, NULL, reader->arena, &found);
    classification_points(reader->policy, found, count, points, barred);
    model_features(&normal, TRAIN_BITS, reader->arena, &example->features);
    example->text = text;
    example->points = points;
    example->barred = barred;
    example->output = output;
}

static int read_row(struct reader *reader, char *line, struct err *err) {
    char *text = strchr(line, '\t');
    char *intent = NULL;
    if (text != NULL) intent = strchr(text + 1, '\t');

    if (intent == NULL) return err_set(err, "expected id, text and intent, with tabs between");
    *text++ = '\0';
    *intent++ = '\0';
    intent[strcspn(intent, "\t\r")] = '\0';
    int output = output_of_intent(reader, intent);
    if (output >= 0) add_example(reader, text, output);
    return 0;
}

static int read_json(struct reader *reader, const char *line, struct err *err) {
    const struct tree *tree;
    enum json_fault fault = json_read(reader->arena, line, strlen(line), NULL, &tree, err);

    if (fault != JSON_OK) return -1;
    const char *text = tree_text(tree, "text");
    const char *name = tree_text(tree, "class");
    int class_id = 0;
    if (name != NULL) class_id = fields_choice_value(contract_classes, name);
    if (text == NULL || class_id == 0)
        return err_set(err, "expected text and class, a class of the contract");
    int output = output_with(reader->set, class_id);
    if (output < 0) output = add_output(reader->set, class_id);
    add_example(reader, text, output);

    return 0;
}

/* Classes with few labels are not learned: their texts would teach the model that such things are
 * something else, so they go. */
static void drop_rare(struct train_set *set) {
    int counts[MODEL_OUTPUTS_MAX] = {0}, moved[MODEL_OUTPUTS_MAX], kept = 0, examples = 0;

    for (int i = 0; i < set->count; i++) counts[set->at[i].output]++;
    for (int i = 0; i < set->output_count; i++) {
        if (counts[i] < CTL_LABELS_MIN)
            moved[i] = -1;
        else
            moved[i] = kept;
        if (moved[i] >= 0) set->outputs[kept++] = set->outputs[i];
    }
    set->output_count = kept;
    for (int i = 0; i < set->count; i++) {
        if (moved[set->at[i].output] < 0) continue;
        set->at[examples] = set->at[i];
        set->at[examples].output = moved[set->at[i].output];
        examples++;
    }
    set->count = examples;
}

static int read_lines(struct reader *reader, char *bytes, size_t len, const char *path,
                      struct err *err) {
    struct err why = {""};
    int number = 0;

    for (char *at = bytes, *end; at < bytes + len; at = end + 1) {
        end = memchr(at, '\n', (size_t)(bytes + len - at));
        if (end == NULL) end = bytes + len;
        *end = '\0';
        number++;
        if (*at == '\0' || (reader->mapping != NULL && number == 1)) continue;
        int status =
            reader->mapping != NULL ? read_row(reader, at, &why) : read_json(reader, at, &why);
        if (status != 0) return err_set(err, "%s:%d: %s", path, number, why.text);
    }

    return 0;
}

int ctl_labels_read(const struct policy *policy, const char *path, const char *mapping_path,
                    struct arena *arena, struct train_set *out, struct err *err) {
    struct reader reader = {.policy = policy, .arena = arena, .set = out};
    struct json_limits limits = {CTL_LABELS_FILE_MAX, 16, 100000};
    const char *bytes;
    size_t len;

    memset(out, 0, sizeof *out);
    out->join = policy->join;
    if (mapping_path != NULL) {
        struct err why;
        if (file_read(arena, mapping_path, CTL_LABELS_FILE_MAX, &bytes, &len, err) != 0) return -1;
        if (json_read(arena, bytes, len, &limits, &reader.mapping, &why) != JSON_OK)
            return err_set(err, "%s: %s", mapping_path, why.text);
        if (read_mapping(&reader, err) != 0) return -1;
    } else {
        add_output(out, policy->other);
    }
    if (file_read(arena, path, CTL_LABELS_FILE_MAX, &bytes, &len, err) != 0) return -1;
    if (read_lines(&reader, (char *)(uintptr_t)bytes, len, path, err) != 0) return -1;
    drop_rare(out);
    if (out->output_count < 2)
        return err_set(err, "%s: at least two classes with %d labels each are needed", path,
                       CTL_LABELS_MIN);
    train_folds(out);

    return 0;
}
