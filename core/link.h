/*
 * link.h - two-way streams of bytes between two ends: a file core/link/NAME.c is a
 * kind.
 *
 * Made before the other process; then each side takes its own end, which gives back
 * what only the other side needs, so that an end that closes or dies is noticed.
 * core/pipe.h makes messages of it.
 */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include "core/atom.h"
#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct link_kind;

enum {
	LINK_TOKENS = 1,      /* carries counts of at most 8 bytes, no bytes */
	LINK_OWNER_TELLS = 2, /* an end does not notice that the other one died */
};

/* Both ends; what a side is done with is -1. */
struct link {
	const struct link_kind *kind;
	int fd[2][2]; /* by side: reads, writes */
	void *map;    /* shared memory of the kind */
	size_t map_bytes;
	int side;   /* that was taken; -1 before */
	bool ended; /* eventfd: the other side has closed */
};

struct link_kind {
	struct kind kind;
	unsigned traits;
	int (*open)(struct link *l, struct err *e);
	/* At least one byte, at most n, waiting until deadline_ns (0: only tries).
	 * The number; 0: the other end is closed (read); -EPIPE (write); -EAGAIN,
	 * -ETIMEDOUT, or -errno. */
	ssize_t (*read)(struct link *l, void *to, size_t n, uint64_t deadline_ns);
	ssize_t (*write)(struct link *l, const void *from, size_t n,
			 uint64_t deadline_ns);
	/* 1 when read would return at once, also at the end; 0 past the deadline. */
	int (*poll)(struct link *l, uint64_t deadline_ns);
	/* Beside closing descriptors, when a side is taken or closed; may be NULL. */
	void (*take)(struct link *l);
	void (*close)(struct link *l);
};

extern const struct link_kind *const link_kind_table[];
extern const struct kind *const link_kind_list[]; /* the same, for PARAM_KINDS */

/* Finds a kind by name; NULL when there is none. */
const struct link_kind *link_kind_find(const char *name);

/* Makes both ends. Returns 0 or -errno with nothing held. */
int link_open(struct link *l, const struct link_kind *kind, struct err *e);

/* The calling process uses this side (0 or 1) alone from now on. */
void link_take(struct link *l, int side);

/* Closes what is still open here; the other side reads to the end. Twice is fine. */
void link_close(struct link *l);

/*
 * For the owner of both sides, who uses neither: gives back what would keep an end
 * from being noticed. What link_bury() needs stays until link_close().
 */
void link_forget(struct link *l);

/* The owner tells the other side that the process with this side is gone. */
void link_bury(struct link *l, int side);

/* For kinds with descriptors: how they read, write and poll. */
ssize_t link_fd_read(struct link *l, void *to, size_t n, uint64_t deadline_ns);
ssize_t link_fd_write(struct link *l, const void *from, size_t n, uint64_t deadline_ns);
int link_fd_poll(struct link *l, uint64_t deadline_ns);

#endif
