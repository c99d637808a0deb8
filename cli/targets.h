/*
 * targets.h - where a run's results go: standard output and files, each in a format.
 *
 * Streams show events as they come; files are written at the end, whole. When the
 * run executes a user's command, standard output is the command's, unless it carries
 * a machine format; the story goes to standard error.
 */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "cli/common.h"
#include "cli/output.h"
#include "cli/render.h"
#include "core/stop.h"

#include <stdbool.h>
#include <stdint.h>

/* More events than this are shown, but not kept for pictures and files: 128 MiB. */
#define TARGETS_EVENTS_MAX 2000000

struct target {
	const struct renderer *renderer;
	const char *file;
	struct output out;
	struct style style;
	struct columns columns;
	bool stream; /* standard output or error: events at once */
};

struct targets {
	struct target *target;
	size_t n;
	bool command;	      /* a user's command is run */
	bool captures;	      /* its output goes into the document */
	struct output pass;   /* its standard output otherwise */
	struct output errors; /* standard error, for its errors */
	struct stop *stop;    /* asked to stop when nobody takes the results */
	struct view view;     /* style and columns are set for each target */
	struct event *event;
	size_t nevents, max_events;
	bool keeps;	   /* somebody needs all events at the end */
	uint64_t not_kept; /* events beyond TARGETS_EVENTS_MAX, or without memory */
	struct capture *capture;
	size_t ncaptures, max_captures;
	bool lacks_memory; /* outputs of the command could not be kept */
};

/*
 * Decides what goes where, without opening anything. Returns 0, or -EINVAL for a
 * combination that cannot be, or -ENOMEM.
 */
int targets_plan(struct targets *t, const struct common_opts *o, bool command,
		 struct err *e);

/* Opens all of them. Returns 0 or -errno; "standard output is closed" has code 0. */
int targets_open(struct targets *t, struct stop *stop, struct err *e);

/* True when events are worth recording: somebody shows, draws or writes them. */
bool targets_want_events(const struct targets *t);

/* True when a stream shows events as they come. */
bool targets_are_live(const struct targets *t);

/* True when the records on standard error hold the warnings already. */
bool targets_tell_warnings(const struct targets *t);

/* A trace_sink and its end, with the targets as the argument. */
void targets_event(void *arg, const struct event *e);
void targets_flush(void *arg);

/* What struct run wants as output(), with the targets as the argument. */
int targets_output(void *arg, int64_t task, int stream, const void *data, size_t n);

/*
 * Renders the result everywhere and closes all. Returns 0, or the first -errno with
 * e filled.
 */
int targets_finish(struct targets *t, struct err *e);

/* Gives everything back; files that were not finished never appear. */
void targets_fini(struct targets *t);

#endif
