/*
 * cmd_check.c - `concbench check SUITE`: named command lines with limits.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/rows.h"
#include "cli/signals.h"
#include "cli/suite.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check_opts {
	const char *baseline, *save;
	double max_regression;
	struct param_texts only, outputs;
	uint64_t timeout_ns;
	int format;
	bool strict, lenient, force;
};

#define AT(field) .offset = offsetof(struct check_opts, field)

static const struct param params[] = {
	{ .name = "baseline",
	  .type = PARAM_TEXT,
	  AT(baseline),
	  .arg = "PATH",
	  .help = "what --save-baseline wrote: a folder, or a file" },
	{ .name = "save-baseline",
	  .type = PARAM_TEXT,
	  AT(save),
	  .arg = "PATH",
	  .help = "write the results of entries that passed; a folder when it is one "
		  "or ends in '/'" },
	{ .name = "only",
	  .type = PARAM_TEXTS,
	  AT(only),
	  .arg = "NAME",
	  .help = "run this entry alone; repeatable" },
	ROW_MAX_REGRESSION(check_opts,
			   "of entries without limits: fail where the whole interval "
			   "is worse than the baseline by more"),
	ROW_FORMAT(check_opts, suite_formats, "form of the report"),
	{ .name = "output",
	  .letter = 'o',
	  .type = PARAM_TEXTS,
	  AT(outputs),
	  .arg = "FORMAT:FILE",
	  .help = "write a report to a file, too; repeatable" },
	{ .name = "timeout",
	  .type = PARAM_DURATION,
	  AT(timeout_ns),
	  .arg = "DUR",
	  .help = "all of it; then it ends with status 124" },
	ROW_STRICT(check_opts, "what is not clear is a status of its own: 4"),
	ROW_LENIENT(check_opts, "an entry that the baseline does not have is no error"),
	ROW_FORCE(check_opts),
	PARAM_END,
};

/* Refuses in the name of an entry's line. */
static int
refuse_line(const struct suite *s, const struct suite_entry *x, const char *why,
	    struct err *e)
{
	return err_set(e, EINVAL, "%.60s, line %d: '%.40s': %.120s", s->file, x->line,
		       x->name, why);
}

static int
check_base(const struct suite *s, size_t n, const struct check_opts *o, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct suite_entry *x = &s->entry[i];

		if (x->base != NULL || o->lenient)
			continue;
		if (o->baseline != NULL) {
			refuse_line(s, x, "it is not in the baseline", e);
			err_hint(e, "--lenient runs it all the same");
			return -EINVAL;
		}
		if (o->save == NULL && suite_wants_base(x)) {
			refuse_line(s, x, "a limit needs --baseline", e);
			err_hint(e, "--save-baseline makes one");
			return -EINVAL;
		}
	}
	return 0;
}

/* Runs and judges one entry; what fails is measured once more. */
static int
try_entry(const struct suite *s, struct suite_entry *x, const char *self,
	  struct stop *stop, struct err *e)
{
	struct err why = { 0 };
	char text[160];
	int rc = suite_run(x, self, stop, e), judged;

	if (rc == 0 && x->status == 2)
		return refuse_line(s, x, "its command line was refused", e);
	judged = rc == 0 ? suite_judge(s, x, &why) : 0;
	if (judged == -ENOMEM)
		return err_set(e, ENOMEM, "no memory to judge '%.40s'", x->name);
	if (judged != 0)
		return refuse_line(s, x, err_text(&why, text, sizeof(text)), e);
	/* A wrong result is no matter of luck; a slow one may be. */
	if (rc != 0 || x->again || x->outcome != SUITE_FAILED || x->nanswers == 0)
		return rc;
	x->again = true;
	return try_entry(s, x, self, stop, e);
}

static int
try_all(const struct suite *s, size_t n, struct stop *stop, struct err *e)
{
	char self[PATH_MAX] = "";
	int rc = 0;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return err_set(e, errno, "cannot find this program");
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = try_entry(s, &s->entry[i], self, stop, e);
		if (rc != 0)
			s->entry[i].outcome = SUITE_NOT_RUN;
	}
	return rc;
}

