/* redis_errors: see redis_errors.h. Beginnings and texts as Redis 6 to 8, hiredis and glibc give
 * them. */
#include "outside/redis_errors.h"

#include <stddef.h>
#include <string.h>

struct row {
    const char *text; /* what it begins with; "*...": what is in it */
    struct redis_words words;
};

static bool matches(const char *pattern, const char *text) {
    if (pattern[0] == '*') return strstr(text, pattern + 1) != NULL;
    return strncmp(text, pattern, strlen(pattern)) == 0;
}

static struct redis_words find(const struct row *rows, const char *text,
                               struct redis_words otherwise) {
    for (const struct row *row = rows; row->text; row++)
        if (matches(row->text, text)) return row->words;
    return otherwise;
}

#define PASSES(remedy)    REDIS_PASSING, false, remedy
#define ELSEWHERE(remedy) REDIS_PASSING, true, remedy
#define SETTINGS(remedy)  REDIS_SETTINGS, false, remedy
#define TLS(remedy)       REDIS_SETTINGS, true, remedy
#define SIGN_IN(remedy)   REDIS_SETTINGS, true, remedy /* who we are may be read again meanwhile */

static const char grant[] =
    "grant it with ACL SETUSER: this worker needs its keys, and the commands of its scripts";

static const char use_cluster[] =
    "this is a cluster, and these keys are on another of its nodes: write "
    "redis+cluster://HOST,HOST into REDRESS_REDIS_URL";

static const char other_name[] =
    "it is for another name than the host that is connected to: REDRESS_REDIS_SSL_SERVER_NAME says "
    "for which it must be";

static const char own_certificate[] =
    "it wants a certificate of ours: REDRESS_REDIS_SSL_CERTIFICATE_LOCATION and "
    "REDRESS_REDIS_SSL_KEY_LOCATION, signed by whom its tls-ca-cert-file names";

struct redis_words redis_words_of_reply(const char *text) {
    static const struct row rows[] = {
        {"WRONGPASS",
         {SIGN_IN("set user and password in REDRESS_REDIS_URL, redis://USER:PASSWORD@HOST, with "
                  "%XX for special characters")}},
        {"ERR invalid password",
         {SIGN_IN("set the password in REDRESS_REDIS_URL, redis://:PASSWORD@HOST")}},
        {"NOAUTH",
         {SIGN_IN("it asks for a password: REDRESS_REDIS_URL=redis://:PASSWORD@HOST or "
                  "redis://USER:PASSWORD@HOST")}},
        {"ERR AUTH",
         {SIGN_IN(
             "it has no password set: take the one in REDRESS_REDIS_URL out, or set requirepass")}},
        {"ERR Client sent AUTH",
         {SIGN_IN("it has no password set: take the one in REDRESS_REDIS_URL out")}},
        {"NOPERM", {SETTINGS(grant)}},
        {"*user executing the script can't", {SETTINGS(grant)}},
        {"*ACL failure in script", {SETTINGS(grant)}},
        {"ERR DB index is out of range",
         {SETTINGS("there is no database of that number: take a lower one in REDRESS_REDIS_URL, or "
                   "raise `databases` in redis.conf")}},
        {"ERR invalid DB index", {SETTINGS("there is no database of that number")}},
        {"ERR SELECT is not allowed",
         {SETTINGS("a cluster has database 0 only: take the number out of REDRESS_REDIS_URL")}},
        {"DENIED",
         {SETTINGS("it is in protected mode: give it a password (requirepass or an ACL user) and "
                   "write that into REDRESS_REDIS_URL")}},
        {"ERR unknown command",
         {SETTINGS("a command was renamed, or this is not Redis 7.0 or newer")}},
        {"OOM",
         {PASSES("it is full: raise maxmemory; nothing is lost, it goes on by itself then")}},
        {"*-OOM command not allowed",
         {PASSES("it is full: raise maxmemory; it goes on by itself then")}},
        {"MISCONF",
         {PASSES("it cannot save to its disk, and takes no writes until it can: see its log")}},
        {"NOREPLICAS", {PASSES("too few of its replicas are there (min-replicas-to-write)")}},
        {"BUSY", {PASSES("a script that runs too long holds it up")}},
        {"TRYAGAIN", {PASSES("its cluster moves keys")}},
        {"ERR max number of clients",
         {PASSES("it has no room for more clients: raise maxclients")}},
        {"LOADING", {ELSEWHERE("it reads its data after a start")}},
        {"READONLY", {ELSEWHERE("this is a replica: REDRESS_REDIS_URL must lead to the primary")}},
        {"MASTERDOWN", {ELSEWHERE("this is a replica without its primary")}},
        {"CLUSTERDOWN", {ELSEWHERE("its cluster is down")}},
        {"MOVED", {ELSEWHERE(use_cluster)}},
        {"ASK", {ELSEWHERE(use_cluster)}},
        {"NOSCRIPT", {ELSEWHERE("")}},
        {"UNBLOCKED", {ELSEWHERE("it became a replica")}},
        {NULL, {REDIS_UNKNOWN, false, ""}},
    };

