/*
 * queue.c - queues: what all kinds have in common.
 *
 * Edge X: queue_close(), queue_abort() change the state -> core/queue_wait.c.
 * Edge D: queue_task_done() counts down after the work -> queue_join() sees zero, hence
 * what the work wrote.
 */
#include "core/queue.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/queue_kind.h"

#include <limits.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct queue_kind *
queue_kind_find(const char *name)
{
	for (int i = 0; queue_kind_table[i] != NULL; i++)
		if (strcmp(queue_kind_table[i]->kind.name, name) == 0)
			return queue_kind_table[i];
	return NULL;
}

static size_t
power_of_two(size_t n)
{
	size_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static int
examine(const struct queue_config *f, struct err *e)
{
	const struct queue_kind *k = f->kind;
	const char *name = k->kind.name;

	if (f->capacity < 1 || f->capacity > QUEUE_CAPACITY_MAX || f->item_bytes < 1)
		return err_set(e, EINVAL, "a queue of %zu messages of %zu bytes",
			       f->capacity, f->item_bytes);
	if (f->producers < 1 || f->consumers < 1 ||
	    f->producers + f->consumers + 1 > QUEUE_ENDS_MAX)
		return err_set(e, EINVAL, "a queue of %d producers and %d consumers",
			       f->producers, f->consumers);
	if (!(k->traits & (f->processes ? QUEUE_PROCESSES : QUEUE_THREADS)))
		return err_set(e, EINVAL, "kind '%s' works between %s only", name,
			       f->processes ? "threads" : "processes");
	if (k->traits & QUEUE_ONE_TO_ONE && (f->producers > 1 || f->consumers > 1))
		return err_set(e, EINVAL,
			       "kind '%s' is for one producer and one consumer", name);
	if (k->max_item != 0 && f->item_bytes > k->max_item)
		return err_set(e, EINVAL,
			       "kind '%s' takes messages of at most %zu bytes", name,
			       k->max_item);
	return 0;
}

/* True when a sleeper can order the stores of others; once in every process. */
static bool
register_barrier(bool processes)
{
	const int command = processes ? MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
				      : MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

	return syscall(SYS_membarrier, command, 0, 0) == 0;
}

int
queue_open(struct queue *q, const struct queue_config *f, struct err *e)
{
	size_t area;
	int rc;

	*q = (struct queue){ .config = *f,
			     .kind = f->kind,
			     .ends = f->producers + f->consumers + 1,
			     .slots = power_of_two(f->capacity),
			     .stride = queue_words(f->item_bytes),
			     .fd = { -1, -1 },
			     .close_fd = -1,
			     .id = -1 };
	rc = examine(f, e);
	if (rc != 0) {
		*q = (struct queue){ .kind = NULL };
		return rc;
	}
	q->fences = !register_barrier(f->processes);
	area = f->kind->area_bytes != NULL ? f->kind->area_bytes(f) : 0;
	q->map_bytes = sizeof(struct queue_shared) + area;
	q->shared = mmap(NULL, q->map_bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (q->shared == MAP_FAILED) {
		q->shared = NULL;
		rc = err_set(e, errno, "cannot map %zu bytes for a queue",
			     q->map_bytes);
	} else {
		q->area = q->shared + 1;
		q->close_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		rc = q->close_fd < 0 ? err_set(e, errno, "cannot make an event") : 0;
	}
	if (rc == 0 && f->kind->open != NULL)
		rc = f->kind->open(q, e);
	if (rc != 0)
		queue_fini(q);
	return rc;
}

void
queue_fini(struct queue *q)
{
	if (q->kind == NULL)
		return;
	if (q->shared != NULL && q->kind->fini != NULL)
		q->kind->fini(q);
	for (int i = 0; i < 2; i++)
		if (q->fd[i] >= 0)
			close(q->fd[i]);
	if (q->close_fd >= 0)
		close(q->close_fd);
	if (q->shared != NULL)
		munmap(q->shared, q->map_bytes);
	*q = (struct queue){ .kind = NULL };
}

void
queue_attach(struct queue *q, struct queue_end *t, int who)
{
	*t = (struct queue_end){ .q = q, .who = who };
	/* The owner's registration is inherited; a failure here cannot be new. */
	if (!q->fences)
		register_barrier(q->config.processes);
	if (q->kind->attach != NULL)
		q->kind->attach(t);
}

int
queue_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int rc;

	/* Counted before it can be taken, so that join never sees too few. */
	if (q->config.joinable)
		atom_add_rlx(&q->shared->unfinished, 1);
	rc = q->kind->put(t, item, n, deadline_ns);
	if (rc < 0 && q->config.joinable)
		atom_sub_rlx(&q->shared->unfinished, 1);
	return rc;
}

int
queue_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns)
{
	return t->q->kind->get(t, item, n, deadline_ns);
}

