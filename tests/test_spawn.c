/*
 * test_spawn - commands run to their end: exit codes, outputs, timeouts, leftovers.
 */
#include "core/subprocess.h"
#include "tests/pool_help.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

/* A command whose outputs go into files. */
struct ask {
	char *const *argv;
	int out_fd, err_fd;
	uint64_t timeout_ns, grace_ns, drain_ns;
	int cancel_fd;
};

/* The way to start it. */
static const struct spawn_kind *way = &spawn_kind_spawn;

static int
run_command(const struct ask *a, struct subprocess_end *end, struct err *e)
{
	struct flow flow[3] = { { .pipe = -1 },
				{ .peer = a->out_fd },
				{ .peer = a->err_fd } };
	struct subprocess_run q = {
		.config = { .kind = way,
			    .argv = a->argv,
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP |
				     (way->traits & SPAWN_CANNOT_DIE
					      ? 0U
					      : SPAWN_DIES_WITH_PARENT) },
		.flow = flow,
		.timeout_ns = a->timeout_ns,
		.grace_ns = a->grace_ns,
		.drain_ns = a->drain_ns,
		.cancel_fd = a->cancel_fd,
	};
	int rc = subprocess_run(&q, end, e);

	for (int i = 1; i < 3 && rc == 0; i++)
		rc = -flow[i].error;
	return rc;
}

#define EACH_WAY                                                                       \
	for (const struct spawn_kind *const *each_ = spawn_kind_table;                 \
	     (way = *each_ ? *each_ : &spawn_kind_spawn, *each_) != NULL; each_++)

/* What a command wrote. */
static int out_fd = -1, err_fd = -1;

static struct ask
request(char *const *argv)
{
	if (out_fd < 0) {
		out_fd = memfd_create("out", MFD_CLOEXEC);
		err_fd = memfd_create("err", MFD_CLOEXEC);
	}
	cr_assert_eq(ftruncate(out_fd, 0), 0);
	cr_assert_eq(ftruncate(err_fd, 0), 0);
	lseek(out_fd, 0, SEEK_SET);
	lseek(err_fd, 0, SEEK_SET);
	return (struct ask){ .argv = argv,
			     .out_fd = out_fd,
			     .err_fd = err_fd,
			     .grace_ns = 100 * NS_PER_MS,
			     .drain_ns = 10 * NS_PER_S,
			     .cancel_fd = -1 };
}

/* Runs a line of sh. */
static struct subprocess_end
run_line(const char *line)
{
	char sh[] = "sh", c[] = "-c", text[1024];
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct subprocess_end end;
	struct err e;

	snprintf(text, sizeof(text), "%s", line);
	cr_assert_eq(run_command(&q, &end, &e), 0, "%s", e.msg);
	return end;
}

/* The text written to fd, at most 4095 bytes. */
static const char *
text_of(int fd)
{
	static char buf[4096];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	cr_assert_geq(n, 0);
	buf[n] = '\0';
	return buf;
}

Test(spawn, exit_codes_and_signals)
{
	struct before b;
	struct subprocess_end end;

	run_line(":"); /* opens the files */
	b = look();
	EACH_WAY
	{
		end = run_line("exit 0");
		cr_assert_eq(end.exitcode, 0);
		cr_assert_gt(end.pid, 0);
		cr_assert(end.drained);
		cr_assert_not(end.timed_out || end.cancelled);
		cr_assert_eq(end.refused, 0);
		cr_assert_eq(run_line("exit 3").exitcode, 3);
		cr_assert_eq(run_line("exit 255").exitcode, 255);
		cr_assert_eq(run_line("exit 127").refused, 0, "its own 127");
		cr_assert_eq(run_line("kill -TERM $$").exitcode, -SIGTERM);
		cr_assert_eq(run_line("kill -KILL $$").exitcode, -SIGKILL);
	}
	assert_clean(b);
}

