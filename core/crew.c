/*
 * crew.c - n workers over one shared mapping: what threads and processes share.
 *
 * Edge E: a thread stores ended = 1 after its body's last write (core/crew/thread.c)
 * -> crew_reap() sees it, hence sees what the body wrote.
 * Edge C: (Dekker) crew_cancel() stores the cancel word after its caller's own flag ->
 * uncancel() in core/pool_worker.c takes the word back, then looks at that flag.
 */
#include "core/crew.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/sys.h"
#include "core/trace.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct crew_kind *
crew_kind_find(const char *name)
{
	for (int i = 0; crew_kind_table[i] != NULL; i++)
		if (strcmp(crew_kind_table[i]->kind.name, name) == 0)
			return crew_kind_table[i];
	return NULL;
}

static size_t
block_bytes(int n)
{
	return (size_t)n * sizeof(struct crew_block);
}

static int
open_descriptors(struct crew *c, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = -1 };

	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd < 0)
		return err_set(e, errno, "cannot make the crew's epoll");
	c->end_fd = c->epoll_fd;
	c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->event_fd < 0)
		return err_set(e, errno, "cannot make the crew's event");
	c->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->cancel_fd < 0)
		return err_set(e, errno, "cannot make the crew's event");
	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, c->event_fd, &ev) != 0)
		return err_set(e, errno, "cannot watch the crew's event");
	return 0;
}

int
crew_init(struct crew *c, const struct crew_kind *kind, int n, crew_body *body,
	  void *arg, const struct param_cpus *pin, struct err *e)
{
	void *map;
	int rc;

	*c = (struct crew){ .kind = kind,
			    .n = n,
			    .body = body,
			    .arg = arg,
			    .owner = getpid(),
			    .end_fd = -1,
			    .epoll_fd = -1,
			    .event_fd = -1,
			    .cancel_fd = -1,
			    .role0 = 1 };
	if (n < 1 || n > CREW_MAX)
		return err_set(e, EINVAL, "a crew of %d workers", n);
	if (pin != NULL)
		c->pin = *pin;
	c->worker = calloc((size_t)n, sizeof(*c->worker));
	if (c->worker == NULL)
		return err_set(e, ENOMEM, "no memory for %d workers", n);
	for (int i = 0; i < n; i++)
		c->worker[i] =
			(struct crew_worker){ .number = i, .pidfd = -1, .crew = c };
	map = mmap(NULL, block_bytes(n), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		rc = err_set(e, errno, "cannot map shared memory for %d workers", n);
	else {
		c->block = map;
		rc = open_descriptors(c, e);
	}
	if (rc != 0)
		crew_fini(c);
	return rc;
}

/* True when worker i has ended and was reaped here. */
static bool
reap_one(struct crew *c, int i, bool wait)
{
	struct crew_worker *w = &c->worker[i];

	if (w->state != WORKER_RUNNING || !c->kind->reap(w, wait))
		return false;
	w->state = WORKER_ENDED;
	if (w->pidfd >= 0) {
		/* Closing is not enough: workers forked later have it open, too. */
		epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, w->pidfd, NULL);
		close(w->pidfd);
		w->pidfd = -1;
	}
	return true;
}

int
crew_start(struct crew *c, int number, struct err *e)
{
	struct crew_worker *w = &c->worker[number];
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = number };
	int rc;

	atom_store_rlx(&c->block[number].cancel, 0);
	atom_store_rlx(&c->block[number].tid, 0);
	atom_store_rlx(&c->block[number].ended, 0);
	rc = c->kind->start(w, e);
	if (rc != 0)
		return rc;
	w->state = WORKER_RUNNING;
	w->starts++;
	if (w->pidfd >= 0 &&
	    epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, w->pidfd, &ev) != 0) {
		rc = err_set(e, errno, "cannot watch worker %d", number + 1);
		c->kind->signal(w, SIGKILL);
		reap_one(c, number, true);
	}
	return rc;
}

