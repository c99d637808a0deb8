/*
 * dist.c - `concbench dist`: a master serves tasks on the network, workers do them.
 */
#include "scenarios/dist/dist_run.h"

#include "core/dist/address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct verb verbs[] = {
	[VERB_MASTER] = { .name = "master",
			  .summary = "puts tasks, takes results",
			  .command = true },
	[VERB_WORKER] = { .name = "worker", .summary = "takes tasks, gives results" },
	{ .name = NULL },
};

const struct metric dist_metrics[] = {
	[DIST_M_WALL] = { "wall", "ns", BETTER_LOWER,
			  "master: from the first task put to the last result" },
	[DIST_M_THROUGHPUT] = { "throughput", "1/s", BETTER_HIGHER,
				"master: results a second, from the first to the "
				"last" },
	[DIST_M_REDELIVERED] = { "redelivered", "1", BETTER_LOWER,
				 "master: tasks that came back without a result" },
	[DIST_M_TASK] = { "task", "ns", BETTER_LOWER,
			  "worker: a task, from its receipt to its result" },
	{ .name = NULL },
};

static int
roles(const struct run *run, const void *opts)
{
	const struct dist_opts *o = opts;

	return run->verb == VERB_MASTER ? 1 + (int)o->lanes : 1;
}

static int
check_run(const char *id, struct err *e)
{
	size_t n = 0;

	while (isalnum((unsigned char)id[n]) || id[n] == '-' || id[n] == '_')
		n++;
	if (n == 0 || id[n] != '\0' || n >= DIST_RUN_MAX)
		return err_set(e, EINVAL, "--run: 1 to %d letters, digits, '-' and '_'",
			       DIST_RUN_MAX - 1);
	return 0;
}

static int
check_engine(const struct dist_opts *o, struct err *e)
{
	int rc = 0;

	/* One that this build lacks is no wrong usage: see run_dist(). */
	if (o->engine != NULL)
		rc = dist_engine_check(o->engine, e);
	else if (o->password_file != NULL)
		rc = err_set(e, EINVAL,
			     "--engine-password-file needs an --engine (the master's "
			     "own queues have an --authkey-file)");
	if (rc == 0 && o->engine != NULL && o->key_file != NULL)
		rc = err_set(e, EINVAL,
			     "--authkey-file is for the master's own queues; an "
			     "--engine has an --engine-password-file");
	if (rc == 0 && o->engine != NULL && o->journal != NULL)
		rc = err_set(e, EINVAL,
			     "--journal is for the master's own queues, not for an "
			     "--engine");
	return rc;
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct dist_opts *o = opts;
	const bool master = run->verb == VERB_MASTER;
	int rc = 0;

	if (o->engine == NULL)
		rc = address_check(master ? o->bind : o->connect, e);
	if (rc == 0 && o->engine == NULL && o->key_file == NULL) {
		rc = err_set(e, EINVAL,
			     "--authkey-file: which key do master and workers share?");
		err_hint(e, "(umask 077; head -c 24 /dev/urandom | base64 >FILE)");
	}
	if (rc == 0 && o->run != NULL)
		rc = check_run(o->run, e);
	if (rc == 0)
		rc = check_engine(o, e);
	if (rc == 0 && run->argc == 0 && (o->shell || o->null_ends))
		rc = err_set(e, EINVAL, "%s needs a COMMAND after '--'",
			     o->shell ? "--shell" : "--null");
	if (rc == 0 && master && run->argc > 0 && strcmp(run->argv[0], ":::") == 0)
		rc = err_set(e, EINVAL, "there is no COMMAND before ':::'");
	return rc;
}

static int
run_dist(struct run *run, const void *opts, struct err *e)
{
	const struct dist_opts *o = opts;
	int rc;

	if (dist_engine_find(o->engine, e) == NULL) {
		run->result->status = 77;
		result_warn(run->result, "%s", e->msg);
		return 0;
	}
	rc = run->verb == VERB_MASTER ? dist_master(run, o, e) : dist_worker(run, o, e);
	if (rc != -ENOTSUP || o->engine == NULL)
		return rc;
	run->result->status = 77;
	if (e->hint[0] != '\0')
		result_warn(run->result, "%s (%s)", e->msg, e->hint);
	else
		result_warn(run->result, "%s", e->msg);
	return 0;
}

static const struct example examples[] = {
	{ "concbench dist master --authkey-file F -t 10", "ten numbers to square" },
	{ "concbench dist worker --authkey-file F", "who squares them" },
	{ "ls | concbench dist master --authkey-file F -- sha256sum {}",
	  "commands for other machines" },
	{ "concbench dist worker --connect HOST:5000 --authkey-file F --allow-exec",
	  "who runs them" },
	{ "concbench dist master --authkey-file F --journal J -t 1M",
	  "can be stopped and started again" },
	{ "concbench dist master --engine redis://HOST -t 1k",
	  "the queues on a Redis server, which keeps them" },
	{ "concbench dist worker --engine redis://HOST", "who works for that" },
	{ .line = NULL },
};

const struct scenario scenario_dist = {
	.name = "dist",
	.summary = "a master and workers on other machines; Python may be either",
	.stands_for = "multiprocessing.managers",
	.about =
		"master: serves a queue of tasks and a queue of results on the "
		"network, "
		"puts N numbers, waits for their squares and checks them. With '-- "
		"COMMAND ARG...' the tasks are commands, an item of the input each, as "
		"`pool` has them; outputs are passed on whole and in the order of the "
		"input.\n\n"
		"worker: takes tasks and gives results until the run is over, or there "
		"is no task for --idle. Several may be started, on any machine.\n\n"
		"The protocol is that of Python's multiprocessing.managers: a worker "
		"written in Python with BaseManager works for this master, and this "
		"worker for a master written in Python. Both sides must know the same "
		"authkey. The key proves who somebody is; nothing is encrypted: "
		"over a network that others listen to, use ssh -L.\n\n"
		"Each task is done at least once, each result counts once. A task "
		"whose worker dies, is cut off or stalls goes to another; after "
		"--retries it is given up and reported, and the status is 1. With "
		"--journal the master can be killed and started again.\n\n"
		"With --engine both queues are streams of a Redis or Valkey server, "
		"with the same contract; docs/dist-redis.md tells the keys, the rights "
		"that a user needs, and what becomes of faults.",
	.verbs = verbs,
	.examples = examples,
	.params = dist_params,
	.opts_size = sizeof(struct dist_opts),
	.metrics = dist_metrics,
	.flags = SCENARIO_COMMAND | SCENARIO_UNTRACED,
	.roles = roles,
	.check = check,
	.run = run_dist,
};
