/* process: see process.h. */
#include "process.h"

#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SIGNAL_MS = 240000
}; /* until a signal has had its effect: at once, but for a machine that has no time */

void process_init(struct process *process, const char *dir, const char *name) {
    memset(process, 0, sizeof *process);
    snprintf(process->name, sizeof process->name, "%s", name);
    snprintf(process->log, sizeof process->log, "%s/%s.log", dir, name);
}

__attribute__((format(printf, 1, 0))) static char *print_text(const char *fmt, va_list args) {
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0) wait_fail("out of memory");
    return text;
}

void process_arg(struct process *process, const char *fmt, ...) {
    int count = 0;

    while (process->argv[count]) count++;
    if (count == PROCESS_ARGS_MAX)
        wait_fail("%s: more than %d arguments", process->name, PROCESS_ARGS_MAX);
    va_list args;
    va_start(args, fmt);
    process->argv[count] = print_text(fmt, args);
    va_end(args);
}

void process_env(struct process *process, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    char *text = print_text(fmt, args);
    va_end(args);
    size_t name_len = strcspn(text, "=") + 1;
    int at = 0;
    while (process->env[at] && strncmp(process->env[at], text, name_len) != 0) at++;
    if (at == PROCESS_ENV_MAX)
        wait_fail("%s: more than %d variables", process->name, PROCESS_ENV_MAX);
    free(process->env[at]);
    process->env[at] = text;
}

void process_env_basic(struct process *process) {
    static const char *const names[] = {"PATH",         "HOME",         "TMPDIR",
                                        "LANG",         "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                        "LSAN_OPTIONS", "FAKETIME_LIB"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value) process_env(process, "%s=%s", names[i], value);
    }
}

void process_env_whole(struct process *process) {
    for (char **at = environ; *at; at++) process_env(process, "%s", *at);
}

void process_free(struct process *process) {
    if (process->pid) process_kill(process, SIGKILL);
    for (int i = 0; process->argv[i]; i++) free(process->argv[i]);
    for (int i = 0; process->env[i]; i++) free(process->env[i]);
    memset(process, 0, sizeof *process);
}

/* In the child: only async-signal-safe calls up to exec. */
static void run_child(struct process *process, pid_t test, int log_fd) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != test) _exit(127);
    int null_fd = open("/dev/null", O_RDONLY);
    dup2(null_fd, 0);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    execvpe(process->argv[0], process->argv, process->env);
    _exit(127);
}

void process_start(struct process *process) {
    if (process_running(process)) wait_fail("%s is started while it runs", process->name);
    int log_fd = open(process->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_fd < 0) wait_fail("%s: log %s: %s", process->name, process->log, strerror(errno));
    pid_t test = getpid(), pid = fork();
    if (pid < 0) wait_fail("%s: fork: %s", process->name, strerror(errno));
    if (pid == 0) run_child(process, test, log_fd);
    close(log_fd);
    process->pid = pid;
    process->frozen = false;
}

static long read_status_kb(pid_t pid, const char *field) {
    char path[64], line[256];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    long kb = 0;
    size_t len = strlen(field);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, len) == 0) kb = strtol(line + len, NULL, 10);
    fclose(file);

    return kb;
}

/* The memory figures go with the process: they are read before it is signalled. */
static void note_peak(struct process *process) {
    long kb = read_status_kb(process->pid, "VmHWM:");
    if (kb > process->peak_kb) process->peak_kb = kb;
}

static bool reap(struct process *process) {
    int status;
    pid_t got = waitpid(process->pid, &status, WNOHANG);

    if (got == 0) return false;
    process->status = got == process->pid ? status : 0;
    process->pid = 0;
    return true;
}

bool process_running(struct process *process) {
    return process->pid != 0 && !reap(process);
}

static bool has_ended(void *process) {
    return !process_running(process);
}

bool process_wait(struct process *process, int limit_ms) {
    return wait_until(has_ended, process, limit_ms);
}

int process_stop(struct process *process, int limit_ms) {
    if (!process_running(process)) return process_exit_status(process);
    note_peak(process);
    process_thaw(process);
    kill(process->pid, SIGTERM);
    if (!process_wait(process, limit_ms)) {
        process_log_tail(process, 20);
        wait_fail("%s did not stop within %d ms of SIGTERM", process->name, limit_ms);
    }

    return process_exit_status(process);
}

void process_kill(struct process *process, int signal) {
    if (!process_running(process)) return;
    note_peak(process);
    kill(process->pid, signal);
    if (signal == SIGKILL && !process_wait(process, SIGNAL_MS))
        wait_fail("%s outlives SIGKILL", process->name);
}

bool process_stands(struct process *process) {
    char path[64];
    char text[512] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    const char *state = strrchr(text, ')'); /* the name before it may hold anything */

    return state && state[1] && state[2] == 'T';
}

static bool has_stopped(void *process) {
    return process_stands(process);
}

void process_freeze(struct process *process) {
    if (!process_running(process)) wait_fail("%s is frozen but does not run", process->name);
    kill(process->pid, SIGSTOP);
    if (!wait_until(has_stopped, process, SIGNAL_MS))
        wait_fail("%s does not stop at SIGSTOP", process->name);
    process->frozen = true;
}

void process_thaw(struct process *process) {
    if (process->frozen && process->pid) kill(process->pid, SIGCONT);
    process->frozen = false;
}

int process_exit_status(const struct process *process) {
    return WIFSIGNALED(process->status) ? 128 + WTERMSIG(process->status)
                                        : WEXITSTATUS(process->status);
}

long process_peak_kb(struct process *process) {
    if (process_running(process)) note_peak(process);
    return process->peak_kb;
}

long process_rss_kb(struct process *process) {
    return process_running(process) ? read_status_kb(process->pid, "VmRSS:") : 0;
}

double process_cpu_s(struct process *process) {
    char path[64];
    char text[1024] = "";

    if (!process_running(process)) return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    unsigned long user = 0;
    unsigned long system = 0;
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

int process_log_count(const struct process *process, const char *text) {
    FILE *file = fopen(process->log, "r");

    if (!file) return 0;
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (getline(&line, &size, file) >= 0)
        for (const char *at = line; (at = strstr(at, text)); at += strlen(text)) count++;
    free(line);
    fclose(file);

    return count;
}

long process_log_number(const struct process *process, const char *text, const char *name) {
    FILE *file = fopen(process->log, "r");
    if (!file) return -1;
    char *line = NULL;
    char field[64];
    size_t size = 0;
    long number = -1;

    snprintf(field, sizeof field, "\"%s\":", name);
    while (getline(&line, &size, file) >= 0) {
        const char *at = strstr(line, text) ? strstr(line, field) : NULL;
        if (at) number = strtol(at + strlen(field), NULL, 10);
    }
    free(line);
    fclose(file);
    return number;
}

void process_log_tail(const struct process *process, int lines) {
    FILE *file = fopen(process->log, "r");

    if (!file) return;
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (getline(&line, &size, file) >= 0) count++;
    rewind(file);
    fprintf(stderr, "--- the end of %s:\n", process->log);
    for (int i = 0; getline(&line, &size, file) >= 0; i++)
        if (i >= count - lines) fputs(line, stderr);
    free(line);
    fclose(file);
}
