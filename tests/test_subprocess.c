/*
 * test_subprocess - commands behave as those of Python's subprocess.Popen, whichever
 * way they are started, and their streams cannot hold each other up.
 */
#include "core/clock.h"
#include "core/proc.h"
#include "core/subprocess.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_NS (60 * NS_PER_S)

static void
assert_no_children(void)
{
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_assert_eq(errno, ECHILD);
}

/* A sink that keeps what comes. */
struct kept {
	size_t n;
	char data[1 << 20];
};

static int
keep(void *arg, const void *data, size_t n)
{
	struct kept *k = arg;

	cr_assert_leq(n, sizeof(k->data) - 1 - k->n);
	memcpy(k->data + k->n, data, n);
	k->n += n;
	k->data[k->n] = '\0';
	return 0;
}

static struct kept out, errors;

#define SHELL(script) ((char *[]){ "sh", "-c", script, NULL })

/* Runs a command to its end, what it writes into out and errors. */
static struct subprocess_end
run_config(struct subprocess_config config, const char *input)
{
	struct flow flow[3] = {
		{ .pipe = -1,
		  .peer = -1,
		  .text = input,
		  .text_bytes = input == NULL ? 0 : strlen(input) },
		{ .peer = -1, .sink = keep, .sink_arg = &out },
		{ .peer = -1, .sink = keep, .sink_arg = &errors },
	};
	struct subprocess_run q = { .config = config,
				    .flow = flow,
				    .grace_ns = LONG_NS,
				    .drain_ns = LONG_NS,
				    .cancel_fd = -1 };
	struct subprocess_end end;
	struct err e = { 0 };

	out.n = errors.n = 0;
	out.data[0] = errors.data[0] = '\0';
	q.config.stream[0] = input == NULL ? SUBPROCESS_NULL : SUBPROCESS_PIPE;
	q.config.stream[1] = q.config.stream[2] = SUBPROCESS_PIPE;
	q.config.flags |= SPAWN_OWN_GROUP | SPAWN_DIES_WITH_PARENT;
	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	assert_no_children();
	return end;
}

static struct subprocess_end
run(char *const *argv, const char *input)
{
	return run_config((struct subprocess_config){ .argv = argv }, input);
}

static bool
can_run(const struct spawn_kind *kind)
{
	char why[128];

	return kind->kind.available == NULL || kind->kind.available(why, sizeof(why));
}

Test(subprocess, every_way_starts_the_same)
{
	static const int passed = 77;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t i;

	/* One that is inherited, and must not be by the command; one that must. */
	cr_assert_geq(dup2(fd, 33), 0);
	cr_assert_geq(dup2(fd, passed), 0);
	signal(SIGUSR1, SIG_IGN);
	for (i = 0; spawn_kind_table[i] != NULL; i++) {
		struct subprocess_config c = {
			.kind = spawn_kind_table[i],
			.argv = SHELL("echo out; echo err >&2; cat; pwd; echo $X; "
				      "ls /proc/self/fd | tr '\\n' ' '; "
				      "grep SigIgn /proc/self/status; exit 7"),
			.envp = (char *[]){ "X=y z", "PATH=/usr/bin:/bin", NULL },
			.cwd = "/",
		};
		struct subprocess_end end;
		const char *at;

		if (!can_run(spawn_kind_table[i]))
			continue;
		end = run_config(c, "in\n");
		cr_assert_eq(end.exitcode, 7, "%s", spawn_kind_table[i]->kind.name);
		cr_assert_not_null(strstr(out.data, "out\nin\n/\ny z\n0 1 2 3 "),
				   "%s: %s", spawn_kind_table[i]->kind.name, out.data);
		cr_assert_null(strstr(out.data, "33"), "%s", out.data);
		/* glibc's posix_spawn ignores 32 and 33, which it keeps for itself. */
		at = strstr(out.data, "SigIgn:");
		cr_assert_not_null(at);
		cr_assert_eq(strtoull(at + 7, NULL, 16) & 0x7fffffff, 0, "%s",
			     out.data);
		cr_assert_str_eq(errors.data, "err\n");
		cr_assert(end.drained);
		cr_assert_leq(end.spawned.call_ns, end.spawned.return_ns);
		cr_assert_leq(end.spawned.exec_ns, end.spawned.return_ns);
		c.has_pass_fd = true;
		c.pass_fd = passed;
		c.argv = SHELL("ls /proc/self/fd");
		run_config(c, NULL);
		cr_assert_not_null(strstr(out.data, "77\n"), "%s", out.data);
	}
}

