/*
 * lock_ground.h - what tests of locks share: a lock, its contenders, and what they do.
 */
#ifndef TESTS_LOCK_GROUND_H
#define TESTS_LOCK_GROUND_H

#include "core/clock.h"
#include "core/lock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sys/mman.h>

enum { THREADS = 4 };

/* All that contenders share, in a shared mapping. */
struct ground {
	CACHE_ALIGNED unsigned char state[LOCK_STATE_BYTES];
	CACHE_ALIGNED unsigned char node[THREADS][LOCK_NODE_BYTES];
	struct lock_section section;
	atom_u32 stop, inside;
	atom_i32 answer;
	atom_u32 clashes;
};

static inline struct ground *
make_ground(const struct lock_kind *k, bool shared)
{
	struct ground *g = mmap(NULL, sizeof(*g), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(g, MAP_FAILED);
	g->section.last = -1;
	cr_assert_eq(k->init(g->state, shared), 0, "%s", k->kind.name);
	return g;
}

static inline void
drop_ground(const struct lock_kind *k, struct ground *g)
{
	if (k->destroy != NULL)
		k->destroy(g->state);
	munmap(g, sizeof(*g));
}

struct job {
	const struct lock_kind *k;
	struct ground *g;
	int number;
	struct lock_run run;
};

/* A kind that this machine or build lacks is listed, but has no operations. */
static inline bool
is_there(const struct lock_kind *k)
{
	char why[200];

	return k->kind.available == NULL || k->kind.available(why, sizeof(why));
}

#define FOR_KINDS(k)                                                                   \
	const struct lock_kind *k;                                                     \
	for (int at_ = 0; (k = lock_kind_table[at_]) != NULL; at_++)                   \
		if (is_there(k))

#define FOR_LOCKS(k) FOR_KINDS(k) if (k->traits & LOCK_EXCLUDES)

#endif
