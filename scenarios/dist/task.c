/*
 * task.c - what a task is, and how a worker does it.
 *
 * A number, as in the tutorial of Python's managers: its square is wanted. A command:
 * ("exec", [word, ...]); its result is (standard output, standard error).
 */
#include "scenarios/dist/dist_run.h"

#include "core/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXEC "exec"
#define GRACE_NS (2 * NS_PER_S)
#define DRAIN_NS (200 * NS_PER_MS)

enum { OUTPUT_MAX = DIST_PAYLOAD_MAX / 2 - 4096 };

void
dist_put_number(struct wire *w, int64_t number)
{
	pickle_int(w, number);
}

void
dist_put_command(struct wire *w, char *const *words)
{
	pickle_text(w, EXEC);
	pickle_list_begin(w);
	for (; *words != NULL; words++)
		pickle_bytes(w, *words, strlen(*words));
	pickle_list_end(w);
	pickle_tuple_n(w, 2);
}

void
dist_put_square(struct wire *w, int64_t number)
{
	char text[96];

	/* Of a number that is too large, no more is asked than that it does not end
	 * the worker. */
	snprintf(text, sizeof(text), "%" PRId64 " * %" PRId64 " = %" PRId64, number,
		 number, (int64_t)((uint64_t)number * (uint64_t)number));
	pickle_text(w, text);
}

/* The sign, if there is to be one, and a number; blanks before either. */
static bool
read_number(const char **at, const char *sign, int64_t *number)
{
	const size_t n = strlen(sign);
	long long read;
	char *end;

	*at += strspn(*at, " ");
	if (strncmp(*at, sign, n) != 0)
		return false;
	*at += n;
	errno = 0;
	read = strtoll(*at, &end, 10);
	*number = read;
	if (end == *at || errno != 0)
		return false;
	*at = end;
	return true;
}

bool
dist_read_square(const struct value *v, int64_t *number, int64_t *square)
{
	char text[96];
	const char *at = text;
	int64_t again;

	if (v->type != VALUE_TEXT || v->bytes.n >= sizeof(text))
		return false;
	memcpy(text, v->bytes.at, v->bytes.n);
	text[v->bytes.n] = '\0';
	return read_number(&at, "", number) && read_number(&at, "*", &again) &&
	       read_number(&at, "=", square) && *number == again &&
	       (uint64_t)*number * (uint64_t)*number == (uint64_t)*square;
}

/* The words of a command: each a text or bytes without a NUL. */
static int
read_words(struct arena *a, const struct value *list, struct dist_todo *todo,
	   struct err *e)
{
	char **words = arena_get(a, (list->seq.n + 1) * sizeof(char *));

	if (words == NULL)
		return err_set(e, ENOMEM, "no memory for a command");
	for (size_t i = 0; i < list->seq.n; i++) {
		const struct value *v = list->seq.item[i];

		if ((v->type != VALUE_TEXT && v->type != VALUE_BYTES) ||
		    (v->bytes.n > 0 && memchr(v->bytes.at, '\0', v->bytes.n) != NULL))
			return err_set(e, EBADMSG, "a command that is none");
		words[i] = arena_get(a, v->bytes.n + 1);
		if (words[i] == NULL)
			return err_set(e, ENOMEM, "no memory for a command");
		memcpy(words[i], v->bytes.at, v->bytes.n);
		words[i][v->bytes.n] = '\0';
	}
	words[list->seq.n] = NULL;
	todo->what = TASK_COMMAND;
	todo->words = words;
	return 0;
}

int
dist_todo_read(struct arena *a, const struct dist_task *t, struct dist_todo *todo,
	       struct err *e)
{
	struct pickle p = { .value = NULL };
	const struct value *v;
	int rc;

	arena_reset(a);
	*todo = (struct dist_todo){ .what = TASK_OTHER };
	rc = pickle_read_body(a, t->payload, t->bytes, &p, e);
	if (rc != 0)
		return rc;
	v = p.value;
	if (v->type == VALUE_INT) {
		todo->what = TASK_NUMBER;
		todo->number = v->integer;
	} else if (v->type == VALUE_TUPLE && v->seq.n == 2 &&
		   value_is_text(v->seq.item[0], EXEC) &&
		   v->seq.item[1]->type == VALUE_LIST && v->seq.item[1]->seq.n > 0) {
		rc = read_words(a, v->seq.item[1], todo, e);
	}
	return rc;
}

/* --- running a command ----------------------------------------------------- */

struct kept {
	struct wire bytes;
	bool too_much;
};

static int
keep(void *arg, const void *data, size_t n)
{
	struct kept *k = arg;

	if (wire_bytes(&k->bytes) + n > OUTPUT_MAX) {
		k->too_much = true;
		return -EFBIG;
	}
	wire_add(&k->bytes, data, n);
	return k->bytes.lacks_memory ? -ENOMEM : 0;
}

/* The exit status as a shell has it. */
static int
status_of(const struct subprocess_end *end)
{
	return end->exitcode >= 0 ? end->exitcode : 128 - end->exitcode;
}

int
dist_run_command(const struct run *run, struct guard *guard, char *const *words,
		 struct wire *w, int *status, struct err *e)
{
	struct kept out = { .too_much = false }, errors = { .too_much = false };
	struct flow flow[3] = { { .pipe = -1 },
				{ .peer = -1, .sink = keep, .sink_arg = &out },
				{ .peer = -1, .sink = keep, .sink_arg = &errors } };
	struct subprocess_run q = {
		.config = { .argv = words,
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_PIPE },
			    .flags = SPAWN_OWN_GROUP | SPAWN_DIES_WITH_PARENT,
			    .guard = guard },
		.flow = flow,
		.grace_ns = GRACE_NS,
		.drain_ns = DRAIN_NS,
		.cancel_fd = run->stop->fd,
	};
	struct subprocess_end end = { .pid = -1 };
	char text[400];
	int rc = subprocess_run(&q, &end, e);

	if (rc == 0 && end.cancelled)
		rc = err_set(e, ECANCELED, "stopped");
	*status = rc == 0 ? status_of(&end) : 0;
	if (rc == 0 && (out.too_much || errors.too_much)) {
		*status = 1;
		snprintf(text, sizeof(text),
			 "concbench: its output is larger than %d bytes\n", OUTPUT_MAX);
		wire_taken(&errors.bytes, wire_bytes(&errors.bytes));
		wire_add(&errors.bytes, text, strlen(text));
	} else if (rc == 0 && end.refused != 0) {
		snprintf(text, sizeof(text), "concbench: %s: %s\n", words[0],
			 strerror(end.refused));
		wire_add(&errors.bytes, text, strlen(text));
	}
	pickle_bytes(w, out.bytes.at + out.bytes.from, wire_bytes(&out.bytes));
	pickle_bytes(w, errors.bytes.at + errors.bytes.from, wire_bytes(&errors.bytes));
	pickle_tuple_n(w, 2);
	wire_fini(&out.bytes);
	wire_fini(&errors.bytes);
	return rc;
}
