/*
 * test_link - streams between two processes: bytes there and back, the end, the dead.
 */
#include "core/clock.h"
#include "core/link.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EACH_KIND(k)                                                                   \
	for (const struct link_kind *const *at = link_kind_table, *k;                  \
	     (k = *at) != NULL; at++)

typedef void side_body(struct link *l);

/* Forks the right side, which runs body; this process becomes the left one. */
static pid_t
part(struct link *l, const struct link_kind *k, side_body *body)
{
	struct err e;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(link_open(l, k, &e), 0, "%s: %s", k->kind.name, e.msg);
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

static void
echo_then_close(struct link *l)
{
	char buf[8];
	ssize_t n;

	while ((n = l->kind->read(l, buf, sizeof(buf), UINT64_MAX)) > 0)
		if (l->kind->write(l, buf, (size_t)n, UINT64_MAX) != n)
			_exit(2);
	link_close(l);
	_exit(n == 0 ? 7 : 3);
}

static int
status_of(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Test(link, bytes_go_there_and_back, .timeout = 60)
{
	EACH_KIND(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, echo_then_close);

		for (uint64_t i = 0; i < 500; i++) {
			uint64_t got = 0;

			cr_assert_eq(k->write(&l, &i, 8, UINT64_MAX), 8, "%s",
				     k->kind.name);
			for (size_t n = 0; n < 8;) {
				ssize_t r = k->read(&l, (char *)&got + n, 8 - n,
						    UINT64_MAX);

				cr_assert_gt(r, 0, "%s", k->kind.name);
				n += (size_t)r;
			}
			cr_assert_eq(got, i, "%s", k->kind.name);
		}
		link_close(&l);
		cr_expect_eq(status_of(pid), 7, "%s: the end is seen", k->kind.name);
	}
}

static void
close_at_once(struct link *l)
{
	link_close(l);
}

Test(link, the_end_is_seen_by_read_poll_and_write, .timeout = 60)
{
	EACH_KIND(k)
	{
		const char *name = k->kind.name;
		struct link l;
		const pid_t pid = part(&l, k, close_at_once);
		const uint64_t until_ns = clock_ns() + 20 * NS_PER_S;
		uint64_t byte = 0;
		ssize_t rc = 1;

		cr_expect_eq(status_of(pid), 0);
		cr_expect_eq(k->poll(&l, UINT64_MAX), 1, "%s", name);
		cr_expect_eq(k->read(&l, &byte, 8, UINT64_MAX), 0, "%s", name);
		/* TCP learns it from the answer to what was written. */
		while (rc >= 0 && clock_ns() < until_ns)
			rc = k->write(&l, &byte, 8, UINT64_MAX);
		cr_expect_eq(rc, -EPIPE, "%s: %zd", name, rc);
		link_close(&l);
		link_close(&l);
	}
}

static void
wait_for_ever(struct link *l)
{
	uint64_t word;

	l->kind->read(l, &word, 8, UINT64_MAX);
	_exit(9);
}

Test(link, nothing_comes_until_the_deadline, .timeout = 60)
{
	EACH_KIND(k)
	{
		struct link l;
		const pid_t pid = part(&l, k, wait_for_ever);
		const uint64_t begin_ns = clock_ns();
		uint64_t word;

		cr_expect_eq(k->poll(&l, 0), 0, "%s", k->kind.name);
		cr_expect_eq(k->read(&l, &word, 8, 0), -EAGAIN, "%s", k->kind.name);
		cr_expect_eq(k->poll(&l, begin_ns + 20 * NS_PER_MS), 0, "%s",
			     k->kind.name);
		cr_expect_eq(k->read(&l, &word, 8, begin_ns + 40 * NS_PER_MS),
			     -ETIMEDOUT, "%s", k->kind.name);
		cr_expect_geq(clock_ns() - begin_ns, 40 * NS_PER_MS);
		kill(pid, SIGKILL);
		cr_expect_eq(status_of(pid), -SIGKILL);
		/* The kernel tells of it, or the owner, who has seen the death. */
		link_bury(&l, 1);
		cr_expect_eq(k->read(&l, &word, 8, UINT64_MAX), 0, "%s", k->kind.name);
		link_close(&l);
	}
}