Test(subprocess, every_way_tells_not_found_from_not_executable)
{
	char script[] = "/tmp/concbench-test-XXXXXX";
	const char line[] = "#!/nonexistent/interpreter x\n";
	int fd = mkstemp(script);
	size_t i;

	cr_assert_eq(write(fd, line, sizeof(line) - 1), (ssize_t)sizeof(line) - 1);
	cr_assert_eq(fchmod(fd, 0755), 0);
	close(fd);
	for (i = 0; spawn_kind_table[i] != NULL; i++) {
		static const struct {
			const char *name;
			int exitcode, refused;
		} want[] = { { "no-such-command-anywhere", 127, ENOENT },
			     { "/nonexistent/x", 127, ENOENT },
			     { "", 127, ENOENT },
			     { "/etc/passwd", 126, EACCES },
			     { "/etc", 126, EACCES } };
		struct subprocess_config c = { .kind = spawn_kind_table[i] };
		struct subprocess_end end;

		if (!can_run(c.kind))
			continue;
		for (size_t k = 0; k < sizeof(want) / sizeof(want[0]); k++) {
			c.argv = (char *[]){ (char *)(uintptr_t)want[k].name, NULL };
			end = run_config(c, NULL);
			cr_assert_eq(end.exitcode, want[k].exitcode, "%s",
				     want[k].name);
			cr_assert_eq(end.refused, want[k].refused, "%s", want[k].name);
		}
		c.argv = (char *[]){ script, NULL };
		end = run_config(c, NULL);
		cr_assert_eq(end.exitcode, 126, "a script without its interpreter");
	}
	unlink(script);
}

Test(subprocess, a_script_without_a_first_line_is_the_shells)
{
	char script[] = "/tmp/concbench-test-XXXXXX";
	const char text[] = "echo \"$1-$2\"; exit 5\n";
	int fd = mkstemp(script);

	cr_assert_eq(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
	cr_assert_eq(fchmod(fd, 0755), 0);
	close(fd);
	cr_assert_eq(run((char *[]){ script, "a", "b c", NULL }, NULL).exitcode, 5);
	cr_assert_str_eq(out.data, "a-b c\n");
	unlink(script);
}

Test(subprocess, argument_list_too_long)
{
	size_t n = 4 << 20;
	char *word = malloc(n);

	cr_assert_not_null(word);
	memset(word, 'x', n - 1);
	word[n - 1] = '\0';
	cr_assert_eq(run((char *[]){ "true", word, NULL }, NULL).exitcode, 126);
	free(word);
}

Test(subprocess, start_raises_as_python)
{
	struct subprocess_config c = { .argv = (char *[]){ "no-such-command", NULL },
				       .stream = { -1, -1, -1 } };
	struct subprocess p;
	struct err e = { 0 };

	cr_assert_eq(subprocess_start(&p, &c, &e), -ENOENT);
	cr_assert_str_eq(e.msg, "'no-such-command': not found");
	subprocess_close(&p);
	c.argv = (char *[]){ "true", NULL };
	c.cwd = "/nonexistent";
	cr_assert_eq(subprocess_start(&p, &c, &e), -ENOENT);
	cr_assert_eq(p.refused, 0, "our own failure, not the command's");
	subprocess_close(&p);
	assert_no_children();
}

Test(subprocess, poll_wait_and_signals)
{
	struct subprocess_config c = { .argv = (char *[]){ "sleep", "600", NULL },
				       .stream = { SUBPROCESS_NULL, -1, -1 } };
	struct subprocess p;
	struct err e = { 0 };

	cr_assert_eq(subprocess_start(&p, &c, &e), 0, "%s", e.msg);
	cr_assert_not(subprocess_poll(&p), "None while it runs");
	cr_assert_eq(subprocess_wait(&p, NS_PER_MS), -ETIMEDOUT);
	subprocess_terminate(&p);
	cr_assert_eq(subprocess_wait(&p, UINT64_MAX), 0);
	cr_assert_eq(p.returncode, -SIGTERM);
	subprocess_kill(&p); /* nothing happens to one that has ended */
	cr_assert_eq(subprocess_wait(&p, 0), 0);
	subprocess_close(&p);
	subprocess_close(&p);
	assert_no_children();
}

Test(subprocess, close_leaves_nothing)
{
	struct subprocess_config c = { .argv = (char *[]){ "sleep", "600", NULL },
				       .stream = { SUBPROCESS_PIPE, SUBPROCESS_PIPE,
						   SUBPROCESS_PIPE } };
	struct subprocess p;
	struct err e = { 0 };

	cr_assert_eq(subprocess_start(&p, &c, &e), 0, "%s", e.msg);
	subprocess_close(&p);
	assert_no_children();
}

/* The classic: both streams full, nobody reads one of them; input unread, too. */
Test(subprocess, communicate_does_not_deadlock, .timeout = 120)
{
	size_t n = 300 * 1000;
	char *input = malloc(n + 1);

	cr_assert_not_null(input);
	memset(input, 'i', n);
	input[n] = '\0';
	cr_assert_eq(run(SHELL("head -c 300000 /dev/zero | tr '\\0' e >&2; "
			       "head -c 300000 /dev/zero | tr '\\0' o; cat"),
			 input)
			     .exitcode,
		     0);
	cr_assert_eq(errors.n, n);
	cr_assert_eq(out.n, 2 * n);
	cr_assert_eq(strspn(out.data, "o"), n);
	cr_assert_eq(memcmp(out.data + n, input, n), 0);
	free(input);
}

Test(subprocess, wait_alone_hangs_on_a_full_pipe)
{
	struct subprocess_config c = {
		.argv = SHELL("head -c 300000 /dev/zero"),
		.stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE, -1 },
	};
	struct flow flow = { .peer = -1, .sink = keep, .sink_arg = &out };
	struct subprocess p;
	struct err e = { 0 };

	out.n = 0;
	cr_assert_eq(subprocess_start(&p, &c, &e), 0, "%s", e.msg);
	flow.pipe = p.pipe[1];
	p.pipe[1] = -1;
	cr_assert_eq(subprocess_communicate(&p, NULL, 0, 200 * NS_PER_MS), -ETIMEDOUT);
	cr_assert_gt(flow_pending(&flow), 0);
	cr_assert_lt(flow_pending(&flow), 300000);
	cr_assert_eq(subprocess_communicate(&p, &flow, 1, UINT64_MAX), 0);
	cr_assert_eq(out.n, 300000, "nothing is lost by a timeout before");
	cr_assert_eq(p.returncode, 0);
	subprocess_close(&p);
}

