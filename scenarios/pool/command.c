/*
 * command.c - a pool whose tasks are commands: xargs -P with a trace.
 *
 * A worker runs the command of its task (core/spawn.h) and appends what it writes
 * to two unlinked files of that worker; the owner passes it on when it is the
 * task's turn, and gives the file's blocks back.
 */
#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"
#include "core/subprocess.h"
#include "scenarios/pool/items.h"
#include "scenarios/pool/pool_run.h"
#include "scenarios/pool/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRACE_NS (2 * NS_PER_S)
#define DRAIN_NS (200 * NS_PER_MS)

/* The status of a command that we could not run, as `subprocess` has it. */
enum { OWN_FAILURE = 125 };

/* Commands that failed, told one by one; beyond them only counted. */
#define TOLD_MAX 20

static const struct event_type event_command = {
	.name = "command",
	.phase = EVENT_INSTANT,
	.say = "$ {s}",
	.key_a = "task",
	.key_s = "item",
};

static const struct event_type event_exit = {
	.name = "exit",
	.phase = EVENT_INSTANT,
	.say = "task {a} {s}",
	.key_a = "task",
	.key_b = "exit",
	.key_s = "end",
};

static const struct event_type event_open = {
	.name = "pool",
	.phase = EVENT_INSTANT,
	.say = "● pool of {a} {s}, one command an item",
	.key_a = "workers",
	.key_s = "kind",
};

/* Payload of a task: the item on the way in, what came of it on the way out. */
struct job {
	uint64_t from[2], bytes[2]; /* where its output and errors lie in the spools */
	struct subprocess_end end;
	struct err err; /* our own failure, if code is not 0 */
	char item[ITEM_MAX];
};

struct spool {
	int fd[2]; /* standard output, standard error */
};

/* Set up before the workers start; read only in them. */
struct commands {
	struct pool_run *run;
	struct template template;
	struct items items;
	struct spool *spool; /* a worker each */
	struct guard guard;  /* ends commands that outlive us */
	int nspools;
	uint64_t told, ended; /* commands that failed; that were not finished */
	bool halted;	      /* --fail-fast, or the output cannot be passed on */
	int output_rc;
};

/* --- in the workers -------------------------------------------------------- */

static uint64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void
tell_end(const struct pool_call *call, const struct job *j)
{
	const int code = j->end.refused != 0 ? j->end.refused : j->err.code;
	const bool ours = j->end.refused == 0 && j->err.code != 0;
	char words[64];

	if (code != 0)
		snprintf(words, sizeof(words), "%s", strerror(code));
	else
		proc_exit_words(j->end.exitcode, words, sizeof(words));
	trace_emit(&event_exit, (int64_t)call->task,
		   ours ? OWN_FAILURE : j->end.exitcode, words);
}

/* Output that could not be kept, on a full disk, is a failure of ours. */
static void
check_flows(const struct flow flow[static 3], struct err *e)
{
	e->code = 0;
	for (int i = 1; i < 3 && e->code == 0; i++)
		if (flow[i].error != 0)
			err_set(e, flow[i].error, "cannot keep a command's output");
}

static int64_t
command_task(struct pool_call *call)
{
	struct commands *c = call->context;
	const struct spool *s = &c->spool[call->worker];
	struct job *j = call->payload;
	char **words = template_words(&c->template, j->item, call->task);
	struct flow flow[3] = { { .pipe = -1 },
				{ .peer = s->fd[0] },
				{ .peer = s->fd[1] } };
	struct subprocess_run q = {
		.config = { .argv = words,
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP | SPAWN_DIES_WITH_PARENT,
			    .guard = &c->guard,
			    .guard_slot = (size_t)call->worker },
		.flow = flow,
		.timeout_ns = c->run->opts->task_timeout_ns,
		.grace_ns = GRACE_NS,
		.drain_ns = DRAIN_NS,
		.cancel_fd = call->cancel_fd,
	};

	trace_emit(&event_command, (int64_t)call->task, 0, j->item);
	for (int i = 0; i < 2; i++)
		j->from[i] = size_of(s->fd[i]);
	j->err.code = 0;
	if (words == NULL)
		err_set(&j->err, ENOMEM, "no memory for a command");
	else if (subprocess_run(&q, &j->end, &j->err) == 0)
		check_flows(flow, &j->err);
	free(words);
	for (int i = 0; i < 2; i++)
		j->bytes[i] = size_of(s->fd[i]) - j->from[i];
	if (j->err.code != 0 || j->end.exitcode != 0) {
		call->error = j->end.cancelled ? ECANCELED : EIO;
		tell_end(call, j);
	}
	return j->end.exitcode;
}

