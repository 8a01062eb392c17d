/* ctl_labels_read: from lines to examples. */
#include "base/file.h"
#include "classification/classification.h"
#include "redressctl/policy/ctl_labels.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a label means, by its name: a class, or another shop's intent. */
struct meaning {
    const char *name;
    int output; /* -1: left out */
};

struct reader {
    const struct policy *policy;
    struct arena *arena;
    struct train_set *set;
    const struct tree *mapping; /* NULL: outputs are classes */
    bool table;                 /* what is read now is one of intents */
    bool beside;
    int times; /* an example counts */
};

/* What texts are labelled with beside their class (`question` has a key of its own), and whether a
 * sentence may say it by itself. A text that only asks does so throughout; a demand is too much
 * beside what went wrong, which another sentence tells (by cross-validation 0.88 instead of 0.87 of
 * the area below precision and recall). */
static const struct {
    const char *name;
    bool by_sentence;
} kinds[] = {{"question", false},      {"safety", true},        {"legal", true},
             {"public_opinion", true}, {"review_threat", true}, {"excessive_demand", false},
             {"emotional", true},      {"repeat", true},        {"perishable", true}};
enum { SIGNS = sizeof kinds / sizeof *kinds };

static int output_with(const struct train_set *set, int class_id) {
    for (int i = 0; i < set->output_count; i++) {
        for (int k = 0; k < set->outputs[i].class_count; k++)
            if (set->outputs[i].classes[k] == class_id) return i;
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

static struct train_example *add_example(struct reader *reader, const char *text, int output) {
    struct train_set *set = reader->set;
    struct text normal;
    struct finding *found;

    struct train_example *example = ARENA_ADD(reader->arena, set->at, set->count);
    int32_t *points = arena_alloc(reader->arena, JOIN_CLASSES_MAX * sizeof *points);
    bool *barred = arena_alloc(reader->arena, JOIN_CLASSES_MAX * sizeof *barred);
    classification_read(reader->policy, text, reader->arena, &normal);
    int count = rules_find(reader->policy->rules, &normal, NULL, reader->arena, &found);
    classification_points(reader->policy, found, count, points, barred);
    features_parts(&normal, reader->arena, &example->parts);
    example->text = text;
    example->points = points;
    example->found = found;
    example->found_count = count;
    example->barred = barred;
    example->output = output;
    example->times = reader->times;
    example->beside = reader->beside;
    return example;
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

/* Flags that the contract does not have are the corpus' own. */
static void read_signs(const struct tree *tree, struct train_example *example) {
    const struct tree *flags = tree_get(tree, "flags");
    const struct tree *question = tree_get(tree, "question");
    example->signed_out = flags && question && question->kind == TREE_BOOL;
    if (!example->signed_out) return;

    example->signs[0] = question->num != 0;
    for (int i = 1; i < SIGNS; i++) example->signs[i] = lists(flags, kinds[i].name);
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
    if (output < 0 && reader->mapping) output = 0; /* a class that no intent means */
    if (output < 0) output = add_output(reader->set, class_id);
    read_signs(tree, add_example(reader, text, output));

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

static void drop_rare_signs(struct train_set *set) {
    for (int k = 0; k < SIGNS; k++) {
        int count = 0;
        for (int i = 0; i < set->count; i++) count += set->at[i].signs[k] && !set->at[i].beside;
        if (count < CTL_LABELS_SIGN_MIN) continue;
        for (int i = 0; i < set->count; i++)
            set->at[i].signs[set->sign_count] = set->at[i].signs[k];
        set->by_sentence[set->sign_count] = kinds[k].by_sentence;
        set->signs[set->sign_count++] = fields_choice_value(contract_flags, kinds[k].name);
    }
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
        if (*at == '\0' || (reader->table && number == 1)) continue;
        int status = reader->table ? read_row(reader, at, &why) : read_json(reader, at, &why);
        if (status != 0) return err_set(err, "%s:%d: %s", path, number, why.text);
    }

    return 0;
}

static int read_file(struct reader *reader, const char *path, struct err *err) {
    const char *bytes;
    size_t len;

    if (file_read(reader->arena, path, CTL_LABELS_FILE_MAX, &bytes, &len, err) != 0) return -1;
    return read_lines(reader, (char *)(uintptr_t)bytes, len, path, err);
}

static int is_labels(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".jsonl") == 0;
}

/* A file, or all of a folder. */
static int read_all(struct reader *reader, const char *path, struct err *err) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return read_file(reader, path, err);

    struct dirent **entries;
    int count = scandir(path, &entries, is_labels, alphasort);
    int status = 0;
    if (count <= 0) status = err_set(err, "%s: no file *.jsonl", path);
    for (int i = 0; i < count; i++) {
        const char *file = arena_printf(reader->arena, "%s/%s", path, entries[i]->d_name);
        if (status == 0) status = read_file(reader, file, err);
        free(entries[i]);
    }
    if (count >= 0) free(entries);

    return status;
}

int ctl_labels_read(const struct policy *policy, const struct ctl_labels_source *source,
                    struct arena *arena, struct train_set *out, struct err *err) {
    struct reader reader = {.policy = policy, .arena = arena, .set = out, .times = 1};
    struct json_limits limits = {CTL_LABELS_FILE_MAX, 16, 100000};
    const char *bytes;
    size_t len;

    memset(out, 0, sizeof *out);
    out->join = policy->join;
    if (source->mapping != NULL) {
        struct err why;
        if (file_read(arena, source->mapping, CTL_LABELS_FILE_MAX, &bytes, &len, err) != 0)
            return -1;
        if (json_read(arena, bytes, len, &limits, &reader.mapping, &why) != JSON_OK)
            return err_set(err, "%s: %s", source->mapping, why.text);
        if (read_mapping(&reader, err) != 0) return -1;
    } else {
        add_output(out, policy->other);
    }
    out->shared = source->mapping != NULL;
    out->times = 1;
    if (source->with != NULL) {
        reader.beside = source->mapping != NULL;
        if (read_all(&reader, source->with, err) != 0) return -1;
        if (source->mapping == NULL) out->times = CTL_LABELS_SHOP;
        if (source->times > 0) out->times = source->times;
        reader.times = out->times;
    }
    reader.beside = false;
    reader.table = source->mapping != NULL;
    if (read_all(&reader, source->path, err) != 0) return -1;
    drop_rare(out);
    drop_rare_signs(out);
    if (out->output_count < 2)
        return err_set(err, "%s: at least two classes with %d labels each are needed", source->path,
                       CTL_LABELS_MIN);
    train_folds(out);

    return 0;
}
