/*
 * contender.c - what each contender does: acquire, change the balance, release.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/rng.h"

#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An update dawdles at most so often, and waits at most so long for the others. */
enum { LINGERS_MAX = 64 };
#define LINGER_NS (10 * NS_PER_MS)

/* Waits from here on are shown when not each step is; at most so many of one role. */
#define SHOWN_NS (100 * NS_PER_US)
enum { SHOWN_MAX = 500 };

static const struct event_type running_event = {
	.name = "running",
	.phase = EVENT_BEGIN,
	.say = "▶ {a} rounds: balance + {b}, balance - {b}",
	.key_a = "rounds",
	.key_b = "amount",
	.span = "running",
};
static const struct event_type ended_event = {
	.name = "ended",
	.phase = EVENT_END,
	.say = "✔ rounds done: {a}, waits: {b}",
	.key_a = "rounds",
	.key_b = "waits",
};
static const struct event_type wait_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
	.say = "░ waits for the lock, held by {a}",
	.key_a = "owner",
	.unit_a = EVENT_PID,
	.span = "waits for the lock",
};
/* The same, told afterwards: waits of long runs, too many to be said. */
static const struct event_type quiet_wait_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
	.span = "waits for the lock",
};
static const struct event_type waited_event = {
	.name = "waited",
	.phase = EVENT_END,
};
static const struct event_type acquired_event = {
	.name = "acquired",
	.say = "▶ acquired, round {a}",
	.key_a = "round",
};
static const struct event_type released_event = {
	.name = "released",
	.say = "■ released, balance {a}",
	.key_a = "balance",
};
static const struct event_type timed_out_event = {
	.name = "timed_out",
	.say = "✖ round {a}: no lock after {b}, acquire returns false",
	.key_a = "round",
	.key_b = "waited_ns",
	.unit_b = EVENT_NS,
};
static const struct event_type busy_event = {
	.name = "busy",
	.say = "✖ round {a}: the lock is held by {b}, acquire returns false",
	.key_a = "round",
	.key_b = "owner",
	.unit_b = EVENT_PID,
};
static const struct event_type failed_event = {
	.name = "failed",
	.say = "✖ round {a} fails with the lock held; it is released on the way out",
	.key_a = "round",
};
static const struct event_type dies_event = {
	.name = "dies",
	.say = "✖ killed with the lock held and half a change of {a} done",
	.key_a = "amount",
};
static const struct event_type repaired_event = {
	.name = "repaired",
	.say = "● EOWNERDEAD: its holder is dead; takes back its half change of {a}",
	.key_a = "amount",
};

/* One contender at work. */
struct contender {
	struct contest *c;
	struct contest_seat *seat;
	int number;
	int64_t amount;
	struct rng rng;
	atom_u32 *cancel;
	uint64_t shown; /* waits of a long run in the trace */
};

int64_t
contest_amount(int number)
{
	return 5 + 3 * (int64_t)number; /* 5 and 8, as the tutorials have it */
}

/* What the others did so far, and whether one of them may do more without us. */
static bool
others_run(const struct contender *w, uint64_t *progress)
{
	const struct contest_shared *sh = w->c->shared;
	bool run = false;

	*progress = 0;
	for (int i = 0; i < w->c->n; i++) {
		const uint32_t phase = atom_load_rlx(&sh->seat[i].phase);

		if (i == w->number)
			continue;
		*progress += atom_load_rlx(&sh->seat[i].progress);
		run |= phase == PHASE_NEW || phase == PHASE_RUNNING;
	}
	return run;
}

/*
 * Dawdles in the middle of an update until another contender has moved on, so that
 * without a lock an update is surely lost, on one CPU, too; or until they all wait for
 * us, as they do with a lock.
 */
static void
linger(struct contender *w)
{
	const uint64_t deadline_ns = clock_deadline_ns(LINGER_NS);
	uint64_t before, now;

	w->seat->lingered++;
	atom_store_rlx(&w->seat->phase, PHASE_LINGERING);
	others_run(w, &before);
	/* By two, for the first step may be of an update from before. */
	while (others_run(w, &now) && now < before + 2 && clock_ns() < deadline_ns)
		sched_yield();
	atom_store_rlx(&w->seat->phase, PHASE_RUNNING);
}

