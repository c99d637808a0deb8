/*
 * trace.c - events in shared memory: the mapping and its writers.
 *
 * Edge T: append() stores head = n + 1 -> drain_ring() in core/trace_pump.c
 * sees it, hence the event in slot n, and a name given before it.
 * Edge F: drain_ring() in core/trace_pump.c stores tail = n + 1 -> has_room() sees
 * it, hence slot n was copied and may be written again.
 */
#include "core/trace.h"

#include "core/clock.h"
#include "core/trace_ring.h"

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

enum { CAPACITY_MAX = 1 << 24, PENDING_MIN = 1024 };

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
map_size(int nroles, uint32_t capacity)
{
	return slots_offset(nroles) + (size_t)nroles * capacity * sizeof(struct event);
}

/* Copies at most size - 1 bytes, whole UTF-8 characters, and ends in NUL; what was cut
 * ends in `mark`. */
static void
copy_text(char *to, size_t size, const char *from, const char *mark)
{
	size_t n = 0, end = 0;

	while (n < size - 1 && from[n] != '\0')
		n++;
	if (from[n] != '\0') {
		end = strlen(mark);
		n -= end;
		while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(to, from, n);
	memcpy(to + n, mark, end);
	memset(to + n + end, 0, size - n - end);
}

static void
unbind_child(void)
{
	bound.ring = NULL;
	bound.pid = 0;
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
	char cut[TRACE_NAME];

	if (t->shared == NULL || role < 0 || role >= t->nroles)
		return;
	copy_text(cut, sizeof(cut), name, "");
	/* A worker that is started anew may name its role again, while the owner
	 * still tells what the former one did. */
	if (strcmp(t->shared->name[role], cut) != 0)
		memcpy(t->shared->name[role], cut, sizeof(cut));
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
trace_follow(struct trace *t, int role)
{
	if (bound.pid == 0 || (uint32_t)role == bound.role || role >= t->nroles)
		return;
	if (role < 0) {
		bound.ring = NULL;
		bound.role = (uint32_t)role;
		return;
	}
	bound.ring = &t->shared->ring[role];
	bound.slot = ring_slots(t->shared, role);
	bound.role = (uint32_t)role;
	bound.trace = role == 0 && bound.pid == t->shared->owner ? t : NULL;
}

void
trace_mark_coroutine(struct trace *t, int role)
{
	if (t->shared != NULL && role >= 0 && role < t->nroles)
		t->shared->coroutine[role] = true;
}

bool
trace_is_coroutine(const struct trace *t, int role)
{
	return t->shared != NULL && role >= 0 && role < t->nroles &&
	       t->shared->coroutine[role];
}

void
trace_emit(const struct event_type *type, int64_t a, int64_t b, const char *text)
{
	if (bound.ring != NULL)
		trace_emit_at(clock_ns(), type, a, b, text);
}

/* True when the ring has room for the event number `head`. Its writer only. */
static bool
has_room(struct ring *r, uint32_t mask, uint64_t head)
{
	if (head - r->tail_seen <= mask)
		return true;
	r->tail_seen = atom_load_acq(&r->tail); /* F */
	return head - r->tail_seen <= mask;
}

/* The owner's own thread makes room itself. A vfork() child never does. */
static bool
make_room(struct ring *r, uint64_t head)
{
	struct trace *t = bound.trace;

	if (t == NULL || t->sink == NULL || getpid() != bound.pid)
		return false;
	trace_pump(t, false);
	return has_room(r, bound.mask, head);
}

/* Writes event number `head`, for which there is room, as b would. */
static void
append(const struct binding *to, uint64_t head, uint64_t ts_ns, intptr_t distance,
       int64_t a, int64_t b, const char *text)
{
	struct event *e = &to->slot[head & to->mask];

	assert(distance == (int32_t)distance);
	e->ts_ns = ts_ns;
	e->a = a;
	e->b = b;
	e->pid = to->pid;
	e->tid = to->tid;
	e->type = (int32_t)distance;
	e->role = to->role;
	copy_text(e->text, EVENT_TEXT, text == NULL ? "" : text, "\u2026");
	atom_store_rel(&to->ring->head, head + 1); /* T */
}

void
trace_emit_at(uint64_t ts_ns, const struct event_type *type, int64_t a, int64_t b,
	      const char *text)
{
	struct ring *r = bound.ring;
	uint64_t head;

	if (r == NULL)
		return;
	head = atom_load_rlx(&r->head);
	if (has_room(r, bound.mask, head) || make_room(r, head))
		append(&bound, head, ts_ns, (intptr_t)type - (intptr_t)&anchor, a, b,
		       text);
	else
		atom_store_rlx(&r->lost, atom_load_rlx(&r->lost) + 1);
}

void
trace_emit_for(struct trace *t, const struct trace_writer *w, uint64_t ts_ns,
	       const struct event_type *type, int64_t a, int64_t b, const char *text)
{
	struct binding to;
	uint64_t head;

	if (t->shared == NULL || w->role < 0 || w->role >= t->nroles)
		return;
	to = (struct binding){ .ring = &t->shared->ring[w->role],
			       .slot = ring_slots(t->shared, w->role),
			       .mask = t->capacity - 1,
			       .role = (uint32_t)w->role,
			       .pid = w->pid,
			       .tid = w->tid };
	head = atom_load_rlx(&to.ring->head);
	if (!has_room(to.ring, to.mask, head))
		trace_pump(t, true);
	if (has_room(to.ring, to.mask, head))
		append(&to, head, ts_ns, (intptr_t)type - (intptr_t)&anchor, a, b,
		       text);
	else
		atom_store_rlx(&to.ring->lost, atom_load_rlx(&to.ring->lost) + 1);
}

const struct event_type *
event_type_of(const struct event *e)
{
	return (const void *)((intptr_t)&anchor + e->type);
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

const char *
event_text(const struct event *e)
{
	const struct event_type *type = event_type_of(e);

	return type->whole != NULL && *type->whole != NULL ? *type->whole : e->text;
}
