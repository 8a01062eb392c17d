/* phone: by the numbering plans of few countries. What they do not decide stays as it is. */
#include "contract/phone.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

enum {
    WRITTEN_MAX = 64, /* longer is no telephone number */
    DIGITS_MIN = 7,   /* the shortest of subscribers; hotlines are shorter */
    DIGITS_MAX = 15,  /* ITU-T E.164 */
    GROUPS_MAX = 4
};

/* ---- What is written ---- */

struct written {
    bool plus;
    bool trunk; /* "(0)" behind the first group of digits: dialled within the country only */
    int count;  /* of digits, without that 0 */
    char digits[WRITTEN_MAX];
    int groups[GROUPS_MAX]; /* how many digits stand together, of the first groups */
    int group_count;
};

static bool fold(const char *text, char out[WRITTEN_MAX]) {
    size_t len = 0;

    while (*text) {
        uint32_t c = utf8_half_width(utf8_next(&text));
        if (c >= 0x80 || len == WRITTEN_MAX - 1) return false;
        out[len++] = (char)c;
    }
    out[len] = 0;

    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void take_group(const char **at, struct written *out) {
    int count = 0;

    for (; is_digit(**at); ++*at, count++) out->digits[out->count++] = **at;
    if (out->group_count < GROUPS_MAX) out->groups[out->group_count] = count;
    out->group_count++;
}

/* False: it is not one number. Whether it is too long is for the callers to see. */
static bool read_number(const char *text, struct written *out) {
    char folded[WRITTEN_MAX];
    bool open = false;

    *out = (struct written){0};
    if (!fold(text, folded)) return false;
    const char *at = folded + strspn(folded, " ");
    if (*at == '+') {
        out->plus = true;
        at++;
    }
    while (*at) {
        if (strncmp(at, "(0)", 3) == 0 && out->group_count == 1 && !out->trunk && !open) {
            out->trunk = true;
            at += 3;
        } else if (is_digit(*at)) {
            take_group(&at, out);
        } else if ((*at == '(' && !open) || (*at == ')' && open)) {
            open = !open;
            at++;
        } else if (strchr(" -.", *at)) {
            at++;
        } else {
            return false;
        }
    }

    return !open && out->count > 0;
}

/* ---- Where it is written ---- */

static bool is_tag(const char *tag, size_t len, const char *name) {
    return strlen(name) == len && strncasecmp(tag, name, len) == 0;
}

/* What a locale says of the country. */
struct place {
    char region[4]; /* "": none */
    bool chinese;   /* written in simplified characters, as far as it says */
};

static void take_subtag(const char *tag, size_t len, struct place *place) {
    bool numeric = len == 3 && is_digit(*tag);

    if (is_tag(tag, len, "Hant") || is_tag(tag, len, "yue")) place->chinese = false;
    if (len != 2 && !numeric) return;
    for (size_t i = 0; i < len; i++)
        place->region[i] = (char)(tag[i] >= 'a' ? tag[i] - 'a' + 'A' : tag[i]);
}

static struct place place_of(const char *locale) {
    struct place place = {.chinese = true};
    if (!locale) return place;

    size_t len = strcspn(locale, "-_.@");
    place.chinese = is_tag(locale, len, "zh") || is_tag(locale, len, "cmn");
    /* Script and region stand before all that is one letter, or a variant of more than four. */
    while (!*place.region && (locale[len] == '-' || locale[len] == '_')) {
        locale += len + 1;
        len = strcspn(locale, "-_.@");
        if (len < 2 || len > 4) break;
        take_subtag(locale, len, &place);
    }

    return place;
}

static bool is_in(const char *region, const char *regions) {
    size_t len = strlen(region);

    for (const char *at = strstr(regions, region); len && at; at = strstr(at + 1, region))
        if ((at == regions || at[-1] == ' ') && (at[len] == ' ' || !at[len])) return true;
    return false;
}

static bool is_china(const struct place *place) {
    if (!*place->region) return place->chinese;
    return strcmp(place->region, "CN") == 0;
}

/* Where calls abroad begin with 00 (ITU-T E.164, supplement), of the countries that are likely.
 * From elsewhere 00 may be the beginning of 001 or 0011. */
static bool dials_00(const struct place *place) {
    if (!*place->region) return place->chinese;
    return is_in(place->region, "AE AR AT BE BG CH CN CY CZ DE DK EE EG ES FR GB GR HR HU IE IN IT "
                                "LT LU LV MA MO MT MX MY NL NO NZ PE PH PK PL PT RO SA SE SI SK TR "
                                "UA VN ZA");
}

/* ---- Whose it is ---- */

/* Prefixes of mobile numbers, as the ministry has given them out; others may be numbers of other
 * countries as well. */
static bool is_chinese_mobile(const char *digits, int count) {
    static const char *const third[] = {
        ['3'] = "0123456789", ['4'] = "56789",      ['5'] = "012356789", ['6'] = "2567",
        ['7'] = "012345678",  ['8'] = "0123456789", ['9'] = "012356789"};

    if (count != 11 || digits[0] != '1' || digits[1] < '3') return false;
    return strchr(third[(unsigned char)digits[1]], digits[2]);
}

/* Area code and exchange begin with 2 to 9. */
static bool is_american(const char *digits, int count) {
    return count == 10 && digits[0] >= '2' && digits[3] >= '2';
}

/* The digits that follow some countries' codes, so that two numbers or an extension are not taken
 * for one number; others have what E.164 allows. */
static const struct {
    const char *code;
    int min, max;
} plans[] = {{"1", 10, 10}, {"86", 10, 11}, {"852", 8, 8}, {"853", 8, 8}, {"886", 8, 9},
             {"81", 9, 10}, {"82", 8, 10},  {"65", 8, 8},  {"44", 9, 10}, {"61", 9, 9},
             {"33", 9, 9},  {"34", 9, 9},   {"7", 10, 10}, {"84", 9, 10}, {"66", 8, 9},
             {"60", 8, 10}, {"63", 8, 10},  {"62", 7, 12}, {"49", 6, 13}, {"39", 6, 12}};

/* Digits behind the + or 00. */
static bool is_international(const char *digits, int count) {
    if (digits[0] == '0' || count < DIGITS_MIN || count > DIGITS_MAX) return false;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        int len = (int)strlen(plans[i].code);
        if (strncmp(digits, plans[i].code, (size_t)len) != 0) continue;
        return count - len >= plans[i].min && count - len <= plans[i].max;
    }
    return true;
}

