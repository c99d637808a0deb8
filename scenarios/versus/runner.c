/*
 * runner.c - one model at work in a child of its own, measured there.
 *
 * The child makes what the model needs and sees all of it end, so the deltas of
 * getrusage() over itself and its children are the model's alone.
 */
#include "scenarios/versus/versus_run.h"

#include "core/clock.h"
#include "core/footprint.h"
#include "core/futex.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define GRACE_NS (2 * NS_PER_S) /* from the request to stop to SIGKILL */

int
versus_open(struct versus_run *v, struct err *e)
{
	const size_t tasks = (size_t)v->o->tasks;
	const size_t slots = tasks + (size_t)v->o->workers;
	const size_t tasks_at = (sizeof(*v->shared) + 63) / 64 * 64;
	const size_t own_at = tasks_at + tasks * sizeof(struct versus_task);
	char *map;

	v->ids = calloc(2 * tasks, sizeof(*v->ids));
	if (v->ids == NULL)
		return err_set(e, ENOMEM, "no memory for %zu tasks", tasks);
	v->map_bytes = own_at + slots * sizeof(struct versus_process);
	map = mmap(NULL, v->map_bytes, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return err_set(e, errno, "cannot map shared memory for %zu tasks",
			       tasks);
	v->shared = (struct versus_shared *)map;
	v->job = (struct versus_job){
		.seed = v->run->seed,
		.tasks = (int)tasks,
		.workers = (int)v->o->workers,
		.pin = v->run->pin,
		.failure = &v->shared->failure,
		.cancel = &v->shared->cancel,
		.task = (struct versus_task *)(map + tasks_at),
		.own = (struct versus_process *)(map + own_at),
		.nslots = (int)slots,
	};
	return 0;
}

void
versus_close(struct versus_run *v)
{
	if (v->shared != NULL)
		munmap(v->shared, v->map_bytes);
	free(v->ids);
	v->shared = NULL;
	v->ids = NULL;
}

/* --- in the runner --------------------------------------------------------- */

/* A change of what is held at a time. */
struct change {
	uint64_t ns;
	int64_t bytes;
};

static int
compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* Most that the processes of the job held at one time, each at its peak. */
static uint64_t
sum_of_processes(const struct versus_job *job)
{
	struct change *c = calloc(2 * (size_t)job->nslots, sizeof(*c));
	int64_t held = 0, most = 0;
	size_t n = 0;

	for (int i = 0; c != NULL && i < job->nslots; i++) {
		const struct versus_process *p = &job->own[i];

		if (p->begin_ns == 0)
			continue;
		c[n++] = (struct change){ p->begin_ns, (int64_t)p->peak_bytes };
		c[n++] = (struct change){ p->end_ns + 1, -(int64_t)p->peak_bytes };
	}
	if (n > 0)
		qsort(c, n, sizeof(*c), compare_changes);
	for (size_t i = 0; i < n; i++) {
		held += c[i].bytes;
		most = held > most ? held : most;
	}
	free(c);
	return (uint64_t)most;
}

static uint64_t
usage_cpu_ns(const struct rusage *u)
{
	return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * NS_PER_S +
	       (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) * NS_PER_US;
}

/* What the process and its reaped children have used so far. */
static void
read_usage(struct versus_outcome *o)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	o->cpu_ns = usage_cpu_ns(&self) + usage_cpu_ns(&children);
	o->voluntary = self.ru_nvcsw + children.ru_nvcsw;
	o->delay_ns = sys_run_delay_ns();
	o->involuntary = self.ru_nivcsw + children.ru_nivcsw;
}

/* A process a task needs a descriptor a task. */
static void
raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static void
runner(struct versus_run *v, const struct versus_model *m)
{
	struct versus_outcome *o = &v->shared->outcome, before;
	struct footprint base = { 0 }, after = { 0 };
	struct versus_job job = v->job;
	uint64_t begin_ns;

	job.runner = getpid();
	raise_descriptors();
	/* Touched before the clock runs. */
	memset(job.task, 0, (size_t)job.tasks * sizeof(*job.task));
	memset(job.own, 0, (size_t)job.nslots * sizeof(*job.own));
	if (job.weighs) {
		footprint_restart_peak();
		footprint_read(&base);
	}
	read_usage(&before);
	begin_ns = clock_ns();
	o->rc = m->run(&job, &o->err);
	o->wall_ns = clock_ns() - begin_ns;
	read_usage(o);
	o->cpu_ns -= before.cpu_ns;
	o->delay_ns -= before.delay_ns;
	if (o->delay_ns > o->wall_ns) /* read a little before and after */
		o->delay_ns = o->wall_ns;
	o->voluntary -= before.voluntary;
	o->involuntary -= before.involuntary;
	if (job.weighs && footprint_read(&after) == 0) {
		o->memory_bytes = sum_of_processes(&job);
		if (after.peak_bytes > base.own_bytes)
			o->memory_bytes += after.peak_bytes - base.own_bytes;
	}
	o->is_complete = true;
}

/* --- the owner ------------------------------------------------------------- */

/* Waits for the runner, or for the stop, after which the runner is ended. */
static int
wait_runner(struct versus_run *v, int pidfd, int *exitcode, struct err *e)
{
	int rc = watch_fd(v->run->trace, v->run->stop, pidfd, UINT64_MAX);

	if (rc == 1)
		return proc_wait(pidfd, UINT64_MAX, exitcode);
	/* Tasks give up, so that the model ends in order; else by force. */
	atom_store_rlx(&v->shared->cancel, 1);
	futex_wake(&v->shared->cancel, INT_MAX);
	rc = proc_wait(pidfd, clock_deadline_ns(GRACE_NS), exitcode);
	if (rc == -ETIMEDOUT) {
		proc_signal(pidfd, SIGKILL);
		proc_wait(pidfd, UINT64_MAX, exitcode);
	}
	return err_set(e, ECANCELED, "stopped");
}

int
versus_measure(struct versus_run *v, const struct versus_model *m,
	       const struct work *work, bool weighs, struct err *e)
{
	struct versus_outcome *o = &v->shared->outcome;
	int pidfd, exitcode, rc;
	char words[64];
	pid_t pid;

	if (stop_reason(v->run->stop) != STOP_NONE)
		return err_set(e, ECANCELED, "stopped");
	*o = (struct versus_outcome){ .rc = 0 };
	atom_store_rlx(&v->shared->cancel, 0);
	v->shared->failure = (struct versus_failure){ 0 };
	v->job.work = *work;
	v->job.weighs = weighs;
	pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, e);
	if (pid == 0) {
		runner(v, m);
		_exit(0);
	}
	if (pid < 0)
		return (int)pid;
	pidfd = proc_open(pid, e);
	if (pidfd < 0) {
		kill(pid, SIGKILL);
		proc_reap_pid(pid, &exitcode);
		return pidfd;
	}
	rc = wait_runner(v, pidfd, &exitcode, e);
	close(pidfd);
	if (rc != 0)
		return rc;
	if (!o->is_complete)
		return err_set(e, ECHILD, "the runner of '%s' %s", m->kind.name,
			       proc_exit_words(exitcode, words, sizeof(words)));
	if (o->rc != 0 && e != NULL)
		*e = o->err;
	return o->rc;
}
