/*
 * worker.c - `concbench dist worker`: takes tasks, gives results.
 */
#include "scenarios/dist/dist_run.h"
#include "scenarios/dist/keeper.h"

#include "core/clock.h"
#include "core/hist.h"
#include "core/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct event_type event_note = {
	.name = "note", .phase = EVENT_INSTANT, .say = "{s}", .key_s = "text"
};

struct worker {
	struct run *run;
	const struct dist_opts *o;
	const struct dist_engine *engine;
	struct dist_worker *w;
	struct dist_key key;
	struct lane lane;
	struct keeper keeper;
	struct guard guard; /* ends a command that outlives us */
	struct arena arena;
	struct wire payload; /* of a result */
	char who[DIST_WHO_MAX];
	uint64_t done;
	bool over; /* the master says so */
	struct hist *ran;
};

/* A name that no other worker has: host and PID. */
static void
name_it(char who[static DIST_WHO_MAX])
{
	char host[DIST_WHO_MAX - 12];

	if (gethostname(host, sizeof(host)) != 0)
		snprintf(host, sizeof(host), "worker");
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	snprintf(who, DIST_WHO_MAX, "%s:%d", host, getpid());
}

/* What it did is seen before it waits, or works: nobody else shows it meanwhile. */
static void
show(struct worker *x)
{
	if (x->run->trace->live_ns != 0)
		trace_pump(x->run->trace, true);
}

/* --- a task ---------------------------------------------------------------- */

/* What it is not allowed or not able to do. */
static int
refuse_command(struct worker *x, const struct dist_task *t, struct err *e)
{
	const int rc = x->engine->give_back(x->w, t->number, e);

	if (rc != 0)
		return rc;
	err_set(e, EPERM, "the master sends commands");
	err_hint(e, "--allow-exec runs them; the task was given back");
	return -EPERM;
}

static int
do_number(struct worker *x, const struct dist_task *t, int64_t number)
{
	const uint64_t amount = work_amount(&x->o->work, x->run->seed, t->number);

	if (work_do(&x->o->work, amount, &x->keeper.cancel) == -ECANCELED)
		return -ECANCELED;
	dist_put_square(&x->payload, number);
	return 0;
}

static int
do_task(struct worker *x, const struct dist_task *t, const struct dist_todo *todo,
	int *status, struct err *e)
{
	*status = 0;
	wire_taken(&x->payload, wire_bytes(&x->payload));
	switch (todo->what) {
	case TASK_NUMBER:
		return do_number(x, t, todo->number);
	case TASK_COMMAND:
		return dist_run_command(x->run, &x->guard, todo->words, &x->payload,
					status, e);
	default:
		*status = 1;
		pickle_text(&x->payload, "this task is no number and no command");
		return 0;
	}
}

static void
tell_begin(struct worker *x, const struct dist_task *t, const struct dist_todo *todo)
{
	int64_t words = 0;

	switch (todo->what) {
	case TASK_NUMBER:
		lane_emit(&x->lane, DIST_E_RUN, (int64_t)t->number, todo->number);
		return;
	case TASK_COMMAND:
		while (todo->words[words] != NULL)
			words++;
		lane_emit(&x->lane, DIST_E_RUN_COMMAND, (int64_t)t->number, words);
		return;
	default:
		lane_emit(&x->lane, DIST_E_RUN_OTHER, (int64_t)t->number, 0);
	}
}

static int
run_task(struct worker *x, const struct dist_task *t, struct err *e)
{
	struct dist_result r = { .number = t->number, .attempt = t->attempt };
	struct dist_todo todo;
	const uint64_t begin_ns = clock_ns();
	int rc = dist_todo_read(&x->arena, t, &todo, e);

	if (rc != 0)
		return rc;
	if (todo.what == TASK_COMMAND && !x->o->allow_exec)
		return refuse_command(x, t, e);
	tell_begin(x, t, &todo);
	show(x);
	keeper_busy(&x->keeper, true);
	rc = do_task(x, t, &todo, &r.status, e);
	keeper_busy(&x->keeper, false);
	lane_emit(&x->lane, DIST_E_DONE, (int64_t)t->number, r.status);
	hist_add(x->ran, clock_ns() - begin_ns);
	if (rc == -ECANCELED) {
		struct err ignored;

		x->engine->give_back(x->w, t->number, &ignored);
		return err_set(e, ECANCELED, "stopped");
	}
	if (rc != 0)
		return rc;
	if (x->payload.lacks_memory)
		return err_set(e, ENOMEM, "no memory for a result");
	r.payload = x->payload.at + x->payload.from;
	r.bytes = wire_bytes(&x->payload);
	rc = x->engine->give(x->w, &r, e);
	x->done += rc == 0;
	return rc;
}

