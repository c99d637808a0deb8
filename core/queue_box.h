/*
 * queue_box.h - messages for queues of pointers: one word goes as the pointer itself,
 * a longer one in a block of its own. For kinds between threads.
 */
#ifndef CORE_QUEUE_BOX_H
#define CORE_QUEUE_BOX_H

#include "core/queue_kind.h"

#include <stdlib.h>

/* The pointer for a message; false when there is no memory. */
QUEUE_INLINE bool
queue_box(void **pointer, const void *item, size_t n)
{
	uintptr_t word;

	if (n == 8) {
		memcpy(&word, item, 8);
		*pointer = (void *)word;
		return true;
	}
	*pointer = malloc(n);
	if (*pointer != NULL)
		memcpy(*pointer, item, n);
	return *pointer != NULL;
}

QUEUE_INLINE void
queue_unbox(void *pointer, void *item, size_t n)
{
	const uintptr_t word = (uintptr_t)pointer;

	if (n == 8) {
		memcpy(item, &word, 8);
	} else {
		memcpy(item, pointer, n);
		free(pointer);
	}
}

#endif
