/*
 * test_coro.c - coroutines of every kind that runs here.
 */
#include "core/coro.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
runs(const struct coro_kind *k)
{
	char why[64];

	return k->kind.available == NULL || k->kind.available(why, sizeof(why));
}

/* Calls test() in a domain of each kind that switches. */
static void
in_each_kind(void (*test)(struct coro_domain *d))
{
	int n = 0;

	for (int i = 0; coro_kind_table[i] != NULL; i++) {
		struct coro_config c = { .kind = coro_kind_table[i] };
		struct coro_domain d;
		struct err e;

		if (!runs(c.kind) || strcmp(c.kind->kind.name, "none") == 0)
			continue;
		cr_assert_eq(coro_domain_init(&d, &c, &e), 0, "%s", e.msg);
		test(&d);
		coro_domain_fini(&d);
		cr_assert_null(coro_here());
		n++;
	}
	cr_assert_geq(n, 1);
}

/* --- generators ------------------------------------------------------------ */

static intptr_t
count(struct coro *self, void *arg)
{
	const intptr_t n = *(const int *)arg;

	(void)self;
	for (intptr_t i = 0; i < n; i++)
		coro_yield(i, NULL);
	return 100 + n;
}

static void
counts(struct coro_domain *d)
{
	int n = 3;
	struct err e;
	intptr_t got = -1;
	struct coro *co = coro_new("counter", count, &n, &e);

	cr_assert_eq(co->state, CORO_NEW);
	for (intptr_t i = 0; i < n; i++) {
		cr_assert_eq(coro_send(co, CORO_NONE, &got, &e), CORO_YIELDED);
		cr_assert_eq(got, i);
		cr_assert_eq(coro_self(), &d->main);
	}
	cr_assert_eq(coro_send(co, CORO_NONE, &got, &e), CORO_RETURNED);
	cr_assert_eq(got, 103);
	cr_assert(coro_is_dead(co));
	cr_assert_eq(coro_send(co, CORO_NONE, &got, &e), -EINVAL);
	cr_assert_str_eq(e.msg, "coroutine 'counter' has ended");
	coro_free(co);
}

Test(coro, a_generator_gives_its_values_and_ends)
{
	in_each_kind(counts);
}

struct echo {
	int cleaned, thrown;
	bool ignores;
};

/* Gives back twice what it was sent, until something is thrown. */
static intptr_t
echo(struct coro *self, void *arg)
{
	struct echo *x = arg;
	intptr_t v = 0;

	while ((x->thrown = coro_yield(2 * v, &v)) == 0)
		;
	x->cleaned++;
	if (x->ignores)
		coro_yield(-1, NULL);
	return x->thrown == CORO_EXIT ? 7 : coro_raise(self, x->thrown);
}

static void
sends(struct coro_domain *d)
{
	struct echo x = { .cleaned = 0 };
	struct err e;
	intptr_t got;
	struct coro *co = coro_new("echo", echo, &x, &e);

	(void)d;
	cr_assert_eq(coro_send(co, 5, &got, &e), -EINVAL);
	cr_assert_str_eq(e.msg,
			 "cannot send a value to the just-started generator 'echo'");
	cr_assert_eq(coro_send(co, CORO_NONE, &got, &e), CORO_YIELDED);
	cr_assert_eq(got, 0);
	cr_assert_eq(coro_send(co, 21, &got, &e), CORO_YIELDED);
	cr_assert_eq(got, 42);
	cr_assert_eq(coro_throw(co, 9, &got, &e), CORO_RAISED);
	cr_assert_eq(co->raised, 9);
	cr_assert_eq(x.cleaned, 1);
	cr_assert_eq(coro_close(co, &e), 0);
	coro_free(co);
}

Test(coro, values_are_sent_and_errors_thrown)
{
	in_each_kind(sends);
}

static void
closes(struct coro_domain *d)
{
	struct echo x = { .cleaned = 0 };
	struct err e;
	struct coro *co = coro_new("echo", echo, &x, &e);

	(void)d;
	coro_send(co, CORO_NONE, NULL, &e);
	cr_assert_eq(coro_close(co, &e), 0);
	cr_assert_eq(x.thrown, CORO_EXIT);
	cr_assert_eq(x.cleaned, 1);
	coro_free(co);
	/* One that has not begun has nothing to clean up. */
	co = coro_new("new", echo, &x, &e);
	cr_assert_eq(coro_close(co, &e), 0);
	cr_assert(coro_is_dead(co));
	cr_assert_eq(x.cleaned, 1);
	coro_free(co);
	/* Freed in the middle, it cleans up, too. */
	co = coro_new("freed", echo, &x, &e);
	coro_send(co, CORO_NONE, NULL, &e);
	coro_free(co);
	cr_assert_eq(x.cleaned, 2);
	x.ignores = true;
	co = coro_new("stubborn", echo, &x, &e);
	coro_send(co, CORO_NONE, NULL, &e);
	cr_assert_eq(coro_close(co, &e), -EINVAL);
	cr_assert_str_eq(e.msg, "generator 'stubborn' ignored the exit");
	coro_free(co);
}

