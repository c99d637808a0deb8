/*
 * sysv.h - semaphores and message queues of System V, known again when their owner is
 * dead.
 *
 * Such an object has no owner whose end would take it away, and a semaphore whose name
 * is taken away is gone: kill -9 of the whole program leaves it behind. So each of ours
 * has a key that begins with ours, and a mark that the kernel takes off when the
 * process that made it ends, in whatever way (SEM_UNDO). The first that a process makes
 * takes away those without their mark. A message queue has its mark in a semaphore of
 * the same key.
 *
 * Any thread; an object is taken away once, by the process that made it.
 */
#ifndef CORE_SYSV_H
#define CORE_SYSV_H

/* A set whose semaphore 0 is 1, for this user alone. Its ID, or -errno. */
int sysv_sem_open(void);
void sysv_sem_close(int id);

/* A message queue, for this user alone. Its ID, or -errno. */
int sysv_queue_open(void);
void sysv_queue_close(int id);

/* Takes away what dead processes left behind: how many objects. */
int sysv_sweep(void);

#endif
