/*
 * journal.h - the tasks and results of a run on disk, so that it outlives its master.
 *
 * A file of records, each with its length and a CRC-32, that is only ever added to.
 * Records are gathered in memory; journal_sync() writes them and, by the policy,
 * waits until the disk has them. The embedded engine calls it before it tells anybody
 * that a task was put or a result is counted: what was confirmed is in the file. A
 * record that was cut off by a crash is dropped when the file is opened again.
 *
 * The file is locked: two masters cannot have the same. One thread.
 */
#ifndef CORE_DIST_JOURNAL_H
#define CORE_DIST_JOURNAL_H

#include "core/dist/engine.h"
#include "core/dist/wire.h"

struct ledger;

struct journal {
	int fd;
	char path[4096];
	char run[DIST_RUN_MAX];
	bool durable;	  /* fdatasync() before anything is confirmed */
	struct wire out;  /* not written yet */
	uint64_t dropped; /* bytes at the end that were no whole record */
	int failed;	  /* errno of a write, after which nothing is added */
};

/*
 * Opens or makes the file. Of an old one, j->run is the run's id and all records go
 * into l; a new one gets `run`. 0; -EBUSY: another master has it; -EBADMSG: it is no
 * journal; -errno.
 */
int journal_open(struct journal *j, const char *path, const char *run, bool durable,
		 struct ledger *l, struct err *e);

/* Adds records. Failures are told by journal_sync(). */
void journal_put(struct journal *j, const void *payload, size_t bytes);
void journal_result(struct journal *j, const struct dist_result *r);
void journal_attempt(struct journal *j, uint64_t number, uint32_t attempt);

/* All that was added is in the file. 0 or -errno, the same ever after. */
int journal_sync(struct journal *j, struct err *e);

/* The run is over: takes the file away. */
int journal_remove(struct journal *j, struct err *e);

void journal_close(struct journal *j);

#endif
