/*
 * test_lock_shared - the shared side of locks: readers together, writers alone, and no
 * reader sees half of a change.
 */
#include "core/rng.h"
#include "tests/lock_ground.h"

enum { ROUNDS = 2000, READS = 10 }; /* of READS rounds one writes */

#define FOR_READERS(k) FOR_LOCKS(k) if (k->traits & LOCK_READERS)

struct reader {
	struct job job;
	struct rng rng;
	uint64_t writes, reads, retries, torn, beside;
	int failed;
};

/* The words as the loop of a contender writes and reads them. */
static void
write_words(const struct job *j, uint64_t value)
{
	struct lock_section *s = &j->g->section;

	if (j->k->store != NULL) {
		j->k->store(j->g->state, j->g->node[j->number],
			    (struct lock_words){ value, value });
	} else if (j->k->traits & LOCK_OPTIMISTIC) {
		atom_store_rel(&s->open[0], value);
		atom_store_rel(&s->open[1], value);
	} else {
		s->words = (struct lock_words){ value, value };
	}
}

static struct lock_words
read_words(const struct job *j)
{
	struct lock_section *s = &j->g->section;

	if (j->k->load != NULL)
		return j->k->load(j->g->state, j->g->node[j->number]);
	if (j->k->traits & LOCK_OPTIMISTIC)
		return (struct lock_words){ atom_load_acq(&s->open[0]),
					    atom_load_acq(&s->open[1]) };
	return s->words;
}

static void
write_once(struct reader *r)
{
	const struct job *j = &r->job;
	struct ground *g = j->g;

	r->failed |= j->k->acquire(g->state, g->node[j->number]);
	if (atom_add_rlx(&g->inside, 1) != 0)
		atom_add_rlx(&g->clashes, 1);
	write_words(j, ++g->section.value);
	r->writes++;
	atom_sub_rlx(&g->inside, 1);
	r->failed |= j->k->release(g->state, g->node[j->number]);
}

static void
read_once(struct reader *r)
{
	const struct job *j = &r->job;
	struct ground *g = j->g;
	void *node = g->node[j->number];
	const bool alone = !(j->k->traits & LOCK_OPTIMISTIC);
	struct lock_words w;
	int rc;

	do {
		if (rng_below(&r->rng, 4) == 0) {
			rc = j->k->try_shared(g->state, node);
			if (rc == -EBUSY)
				return;
		} else {
			rc = j->k->acquire_shared(g->state, node);
		}
		r->failed |= rc;
		if (alone && atom_load_rlx(&g->inside) != 0)
			atom_add_rlx(&g->clashes, 1);
		w = read_words(j);
		if (rng_below(&r->rng, 50) == 0)
			sched_yield();
		rc = j->k->release_shared(g->state, node);
		r->retries += rc == -EAGAIN;
	} while (rc == -EAGAIN);
	r->failed |= rc;
	r->reads++;
	r->torn += w.a != w.b;
}

static void *
read_and_write(void *arg)
{
	struct reader *r = arg;
	const int rounds = r->job.k->traits & LOCK_STUBBORN ? 100 : ROUNDS;

	for (int i = 0; i < rounds; i++)
		if (rng_below(&r->rng, READS) == 0)
			write_once(r);
		else
			read_once(r);
	return NULL;
}

Test(lock_shared, readers_and_writers, .timeout = 300)
{
	static struct reader r[THREADS];
	int kinds = 0;

	FOR_READERS(k)
	{
		struct ground *g = make_ground(k, false);
		pthread_t thread[THREADS];
		uint64_t writes = 0;

		kinds++;
		for (int i = 0; i < THREADS; i++) {
			r[i] = (struct reader){ .job = {
							.k = k, .g = g, .number = i } };
			rng_init(&r[i].rng, 1, (uint64_t)i);
			cr_assert_eq(
				pthread_create(&thread[i], NULL, read_and_write, &r[i]),
				0);
		}
		for (int i = 0; i < THREADS; i++) {
			pthread_join(thread[i], NULL);
			writes += r[i].writes;
			cr_assert_eq(r[i].failed, 0, "%s", k->kind.name);
			cr_assert_eq(r[i].torn, 0, "%s", k->kind.name);
			cr_assert_gt(r[i].reads, 0, "%s", k->kind.name);
		}
		cr_assert_eq(atom_load_rlx(&g->clashes), 0, "%s", k->kind.name);
		cr_assert_eq(g->section.value, writes, "%s", k->kind.name);
		drop_ground(k, g);
	}
	cr_assert_geq(kinds, 7);
}

