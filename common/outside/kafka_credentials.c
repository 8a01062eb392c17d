/* kafka_credentials: see the header. */
#include "outside/kafka_credentials.h"
#include "outside/kafka_handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES_MAX = 256 /* of a process: a consumer, a producer, those that ask, read and try */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rd_kafka_t *handles[HANDLES_MAX]; /* NULL: free */
static char *username, *password;        /* read again; NULL: as when the process began */
static atomic_bool refused;

void kafka_credentials_note(const char *text) {
    if (strstr(text, "uthentication failed") || strstr(text, "nvalid credentials")) refused = true;
}

bool kafka_credentials_refused(void) {
    return atomic_exchange(&refused, false);
}

/* What a handle does not take it has no use for: it signs in otherwise. */
static void give(rd_kafka_t *rk) {
    rd_kafka_error_t *error = NULL;
    if (username) error = rd_kafka_sasl_set_credentials(rk, username, password);
    if (error) rd_kafka_error_destroy(error);
}

void kafka_credentials_join(rd_kafka_t *rk) {
    int at = 0;

    pthread_mutex_lock(&lock);
    while (at < HANDLES_MAX && handles[at]) at++;
    ASSERT(at < HANDLES_MAX);
    handles[at] = rk;
    give(rk);
    pthread_mutex_unlock(&lock);
}

void kafka_credentials_leave(const rd_kafka_t *rk) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < HANDLES_MAX; i++)
        if (handles[i] == rk) handles[i] = NULL;
    pthread_mutex_unlock(&lock);
}

static bool same(const char *one, const char *two) {
    return one && strcmp(one, two) == 0;
}

bool kafka_credentials_take(const struct config *read) {
    const char *user = config_kafka(read, "sasl.username");
    const char *word = config_kafka(read, "sasl.password");
    if (!user || !word) return false;

    pthread_mutex_lock(&lock);
    bool changed = !same(username, user) || !same(password, word);
    if (changed) {
        free(username);
        free(password);
        username = strdup(user);
        password = strdup(word);
        ASSERT(username && password);
        for (int i = 0; i < HANDLES_MAX; i++)
            if (handles[i]) give(handles[i]);
    }
    pthread_mutex_unlock(&lock);

    return changed;
}
