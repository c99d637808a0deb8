/*
 * trace.c - events in shared memory, merged by time.
 *
 * The mapping holds a header, a ring header a role, then the rings' slots. Heads
 * and tails count events and never wrap in practice (64 bits); a slot is the count
 * modulo the capacity. Each ring has one writer and one reader (L. Lamport,
 * "Specifying Concurrent Program Modules", 1983).
 *
 * Edge T: trace_emit_at() stores head = n + 1 -> drain_ring() sees it, hence the
 * event in slot n, and a name given before it.
 * Edge F: drain_ring() stores tail = n + 1 -> trace_emit_at() sees it, hence slot n
 * was copied and may be written again.
 */
#include "core/trace.h"

#include "core/atom.h"
#include "core/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x3165636172746263) /* "cbtrace1" */
#define HOLD_NS (2 * NS_PER_MS)		   /* how long a late event is waited for */

enum { ROLES_MAX = 65535, CAPACITY_MAX = 1 << 24, PENDING_MIN = 1024 };

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
	char name[ROLES_MAX + 1][TRACE_NAME]; /* pages are only made when used */
	struct ring ring[];
};

/* What the calling thread writes to; ring is NULL when it is not bound. */
struct binding {
	struct ring *ring;
	struct event *slot;
	uint32_t mask, role;
	int32_t pid, tid;
	struct trace *trace; /* of role 0 in the owner, else NULL */
};

static _Thread_local struct binding bound;

/* Event types are told by their distance from this object, which is the same in
 * every process of this program, wherever it was loaded. */
static const char anchor;

static size_t
slots_offset(int nroles)
{
	size_t end = sizeof(struct trace_shared) + (size_t)nroles * sizeof(struct ring);

	return (end + 4095) & ~(size_t)4095;
}

static struct event *
ring_slots(struct trace_shared *s, int role)
{
	char *slots = (char *)s + slots_offset((int)s->nroles);

	return (struct event *)(void *)slots + (size_t)role * s->capacity;
}

static size_t
map_size(int nroles, uint32_t capacity)
{
	return slots_offset(nroles) + (size_t)nroles * capacity * sizeof(struct event);
}

/* Copies at most size - 1 bytes, whole UTF-8 characters, and ends in NUL. */
static void
copy_text(char *to, size_t size, const char *from)
{
	size_t n = 0;

	while (n < size - 1 && from[n] != '\0')
		n++;
	if (from[n] != '\0')
		while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	memcpy(to, from, n);
	memset(to + n, 0, size - n);
}

static void
unbind_child(void)
{
	bound.ring = NULL;
}

static void
unbind_children(void)
{
	/* If it fails, a child that does not bind itself writes into its parent's
	 * ring, which the contract forbids anyhow. */
	pthread_atfork(NULL, NULL, unbind_child);
}

static int
map_rings(struct trace *t, struct err *e)
{
	struct rlimit limit;
	void *map;

	t->fd = memfd_create("concbench-trace", MFD_CLOEXEC);
	if (t->fd < 0)
		return err_set(e, errno, "cannot make shared memory for the trace");
	/* Past the limit, ftruncate() would kill us by SIGXFSZ. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < t->map_bytes) {
		err_set(e, EFBIG, "cannot make %zu bytes of trace", t->map_bytes);
		err_hint(e, "raise the file size limit: ulimit -f unlimited");
		return -EFBIG;
	}
	if (ftruncate(t->fd, (off_t)t->map_bytes) != 0)
		return err_set(e, errno, "cannot make %zu bytes of trace",
			       t->map_bytes);
	map = mmap(NULL, t->map_bytes, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, t->fd, 0);
	if (map == MAP_FAILED)
		return err_set(e, errno, "cannot map %zu bytes of trace", t->map_bytes);
	t->shared = map;
	return 0;
}

int
trace_init(struct trace *t, int nroles, uint32_t capacity, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint32_t power = 1;
	int rc = 0;

	assert(nroles >= 1 && nroles <= ROLES_MAX);
	while (power < capacity && power < CAPACITY_MAX)
		power *= 2;
	*t = (struct trace){ .fd = -1,
			     .nroles = nroles,
			     .capacity = power,
			     .map_bytes = map_size(nroles, power),
			     .pending_max = PENDING_MIN };
	/* The second half is room for merging. */
	t->pending = malloc(2 * PENDING_MIN * sizeof(*t->pending));
	if (t->pending == NULL)
		rc = err_set(e, ENOMEM, "cannot make room for events");
	if (rc == 0)
		rc = map_rings(t, e);
	if (rc != 0) {
		trace_fini(t);
		return rc;
	}
	pthread_once(&once, unbind_children);
	t->start_ns = clock_ns();
	t->shared->magic = MAGIC;
	t->shared->start_ns = t->start_ns;
	t->shared->nroles = (uint32_t)nroles;
	t->shared->capacity = power;
	t->shared->owner = getpid();
	return 0;
}

