/*
 * redis_peer.h - what the programs that measure Redis as a task queue have in common:
 * workers in processes of their own, tasks counted, time, a line of JSON.
 *
 * Usage: PROGRAM stream|roundtrip PORT WORKERS TASKS BYTES
 * The server is there and empty. Each task is BYTES of payload that begin with its
 * number; the result is the number. At most PEER_BOUND tasks are in flight.
 */
#ifndef BENCH_REDIS_PEER_H
#define BENCH_REDIS_PEER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PEER_BOUND = 512, PEER_BYTES_MAX = 65536 };

/* Gets ready, before workers are started. */
static void peer_open(int port);
/* In a worker: takes tasks and gives results until it is killed. */
static void peer_work(int port, int number) __attribute__((noreturn));
/* Puts a task; may be kept back until peer_results(). */
static void peer_put(uint64_t number, const void *payload, size_t bytes);
/* Waits for results and says their numbers to peer_result(). */
static void peer_results(void);
static void peer_close(void);

static unsigned char *peer_seen;
static uint64_t peer_done, peer_total;

static void peer_die(const char *what) __attribute__((noreturn));
static void
peer_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	_exit(1);
}

static void
peer_result(uint64_t number)
{
	if (number >= peer_total || peer_seen[number]++ != 0)
		peer_die("a result that is not one, or twice");
	peer_done++;
}

static uint64_t
peer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
peer_feed(uint64_t from, uint64_t to, uint64_t bound, size_t bytes)
{
	unsigned char payload[PEER_BYTES_MAX] = { 0 };

	for (uint64_t put = from; peer_done < to;) {
		for (; put < to && put - peer_done < bound; put++) {
			memcpy(payload, &put, sizeof(put));
			peer_put(put, payload, bytes);
		}
		peer_results();
	}
}

int
main(int argc, char **argv)
{
	const bool lone = argc == 6 && strcmp(argv[1], "roundtrip") == 0;
	const int port = argc == 6 ? (int)strtol(argv[2], NULL, 10) : 0;
	const int workers = argc == 6 ? (int)strtol(argv[3], NULL, 10) : 0;
	const uint64_t n = argc == 6 ? strtoull(argv[4], NULL, 10) : 0;
	const size_t bytes = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;
	const uint64_t warm = 64 * (uint64_t)workers;
	uint64_t begin_ns, took_ns;
	pid_t pid[256];

	if (port < 1 || workers < 1 || workers > 256 || n < 1 || bytes < 8 ||
	    bytes > PEER_BYTES_MAX)
		peer_die("usage: stream|roundtrip PORT WORKERS TASKS BYTES");
	peer_total = warm + n;
	peer_seen = calloc(peer_total, 1);
	if (peer_seen == NULL)
		peer_die("out of memory");
	peer_open(port);
	for (int i = 0; i < workers; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			peer_die("fork");
		if (pid[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			peer_work(port, i);
		}
	}
	peer_feed(0, warm, PEER_BOUND, bytes);
	begin_ns = peer_now_ns();
	peer_feed(warm, warm + n, lone ? 1 : PEER_BOUND, bytes);
	took_ns = peer_now_ns() - begin_ns;
	for (int i = 0; i < workers; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	peer_close();
	printf("{\"tasks\": %llu, \"per_s\": %.1f, \"ns\": %.1f}\n",
	       (unsigned long long)n, (double)n * 1e9 / (double)took_ns,
	       (double)took_ns / (double)n);
	return 0;
}

#endif