/* --- the owner ------------------------------------------------------------- */

/* An unlinked file in TMPDIR, for what a worker's commands write. */
static int
open_spool(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) /* a file system without unnamed files */
		fd = memfd_create("concbench-output", MFD_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "cannot make a temporary file in '%s'", dir);
	if (fcntl(fd, F_SETFL, O_APPEND) != 0) {
		close(fd);
		return err_set(e, errno, "cannot prepare a temporary file");
	}
	return fd;
}

static int
open_spools(struct commands *c, int n, struct err *e)
{
	c->spool = calloc((size_t)n, sizeof(*c->spool));
	if (c->spool == NULL)
		return err_set(e, ENOMEM, "no memory for %d workers", n);
	for (; c->nspools < n; c->nspools++) {
		struct spool *s = &c->spool[c->nspools];

		s->fd[0] = open_spool(e);
		if (s->fd[0] < 0)
			return s->fd[0];
		s->fd[1] = open_spool(e);
		if (s->fd[1] < 0) {
			close(s->fd[0]);
			return s->fd[1];
		}
	}
	return 0;
}

static void
close_spools(struct commands *c)
{
	for (int i = 0; i < c->nspools; i++)
		for (int k = 0; k < 2; k++)
			close(c->spool[i].fd[k]);
	free(c->spool);
}

/* Hands one stream of a finished task to the front. */
static int
pass_on(struct commands *c, uint64_t task, int fd, int stream, uint64_t from,
	uint64_t bytes)
{
	struct run *run = c->run->run;
	char piece[64 * 1024];
	uint64_t done = 0;
	int rc = 0;

	while (done < bytes && rc == 0) {
		const size_t most =
			bytes - done < sizeof(piece) ? bytes - done : sizeof(piece);
		ssize_t n = pread(fd, piece, most, (off_t)(from + done));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		rc = run->output(run->output_arg, (int64_t)task, stream, piece,
				 (size_t)n);
		done += (uint64_t)n;
	}
	/* The blocks are not needed any more; where that is not known, they stay. */
	if (bytes != 0)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			  (off_t)bytes);
	return rc;
}

/* A command that failed: says which, how, and why. */
static void
tell_failure(struct commands *c, const struct pool_outcome *o, const struct job *j)
{
	struct result *res = c->run->run->result;
	char words[96], why[512];

	if (o->status == POOL_CANCELLED) {
		c->ended++;
		return;
	}
	if (c->told++ >= TOLD_MAX)
		return;
	if (o->status == POOL_LOST)
		snprintf(why, sizeof(why), "lost with its worker");
	else if (j->err.code != 0)
		err_text(&j->err, why, sizeof(why));
	else if (j->end.refused != 0)
		snprintf(why, sizeof(why), "exit %d: %s", j->end.exitcode,
			 strerror(j->end.refused));
	else
		snprintf(why, sizeof(why), "%s%s",
			 proc_exit_words(j->end.exitcode, words, sizeof(words)),
			 j->end.timed_out ? ", it ran too long" : "");
	result_warn(res, "task %llu '%.60s': %s", (unsigned long long)o->task, j->item,
		    why);
}