/* All that can be refused before anything is run. Returns entries to run, -errno. */
static int
get_ready(struct suite *s, const struct check_opts *o, const char *file, struct err *e)
{
	int rc = suite_read(s, file, e), n = 0;

	if (rc == 0)
		rc = suite_words(s, e);
	if (rc == 0)
		n = suite_select(s, &o->only, e);
	if (rc == 0 && n < 0)
		rc = n;
	if (rc == 0 && o->baseline != NULL)
		rc = suite_load(s, o->baseline, e);
	if (rc == 0)
		rc = check_base(s, (size_t)n, o, e);
	return rc == 0 ? n : rc;
}

static int
perform(FILE *out, struct suite *s, size_t n, const struct check_opts *o, struct err *e)
{
	struct suite_outputs outputs;
	struct stop stop = { .fd = -1 };
	int status, reason, rc = stop_init(&stop, e);

	if (rc != 0)
		return 3;
	rc = suite_outputs_open(&outputs, &o->outputs, e);
	if (rc != 0) {
		stop_fini(&stop);
		return rc == -ENOMEM ? 3 : 2;
	}
	signals_catch(&stop, o->timeout_ns);
	rc = try_all(s, n, &stop, e);
	reason = stop_reason(&stop);
	signals_release();
	stop_fini(&stop);
	if (rc != 0 && reason == STOP_NONE) {
		suite_outputs_abandon(&outputs);
		return rc == -EINVAL ? 2 : 3;
	}
	*e = (struct err){ 0 };
	s->n = n;
	suite_write(out, s, (enum suite_format)o->format, o->strict);
	status = suite_status(s, o->strict);
	for (size_t i = 0; i < n; i++)
		if (s->entry[i].outcome == SUITE_ERROR)
			output_complain("check", s->entry[i].name, s->entry[i].why);
	if (suite_outputs_write(&outputs, s, o->strict, e) != 0)
		return 3;
	if (reason != STOP_NONE)
		return reason > 0 ? 128 + reason : 124;
	if (o->save != NULL && (status == 0 || o->baseline == NULL) &&
	    suite_save(s, o->save, e) != 0)
		return 3;
	return status;
}

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct check_opts *o = opts;
	struct suite s = { .max_regression = o->max_regression, .force = o->force };
	size_t all;
	int n, status;

	if (argc != 1) {
		err_set(e, EINVAL, "one suite is needed");
		err_hint(e, "concbench check suite.txt");
		return 2;
	}
	n = get_ready(&s, o, argv[0], e);
	all = s.n;
	if (n < 0 || s.entry == NULL)
		status = e->code == ENOMEM ? 3 : 2;
	else
		status = perform(out, &s, (size_t)n, o, e);
	s.n = all;
	suite_fini(&s);
	return status;
}

const struct command command_check = {
	.name = "check",
	.summary = "run a suite of command lines and hold them to their limits",
	.operands = "SUITE",
	.about =
		"SUITE is a text file ('-': standard input), an entry a line: a name, "
		"a "
		"colon, a command line of this program, and limits that must hold, "
		"each "
		"behind a semicolon:\n\n"
		"  # what must stay fast\n"
		"  lock-mutex: lock -k mutex -n 2 --bench; ops >= 0.8 x baseline; jain "
		">= 0.7\n"
		"  pool: pool -k thread -n 2 --bench; thread.round_trip.p99 < 1ms\n\n"
		"A limit names median, ops (operations a second), min, max, p50 to "
		"p99.9, "
		"or a metric beside the measured one (jain, cpu, rss); a kind or a "
		"metric with a dot before it narrows it. Values have units, or are "
		"relative to the baseline: '0.8 x baseline', '+5%'. A limit is broken "
		"only when the whole 95 % interval is beyond it. An entry without "
		"limits "
		"is compared with the baseline by --max-regression, and its checks "
		"must "
		"pass in any case.\n\n"
		"What would fail by a limit is measured once more before it does. "
		"Status 1: a limit is broken or a check failed; 2: the suite does not "
		"read, with the number of the line; 3: a run failed; 4: not clear, "
		"under --strict; 77: nothing could run here.\n\n"
		"--save-baseline writes what was measured; where there is a "
		"--baseline, "
		"too, only when nothing failed.",
	.params = params,
	.opts_size = sizeof(struct check_opts),
	.run = run,
};
