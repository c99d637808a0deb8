/*
 * test_sysv - semaphores and message queues: those of the dead go, those of the living
 * stay.
 */
#include "core/sysv.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

struct made {
	int sem, queue, key_sem; /* key_sem: that which marks the queue */
};

static bool
sem_lives(int id)
{
	return semctl(id, 0, GETVAL) >= 0;
}

static bool
queue_lives(int id)
{
	struct msqid_ds ds;

	return msgctl(id, IPC_STAT, &ds) == 0;
}

static struct made
make(void)
{
	struct made m = { .sem = sysv_sem_open(), .queue = sysv_queue_open() };
	struct msqid_ds ds;

	m.key_sem = -1;
	if (msgctl(m.queue, IPC_STAT, &ds) == 0)
		m.key_sem = semget(ds.msg_perm.__key, 0, 0);
	return m;
}

static bool
all_live(const struct made *m)
{
	return sem_lives(m->sem) && queue_lives(m->queue) && sem_lives(m->key_sem);
}

Test(sysv, a_semaphore_is_one_and_goes_when_closed)
{
	const int id = sysv_sem_open();

	cr_assert_geq(id, 0);
	cr_expect_eq(semctl(id, 0, GETVAL), 1);
	sysv_sem_close(id);
	cr_expect_not(sem_lives(id));
}

Test(sysv, a_queue_goes_with_its_mark)
{
	const struct made m = make();

	cr_assert(all_live(&m));
	sysv_queue_close(m.queue);
	cr_expect_not(queue_lives(m.queue));
	cr_expect_not(sem_lives(m.key_sem));
	sysv_sem_close(m.sem);
}

Test(sysv, what_the_dead_leave_is_swept_up)
{
	const struct made mine = make();
	struct made theirs;
	int fd[2], status;
	pid_t pid;

	cr_assert(all_live(&mine));
	cr_assert_eq(pipe(fd), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		theirs = make();
		if (write(fd[1], &theirs, sizeof(theirs)) != sizeof(theirs))
			_exit(1);
		pause();
		_exit(1);
	}
	cr_assert_eq(read(fd[0], &theirs, sizeof(theirs)), sizeof(theirs));
	sysv_sweep();
	cr_expect(all_live(&theirs), "those of the living were swept up");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	cr_assert(WIFSIGNALED(status));
	sysv_sweep();
	cr_expect_not(sem_lives(theirs.sem));
	cr_expect_not(queue_lives(theirs.queue));
	cr_expect_not(sem_lives(theirs.key_sem));
	cr_expect(all_live(&mine));
	sysv_queue_close(mine.queue);
	sysv_sem_close(mine.sem);
	close(fd[0]);
	close(fd[1]);
}
