/*
 * real.h - the C library's own functions of the names that we take.
 *
 * Forced into the locks that are compiled for the library (-include): a kind that is a
 * mutex of the C library means that one, and not ours, which would call it again.
 */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <pthread.h>
#include <time.h>

struct real {
	int (*init)(pthread_mutex_t *, const pthread_mutexattr_t *);
	int (*destroy)(pthread_mutex_t *);
	int (*lock)(pthread_mutex_t *);
	int (*trylock)(pthread_mutex_t *);
	int (*timedlock)(pthread_mutex_t *, const struct timespec *);
	int (*clocklock)(pthread_mutex_t *, clockid_t, const struct timespec *);
	int (*unlock)(pthread_mutex_t *);
	int (*cond_init)(pthread_cond_t *, const pthread_condattr_t *);
	int (*cond_destroy)(pthread_cond_t *);
	int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *,
			      const struct timespec *);
	int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
			      const struct timespec *);
	int (*cond_signal)(pthread_cond_t *);
	int (*cond_broadcast)(pthread_cond_t *);
};

/* All of them; looked up at the first call. Any thread. */
__attribute__((visibility("hidden"))) const struct real *real(void);

#ifdef PRELOAD_RENAMES
#define pthread_mutex_init(...) (real()->init(__VA_ARGS__))
#define pthread_mutex_destroy(...) (real()->destroy(__VA_ARGS__))
#define pthread_mutex_lock(...) (real()->lock(__VA_ARGS__))
#define pthread_mutex_trylock(...) (real()->trylock(__VA_ARGS__))
#define pthread_mutex_timedlock(...) (real()->timedlock(__VA_ARGS__))
#define pthread_mutex_clocklock(...) (real()->clocklock(__VA_ARGS__))
#define pthread_mutex_unlock(...) (real()->unlock(__VA_ARGS__))
#define pthread_cond_init(...) (real()->cond_init(__VA_ARGS__))
#define pthread_cond_destroy(...) (real()->cond_destroy(__VA_ARGS__))
#define pthread_cond_wait(...) (real()->cond_wait(__VA_ARGS__))
#define pthread_cond_timedwait(...) (real()->cond_timedwait(__VA_ARGS__))
#define pthread_cond_clockwait(...) (real()->cond_clockwait(__VA_ARGS__))
#define pthread_cond_signal(...) (real()->cond_signal(__VA_ARGS__))
#define pthread_cond_broadcast(...) (real()->cond_broadcast(__VA_ARGS__))
#endif

#endif