Test(coro, close_runs_the_clean_up)
{
	in_each_kind(closes);
}

/* --- what is refused ------------------------------------------------------- */

static intptr_t
resume_self(struct coro *self, void *arg)
{
	(void)arg;
	return coro_resume(self, 0, NULL, coro_extra(self));
}

static intptr_t
resume_parent(struct coro *self, void *arg)
{
	return coro_resume(arg, 0, NULL, coro_extra(self));
}

static intptr_t
resume_nested(struct coro *self, void *arg)
{
	struct coro *inner = coro_new("inner", resume_parent, self, coro_extra(self));
	intptr_t rc;

	coro_resume(inner, 0, &rc, arg);
	*(struct err *)arg = *(struct err *)coro_extra(inner);
	coro_free(inner);
	return rc;
}

Test(coro, resuming_itself_or_one_that_waits_is_refused)
{
	struct coro_config c = { .extra_bytes = sizeof(struct err) };
	struct coro_domain d;
	struct err e;
	struct coro *co;
	intptr_t rc = 0;

	cr_assert_eq(coro_domain_init(&d, &c, &e), 0);
	cr_assert_eq(coro_domain_init(&d, &c, &e), -EBUSY);
	co = coro_new("selfish", resume_self, NULL, &e);
	cr_assert_eq(coro_resume(co, 0, &rc, &e), CORO_RETURNED);
	cr_assert_eq(rc, -EINVAL);
	cr_assert_str_eq(((struct err *)coro_extra(co))->msg,
			 "coroutine 'selfish' resumes itself");
	coro_free(co);
	co = coro_new("outer", resume_nested, &e, &e);
	cr_assert_eq(coro_resume(co, 0, &rc, NULL), CORO_RETURNED);
	cr_assert_eq(rc, -EINVAL);
	cr_assert_str_eq(e.msg, "coroutine 'outer' waits for one that it resumed");
	coro_free(co);
	coro_domain_fini(&d);
}

static void *
resume_stranger(void *arg)
{
	static struct err e;
	struct coro_domain d;

	if (coro_domain_init(&d, &(struct coro_config){ .kind = NULL }, &e) != 0 ||
	    coro_resume(arg, 0, NULL, &e) != -EINVAL)
		return NULL;
	coro_domain_fini(&d);
	return &e;
}

Test(coro, one_of_another_thread_is_refused)
{
	struct coro_domain d;
	struct err e;
	struct err *seen;
	pthread_t t;
	void *out;
	int n = 1;

	cr_assert_eq(coro_domain_init(&d, &(struct coro_config){ .kind = NULL }, &e),
		     0);
	pthread_create(&t, NULL, resume_stranger, coro_new("mine", count, &n, &e));
	pthread_join(t, &out);
	seen = out;
	cr_assert_not_null(seen);
	cr_assert_str_eq(seen->msg, "coroutine 'mine' is one of another thread");
	coro_domain_fini(&d);
}

/* --- switching by name ----------------------------------------------------- */

struct pair {
	struct coro *a, *b;
	char log[32];
	int n;
};

static intptr_t
ping(struct coro *self, void *arg)
{
	struct pair *p = arg;
	struct coro *other = self == p->a ? p->b : p->a;
	intptr_t v = self->value;

	for (int i = 0; i < 3; i++) {
		p->log[p->n++] = (char)('0' + v);
		coro_switch(other, v + 1, &v, NULL);
	}
	return v;
}

static void
switches(struct coro_domain *d)
{
	struct pair p = { .log = "" };
	struct err e;
	intptr_t got;

	p.a = coro_new("a", ping, &p, &e);
	p.b = coro_new("b", ping, &p, &e);
	cr_assert_eq(coro_switch(p.a, 1, &got, &e), 0);
	/* 1..6 go to and fro; then a ends with 7, which its parent gets. */
	cr_assert_str_eq(p.log, "123456");
	cr_assert_eq(got, 7);
	cr_assert(coro_is_dead(p.a));
	cr_assert_not(coro_is_dead(p.b));
	/* The dead one's parent is we: it comes back at once. */
	cr_assert_eq(coro_switch(p.a, 9, &got, &e), 0);
	cr_assert_eq(got, 9);
	cr_assert_eq(coro_switch(p.b, 11, &got, &e), 0);
	cr_assert_eq(got, 11);
	cr_assert(coro_is_dead(p.b));
	cr_assert_eq(coro_self(), &d->main);
	coro_free(p.a);
	coro_free(p.b);
}

