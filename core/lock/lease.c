/*
 * lease.c - a fair mutex that sleeps: waiters get the lock in the order in which they
 * came, each for a term, and within its term the tenant may come again.
 *
 * First come, first served costs a switch of threads for every section once there are
 * more threads than processors. Here that price is paid once a term. The tenant is who
 * held the lock last. While others wait, it alone may take a lock that is free; the
 * first of the queue, which is awake, takes it over when the tenant stays away, and
 * claims it when the term is over: then the release hands it over. All others sleep.
 * The tenant looks at the clock, too, and joins the queue when its term is over: the
 * first may be waiting for the very processor that the tenant keeps busy.
 * With w waiters ahead one waits for w terms, plus the sections that overran them.
 *
 * The word: HELD; QUEUED: somebody waits; CLAIMED: the release hands over to the first
 * of the queue. The queue is that of an MCS lock. A node is on the queue from the
 * exchange of tail until it holds the lock, when it calls the next one to the front.
 *
 * Edge L: lease_release() takes HELD off the word -> the compare-and-swap that puts it
 * on sees that, hence sees what the holder before wrote.
 * Edge C: lease_claim() puts CLAIMED on the word -> lease_hand_over() sees it, hence
 * sees head. Edge H: lease_hand_over() stores call = OURS in the node of the first ->
 * lease_hear() sees it, hence sees what the holder before wrote. Edge F: lease_leave()
 * stores call = FIRST in the next node -> lease_hear() sees it. Edge N: lease_queue()
 * stores next = its node -> lease_leave() sees it, hence sees the node made ready. Edge
 * T: lease_queue() puts its node at the tail, or lease_leave() NULL -> who comes next
 * in lease_queue() sees that node made ready.
 *
 * Source: the slices of Y. Patel and others, "Avoiding scheduler subversion using
 * scheduler-cooperative locks", 2020; the queue of Mellor-Crummey and Scott, 1991.
 */
#include "core/clock.h"
#include "core/futex.h"
#include "core/lock.h"

enum { HELD = 1, QUEUED = 2, CLAIMED = 4 };
enum { WAITING, ASLEEP, FIRST, OURS };

struct lease_node {
	struct lease_node *_Atomic next;
	atom_u32 call; /* a futex: how far its owner has come */
	/* By the owner alone: the term of the tenant, from the first time that it came
	 * while others waited; 0: not begun. When it last looked at the clock; sections
	 * until it does, and from look to look. */
	uint64_t end_ns, look_ns;
	uint32_t until_look, stride;
};

struct lease_lock {
	CACHE_ALIGNED atom_u32 word;
	atom_u32 sections;		   /* counts them; by the holder */
	struct lease_node *_Atomic tenant; /* by the holder */
	struct lease_node *_Atomic head;   /* by the first of the queue */
	CACHE_ALIGNED struct lease_node *_Atomic tail;
};

#define LEASE_TERM_NS (100 * NS_PER_US)

enum {
	LEASE_AWAY = 32,    /* pauses between two looks of the first */
	LEASE_LOOKS = 8,    /* looks between two of its looks at the clock */
	LEASE_PATIENCE = 2, /* looks that found the tenant away */
	LEASE_SPINS = 64,   /* looks after its claim, before it sleeps */
	LEASE_STRIDE = 64,  /* sections of the tenant between two looks at the clock */
};

_Static_assert(sizeof(struct lease_lock) <= LOCK_STATE_BYTES, "a lease fits");
_Static_assert(sizeof(struct lease_node) <= LOCK_NODE_BYTES, "a node fits");

static int
lease_init(void *state, bool shared)
{
	struct lease_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->word, 0);
	atom_store_rlx(&l->sections, 0);
	atom_store_rlx(&l->tenant, NULL);
	atom_store_rlx(&l->tail, NULL);
	atom_store_rlx(&l->head, NULL);
	return 0;
}

static void
lease_begin(struct lease_lock *l, struct lease_node *me)
{
	if (atom_load_rlx(&l->tenant) != me)
		atom_store_rlx(&l->tenant, me);
	atom_store_rlx(&l->sections, atom_load_rlx(&l->sections) + 1);
}

/* Nobody waits, or we did: a term would begin with the next section. */
static inline void
lease_not_begun(struct lease_node *me)
{
	me->end_ns = 0;
	me->until_look = 1;
}

/* Is the tenant's term over? The strides between two looks double while they take
 * little of the term: sections may be short or long. */
__attribute__((noinline)) static bool
lease_look(struct lease_node *me)
{
	const uint64_t now_ns = clock_ns();

	if (me->end_ns == 0) {
		me->end_ns = now_ns + LEASE_TERM_NS;
		me->stride = 1;
	} else if (now_ns >= me->end_ns) {
		me->until_look = 1;
		return true;
	} else if (me->stride < LEASE_STRIDE &&
		   now_ns - me->look_ns < LEASE_TERM_NS / LEASE_STRIDE) {
		me->stride *= 2;
	}
	me->look_ns = now_ns;
	me->until_look = me->stride;
	return false;
}

/* Free, and nobody waits, or they wait for us and our term is not over. */
static int
lease_try(void *state, void *node)
{
	struct lease_lock *l = state;
	struct lease_node *me = node;
	uint32_t seen = atom_load_rlx(&l->word);

	if (seen == QUEUED) {
		if (atom_load_rlx(&l->tenant) != me)
			return -EBUSY;
		if (--me->until_look == 0 && lease_look(me))
			return -EBUSY;
	} else if (seen != 0) {
		return -EBUSY;
	} else {
		lease_not_begun(me);
	}
	if (!atom_cas_acq(&l->word, &seen, seen | HELD)) /* L */
		return -EBUSY;
	lease_begin(l, me);
	return 0;
}

