/*
 * json_context.c - where and how a result came about.
 */
#include "cli/json_context.h"

#include "cli/json_out.h"
#include "core/clock.h"
#include "core/commit.h"
#include "core/sys.h"

#include <time.h>

/* RFC 3339 in UTC with nanoseconds. */
static json_t *
stamp(int64_t unix_ns)
{
	time_t s = (time_t)(unix_ns / 1000000000);
	char text[64];
	struct tm tm;
	size_t n;

	if (gmtime_r(&s, &tm) == NULL)
		return json_null();
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%09dZ", (int)(unix_ns % 1000000000));
	return json_string(text);
}

/* A limit, of which "none" and "unknown" are null. */
static json_t *
limit(int64_t x)
{
	return x == SYS_UNLIMITED || x < 0 ? json_null() : json_out_integer(x);
}

static json_t *
known(double x)
{
	return x < 0 ? json_null() : json_out_number(x);
}

static json_t *
yes_no(int x)
{
	return x < 0 ? json_null() : json_boolean(x);
}

static void
put_machine(json_t *o, const struct sys_info *si)
{
	json_t *load = json_array();

	for (int i = 0; i < 3; i++)
		json_array_append_new(load, known(si->load[i]));
	json_object_set_new(o, "cpu_model", json_out_text(si->cpu_model));
	json_object_set_new(o, "arch", json_out_text(si->arch));
	json_object_set_new(o, "cpus_online", known(si->cpus_online));
	json_object_set_new(o, "cpus_allowed", known(si->cpus_allowed));
	json_object_set_new(o, "threads_per_core", known(si->threads_per_core));
	json_object_set_new(o, "smt_active", yes_no(si->smt_active));
	json_object_set_new(o, "virtualised", yes_no(si->virtualised));
	json_object_set_new(o, "governor", json_out_text(si->governor));
	json_object_set_new(o, "kernel", json_out_text(si->kernel));
	json_object_set_new(o, "memory_bytes", limit(si->memory_bytes));
	json_object_set_new(o, "page_bytes", limit(si->page_bytes));
	json_object_set_new(o, "cgroup_cpus",
			    si->cgroup_cpus > 0 ? json_out_number(si->cgroup_cpus)
						: json_null());
	json_object_set_new(o, "cgroup_pids", limit(si->cgroup_pids));
	json_object_set_new(o, "rlimit_nproc", limit(si->rlimit_nproc));
	json_object_set_new(o, "rlimit_nofile", limit(si->rlimit_nofile));
	json_object_set_new(o, "steal_ns", limit(si->steal_ns));
	json_object_set_new(o, "load", load);
}

/* What the kernel does about each hole of the CPU that is known. */
static json_t *
mitigations(void)
{
	struct sys_hole hole[SYS_HOLES];
	const size_t n = sys_read_holes(hole, "");
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(o, hole[i].name, json_out_text(hole[i].state));
	return o;
}

static json_t *
clock_object(void)
{
	const struct clock_info *c = clock_info();
	json_t *o = json_object();

	json_object_set_new(o, "source", json_out_text(c->source));
	json_object_set_new(o, "read_ns", json_out_number(c->read_ns));
	json_object_set_new(o, "resolution_ns", json_out_number(c->resolution_ns));
	return o;
}

json_t *
json_context(const struct view *v)
{
	json_t *o, *argv;
	struct sys_info si;

	if (v->context != NULL)
		return json_deep_copy(v->context);
	o = json_object();
	argv = json_array();
	sys_read(&si);
	for (int i = 0; i < v->argc; i++)
		json_array_append_new(argv, json_out_text(v->argv[i]));
	json_object_set_new(o, "version", json_string(CONCBENCH_VERSION));
	json_object_set_new(o, "argv", argv);
	json_object_set_new(o, "seed", json_out_integer((int64_t)v->result->seed));
	json_object_set_new(o, "start", stamp(v->result->start_unix_ns));
	json_object_set_new(o, "commit", json_out_text(commit_text));
	json_object_set_new(o, "compiler", json_out_text(si.compiler));
	json_object_set_new(o, "cflags", json_out_text(si.cflags));
	json_object_set_new(o, "libc", json_out_text(si.libc));
	json_object_set_new(o, "link", json_out_text(si.link));
	put_machine(o, &si);
	json_object_set_new(o, "mitigations", mitigations());
	json_object_set_new(o, "clock", clock_object());
	return o;
}
