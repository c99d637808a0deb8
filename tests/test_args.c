/*
 * test_args.c - option parsing, and that help, man page and completions know every
 * option of the tables.
 */
#include "cli/args.h"

#include "cli/command.h"
#include "cli/common.h"
#include "cli/help.h"
#include "cli/units.h"
#include "core/work.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts {
	bool quiet, verbose;
	struct param_list workers, kinds;
	int64_t tasks, cpus;
	uint64_t grace_ns, size;
	double ratio, percent;
	int mode, when;
	const char *file;
	struct param_texts outputs;
	struct work work;
	struct param_cpus pin;
};

static bool
refuse(char *why, size_t size)
{
	snprintf(why, size, "needs libck-dev");
	return false;
}

static const struct kind process = { .name = "process", .summary = "forked workers" };
static const struct kind thread = { .name = "thread", .summary = "pthreads" };
static const struct kind ck = { .name = "ck",
				.summary = "concurrency kit",
				.available = refuse };
static const struct kind *const kinds[] = { &process, &thread, &ck, NULL };

static const struct choice modes[] = { { "retry", "again" },
				       { "fail", "give up" },
				       { NULL, NULL } };

#define AT(field) .offset = offsetof(struct opts, field)

static const struct param table[] = {
	{ "workers", 'n', PARAM_COUNTS, AT(workers), .arg = "N", .def = "4", .min = 1,
	  .max = 65000, .help = "workers" },
	{ "tasks", 't', PARAM_COUNT, AT(tasks), .arg = "N", .def = "5", .min = 1,
	  .max = 1e9, .help = "tasks" },
	{ "cpus", 0, PARAM_COUNT, AT(cpus), .arg = "N", .def = "cpus", .help = "cpus" },
	{ "grace", 'g', PARAM_DURATION, AT(grace_ns), .arg = "DUR", .def = "1s",
	  .min = 1e6, .max = 3600e9, .help = "grace" },
	{ "size", 0, PARAM_SIZE, AT(size), .arg = "SIZE", .help = "size" },
	{ "ratio", 0, PARAM_REAL, AT(ratio), .arg = "R", .def = "0.5",
	  .help = "ratio" },
	{ "percent", 0, PARAM_PERCENT, AT(percent), .arg = "P", .def = "5%", .max = 1,
	  .help = "percent" },
	{ "kind", 'k', PARAM_KINDS, AT(kinds), .arg = "LIST", .def = "process",
	  .kinds = kinds, .help = "kinds" },
	{ "on-crash", 0, PARAM_CHOICE, AT(mode), .arg = "WHAT", .def = "retry",
	  .choices = modes, .help = "mode" },
	{ "timeline", 0, PARAM_WHEN, AT(when), .arg = "WHEN", .def = "auto",
	  .bare = "always", .flags = PARAM_OPTIONAL_ARG, .help = "when" },
	{ "file", 0, PARAM_TEXT, AT(file), .arg = "FILE", .help = "file" },
	{ "output", 'o', PARAM_TEXTS, AT(outputs), .arg = "FILE", .help = "output" },
	{ "work", 'w', PARAM_WORK, AT(work), .arg = "SPEC", .def = "sleep:0-3s",
	  .help = "work" },
	{ "pin", 0, PARAM_CPUS, AT(pin), .arg = "POLICY", .def = "none",
	  .help = "pin" },
	{ "quiet", 'q', PARAM_FLAG, AT(quiet), .help = "quiet" },
	PARAM_END,
};

static const struct param second[] = {
	{ "verbose", 'v', PARAM_FLAG, AT(verbose), .help = "verbose" },
	{ "help", 'h', PARAM_FLAG, AT(verbose), .help = "help" },
	PARAM_END,
};

#define WORDS 24

/* What a line of words, parted by '|', came to. */
struct parsed {
	struct opts a, b; /* of the two tables */
	struct args_rest rest;
	struct err e;
	char text[512]; /* of the error */
	int rc;
	char *line, *argv[WORDS];
};

static struct parsed *
parse(const char *line)
{
	const struct param *const tables[] = { table, second, NULL };
	struct parsed *p = calloc(1, sizeof(*p));
	char *rest, *word;
	int argc = 0;

	cr_assert_not_null(p);
	rest = p->line = strdup(line);
	while (*line != '\0' && (word = strsep(&rest, "|")) != NULL)
		p->argv[argc++] = word;
	p->rc = args_parse(tables, (void *const[]){ &p->a, &p->b }, argc, p->argv,
			   &p->rest, &p->e);
	if (p->e.code != 0)
		err_text(&p->e, p->text, sizeof(p->text));
	return p;
}