/* Sleeps until call is neither WAITING nor ASLEEP, nor `now`; what it is. */
static uint32_t
lease_hear(struct lease_node *me, uint32_t now)
{
	uint32_t seen = now;

	if (atom_cas_acq(&me->call, &seen, ASLEEP))		    /* F H */
		while ((seen = atom_load_acq(&me->call)) == ASLEEP) /* F H */
			futex_wait(&me->call, ASLEEP, FUTEX_FOREVER);
	else
		seen = atom_load_acq(&me->call); /* F H */
	return seen;
}

static void
lease_call(struct lease_node *node, uint32_t call)
{
	if (atom_xchg_acq_rel(&node->call, call) == ASLEEP) /* F H */
		futex_wake(&node->call, 1);
}

/* Joins the queue; returns when it is the first of it. */
static void
lease_queue(struct lease_lock *l, struct lease_node *me)
{
	struct lease_node *before;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, WAITING);
	before = atom_xchg_acq_rel(&l->tail, me); /* T */
	/* Each does: the one before may not have come so far yet. */
	atom_or_rlx(&l->word, QUEUED);
	if (before == NULL) {
		atom_store_rlx(&me->call, FIRST);
		return;
	}
	atom_store_rel(&before->next, me); /* N */
	lease_hear(me, WAITING);
}

/* The term is over: the next release, if there is one to come, is ours. */
static bool
lease_claim(struct lease_lock *l, struct lease_node *me)
{
	uint32_t seen = atom_load_rlx(&l->word);

	atom_store_rlx(&l->head, me);
	return (seen & HELD) != 0 &&
	       atom_cas_rel(&l->word, &seen, seen | CLAIMED); /* C */
}

/* The first of the queue waits for the tenant to be away, or its term to be over. */
static void
lease_front(struct lease_lock *l, struct lease_node *me)
{
	const uint64_t end_ns = clock_deadline_ns(LEASE_TERM_NS);
	uint32_t sections = atom_load_rlx(&l->sections), seen, now;
	unsigned spins = 0, away = 0;
	bool over = false;

	for (unsigned looks = 1;; looks++) {
		for (int i = 0; i < LEASE_AWAY; i++)
			lock_spin(&spins);
		seen = atom_load_rlx(&l->word);
		now = atom_load_rlx(&l->sections);
		away = (seen & HELD) == 0 && now == sections ? away + 1 : 0;
		sections = now;
		if (looks % LEASE_LOOKS == 0)
			over = over || clock_ns() >= end_ns;
		if ((seen & HELD) == 0 && (over || away >= LEASE_PATIENCE) &&
		    atom_cas_acq(&l->word, &seen, seen | HELD)) /* L */
			return;
		if (over && lease_claim(l, me))
			break;
	}
	for (int i = 0; i < LEASE_SPINS * LEASE_AWAY; i++) {
		if (atom_load_acq(&me->call) == OURS) /* H */
			return;
		lock_spin(&spins);
	}
	lease_hear(me, FIRST);
}

/* Leaves the queue; holds the lock already. */
static void
lease_leave(struct lease_lock *l, struct lease_node *me)
{
	struct lease_node *next = atom_load_acq(&me->next), *last = me; /* N */
	unsigned spins = 0;

	if (next == NULL) {
		/* First the word: once the tail is free the next one puts it on. */
		atom_and_rlx(&l->word, ~(uint32_t)QUEUED);
		if (atom_cas_acq_rel(&l->tail, &last, NULL)) /* T */
			return;
		atom_or_rlx(&l->word, QUEUED);
		while ((next = atom_load_acq(&me->next)) == NULL) /* N */
			lock_spin(&spins);
	}
	lease_call(next, FIRST);
}

__attribute__((noinline)) static int
lease_wait(struct lease_lock *l, struct lease_node *me)
{
	lease_queue(l, me);
	lease_front(l, me);
	lease_leave(l, me);
	lease_not_begun(me);
	lease_begin(l, me);
	return 0;
}

static int
lease_acquire(void *state, void *node)
{
	return lease_try(state, node) == 0 ? 0 : lease_wait(state, node);
}

/* The word stays HELD: from us to the first of the queue. */
__attribute__((noinline)) static int
lease_hand_over(struct lease_lock *l)
{
	atom_and_acq(&l->word, ~(uint32_t)CLAIMED); /* C */
	lease_call(atom_load_rlx(&l->head), OURS);
	return 0;
}

static int
lease_release(void *state, void *node)
{
	struct lease_lock *l = state;
	uint32_t seen = atom_load_rlx(&l->word);

	(void)node;
	while ((seen & CLAIMED) == 0)
		if (atom_cas_rel(&l->word, &seen, seen & ~(uint32_t)HELD)) /* L */
			return 0;
	return lease_hand_over(l);
}

LOCK_DEFINE(lease, LOCK_EXCLUDES | LOCK_FAIR | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "in order of arrival, each for a term of 100 us; sleeps",
	    .origin = "concbench 2026, after Patel and others, 2020, and MCS, 1991",
	    .node_bytes = sizeof(struct lease_node));
