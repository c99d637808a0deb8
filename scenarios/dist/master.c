/*
 * master.c - `concbench dist master`: puts tasks, takes results.
 *
 * Tasks are put as long as the engine has room; results are taken as they come. With
 * a COMMAND the tasks are its items, and outputs are passed on in their order, so no
 * more is put than can wait for its turn.
 */
#include "scenarios/dist/dist_run.h"

#include "core/clock.h"
#include "core/dist/address.h"
#include "core/human.h"
#include "core/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 20, NOTES_MAX = 50, CLOCK_LOOKS = 8 };

static const char *bound_to; /* text of event_listen */

static const struct event_type event_listen = {
	.name = "listen",
	.phase = EVENT_INSTANT,
	.say = "● master listens on {s}",
	.key_s = "address",
	.whole = &bound_to,
};

/* Texts of the two; events are shown when the engine's own are gone. */
static char bound_text[320], run_text[DIST_RUN_MAX];
static const char *run_id = run_text;

static const struct event_type event_run = {
	.name = "open",
	.phase = EVENT_INSTANT,
	.say = "● run {s} on the engine",
	.key_s = "run",
	.whole = &run_id,
};

static const struct event_type event_resume = {
	.name = "resume",
	.phase = EVENT_INSTANT,
	.say = "goes on with a run: {a} tasks were put, {b} are done",
	.key_a = "put",
	.key_b = "done",
};

static const struct event_type event_put = {
	.name = "put",
	.phase = EVENT_INSTANT,
	.say = "Put task {a}...",
	.key_a = "n",
};

static const struct event_type event_put_command = {
	.name = "put",
	.phase = EVENT_INSTANT,
	.say = "Put task {a}: {s}",
	.key_a = "task",
	.key_s = "item",
};

static const struct event_type event_send = { .name = "send",
					      .phase = EVENT_SEND,
					      .key_a = "task" };

static const struct event_type event_try = { .name = "try",
					     .phase = EVENT_INSTANT,
					     .say = "Try get results..." };

static const struct event_type event_result = {
	.name = "result",
	.phase = EVENT_INSTANT,
	.say = "Result: {a} * {a} = {b}",
	.key_a = "n",
	.key_b = "square",
};

static const struct event_type event_result_other = {
	.name = "result",
	.phase = EVENT_INSTANT,
	.say = "Result of task {a}: {b} {s}",
	.key_a = "task",
	.key_b = "status",
	.key_s = "value",
};

static const struct event_type event_dead = {
	.name = "dead",
	.phase = EVENT_INSTANT,
	.say = "task {a} was given up after {b} attempts",
	.key_a = "task",
	.key_b = "attempts",
};

static const struct event_type event_note = {
	.name = "note", .phase = EVENT_INSTANT, .say = "{s}", .key_s = "text"
};

static const struct event_type event_exit = { .name = "exit",
					      .phase = EVENT_INSTANT,
					      .say = "master exit." };

struct master {
	struct run *run;
	const struct dist_opts *o;
	const struct dist_engine *engine;
	struct dist_master *m;
	struct dist_key key;
	struct lanes lanes;
	bool commands;
	uint64_t put, taken; /* tasks put; results and dead ones */
	uint64_t skip;	     /* items that an earlier master has put already */
	bool at_end;	     /* of what there is to put */
	bool later;	     /* the input must be read first */
	struct items items;
	struct template template;
	struct wire payload; /* of the next task, when it was refused */
	char item[EVENT_TEXT];
	int64_t number;
	struct outputs outputs;
	struct arena arena;
	uint64_t done, dead, wrong, notes;
	uint64_t begin_ns, first_ns, end_ns; /* of putting, of the results */
};

/* --- what to put ----------------------------------------------------------- */

static void
choose_items(struct master *x)
{
	const struct run *run = x->run;

	x->template =
		(struct template){ .argc = items_choose(&x->items, run->argc, run->argv,
							(uint64_t)x->o->tasks,
							x->o->null_ends),
				   .argv = run->argv,
				   .shell = x->o->shell };
	x->template.bare = x->items.count != 0;
}

/* The next command into x->payload: 1, 0 (end, or later), -errno. */
static int
next_command(struct master *x, struct err *e)
{
	const char *item;
	char **words;
	int rc;

	do {
		rc = items_next(&x->items, &item, e);
		x->later = rc == ITEM_LATER;
		if (rc != ITEM_GIVEN) {
			x->at_end = rc == ITEM_NONE;
			return rc < 0 ? rc : 0;
		}
	} while (x->skip > 0 && x->skip-- > 0);
	words = template_words(&x->template, item, x->put);
	if (words == NULL)
		return err_set(e, ENOMEM, "no memory for a command");
	dist_put_command(&x->payload, words);
	free(words);
	snprintf(x->item, sizeof(x->item), "%s", item);
	return 1;
}