static void
done(struct parsed *p)
{
	if (p->rc == 0) {
		args_free(table, &p->a);
		args_free(second, &p->b);
		args_rest_free(&p->rest);
	}
	cr_assert_null(p->a.workers.v);
	cr_assert_null(p->a.kinds.v);
	cr_assert_null(p->a.outputs.v);
	cr_assert_null(p->a.pin.cpus.v);
	cr_assert_null(p->rest.operand);
	free(p->line);
	free(p);
}

Test(args, defaults)
{
	struct parsed *p = parse("");

	cr_assert_eq(p->rc, 0, "%s", p->text);
	cr_assert_eq(p->a.workers.n, 1);
	cr_assert_eq(p->a.workers.v[0], 4);
	cr_assert_eq(p->a.tasks, 5);
	cr_assert_eq(p->a.cpus, units_cpus_allowed());
	cr_assert_eq(p->a.grace_ns, 1000000000);
	cr_assert_eq(p->a.kinds.n, 1);
	cr_assert_eq(p->a.kinds.v[0], 0);
	cr_assert_eq(p->a.work.kind, WORK_SLEEP);
	cr_assert_float_eq(p->a.percent, 0.05, 1e-12);
	cr_assert_eq(p->a.pin.policy, PIN_NONE);
	cr_assert_eq(p->a.when, WHEN_AUTO);
	cr_assert_null(p->a.file);
	cr_assert_not(p->a.quiet);
	done(p);
}

Test(args, all_forms)
{
	struct parsed *p =
		parse("x|-n4|-t|10k|-qv|--grace=1.5ms|y|--kind|thread,process|"
		      "-|--timeline|-oa|-o|b|--pin=none|-w|cpu:1ms|--|-n|z");

	cr_assert_eq(p->rc, 0, "%s", p->text);
	cr_assert_eq(p->a.workers.v[0], 4);
	cr_assert_eq(p->a.tasks, 10000);
	cr_assert(p->a.quiet && p->b.verbose);
	cr_assert_eq(p->a.grace_ns, 1500000);
	cr_assert_eq(p->a.kinds.n, 2);
	cr_assert(p->a.kinds.v[0] == 1 && p->a.kinds.v[1] == 0, "in the order given");
	cr_assert_eq(p->a.when, WHEN_ALWAYS);
	cr_assert_eq(p->a.outputs.n, 2);
	cr_assert_str_eq(p->a.outputs.v[1], "b");
	cr_assert_eq(p->a.work.kind, WORK_CPU);
	cr_assert_eq(p->rest.noperands, 3);
	cr_assert_str_eq(p->rest.operand[0], "x");
	cr_assert_str_eq(p->rest.operand[1], "y");
	cr_assert_str_eq(p->rest.operand[2], "-");
	cr_assert_null(p->rest.operand[3]);
	cr_assert(p->rest.dashes);
	cr_assert_eq(p->rest.nwords, 2);
	cr_assert_str_eq(p->rest.word[0], "-n");
	cr_assert_null(p->rest.word[2]);
	done(p);
}

Test(args, optional_argument_only_behind_an_equals_sign)
{
	struct parsed *p = parse("--timeline|never");

	cr_assert_eq(p->rc, 0);
	cr_assert_eq(p->a.when, WHEN_ALWAYS);
	cr_assert_eq(p->rest.noperands, 1);
	done(p);
	p = parse("--timeline=never");
	cr_assert_eq(p->a.when, WHEN_NEVER);
	done(p);
}

Test(args, all_kinds_are_those_that_are_available)
{
	struct parsed *p = parse("-k|all");

	cr_assert_eq(p->rc, 0, "%s", p->text);
	cr_assert_eq(p->a.kinds.n, 2);
	done(p);
}

