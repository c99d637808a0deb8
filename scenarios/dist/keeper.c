/*
 * keeper.c - signs of life of a worker.
 */
#include "scenarios/dist/keeper.h"

#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
end_task(struct keeper *k)
{
	atom_store_rlx(&k->cancel, 1);
	futex_wake(&k->cancel, INT_MAX);
}

static void *
keep(void *arg)
{
	struct keeper *k = arg;
	struct pollfd p[2] = { { .fd = k->end_fd, .events = POLLIN },
			       { .fd = k->stop->fd, .events = POLLIN } };
	uint64_t next_ns = k->every_ns != 0 ? clock_ns() + k->every_ns : UINT64_MAX;

	while (poll(p, 2, clock_poll_ms(next_ns)) >= 0 || errno == EINTR) {
		if (p[0].revents != 0)
			break;
		if (stop_reason(k->stop) != STOP_NONE) {
			end_task(k);
			p[1].fd = -1;
			continue;
		}
		if (clock_ns() < next_ns)
			continue;
		if (atom_load_rlx(&k->busy) != 0)
			k->engine->extend(k->worker);
		next_ns = clock_ns() + k->every_ns;
	}
	return NULL;
}

int
keeper_open(struct keeper *k, const struct dist_engine *g, struct dist_worker *w,
	    const struct stop *stop, struct err *e)
{
	sigset_t all, old;
	int rc;

	*k = (struct keeper){ .engine = g,
			      .worker = w,
			      .stop = stop,
			      .every_ns = g->extend_every_ns(w) };
	k->end_fd = eventfd(0, EFD_CLOEXEC);
	if (k->end_fd < 0)
		return err_set(e, errno, "cannot make a descriptor");
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(&k->thread, NULL, keep, k);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		close(k->end_fd);
		return err_set(e, rc, "cannot start a thread");
	}
	k->runs = true;
	return 0;
}

void
keeper_busy(struct keeper *k, bool busy)
{
	atom_store_rlx(&k->busy, busy);
}

void
keeper_close(struct keeper *k)
{
	const uint64_t one = 1;

	if (!k->runs)
		return;
	/* Eight bytes always fit into an eventfd that nobody else writes to. */
	while (write(k->end_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(k->thread, NULL);
	close(k->end_fd);
	k->runs = false;
}