Test(spawn, what_cannot_be_run)
{
	char no[] = "/nonexistent/command", empty[] = "", dir[] = "/", file[4096];
	char *argv[] = { no, NULL };
	struct ask q = request(argv);
	struct subprocess_end end;
	struct before b = look();
	const char *tmp = getenv("TMPDIR");
	struct err e;
	int fd;

	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, 127);
	cr_assert_eq(end.refused, ENOENT);
	argv[0] = empty;
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, 127);
	argv[0] = dir;
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, 126);
	cr_assert_eq(end.refused, EACCES);
	snprintf(file, sizeof(file), "%s/concbench-spawn-XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(file);
	cr_assert_geq(fd, 0);
	close(fd);
	argv[0] = file;
	cr_assert_eq(run_command(&q, &end, &e), 0);
	unlink(file);
	cr_assert_eq(end.exitcode, 126, "not executable");
	cr_assert_eq(end.refused, EACCES);
	cr_assert_str_eq(text_of(out_fd), "");
	assert_clean(b);
}

Test(spawn, outputs_are_whole, .timeout = 100)
{
	struct before b;
	struct subprocess_end end;

	run_line(":");
	b = look();
	EACH_WAY
	{
		end = run_line("echo out; echo err >&2");
		cr_assert_eq(end.exitcode, 0);
		cr_assert_str_eq(text_of(out_fd), "out\n");
		cr_assert_str_eq(text_of(err_fd), "err\n");
		/* Both at once, far more than a pipe holds, then a last byte. */
		end = run_line(
			"head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; "
			"wait; printf x; printf y >&2");
		cr_assert_eq(end.exitcode, 0);
		cr_assert(end.drained);
		cr_assert_eq(lseek(out_fd, 0, SEEK_END), 3000001);
		cr_assert_eq(lseek(err_fd, 0, SEEK_END), 2000001);
		/* A reader of standard input meets its end. */
		end = run_line("cat; echo $?");
		cr_assert_str_eq(text_of(out_fd), "0\n");
		/* What it leaves in the background still counts, as long as it may. */
		end = run_line("(sleep 0.1; echo late) & echo early");
		cr_assert(end.drained);
		cr_assert_str_eq(text_of(out_fd), "early\nlate\n");
		/* It closes its output and goes on. */
		end = run_line("exec >&- 2>&-; sleep 0.05; exit 5");
		cr_assert_eq(end.exitcode, 5);
		cr_assert(end.drained);
	}
	assert_clean(b);
}

Test(spawn, a_grandchild_may_keep_the_output_open, .timeout = 100)
{
	char sh[] = "sh", c[] = "-c", text[] = "sleep 100 & echo $!";
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct before b = look();
	struct subprocess_end end;
	struct err e;

	q.drain_ns = 30 * NS_PER_MS;
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, 0);
	cr_assert_not(end.drained);
	cr_assert_eq(kill((pid_t)strtol(text_of(out_fd), NULL, 10), SIGKILL), 0,
		     "it runs on");
	assert_clean(b);
}

Test(spawn, too_long_term_then_kill, .timeout = 100)
{
	char sh[] = "sh", c[] = "-c", text[256];
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct before b = look();
	struct subprocess_end end;
	struct err e;

	q.timeout_ns = 50 * NS_PER_MS;
	snprintf(text, sizeof(text), "sleep 100");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, -SIGTERM);
	cr_assert(end.timed_out);
	cr_assert_not(end.cancelled);
	/* It may clean up. */
	q.timeout_ns = 3 * NS_PER_S;
	q.grace_ns = 20 * NS_PER_S;
	snprintf(text, sizeof(text), "trap 'echo bye; exit 9' TERM; sleep 100 & wait");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, 9);
	cr_assert(end.timed_out);
	cr_assert(end.drained, "its own child went with it");
	cr_assert_str_eq(text_of(out_fd), "bye\n");
	/* It does not want to, nor does its child. */
	q.grace_ns = 50 * NS_PER_MS;
	snprintf(text, sizeof(text), "trap '' TERM; sleep 100; sleep 100");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(end.exitcode, -SIGKILL);
	cr_assert(end.timed_out);
	cr_assert(end.drained, "its own child went with it");
	assert_clean(b);
}

Test(spawn, cancelled_from_outside, .timeout = 100)
{
	char sh[] = "sh", c[] = "-c", text[] = "trap '' TERM; sleep 100";
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct before b = look();
	struct subprocess_end end;
	struct err e;

	q.cancel_fd = eventfd(1, EFD_CLOEXEC);
	q.grace_ns = 50 * NS_PER_MS;
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert(end.cancelled);
	cr_assert_not(end.timed_out);
	cr_assert_lt(end.exitcode, 0);
	cr_assert(end.drained);
	close(q.cancel_fd);
	assert_clean(b);
}

