/*
 * communicate.h - moves what goes into a command and what comes out of it, at once.
 *
 * A flow joins a pipe of the command with a descriptor, a text or a function of
 * ours. All flows of a command are moved by one loop that waits for whichever is
 * ready, so that none can hold up another: a command that writes to standard error
 * while its parent waits for standard output would otherwise never end. What only
 * passes through is not kept: splice(2) moves the pages where it can, else a buffer
 * of FLOW_PIECE bytes does.
 *
 * A flow belongs to one thread at a time.
 */
#ifndef CORE_COMMUNICATE_H
#define CORE_COMMUNICATE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_PIECE (64 * 1024)

/* Takes a piece of a command's output. Returns 0 or -errno, which ends the flow. */
typedef int flow_sink(void *arg, const void *data, size_t n);

struct flow {
	int pipe;   /* our end of the command's pipe, non-blocking; closed at the end
		       of the flow; -1: ended, or there never was one */
	bool feeds; /* towards the command */
	int peer;   /* the other descriptor, borrowed; -1: none */
	const char *text; /* feeds, without a peer: what is fed */
	size_t text_bytes;
	flow_sink *sink; /* output, without a peer; NULL: thrown away */
	void *sink_arg;
	uint64_t bytes; /* moved so far; of what is fed, what the pipe took */
	int error;	/* errno of our side (EPIPE: nobody takes the output) */
	bool refused;	/* feeds: the command closed its end before it had all */
	/* Private. */
	bool started, copies, waits_to, small;
	size_t held, at;
	char *buffer; /* FLOW_PIECE, when copies */
};

/*
 * Moves what can be moved without waiting, a few MiB at most; for a flow that is
 * ready by flow_poll(). A flow that ends closes its pipe.
 */
void flow_move(struct flow *f);

/* What to wait for: p for poll(2); its fd is -1 when the flow has ended. */
void flow_poll(const struct flow *f, struct pollfd *p);

/* Bytes of output that lie in the pipe, or were taken out of it and not passed on. */
uint64_t flow_pending(const struct flow *f);

/* Ends the flow: closes the pipe, frees the buffer. Accepts one that has ended. */
void flow_end(struct flow *f);

#endif
