/*
 * spawn.c - `concbench coro spawn`: many coroutines on one thread, or on each of
 * several threads or processes.
 */
#include "scenarios/coro/coro_run.h"

#include "core/clock.h"
#include "core/crew.h"
#include "core/human.h"
#include "core/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* What a worker found out; in memory shared with the owner. */
struct worker_books {
	int64_t begun, done, killed, steps, timed_out;
	uint64_t begin_ns, spawned_ns, end_ns, cpu_ns;
	int64_t rss_bytes; /* that the coroutines added; 0: not to be told */
	uint64_t guarded, made;
	int rc; /* of the hub */
	struct err err;
};

/* One worker's run; private to it. */
struct flock {
	struct run *run;
	const struct coro_opts *o;
	struct worker_books *books;
	struct task **task;
	char (*name)[TRACE_NAME]; /* of those that have a role */
	struct hub hub;
	int number, role; /* of the worker; of its first coroutine */
};

struct herd {
	struct run *run;
	const struct coro_opts *o;
	const struct coro_kind *kind;
	struct worker_books *books;
	int role0, nroles; /* roles of coroutines: nroles for each worker */
	int workers;
};

static const struct event_type begin_event = { .name = "spawned",
					       .say = "● {a} coroutines spawned",
					       .key_a = "coroutines" };
static const struct event_type step_event = {
	.name = "step",
	.phase = EVENT_BEGIN,
	.say = "▶ step {a}",
	.key_a = "step",
	.span = "{a}",
};
static const struct event_type sleep_event = {
	.name = "sleep",
	.phase = EVENT_WAIT,
	.key_a = "ns",
	.unit_a = EVENT_NS,
	.span = "sleep",
};
static const struct event_type wake_event = { .name = "wake", .phase = EVENT_END };
static const struct event_type step_end_event = { .name = "step_end",
						  .phase = EVENT_END };
static const struct event_type done_event = { .name = "done", .say = "✔ done" };
static const struct event_type killed_event = { .name = "killed",
						.say = "✖ killed: clean-up" };
static const struct event_type joined_event = {
	.name = "joinall",
	.say = "■ joinall: {a} done, {b} timed out",
	.key_a = "done",
	.key_b = "timed_out"
};

/* Touches `bytes` of its stack below here. */
static __attribute__((noinline)) int
use_stack(int64_t bytes)
{
	volatile char page[1024];

	page[0] = (char)bytes;
	if (bytes > (int64_t)sizeof(page))
		return use_stack(bytes - (int64_t)sizeof(page)) + page[0];
	return page[0];
}

static intptr_t
member(void *arg)
{
	struct flock *f = arg;
	const struct coro_opts *o = f->o;
	const int64_t n = o->iterations != 0 ? o->iterations : 3;
	int rc = 0;

	f->books->begun++;
	for (int64_t i = 1; i <= n && rc == 0; i++) {
		trace_emit(&step_event, i, 0, NULL);
		f->books->steps++;
		if (o->use_bytes != 0)
			use_stack((int64_t)o->use_bytes);
		trace_emit(&sleep_event, (int64_t)o->pause_ns, 0, NULL);
		rc = hub_sleep(o->pause_ns);
		trace_emit(&wake_event, 0, 0, NULL);
		trace_emit(&step_end_event, i, 0, NULL);
	}
	if (rc != 0)
		f->books->killed++;
	else
		f->books->done++;
	trace_emit(rc != 0 ? &killed_event : &done_event, 0, 0, NULL);
	return 0;
}

/* --deadlock: each waits for the end of the next one. */
static intptr_t
knot(void *arg)
{
	struct flock *f = arg;
	const struct task *self = hub_getcurrent();
	int64_t i = 0;

	f->books->begun++;
	while (f->task[i] != self)
		i++;
	return hub_join(f->task[(i + 1) % f->o->coroutines], UINT64_MAX);
}

/* Joins all, kills those that take too long. */
static intptr_t
shepherd(void *arg)
{
	struct flock *f = arg;
	const size_t n = (size_t)f->o->coroutines;
	const uint64_t deadline_ns =
		f->o->join_ns == 0 ? UINT64_MAX : clock_deadline_ns(f->o->join_ns);
	int rc = hub_joinall(f->task, n, deadline_ns);

	for (size_t i = 0; i < n && rc == -ETIMEDOUT; i++) {
		if (f->task[i]->done)
			continue;
		f->books->timed_out++;
		hub_kill(f->task[i]);
	}
	if (rc == -ETIMEDOUT)
		rc = hub_joinall(f->task, n, UINT64_MAX);
	if (rc == 0)
		trace_emit(&joined_event, f->books->done, f->books->timed_out, NULL);
	return rc;
}

/* The i-th coroutine's own role and name: "c1", or "w2/c1" of several workers. */
static const char *
name_one(struct flock *f, int i)
{
	char text[48]; /* cut to the length of a role's name */

	if (f->o->workers > 1)
		snprintf(text, sizeof(text), "w%d/c%d", f->number + 1, i + 1);
	else
		snprintf(text, sizeof(text), "c%d", i + 1);
	memcpy(f->name[i], text, sizeof(f->name[i]) - 1);
	coro_run_role(f->run, f->role + i, f->name[i]);
	return f->name[i];
}