/* --- the run --------------------------------------------------------------- */

static int
work(struct worker *x, struct err *e)
{
	const uint64_t most =
		x->o->most_tasks != 0 ? (uint64_t)x->o->most_tasks : UINT64_MAX;
	struct dist_task t;
	int rc = 1;

	while (rc == 1 && x->done < most) {
		show(x);
		rc = x->engine->take(x->w, &t, clock_deadline_ns(x->o->idle_ns), e);
		if (rc == -EAGAIN) { /* without a master nobody is idle */
			rc = 1;
			continue;
		}
		if (rc == 1) {
			rc = run_task(x, &t, e);
			rc = rc == 0 ? 1 : rc;
		}
		if (rc == 1)
			lane_send(&x->lane, false);
	}
	x->over = rc == -ESHUTDOWN;
	if (rc == 0)
		lane_emit(&x->lane, DIST_E_EMPTY, 0, 0);
	if (x->over)
		lane_emit(&x->lane, DIST_E_OVER, 0, 0);
	if (rc >= 0 || x->over)
		rc = x->engine->sync(x->w, e);
	return rc;
}

static void
on_note(void *arg, const char *text)
{
	struct worker *x = arg;

	trace_emit(&event_note, 0, 0, text);
	result_warn(x->run->result, "%s", text);
}

static int
open_engine(struct worker *x, struct err *e)
{
	const struct dist_opts *o = x->o;
	struct dist_config c = {
		.address = o->connect,
		.url = o->engine,
		.key = x->key.at,
		.key_bytes = x->key.n,
		.who = x->who,
		.task_name = o->task_name,
		.result_name = o->result_name,
		.prefetch = (uint32_t)o->prefetch,
		.far = o->tcp,
		.reconnect_ns = o->reconnect_ns,
		.on_note = on_note,
		.arg = x,
		.trace = x->run->trace,
		.stop = x->run->stop,
	};
	int rc;

	if (o->run != NULL)
		snprintf(c.run, sizeof(c.run), "%s", o->run);
	rc = x->engine->worker_open(&x->w, &c, e);
	if (rc != 0)
		return rc;
	if (o->allow_exec && (rc = guard_open(&x->guard, 1, e)) != 0)
		return rc;
	lane_open(&x->lane, x->engine, x->w, !x->run->quiet);
	return keeper_open(&x->keeper, x->engine, x->w, x->run->stop, e);
}

static void
report(struct worker *x)
{
	struct result *res = x->run->result;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	if (x->ran->count > 0)
		result_hist(res,
			    result_series(res, NULL, 0, &dist_metrics[DIST_M_TASK]),
			    x->ran);
	result_line(res, "%" PRIu64 " tasks · median %s, longest %s", x->done,
		    human_ns(a, (double)hist_quantile(x->ran, 0.5)),
		    human_ns(b, (double)x->ran->max));
}

static int
prepare(struct worker *x, struct err *e)
{
	x->arena.limit = PICKLE_ARENA(DIST_PAYLOAD_MAX);
	name_it(x->who);
	trace_name(x->run->trace, 0, "worker");
	x->ran = calloc(1, sizeof(*x->ran));
	if (x->ran == NULL)
		return err_set(e, ENOMEM, "no memory for a worker");
	hist_init(x->ran);
	x->engine = dist_engine_find(x->o->engine, e);
	if (x->engine == NULL)
		return -ENOTSUP;
	if (x->o->engine != NULL)
		return dist_key_password(&x->key, x->o->password_file, e);
	return x->o->key_file != NULL ? dist_key_read(&x->key, x->o->key_file, e) : 0;
}

int
dist_worker(struct run *run, const struct dist_opts *o, struct err *e)
{
	struct worker x = { .run = run, .o = o };
	int rc = prepare(&x, e);

	dist_address = o->engine == NULL ? o->connect : o->engine;
	if (rc == 0) {
		lane_emit(&x.lane, DIST_E_CONNECT, 0, 0);
		show(&x);
		rc = open_engine(&x, e);
	}
	if (rc == 0)
		rc = work(&x, e);
	keeper_close(&x.keeper);
	guard_close(&x.guard);
	if (rc == 0) {
		lane_emit(&x.lane, DIST_E_EXIT, (int64_t)x.done, 0);
		lane_send(&x.lane, true);
	}
	if (x.w != NULL)
		report(&x);
	if (x.engine != NULL)
		x.engine->worker_close(x.w);
	dist_key_wipe(&x.key);
	lane_fini(&x.lane);
	wire_fini(&x.payload);
	arena_fini(&x.arena);
	free(x.ran);
	return rc;
}
