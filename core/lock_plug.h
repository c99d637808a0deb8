/*
 * lock_plug.h - locks that are loaded from a file of the user:
 * include/concbench_lock.h.
 *
 * A kind that was loaded stands in lock_kind_table and lock_kind_list behind the NULL
 * that ends what is built in: its index is as good as any other, and loops over all
 * kinds do not meet it.
 */
#ifndef CORE_LOCK_PLUG_H
#define CORE_LOCK_PLUG_H

#include "core/err.h"
#include "core/lock.h"

#include <stdint.h>

/*
 * Loads the library at `path`, which has a slash in it, and sets *index to its place in
 * the tables; the same one for a file that was loaded before. It stays loaded. Returns
 * 0, or -EINVAL or -ENOMEM with e filled. Main thread, before any worker.
 */
int lock_plug_load(const char *path, int64_t *index, struct err *e);

#endif
