/*
 * tls.h - variables of which each thread has its own: Python's threading.local.
 *
 * An object has TLS_SLOTS slots; get() and set() mean the calling thread's value of
 * one. Kinds are files in core/tls/; the table is generated from what is there.
 * Threads call get, set and leave; open and close belong to one thread, while no other
 * uses the object. Some kinds have one object a program (TLS_SINGLE).
 *
 *            get  set  leave  close
 *   get       -    -     -      X    - may run together
 *   set       -    -     -      X    X caller must exclude
 *   leave     -    -     -      X
 */
#ifndef CORE_TLS_H
#define CORE_TLS_H

#include "core/atom.h"
#include "core/err.h"
#include "core/param.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <threads.h>

enum {
	TLS_LOCAL = 1,	     /* thread-local indeed; only the control lacks it */
	TLS_DESTRUCTORS = 2, /* at a thread's end it calls the destructors itself */
	TLS_SINGLE = 4,	     /* all objects of this kind are one */
};

enum { TLS_SLOTS = 2 };

/* Called in the thread that ends, with its value of a slot, once a value set. */
typedef void tls_destructor(void *value);

struct tls {
	const struct tls_kind *kind;
	tls_destructor *destructor[TLS_SLOTS]; /* NULL: none */
	int nslots;			       /* opened so far; for close */
	pthread_key_t key[TLS_SLOTS];
	tss_t tss[TLS_SLOTS];
	void *table;
};

/* The loop that is timed. */
struct tls_run {
	struct tls *tls;
	uint64_t rounds;
	void *value; /* what set writes */
};

struct tls_kind {
	struct kind kind;
	unsigned traits;
	/* Makes all slots, NULL in every thread. 0 or -errno; close() either way. */
	int (*open)(struct tls *t, struct err *e);
	/* The calling thread's value; NULL when it has none. */
	void *(*get)(struct tls *t, int slot);
	/* Sets it. 0 or -ENOMEM. */
	int (*set)(struct tls *t, int slot, void *value);
	/* The calling thread gives its values back by hand; calls the destructors, in
	 * order of the slots. NULL with TLS_DESTRUCTORS: its end does that. */
	void (*leave)(struct tls *t);
	void (*close)(struct tls *t);
	/* get() and set() of slot 0, `rounds` times, inlined. */
	void (*drive_get)(const struct tls_run *run);
	void (*drive_set)(const struct tls_run *run);
};

extern const struct tls_kind *const tls_kind_table[];
extern const struct kind *const tls_kind_list[]; /* the same, for PARAM_KINDS */

const struct tls_kind *tls_kind_find(const char *name);

/*
 * Makes an object of a kind; destructor[i] may be NULL. Returns 0, or -errno with
 * nothing held.
 */
int tls_open(struct tls *t, const struct tls_kind *kind,
	     tls_destructor *const destructor[TLS_SLOTS], struct err *e);

/* Gives it back. No destructor is called: the threads have ended. Accepts a zeroed t.
 */
void tls_close(struct tls *t);

/* leave() by hand where the kind has no destructors of its own; for kinds to use. */
void tls_leave_by_hand(struct tls *t);

static inline __attribute__((always_inline)) void
tls_drive_get(const struct tls_run *r, void *(*get)(struct tls *, int))
{
	for (uint64_t i = 0; i < r->rounds; i++) {
		void *value = get(r->tls, 0);

		/* Used, and not known to be the same the next time. */
		__asm__ __volatile__("" : : "r"(value) : "memory");
	}
}

static inline __attribute__((always_inline)) void
tls_drive_set(const struct tls_run *r, int (*set)(struct tls *, int, void *))
{
	for (uint64_t i = 0; i < r->rounds; i++) {
		set(r->tls, 0, r->value);
		__asm__ __volatile__("" : : : "memory");
	}
}

/* Defines tls_kind_ID from ID_open, ID_get, ID_set, ID_close and further members. */
#define TLS_DEFINE(id, ...)                                                            \
	__attribute__((flatten)) static void id##_drive_get(const struct tls_run *r)   \
	{                                                                              \
		tls_drive_get(r, id##_get);                                            \
	}                                                                              \
	__attribute__((flatten)) static void id##_drive_set(const struct tls_run *r)   \
	{                                                                              \
		tls_drive_set(r, id##_set);                                            \
	}                                                                              \
	const struct tls_kind tls_kind_##id = { .kind.name = #id,                      \
						.open = id##_open,                     \
						.get = id##_get,                       \
						.set = id##_set,                       \
						.close = id##_close,                   \
						.drive_get = id##_drive_get,           \
						.drive_set = id##_drive_set,           \
						__VA_ARGS__ }

#endif
