/*
 * cmd_completion.c - `concbench completion bash|zsh|fish`: scripts from the tables.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "cli/units.h"

#include <errno.h>
#include <string.h>

/* What may stand as the value of an option: words with a space between, or "". */
static void
put_words(FILE *out, const struct param *row)
{
	size_t i;

	switch (row->type) {
	case PARAM_CHOICE:
		for (i = 0; row->choices[i].name != NULL; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "", row->choices[i].name);
		break;
	case PARAM_KINDS:
		for (i = 0; row->kinds[i] != NULL; i++)
			fprintf(out, "%s ", row->kinds[i]->name);
		fputs("all list", out);
		break;
	case PARAM_WHEN:
		fputs("auto always never", out);
		break;
	case PARAM_WORK:
		for (i = 0; units_work_names[i] != NULL; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "", units_work_names[i]);
		break;
	case PARAM_CPUS:
		fputs("none same compact scatter", out);
		break;
	default:
		break;
	}
}

static bool
has_words(const struct param *row)
{
	return row->type == PARAM_CHOICE || row->type == PARAM_KINDS ||
	       row->type == PARAM_WHEN || row->type == PARAM_WORK ||
	       row->type == PARAM_CPUS;
}

static bool
is_file(const struct param *row)
{
	return row->arg != NULL && strstr(row->arg, "FILE") != NULL;
}

/* The words of "bash|zsh|fish" or "[COMMAND]" (all commands), spaces between. */
static void
put_operands(FILE *out, struct topic t)
{
	const char *s = t.command != NULL ? t.command->operands : NULL;
	const struct verb *v = topic_verbs(t);
	size_t i, n = topic_count();

	for (; v != NULL && v->name != NULL; v++)
		fprintf(out, "%s%s", v > topic_verbs(t) ? " " : "", v->name);
	if (s != NULL && strcmp(s, "[COMMAND]") == 0)
		for (i = 0; i < n; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "", topic_name(topic_at(i)));
	else if (s != NULL && strchr(s, '|') != NULL)
		for (; *s != '\0'; s++)
			if (*s != '[' && *s != ']')
				fputc(*s == '|' ? ' ' : *s, out);
}

static bool
has_operands(struct topic t)
{
	return topic_verbs(t) != NULL ||
	       (t.command != NULL && t.command->operands != NULL);
}

/* Text inside '...' of a script; `special` get a backslash. */
static void
put_quoted(FILE *out, const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			fputc('\\', out);
		if (*s == '\'' && strchr(special, '\'') == NULL)
			fputs("'\\''", out);
		else
			fputc(*s, out);
	}
}

static void
bash_names(FILE *out, const struct param *row)
{
	for (; row->name != NULL; row++) {
		if (row->flags & PARAM_HIDDEN)
			continue;
		fprintf(out, " --%s", row->name);
		if (row->letter != 0)
			fprintf(out, " -%c", row->letter);
	}
}

/* case arms: what follows an option of `command` ("*": of any). */
static void
bash_values(FILE *out, const char *command, const struct param *row)
{
	for (; row->name != NULL; row++) {
		if ((row->flags & PARAM_HIDDEN) || row->type == PARAM_FLAG)
			continue;
		fprintf(out, "\t%s:--%s", command, row->name);
		if (row->letter != 0)
			fprintf(out, "|%s:-%c", command, row->letter);
		fputs(")\n\t\t", out);
		if (row->flags & PARAM_OPTIONAL_ARG)
			fputs("[[ $equals ]] && ", out);
		if (is_file(row)) {
			fputs("compopt -o default\n", out);
		} else {
			fputs("_concbench_words '", out);
			put_words(out, row);
			fputs("'\n", out);
		}
		if (row->flags & PARAM_OPTIONAL_ARG)
			fputs("\t\t[[ $equals ]] && return ;;\n", out);
		else
			fputs("\t\treturn ;;\n", out);
	}
}

