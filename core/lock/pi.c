/*
 * pi.c - pthread_mutex_t with priority inheritance: the holder runs at the priority of
 * the most urgent waiter. The kernel has the queue, so a contended release is a system
 * call, and hands over. The kernel also tells of a holder that died, which glibc does
 * not expect of a mutex that is not robust: it aborts whoever comes next.
 */
#include "core/lock_pthread.h"

static int
inherit(pthread_mutexattr_t *attr)
{
	return pthread_mutexattr_setprotocol(attr, PTHREAD_PRIO_INHERIT);
}

LOCK_DEFINE_PTHREAD_WITH(
	pi, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, inherit,
	LOCK_OWNED | LOCK_ABORTS,
	.kind.summary = "pthread mutex with priority inheritance",
	.origin = "L. Sha, R. Rajkumar, J. Lehoczky, 1990; POSIX 1003.1c-1995");
