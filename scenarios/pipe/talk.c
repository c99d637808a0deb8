/*
 * talk.c - two processes that talk: main starts them, the left one begins.
 *
 * Two ways: the left one sends a message, the right one sends it back. One way: the
 * left one sends, the right one receives; the end is known to the left one by the
 * right one's word at the end. When the left one closes, the right one sees EOF.
 *
 * Edge G: main opens the gate when both are there -> they begin.
 */
#include "scenarios/pipe/pipe_run.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/proc.h"
#include "core/queue.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct event_type open_event = {
	.name = "pipe",
	.phase = EVENT_INSTANT,
	.say = "● {s}, messages of {a}",
	.key_a = "bytes",
	.key_s = "kind",
	.unit_a = EVENT_BYTES,
};
static const struct event_type started_event = {
	.name = "start",
	.phase = EVENT_INSTANT,
	.say = "├─ fork → {a} ({b})",
	.key_a = "worker",
	.key_b = "worker_pid",
	.unit_a = EVENT_ROLE,
	.unit_b = EVENT_PID,
};
static const struct event_type ended_event = {
	.name = "join",
	.phase = EVENT_INSTANT,
	.say = "├─ {a}: {s}",
	.key_a = "worker",
	.key_s = "end",
	.unit_a = EVENT_ROLE,
};
static const struct event_type send_event = {
	.name = "send",
	.phase = EVENT_SEND,
	.say = "send {s} ({b})",
	.key_a = "message",
	.key_b = "bytes",
	.key_s = "text",
	.unit_b = EVENT_BYTES,
};
static const struct event_type recv_event = {
	.name = "recv",
	.phase = EVENT_RECEIVE,
	.say = "recv {s} ({b})",
	.key_a = "message",
	.key_b = "bytes",
	.key_s = "text",
	.unit_b = EVENT_BYTES,
};
static const struct event_type nothing_event = {
	.name = "poll",
	.phase = EVENT_INSTANT,
	.say = "poll({a}): nothing yet",
	.key_a = "timeout_ns",
	.unit_a = EVENT_NS,
};
static const struct event_type close_event = {
	.name = "close",
	.phase = EVENT_INSTANT,
	.say = "■ close",
};
static const struct event_type eof_event = {
	.name = "eof",
	.phase = EVENT_INSTANT,
	.say = "✔ EOF: the other end is closed",
};
static const struct event_type wait_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
	.span = "recv",
};
static const struct event_type waited_event = { .name = "waited", .phase = EVENT_END };
static const struct event_type crash_event = {
	.name = "kill",
	.phase = EVENT_INSTANT,
	.say = "✘ kill -9 of itself",
};

/* What a side works with. */
struct talker {
	struct pipe_run *r;
	struct pipe_end end;
	struct pipe_desk *desk;
	atom_u32 *cancel;
	unsigned char *buffer;
	size_t size;
};

static const char *
name_of(uint64_t word, char buf[EVENT_TEXT])
{
	const bool reply = word >> QUEUE_NUMBER_BITS;
	const uint64_t number = word & ((UINT64_C(1) << QUEUE_NUMBER_BITS) - 1);

	snprintf(buf, EVENT_TEXT, "%s %llu", reply ? "pong" : "ping",
		 (unsigned long long)number);
	return buf;
}

void
pipe_fill(unsigned char *buffer, size_t n, uint64_t word)
{
	if (n >= 8)
		queue_fill(buffer, n, word);
	else
		memcpy(buffer, &word, n);
}

bool
pipe_is_right(const unsigned char *buffer, size_t n, ssize_t came, uint64_t word)
{
	uint64_t got = 0;

	if (came != (ssize_t)n)
		return false;
	memcpy(&got, buffer, n < 8 ? n : 8);
	if (n < 8)
		return memcmp(&got, &word, n) == 0;
	return got == word && (n == 8 || queue_is_whole(buffer, n));
}

