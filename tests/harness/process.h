/* process: one child process of a test. It dies with the test, whatever the test dies of. Its
 * standard output and error go to one log file, which a restart appends to. A test that cannot
 * start or stop a process fails at once, naming it and its log. */
#ifndef REDRESS_HARNESS_PROCESS_H
#define REDRESS_HARNESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    PROCESS_ARGS_MAX = 32,
    PROCESS_ENV_MAX = 500
}; /* Java's command line is the longest; a developer's environment the largest */

struct process {
    char name[64]; /* "sla-0", for messages */
    char log[256]; /* the file */
    char *argv[PROCESS_ARGS_MAX + 1];
    char *env[PROCESS_ENV_MAX + 1]; /* the whole environment, "NAME=value" */
    pid_t pid;                      /* 0: not running */
    int status;                     /* of the last wait, as waitpid gives it */
    bool frozen;
    long peak_kb; /* the largest VmHWM of the runs that are over */
};

/* The log file is <dir>/<name>.log. Copies all texts; argv[0] is looked up in PATH. */
void process_init(struct process *process, const char *dir, const char *name);
void process_arg(struct process *process, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "NAME=value"; a later one of the same name wins. */
void process_env(struct process *process, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes PATH, HOME, TMPDIR, LANG and the sanitizers' options over from the test. */
void process_env_basic(struct process *process);
/* Takes everything over: for what asks registries, whose proxies and certificates stand there. */
void process_env_whole(struct process *process);
void process_free(struct process *process); /* kills what still runs */

void process_start(struct process *process);
bool process_running(struct process *process);            /* reaps it when it has ended */
bool process_wait(struct process *process, int limit_ms); /* false: still running at the limit */
/* SIGTERM, then a wait of at most limit_ms, which fails the test when it is over. Returns the exit
 * status, 128 + n for signal n. */
int process_stop(struct process *process, int limit_ms);
void process_kill(struct process *process,
                  int signal);                /* SIGKILL is waited for; others are only sent */
void process_freeze(struct process *process); /* SIGSTOP, and waits until it has stopped */
void process_thaw(struct process *process);   /* SIGCONT */
bool process_stands(struct process *process); /* it has been stopped, by whomever */

int process_exit_status(
    const struct process *process);            /* of the last run: 0-255, 128 + n for signal n */
long process_peak_kb(struct process *process); /* VmHWM, the largest of all runs */
long process_rss_kb(struct process *process);  /* VmRSS now, 0 when it does not run */
double process_cpu_s(struct process *process); /* user and system time of the running one */
/* How often `text` stands in the log. */
int process_log_count(const struct process *process, const char *text);
/* The number behind "name": in the last line of the log that holds `text`; -1: there is none. */
long process_log_number(const struct process *process, const char *text, const char *name);
void process_log_tail(const struct process *process, int lines); /* to stderr */

#endif
