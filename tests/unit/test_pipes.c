/* A Redis that hangs up while something is written to it does not end a program: it says so, and
 * ends by itself. A Unix socket makes it certain: it takes nothing more before it answers, so the
 * next write is to somebody who has gone. And who reads what redressctl prints may go. */
#include "base/pipes.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CANNOT_GO_ON = 70, SIZE = 1000 };

static char bin[SIZE]; /* where the programs are: beside the tests */

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

/* In a process of its own: each connection gets one answer, and is deaf after its first command. */
static pid_t serve(int fd, const char *answer) {
    pid_t child = fork();
    if (child != 0) return child;
    for (;;) {
        char bytes[SIZE];
        int client = accept(fd, NULL, NULL);
        if (client < 0 || read(client, bytes, sizeof bytes) < 1) _exit(1);
        shutdown(client, SHUT_RD);
        if (write(client, answer, strlen(answer)) < 1) _exit(1);
    }
}

static int run(const char *command) {
    signal(SIGPIPE, SIG_DFL); /* as a shell starts programs */
    int status = system(command);

    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The first answer is to INFO, by which it is greeted. */
static void a_redis_that_hangs_up(void **state) {
    static const char info[] = "run_id:0123456789012345678901234567890123456789\r\n"
                               "role:master\r\nmaxmemory_policy:noeviction\r\n";
    char path[] = "/tmp/redress-pipes-XXXXXX";
    char command[3 * SIZE];
    char answer[SIZE];
    char socket_path[SIZE];
    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(socket_path, sizeof socket_path, "%s/redis", path);
    snprintf(answer, sizeof answer, "$%zu\r\n%s\r\n", strlen(info), info);
    int fd = listen_at(socket_path);
    pid_t server = serve(fd, answer);

    snprintf(command, sizeof command,
             "REDRESS_REDIS_URL=unix://%s %s/redressctl cases > %s/said 2>&1", socket_path, bin,
             path);
    int status = run(command);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    close(fd);
    snprintf(command, sizeof command, "grep -q 'Redis at unix:' %s/said", path);
    int told = run(command);
    snprintf(command, sizeof command, "rm -r %s", path);
    assert_int_equal(run(command), 0);
    assert_int_equal(status, CANNOT_GO_ON);
    assert_int_equal(told, 0);
}

/* As any program in a pipe: it ends at once, and prints no complaint. */
static void a_reader_that_has_enough(void **state) {
    char command[3 * SIZE];
    (void)state;
    snprintf(command, sizeof command,
             "bash -c 'exec 3> >(exit 0); wait $!; %s/redressctl help man >&3 2>/dev/null'", bin);
    assert_int_equal(run(command), 128 + SIGPIPE);
}

static void a_write_is_an_error(void **state) {
    int ends[2];
    (void)state;
    pipes_survive();
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
}

int main(void) {
    ssize_t len = readlink("/proc/self/exe", bin, sizeof bin - 20);
    if (len < 0) return 1;
    bin[len] = '\0';
    *strrchr(bin, '/') = '\0';
    strcpy(strrchr(bin, '/'), "/bin");
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_redis_that_hangs_up),
                                       cmocka_unit_test(a_reader_that_has_enough),
                                       cmocka_unit_test(a_write_is_an_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