static const char bash_head[] =
	"# bash completion for concbench; written by `concbench completion bash`.\n"
	"# The last of words with commas between.\n"
	"_concbench_words()\n"
	"{\n"
	"\tlocal before=\n"
	"\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	"\tCOMPREPLY=($(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\"))\n"
	"}\n\n"
	"_concbench()\n"
	"{\n"
	"\tlocal i equals= cur=${COMP_WORDS[COMP_CWORD]}\n"
	"\tlocal prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $cur == '=' ]]; then\n"
	"\t\tequals=1 cur=\n"
	"\telif [[ $prev == '=' ]]; then\n"
	"\t\tequals=1 prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	"\t\tif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	"\t\t\tcompopt -o default\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\tdone\n";

static void
print_bash(FILE *out)
{
	size_t i, n = topic_count();

	fputs(bash_head, out);
	fputs("\tif ((COMP_CWORD == 1)); then\n\t\t_concbench_words '", out);
	for (i = 0; i < n; i++)
		fprintf(out, "%s ", topic_name(topic_at(i)));
	fputs("--help --version'\n\t\treturn\n\tfi\n\tcase $command:$prev in\n", out);
	for (i = 0; i < n; i++)
		bash_values(out, topic_name(topic_at(i)), topic_params(topic_at(i)));
	bash_values(out, "*", common_params());
	fputs("\tesac\n\tcase $command:$cur in\n", out);
	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);

		fprintf(out, "\t%s:-*)\n\t\t_concbench_words '", topic_name(t));
		bash_names(out, topic_params(t));
		bash_names(out, topic_common_params(t));
		fprintf(out, "' ;;\n\t%s:*)\n\t\t_concbench_words '", topic_name(t));
		put_operands(out, t);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\ncomplete -F _concbench concbench\n", out);
}

/* Specifications of _arguments: '(-n --workers)'{-n+,--workers=}'[help]:N:'. */
static void
zsh_option(FILE *out, const struct param *row)
{
	bool flag = row->type == PARAM_FLAG;
	bool optional = (row->flags & PARAM_OPTIONAL_ARG) != 0;
	const char *joint = flag ? "" : optional ? "=-" : "=";

	fputs(" \\\n\t\t\t", out);
	if (row->type == PARAM_TEXTS)
		fputs("'*'", out);
	else if (row->letter != 0)
		fprintf(out, "'(-%c --%s)'", row->letter, row->name);
	if (row->letter != 0)
		fprintf(out, "{-%c%s,--%s%s}", row->letter, flag || optional ? "" : "+",
			row->name, joint);
	else
		fprintf(out, "--%s%s", row->name, joint);
	fputs("'[", out);
	put_quoted(out, row->help, "[]\\:");
	fputc(']', out);
	if (!flag) {
		fputs(optional ? "::" : ":", out);
		put_quoted(out, row->arg != NULL ? row->arg : "VALUE", "\\:");
		fputc(':', out);
		if (is_file(row)) {
			fputs("_files", out);
		} else if (row->type == PARAM_KINDS) {
			fputs(" _values -s , kind ", out);
			put_words(out, row);
		} else if (has_words(row)) {
			fputc('(', out);
			put_words(out, row);
			fputc(')', out);
		}
	}
	fputc('\'', out);
}

static void
zsh_options(FILE *out, const struct param *row)
{
	for (; row->name != NULL; row++)
		if (!(row->flags & PARAM_HIDDEN))
			zsh_option(out, row);
}

static void
print_zsh(FILE *out)
{
	size_t i, n = topic_count();

	fputs("#compdef concbench\n"
	      "# Written by `concbench completion zsh`.\n\n"
	      "_concbench()\n{\n\tlocal -a commands\n\tcommands=(\n",
	      out);
	for (i = 0; i < n; i++) {
		fprintf(out, "\t\t'%s:", topic_name(topic_at(i)));
		put_quoted(out, topic_summary(topic_at(i)), "\\:");
		fputs("'\n", out);
	}
	fputs("\t)\n\tif ((CURRENT == 2)); then\n"
	      "\t\t_describe command commands\n"
	      "\t\t_arguments '--help[help]' '--version[version]'\n"
	      "\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n"
	      "\tshift words\n\t((CURRENT--))\n"
	      "\tcase $command in\n",
	      out);
	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);

		fprintf(out, "\t%s)\n\t\t_arguments -s", topic_name(t));
		zsh_options(out, topic_params(t));
		zsh_options(out, topic_common_params(t));
		if (t.scenario != NULL && (t.scenario->flags & SCENARIO_COMMAND)) {
			fputs(" \\\n\t\t\t'*::command:_normal'", out);
		} else if (has_operands(t)) {
			fputs(" \\\n\t\t\t':operand:(", out);
			put_operands(out, t);
			fputs(")'", out);
		}
		fputs(" ;;\n", out);
	}
	fputs("\tesac\n}\n\n_concbench \"$@\"\n", out);
}

