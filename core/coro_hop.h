/*
 * coro_hop.h - resume, yield and their bookkeeping, with the switch inlined.
 *
 * For core/coro*.c, core/coro/ and core/hub*.c. The functions of coro.h are these
 * with the domain's kind; a measurement is these with a kind known at compile time.
 */
#ifndef CORE_CORO_HOP_H
#define CORE_CORO_HOP_H

#include "core/coro.h"
#include "core/coro_switch.h"
#include "core/tsan.h"

#include <errno.h>

#if defined(__SANITIZE_ADDRESS__)
#define CORO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CORO_ASAN 1
#endif
#endif
#ifdef UNDER_TSAN
#define CORO_TSAN 1
#endif

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CORO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* Returns, when somebody goes on here, `from`; where that is known from a register
 * that the other side left, sooner than the stack could tell. */
typedef struct coro_context *coro_swap(struct coro_context *from,
				       struct coro_context *to);

#define CORO_INLINE static inline __attribute__((always_inline))

extern _Thread_local struct coro_domain *coro_domain_here;

/* Refuses a resume, with the reason. */
int coro_refuse(const struct coro *co, struct err *e);
/* What the end of co means to who resumed it. */
int coro_ended(const struct coro *co, struct err *e);

/* Every arrival in a coroutine: after a switch, and at its start. */
CORO_INLINE void
coro_arrive(struct coro_domain *d, struct coro *self)
{
	d->current = self;
	self->state = CORO_RUNNING;
	if (__builtin_expect(d->config.trace != NULL, 0))
		trace_follow(d->config.trace, self->role);
}

#if defined(CORO_SWITCH_X86_64)
#define CORO_SWAP_NATIVE coro_switch_x86_64
#if !defined(CORO_ASAN) && !defined(CORO_TSAN)
#define CORO_LEAVE_NATIVE coro_leave_x86_64
#endif
#elif defined(CORO_SWITCH_AARCH64)
#define CORO_SWAP_NATIVE coro_switch_aarch64
#endif

/* The switch of the domain's kind; without an indirect call when it is the native. */
CORO_INLINE struct coro_context *
coro_swap_here(struct coro_context *from, struct coro_context *to)
{
#ifdef CORO_SWAP_NATIVE
	if (__builtin_expect(coro_domain_here->is_native, 1))
		return CORO_SWAP_NATIVE(from, to);
#endif
	return coro_domain_here->config.kind->swap(from, to);
}

/* From the running one, which says its own state before, to another; returns from. */
CORO_INLINE struct coro *
coro_hop(struct coro *from, struct coro *to, coro_swap *swap)
{
#ifdef CORO_ASAN
	__sanitizer_start_switch_fiber(
		from->state == CORO_DEAD ? NULL : &from->fake_stack, to->stack.low,
		(size_t)(to->stack.top - to->stack.low));
#endif
#ifdef CORO_TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	from = (struct coro *)(void *)swap(&from->context, &to->context);
#ifdef CORO_ASAN
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
	coro_arrive(from->domain, from);
	return from;
}

CORO_INLINE int
coro_resume_by(struct coro *co, intptr_t value, intptr_t *got, struct err *e,
	       coro_swap *swap)
{
	struct coro_domain *d = coro_domain_here;
	struct coro *self;

	if (__builtin_expect(co->domain != d || co->state > CORO_SUSPENDED, 0))
		return coro_refuse(co, e);
	self = d->current;
	co->back = self;
	co->value = value;
	self->state = CORO_RESUMING;
	self = coro_hop(self, co, swap);
	if (got != NULL)
		*got = self->value;
	if (__builtin_expect(co->state == CORO_DEAD, 0))
		return coro_ended(co, e);
	return CORO_YIELDED;
}

CORO_INLINE int
coro_yield_by(intptr_t value, intptr_t *sent, coro_swap *swap)
{
	struct coro_domain *d = coro_domain_here;
	struct coro *self = d->current, *back = self->back;
	int thrown;

	back->value = value;
	self->state = CORO_SUSPENDED;
	self = coro_hop(self, back, swap);
	if (sent != NULL)
		*sent = self->value;
	thrown = self->thrown;
	if (__builtin_expect(thrown != 0, 0))
		self->thrown = 0;
	return thrown;
}

/* A stack that is used again keeps its place; the rest begins anew. */
CORO_INLINE void
coro_set_up(struct coro_domain *d, struct coro *co, const char *name, coro_body *body,
	    void *arg)
{
	co->back = d->current;
	co->body = body;
	co->arg = arg;
	co->name = name;
	co->number = d->created++;
	co->state = CORO_NEW;
	co->thrown = 0;
	co->raised = 0;
	co->role = -1;
}

/* A coroutine with a stack that was never used, or NULL. */
struct coro *coro_with_stack(struct coro_domain *d, struct err *e);