Test(args, outcomes_that_are_no_errors)
{
	struct parsed *p = parse("-n|2|-k|list");

	cr_assert_eq(p->rc, ARGS_LIST_KINDS);
	cr_assert_str_eq(p->rest.kinds->name, "kind");
	done(p);
	p = parse("--help|-n|0");
	cr_assert_eq(p->rc, ARGS_HELP, "nothing behind --help is read");
	done(p);
	p = parse("-qh");
	cr_assert_eq(p->rc, ARGS_HELP);
	done(p);
	p = parse("-k|thread,ck");
	cr_assert_eq(p->rc, ARGS_UNAVAILABLE);
	cr_assert_str_eq(p->text, "-k: kind 'ck' is unavailable: needs libck-dev");
	done(p);
}

/* Each line of words, and the one line that refuses it. */
static const struct {
	const char *line, *error;
} wrong[] = {
	{ "-n|0", "-n: '0' is not in 1..65000" },
	{ "-n|-1", "-n: '-1' is not in 1..65000" },
	{ "-n-1", "-n: '-1' is not in 1..65000" },
	{ "--workers=0", "--workers: '0' is not in 1..65000" },
	{ "-n|1e30", "-n: '1e30' is out of range (1..65000)" },
	{ "-n|99999999999", "-n: '99999999999' is not in 1..65000" },
	{ "-t|99999999999999999999",
	  "-t: '99999999999999999999' is out of range (1..1000000000)" },
	{ "-t|1e30", "-t: '1e30' is out of range (1..1000000000)" },
	{ "-t|4x", "-t: '4x' is not a whole number in 1..1000000000 (such as 4, 10k or "
		   "1e6)" },
	{ "-t|",
	  "-t: '' is not a whole number in 1..1000000000 (such as 4, 10k or 1e6)" },
	{ "-t| 4",
	  "-t: ' 4' is not a whole number in 1..1000000000 (such as 4, 10k or 1e6)" },
	{ "-t|0x10",
	  "-t: '0x10' is not a whole number in 1..1000000000 (such as 4, 10k or 1e6)" },
	{ "-t|1.5",
	  "-t: '1.5' is not a whole number in 1..1000000000 (such as 4, 10k or 1e6)" },
	{ "-t|cpus",
	  "-t: 'cpus' is not a whole number in 1..1000000000 (such as 4, 10k or 1e6)" },
	{ "-n|2,0-3", "-n: 0 of '2,0-3' is not in 1..65000" },
	{ "-n|1,2,1", "-n: 1 stands twice in '1,2,1'" },
	{ "-n|1-5000", "-n: '1-5000' has more than 4096 elements" },
	{ "--cpus|-2", "--cpus: '-2' is negative" },
	{ "-g|0", "-g: '0' is not in 1ms..1h" },
	{ "-g|2h", "-g: '2h' is not in 1ms..1h" },
	{ "-g|5 s",
	  "-g: '5 s' is not a duration in 1ms..1h (such as 50ns, 1.5ms, 2s or "
	  "1m)" },
	{ "-g|1.5ns", "-g: '1.5ns' is not a whole number of nanoseconds" },
	{ "--size|1QB", "--size: '1QB' is not a size (such as 64, 64K or 1MiB)" },
	{ "--size|-1", "--size: '-1' is negative" },
	{ "--ratio|nan", "--ratio: 'nan' is not a number (such as 0.5, 10k or 1e3)" },
	{ "--ratio|inf", "--ratio: 'inf' is not a number (such as 0.5, 10k or 1e3)" },
	{ "--percent|101%", "--percent: '101%' is not in 0%..100%" },
	{ "--kind|tread", "--kind: unknown kind 'tread' (did you mean 'thread'?; "
			  "kinds: process, thread, "
			  "ck)" },
	{ "-k|", "-k: unknown kind '' (kinds: process, thread, ck)" },
	{ "-k|thread,", "-k: unknown kind '' (kinds: process, thread, ck)" },
	{ "-k|thread,thread", "-k: kind 'thread' is given twice" },
	{ "-k|thread,all", "-k: unknown kind 'all' ('all' stands alone)" },
	{ "--on-crash|retr",
	  "--on-crash: 'retr' is not one of retry, fail (did you mean 'retry'?)" },
	{ "--timeline=allways",
	  "--timeline: 'allways' is not one of auto, always, never "
	  "(did you mean 'always'?)" },
	{ "--file|", "--file: '' is empty, FILE is needed" },
	{ "-w|slep:1s",
	  "-w: 'slep:1s' is not one of noop, echo, sleep:LO-HI, cpu:LO-HI, "
	  "io:LO-HI, mixed:LO-HI, mem:LO-HI (did you mean 'sleep'?)" },
	{ "-w|sleep", "-w: 'sleep' is not one of noop, echo, sleep:LO-HI, cpu:LO-HI, "
		      "io:LO-HI, mixed:LO-HI, mem:LO-HI (such as sleep:0-3s, cpu:10ms "
		      "or mem:64M)" },
	{ "--pin|scater",
	  "--pin: 'scater' is not one of none, same, compact, scatter, a "
	  "list of CPUs (did you mean 'scatter'?)" },
	{ "--pin|99999999",
	  "--pin: CPU 99999999 of '99999999' is not allowed to this process" },
	{ "--taks|3", "unknown option '--taks' (did you mean '--tasks'?)" },
	{ "--taks=3", "unknown option '--taks' (did you mean '--tasks'?)" },
	{ "--thr", "unknown option '--thr'" },
	{ "--work|noop|--worke=1",
	  "unknown option '--worke' (did you mean '--work'?)" },
	{ "-z", "unknown option '-z'" },
	{ "-qz", "unknown option '-z'" },
	{ "-\xc3\xa9", "unknown option '-\xc3\xa9'" },
	{ "--=3", "unknown option '--'" },
	{ "-t", "-t: needs a value (N)" },
	{ "--tasks", "--tasks: needs a value (N)" },
	{ "-t|1|--tasks=2", "--tasks: given twice" },
	{ "-q|-q", "-q: given twice" },
	{ "--quiet=1", "--quiet: takes no value" },
	{ "-t|\x1b[31m\xff\n", "-t: '\\x1b[31m\\xff\\x0a' is not a whole number in "
			       "1..1000000000 (such as 4, 10k or 1e6)" },
};

