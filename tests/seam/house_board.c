/* house_board: what the board would show: its mirror, filled by turns of its refresh from the fake
 * Redis. One board looks through the whole story. */
#include "base/clock.h"
#include "board/refresh.h"
#include "house.h"
#include "outside/config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { TURNS_MAX = 100 };

static struct board {
    struct arena *arena;
    struct config config;
    struct mirror *mirror;
    struct refresh *refresh;
} board;

static void open_board(void) {
    struct buf errors = {0};
    struct err err;

    board.arena = arena_new();
    if (config_load(NULL, environ, board.arena, &board.config, &errors) < 0)
        fail_msg("%s", errors.at);
    board.mirror = mirror_new();
    board.refresh = refresh_new(&board.config, board.mirror, &err);
    if (!board.refresh) fail_msg("%s", err.text);
}

void house_board_close(void) {
    refresh_free(board.refresh);
    mirror_free(board.mirror);
    if (board.arena) arena_free(board.arena);
    board = (struct board){.arena = NULL};
}

static void put_row(const struct sight_row *row, struct buf *out) {
    const struct sight_target *targets = row->targets.at;

    buf_printf(out, "%s %s", row->case_id, row->status);
    if (row->assignee) buf_printf(out, " %s", row->assignee);
    for (int i = 0; i < row->targets.count; i++) {
        char due[CLOCK_TEXT_MAX];
        if (!targets[i].state) continue;
        clock_format(targets[i].due_at, due);
        buf_printf(out, " %s=%s", targets[i].name, targets[i].state);
        if (targets[i].due_at) buf_printf(out, " %s", due);
    }
    buf_puts(out, "\n");
}

void house_board(struct buf *out) {
    int more = 1;

    if (!board.refresh) open_board();
    for (int turns = 0; more > 0; turns++) {
        if (turns == TURNS_MAX) fail_msg("the board reads on and on");
        more = refresh_turn(board.refresh, NULL);
    }
    if (more < 0) {
        buf_printf(out, "%s\n", refresh_sight(board.refresh)->err.text);
        return;
    }
    buf_printf(out, "%d cases\n", mirror_count(board.mirror));
    const struct mirror_list *list = mirror_lock(board.mirror);
    for (int i = 0; i < list->case_count; i++) put_row(list->cases[i], out);
    mirror_unlock(board.mirror);
}
