/*
 * compare_fits.c - whether results are comparable, and what else differs between them.
 */
#include "cli/args.h"
#include "cli/compare.h"
#include "cli/json_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A difference that makes two results incomparable: refused, or noted. */
static int
differs(struct compare *c, bool force, struct err *e, const char *what, const char *a,
	const char *b)
{
	char qa[ARGS_QUOTE], qb[ARGS_QUOTE];

	args_quote(a, qa, sizeof(qa));
	args_quote(b, qb, sizeof(qb));
	if (force) {
		compare_note(c, "other %s: %s, %s (--force)", what, qa, qb);
		return 0;
	}
	err_set(e, EINVAL, "other %s: '%s', '%s'", what, qa, qb);
	err_hint(e, "--force compares all the same");
	return -EINVAL;
}

static void
flat(const json_t *value, char *buf, size_t size)
{
	char *text;

	if (json_is_string(value)) {
		snprintf(buf, size, "%s", json_string_value(value));
		return;
	}
	text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	snprintf(buf, size, "%s", text != NULL ? text : "-");
	free(text);
}

static int
fits_machine(struct compare *c, const json_t *a, const json_t *b, bool force,
	     struct err *e)
{
	static const char *const key[] = { "cpu_model", "arch", "cpus_allowed",
					   "threads_per_core", "kernel" };
	char ta[128], tb[128];
	int rc = 0;

	a = json_object_get(a, "context");
	b = json_object_get(b, "context");
	for (size_t i = 0; i < sizeof(key) / sizeof(*key) && rc == 0; i++) {
		char what[48];

		flat(json_object_get(a, key[i]), ta, sizeof(ta));
		flat(json_object_get(b, key[i]), tb, sizeof(tb));
		snprintf(what, sizeof(what), "machine (%s)", key[i]);
		if (strcmp(ta, tb) != 0)
			rc = differs(c, force, e, what, ta, tb);
	}
	return rc;
}

/* True where the option's values are rows, which are matched one by one. */
static bool
makes_rows(const json_t *doc, const char *option)
{
	size_t i;
	json_t *group;

	if (strcmp(option, "kind") == 0 || strcmp(option, "workers") == 0)
		return true;
	json_array_foreach(json_object_get(doc, "series"), i, group)
	{
		if (json_object_get(json_object_get(group, "params"), option) != NULL)
			return true;
	}
	return false;
}

/* Parameters that are no names of rows. */
static int
fits_params(struct compare *c, const json_t *a, const json_t *b, bool force,
	    struct err *e)
{
	const json_t *pa = json_object_get(a, "params"),
		     *pb = json_object_get(b, "params");
	const json_t *all[] = { pa, pb };
	char ta[128], tb[128], what[96];
	const char *key;
	json_t *value;
	int rc = 0;

	for (int side = 0; side < 2; side++)
		json_object_foreach((json_t *)all[side], key, value)
		{
			if (rc != 0 || (makes_rows(a, key) && makes_rows(b, key)))
				continue;
			if (side == 1 && json_object_get(pa, key) != NULL)
				continue;
			flat(json_object_get(pa, key), ta, sizeof(ta));
			flat(json_object_get(pb, key), tb, sizeof(tb));
			snprintf(what, sizeof(what), "parameters (--%s)", key);
			if (strcmp(ta, tb) != 0)
				rc = differs(c, force, e, what, ta, tb);
		}
	return rc;
}

/* What does not make two results incomparable, but may be why they differ. Another
 * commit is what most compare. */
static void
note_differs(struct compare *c, const char *what, const json_t *a, const json_t *b)
{
	char ta[128], tb[128], qa[ARGS_QUOTE], qb[ARGS_QUOTE];

	if (a == NULL || b == NULL || json_equal(a, b))
		return;
	flat(a, ta, sizeof(ta));
	flat(b, tb, sizeof(tb));
	compare_note(c, "%sother %s: %s, %s",
		     strcmp(what, "commit") == 0 ? "" : "warning: ", what,
		     args_quote(ta, qa, sizeof(qa)), args_quote(tb, qb, sizeof(qb)));
}

/* How the program was built, and what the kernel takes for safety. */
static void
note_others(struct compare *c, const json_t *a, const json_t *b)
{
	static const char *const key[] = { "commit", "compiler", "cflags", "link",
					   "governor" };
	const json_t *all[2], *holes[2];
	const char *name;
	json_t *state;
	char what[96];

	all[0] = json_object_get(a, "context");
	all[1] = json_object_get(b, "context");
	for (size_t i = 0; i < sizeof(key) / sizeof(*key); i++)
		note_differs(c, key[i], json_object_get(all[0], key[i]),
			     json_object_get(all[1], key[i]));
	for (int i = 0; i < 2; i++)
		holes[i] = json_object_get(all[i], "mitigations");
	json_object_foreach((json_t *)holes[0], name, state)
	{
		snprintf(what, sizeof(what), "mitigation (%.60s)", name);
		note_differs(c, what, state, json_object_get(holes[1], name));
	}
}

int
compare_fits(struct compare *c, bool force, struct err *e)
{
	const json_t *first = c->base.doc[0];
	int rc = 0;

	for (size_t i = 1; i < c->base.n + c->fresh.n && rc == 0; i++) {
		const json_t *other =
			i < c->base.n ? c->base.doc[i] : c->fresh.doc[i - c->base.n];

		if (strcmp(json_out_text_of(first, "command"),
			   json_out_text_of(other, "command")) != 0)
			return err_set(e, EINVAL, "other commands: '%s', '%s'",
				       json_out_text_of(first, "command"),
				       json_out_text_of(other, "command"));
		rc = fits_params(c, first, other, force, e);
		if (rc == 0)
			rc = fits_machine(c, first, other, force, e);
		if (rc == 0 && i == c->base.n) /* once: the base and the new one */
			note_others(c, first, other);
	}
	return rc;
}

int
compare_fits_version(struct compare *c, const struct compare_row *r, bool force,
		     struct err *e)
{
	char a[32], b[32];

	flat(json_object_get(r->base.metric, "version"), a, sizeof(a));
	flat(json_object_get(r->fresh.metric, "version"), b, sizeof(b));
	if (strcmp(a, b) == 0)
		return 0;
	return differs(c, force, e, "versions of what is measured", a, b);
}
