/*
 * lock_sample.c - the rare part of sampling: what reads the clock.
 */
#include "core/lock_sample.h"

#include "core/clock.h"

/* G. Marsaglia, "Xorshift RNGs", 2003. */
static uint64_t
draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* 1 to 2 * stride - 1, hence `stride` on average. */
static uint64_t
distance(struct lock_sampler *s)
{
	return 1 + draw(&s->random) % (2 * s->stride - 1);
}

unsigned
lock_sample_shift(int contenders)
{
	unsigned shift = 5;

	while (UINT64_C(1) << shift < 32 * (uint64_t)contenders)
		shift++;
	return shift;
}

void
lock_sample_start(struct lock_sampler *s, uint64_t stride, uint64_t seed,
		  int contenders)
{
	s->stride = stride > 0 ? stride : 1;
	s->random = seed | 1;
	s->left = distance(s);
	s->gap_left = 1;
	s->step = 1;
	s->probing = false;
	s->shift = contenders > 0 ? lock_sample_shift(contenders) : 63;
	s->window = 0;
	s->in_window = 0;
}

void
lock_sample_begin(struct lock_sampler *s, const struct lock_place *p)
{
	uint32_t none = 0;

	s->left = distance(s);
	s->probing = atom_load_rlx(&p->section->probe) == 0 &&
		     atom_cas_rlx(&p->section->probe, &none, 1);
	s->asked_turn = atom_load_rlx(&p->section->turn);
	s->asked_ns = clock_ns();
}

/* What the clock itself takes is not waiting. */
static uint64_t
since(uint64_t begin_ns)
{
	const uint64_t span_ns = clock_ns() - begin_ns;
	const uint64_t cost_ns = (uint64_t)clock_info()->read_ns;

	return span_ns > cost_ns ? span_ns - cost_ns : 0;
}

static void
stop_probing(struct lock_sampler *s, const struct lock_place *p)
{
	if (s->probing)
		atom_store_rlx(&p->section->probe, 0);
	s->probing = false;
}

void
lock_sample_got(struct lock_sampler *s, const struct lock_place *p)
{
	const uint64_t turn = atom_load_rlx(&p->section->turn);

	hist_add(s->wait, since(s->asked_ns));
	stop_probing(s, p);
	/* The last turn is our own. */
	if (turn > s->asked_turn + 1 && turn - 1 - s->asked_turn > s->passed)
		s->passed = turn - 1 - s->asked_turn;
}

void
lock_sample_read(struct lock_sampler *s, const struct lock_place *p)
{
	hist_add(s->read_wait, since(s->asked_ns));
	stop_probing(s, p);
}

void
lock_sample_window(struct lock_sampler *s, uint64_t window)
{
	s->square += (double)s->in_window * (double)s->in_window;
	s->in_window = 0;
	s->window = window;
}

void
lock_sample_came(struct lock_section *section)
{
	const uint64_t free_ns = since(section->released_ns);

	section->released_ns = 0;
	if (free_ns > section->longest_free_ns)
		section->longest_free_ns = free_ns;
}

void
lock_sample_left(struct lock_sampler *s, struct lock_section *section)
{
	s->gap_left = 1 + s->stride / 4;
	section->released_ns = clock_ns();
}
