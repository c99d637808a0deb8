/*
 * err.h - an error as a value: a code, what was being done, what to do about it.
 *
 * Core functions that can fail return 0 or a negative errno and fill a struct err.
 * Only the command line turns one into text on standard error, as
 *   concbench COMMAND: MSG: STRERROR(CODE) (HINT)
 * MSG is lower case, without a full stop, says what was being done and puts the
 * subject in single quotes.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

struct err {
	int code; /* positive errno; 0 when nothing failed */
	char msg[224];
	char hint[160]; /* "" or the advice, without the brackets */
};

/*
 * Fills e (may be NULL) with code (a positive errno; EINVAL for a request that
 * makes no sense) and the formatted message, and clears its hint. Returns -code,
 * so that a failing function can end in `return err_set(...)`. Any thread.
 */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the advice to an error that err_set() filled. NULL is allowed. */
void err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The whole text, without the program's name: "MSG: STRERROR (HINT)". EINVAL,
 * EBADMSG and ECHILD are not spelled out: the message says what they stand for. Writes
 * at most size bytes, always ends in NUL; returns buf.
 */
const char *err_text(const struct err *e, char *buf, int size);

#endif
