/* policy_store: an arena a version, and a short list of them with the current one in front. */
#include "runtime/policy_store.h"
#include "base/file.h"
#include "base/ids.h"
#include "decision/policy_file.h"
#include <stdlib.h>
#include <string.h>

enum {
    BESIDE_MAX = 64 << 20, /* of a file that a policy names */
    PUBLISH_READS = 2 /* what is not in the topic is written, and then read back with its place */
};

struct kept {
    struct policy_version version; /* the first member: what decisions see is a part of this */
    struct arena *arena;           /* this struct, too, is in it */
    const char *body;              /* as the topic has it; NULL: of one that was read from there */
    uint64_t beside;               /* of the bytes of the file that it names */
    int64_t named;                 /* the batch in which a case named it last */
    struct kept *next;
};

struct policy_store {
    const struct worker_spec *spec;
    const char *dir;
    struct policies *policies;
    struct kept *first; /* the current version, then the others */
    int count;
    int64_t batch, reloaded; /* batches so far, and how many when the file was reloaded last */
};

struct policy_store *policy_store_new(const struct worker_spec *spec, const char *dir,
                                      struct policies *policies) {
    struct policy_store *store = calloc(1, sizeof *store);
    ASSERT(store);
    *store = (struct policy_store){.spec = spec, .dir = dir, .policies = policies};
    *policies = (struct policies){NULL};
    return store;
}

static void discard(struct kept *kept) {
    arena_free(kept->arena);
}

void policy_store_free(struct policy_store *store) {
    if (!store) return;
    while (store->first) {
        struct kept *next = store->first->next;
        discard(store->first);
        store->first = next;
    }
    free(store);
}

/* ---- The list ---- */

static void link_all(struct policy_store *store) {
    store->count = 0;
    for (struct kept *at = store->first; at; at = at->next) {
        if (at->next)
            at->version.older = &at->next->version;
        else
            at->version.older = NULL;
        store->count++;
    }
    if (store->first)
        store->policies->current = &store->first->version;
    else
        store->policies->current = NULL;
}

static struct kept *find(const struct policy_store *store, const char *version) {
    for (struct kept *at = store->first; at; at = at->next)
        if (strcmp(at->version.version, version) == 0) return at;
    return NULL;
}

static void remove_kept(struct policy_store *store, struct kept *kept) {
    struct kept **link = &store->first;
    while (*link != kept) link = &(*link)->next;
    *link = kept->next;
    discard(kept);
}

static struct kept *longest_unnamed(const struct policy_store *store) {
    struct kept *found = store->first->next;
    for (struct kept *at = found; at; at = at->next)
        if (at->named < found->named) found = at;
    return found;
}

/* ---- The file ---- */

static const char *body_of(struct arena *arena, const struct tree *tree) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    json_tree(&json, tree);
    const char *body = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return body;
}

/* FNV-1a over the bytes of the file that the policy names beside it; 0 when it names none, or one
 * that is not there: load() says so. */
static uint64_t hash_beside(const struct policy_store *store, const struct tree *tree) {
    const char *name =
        store->spec->policy_names ? tree_text(tree, store->spec->policy_names) : NULL;
    uint64_t hash = 0;
    const char *bytes;
    size_t len;
    struct err err;
    if (!name) return 0;

    struct arena *scratch = arena_new();
    const char *path = arena_printf(scratch, "%s/%s", store->dir, name);
    if (file_read(scratch, path, BESIDE_MAX, &bytes, &len, &err) == 0)
        hash = ids_table_hash(bytes, len);
    arena_free(scratch);
    return hash;
}

static struct kept *kept_new(void) {
    struct arena *arena = arena_new();
    struct kept *kept = ARENA_NEW(arena, struct kept);
    kept->arena = arena;
    kept->version.order = -1;
    return kept;
}

static const char *path_of(const struct policy_store *store, struct arena *arena) {
    return arena_printf(arena, "%s/%s", store->dir, store->spec->policy_file);
}

/* The text alone, not yet what load() makes of it. NULL: said in `errors`. */
static struct kept *read_file(const struct policy_store *store, const struct tree **tree_out,
                              struct buf *errors) {
    struct kept *kept = kept_new();
    struct err err;

    if (policy_file_read(store->spec, store->dir, kept->arena, tree_out, &err) < 0) {
        buf_printf(errors, "%s\n", err.text);
        discard(kept);
        return NULL;
    }
    kept->body = body_of(kept->arena, *tree_out);
    kept->beside = hash_beside(store, *tree_out);

    return kept;
}

static int compile(const struct worker_spec *spec, const char *dir, const struct tree *tree,
                   struct kept *kept, struct faults *faults) {
    void *policy = NULL;
    const char *version = NULL;
    if (spec->load(tree, dir, kept->arena, &policy, &version, faults) != 0 || faults->count)
        return -1;
    kept->version.version = version;
    kept->version.policy = policy;
    kept->version.migrate = policies_migrates(tree);
    return 0;
}