static int
spawn_all(struct flock *f, int nroles, struct err *e)
{
	task_fn *fn = f->o->knot ? knot : member;
	struct task *joinall;

	for (int64_t i = 0; i < f->o->coroutines; i++) {
		const bool shown = i < nroles;

		f->task[i] = hub_spawn(&f->hub, shown ? name_one(f, (int)i) : NULL, fn,
				       f, e);
		if (f->task[i] == NULL)
			return -ENOMEM;
		if (shown)
			hub_set_role(f->task[i], f->role + (int)i);
	}
	trace_emit(&begin_event, f->o->coroutines, 0, NULL);
	if (f->o->knot)
		return 0;
	joinall = hub_spawn(&f->hub, "joinall", shepherd, f, e);
	if (joinall != NULL)
		hub_set_role(joinall, f->hub.config.role);
	hub_release(joinall);
	return joinall == NULL ? -ENOMEM : 0;
}

static int64_t
peak_rss(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss * 1024;
}

/* From the first coroutine to the last. */
static int
run_hub(struct flock *f, int nroles, const struct hub_config *c)
{
	struct worker_books *b = f->books;
	const int64_t rss = peak_rss();
	int rc = hub_init(&f->hub, c, &b->err);

	if (rc != 0)
		return rc;
	rc = spawn_all(f, nroles, &b->err);
	b->spawned_ns = clock_ns();
	if (rc == 0)
		rc = hub_run(&f->hub, &b->err);
	b->rss_bytes = peak_rss() - rss;
	b->made = f->hub.domain.stacks.made;
	b->guarded = b->made - f->hub.domain.stacks.unguarded;
	hub_fini(&f->hub);
	return rc;
}

/* All of one worker's coroutines. */
static int
run_flock(const struct herd *herd, int number, struct stop *stop, int own_role,
	  struct worker_books *b)
{
	struct flock f = { .run = herd->run,
			   .o = herd->o,
			   .books = b,
			   .number = number,
			   .role = herd->role0 + number * herd->nroles };
	const struct hub_config c = {
		.coro = coro_run_config(herd->run, herd->o, herd->kind),
		.stop = stop,
		.role = own_role,
	};
	int rc;

	b->begin_ns = clock_ns();
	f.task = calloc((size_t)herd->o->coroutines, sizeof(*f.task));
	f.name = calloc((size_t)herd->nroles, sizeof(*f.name));
	if (f.task == NULL || f.name == NULL)
		rc = err_set(&b->err, ENOMEM, "no memory for the tasks");
	else
		rc = run_hub(&f, herd->nroles, &c);
	free(f.name);
	free(f.task);
	b->end_ns = clock_ns();
	return rc;
}

/* --- workers --------------------------------------------------------------- */

static int
crew_member(struct crew *c, int number, void *arg)
{
	const struct herd *herd = arg;
	struct worker_books *b = &herd->books[number];
	/* A process sees the owner's request by this descriptor alone. */
	struct stop stop = { .fd = c->cancel_fd };
	const uint64_t cpu_ns = clock_thread_cpu_ns();

	b->rc = run_flock(herd, number, &stop, c->role0 + number, b);
	b->cpu_ns = clock_thread_cpu_ns() - cpu_ns;
	return b->rc == 0 ? 0 : 1;
}

static int
run_crew(struct herd *herd, int role0, struct err *e)
{
	const char *kind = herd->o->within == WITHIN_THREAD ? "thread" : "process";
	char name[TRACE_NAME];
	struct crew c;
	int rc = crew_init(&c, crew_kind_find(kind), herd->workers, crew_member, herd,
			   herd->run->pin, e);

	if (rc != 0)
		return rc;
	c.trace = herd->run->trace;
	c.role0 = role0;
	for (int i = 0; i < herd->workers && rc == 0; i++) {
		snprintf(name, sizeof(name), "w%d", i + 1);
		trace_name(herd->run->trace, role0 + i, name);
		rc = crew_start(&c, i, e);
	}
	while (rc == 0 && crew_running(&c) > 0) {
		if (watch_fd(herd->run->trace, herd->run->stop, c.end_fd, UINT64_MAX) !=
		    1)
			break;
		while (crew_reap(&c) >= 0)
			;
	}
	crew_terminate(&c, 500 * NS_PER_MS);
	for (int i = 0; i < herd->workers && rc == 0; i++)
		if (c.worker[i].exit != 0 && herd->books[i].rc == 0)
			rc = err_set(e, ECHILD, "worker %d ended by %d", i + 1,
				     c.worker[i].exit);
	crew_fini(&c);
	return rc;
}

/* --- what came of it ------------------------------------------------------- */

