/* bad_input: the table. Bodies are written out, so that what is wrong with one can be seen at a
 * glance. */
#include "bad_input.h"

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define HEADER(header_name, text)                                                                  \
    { .name = header_name, .value = text, .value_len = sizeof(text) - 1 }

/* The parts of good events. */
#define WHEN "\"time\":\"2024-01-01T08:00:00+08:00\""
#define NAMED(type)                                                                                \
    "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"/bad\",\"type\":\"" type "\","
#define EVENT(type, data) NAMED(type) WHEN ",\"data\":" data "}"
#define CUSTOMER          "\"customer\":{\"id\":\"u-1\",\"tier\":\"vip\"}"
#define ORDER                                                                                      \
    "\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\",\"minor\":1}}"
#define COMPLAINT(members)                                                                         \
    EVENT("complaint.submitted", "{\"channel\":\"im\"," CUSTOMER ",\"text\":\"broken\"" members "}")
#define ITEM(quantity)                                                                             \
    "{\"sku\":\"s\",\"name\":\"n\",\"quantity\":" quantity                                         \
    ",\"price\":{\"currency\":\"CNY\",\"minor\":1}}"
#define OPTION                                                                                     \
    "{\"option\":\"A\",\"remedies\":[{\"kind\":\"apology\"}],\"cost\":{\"currency\":\"CNY\","      \
    "\"minor\":0},\"split\":{}"                                                                    \
    "}"
#define CASE_ID                 "\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\""
#define ACTIVITY(type, members) EVENT(type, "{" CASE_ID members "}")
#define BIDI                    "\xe2\x80\xae" /* U+202E, right-to-left override */

static const struct header structured[] = {
    HEADER("content-type", "application/cloudevents+json; charset=UTF-8")};
#define BINARY(more)                                                                               \
    HEADER("ce_specversion", "1.0"), HEADER("ce_id", "bad-1"), HEADER("ce_source", "/bad"),        \
        HEADER("ce_type", "complaint.submitted"), HEADER("content-type", "application/json"), more
static const struct header binary[] = {BINARY(HEADER("ce_time", "2024-01-01T00:00:00Z"))};
static const struct header binary_no_time[] = {BINARY(HEADER("ce_sequence", "1"))};
static const struct header binary_text[] = {
    HEADER("ce_specversion", "1.0"),
    HEADER("ce_id", "bad-1"),
    HEADER("ce_source", "/bad"),
    HEADER("ce_type", "complaint.submitted"),
    HEADER("ce_time", "2024-01-01T00:00:00Z"),
    HEADER("content-type", "text/plain; a=application/json")};
static const struct header binary_bad_utf8[] = {BINARY(HEADER("ce_time", "2024-01-01T00:00:00Z")),
                                                HEADER("ce_subject", "\xff\xfe")};
static const struct header binary_old_version[] = {
    HEADER("ce_specversion", "0.3"), HEADER("ce_id", "bad-1"), HEADER("ce_source", "/bad"),
    HEADER("ce_type", "complaint.submitted"), HEADER("ce_time", "2024-01-01T00:00:00Z")};

struct row {
    struct bad_input says;
    enum topic topic;
    const struct header *headers;
    int header_count;
    const char *value; /* NULL with make NULL: a record without a value */
    size_t value_len;
    void (*make)(struct buf *buf);
};

static void repeat(struct buf *buf, const char *text, int count) {
    for (int i = 0; i < count; i++) buf_puts(buf, text);
}

static void make_megabyte(struct buf *buf) {
    buf_puts(buf, "[{}");
    repeat(buf, ",{}", 350000);
    buf_puts(buf, "]");
}

static void make_too_large(struct buf *buf) {
    buf_puts(buf, EVENT("complaint.submitted", "{\"text\":\""));
    buf->len -= strlen("}");
    repeat(buf, "x", 65536);
    buf_puts(buf, "\"}}");
}

static void make_many_values(struct buf *buf) {
    buf_puts(buf, NAMED("complaint.submitted") WHEN ",\"data\":[0");
    repeat(buf, ",0", 4096);
    buf_puts(buf, "]}");
}

static void make_nested(struct buf *buf, int depth) {
    buf_puts(buf, NAMED("complaint.submitted") WHEN ",\"data\":");
    repeat(buf, "[", depth);
    repeat(buf, "]", depth);
    buf_puts(buf, "}");
}

static void make_depth_17(struct buf *buf) {
    make_nested(buf, 16);
}