/* The next number: the same for the same seed and place, so that a master that was
 * started again goes on as the first would have. */
static int
next_number(struct master *x)
{
	const uint64_t tasks =
		x->o->tasks != 0 ? (uint64_t)x->o->tasks : DIST_TASKS_DEFAULT;
	struct rng rng;

	x->at_end = x->put >= tasks;
	if (x->at_end)
		return 0;
	rng_init(&rng, x->run->seed, x->put);
	x->number = (int64_t)rng_below(&rng, DIST_NUMBER_MAX + 1);
	dist_put_number(&x->payload, x->number);
	return 1;
}

static void
tell_put(const struct master *x)
{
	if (x->commands)
		trace_emit(&event_put_command, (int64_t)x->put, 0, x->item);
	else
		trace_emit(&event_put, x->number, 0, NULL);
	trace_emit(&event_send, (int64_t)x->put, 0, NULL);
}

/* Puts one task: 1; 0 when there is none now, or no room; -errno. */
static int
put_one(struct master *x, struct err *e)
{
	int rc = 1;

	if (x->commands && x->put - x->outputs.next >= x->outputs.nslots)
		return 0;
	if (wire_bytes(&x->payload) == 0)
		rc = x->commands ? next_command(x, e) : next_number(x);
	if (rc == 1 && x->payload.lacks_memory)
		rc = err_set(e, ENOMEM, "no memory for a task");
	if (rc != 1)
		return rc;
	rc = x->engine->put(x->m, x->payload.at + x->payload.from,
			    wire_bytes(&x->payload), e);
	if (rc != 1)
		return rc;
	wire_taken(&x->payload, wire_bytes(&x->payload));
	tell_put(x);
	x->put++;
	return 1;
}

static int
put_some(struct master *x, struct err *e)
{
	const bool was_at_end = x->at_end;
	int rc = 1;

	while (rc == 1 && !x->at_end)
		rc = put_one(x, e);
	if (rc >= 0 && x->at_end && !was_at_end) {
		trace_emit(&event_try, 0, 0, NULL);
		rc = x->engine->flush(x->m, e);
	}
	return rc < 0 ? rc : 0;
}

/* --- results --------------------------------------------------------------- */

static void
take_dead(struct master *x, const struct dist_result *r)
{
	trace_emit(&event_dead, (int64_t)r->number, r->attempt, NULL);
	if (x->dead++ < TOLD_MAX && !x->commands)
		result_warn(x->run->result, "task %" PRIu64 ": %.*s", r->number,
			    (int)r->bytes, (const char *)r->payload);
}

static void
take_number(struct master *x, const struct dist_result *r, const struct value *v)
{
	int64_t number, square;
	char text[EVENT_TEXT] = "";

	x->done++;
	if (r->status == 0 && dist_read_square(v, &number, &square)) {
		trace_emit(&event_result, number, square, NULL);
		return;
	}
	x->wrong++;
	if (v->type == VALUE_TEXT)
		snprintf(text, sizeof(text), "%.*s", (int)(v->bytes.n & 0xff),
			 (const char *)v->bytes.at);
	trace_emit(&event_result_other, (int64_t)r->number, r->status, text);
}

static int
take_result(struct master *x, const struct dist_result *r, struct err *e)
{
	struct pickle p = { .value = NULL };
	int rc = 0;

	if (x->taken++ == 0)
		x->first_ns = clock_ns();
	arena_reset(&x->arena);
	if (r->dead)
		take_dead(x, r);
	else
		rc = pickle_read_body(&x->arena, r->payload, r->bytes, &p, e);
	if (rc != 0)
		return rc;
	if (x->commands) {
		x->done += !r->dead;
		if (!r->dead)
			trace_emit(&event_result_other, (int64_t)r->number, r->status,
				   r->who);
		rc = outputs_take(&x->outputs, r, p.value, e);
		return rc == 0 ? x->outputs.rc : rc;
	}
	if (!r->dead)
		take_number(x, r, p.value);
	return 0;
}

static int
take_some(struct master *x, struct err *e)
{
	struct dist_result r;
	int rc;

	while ((rc = x->engine->result(x->m, &r, e)) == 1) {
		rc = take_result(x, &r, e);
		if (rc != 0)
			break;
	}
	return rc;
}

