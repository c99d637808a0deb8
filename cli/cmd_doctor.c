/*
 * cmd_doctor.c - `concbench doctor`: what of this machine makes numbers doubtful.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/rows.h"
#include "cli/help.h"
#include "cli/json_out.h"
#include "cli/term.h"
#include "core/doctor.h"

enum { DOCTOR_TEXT, DOCTOR_JSON };

struct doctor_opts {
	int format;
};

static const struct choice formats[] = {
	[DOCTOR_TEXT] = { "text", "lines for people" },
	[DOCTOR_JSON] = { "json", "one document, schema concbench-doctor/1" },
	{ .name = NULL },
};

static const struct param params[] = {
	ROW_FORMAT(doctor_opts, formats, "form of the answer"),
	PARAM_END,
};

static size_t
count(const struct doctor_finding *f, size_t n, enum doctor_level level)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += f[i].level == level;
	return found;
}

static void
write_text(FILE *out, const struct doctor_finding *f, size_t n)
{
	static const char *const plain[] = { "ok", "- ", "! ", "? " };
	static const char *const drawn[] = { "✔ ", "· ", "✖ ", "? " };
	const char *const *mark = term_unicode() ? drawn : plain;

	for (size_t i = 0; i < n; i++) {
		fprintf(out, "  %s %-12s ", mark[f[i].level], f[i].name);
		help_wrap(out, 18, 18, f[i].seen);
		if (f[i].why != NULL) {
			fprintf(out, "%18s", "");
			help_wrap(out, 18, 18, f[i].why);
		}
		if (f[i].advice != NULL) {
			fprintf(out, "%18s-> ", "");
			help_wrap(out, 21, 21, f[i].advice);
		}
	}
	fprintf(out, "\n  %zu doubtful, %zu to be known, %zu well, %zu not told\n",
		count(f, n, DOCTOR_DOUBT), count(f, n, DOCTOR_NOTE),
		count(f, n, DOCTOR_OK), count(f, n, DOCTOR_UNKNOWN));
}

static void
write_json(FILE *out, const struct doctor_finding *f, size_t n)
{
	const bool doubt = count(f, n, DOCTOR_DOUBT) > 0;
	json_t *all = json_array();
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "name", json_out_text(f[i].name));
		json_object_set_new(o, "level",
				    json_string(doctor_level_name(f[i].level)));
		json_object_set_new(o, "seen", json_out_text(f[i].seen));
		json_object_set_new(o, "why", json_out_text(f[i].why));
		json_object_set_new(o, "advice", json_out_text(f[i].advice));
		json_array_append_new(all, o);
	}
	putc('{', out);
	json_out_member(out, &first, "schema", json_string("concbench-doctor/1"));
	json_out_member(out, &first, "verdict",
			json_string(doubt ? "doubtful" : "fit"));
	json_out_member(out, &first, "exit_code", json_integer(doubt));
	json_out_member(out, &first, "findings", all);
	fputs("}\n", out);
}

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };
	const struct doctor_opts *o = opts;
	struct doctor_finding finding[DOCTOR_MAX];
	size_t n;

	if (args_expect(&rest, 0, false, e) != 0)
		return 2;
	n = doctor_look(finding, "");
	if (o->format == DOCTOR_JSON)
		write_json(out, finding, n);
	else
		write_text(out, finding, n);
	return count(finding, n, DOCTOR_DOUBT) > 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "what of this machine makes numbers doubtful, and what to do",
	.about =
		"Looks at the machine for a third of a second: who else is at work, "
		"what "
		"the hypervisor takes, how evenly the CPU runs, frequency, turbo, SMT, "
		"quota, clock, mitigations, memory, and how this program was built.\n\n"
		"A doubt makes figures of today differ from those of tomorrow, or from "
		"those of a minute ago; a note only shifts them, or has to be known "
		"when "
		"they are read. Status 1: there is a doubt; 0: there is none.",
	.params = params,
	.opts_size = sizeof(struct doctor_opts),
	.run = run,
};
