/*
 * cmd_report.c - `concbench report`: saved results in any format.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/output.h"
#include "cli/saved.h"
#include "cli/suggest.h"
#include "cli/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct report_opts {
	const char *format;
	struct param_texts outputs;
	bool quiet, verbose, ascii;
	int color;
};

#define AT(field) .offset = offsetof(struct report_opts, field)

static const struct param params[] = {
	{ .name = "format",
	  .letter = 'f',
	  .type = PARAM_TEXT,
	  AT(format),
	  .arg = "FORMAT",
	  .help = "form of it on standard output: any of 'concbench list formats' but "
		  "trace (text)" },
	{ .name = "output",
	  .letter = 'o',
	  .type = PARAM_TEXTS,
	  AT(outputs),
	  .arg = "[FORMAT:]FILE",
	  .help = "write it to FILE instead, whole or not at all; repeatable" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = PARAM_FLAG,
	  AT(quiet),
	  .help = "less" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = PARAM_FLAG,
	  AT(verbose),
	  .help = "all tables" },
	{ .name = "color",
	  .type = PARAM_WHEN,
	  AT(color),
	  .arg = "WHEN",
	  .def = "auto",
	  .help = "colour" },
	{ .name = "ascii",
	  .type = PARAM_FLAG,
	  AT(ascii),
	  .help = "draw with ASCII alone" },
	PARAM_END,
};

/* The place of the format in renderer_table, or -EINVAL. */
static int
find_format(const char *name, struct err *e)
{
	char quoted[ARGS_QUOTE];
	struct suggest s;

	suggest_init(&s, name);
	for (int i = 0; renderer_table[i] != NULL; i++) {
		if (strcmp(renderer_table[i]->name, name) == 0)
			return i;
		suggest_offer(&s, renderer_table[i]->name);
	}
	err_set(e, EINVAL, "-f: unknown format '%s'",
		args_quote(name, quoted, sizeof(quoted)));
	if (s.best != NULL)
		err_hint(e, "did you mean '%s'?", s.best);
	else
		err_hint(e, "'concbench list formats' shows them");
	return -EINVAL;
}

static int
check_format(const struct renderer *r, int files, struct err *e)
{
	if (r->events)
		return err_set(e, EINVAL, "'%s' needs the events, which are not saved",
			       r->name);
	if (files > 1 && !r->joins)
		return err_set(e, EINVAL, "'%s' is one document a result: one file",
			       r->name);
	return 0;
}

/* Reads -f and each -o; refuses what cannot be. */
static int
check_formats(const struct report_opts *o, struct common_opts *common, int files,
	      struct err *e)
{
	struct common_output out;
	int rc = find_format(o->format != NULL ? o->format : "text", e);

	if (rc < 0)
		return rc;
	*common = (struct common_opts){ .format = rc, .outputs = o->outputs };
	rc = 0;
	if (o->outputs.n == 0 || o->format != NULL)
		rc = check_format(renderer_table[common->format], files, e);
	for (size_t i = 0; rc == 0 && i < o->outputs.n; i++) {
		rc = common_output(common, i, &out, e);
		if (rc == 0)
			rc = check_format(out.renderer, files, e);
	}
	return rc;
}

static void
render(FILE *out, int fd, const struct renderer *r, const struct report_opts *o,
       const struct saved *all, int n)
{
	struct style style = { .quiet = o->quiet, .verbose = o->verbose };

	term_style(&style, fd, o->color, o->ascii);
	for (int i = 0; i < n; i++) {
		struct columns columns = { 0 };
		const struct view v = { .result = &all[i].result,
					.context = saved_context(&all[i]),
					.style = &style,
					.columns = &columns };

		if (n > 1 && !r->machine)
			fprintf(out, "%s== concbench %s\n", i > 0 ? "\n" : "",
				all[i].result.command);
		r->render(out, &v);
	}
}

static int
write_files(const struct report_opts *o, const struct common_opts *common,
	    const struct saved *all, int n, struct err *e)
{
	struct common_output target;
	struct output out;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < o->outputs.n; i++) {
		rc = common_output(common, i, &target, e);
		if (rc == 0)
			rc = output_open(&out, target.file, e);
		if (rc != 0)
			break;
		render(out.file, out.fd, target.renderer, o, all, n);
		rc = output_close(&out, e);
	}
	return rc;
}

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct report_opts *o = opts;
	struct saved *all = calloc((size_t)argc + 1, sizeof(*all));
	struct common_opts common;
	int n = 0, rc, status = 0;

	if (all == NULL) {
		err_set(e, ENOMEM, "no memory for the results");
		return 3;
	}
	rc = check_formats(o, &common, argc, e);
	if (rc == 0 && argc == 0) {
		rc = err_set(e, EINVAL, "a saved result is needed");
		err_hint(e, "concbench report result.json -f markdown");
	}
	while (rc == 0 && n < argc) {
		rc = saved_read(&all[n], argv[n], e);
		n += rc == 0;
	}
	if (rc != 0) {
		status = rc == -ENOMEM ? 3 : 2;
	} else {
		if (o->outputs.n == 0 || o->format != NULL)
			render(out, 1, renderer_table[common.format], o, all, n);
		if (write_files(o, &common, all, n, e) != 0)
			status = 3;
	}
	while (n > 0)
		saved_fini(&all[--n]);
	free(all);
	return status;
}

const struct command command_report = {
	.name = "report",
	.summary = "saved results in any format",
	.operands = "RESULT.json...",
	.about = "Reads results that were written by -o json:FILE and renders them "
		 "again: "
		 "as text, Markdown, benchstat's or any other format. What the machine "
		 "was then is in the result; nothing of the present one comes in. "
		 "Events "
		 "and output of commands are not saved.\n\n"
		 "Several results stand one behind the other where the format allows "
		 "it: "
		 "text, markdown, benchfmt. The status says whether it could be read "
		 "and "
		 "written, not what the result was.",
	.params = params,
	.opts_size = sizeof(struct report_opts),
	.run = run,
};
