/* sim: a scheduler over ucontext. A fiber runs until it passes a seam and the dice say that another
 * goes on, or until it sleeps; when all sleep, time jumps to the first that wakes. */
#include "sim.h"
#include "base/clock.h"
#include "base/err.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    STACK_BYTES = 1 << 18, /* sanitizers make frames large */
    SWITCH_PERCENT = 30,
    BOOT_BEHIND_MS = 1000000
};

struct fiber {
    const char *name;
    void (*run)(void *context);
    void *context;
    ucontext_t at;
    char *stack;
    int64_t wakes_at_us;
    bool lives;
};

static const int64_t hour_us = INT64_C(3600000000);

static struct {
    struct fiber fibers[SIM_FIBERS_MAX];
    int count, self;
    ucontext_t driver;
    int64_t now_us;
    uint64_t random;
    int64_t switches;
    void (*step)(void *context);
    void *step_context;
} sim = {.self = -1, .now_us = INT64_C(1763805600000000)};

static char *stacks[SIM_FIBERS_MAX];

/* splitmix64: good enough for dice, and the same everywhere. */
uint64_t sim_random(uint64_t below) {
    uint64_t mixed = sim.random += 0x9E3779B97F4A7C15;

    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    return below ? mixed % below : 0;
}

bool sim_chance(unsigned percent) {
    return sim_random(100) < percent;
}

int64_t sim_now_ms(void) {
    return sim.now_us / 1000;
}

int64_t sim_switches(void) {
    return sim.switches;
}

int sim_self(void) {
    return sim.self;
}

void sim_begin(uint64_t seed) {
    sim.count = 0;
    sim.self = -1;
    sim.random = seed * 0x2545F4914F6CDD1D + 1;
    sim.step = NULL;
    sim.now_us +=
        hour_us -
        sim.now_us % hour_us; /* whatever a run before this one has left for later is over */
}

void sim_end(void) {
    sim.count = 0;
}

void sim_each_step(void (*step)(void *context), void *context) {
    sim.step = step;
    sim.step_context = context;
}

static void enter(void) {
    struct fiber *fiber = &sim.fibers[sim.self];

    fiber->run(fiber->context);
    fiber->lives = false;
    setcontext(&sim.driver);
}

int sim_spawn(const char *name, void (*run)(void *context), void *context) {
    ASSERT(sim.count < SIM_FIBERS_MAX);
    struct fiber *fiber = &sim.fibers[sim.count];
    char **stack = &stacks[sim.count];

    if (!*stack)
        *stack =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT(*stack != MAP_FAILED);
    *fiber = (struct fiber){
        .name = name, .run = run, .context = context, .stack = *stack, .lives = true};
    getcontext(&fiber->at);
    fiber->at.uc_stack.ss_sp = fiber->stack;
    fiber->at.uc_stack.ss_size = STACK_BYTES;
    makecontext(&fiber->at, enter, 0);
    return sim.count++;
}

void sim_kill(int fiber) {
    sim.fibers[fiber].lives = false;
}

void sim_freeze(int fiber, int64_t until_ms) {
    if (sim.fibers[fiber].wakes_at_us < until_ms * 1000)
        sim.fibers[fiber].wakes_at_us = until_ms * 1000;
}

bool sim_lives(int fiber) {
    return sim.fibers[fiber].lives;
}

static void leave(void) {
    struct fiber *fiber = &sim.fibers[sim.self];

    swapcontext(&fiber->at, &sim.driver);
}

void sim_sleep(int64_t ms) {
    if (sim.self < 0) {
        sim.now_us += ms * 1000;
        return;
    }
    sim.fibers[sim.self].wakes_at_us = sim.now_us + ms * 1000;
    leave();
}

void sim_seam(const char *call) {
    (void)call;
    sim.now_us += 1 + (int64_t)sim_random(300);
    if (sim.self >= 0 && sim_chance(SWITCH_PERCENT)) leave();
}

/* One of those that are awake, by the dice; -1: nobody lives. */
static int choose(void) {
    int awake[SIM_FIBERS_MAX], count = 0;
    int64_t first_us = INT64_MAX;

    for (int i = 0; i < sim.count; i++) {
        const struct fiber *fiber = &sim.fibers[i];
        if (!fiber->lives) continue;
        if (fiber->wakes_at_us <= sim.now_us) awake[count++] = i;
        if (fiber->wakes_at_us < first_us) first_us = fiber->wakes_at_us;
    }
    if (count) return awake[sim_random((uint64_t)count)];
    if (first_us == INT64_MAX) return -1;

    sim.now_us = first_us;
    return choose();
}

bool sim_run(bool (*done)(void *context), void *context, int64_t limit_ms) {
    int64_t until_ms = sim_now_ms() + limit_ms;

    while (!done(context)) {
        if (sim_now_ms() > until_ms) return false;
        int next = choose();
        if (next < 0) sim.now_us += 1000; /* the driver may start somebody */

        if (sim.step) sim.step(sim.step_context);
        if (next < 0 || !sim.fibers[next].lives || sim.fibers[next].wakes_at_us > sim.now_us)
            continue;
        sim.self = next;
        sim.switches++;
        swapcontext(&sim.driver, &sim.fibers[next].at);
        sim.self = -1;
    }
    return true;
}

/* ---- In place of the world's clock and dice (--wrap) ---- */

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_boot_ms(void);
int64_t __wrap_clock_boot_us(void);
int __wrap_usleep(useconds_t us);
uint32_t __wrap_arc4random_uniform(uint32_t below);
void __wrap_arc4random_buf(void *bytes, size_t len);

int64_t __wrap_clock_now_ms(void) {
    return sim_now_ms();
}

int64_t __wrap_clock_boot_ms(void) {
    return sim_now_ms() - BOOT_BEHIND_MS;
}

int64_t __wrap_clock_boot_us(void) {
    return sim.now_us - BOOT_BEHIND_MS * INT64_C(1000);
}

static bool is_over(void *until_us) {
    return sim.now_us >= *(const int64_t *)until_us;
}

/* While the driver, or a tool that it runs, waits, all processes go on. */
int __wrap_usleep(useconds_t us) {
    int64_t ms = us / 1000 + 1;
    int64_t until_us = sim.now_us + ms * 1000;

    if (sim.self >= 0)
        sim_sleep(ms);
    else
        sim_run(is_over, &until_us, ms + 1);
    return 0;
}

uint32_t __wrap_arc4random_uniform(uint32_t below) {
    return (uint32_t)sim_random(below);
}

void __wrap_arc4random_buf(void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) ((unsigned char *)bytes)[i] = (unsigned char)sim_random(256);
}
