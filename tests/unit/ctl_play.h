/* ctl_play: a command of redressctl run in the test's own process on a file of events, and what it
 * wrote to stdout. */
#ifndef REDRESS_CTL_PLAY_H
#define REDRESS_CTL_PLAY_H

#include "base/arena.h"
#include "redressctl/commands.h"
#include "redressctl/ctl_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct play {
    struct arena *arena;
    char events[64], said[64]; /* files */
};

static inline void play_begin(struct play *play) {
    play->arena = arena_new();
    snprintf(play->events, sizeof play->events, "/tmp/redressctl-in-XXXXXX");
    snprintf(play->said, sizeof play->said, "/tmp/redressctl-out-XXXXXX");
    int in = mkstemp(play->events);
    int out = mkstemp(play->said);
    assert_true(in >= 0 && out >= 0);
    close(in);
    close(out);
}

static inline void play_end(struct play *play) {
    arena_free(play->arena);
    unlink(play->events);
    unlink(play->said);
}

/* What the file holds from now on. */
static inline void play_events(struct play *play, const char *events) {
    FILE *file = fopen(play->events, "w");
    assert_non_null(file);
    fputs(events, file);
    fclose(file);
}

/* What stands in the file that stdout was led to. */
static inline const char *play_said(struct play *play) {
    FILE *file = fopen(play->said, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *said = arena_alloc(play->arena, size + 1);
    assert_int_equal(fread(said, 1, size, file), size);
    fclose(file);
    return said;
}

/* `<name> <arguments>`, the word FILE standing for that file: the exit status. */
static inline int play_words(struct play *play, int (*run)(int argc, char **argv), const char *name,
                             const char *arguments, const char **said_out) {
    enum { WORDS_MAX = 16 };
    char *argv[WORDS_MAX + 1] = {(char *)name};
    int argc = 1;
    char *rest = NULL;
    for (char *word = strtok_r(arena_strdup(play->arena, arguments), " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = strcmp(word, "FILE") == 0 ? play->events : word;
    }

    assert_int_equal(ctl_flush(), 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_non_null(freopen(play->said, "w", stdout));
    int status = run(argc, argv);
    ctl_flush();
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);

    *said_out = play_said(play);
    return status;
}

/* `redressctl <command> <arguments>` */
static inline int play_run(struct play *play, const struct command *command, const char *arguments,
                           const char **said_out) {
    return play_words(play, command->run, command->name, arguments, said_out);
}

/* The whole program: `redressctl <arguments>` */
static inline int play_main(struct play *play, const char *arguments, const char **said_out) {
    return play_words(play, commands_main, "redressctl", arguments, said_out);
}

#endif