static void
on_command_done(void *arg, const struct pool_outcome *o)
{
	struct commands *c = arg;
	const struct job *j = o->payload;
	struct pool_outcome seen = *o;
	int rc = 0;

	if (o->status == POOL_RAISED && j->end.timed_out)
		seen.status = POOL_TIMED_OUT;
	if (o->status == POOL_RAISED && j->end.cancelled)
		seen.status = POOL_CANCELLED;
	books_outcome(c->run, &seen);
	if (o->status == POOL_DONE || o->status == POOL_RAISED)
		for (int i = 0; i < 2 && rc == 0 && c->output_rc == 0; i++)
			rc = pass_on(c, o->task, c->spool[o->worker].fd[i], i + 1,
				     j->from[i], j->bytes[i]);
	if (rc != 0)
		c->output_rc = rc;
	if (seen.status != POOL_DONE)
		tell_failure(c, &seen, j);
	if (rc != 0 || (seen.status != POOL_DONE && c->run->opts->fail_fast))
		c->halted = true;
}

/* The next item into the ring. 1 given, 0 end of input, -errno. */
static int
submit_next(struct commands *c, struct err *e)
{
	struct pool *p = c->run->pool;
	const char *item;
	struct job *j;
	int rc = items_next(&c->items, &item, e);

	if (rc == ITEM_LATER) {
		rc = pool_pump(p, c->items.fd, UINT64_MAX, e);
		if (rc == 1)
			rc = items_read(&c->items, e);
		return rc != 0 ? rc : 1;
	}
	if (rc != ITEM_GIVEN)
		return rc;
	j = pool_payload(p, e);
	if (j == NULL)
		return -e->code;
	memcpy(j->item, item, strlen(item) + 1);
	j->end = (struct subprocess_end){ .pid = -1 };
	rc = pool_apply_async(p, command_task, 0, NULL, e);
	if (rc != 0)
		return rc;
	c->run->expected++;
	return 1;
}

static int
work_through(struct commands *c, struct err *e)
{
	struct pool_run *r = c->run;
	int rc = 1;

	r->submit_ns = clock_ns();
	while (rc == 1 && !c->halted)
		rc = submit_next(c, e);
	while (rc == 0 && !c->halted && !pool_is_idle(r->pool))
		rc = pool_pump(r->pool, -1, UINT64_MAX, e);
	r->done_ns = clock_ns();
	if (rc == 0 && !c->halted)
		return pool_run_finish(r, e);
	pool_terminate(r->pool);
	return rc < 0 ? rc : 0;
}

/* Splits the words at ':::'; decides where the items come from. */
static void
choose_items(struct commands *c)
{
	const struct run *run = c->run->run;
	const struct pool_opts *o = c->run->opts;

	c->template = (struct template){ .argc = items_choose(
						 &c->items, run->argc, run->argv,
						 (uint64_t)o->tasks, o->null_ends),
					 .argv = run->argv,
					 .shell = o->shell };
	c->template.bare = c->items.count != 0;
}

/* A power of two that keeps all workers busy, with little memory. */
static uint32_t
ring_capacity(int workers)
{
	uint32_t capacity = 64;

	while (capacity < 4 * (uint32_t)workers)
		capacity *= 2;
	return capacity;
}

int
pool_commands(struct pool_run *r, struct err *e)
{
	struct commands c = { .run = r };
	struct pool_config f;
	int rc;

	choose_items(&c);
	pool_run_config(r, &f);
	f.context = &c;
	f.capacity = ring_capacity(r->workers);
	f.payload_bytes = sizeof(struct job);
	f.task_timeout_ns = 0; /* the command's own, so that it can be ended alone */
	f.on_done = on_command_done;
	f.on_done_arg = &c;
	if (r->observed)
		trace_emit(&event_open, r->workers, 0, r->kind->nouns);
	rc = open_spools(&c, r->workers, e);
	if (rc == 0)
		rc = guard_open(&c.guard, (size_t)r->workers, e);
	if (rc == 0)
		rc = pool_open(&r->pool, &f, e);
	if (rc == 0) {
		rc = work_through(&c, e);
		if (rc != 0)
			pool_terminate(r->pool);
		books_close(r);
		if (c.told > TOLD_MAX)
			result_warn(r->run->result, "%llu more commands failed",
				    (unsigned long long)(c.told - TOLD_MAX));
		if (c.ended != 0)
			result_warn(r->run->result, "%llu commands were not finished",
				    (unsigned long long)c.ended);
		pool_free(r->pool);
	}
	guard_close(&c.guard);
	items_fini(&c.items);
	close_spools(&c);
	return rc;
}
