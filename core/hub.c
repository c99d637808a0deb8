/*
 * hub.c - tasks, and who runs next.
 */
#include "core/hub.h"

#include "core/clock.h"
#include "core/coro_hop.h"
#include "core/hub_timer.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How many switches between two looks at timers and descriptors, and how long these
 * may take: the number is halved when they took longer, and doubled up to the most. */
enum { BUDGET_MIN = 1, BUDGET_MAX = 1024, EVENTS_MAX = 256 };
#define LOOK_NS (100 * NS_PER_US)

/* How often a busy hub asks whether somebody else's stop came. */
#define POLL_NS (5 * NS_PER_MS)

static _Thread_local struct hub *here;

struct hub *
hub_here(void)
{
	return here;
}

struct task *
hub_getcurrent(void)
{
	struct coro *co;

	if (here == NULL)
		return NULL;
	co = here->domain.current;
	return co == &here->domain.main ? NULL : coro_extra(co);
}

/* --- who is ready ---------------------------------------------------------- */

static void
push(struct hub *h, struct task *t)
{
	t->is_ready = true;
	t->next = NULL;
	if (h->ready.last != NULL)
		h->ready.last->next = t;
	else
		h->ready.first = t;
	h->ready.last = t;
}

static struct task *
pop(struct hub *h)
{
	struct task *t = h->ready.first;

	h->ready.first = t->next;
	if (t->next == NULL)
		h->ready.last = NULL;
	t->is_ready = false;
	return t;
}

static void
enqueue_waiter(struct waiters *w, struct task *t)
{
	t->in = w;
	t->after = NULL;
	t->before = w->last;
	if (w->last != NULL)
		w->last->after = t;
	else
		w->first = t;
	w->last = t;
}

static void
dequeue_waiter(struct task *t)
{
	struct waiters *w = t->in;

	if (w == NULL)
		return;
	if (t->before != NULL)
		t->before->after = t->after;
	else
		w->first = t->after;
	if (t->after != NULL)
		t->after->before = t->before;
	else
		w->last = t->before;
	t->in = NULL;
}

void
hub_wake(struct task *t, int why)
{
	dequeue_waiter(t);
	hub_timer_remove(t->hub, t);
	t->woken_by = why;
	if (!t->is_ready)
		push(t->hub, t);
}

bool
hub_wake_one(struct waiters *w)
{
	if (w->first == NULL)
		return false;
	hub_wake(w->first, 0);
	return true;
}

void
hub_wake_all(struct waiters *w)
{
	while (hub_wake_one(w))
		;
}

/* From the running coroutine to the next one, or to the hub when it is time. */
static void
leave(struct hub *h, struct coro *self)
{
	struct coro *to = &h->domain.main;

	if (h->ready.first != NULL && h->budget > 0) {
		h->budget--;
		to = pop(h)->co;
	}
	if (to == self)
		return;
	self->state = CORO_SUSPENDED;
	coro_hop(self, to, coro_swap_here);
}

int
hub_wait_in(struct waiters *in, const char *what, const char *name,
	    uint64_t deadline_ns)
{
	struct task *t = hub_getcurrent();

	assert(t != NULL && !t->is_ready);
	if (t->killed) {
		t->killed = false;
		return -ECANCELED;
	}
	if (deadline_ns == 0)
		return -EAGAIN;
	t->wait_what = what;
	t->wait_name = name;
	if (in != NULL)
		enqueue_waiter(in, t);
	if (deadline_ns != UINT64_MAX) {
		t->deadline_ns = deadline_ns;
		hub_timer_add(t->hub, t);
	}
	leave(t->hub, t->co);
	t->wait_what = NULL;
	t->killed = false;
	return t->woken_by;
}

void
hub_yield(void)
{
	struct task *t = hub_getcurrent();

	push(t->hub, t);
	leave(t->hub, t->co);
}