/* What sanitizers want to know of a new one, and of one that is taken back. */
CORO_INLINE void
coro_watch(struct coro *co)
{
#ifdef CORO_ASAN
	__asan_unpoison_memory_region(co->stack.low,
				      (size_t)(co->stack.top - co->stack.low));
	co->fake_stack = NULL;
#endif
#ifdef CORO_TSAN
	co->fiber = __tsan_create_fiber(0);
#endif
	(void)co;
}

CORO_INLINE void
coro_unwatch(struct coro *co)
{
#ifdef CORO_TSAN
	__tsan_destroy_fiber(co->fiber);
#endif
	(void)co;
}

CORO_INLINE struct coro *
coro_new_in(struct coro_domain *d, const struct coro_kind *kind, const char *name,
	    coro_body *body, void *arg, struct err *e)
{
	struct coro *co = d->free;

	if (__builtin_expect(co != NULL, 1)) {
		d->free = co->next_free;
	} else {
		co = coro_with_stack(d, e);
		if (co == NULL)
			return NULL;
	}
	coro_watch(co);
	coro_set_up(d, co, name, body, arg);
	kind->make(&co->context, &co->stack);
	return co;
}

CORO_INLINE void
coro_take_back(struct coro_domain *d, struct coro *co)
{
	coro_unwatch(co);
	co->state = CORO_DEAD;
	co->next_free = d->free;
	d->free = co;
	d->freed++;
}

/* --- measurements ---------------------------------------------------------- */

CORO_INLINE intptr_t
coro_drive_body(void *arg, coro_swap *swap)
{
	struct coro_drive *d = arg;

	if (d->what == DRIVE_SPAWN) {
		d->inside++;
		return 0;
	}
	while (coro_yield_by(0, NULL, swap) == 0)
		d->inside++;
	return 0;
}

CORO_INLINE int
coro_drive_switch(struct coro_drive *d, const struct coro_kind *kind, coro_body *body,
		  coro_swap *swap, struct err *e)
{
	struct coro *co = coro_new_in(coro_domain_here, kind, "driven", body, d, e);
	int rc;

	if (co == NULL)
		return -ENOMEM;
	rc = coro_resume_by(co, 0, NULL, e, swap);
	for (uint64_t i = 0; i < d->rounds && rc == CORO_YIELDED; i++)
		rc = coro_resume_by(co, 0, NULL, e, swap);
	coro_free(co);
	return rc;
}

CORO_INLINE int
coro_drive_spawn(struct coro_drive *d, const struct coro_kind *kind, coro_body *body,
		 coro_swap *swap, struct err *e)
{
	struct coro_domain *here = coro_domain_here;
	int rc = 0;

	for (uint64_t i = 0; i < d->rounds && rc >= 0; i++) {
		struct coro *co = coro_new_in(here, kind, NULL, body, d, e);

		if (co == NULL)
			return -ENOMEM;
		rc = coro_resume_by(co, 0, NULL, e, swap);
		coro_take_back(here, co);
	}
	return rc < 0 ? rc : 0;
}

/* A kind: `swap_` is inlined into its loop; make_ prepares a context. */
#define CORO_DEFINE(id, swap_, make_, context_bytes_, is_direct_, ...)                 \
	static struct coro_context *id##_swap(struct coro_context *from,               \
					      struct coro_context *to)                 \
	{                                                                              \
		return swap_(from, to);                                                \
	}                                                                              \
	__attribute__((flatten)) static intptr_t id##_body(struct coro *self,          \
							   void *arg)                  \
	{                                                                              \
		(void)self;                                                            \
		return coro_drive_body(arg, swap_);                                    \
	}                                                                              \
	static int id##_drive(struct coro_drive *d, struct err *e);                    \
	const struct coro_kind coro_kind_##id = {                                      \
		.kind = { .name = #id, __VA_ARGS__ },                                  \
		.context_bytes = context_bytes_,                                       \
		.is_direct = is_direct_,                                               \
		.make = make_,                                                         \
		.swap = id##_swap,                                                     \
		.drive = id##_drive,                                                   \
	};                                                                             \
	static int id##_drive(struct coro_drive *d, struct err *e)                     \
	{                                                                              \
		d->inside = 0;                                                         \
		return d->what == DRIVE_SWITCH                                         \
			       ? coro_drive_switch(d, &coro_kind_##id, id##_body,      \
						   swap_, e)                           \
			       : coro_drive_spawn(d, &coro_kind_##id, id##_body,       \
						  swap_, e);                           \
	}                                                                              \
	_Static_assert(1, "ends in a semicolon")

/* A kind that this machine has not. */
#define CORO_DEFINE_ABSENT(id, machine_, summary_)                                     \
	static bool id##_available(char *why, size_t size)                             \
	{                                                                              \
		snprintf(why, size, "needs %s", machine_);                             \
		return false;                                                          \
	}                                                                              \
	const struct coro_kind coro_kind_##id = {                                      \
		.kind = { .name = #id,                                                 \
			  .summary = summary_,                                         \
			  .available = id##_available },                               \
	}

#endif