Test(args, refuses_in_one_line)
{
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct parsed *p = parse(wrong[i].line);

		cr_assert_eq(p->rc, -EINVAL, "'%s' gave %d", wrong[i].line, p->rc);
		cr_assert_str_eq(p->text, wrong[i].error, "\n  %s\n  %s\n", p->text,
				 wrong[i].error);
		done(p);
	}
}

Test(args, a_megabyte_is_refused_and_cut)
{
	size_t n = 1 << 20;
	char *huge = malloc(n + 4);
	struct parsed *p;

	cr_assert_not_null(huge);
	memset(huge, 'a', n);
	memcpy(huge, "-t\1", 3);
	huge[n] = '\0';
	p = parse(huge);
	cr_assert_eq(p->rc, -EINVAL);
	cr_assert_lt(strlen(p->text), 200);
	cr_assert_not_null(strstr(p->text, "aaa...'"));
	done(p);
	memcpy(huge, "--x", 3);
	p = parse(huge);
	cr_assert_eq(p->rc, -EINVAL);
	cr_assert_lt(strlen(p->text), 200);
	done(p);
	free(huge);
}

Test(args, quoting)
{
	char buf[ARGS_QUOTE], big[300];

	cr_assert_str_eq(args_quote("gr\xc3\xbc\xc3\x9f", buf, sizeof(buf)),
			 "gr\xc3\xbc\xc3\x9f");
	cr_assert_str_eq(args_quote("a\\b\t\x7f", buf, sizeof(buf)),
			 "a\\\\b\\x09\\x7f");
	cr_assert_str_eq(args_quote("\xc0\xaf\xed\xa0\x80\xf5", buf, sizeof(buf)),
			 "\\xc0\\xaf\\xed\\xa0\\x80\\xf5");
	cr_assert_str_eq(args_quote("\xe2\x80\xae", buf, sizeof(buf)),
			 "\\xe2\\x80\\xae", "a direction mark hides what follows");
	cr_assert_str_eq(args_quote("\xc2\x85", buf, sizeof(buf)), "\\xc2\\x85");
	cr_assert_str_eq(args_quote("abcdef", buf, 6), "ab...");
	memset(big, 'x', 64);
	big[64] = '\0';
	cr_assert_eq(strlen(args_quote(big, buf, sizeof(buf))), 64);
	cr_assert_eq(buf[63], 'x', "64 bytes are not cut");
	memset(big, 1, sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	cr_assert_leq(strlen(args_quote(big, buf, sizeof(buf))), 64);
	cr_assert_str_eq(buf + strlen(buf) - 3, "...");
}

/* Collects "name=value " pairs. */
static void
collect(void *arg, const char *name, const char *value)
{
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, 1024 - used, "--%s=%s|", name, value);
}

