/*
 * compare_load.c - result files read back, and what of two sides belongs together.
 */
#include "cli/args.h"
#include "cli/compare.h"
#include "cli/json_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
compare_note(struct compare *c, const char *fmt, ...)
{
	char **all = reallocarray(c->note, c->nnotes + 1, sizeof(*all)), *text = NULL;
	va_list ap;

	if (all == NULL)
		return;
	c->note = all;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text != NULL)
		c->note[c->nnotes++] = text;
}

static int
read_one(const char *name, json_t **doc, struct err *e)
{
	char quoted[ARGS_QUOTE];
	json_error_t why;
	FILE *f;

	args_quote(name, quoted, sizeof(quoted));
	f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	if (f == NULL)
		return err_set(e, errno, "cannot read '%s'", quoted);
	*doc = json_loadf(f, JSON_REJECT_DUPLICATES, &why);
	if (f != stdin)
		fclose(f);
	if (*doc == NULL)
		return err_set(e, json_out_errno(), "'%s', line %d: %s", quoted,
			       why.line, why.text);
	if (strcmp(json_out_text_of(*doc, "schema"), "concbench/1") != 0 ||
	    !json_is_array(json_object_get(*doc, "series")))
		return err_set(e, EINVAL, "'%s' is no result of schema concbench/1",
			       quoted);
	if (!json_is_true(json_object_get(*doc, "complete")))
		return err_set(e, EINVAL,
			       "'%s' is the result of a run that was cut off", quoted);
	return 0;
}

int
compare_read(struct compare_files *f, struct err *e)
{
	int rc = 0;

	f->doc = calloc(f->n, sizeof(json_t *));
	if (f->doc == NULL)
		return err_set(e, ENOMEM, "no memory for %zu files", f->n);
	for (size_t i = 0; i < f->n && rc == 0; i++)
		rc = read_one(f->name[i], &f->doc[i], e);
	return rc;
}

int
compare_take(struct compare_files *f, json_t *doc, struct err *e)
{
	f->doc = doc != NULL ? calloc(1, sizeof(json_t *)) : NULL;
	if (f->doc == NULL && doc != NULL)
		return err_set(e, ENOMEM, "no memory for a result");
	if (doc != NULL)
		f->doc[f->n++] = json_incref(doc);
	return 0;
}

static bool
is_measured(const json_t *metric)
{
	return json_object_get(metric, "status") != NULL;
}

static bool
any_measured(const struct compare_files *f)
{
	size_t g, m;
	json_t *group, *metric;

	for (size_t i = 0; i < f->n; i++)
		json_array_foreach(json_object_get(f->doc[i], "series"), g, group)
		{
			json_array_foreach(json_object_get(group, "metrics"), m, metric)
			{
				if (is_measured(metric))
					return true;
			}
		}
	return false;
}

static bool
is_wanted(const json_t *metric, const char *const *names, size_t n, bool measured)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], json_out_text_of(metric, "name")) == 0)
			return true;
	if (n > 0)
		return false;
	return measured ? is_measured(metric)
			: strcmp(json_out_text_of(metric, "better"), "none") != 0;
}

/* "/capacity=64/size=8" of a group of series. */
static const char *
params_of(const json_t *group, char *buf, size_t size)
{
	json_t *value;
	const char *key;
	size_t used = 0;

	buf[0] = '\0';
	json_object_foreach(json_object_get(group, "params"), key, value)
	{
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "/%s=%s", key,
						 json_string_value(value) != NULL
							 ? json_string_value(value)
							 : "");
	}
	return buf;
}

static struct compare_row *
row_for(struct compare *c, const json_t *group, const json_t *metric)
{
	const char *kind = json_out_text_of(group, "kind"),
		   *name = json_out_text_of(metric, "name");
	const json_int_t workers =
		json_integer_value(json_object_get(group, "workers"));
	const char *better = json_out_text_of(metric, "better");
	char params[sizeof(((struct compare_row *)NULL)->params)];
	struct compare_row *all, *r;
	size_t used;

	params_of(group, params, sizeof(params));

	for (size_t i = 0; i < c->nrows; i++) {
		r = &c->row[i];
		if (strcmp(r->kind, kind) == 0 && r->workers == workers &&
		    strcmp(r->params, params) == 0 && strcmp(r->metric, name) == 0)
			return r;
	}
	all = reallocarray(c->row, c->nrows + 1, sizeof(*all));
	if (all == NULL)
		return NULL;
	c->row = all;
	r = &c->row[c->nrows++];
	*r = (struct compare_row){ .kind = kind,
				   .metric = name,
				   .unit = json_out_text_of(metric, "unit"),
				   .workers = workers,
				   .better = strcmp(better, "lower") == 0 ? BETTER_LOWER
					     : strcmp(better, "higher") == 0
						     ? BETTER_HIGHER
						     : BETTER_NONE };
	used = (size_t)snprintf(
		r->name, sizeof(r->name), "%s",
		json_out_text_of(c->base.n > 0 ? c->base.doc[0] : c->fresh.doc[0],
				 "command"));
	if (*kind != '\0' && used < sizeof(r->name))
		used += (size_t)snprintf(r->name + used, sizeof(r->name) - used,
					 "/kind=%s", kind);
	if (workers > 0 && used < sizeof(r->name))
		used += (size_t)snprintf(r->name + used, sizeof(r->name) - used,
					 "/workers=%" PRId64, (int64_t)workers);
	memcpy(r->params, params, sizeof(params));
	if (used < sizeof(r->name))
		snprintf(r->name + used, sizeof(r->name) - used, "%s/%s", params, name);
	return r;
}

