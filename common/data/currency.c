/* currency: the table. */
#include "data/currency.h"

#include <string.h>
#include <strings.h>

enum { CODE_LEN = 3, STEP = CODE_LEN + 1, TEXT_MAX = 8 };

const char currency_codes[] =
    "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|"
    "BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHF|CLP|CNY|COP|CRC|CUC|CUP|CVE|CZK|"
    "DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|GIP|GMD|GNF|GTQ|GYD|"
    "HKD|HNL|HRK|HTG|HUF|IDR|ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|"
    "KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|"
    "MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|"
    "PKR|PLN|PYG|QAR|RON|RSD|RUB|RWF|SAR|SBD|SCR|SDG|SEK|SGD|SHP|SLE|SLL|SOS|"
    "SRD|SSP|STN|SVC|SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|"
    "UYU|UZS|VED|VEF|VES|VND|VUV|WST|XAF|XCD|XCG|XOF|XPF|YER|ZAR|ZMW|ZWG|ZWL";

/* Short for it in a country, used by banks abroad, or its sign. */
static const char *const meant[][2] = {
    {"RMB", "CNY"},          {"CNH", "CNY"}, {"YUAN", "CNY"},
    {"\xe5\x85\x83", "CNY"}, /* U+5143 */
    {"CN\xc2\xa5", "CNY"},   {"HK$", "HKD"}, {"NTD", "TWD"},
    {"NT$", "TWD"},          {"TWN", "TWD"}, {"US$", "USD"},
    {"YEN", "JPY"},          {"JYP", "JPY"}, {"EURO", "EUR"},
    {"\xe2\x82\xac", "EUR"},                                      /* U+20AC */
    {"UKP", "GBP"},          {"GPB", "GBP"}, {"\xc2\xa3", "GBP"}, /* U+00A3 */
    {"STG", "GBP"},          {"WON", "KRW"}, {"RUR", "RUB"},
    {"AUS", "AUD"},
};

bool currency_is_known(const char *text, size_t len) {
    if (len != CODE_LEN) return false;
    for (const char *at = currency_codes; at < currency_codes + sizeof currency_codes; at += STEP)
        if (memcmp(at, text, CODE_LEN) == 0) return true;
    return false;
}

const char *currency_meant(const char *text, size_t len, char code_out[CURRENCY_SIZE]) {
    char word[TEXT_MAX + 1] = "";
    const char *code = NULL;

    if (len > TEXT_MAX) return NULL;
    memcpy(word, text, len);
    for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
        if (strcasecmp(meant[i][0], word) == 0) code = meant[i][1];
    for (char *at = word; *at; at++)
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 'a' + 'A');
    if (!code && currency_is_known(word, len)) code = word;
    if (!code) return NULL;
    memcpy(code_out, code, CURRENCY_SIZE);

    return code_out;
}
