/*
 * preload.h - our locks under an unmodified program, and what is learned of its
 * mutexes.
 *
 * libconcbench_preload.so (preload/) is put under the program by LD_PRELOAD. It and
 * concbench share one mapping, a memfd that the program inherits: a record for each
 * process that uses a mutex, with a slot for each mutex. Who holds a mutex writes its
 * slot, so that no write of ours needs an atomic, and a program that is killed loses
 * nothing. Most of the mapping is never touched and costs no memory.
 *
 * This header is the layout, which both sides share, and concbench's side. Main thread
 * only.
 */
#ifndef CORE_PRELOAD_H
#define CORE_PRELOAD_H

#include "core/atom.h"
#include "core/err.h"
#include "core/hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The variable that tells the library: "FD:PID:INODE:KIND"; KIND may be a file. */
#define PRELOAD_ENV "CONCBENCH_PRELOAD"
#define PRELOAD_LIBRARY "libconcbench_preload.so"

#define PRELOAD_MAGIC UINT64_C(0x636f6e6362707231)

enum {
	PRELOAD_PROCESSES = 64, /* that use mutexes; more are counted only */
	PRELOAD_MUTEXES = 512,	/* of a process with figures of their own */
	PRELOAD_PATH = 232,	/* of a module; longer ones are cut */
	PRELOAD_HOLDS = 16,	/* of so many holds about one is timed */
};

/* A place in the program: a file that was loaded, and an address as the file has it. */
struct preload_site {
	uint64_t offset;
	char module[PRELOAD_PATH];
};

/* One mutex. Written by who holds it. */
struct preload_mutex {
	CACHE_ALIGNED uint64_t acquired;
	uint64_t contended;  /* it was held by another: there was a wait */
	uint64_t wait_ns;    /* of all waits together */
	uint64_t cond_waits; /* released by pthread_cond_wait() and its like */
	uint64_t address;
	uint32_t type;		  /* as glibc has it: 0 plain, 1 recursive, ... */
	struct preload_site site; /* who took it first */
	struct hist wait;	  /* each wait */
	struct hist hold;	  /* of a sample of the holds */
};

/* What is known of a process beside its mutexes. */
struct preload_tally {
	CACHE_ALIGNED int32_t pid;
	atom_u32 nmutexes;	  /* slots in use */
	atom_u64 unlisted;	  /* acquisitions of mutexes without a slot */
	atom_u64 passed_shared;	  /* operations that were left to the C library: on */
	atom_u64 passed_robust;	  /* mutexes between processes, robust ones, those */
	atom_u64 passed_priority; /* with a priority protocol, and those that there */
	atom_u64 passed_memory;	  /* was no memory for */
};

struct preload_process {
	struct preload_tally tally;
	struct preload_mutex mutex[PRELOAD_MUTEXES];
};

struct preload_shared {
	uint64_t magic;
	uint64_t bytes;	     /* sizeof(struct preload_shared), of who made it */
	atom_u32 loaded;     /* processes that loaded the library */
	atom_u32 nprocesses; /* that used a mutex; may exceed the records */
	atom_u32 refused;    /* errno with which a lock could not be made */
	struct preload_process process[PRELOAD_PROCESSES];
};

/* --- concbench's side -------------------------------------------------------- */

struct preload {
	int fd; /* the memfd; inherited by number where spawn is told to; -1: none */
	char library[512];
	char *preload_var, *tell_var; /* LD_PRELOAD=..., CONCBENCH_PRELOAD=... */
	char **envp;		      /* ours and these two */
};

/*
 * Finds the library: beside the program `self`, or in ../lib/concbench of it. Returns
 * 0 or -ENOENT with the reason.
 */
int preload_find(const char *self, char *path, size_t size, struct err *e);

/*
 * Makes the shared record and the environment for one run of a program under the lock
 * `kind`. Returns 0, or -errno with nothing held.
 */
int preload_open(struct preload *p, const char *library, const char *kind,
		 struct err *e);

/* Gives all back. Accepts a zeroed p with fd -1. */
void preload_close(struct preload *p);

/* Why a program cannot be run with it: what the file is. */
enum preload_fit {
	PRELOAD_FITS,
	PRELOAD_STATIC, /* the dynamic loader has no part in it */
	PRELOAD_SETUID, /* the dynamic loader ignores LD_PRELOAD */
	PRELOAD_ALIEN,	/* of another machine or word size, or no program at all */
};

/*
 * Looks at a program (its path); of a script, at its interpreter. Returns an enum
 * preload_fit; or -errno when it cannot be read.
 */
int preload_fit(const char *path);

/* --- what was learned --------------------------------------------------------- */

/* The mutexes that were first taken at one place, by their order there, of all
 * processes and runs that were collected. */
struct preload_row {
	struct preload_site site;
	unsigned ordinal; /* 0: the first mutex of this place in its process */
	uint64_t mutexes; /* that were added up here */
	uint64_t acquired, contended, wait_ns, cond_waits;
	uint32_t type;
	struct hist *wait, *hold;
	char name[160]; /* "worker+0x1c (prog)"; by preload_name() */
};

struct preload_book {
	struct preload_row *row;
	size_t n, max;
	uint64_t runs, processes, unlisted;
	uint64_t passed_shared, passed_robust, passed_priority, passed_memory;
	uint32_t loaded, lost_processes, refused;
};

/* Adds what one run left in its shared record. Returns 0 or -errno. */
int preload_collect(const struct preload *p, struct preload_book *b, struct err *e);

/* Sorts by total wait, then by acquisitions, and names the places. */
void preload_settle(struct preload_book *b);

/* Gives all back. Accepts a zeroed b. */
void preload_book_fini(struct preload_book *b);

#endif
