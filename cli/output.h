/*
 * output.h - the one choke point for what is written: standard output and files.
 *
 * Each output is a FILE that ends in one function of ours, which writes everything
 * or remembers the first error and swallows the rest: nobody else needs to look.
 * A file is written beside its name and renamed when complete, so it is there whole
 * or not at all, also after kill -9. Main thread of the program that opened it only,
 * except output_abandon_all().
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *name; /* as given; "-" is standard output; borrowed */
	int fd;		  /* -1: closed */
	int error;	  /* first errno of a write; 0: all is well */
	char *target;	  /* where the file will be; NULL: written in place */
	char *temp;	  /* where it is meanwhile; NULL: it has no name yet */
	void (*failed)(void *arg, int error); /* told of the first error; or NULL */
	void *failed_arg;
};

/*
 * Opens /dev/null on each closed one of the descriptors 0 to 2, so that no file of
 * ours takes its place. First thing in main(). Writing to a standard stream that was
 * closed is an error later (EBADF).
 */
void output_reopen_std(void);

/* True for a standard stream (0 to 2) that was closed when the program started. */
bool output_was_closed(int fd);

/*
 * Opens name for writing; "-" is standard output, "&2" standard error. What is not a
 * regular file (/dev/null, a FIFO) is written in place. Returns 0 or -errno: -EBADF
 * when standard output was closed from the start.
 */
int output_open(struct output *o, const char *name, struct err *e);

/* Hands on what is buffered; 0 or the negative errno of the first failed write. */
int output_flush(struct output *o);

/*
 * Ends the output: flushes, puts the file in its place (fsync, rename), closes. In
 * any case nothing is held afterwards. Returns 0 or -errno with e filled:
 * "standard output: No space left on device".
 */
int output_close(struct output *o, struct err *e);

/* Ends it without putting the file in its place. Accepts a zeroed o. */
void output_abandon(struct output *o);

/* Removes all temporary files. Async-signal-safe: for a handler that will exit. */
void output_abandon_all(void);

/* Fills e for an output whose write failed with `error`; returns -error. */
int output_error(const struct output *o, int error, struct err *e);

/*
 * Writes one line "concbench: COMMAND: SORT: TEXT" to standard error, control bytes
 * escaped; command and sort may be NULL.
 */
void output_complain(const char *command, const char *sort, const char *text);

#endif
