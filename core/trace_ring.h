/*
 * trace_ring.h - how a trace lies in memory; private to trace.c and trace_pump.c.
 *
 * The mapping holds a header, a ring header a role, then the rings' slots. Heads
 * and tails count events and never wrap in practice (64 bits); a slot is the count
 * modulo the capacity. Each ring has one writer and one reader. Source: L. Lamport,
 * "Specifying Concurrent Program Modules", 1983.
 */
#ifndef CORE_TRACE_RING_H
#define CORE_TRACE_RING_H

#include "core/atom.h"
#include "core/trace.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { ROLES_MAX = 65535 };

struct ring {
	CACHE_ALIGNED atom_u64 head; /* events appended; the writer */
	atom_u64 lost;		     /* events dropped; the writer */
	uint64_t tail_seen;	     /* the writer's last look at tail */
	CACHE_ALIGNED atom_u64 tail; /* events taken; the owner */
};

struct trace_shared {
	uint64_t magic;
	uint64_t start_ns;
	uint32_t nroles, capacity;
	pid_t owner;
	bool coroutine[ROLES_MAX + 1];	      /* by role */
	char name[ROLES_MAX + 1][TRACE_NAME]; /* pages are only made when used */
	struct ring ring[];
};

/* Where the slots begin: a page of their own. */
static inline size_t
slots_offset(int nroles)
{
	size_t end = sizeof(struct trace_shared) + (size_t)nroles * sizeof(struct ring);

	return (end + 4095) & ~(size_t)4095;
}

static inline struct event *
ring_slots(struct trace_shared *s, int role)
{
	char *slots = (char *)s + slots_offset((int)s->nroles);

	return (struct event *)(void *)slots + (size_t)role * s->capacity;
}

#endif
