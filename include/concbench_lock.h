/*
 * concbench_lock.h - a lock of your own for `concbench lock -k ./mylock.so`.
 *
 * Write three functions over memory of yours, name them to CONCBENCH_LOCK_DEFINE(),
 * and build a shared library of the one file:
 *
 *	cc -O2 -shared -fPIC -o mylock.so mylock.c
 *	concbench lock -b -k ./mylock.so,mutex
 *
 * The lock is then shown, measured, checked and compared as those of concbench are.
 * The loop that measures it is made here, around your functions, so that they are
 * inlined into it as its own are; there is one indirect call a run, not a round.
 * C99 or C++11, gcc or clang; needs no library. docs/own-lock.md has a worked example.
 *
 * What may change: new members come at the end of the structs, whose size is told;
 * anything else raises CONCBENCH_LOCK_VERSION, and a library of another version is
 * refused.
 */
#ifndef CONCBENCH_LOCK_H
#define CONCBENCH_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONCBENCH_LOCK_VERSION 1

/* Room for the state of a lock, and for the node that each contender brings. Both are
 * zeroed and on cache lines of their own (128 bytes). */
#define CONCBENCH_LOCK_STATE_MAX 1024
#define CONCBENCH_LOCK_NODE_MAX 128

/* What you promise; it is shown, and decides what is tried. */
enum {
	CONCBENCH_LOCK_FAIR = 1,  /* first come, first served */
	CONCBENCH_LOCK_PARKS = 2, /* who waits sleeps in the kernel */
	/* Processes may share it: no pointers into memory of one process alone, no
	 * private futex. concbench maps it at the same address in all of them. */
	CONCBENCH_LOCK_SHARED = 4
};

/* --- between the loop below and concbench; nothing to fill in -------------------- */

/* What the lock protects. */
struct concbench_section {
	uint64_t value;
	uint64_t words[2];
	uint64_t handovers, streak, longest;
	int64_t last;
};

struct concbench_place {
	void *state, *node;
	struct concbench_section *section;
};

struct concbench_lock_run;

/* What concbench does in rounds that are not all alike. */
struct concbench_hooks {
	int (*next)(struct concbench_lock_run *run); /* fills place; how many */
	void (*came)(struct concbench_lock_run *run, int i);
	void (*within)(struct concbench_lock_run *run);
	void (*leaves)(struct concbench_lock_run *run, int i);
	void (*between)(struct concbench_lock_run *run);
};

/* The loop of one contender. */
struct concbench_lock_run {
	size_t size; /* of this struct, as concbench has it */
	struct concbench_place place[8];
	int64_t self;
	uint64_t rounds, delta, hold, outside;
	const uint32_t *stop;
	const struct concbench_hooks *hooks; /* NULL: all rounds are alike */
	void *host;
	uint64_t done;
	int error;
};

/* --- what a library shows ----------------------------------------------------------
 */

struct concbench_lock {
	uint32_t version; /* CONCBENCH_LOCK_VERSION */
	uint32_t size;	  /* of this struct, as the library has it */
	const char *name, *summary, *origin;
	unsigned traits;
	size_t state_bytes, node_bytes; /* node_bytes 0: needs no node */
	int (*init)(void *state, bool shared);
	int (*acquire)(void *state, void *node);
	int (*try_acquire)(void *state, void *node);
	int (*release)(void *state, void *node);
	void (*destroy)(void *state);
	void (*drive)(struct concbench_lock_run *run);
};

static inline void
concbench_idle(uint64_t steps)
{
	for (; steps > 0; steps--)
		__asm__ __volatile__("");
}

/* The holder notes that it is, and changes what the lock protects. */
static inline void
concbench_change(struct concbench_section *s, int64_t self, uint64_t delta)
{
	if (s->last != self) {
		s->handovers += s->last >= 0;
		s->last = self;
		s->streak = 0;
	}
	if (++s->streak > s->longest)
		s->longest = s->streak;
	s->value += delta;
}