static int
say(struct talker *t, uint64_t word)
{
	char text[EVENT_TEXT];
	int rc;

	pipe_fill(t->buffer, t->size, word);
	trace_emit(&send_event, (int64_t)word, (int64_t)t->size, name_of(word, text));
	/* The buffer is given back where it was taken, unseen by the analyzer. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	rc = pipe_send(&t->end, t->buffer, t->size, UINT64_MAX);
	if (rc == 0)
		atom_add_rlx(&t->desk->sent, 1);
	return rc;
}

/* With the polls and the wait told. */
static void
wait_shown(struct talker *t)
{
	const uint64_t timeout_ns = t->r->opts->poll_ns;

	if (pipe_poll(&t->end, 0) == 1)
		return;
	trace_emit(&wait_event, 0, 0, NULL);
	if (timeout_ns != 0 && pipe_poll(&t->end, clock_deadline_ns(timeout_ns)) == 0) {
		atom_add_rlx(&t->desk->nothing, 1);
		trace_emit(&nothing_event, (int64_t)timeout_ns, 0, NULL);
	}
	pipe_poll(&t->end, UINT64_MAX);
	trace_emit(&waited_event, 0, 0, NULL);
}

/* Receives what must be `word`. 0, or -errno. */
static int
hear(struct talker *t, uint64_t word)
{
	char text[EVENT_TEXT];
	ssize_t n;

	wait_shown(t);
	n = pipe_recv(&t->end, t->buffer, t->size, UINT64_MAX);
	if (n < 0)
		return (int)n;
	atom_add_rlx(&t->desk->received, 1);
	if (!pipe_is_right(t->buffer, t->size, n, word))
		atom_add_rlx(&t->desk->wrong, 1);
	trace_emit(&recv_event, (int64_t)word, n, name_of(word, text));
	return 0;
}

static void
rest(struct talker *t)
{
	const uint64_t deadline_ns = clock_deadline_ns(t->r->opts->pause_ns);

	while (clock_ns() < deadline_ns && !atom_load_rlx(t->cancel))
		futex_wait(t->cancel, 0, deadline_ns);
}

static void
crash_if_asked(struct talker *t, int side, uint64_t i)
{
	if (t->r->opts->crash != side + 1 || i != t->r->messages / 2)
		return;
	trace_emit(&crash_event, 0, 0, NULL);
	kill(getpid(), SIGKILL);
}

static int
talk_left(struct talker *t)
{
	const bool two = t->r->opts->way == WAY_TWO;
	int rc = 0;

	for (uint64_t i = 0; i < t->r->messages && rc == 0; i++) {
		if (atom_load_rlx(t->cancel))
			return -ECANCELED;
		rest(t);
		crash_if_asked(t, LEFT, i);
		rc = say(t, queue_word(0, i));
		if (rc == 0 && two)
			rc = hear(t, queue_word(1, i));
	}
	/* One way: the last word is the other side's, so that all has arrived. */
	if (rc == 0 && !two)
		rc = hear(t, queue_word(1, t->r->messages));
	return rc;
}

static int
talk_right(struct talker *t)
{
	const bool two = t->r->opts->way == WAY_TWO;
	int rc = 0;

	for (uint64_t i = 0; i < t->r->messages && rc == 0; i++) {
		crash_if_asked(t, RIGHT, i);
		rc = hear(t, queue_word(0, i));
		if (rc == 0 && two)
			rc = say(t, queue_word(1, i));
	}
	if (rc == 0 && !two)
		rc = say(t, queue_word(1, t->r->messages));
	return rc;
}

/* After the left side has closed, there is nothing but the end. */
static int
see_eof(struct talker *t)
{
	ssize_t n = pipe_recv(&t->end, t->buffer, t->size, UINT64_MAX);

	if (n >= 0) {
		atom_add_rlx(&t->desk->wrong, 1);
		return 0;
	}
	return (int)n;
}

int
pipe_worker(struct crew *c, int number, void *arg)
{
	struct pipe_run *r = arg;
	struct pipe_desk *desk = &r->board->desk[number];
	struct talker t = { .r = r,
			    .end = { .link = &r->link },
			    .desk = desk,
			    .cancel = &c->block[number].cancel,
			    .size = r->books->size_bytes };
	uint64_t cpu_ns;
	int rc;

	link_take(&r->link, number);
	signal(SIGPIPE, SIG_IGN);
	t.buffer = malloc(t.size + 8);
	while (!atom_load_acq(&r->board->gate) && !atom_load_rlx(t.cancel)) /* G */
		futex_wait(&r->board->gate, 0, clock_deadline_ns(10 * NS_PER_MS));
	cpu_ns = clock_thread_cpu_ns();
	rc = t.buffer == NULL ? -ENOMEM
	     : number == LEFT ? talk_left(&t)
			      : talk_right(&t);
	atom_store_rlx(&desk->cpu_ns, clock_thread_cpu_ns() - cpu_ns);
	if (rc == 0 && number == RIGHT)
		rc = see_eof(&t);
	if (rc == -EPIPE) {
		atom_store_rlx(&desk->eof, 1);
		trace_emit(&eof_event, 0, 0, NULL);
		rc = 0;
	}
	if (number == LEFT)
		trace_emit(&close_event, 0, 0, NULL);
	link_close(&r->link);
	free(t.buffer);
	atom_store_rlx(&desk->rc, rc);
	return rc == 0 ? 0 : 1;
}

/* --- main ---------------------------------------------------------------------- */

static int
start_both(struct pipe_run *r, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = crew_start(&r->crew, i, e);
		if (rc == 0)
			trace_emit(&started_event, r->books->role0 + i,
				   r->crew.worker[i].pid, NULL);
	}
	return rc;
}

