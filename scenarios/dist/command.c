/*
 * command.c - outputs of commands that ran elsewhere: whole, and in order.
 */
#include "scenarios/dist/dist_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 20 };

/* What came of a command whose turn has not come. */
struct output {
	uint64_t number;
	int status;
	bool dead;
	size_t n[2]; /* bytes of the two streams, one behind the other */
	char who[DIST_WHO_MAX];
	uint8_t bytes[];
};

int
outputs_open(struct outputs *u, struct run *run, size_t bound, struct err *e)
{
	*u = (struct outputs){ .run = run, .nslots = bound };
	u->slot = calloc(bound, sizeof(struct output *));
	return u->slot != NULL ? 0 : err_set(e, ENOMEM, "no memory for outputs");
}

void
outputs_close(struct outputs *u)
{
	for (size_t i = 0; u->slot != NULL && i < u->nslots; i++)
		free(u->slot[i]);
	free(u->slot);
	u->slot = NULL;
}

/* Says which command failed; beyond a few they are only counted. */
static void
tell(struct outputs *u, const struct output *o)
{
	u->failed++;
	if (u->told++ >= TOLD_MAX)
		return;
	if (o->dead)
		result_warn(u->run->result, "task %llu: %.*s",
			    (unsigned long long)o->number + 1, (int)o->n[0],
			    (const char *)o->bytes);
	else
		result_warn(u->run->result, "task %llu: exit %d (on %s)",
			    (unsigned long long)o->number + 1, o->status, o->who);
}

static void
pass_on(struct outputs *u, const struct output *o)
{
	struct run *run = u->run;

	for (int i = 0; i < 2 && u->rc == 0 && !o->dead; i++)
		if (o->n[i] > 0)
			u->rc = run->output(run->output_arg, (int64_t)o->number, i + 1,
					    o->bytes + (i == 1 ? o->n[0] : 0), o->n[i]);
	if (o->dead || o->status != 0)
		tell(u, o);
}

/* The two streams of a result; a result of another shape has none. */
static void
read_streams(const struct value *v, const struct value *stream[2])
{
	stream[0] = stream[1] = NULL;
	if (v == NULL || v->type != VALUE_TUPLE || v->seq.n != 2)
		return;
	for (int i = 0; i < 2; i++)
		if (v->seq.item[i]->type == VALUE_BYTES)
			stream[i] = v->seq.item[i];
}

int
outputs_take(struct outputs *u, const struct dist_result *r, const struct value *v,
	     struct err *e)
{
	const struct value *stream[2];
	struct output *o;
	size_t n[2];

	read_streams(v, stream);
	for (int i = 0; i < 2; i++)
		n[i] = stream[i] != NULL ? stream[i]->bytes.n : 0;
	if (r->dead)
		n[0] = r->bytes;
	if (r->number < u->next || r->number - u->next >= u->nslots)
		return err_set(e, EPROTO, "a result out of its time");
	o = calloc(1, sizeof(*o) + n[0] + n[1]);
	if (o == NULL)
		return err_set(e, ENOMEM, "no memory for an output");
	o->number = r->number;
	o->status = r->status != 0 || r->dead || stream[0] != NULL ? r->status : 1;
	o->dead = r->dead;
	snprintf(o->who, sizeof(o->who), "%s", r->who);
	if (r->dead)
		memcpy(o->bytes, r->payload, r->bytes);
	for (int i = 0; i < 2; i++)
		if (stream[i] != NULL && n[i] > 0)
			memcpy(o->bytes + (i == 1 ? n[0] : 0), stream[i]->bytes.at,
			       n[i]);
	o->n[0] = n[0];
	o->n[1] = n[1];
	u->slot[r->number % u->nslots] = o;
	while ((o = u->slot[u->next % u->nslots]) != NULL && o->number == u->next) {
		u->slot[u->next % u->nslots] = NULL;
		pass_on(u, o);
		free(o);
		u->next++;
	}
	return 0;
}
