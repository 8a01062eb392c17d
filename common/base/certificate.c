/* certificate: see the header. */
#include "base/certificate.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A password that was given, and never a question to a terminal. */
static int give_password(char *room, int size, int writing, void *context) {
    const char *password = context;

    (void)writing;
    if (!password) return 0;
    size_t len = strlen(password);
    if (len > (size_t)size) return 0;
    memcpy(room, password, len);

    return (int)len;
}

static X509 *read_certificate(const char *path, struct err *err) {
    FILE *file = fopen(path, "r");

    if (!file) {
        err_set(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    errno = 0;
    X509 *certificate = PEM_read_X509(file, NULL, give_password, NULL);
    int why = errno;
    fclose(file);
    ERR_clear_error();
    if (certificate) return certificate;
    if (why == EISDIR)
        err_set(err, "%s: %s", path, strerror(why));
    else
        err_set(err, "%s: expected a certificate in PEM, -----BEGIN CERTIFICATE-----", path);

    return NULL;
}

static EVP_PKEY *read_key(const char *path, const char *password, struct err *err) {
    FILE *file = fopen(path, "r");

    if (!file) {
        err_set(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, give_password, (void *)(uintptr_t)password);
    fclose(file);
    ERR_clear_error();
    if (!key && password)
        err_set(err, "%s: expected a private key in PEM that the password given opens", path);
    else if (!key)
        err_set(err,
                "%s: expected a private key in PEM, -----BEGIN PRIVATE KEY-----, "
                "without a password",
                path);

    return key;
}

int certificate_look(const char *path, int64_t *end_ms_out, struct err *err) {
    X509 *certificate = read_certificate(path, err);
    struct tm end = {0};

    if (!certificate) return -1;
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
    X509_free(certificate);
    *end_ms_out = (int64_t)timegm(&end) * 1000;

    return 0;
}

int certificate_look_at_key(const char *path, const char *password, struct err *err) {
    EVP_PKEY *key = read_key(path, password, err);

    if (!key) return -1;
    EVP_PKEY_free(key);
    return 0;
}

int certificate_look_at_both(const char *path, const char *key_path, const char *password,
                             struct err *err) {
    X509 *certificate = read_certificate(path, err);
    if (!certificate) return -1;
    EVP_PKEY *key = read_key(key_path, password, err);

    bool same = key && X509_check_private_key(certificate, key) == 1;
    if (key && !same)
        err_set(err, "the key of %s is not that of the certificate of %s", key_path, path);
    EVP_PKEY_free(key);
    X509_free(certificate);
    ERR_clear_error();
    if (!same) return -1;

    return 0;
}
