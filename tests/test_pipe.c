/*
 * test_pipe - messages between two processes: whole, in order, to the end.
 */
#include "core/clock.h"
#include "core/pipe.h"
#include "core/queue.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EACH_STREAM(k)                                                                 \
	for (const struct link_kind *const *at = link_kind_table, *k;                  \
	     (k = *at) != NULL; at++)                                                  \
		if (!(k->traits & LINK_TOKENS))

static const size_t sizes[] = { 8, 9, 4096, 16384, 16385, 1000000, 3000000, 64 };
enum { NSIZES = sizeof(sizes) / sizeof(sizes[0]), LARGEST = 3000000 };

/* Sends back what it receives, until the end. */
static void
echo(struct link *l)
{
	struct pipe_end p = { .link = l };
	char *buf = malloc(LARGEST);
	ssize_t n;

	while ((n = pipe_recv(&p, buf, LARGEST, UINT64_MAX)) >= 0)
		if (pipe_send(&p, buf, (size_t)n, UINT64_MAX) != 0)
			_exit(2);
	_exit(n == -EPIPE ? 7 : 3);
}

static pid_t
part(struct link *l, const struct link_kind *k, void (*body)(struct link *))
{
	struct err e;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(link_open(l, k, &e), 0, "%s", e.msg);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		link_take(l, 1);
		body(l);
		_exit(0);
	}
	link_take(l, 0);
	return pid;
}

static int
status_of(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Test(pipe, messages_of_all_sizes_come_back_whole, .timeout = 60)
{
	char *buf = malloc(LARGEST);

	EACH_STREAM(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, echo);
		struct pipe_end p = { .link = &l };

		for (size_t i = 0; i < NSIZES; i++) {
			queue_fill(buf, sizes[i], i);
			cr_assert_eq(pipe_send(&p, buf, sizes[i], UINT64_MAX), 0);
			memset(buf, 0, sizes[i]);
			cr_assert_eq(pipe_recv(&p, buf, LARGEST, UINT64_MAX),
				     (ssize_t)sizes[i], "%s", k->kind.name);
			cr_expect(queue_is_whole(buf, sizes[i]), "%s %zu", k->kind.name,
				  sizes[i]);
		}
		/* An empty message is a message. */
		cr_expect_eq(pipe_send(&p, buf, 0, UINT64_MAX), 0);
		cr_expect_eq(pipe_recv(&p, buf, LARGEST, UINT64_MAX), 0);
		link_close(&l);
		cr_expect_eq(status_of(pid), 7, "%s", k->kind.name);
	}
	free(buf);
}

static void
send_three(struct link *l)
{
	struct pipe_end p = { .link = l };

	for (uint64_t i = 0; i < 3; i++)
		pipe_send(&p, &i, 8, UINT64_MAX);
	link_close(l);
}

Test(pipe, what_is_under_way_comes_before_the_end, .timeout = 60)
{
	EACH_STREAM(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, send_three);
		struct pipe_end p = { .link = &l };
		uint64_t got;

		cr_expect_eq(status_of(pid), 0);
		for (uint64_t i = 0; i < 3; i++) {
			cr_expect_eq(pipe_poll(&p, UINT64_MAX), 1);
			cr_expect_eq(pipe_recv(&p, &got, 8, UINT64_MAX), 8, "%s",
				     k->kind.name);
			cr_expect_eq(got, i);
		}
		cr_expect_eq(pipe_poll(&p, 0), 1, "%s: the end is ready", k->kind.name);
		cr_expect_eq(pipe_recv(&p, &got, 8, UINT64_MAX), -EPIPE);
		link_close(&l);
	}
}

static void
wait_to_be_killed(struct link *l)
{
	uint64_t word;

	l->kind->read(l, &word, 1, UINT64_MAX);
	_exit(0);
}

Test(pipe, timeouts_and_a_killed_end, .timeout = 60)
{
	EACH_STREAM(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, wait_to_be_killed);
		struct pipe_end p = { .link = &l };
		const uint64_t begin_ns = clock_ns();
		uint64_t got;

		cr_expect_eq(pipe_poll(&p, 0), 0);
		cr_expect_eq(pipe_poll(&p, begin_ns + 10 * NS_PER_MS), 0);
		cr_expect_eq(pipe_recv(&p, &got, 8, begin_ns + 20 * NS_PER_MS),
			     -ETIMEDOUT, "%s", k->kind.name);
		cr_expect_geq(clock_ns() - begin_ns, 20 * NS_PER_MS);
		kill(pid, SIGKILL);
		cr_expect_eq(status_of(pid), -SIGKILL);
		link_bury(&l, 1);
		cr_expect_eq(pipe_recv(&p, &got, 8, UINT64_MAX), -EPIPE, "%s",
			     k->kind.name);
		link_close(&l);
	}
}

Test(pipe, a_message_too_long_ends_the_talk, .timeout = 60)
{
	EACH_STREAM(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, send_three);
		struct pipe_end p = { .link = &l };
		uint64_t got;

		cr_expect_eq(pipe_recv(&p, &got, 4, UINT64_MAX), -EMSGSIZE);
		cr_expect_eq(pipe_recv(&p, &got, 8, UINT64_MAX), -EIO);
		status_of(pid);
		link_close(&l);
	}
}

/* The other end reads nothing: a send gives up, and the end cannot be used again. */
Test(pipe, a_send_has_a_deadline, .timeout = 60)
{
	char *buf = calloc(1, LARGEST);

	EACH_STREAM(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, wait_to_be_killed);
		struct pipe_end p = { .link = &l };
		int rc = 0;

		for (int i = 0; i < 100 && rc == 0; i++)
			rc = pipe_send(&p, buf, LARGEST, clock_ns() + 50 * NS_PER_MS);
		cr_expect(rc == -ETIMEDOUT || rc == -EPIPE, "%s: %d", k->kind.name, rc);
		cr_expect(p.poisoned || rc == -EPIPE, "%s", k->kind.name);
		kill(pid, SIGKILL);
		status_of(pid);
		link_close(&l);
	}
	free(buf);
}
