/*
 * render.h - output formats: a file cli/render_NAME.c is a format.
 *
 * A renderer turns a result record into text on a stream, and nothing else: it
 * never measures, and works on a live record as on a saved one. A format that shows
 * events as they happen (text for people, records) also has event(). Renderers keep
 * no state of their own: one may write to several files in one run.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "core/result.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stdio.h>

/* How to draw on a stream, decided once from terminal, locale and options. */
struct style {
	bool tty;     /* the stream is a terminal */
	bool color;   /* escape sequences are wanted */
	bool unicode; /* UTF-8 locale and no --ascii */
	int width;    /* columns, 80 when unknown */
	bool quiet, verbose;
	bool timeline; /* draw lanes after the story */
};

/* How wide the columns of a story have become; one a stream. */
struct columns {
	int role, place;
};

/* What a command that the scenario ran has written: one piece of a task's stream. */
struct capture {
	int64_t task;
	int stream; /* 1 or 2 */
	size_t n;
	char *data;
};

/* What a renderer may look at. */
struct view {
	const struct result *result;
	struct trace *trace;	    /* names of roles */
	const struct event *events; /* all events of the run, by time */
	size_t nevents;
	const struct style *style;
	struct columns *columns;
	/* Of a saved result: where and how it came about; NULL: here and now. */
	const struct json_t *context;
	int argc; /* how the program was called; 0: unknown */
	char **argv;
	const struct capture *captures; /* in order of arrival */
	size_t ncaptures;
};

struct renderer {
	const char *name;    /* as given to --format */
	const char *summary; /* one line for help and list */
	bool joins;	     /* several results may stand one behind the other */
	bool machine;	     /* the stream carries one document, nothing else */
	bool live;	     /* event() is called as events come; else only render() */
	bool events;	     /* render() looks at the events, whatever the style */
	void (*event)(FILE *out, const struct view *v, const struct event *e);
	void (*render)(FILE *out, const struct view *v);
};

extern const struct renderer *const renderer_table[];

#endif
