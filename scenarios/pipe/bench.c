/*
 * bench.c - what --bench measures: messages between the calling process and another.
 *
 * The calling thread is the left side, so that a single round trip can begin when it
 * is meant to; the right side lives as long as the subject. Every byte of every message
 * is made from its number and examined, the numbers go on from batch to batch.
 *
 * A guard waits beside: when the right side dies, or the run is stopped, it makes an
 * end of the link, on which the left side may be waiting.
 */
#include "scenarios/pipe/pipe_run.h"

#include "core/clock.h"
#include "core/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define GRACE_NS (2 * NS_PER_S)

/* What the right side is told and tells. */
struct talk_shared {
	/* One way: the number of messages after which it answers. Written before the
	 * last of them is sent, so that it is seen with it. */
	CACHE_ALIGNED atom_u64 until;
	CACHE_ALIGNED atom_u64 received, wrong;
	atom_u32 saw_end;
};

struct talk {
	struct talk *next; /* of all that are open: see forget_others() */
	struct run *run;
	struct link link;
	struct crew crew;
	struct talk_shared *shared;
	struct param_cpus pin;
	unsigned char *buffer; /* of each side after the fork */
	size_t size;
	bool one_way, ended, guarded;
	pthread_t guard;
	struct link guards; /* the link as the guard has it */
	int quit_fd;
	uint64_t number, received, wrong; /* of the left side */
};

/* The main thread's. */
static struct talk *talks;

/* --- the right side ----------------------------------------------------------------
 */

/* What is inherited from other links would keep their ends from being noticed. */
static void
forget_others(const struct talk *mine)
{
	for (struct talk *t = talks; t != NULL; t = t->next)
		if (t != mine)
			link_forget(&t->link);
}

static int
answer(struct talk *t, struct pipe_end *end)
{
	struct talk_shared *s = t->shared;

	for (uint64_t i = 0;; i++) {
		ssize_t n = pipe_recv(end, t->buffer, t->size, UINT64_MAX);
		int rc;

		if (n < 0)
			return (int)n;
		atom_store_rlx(&s->received, i + 1);
		if (!pipe_is_right(t->buffer, t->size, n, queue_word(0, i)))
			atom_add_rlx(&s->wrong, 1);
		if (t->one_way && i + 1 != atom_load_rlx(&s->until))
			continue;
		pipe_fill(t->buffer, t->size, queue_word(1, i));
		rc = pipe_send(end, t->buffer, t->size, UINT64_MAX);
		if (rc != 0)
			return rc;
	}
}

static int
right_side(struct crew *c, int number, void *arg)
{
	struct talk *t = arg;
	struct pipe_end end = { .link = &t->link };
	int rc;

	(void)c;
	forget_others(t);
	link_take(&t->link, number);
	signal(SIGPIPE, SIG_IGN);
	rc = answer(t, &end);
	if (rc == -EPIPE) /* EOF, or nobody to answer to */
		atom_store_rlx(&t->shared->saw_end, 1);
	link_close(&t->link);
	return rc == -EPIPE ? 0 : 1;
}

/* --- the guard ---------------------------------------------------------------------
 */

static void *
guard(void *arg)
{
	struct talk *t = arg;
	struct pollfd p[] = { { .fd = t->quit_fd, .events = POLLIN },
			      { .fd = t->crew.end_fd, .events = POLLIN },
			      { .fd = t->run->stop->fd, .events = POLLIN } };

	while (poll(p, 3, -1) < 0 && errno == EINTR)
		;
	if (p[0].revents != 0)
		return NULL;
	/* It ends the link, and with it the wait of the left side. */
	t->crew.kind->signal(&t->crew.worker[RIGHT], SIGKILL);
	link_bury(&t->guards, RIGHT);
	return NULL;
}

static int
start_guard(struct talk *t, struct err *e)
{
	sigset_t all, before;
	int rc;

	t->guards = t->link;
	t->quit_fd = eventfd(0, EFD_CLOEXEC);
	if (t->quit_fd < 0)
		return err_set(e, errno, "cannot make an eventfd");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->guard, NULL, guard, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->guarded = rc == 0;
	return rc == 0 ? 0 : err_set(e, rc, "cannot start a thread");
}

