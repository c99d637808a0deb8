/*
 * server_own.c - the methods that our own workers use.
 *
 *   concbench_hello(protocol, who, token, side) -> (run, lease_ns, over)
 *   concbench_swap([(number, attempt, status, result)...], want, timeout)
 *                       -> ([(number, attempt, task)...], over)
 *   concbench_back(number)   -> None    the task undone
 *   concbench_extend()       -> None    on the side connection: a sign of life
 *   concbench_clock()        -> int     nanoseconds
 *   concbench_trace(bytes)   -> None
 *   concbench_near()         -> text    name of a Unix domain socket that serves, too
 *
 * One swap gives results and takes tasks: a round trip a task, or less.
 */
#include "core/dist/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const own_methods[] = {
	"concbench_back", "concbench_clock", "concbench_extend", "concbench_hello",
	"concbench_near", "concbench_swap",  "concbench_trace",	 NULL,
};

/* Whether the arguments are of these types: a letter each: i t(ext) y(bytes) l(ist)
 * f(number) b(ool). */
static bool
are(const struct value *args, const char *types)
{
	double number;
	size_t i;

	if (args->seq.n != strlen(types))
		return false;
	for (i = 0; types[i] != '\0'; i++) {
		const struct value *v = args->seq.item[i];
		const bool fits = types[i] == 'i'   ? v->type == VALUE_INT
				  : types[i] == 't' ? v->type == VALUE_TEXT
				  : types[i] == 'y' ? v->type == VALUE_BYTES
				  : types[i] == 'l' ? v->type == VALUE_LIST
				  : types[i] == 'b' ? v->type == VALUE_BOOL
						    : value_number(v, &number);

		if (!fits)
			return false;
	}
	return true;
}

/* A name that is shown: printable, cut. */
static void
copy_name(char *to, size_t size, const struct value *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->bytes.n && n + 1 < size; i++) {
		const uint8_t c = text->bytes.at[i];

		to[n++] = c > ' ' && c < 0x7f ? (char)c : '?';
	}
	to[n] = '\0';
}

static void
hello(struct dist_master *m, struct peer *p, const struct value *args)
{
	struct value *const *item = args->seq.item;
	size_t begin;

	if (!are(args, "ittb") || item[0]->integer != PROTOCOL || p->own ||
	    p->nowed > 0 || item[2]->bytes.n != sizeof(p->token)) {
		reply_failure(m, p, "this worker is of another version");
		return;
	}
	p->own = true;
	p->side = item[3]->integer != 0;
	memcpy(&p->token, item[2]->bytes.at, sizeof(p->token));
	ledger_owner_init(&p->owner, "", false);
	copy_name(p->owner.who, sizeof(p->owner.who), item[1]);
	if (!p->side)
		m->ledger.n.workers++;
	begin = reply_begin(p, "#RETURN");
	pickle_text(&p->out, m->run);
	pickle_uint(&p->out, m->ledger.lease_ns);
	pickle_bool(&p->out, m->over);
	pickle_tuple_n(&p->out, 3);
	reply_end(m, p, begin);
}

void
own_answer(struct dist_master *m, struct peer *p)
{
	const uint64_t now_ns = clock_ns();
	struct ledger_task *t;
	size_t begin;
	bool first = true;

	peer_stop_waiting(m, p);
	begin = reply_begin(p, "#RETURN");
	for (int64_t i = 0; i < p->want && wire_bytes(&p->out) < DIST_PAYLOAD_MAX / 4;
	     i++) {
		t = m->over ? NULL : ledger_take(&m->ledger, &p->owner, now_ns);
		if (t == NULL)
			break;
		if (t->until_ns < m->leases_ns)
			m->leases_ns = t->until_ns;
		if (first)
			pickle_list_begin(&p->out);
		first = false;
		pickle_uint(&p->out, t->number);
		pickle_int(&p->out, t->attempt);
		wire_add(&p->out, t->payload, t->bytes);
		pickle_tuple_n(&p->out, 3);
	}
	if (first)
		pickle_tuple_n(&p->out, 0);
	else
		pickle_list_end(&p->out);
	pickle_bool(&p->out, m->over);
	pickle_tuple_n(&p->out, 2);
	reply_end(m, p, begin);
}