Test(args, the_echo_reads_back)
{
	struct parsed *p = parse("-n|1..8*2|-t|2k|--cpus=3|-g|90s|--size=64KiB|-q|"
				 "--percent=12.5%|-k|thread,process|-o|a|-o|b|-w|"
				 "mem:1-2K|--file=f"),
		      *again;
	char first[1024] = "", second_echo[1024] = "", *flag;

	cr_assert_eq(p->rc, 0, "%s", p->text);
	args_echo(table, &p->a, collect, first);
	cr_assert_str_eq(first,
			 "--workers=1,2,4,8|--tasks=2000|--cpus=3|--grace=90s|"
			 "--size=64K|--ratio=0.5|--percent=12.5%|--kind=thread,process|"
			 "--on-crash=retry|--timeline=auto|--file=f|--output=a|"
			 "--output=b|--work=mem:1K-2K|--pin=none|--quiet=true|");
	done(p);
	flag = strstr(first, "|--quiet");
	memcpy(flag, "|-q", 4); /* a flag takes no value */
	again = parse(first);
	cr_assert_eq(again->rc, 0, "%s", again->text);
	args_echo(table, &again->a, collect, second_echo);
	*flag = '\0';
	cr_assert_eq(strncmp(first, second_echo, strlen(first)), 0, "%s", second_echo);
	done(again);
}

Test(args, pins_to_cpus_allowed_to_us)
{
	int64_t cpu = 0;
	char line[64];
	struct parsed *p;

	while (!units_cpu_allowed(cpu))
		cpu++;
	snprintf(line, sizeof(line), "--pin=%lld,%lld", (long long)cpu, (long long)cpu);
	p = parse(line);
	cr_assert_eq(p->rc, 0, "%s", p->text);
	cr_assert_eq(p->a.pin.policy, PIN_LIST);
	cr_assert_eq(p->a.pin.cpus.n, 2);
	cr_assert_eq(p->a.pin.cpus.v[1], cpu);
	done(p);
}

Test(args, unexpected_operands)
{
	struct parsed *p = parse("a|b|--|c");
	struct err e;

	cr_assert_eq(args_expect(&p->rest, 2, true, &e), 0);
	cr_assert_eq(args_expect(&p->rest, 1, true, &e), -EINVAL);
	cr_assert_str_eq(e.msg, "unexpected operand 'b'");
	cr_assert_eq(args_expect(&p->rest, 2, false, &e), -EINVAL);
	cr_assert_str_eq(e.msg, "unexpected operand 'c'");
	done(p);
}

/* What a command writes; the caller frees it. */
static char *
output_of(const char *name, char **argv, const void *opts)
{
	struct topic t = topic_find(name);
	int argc = 0;
	char *text = NULL;
	size_t size;
	struct err e = { 0 };
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(t.command, "%s", name);
	cr_assert_not_null(out);
	while (argv[argc] != NULL)
		argc++;
	cr_assert_eq(t.command->run(out, opts, argc, argv, &e), 0, "%s: %s", name,
		     e.msg);
	fclose(out);
	return text;
}

/* True when text has the option as a word of its own. */
static bool
mentions(const char *text, const char *before, const char *name)
{
	char word[64];
	const char *at = text;
	int n = snprintf(word, sizeof(word), "%s%s", before, name);

	for (; (at = strstr(at, word)) != NULL; at++)
		if (strchr("abcdefghijklmnopqrstuvwxyz-", at[n]) == NULL ||
		    at[n] == '\0')
			return true;
	return false;
}

/* The name as roff has it: hyphens escaped. */
static const char *
roff_name(const char *name, char *buf, size_t size)
{
	size_t used = 0;

	for (; *name != '\0' && used + 3 < size; name++) {
		if (*name == '-')
			buf[used++] = '\\';
		buf[used++] = *name;
	}
	buf[used] = '\0';
	return buf;
}