static void
stop_guard(struct talk *t)
{
	if (t->guarded) {
		eventfd_write(t->quit_fd, 1);
		pthread_join(t->guard, NULL);
	}
	if (t->quit_fd >= 0)
		close(t->quit_fd);
	t->quit_fd = -1;
	t->guarded = false;
}

/* --- the left side ------------------------------------------------------------------
 */

/* Closes the left side, which the right one must notice, and sees it end. */
static void
end_talk(struct talk *t)
{
	if (t->ended)
		return;
	t->ended = true;
	stop_guard(t);
	link_close(&t->link);
	while (t->crew.worker != NULL && crew_running(&t->crew) > 0) {
		struct pollfd p = { .fd = t->crew.end_fd, .events = POLLIN };

		if (poll(&p, 1, (int)(GRACE_NS / NS_PER_MS)) <= 0 ||
		    stop_reason(t->run->stop) != STOP_NONE)
			crew_terminate(&t->crew, GRACE_NS);
		else
			crew_reap(&t->crew);
	}
}

static void
close_talk(struct measure_subject *s)
{
	struct talk *t = s->state, **at = &talks;

	end_talk(t);
	crew_fini(&t->crew);
	while (*at != NULL && *at != t)
		at = &(*at)->next;
	if (*at == t)
		*at = t->next;
	if (t->shared != NULL)
		munmap(t->shared, sizeof(*t->shared));
	free(t->buffer);
	free(t);
}

static int
connect_sides(struct talk *t, const struct link_kind *kind, struct err *e)
{
	int rc = link_open(&t->link, kind, e);

	if (rc == 0)
		rc = crew_init(&t->crew, crew_kind_find("process"), 2, right_side, t,
			       &t->pin, e);
	if (rc == 0)
		rc = crew_start(&t->crew, RIGHT, e);
	if (rc != 0)
		return rc;
	link_take(&t->link, LEFT);
	return start_guard(t, e);
}

static int
open_talk(struct measure_subject *s, struct err *e)
{
	const struct pipe_opts *o = s->opts;
	struct talk *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return err_set(e, ENOMEM, "cannot make room for two sides");
	s->state = t;
	t->run = s->context;
	t->size = (size_t)s->arg[0];
	t->one_way = o->way == WAY_ONE;
	t->pin = *t->run->pin;
	t->quit_fd = -1;
	t->buffer = malloc(t->size + 8);
	t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->shared == MAP_FAILED)
		t->shared = NULL;
	t->next = talks;
	talks = t;
	if (t->buffer == NULL || t->shared == NULL)
		rc = err_set(e, ENOMEM, "cannot make room for two sides");
	else
		rc = connect_sides(t, s->impl, e);
	if (rc != 0)
		close_talk(s);
	return rc;
}

static int
say(struct talk *t, struct pipe_end *end)
{
	pipe_fill(t->buffer, t->size, queue_word(0, t->number++));
	return pipe_send(end, t->buffer, t->size, UINT64_MAX);
}

static int
hear(struct talk *t, struct pipe_end *end)
{
	const ssize_t n = pipe_recv(end, t->buffer, t->size, UINT64_MAX);

	if (n < 0)
		return (int)n;
	t->received++;
	t->wrong += !pipe_is_right(t->buffer, t->size, n, queue_word(1, t->number - 1));
	return 0;
}

static int
talk(struct talk *t, struct hist *hist, uint64_t n)
{
	struct pipe_end end = { .link = &t->link };
	int rc = 0;

	atom_store_rlx(&t->shared->until, t->number + n);
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		const uint64_t begin_ns = hist != NULL ? clock_ns() : 0;

		rc = say(t, &end);
		if (rc == 0 && !t->one_way)
			rc = hear(t, &end);
		if (hist != NULL)
			hist_add(hist, clock_ns() - begin_ns);
	}
	return rc == 0 && t->one_way ? hear(t, &end) : rc;
}

