/*
 * test_args_verb.c - the first operand of a scenario that has verbs.
 */
#include "cli/args.h"
#include "scenarios/scenario.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

struct opts {
	int64_t n, m;
};

static const struct verb verbs[] = {
	{ .name = "spin", .summary = "turns" },
	{ .name = "fetch", .summary = "gets", .operands = "URL..." },
	{ .name = NULL },
};

static const struct param params[] = {
	{ .name = "number",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct opts, n),
	  .help = "any" },
	{ .name = "turns",
	  .letter = 'm',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct opts, m),
	  .verbs = VERB_BIT(0),
	  .help = "of spin" },
	PARAM_END,
};

/* Reads words up to a NULL; the verb's place, or -errno. */
static int
read_words(char **argv, struct args_rest *rest, struct err *e)
{
	const struct param *const tables[] = { params, NULL };
	struct opts o = { 0 };
	void *opts[] = { &o };
	int argc = 0, verb = -1, rc;

	while (argv[argc] != NULL)
		argc++;
	cr_assert_eq(args_parse(tables, opts, argc, argv, rest, e), 0);
	rc = args_verb(rest, verbs, params, &verb, e);
	return rc == 0 ? verb : rc;
}

#define READ(...) read_words((char *[]){ __VA_ARGS__, NULL }, &rest, &e)

Test(args_verb, takes_the_first_operand)
{
	struct args_rest rest;
	struct err e;

	cr_assert_eq(READ("-m1", "spin", "-n2"), 0);
	cr_assert_eq(rest.noperands, 0);
	args_rest_free(&rest);
	cr_assert_eq(READ("fetch", "-n2", "a", "b"), 1);
	cr_assert_eq(rest.noperands, 2);
	cr_assert_str_eq(rest.operand[0], "a");
	cr_assert_str_eq(rest.operand[1], "b");
	cr_assert_null(rest.operand[2]);
	args_rest_free(&rest);
}

Test(args_verb, refuses_with_what_there_is)
{
	struct args_rest rest;
	struct err e;

	cr_assert_eq(READ("-n1"), -EINVAL);
	cr_assert_str_eq(e.msg, "which one: spin, fetch?");
	args_rest_free(&rest);
	cr_assert_eq(READ("fetsh", "a"), -EINVAL);
	cr_assert_str_eq(e.msg, "'fetsh' is not one of spin, fetch");
	cr_assert_str_eq(e.hint, "did you mean 'fetch'?");
	args_rest_free(&rest);
	cr_assert_eq(READ("spin", "more"), -EINVAL);
	cr_assert_str_eq(e.msg, "unexpected operand 'more'");
	args_rest_free(&rest);
}

Test(args_verb, refuses_options_of_other_verbs)
{
	struct args_rest rest;
	struct err e;

	cr_assert_eq(READ("-m", "3", "fetch", "a"), -EINVAL);
	cr_assert_str_eq(e.msg, "--turns is for spin, not for fetch");
	args_rest_free(&rest);
}
