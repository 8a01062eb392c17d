/* wide: loops over numbers side by side, in the widest registers that the machine at hand has. What
 * is built is for any x86-64, where to multiply four 32-bit numbers takes eight instructions; with
 * AVX2 one does eight numbers. A body is written once and compiled twice; integers come out the
 * same. */
#ifndef REDRESS_WIDE_H
#define REDRESS_WIDE_H

/* Of a function that both versions consist of. */
#define WIDE_BODY static inline __attribute__((always_inline))

/* WIDE_TARGET: of the version that may be called only where WIDE_HERE is true. */
#if defined(__x86_64__)
#define WIDE_TARGET __attribute__((target("avx2")))
#define WIDE_HERE   __builtin_cpu_supports("avx2")
#else
#define WIDE_TARGET
#define WIDE_HERE 0
#endif

#endif