static int
see_through(struct pipe_run *r)
{
	char words[EVENT_TEXT];
	int i;

	while (crew_running(&r->crew) > 0) {
		if (watch_fd(r->run->trace, r->run->stop, r->crew.end_fd, UINT64_MAX) ==
		    -ECANCELED)
			return -ECANCELED;
		while ((i = crew_reap(&r->crew)) >= 0) {
			const int ended = r->crew.worker[i].exit;

			trace_emit(&ended_event, r->books->role0 + i, 0,
				   proc_exit_words(ended, words, sizeof(words)));
			if (ended < 0) {
				r->deaths++;
				link_bury(&r->link, i);
			}
		}
	}
	return 0;
}

static int
run_both(struct pipe_run *r, struct err *e)
{
	int rc = start_both(r, e);

	link_forget(&r->link);
	if (rc != 0)
		return rc;
	atom_store_rel(&r->board->gate, 1); /* G */
	futex_wake(&r->board->gate, INT_MAX);
	if (see_through(r) == -ECANCELED) {
		r->stopped = true;
		for (int i = 0; i < 2; i++)
			if (r->crew.worker[i].state == WORKER_RUNNING)
				r->crew.kind->signal(&r->crew.worker[i], SIGTERM);
		crew_terminate(&r->crew, 200 * NS_PER_MS);
	}
	return 0;
}

int
pipe_run_once(struct pipe_run *r, struct err *e)
{
	int rc;

	trace_emit(&open_event, (int64_t)r->books->size_bytes, 0,
		   r->books->kind->kind.name);
	r->board = mmap(NULL, sizeof(*r->board), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->board == MAP_FAILED)
		return err_set(e, errno, "cannot map the books");
	rc = link_open(&r->link, r->books->kind, e);
	if (rc == 0)
		rc = crew_init(&r->crew, crew_kind_find("process"), 2, pipe_worker, r,
			       &r->books->pin, e);
	if (rc == 0) {
		r->crew.trace = r->run->trace;
		r->crew.role0 = r->books->role0;
		rc = run_both(r, e);
	}
	if (rc == 0)
		pipe_report(r);
	crew_fini(&r->crew);
	link_close(&r->link);
	munmap(r->board, sizeof(*r->board));
	return rc;
}
