/*
 * run.c - drive a scenario.
 */
#include "cli/run.h"

#include "cli/args.h"
#include "cli/bench.h"
#include "cli/common.h"
#include "cli/help.h"
#include "cli/kinds.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/targets.h"
#include "core/clock.h"
#include "core/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_BROKEN = 3, EXIT_UNABLE = 77 };

#define LIVE_NS (20 * NS_PER_MS) /* a person sees no step below */

/* Slots of all rings together; only those used cost memory. A quarter of a million
 * each is 20 ms of the fastest writer. */
#define SLOTS_MAX (1 << 22)
#define RING_MAX (1 << 18)
#define RING_MIN 256

/* All of one run. */
struct session {
	const struct scenario *scenario;
	void *opts;
	struct common_opts common;
	struct args_rest rest;
	struct stop stop;
	struct trace trace;
	struct result result;
	struct targets targets;
	struct run run;
	struct measure measure; /* --bench */
	char self[PATH_MAX];
	uint64_t start_ns;
};

/* The status when we fail; a command that passes on another's has one of its own. */
static int
broken(const struct session *x)
{
	return x->rest.nwords > 0 && x->scenario->failure != 0 ? x->scenario->failure
							       : EXIT_BROKEN;
}

/* What is refused for lack of memory or descriptors is no wrong usage. */
static int
status_of_refusal(const struct session *x, int rc)
{
	return rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE ? broken(x) : EXIT_USAGE;
}

int
run_complain(const char *command, const struct err *e, int status)
{
	char text[sizeof(*e) + 128];

	output_complain(command, NULL, err_text(e, text, sizeof(text)));
	return status;
}

/* An answer that is no run: help, a list of kinds. */
static int
answer(const struct session *x, bool help)
{
	struct output out;
	struct err e;
	int rc;

	rc = output_open(&out, "-", &e);
	if (rc == 0) {
		if (help)
			help_topic(out.file, (struct topic){ .scenario = x->scenario });
		else
			help_kinds(out.file, x->rest.kinds->kinds);
		rc = output_close(&out, &e);
	}
	return rc == 0 ? 0 : run_complain(x->scenario->name, &e, EXIT_BROKEN);
}

/* Reads the options: -1 to go on, else the exit status. */
static int
read_options(struct session *x, int argc, char **argv)
{
	const struct scenario *s = x->scenario;
	const struct param *const tables[] = { s->params,
					       common_params_beside(s->params), NULL };
	void *opts[] = { x->opts, &x->common };
	struct err e = { 0 };
	int rc;

	common_init(&x->common);
	if (s->flags & SCENARIO_COMMAND_FIRST)
		rc = args_parse_command(tables, opts, argc, argv, &x->rest, &e);
	else
		rc = args_parse(tables, opts, argc, argv, &x->rest, &e);
	if (rc == ARGS_HELP || rc == ARGS_LIST_KINDS)
		return answer(x, rc == ARGS_HELP);
	if (rc == ARGS_UNAVAILABLE)
		return run_complain(s->name, &e, EXIT_UNABLE);
	if (rc != 0)
		return run_complain(s->name, &e,
				    rc == -EINVAL ? EXIT_USAGE : EXIT_BROKEN);
	if (s->verbs != NULL)
		rc = args_verb(&x->rest, s->verbs, s->params, &x->run.verb, &e);
	else
		rc = args_expect(&x->rest, 0, s->flags & SCENARIO_COMMAND, &e);
	if (rc == -EINVAL && s->verbs == NULL && x->rest.noperands > 0 &&
	    kinds_has(s, x->rest.operand[0]))
		err_hint(&e, "did you mean '-k %s'?", x->rest.operand[0]);
	if (s->flags & SCENARIO_MEASURED)
		x->common.bench = true;
	if (rc == 0)
		rc = common_check(&x->common, &e);
	return rc == 0 ? -1 : run_complain(s->name, &e, status_of_refusal(x, rc));
}

static void
echo(void *arg, const char *name, const char *value)
{
	result_param(arg, name, value);
}

