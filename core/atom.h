/*
 * atom.h - atomics whose memory order stands in their name.
 *
 * The only file that includes <stdatomic.h>; no default order, no fence.
 * _rlx relaxed, _acq acquire, _rel release, _acq_rel both, _sc sequentially
 * consistent. A line that is one end of a synchronizes-with edge carries the
 * letter of that edge in a comment; the head comment of the file names both ends
 * ("Edge V: ..."), and tests/lint_edges.awk demands both.
 */
#ifndef CORE_ATOM_H
#define CORE_ATOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is compiled for `concbench verify` tells the explorer of each operation before
 * it is done, and there the other tasks may come in between (core/verify.h). Elsewhere
 * the operation is all there is.
 */
#ifdef CONCBENCH_VERIFY
#include "core/verify_hook.h"
#else
#define ATOM_LOOK(name, p, op) (op)
#define ATOM_WRITE(name, p, op) (op)
#define ATOM_XCHG(name, p, v, op) (op)
#define ATOM_CAS(name, p, op) (op)
#endif

/* Two workers never write within one of these: 64 bytes is the line, and the
 * prefetcher of x86 pulls pairs of lines, hence 128. */
#define CACHE_LINE 128

#define CACHE_ALIGNED _Alignas(CACHE_LINE)

typedef _Atomic(uint64_t) atom_u64;
typedef _Atomic(int64_t) atom_i64;
typedef _Atomic(uint32_t) atom_u32;
typedef _Atomic(int32_t) atom_i32;

#define atom_load_rlx(p)                                                               \
	ATOM_LOOK("load_rlx", p, atomic_load_explicit((p), memory_order_relaxed))
#define atom_load_acq(p)                                                               \
	ATOM_LOOK("load_acq", p, atomic_load_explicit((p), memory_order_acquire))
#define atom_load_sc(p)                                                                \
	ATOM_LOOK("load_sc", p, atomic_load_explicit((p), memory_order_seq_cst))

#define atom_store_rlx(p, v)                                                           \
	ATOM_WRITE("store_rlx", p,                                                     \
		   atomic_store_explicit((p), (v), memory_order_relaxed))
#define atom_store_rel(p, v)                                                           \
	ATOM_WRITE("store_rel", p,                                                     \
		   atomic_store_explicit((p), (v), memory_order_release))
#define atom_store_sc(p, v)                                                            \
	ATOM_WRITE("store_sc", p, atomic_store_explicit((p), (v), memory_order_seq_cst))

#define atom_xchg_acq(p, v)                                                            \
	ATOM_XCHG("xchg_acq", p, v,                                                    \
		  atomic_exchange_explicit((p), (v), memory_order_acquire))
#define atom_xchg_rel(p, v)                                                            \
	ATOM_XCHG("xchg_rel", p, v,                                                    \
		  atomic_exchange_explicit((p), (v), memory_order_release))
#define atom_xchg_acq_rel(p, v)                                                        \
	ATOM_XCHG("xchg_acq_rel", p, v,                                                \
		  atomic_exchange_explicit((p), (v), memory_order_acq_rel))
#define atom_xchg_sc(p, v)                                                             \
	ATOM_XCHG("xchg_sc", p, v,                                                     \
		  atomic_exchange_explicit((p), (v), memory_order_seq_cst))

#define atom_add_rlx(p, v)                                                             \
	ATOM_WRITE("add_rlx", p,                                                       \
		   atomic_fetch_add_explicit((p), (v), memory_order_relaxed))
#define atom_add_rel(p, v)                                                             \
	ATOM_WRITE("add_rel", p,                                                       \
		   atomic_fetch_add_explicit((p), (v), memory_order_release))
#define atom_add_acq(p, v)                                                             \
	ATOM_WRITE("add_acq", p,                                                       \
		   atomic_fetch_add_explicit((p), (v), memory_order_acquire))
#define atom_add_acq_rel(p, v)                                                         \
	ATOM_WRITE("add_acq_rel", p,                                                   \
		   atomic_fetch_add_explicit((p), (v), memory_order_acq_rel))