/* --- the run --------------------------------------------------------------- */

static int
work(struct master *x, struct err *e)
{
	int rc = 0;

	while (rc == 0 && (!x->at_end || x->taken < x->put)) {
		unsigned want = DIST_RESULT;

		if (!x->at_end)
			rc = put_some(x, e);
		if (rc == 0 && x->at_end && x->taken == x->put)
			break;
		if (x->later)
			want |= DIST_INPUT;
		else if (wire_bytes(&x->payload) > 0)
			want |= DIST_ROOM;
		if (rc == 0)
			rc = x->engine->wait(x->m, want, x->later ? x->items.fd : -1,
					     UINT64_MAX, e);
		if (rc > 0 && rc & DIST_INPUT) {
			rc = items_read(&x->items, e);
			x->later = false;
		}
		if (rc >= 0)
			rc = take_some(x, e);
	}
	return rc;
}

static void
on_note(void *arg, const char *text)
{
	struct master *x = arg;

	/* Who it was stands in the warning. */
	trace_emit(&event_note, 0, 0,
		   strstr(text, ": ") != NULL ? strstr(text, ": ") + 2 : text);
	if (x->notes++ < NOTES_MAX)
		result_warn(x->run->result, "%s", text);
	else if (x->notes == NOTES_MAX + 1)
		result_warn(x->run->result, "and more of the kind");
}

static void
on_trace(void *arg, const char *who, const void *data, size_t n)
{
	struct master *x = arg;

	lanes_take(&x->lanes, who, data, n);
}

/* How the shared clock lies to ours. */
static void
look_at_clock(struct master *x)
{
	struct clock_offset o = { .round_trip_ns = 0 };
	struct err e;

	for (int i = 0; i < CLOCK_LOOKS; i++) {
		const uint64_t before_ns = clock_ns();
		uint64_t shared_ns;

		if (x->engine->master_clock(x->m, &shared_ns, &e) != 0)
			return;
		clock_offset_add(&o, before_ns, shared_ns, clock_ns());
	}
	x->lanes.offset_ns = o.offset_ns;
}

static int
open_engine(struct master *x, struct err *e)
{
	const struct dist_opts *o = x->o;
	struct dist_config c = {
		.address = o->bind,
		.url = o->engine,
		.key = x->key.at,
		.key_bytes = x->key.n,
		.bound = (uint64_t)o->bound,
		.lease_ns = o->lease_ns,
		.plain_lease_ns =
			o->plain_lease_ns != 0 ? o->plain_lease_ns : UINT64_MAX,
		.retries = (uint32_t)o->retries,
		.journal = o->journal,
		.no_fsync = o->fsync == FSYNC_NONE,
		.keep = o->keep,
		.task_name = o->task_name,
		.result_name = o->result_name,
		.reconnect_ns = o->reconnect_ns,
		.on_trace = on_trace,
		.on_note = on_note,
		.arg = x,
		.trace = x->run->trace,
		.stop = x->run->stop,
	};
	struct dist_counts n;
	int rc;

	if (o->run != NULL)
		snprintf(c.run, sizeof(c.run), "%s", o->run);
	rc = x->engine->master_open(&x->m, &c, &x->put, e);
	if (rc != 0)
		return rc;
	snprintf(bound_text, sizeof(bound_text), "%s", x->engine->master_address(x->m));
	snprintf(run_text, sizeof(run_text), "%s", x->engine->master_run(x->m));
	bound_to = bound_text;
	trace_emit(o->engine == NULL ? &event_listen : &event_run, 0, 0, NULL);
	x->engine->counts(x->m, &n);
	if (x->put > 0)
		trace_emit(&event_resume, (int64_t)x->put, (int64_t)(n.done + n.dead),
			   NULL);
	x->skip = x->commands ? x->put : 0;
	look_at_clock(x);
	return 0;
}

