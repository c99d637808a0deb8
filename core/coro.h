/*
 * coro.h - coroutines: functions with a stack of their own that hand over to each
 * other.
 *
 * Two ways on one object. Asymmetric, as Python's generators: resume (send, throw,
 * close) and yield, control goes back to who resumed. Symmetric, as greenlet: switch
 * to any of them by name; the end goes to the parent. Each belongs to the domain it
 * was made in, and a domain to the thread that made it: no lock, no system call once
 * its stacks are warm.
 *
 * C has no exceptions: a throw makes the yield in the coroutine return the thrown
 * code, and its clean-up is the code behind; who ends by an error says so with
 * coro_raise(). All functions are for the thread of the domain.
 *
 * Sources: M. Conway, "Design of a Separable Transition-Diagram Compiler", 1963; PEP
 * 342 (send, throw, close); greenlet (switch, parent, dead).
 */
#ifndef CORE_CORO_H
#define CORE_CORO_H

#include "core/coro_stack.h"
#include "core/err.h"
#include "core/param.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coro;
struct coro_domain;

/* Where a coroutine goes on. The kind's business; the offsets are those of the
 * assembly in core/coro_switch.h. */
struct coro_context {
	void *ip, *sp, *fp;
	uint32_t mxcsr; /* x86-64: control of SSE and x87; arm64: FPCR */
	uint16_t x87;
	void *own; /* of kinds that need more: kind->context_bytes */
};

enum coro_state {
	CORO_NEW,
	CORO_SUSPENDED, /* in yield, or switched away */
	CORO_RUNNING,
	CORO_RESUMING, /* waits for one that it resumed */
	CORO_DEAD,
};

/* Its return value is the last value handed over. */
typedef intptr_t coro_body(struct coro *self, void *arg);

/* Python's None as a value to send; no generator is started with another. */
#define CORO_NONE INTPTR_MIN

/* What is thrown: these, or any positive number of the program. */
enum {
	CORO_EXIT = -1,	      /* by close: GeneratorExit, GreenletExit */
	CORO_OVERFLOWED = -2, /* its stack overflowed; nobody can throw it */
};

struct coro {
	struct coro_context context;
	struct coro_domain *domain;
	struct coro *back; /* who gets control next: who resumed it, or its parent */
	intptr_t value;	   /* handed to it */
	coro_body *body;
	void *arg;
	const char *name; /* borrowed; NULL: "co" and its number */
	uint64_t number;  /* from 0, in the order of creation in the domain */
	uint32_t state;	  /* enum coro_state */
	int32_t thrown;	  /* 0, or what its yield shall return */
	int32_t raised;	  /* dead: 0, or the error it ended with */
	int32_t role;	  /* of the trace; -1: its events are dropped */
	struct coro_stack stack;
	struct coro *next_free, *next_made;
	void *fake_stack, *fiber; /* AddressSanitizer's, ThreadSanitizer's */
};

/* A way to switch. Kinds are files in core/coro/. */
struct coro_drive;
struct coro_kind {
	struct kind kind;
	size_t context_bytes; /* behind the context; 0: it suffices */
	bool is_direct;	      /* ip, sp and fp of the context are all there is */
	/* Prepares `to` so that a switch to it calls coro_start(to) on its stack. */
	void (*make)(struct coro_context *to, const struct coro_stack *stack);
	/* Leaves the running one to `from` and goes on in `to`. Returns `from`. */
	struct coro_context *(*swap)(struct coro_context *from,
				     struct coro_context *to);
	/* Runs the loop of a measurement with the switch inlined. */
	int (*drive)(struct coro_drive *d, struct err *e);
};

extern const struct coro_kind *const coro_kind_table[];
extern const struct kind *const coro_kind_list[]; /* the same, for PARAM_KINDS */

/* The fastest kind that runs here. */
const struct coro_kind *coro_kind_native(void);

struct coro_config {
	const struct coro_kind *kind; /* NULL: native */
	size_t stack_bytes;	      /* of each; 0: CORO_STACK_DEFAULT */
	size_t extra_bytes;	      /* of the caller's beside each coroutine */
	struct trace *trace;	      /* borrowed; NULL: roles do not follow */
};

#define CORO_STACK_DEFAULT ((size_t)64 << 10)
#define CORO_STACK_MIN ((size_t)8 << 10)

