/*
 * peer.c - arguments, warm-up, time and proof for the programs of the peers.
 *
 * The tallies need no order of their own: a worker's stores happen before the pool's
 * notice that the batch has ended, which is what every pool promises.
 */
#include "bench/peer.h"

#include "bench/burn.h"
#include "core/atom.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Count, sum and sum of squares of the task numbers (modulo 2^64): a task lost and
 * another one run twice cannot cancel out in all three. */
struct tally {
	CACHE_ALIGNED uint64_t count;
	uint64_t sum, squares;
};

struct tallies {
	struct tally worker[PEER_WORKERS_MAX];
	CACHE_ALIGNED atom_u32 used;
};

static struct tallies *tallies; /* shared with forked workers */
static __thread struct tally *mine;

enum { WARM_TASKS = 2000, WARM_ITERS = 2000, WARM_SECONDS = 10, WARM_LONE = 2000 };

void
peer_die(const char *what, int code)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(code));
	_exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

void
peer_worker(int slot)
{
	mine = &tallies->worker[slot];
	atom_add_rlx(&tallies->used, 1U);
}

void
peer_task(uint64_t number, uint64_t iters)
{
	if (mine == NULL) {
		uint32_t slot = atom_add_rlx(&tallies->used, 1U);

		if (slot >= PEER_WORKERS_MAX)
			peer_die("too many workers", E2BIG);
		mine = &tallies->worker[slot];
	}
	burn(iters);
	mine->count++;
	mine->sum += number;
	mine->squares += number * number;
}

/* How many workers have run a task since the tallies were cleared. */
static int
workers_seen(void)
{
	int seen = 0;

	for (int i = 0; i < PEER_WORKERS_MAX; i++)
		seen += tallies->worker[i].count != 0;
	return seen;
}

/* Runs tasks until every worker has had one, so that none is started on the clock. */
static void
warm_up(const struct peer *peer, int workers)
{
	uint64_t deadline_ns = now_ns() + WARM_SECONDS * UINT64_C(1000000000);

	while (workers_seen() < workers) {
		if (now_ns() > deadline_ns)
			peer_die("not every worker took part in the warm-up",
				 ETIMEDOUT);
		if (peer->ready != NULL)
			peer->ready(WARM_TASKS);
		peer->batch(WARM_TASKS, WARM_ITERS);
	}
	memset(tallies->worker, 0, sizeof tallies->worker);
}

/* Ends the program unless tasks 0..n-1 were run, each exactly once. */
static void
prove(uint64_t n)
{
	uint64_t count = 0, sum = 0, squares = 0;

	for (int i = 0; i < PEER_WORKERS_MAX; i++) {
		count += tallies->worker[i].count;
		sum += tallies->worker[i].sum;
		squares += tallies->worker[i].squares;
	}
	for (uint64_t i = 0; i < n; i++) {
		sum -= i;
		squares -= i * i;
	}
	if (count == n && sum == 0 && squares == 0)
		return;
	fprintf(stderr, "bench: %llu tasks were submitted, %llu run%s\n",
		(unsigned long long)n, (unsigned long long)count,
		count == n ? ", not each of them once" : "");
	_exit(1);
}

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Times args->tasks lone tasks into rtt_ns[], sorted. Returns nanoseconds in all. */
static uint64_t
run_lone(const struct peer *peer, const struct peer_args *args, uint64_t *rtt_ns)
{
	uint64_t start_ns, all_ns;

	for (uint64_t i = 0; i < WARM_LONE; i++)
		peer->lone(i, args->iters);
	memset(tallies->worker, 0, sizeof tallies->worker);
	all_ns = now_ns();
	for (uint64_t i = 0; i < args->tasks; i++) {
		start_ns = now_ns();
		peer->lone(i, args->iters);
		rtt_ns[i] = now_ns() - start_ns;
	}
	all_ns = now_ns() - all_ns;
	qsort(rtt_ns, args->tasks, sizeof *rtt_ns, order);
	return all_ns;
}

static void
measure(const struct peer *peer, const struct peer_args *args)
{
	uint64_t *rtt_ns = NULL, ns;
	int workers = peer->init(args);

	warm_up(peer, workers);
	if (args->roundtrip) {
		rtt_ns = calloc(args->tasks, sizeof *rtt_ns);
		if (rtt_ns == NULL)
			peer_die("memory for the times", ENOMEM);
		ns = run_lone(peer, args, rtt_ns);
	} else {
		if (peer->ready != NULL)
			peer->ready(args->tasks);
		ns = now_ns();
		peer->batch(args->tasks, args->iters);
		ns = now_ns() - ns;
	}
	prove(args->tasks);
	printf("{\"peer\": \"%s\", \"version\": \"%s\", \"workers\": %d, "
	       "\"iters\": %llu, \"tasks\": %llu, \"seconds\": %.9f, "
	       "\"tasks_per_s\": %.1f",
	       peer->name, peer->version(), args->workers,
	       (unsigned long long)args->iters, (unsigned long long)args->tasks,
	       (double)ns / 1e9, (double)args->tasks * 1e9 / (double)ns);
	if (rtt_ns != NULL)
		printf(", \"rtt_ns_median\": %llu, \"rtt_ns_p99\": %llu",
		       (unsigned long long)rtt_ns[args->tasks / 2],
		       (unsigned long long)rtt_ns[args->tasks * 99 / 100]);
	printf("}\n");
	free(rtt_ns);
	peer->fini();
}

static _Noreturn void
usage(const struct peer *peer)
{
	fprintf(stderr,
		"usage: %s [--tasks N] [--workers N] [--work empty|iters:K] "
		"[--mode throughput|roundtrip]",
		peer->name);
	if (peer->option != NULL)
		fprintf(stderr, " [%s N]", peer->option);
	fprintf(stderr, "\n");
	exit(2);
}

static uint64_t
number(const struct peer *peer, const char *text)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-')
		usage(peer);
	return v;
}

static void
parse(const struct peer *peer, char **argv, struct peer_args *args)
{
	for (; *argv != NULL; argv += 2) {
		const char *name = argv[0], *value = argv[1];

		if (value == NULL)
			usage(peer);
		if (strcmp(name, "--tasks") == 0)
			args->tasks = number(peer, value);
		else if (strcmp(name, "--workers") == 0)
			args->workers = (int)number(peer, value);
		else if (strcmp(name, "--work") == 0 && strcmp(value, "empty") == 0)
			args->iters = 0;
		else if (strcmp(name, "--work") == 0 &&
			 strncmp(value, "iters:", 6) == 0)
			args->iters = number(peer, value + 6);
		else if (strcmp(name, "--mode") == 0 &&
			 strcmp(value, "throughput") == 0)
			args->roundtrip = false;
		else if (strcmp(name, "--mode") == 0 && strcmp(value, "roundtrip") == 0)
			args->roundtrip = true;
		else if (peer->option != NULL && strcmp(name, peer->option) == 0)
			args->option = number(peer, value);
		else
			usage(peer);
	}
	if (args->tasks == 0 || args->workers < 1 || args->workers >= PEER_WORKERS_MAX)
		usage(peer);
}

int
peer_main(int argc, char **argv, const struct peer *peer)
{
	struct peer_args args = {
		.tasks = 1000000,
		.workers = 2,
		.option = peer->option_value,
	};

	if (argc > 0)
		parse(peer, argv + 1, &args);
	tallies = mmap(NULL, sizeof *tallies, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (tallies == MAP_FAILED)
		peer_die("mmap of the tallies", errno);
	measure(peer, &args);
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
