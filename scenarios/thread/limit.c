/*
 * limit.c - how many threads fit, and what a stack costs: reserved, and touched.
 *
 * Not to the system's limit, which others on the machine would feel, but to a safe
 * share of it; the limit itself is told.
 */
#include "scenarios/thread/thread_run.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/human.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* At most so many, and at most a quarter of what a limit leaves. */
enum { THREADS_MAX = 5000, SHARE = 4 };

static const uint64_t usual_stacks[] = { 64 << 10, 8 << 20 };

static const struct event_type batch_event = {
	.name = "threads",
	.say = "● {a} threads with a stack of {b} each run, and wait",
	.key_a = "threads",
	.key_b = "stack_bytes",
	.unit_b = EVENT_BYTES,
};
static const struct event_type refused_event = {
	.name = "refused",
	.say = "✖ the system refuses thread {a}",
	.key_a = "number",
};

static void
sit(void *arg)
{
	atom_u32 *go = arg;

	while (atom_load_rlx(go) == 0)
		futex_wait(go, 0, FUTEX_FOREVER);
}

/* Pages of the address space and of it in memory. */
static void
read_memory(int64_t *size_bytes, int64_t *resident_bytes)
{
	const int64_t page = sysconf(_SC_PAGESIZE);
	const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128] = "", *end;
	ssize_t n = 0;

	*size_bytes = *resident_bytes = 0;
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return;
	*size_bytes = strtoll(text, &end, 10) * page;
	*resident_bytes = strtoll(end, NULL, 10) * page;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How many are tried, and what the system would allow (SYS_UNLIMITED: no limit). */
static int
safe_count(int64_t *allowed)
{
	struct sys_info si;

	sys_read(&si);
	*allowed = least(si.cgroup_pids, si.rlimit_nproc);
	return (int)least(THREADS_MAX, *allowed / SHARE);
}

static int
try_stack(struct run *run, uint64_t stack_bytes, int most, int64_t allowed)
{
	struct thread *t = calloc((size_t)most, sizeof(*t));
	int64_t size[2], resident[2];
	char a[HUMAN_TEXT], b[HUMAN_TEXT], c[HUMAN_TEXT], d[HUMAN_TEXT];
	char limit[64] = "the system sets no limit of its own";
	struct err why = { 0 };
	atom_u32 go = 0;
	uint64_t begin_ns, ns;
	int n = 0, joined = 0;

	if (t == NULL)
		return -ENOMEM;
	read_memory(&size[0], &resident[0]);
	begin_ns = clock_ns();
	while (n < most && stop_reason(run->stop) == STOP_NONE) {
		thread_init(&t[n], "sitter", sit, &go);
		t[n].stack_bytes = (size_t)stack_bytes;
		if (thread_start(&t[n], &why) != 0)
			break;
		n++;
	}
	ns = clock_ns() - begin_ns;
	read_memory(&size[1], &resident[1]);
	trace_emit(&batch_event, n, (int64_t)stack_bytes, NULL);
	if (n < most && why.code != 0)
		trace_emit(&refused_event, n + 1, 0, NULL);
	atom_store_rlx(&go, 1);
	futex_wake(&go, INT_MAX);
	for (int i = 0; i < n; i++)
		joined += thread_join(&t[i], UINT64_MAX, NULL) == 0;
	free(t);
	human_bytes(a, (double)stack_bytes);
	result_check(run->result, a, "every thread was joined", joined == n,
		     "%d started, %d joined", n, joined);
	if (n == 0)
		return -why.code;
	if (allowed != SYS_UNLIMITED)
		snprintf(limit, sizeof(limit),
			 "the system allows %lld processes and "
			 "threads",
			 (long long)allowed);
	result_line(run->result,
		    "stack %s: %d threads at once, %s; each %s of address space, %s in "
		    "memory, %s to start; %s",
		    a, n,
		    n < most && why.code != 0 ? "then the system refused"
					      : "more were not tried",
		    human_bytes(b, (double)(size[1] - size[0]) / n),
		    human_bytes(c, (double)(resident[1] - resident[0]) / n),
		    human_ns(d, (double)ns / n), limit);
	return 0;
}

int
thread_limit_play(struct run *run, const struct thread_opts *o, struct err *e)
{
	int64_t allowed;
	const int most = safe_count(&allowed);
	int rc = 0;

	if (most < 1)
		return err_set(e, EAGAIN, "the system allows %lld threads, too few",
			       (long long)allowed);
	if (o->stack_bytes > 0)
		rc = try_stack(run, o->stack_bytes, most, allowed);
	for (size_t i = 0; o->stack_bytes == 0 && i < 2 && rc == 0; i++)
		rc = try_stack(run, usual_stacks[i], most, allowed);
	if (rc != 0)
		return err_set(e, -rc, "no thread could be started");
	result_line(run->result,
		    "a stack is address space, not memory, until it is touched: what "
		    "limits threads is their number, not their stacks");
	return 0;
}