/* A worker without a pidfd says that it has ended by its word; -1: none has. */
static int
reap_by_word(struct crew *c)
{
	for (int i = 0; i < c->n; i++)
		if (c->worker[i].pidfd < 0 &&
		    atom_load_acq(&c->block[i].ended) && /* E */
		    reap_one(c, i, false))
			return i;
	return -1;
}

int
crew_reap(struct crew *c)
{
	struct epoll_event ev;
	uint64_t count;
	int number = reap_by_word(c);

	while (number < 0 && epoll_wait(c->epoll_fd, &ev, 1, 0) == 1) {
		if (ev.data.fd >= 0)
			return reap_one(c, ev.data.fd, false) ? ev.data.fd : -1;
		/* Empties the event first: whoever ends after that sets it again. */
		if (read(c->event_fd, &count, sizeof(count)) < 0)
			return -1;
		number = reap_by_word(c);
	}
	return number;
}

void
crew_wait_up(struct crew *c, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = c->end_fd, .events = POLLIN };

	for (int i = 0; i < c->n; i++)
		while (c->worker[i].state == WORKER_RUNNING &&
		       atom_load_rlx(&c->block[i].tid) == 0)
			if ((crew_step(c) != 0 && poll(&p, 1, 1) != 0) ||
			    clock_ns() >= deadline_ns)
				return;
}

int
crew_running(const struct crew *c)
{
	int running = 0;

	for (int i = 0; i < c->n; i++)
		running += c->worker[i].state == WORKER_RUNNING;
	return running;
}

void
crew_cancel(struct crew *c)
{
	const uint64_t one = 1;
	ssize_t n = write(c->cancel_fd, &one, sizeof(one));

	(void)n; /* full means readable, which is what is wanted */
	for (int i = 0; i < c->n; i++) {
		atom_store_sc(&c->block[i].cancel, 1); /* C */
		futex_wake(&c->block[i].cancel, INT_MAX);
	}
}

/* Reaps until nobody runs or the deadline has passed; true when nobody runs. */
static bool
wait_all(struct crew *c, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = c->end_fd, .events = POLLIN };
	uint64_t next_ns;

	for (;;) {
		while (crew_reap(c) >= 0)
			;
		if (crew_running(c) == 0)
			return true;
		if (clock_ns() >= deadline_ns)
			return false;
		next_ns = crew_step(c);
		poll(&p, 1,
		     clock_poll_ms(next_ns < deadline_ns ? next_ns : deadline_ns));
	}
}

int
crew_terminate(struct crew *c, uint64_t grace_ns)
{
	static const int escalation[] = { SIGTERM, SIGKILL };
	int killed = 0;

	if (c->worker == NULL || c->owner != getpid())
		return 0;
	crew_cancel(c);
	for (int step = 0; step < 2; step++) {
		if (wait_all(c, clock_deadline_ns(grace_ns)))
			return killed;
		killed = crew_running(c);
		for (int i = 0; i < c->n; i++)
			if (c->worker[i].state == WORKER_RUNNING)
				c->kind->signal(&c->worker[i], escalation[step]);
	}
	for (int i = 0; i < c->n; i++)
		reap_one(c, i, true);
	return killed;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
crew_fini(struct crew *c)
{
	if (c->worker != NULL && c->block != NULL)
		crew_terminate(c, 200 * NS_PER_MS);
	if (c->kind != NULL && c->kind->fini != NULL)
		c->kind->fini(c);
	if (c->worker != NULL) {
		close_if_open(c->event_fd);
		close_if_open(c->cancel_fd);
		close_if_open(c->epoll_fd);
	}
	if (c->block != NULL)
		munmap(c->block, block_bytes(c->n));
	free(c->worker);
	c->worker = NULL;
	c->block = NULL;
	c->end_fd = c->epoll_fd = c->event_fd = c->cancel_fd = -1;
}

void
crew_enter(struct crew *c, int number)
{
	int cpu = sys_pin_cpu(&c->pin, number);
	cpu_set_t set;

	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		/* The calling thread; a refusal shows in the result's placement. */
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (c->trace != NULL)
		trace_bind(c->trace, c->role0 + number);
	atom_store_rlx(&c->block[number].tid, (int32_t)syscall(SYS_gettid));
}