Test(lock_shared, readers_come_in_together, .timeout = 60)
{
	FOR_READERS(k)
	{
		struct ground *g = make_ground(k, false);
		const char *name = k->kind.name;

		cr_assert_eq(k->acquire_shared(g->state, g->node[0]), 0, "%s", name);
		cr_assert_eq(k->try_shared(g->state, g->node[1]), 0, "%s", name);
		if (!(k->traits & LOCK_OPTIMISTIC))
			cr_assert_eq(k->try_acquire(g->state, g->node[2]), -EBUSY, "%s",
				     name);
		cr_assert_eq(k->release_shared(g->state, g->node[0]), 0, "%s", name);
		if (!(k->traits & LOCK_OPTIMISTIC))
			cr_assert_eq(k->try_acquire(g->state, g->node[2]), -EBUSY, "%s",
				     name);
		cr_assert_eq(k->release_shared(g->state, g->node[1]), 0, "%s", name);
		cr_assert_eq(k->try_acquire(g->state, g->node[2]), 0, "%s", name);
		cr_assert_eq(k->release(g->state, g->node[2]), 0, "%s", name);
		drop_ground(k, g);
	}
}

Test(lock_shared, a_writer_keeps_readers_out, .timeout = 60)
{
	FOR_READERS(k)
	{
		struct ground *g = make_ground(k, false);
		const char *name = k->kind.name;

		cr_assert_eq(k->acquire(g->state, g->node[0]), 0);
		/* A reader of a version never waits: it sees the old one. */
		cr_assert_eq(k->try_shared(g->state, g->node[1]),
			     k->load != NULL ? 0 : -EBUSY, "%s", name);
		if (k->load != NULL)
			cr_assert_eq(k->release_shared(g->state, g->node[1]), 0);
		cr_assert_eq(k->release(g->state, g->node[0]), 0);
		cr_assert_eq(k->try_shared(g->state, g->node[1]), 0, "%s", name);
		cr_assert_eq(k->release_shared(g->state, g->node[1]), 0, "%s", name);
		drop_ground(k, g);
	}
}

/* A writer came between: what an optimistic reader read is void. */
Test(lock_shared, an_optimistic_reader_is_told)
{
	const struct lock_kind *k = lock_kind_find("seqlock");
	struct ground *g = make_ground(k, false);

	cr_assert_eq(k->acquire_shared(g->state, g->node[0]), 0);
	cr_assert_eq(k->acquire(g->state, g->node[1]), 0);
	cr_assert_eq(k->release(g->state, g->node[1]), 0);
	cr_assert_eq(k->release_shared(g->state, g->node[0]), -EAGAIN);
	drop_ground(k, g);
}

static void *
write_later(void *arg)
{
	struct reader *r = arg;

	write_once(r);
	return NULL;
}

/* A version that a reader sees stays as it is, also while two more are published. */
Test(lock_shared, a_version_stays_while_it_is_read, .timeout = 60)
{
	FOR_READERS(k)
	{
		struct ground *g = k->load != NULL ? make_ground(k, false) : NULL;
		struct reader r[2] = { { .job = { .k = k, .g = g, .number = 1 } },
				       { .job = { .k = k, .g = g, .number = 2 } } };
		const struct job me = { .k = k, .g = g, .number = 0 };
		pthread_t thread[2];
		struct lock_words w;

		if (k->load == NULL)
			continue;
		k->acquire_shared(g->state, g->node[0]);
		w = read_words(&me);
		for (int i = 0; i < 2; i++)
			cr_assert_eq(
				pthread_create(&thread[i], NULL, write_later, &r[i]),
				0);
		/* Neither can write over what we see: they wait for us. */
		for (int i = 0; i < 200; i++) {
			cr_assert_eq(w.a, w.b);
			sched_yield();
		}
		k->release_shared(g->state, g->node[0]);
		for (int i = 0; i < 2; i++)
			pthread_join(thread[i], NULL);
		k->acquire_shared(g->state, g->node[0]);
		w = read_words(&me);
		cr_assert_eq(w.a, 2);
		cr_assert_eq(w.b, 2);
		k->release_shared(g->state, g->node[0]);
		drop_ground(k, g);
	}
}
