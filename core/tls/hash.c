/*
 * hash.c - a table by the thread's identity: what one does where there is nothing else.
 *
 * Open addressing. A thread claims a place by compare-and-swap on its key and is then
 * the only one who uses the values beside it, so nothing is locked; it gives the place
 * back when it leaves. A place that was used once is never empty again (GONE), so that
 * a search may end at the first empty one. pthread_self() is the identity: the TID
 * would be a system call each time.
 *
 * Edge H: hash_leave() stores key = GONE after the last use of the values -> who
 * claims the place sees GONE, hence may use them.
 */
#include "core/tls.h"

#include <errno.h>
#include <stdlib.h>

enum { PLACES = 1 << 14, GONE = 1 };

struct place {
	CACHE_ALIGNED _Atomic(uintptr_t) key; /* 0 empty, GONE, or whose it is */
	void *value[TLS_SLOTS];
};

static uintptr_t
identity(void)
{
	return (uintptr_t)pthread_self();
}

/* Fibonacci hashing (Knuth, vol. 3, 6.4): thread descriptors differ in high bits. */
static size_t
first_place(uintptr_t id)
{
	return (size_t)(((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - 14));
}

static int
hash_open(struct tls *t, struct err *e)
{
	const size_t bytes = PLACES * sizeof(struct place);

	t->table = aligned_alloc(_Alignof(struct place), bytes);
	if (t->table == NULL)
		return err_set(e, ENOMEM, "no memory for a table of threads");
	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = (struct place *)t->table + i;

		atom_store_rlx(&p->key, 0);
	}
	return 0;
}

/* The calling thread's place; PLACES when it has none. Nobody else changes its key. */
static size_t
find(const struct tls *t)
{
	const struct place *table = t->table;
	const uintptr_t id = identity();
	size_t i = first_place(id);

	for (size_t n = 0; n < PLACES; n++, i = (i + 1) % PLACES) {
		const uintptr_t key = atom_load_rlx(&table[i].key);

		if (key == id)
			return i;
		if (key == 0)
			break;
	}
	return PLACES;
}

/* A new place for the calling thread; PLACES when all are taken. */
static size_t
claim(struct tls *t)
{
	struct place *table = t->table;
	const uintptr_t id = identity();
	size_t i = first_place(id);

	for (size_t n = 0; n < PLACES; n++, i = (i + 1) % PLACES) {
		uintptr_t key = atom_load_rlx(&table[i].key);

		if (key > GONE || !atom_cas_acq(&table[i].key, &key, id)) /* H */
			continue;
		for (int slot = 0; slot < TLS_SLOTS; slot++)
			table[i].value[slot] = NULL;
		return i;
	}
	return PLACES;
}

static void *
hash_get(struct tls *t, int slot)
{
	const struct place *table = t->table;
	const size_t i = find(t);

	return i < PLACES ? table[i].value[slot] : NULL;
}

static int
hash_set(struct tls *t, int slot, void *value)
{
	struct place *table = t->table;
	size_t i = find(t);

	if (i == PLACES)
		i = claim(t);
	if (i == PLACES)
		return -ENOMEM;
	table[i].value[slot] = value;
	return 0;
}

static void
hash_leave(struct tls *t)
{
	struct place *table = t->table;
	const size_t i = find(t);

	if (i == PLACES)
		return;
	tls_leave_by_hand(t);
	atom_store_rel(&table[i].key, GONE); /* H */
}

static void
hash_close(struct tls *t)
{
	free(t->table);
}

TLS_DEFINE(hash, .kind.summary = "a table by the thread's identity: the portable way",
	   .traits = TLS_LOCAL, .leave = hash_leave);
