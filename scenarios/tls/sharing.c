/*
 * sharing.c - does false sharing matter here: each thread counts in a counter of its
 * own, which lies on one cache line with the others', on a line of its own, or in
 * thread-local storage. Nobody reads another's; only where they lie differs.
 */
#include "scenarios/tls/school.h"

#include "core/clock.h"
#include "core/human.h"
#include "core/lock.h"
#include "core/rng.h"
#include "core/stat.h"
#include "core/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PACKED, PADDED, LOCAL, PLACES };
enum { TURNS = 7 };

static const char *const place_name[] = {
	[PACKED] = "packed", [PADDED] = "padded", [LOCAL] = "thread_local"
};

/* Threads per run are few enough for their packed counters to fill few lines. */
struct padded {
	CACHE_ALIGNED atom_u64 count;
};

struct counters {
	int n, place;
	uint64_t rounds;
	atom_u64 *packed;
	struct padded *padded;
	atom_i32 arrived;
	atom_u32 cancel;
	const struct stop *stop;
};

struct counting {
	CACHE_ALIGNED struct thread t;
	struct counters *c;
	int number;
	uint64_t begin_ns, end_ns, counted;
};

static _Thread_local atom_u64 local_count;

/* A plain read and write each round, as of a variable of its own. */
static void
count(struct counters *c, atom_u64 *counter)
{
	for (uint64_t i = 0; i < c->rounds; i++) {
		if (i % 65536 == 0 && atom_load_rlx(&c->cancel) != 0)
			return;
		atom_store_rlx(counter, atom_load_rlx(counter) + 1);
	}
}

static void
body(void *arg)
{
	struct counting *w = arg;
	struct counters *c = w->c;
	atom_u64 *const counter[PLACES] = { &c->packed[w->number],
					    &c->padded[w->number].count, &local_count };
	unsigned spins = 0;

	atom_add_rlx(&c->arrived, 1);
	while (atom_load_rlx(&c->arrived) < c->n && atom_load_rlx(&c->cancel) == 0)
		lock_spin(&spins);
	w->begin_ns = clock_ns();
	count(c, counter[c->place]);
	w->end_ns = clock_ns();
	w->counted = atom_load_rlx(counter[c->place]);
}

/* One turn of one place. */
static int
turn_of(struct run *run, struct counters *c, struct counting *w, struct err *e)
{
	uint64_t begin_ns = UINT64_MAX, end_ns = 0, counted = 0;
	const char *name = place_name[c->place];
	int rc = 0, started = 0;

	atom_store_rlx(&c->arrived, 0);
	memset(c->packed, 0, (size_t)c->n * sizeof(*c->packed));
	memset(c->padded, 0, (size_t)c->n * sizeof(*c->padded));
	for (int i = 0; i < c->n && rc == 0; i++) {
		thread_init(&w[i].t, name, body, &w[i]);
		w[i].c = c;
		w[i].number = i;
		w[i].t.cpu = sys_pin_cpu(run->pin, i);
		rc = thread_start(&w[i].t, e);
		started += rc == 0;
	}
	if (rc != 0)
		atom_store_rlx(&c->cancel, 1);
	for (int i = 0; i < started; i++) {
		while (thread_join(&w[i].t, 50 * NS_PER_MS, NULL) == -ETIMEDOUT)
			if (stop_reason(run->stop) != STOP_NONE)
				atom_store_rlx(&c->cancel, 1);
		begin_ns = w[i].begin_ns < begin_ns ? w[i].begin_ns : begin_ns;
		end_ns = w[i].end_ns > end_ns ? w[i].end_ns : end_ns;
		counted += w[i].counted;
	}
	if (rc != 0 || atom_load_rlx(&c->cancel) != 0)
		return rc != 0 ? rc : -ECANCELED;
	if (counted != c->rounds * (uint64_t)c->n)
		result_check(run->result, name, "every round was counted", false,
			     "%llu of %llu", (unsigned long long)counted,
			     (unsigned long long)c->rounds * (unsigned long long)c->n);
	result_sample(run->result,
		      result_series(run->result, name, c->n, &tls_metrics[METRIC_RATE]),
		      (double)counted * 1e9 / (double)(end_ns - begin_ns));
	return 0;
}

static void
say_all(struct run *run, int n, uint64_t rounds)
{
	double rate[PLACES], best = 0;
	char text[HUMAN_TEXT], bar[3 * TLS_BAR + 1];

	for (int place = 0; place < PLACES; place++) {
		const struct result_series *s = result_series(
			run->result, place_name[place], n, &tls_metrics[METRIC_RATE]);

		rate[place] = s != NULL ? stat_median(s->sample, s->n) : 0;
		best = rate[place] > best ? rate[place] : best;
	}
	if (rate[PACKED] <= 0)
		return;
	result_check(run->result, NULL, "every round was counted",
		     result_passed(run->result),
		     "%d threads, %llu rounds each, %d turns", n,
		     (unsigned long long)rounds, TURNS);
	for (int place = 0; place < PLACES; place++)
		result_line(run->result, "%-12s %9s counts/s  %s", place_name[place],
			    human_count(text, rate[place]),
			    tls_bar(bar, (int)(rate[place] / best * TLS_BAR + 0.5)));
	result_line(run->result,
		    "%d threads: a line of its own makes a counter %.1f times as fast, "
		    "thread-local storage %.1f times%s",
		    n, rate[PADDED] / rate[PACKED], rate[LOCAL] / rate[PACKED],
		    rate[PADDED] / rate[PACKED] < 1.2
			    ? "; false sharing does not matter here"
			    : "; false sharing matters here");
}

int
tls_share(struct run *run, const struct tls_opts *o, struct err *e)
{
	const size_t n = (size_t)o->n;
	struct counters c = { .n = (int)o->n, .rounds = (uint64_t)o->iterations };
	struct counting *w;
	size_t order[PLACES];
	struct rng rng;
	int rc = 0;

	sys_pin_cpu(run->pin, 0); /* the CPUs are those of the main thread */
	rng_init(&rng, run->seed, 0);
	w = aligned_alloc(CACHE_LINE, n * sizeof(*w));
	c.padded = aligned_alloc(CACHE_LINE, n * sizeof(*c.padded));
	c.packed = aligned_alloc(CACHE_LINE, (n * sizeof(*c.packed) + CACHE_LINE - 1) /
						     CACHE_LINE * CACHE_LINE);
	if (w == NULL || c.padded == NULL || c.packed == NULL)
		rc = err_set(e, ENOMEM, "no memory for %zu counters", n);
	for (int turn = 0; turn < TURNS && rc == 0; turn++) {
		rng_shuffle(&rng, order, PLACES);
		for (int i = 0; i < PLACES && rc == 0; i++) {
			c.place = (int)order[i];
			rc = turn_of(run, &c, w, e);
		}
	}
	if (rc == 0)
		say_all(run, c.n, c.rounds);
	free(w);
	free(c.padded);
	free(c.packed);
	return rc;
}
