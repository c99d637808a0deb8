/*
 * coro.cc - what concbench's coroutines are measured against: boost.context's fcontext
 * with a malloc'd stack, glibc's swapcontext, and a plain call and return.
 *
 * Usage: coro fcontext|swapcontext|call ROUNDS
 * Prints nanoseconds of a switch and of create, run and free as JSON. Every hand-over
 * is counted on the other side; a wrong count fails.
 */
#include <boost/context/detail/fcontext.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <ucontext.h>

using namespace boost::context::detail;

static const size_t stack_bytes = 64 << 10;
static uint64_t inside;
static ucontext_t here, there;

static double
now_ns()
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

static void
fcontext_loop(transfer_t t)
{
	for (;;) {
		inside++;
		t = jump_fcontext(t.fctx, nullptr);
	}
}

static double
fcontext_switch(uint64_t n)
{
	char *stack = static_cast<char *>(malloc(stack_bytes));
	transfer_t t = { make_fcontext(stack + stack_bytes, stack_bytes, fcontext_loop),
			 nullptr };
	double begin = now_ns();

	for (uint64_t i = 0; i < n; i++)
		t = jump_fcontext(t.fctx, nullptr);
	begin = now_ns() - begin;
	free(stack);
	return begin / static_cast<double>(n) / 2;
}

static double
fcontext_create(uint64_t n)
{
	double begin = now_ns();

	for (uint64_t i = 0; i < n; i++) {
		char *stack = static_cast<char *>(malloc(stack_bytes));

		jump_fcontext(make_fcontext(stack + stack_bytes, stack_bytes,
					    fcontext_loop),
			      nullptr);
		free(stack);
	}
	return (now_ns() - begin) / static_cast<double>(n);
}

static void
ucontext_loop()
{
	for (;;) {
		inside++;
		swapcontext(&there, &here);
	}
}

static void
ucontext_make(char *stack)
{
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = stack_bytes;
	there.uc_link = nullptr;
	makecontext(&there, ucontext_loop, 0);
}

static double
ucontext_switch(uint64_t n)
{
	char *stack = static_cast<char *>(malloc(stack_bytes));
	double begin = now_ns();

	ucontext_make(stack);
	for (uint64_t i = 0; i < n; i++)
		swapcontext(&here, &there);
	begin = now_ns() - begin;
	free(stack);
	return begin / static_cast<double>(n) / 2;
}

static double
ucontext_create(uint64_t n)
{
	double begin = now_ns();

	for (uint64_t i = 0; i < n; i++) {
		char *stack = static_cast<char *>(malloc(stack_bytes));

		ucontext_make(stack);
		swapcontext(&here, &there);
		free(stack);
	}
	return (now_ns() - begin) / static_cast<double>(n);
}

static void __attribute__((noinline))
called()
{
	inside++;
	__asm__ __volatile__("" ::: "memory");
}

static double
call(uint64_t n)
{
	double begin = now_ns();

	for (uint64_t i = 0; i < n; i++)
		called();
	return (now_ns() - begin) / static_cast<double>(n);
}

int
main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[1] : "";
	const uint64_t n = argc == 3 ? strtoull(argv[2], nullptr, 10) : 0;
	double to, create;

	if (n > 0 && strcmp(what, "fcontext") == 0) {
		to = fcontext_switch(n);
		create = fcontext_create(n);
	} else if (n > 0 && strcmp(what, "swapcontext") == 0) {
		to = ucontext_switch(n);
		create = ucontext_create(n);
	} else if (n > 0 && strcmp(what, "call") == 0) {
		to = call(n);
		create = call(n);
	} else {
		fprintf(stderr, "usage: coro fcontext|swapcontext|call ROUNDS\n");
		return 2;
	}
	if (inside != 2 * n) {
		fprintf(stderr, "coro: %llu of %llu rounds were run\n",
			static_cast<unsigned long long>(inside),
			static_cast<unsigned long long>(2 * n));
		return 1;
	}
	printf("{\"switch_ns\": %.4f, \"create_ns\": %.4f}\n", to, create);
	return 0;
}
