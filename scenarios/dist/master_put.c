/*
 * master_put.c - what the master puts: numbers, or the items of a COMMAND.
 *
 * Outputs of commands are passed on in the order of their items, so no more is put than
 * can wait for its turn.
 */
#include "scenarios/dist/master.h"

#include "core/rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct event_type event_put = {
	.name = "put",
	.phase = EVENT_INSTANT,
	.say = "Put task {a}...",
	.key_a = "n",
};

static const struct event_type event_put_command = {
	.name = "put",
	.phase = EVENT_INSTANT,
	.say = "Put task {a}: {s}",
	.key_a = "task",
	.key_s = "item",
};

static const struct event_type event_send = { .name = "send",
					      .phase = EVENT_SEND,
					      .key_a = "task" };

static const struct event_type event_try = { .name = "try",
					     .phase = EVENT_INSTANT,
					     .say = "Try get results..." };

void
master_choose_items(struct master *x)
{
	const struct run *run = x->run;

	x->template =
		(struct template){ .argc = items_choose(&x->items, run->argc, run->argv,
							(uint64_t)x->o->tasks,
							x->o->null_ends),
				   .argv = run->argv,
				   .shell = x->o->shell };
	x->template.bare = x->items.count != 0;
}

/* The next command into x->payload: 1, 0 (end, or later), -errno. */
static int
next_command(struct master *x, struct err *e)
{
	const char *item;
	char **words;
	int rc;

	do {
		rc = items_next(&x->items, &item, e);
		x->later = rc == ITEM_LATER;
		if (rc != ITEM_GIVEN) {
			x->at_end = rc == ITEM_NONE;
			return rc < 0 ? rc : 0;
		}
	} while (x->skip > 0 && x->skip-- > 0);
	words = template_words(&x->template, item, x->put);
	if (words == NULL)
		return err_set(e, ENOMEM, "no memory for a command");
	dist_put_command(&x->payload, words);
	free(words);
	snprintf(x->item, sizeof(x->item), "%s", item);
	return 1;
}

/* The next number: the same for the same seed and place, so that a master that was
 * started again goes on as the first would have. */
static int
next_number(struct master *x)
{
	const uint64_t tasks =
		x->o->tasks != 0 ? (uint64_t)x->o->tasks : DIST_TASKS_DEFAULT;
	struct rng rng;

	x->at_end = x->put >= tasks;
	if (x->at_end)
		return 0;
	rng_init(&rng, x->run->seed, x->put);
	x->number = (int64_t)rng_below(&rng, DIST_NUMBER_MAX + 1);
	dist_put_number(&x->payload, x->number);
	return 1;
}

static void
tell_put(const struct master *x)
{
	if (x->commands)
		trace_emit(&event_put_command, (int64_t)x->put, 0, x->item);
	else
		trace_emit(&event_put, x->number, 0, NULL);
	trace_emit(&event_send, (int64_t)x->put, 0, NULL);
}

/* Puts one task: 1; 0 when there is none now, or no room; -errno. */
static int
put_one(struct master *x, struct err *e)
{
	int rc = 1;

	if (x->commands && x->put - x->outputs.next >= x->outputs.nslots)
		return 0;
	if (wire_bytes(&x->payload) == 0)
		rc = x->commands ? next_command(x, e) : next_number(x);
	if (rc == 1 && x->payload.lacks_memory)
		rc = err_set(e, ENOMEM, "no memory for a task");
	if (rc != 1)
		return rc;
	rc = x->engine->put(x->m, x->payload.at + x->payload.from,
			    wire_bytes(&x->payload), e);
	if (rc != 1)
		return rc;
	wire_taken(&x->payload, wire_bytes(&x->payload));
	tell_put(x);
	x->put++;
	return 1;
}

int
master_put(struct master *x, struct err *e)
{
	const bool was_at_end = x->at_end;
	int rc = 1;

	while (rc == 1 && !x->at_end)
		rc = put_one(x, e);
	if (rc >= 0 && x->at_end && !was_at_end) {
		trace_emit(&event_try, 0, 0, NULL);
		rc = x->engine->flush(x->m, e);
	}
	return rc < 0 ? rc : 0;
}
