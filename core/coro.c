/*
 * coro.c - coroutines: made, resumed, switched, ended.
 *
 * A coroutine's struct lies at the top of its own stack, so that one that sleeps
 * touches one page. The tops are shifted by a few cache lines from stack to stack:
 * without that, all of them would fall into the same sets of the cache.
 */
#include "core/coro.h"

#include "core/coro_hop.h"
#include "core/coro_overflow.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, COLORS = 8, COLOR_BYTES = 3 * LINE };

_Thread_local struct coro_domain *coro_domain_here;

const struct coro_kind *
coro_kind_native(void)
{
#if defined(CORO_SWITCH_X86_64)
	extern const struct coro_kind coro_kind_x86_64;

	return &coro_kind_x86_64;
#elif defined(CORO_SWITCH_AARCH64)
	extern const struct coro_kind coro_kind_aarch64;

	return &coro_kind_aarch64;
#else
	extern const struct coro_kind coro_kind_ucontext;

	return &coro_kind_ucontext;
#endif
}

struct coro_domain *
coro_here(void)
{
	return coro_domain_here;
}

struct coro *
coro_self(void)
{
	return coro_domain_here->current;
}

/* --- domain ---------------------------------------------------------------- */

/* The bounds of the thread's own stack, which AddressSanitizer asks for. */
static void
find_main_stack(struct coro *main)
{
#ifdef CORO_ASAN
	pthread_attr_t a;
	void *low = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &a) != 0)
		return;
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	main->stack.low = low;
	main->stack.top = (char *)low + size;
#endif
#ifdef CORO_TSAN
	main->fiber = __tsan_get_current_fiber();
#endif
	(void)main;
}

int
coro_domain_init(struct coro_domain *d, const struct coro_config *config, struct err *e)
{
	int rc;

	if (coro_domain_here != NULL)
		return err_set(e, EBUSY, "the thread has coroutines already");
	*d = (struct coro_domain){ .config = *config };
	if (d->config.kind == NULL)
		d->config.kind = coro_kind_native();
	d->is_native =
		d->config.kind == coro_kind_native() && d->config.kind->is_direct;
	if (d->config.trace != NULL && d->config.trace->shared == NULL)
		d->config.trace = NULL;
	coro_stacks_init(&d->stacks, config->stack_bytes != 0 ? config->stack_bytes
							      : CORO_STACK_DEFAULT);
	d->main = (struct coro){
		.domain = d, .name = "main", .state = CORO_RUNNING, .role = -1
	};
	d->main.back = &d->main;
	d->current = &d->main;
	if (d->config.kind->context_bytes != 0) {
		d->main.context.own = calloc(1, d->config.kind->context_bytes);
		if (d->main.context.own == NULL)
			return err_set(e, ENOMEM, "no memory for coroutines");
	}
	find_main_stack(&d->main);
	rc = coro_overflow_watch(e);
	if (rc != 0) {
		free(d->main.context.own);
		return rc;
	}
	coro_domain_here = d;
	return 0;
}

void
coro_domain_fini(struct coro_domain *d)
{
	if (d->config.kind == NULL || coro_domain_here != d)
		return;
	assert(d->current == &d->main);
	coro_overflow_unwatch();
	coro_stacks_fini(&d->stacks);
	free(d->main.context.own);
	coro_domain_here = NULL;
	*d = (struct coro_domain){ .free = NULL };
}

struct coro_domain *
coro_domain_swap(struct coro_domain *d)
{
	struct coro_domain *before = coro_domain_here;

	assert(before == NULL || before->current == &before->main);
	coro_domain_here = d;
	return before;
}

/* --- one coroutine --------------------------------------------------------- */

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Bytes of a coroutine's struct, its context and the caller's own. */
static size_t
head_bytes(const struct coro_domain *d)
{
	return round_up(sizeof(struct coro), LINE) +
	       round_up(d->config.kind->context_bytes, LINE) +
	       round_up(d->config.extra_bytes, LINE);
}

struct coro *
coro_with_stack(struct coro_domain *d, struct err *e)
{
	const size_t color = d->stacks.made % COLORS * COLOR_BYTES;
	struct coro_stack stack;
	struct coro *co;

	if (coro_stacks_get(&d->stacks, &stack, e) != 0)
		return NULL;
	stack.top -= head_bytes(d) + color;
	co = (struct coro *)(void *)stack.top;
	co->domain = d;
	co->stack = stack;
	co->next_made = d->made;
	d->made = co;
	if (d->config.kind->context_bytes != 0)
		co->context.own = stack.top + round_up(sizeof(*co), LINE);
	return co;
}

struct coro *
coro_new(const char *name, coro_body *body, void *arg, struct err *e)
{
	struct coro_domain *d = coro_domain_here;
	struct coro *co = coro_new_in(d, d->config.kind, name, body, arg, e);

	if (co != NULL && d->config.extra_bytes != 0)
		memset(coro_extra(co), 0, d->config.extra_bytes);
	return co;
}

struct coro *
coro_first(struct coro_domain *d)
{
	return d->made;
}

struct coro *
coro_next(struct coro *co)
{
	return co->next_made;
}

void *
coro_extra(struct coro *co)
{
	return (char *)co + round_up(sizeof(*co), LINE) +
	       round_up(co->domain->config.kind->context_bytes, LINE);
}

