/* pipes: a connection or pipe whose other end has gone is an error of the write, and not the end of
 * the process (SIGPIPE): hiredis and OpenSSL write to sockets as anything else does. */
#ifndef REDRESS_PIPES_H
#define REDRESS_PIPES_H

/* To be called in main, before anything is connected. Processes that it starts inherit it. */
void pipes_survive(void);
/* Ends as a program does that has not asked: who reads what it prints has gone, and knows. */
void pipes_end(void);

#endif