static void
fill_run(struct session *x, char *program)
{
	const struct verb *verbs = x->scenario->verbs;
	const bool operands = verbs != NULL && verbs[x->run.verb].operands != NULL;
	struct run *r = &x->run;
	ssize_t n = readlink("/proc/self/exe", x->self, sizeof(x->self) - 1);

	if (n < 0)
		snprintf(x->self, sizeof(x->self), "%s", program);
	x->result.seed =
		x->common.seed < 0 ? rng_fresh_seed() : (uint64_t)x->common.seed;
	x->result.start_unix_ns = clock_unix_ns();
	x->result.failure = x->rest.nwords > 0 ? x->scenario->failure : 0;
	if (verbs != NULL)
		result_param(&x->result, "verb", verbs[r->verb].name);
	*r = (struct run){
		.verb = r->verb,
		.stop = &x->stop,
		.trace = &x->trace,
		.result = &x->result,
		.seed = x->result.seed,
		.pin = &x->common.pin,
		.given = x->rest.given,
		.bench = x->common.bench,
		.verbose = x->common.verbose,
		.quiet = x->common.quiet,
		.argc = operands ? x->rest.noperands : x->rest.nwords,
		.argv = operands ? x->rest.operand : x->rest.word,
		.output = targets_output,
		.output_arg = &x->targets,
		.out_fd = 1,
		.err_fd = 2,
		.self = x->self,
	};
}

/* Refuses what cannot be, before anything is started: -1 to go on, else the status. */
static int
refuse(struct session *x)
{
	const struct scenario *s = x->scenario;
	const bool measured = s->flags & SCENARIO_MEASURED ||
			      (x->common.bench && s->flags & SCENARIO_BENCH_COMMAND);
	const bool command = x->rest.nwords > 0 && !measured;
	struct err e = { 0 };
	int rc = 0;

	if (x->common.bench)
		rc = bench_refuse(s, command, &e);
	if (rc == 0 && s->check != NULL)
		rc = s->check(&x->run, x->opts, &e);
	if (rc == 0)
		rc = kinds_fit(s, &x->run, x->opts, &e);
	if (rc == 0)
		args_echo(s->params, x->opts, echo, &x->result);
	if (rc == 0 && x->common.bench)
		rc = bench_plan(&x->measure, &x->run, s, x->opts, &x->common, &e);
	if (rc == 0)
		rc = targets_plan(&x->targets, &x->common, command, &e);
	if (rc == 0 && x->targets.captures)
		x->run.out_fd = x->run.err_fd = -1;
	if (rc == 0) {
		x->run.quiet = x->common.quiet && !targets_want_events(&x->targets);
		rc = stop_init(&x->stop, &e);
		if (rc != 0)
			return run_complain(s->name, &e, broken(x));
		rc = targets_open(&x->targets, &x->stop, &e);
		if (rc == -EBADF)
			return run_complain(s->name, &e, broken(x));
	}
	return rc == 0 ? -1 : run_complain(s->name, &e, status_of_refusal(x, rc));
}

static int
start_trace(struct session *x, struct err *e)
{
	int nroles = x->scenario->roles(&x->run, x->opts), rc;
	uint32_t capacity = (uint32_t)(SLOTS_MAX / nroles);

	x->start_ns = clock_ns();
	x->trace = (struct trace){ .fd = -1, .start_ns = x->start_ns };
	if (x->common.bench)
		return 0;
	if ((x->scenario->flags & SCENARIO_UNTRACED) &&
	    !targets_want_events(&x->targets))
		return 0;
	/* The greatest power of two below it: trace_init() rounds up. */
	while ((capacity & (capacity - 1)) != 0)
		capacity &= capacity - 1;
	capacity = capacity > RING_MAX	 ? RING_MAX
		   : capacity < RING_MIN ? RING_MIN
					 : capacity;
	rc = trace_init(&x->trace, nroles, capacity, e);
	if (rc != 0)
		return rc;
	x->start_ns = x->trace.start_ns;
	x->trace.sink = targets_event;
	x->trace.sink_end = targets_flush;
	x->trace.sink_arg = &x->targets;
	x->trace.live_ns = targets_are_live(&x->targets) ? LIVE_NS : 0;
	trace_name(&x->trace, 0, "main");
	trace_bind(&x->trace, 0);
	return 0;
}

