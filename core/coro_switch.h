/*
 * coro_switch.h - the switch itself, for each machine; to be inlined.
 *
 * What a call must preserve (x86-64 psABI 3.2.1: rbx rbp r12-r15, the control words
 * of SSE and x87; AAPCS64 6.1.1: x19-x29, d8-d15, FPCR) is named as clobbered, so the
 * compiler saves what is really in use around the switch and nothing else; frame
 * pointer, stack pointer, the place to go on and control words are kept in the context.
 */
#ifndef CORE_CORO_SWITCH_H
#define CORE_CORO_SWITCH_H

#include "core/coro.h"

_Static_assert(offsetof(struct coro_context, ip) == 0, "in the assembly");
_Static_assert(offsetof(struct coro_context, sp) == sizeof(void *), "in the assembly");
_Static_assert(offsetof(struct coro_context, fp) == 2 * sizeof(void *),
	       "in the assembly");
_Static_assert(offsetof(struct coro_context, mxcsr) == 3 * sizeof(void *),
	       "in the assembly");

#if defined(__x86_64__) && !defined(__ILP32__)
#define CORO_SWITCH_X86_64 1
_Static_assert(offsetof(struct coro_context, x87) == 28, "in the assembly");

#ifdef __CET__
#define CORO_ENDBR "endbr64\n\t"
#else
#define CORO_ENDBR ""
#endif

#ifdef __AVX512F__
#define CORO_CLOBBER_AVX512                                                            \
	, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",      \
		"xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",         \
		"xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define CORO_CLOBBER_AVX512
#endif

#define CORO_X86_64_CLOBBERS                                                           \
	"rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",     \
		"r15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",     \
		"st(7)", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",       \
		"xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",   \
		"xmm15", "cc", "memory" CORO_CLOBBER_AVX512

/* Control words as every program begins with. */
#define CORO_X87_DEFAULT "0x37f"
#define CORO_MXCSR_DEFAULT 0x1f80

extern const uint32_t coro_mxcsr_default; /* CORO_MXCSR_DEFAULT */

/*
 * The control words follow where <fenv.h> changed them: it always changes both, and
 * reading that of x87 is cheap, while reading MXCSR costs more than all the rest (4 of
 * 6 ns; AMD EPYC guest, 2026-11). A coroutine whose x87 word is the default one has the
 * default MXCSR, too. Who writes MXCSR alone (_mm_setcsr) writes the thread's, or takes
 * the kind x86_64_abi. rdi holds `to` on arrival: the argument of coro_start().
 */
static inline __attribute__((always_inline)) struct coro_context *
coro_switch_x86_64(struct coro_context *from, struct coro_context *to)
{
	__asm__ __volatile__("leaq 1f(%%rip), %%rax\n\t"
			     "movq %%rax, 0(%%rsi)\n\t"
			     "movq %%rsp, 8(%%rsi)\n\t"
			     "movq %%rbp, 16(%%rsi)\n\t"
			     "fnstcw 28(%%rsi)\n\t"
			     "movzwl 28(%%rdi), %%ecx\n\t"
			     "movzwl 28(%%rsi), %%eax\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%ecx\n\t"
			     "jne 3f\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%eax\n\t"
			     "jne 3f\n"
			     "2:\n\t"
			     "movq 8(%%rdi), %%rsp\n\t"
			     "movq 16(%%rdi), %%rbp\n\t"
			     "jmpq *0(%%rdi)\n"
			     "3:\n\t"
			     "stmxcsr 24(%%rsi)\n\t"
			     "leaq 24(%%rdi), %%rdx\n\t"
			     "leaq coro_mxcsr_default(%%rip), %%rax\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%ecx\n\t"
			     "cmoveq %%rax, %%rdx\n\t"
			     "ldmxcsr (%%rdx)\n\t"
			     "fldcw 28(%%rdi)\n\t"
			     "jmp 2b\n"
			     "1:\n\t" CORO_ENDBR
			     : "+D"(to), "+S"(from)
			     :
			     : CORO_X86_64_CLOBBERS);
	return to; /* theirs: that is we */
}

