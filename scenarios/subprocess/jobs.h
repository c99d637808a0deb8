/*
 * jobs.h - the runs of a user's command: what is shared by those who do and tell them.
 */
#ifndef SCENARIOS_SUBPROCESS_JOBS_H
#define SCENARIOS_SUBPROCESS_JOBS_H

#include "core/atom.h"
#include "core/guard.h"
#include "scenarios/subprocess/subprocess_run.h"

/* One run of the command; written by who runs it. */
struct job {
	uint64_t spawn_ns, own_ns, exec_ns, lifetime_ns, total_ns; /* own: 0 unknown */
	uint64_t bytes[3];
	char *kept[2]; /* for a document: what it wrote, up to kept_bytes */
	size_t nkept[2];
	int32_t pid;
	int16_t exitcode; /* as core/proc.h has it */
	uint8_t kind;
	bool done, refused, drained, cut, unread; /* unread: input was refused */
};

struct jobs {
	struct run *run;
	const struct subprocess_opts *o;
	const struct spawn_kind *kind[8];
	int nkinds;
	char **envp;
	char *line; /* the command line, as a shell would take it */
	bool pipes[3], own_group;
	struct guard guard; /* for those with a group of their own */
	struct job *job;
	uint32_t njobs;
	atom_u32 next;	 /* number of the next one */
	atom_u32 told;	 /* failures that were narrated */
	atom_i64 nkept;	 /* bytes kept of all */
	struct err *err; /* a worker each: what failed in it; code 0 nothing */
	uint64_t begin_ns, end_ns;
};

/* From now on the story shows j->line, which must stay; tells it when there are many
 * runs. */
void jobs_show_line(struct jobs *j);

/* Runs number `number`; slot is that of the worker. Returns 0 or -errno. */
int jobs_run_one(struct jobs *j, uint32_t number, size_t slot, struct err *e);

/* Puts what became of the runs into the result; sets its status. */
void jobs_report(struct jobs *j);

/* The status a shell would show. */
int jobs_status(const struct job *job);

#endif
