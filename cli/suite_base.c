/*
 * suite_base.c - the baseline of a suite: a folder of results, or one file of them.
 */
#include "cli/json_out.h"
#include "cli/output.h"
#include "cli/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA "concbench-baseline/1"

static bool
is_folder(const char *path)
{
	struct stat st;
	const size_t n = strlen(path);

	if (n > 0 && path[n - 1] == '/')
		return true;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
read_file(const char *path, json_t **doc, struct err *e)
{
	json_error_t why;
	FILE *f = fopen(path, "re");

	*doc = NULL;
	if (f == NULL)
		return errno == ENOENT
			       ? 0
			       : err_set(e, errno, "cannot read '%.150s'", path);
	*doc = json_loadf(f, JSON_REJECT_DUPLICATES, &why);
	fclose(f);
	if (*doc == NULL)
		return err_set(e, json_out_errno(), "'%.100s', line %d: %.80s", path,
			       why.line, why.text);
	return 0;
}

static bool
has_schema(const json_t *doc, const char *schema)
{
	const char *s = json_string_value(json_object_get(doc, "schema"));

	return s != NULL && strcmp(s, schema) == 0;
}

static char *
file_of(const char *folder, const char *name)
{
	const size_t n = strlen(folder);
	char *path = NULL;

	return asprintf(&path, "%s%s%s.json", folder,
			n > 0 && folder[n - 1] == '/' ? "" : "/", name) < 0
		       ? NULL
		       : path;
}

static int
load_folder(struct suite *s, const char *folder, struct err *e)
{
	struct stat st;
	int rc = 0;

	if (stat(folder, &st) != 0)
		return err_set(e, errno, "cannot read '%.150s'", folder);
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		struct suite_entry *x = &s->entry[i];
		char *path = file_of(folder, x->name);

		if (path == NULL)
			return err_set(e, ENOMEM, "no memory for the baseline");
		rc = read_file(path, &x->base, e);
		if (rc == 0 && x->base != NULL && !has_schema(x->base, "concbench/1"))
			rc = err_set(e, EINVAL,
				     "'%.150s' is no result of schema concbench/1",
				     path);
		free(path);
	}
	return rc;
}

int
suite_load(struct suite *s, const char *path, struct err *e)
{
	json_t *all, *one;
	int rc;

	if (is_folder(path))
		return load_folder(s, path, e);
	rc = read_file(path, &all, e);
	if (rc != 0)
		return rc;
	if (all == NULL)
		return err_set(e, ENOENT, "cannot read '%.150s'", path);
	if (!has_schema(all, SCHEMA))
		rc = err_set(e, EINVAL, "'%.150s' is no baseline of schema %s", path,
			     SCHEMA);
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		one = json_object_get(json_object_get(all, "results"),
				      s->entry[i].name);
		if (one != NULL && !has_schema(one, "concbench/1"))
			rc = err_set(e, EINVAL,
				     "'%.100s': '%s' is no result of schema "
				     "concbench/1",
				     path, s->entry[i].name);
		else
			s->entry[i].base = json_incref(one);
	}
	json_decref(all);
	return rc;
}

static bool
is_worth_saving(const struct suite_entry *x)
{
	return x->doc != NULL && x->status == 0 &&
	       (x->outcome == SUITE_PASSED || x->outcome == SUITE_UNCLEAR);
}

static int
write_file(const char *path, const json_t *doc, struct err *e)
{
	struct output out;
	int rc = output_open(&out, path, e);

	if (rc != 0)
		return rc;
	if (json_dumpf(doc, out.file, JSON_COMPACT) != 0 && out.error == 0) {
		output_abandon(&out);
		return err_set(e, ENOMEM, "cannot write '%.150s'", path);
	}
	putc('\n', out.file);
	return output_close(&out, e);
}

static int
save_folder(const struct suite *s, const char *folder, struct err *e)
{
	int rc = 0;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return err_set(e, errno, "cannot make the folder '%.150s'", folder);
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		const struct suite_entry *x = &s->entry[i];
		char *path;

		if (!is_worth_saving(x))
			continue;
		path = file_of(folder, x->name);
		rc = path == NULL ? err_set(e, ENOMEM, "no memory for the baseline")
				  : write_file(path, x->doc, e);
		free(path);
	}
	return rc;
}

int
suite_save(const struct suite *s, const char *path, struct err *e)
{
	json_t *all, *results = NULL;
	int rc;

	if (is_folder(path))
		return save_folder(s, path, e);
	rc = read_file(path, &all, e);
	if (rc != 0)
		return rc;
	if (all != NULL && !has_schema(all, SCHEMA)) {
		json_decref(all);
		return err_set(e, EINVAL,
			       "'%.150s' is there and no baseline of schema %s", path,
			       SCHEMA);
	}
	if (all == NULL) {
		all = json_object();
		json_object_set_new(all, "schema", json_string(SCHEMA));
		json_object_set_new(all, "results", json_object());
	}
	results = json_object_get(all, "results");
	for (size_t i = 0; i < s->n; i++)
		if (is_worth_saving(&s->entry[i]))
			json_object_set(results, s->entry[i].name, s->entry[i].doc);
	rc = write_file(path, all, e);
	json_decref(all);
	return rc;
}