/* Where the 0 is part of the number from abroad, too. */
static bool keeps_trunk(const char *digits) {
    static const char *const codes[] = {"39", "378", "379", "225", "241", "242"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(digits, codes[i], strlen(codes[i])) == 0) return true;
    return false;
}

static const char *international(const struct written *number, const char *digits,
                                 struct arena *arena) {
    static const char china[] = "86";
    size_t china_len = sizeof china - 1;
    const char *national = "";

    if (number->trunk && keeps_trunk(digits)) return NULL;
    /* No number of China begins with the 0 that is dialled there. */
    if (strncmp(digits, china, china_len) == 0 && digits[china_len] == '0') {
        national = digits + china_len + 1;
        digits = arena_printf(arena, "%s%s", china, national);
    }
    if (!is_international(digits, (int)strlen(digits))) return NULL;

    return arena_printf(arena, "+%s", digits);
}

/* 1-415-555-2671, as no Chinese number is written. */
static bool is_grouped_american(const struct written *number) {
    const int *groups = number->groups;

    return number->group_count == 4 && groups[0] == 1 && groups[1] == 3 && groups[2] == 3 &&
           groups[3] == 4;
}

static const char *domestic(const struct written *number, const struct place *place,
                            struct arena *arena) {
    const char *digits = number->digits;
    int count = number->count;

    if (number->trunk) return NULL;
    if (is_china(place) && !is_grouped_american(number)) {
        if (is_chinese_mobile(digits, count)) return arena_printf(arena, "+86%s", digits);
        if (strncmp(digits, "86", 2) == 0 && is_chinese_mobile(digits + 2, count - 2))
            return arena_printf(arena, "+%s", digits);
    }
    if (is_in(place->region, "US CA")) {
        if (is_american(digits, count)) return arena_printf(arena, "+1%s", digits);
        if (digits[0] == '1' && is_american(digits + 1, count - 1))
            return arena_printf(arena, "+%s", digits);
    }

    return NULL;
}

const char *phone_certain(const char *written, const char *locale, struct arena *arena) {
    struct place place = place_of(locale);
    struct written number;

    if (!read_number(written, &number)) return NULL;
    if (number.plus) return international(&number, number.digits, arena);
    if (strncmp(number.digits, "00", 2) == 0 && dials_00(&place))
        return international(&number, number.digits + 2, arena);
    return domestic(&number, &place, arena);
}

const char *phone_e164(const char *written, const char *locale, struct arena *arena) {
    const char *found = phone_certain(written, locale, arena);
    return found ? found : written;
}