static void
fish_options(FILE *out, const char *command, const struct param *row)
{
	for (; row->name != NULL; row++) {
		if (row->flags & PARAM_HIDDEN)
			continue;
		fprintf(out,
			"complete -c concbench -n '__fish_seen_subcommand_from %s' ",
			command);
		if (row->letter != 0)
			fprintf(out, "-s %c ", row->letter);
		fprintf(out, "-l %s ", row->name);
		if (is_file(row)) {
			fputs("-r -F ", out);
		} else if (row->type != PARAM_FLAG) {
			fputs(row->flags & PARAM_OPTIONAL_ARG ? "-f -a '" : "-x -a '",
			      out);
			put_words(out, row);
			fputs("' ", out);
		}
		fputs("-d '", out);
		put_quoted(out, row->help, "\\'");
		fputs("'\n", out);
	}
}

static void
print_fish(FILE *out)
{
	size_t i, n = topic_count();

	fputs("# fish completion for concbench; written by `concbench completion "
	      "fish`.\n"
	      "complete -c concbench -f\n"
	      "complete -c concbench -n __fish_use_subcommand -l help -s h -d help\n"
	      "complete -c concbench -n __fish_use_subcommand -l version -s V -d "
	      "version\n",
	      out);
	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);
		const char *name = topic_name(t);

		fprintf(out,
			"complete -c concbench -n __fish_use_subcommand -a %s -d '",
			name);
		put_quoted(out, topic_summary(t), "\\'");
		fputs("'\n", out);
		if (has_operands(t)) {
			fprintf(out,
				"complete -c concbench -n "
				"'__fish_seen_subcommand_from %s' -a '",
				name);
			put_operands(out, t);
			fputs("'\n", out);
		}
		fish_options(out, name, topic_params(t));
		fish_options(out, name, topic_common_params(t));
	}
}

static const struct {
	const char *name;
	void (*print)(FILE *out);
} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

#define NSHELLS (sizeof(shells) / sizeof(shells[0]))

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };
	char quoted[ARGS_QUOTE];
	struct suggest s;
	size_t i;

	(void)opts;
	if (args_expect(&rest, 1, false, e) != 0)
		return 2;
	if (argc == 0) {
		err_set(e, EINVAL, "which shell: bash, zsh or fish?");
		return 2;
	}
	suggest_init(&s, argv[0]);
	for (i = 0; i < NSHELLS; i++) {
		if (strcmp(argv[0], shells[i].name) == 0) {
			shells[i].print(out);
			return 0;
		}
		suggest_offer(&s, shells[i].name);
	}
	err_set(e, EINVAL, "'%s' is not one of bash, zsh, fish",
		args_quote(argv[0], quoted, sizeof(quoted)));
	if (s.best != NULL)
		err_hint(e, "did you mean '%s'?", s.best);
	return 2;
}

static const struct param params[] = { PARAM_END };

const struct command command_completion = {
	.name = "completion",
	.summary = "write the completion script of a shell",
	.operands = "bash|zsh|fish",
	.about = "To use it at once: source <(concbench completion bash). make install "
		 "puts all three where the shells look for them.",
	.params = params,
	.run = run,
};