int64_t
queue_size(struct queue *q)
{
	return q->kind->size(q);
}

bool
queue_empty(struct queue *q)
{
	return queue_size(q) <= 0;
}

bool
queue_full(struct queue *q)
{
	return queue_size(q) >= (int64_t)q->config.capacity;
}

static void
change_state(struct queue *q, uint32_t bit)
{
	const uint64_t one = 1;
	ssize_t n;

	atom_or_sc(&q->shared->state, bit); /* X */
	n = write(q->close_fd, &one, sizeof(one));
	(void)n; /* full means readable, which is what is wanted */
	queue_wake_everybody(q);
	if (q->kind->wake != NULL)
		q->kind->wake(q);
}

void
queue_close(struct queue *q)
{
	change_state(q, QUEUE_CLOSED);
}

void
queue_abort(struct queue *q)
{
	change_state(q, QUEUE_ABORTED);
}

int
queue_task_done(struct queue *q)
{
	const int64_t before = atom_add_acq_rel(&q->shared->unfinished, -1); /* D */

	if (before <= 0) {
		atom_add_rlx(&q->shared->unfinished, 1);
		return -EINVAL;
	}
	if (before == 1) {
		atom_add_rlx(&q->shared->joiners_seq, 1);
		futex_wake(&q->shared->joiners_seq, INT_MAX);
	}
	return 0;
}

int
queue_join(struct queue *q, uint64_t deadline_ns)
{
	struct queue_shared *s = q->shared;

	for (;;) {
		const uint32_t seq = atom_load_acq(&s->joiners_seq); /* X */
		int rc;

		if (atom_load_acq(&s->unfinished) <= 0) /* D */
			return 0;
		if (atom_load_rlx(&s->state) & QUEUE_ABORTED)
			return -ECANCELED;
		rc = futex_wait(&s->joiners_seq, seq, deadline_ns);
		if (rc == -ETIMEDOUT || rc == -EINTR)
			return rc;
	}
}

int
queue_bury(struct queue *q, int who)
{
	const int lost = q->kind->bury != NULL ? q->kind->bury(q, who) : 0;

	/* It may have been woken and died before it could hand on. */
	atom_store_rlx(&q->shared->getters_sleep, 1);
	atom_store_rlx(&q->shared->putters_sleep, 1);
	queue_wake_everybody(q);
	return lost;
}

/* --- loads ------------------------------------------------------------------- */

void
queue_fill(void *buffer, size_t n, uint64_t word)
{
	unsigned char *to = buffer;
	size_t at;

	for (at = 0; at + 8 <= n; at += 8) {
		memcpy(to + at, &word, 8);
		word += UINT64_C(0x9E3779B97F4A7C15);
	}
	if (at < n)
		memcpy(to + at, &word, n - at);
}

bool
queue_is_whole(const void *buffer, size_t n)
{
	const unsigned char *from = buffer;
	uint64_t word, got, wrong = 0;
	size_t at;

	if (n < 8)
		return false;
	memcpy(&word, from, 8);
	for (at = 0; at + 8 <= n; at += 8) {
		memcpy(&got, from + at, 8);
		wrong |= got ^ word;
		word += UINT64_C(0x9E3779B97F4A7C15);
	}
	if (at < n)
		wrong |= (uint64_t)(memcmp(from + at, &word, n - at) != 0);
	return wrong == 0;
}

void
queue_produce(struct queue_end *t, struct queue_load *l)
{
	t->q->kind->produce(t, l);
}

void
queue_consume(struct queue_end *t, struct queue_load *l)
{
	t->q->kind->consume(t, l);
}