static void make_depth_10000(struct buf *buf) {
    make_nested(buf, 9999);
}

static void make_long_id(struct buf *buf) {
    buf_puts(buf,
             "{\"specversion\":\"1.0\",\"source\":\"/bad\",\"type\":\"complaint.submitted\"," WHEN
             ",\"id\":\"");
    repeat(buf, "i", 129);
    buf_puts(buf, "\",\"data\":{}}");
}

static void make_long_text(struct buf *buf) {
    buf_puts(buf, NAMED("complaint.submitted") WHEN ",\"data\":{\"channel\":\"im\"," CUSTOMER
                                                    ",\"text\":\"");
    repeat(buf, "\xe8\xaf\x89", 8001);
    buf_puts(buf, "\"}}");
}

static void make_many_items(struct buf *buf) {
    buf_puts(buf, NAMED("complaint.submitted") WHEN ",\"data\":{\"channel\":\"im\"," CUSTOMER
                                                    ",\"text\":\"broken\",\"items\":[" ITEM("1"));
    repeat(buf, "," ITEM("1"), 200);
    buf_puts(buf, "]}}");
}

#define SAYS(row_name, row_reason, row_detail) .says = {row_name, row_reason, row_detail}
#define TEXT(text)                             .value = text, .value_len = sizeof(text) - 1
#define HEADERS(array)                         .headers = array, .header_count = COUNT(array)
/* A structured event on complaints, activity, decisions; a binary one on complaints. */
#define C(name, reason, detail, text)                                                              \
    { SAYS(name, reason, detail), .topic = TOPIC_COMPLAINTS, HEADERS(structured), TEXT(text) }
#define A(name, reason, detail, text)                                                              \
    { SAYS(name, reason, detail), .topic = TOPIC_ACTIVITY, HEADERS(structured), TEXT(text) }
#define D(name, reason, detail, text)                                                              \
    { SAYS(name, reason, detail), .topic = TOPIC_DECISIONS, HEADERS(structured), TEXT(text) }
#define B(name, reason, detail, header_array, text)                                                \
    { SAYS(name, reason, detail), .topic = TOPIC_COMPLAINTS, HEADERS(header_array), TEXT(text) }
#define M(name, reason, detail, maker)                                                             \
    { SAYS(name, reason, detail), .topic = TOPIC_COMPLAINTS, HEADERS(structured), .make = maker }