static int compile_file(const struct policy_store *store, const struct tree *tree,
                        struct kept *kept, struct buf *errors) {
    struct faults faults = {.arena = kept->arena};
    if (compile(store->spec, store->dir, tree, kept, &faults) == 0) return 0;
    faults_print(&faults, path_of(store, kept->arena), errors);
    return -1;
}

int policy_store_load(struct policy_store *store, struct buf *errors) {
    const struct tree *tree;

    if (!store->spec->policy_file) return 0;
    struct kept *kept = read_file(store, &tree, errors);
    if (!kept) return -1;
    if (compile_file(store, tree, kept, errors) < 0) {
        discard(kept);
        return -1;
    }
    store->first = kept;
    link_all(store);

    return 0;
}

/* ---- The topic ---- */

/* The version of this worker that a record is of, or NULL. */
static const char *version_of(const struct worker_spec *spec, const struct policy_record *record) {
    size_t len = strlen(spec->name);
    if (strncmp(record->key, spec->name, len) == 0 && record->key[len] == ':')
        return record->key + len + 1;
    return NULL;
}

/* Looks for `kept` among the records: its place, and the newest of all. REFUSED: it has another
 * body there. */
static enum outcome take_place(const struct policy_store *store,
                               const struct policy_record *records, int count, struct kept *kept,
                               const char **newest_out, struct err *err) {
    bool other = false;

    kept->version.order = -1;
    *newest_out = NULL;
    for (int i = 0; i < count; i++) {
        const char *version = version_of(store->spec, &records[i]);
        const char *body = records[i].body;
        if (!version) continue;
        if (body) *newest_out = version;
        if (strcmp(version, kept->version.version) != 0) continue;
        if (body)
            kept->version.order = records[i].offset;
        else
            kept->version.order = -1;
        other = body && (other || strcmp(body, kept->body) != 0);
    }
    if (!other) return OUTCOME_DONE;
    err_set(
        err,
        "%s: version %s was used before with another body; give the changed policy a new version",
        store->spec->policy_file, kept->version.version);
    return OUTCOME_STOP;
}

static enum outcome publish(const struct policy_store *store, const struct policy_topic *topic,
                            struct kept *kept, const char **newer_out, struct err *err) {
    enum outcome result = OUTCOME_DONE;
    struct arena *scratch = arena_new();
    const char *key = arena_printf(scratch, "%s:%s", store->spec->name, kept->version.version);
    const char *newest = NULL;

    for (int reads = 0; reads < PUBLISH_READS && result == OUTCOME_DONE; reads++) {
        struct policy_record *records;
        int count;
        if (topic->read(topic->context, scratch, &records, &count, err))
            result = OUTCOME_WAIT;
        else
            result = take_place(store, records, count, kept, &newest, err);
        if (result != OUTCOME_DONE || kept->version.order >= 0) break;
        if (topic->write(topic->context, key, kept->body, err)) result = OUTCOME_WAIT;
    }
    if (result == OUTCOME_DONE && kept->version.order < 0) {
        err_set(err, "the policies topic does not have %s although it was written", key);
        result = OUTCOME_WAIT;
    }
    bool newer = newest && strcmp(newest, kept->version.version) != 0;
    if (result == OUTCOME_DONE && newer)
        *newer_out = arena_strdup(kept->arena, newest);
    else
        *newer_out = NULL;
    arena_free(scratch);

    return result;
}

enum outcome policy_store_publish(struct policy_store *store, const struct policy_topic *topic,
                                  const char **newer_out, struct err *err) {
    *newer_out = NULL;
    if (!store->first) return OUTCOME_DONE;
    return publish(store, topic, store->first, newer_out, err);
}

/* ---- A reload ---- */

/* The new one in front. A worker that keeps no states needs no other; of the others those stay that
 * cases have named since the last time, and the one that was current until now. */
static void take(struct policy_store *store, struct kept *kept) {
    struct kept *before = store->first;
    struct kept *same = find(store, kept->version.version);

    if (before) before->named = store->batch;
    for (struct kept *at = before, *next; at; at = next) {
        next = at->next;
        bool unused = at != before && at->named <= store->reloaded;
        if (unused || at == same || store->spec->kind == WORKER_MAP) remove_kept(store, at);
    }
    kept->next = store->first;
    store->first = kept;
    store->reloaded = store->batch;
    link_all(store);
}

static enum outcome replace(struct policy_store *store, const struct policy_topic *topic,
                            struct kept *kept, const struct tree *tree, struct buf *errors) {
    const char *newer;
    struct err err;

    if (compile_file(store, tree, kept, errors) < 0) return OUTCOME_STOP;
    enum outcome result = publish(store, topic, kept, &newer, &err);
    if (result != OUTCOME_DONE) buf_printf(errors, "%s\n", err.text);
    return result;
}

