/*
 * cmd_compare.c - `concbench compare`: saved results against new ones, with a verdict.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/compare.h"
#include "cli/rows.h"

#include <errno.h>
#include <string.h>

struct compare_opts {
	double max_regression, same;
	struct param_texts metrics, rules, bases;
	int format;
	bool strict, lenient, force;
};

#define AT(field) .offset = offsetof(struct compare_opts, field)

static const struct choice formats[] = {
	[COMPARE_TEXT] = { "text", "a table for people" },
	[COMPARE_MARKDOWN] = { "markdown", "a table for a pull request" },
	[COMPARE_JSON] = { "json", "one document, schema concbench-compare/1" },
	[COMPARE_JUNIT] = { "junit", "a test case a name" },
	{ .name = NULL },
};

static const struct param params[] = {
	ROW_MAX_REGRESSION(compare_opts,
			   "fail where the whole interval is worse by more"),
	{ .name = "same",
	  .type = PARAM_PERCENT,
	  AT(same),
	  .arg = "PCT",
	  .def = "2%",
	  .max = 0.99,
	  .help = "an interval within +-PCT is called the same" },
	{ .name = "metric",
	  .type = PARAM_TEXTS,
	  AT(metrics),
	  .arg = "NAME",
	  .help = "compare this metric; repeatable (what was measured)" },
	{ .name = "fail-if",
	  .type = PARAM_TEXTS,
	  AT(rules),
	  .arg = "EXPR",
	  .help = "fail where it certainly holds: 'p99 > 50us', 'median > +5%', "
		  "'jain < 0.9'; repeatable" },
	{ .name = "base",
	  .type = PARAM_TEXTS,
	  AT(bases),
	  .arg = "FILE",
	  .help = "a file of the base; repeatable; all operands are new ones then" },
	ROW_FORMAT(compare_opts, formats, "form of the answer"),
	ROW_STRICT(compare_opts, "inconclusive is a status of its own: 4"),
	ROW_LENIENT(compare_opts, "names that are on one side only are no error"),
	ROW_FORCE(compare_opts),
	PARAM_END,
};

/* A limit that noise alone may reach is worth a word. */
static void
note_floor(struct compare *c)
{
	const struct compare_row *worst = NULL;

	for (size_t i = 0; i < c->nrows; i++) {
		const struct compare_row *r = &c->row[i];

		if (r->judged && r->verdict.known &&
		    (worst == NULL ||
		     r->verdict.noise_floor > worst->verdict.noise_floor))
			worst = r;
	}
	if (worst != NULL && worst->verdict.noise_floor > c->limits.max_regression)
		compare_note(c,
			     "warning: the limit of %.3g %% is below the noise floor: "
			     "A against A may differ by %.3g %% (%s)",
			     100 * c->limits.max_regression,
			     100 * worst->verdict.noise_floor, worst->name);
}

static int
refuse_names(const struct compare *c, struct err *e)
{
	const char *name = "", *side = "";

	for (size_t i = 0; i < c->nrows && *name == '\0'; i++)
		if (c->row[i].fresh.metric == NULL || c->row[i].base.metric == NULL) {
			name = c->row[i].name;
			side = c->row[i].fresh.metric == NULL ? "new result" : "base";
		}
	err_set(e, EINVAL, "'%s' is not in the %s (%zu missing, %zu extra)", name, side,
		c->missing, c->extra);
	err_hint(e, "--lenient compares the others");
	return -EINVAL;
}

static int
judge(struct compare *c, const struct compare_opts *o, struct err *e)
{
	size_t matched = 0;
	int rc = compare_read(&c->base, e);

	if (rc == 0)
		rc = compare_read(&c->fresh, e);
	if (rc == 0)
		rc = compare_fits(c, o->force, e);
	if (rc == 0)
		rc = compare_match(c, o->metrics.v, o->metrics.n, o->force, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < c->nrows; i++)
		matched +=
			c->row[i].base.metric != NULL && c->row[i].fresh.metric != NULL;
	if (matched == 0)
		return err_set(e, EINVAL, "nothing matched: no figure is in both");
	if (!o->lenient && c->missing + c->extra > 0)
		return refuse_names(c, e);
	for (size_t i = 0; i < o->rules.n; i++) {
		rc = compare_rule(c, o->rules.v[i], e);
		if (rc == 0)
			return err_set(e, EINVAL,
				       "--fail-if '%.60s': no figure has that",
				       o->rules.v[i]);
		if (rc < 0)
			return rc;
	}
	note_floor(c);
	return 0;
}

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct compare_opts *o = opts;
	struct compare c = { .limits = { o->max_regression, o->same } };
	const int first = o->bases.n > 0 ? 0 : 1;
	int status;

	if (argc < first + 1) {
		err_set(e, EINVAL, "a base and a new result are needed");
		err_hint(e, "concbench compare base.json new.json");
		return 2;
	}
	c.base.name = o->bases.n > 0 ? o->bases.v : (const char *const *)argv;
	c.base.n = o->bases.n > 0 ? o->bases.n : 1;
	c.fresh.name = (const char *const *)argv + first;
	c.fresh.n = (size_t)(argc - first);
	if (judge(&c, o, e) != 0) {
		compare_fini(&c);
		return e->code == ENOMEM ? 3 : 2;
	}
	compare_write(out, &c, (enum compare_format)o->format, o->strict);
	status = compare_status(&c, o->strict);
	compare_fini(&c);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.summary = "saved results against new ones: faster, slower, same, inconclusive",
	.operands = "BASE.json NEW.json...",
	.about =
		"Reads results that were written by -o json:FILE, matches kinds, sizes "
		"and metrics, and gives for each the ratio new / base with its 95 % "
		"interval. A regression fails the comparison (status 1) only when the "
		"whole interval is beyond --max-regression. An interval that reaches "
		"across is inconclusive: no failure, but status 4 with --strict. "
		"Several files of a side are pooled as runs.\n\n"
		"Results of other machines, parameters or versions of what is measured "
		"are refused (status 2) unless --force; a name that only one side has "
		"is refused unless --lenient; nothing matched is status 2.\n\n"
		"The noise floor is what a comparison of one side with itself would "
		"show; a limit below it is warned of.",
	.params = params,
	.opts_size = sizeof(struct compare_opts),
	.run = run,
};
