/* redis_credentials: see the header. */
#include "outside/redis_credentials.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool taken;            /* false: each address is as its URL says */
static char *user, *password; /* the last ones; NULL: none */
static atomic_bool refused;

/* WRONGPASS and its like of older versions; ERR AUTH: there is no password any more. */
void redis_credentials_note(const char *text) {
    static const char *const words[] = {"WRONGPASS", "NOAUTH", "ERR invalid password", "ERR AUTH",
                                        "ERR Client sent AUTH"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i])) refused = true;
}

bool redis_credentials_refused(void) {
    return atomic_exchange(&refused, false);
}

static bool same(const char *one, const char *two) {
    if (!one || !two) return one == two;
    return strcmp(one, two) == 0;
}

/* Memory of secrets is not left to whoever gets it next. */
static void set(char **text, const char *value) {
    if (*text) explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
    if (!value) return;
    *text = strdup(value);
    ASSERT(*text);
}

void redis_credentials_give(struct redis_address *address) {
    pthread_mutex_lock(&lock);
    if (taken) {
        set(&address->user, user);
        set(&address->password, password);
    }
    pthread_mutex_unlock(&lock);
}

bool redis_credentials_take(const struct config *read) {
    struct redis_address address;
    struct err err;

    if (redis_url_parse(read->redis_url, &address, &err) < 0) return false;
    pthread_mutex_lock(&lock);
    bool changed = !taken || !same(user, address.user) || !same(password, address.password);
    taken = true;
    set(&user, address.user);
    set(&password, address.password);
    pthread_mutex_unlock(&lock);
    redis_url_free(&address);

    return changed;
}