static void
update(struct contender *w, int64_t amount, bool dawdle)
{
	const struct lock_kind *kind = w->c->kind;
	struct lock_section *s = &w->c->shared->section;
	uint64_t number;

	if (kind->add != NULL) {
		kind->add(&s->loose, CONTEST_UPDATE(amount));
	} else if (kind->traits & LOCK_EXCLUDES) {
		number = s->value;
		if (dawdle)
			linger(w);
		s->value = number + CONTEST_UPDATE(amount);
	} else {
		number = atom_load_rlx(&s->loose);
		if (dawdle)
			linger(w);
		atom_store_rlx(&s->loose, number + CONTEST_UPDATE(amount));
	}
	w->seat->updates++;
	w->seat->sum += amount;
	atom_add_rlx(&w->seat->progress, 1);
}

/* Stays in the section, or out of it; a stop ends it. */
static void
stay(struct contender *w, const struct param_amount *amount)
{
	const uint64_t ns = lock_amount_draw(amount, &w->rng);
	const uint64_t deadline_ns = clock_deadline_ns(ns);

	if (ns == 0)
		return;
	while (atom_load_rlx(w->cancel) == 0 && clock_ns() < deadline_ns)
		futex_wait(w->cancel, 0, deadline_ns);
}

/* Waits for a lock that another holds. As acquire(), or -ETIMEDOUT. */
static int
wait_for_it(struct contender *w)
{
	struct contest *c = w->c;
	struct contest_seat *s = w->seat;
	const uint64_t timeout_ns = c->timeout_ns, begin_ns = clock_ns();
	uint64_t end_ns;
	int rc;

	atom_store_rlx(&s->phase, PHASE_WAITING);
	if (c->told)
		trace_emit(&wait_event, atom_load_rlx(&c->shared->owner), 0, NULL);
	if (timeout_ns > 0)
		rc = lock_acquire_until(c->kind, c->shared->state, s->node,
					clock_deadline_ns(timeout_ns));
	else
		rc = c->kind->acquire(c->shared->state, s->node);
	end_ns = clock_ns();
	atom_store_rlx(&s->phase, PHASE_RUNNING);
	/* Without a try it is not known whether it had to. */
	s->waits += c->kind->try_acquire != NULL;
	s->waited_ns += end_ns - begin_ns;
	if (c->told) {
		trace_emit(&waited_event, 0, 0, NULL);
	} else if (end_ns - begin_ns >= SHOWN_NS && w->shown++ < SHOWN_MAX) {
		trace_emit_at(begin_ns, &quiet_wait_event, 0, 0, NULL);
		trace_emit_at(end_ns, &waited_event, 0, 0, NULL);
	}
	return rc;
}

/* A holder died: what it left half done is taken back, then the lock is as new. */
static int
repair(struct contender *w)
{
	struct contest_shared *sh = w->c->shared;
	const int64_t half = sh->pending;

	if (half != 0)
		update(w, -half, false);
	sh->pending = 0;
	w->seat->repaired++;
	trace_emit(&repaired_event, half, 0, NULL);
	return w->c->kind->repair(sh->state);
}

/* 0: it has the lock; -EBUSY, -ETIMEDOUT: it has not; else what went wrong. */
static int
take(struct contender *w, int64_t round)
{
	struct contest *c = w->c;
	const uint64_t begin_ns = c->told ? clock_ns() : 0;
	int rc = c->kind->try_acquire != NULL
			 ? c->kind->try_acquire(c->shared->state, w->seat->node)
			 : -EBUSY;

	if (rc == -EBUSY && !c->o->try_only)
		rc = wait_for_it(w);
	if (rc == -EBUSY || rc == -ETIMEDOUT) {
		w->seat->missed++;
		if (c->told && rc == -EBUSY)
			trace_emit(&busy_event, round, atom_load_rlx(&c->shared->owner),
				   NULL);
		else if (c->told)
			trace_emit(&timed_out_event, round,
				   (int64_t)(clock_ns() - begin_ns), NULL);
		return rc;
	}
	if (rc == -EOWNERDEAD)
		rc = repair(w);
	if (rc != 0)
		return rc;
	atom_store_rlx(&c->shared->owner, w->seat->tid);
	if (c->kind->traits & LOCK_EXCLUDES)
		lock_note_holder(&c->shared->section, w->number);
	if (c->told)
		trace_emit(&acquired_event, round, 0, NULL);
	return 0;
}

