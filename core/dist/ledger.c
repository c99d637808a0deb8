/*
 * ledger.c - the books of the embedded engine.
 *
 * Leases of one kind all last equally long, so the line of them is in order of their
 * ends when a lease that begins anew goes to its end: no heap is needed.
 */
#include "core/dist/ledger.h"

#include "core/clock.h"
#include "core/dist/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASK_OF(link, field)                                                           \
	((struct ledger_task *)(void *)((char *)(link)-offsetof(struct ledger_task,    \
								field)))

static void
ring_init(struct ledger_link *ring)
{
	ring->prev = ring->next = ring;
}

static void
insert_before(struct ledger_link *at, struct ledger_link *new)
{
	new->prev = at->prev;
	new->next = at;
	at->prev->next = new;
	at->prev = new;
}

static void
take_out(struct ledger_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

void
ledger_init(struct ledger *l)
{
	*l = (struct ledger){ .bound = UINT64_MAX,
			      .lease_ns = UINT64_MAX,
			      .plain_lease_ns = UINT64_MAX };
	ring_init(&l->queue);
	ring_init(&l->leases);
	ring_init(&l->plain_leases);
	l->last = &l->first;
}

void
ledger_owner_init(struct ledger_owner *o, const char *who, bool patient)
{
	*o = (struct ledger_owner){ .patient = patient };
	ring_init(&o->tasks);
	snprintf(o->who, sizeof(o->who), "%s", who);
}

void
ledger_fini(struct ledger *l)
{
	struct ledger_result *r;

	for (size_t i = 0; i < l->ntasks; i++)
		free(l->task[i]);
	free(l->task);
	while ((r = ledger_result(l)) != NULL)
		free(r);
	*l = (struct ledger){ .task = NULL };
}

static struct ledger_task *
find(const struct ledger *l, uint64_t number)
{
	return number >= l->base && number - l->base < l->ntasks
		       ? l->task[number - l->base]
		       : NULL;
}

/* Forgets the tasks at the front that are over, so that the window moves on. */
static void
forget_old(struct ledger *l)
{
	size_t over = 0;

	while (over < l->ntasks && l->task[over] == NULL)
		over++;
	if (over < 1024 || over < l->ntasks / 2)
		return;
	memmove(l->task, l->task + over,
		(l->ntasks - over) * sizeof(struct ledger_task *));
	l->base += over;
	l->ntasks -= over;
}

static int
make_room(struct ledger *l)
{
	const size_t room = l->room == 0 ? 64 : 2 * l->room;
	struct ledger_task **wider;

	forget_old(l);
	if (l->ntasks < l->room)
		return 0;
	wider = realloc(l->task, room * sizeof(struct ledger_task *));
	if (wider == NULL)
		return -ENOMEM;
	l->task = wider;
	l->room = room;
	return 0;
}

int
ledger_replay_put(struct ledger *l, const void *payload, size_t bytes)
{
	struct ledger_task *t;

	if (make_room(l) != 0)
		return -ENOMEM;
	t = malloc(sizeof(*t) + bytes);
	if (t == NULL)
		return -ENOMEM;
	*t = (struct ledger_task){ .number = l->n.put++, .bytes = bytes };
	if (bytes > 0)
		memcpy(t->payload, payload, bytes);
	l->task[l->ntasks++] = t;
	insert_before(&l->queue, &t->line);
	l->n.queued++;
	return 1;
}

bool
ledger_has_room(const struct ledger *l)
{
	return l->n.queued + l->n.leased < l->bound;
}

int
ledger_put(struct ledger *l, const void *payload, size_t bytes)
{
	int rc;

	if (!ledger_has_room(l))
		return 0;
	rc = ledger_replay_put(l, payload, bytes);
	if (rc == 1 && l->journal != NULL)
		journal_put(l->journal, payload, bytes);
	return rc;
}

struct ledger_task *
ledger_take(struct ledger *l, struct ledger_owner *o, uint64_t now_ns)
{
	const uint64_t lease_ns = o->patient ? l->plain_lease_ns : l->lease_ns;
	struct ledger_task *t;

	if (l->queue.next == &l->queue)
		return NULL;
	t = TASK_OF(l->queue.next, line);
	take_out(&t->line);
	insert_before(o->patient ? &l->plain_leases : &l->leases, &t->line);
	insert_before(&o->tasks, &t->owned);
	t->owner = o;
	t->until_ns = lease_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + lease_ns;
	t->attempt++;
	o->ntasks++;
	l->n.queued--;
	l->n.leased++;
	return t;
}

/* Takes a task out of wherever it is. */
static void
detach(struct ledger *l, struct ledger_task *t)
{
	take_out(&t->line);
	if (t->owner == NULL) {
		l->n.queued--;
		return;
	}
	take_out(&t->owned);
	t->owner->ntasks--;
	t->owner = NULL;
	l->n.leased--;
}

static void
requeue(struct ledger *l, struct ledger_task *t)
{
	detach(l, t);
	insert_before(l->queue.next, &t->line);
	l->n.queued++;
}

/* Adds a result to those that wait for the master. */
static int
keep_result(struct ledger *l, const struct dist_result *r)
{
	const char *who = r->who != NULL ? r->who : "";
	const size_t n = strlen(who) + 1;
	struct ledger_result *k = malloc(sizeof(*k) + r->bytes + n);

	if (k == NULL)
		return -ENOMEM;
	*k = (struct ledger_result){ .r = *r };
	k->r.payload = k + 1;
	k->r.who = (char *)(k + 1) + r->bytes;
	if (r->bytes > 0)
		memcpy(k + 1, r->payload, r->bytes);
	memcpy((char *)(k + 1) + r->bytes, who, n);
	*l->last = k;
	l->last = &k->next;
	return 0;
}

int
ledger_replay_result(struct ledger *l, const struct dist_result *r)
{
	struct ledger_task *t = find(l, r->number);

	if (t == NULL) {
		l->n.duplicates++;
		return 0;
	}
	if (keep_result(l, r) != 0)
		return -ENOMEM;
	detach(l, t);
	l->task[r->number - l->base] = NULL;
	free(t);
	if (r->dead)
		l->n.dead++;
	else
		l->n.done++;
	return 1;
}

int
ledger_give(struct ledger *l, const struct dist_result *r)
{
	const int rc = ledger_replay_result(l, r);

	if (rc == 1 && l->journal != NULL)
		journal_result(l->journal, r);
	return rc;
}

/* A task comes back without a result: once more, or never again. */
static int
come_back(struct ledger *l, struct ledger_task *t, const char *why)
{
	char text[160];
	struct dist_result r = { .number = t->number,
				 .attempt = t->attempt,
				 .dead = true,
				 .payload = text,
				 .who = t->owner->who };

	l->n.redelivered++;
	if (t->attempt <= l->retries) {
		if (l->journal != NULL)
			journal_attempt(l->journal, t->number, t->attempt);
		requeue(l, t);
		return 0;
	}
	r.bytes = (size_t)snprintf(
		text, sizeof(text), "given up after %u attempts: %s %s", t->attempt,
		t->owner->who[0] != '\0' ? t->owner->who : "a worker", why);
	if (r.bytes >= sizeof(text))
		r.bytes = sizeof(text) - 1;
	l->n.redelivered--;
	return ledger_give(l, &r) < 0 ? -ENOMEM : 0;
}

bool
ledger_give_back(struct ledger *l, struct ledger_owner *o, uint64_t number)
{
	struct ledger_task *t = find(l, number);

	if (t == NULL || t->owner != o)
		return false;
	t->attempt--;
	requeue(l, t);
	return true;
}

int
ledger_release(struct ledger *l, struct ledger_owner *o, const char *why)
{
	int rc = 0;

	/* The last goes first, so that they stand in the queue in their old order. */
	while (o->tasks.prev != &o->tasks && rc == 0)
		rc = come_back(l, TASK_OF(o->tasks.prev, owned), why);
	return rc;
}

void
ledger_extend(struct ledger *l, struct ledger_owner *o, uint64_t now_ns)
{
	struct ledger_link *i;

	if (o->patient || l->lease_ns > UINT64_MAX - now_ns)
		return;
	for (i = o->tasks.next; i != &o->tasks; i = i->next) {
		struct ledger_task *t = TASK_OF(i, owned);

		t->until_ns = now_ns + l->lease_ns;
		take_out(&t->line);
		insert_before(&l->leases, &t->line);
	}
}

static int
expire_line(struct ledger *l, struct ledger_link *line, uint64_t now_ns,
	    uint64_t *next_ns)
{
	int rc = 0;

	while (line->next != line && rc == 0) {
		struct ledger_task *t = TASK_OF(line->next, line);

		if (t->until_ns > now_ns) {
			if (t->until_ns < *next_ns)
				*next_ns = t->until_ns;
			break;
		}
		rc = come_back(l, t, "gave no sign of life in time");
	}
	return rc;
}

int
ledger_expire(struct ledger *l, uint64_t now_ns, uint64_t *next_ns)
{
	int rc;

	*next_ns = UINT64_MAX;
	rc = expire_line(l, &l->leases, now_ns, next_ns);
	return rc != 0 ? rc : expire_line(l, &l->plain_leases, now_ns, next_ns);
}

struct ledger_result *
ledger_result(struct ledger *l)
{
	struct ledger_result *r = l->first;

	if (r == NULL)
		return NULL;
	l->first = r->next;
	if (l->first == NULL)
		l->last = &l->first;
	return r;
}

void
ledger_replay_attempt(struct ledger *l, uint64_t number, uint32_t attempt)
{
	struct ledger_task *t = find(l, number);

	if (t != NULL)
		t->attempt = attempt;
}