#define atom_add_sc(p, v)                                                              \
	ATOM_WRITE("add_sc", p,                                                        \
		   atomic_fetch_add_explicit((p), (v), memory_order_seq_cst))
#define atom_or_rlx(p, v)                                                              \
	ATOM_WRITE("or_rlx", p,                                                        \
		   atomic_fetch_or_explicit((p), (v), memory_order_relaxed))
#define atom_and_rlx(p, v)                                                             \
	ATOM_WRITE("and_rlx", p,                                                       \
		   atomic_fetch_and_explicit((p), (v), memory_order_relaxed))
#define atom_and_acq(p, v)                                                             \
	ATOM_WRITE("and_acq", p,                                                       \
		   atomic_fetch_and_explicit((p), (v), memory_order_acquire))
#define atom_and_rel(p, v)                                                             \
	ATOM_WRITE("and_rel", p,                                                       \
		   atomic_fetch_and_explicit((p), (v), memory_order_release))
#define atom_or_sc(p, v)                                                               \
	ATOM_WRITE("or_sc", p, atomic_fetch_or_explicit((p), (v), memory_order_seq_cst))
#define atom_and_sc(p, v)                                                              \
	ATOM_WRITE("and_sc", p,                                                        \
		   atomic_fetch_and_explicit((p), (v), memory_order_seq_cst))
#define atom_sub_rlx(p, v)                                                             \
	ATOM_WRITE("sub_rlx", p,                                                       \
		   atomic_fetch_sub_explicit((p), (v), memory_order_relaxed))
#define atom_sub_sc(p, v)                                                              \
	ATOM_WRITE("sub_sc", p,                                                        \
		   atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst))
#define atom_sub_rel(p, v)                                                             \
	ATOM_WRITE("sub_rel", p,                                                       \
		   atomic_fetch_sub_explicit((p), (v), memory_order_release))
#define atom_sub_acq_rel(p, v)                                                         \
	ATOM_WRITE("sub_acq_rel", p,                                                   \
		   atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel))

/* Compare and swap: true when *p was *expected and is now desired; otherwise
 * *expected holds what was there (read relaxed). */
#define atom_cas_acq(p, expected, desired)                                             \
	ATOM_CAS("cas_acq", p,                                                         \
		 atomic_compare_exchange_strong_explicit((p), (expected), (desired),   \
							 memory_order_acquire,         \
							 memory_order_relaxed))
#define atom_cas_rel(p, expected, desired)                                             \
	ATOM_CAS("cas_rel", p,                                                         \
		 atomic_compare_exchange_strong_explicit((p), (expected), (desired),   \
							 memory_order_release,         \
							 memory_order_relaxed))
#define atom_cas_acq_rel(p, expected, desired)                                         \
	ATOM_CAS("cas_acq_rel", p,                                                     \
		 atomic_compare_exchange_strong_explicit((p), (expected), (desired),   \
							 memory_order_acq_rel,         \
							 memory_order_relaxed))
#define atom_cas_rlx(p, expected, desired)                                             \
	ATOM_CAS("cas_rlx", p,                                                         \
		 atomic_compare_exchange_strong_explicit((p), (expected), (desired),   \
							 memory_order_relaxed,         \
							 memory_order_relaxed))
#define atom_cas_sc(p, expected, desired)                                              \
	ATOM_CAS("cas_sc", p,                                                          \
		 atomic_compare_exchange_strong_explicit((p), (expected), (desired),   \
							 memory_order_seq_cst,         \
							 memory_order_relaxed))

/* The compiler moves no access over this line; the processor may. */
#ifdef CONCBENCH_VERIFY
/* Around the plain accesses of controls, where others may come in between. */
#define atom_compiler_barrier() verify_look(VERIFY_SITE("plain access", ))
#else
static inline void
atom_compiler_barrier(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}
#endif

/* Tells the core that this is a spin loop (x86 PAUSE, arm64 YIELD). */
static inline void
atom_pause(void)
{
#if defined(CONCBENCH_VERIFY)
	verify_pause();
#elif defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield" ::: "memory");
#endif
}

#endif
