/*
 * record.c - which lock of ours stands for which mutex.
 *
 * A mutex of the types that we take has the address of its record in a field that
 * glibc uses for robust ones alone. Programs make mutexes without telling anybody, by
 * zeroed memory; so the first lock makes the record. A mutex that comes to be at an
 * address where one was before (a local variable, say) gets the same record, made anew:
 * there are never more records than addresses.
 *
 * Edge A: record_make() stores the address behind the record that it made -> who reads
 * it sees the record.
 * Edge B: leave() stores busy = 0 -> enter() that finds 0 sees table and chunk.
 */
#include "preload/under.h"

#include "core/libc.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 1 << 16, CHUNK = 64 };

/* What stands in a mutex that there was no memory for. */
#define NOT_OURS ((struct record *)1)

/* Bits of glibc's __kind: robust, priority inheritance and protection, shared. */
enum { KIND_ROBUST = 16, KIND_INHERIT = 32, KIND_PROTECT = 64, KIND_SHARED = 128 };

static struct record *table[BUCKETS];
static struct record *chunk;
static size_t nchunk;
static atom_u32 busy;
static struct preload_process *_Atomic process;

static void
enter(void)
{
	uint32_t seen = 0;

	while (!atom_cas_acq(&busy, &seen, 1)) { /* B */
		seen = 0;
		sched_yield();
	}
}

static void
leave(void)
{
	atom_store_rel(&busy, 0); /* B */
}

/* Where the mutex has the address of its record. */
static struct record *_Atomic *
field_of(const pthread_mutex_t *m)
{
	return (struct record * _Atomic *)(uintptr_t)&m->__data.__list.__prev;
}

static size_t
bucket_of(const pthread_mutex_t *m)
{
	return (size_t)(((uint64_t)(uintptr_t)m * UINT64_C(0x9e3779b97f4a7c15)) >> 48) %
	       BUCKETS;
}

/* Our record in the books of concbench; the caller has entered. */
static void
open_books(void)
{
	struct preload_shared *s = under.shared;
	uint32_t n;

	if (s == NULL || atom_load_rlx(&process) != NULL)
		return;
	n = atom_add_rlx(&s->nprocesses, 1);
	if (n >= PRELOAD_PROCESSES) {
		under.shared = NULL;
		return;
	}
	s->process[n].tally.pid = (int32_t)getpid();
	atom_store_rlx(&process, &s->process[n]);
}

struct preload_tally *
record_tally(void)
{
	struct preload_process *p = atom_load_rlx(&process);

	if (p == NULL && under.shared != NULL) {
		enter();
		open_books();
		leave();
		p = atom_load_rlx(&process);
	}
	return p != NULL ? &p->tally : NULL;
}

/* Without the loader's lock, where it can be done so: who has that may wait for a mutex
 * that we hold. */
static const struct link_map *
find_module(const void *address)
{
#if LIBC_AT_LEAST(2, 35)
	struct dl_find_object found;

	return _dl_find_object((void *)(uintptr_t)address, &found) == 0
		       ? found.dlfo_link_map
		       : NULL;
#else
	Dl_info info;
	void *map = NULL;

	return dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 ? map : NULL;
#endif
}

/* Which file the address is in, and where. */
static void
find_site(const void *address, struct preload_site *site)
{
	const struct link_map *map = find_module(address);
	ssize_t n;

	site->offset = (uint64_t)(uintptr_t)address;
	if (map == NULL)
		return;
	site->offset -= (uint64_t)map->l_addr;
	if (map->l_name != NULL && *map->l_name != '\0') {
		strncpy(site->module, map->l_name, sizeof(site->module) - 1);
		return;
	}
	n = readlink("/proc/self/exe", site->module, sizeof(site->module) - 1);
	site->module[n > 0 ? n : 0] = '\0';
}