void
trace_fini(struct trace *t)
{
	if (t->shared != NULL && bound.ring == &t->shared->ring[bound.role])
		trace_bind(NULL, 0);
	if (t->shared != NULL)
		munmap(t->shared, t->map_bytes);
	/* A zeroed trace has no descriptor, though its fd reads 0. */
	if (t->map_bytes != 0 && t->fd >= 0)
		close(t->fd);
	free(t->pending);
	*t = (struct trace){ .fd = -1 };
}

void
trace_name(struct trace *t, int role, const char *name)
{
	if (t->shared != NULL && role >= 0 && role < t->nroles)
		copy_text(t->shared->name[role], TRACE_NAME, name);
}

const char *
trace_role_name(const struct trace *t, int role)
{
	if (t->shared == NULL || role < 0 || role >= t->nroles)
		return "";
	return t->shared->name[role];
}

void
trace_bind(struct trace *t, int role)
{
	struct binding b = { .ring = NULL };

	if (t != NULL && t->shared != NULL && role >= 0 && role < t->nroles) {
		b.ring = &t->shared->ring[role];
		b.slot = ring_slots(t->shared, role);
		b.mask = t->capacity - 1;
		b.role = (uint32_t)role;
		b.pid = getpid();
		b.tid = gettid();
		if (role == 0 && b.pid == t->shared->owner)
			b.trace = t;
	}
	bound = b;
}

void
trace_emit(const struct event_type *type, int64_t a, int64_t b, const char *text)
{
	if (bound.ring != NULL)
		trace_emit_at(clock_ns(), type, a, b, text);
}

/* True when the calling thread's ring has room for the event number `head`. */
static bool
has_room(struct ring *r, uint64_t head)
{
	if (head - r->tail_seen <= bound.mask)
		return true;
	r->tail_seen = atom_load_acq(&r->tail); /* F */
	return head - r->tail_seen <= bound.mask;
}

/* The owner's own thread makes room itself. A vfork() child never does. */
static bool
make_room(struct ring *r, uint64_t head)
{
	struct trace *t = bound.trace;

	if (t == NULL || t->sink == NULL || t->pumping || getpid() != bound.pid)
		return false;
	trace_pump(t, false);
	return has_room(r, head);
}

void
trace_emit_at(uint64_t ts_ns, const struct event_type *type, int64_t a, int64_t b,
	      const char *text)
{
	struct ring *r = bound.ring;
	intptr_t distance = (intptr_t)type - (intptr_t)&anchor;
	struct event *e;
	uint64_t head;

	if (r == NULL)
		return;
	assert(distance == (int32_t)distance);
	head = atom_load_rlx(&r->head);
	if (!has_room(r, head) && !make_room(r, head)) {
		atom_store_rlx(&r->lost, atom_load_rlx(&r->lost) + 1);
		return;
	}
	e = &bound.slot[head & bound.mask];
	e->ts_ns = ts_ns;
	e->a = a;
	e->b = b;
	e->pid = bound.pid;
	e->tid = bound.tid;
	e->type = (int32_t)distance;
	e->role = bound.role;
	copy_text(e->text, EVENT_TEXT, text == NULL ? "" : text);
	atom_store_rel(&r->head, head + 1); /* T */
}

const struct event_type *
event_type_of(const struct event *e)
{
	return (const void *)((intptr_t)&anchor + e->type);
}

/* Merges the sorted runs from[0..mid) and from[mid..n) into to, earlier first. */
static void
merge_runs(struct event *to, const struct event *from, size_t mid, size_t n)
{
	size_t i = 0, j = mid;

	for (size_t k = 0; k < n; k++)
		to[k] = j >= n || (i < mid && from[i].ts_ns <= from[j].ts_ns)
				? from[i++]
				: from[j++];
}

