/* Memory of a batch, and the growing buffer. */
#include "base/arena.h"
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void allocations_are_zeroed_and_aligned(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    for (size_t round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            unsigned char *mem = arena_alloc(arena, size);
            assert_int_equal((uintptr_t)mem % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) assert_int_equal(mem[i], 0);
            memset(mem, 0xAA, size); /* so that the next round finds it dirty */
        }
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

static void more_than_a_block_fits(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    char *small = arena_strdup(arena, "before");
    const size_t large = 1024 * 1024;
    unsigned char *mem = arena_alloc(arena, large);
    mem[0] = mem[large - 1] = 1;
    char *after = arena_strdup(arena, "after");
    for (int i = 0; i < 10000; i++) assert_non_null(arena_alloc(arena, 100));
    assert_string_equal(small, "before");
    assert_string_equal(after, "after");
    assert_int_equal(mem[1] + mem[large / 2] + mem[large - 2], 0);
    assert_true(arena_used(arena) >= large + 10000 * 100);
    arena_reset(arena);
    assert_string_equal(arena_strdup(arena, "again"), "again");
    arena_free(arena);
}

/* Blocks are used again after a reset, each from its beginning, whatever sizes the next batch has.
 */
static void batches_of_many_blocks_follow_each_other(void **state) {
    (void)state;
    enum { PIECES = 300 };
    struct arena *arena = arena_new();
    static const size_t sizes[] = {5000, 7000, 90000, 3000, 11000, 64, 5000};
    for (size_t round = 0; round < sizeof sizes / sizeof *sizes; round++) {
        unsigned char *pieces[PIECES];
        size_t size = sizes[round];
        for (int i = 0; i < PIECES; i++) {
            pieces[i] = arena_alloc(arena, size);
            assert_int_equal(pieces[i][0] + pieces[i][size - 1], 0);
            memset(pieces[i], i, size);
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t at = 0; at < size; at++)
                if (pieces[i][at] != (unsigned char)i)
                    fail_msg("round %zu, piece %d, byte %zu", round, i, at);
        arena_reset(arena);
    }
    arena_free(arena);
}

static void texts_are_copied(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    char text[] = "abcdef";
    char *whole = arena_strdup(arena, text), *part = arena_strndup(arena, text, 3);
    char *bytes = arena_memdup(arena, text, sizeof text);
    text[0] = 'x';
    assert_string_equal(whole, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(bytes, "abcdef");
    assert_null(arena_strdup(arena, NULL));
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    assert_string_equal(arena_printf(arena, "%s-%d", "a", 7), "a-7");
    /* Around the size up to which no second formatting is needed. */
    for (int width = 250; width < 260; width++) {
        char *padded = arena_printf(arena, "%*d", width, 1);
        assert_int_equal(strlen(padded), width);
        assert_int_equal(padded[width - 1], '1');
    }
    arena_free(arena);
}

static void arrays_grow(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    int *array = NULL;
    for (int count = 0; count < 5000; count++) {
        if (count % 3 == 0) arena_alloc(arena, 1); /* sometimes in place, sometimes by moving */
        array = arena_grow(arena, array, (size_t)count * sizeof *array,
                           (size_t)(count + 1) * sizeof *array);
        assert_int_equal(array[count], 0);
        array[count] = count;
    }
    for (int i = 0; i < 5000; i++) assert_int_equal(array[i], i);
    arena_free(arena);
}

static void growing_zeroes_what_was_used_before(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    memset(arena_alloc(arena, 4096), 0xAA, 4096);
    arena_reset(arena);
    unsigned char *mem = arena_alloc(arena, 5);
    mem = arena_grow(arena, mem, 5, 2000);
    for (int i = 0; i < 2000; i++) assert_int_equal(mem[i], 0);
    arena_free(arena);
}

/* Two grow in turns, so that neither can grow in place; one of them is emptied and starts anew. */
static void elements_are_added(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    int *at = NULL;
    int64_t *others = NULL;
    int count = 0;
    size_t other_count = 0;

    for (int i = 0; i < 1000; i++) {
        int *added = ARENA_ADD(arena, at, count);
        assert_int_equal(*added, 0);
        *added = i;
        *ARENA_ADD(arena, others, other_count) = -i;
        if (i == 100) other_count = 0;
    }
    assert_int_equal(count, 1000);
    assert_int_equal(other_count, 899);
    for (int i = 0; i < count; i++) assert_int_equal(at[i], i);
    for (size_t i = 0; i < other_count; i++) assert_int_equal(others[i], -(int64_t)(i + 101));

    arena_free(arena);
}

/* Every length from none to full and back, several times: what remains is kept. */
static void heap_arrays_shrink_and_grow(void **state) {
    (void)state;
    int *at = NULL;
    int count = 0;

    for (int round = 0; round < 70; round++) {
        while (count < round * 3) {
            int *added = HEAP_ADD(at, count);
            assert_int_equal(*added, 0);
            *added = count;
        }
        for (int i = 0; i < count; i++) assert_int_equal(at[i], i + 1);
        count = round / 2;
    }
    free(at);
}

static void buffers_grow_and_end_with_nul(void **state) {
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 3000; i++) {
        buf_add(&buf, "a\0b", 3);
        assert_int_equal(buf.len, (size_t)(i + 1) * 3);
        assert_int_equal(buf.at[buf.len], 0);
    }
    assert_memory_equal(buf.at + 8997, "a\0b", 4);
    char *memory = buf.at;
    buf_clear(&buf);
    assert_ptr_equal(buf.at, memory);
    assert_string_equal(buf.at, "");
    buf_puts(&buf, "n=");
    buf_printf(&buf, "%d", 42);
    assert_string_equal(buf.at, "n=42");
    buf_printf(&buf, "%*d", 20000, 1);
    assert_int_equal(buf.len, 20004);
    assert_int_equal(buf.at[20003], '1');
    buf_free(&buf);
    assert_null(buf.at);
    buf_clear(&buf);
    assert_int_equal(buf.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_and_aligned),
        cmocka_unit_test(more_than_a_block_fits),
        cmocka_unit_test(batches_of_many_blocks_follow_each_other),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(growing_zeroes_what_was_used_before),
        cmocka_unit_test(elements_are_added),
        cmocka_unit_test(heap_arrays_shrink_and_grow),
        cmocka_unit_test(buffers_grow_and_end_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
