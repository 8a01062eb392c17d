/* compiled: vectorscan's databases of large sets of words, compiled once a build for all tests.
 * Under the sanitizers the delivered words take a second, in each of a hundred programs.
 * Linked with --wrap=hs_compile_multi. */
#include "base/arena.h"
#include "base/ids.h"

#include <hs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL_SET = 100 }; /* compiled where it is wanted */

hs_error_t __real_hs_compile_multi(const char *const *words, const unsigned *flags,
                                   const unsigned *ids, unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform, hs_database_t **made_out,
                                   hs_compile_error_t **fault_out);
hs_error_t __wrap_hs_compile_multi(const char *const *words, const unsigned *flags,
                                   const unsigned *ids, unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform, hs_database_t **made_out,
                                   hs_compile_error_t **fault_out);

/* Where the database of these words lies, for this version of the library. */
static const char *path_of(const char *const *words, const unsigned *flags, const unsigned *ids,
                           unsigned count, struct arena *arena) {
    struct buf all = {0};
    char hash[27];

    buf_puts(&all, hs_version());
    for (unsigned i = 0; i < count; i++) buf_printf(&all, "\n%u %u %s", flags[i], ids[i], words[i]);
    ids_hash(hash, 1, all.at);
    buf_free(&all);

    return arena_printf(arena, REDRESS_COMPILED_DIR "/words-%s", hash);
}

/* NULL: it is not there, or another processor's, or damaged. */
static hs_database_t *read_database(const char *path) {
    FILE *file = fopen(path, "rb");
    hs_database_t *made = NULL;
    struct buf bytes = {0};
    char part[65536];

    if (!file) return NULL;
    for (size_t len; (len = fread(part, 1, sizeof part, file)) > 0;) buf_add(&bytes, part, len);
    fclose(file);
    if (bytes.len && hs_deserialize_database(bytes.at, bytes.len, &made) != HS_SUCCESS) made = NULL;
    buf_free(&bytes);

    return made;
}

/* Whole or not at all: several tests may write the same one. */
static void write_database(const char *path, const hs_database_t *made, struct arena *arena) {
    char *fresh = arena_printf(arena, "%s.XXXXXX", path);
    int fd = mkstemp(fresh);
    char *bytes = NULL;
    size_t len;

    if (fd < 0) return;
    ASSERT(hs_serialize_database(made, &bytes, &len) == HS_SUCCESS);
    bool whole = write(fd, bytes, len) == (ssize_t)len;
    close(fd);
    free(bytes);
    if (!whole || rename(fresh, path)) unlink(fresh);
}

hs_error_t __wrap_hs_compile_multi(const char *const *words, const unsigned *flags,
                                   const unsigned *ids, unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform, hs_database_t **made_out,
                                   hs_compile_error_t **fault_out) {
    if (count < SMALL_SET || mode != HS_MODE_BLOCK)
        return __real_hs_compile_multi(words, flags, ids, count, mode, platform, made_out,
                                       fault_out);

    struct arena *arena = arena_new();
    const char *path = path_of(words, flags, ids, count, arena);
    hs_error_t status = HS_SUCCESS;
    *made_out = read_database(path);
    if (!*made_out) {
        status =
            __real_hs_compile_multi(words, flags, ids, count, mode, platform, made_out, fault_out);
        if (status == HS_SUCCESS) write_database(path, *made_out, arena);
    }
    arena_free(arena);

    return status;
}