Test(spawn, the_command_starts_clean, .timeout = 100)
{
	char sh[] = "sh", c[] = "-c", text[512];
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct subprocess_end end;
	struct err e;
	const char *status;
	sigset_t all, saved;
	int pgid, pid, leak;

	/* What we have open without close-on-exec, block and ignore is ours alone. */
	leak = open("/dev/null", O_RDONLY);
	cr_assert_geq(leak, 3);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &saved);
	snprintf(text, sizeof(text), "ls /proc/self/fd | tr '\\n' ' '");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_str_eq(text_of(out_fd), "0 1 2 3 ", "3 is the folder itself");
	q = request(argv);
	snprintf(text, sizeof(text),
		 "exec grep -h -e SigBlk -e SigIgn /proc/self/status");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	status = text_of(out_fd);
	cr_assert_not_null(strstr(status, "SigBlk:\t0000000000000000\n"));
	cr_assert_not_null(strstr(status, "SigIgn:\t"));
	/* 32 and 33 are the C library's own: its posix_spawn(), and so whoever make
	 * started, ignores them. */
	cr_assert_eq(strtoull(strstr(status, "SigIgn:\t") + 8, NULL, 16) &
			     ~UINT64_C(0x180000000),
		     0, "%s", status);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	q = request(argv);
	snprintf(text, sizeof(text), "cut -d' ' -f4,5 /proc/self/stat; echo $$");
	cr_assert_eq(run_command(&q, &end, &e), 0);
	cr_assert_eq(sscanf(text_of(out_fd), "%*d %d %d", &pgid, &pid), 2);
	cr_assert_eq(pgid, end.pid, "a process group of its own");
	cr_assert_eq(pid, end.pid);
	cr_assert_neq(pgid, getpgrp());
	close(leak);
}

Test(spawn, our_own_failures, .timeout = 100)
{
	char sh[] = "sh", c[] = "-c", text[] = "echo much; sleep 100",
	     brief[] = "echo much";
	char *argv[] = { sh, c, text, NULL };
	struct ask q = request(argv);
	struct before b = look();
	struct rlimit limit, none;
	struct subprocess_end end;
	struct err e;
	int rc, full;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (int spare = 0; spare < 6; spare++) {
		none = limit;
		none.rlim_cur = (rlim_t)(count_fds() - 3 + spare);
		setrlimit(RLIMIT_NOFILE, &none);
		q.timeout_ns = 50 * NS_PER_MS;
		rc = run_command(&q, &end, &e);
		setrlimit(RLIMIT_NOFILE, &limit);
		cr_assert(rc == 0 || rc == -EMFILE, "%d: %d", spare, rc);
		assert_clean(b);
	}
	/* A full disk is told. */
	full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	argv[2] = brief;
	q = request(argv);
	q.out_fd = full;
	cr_assert_eq(run_command(&q, &end, &e), -ENOSPC);
	close(full);
	assert_clean(b);
}

/* From many threads at once: nobody holds another's pipe. */
static int64_t
task_spawn(struct pool_call *call)
{
	char sh[] = "sh", c[] = "-c", text[] = "echo a; exit 4";
	char *argv[] = { sh, c, text, NULL };
	struct ask q = { .argv = argv,
			 .out_fd = memfd_create("o", MFD_CLOEXEC),
			 .drain_ns = 10 * NS_PER_S,
			 .cancel_fd = -1 };
	struct subprocess_end end;
	struct err e;
	int rc;

	q.err_fd = q.out_fd;
	rc = run_command(&q, &end, &e);
	if (rc != 0 || end.exitcode != 4 || !end.drained ||
	    lseek(q.out_fd, 0, SEEK_END) != 2)
		call->error = 1;
	close(q.out_fd);
	return token(call->arg);
}

Test(spawn, from_workers_of_every_kind, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct ledger l = { 0 };
		struct pool_config f = { .kind = kind,
					 .workers = 4,
					 .on_done = ledger_note,
					 .on_done_arg = &l };
		struct pool *p = open_pool(&f);

		for (uint64_t i = 0; i < 200; i++)
			cr_assert_eq(pool_apply_async(p, task_spawn, i, NULL, &e), 0);
		close_and_free(p);
		assert_ledger(&l, 200);
		cr_assert_eq(l.count[POOL_DONE], 200);
	}
	assert_clean(b);
}
