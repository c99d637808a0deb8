/*
 * guard.c - ends the commands of a run whose owner was killed with SIGKILL.
 *
 * Edge G: guard_note() stores the group -> watch() reads it after the end of the
 * pipe, when its writer is gone.
 */
#include "core/guard.h"

#include "core/clock.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* The guard: waits for the end of the pipe. Terminal signals are not for it. */
static void __attribute__((noreturn)) watch(const struct guard *g, int end)
{
	char c;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (read(end, &c, 1) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < g->n; i++) {
		pid_t group = atom_load_acq(&g->group[i]); /* G */

		if (group > 1)
			kill(-group, SIGKILL);
	}
	_exit(0);
}

int
guard_open(struct guard *g, size_t n, struct err *e)
{
	int end[2] = { -1, -1 };
	void *map;
	int rc;

	*g = (struct guard){
		.n = n, .map_bytes = n * sizeof(*g->group), .lifeline = -1, .pidfd = -1
	};
	map = mmap(NULL, g->map_bytes, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return err_set(e, errno, "cannot map the guard's notes");
	g->group = map;
	if (pipe2(end, O_CLOEXEC) != 0) {
		rc = err_set(e, errno, "cannot make the guard's pipe");
		guard_close(g);
		return rc;
	}
	/* Not with PROC_DIES_WITH_PARENT: to live longer is what it is for. */
	rc = g->pid = proc_fork(0, e);
	if (rc == 0) {
		close(end[1]);
		watch(g, end[0]);
	}
	close(end[0]);
	g->lifeline = end[1];
	if (rc > 0)
		rc = g->pidfd = proc_open(g->pid, e);
	if (rc >= 0)
		return 0;
	guard_close(g);
	return rc;
}

void
guard_note(struct guard *g, size_t slot, pid_t group)
{
	atom_store_rel(&g->group[slot], group); /* G */
}

void
guard_close(struct guard *g)
{
	int exitcode;

	if (g->group == NULL)
		return;
	if (g->lifeline >= 0)
		close(g->lifeline);
	if (g->pidfd >= 0) {
		/* It leaves at once, unless a stray copy of the pipe's end lives on. */
		if (proc_wait(g->pidfd, clock_deadline_ns(NS_PER_S), &exitcode) == 0)
			close(g->pidfd);
		else
			proc_discard(g->pidfd);
	}
	munmap((void *)g->group, g->map_bytes);
	*g = (struct guard){ .lifeline = -1, .pidfd = -1 };
}