static int
add_samples(struct compare_side *s, const json_t *group, const json_t *metric)
{
	const json_t *samples = json_object_get(metric, "samples");
	const size_t n = json_array_size(samples);
	double *all = reallocarray(s->sample, s->n + n + 1, sizeof(*all));
	size_t *run;

	if (all == NULL)
		return -ENOMEM;
	s->sample = all;
	run = reallocarray(s->run, s->nruns + 1, sizeof(*run));
	if (run == NULL)
		return -ENOMEM;
	s->run = run;
	s->metric = metric;
	s->group = group;
	s->status = is_measured(metric) ? json_out_text_of(metric, "status") : "ok";
	for (size_t i = 0; i < n; i++)
		s->sample[s->n++] = json_number_value(json_array_get(samples, i));
	if (n > 0)
		s->run[s->nruns++] = n;
	return 0;
}

static int
add_file(struct compare *c, const json_t *doc, bool fresh, const char *const *names,
	 size_t nnames, bool measured)
{
	size_t g, m;
	json_t *group, *metric;

	json_array_foreach(json_object_get(doc, "series"), g, group)
	{
		json_array_foreach(json_object_get(group, "metrics"), m, metric)
		{
			struct compare_row *r;

			if (!is_wanted(metric, names, nnames, measured))
				continue;
			r = row_for(c, group, metric);
			if (r == NULL || add_samples(fresh ? &r->fresh : &r->base,
						     group, metric) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static void
judge_row(struct compare *c, struct compare_row *r)
{
	const struct verdict_side base = { r->base.sample, r->base.n, r->base.run,
					   r->base.nruns };
	const struct verdict_side fresh = { r->fresh.sample, r->fresh.n, r->fresh.run,
					    r->fresh.nruns };

	verdict_judge(&base, &fresh, r->better, &c->limits, &r->verdict);
	r->judged = base.n > 0 && fresh.n > 0;
}

int
compare_match(struct compare *c, const char *const *metric, size_t nmetrics, bool force,
	      struct err *e)
{
	const bool measured = any_measured(&c->base) || any_measured(&c->fresh);
	int rc = 0;

	for (size_t i = 0; i < c->base.n && rc == 0; i++)
		rc = add_file(c, c->base.doc[i], false, metric, nmetrics, measured);
	for (size_t i = 0; i < c->fresh.n && rc == 0; i++)
		rc = add_file(c, c->fresh.doc[i], true, metric, nmetrics, measured);
	if (rc != 0)
		return err_set(e, ENOMEM, "no memory for the samples");
	for (size_t i = 0; i < c->nrows && rc == 0; i++) {
		struct compare_row *r = &c->row[i];

		c->missing += r->fresh.metric == NULL;
		c->extra += r->base.metric == NULL;
		if (r->fresh.metric == NULL || r->base.metric == NULL)
			continue;
		rc = compare_fits_version(c, r, force, e);
		judge_row(c, r);
	}
	return rc;
}

static void
free_files(struct compare_files *f)
{
	for (size_t i = 0; f->doc != NULL && i < f->n; i++)
		json_decref(f->doc[i]);
	free(f->doc);
}

void
compare_fini(struct compare *c)
{
	for (size_t i = 0; i < c->nrows; i++) {
		free(c->row[i].base.sample);
		free(c->row[i].base.run);
		free(c->row[i].fresh.sample);
		free(c->row[i].fresh.run);
	}
	for (size_t i = 0; i < c->nnotes; i++)
		free(c->note[i]);
	free(c->note);
	free(c->row);
	free_files(&c->base);
	free_files(&c->fresh);
	*c = (struct compare){ 0 };
}
