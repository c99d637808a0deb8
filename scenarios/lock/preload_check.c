/*
 * preload_check.c - `concbench lock --preload`: what it refuses before anything starts.
 */
#include "core/spawn.h"
#include "scenarios/lock/preload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *
preload_unfit(const struct lock_kind *kind)
{
	if (!(kind->traits & LOCK_EXCLUDES))
		return "keeps nobody out: a program would break under it";
	if (kind->traits & LOCK_RECURSIVE)
		return "lets its holder in again, as a plain mutex does not";
	/* What it keeps is a descriptor, then, of each that ever contended. */
	if ((kind->traits & LOCK_KEEPS_NODES) && (kind->traits & LOCK_PARKS))
		return "keeps open files for each contender, which is too much for a "
		       "program's mutexes";
	if (kind->traits & LOCK_OUTLIVES)
		return "would leave something in the kernel for each mutex that the "
		       "program does not destroy";
	if (kind->traits & LOCK_OPTIMISTIC)
		return "is for readers, which a mutex does not know";
	if (kind->try_acquire == NULL)
		return "has no try, which programs need";
	return NULL;
}

/* The program itself: can it be put over our locks? */
static int
check_program(const char *name, struct err *e)
{
	char path[PATH_MAX];
	int rc = spawn_find(name, getenv("PATH"), -1, path, sizeof(path));

	if (rc == 0)
		rc = preload_fit(path);
	if (rc == -ENOENT)
		return err_set(e, EINVAL, "'%.100s' is not found", name);
	if (rc == -EACCES)
		return err_set(e, EINVAL, "'%.100s' cannot be executed", name);
	if (rc < 0)
		return err_set(e, -rc, "cannot look at '%.100s'", name);
	switch (rc) {
	case PRELOAD_STATIC:
		return err_set(e, EINVAL,
			       "'%.100s' is linked statically: nothing can be put "
			       "under it",
			       name);
	case PRELOAD_SETUID:
		return err_set(e, EINVAL,
			       "'%.100s' runs with another's rights (setuid): the "
			       "loader puts nothing under it",
			       name);
	case PRELOAD_ALIEN:
		return err_set(e, EINVAL,
			       "'%.100s' is no program of this machine and word size",
			       name);
	default:
		return 0;
	}
}

int
preload_check(const struct run *run, const struct lock_opts *o,
	      const struct param *params, struct err *e)
{
	static const char *const ours[] = { "kind", "preload", "runs", "plain" };

	if (!o->preload) {
		if (run->argc > 0 || o->plain || o->runs > 1)
			return err_set(e, EINVAL,
				       "a COMMAND, '--runs' and '--plain' are for "
				       "'--preload'");
		return 0;
	}
	for (size_t i = 0; params[i].name != NULL; i++) {
		bool is_ours = false;

		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			is_ours |= strcmp(params[i].name, ours[k]) == 0;
		if (run->given[i] && !is_ours)
			return err_set(e, EINVAL,
				       "'--%s' says what contenders of ours do; with "
				       "'--preload' the program does what it does",
				       params[i].name);
	}
	if (run->argc == 0) {
		err_set(e, EINVAL, "'--preload' needs a program");
		err_hint(e, "concbench lock --preload -k mutex,futex -- sort big.txt");
		return -EINVAL;
	}
	for (size_t i = 0; i < o->kinds.n && !o->kinds.all; i++) {
		const struct lock_kind *k = lock_kind_table[o->kinds.v[i]];

		if (preload_unfit(k) != NULL)
			return err_set(e, EINVAL, "'-k %s' %s", k->kind.name,
				       preload_unfit(k));
	}
	return check_program(run->argv[0], e);
}