static struct worker_books
total(const struct herd *herd)
{
	struct worker_books t = herd->books[0];

	for (int i = 1; i < herd->workers; i++) {
		const struct worker_books *b = &herd->books[i];

		t.begun += b->begun;
		t.done += b->done;
		t.killed += b->killed;
		t.steps += b->steps;
		t.timed_out += b->timed_out;
		t.cpu_ns += b->cpu_ns;
		t.rss_bytes += b->rss_bytes;
		t.made += b->made;
		t.guarded += b->guarded;
		t.begin_ns = b->begin_ns < t.begin_ns ? b->begin_ns : t.begin_ns;
		t.end_ns = b->end_ns > t.end_ns ? b->end_ns : t.end_ns;
		if (t.rc == 0) {
			t.rc = b->rc;
			t.err = b->err;
		}
	}
	return t;
}

static void
add_samples(const struct herd *herd, const struct worker_books *t, int64_t all)
{
	struct result *r = herd->run->result;
	const char *kind = herd->kind->kind.name;
	const struct worker_books *b = herd->books;

	result_sample(r,
		      result_series(r, kind, herd->workers, &coro_metrics[CORO_M_WALL]),
		      (double)(t->end_ns - t->begin_ns));
	result_sample(r,
		      result_series(r, kind, herd->workers, &coro_metrics[CORO_M_CPU]),
		      (double)t->cpu_ns);
	for (int i = 0; i < herd->workers; i++)
		result_sample(r,
			      result_series(r, kind, herd->workers,
					    &coro_metrics[CORO_M_SPAWN]),
			      (double)(b[i].spawned_ns - b[i].begin_ns) /
				      (double)herd->o->coroutines);
	if (herd->o->coroutines >= 1000 && herd->o->within == WITHIN_PROCESS)
		result_sample(r,
			      result_series(r, kind, herd->workers,
					    &coro_metrics[CORO_M_MEMORY]),
			      (double)t->rss_bytes / (double)all);
}

static void
conclude(const struct herd *herd, const struct worker_books *t)
{
	const int64_t steps = herd->o->iterations != 0 ? herd->o->iterations : 3;
	const int64_t all = herd->o->coroutines * herd->workers;
	const int64_t wanted = all * steps;
	const char *kind = herd->kind->kind.name;
	struct result *r = herd->run->result;
	char wall[HUMAN_TEXT], cpu[HUMAN_TEXT], each[HUMAN_TEXT];

	add_samples(herd, t, all);
	result_check(r, kind, "every coroutine came to its end",
		     t->done + t->killed == all && t->killed == t->timed_out,
		     "%lld spawned, %lld done, %lld killed after joinall timed out for "
		     "%lld",
		     (long long)all, (long long)t->done, (long long)t->killed,
		     (long long)t->timed_out);
	result_check(r, kind, "every step was taken",
		     t->killed > 0 || t->steps == wanted, "%lld of %lld",
		     (long long)t->steps, (long long)wanted);
	human_ns(wall, (double)(t->end_ns - t->begin_ns));
	human_ns(cpu, (double)t->cpu_ns);
	human_bytes(each, (double)t->rss_bytes / (double)all);
	result_line(r, "%s: %lld coroutines on %d %s, %lld steps in %s, CPU %s", kind,
		    (long long)all, herd->workers,
		    herd->workers == 1		       ? "thread"
		    : herd->o->within == WITHIN_THREAD ? "threads"
						       : "processes",
		    (long long)t->steps, wall, cpu);
	if (herd->o->coroutines >= 1000 && herd->o->within == WITHIN_PROCESS)
		result_line(r, "%s: memory %s each; %llu of %llu stacks have a guard",
			    kind, each, (unsigned long long)t->guarded,
			    (unsigned long long)t->made);
}

/* Puts the end of the run into the result: a deadlock is an answer, too. */
static int
settle(const struct herd *herd, struct err *e)
{
	struct worker_books t = total(herd);
	struct result *r = herd->run->result;

	if (t.rc == -EDEADLK) {
		result_check(r, herd->kind->kind.name, "no deadlock", false, "%s",
			     t.err.msg);
		return 0;
	}
	if (t.rc == -ECANCELED)
		return 0;
	if (t.rc != 0) {
		*e = t.err;
		return t.rc;
	}
	conclude(herd, &t);
	return 0;
}

int
coro_spawn(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	   int role0, struct err *e)
{
	const size_t bytes = (size_t)o->workers * sizeof(struct worker_books);
	struct herd herd = {
		.run = run, .o = o, .kind = kind, .workers = (int)o->workers
	};
	uint64_t cpu_ns;
	int rc = 0;

	herd.nroles = coro_run_roles_each(o);
	herd.books = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (herd.books == MAP_FAILED)
		return err_set(e, errno, "cannot map the books of %d workers",
			       herd.workers);
	if (herd.workers == 1) {
		herd.role0 = role0;
		cpu_ns = clock_thread_cpu_ns();
		herd.books->rc = run_flock(&herd, 0, run->stop, 0, herd.books);
		herd.books->cpu_ns = clock_thread_cpu_ns() - cpu_ns;
	} else {
		herd.role0 = role0 + herd.workers;
		rc = run_crew(&herd, role0, e);
	}
	if (rc == 0)
		rc = settle(&herd, e);
	munmap(herd.books, bytes);
	return rc;
}