struct coro_domain {
	struct coro_config config;
	bool is_native;
	struct coro *current;
	struct coro main;	  /* the thread's own stack */
	struct coro *free, *made; /* lists */
	struct coro_stacks stacks;
	uint64_t created;
	uint64_t freed;		 /* created - freed: how many there are */
	struct coro *overflowed; /* the last whose stack overflowed */
};

/*
 * Makes the calling thread one that has coroutines. The caller's memory, not to be
 * moved. From here on an overflow of a coroutine's stack is caught. Returns 0; -EBUSY
 * when the thread has a domain; -errno.
 */
int coro_domain_init(struct coro_domain *d, const struct coro_config *config,
		     struct err *e);

/* Gives all stacks back; no coroutine may be used any more. Accepts a zeroed d. */
void coro_domain_fini(struct coro_domain *d);

/* The domain of the calling thread; NULL when it has none. */
struct coro_domain *coro_here(void);

/*
 * Makes d (one of this thread's; NULL: none) the thread's domain, so that it can have
 * several that run by turns. Returns the one before. From outside of all coroutines.
 */
struct coro_domain *coro_domain_swap(struct coro_domain *d);

/* The running coroutine: the domain's main one outside of all others. */
struct coro *coro_self(void);

/*
 * A new coroutine of the thread's domain; it does not run yet, and its parent is the
 * running one. NULL when memory was refused, with the error filled.
 */
struct coro *coro_new(const char *name, coro_body *body, void *arg, struct err *e);

/* Closes it if it has begun and not ended, and takes it back. Accepts NULL. */
void coro_free(struct coro *co);

/*
 * All coroutines of the domain that were ever made, dead and free ones included; NULL
 * at the end.
 */
struct coro *coro_first(struct coro_domain *d);
struct coro *coro_next(struct coro *co);

/* The caller's own bytes beside it (coro_config.extra_bytes); zeroed by coro_new(). */
void *coro_extra(struct coro *co);

/* "co0", or its own name. Valid until the next call by this thread, or buf. */
#define CORO_NAME 32
const char *coro_name(const struct coro *co, char buf[static CORO_NAME]);

/* What a resume came to, beside -EINVAL with the error filled. */
enum coro_outcome {
	CORO_YIELDED,
	CORO_RETURNED,
	CORO_RAISED, /* co->raised */
};

/*
 * Runs co until it yields or ends; *got (may be NULL) is what it yielded or returned.
 * Refused with -EINVAL: the running one, one that waits for another, a dead one, one
 * of another thread. -EFAULT: its stack overflowed; it is dead.
 */
int coro_resume(struct coro *co, intptr_t value, intptr_t *got, struct err *e);

/* As resume, refusing as Python to start one with a value other than CORO_NONE. */
int coro_send(struct coro *co, intptr_t value, intptr_t *got, struct err *e);

/*
 * Makes its yield return `code` (not 0). One that has not begun ends at once with
 * that error. Otherwise as resume.
 */
int coro_throw(struct coro *co, int code, intptr_t *got, struct err *e);

/*
 * Throws CORO_EXIT and expects it to end. 0, also when it was dead or new; -EINVAL
 * when it yields all the same ("ignored the exit"), or as resume.
 */
int coro_close(struct coro *co, struct err *e);

/*
 * In a coroutine: gives value to who resumed it; returns, when it is resumed, 0 and
 * *sent (may be NULL), or the thrown code.
 */
int coro_yield(intptr_t value, intptr_t *sent);

/*
 * Hands over to `to`, or, when that is dead, to its nearest living parent. Returns
 * when somebody hands over to us, 0 and *got (may be NULL), or the thrown code; to
 * oneself at once. -EINVAL: one of another thread.
 */
int coro_switch(struct coro *to, intptr_t value, intptr_t *got, struct err *e);

/* For bodies: `return coro_raise(self, code)` ends by an error. */
static inline intptr_t
coro_raise(struct coro *self, int code)
{
	self->raised = code;
	return 0;
}

static inline bool
coro_is_dead(const struct coro *co)
{
	return co->state == CORO_DEAD;
}

/* For kinds: where a new coroutine begins. Never returns. */
void coro_start(struct coro_context *context) __attribute__((noreturn));

/* A measurement: `rounds` of something in a domain that has been made with the kind. */
enum coro_drive_what {
	DRIVE_SWITCH, /* resume and yield, one coroutine: two switches a round */
	DRIVE_SPAWN,  /* create, run to the end, take back */
};

struct coro_drive {
	enum coro_drive_what what;
	uint64_t rounds;
	uint64_t inside; /* out: counted in the coroutine; must be `rounds` */
};

#endif
