/*
 * lock_drive.h - the loop of one contender, and what makes a kind of its operations.
 *
 * The end of core/lock.h, which includes it. A kind has its loop four times, its
 * operations inlined: the plain one does the same round again and again; a sampled one
 * takes the time of some of them (core/lock_sample.h); a varied one asks before each
 * round what it shall be (core/lock_mix.h): which lock, to read or to write, how long.
 * What a loop does not need is not in it.
 *
 * Edge WD: a writer stores the words of a LOCK_OPTIMISTIC kind -> a reader sees them,
 * hence sees that the writer had begun, and voids what it read.
 */
#ifndef CORE_LOCK_DRIVE_H
#define CORE_LOCK_DRIVE_H

#include "core/lock_mix.h"
#include "core/lock_sample.h"
#include "core/lock_section.h"

#include <errno.h>

/* Parts of a loop; constants to the compiler. */
enum { LOCK_PART_SAMPLED = 1, LOCK_PART_VARIED = 2 };

/* The loop of one contender. Filled by the caller but for the last group. */
struct lock_run {
	void *state, *node;
	struct lock_section *section;
	const struct lock_kind *kind;
	int64_t self;	  /* its number, 0... */
	uint64_t rounds;  /* at most so many */
	uint64_t delta;	  /* added to the section's number in each */
	uint64_t hold;	  /* steps of idle work within, */
	uint64_t outside; /* and between two sections */
	atom_u32 *stop;	  /* not 0: leave; */
	uint64_t look; /* looked at in rounds where round & look == 0; varied: each */
	struct lock_sampler *sampler; /* NULL: no times are taken */
	struct lock_mix *mix;	      /* NULL: all rounds are alike, and as above */
	uint64_t done;		      /* rounds it did */
	uint64_t reads;		      /* of them on the shared side */
	uint64_t retries;	      /* of readers that had to begin again */
	uint64_t torn;		      /* reads that saw half a change: never */
	uint64_t handovers;	      /* its rounds after one of another, */
	uint64_t streak, longest;     /* and how many it had in a row, and at most */
	uint64_t repairs;	      /* deaths of a holder that it was told */
	int error;		      /* the errno that ended its loop, or 0 */
};

/* Takes the lock; after the death of a holder, makes it whole. 0 or the error. */
static inline __attribute__((always_inline)) int
lock_take(struct lock_run *r, void *state, void *node, int (*acquire)(void *, void *))
{
	const int rc = acquire(state, node);

	if (rc != -EOWNERDEAD)
		return rc;
	r->repairs++;
	return r->kind->repair(state);
}

/* What a holder changes. */
static inline __attribute__((always_inline)) void
lock_change(struct lock_run *r, unsigned parts, unsigned traits,
	    void (*add)(atom_u64 *, uint64_t), const struct lock_place *p)
{
	struct lock_section *s = p->section;

	if (add != NULL) {
		add(&s->loose, r->delta);
		return;
	}
	if (!(traits & LOCK_EXCLUDES)) {
		atom_store_rlx(&s->loose, atom_load_rlx(&s->loose) + r->delta);
		return;
	}
	if (s->last != r->self) {
		r->handovers += s->last >= 0;
		s->last = r->self;
		r->streak = 0;
	}
	if (++r->streak > r->longest)
		r->longest = r->streak;
	s->value += r->delta;
	if (!(parts & LOCK_PART_VARIED))
		return;
	if (r->kind->store != NULL) {
		r->kind->store(p->state, p->node,
			       (struct lock_words){ s->value, s->value });
	} else if (traits & LOCK_OPTIMISTIC) {
		atom_store_rel(&s->open[0], s->value); /* WD */
		atom_store_rel(&s->open[1], s->value); /* WD */
	} else {
		s->words = (struct lock_words){ s->value, s->value };
	}
}

