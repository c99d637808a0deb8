/*
 * arena.c - lays out one mapping.
 */
#include "scenarios/lock/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Takes `bytes` of the mapping at `base`, from *at on; lines of their own. */
static void *
take(unsigned char *base, size_t *at, size_t bytes)
{
	const size_t begin = *at;

	*at += (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	return base != NULL ? base + begin : NULL;
}

/* Sets the pointers into a mapping at `base`, with NULL just counts the bytes. */
static void
lay_out(struct arena *a, unsigned char *base, size_t hold_lines)
{
	const size_t n = (size_t)a->contenders, m = (size_t)a->nlocks;
	unsigned char *node, *lines;
	size_t at = 0;

	a->lock = take(base, &at, m * sizeof(*a->lock));
	a->seat = take(base, &at, n * sizeof(*a->seat));
	a->stuck = take(base, &at, sizeof(*a->stuck));
	a->place = take(base, &at, n * m * sizeof(*a->place));
	a->own = take(base, &at, n * a->own_lines * CACHE_LINE);
	node = take(base, &at, n * m * LOCK_NODE_BYTES);
	lines = take(base, &at, m * hold_lines * CACHE_LINE);
	a->bytes = at;
	for (size_t i = 0; base != NULL && i < n * m; i++) {
		const size_t lock = i % m;

		a->place[i] = (struct lock_place){
			.state = a->lock[lock].state,
			.node = node + i * LOCK_NODE_BYTES,
			.section = &a->lock[lock].section,
			.lines = (atom_u64 *)(void *)(lines +
						      lock * hold_lines * CACHE_LINE),
		};
	}
}

int
arena_open(struct arena *a, int contenders, int nlocks, size_t hold_lines,
	   size_t own_lines, bool shared, struct err *e)
{
	void *map;

	*a = (struct arena){ .contenders = contenders,
			     .nlocks = nlocks,
			     .own_lines = own_lines,
			     .shared = shared };
	lay_out(a, NULL, hold_lines);
	map = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		   -1, 0);
	if (map == MAP_FAILED) {
		*a = (struct arena){ 0 };
		return err_set(e, errno, "cannot map memory for %d locks", nlocks);
	}
	lay_out(a, map, hold_lines);
	arena_forget(a);
	return 0;
}

int
arena_ready(struct arena *a, const struct lock_kind *kind, struct err *e)
{
	const size_t nodes = (size_t)a->contenders * (size_t)a->nlocks;
	int rc;

	memset(a->lock, 0, (size_t)a->nlocks * sizeof(*a->lock));
	memset(a->place[0].node, 0, nodes * LOCK_NODE_BYTES);
	for (int i = 0; i < a->nlocks; i++) {
		a->lock[i].section.last = -1;
		rc = kind->init(a->lock[i].state, a->shared);
		if (rc == 0)
			continue;
		while (i-- > 0)
			if (kind->destroy != NULL)
				kind->destroy(a->lock[i].state);
		return err_set(e, -rc, "cannot make a lock '%s'", kind->kind.name);
	}
	return 0;
}

void
arena_done(struct arena *a, const struct lock_kind *kind)
{
	for (int i = 0; kind->destroy != NULL && i < a->nlocks; i++)
		kind->destroy(a->lock[i].state);
}

void
arena_forget(struct arena *a)
{
	hist_init(a->stuck);
	for (int i = 0; i < a->contenders; i++) {
		struct arena_seat *s = &a->seat[i];

		hist_init(&s->wait);
		hist_init(&s->read_wait);
		s->sampler = (struct lock_sampler){ .wait = &s->wait,
						    .read_wait = &s->read_wait };
	}
}

void
arena_close(struct arena *a)
{
	if (a->bytes > 0)
		munmap(a->lock, a->bytes);
	*a = (struct arena){ 0 };
}
