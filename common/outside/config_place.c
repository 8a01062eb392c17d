/* config_place: where an installation keeps its policies, found from where its program lies, so
 * that it may be moved. */
#include "outside/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From the program's folder: installed (CMakeLists.txt), and in a build tree within the source. */
static const char *const places[] = {"../share/redress/policies", "../../deploy/policies"};

/* From the source's root, with the build tree elsewhere. */
static const char by_hand[] = "deploy/policies";

/* The folder of the running program, links followed; "." when the kernel does not say. */
static void find_program(char folder_out[PATH_MAX]) {
    ssize_t len = readlink("/proc/self/exe", folder_out, PATH_MAX - 1);
    folder_out[len < 0 ? 0 : len] = 0;

    char *slash = strrchr(folder_out, '/');
    if (slash)
        *slash = 0;
    else
        strcpy(folder_out, ".");
}

const char *config_default_policy_dir(struct arena *arena) {
    char program[PATH_MAX], found[PATH_MAX];
    find_program(program);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (realpath(arena_printf(arena, "%s/%s", program, places[i]), found))
            return arena_strdup(arena, found);

    if (access(by_hand, F_OK) == 0) return by_hand;
    /* The error about it names where it should be. */
    return arena_printf(arena, "%s/%s", program, places[0]);
}