/* Settles how the run ended: a stop that was asked for explains an error. */
static void
settle(struct session *x, int rc, const struct err *e)
{
	struct result *r = &x->result;
	int reason = stop_reason(&x->stop);

	if (r->wall_ns == 0)
		r->wall_ns = clock_ns() - x->start_ns;
	if (reason == STOP_TIMEOUT) {
		r->end = END_TIMEOUT;
	} else if (reason != STOP_NONE) {
		r->end = END_STOPPED;
		r->stop_reason = reason;
	} else if (rc != 0) {
		r->end = END_FAILED;
	}
	if (rc != 0 && (r->end == END_FAILED || (rc != -ECANCELED && rc != -EINTR)))
		r->err = *e;
	r->events_lost = x->trace.lost + x->targets.not_kept;
	if (x->trace.lost > 0)
		result_warn(r, "%" PRIu64 " events were lost: a ring was full",
			    x->trace.lost);
	if (x->targets.not_kept > 0)
		result_warn(r,
			    "only the first %d events are drawn and written to files",
			    TARGETS_EVENTS_MAX);
	if (x->targets.lacks_memory)
		result_warn(r, "no memory for all the output of the command");
}

static void
warn(const struct session *x)
{
	const struct result *r = &x->result;

	if (targets_tell_warnings(&x->targets))
		return;
	for (size_t i = 0; i < r->nwarnings; i++) {
		if (r->warning[i] != NULL)
			output_complain(r->command, "warning", r->warning[i]);
	}
}

/* The run itself and its results. Returns the exit status; *sig is the signal to die
 * by, or 0. */
static int
perform(struct session *x, int *sig)
{
	struct err e = { 0 };
	int rc, status;

	signals_catch(&x->stop, x->common.timeout_ns);
	rc = start_trace(x, &e);
	if (rc == 0 && x->common.bench)
		rc = bench_run(&x->measure, &x->run, x->scenario, x->opts, &e);
	else if (rc == 0)
		rc = x->scenario->run(&x->run, x->opts, &e);
	trace_pump(&x->trace, true);
	settle(x, rc, &e);
	status = result_status(&x->result);
	rc = targets_finish(&x->targets, &e);
	warn(x);
	if (x->result.err.msg[0] != '\0')
		run_complain(x->result.command, &x->result.err, 0);
	if (x->result.out_of_memory)
		output_complain(x->result.command, NULL, "no memory for the results");
	if (rc != 0)
		status = run_complain(x->result.command, &e, broken(x));
	*sig = stop_reason(&x->stop) > 0 ? stop_reason(&x->stop) : 0;
	signals_release();
	return status;
}

static void
clean_up(struct session *x)
{
	measure_fini(&x->measure);
	targets_fini(&x->targets);
	trace_fini(&x->trace);
	stop_fini(&x->stop);
	result_fini(&x->result);
	args_free(x->scenario->params, x->opts);
	args_free(common_params(), &x->common);
	args_rest_free(&x->rest);
	free(x->opts);
}

int
run_scenario(const struct scenario *s, const struct call *call, int argc, char **argv)
{
	struct session x = { .scenario = s, .stop = { .fd = -1 } };
	int status, sig = 0;

	x.opts = calloc(1, s->opts_size == 0 ? 1 : s->opts_size);
	if (x.opts == NULL) {
		struct err e;

		err_set(&e, ENOMEM, "no memory for the options");
		return run_complain(s->name, &e, EXIT_BROKEN);
	}
	result_init(&x.result, s->name);
	status = read_options(&x, argc, argv);
	if (status < 0) {
		fill_run(&x, call->argv[0]);
		status = refuse(&x);
	}
	if (status < 0) {
		x.targets.view.result = &x.result;
		x.targets.view.trace = &x.trace;
		x.targets.view.argc = call->argc;
		x.targets.view.argv = call->argv;
		status = perform(&x, &sig);
	}
	clean_up(&x);
	if (sig != 0)
		signals_die(sig);
	return status;
}
