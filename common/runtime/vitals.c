/* vitals: see the header. Names and units are those of Prometheus' own client libraries. */
#include "runtime/vitals.h"
#include "outside/kafka.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock) {
    struct timespec now;

    if (clock_gettime(clock, &now) < 0) return -1;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* The field-th number, from 1, of a file of /proc; of `stat`, behind the name, which may hold
 * blanks and brackets. -1: it cannot be read. */
static double number_of(const char *path, int field) {
    char text[1024];
    FILE *file = fopen(path, "re");

    if (!file) return -1;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    const char *at = strrchr(text, ')');
    if (at)
        at += strcspn(at + 1, " ") + 1;
    else
        at = text;
    for (; field > 1 && *at; field--) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    double number;
    if (sscanf(at, "%lf", &number) != 1) return -1;

    return number;
}

/* Of the epoch: how long ago by a clock that does not step, from now. */
static double start_seconds(void) {
    enum { STARTED = 20 /* proc(5), field 22 of stat: two stand before the bracket is closed */ };
    double ticks = number_of("/proc/self/stat", STARTED);

    if (ticks < 0) return -1;
    double up = seconds_of(CLOCK_BOOTTIME) - ticks / (double)sysconf(_SC_CLK_TCK);
    return seconds_of(CLOCK_REALTIME) - up;
}

static double pages(int field) {
    double count = number_of("/proc/self/statm", field);

    if (count < 0) return -1;
    return count * (double)sysconf(_SC_PAGESIZE);
}

static double resident_bytes(void) {
    return pages(2);
}

static double virtual_bytes(void) {
    return pages(1);
}

static double open_files(void) {
    enum { NOT_OURS = 3 /* ".", "..", and the folder that is being read */ };
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    if (!folder) return -1;
    while (readdir(folder)) count++;
    closedir(folder);

    return count - NOT_OURS;
}

static double most_files(void) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
    return (double)limit.rlim_cur;
}

struct vital {
    const char *name, *kind, *help;
    double (*number)(void);
};
static const struct vital vitals[] = {
    {"process_cpu_seconds_total", "counter", "Processor time that it has used.", cpu_seconds},
    {"process_start_time_seconds", "gauge", "When it started, since the epoch.", start_seconds},
    {"process_resident_memory_bytes", "gauge", "Memory that it holds.", resident_bytes},
    {"process_virtual_memory_bytes", "gauge", "Addresses that it holds.", virtual_bytes},
    {"process_open_fds", "gauge", "Files and connections that are open.", open_files},
    {"process_max_fds", "gauge", "Files and connections that may be open.", most_files},
};

void vitals_print(struct buf *out) {
    for (size_t i = 0; i < sizeof vitals / sizeof *vitals; i++) {
        double number = vitals[i].number();
        if (number < 0) continue;
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", vitals[i].name, vitals[i].help,
                   vitals[i].name, vitals[i].kind, vitals[i].name, number);
    }
    buf_printf(out,
               "# HELP redress_build_info Which version it is.\n# TYPE redress_build_info gauge\n"
               "redress_build_info{version=\"%s\",librdkafka=\"%s\"} 1\n",
               REDRESS_VERSION, kafka_library_version());
}
