/* redis_tls: see the header. hiredis' own contexts do not look whether a certificate is for the
 * host; so they are made here. */
#include "outside/redis_tls.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#define TO_STRING(number) #number
#define TEXT_OF(number)   TO_STRING(number)
#define VERSION           TEXT_OF(HIREDIS_MAJOR) "." TEXT_OF(HIREDIS_MINOR)

#ifdef REDRESS_REDIS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

enum { TICKET_MS = 100 }; /* one way to the server and back; most send one, and at once */

const char *redis_tls_missing(void) {
    return NULL;
}

/* No password is known, and none is asked for at a terminal. */
static int no_password(char *room, int size, int writing, void *context) {
    (void)room, (void)size, (void)writing, (void)context;
    return 0;
}

static const char *openssl_says(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    if (reason) return reason;
    return "no reason given";
}

static int load(SSL_CTX *made, const struct redis_tls *tls, struct err *err) {
    int trusts = tls->ca ? SSL_CTX_load_verify_locations(made, tls->ca, NULL)
                         : SSL_CTX_set_default_verify_paths(made);

    if (trusts != 1)
        return err_set(err, "REDRESS_REDIS_SSL_CA_LOCATION: %s: %s",
                       tls->ca ? tls->ca : "the system's certificates", openssl_says());
    if (!tls->certificate) return 0;
    if (SSL_CTX_use_certificate_chain_file(made, tls->certificate) != 1)
        return err_set(err, "REDRESS_REDIS_SSL_CERTIFICATE_LOCATION: %s: %s", tls->certificate,
                       openssl_says());
    if (SSL_CTX_use_PrivateKey_file(made, tls->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(made) != 1)
        return err_set(err, "REDRESS_REDIS_SSL_KEY_LOCATION: %s: %s", tls->key, openssl_says());

    return 0;
}

/* The name that the server shows (SNI), and that its certificate must be for; an address has no
 * SNI. */
static int name_it(SSL *ssl, const char *name) {
    unsigned char bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

static SSL *ssl_new(const struct redis_tls *tls, const char *host, struct err *err) {
    SSL_CTX *made = SSL_CTX_new(TLS_client_method());

    ASSERT(made);
    SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(made, no_password);
    SSL *ssl = NULL;
    if (load(made, tls, err) == 0) {
        ssl = SSL_new(made);
        ASSERT(ssl);
    }
    SSL_CTX_free(made);
    const char *name = tls->server_name;
    if (!name) name = host;
    if (!ssl || name_it(ssl, name) == 1) return ssl;
    SSL_free(ssl);
    err_set(err, "REDRESS_REDIS_SSL_SERVER_NAME: \"%.60s\": expected a host's name or address",
            name);

    return NULL;
}

/* By TLS 1.3 our side is done before the server has looked at our certificate: it then sends a
 * ticket, or says that it does not take us. A command sent meanwhile would cost us these words. */
static int hear(SSL *ssl, int fd, struct err *err) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char byte;

    if (SSL_version(ssl) < TLS1_3_VERSION || poll(&ready, 1, TICKET_MS) < 1) return 0;
    SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY); /* a ticket alone is enough */
    int got = SSL_peek(ssl, &byte, 1);
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    if (got > 0 || SSL_get_error(ssl, got) == SSL_ERROR_WANT_READ) return 0;
    return err_set(err, "TLS: %s", redis_tls_reason("it hung up on our certificate"));
}

int redis_tls_start(struct redisContext *context, const struct redis_tls *tls, const char *host,
                    struct err *err) {
    SSL *ssl = ssl_new(tls, host, err);

    if (!ssl) return -1;
    ERR_clear_error();
    /* If it is made, ssl is the context's. */
    if (redisInitiateSSL(context, ssl) == REDIS_OK) return hear(ssl, context->fd, err);
    long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
        err_set(err, "TLS: its certificate: %s", X509_verify_cert_error_string(verdict));
    else
        err_set(err, "TLS: %s", redis_tls_reason("no answer, or it hung up"));
    SSL_free(ssl);
    ERR_clear_error();

    return -1;
}

const char *redis_tls_reason(const char *text) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = NULL;

    if (code) reason = ERR_reason_error_string(code);
    ERR_clear_error();
    if (reason) return reason;
    return text;
}

#else

const char *redis_tls_missing(void) {
    return "it asks for TLS, and this build's hiredis " VERSION " has none: use a build on "
           "Debian 13 (hiredis 1.0 or newer with libhiredis_ssl), or redis:// through a local TLS "
           "proxy";
}

int redis_tls_start(struct redisContext *context, const struct redis_tls *tls, const char *host,
                    struct err *err) {
    (void)context, (void)tls, (void)host;
    return err_set(err, "%s", redis_tls_missing());
}

const char *redis_tls_reason(const char *text) {
    return text;
}

#endif