Test(coro, two_hand_over_to_each_other_by_name)
{
	in_each_kind(switches);
}

/* --- what a switch preserves ----------------------------------------------- */

static intptr_t
round_up_mode(struct coro *self, void *arg)
{
	volatile double one = 1, three = 3;
	double *third = arg;

	(void)self;
	fesetround(FE_UPWARD);
	coro_yield(0, NULL);
	cr_assert_eq(fegetround(), FE_UPWARD);
	*third = one / three;
	return 0;
}

static void
keeps_rounding(struct coro_domain *d)
{
	volatile double one = 1, three = 3;
	double up = 0;
	struct err e;
	struct coro *co = coro_new("up", round_up_mode, &up, &e);

	(void)d;
	coro_resume(co, 0, NULL, &e);
	cr_assert_eq(fegetround(), FE_TONEAREST);
	fesetround(FE_DOWNWARD);
	coro_resume(co, 0, NULL, &e);
	cr_assert_eq(fegetround(), FE_DOWNWARD);
	cr_assert(one / three < up);
	fesetround(FE_TONEAREST);
	coro_free(co);
	/* What main left by is not what it had when it was stored last. */
	co = coro_new("up", round_up_mode, &up, &e);
	coro_resume(co, 0, NULL, &e);
	cr_assert_eq(fegetround(), FE_TONEAREST);
	coro_resume(co, 0, NULL, &e);
	cr_assert_eq(fegetround(), FE_TONEAREST);
	cr_assert(one / three < up);
	coro_free(co);
}

Test(coro, rounding_modes_are_kept_apart)
{
	in_each_kind(keeps_rounding);
}

/* Many values in registers around a switch, in integers and floating point. */
static __attribute__((noinline)) uint64_t
churn(uint64_t a, int rounds, struct coro *co)
{
	uint64_t b = a * 3, c = a * 5, d = a * 7, f = a * 11, g = a * 13, h = a * 17;
	double x = (double)a, y = x * 1.5, z = x * 2.5;

	for (int i = 0; i < rounds; i++) {
		if (co != NULL)
			coro_resume(co, 0, NULL, NULL);
		else
			coro_yield(0, NULL);
		a = a * 6364136223846793005u + b;
		b ^= c + d;
		c += f ^ g;
		d = d << 1 | h >> 63;
		f += a;
		g ^= b;
		h += c;
		x = x * 0.5 + y;
		y = y * 0.25 + z;
		z = z * 0.125 + 1;
	}
	return a ^ b ^ c ^ d ^ f ^ g ^ h ^ (uint64_t)(x + y + z);
}

static intptr_t
churn_body(struct coro *self, void *arg)
{
	(void)self;
	*(uint64_t *)arg = churn(*(uint64_t *)arg, 1000, NULL);
	return 0;
}

static void
keeps_registers(struct coro_domain *d)
{
	uint64_t first[2] = { 42, 43 }, again[2] = { 42, 43 };
	struct err e;

	(void)d;
	for (int i = 0; i < 2; i++) {
		uint64_t *v = i == 0 ? first : again;
		struct coro *co = coro_new(NULL, churn_body, &v[0], &e);

		v[1] = churn(v[1], 1001, co);
		cr_assert(coro_is_dead(co));
		coro_free(co);
	}
	cr_assert_eq(first[0], again[0]);
	cr_assert_eq(first[1], again[1]);
	cr_assert_neq(first[0], first[1]);
}

Test(coro, registers_survive_a_switch)
{
	in_each_kind(keeps_registers);
}

/* --- stacks ---------------------------------------------------------------- */

static __attribute__((noinline)) int
deep(int depth, volatile char *above)
{
	volatile char here[512];

	here[0] = above != NULL ? above[0] : 0;
	return depth == 0 ? here[0] : deep(depth - 1, here) + here[1];
}

static intptr_t
go_deep(struct coro *self, void *arg)
{
	(void)self;
	memset(arg, 0, sizeof(int));
	return deep(*(int *)arg == 0 ? 1 << 20 : 0, NULL);
}