enum outcome policy_store_reload(struct policy_store *store, const struct policy_topic *topic,
                                 bool *changed_out, struct buf *errors) {
    const struct tree *tree;
    *changed_out = false;
    if (!store->first) return OUTCOME_DONE;
    struct kept *kept = read_file(store, &tree, errors);
    if (!kept) return OUTCOME_STOP;

    enum outcome result = OUTCOME_DONE;
    bool same = strcmp(kept->body, store->first->body) == 0 && kept->beside == store->first->beside;
    if (!same) result = replace(store, topic, kept, tree, errors);
    if (same || result != OUTCOME_DONE) {
        discard(kept);
        return result;
    }
    take(store, kept);
    *changed_out = true;
    return OUTCOME_DONE;
}

/* ---- Other versions ---- */

void policy_store_begin(struct policy_store *store) {
    store->batch++;
    if (store->count <= POLICY_STORE_MAX + 1) return;
    while (store->count > POLICY_STORE_MAX + 1) {
        remove_kept(store, longest_unnamed(store));
        store->count--;
    }
    link_all(store);
}

static const struct policy_record *last_of(const struct worker_spec *spec,
                                           const struct policy_record *records, int count,
                                           const char *version) {
    const struct policy_record *last = NULL;

    for (int i = 0; i < count; i++) {
        const char *of = version_of(spec, &records[i]);
        if (of && strcmp(of, version) == 0) last = records[i].body ? &records[i] : NULL;
    }
    return last;
}

/* -1: this program cannot read it; `why` says what it met first. */
static int compile_record(const struct worker_spec *spec, const char *dir,
                          const struct policy_record *record, struct kept *kept, struct err *why) {
    static const struct json_limits limits = {.bytes = 4 << 20, .depth = 64, .values = 1 << 20};
    struct faults faults = {.arena = kept->arena};
    const struct tree *tree;

    if (json_read(kept->arena, record->body, record->body_len, &limits, &tree, why) != JSON_OK)
        return -1;
    if (compile(spec, dir, tree, kept, &faults) == 0) return 0;
    if (faults.count)
        err_set(why, "%s: %s", faults.at[0].path, faults.at[0].text);
    else
        err_set(why, "it was refused");
    return -1;
}

/* What is in the topic under the version: a kept one without a policy where there is none, or none
 * that can be read. */
static struct kept *read_version(const struct worker_spec *spec, const char *dir,
                                 const struct policy_record *records, int count,
                                 const char *version, struct err *err) {
    const struct policy_record *record = last_of(spec, records, count, version);
    struct kept *kept = kept_new();
    struct err why = {""};

    if (!record)
        err_set(err,
                "redress.policies has no %s:%s: start redress-%s once on the %s of that version, "
                "which publishes it again",
                spec->name, version, spec->name, spec->policy_file);
    else if (compile_record(spec, dir, record, kept, &why) < 0)
        err_set(err,
                "this program cannot read %s:%s of redress.policies (%s): run the one that wrote "
                "it, or a newer one",
                spec->name, version, why.text);
    kept->version.version = arena_strdup(kept->arena, version);
    if (record)
        kept->version.order = record->offset;
    else
        kept->version.order = -1;

    return kept;
}

static void insert(struct policy_store *store, struct kept *kept) {
    struct kept *known = find(store, kept->version.version);

    if (known) remove_kept(store, known);
    kept->named = store->batch;
    kept->next = store->first->next;
    store->first->next = kept;
    link_all(store);
}

/* A file that takes running cases over goes for those, too, whose own version is not to be had. */
static enum outcome look_up(struct policy_store *store, const struct policy_topic *topic,
                            const char *version, struct err *err) {
    struct arena *scratch = arena_new();
    struct policy_record *records;
    int count;

    if (topic->read(topic->context, scratch, &records, &count, err)) {
        arena_free(scratch);
        return OUTCOME_WAIT;
    }
    struct err why = {""};
    insert(store, read_version(store->spec, store->dir, records, count, version, &why));
    arena_free(scratch);
    if (policies_choose(store->policies, version)) return OUTCOME_DONE;
    err_set(err, "%s; or give running cases a newer version on purpose, with `migrate: true`",
            why.text);

    return OUTCOME_STOP;
}

enum outcome policy_store_know(struct policy_store *store, const struct policy_topic *topic,
                               const char *version, struct err *err) {
    struct kept *known = find(store, version);

    if (known && policies_choose(store->policies, version)) {
        known->named = store->batch;
        return OUTCOME_DONE;
    }
    return look_up(store, topic, version, err);
}

enum outcome policy_store_find(const struct worker_spec *spec, const char *dir,
                               const struct policy_topic *topic, const char *version,
                               struct arena *arena, const void **policy_out, struct err *err) {
    struct policy_record *records;
    int count;
    if (topic->read(topic->context, arena, &records, &count, err)) return OUTCOME_WAIT;
    const struct policy_record *record = last_of(spec, records, count, version);
    if (!record) {
        err_set(err, "redress.policies has no such version");
        return OUTCOME_STOP;
    }
    struct kept kept = {.arena = arena};
    if (compile_record(spec, dir, record, &kept, err) < 0) return OUTCOME_STOP;
    *policy_out = kept.version.policy;
    return OUTCOME_DONE;
}
