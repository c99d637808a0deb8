/*
 * qspin.c - a queue lock in four bytes, as the Linux kernel has it.
 *
 * The word: a byte that says held, a bit that one waiter is pending, and the number of
 * the last of the queue. The first waiter needs no node: it is the pending one. Who
 * comes then takes a node from a table of this process, queues, and when it is at the
 * head waits for the holder and the pending one to go. It gives its node back when it
 * gets the lock, so the table bounds those who wait, not the locks; should it be full,
 * one waits without a place.
 *
 * Edge Q: qspin_release() takes HELD off -> who puts it on sees that, hence sees what
 * the holder before wrote.
 * Edge T: qspin_queue() puts its number in the word -> who queues behind it, hence
 * finds its node made ready. Edge N: qspin_queue() stores next = its node in the one
 * before -> that one sees it. Edge G: who leaves the head stores granted = 1 in the
 * next node -> its waiter sees it. Edge U: who gives its node back stores used = 0 ->
 * who takes it sees that.
 *
 * Source: P. Zijlstra, W. Long, "qspinlock: a 4-byte queue spinlock", Linux, 2014.
 */
#include "core/lock.h"

enum { HELD = 1, PENDING = 1 << 8, TAIL_SHIFT = 16, NODES = 1024 };
#define TAIL 0xffff0000u
#define HELD_BYTE 0xffu

struct qspin_lock {
	atom_u32 word;
};

struct qspin_node {
	_Alignas(64) struct qspin_node *_Atomic next;
	atom_u32 granted;
	atom_u32 used;
};

static struct qspin_node table[NODES];

static int
qspin_init(void *state, bool shared)
{
	struct qspin_lock *l = state;

	if (shared)
		return -ENOTSUP; /* the table is not */
	atom_store_rlx(&l->word, 0);
	return 0;
}

static int
qspin_try(void *state, void *node)
{
	struct qspin_lock *l = state;
	uint32_t seen = 0;

	(void)node;
	return atom_cas_acq(&l->word, &seen, HELD) ? 0 : -EBUSY; /* Q */
}

/* A free place of the table, from where this thread had one before; NULL: none. */
static struct qspin_node *
take_node(void)
{
	static _Thread_local uint32_t last;
	static atom_u32 threads;

	if (last == 0)
		last = atom_add_rlx(&threads, 1) + 1;
	for (uint32_t i = 0; i < NODES; i++) {
		struct qspin_node *node = &table[(last + i) % NODES];

		if (atom_load_rlx(&node->used) == 0 &&
		    atom_xchg_acq(&node->used, 1) == 0) { /* U */
			last += i;
			return node;
		}
	}
	return NULL;
}

/* At the head: waits for the holder, and the pending one, to go. */
static uint32_t
await_free(struct qspin_lock *l)
{
	uint32_t seen;
	unsigned n = 0;

	while ((seen = atom_load_acq(&l->word)) & (HELD_BYTE | PENDING)) /* Q */
		lock_spin(&n);
	return seen;
}

static void
await_turn(struct qspin_node *me, struct qspin_node *before)
{
	unsigned n = 0;

	atom_store_rel(&before->next, me);	 /* N */
	while (atom_load_acq(&me->granted) == 0) /* G */
		lock_spin(&n);
}

static int
qspin_queue(struct qspin_lock *l)
{
	struct qspin_node *me = take_node(), *next;
	uint32_t seen, mine;
	unsigned n = 0;

	if (me == NULL) {
		while (qspin_try(l, NULL) != 0)
			lock_spin(&n);
		return 0;
	}
	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->granted, 0);
	mine = (uint32_t)(me - table + 1) << TAIL_SHIFT;
	seen = atom_load_rlx(&l->word);
	while (!atom_cas_acq_rel(&l->word, &seen, (seen & ~TAIL) | mine)) /* T */
		;
	if (seen & TAIL)
		await_turn(me, &table[(seen >> TAIL_SHIFT) - 1]);
	seen = await_free(l);
	/* The word is without holder and pending one: only its tail may change now. */
	if ((seen & TAIL) == mine && atom_cas_acq(&l->word, &seen, HELD)) { /* Q */
		atom_store_rel(&me->used, 0);				    /* U */
		return 0;
	}
	atom_or_rlx(&l->word, HELD);
	while ((next = atom_load_acq(&me->next)) == NULL) /* N */
		lock_spin(&n);
	atom_store_rel(&next->granted, 1); /* G */
	atom_store_rel(&me->used, 0);	   /* U */
	return 0;
}

__attribute__((noinline)) static int
qspin_wait(struct qspin_lock *l)
{
	uint32_t seen = atom_load_rlx(&l->word);
	unsigned n = 0;

	if (seen & ~HELD_BYTE)
		return qspin_queue(l);
	seen = atom_or_rlx(&l->word, PENDING);
	if (seen & ~HELD_BYTE) {
		if (!(seen & PENDING))
			atom_and_rlx(&l->word, ~(uint32_t)PENDING);
		return qspin_queue(l);
	}
	while (atom_load_acq(&l->word) & HELD_BYTE) /* Q */
		lock_spin(&n);
	atom_add_rlx(&l->word, HELD - PENDING);
	return 0;
}

static int
qspin_acquire(void *state, void *node)
{
	return qspin_try(state, node) == 0 ? 0 : qspin_wait(state);
}

static int
qspin_release(void *state, void *node)
{
	struct qspin_lock *l = state;

	(void)node;
	atom_sub_rel(&l->word, HELD); /* Q */
	return 0;
}

LOCK_DEFINE(qspin, LOCK_EXCLUDES | LOCK_FAIR,
	    .kind.summary = "queue lock in four bytes: held, pending, tail",
	    .origin = "P. Zijlstra and W. Long, qspinlock, Linux, 2014");
