/* history: what a text only quotes from before. */
#ifndef REDRESS_HISTORY_H
#define REDRESS_HISTORY_H

#include "arena.h"

/* A copy of the text in which quoted messages (lines behind >, what follows "wrote:" or 原始邮件, what a chat quotes
 * above its dashes) are line feeds, so that every other byte keeps its place. A text that is nothing but a quotation is
 * kept whole. */
char *history_blank(const char *text, size_t len, struct arena *arena);

#endif
