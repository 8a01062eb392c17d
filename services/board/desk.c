/* desk: see the header. */
#include "board/desk.h"
#include "base/heap.h"
#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct desk {
    void (*work)(void *context, struct desk_job *job, struct http_answer *answer);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct desk_job *queue[DESK_QUEUE_MAX];
    int first, count;
    bool ends;
};

static struct desk_job *take(struct desk *desk) {
    struct desk_job *job = NULL;

    pthread_mutex_lock(&desk->lock);
    while (desk->count == 0 && !desk->ends) pthread_cond_wait(&desk->wake, &desk->lock);
    if (desk->count > 0) {
        job = desk->queue[desk->first];
        desk->first = (desk->first + 1) % DESK_QUEUE_MAX;
        desk->count--;
    }
    pthread_mutex_unlock(&desk->lock);

    return job;
}

static void *run(void *context) {
    struct desk *desk = context;
    struct desk_job *job;

    while ((job = take(desk))) {
        struct http_answer answer = {.status = 200};
        void *handle = job->handle;
        desk->work(desk->context, job, &answer);
        arena_free(job->arena);
        http_site_answer(handle, &answer);
    }
    return NULL;
}

struct desk *desk_new(void (*work)(void *context, struct desk_job *job, struct http_answer *answer),
                      void *context) {
    struct desk *desk = heap_resize(NULL, sizeof *desk);

    *desk = (struct desk){.work = work, .context = context};
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->wake, NULL);
    desk->thread = thread_start(run, desk);

    return desk;
}

void desk_free(struct desk *desk) {
    if (!desk) return;
    pthread_mutex_lock(&desk->lock);
    desk->ends = true;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
    pthread_join(desk->thread, NULL);
    pthread_cond_destroy(&desk->wake);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

bool desk_is_full(struct desk *desk) {
    pthread_mutex_lock(&desk->lock);
    bool full = desk->count == DESK_QUEUE_MAX;
    pthread_mutex_unlock(&desk->lock);
    return full;
}

void desk_push(struct desk *desk, struct desk_job *job) {
    pthread_mutex_lock(&desk->lock);
    ASSERT(desk->count < DESK_QUEUE_MAX); /* the site's one thread asks desk_is_full() before */
    desk->queue[(desk->first + desk->count++) % DESK_QUEUE_MAX] = job;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
}
