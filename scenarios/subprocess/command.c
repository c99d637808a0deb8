/*
 * command.c - runs the user's command, --repeat times, -n at once.
 *
 * One at a time is run by the main thread itself; several by threads of a crew, each
 * taking the next number. With several kinds every round runs each once, in an order
 * drawn anew.
 */
#include "core/clock.h"
#include "core/crew.h"
#include "core/watch.h"
#include "scenarios/subprocess/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes numbers until there are none, or all must stop. Returns 0 or -errno. */
static int
work(struct jobs *j, size_t slot)
{
	struct err *e = &j->err[slot];
	int rc = 0;

	while (rc == 0 && stop_reason(j->run->stop) == STOP_NONE) {
		uint32_t number = atom_add_rlx(&j->next, 1);

		if (number >= j->njobs)
			break;
		rc = jobs_run_one(j, number, slot, e);
	}
	if (rc != 0) /* nobody needs to go on */
		atom_store_rlx(&j->next, j->njobs);
	return rc;
}

static int
body(struct crew *crew, int number, void *arg)
{
	(void)crew;
	return work(arg, (size_t)number) == 0 ? 0 : 1;
}

/* -n at once: threads, for spawning suspends the one that spawns. */
static int
work_together(struct jobs *j, struct err *e)
{
	struct run *run = j->run;
	const struct stop *stop = run->stop;
	struct crew crew;
	char name[16];
	int rc, i;

	rc = crew_init(&crew, crew_kind_find("thread"), (int)j->o->n, body, j, run->pin,
		       e);
	if (rc != 0)
		return rc;
	crew.trace = run->trace->shared == NULL ? NULL : run->trace;
	crew.role0 = 1;
	for (i = 0; i < crew.n && crew.trace != NULL; i++) {
		snprintf(name, sizeof(name), "w%d", i + 1);
		trace_name(run->trace, 1 + i, name);
	}
	for (i = 0; i < crew.n && rc == 0; i++)
		rc = crew_start(&crew, i, e);
	if (rc != 0)
		atom_store_rlx(&j->next, j->njobs);
	while (crew_running(&crew) > 0) {
		/* A stop is heard by those who run; after it the ends are awaited. */
		if (watch_fd(run->trace, stop, crew.end_fd, UINT64_MAX) == -ECANCELED)
			stop = NULL;
		while (crew_reap(&crew) >= 0)
			;
	}
	for (i = 0; i < crew.n && rc == 0; i++)
		if (crew.worker[i].exit != 0) {
			*e = j->err[i];
			rc = e->code == 0 ? -ECANCELED : -e->code;
		}
	crew_fini(&crew);
	return rc;
}

/* A word as a shell would take it. */
static void
put_word(FILE *out, const char *word)
{
	if (*word != '\0' &&
	    strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_@%+=:,./-") == strlen(word)) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	putc('\'', out);
}

static char *
command_line(char *const *argv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (; *argv != NULL; argv++) {
		put_word(out, *argv);
		if (argv[1] != NULL)
			putc(' ', out);
	}
	return fclose(out) == 0 ? text : NULL;
}

/* Our environment, with the variables of --env in place of those of the same name. */
static char **
environment(const struct param_texts *set)
{
	size_t n = 0, i, k;
	char **envp;

	while (environ[n] != NULL)
		n++;
	envp = calloc(n + set->n + 1, sizeof(*envp));
	if (envp == NULL)
		return NULL;
	memcpy(envp, environ, n * sizeof(*envp));
	for (i = 0; i < set->n; i++) {
		const size_t name = (size_t)(strchr(set->v[i], '=') - set->v[i]) + 1;

		for (k = 0; k < n && strncmp(envp[k], set->v[i], name) != 0; k++)
			;
		n += k == n;
		envp[k] = (char *)(uintptr_t)set->v[i];
	}
	return envp;
}

static int
prepare(struct jobs *j, struct err *e)
{
	const struct subprocess_opts *o = j->o;
	const bool captures = o->capture || j->run->out_fd < 0;

	j->nkinds = o->kinds.n == 0 ? 1 : (int)o->kinds.n;
	j->kind[0] = &spawn_kind_spawn;
	for (size_t i = 0; i < o->kinds.n && i < 8; i++)
		j->kind[i] = spawn_kind_table[o->kinds.v[i]];
	j->pipes[0] = o->input != NULL || o->input_file != NULL;
	j->pipes[1] = j->pipes[2] = captures;
	/* In a group of its own it could not read the terminal. */
	j->own_group = j->pipes[0] || o->n > 1 || !isatty(0);
	j->njobs = (uint32_t)(o->repeat * j->nkinds);
	j->job = calloc(j->njobs, sizeof(*j->job));
	j->err = calloc((size_t)o->n, sizeof(*j->err));
	j->envp = environment(&o->env);
	j->line = command_line(j->run->argv);
	if (j->job == NULL || j->err == NULL || j->envp == NULL || j->line == NULL)
		return err_set(e, ENOMEM, "no memory for %u runs", j->njobs);
	return j->own_group ? guard_open(&j->guard, (size_t)o->n, e) : 0;
}

int
subprocess_command(struct run *run, const struct subprocess_opts *o, struct err *e)
{
	struct jobs j = { .run = run, .o = o };
	int rc = prepare(&j, e);

	if (rc == 0) {
		jobs_show_line(&j);
		j.begin_ns = clock_ns();
		rc = o->n > 1 ? work_together(&j, e) : work(&j, 0);
		j.end_ns = clock_ns();
		if (rc != 0 && o->n == 1)
			*e = j.err[0];
	}
	guard_close(&j.guard);
	if (j.job != NULL)
		jobs_report(&j);
	for (uint32_t i = 0; i < j.njobs && j.job != NULL; i++)
		for (int k = 0; k < 2; k++)
			free(j.job[i].kept[k]);
	free(j.job);
	free(j.err);
	free(j.envp);
	return rc;
}