/* One (number, attempt, status, result): 0, -EINVAL, -ENOMEM. */
static int
note_result(struct dist_master *m, struct peer *p, const struct value *v,
	    struct wire *body)
{
	struct value *const *item = v->seq.item;
	struct dist_result r = { .who = p->owner.who };
	int rc;

	if (v->type != VALUE_TUPLE || v->seq.n != 4 || item[0]->type != VALUE_INT ||
	    item[1]->type != VALUE_INT || item[2]->type != VALUE_INT)
		return -EINVAL;
	wire_taken(body, wire_bytes(body));
	if (pickle_value(body, item[3]) != 0)
		return -EINVAL;
	r.number = (uint64_t)item[0]->integer;
	r.attempt = (uint32_t)item[1]->integer;
	r.status = (int)item[2]->integer;
	r.payload = body->at + body->from;
	r.bytes = wire_bytes(body);
	rc = body->lacks_memory ? -ENOMEM : ledger_give(&m->ledger, &r);
	return rc < 0 ? rc : 0;
}

static void
swap(struct dist_master *m, struct peer *p, const struct value *args)
{
	struct value *const *item = args->seq.item;
	struct wire body = { .at = NULL };
	double seconds;
	int rc = 0;

	if (!p->own || p->side || !are(args, "lif") || item[1]->integer < 0) {
		reply_failure(m, p, "a swap that is none");
		return;
	}
	for (size_t i = 0; i < item[0]->seq.n && rc == 0; i++)
		rc = note_result(m, p, item[0]->seq.item[i], &body);
	wire_fini(&body);
	if (rc != 0) {
		reply_failure(m, p,
			      rc == -ENOMEM ? "no memory for a result"
					    : "a result that is none");
		return;
	}
	p->want = item[1]->integer;
	value_number(item[2], &seconds);
	ledger_extend(&m->ledger, &p->owner, clock_ns());
	peer_wait(m, p, WAITS_SWAP,
		  clock_ns() +
			  (uint64_t)(seconds > 0 && seconds < 1e6 ? seconds * 1e9 : 0));
	if (p->want == 0 || !(seconds > 0) || m->over ||
	    (m->waiting == p && m->ledger.n.queued > 0))
		own_answer(m, p);
}

/* The main connection of the worker whose side connection this is. */
static struct peer *
main_of(const struct dist_master *m, const struct peer *side)
{
	struct peer *p = m->peers;

	while (p != NULL && (!p->own || p->side || p->token != side->token))
		p = p->next;
	return p;
}

static void
extend(struct dist_master *m, struct peer *p)
{
	struct peer *worker = p->own ? main_of(m, p) : NULL;

	if (worker != NULL)
		ledger_extend(&m->ledger, &worker->owner, clock_ns());
	reply_none(m, p);
}

static void
back(struct dist_master *m, struct peer *p, const struct value *args)
{
	if (p->own && !p->side && are(args, "i"))
		ledger_give_back(&m->ledger, &p->owner,
				 (uint64_t)args->seq.item[0]->integer);
	reply_none(m, p);
}

static void
near(struct dist_master *m, struct peer *p)
{
	const size_t begin = reply_begin(p, "#RETURN");

	pickle_text(&p->out, m->near);
	reply_end(m, p, begin);
}

static void
trace(struct dist_master *m, struct peer *p, const struct value *args)
{
	const struct value *v = args->seq.n == 1 ? args->seq.item[0] : NULL;

	if (p->own && v != NULL && v->type == VALUE_BYTES && m->config.on_trace != NULL)
		m->config.on_trace(m->config.arg, p->owner.who, v->bytes.at,
				   v->bytes.n);
	reply_none(m, p);
}

bool
own_call(struct dist_master *m, struct peer *p, const char *method,
	 const struct value *args)
{
	if (strncmp(method, "concbench_", 10) != 0)
		return false;
	method += 10;
	if (strcmp(method, "swap") == 0)
		swap(m, p, args);
	else if (strcmp(method, "extend") == 0)
		extend(m, p);
	else if (strcmp(method, "clock") == 0)
		reply_int(m, p, (int64_t)clock_ns());
	else if (strcmp(method, "near") == 0)
		near(m, p);
	else if (strcmp(method, "back") == 0)
		back(m, p, args);
	else if (strcmp(method, "trace") == 0)
		trace(m, p, args);
	else if (strcmp(method, "hello") == 0)
		hello(m, p, args);
	else
		return false;
	return true;
}
