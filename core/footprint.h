/*
 * footprint.h - the memory that a process holds for itself alone.
 *
 * Resident size counts what is shared with the parent and with every other process of
 * the program in each of them; what a process adds to a machine are its private pages
 * and its page tables. Kernel stacks (16 KiB a thread) are in no figure that a process
 * may read, and not in these. Source: proc(5), smaps_rollup and status.
 */
#ifndef CORE_FOOTPRINT_H
#define CORE_FOOTPRINT_H

#include <stdint.h>

struct footprint {
	uint64_t own_bytes;  /* private pages and page tables, now */
	uint64_t peak_bytes; /* that, and what was given back since the peak */
};

/*
 * Reads the calling process's footprint (about 0.1 ms, more for large ones). Returns 0
 * or -errno where the kernel does not tell, with f zero. Any thread.
 */
int footprint_read(struct footprint *f);

/*
 * From now on the peak is that of what comes. Returns 0 or -errno (the peak counts from
 * the start of the process then). Any thread.
 */
int footprint_restart_peak(void);

#endif