    return find(rows, text, (struct redis_words){REDIS_UNKNOWN, false, ""});
}

/* While a slot moves (ASK, TRYAGAIN) its old node is the one to be asked again; once it has moved
 * (MOVED) the nodes' map is read anew. */
void redis_words_of_moving(const char *text, struct redis_words *words_inout) {
    static const struct row rows[] = {
        {"MOVED",
         {ELSEWHERE("its slot has moved to another node: the cluster's map is read anew")}},
        {"ASK", {PASSES("its slot is on its way to another node; it goes on by itself then")}},
        {"TRYAGAIN", {PASSES("its slot is on its way to another node; it goes on by itself then")}},
        {NULL, {REDIS_UNKNOWN, false, ""}},
    };

    *words_inout = find(rows, text, *words_inout);
}

struct redis_words redis_words_of_connection(const char *text, bool early) {
    static const struct row rows[] = {
        {"*Connection refused",
         {ELSEWHERE("nothing listens there: is it running, and are host and port right?")}},
        {"*Name or service not known", {ELSEWHERE("there is no host of that name")}},
        {"*nodename nor servname", {ELSEWHERE("there is no host of that name")}},
        {"*No address associated", {ELSEWHERE("there is no address of that host")}},
        {"*name resolution", {ELSEWHERE("the resolver does not answer: DNS is away")}},
        {"*No such file",
         {ELSEWHERE("there is no socket of that path: is it running, with `unixsocket` set?")}},
        {"*Permission denied",
         {ELSEWHERE("this process may not open the socket: see `unixsocketperm`")}},
        {"*No route to host", {ELSEWHERE("no way leads there: see network and firewall")}},
        {"*Network is unreachable", {ELSEWHERE("no way leads there: see network and firewall")}},
        {"*Protocol error",
         {REDIS_SETTINGS, true,
          "what answers there does not speak as Redis does: is it another service's port, or one "
          "with TLS? rediss:// speaks it"}},
        {"*unable to get local issuer",
         {TLS("nobody whom REDRESS_REDIS_SSL_CA_LOCATION names has signed it")}},
        {"*unable to get issuer",
         {TLS("nobody whom REDRESS_REDIS_SSL_CA_LOCATION names has signed it")}},
        {"*self-signed certificate",
         {TLS("nobody whom REDRESS_REDIS_SSL_CA_LOCATION names has signed it")}},
        {"*certificate signature failure",
         {TLS("another than the one whom REDRESS_REDIS_SSL_CA_LOCATION names has signed it")}},
        {"*hostname mismatch", {TLS(other_name)}},
        {"*IP address mismatch", {TLS(other_name)}},
        {"*certificate has expired", {TLS("its time is over: the server needs a new one")}},
        {"*certificate is not yet valid", {TLS("its time has not begun: is the clock right?")}},
        {"*certificate required", {TLS(own_certificate)}},
        {"*hung up on our certificate", {ELSEWHERE(own_certificate)}},
        {"*TLS: no answer",
         {ELSEWHERE("a port without TLS (redis in place of rediss), or it stands still")}},
        {"*handshake failure", {TLS(own_certificate)}},
        {"*alert unknown ca",
         {TLS("the server does not know who signed REDRESS_REDIS_SSL_CERTIFICATE_LOCATION")}},
        {"*alert bad certificate",
         {TLS("the server does not take REDRESS_REDIS_SSL_CERTIFICATE_LOCATION")}},
        {"*certificate expired",
         {TLS("the time of REDRESS_REDIS_SSL_CERTIFICATE_LOCATION is over")}},
        {"*wrong version number",
         {TLS("that port speaks no TLS: write redis in place of rediss, or the port of tls-port")}},
        {"*REDRESS_REDIS_SSL_", {TLS("")}},
        {"*timed out", {ELSEWHERE("no answer in time: a firewall, or a host that is down")}},
        {"*Resource temporarily unavailable", {ELSEWHERE("no answer within 5 s: it stands still")}},
        {NULL, {REDIS_PASSING, true, ""}},
    };
    struct redis_words otherwise = {ELSEWHERE("")};

    if (early)
        otherwise.remedy = "it hung up before it said anything: is it a port with TLS (rediss://), "
                           "or full of clients?";
    return find(rows, text, otherwise);
}

bool redis_refuses(const struct err *err) {
    return strstr(err->text, "NOPERM") || strstr(err->text, "user executing the script can't");
}