/* Rounds that are all alike. */
static inline __attribute__((always_inline)) void
concbench_drive_plain(struct concbench_lock_run *r, int (*acquire)(void *, void *),
		      int (*release)(void *, void *))
{
	void *state = r->place[0].state, *node = r->place[0].node;
	struct concbench_section *s = r->place[0].section;
	uint64_t i;
	int rc;

	for (i = 0; i < r->rounds; i++) {
		if (i % 64 == 0 && __atomic_load_n(r->stop, __ATOMIC_RELAXED) != 0)
			break;
		rc = acquire(state, node);
		if (rc == 0) {
			concbench_change(s, r->self, r->delta);
			concbench_idle(r->hold);
			rc = release(state, node);
		}
		if (rc != 0) {
			r->error = -rc;
			break;
		}
		concbench_idle(r->outside);
	}
	r->done = i;
}

/* Rounds that concbench has a word in: which lock, how long, when to look at the clock.
 */
static inline __attribute__((always_inline)) void
concbench_drive_hooked(struct concbench_lock_run *r, int (*acquire)(void *, void *),
		       int (*release)(void *, void *))
{
	const struct concbench_hooks *h = r->hooks;
	uint64_t i;
	int n, k, rc = 0;

	for (i = 0; i < r->rounds; i++) {
		if (__atomic_load_n(r->stop, __ATOMIC_RELAXED) != 0)
			break;
		n = h->next(r);
		for (k = 0; k < n; k++) {
			struct concbench_section *s = r->place[k].section;

			rc = acquire(r->place[k].state, r->place[k].node);
			if (rc != 0)
				break;
			h->came(r, k);
			concbench_change(s, r->self, r->delta);
			s->words[0] = s->words[1] = s->value;
		}
		if (rc == 0)
			h->within(r);
		while (k-- > 0) {
			h->leaves(r, k);
			n = release(r->place[k].state, r->place[k].node);
			rc = rc != 0 ? rc : n;
		}
		if (rc != 0) {
			r->error = -rc;
			break;
		}
		h->between(r);
	}
	r->done = i;
}

#define CONCBENCH_LOCK_SHOWN_                                                          \
	extern __attribute__((visibility("default")))                                  \
	const struct concbench_lock concbench_lock_of_library;
#ifdef __cplusplus
#define CONCBENCH_LOCK_DECLARE_                                                        \
	extern "C" {                                                                   \
	CONCBENCH_LOCK_SHOWN_                                                          \
	}
#else
#define CONCBENCH_LOCK_DECLARE_ CONCBENCH_LOCK_SHOWN_
#endif

/*
 * Makes the library show your lock. Once, in one file, behind your functions:
 *
 *   int init(void *state, bool shared)      makes a lock that nobody holds, in zeroed
 *                                           memory; shared: for processes
 *   int acquire(void *state, void *node)    waits for it and takes it
 *   int try_acquire(void *state, void *node) takes it or returns -EBUSY at once; NULL:
 *                                           it cannot
 *   int release(void *state, void *node)    by the holder, with the same node
 *   void destroy(void *state)               NULL: nothing to do
 *
 * Those that return int return 0 or a negative errno. `node` is NODE_BYTES of the
 * contender's own, which stay with the lock until the release. NAME and the texts are
 * strings: NAME as it is shown, SUMMARY a line, ORIGIN who invented it.
 */
#define CONCBENCH_LOCK_DEFINE(name, summary, origin, traits, state_bytes, node_bytes,  \
			      init, acquire, try_acquire, release, destroy)            \
	__attribute__((flatten)) static void concbench_drive_(                         \
		struct concbench_lock_run *run)                                        \
	{                                                                              \
		if (run->hooks != NULL)                                                \
			concbench_drive_hooked(run, acquire, release);                 \
		else                                                                   \
			concbench_drive_plain(run, acquire, release);                  \
	}                                                                              \
	CONCBENCH_LOCK_DECLARE_                                                        \
	const struct concbench_lock concbench_lock_of_library = {                      \
		CONCBENCH_LOCK_VERSION,                                                \
		(uint32_t)sizeof(struct concbench_lock),                               \
		name,                                                                  \
		summary,                                                               \
		origin,                                                                \
		traits,                                                                \
		state_bytes,                                                           \
		node_bytes,                                                            \
		init,                                                                  \
		acquire,                                                               \
		try_acquire,                                                           \
		release,                                                               \
		destroy,                                                               \
		concbench_drive_                                                       \
	}

#endif