int
hub_sleep(uint64_t ns)
{
	struct task *t;

	if (ns != 0)
		return hub_sleep_until(clock_deadline_ns(ns));
	t = hub_getcurrent();
	if (!t->killed) {
		t->woken_by = 0;
		push(t->hub, t);
		leave(t->hub, t->co);
	}
	if (t->killed) {
		t->killed = false;
		return -ECANCELED;
	}
	return 0;
}

int
hub_sleep_until(uint64_t deadline_ns)
{
	int rc = hub_wait_in(NULL, "sleep", NULL, deadline_ns);

	return rc == -ETIMEDOUT ? 0 : rc;
}

/* --- tasks ----------------------------------------------------------------- */

static intptr_t
task_body(struct coro *self, void *arg)
{
	struct task *t = arg;

	(void)self;
	if (t->killed)
		t->result = -ECANCELED;
	else
		t->result = t->fn(t->arg);
	t->done = true;
	t->hub->ntasks--;
	hub_wake_all(&t->joiners);
	t->hub->ended = t;
	return 0; /* to the hub */
}

struct task *
hub_spawn(struct hub *h, const char *name, task_fn *fn, void *arg, struct err *e)
{
	struct coro *co;
	struct task *t;

	if (hub_timer_reserve(h, h->ntasks + 1) != 0) {
		err_set(e, ENOMEM, "no memory for the timers of %zu tasks", h->ntasks);
		return NULL;
	}
	co = coro_new(name, task_body, NULL, e);
	if (co == NULL)
		return NULL;
	co->back = &h->domain.main;
	t = coro_extra(co);
	co->arg = t;
	t->co = co;
	t->hub = h;
	t->fn = fn;
	t->arg = arg;
	h->ntasks++;
	push(h, t);
	return t;
}

void
hub_release(struct task *t)
{
	if (t == NULL)
		return;
	if (t->done)
		coro_free(t->co);
	else
		t->released = true;
}

void
hub_set_role(struct task *t, int role)
{
	t->co->role = role;
}

void
hub_kill(struct task *t)
{
	if (t->done)
		return;
	t->killed = true;
	if (t->co->state == CORO_SUSPENDED && !t->is_ready)
		hub_wake(t, -ECANCELED);
	else if (t->is_ready)
		t->woken_by = -ECANCELED;
}

int
hub_join(struct task *t, uint64_t deadline_ns)
{
	if (t->done)
		return 0;
	hub_getcurrent()->wait_for = t;
	return hub_wait_in(&t->joiners, "task", NULL, deadline_ns);
}

int
hub_joinall(struct task *const *t, size_t n, uint64_t deadline_ns)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = hub_join(t[i], deadline_ns);
	return rc;
}

/* --- the hub itself -------------------------------------------------------- */

int
hub_init(struct hub *h, const struct hub_config *config, struct err *e)
{
	struct coro_config c = config->coro;
	struct epoll_event ev = { .events = EPOLLIN };
	int rc;

	*h = (struct hub){ .config = *config, .epoll_fd = -1, .budget_max = 16 };
	c.extra_bytes = sizeof(struct task);
	rc = coro_domain_init(&h->domain, &c, e);
	if (rc != 0)
		return rc;
	h->domain.main.role = config->role;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll_fd < 0)
		rc = err_set(e, errno, "cannot make an epoll");
	/* data.ptr NULL is the stop. */
	if (rc == 0 && config->stop != NULL &&
	    epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, config->stop->fd, &ev) != 0)
		rc = err_set(e, errno, "cannot watch for a stop");
	here = h;
	if (rc != 0)
		hub_fini(h);
	return rc;
}

void
hub_fini(struct hub *h)
{
	if (here != h)
		return;
	if (h->epoll_fd >= 0)
		hub_kill_all(h);
	here = NULL;
	if (h->epoll_fd >= 0)
		close(h->epoll_fd);
	free(h->timer);
	coro_domain_fini(&h->domain);
}

struct hub *
hub_swap(struct hub *h)
{
	struct hub *before = here;

	coro_domain_swap(h != NULL ? &h->domain : NULL);
	here = h;
	return before;
}