/* In the middle of its change, once all others wait for the lock. Does not return. */
static void
die_holding(struct contender *w)
{
	const uint64_t deadline_ns = clock_deadline_ns(NS_PER_S);
	uint64_t progress;

	trace_emit(&dies_event, w->amount, 0, NULL);
	while (others_run(w, &progress) && clock_ns() < deadline_ns)
		sched_yield();
	kill(getpid(), SIGKILL);
}

/* True when the round fails before it has changed anything. */
static bool
fails(const struct contender *w, int64_t round)
{
	return w->number == 0 && w->c->o->fail_at == round;
}

static int
release(struct contender *w)
{
	struct contest *c = w->c;
	const struct lock_section *s = &c->shared->section;
	const uint64_t number =
		c->kind->traits & LOCK_EXCLUDES ? s->value : atom_load_rlx(&s->loose);

	atom_store_rlx(&c->shared->owner, 0);
	if (c->told)
		trace_emit(&released_event, (int32_t)(number >> 32), 0, NULL);
	return c->kind->release(c->shared->state, w->seat->node);
}

/* 0 to go on, or what ends this contender's rounds. */
static int
one_round(struct contender *w, int64_t round)
{
	const struct lock_opts *o = w->c->o;
	const bool dawdle =
		w->seat->lingered < LINGERS_MAX &&
		(rng_below(&w->rng, 64) == 0 || round == (o->iterations + 1) / 2);
	const bool in_second = dawdle && rng_below(&w->rng, 2) == 1;
	struct contest_shared *sh = w->c->shared;
	int rc = take(w, round);

	atom_add_rlx(&w->seat->progress, 1);
	if (rc == -EBUSY || rc == -ETIMEDOUT)
		return o->kill_holder ? rc : 0;
	if (rc != 0)
		return rc;
	w->seat->rounds++;
	w->seat->failed = fails(w, round);
	if (w->seat->failed) {
		trace_emit(&failed_event, round, 0, NULL);
	} else {
		if (o->kill_holder)
			sh->pending = w->amount;
		update(w, w->amount, dawdle && !in_second);
		if (o->kill_holder && w->number == 0)
			die_holding(w);
		stay(w, &o->hold);
		update(w, -w->amount, in_second);
		if (o->kill_holder)
			sh->pending = 0;
	}
	rc = release(w);
	if (rc == 0)
		stay(w, &o->think);
	return rc == 0 && w->seat->failed ? -ECANCELED : rc;
}

int
contest_contend(struct crew *crew, int number, void *arg)
{
	struct contest *c = arg;
	struct contest_seat *s = &c->shared->seat[number];
	struct contender w = { .c = c,
			       .seat = s,
			       .number = number,
			       .amount = contest_amount(number),
			       .cancel = &crew->block[number].cancel };
	int64_t round;
	int rc = 0;

	rng_init(&w.rng, c->run->seed, (uint64_t)number);
	s->tid = (int32_t)syscall(SYS_gettid);
	while (atom_load_rlx(&c->shared->gate) == 0)
		futex_wait(&c->shared->gate, 0, FUTEX_FOREVER);
	atom_store_rlx(&s->phase, PHASE_RUNNING);
	s->begin_ns = clock_ns();
	trace_emit(&running_event, c->o->iterations, w.amount, NULL);
	/* The others come when the one to be killed has the lock. */
	while (c->o->kill_holder && number > 0 &&
	       atom_load_rlx(&c->shared->seat[0].progress) == 0 &&
	       atom_load_rlx(w.cancel) == 0)
		sched_yield();
	for (round = 1; round <= c->o->iterations && rc == 0; round++)
		rc = atom_load_rlx(w.cancel) != 0 ? -ECANCELED : one_round(&w, round);
	if (rc != 0 && rc != -ECANCELED && rc != -EBUSY && rc != -ETIMEDOUT)
		s->error = -rc;
	atom_store_rlx(&s->phase, PHASE_DONE);
	s->end_ns = clock_ns();
	trace_emit(&ended_event, (int64_t)s->rounds, (int64_t)s->waits, NULL);
	return s->error != 0;
}