void
record_list(struct record *r)
{
	struct preload_process *p;
	struct preload_mutex *slot = NULL;
	uint32_t n = PRELOAD_MUTEXES;
	const int error = errno;

	enter();
	open_books();
	p = atom_load_rlx(&process);
	if (p != NULL) {
		n = atom_load_rlx(&p->tally.nmutexes);
		if (n < PRELOAD_MUTEXES)
			slot = &p->mutex[n];
	}
	if (slot != NULL) {
		slot->wait.min = slot->hold.min = UINT64_MAX; /* the rest is 0 */
		slot->address = (uint64_t)(uintptr_t)r->mutex;
		slot->type = (uint32_t)r->mutex->__data.__kind & 3;
		find_site(r->site, &slot->site);
		atom_store_rlx(&p->tally.nmutexes, n + 1);
	}
	leave();
	r->slot = slot;
	r->unlisted = slot == NULL;
	errno = error;
}

bool
record_renew(struct record *r)
{
	int rc;

	memset(r->state, 0, sizeof(r->state));
	node_renew(r);
	rc = under.kind->init(r->state, false);
	if (rc != 0 && under.shared != NULL)
		atom_store_rlx(&under.shared->refused, (uint32_t)-rc);
	return rc == 0;
}

/* The caller has entered, and there is no record at the mutex. */
static struct record *
record_make(pthread_mutex_t *m, const void *caller)
{
	const size_t bucket = bucket_of(m);
	struct record *r = table[bucket];
	bool is_new;

	while (r != NULL && r->mutex != m)
		r = r->next;
	is_new = r == NULL;
	if (is_new) {
		if (nchunk == 0) {
			chunk = under_map(CHUNK * sizeof(*chunk));
			nchunk = chunk != NULL ? CHUNK : 0;
		}
		if (nchunk == 0)
			return NOT_OURS;
		r = &chunk[CHUNK - nchunk--];
		r->mutex = m;
		r->site = caller;
		r->next = table[bucket];
		table[bucket] = r;
	} else {
		if (under.kind->destroy != NULL && !r->held)
			under.kind->destroy(r->state);
		if (r->site != caller)
			r->slot = NULL; /* it is another mutex to people */
		r->site = caller;
		r->unlisted = false;
	}
	atom_store_rlx(&r->owner, NULL);
	r->node = NULL;
	r->depth = 0;
	r->hold_begin_ns = 0;
	r->held = false;
	return record_renew(r) ? r : NOT_OURS;
}

/* Counts an operation that is the C library's. */
static struct record *
pass(const pthread_mutex_t *m)
{
	const int kind = m->__data.__kind;
	struct preload_tally *t = record_tally();

	if (t != NULL)
		/* A robust one of one process has the bit of the shared ones, too. */
		atom_add_rlx(kind & KIND_ROBUST	  ? &t->passed_robust
			     : kind & KIND_SHARED ? &t->passed_shared
			     : kind & (KIND_INHERIT | KIND_PROTECT)
				     ? &t->passed_priority
				     : &t->passed_memory,
			     1);
	return NULL;
}

struct record *
record_of(pthread_mutex_t *m, const void *caller)
{
	const int kind = m->__data.__kind;
	struct record *r;

	if (kind & (KIND_ROBUST | KIND_INHERIT | KIND_PROTECT | KIND_SHARED))
		return pass(m);
	r = atom_load_acq(field_of(m)); /* A */
	if (r == NULL) {
		enter();
		r = atom_load_acq(field_of(m)); /* A */
		if (r == NULL) {
			r = record_make(m, caller);
			atom_store_rel(field_of(m), r); /* A */
		}
		leave();
	}
	return r != NOT_OURS ? r : pass(m);
}

struct record *
record_known(const pthread_mutex_t *m)
{
	struct record *r = NULL;

	if (!(m->__data.__kind &
	      (KIND_ROBUST | KIND_INHERIT | KIND_PROTECT | KIND_SHARED)))
		r = atom_load_acq(field_of(m)); /* A */
	return r != NOT_OURS ? r : NULL;
}

void
record_forget(pthread_mutex_t *m)
{
	atom_store_rlx(field_of(m), NULL);
}

void
record_before_fork(void)
{
	enter();
}

void
record_after_fork(void (*renew)(struct record *r))
{
	if (renew != NULL) {
		atom_store_rlx(&process, NULL);
		for (size_t i = 0; i < BUCKETS; i++)
			for (struct record *r = table[i]; r != NULL; r = r->next)
				renew(r);
	}
	leave();
}
