/*
 * fault.c - preloaded into the program: the N-th call of a function fails.
 *
 * CB_FAULT=NAME:N:ERRNO, e.g. fork:37:11. The call number N of NAME, counted over
 * all processes of the run, fails once with ERRNO; N = 0 only counts. CB_FAULT_COUNT
 * names a file of 8 bytes that holds the count, mapped by every process.
 */
#include "core/atom.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static atom_i64 *count; /* NULL: not set up, nothing fails */
static const char *name;
static long nth;
static int code;
static long (*next_syscall)(long, ...);

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *cb_real_vfork;
int cb_fails(const char *what);

/* Other libraries' constructors call before ours has run. */
#define real_syscall(...)                                                              \
	((next_syscall != NULL                                                         \
		  ? (void)0                                                            \
		  : (void)(*(void **)&next_syscall = dlsym(RTLD_NEXT, "syscall"))),    \
	 next_syscall(__VA_ARGS__))

__attribute__((constructor)) static void
set_up(void)
{
	const char *spec = getenv("CB_FAULT"), *path = getenv("CB_FAULT_COUNT");
	static char what[32];
	int fd;

	cb_real_vfork = dlsym(RTLD_NEXT, "vfork");
	if (spec == NULL || path == NULL ||
	    sscanf(spec, "%31[^:]:%ld:%d", what, &nth, &code) != 3)
		return;
	name = what;
	fd = (int)real_syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	count = (void *)real_syscall(SYS_mmap, NULL, sizeof(*count),
				     PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	real_syscall(SYS_close, fd);
	if (count == MAP_FAILED)
		count = NULL;
}

/* Counts a call of `what`; true when this is the one that fails, errno set. */
__attribute__((used)) int
cb_fails(const char *what)
{
	if (count == NULL || strcmp(what, name) != 0)
		return 0;
	if (atom_add_rlx(count, 1) + 1 != nth)
		return 0;
	errno = code;
	return 1;
}

#define REAL(f) (__extension__(__typeof__(&f)) dlsym(RTLD_NEXT, #f))

/* Functions that return -1 (or NULL) and set errno: call on to the next `f`. */
#define WRAP(type, f, bad, parameters, arguments)                                      \
	type f parameters;                                                             \
	type f parameters                                                              \
	{                                                                              \
		return cb_fails(#f) ? (bad) : REAL(f) arguments;                       \
	}

/* Functions that return an errno. */
#define WRAP_CODE(f, parameters, arguments)                                            \
	int f parameters;                                                              \
	int f parameters                                                               \
	{                                                                              \
		return cb_fails(#f) ? code : REAL(f) arguments;                        \
	}

WRAP(pid_t, fork, -1, (void), ())
WRAP(int, pipe2, -1, (int p[2], int flags), (p, flags))
WRAP(int, eventfd, -1, (unsigned n, int flags), (n, flags))
WRAP(int, epoll_create1, -1, (int flags), (flags))
WRAP(int, timerfd_create, -1, (int clock, int flags), (clock, flags))
WRAP(int, memfd_create, -1, (const char *n, unsigned flags), (n, flags))
WRAP(int, ftruncate, -1, (int fd, off_t n), (fd, n))
WRAP(int, socketpair, -1, (int d, int t, int p, int v[2]), (d, t, p, v))
WRAP_CODE(pthread_create, (void *t, const void *a, void *(*f)(void *), void *x),
	  (t, a, f, x))
WRAP_CODE(posix_spawn,
	  (pid_t * p, const char *f, const void *a, const void *b, char *const *v,
	   char *const *e),
	  (p, f, a, b, v, e))

/* Not the 8 bytes of an event descriptor, which cannot be refused. */
ssize_t
write(int fd, const void *p, size_t n)
{
	return (fd <= 2 || n != sizeof(uint64_t)) && cb_fails("write")
		       ? -1
		       : real_syscall(SYS_write, fd, p, n);
}

void *
malloc(size_t n)
{
	return cb_fails("malloc") ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return cb_fails("calloc") ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return cb_fails("realloc") ? NULL : __libc_realloc(p, n);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return cb_fails("mmap")
		       ? MAP_FAILED
		       : (void *)real_syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	unsigned mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0;
	va_end(ap);
	return cb_fails("open")
		       ? -1
		       : (int)real_syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* Only clone and clone3, the calls that make processes, may fail. */
long
syscall(long nr, ...)
{
	va_list ap;
	long a[6];
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if ((nr == SYS_clone || nr == SYS_clone3) && cb_fails("clone"))
		return -1;
	return real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/*
 * The child of vfork() runs on the stack of its caller, whose frame must be the one
 * that called: so this jumps on, as only assembler can promise.
 */
#ifdef __x86_64__
static const char vfork_name[] __attribute__((used)) = "vfork";

__asm__(".text\n.globl vfork\n.type vfork, @function\n"
	"vfork:\n"
	"	subq $8, %rsp\n"
	"	leaq vfork_name(%rip), %rdi\n"
	"	call cb_fails@PLT\n"
	"	addq $8, %rsp\n"
	"	testl %eax, %eax\n"
	"	jnz 1f\n"
	"	movq cb_real_vfork@GOTPCREL(%rip), %rax\n"
	"	jmp *(%rax)\n"
	"1:	movq $-1, %rax\n"
	"	ret\n"
	".size vfork, .-vfork\n");
#endif
