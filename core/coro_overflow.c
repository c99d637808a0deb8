/*
 * coro_overflow.c - a fault in a guard page becomes an error that names the coroutine.
 *
 * Source: Linux signal delivery, sigaltstack(2), sigaction(2); the handler returns
 * into another context than it came from by changing the saved registers, as garbage
 * collectors and GNU libsigsegv do.
 */
#include "core/coro_overflow.h"

#include "core/coro_hop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define SIGNAL_STACK_BYTES ((size_t)64 << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int watchers; /* domains that watch, under the lock */

/* Of the thread, for all its domains: where the handler runs. NULL: it had one. */
static _Thread_local void *signal_stack;
static _Thread_local int domains;
static struct sigaction former[2];
static const int faults[2] = { SIGSEGV, SIGBUS };

extern const char __executable_start[], etext[];

/* Async-signal-safe: appends text or a number to a line. */
static char *
put(char *at, const char *end, const char *text)
{
	while (*text != '\0' && at < end)
		*at++ = *text++;
	return at;
}

static char *
put_number(char *at, const char *end, uint64_t n)
{
	char digits[24];
	int i = (int)sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return put(at, end, digits + i);
}

/* The last words, where going on is not safe. */
static void
give_up(const struct coro_domain *d, const struct coro *co)
{
	char line[160], *at = line;
	const char *end = line + sizeof(line) - 1;
	ssize_t n;

	at = put(at, end, "concbench: coroutine '");
	at = co->name != NULL ? put(at, end, co->name)
			      : put_number(put(at, end, "co"), end, co->number);
	at = put(at, end, "' overflowed its ");
	at = put_number(at, end, d->stacks.stack_bytes >> 10);
	at = put(at, end, " KiB stack; use --stack\n");
	n = write(STDERR_FILENO, line, (size_t)(at - line));
	(void)n;
	_exit(3);
}

#if defined(CORO_ASAN) || defined(CORO_TSAN)
#define CAN_ESCAPE 0
#else
#define CAN_ESCAPE 1
#endif

/* Changes what the handler returns to; false where that is not known. */
static bool
escape(ucontext_t *u, const struct coro_context *to)
{
#if defined(CORO_SWITCH_X86_64) && CAN_ESCAPE
	greg_t *r = u->uc_mcontext.gregs;

	if (r[REG_RIP] < (greg_t)(uintptr_t)__executable_start ||
	    r[REG_RIP] >= (greg_t)(uintptr_t)etext)
		return false;
	r[REG_RIP] = (greg_t)(uintptr_t)to->ip;
	r[REG_RSP] = (greg_t)(uintptr_t)to->sp;
	r[REG_RBP] = (greg_t)(uintptr_t)to->fp;
	r[REG_RDI] = (greg_t)(uintptr_t)to; /* as the switch leaves it */
	r[REG_EFL] &= ~(greg_t)0x400;	    /* direction flag, as at a call */
	if (u->uc_mcontext.fpregs != NULL) {
		u->uc_mcontext.fpregs->mxcsr =
			to->x87 == 0x37f ? CORO_MXCSR_DEFAULT : to->mxcsr;
		u->uc_mcontext.fpregs->cwd = to->x87;
		u->uc_mcontext.fpregs->ftw = 0; /* the x87 stack is empty */
	}
	return true;
#elif defined(CORO_SWITCH_AARCH64) && CAN_ESCAPE
	if (u->uc_mcontext.pc < (uintptr_t)__executable_start ||
	    u->uc_mcontext.pc >= (uintptr_t)etext)
		return false;
	u->uc_mcontext.pc = (uintptr_t)to->ip;
	u->uc_mcontext.sp = (uintptr_t)to->sp;
	u->uc_mcontext.regs[29] = (uintptr_t)to->fp;
	u->uc_mcontext.regs[0] = (uintptr_t)to; /* as the switch leaves it */
	return true;
#else
	(void)u;
	(void)to;
	return false;
#endif
}

static void
on_fault(int sig, siginfo_t *info, void *context)
{
	struct coro_domain *d = coro_domain_here;
	struct coro *co = d != NULL ? d->current : NULL, *back;
	const char *at = info->si_addr;

	if (co == NULL || co == &d->main || at >= co->stack.low ||
	    at < co->stack.low - CORO_GUARD) {
		/* Not ours: as if we had not been there, the fault comes again. */
		sigaction(sig, &former[sig == SIGBUS], NULL);
		return;
	}
	for (back = co->back; back->state == CORO_DEAD;)
		back = back->back;
	if (!d->config.kind->is_direct || !escape(context, &back->context))
		give_up(d, co);
	co->state = CORO_DEAD;
	co->raised = CORO_OVERFLOWED;
	d->overflowed = co;
	back->value = 0;
}

static void
install(void)
{
	struct sigaction a = { .sa_sigaction = on_fault,
			       .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&a.sa_mask);
	for (int i = 0; i < 2; i++)
		sigaction(faults[i], &a, &former[i]);
}

/* With the first domain of a thread. */
static int
get_signal_stack(struct err *e)
{
	stack_t s = { .ss_size = SIGNAL_STACK_BYTES };
	stack_t old;

	/* A sanitizer has one already, and wants it back. */
	if (domains > 0 || sigaltstack(NULL, &old) != 0 || !(old.ss_flags & SS_DISABLE))
		return 0;
	s.ss_sp = mmap(NULL, s.ss_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s.ss_sp == MAP_FAILED)
		return err_set(e, errno, "no memory for a signal stack");
	signal_stack = s.ss_sp;
	sigaltstack(&s, NULL);
	return 0;
}

int
coro_overflow_watch(struct err *e)
{
	int rc = get_signal_stack(e);

	if (rc != 0)
		return rc;
	domains++;
	pthread_mutex_lock(&lock);
	if (watchers++ == 0)
		install();
	pthread_mutex_unlock(&lock);
	return 0;
}

void
coro_overflow_unwatch(void)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	pthread_mutex_lock(&lock);
	if (--watchers == 0)
		for (int i = 0; i < 2; i++)
			sigaction(faults[i], &former[i], NULL);
	pthread_mutex_unlock(&lock);
	if (--domains > 0 || signal_stack == NULL)
		return;
	sigaltstack(&none, NULL);
	munmap(signal_stack, SIGNAL_STACK_BYTES);
	signal_stack = NULL;
}
