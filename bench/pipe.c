/*
 * pipe.c - a pre-fork pool: workers read tasks from one pipe that they share and
 * write results to another.
 *
 * The parent writes records by the PIPE_BUF and reads results by the pipeful, never
 * blocks on the one while the other could go on, and polls when neither can. A worker
 * takes one record at a time, so that no task waits behind another one's; --take K
 * lets it take up to K that lie ready, and answer them with one write. Records are 16
 * bytes and PIPE_BUF is a multiple of that, so no read or write is ever torn.
 * A lone task is one write and one blocking read on either side.
 */
#include "bench/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct record {
	uint64_t number, iters;
};

enum {
	BURST = PIPE_BUF / sizeof(struct record), /* written at once */
	PIPEFUL = 65536 / sizeof(struct record),  /* read at once */
	TAKE_MAX = BURST,
};

static int task_fd[2], result_fd[2]; /* [0] is read, [1] written */
static uint64_t take;
static int nworkers;

/* Reads whole records; 0 at the end of the pipe, -1 when there are none now. */
static ssize_t
receive(int fd, struct record *r, size_t max)
{
	ssize_t got;

	do
		got = read(fd, r, max * sizeof *r);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return -1;
	if (got < 0 || got % (ssize_t)sizeof *r != 0)
		peer_die("read of records", got < 0 ? errno : EPROTO);
	return got / (ssize_t)sizeof *r;
}

/* Writes n records, all or (false) none now; n is at most BURST. */
static bool
send_records(int fd, const struct record *r, size_t n)
{
	ssize_t put;

	do
		put = write(fd, r, n * sizeof *r);
	while (put < 0 && errno == EINTR);
	if (put < 0 && errno == EAGAIN)
		return false;
	if (put != (ssize_t)(n * sizeof *r))
		peer_die("write of records", put < 0 ? errno : EPROTO);
	return true;
}

static _Noreturn void
worker(int slot)
{
	struct record r[TAKE_MAX];
	ssize_t n;

	peer_worker(slot);
	close(task_fd[1]);
	close(result_fd[0]);
	while ((n = receive(task_fd[0], r, take)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			peer_task(r[i].number, r[i].iters);
		send_records(result_fd[1], r, (size_t)n);
	}
	_exit(0);
}

static int
init(const struct peer_args *args)
{
	pid_t parent = getpid();

	take = args->option;
	if (take < 1 || take > TAKE_MAX)
		peer_die("--take", ERANGE);
	nworkers = args->workers;
	if (pipe2(task_fd, O_CLOEXEC) != 0 || pipe2(result_fd, O_CLOEXEC) != 0)
		peer_die("pipe2", errno);
	for (int i = 0; i < nworkers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			peer_die("fork", errno);
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			worker(i);
		}
	}
	close(task_fd[0]);
	close(result_fd[1]);
	return nworkers;
}

static void
set_blocking(bool blocking)
{
	int flags = blocking ? 0 : O_NONBLOCK;

	if (fcntl(task_fd[1], F_SETFL, flags) != 0 ||
	    fcntl(result_fd[0], F_SETFL, flags) != 0)
		peer_die("fcntl", errno);
}

/* Sends tasks from *sent on until all are sent or the pipe is full. */
static bool
send_tasks(uint64_t *sent, uint64_t n, uint64_t iters)
{
	struct record burst[BURST];
	bool progress = false;

	while (*sent < n) {
		size_t k = n - *sent < BURST ? (size_t)(n - *sent) : BURST;

		for (size_t i = 0; i < k; i++)
			burst[i] = (struct record){ *sent + i, iters };
		if (!send_records(task_fd[1], burst, k))
			return progress;
		*sent += k;
		progress = true;
	}
	return progress;
}

/* Takes results until there are none now; the sum of their numbers is the proof. */
static bool
receive_results(uint64_t *received, uint64_t *sum)
{
	static struct record r[PIPEFUL];
	bool progress = false;
	ssize_t n;

	while ((n = receive(result_fd[0], r, PIPEFUL)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			*sum += r[i].number;
		*received += (uint64_t)n;
		progress = true;
		if (n < PIPEFUL)
			break;
	}
	if (n == 0)
		peer_die("the workers have ended", EPIPE);
	return progress;
}

static void
ready(uint64_t n)
{
	(void)n;
	set_blocking(false);
}

static void
batch(uint64_t n, uint64_t iters)
{
	uint64_t sent = 0, received = 0, sum = 0;

	while (received < n) {
		bool progress = send_tasks(&sent, n, iters);

		progress |= receive_results(&received, &sum);
		if (!progress) {
			struct pollfd fds[2] = {
				{ .fd = result_fd[0], .events = POLLIN },
				{ .fd = sent < n ? task_fd[1] : -1, .events = POLLOUT },
			};

			if (poll(fds, 2, -1) < 0 && errno != EINTR)
				peer_die("poll", errno);
		}
	}
	for (uint64_t i = 0; i < n; i++)
		sum -= i;
	if (received != n || sum != 0)
		peer_die("results do not match the tasks", EPROTO);
}

static void
lone(uint64_t number, uint64_t iters)
{
	static bool blocking;
	struct record r = { number, iters };

	if (!blocking) {
		set_blocking(true);
		blocking = true;
	}
	send_records(task_fd[1], &r, 1);
	r.number = ~number;
	if (receive(result_fd[0], &r, 1) != 1 || r.number != number)
		peer_die("the result does not match the task", EPROTO);
}

static void
fini(void)
{
	close(task_fd[1]);
	for (int i = 0; i < nworkers; i++) {
		int status;

		if (wait(&status) < 0 || status != 0)
			peer_die("a worker failed", ECHILD);
	}
	close(result_fd[0]);
}

static const char *
version(void)
{
	return "read, write, poll";
}

int
main(int argc, char **argv)
{
	static const struct peer peer = {
		.name = "pipe",
		.option = "--take",
		.option_value = 1,
		.version = version,
		.init = init,
		.ready = ready,
		.batch = batch,
		.lone = lone,
		.fini = fini,
	};

	return peer_main(argc, argv, &peer);
}