static void
expire(struct hub *h, uint64_t now_ns)
{
	while (h->ntimers > 0 && h->timer[0].deadline_ns <= now_ns)
		hub_wake(h->timer[0].task, -ETIMEDOUT);
}

static void
note_ready(struct hub_fd *f, uint32_t events)
{
	static const uint32_t mask[2] = { EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR,
					  EPOLLOUT | EPOLLHUP | EPOLLERR };

	for (int i = 0; i < 2; i++)
		if (events & mask[i]) {
			f->is_ready[i] = true;
			hub_wake_one(&f->waiters[i]);
		}
}

/* epoll_wait() until until_ns of clock_ns(); to the nanosecond where the kernel can. */
static int
wait_events(struct hub *h, struct epoll_event *ev, uint64_t until_ns)
{
#ifdef SYS_epoll_pwait2
	const uint64_t now_ns = until_ns == UINT64_MAX ? 0 : clock_ns();
	const uint64_t ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec ts = { .tv_sec = (time_t)(ns / NS_PER_S),
				     .tv_nsec = (long)(ns % NS_PER_S) };
	long n = syscall(SYS_epoll_pwait2, h->epoll_fd, ev, EVENTS_MAX,
			 until_ns == UINT64_MAX ? NULL : &ts, NULL, 0);

	if (n >= 0 || errno != ENOSYS)
		return (int)n;
#endif
	return epoll_wait(h->epoll_fd, ev, EVENTS_MAX, clock_poll_ms(until_ns));
}

/* Takes what epoll has; waits for it until until_ns (0: not at all). */
static void
poll_descriptors(struct hub *h, uint64_t until_ns)
{
	struct epoll_event ev[EVENTS_MAX];
	int n = until_ns == 0 ? epoll_wait(h->epoll_fd, ev, EVENTS_MAX, 0)
			      : wait_events(h, ev, until_ns);

	for (int i = 0; i < n; i++) {
		if (ev[i].data.ptr != NULL)
			note_ready(ev[i].data.ptr, ev[i].events);
		else if (stop_reason(h->config.stop) == STOP_NONE)
			stop_request(h->config.stop, SIGTERM); /* of another process */
	}
}

static void
adapt_budget(struct hub *h, uint64_t now_ns)
{
	if (now_ns - h->looked_ns > LOOK_NS)
		h->budget_max =
			h->budget_max > BUDGET_MIN ? h->budget_max / 2 : BUDGET_MIN;
	else if (h->budget_max < BUDGET_MAX)
		h->budget_max *= 2;
	h->looked_ns = now_ns;
}

/* A look around: timers, descriptors, the trace. */
static void
look(struct hub *h)
{
	struct trace *tr = h->config.coro.trace;
	const uint64_t now_ns = clock_ns();

	adapt_budget(h, now_ns);
	expire(h, now_ns);
	if (h->nfds > 0 ||
	    (h->config.stop != NULL && now_ns - h->polled_ns > POLL_NS)) {
		poll_descriptors(h, 0);
		h->polled_ns = now_ns;
	}
	if (tr != NULL && tr->live_ns != 0 && h->config.role == 0 &&
	    now_ns - h->pumped_ns > tr->live_ns) {
		trace_pump(tr, false);
		h->pumped_ns = now_ns;
	}
}

/* Puts away what has ended; tells of an overflow. */
static int
reap(struct hub *h, struct err *e)
{
	struct coro *co = h->domain.overflowed;
	struct task *t = h->ended;

	h->ended = NULL;
	if (t != NULL && t->released)
		coro_free(t->co);
	if (co == NULL)
		return 0;
	h->domain.overflowed = NULL;
	t = coro_extra(co);
	t->done = true;
	t->result = -EFAULT;
	h->ntasks--;
	hub_wake_all(&t->joiners);
	return coro_ended(co, e);
}

