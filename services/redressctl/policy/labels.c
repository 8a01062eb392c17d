/* labels: two tables by text: the last word about a case, and the last erasure of a customer in a
 * partition. */
#include "redressctl/policy/labels.h"
#include "base/ids.h"
#include "contract/contract.h"

#include <string.h>

struct entry {
    const char *key;
    int64_t time_ms, sequence; /* of the last word */
    int64_t offset;            /* of the last erasure */
    int class_id;
    bool opened;
};

struct entries {
    struct entry *at;
    int count, size;
    int *slots; /* open addressing: index + 1 by key */
    uint32_t mask;
};

struct labels {
    struct arena *arena;
    struct entries cases, erased;
    int64_t since_ms;
    int missing;
};

static uint32_t hash_of(const char *text) {
    return (uint32_t)ids_table_hash(text, strlen(text));
}

/* The slot of a key: where it is, or where it would be. */
static uint32_t slot_of(const struct entries *table, const char *key) {
    uint32_t at = hash_of(key) & table->mask;
    while (table->slots[at] != 0 && strcmp(table->at[table->slots[at] - 1].key, key) != 0)
        at = (at + 1) & table->mask;
    return at;
}

static void grow(struct entries *table, struct arena *arena) {
    int size = table->size == 0 ? 256 : table->size * 2;

    table->at = arena_grow(arena, table->at, (size_t)table->size * sizeof *table->at,
                           (size_t)size * sizeof *table->at);
    table->size = size;
    table->slots = arena_alloc(arena, (size_t)size * 2 * sizeof *table->slots);
    table->mask = (uint32_t)size * 2 - 1;
    for (int i = 0; i < table->count; i++) table->slots[slot_of(table, table->at[i].key)] = i + 1;
}

static struct entry *find(const struct entries *table, const char *key) {
    int found = table->count == 0 ? 0 : table->slots[slot_of(table, key)];
    if (found == 0) return NULL;
    return &table->at[found - 1];
}

/* NULL: there are as many as there may be. */
static struct entry *find_or_add(struct entries *table, const char *key, struct arena *arena) {
    struct entry *found = find(table, key);

    if (found != NULL) return found;
    if (table->count == LABELS_MAX) return NULL;
    if (table->count == table->size) grow(table, arena);
    table->slots[slot_of(table, key)] = table->count + 1;
    struct entry *made = &table->at[table->count++];
    *made = (struct entry){.key = arena_strdup(arena, key), .offset = -1};

    return made;
}

struct labels *labels_new(struct arena *arena, int64_t since_ms) {
    struct labels *labels = ARENA_NEW(arena, struct labels);
    labels->arena = arena;
    labels->since_ms = since_ms;
    return labels;
}

bool labels_notes(const char *type) {
    enum event_type noted = contract_event(type);
    return noted == EVENT_CASE_RECLASSIFIED || noted == EVENT_CUSTOMER_ERASED;
}

bool labels_opens(const char *type) {
    return contract_event(type) == EVENT_CASE_OPENED;
}

/* A customer as one partition knows it. */
static const char *customer_key(struct arena *arena, const struct event *ev,
                                const char *customer_id) {
    const char *tenant = tree_text(ev->data, "tenant");
    return arena_printf(arena, "%d\x1f%s\x1f%s", ev->raw->partition,
                        tenant == NULL ? "default" : tenant, customer_id);
}

static int note_word(struct labels *labels, const struct event *ev, struct err *err) {
    const char *case_id = tree_text(ev->data, "case_id");
    const char *class_name = tree_text(ev->data, "class");
    int class_id = 0;
    if (class_name != NULL) class_id = fields_choice_value(contract_classes, class_name);

    if (case_id == NULL || class_id == 0)
        return err_set(err,
                       "case.reclassified: expected case_id and class, a class of the contract");
    if (ev->time_ms < labels->since_ms) return 0;
    struct entry *word = find_or_add(&labels->cases, case_id, labels->arena);
    if (word == NULL)
        return err_set(err, "more than %d cases were corrected; name a later time with --since",
                       LABELS_MAX);
    bool earlier = ev->time_ms < word->time_ms ||
                   (ev->time_ms == word->time_ms && ev->sequence < word->sequence);
    if (word->class_id != 0 && earlier) return 0;
    word->time_ms = ev->time_ms;
    word->sequence = ev->sequence;
    labels->missing += word->class_id == 0;
    word->class_id = class_id;

    return 0;
}

static int note_erasure(struct labels *labels, const struct event *ev, struct err *err) {
    const char *customer_id = tree_text(ev->data, "customer_id");

    if (customer_id == NULL) return err_set(err, "customer.erased: expected customer_id");
    const char *key = customer_key(labels->arena, ev, customer_id);
    struct entry *erasure = find_or_add(&labels->erased, key, labels->arena);
    if (erasure == NULL) return err_set(err, "more than %d customers were erased", LABELS_MAX);
    if (ev->raw->offset > erasure->offset) erasure->offset = ev->raw->offset;
    return 0;
}

int labels_note(struct labels *labels, const struct event *ev, struct err *err) {
    if (!labels_notes(ev->type)) return 0;
    if (contract_event(ev->type) == EVENT_CUSTOMER_ERASED) return note_erasure(labels, ev, err);
    return note_word(labels, ev, err);
}

static bool is_erased(const struct labels *labels, const struct event *ev) {
    const char *customer_id = tree_text(tree_get(ev->data, "customer"), "id");

    if (customer_id == NULL || labels->erased.count == 0) return false;
    struct arena *work = arena_new();
    const struct entry *erasure = find(&labels->erased, customer_key(work, ev, customer_id));
    arena_free(work);
    return erasure != NULL && erasure->offset > ev->raw->offset;
}

enum labels_answer labels_at(struct labels *labels, const struct event *ev, struct label *out) {
    const char *case_id = tree_text(ev->data, "case_id");
    const char *text = tree_text(ev->data, "text");

    if (!labels_opens(ev->type) || case_id == NULL || text == NULL) return LABELS_NONE;
    struct entry *word = find(&labels->cases, case_id);
    if (word == NULL || word->opened) return LABELS_NONE;
    word->opened = true;
    labels->missing--;
    if (is_erased(labels, ev)) return LABELS_ERASED;
    *out = (struct label){case_id, text, contract_classes[word->class_id - 1]};

    return LABELS_GIVEN;
}

int labels_corrected(const struct labels *labels) {
    return labels->cases.count;
}

int labels_missing(const struct labels *labels) {
    return labels->missing;
}