static void
report(struct master *x)
{
	struct result *res = x->run->result;
	const double wall_ns = (double)(x->end_ns - x->begin_ns);
	struct dist_counts n;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	x->engine->counts(x->m, &n);
	result_sample(res, result_series(res, NULL, 0, &dist_metrics[DIST_M_WALL]),
		      wall_ns);
	if (wall_ns > 0)
		result_sample(
			res,
			result_series(res, NULL, 0, &dist_metrics[DIST_M_THROUGHPUT]),
			(double)x->done * 1e9 / wall_ns);
	result_sample(res,
		      result_series(res, NULL, 0, &dist_metrics[DIST_M_REDELIVERED]),
		      (double)n.redelivered);
	result_check(res, NULL, "each task has one result",
		     x->at_end && x->done + x->dead == x->put && n.put == x->put,
		     "%" PRIu64 " put, %" PRIu64 " results, %" PRIu64
		     " given up, %" PRIu64 " came twice and were dropped",
		     x->put, x->done, x->dead, n.duplicates);
	result_check(res, NULL, "no task was given up", x->dead == 0,
		     "%" PRIu64 " of %" PRIu64 " were, after %" PRId64 " attempts each",
		     x->dead, x->put, x->o->retries + 1);
	if (x->commands)
		result_check(res, NULL, "no command failed",
			     x->outputs.failed == x->dead,
			     "%" PRIu64 " of %" PRIu64 " failed",
			     x->outputs.failed - x->dead, x->done);
	else
		result_check(res, NULL, "results are right", x->wrong == 0,
			     "%" PRIu64 " of %" PRIu64 " are no square of their number",
			     x->wrong, x->done);
	if (x->lanes.homeless > 0)
		result_warn(res,
			    "events of more than %d workers are not in the trace; say "
			    "--lanes",
			    x->lanes.most);
	result_line(res,
		    "%" PRIu64 " tasks in %s · %s tasks/s · %" PRIu64
		    " redelivered, %" PRIu64 " given up",
		    x->done + x->dead, human_ns(a, wall_ns),
		    human_count(b, wall_ns > 0 ? (double)x->done * 1e9 / wall_ns : 0),
		    n.redelivered, x->dead);
}

static int
prepare(struct master *x, struct err *e)
{
	const size_t lanes = (size_t)x->o->lanes;
	int rc = 0;

	x->arena.limit = PICKLE_ARENA(DIST_PAYLOAD_MAX);
	x->lanes = (struct lanes){ .run = x->run, .most = (int)lanes };
	x->lanes.who = calloc(lanes, sizeof(*x->lanes.who));
	if (x->lanes.who == NULL)
		rc = err_set(e, ENOMEM, "no memory for lanes");
	if (rc == 0 && x->o->engine != NULL)
		rc = dist_key_password(&x->key, x->o->password_file, e);
	else if (rc == 0 && x->o->key_file != NULL)
		rc = dist_key_read(&x->key, x->o->key_file, e);
	if (rc == 0 && x->o->engine == NULL && !x->o->insecure &&
	    !address_is_local(x->o->bind) && x->key.n < DIST_KEY_SAFE) {
		rc = err_set(e, EINVAL,
			     "an authkey of less than %d bytes is guessed in no time",
			     DIST_KEY_SAFE);
		err_hint(e, "make one by 'head -c 24 /dev/urandom | base64', bind to "
			    "127.0.0.1, or say --insecure");
	}
	if (rc == 0 && x->commands)
		choose_items(x);
	return rc;
}

int
dist_master(struct run *run, const struct dist_opts *o, struct err *e)
{
	struct master x = { .run = run, .o = o, .commands = run->argc > 0 };
	int rc = prepare(&x, e);

	if (rc == 0)
		x.engine = dist_engine_find(o->engine, e);
	if (rc == 0)
		rc = x.engine != NULL ? open_engine(&x, e) : -ENOTSUP;
	if (rc == 0 && x.commands)
		rc = outputs_open(
			&x.outputs, run,
			(size_t)o->bound > x.put ? (size_t)o->bound : (size_t)x.put, e);
	if (rc == 0) {
		x.begin_ns = clock_ns();
		rc = work(&x, e);
		x.end_ns = clock_ns();
	}
	if (rc == 0)
		rc = x.engine->finish(x.m, clock_ns() + o->linger_ns, e);
	if (rc == 0)
		rc = x.engine->remove(x.m, e);
	if (rc == 0)
		trace_emit(&event_exit, 0, 0, NULL);
	else if (x.m != NULL && o->engine != NULL)
		result_warn(run->result,
			    "run '%s' is still on the engine: --run %s goes on with it",
			    run_id, run_id);
	if (x.engine != NULL && x.begin_ns != 0)
		report(&x);
	if (x.engine != NULL)
		x.engine->master_close(x.m);
	dist_key_wipe(&x.key);
	outputs_close(&x.outputs);
	items_fini(&x.items);
	wire_fini(&x.payload);
	arena_fini(&x.arena);
	free(x.lanes.who);
	return rc;
}
