/*
 * main.c - concbench: a workbench for processes, threads and coroutines.
 */
#include "cli/args.h"
#include "cli/common.h"
#include "cli/help.h"
#include "cli/json_out.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The answer of a command goes to standard output, which must take all of it. */
static int
answer(const struct command *c, const void *opts, int argc, char **argv, bool help)
{
	struct err e = { 0 }, why;
	struct output out;
	int status = 0, rc;

	if (output_open(&out, "-", &e) != 0)
		return run_complain(c->name, &e, 3);
	if (help)
		help_topic(out.file, (struct topic){ .command = c });
	else
		status = c->run(out.file, opts, argc, argv, &e);
	rc = output_close(&out, &why);
	if (rc != 0)
		return run_complain(c->name, &why, 3);
	if (status > 128) /* stopped by a signal: a shell shall see it */
		signals_die(status - 128);
	return e.msg[0] == '\0' ? status : run_complain(c->name, &e, status);
}

static int
run_command(const struct command *c, int argc, char **argv)
{
	const struct param *const tables[] = { c->params, command_params, NULL };
	struct command_opts shared = { 0 };
	void *own = calloc(1, c->opts_size == 0 ? 1 : c->opts_size);
	void *opts[] = { own, &shared };
	struct args_rest rest = { 0 };
	struct err e = { 0 };
	int rc;

	if (own == NULL)
		return run_complain(c->name, &(struct err){ .code = ENOMEM }, 3);
	rc = args_parse(tables, opts, argc, argv, &rest, &e);
	if (rc == 0 && c->operands == NULL)
		rc = args_expect(&rest, 0, false, &e);
	if (rc == ARGS_HELP)
		rc = answer(c, own, 0, NULL, true);
	else if (rc != 0)
		rc = run_complain(c->name, &e, rc == -EINVAL ? 2 : 3);
	else
		rc = answer(c, own, rest.noperands, rest.operand, false);
	args_free(c->params, own);
	args_rest_free(&rest);
	free(own);
	return rc;
}

/* The words that stand for a command. */
static const char *
command_of(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return "help";
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return "version";
	return word;
}

/* Stack that a run needs; spawning a command takes 64 KiB of it. */
#define STACK_MIN_BYTES (256 * 1024)

/* A stack too small is told: it would end in a segmentation fault in the middle. */
static int
check_stack(struct err *e)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_MIN_BYTES)
		return 0;
	return err_set(
		e, EINVAL, "the stack limit is %llu KiB, %d are needed (ulimit -s)",
		(unsigned long long)limit.rlim_cur / 1024, STACK_MIN_BYTES / 1024);
}

int
main(int argc, char **argv)
{
	struct topic t;
	struct err e = { 0 };

	output_reopen_std();
	signals_init();
	term_init();
	clock_init();
	json_out_init();
	if (argc < 2) {
		help_short(stderr);
		return 2;
	}
	t = topic_find(command_of(argv[1]));
	if (t.scenario != NULL && check_stack(&e) != 0)
		return run_complain(argv[1], &e, 3);
	if (t.scenario != NULL)
		return run_scenario(t.scenario,
				    &(struct call){ .argc = argc, .argv = argv },
				    argc - 2, argv + 2);
	if (t.command != NULL)
		return run_command(t.command, argc - 2, argv + 2);
	topic_unknown(argv[1], &e);
	return run_complain(NULL, &e, 2);
}
