/*
 * real.c - looks up the C library's own functions.
 *
 * Edge R: real() stores found = 1 behind the addresses -> who reads 1 sees them.
 */
#include "preload/real.h"

#include "core/atom.h"

#include <dlfcn.h>

/* Condition variables have two generations in old ports; ours is the second. */
#if defined(__x86_64__) || defined(__i386__)
#define COND_VERSION "GLIBC_2.3.2"
#endif

static struct real table;
static atom_u32 found;

static void *
look_up(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void *
look_up_cond(const char *name)
{
#ifdef COND_VERSION
	void *p = dlvsym(RTLD_NEXT, name, COND_VERSION);

	if (p != NULL)
		return p;
#endif
	return dlsym(RTLD_NEXT, name);
}

/* An object pointer as a function pointer, as POSIX has it for dlsym(). */
#define SET(field, value) (*(void **)&t.field = (value))

const struct real *
real(void)
{
	struct real t;

	if (atom_load_acq(&found) != 0) /* R */
		return &table;
	SET(init, look_up("pthread_mutex_init"));
	SET(destroy, look_up("pthread_mutex_destroy"));
	SET(lock, look_up("pthread_mutex_lock"));
	SET(trylock, look_up("pthread_mutex_trylock"));
	SET(timedlock, look_up("pthread_mutex_timedlock"));
	SET(clocklock, look_up("pthread_mutex_clocklock"));
	SET(unlock, look_up("pthread_mutex_unlock"));
	SET(cond_init, look_up_cond("pthread_cond_init"));
	SET(cond_destroy, look_up_cond("pthread_cond_destroy"));
	SET(cond_wait, look_up_cond("pthread_cond_wait"));
	SET(cond_timedwait, look_up_cond("pthread_cond_timedwait"));
	SET(cond_clockwait, look_up("pthread_cond_clockwait"));
	SET(cond_signal, look_up_cond("pthread_cond_signal"));
	SET(cond_broadcast, look_up_cond("pthread_cond_broadcast"));
	/* Who comes at the same time writes the same. */
	table = t;
	atom_store_rel(&found, 1); /* R */
	return &table;
}