static void
check_row(struct topic t, const struct param *row, const char *help, const char *man,
	  char *const completion[3])
{
	const char *name = topic_name(t);
	char escaped[64];

	cr_assert(mentions(help, "--", row->name), "help %s: --%s", name, row->name);
	if (t.scenario != NULL || row != topic_common_params(t))
		cr_assert(mentions(man, "\\-\\-",
				   roff_name(row->name, escaped, sizeof(escaped))),
			  "man: --%s of %s", row->name, name);
	cr_assert(mentions(completion[0], "--", row->name), "bash: --%s of %s",
		  row->name, name);
	cr_assert(mentions(completion[1], "--", row->name), "zsh: --%s of %s",
		  row->name, name);
	cr_assert(mentions(completion[2], "-l ", row->name), "fish: --%s of %s",
		  row->name, name);
}

Test(args, every_option_is_in_help_man_and_completion)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	char *none[] = { NULL }, *man = output_of("man", none, NULL), *completion[3];
	size_t i, k, n = topic_count();
	int rows = 0;

	for (i = 0; i < 3; i++) {
		char *argv[] = { strdup(shells[i]), NULL };

		completion[i] = output_of("completion", argv, NULL);
		free(argv[0]);
	}
	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);
		const struct param *const both[] = { topic_params(t),
						     topic_common_params(t) };
		char *argv[] = { strdup(topic_name(t)), NULL };
		char *help = output_of("help", argv, NULL);
		const struct param *row;

		for (k = 0; k < 2; k++)
			for (row = both[k]; row->name != NULL; row++, rows++)
				if (!(row->flags & PARAM_HIDDEN))
					check_row(t, row, help, man, completion);
		free(argv[0]);
		free(help);
	}
	cr_assert_gt(rows, 5);
	for (i = 0; i < 3; i++)
		free(completion[i]);
	free(man);
}

/* Every table of the program: no name or letter twice, help there, defaults read. */
Test(args, tables_are_sound)
{
	size_t i, k, n = topic_count();

	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);
		const struct param *const both[] = { topic_params(t),
						     topic_common_params(t) };
		bool letters[128] = { false };
		const struct param *row, *other;

		cr_assert_not_null(topic_summary(t));
		for (k = 0; k < 2; k++)
			for (row = both[k]; row->name != NULL; row++) {
				cr_assert_not_null(row->help, "%s", row->name);
				cr_assert(row->letter == 0 ||
						  !letters[(int)row->letter],
					  "%s: -%c twice", topic_name(t), row->letter);
				if (row->letter != 0)
					letters[(int)row->letter] = true;
				cr_assert((row->arg == NULL) ==
						  (row->type == PARAM_FLAG),
					  "%s: --%s", topic_name(t), row->name);
				for (other = both[0]; other->name != NULL; other++)
					cr_assert(other == row ||
							  strcmp(other->name,
								 row->name) != 0,
						  "%s: --%s twice", topic_name(t),
						  row->name);
			}
		if (t.scenario != NULL) {
			void *opts = calloc(1, t.scenario->opts_size + 1);
			struct err e = { 0 };
			int rc = args_defaults(both[0], opts, &e);

			cr_assert(rc == 0 || rc == ARGS_UNAVAILABLE, "%s: %s",
				  topic_name(t), e.msg);
			if (rc == 0)
				args_free(both[0], opts);
			free(opts);
		}
	}
}

Test(args, help_keeps_to_80_columns)
{
	size_t i, n = topic_count();

	for (i = 0; i <= n; i++) {
		char *argv[] = { i < n ? strdup(topic_name(topic_at(i))) : NULL, NULL };
		char *help = output_of("help", argv, NULL), *rest = help, *line;

		while ((line = strsep(&rest, "\n")) != NULL) {
			size_t columns = 0;
			const char *c;

			for (c = line; *c != '\0'; c++)
				columns += ((unsigned char)*c & 0xc0) != 0x80;
			cr_assert_leq(columns, 80, "%s", line);
			cr_assert(columns == 0 || line[strlen(line) - 1] != ' ', "'%s'",
				  line);
		}
		free(argv[0]);
		free(help);
	}
}

Test(args, unknown_command)
{
	struct err e;

	cr_assert_eq(topic_unknown("hepl", &e), -EINVAL);
	cr_assert_str_eq(e.msg, "unknown command 'hepl'");
	cr_assert_str_eq(e.hint, "did you mean 'help'?");
	cr_assert_null(topic_name(topic_find("hepl")));
	cr_assert_eq(topic_unknown("--hepl", &e), -EINVAL);
	cr_assert_str_eq(e.msg, "unknown option '--hepl'");
	cr_assert_str_eq(e.hint, "did you mean '--help'?");
}
