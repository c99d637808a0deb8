/*
 * kinds.c - which kinds can do what the options ask. See cli/kinds.h.
 */
#include "cli/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Takes those out of the list that cannot; their names, as far as there is room. */
static int
leave_out(const struct scenario *s, const struct run *run, const void *opts,
	  struct param_list *l, struct err *e)
{
	char names[192] = "";
	struct err why = { 0 };
	size_t kept = 0, at = 0, out = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (s->check_kind(run, opts, l->v[i], &why) == 0) {
			l->v[kept++] = l->v[i];
			continue;
		}
		if (at < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
					       out > 0 ? ", " : "",
					       s->kinds[l->v[i]]->name);
		out++;
	}
	if (kept == 0)
		return err_set(e, EINVAL, "-k all: none of the kinds can do this");
	l->n = kept;
	if (out > 0)
		result_warn(
			run->result,
			"'-k all' leaves out what cannot do this: %s; '-k %s' alone "
			"says why",
			names, out > 1 ? "KIND" : names);
	return 0;
}

int
kinds_fit(const struct scenario *s, const struct run *run, void *opts, struct err *e)
{
	int rc = 0;

	if (s->check_kind == NULL)
		return 0;
	for (const struct param *p = s->params; p->name != NULL && rc == 0; p++) {
		struct param_list *l = (struct param_list *)((char *)opts + p->offset);

		if (p->type != PARAM_KINDS)
			continue;
		if (l->all) {
			rc = leave_out(s, run, opts, l, e);
			continue;
		}
		for (size_t i = 0; i < l->n && rc == 0; i++)
			rc = s->check_kind(run, opts, l->v[i], e);
	}
	return rc;
}

bool
kinds_has(const struct scenario *s, const char *name)
{
	for (size_t i = 0; s->kinds != NULL && s->kinds[i] != NULL; i++)
		if (strcmp(s->kinds[i]->name, name) == 0)
			return true;
	return false;
}