/* Runs those that are ready until none is, or the budget is spent. */
static int
run_ready(struct hub *h, struct err *e)
{
	int rc = 0;

	h->budget = h->budget_max;
	while (h->ready.first != NULL && h->budget > 0 && rc == 0) {
		leave(h, &h->domain.main);
		rc = reap(h, e);
	}
	h->switches += (uint64_t)(h->budget_max - h->budget);
	return rc;
}

int
hub_step(struct hub *h, uint64_t *next_ns, struct err *e)
{
	int rc;

	look(h);
	rc = run_ready(h, e);
	*next_ns = h->ready.first != NULL ? 0
		   : h->ntimers > 0	  ? h->timer[0].deadline_ns
					  : UINT64_MAX;
	return rc;
}

/* "a on b", "c on queue 'q'". */
static void
tell_wait(const struct task *t, char *text, size_t size)
{
	char name[CORO_NAME], other[CORO_NAME];
	const char *self = coro_name(t->co, name);

	if (strcmp(t->wait_what, "task") == 0)
		snprintf(text, size, "%s on %s", self,
			 coro_name(t->wait_for->co, other));
	else if (t->wait_name != NULL)
		snprintf(text, size, "%s on %s '%s'", self, t->wait_what, t->wait_name);
	else
		snprintf(text, size, "%s on %s", self, t->wait_what);
}

/* Who waits for what, oldest first, as many as there is room for. */
static int
tell_deadlock(struct hub *h, struct err *e)
{
	enum { TOLD_MAX = 8 };
	const struct task *told[TOLD_MAX];
	char text[160] = "", piece[80];
	size_t used = 0, n = 0;

	for (struct coro *co = coro_first(&h->domain); co != NULL; co = coro_next(co)) {
		const struct task *t = coro_extra(co);

		/* The list has the youngest first: the last ones stay. */
		if (co->state == CORO_SUSPENDED && !t->done && t->wait_what != NULL)
			told[n++ % TOLD_MAX] = t;
	}
	for (size_t i = 0; i < n && i < TOLD_MAX && used + 8 < sizeof(text); i++) {
		tell_wait(told[(n - 1 - i) % TOLD_MAX], piece, sizeof(piece));
		snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? ", " : "",
			 piece);
		used += strlen(text + used);
	}
	err_set(e, EINVAL, "all %zu coroutines wait: %s%s", h->ntasks, text,
		n > TOLD_MAX ? ", ..." : "");
	return -EDEADLK;
}

/* Nobody is ready: waits for time or descriptors. */
static int
rest(struct hub *h, struct err *e)
{
	struct trace *tr = h->config.coro.trace;
	uint64_t until_ns = h->ntimers > 0 ? h->timer[0].deadline_ns : UINT64_MAX;

	if (h->ntimers == 0 && h->nwaits == 0)
		return tell_deadlock(h, e);
	if (tr != NULL && tr->live_ns != 0 && h->config.role == 0 &&
	    until_ns > h->looked_ns + tr->live_ns)
		until_ns = h->looked_ns + tr->live_ns;
	poll_descriptors(h, until_ns);
	return 0;
}

int
hub_run(struct hub *h, struct err *e)
{
	uint64_t next_ns;
	int rc = 0;

	while (h->ntasks > 0 && rc == 0) {
		if (stop_reason(h->config.stop) != STOP_NONE)
			return -ECANCELED;
		rc = hub_step(h, &next_ns, e);
		if (rc == 0 && h->ntasks > 0 && next_ns != 0)
			rc = rest(h, e);
	}
	return rc;
}

void
hub_kill_all(struct hub *h)
{
	struct coro *co;
	uint64_t next_ns = 0;

	for (co = coro_first(&h->domain); co != NULL; co = coro_next(co)) {
		struct task *t = coro_extra(co);

		if (co->state != CORO_DEAD && !t->done)
			hub_kill(t);
	}
	while (h->ntasks > 0 && next_ns == 0)
		if (hub_step(h, &next_ns, NULL) != 0)
			next_ns = 0;
}