static int
run_talk(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	 struct err *e)
{
	struct talk *t = s->state;
	const pid_t other = t->crew.worker[RIGHT].pid;
	uint64_t begin_ns, cpu_ns;
	int rc;

	cpu_ns = clock_thread_cpu_ns() + clock_cpu_of_ns(other);
	begin_ns = clock_ns();
	rc = talk(t, t->one_way ? NULL : s->hist, iterations);
	did->ns = clock_ns() - begin_ns;
	cpu_ns = clock_thread_cpu_ns() + clock_cpu_of_ns(other) - cpu_ns;
	if (rc != 0 && stop_reason(t->run->stop) != STOP_NONE)
		return -EINTR;
	if (rc != 0)
		return err_set(e, -rc, "the other side is gone");
	if (t->wrong != 0)
		return err_set(e, EBADMSG, "%llu messages came back wrong",
			       (unsigned long long)t->wrong);
	did->ops = iterations;
	did->bytes = iterations * t->size;
	did->cpu_ns = cpu_ns;
	return 0;
}

static bool
check_talk(struct measure_subject *s, char *detail, size_t size)
{
	struct talk *t = s->state;
	const struct talk_shared *h = t->shared;
	uint64_t received, wrong;

	end_talk(t);
	received = atom_load_rlx(&h->received);
	wrong = t->wrong + atom_load_rlx(&h->wrong);
	snprintf(detail, size,
		 "%llu sent, %llu received, %llu wrong; the end was %sseen",
		 (unsigned long long)t->number, (unsigned long long)received,
		 (unsigned long long)wrong, atom_load_rlx(&h->saw_end) ? "" : "not ");
	/* Stopped, it was cut off somewhere. */
	if (stop_reason(t->run->stop) != STOP_NONE)
		return wrong == 0;
	return received == t->number && wrong == 0 && atom_load_rlx(&h->saw_end) &&
	       (t->one_way || t->received == t->number);
}

static const struct measure_body bodies[] = {
	[WAY_TWO] = { .name = "round_trip",
		      .op = "message there and back",
		      .summary = "a message there and back, seen by the left side",
		      .version = 1,
		      .flags = MEASURE_SINGLE | MEASURE_PARALLEL | MEASURE_ALONE,
		      .open = open_talk,
		      .run = run_talk,
		      .check = check_talk,
		      .close = close_talk },
	[WAY_ONE] = { .name = "message",
		      .op = "message sent and received",
		      .summary = "from one message to the next, one way",
		      .version = 1,
		      .flags = MEASURE_PARALLEL | MEASURE_ALONE,
		      .open = open_talk,
		      .run = run_talk,
		      .check = check_talk,
		      .close = close_talk },
};

static int
add(struct run *run, const struct pipe_opts *o, struct measure *m, int64_t kind,
    int64_t size, struct err *e)
{
	const struct link_kind *k = link_kind_table[kind];
	struct measure_subject s = { .body = &bodies[o->way],
				     .kind = k->kind.name,
				     .arg = { size },
				     .impl = k,
				     .opts = o,
				     .context = run };

	snprintf(s.params, sizeof(s.params), "size=%lld", (long long)size);
	return measure_add(m, &s, e);
}

int
pipe_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const char *const used[] = { "kind", "size", "way", NULL };
	const struct pipe_opts *o = opts;
	const char *other = run_given_but(run, pipe_params, used);
	int rc = 0;

	if (other != NULL)
		err_set(e, EINVAL, "'--%s' is not for --bench", other);
	if (other != NULL && strcmp(other, "places") == 0)
		err_hint(e, "--pin same,scatter measures both places");
	if (other != NULL)
		return -EINVAL;
	for (size_t z = 0; z < o->sizes.n; z++)
		for (size_t k = 0; k < o->kinds.n && rc == 0; k++)
			rc = add(run, o, m, o->kinds.v[k], o->sizes.v[z], e);
	return rc;
}