void
coro_free(struct coro *co)
{
	if (co == NULL)
		return;
	assert(co->domain == coro_domain_here && co->domain->current != co);
	if (co->state == CORO_SUSPENDED)
		coro_close(co,
			   NULL); /* one that ignores the exit is left where it is */
	coro_take_back(co->domain, co);
}

const char *
coro_name(const struct coro *co, char buf[static CORO_NAME])
{
	if (co->name != NULL)
		return co->name;
	snprintf(buf, CORO_NAME, "co%llu", (unsigned long long)co->number);
	return buf;
}

static struct coro *
living(struct coro *co)
{
	while (co->state == CORO_DEAD)
		co = co->back;
	return co;
}

/* Out of line, so that the usual end has no registers to save. */
static __attribute__((noinline, noreturn)) void
leave_slowly(struct coro *self, struct coro *back)
{
	coro_hop(self, back, coro_swap_here);
	__builtin_unreachable();
}

void
coro_start(struct coro_context *context)
{
	struct coro *self = (struct coro *)(void *)context, *back;
	struct coro_domain *d = self->domain;
	intptr_t value;

#ifdef CORO_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	coro_arrive(d, self);
	value = self->body(self, self->arg);
	self->state = CORO_DEAD;
	back = living(self->back);
	back->value = value;
#ifdef CORO_LEAVE_NATIVE
	if (__builtin_expect(d->is_native, 1))
		CORO_LEAVE_NATIVE(&self->context, &back->context);
#endif
	leave_slowly(self, back);
}
_Static_assert(offsetof(struct coro, context) == 0, "coro_start() casts");

/* --- asymmetric ------------------------------------------------------------ */

int
coro_refuse(const struct coro *co, struct err *e)
{
	char buf[CORO_NAME];
	const char *name = coro_name(co, buf);

	if (co->domain != coro_domain_here)
		return err_set(e, EINVAL, "coroutine '%s' is one of another thread",
			       name);
	if (co->state == CORO_RUNNING)
		return err_set(e, EINVAL, "coroutine '%s' resumes itself", name);
	if (co->state == CORO_RESUMING)
		return err_set(e, EINVAL,
			       "coroutine '%s' waits for one that it resumed", name);
	return err_set(e, EINVAL, "coroutine '%s' has ended", name);
}

int
coro_ended(const struct coro *co, struct err *e)
{
	char name[CORO_NAME];

	if (co->raised != CORO_OVERFLOWED)
		return co->raised != 0 ? CORO_RAISED : CORO_RETURNED;
	err_set(e, EINVAL, "coroutine '%s' overflowed its %zu KiB stack",
		coro_name(co, name), co->domain->stacks.stack_bytes >> 10);
	err_hint(e, "use --stack");
	return -EFAULT;
}

int
coro_resume(struct coro *co, intptr_t value, intptr_t *got, struct err *e)
{
	return coro_resume_by(co, value, got, e, coro_swap_here);
}

int
coro_yield(intptr_t value, intptr_t *sent)
{
	assert(coro_domain_here->current != &coro_domain_here->main);
	return coro_yield_by(value, sent, coro_swap_here);
}

int
coro_send(struct coro *co, intptr_t value, intptr_t *got, struct err *e)
{
	char name[CORO_NAME];

	if (co->state == CORO_NEW && value != CORO_NONE)
		return err_set(e, EINVAL,
			       "cannot send a value to the just-started generator '%s'",
			       coro_name(co, name));
	return coro_resume(co, value, got, e);
}

int
coro_throw(struct coro *co, int code, intptr_t *got, struct err *e)
{
	assert(code != 0 && code != CORO_OVERFLOWED);
	if (co->domain != coro_domain_here || co->state > CORO_SUSPENDED)
		return coro_refuse(co, e);
	if (co->state == CORO_NEW) {
		co->state = CORO_DEAD;
		co->raised = code;
		if (got != NULL)
			*got = 0;
		return CORO_RAISED;
	}
	co->thrown = code;
	return coro_resume(co, 0, got, e);
}

int
coro_close(struct coro *co, struct err *e)
{
	char name[CORO_NAME];
	int rc;

	if (co->state == CORO_DEAD && co->domain == coro_domain_here)
		return 0;
	rc = coro_throw(co, CORO_EXIT, NULL, e);
	if (rc == CORO_YIELDED)
		return err_set(e, EINVAL, "generator '%s' ignored the exit",
			       coro_name(co, name));
	return rc < 0 ? rc : 0;
}

/* --- symmetric ------------------------------------------------------------- */

int
coro_switch(struct coro *to, intptr_t value, intptr_t *got, struct err *e)
{
	struct coro_domain *d = coro_domain_here;
	struct coro *self = d->current;
	int thrown;

	if (to->domain != d)
		return coro_refuse(to, e);
	to = living(to);
	to->value = value;
	if (to != self) {
		self->state = CORO_SUSPENDED;
		coro_hop(self, to, coro_swap_here);
	}
	if (got != NULL)
		*got = self->value;
	thrown = self->thrown;
	self->thrown = 0;
	if (d->overflowed != NULL && d->overflowed->back == self) {
		const struct coro *co = d->overflowed;

		d->overflowed = NULL;
		return coro_ended(co, e);
	}
	return thrown;
}
