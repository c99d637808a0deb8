/*
 * coro_stack.h - stacks for coroutines: mapped in slabs, guarded, used again.
 *
 * A stack costs address space; of memory, what is touched. Below each lies a guard
 * of CORO_GUARD bytes. Linux 6.13 has guards that are no mapping of their own
 * (MADV_GUARD_INSTALL); before, mprotect() makes two mappings a stack, and
 * vm.max_map_count (65530) bounds these: half of them are used for guards, and the
 * stacks beyond have none, which coro_stacks.unguarded counts. Between two stacks
 * there are CORO_GUARD bytes in any case, so a small overflow hits nobody.
 */
#ifndef CORE_CORO_STACK_H
#define CORE_CORO_STACK_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORO_GUARD ((size_t)16 << 10)

struct coro_stack {
	char *low; /* first usable byte; the guard lies below */
	char *top; /* behind the last usable byte, aligned to 16 */
	bool is_guarded;
};

struct coro_slab;

enum guard_by { GUARD_BY_MADVISE, GUARD_BY_MPROTECT };

struct coro_stacks {
	size_t stack_bytes, slot_bytes; /* page multiples */
	struct coro_slab *slab;		/* the one that is being cut; others behind */
	enum guard_by guard_by;
	uint64_t made, unguarded;
	uint64_t mprotects_max; /* guards by mprotect() */
};

/* Nothing is mapped yet. */
void coro_stacks_init(struct coro_stacks *s, size_t stack_bytes);

/* A new stack; 0 or -ENOMEM. They are given back all together. */
int coro_stacks_get(struct coro_stacks *s, struct coro_stack *out, struct err *e);

void coro_stacks_fini(struct coro_stacks *s);

#endif