/* Goes on in `to` for good: there is nothing to save but for the control words. */
static inline __attribute__((always_inline, noreturn)) void
coro_leave_x86_64(struct coro_context *from, struct coro_context *to)
{
	__asm__ __volatile__("fnstcw 28(%%rsi)\n\t"
			     "movzwl 28(%%rdi), %%ecx\n\t"
			     "movzwl 28(%%rsi), %%eax\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%ecx\n\t"
			     "jne 3f\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%eax\n\t"
			     "jne 3f\n"
			     "2:\n\t"
			     "movq 8(%%rdi), %%rsp\n\t"
			     "movq 16(%%rdi), %%rbp\n\t"
			     "jmpq *0(%%rdi)\n"
			     "3:\n\t"
			     "leaq 24(%%rdi), %%rdx\n\t"
			     "leaq coro_mxcsr_default(%%rip), %%rax\n\t"
			     "cmpl $" CORO_X87_DEFAULT ", %%ecx\n\t"
			     "cmoveq %%rax, %%rdx\n\t"
			     "ldmxcsr (%%rdx)\n\t"
			     "fldcw 28(%%rdi)\n\t"
			     "jmp 2b\n"
			     : "+D"(to), "+S"(from)
			     :
			     : "rax", "rcx", "rdx", "cc", "memory");
	__builtin_unreachable();
}

/* The same with all of both control words, always. */
static inline __attribute__((always_inline)) struct coro_context *
coro_switch_x86_64_abi(struct coro_context *from, struct coro_context *to)
{
	__asm__ __volatile__("leaq 1f(%%rip), %%rax\n\t"
			     "movq %%rax, 0(%%rsi)\n\t"
			     "movq %%rsp, 8(%%rsi)\n\t"
			     "movq %%rbp, 16(%%rsi)\n\t"
			     "stmxcsr 24(%%rsi)\n\t"
			     "fnstcw 28(%%rsi)\n\t"
			     "movq 8(%%rdi), %%rsp\n\t"
			     "movq 16(%%rdi), %%rbp\n\t"
			     "ldmxcsr 24(%%rdi)\n\t"
			     "fldcw 28(%%rdi)\n\t"
			     "jmpq *0(%%rdi)\n"
			     "1:\n\t" CORO_ENDBR
			     : "+D"(to), "+S"(from)
			     :
			     : CORO_X86_64_CLOBBERS);
	return to; /* theirs: that is we */
}

/* A coroutine begins with the control words that a program begins with. */
static inline void
coro_control_x86_64(struct coro_context *c)
{
	c->x87 = 0x37f;
	c->mxcsr = CORO_MXCSR_DEFAULT;
}
#endif

#if defined(__aarch64__) && !defined(__ILP32__)
#define CORO_SWITCH_AARCH64 1

static inline __attribute__((always_inline)) struct coro_context *
coro_switch_aarch64(struct coro_context *from_, struct coro_context *to_)
{
	/* x0 holds `to` on arrival: the argument of coro_start(). */
	register struct coro_context *to __asm__("x0") = to_;
	register struct coro_context *from __asm__("x1") = from_;

	__asm__ __volatile__("adr x9, 1f\n\t"
			     "mov x10, sp\n\t"
			     "stp x9, x10, [x1]\n\t"
			     "str x29, [x1, #16]\n\t"
			     "mrs x11, fpcr\n\t"
			     "str w11, [x1, #24]\n\t"
			     "ldr w12, [x0, #24]\n\t"
			     "cmp w11, w12\n\t"
			     "b.ne 3f\n"
			     "2:\n\t"
			     "ldp x16, x10, [x0]\n\t"
			     "ldr x29, [x0, #16]\n\t"
			     "mov sp, x10\n\t"
			     "br x16\n"
			     "3:\n\t"
			     "msr fpcr, x12\n\t"
			     "b 2b\n"
			     "1:\n\t"
			     "hint #36\n\t" /* bti j; nothing where there is none */
			     : "+r"(to), "+r"(from)
			     :
			     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
			       "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
			       "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
			       "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5",
			       "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
			       "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
			       "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
			       "v30", "v31", "cc", "memory");
	return to; /* theirs: that is we */
}

static inline void
coro_control_aarch64(struct coro_context *c)
{
	c->mxcsr = 0; /* FPCR: round to nearest, no traps */
}
#endif

#endif
