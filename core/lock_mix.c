/*
 * lock_mix.c - draws rounds and does what they hold.
 */
#include "core/lock_mix.h"

#include "core/clock.h"
#include "core/futex.h"

#include <math.h>
#include <stdlib.h>

enum { WORDS_A_LINE = CACHE_LINE / sizeof(atom_u64) };

/*
 * Columns of one height: one that is too low is filled up from one that is too high, so
 * that each holds at most two items.
 */
static void
fill(struct lock_choice *c, double *weight, uint32_t *low, uint32_t *high)
{
	uint32_t nlow = 0, nhigh = 0, i, j;

	for (i = 0; i < c->n; i++) {
		if (weight[i] < 1)
			low[nlow++] = i;
		else
			high[nhigh++] = i;
	}
	while (nlow > 0 && nhigh > 0) {
		i = low[--nlow];
		j = high[nhigh - 1];
		c->column[i] = (struct lock_column){
			.keep = (uint32_t)(weight[i] * (double)UINT32_MAX), .other = j
		};
		weight[j] -= 1 - weight[i];
		if (weight[j] < 1) {
			nhigh--;
			low[nlow++] = j;
		}
	}
	/* What is left is full but for rounding. */
	while (nhigh > 0) {
		i = high[--nhigh];
		c->column[i] = (struct lock_column){ .keep = UINT32_MAX, .other = i };
	}
	while (nlow > 0) {
		i = low[--nlow];
		c->column[i] = (struct lock_column){ .keep = UINT32_MAX, .other = i };
	}
}

struct lock_choice *
lock_choice_zipf(uint32_t n, double theta)
{
	struct lock_choice *c = malloc(sizeof(*c) + n * sizeof(c->column[0]));
	double *weight = calloc(n, sizeof(*weight)), sum = 0;
	uint32_t *list = calloc(2 * (size_t)n, sizeof(*list));

	if (c == NULL || weight == NULL || list == NULL) {
		free(c);
		c = NULL;
		goto out;
	}
	c->n = n;
	for (uint32_t i = 0; i < n; i++) {
		weight[i] = pow((double)i + 1, -theta);
		sum += weight[i];
	}
	for (uint32_t i = 0; i < n; i++)
		weight[i] *= n / sum;
	fill(c, weight, list, list + n);
out:
	free(weight);
	free(list);
	return c;
}

uint32_t
lock_choice_draw(const struct lock_choice *c, struct rng *rng)
{
	const uint64_t x = rng_u64(rng);
	const uint32_t i = (uint32_t)(((x >> 32) * c->n) >> 32);

	return (uint32_t)x <= c->column[i].keep ? i : c->column[i].other;
}

uint64_t
lock_amount_draw(const struct param_amount *a, struct rng *rng)
{
	switch (a->form) {
	case AMOUNT_UNIFORM:
		return rng_range(rng, a->lo, a->hi);
	case AMOUNT_EXP:
		return (uint64_t)(-(double)a->lo * log1p(-rng_unit(rng)));
	case AMOUNT_FIXED:
		break;
	}
	return a->lo;
}

void
lock_mix_init(struct lock_mix *m, uint64_t seed, uint64_t stream)
{
	rng_init(&m->rng, seed, stream);
	m->depth = m->plan->nest;
	m->place[0] = m->all[0];
	m->in_burst = 0;
	m->read = false;
}

/* Some locks, each once, in the order of the table: so nobody waits in a circle. */
static void
choose(struct lock_mix *m)
{
	uint32_t got[LOCK_NEST_MAX], x;
	int n = 0, i;

	while (n < m->depth) {
		x = lock_choice_draw(m->plan->choice, &m->rng);
		for (i = n; i > 0 && got[i - 1] > x; i--)
			;
		if (i > 0 && got[i - 1] == x)
			continue;
		for (int j = n++; j > i; j--)
			got[j] = got[j - 1];
		got[i] = x;
	}
	for (i = 0; i < n; i++)
		m->place[i] = m->all[got[i]];
}

static uint64_t
draw(const struct lock_mix *m, const struct param_amount *a, struct rng *rng)
{
	const uint64_t x = lock_amount_draw(a, rng);

	if (a->lines)
		return x < LOCK_LINES_MAX ? x : LOCK_LINES_MAX;
	return (uint64_t)((double)x * m->plan->steps_per_ns);
}

void
lock_mix_next(struct lock_mix *m)
{
	if (m->plan->choice != NULL)
		choose(m);
	if (m->plan->reads > 0)
		m->read = rng_unit(&m->rng) < m->plan->reads;
	m->hold = draw(m, &m->plan->hold, &m->rng);
	m->think = draw(m, &m->plan->think, &m->rng);
}

static void
touch(atom_u64 *line, uint64_t n, bool reading)
{
	for (uint64_t i = 0; i < n; i++, line += WORDS_A_LINE) {
		const uint64_t x = atom_load_rlx(line);

		if (!reading)
			atom_store_rlx(line, x + 1);
	}
}

void
lock_mix_hold(const struct lock_mix *m, const struct lock_place *p, bool reading)
{
	if (m->plan->hold.lines)
		touch(p->lines, m->hold, reading);
	else
		lock_idle(m->hold);
}

void
lock_mix_think(struct lock_mix *m, atom_u32 *stop)
{
	if (m->plan->think.lines)
		touch(m->own, m->think, false);
	else
		lock_idle(m->think);
	if (m->plan->burst == 0 || ++m->in_burst < m->plan->burst)
		return;
	m->in_burst = 0;
	futex_wait(stop, 0, clock_deadline_ns(m->plan->pause_ns));
}

double
lock_steps_per_ns(void)
{
	enum { TRIES = 10, STEPS = 200000 };
	uint64_t least_ns = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		const uint64_t begin_ns = clock_ns();
		uint64_t span_ns;

		lock_idle(STEPS);
		span_ns = clock_ns() - begin_ns;
		least_ns = span_ns < least_ns ? span_ns : least_ns;
	}
	return (double)STEPS / (double)(least_ns > 0 ? least_ns : 1);
}
