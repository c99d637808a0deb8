/*
 * peer.h - what the programs of the peers have in common: arguments, warm-up, time,
 * the proof that every task was run exactly once, and the line of JSON.
 *
 * A peer says how it starts, how it runs n tasks, how it runs one task there and
 * back; peer_main() does the rest, so that all are measured alike. C and C++.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct peer_args {
	uint64_t tasks;
	int workers;
	uint64_t iters;	 /* of burn(), in each task; 0: empty tasks */
	bool roundtrip;	 /* one task at a time, there and back */
	uint64_t option; /* of this peer alone; see its `option` */
};

/* All functions are called by the main thread. */
struct peer {
	const char *name;
	const char *option;    /* name of an own option with a number, or NULL */
	uint64_t option_value; /* its default */
	const char *(*version)(void);
	/* Starts the pool. Returns how many threads or processes will run tasks. */
	int (*init)(const struct peer_args *args);
	/* Before each batch and outside its time: memory, a fresh pool. Or NULL. */
	void (*ready)(uint64_t n);
	/* Submits tasks 0..n-1 and returns when the last has ended. */
	void (*batch)(uint64_t n, uint64_t iters);
	/* Submits one task and returns when its end is known here. */
	void (*lone)(uint64_t number, uint64_t iters);
	void (*fini)(void);
};

/* Everything a program of a peer does. Returns its exit status. */
int peer_main(int argc, char **argv, const struct peer *peer);

/*
 * The task itself: burns and enters `number` in the tally of the calling worker, a
 * line of cache that nobody else writes (about 2 ns). Threads are given their tally
 * by themselves; a forked worker says which is its own, 0..PEER_WORKERS_MAX-1.
 */
void peer_task(uint64_t number, uint64_t iters);
void peer_worker(int slot);

enum { PEER_WORKERS_MAX = 256 };

/* Says what went wrong on standard error and ends the program with status 1. */
void peer_die(const char *what, int code) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