static const struct row rows[] = {
    /* Bytes. */
    C("no bytes", "not_json", "", ""),
    {SAYS("no value", "not_json", ""), .topic = TOPIC_COMPLAINTS, HEADERS(structured)},
    {SAYS("not JSON, no headers", "not_json", ""), .topic = TOPIC_COMPLAINTS, TEXT("hello")},
    C("cut off", "not_json", "ends", "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"data\":{\"chan"),
    C("two documents", "not_json", "behind", COMPLAINT("") COMPLAINT("")),
    C("single quotes", "not_json", "", "{'id': 'bad-1'}"),
    C("NaN", "not_json", "", COMPLAINT(",\"score\":NaN")),
    C("trailing comma", "not_json", "", COMPLAINT(",")),
    M("1 MB of maps", "too_large", "65536", make_megabyte),
    M("64 KiB and more", "too_large", "65536", make_too_large),
    M("4 099 values", "too_many_values", "4096", make_many_values),
    M("depth 17", "too_deep", "16", make_depth_17),
    M("depth 10 000", "too_deep", "16", make_depth_10000),
    C("a key twice in the event", "duplicate_key", "", "{\"id\":\"a\",\"id\":\"b\"}"),
    C("a key twice in a record", "duplicate_key", "",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"id\":\"A2\"}")),
    C("a key twice, escaped", "duplicate_key", "", COMPLAINT(",\"te\\u0078t\":\"other\"")),
    C("invalid UTF-8", "bad_utf8", "", COMPLAINT(",\"note\":\"\xff\"")),
    C("overlong UTF-8", "bad_utf8", "", COMPLAINT(",\"note\":\"\xc0\xaf\"")),
    C("a surrogate in UTF-8", "bad_utf8", "", COMPLAINT(",\"note\":\"\xed\xa0\x80\"")),
    C("GB 18030 in place of UTF-8", "bad_utf8", "", COMPLAINT(",\"note\":\"\xcd\xb6\xcb\xdf\"")),
    C("NUL, raw", "not_json", "", COMPLAINT(",\"note\":\"a\0b\"")),
    C("NUL, escaped", "not_json", "", COMPLAINT(",\"note\":\"a\\u0000b\"")),
    C("NUL behind a number", "not_json", "U+0000", COMPLAINT(",\"score\":1\0")),
    C("NUL behind the event", "not_json", "U+0000", COMPLAINT("") "\0"),
    C("a form feed behind a number", "not_json", "", COMPLAINT(",\"score\":1\f")),
    C("letters behind a number beyond 64 bits", "not_json", "",
      COMPLAINT(",\"score\":18446744073709551615n")),

    /* The envelope. */
    C("a list", "bad_value", "", "[]"),
    C("a text", "bad_value", "", "\"complaint\""),
    C("no id", "missing_field", "id",
      "{\"specversion\":\"1.0\",\"source\":\"/bad\",\"type\":\"case.closed\"," WHEN "}"),
    C("no source", "missing_field", "source",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"type\":\"case.closed\"," WHEN "}"),
    C("no type", "missing_field", "type",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"/bad\"," WHEN "}"),
    C("no time", "missing_field", "time", NAMED("complaint.submitted") "\"data\":{}}"),
    C("no data", "missing_field", "data", NAMED("complaint.submitted") WHEN "}"),
    C("a blank in the id", "bad_value", "id",
      "{\"specversion\":\"1.0\",\"id\":\"bad 1\",\"source\":\"/bad\",\"type\":\"x\"," WHEN
      ",\"data\":{}}"),
    M("an id of 129 bytes", "bad_value", "id", make_long_id),
    C("the id a number", "bad_value", "id",
      "{\"specversion\":\"1.0\",\"id\":17,\"source\":\"/bad\",\"type\":\"x\"," WHEN
      ",\"data\":{}}"),
    C("a bidirectional source", "bad_value", "source",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"/" BIDI "bad\",\"type\":\"x\"," WHEN
      ",\"data\":{}}"),
    C("a control character in the source", "bad_value", "source",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"/b\\u001fad\",\"type\":\"x\"," WHEN
      ",\"data\":{}}"),
    C("a blank in the source", "bad_value", "source: expected a URI reference",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"Shop "
      "App\",\"type\":\"complaint.submitted\"," WHEN ",\"data\":{}}"),
    C("a source in Chinese", "bad_value", "source: expected a URI reference",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"/\xe5\xba\x97\",\"type\":"
      "\"complaint.submitted\"," WHEN ",\"data\":{}}"),
    A("a source with nothing behind its scheme", "bad_value", "source: expected a URI reference",
      "{\"specversion\":\"1.0\",\"id\":\"bad-1\",\"source\":\"urn:\",\"type\":\"case.closed\"," WHEN
      ",\"data\":{}}"),
    C("data twice", "bad_value", "data_base64",
      NAMED("complaint.submitted") WHEN ",\"data\":{},\"data_base64\":\"e30=\"}"),
    C("data that are no base64", "bad_value", "data_base64",
      NAMED("complaint.submitted") WHEN ",\"data_base64\":\"{}\"}"),
    C("data in base64 that are no JSON", "not_json", "data_base64",
      NAMED("complaint.submitted") WHEN ",\"data_base64\":\"ew==\"}"),
    C("data in XML", "bad_value", "datacontenttype",
      NAMED("complaint.submitted") WHEN ",\"datacontenttype\":\"application/xml\",\"data\":{}}"),
    C("another CloudEvents version", "bad_value", "specversion",
      "{\"specversion\":\"0.3\",\"id\":\"bad-1\",\"source\":\"/bad\",\"type\":\"x\"," WHEN
      ",\"data\":{}}"),
    C("a time without offset", "bad_value", "time",
      NAMED("complaint.submitted") "\"time\":\"2024-01-01T00:00:00\",\"data\":{}}"),
    C("the time a number", "bad_value", "time",
      NAMED("complaint.submitted") "\"time\":1704067200,\"data\":{}}"),
    C("a time that no calendar has", "bad_value", "time",
      NAMED("complaint.submitted") "\"time\":\"2024-02-30T00:00:00Z\",\"data\":{}}"),
    C("the epoch", "bad_value", "time",
      NAMED("complaint.submitted") "\"time\":\"1970-01-01T08:00:00+08:00\",\"data\":{}}"),
    C("before the epoch", "bad_value", "time",
      NAMED("complaint.submitted") "\"time\":\"1970-01-01T01:00:00+08:00\",\"data\":{}}"),
    C("a far future", "in_future", "5 minutes",
      NAMED("complaint.submitted") "\"time\":\"9998-12-31T00:00:00Z\",\"data\":{}}"),
    C("an unknown type", "unknown_type", "type", EVENT("complaint.made", "{}")),
    C("a type in capitals", "unknown_type", "type", EVENT("Complaint.Submitted", "{}")),
    A("a complaint on activity", "wrong_topic", "complaints", COMPLAINT("")),
    C("activity on complaints", "wrong_topic", "activity",
      ACTIVITY("case.closed", ",\"by\":\"li\"")),
    A("a decision on activity", "wrong_topic", "decisions",
      ACTIVITY("decision.approved",
               ",\"proposal_id\":\"p\",\"actor\":\"li\",\"role\":\"finance\"")),
    A("a worker's own word", "wrong_topic", "workers", ACTIVITY("sla.breached", "")),
    A("a case opened from outside", "wrong_topic", "workers", ACTIVITY("case.opened", "")),
    B("binary, no time", "missing_field", "time", binary_no_time, "{}"),
    B("binary, body cut off", "not_json", "", binary, "{\"channel\":"),
    B("binary, no body", "missing_field", "data", binary, ""),
    B("binary, another content type", "bad_value", "content-type", binary_text, "{}"),
    B("binary, invalid UTF-8 in a header", "bad_utf8", "", binary_bad_utf8, "{}"),
    B("binary, another CloudEvents version", "bad_value", "specversion", binary_old_version, "{}"),

    /* Complaints. */
    C("data a list", "bad_value", "data", EVENT("complaint.submitted", "[]")),
    C("no channel", "missing_field", "data.channel",
      EVENT("complaint.submitted", "{" CUSTOMER ",\"text\":\"broken\"}")),
    C("no customer id", "missing_field", "data.customer.id",
      EVENT("complaint.submitted",
            "{\"channel\":\"im\",\"customer\":{\"tier\":\"vip\"},\"text\":\"broken\"}")),
    C("no text", "missing_field", "data.text",
      EVENT("complaint.submitted", "{\"channel\":\"im\"," CUSTOMER "}")),
    C("an empty text", "bad_value", "data.text",
      EVENT("complaint.submitted", "{\"channel\":\"im\"," CUSTOMER ",\"text\":\"\"}")),
    M("a text of 8 001 characters", "bad_value", "data.text", make_long_text),
    C("the text a number", "bad_value", "data.text",
      EVENT("complaint.submitted", "{\"channel\":\"im\"," CUSTOMER ",\"text\":5}")),
    C("an unknown channel", "bad_value", "data.channel",
      EVENT("complaint.submitted",
            "{\"channel\":\"" BAD_INPUT_PRIVATE "\"," CUSTOMER ",\"text\":\"broken\"}")),
    C("an unknown tier", "bad_value", "data.customer.tier",
      EVENT("complaint.submitted", "{\"channel\":\"im\",\"customer\":{\"id\":\"u-1\",\"tier\":"
                                   "\"gold\"},\"text\":\"broken\"}")),
    C("a name of control characters alone", "bad_value", "data.items[0].name",
      COMPLAINT("," ORDER ",\"items\":[{\"sku\":\"s\",\"name\":\"" BIDI
                "\\u0007\\n\",\"quantity\":1,"
                "\"price\":{\"currency\":\"CNY\",\"minor\":1}}]")),
    C("a line end behind an id that must be there", "bad_value", "data.customer.id",
      EVENT("complaint.submitted", "{\"channel\":\"im\",\"customer\":{\"id\":\"" BAD_INPUT_PRIVATE
                                   "\\n\",\"tier\":\"vip\"},\"text\":\"broken\"}")),
    C("a line break in an id", "bad_value", "data.conversation",
      COMPLAINT(",\"conversation\":\"c\\n1\"")),
    C("a bidirectional id", "bad_value", "data.conversation",
      COMPLAINT(",\"conversation\":\"c" BIDI "1\"")),
    C("an order id with a slash", "bad_value", "data.order.id",
      COMPLAINT(",\"order\":{\"id\":\"A/"
                "1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\",\"minor\":1}}")),
    C("an amount with a fraction", "bad_value", "data.order.amount.minor",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
                "\"minor\":1.5}}")),
    C("a negative amount", "bad_value", "data.order.amount.minor",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
                "\"minor\":-1}}")),
    C("an amount beyond all money", "bad_value", "data.order.amount.minor",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
                "\"minor\":1000000000000000}}")),
    C("a price beyond all money", "bad_value", "data.items[0].price.minor",
      COMPLAINT("," ORDER ",\"items\":[{\"sku\":\"s\",\"name\":\"n\",\"quantity\":1,\"price\":{"
                "\"currency\":\"CNY\",\"minor\":1e15}}]")),
    C("an amount asked for beyond all money", "bad_value", "data.requested.amount.minor",
      COMPLAINT(",\"requested\":{\"remedy\":\"refund\",\"amount\":{\"currency\":\"CNY\",\"minor\":"
                "1000000000000000.0}}")),
    C("an amount beyond 64 bits", "bad_value", "data.order.amount.minor",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
                "\"minor\":18446744073709551615}}")),
    C("no currency", "missing_field", "data.order.amount.currency",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"minor\":1}}")),
    C("a currency by name", "bad_value", "data.order.amount.currency",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"yuan\","
                "\"minor\":1}}")),
    C("RMB", "bad_value",
      "data.order.amount.currency: expected three capital letters of ISO 4217: CNY?",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"RMB\","
                "\"minor\":1}}")),
    C("a currency that nobody has", "bad_value", "ISO 4217, such as CNY",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"ABC\","
                "\"minor\":1}}")),
    C("a currency in small letters", "bad_value", "ISO 4217: USD?",
      COMPLAINT(
          ",\"requested\":{\"remedy\":\"refund\",\"amount\":{\"currency\":\"usd\",\"minor\":1}}")),
    C("an order's date without time", "bad_value", "data.order.placed_at",
      COMPLAINT(",\"order\":{\"id\":\"A1\",\"status\":\"paid\",\"amount\":{\"currency\":\"CNY\","
                "\"minor\":1},\"placed_at\":\"2024-01-01\"}")),
    C("items a map", "bad_value", "data.items", COMPLAINT("," ORDER ",\"items\":{}")),
    C("no pieces", "bad_value", "data.items[0].quantity",
      COMPLAINT("," ORDER ",\"items\":[" ITEM("0") "]")),
    M("201 items", "bad_value", "data.items", make_many_items),
    C("unknown evidence", "bad_value", "data.evidence[0].kind",
      COMPLAINT(",\"evidence\":[{\"kind\":\"rumour\",\"url\":\"https://x\"}]")),
    C("a deadline without time", "missing_field", "data.deadlines[0].at",
      COMPLAINT(",\"deadlines\":[{\"target\":\"resolution\",\"set_by\":\"mall\"}]")),
    C("an unknown remedy", "bad_value", "data.requested.remedy",
      COMPLAINT(",\"requested\":{\"remedy\":\"revenge\"}")),

    /* Activity and decisions. */
    A("no case", "missing_field", "data.case_id", EVENT("case.closed", "{\"by\":\"li\"}")),
    A("a case id of another form", "bad_value", "data.case_id",
      EVENT("case.closed", "{\"case_id\":\"CASE-1\",\"by\":\"li\"}")),
    A("a case id in small letters", "bad_value", "data.case_id",
      EVENT("case.closed", "{\"case_id\":\"bycrcnpa1c41h-frgwx4v\",\"by\":\"li\"}")),
    A("somebody in the other direction", "bad_value", "data.by",
      ACTIVITY("case.resolved", ",\"by\":\"" BIDI BAD_INPUT_PRIVATE "\"")),
    A("somebody and a bell", "bad_value", "data.by",
      ACTIVITY("case.resolved", ",\"by\":\"" BAD_INPUT_PRIVATE "\\u0007\"")),
    D("an approver with a line end", "bad_value", "data.actor",
      ACTIVITY("decision.approved",
               ",\"proposal_id\":\"p\",\"actor\":\"li\\n\",\"role\":\"finance\"")),
    A("nobody", "missing_field", "data.by", ACTIVITY("case.resolved", "")),
    A("a reason to wait with a blank", "bad_value", "data.reason",
      ACTIVITY("case.paused", ",\"reason\":\"at lunch\"")),
    A("an unknown class", "bad_value", "data.class",
      ACTIVITY("case.reclassified", ",\"by\":\"li\",\"class\":\"quality.ugly\"")),
    A("a score of 6", "bad_value", "data.score", ACTIVITY("visit.scored", ",\"score\":6")),
    A("more than all the fault", "bad_value", "data.fault",
      ACTIVITY("case.assessed",
               ",\"by\":\"li\",\"finding\":\"wet\",\"fault\":{\"carrier\":70,\"customer\":31}")),
    A("a cost beyond all money", "bad_value", "data.costs[0].amount.minor",
      ACTIVITY("case.assessed",
               ",\"by\":\"li\",\"finding\":\"wet\",\"costs\":[{\"kind\":\"test\",\"amount\":{"
               "\"currency\":\"CNY\",\"minor\":1000000000000000}}]")),
    A("a fact that is a list", "bad_value", "data.facts",
      ACTIVITY("case.assessed", ",\"by\":\"li\",\"finding\":\"wet\",\"facts\":{\"days\":[1]}")),
    A("a fact beyond all numbers", "bad_value", "data.facts",
      ACTIVITY("case.assessed", ",\"by\":\"li\",\"finding\":\"wet\",\"facts\":{\"days\":-1e999}")),
    A("a fact without a name", "bad_value", "data.facts",
      ACTIVITY("case.assessed", ",\"by\":\"li\",\"finding\":\"wet\",\"facts\":{\"\":1}")),
    A("a bidirectional name of a fact", "bad_value", "data.facts",
      ACTIVITY("case.assessed", ",\"by\":\"li\",\"finding\":\"wet\",\"facts\":{\"a" BIDI "\":1}")),
    A("no settlement", "missing_field", "data.settlement_id", ACTIVITY("settlement.done", "")),
    A("a cohort of everything", "missing_field", "data.match",
      EVENT("cohort.confirmed", "{\"match\":{},\"class\":\"logistics.delayed\",\"by\":\"li\"}")),
    A("nobody to erase", "missing_field", "data.customer_id",
      EVENT("customer.erased", "{\"tenant\":\"t\"}")),
    D("an unknown role", "bad_value", "data.role",
      ACTIVITY("decision.approved", ",\"proposal_id\":\"p\",\"actor\":\"li\",\"role\":\"king\"")),
    D("no reason", "missing_field", "data.reason",
      ACTIVITY("decision.rejected",
               ",\"proposal_id\":\"p\",\"actor\":\"li\",\"role\":\"finance\"")),
    D("two options of one name", "bad_value", "data.options[1].option",
      ACTIVITY("compensation.requested",
               ",\"reason\":\"x\",\"actor\":\"li\",\"role\":\"agent\",\"options\":[" OPTION
               "," OPTION "]")),
    D("a split beyond all money", "bad_value", "data.options[0].split",
      ACTIVITY("compensation.requested",
               ",\"reason\":\"x\",\"actor\":\"li\",\"role\":\"agent\",\"options\":[{\"option\":"
               "\"A\",\"remedies\":[{\"kind\":\"refund\"}],\"cost\":{\"currency\":\"CNY\","
               "\"minor\":1},\"split\":{\"platform\":{\"currency\":\"CNY\",\"minor\":"
               "1000000000000000}}}]")),
    D("a split in RMB", "bad_value", "data.options[0].split",
      ACTIVITY("compensation.requested",
               ",\"reason\":\"x\",\"actor\":\"li\",\"role\":\"agent\",\"options\":[{\"option\":"
               "\"A\",\"remedies\":[{\"kind\":\"refund\"}],\"cost\":{\"currency\":\"CNY\","
               "\"minor\":1},\"split\":{\"platform\":{\"currency\":\"RMB\",\"minor\":1}}}]")),
    D("a split that is no money", "bad_value", "data.options[0].split",
      ACTIVITY("compensation.requested",
               ",\"reason\":\"x\",\"actor\":\"li\",\"role\":\"agent\",\"options\":[{\"option\":"
               "\"A\",\"remedies\":[{\"kind\":\"refund\"}],\"cost\":{\"currency\":\"CNY\","
               "\"minor\":1},\"split\":{\"platform\":1}}]")),
};

int bad_input_count(void) {
    return COUNT(rows);
}

const struct bad_input *bad_input_at(int index) {
    return &rows[index].says;
}

void bad_input_make(int index, struct arena *arena, struct raw *raw_out) {
    const struct row *row = &rows[index];
    static const char key[] = "bad-key";
    struct raw raw = {.topic = row->topic,
                      .key = key,
                      .key_len = sizeof key - 1,
                      .value = row->value,
                      .value_len = row->value_len,
                      .headers = row->headers,
                      .header_count = row->header_count};

    if (row->make) {
        struct buf buf = {0};
        row->make(&buf);
        raw.value = arena_memdup(arena, buf.at, buf.len);
        raw.value_len = buf.len;
        buf_free(&buf);
    }
    *raw_out = raw;
}
