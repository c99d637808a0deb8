/*
 * family_story.h - what the processes of a tree say; for family.c alone.
 *
 * Each appends an event of the calling process's role (core/trace.h).
 */
#ifndef CORE_FAMILY_STORY_H
#define CORE_FAMILY_STORY_H

#include "core/fork.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

void story_start(void);
void story_child(const struct fork_kind *kind); /* begins a child's span */
void story_leave(void);				/* ends it */
void story_suspend(const struct fork_kind *kind);
void story_resume(void);
void story_created(const struct fork_kind *kind, pid_t pid, uint64_t took_ns);
void story_refused(const struct fork_kind *kind, int code);
void story_wait(bool begins);
void story_exited(pid_t pid, int exitcode);
void story_private(const void *at, int64_t before, int64_t after);
void story_shared(const void *at, int64_t before, int64_t after);

#endif
