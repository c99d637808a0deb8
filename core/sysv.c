/*
 * sysv.c - semaphores and message queues of System V, known again. See core/sysv.h.
 *
 * A set is made in three steps: semget, the first semaphore is set, the mark is put on
 * by the first semop. Until then the kernel says that there was none (sem_otime), and a
 * sweep leaves it alone. A queue is made after its mark and goes before it.
 *
 * Source: semop(2), semctl(2), msgctl(2).
 */
#include "core/sysv.h"

#include "core/atom.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

#define OURS 0xcbe50000u

enum { VALUE, MARK, NSEMS };

enum { NUMBERS = 0x10000 }; /* keys that are ours */

union semun {
	int val;
	struct semid_ds *buf;
	struct seminfo *info;
};

static atom_u32 swept; /* sets asked for: the first sweeps */

static bool
is_ours(key_t key)
{
	return ((uint32_t)key & ~(uint32_t)(NUMBERS - 1)) == OURS;
}

static key_t
next_key(void)
{
	static atom_u32 serial;
	const uint32_t number =
		(uint32_t)getpid() * UINT32_C(64) + atom_add_rlx(&serial, 1);

	return (key_t)(OURS | number % NUMBERS);
}

/* Its process has ended. Not so where it is not ours to look at. */
static bool
is_unmarked(int id)
{
	struct semid_ds ds = { 0 };

	return semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }) == 0 &&
	       ds.sem_nsems == NSEMS && ds.sem_otime != 0 &&
	       semctl(id, MARK, GETVAL) == 0;
}

static int
sweep_queues(void)
{
	struct msginfo info;
	struct msqid_ds ds = { 0 };
	const int last = msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
	int gone = 0;

	for (int i = 0; i <= last; i++) {
		const int id = msgctl(i, MSG_STAT, &ds);
		int mark;

		if (id < 0 || !is_ours(ds.msg_perm.__key))
			continue;
		mark = semget(ds.msg_perm.__key, NSEMS, 0);
		if (mark >= 0 ? is_unmarked(mark) : errno == ENOENT)
			gone += msgctl(id, IPC_RMID, NULL) == 0;
	}
	return gone;
}

static int
sweep_sems(void)
{
	struct seminfo info;
	struct semid_ds ds = { 0 };
	const int last = semctl(0, 0, SEM_INFO, (union semun){ .info = &info });
	int gone = 0;

	for (int i = 0; i <= last; i++) {
		const int id = semctl(i, 0, SEM_STAT, (union semun){ .buf = &ds });

		if (id >= 0 && is_ours(ds.sem_perm.__key) && is_unmarked(id))
			gone += semctl(id, 0, IPC_RMID) == 0;
	}
	return gone;
}

int
sysv_sweep(void)
{
	const int gone = sweep_queues();

	return gone + sweep_sems();
}

/* A set of this key with its mark. */
static int
open_marked(key_t key)
{
	struct sembuf mark = { .sem_num = MARK, .sem_op = 1, .sem_flg = SEM_UNDO };
	const int id = semget(key, NSEMS, 0600 | IPC_CREAT | IPC_EXCL);
	int code;

	if (id < 0)
		return -errno;
	if (semctl(id, VALUE, SETVAL, (union semun){ .val = 1 }) == 0 &&
	    semop(id, &mark, 1) == 0)
		return id;
	code = errno;
	semctl(id, 0, IPC_RMID);
	return -code;
}

int
sysv_sem_open(void)
{
	int id = -EEXIST;

	if (atom_add_rlx(&swept, 1) == 0)
		sysv_sweep();
	for (int i = 0; i < NUMBERS && id == -EEXIST; i++)
		id = open_marked(next_key());
	return id;
}

void
sysv_sem_close(int id)
{
	semctl(id, 0, IPC_RMID);
}

int
sysv_queue_open(void)
{
	struct semid_ds ds = { 0 };
	int id = -1, code = EEXIST;

	for (int i = 0; i < NUMBERS && id < 0 && code == EEXIST; i++) {
		const int mark = sysv_sem_open();

		if (mark < 0)
			return mark;
		if (semctl(mark, 0, IPC_STAT, (union semun){ .buf = &ds }) == 0)
			id = msgget(ds.sem_perm.__key, 0600 | IPC_CREAT | IPC_EXCL);
		code = errno;
		if (id < 0)
			sysv_sem_close(mark);
	}
	return id >= 0 ? id : -code;
}

void
sysv_queue_close(int id)
{
	struct msqid_ds ds = { 0 };
	int mark = -1;

	if (msgctl(id, IPC_STAT, &ds) == 0)
		mark = semget(ds.msg_perm.__key, NSEMS, 0);
	msgctl(id, IPC_RMID, NULL);
	if (mark >= 0)
		sysv_sem_close(mark);
}
