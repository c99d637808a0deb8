/*
 * bigreader.c - readers count themselves on lines of their own; a writer looks at all.
 *
 * Edge S: a reader adds to its count, then reads writer -> core/lock/bigreader.c, the
 * writer stores writer = 1, then reads all counts. One of the two sees the other.
 * Edge W: bigreader_release() stores writer = 0 -> who sees that sees what it wrote.
 * Edge R: bigreader_release_shared() takes from its count -> the writer that waits for
 * it sees it, hence the reader has read.
 *
 * Source: W. Hsieh, W. Weihl, "Scalable reader-writer locks for parallel systems",
 * 1992; I. Molnar, D. Miller, brlock, Linux 2.4, 2000.
 */
#include "core/lock.h"

enum { PLACES = 7 };

struct bigreader_lock {
	CACHE_ALIGNED atom_u32 writer;
	atom_u32 contenders;
	struct {
		CACHE_ALIGNED atom_u32 readers;
	} place[PLACES];
};

struct bigreader_node {
	uint32_t place; /* counted from 1; 0: none yet */
};

_Static_assert(sizeof(struct bigreader_lock) <= LOCK_STATE_BYTES, "it fits");

static int
bigreader_init(void *state, bool shared)
{
	struct bigreader_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->writer, 0);
	atom_store_rlx(&l->contenders, 0);
	for (int i = 0; i < PLACES; i++)
		atom_store_rlx(&l->place[i].readers, 0);
	return 0;
}

static int
bigreader_acquire(void *state, void *node)
{
	struct bigreader_lock *l = state;
	unsigned n = 0;

	(void)node;
	while (atom_load_rlx(&l->writer) != 0 ||
	       atom_xchg_sc(&l->writer, 1) != 0) /* S W */
		lock_spin(&n);
	for (int i = 0; i < PLACES; i++)
		while (atom_load_sc(&l->place[i].readers) != 0) /* S R */
			lock_spin(&n);
	return 0;
}

static int
bigreader_release(void *state, void *node)
{
	struct bigreader_lock *l = state;

	(void)node;
	atom_store_rel(&l->writer, 0); /* W */
	return 0;
}

static int
bigreader_try(void *state, void *node)
{
	struct bigreader_lock *l = state;

	if (atom_load_rlx(&l->writer) != 0 ||
	    atom_xchg_sc(&l->writer, 1) != 0) /* S W */
		return -EBUSY;
	for (int i = 0; i < PLACES; i++)
		if (atom_load_sc(&l->place[i].readers) != 0) { /* S R */
			bigreader_release(state, node);
			return -EBUSY;
		}
	return 0;
}

static atom_u32 *
count_of(struct bigreader_lock *l, struct bigreader_node *me)
{
	if (me->place == 0)
		me->place = atom_add_rlx(&l->contenders, 1) % PLACES + 1;
	return &l->place[me->place - 1].readers;
}

static int
bigreader_try_shared(void *state, void *node)
{
	struct bigreader_lock *l = state;
	atom_u32 *mine = count_of(l, node);

	atom_add_sc(mine, 1);		   /* S */
	if (atom_load_sc(&l->writer) == 0) /* S W */
		return 0;
	atom_sub_rel(mine, 1); /* R */
	return -EBUSY;
}

static int
bigreader_acquire_shared(void *state, void *node)
{
	struct bigreader_lock *l = state;
	unsigned n = 0;

	while (bigreader_try_shared(l, node) != 0)
		while (atom_load_rlx(&l->writer) != 0)
			lock_spin(&n);
	return 0;
}

static int
bigreader_release_shared(void *state, void *node)
{
	atom_sub_rel(count_of(state, node), 1); /* R */
	return 0;
}

LOCK_DEFINE_RW(
	bigreader, LOCK_EXCLUDES | LOCK_SHARED,
	.kind.summary = "readers count on lines of their own, writers look at all",
	.origin = "W. Hsieh and W. Weihl, 1992; Linux brlock, 2000",
	.node_bytes = sizeof(struct bigreader_node));
