/*
 * shm.c - two rings of bytes in shared memory, one each way.
 *
 * One writer and one reader a ring, as in core/queue/spsc.c, in bytes. Who finds it
 * empty or full looks for about 50 us, offering the CPU to others, then sleeps on a
 * futex. The sleeper pays for the order of stores, by membarrier(2); see
 * core/queue_wait.c. A side that is killed cannot say that it closes: link_bury().
 *
 * Edge T: the writer stores tail after the bytes -> the reader sees them.
 * Edge H: the reader stores head after it has read -> the writer writes there.
 * Edge S (Dekker): a sleeper sets its word, then looks once more; the other side moves
 * its index, then looks at the word.
 * Edge C: a side closes after its last bytes -> the other one reads these first.
 */
#include "core/link.h"

#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_BYTES (UINT64_C(1) << 18)

#define SPIN_NS (50 * NS_PER_US)
#define LOOKS 64

struct ring {
	CACHE_ALIGNED atom_u64 tail; /* the writer's */
	atom_u32 writer_gone;
	CACHE_ALIGNED atom_u64 head; /* the reader's */
	atom_u32 reader_gone;
	/* 1: sleeps there; a futex. Read often, written when one goes to sleep. */
	CACHE_ALIGNED atom_u32 reader_sleeps;
	atom_u32 writer_sleeps;
	CACHE_ALIGNED unsigned char bytes[RING_BYTES];
};

struct shared {
	struct ring ring[2]; /* ring s is written by side s */
	bool fences;	     /* no membarrier(2) here */
	CACHE_ALIGNED atom_u32 fence;
};

static int
shm_open_rings(struct link *l, struct err *e)
{
	struct shared *s;

	l->map_bytes = sizeof(struct shared);
	l->map = mmap(NULL, l->map_bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->map == MAP_FAILED) {
		l->map = NULL;
		return err_set(e, errno, "cannot map shared memory");
	}
	s = l->map;
	s->fences = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0,
			    0) != 0;
	return 0;
}

static void
shm_take(struct link *l)
{
	const struct shared *s = l->map;

	if (!s->fences)
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
}

/* After an index has moved: wakes the other side if it sleeps. */
static inline void
notify(struct shared *s, atom_u32 *sleeps)
{
	atom_compiler_barrier();
	if (__builtin_expect(s->fences, 0))
		atom_add_sc(&s->fence, 1); /* S */
	if (__builtin_expect(atom_load_rlx(sleeps) != 0, 0)) {
		atom_store_sc(sleeps, 0); /* S */
		futex_wake(sleeps, INT_MAX);
	}
}

/* What a side waits for: bytes, or room. */
static bool
is_ready(struct ring *r, bool reader)
{
	if (reader)
		return atom_load_acq(&r->tail) != atom_load_rlx(&r->head) ||	 /* T */
		       atom_load_acq(&r->writer_gone);				 /* C */
	return atom_load_rlx(&r->tail) - atom_load_acq(&r->head) < RING_BYTES || /* H */
	       atom_load_acq(&r->reader_gone);					 /* C */
}

static int
await(struct shared *s, struct ring *r, bool reader, uint64_t deadline_ns)
{
	atom_u32 *sleeps = reader ? &r->reader_sleeps : &r->writer_sleeps;
	uint64_t until_ns;
	int rc;

	if (is_ready(r, reader))
		return 0;
	if (deadline_ns == 0)
		return -EAGAIN;
	until_ns = clock_ns() + SPIN_NS;
	do {
		for (int i = 0; i < LOOKS; i++) {
			if (is_ready(r, reader))
				return 0;
			atom_pause();
		}
		sched_yield(); /* the other side may be waiting for this very CPU */
	} while (clock_ns() < until_ns);
	for (;;) {
		atom_store_sc(sleeps, 1); /* S */
		if (!s->fences)
			syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
		if (is_ready(r, reader))
			break;
		rc = futex_wait(sleeps, 1, deadline_ns);
		if (is_ready(r, reader))
			break;
		if (rc == -ETIMEDOUT) {
			atom_store_rlx(sleeps, 0);
			return rc;
		}
	}
	atom_store_rlx(sleeps, 0);
	return 0;
}

static void
copy_out(const struct ring *r, uint64_t head, void *to, size_t n)
{
	const size_t at = head & (RING_BYTES - 1);
	const size_t first = n < RING_BYTES - at ? n : RING_BYTES - at;

	memcpy(to, r->bytes + at, first);
	memcpy((char *)to + first, r->bytes, n - first);
}

static void
copy_in(struct ring *r, uint64_t tail, const void *from, size_t n)
{
	const size_t at = tail & (RING_BYTES - 1);
	const size_t first = n < RING_BYTES - at ? n : RING_BYTES - at;

	memcpy(r->bytes + at, from, first);
	memcpy(r->bytes, (const char *)from + first, n - first);
}

static ssize_t
shm_read(struct link *l, void *to, size_t n, uint64_t deadline_ns)
{
	struct shared *s = l->map;
	struct ring *r = &s->ring[1 - l->side];
	const uint64_t head = atom_load_rlx(&r->head);
	uint64_t there;
	int rc = await(s, r, true, deadline_ns);

	if (rc != 0)
		return rc;
	there = atom_load_acq(&r->tail) - head; /* T */
	if (there == 0)
		return 0; /* gone, with nothing behind */
	if (there < n)
		n = (size_t)there;
	copy_out(r, head, to, n);
	atom_store_rel(&r->head, head + n); /* H */
	notify(s, &r->writer_sleeps);
	return (ssize_t)n;
}

static ssize_t
shm_write(struct link *l, const void *from, size_t n, uint64_t deadline_ns)
{
	struct shared *s = l->map;
	struct ring *r = &s->ring[l->side];
	const uint64_t tail = atom_load_rlx(&r->tail);
	uint64_t room;
	int rc = await(s, r, false, deadline_ns);

	if (rc != 0)
		return rc;
	if (atom_load_acq(&r->reader_gone)) /* C */
		return -EPIPE;
	room = RING_BYTES - (tail - atom_load_acq(&r->head)); /* H */
	if (room < n)
		n = (size_t)room;
	copy_in(r, tail, from, n);
	atom_store_rel(&r->tail, tail + n); /* T */
	notify(s, &r->reader_sleeps);
	return (ssize_t)n;
}

static int
shm_poll(struct link *l, uint64_t deadline_ns)
{
	struct shared *s = l->map;
	const int rc = await(s, &s->ring[1 - l->side], true, deadline_ns);

	return rc == 0 ? 1 : rc == -EAGAIN || rc == -ETIMEDOUT ? 0 : rc;
}

static void
shm_close(struct link *l)
{
	struct shared *s = l->map;

	atom_store_rel(&s->ring[l->side].writer_gone, 1);     /* C */
	atom_store_rel(&s->ring[1 - l->side].reader_gone, 1); /* C */
	for (int i = 0; i < 2; i++) {
		atom_store_sc(&s->ring[i].reader_sleeps, 0); /* S */
		atom_store_sc(&s->ring[i].writer_sleeps, 0); /* S */
		futex_wake(&s->ring[i].reader_sleeps, INT_MAX);
		futex_wake(&s->ring[i].writer_sleeps, INT_MAX);
	}
}

const struct link_kind link_kind_shm = {
	.kind = { .name = "shm", .summary = "two rings in shared memory" },
	.traits = LINK_OWNER_TELLS,
	.open = shm_open_rings,
	.take = shm_take,
	.read = shm_read,
	.write = shm_write,
	.poll = shm_poll,
	.close = shm_close,
};
