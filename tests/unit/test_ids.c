/* Ids as deploy/contract/README.md defines them. */
#include "base/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_vector_of_the_contract_holds(void **state) {
    (void)state;
    char route[IDS_ROUTE_LEN + 1], id[IDS_CASE_LEN + 1];
    ids_route("default", "order:A1001", route);
    assert_string_equal(route, "BYCRCNPA1C41H");
    ids_case(route, "/shop/app", "c-1", id);
    assert_string_equal(id, "BYCRCNPA1C41H-FRGWX4V");
    assert_int_equal(ids_partition(route, strlen(route), 4), 3);
    assert_int_equal(ids_partition(route, strlen(route), 12), 3);
}

/* The Java client's own test of Utils.murmur2() gives these hashes. */
static void partitions_are_those_of_the_java_client(void **state) {
    (void)state;
    static const struct {
        const char *key;
        int32_t hash;
    } cases[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"abc", 479470107},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t positive = (uint32_t)cases[i].hash & 0x7fffffff;
        for (int count = 1; count < 100; count++)
            assert_int_equal(ids_partition(cases[i].key, strlen(cases[i].key), count),
                             (int)(positive % (uint32_t)count));
    }
}

static void parts_are_kept_apart(void **state) {
    (void)state;
    char a[IDS_ROUTE_LEN + 1], b[IDS_ROUTE_LEN + 1], one[27], two[27], three[27];
    ids_route("default", "order:1", a);
    ids_route("defaul", "torder:1", b);
    assert_string_not_equal(a, b);
    ids_hash(one, 2, "ab", "c");
    ids_hash(two, 2, "a", "bc");
    ids_hash(three, 1, "abc");
    assert_string_not_equal(one, two);
    assert_string_not_equal(one, three);
}

static void case_ids_are_recognised(void **state) {
    (void)state;
    static const char *const others[] = {
        "",
        "BYCRCNPA1C41H",
        "BYCRCNPA1C41H-",
        "BYCRCNPA1C41H-FRGWX4",
        "BYCRCNPA1C41H-FRGWX4VV",
        "BYCRCNPA1C41HXFRGWX4V",
        "GYCRCNPA1C41H-FRGWX4V",
        "bycrcnpa1c41h-frgwx4v",
        "BYCRCNPA1C41I-FRGWX4V",
        "BYCRCNPA1C41H-FRGWX4U",
        "BYCRCNPA1C41H-FRGWX4V.1",
        "-",
        "YCRCNPA1C41H-FRGWX4V",
        "BYCRCNPA1C41H--FRGWX4",
    };
    assert_true(ids_is_case("BYCRCNPA1C41H-FRGWX4V"));
    assert_true(ids_is_case("FZZZZZZZZZZZZ-ZZZZZZZ"));
    assert_true(ids_is_case("0000000000000-0000000"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ids_is_case(others[i])) fail_msg("accepted: %s", others[i]);
}

/* XXH128 of "abc" with seed 0 is 06b05ab6733a618578af5f94892f3950 (xxhsum -H2). */
static void hashes_are_written_most_significant_first(void **state) {
    (void)state;
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char id[27];
    ids_hash(id, 1, "abc");
    assert_int_equal(strlen(id), 26);
    unsigned char bytes[16] = {0};
    for (int i = 0; i < 26; i++) {
        unsigned carry = (unsigned)(strchr(digits, id[i]) - digits);
        for (int j = 15; j >= 0; j--) {
            carry += (unsigned)bytes[j] << 5;
            bytes[j] = (unsigned char)carry;
            carry >>= 8;
        }
        assert_int_equal(carry, 0);
    }
    static const unsigned char expected[16] = {0x06, 0xb0, 0x5a, 0xb6, 0x73, 0x3a, 0x61, 0x85,
                                               0x78, 0xaf, 0x5f, 0x94, 0x89, 0x2f, 0x39, 0x50};
    assert_memory_equal(bytes, expected, sizeof expected);
}

/* XXH64 of nothing and of "xxhash", seed 0, as its own documentation and others' programs have
 * them. */
static void digests_are_what_others_compute(void **state) {
    (void)state;
    char digest[17];
    ids_digest("", 0, digest);
    assert_string_equal(digest, "ef46db3751d8e999");
    ids_digest("xxhash", 6, digest);
    assert_string_equal(digest, "32dd38952c4bc720");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_the_contract_holds),
        cmocka_unit_test(partitions_are_those_of_the_java_client),
        cmocka_unit_test(parts_are_kept_apart),
        cmocka_unit_test(case_ids_are_recognised),
        cmocka_unit_test(hashes_are_written_most_significant_first),
        cmocka_unit_test(digests_are_what_others_compute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
