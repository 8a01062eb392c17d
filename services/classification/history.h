/* history: what a text only quotes from before. */
#ifndef REDRESS_HISTORY_H
#define REDRESS_HISTORY_H

#include "data/text.h"

/* The normalised text without quoted messages: lines behind >, what follows "wrote:" or 原始邮件,
 * what a chat quotes above its dashes. A text that is nothing but a quotation is kept whole. Looks
 * at the normalised text, so that script, width and unseen characters make no difference. */
void history_cut(struct text *text, struct arena *arena);

#endif