Test(subprocess, a_command_may_refuse_its_input)
{
	char *input = malloc(200001);
	struct flow flow[3] = { { .peer = -1, .text = input, .text_bytes = 200000 },
				{ .peer = -1 },
				{ .peer = -1 } };
	struct subprocess_run q = {
		.config = { .argv = SHELL("exec <&-; exit 3"),
			    .stream = { SUBPROCESS_PIPE, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE } },
		.flow = flow,
		.cancel_fd = -1,
	};
	struct subprocess_end end;
	struct err e = { 0 };

	cr_assert_not_null(input);
	signal(SIGPIPE, SIG_IGN);
	memset(input, 'i', 200000);
	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	cr_assert_eq(end.exitcode, 3);
	cr_assert_eq(flow[0].error, 0, "no error: it is the command's right");
	cr_assert_lt(flow[0].bytes, 200000);
	free(input);
}

Test(subprocess, a_grandchild_that_holds_the_pipe_is_not_waited_for)
{
	struct flow flow[3] = { { .pipe = -1 },
				{ .peer = -1, .sink = keep, .sink_arg = &out },
				{ .peer = -1 } };
	struct subprocess_run q = {
		.config = { .argv = SHELL("sleep 600 & echo $!"),
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP },
		.flow = flow,
		.drain_ns = 10 * NS_PER_MS,
		.cancel_fd = -1,
	};
	struct subprocess_end end;
	struct err e = { 0 };

	out.n = 0;
	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	cr_assert_eq(end.exitcode, 0);
	cr_assert_not(end.drained, "and it is told");
	cr_assert_gt(out.n, 0, "what the command itself wrote is there");
	cr_assert_eq(kill((pid_t)strtol(out.data, NULL, 10), SIGKILL), 0,
		     "it lives on");
}

Test(subprocess, a_timeout_terminates_then_kills)
{
	struct flow flow[3] = { { .pipe = -1 },
				{ .peer = -1, .sink = keep, .sink_arg = &out },
				{ .peer = -1 } };
	struct subprocess_run q = {
		.config = { .argv = SHELL("trap '' TERM; echo on; "
					  "while :; do sleep 600; done"),
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP },
		.flow = flow,
		.timeout_ns = 3 * NS_PER_S,
		.grace_ns = 100 * NS_PER_MS,
		.cancel_fd = -1,
	};
	struct subprocess_end end;
	struct err e = { 0 };

	out.n = 0;
	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	cr_assert(end.timed_out);
	cr_assert_eq(end.exitcode, -SIGKILL);
	assert_no_children();
}

