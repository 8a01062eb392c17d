/* memory: what a process holds (telephone numbers, addresses, passwords) stays in it: no core dump
 * is written, and no other process of the same user may read its memory or its environment. */
#ifndef REDRESS_MEMORY_H
#define REDRESS_MEMORY_H

/* To be called first thing in main, before a secret is read. What the system refuses (a sandbox
 * may) is left as it is: of the two, each is enough against dumps. root may still look. */
void memory_keep_private(void);

#endif
