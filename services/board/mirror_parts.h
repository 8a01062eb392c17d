/* mirror_parts: what the mirror's files share. */
#ifndef REDRESS_MIRROR_PARTS_H
#define REDRESS_MIRROR_PARTS_H

#include "board/mirror.h"
#include <pthread.h>

/* A row as it was read; never changed, and freed when no list has it any more. */
struct mirror_row {
    struct sight_row row;  /* first: a list's row is one of these */
    _Atomic int64_t shown; /* the turn in which somebody was shown it last */
    const _Atomic int64_t *turn;
    struct mirror_row *next; /* among those to be freed */
};

/* Where a case stood in an index at the last look. */
struct mirror_mark {
    const char *target; /* of mirror->targets */
    int64_t due_ms, look;
};

struct mirror_case {
    struct mirror_case *next; /* of its bucket */
    int shard;
    bool stale; /* it has changed since it was read, or was never read */
    struct mirror_mark *marks;
    int mark_count;
    int64_t look; /* the last that saw it */
    struct mirror_row *row;
    char id[];
};

struct mirror {
    struct mirror_case **buckets;
    size_t bucket_count;
    int count, behind;
    struct texts targets; /* names, kept for good */
    struct arena *names;
    int shard; /* looked at now */
    int64_t look;
    _Atomic int64_t turn;
    size_t round; /* the bucket where the round through all goes on */
    bool changed;
    struct mirror_row *old;
    pthread_mutex_t lock;
    struct mirror_list list;
};

#endif