Test(coro, an_overflow_names_the_coroutine)
{
	struct coro_config c = { .stack_bytes = 32 << 10 };
	struct coro_domain d;
	struct err e;
	struct coro *co;
	char text[400];
	int status, zero = 0, fds[2];
	ssize_t n;

	/* Under sanitizers and with other kinds the process ends with status 3. */
	cr_assert_eq(pipe(fds), 0);
	if (fork() == 0) {
		dup2(fds[1], 2);
		if (coro_domain_init(&d, &c, &e) != 0)
			_exit(9);
		co = coro_new("deep", go_deep, &zero, &e);
		if (co == NULL || coro_resume(co, 0, NULL, &e) != -EFAULT ||
		    !coro_is_dead(co))
			_exit(8);
		coro_free(co);
		err_text(&e, text, sizeof(text));
		n = write(2, text, strlen(text));
		/* The next one on the same stack is not harmed. */
		zero = 2;
		co = coro_new(NULL, count, &zero, &e);
		_exit(coro_resume(co, 0, NULL, &e) == CORO_YIELDED && n > 0 ? 3 : 7);
	}
	close(fds[1]);
	cr_assert_gt(wait(&status), 0);
	cr_assert(WIFEXITED(status), "signal %d", WTERMSIG(status));
	cr_assert_eq(WEXITSTATUS(status), 3, "exit %d", WEXITSTATUS(status));
	n = read(fds[0], text, sizeof(text) - 1);
	cr_assert_gt(n, 0);
	text[n] = '\0';
	cr_assert_not_null(strstr(text, "coroutine 'deep' overflowed its 32 KiB stack"),
			   "%s", text);
	cr_assert_not_null(strstr(text, "use --stack"), "%s", text);
}

static intptr_t
sleep_once(struct coro *self, void *arg)
{
	(void)self;
	(void)arg;
	coro_yield(0, NULL);
	return 0;
}

static long
resident_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

Test(coro, a_hundred_thousand_cost_a_page_each)
{
	enum { N = 100000 };
	struct coro_domain d;
	struct coro *last = NULL;
	struct err e;
	const long before = resident_kib();
	long per;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	cr_skip_test("sanitizers keep books of their own");
#endif
	cr_assert_eq(coro_domain_init(&d, &(struct coro_config){ .kind = NULL }, &e),
		     0);
	for (int i = 0; i < N; i++) {
		struct coro *co = coro_new(NULL, sleep_once, NULL, &e);

		cr_assert_not_null(co, "%s", e.msg);
		cr_assert_eq(coro_resume(co, 0, NULL, &e), CORO_YIELDED);
		co->arg = last;
		last = co;
	}
	cr_assert_eq(d.created - d.freed, N);
	per = (resident_kib() - before) * 1024 / N;
	cr_assert_leq(per, 4096 + 512, "%ld bytes each", per);
	for (struct coro *co = last, *next; co != NULL; co = next) {
		next = co->arg;
		cr_assert_eq(coro_resume(co, 0, NULL, &e), CORO_RETURNED);
		coro_free(co);
	}
	coro_domain_fini(&d);
}

Test(coro, stacks_are_used_again)
{
	struct coro_domain d;
	struct err e;
	int n = 0;

	cr_assert_eq(coro_domain_init(&d, &(struct coro_config){ .kind = NULL }, &e),
		     0);
	for (int i = 0; i < 1000; i++) {
		struct coro *co = coro_new(NULL, count, &n, &e);

		cr_assert_eq(coro_resume(co, 0, NULL, &e), CORO_RETURNED);
		coro_free(co);
	}
	cr_assert_eq(d.stacks.made, 1);
	coro_domain_fini(&d);
}

/* --- measurements ---------------------------------------------------------- */

Test(coro, a_drive_counts_in_the_coroutine_and_none_does_not)
{
	int seen = 0;

	for (int i = 0; coro_kind_table[i] != NULL; i++) {
		const struct coro_kind *k = coro_kind_table[i];
		const bool none = strcmp(k->kind.name, "none") == 0;
		struct coro_domain d;
		struct err e;

		seen += none;
		if (!runs(k))
			continue;
		cr_assert_eq(
			coro_domain_init(&d, &(struct coro_config){ .kind = k }, &e),
			0);
		for (int what = DRIVE_SWITCH; what <= DRIVE_SPAWN; what++) {
			struct coro_drive drive = { .what = what, .rounds = 100 };

			cr_assert_eq(k->drive(&drive, &e), 0);
			cr_assert_eq(drive.inside, none ? 0 : 100, "%s", k->kind.name);
		}
		coro_domain_fini(&d);
	}
	cr_assert_eq(seen, 1);
}