/* Never silent, never at its end: the timeout is heard all the same. */
Test(subprocess, a_timeout_ends_a_command_that_never_stops_writing)
{
	struct flow flow[3] = { { .pipe = -1 }, { .peer = -1 }, { .peer = -1 } };
	struct subprocess_run q = {
		.config = { .argv = (char *[]){ "yes", NULL },
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP },
		.flow = flow,
		.timeout_ns = 50 * NS_PER_MS,
		.grace_ns = LONG_NS,
		.cancel_fd = -1,
	};
	struct subprocess_end end;
	struct err e = { 0 };

	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	cr_assert(end.timed_out);
	cr_assert_eq(end.exitcode, -SIGTERM);
	assert_no_children();
}

/* From a file, through cat, into a file and into a pipe that is read slowly. */
static void
check_passes(int peer, int result, size_t n)
{
	char name[] = "/tmp/concbench-test-XXXXXX", byte[4096];
	int in = mkstemp(name);
	struct flow flow[3] = { { .peer = in }, { .peer = peer }, { .peer = -1 } };
	struct subprocess_run q = {
		.config = { .argv = (char *[]){ "cat", NULL },
			    .stream = { SUBPROCESS_PIPE, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE } },
		.flow = flow,
		.drain_ns = LONG_NS,
		.cancel_fd = -1,
	};
	struct subprocess_end end;
	struct err e = { 0 };
	size_t done, i;
	ssize_t got;

	unlink(name);
	for (i = 0; i < n; i += sizeof(byte)) {
		memset(byte, (int)(i / sizeof(byte) % 251), sizeof(byte));
		cr_assert_eq(write(in, byte, sizeof(byte)), (ssize_t)sizeof(byte));
	}
	cr_assert_eq(lseek(in, 0, SEEK_SET), 0);
	cr_assert_eq(subprocess_run(&q, &end, &e), 0, "%s", e.msg);
	cr_assert_eq(end.exitcode, 0);
	cr_assert_eq(flow[0].bytes, n);
	cr_assert_eq(flow[1].bytes, n);
	for (done = 0; result >= 0 && done < n; done += (size_t)got) {
		got = pread(result, byte, sizeof(byte), (off_t)done);
		cr_assert_gt(got, 0);
		cr_assert_eq((unsigned char)byte[0], done / sizeof(byte) % 251);
	}
	close(in);
}

Test(subprocess, files_pass_whole)
{
	static const int flags[] = { O_RDWR, O_RDWR | O_APPEND };

	for (int i = 0; i < 2; i++) {
		char name[] = "/tmp/concbench-test-XXXXXX";
		int fd = mkstemp(name), again = open(name, flags[i]);

		unlink(name);
		check_passes(again, fd, 3 << 20);
		close(fd);
		close(again);
	}
}

Test(subprocess, a_slow_reader_gets_everything)
{
	const size_t n = 1 << 20;
	size_t seen = 0;
	char piece[1000];
	int p[2], status;
	ssize_t got;
	pid_t reader;

	cr_assert_eq(pipe(p), 0);
	reader = fork();
	if (reader == 0) {
		close(p[1]);
		while ((got = read(p[0], piece, sizeof(piece))) > 0)
			seen += (size_t)got;
		_exit(seen == n ? 0 : 1);
	}
	close(p[0]);
	check_passes(p[1], -1, n);
	close(p[1]);
	cr_assert_eq(waitpid(reader, &status, 0), reader);
	cr_assert_eq(status, 0);
}

Test(subprocess, spawn_find_as_a_shell)
{
	char path[256];
	int root = open("/", O_PATH | O_CLOEXEC);

	cr_assert_eq(spawn_find("sh", "/nonexistent:/bin", -1, path, sizeof(path)), 0);
	cr_assert_str_eq(path, "/bin/sh");
	cr_assert_eq(spawn_find("sh", NULL, -1, path, sizeof(path)), 0);
	cr_assert_eq(spawn_find("./x", "/bin", -1, path, sizeof(path)), 0);
	cr_assert_str_eq(path, "./x");
	cr_assert_eq(spawn_find("passwd", "/etc", -1, path, sizeof(path)), -EACCES);
	cr_assert_eq(spawn_find("", "/bin", -1, path, sizeof(path)), -ENOENT);
	cr_assert_eq(spawn_find("sh", "", -1, path, sizeof(path)), -ENOENT);
	cr_assert_eq(spawn_find("sh", "bin", root, path, sizeof(path)), 0,
		     "relative folders are seen from there");
	close(root);
}