/* A round on the shared side, until what was read is whole. 0 or the error. */
static inline __attribute__((always_inline)) int
lock_read(struct lock_run *r, unsigned traits, const struct lock_place *p,
	  int (*acquire)(void *, void *), int (*release)(void *, void *), bool sampled)
{
	const struct lock_section *s = p->section;
	struct lock_words w;
	int rc;

	for (;;) {
		rc = acquire(p->state, p->node);
		if (rc != 0)
			return rc;
		if (sampled)
			lock_sample_read(r->sampler, p);
		if (r->kind->load != NULL)
			w = r->kind->load(p->state, p->node);
		else if (traits & LOCK_OPTIMISTIC)
			w = (struct lock_words){ atom_load_acq(&s->open[0]),   /* WD */
						 atom_load_acq(&s->open[1]) }; /* WD */
		else
			w = s->words;
		lock_mix_hold(r->mix, p, true);
		rc = release(p->state, p->node);
		if (rc != -EAGAIN)
			break;
		r->retries++;
		sampled = false;
	}
	r->torn += w.a != w.b;
	r->reads++;
	return rc;
}

/* A round on the exclusive side: one lock, varied: some in order. 0 or the error. */
static inline __attribute__((always_inline)) int
lock_write(struct lock_run *r, unsigned parts, unsigned traits,
	   const struct lock_place *place, int depth, int (*acquire)(void *, void *),
	   int (*release)(void *, void *), void (*add)(atom_u64 *, uint64_t),
	   bool sampled)
{
	int i, rc;

	for (i = 0; i < depth; i++) {
		rc = lock_take(r, place[i].state, place[i].node, acquire);
		if (rc != 0) {
			while (i-- > 0)
				release(place[i].state, place[i].node);
			return rc;
		}
		if (parts & LOCK_PART_SAMPLED && (traits & LOCK_EXCLUDES))
			lock_sample_turn(r->sampler, place[i].section);
		lock_change(r, parts, traits, add, &place[i]);
	}
	if (parts & LOCK_PART_SAMPLED && sampled)
		lock_sample_got(r->sampler, place);
	if (parts & LOCK_PART_VARIED)
		lock_mix_hold(r->mix, place, false);
	else
		lock_idle(r->hold);
	for (i = depth; i-- > 0;) {
		if (parts & LOCK_PART_SAMPLED && (traits & LOCK_EXCLUDES))
			lock_sample_leave(r->sampler, place[i].section);
		rc = release(place[i].state, place[i].node);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/*
 * The loop; inlined with the operations of one kind. Without a shared side,
 * acquire_shared and release_shared are NULL, and who wants to read takes the lock.
 */
static inline __attribute__((always_inline)) void
lock_drive(struct lock_run *r, unsigned parts, unsigned traits,
	   int (*acquire)(void *, void *), int (*release)(void *, void *),
	   int (*acquire_shared)(void *, void *), int (*release_shared)(void *, void *),
	   void (*add)(atom_u64 *, uint64_t))
{
	const bool varied = parts & LOCK_PART_VARIED;
	const struct lock_place one = { r->state, r->node, r->section, NULL };
	uint64_t i;
	int rc;

	for (i = 0; i < r->rounds; i++) {
		const struct lock_place *place = &one;
		bool sampled = false;
		int depth = 1;

		if ((varied || (i & r->look) == 0) && atom_load_rlx(r->stop) != 0)
			break;
		if (varied) {
			lock_mix_next(r->mix);
			place = r->mix->place;
			depth = r->mix->depth;
		}
		if (parts & LOCK_PART_SAMPLED)
			sampled = lock_sample_ask(r->sampler, place);
		if (varied && acquire_shared != NULL && r->mix->read)
			rc = lock_read(r, traits, place, acquire_shared, release_shared,
				       sampled);
		else
			rc = lock_write(r, parts, traits, place, depth, acquire,
					release, add, sampled);
		if (rc != 0) {
			r->error = -rc;
			break;
		}
		if (varied)
			lock_mix_think(r->mix, r->stop);
		else
			lock_idle(r->outside);
	}
	r->done = i;
}

/* The three loops of a kind, and who picks one: id_drive(). */
#define LOCK_LOOP(id, name, parts, traits_, acquire, release, shared, unshared, add)   \
	__attribute__((flatten, noinline)) static void id##name(struct lock_run *run)  \
	{                                                                              \
		lock_drive(run, parts, traits_, acquire, release, shared, unshared,    \
			   add);                                                       \
	}
#ifdef LOCK_WITHOUT_LOOPS /* where the operations are used, and nothing is measured */
#define LOCK_LOOPS(id, ...)                                                            \
	static void id##_drive(struct lock_run *run)                                   \
	{                                                                              \
		(void)run;                                                             \
	}
#else
#define LOCK_LOOPS(id, traits_, acquire, release, shared, unshared, add)               \
	LOCK_LOOP(id, _plain, 0, traits_, acquire, release, shared, unshared, add)     \
	LOCK_LOOP(id, _sampled, LOCK_PART_SAMPLED, traits_, acquire, release, shared,  \
		  unshared, add)                                                       \
	LOCK_LOOP(id, _varied, LOCK_PART_VARIED, traits_, acquire, release, shared,    \
		  unshared, add)                                                       \
	LOCK_LOOP(id, _varied_sampled, LOCK_PART_VARIED | LOCK_PART_SAMPLED, traits_,  \
		  acquire, release, shared, unshared, add)                             \
	static void id##_drive(struct lock_run *run)                                   \
	{                                                                              \
		if (run->mix != NULL && run->sampler != NULL)                          \
			id##_varied_sampled(run);                                      \
		else if (run->mix != NULL)                                             \
			id##_varied(run);                                              \
		else if (run->sampler != NULL)                                         \
			id##_sampled(run);                                             \
		else                                                                   \
			id##_plain(run);                                               \
	}
#endif

/*
 * Defines lock_kind_ID from PREFIX_init, PREFIX_acquire, PREFIX_try, PREFIX_release and
 * further members.
 */
#define LOCK_DEFINE_AS(id, prefix, traits_, ...)                                       \
	LOCK_LOOPS(prefix, traits_, prefix##_acquire, prefix##_release, NULL, NULL,    \
		   NULL)                                                               \
	const struct lock_kind lock_kind_##id = { .kind.name = #id,                    \
						  .traits = (traits_),                 \
						  .init = prefix##_init,               \
						  .acquire = prefix##_acquire,         \
						  .try_acquire = prefix##_try,         \
						  .release = prefix##_release,         \
						  .drive = prefix##_drive,             \
						  __VA_ARGS__ }

/* The same where the prefix is the name, as it is unless the C library has it:
 * LOCK_DEFINE(mutex, LOCK_EXCLUDES | ..., .kind.summary = "...", ...). */
#define LOCK_DEFINE(id, traits_, ...) LOCK_DEFINE_AS(id, id, traits_, __VA_ARGS__)

/* With a shared side: PREFIX_acquire_shared, PREFIX_try_shared, PREFIX_release_shared,
 * too. */
#define LOCK_DEFINE_RW_AS(id, prefix, traits_, ...)                                    \
	LOCK_LOOPS(prefix, (traits_) | LOCK_READERS, prefix##_acquire,                 \
		   prefix##_release, prefix##_acquire_shared, prefix##_release_shared, \
		   NULL)                                                               \
	const struct lock_kind lock_kind_##id = { .kind.name = #id,                    \
						  .traits = (traits_) | LOCK_READERS,  \
						  .init = prefix##_init,               \
						  .acquire = prefix##_acquire,         \
						  .try_acquire = prefix##_try,         \
						  .release = prefix##_release,         \
						  .acquire_shared =                    \
							  prefix##_acquire_shared,     \
						  .try_shared = prefix##_try_shared,   \
						  .release_shared =                    \
							  prefix##_release_shared,     \
						  .drive = prefix##_drive,             \
						  __VA_ARGS__ }
#define LOCK_DEFINE_RW(id, traits_, ...) LOCK_DEFINE_RW_AS(id, id, traits_, __VA_ARGS__)

/* No lock but a change in one step, PREFIX_add. */
#define LOCK_DEFINE_ADD(id, prefix, traits_, ...)                                      \
	LOCK_LOOPS(prefix, traits_, prefix##_acquire, prefix##_release, NULL, NULL,    \
		   prefix##_add)                                                       \
	const struct lock_kind lock_kind_##id = { .kind.name = #id,                    \
						  .traits = (traits_),                 \
						  .init = prefix##_init,               \
						  .acquire = prefix##_acquire,         \
						  .try_acquire = prefix##_try,         \
						  .release = prefix##_release,         \
						  .add = prefix##_add,                 \
						  .drive = prefix##_drive,             \
						  __VA_ARGS__ }

#endif
