/*
 * coro_stack.c - stacks for coroutines.
 */
#include "core/coro_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, top) ((void)(low), (void)(top), 0u)
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define SLAB_FIRST 16
#define SLAB_MAX 4096

/* Where the kernel's file cannot be read: its default. */
#define MAP_COUNT_DEFAULT 65530

struct coro_slab {
	struct coro_slab *next;
	char *base;
	size_t n, used;
	unsigned int valgrind_id[];
};

static uint64_t
max_map_count(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	unsigned long long n = MAP_COUNT_DEFAULT;

	if (f == NULL)
		return n;
	if (fscanf(f, "%llu", &n) != 1)
		n = MAP_COUNT_DEFAULT;
	fclose(f);
	return n;
}

void
coro_stacks_init(struct coro_stacks *s, size_t stack_bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*s = (struct coro_stacks){ .guard_by = GUARD_BY_MADVISE };
	s->stack_bytes = (stack_bytes + page - 1) / page * page;
	s->slot_bytes = s->stack_bytes + (CORO_GUARD + page - 1) / page * page;
	/* A guard makes two mappings of one; half are left for the program. */
	s->mprotects_max = max_map_count() / 4;
}

/* NULL with e filled when memory ran out. */
static struct coro_slab *
add_slab(struct coro_stacks *s, struct err *e)
{
	size_t n = s->slab == NULL ? SLAB_FIRST : s->slab->n * 2;
	struct coro_slab *slab;
	void *base;

	if (n > SLAB_MAX)
		n = SLAB_MAX;
	slab = malloc(sizeof(*slab) + n * sizeof(slab->valgrind_id[0]));
	if (slab == NULL) {
		err_set(e, ENOMEM, "no memory for %zu stacks", n);
		return NULL;
	}
	base = mmap(NULL, n * s->slot_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (base == MAP_FAILED) {
		free(slab);
		err_set(e, errno, "cannot map %zu stacks of %zu bytes", n,
			s->slot_bytes);
		err_hint(e, "fewer coroutines, or smaller ones: --stack");
		return NULL;
	}
	/* One touched byte of a huge page would cost 2 MiB. */
	madvise(base, n * s->slot_bytes, MADV_NOHUGEPAGE);
	*slab = (struct coro_slab){ .next = s->slab, .base = base, .n = n };
	s->slab = slab;
	return slab;
}

static bool
install_guard(struct coro_stacks *s, char *at)
{
	const size_t bytes = s->slot_bytes - s->stack_bytes;

	if (s->guard_by == GUARD_BY_MADVISE) {
		if (madvise(at, bytes, MADV_GUARD_INSTALL) == 0)
			return true;
		s->guard_by = GUARD_BY_MPROTECT;
	}
	return s->made - s->unguarded < s->mprotects_max &&
	       mprotect(at, bytes, PROT_NONE) == 0;
}

int
coro_stacks_get(struct coro_stacks *s, struct coro_stack *out, struct err *e)
{
	struct coro_slab *slab = s->slab;
	char *slot;

	if (slab == NULL || slab->used == slab->n) {
		slab = add_slab(s, e);
		if (slab == NULL)
			return -ENOMEM;
	}
	slot = slab->base + slab->used * s->slot_bytes;
	out->low = slot + (s->slot_bytes - s->stack_bytes);
	out->top = slot + s->slot_bytes;
	out->is_guarded = install_guard(s, slot);
	s->unguarded += !out->is_guarded;
	s->made++;
	slab->valgrind_id[slab->used++] = VALGRIND_STACK_REGISTER(out->low, out->top);
	return 0;
}

void
coro_stacks_fini(struct coro_stacks *s)
{
	struct coro_slab *slab;

	while ((slab = s->slab) != NULL) {
		s->slab = slab->next;
		for (size_t i = 0; i < slab->used; i++)
			VALGRIND_STACK_DEREGISTER(slab->valgrind_id[i]);
		munmap(slab->base, slab->n * s->slot_bytes);
		free(slab);
	}
}
