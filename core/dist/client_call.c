/*
 * client_call.c - requests to a manager, and what its replies mean.
 */
#include "core/dist/client.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

size_t
client_begin(struct client *c, const char *ident, const char *method)
{
	const size_t begin = wire_begin(&c->out);

	pickle_begin(&c->out);
	pickle_mark(&c->out);
	if (ident != NULL)
		pickle_text(&c->out, ident);
	else
		pickle_none(&c->out);
	pickle_text(&c->out, method);
	pickle_mark(&c->out);
	return begin;
}

void
client_end(struct client *c, size_t begin)
{
	pickle_tuple(&c->out);
	pickle_empty_dict(&c->out);
	pickle_tuple(&c->out);
	pickle_end(&c->out);
	wire_end(&c->out, begin);
}

/* The last line of a text of the other side, printable and cut. */
static int
remote_failure(const struct value *v, struct err *e)
{
	char line[160];
	size_t n = 0, from = 0, end;

	if (v->type != VALUE_TEXT)
		return err_set(e, EREMOTEIO, "the master raised %s",
			       value_exception(v));
	end = v->bytes.n;
	while (end > 0 && v->bytes.at[end - 1] == '\n')
		end--;
	for (size_t i = 0; i < end; i++)
		if (v->bytes.at[i] == '\n')
			from = i + 1;
	for (size_t i = from; i < end && n + 1 < sizeof(line); i++)
		line[n++] = isprint(v->bytes.at[i]) ? (char)v->bytes.at[i] : '?';
	line[n] = '\0';
	return err_set(e, EREMOTEIO, "the master says: %s", line);
}

/* What a reply (kind, value) means. */
static int
understand(const struct value *reply, const struct value **v, struct err *e)
{
	const struct value *kind;

	if (reply->type != VALUE_TUPLE || reply->seq.n != 2)
		return err_set(e, EBADMSG, "a reply that is none");
	kind = reply->seq.item[0];
	*v = reply->seq.item[1];
	if (value_is_text(kind, "#RETURN"))
		return 0;
	if (value_is_text(kind, "#ERROR")) {
		if (strcmp(value_exception(*v), "Empty") == 0)
			return err_set(e, ENOENT, "the queue is empty");
		if (strcmp(value_exception(*v), "ShutDown") == 0)
			return err_set(e, ESHUTDOWN, "the queue is shut down");
	}
	return remote_failure(*v, e);
}

int
client_receive(struct client *c, uint64_t deadline_ns, const struct value **v,
	       struct err *e)
{
	struct pickle p = { .value = NULL };
	const uint8_t *message;
	size_t n, whole;
	int rc;

	if (c->reply_bytes > 0)
		wire_taken(&c->in, c->reply_bytes);
	c->reply_bytes = 0;
	rc = client_message(c, CLIENT_REPLY_MAX, deadline_ns, &message, &n, &whole, e);
	if (rc != 0)
		return rc;
	c->reply_bytes = whole;
	arena_reset(&c->arena);
	rc = pickle_read(&c->arena, message, n, &p, e);
	return rc != 0 ? rc : understand(p.value, v, e);
}

int
client_call(struct client *c, uint64_t deadline_ns, const struct value **v,
	    struct err *e)
{
	const int rc = client_send(c, deadline_ns, e);

	return rc != 0 ? rc : client_receive(c, deadline_ns, v, e);
}

int
client_control(struct client *c, const char *method, const char *text,
	       uint64_t deadline_ns, const struct value **v, struct err *e)
{
	int rc = client_connect(c, deadline_ns, e);
	size_t begin;

	if (rc != 0)
		return rc;
	begin = client_begin(c, NULL, method);
	pickle_text(&c->out, text);
	client_end(c, begin);
	return client_call(c, deadline_ns, v, e);
}