/*
 * Sorts by time; events of the same time stay as they are, so that a role's own
 * order is kept. Merge sort, since qsort() promises neither this nor its memory.
 */
static void
sort_events(struct event *e, struct event *spare, size_t n)
{
	struct event *from = e, *to = spare, *swap;
	size_t sorted = 1;

	while (sorted < n && e[sorted - 1].ts_ns <= e[sorted].ts_ns)
		sorted++;
	if (sorted >= n)
		return;
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t i = 0; i < n; i += 2 * run) {
			size_t left = n - i;

			merge_runs(to + i, from + i, left < run ? left : run,
				   left < 2 * run ? left : 2 * run);
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != e)
		memcpy(e, from, n * sizeof(*e));
}

/*
 * Hands out what is pending and older than before_ns, in order of time. Returns how
 * many events that were.
 */
static size_t
hand_out(struct trace *t, uint64_t before_ns)
{
	size_t n = 0;

	sort_events(t->pending, t->pending + t->pending_max, t->npending);
	while (n < t->npending && t->pending[n].ts_ns < before_ns) {
		if (t->sink != NULL)
			t->sink(t->sink_arg, &t->pending[n]);
		n++;
	}
	t->npending -= n;
	memmove(t->pending, t->pending + n, t->npending * sizeof(*t->pending));
	return n;
}

/* Makes room for one more pending event. */
static void
grow_pending(struct trace *t)
{
	size_t max = 2 * t->pending_max;
	struct event *more = realloc(t->pending, 2 * max * sizeof(*more));

	if (more == NULL) {
		/* No memory: better out of order than not at all. */
		hand_out(t, UINT64_MAX);
		return;
	}
	t->pending = more;
	t->pending_max = max;
}

static void
drain_ring(struct trace *t, int role)
{
	struct ring *r = &t->shared->ring[role];
	const struct event *slot = ring_slots(t->shared, role);
	uint64_t tail = atom_load_rlx(&r->tail);
	uint64_t head = atom_load_acq(&r->head); /* T */

	if (tail == head)
		return;
	for (; tail != head; tail++) {
		if (t->npending == t->pending_max)
			grow_pending(t);
		t->pending[t->npending++] = slot[tail & (t->capacity - 1)];
	}
	atom_store_rel(&r->tail, head); /* F */
}

void
trace_pump(struct trace *t, bool all)
{
	uint64_t before_ns, lost = 0;

	if (t->shared == NULL || t->pumping)
		return;
	t->pumping = true;
	before_ns = all ? UINT64_MAX : clock_ns() - HOLD_NS;
	for (int role = 0; role < t->nroles; role++) {
		drain_ring(t, role);
		lost += atom_load_rlx(&t->shared->ring[role].lost);
	}
	t->lost = lost;
	if (hand_out(t, before_ns) != 0 && t->sink_end != NULL)
		t->sink_end(t->sink_arg);
	t->pumping = false;
}

/* Whether a file of this size can hold what its header says. */
static bool
is_trace(const struct trace_shared *s, size_t bytes)
{
	return s->magic == MAGIC && s->nroles >= 1 && s->nroles <= ROLES_MAX &&
	       s->capacity >= 1 && s->capacity <= CAPACITY_MAX &&
	       (s->capacity & (s->capacity - 1)) == 0 &&
	       map_size((int)s->nroles, s->capacity) == bytes;
}

int
trace_attach(struct trace *t, int fd, int role, struct err *e)
{
	struct stat st;
	void *map;

	*t = (struct trace){ .fd = -1 };
	if (fstat(fd, &st) != 0)
		return err_set(e, errno, "cannot use descriptor %d as a trace", fd);
	if ((size_t)st.st_size < sizeof(struct trace_shared))
		return err_set(e, EINVAL, "descriptor %d is not a trace", fd);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (map == MAP_FAILED)
		return err_set(e, errno, "cannot map the trace of descriptor %d", fd);
	if (!is_trace(map, (size_t)st.st_size)) {
		munmap(map, (size_t)st.st_size);
		return err_set(e, EINVAL, "descriptor %d is not a trace", fd);
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	t->shared = map;
	t->map_bytes = (size_t)st.st_size;
	t->fd = fd;
	t->nroles = (int)t->shared->nroles;
	t->capacity = t->shared->capacity;
	t->start_ns = t->shared->start_ns;
	trace_bind(t, role);
	return 0;
}
