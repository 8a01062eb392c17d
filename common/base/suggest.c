/* suggest: optimal string alignment over three rows. */
#include "base/suggest.h"

#include <string.h>

enum { WORD_MAX = 100, FAR_OFF = 1000 };

static int min(int a, int b) {
    if (a < b) return a;
    return b;
}

int suggest_distance(const char *a, const char *b) {
    int rows[3][WORD_MAX + 1];
    int a_len = (int)strlen(a);
    int b_len = (int)strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX) return FAR_OFF;
    int *older = rows[0];
    int *old = rows[1];
    int *row = rows[2];
    for (int j = 0; j <= b_len; j++) old[j] = older[j] = j;
    for (int i = 1; i <= a_len; i++) {
        row[0] = i;
        for (int j = 1; j <= b_len; j++) {
            row[j] = min(min(row[j - 1], old[j]) + 1, old[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min(row[j], older[j - 2] + 1);
        }
        int *spare = older;
        older = old;
        old = row;
        row = spare;
    }

    return old[b_len];
}

void suggest_offer(struct suggest *suggest, const char *candidate) {
    int distance = suggest_distance(suggest->word, candidate);
    if (!suggest->best || distance < suggest->distance) {
        suggest->best = candidate;
        suggest->distance = distance;
    }
}

const char *suggest_best(const struct suggest *suggest) {
    int allowed = (int)strlen(suggest->word) / 3;
    if (suggest->best && suggest->distance <= (allowed < 1 ? 1 : allowed)) return suggest->best;
    return NULL;
}
