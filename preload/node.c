/*
 * node.c - nodes of queue locks: one for each lock that a thread holds or waits for.
 *
 * A thread keeps a few for itself; the others are in one list under a small lock.
 * Nodes stay mapped for ever, since a queue lock may read one that has just been given
 * back. Those of a LOCK_KEEPS_NODES kind belong to one mutex, until it is made anew.
 *
 * Edge L: unlock() stores busy = 0 -> lock() that finds 0 sees the list.
 */
#include "preload/under.h"

#include <sched.h>
#include <string.h>

enum { KEPT = 8, CHUNK = 64 };

struct node {
	CACHE_ALIGNED unsigned char room[LOCK_NODE_BYTES];
	struct node *next;
};

static __thread struct node *kept;
static __thread unsigned nkept;
static __thread bool is_known;	/* its end will be told */
static __thread bool is_ending; /* it was: nothing is kept any more */

static struct node *spare;
static atom_u32 busy;
static pthread_key_t key;
static atom_u32 has_key;

static void
lock(atom_u32 *word)
{
	uint32_t seen = 0;

	while (!atom_cas_acq(word, &seen, 1)) { /* L */
		seen = 0;
		sched_yield();
	}
}

static void
unlock(atom_u32 *word)
{
	atom_store_rel(word, 0); /* L */
}

static void
give_all(void *unused)
{
	struct node *n;

	(void)unused;
	is_ending = true;
	lock(&busy);
	while ((n = kept) != NULL) {
		kept = n->next;
		n->next = spare;
		spare = n;
	}
	unlock(&busy);
	nkept = 0;
}

__attribute__((constructor)) static void
make_key(void)
{
	if (pthread_key_create(&key, give_all) == 0)
		atom_store_rlx(&has_key, 1);
}

/* One of the common list, which is filled when it is empty. */
static struct node *
take_common(void)
{
	struct node *n, *chunk;

	lock(&busy);
	if (spare == NULL) {
		chunk = under_map(CHUNK * sizeof(*chunk));
		for (int i = 0; chunk != NULL && i < CHUNK; i++) {
			chunk[i].next = spare;
			spare = &chunk[i];
		}
	}
	n = spare;
	if (n != NULL)
		spare = n->next;
	unlock(&busy);
	return n;
}

void *
node_take(struct record *r)
{
	struct node *n;

	if (under.keeps_nodes) {
		lock(&r->nodes_busy);
		n = r->nodes;
		if (n != NULL)
			r->nodes = n->next;
		unlock(&r->nodes_busy);
		if (n != NULL)
			return n;
	}
	n = kept;
	if (n == NULL) {
		n = take_common();
	} else {
		kept = n->next;
		nkept--;
	}
	/* The lock that had it last may be another. */
	if (n != NULL)
		memset(n->room, 0, under.kind->node_bytes);
	return n;
}

void
node_give(struct record *r, void *node)
{
	struct node *n = node;

	if (under.keeps_nodes) {
		lock(&r->nodes_busy);
		n->next = r->nodes;
		r->nodes = n;
		unlock(&r->nodes_busy);
		return;
	}
	if (nkept < KEPT && !is_ending && atom_load_rlx(&has_key) != 0) {
		n->next = kept;
		kept = n;
		nkept++;
		/* Last, for it may call malloc(), which may use a mutex. */
		if (!is_known) {
			is_known = true;
			pthread_setspecific(key, &kept);
		}
		return;
	}
	lock(&busy);
	n->next = spare;
	spare = n;
	unlock(&busy);
}

void
node_renew(struct record *r)
{
	struct node *n;

	if (atom_load_rlx(&r->nodes_busy) != 0)
		r->nodes = NULL;
	for (n = r->nodes; n != NULL; n = n->next)
		memset(n->room, 0, under.kind->node_bytes);
	unlock(&r->nodes_busy);
}

/* Another thread may have had the lock; its half of the list is lost. */
void
node_after_fork(void)
{
	if (atom_load_rlx(&busy) != 0)
		spare = NULL;
	unlock(&busy);
}
