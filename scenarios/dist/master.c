/*
 * master.c - `concbench dist master`: opens an engine, puts tasks, takes results.
 *
 * Tasks are put as long as the engine has room; results are taken as they come.
 */
#include "scenarios/dist/master.h"

#include "core/clock.h"
#include "core/dist/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_MAX = 50, CLOCK_LOOKS = 8 };

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

static const struct event_type event_note = {
	.name = "note", .phase = EVENT_INSTANT, .say = "{s}", .key_s = "text"
};

static const struct event_type event_exit = { .name = "exit",
					      .phase = EVENT_INSTANT,
					      .say = "master exit." };

/* --- the run --------------------------------------------------------------- */

static int
work(struct master *x, struct err *e)
{
	int rc = 0;

	while (rc == 0 && (!x->at_end || x->taken < x->put)) {
		unsigned want = DIST_RESULT;

		if (!x->at_end)
			rc = master_put(x, e);
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
			rc = master_take(x, e);
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
		master_choose_items(x);
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
		master_report(&x);
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
