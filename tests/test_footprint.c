/*
 * test_footprint - private memory is seen, shared memory is not, the peak is kept.
 */
#include "core/footprint.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static unsigned char *
map_touched(size_t bytes, int flags)
{
	unsigned char *p =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq((void *)p, MAP_FAILED);
	memset(p, 1, bytes);
	return p;
}

Test(footprint, private_memory_counts_while_it_is_held)
{
	struct footprint before, held, after;
	unsigned char *p;

	cr_assert_eq(footprint_read(&before), 0);
	cr_assert_gt(before.own_bytes, 0);
	p = map_touched(32 * MIB, MAP_PRIVATE);
	cr_assert_eq(footprint_read(&held), 0);
	/* Less a little that the process may have given back of its own meanwhile. */
	cr_assert_geq(held.own_bytes, before.own_bytes + 28 * MIB);
	munmap(p, 32 * MIB);
	cr_assert_eq(footprint_read(&after), 0);
	cr_assert_lt(after.own_bytes, before.own_bytes + 16 * MIB);
	cr_assert_geq(after.peak_bytes, after.own_bytes + 16 * MIB,
		      "what was given back stays in the peak");
}

Test(footprint, a_new_peak_begins_when_asked)
{
	struct footprint f;

	munmap(map_touched(32 * MIB, MAP_PRIVATE), 32 * MIB);
	cr_assert_eq(footprint_restart_peak(), 0);
	cr_assert_eq(footprint_read(&f), 0);
	cr_assert_lt(f.peak_bytes, f.own_bytes + 16 * MIB);
}

/* In a child: what it has by copy-on-write is not its own until it writes. */
static int
child_of_32_mib(unsigned char *p)
{
	struct footprint before, after;

	if (footprint_read(&before) != 0 || before.own_bytes > 16 * MIB)
		return 1;
	memset(p, 2, 32 * MIB);
	if (footprint_read(&after) != 0 ||
	    after.own_bytes < before.own_bytes + 30 * MIB)
		return 2;
	return 0;
}

Test(footprint, what_is_shared_with_the_parent_is_nobodys_own)
{
	unsigned char *p = map_touched(32 * MIB, MAP_PRIVATE);
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child_of_32_mib(p));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	munmap(p, 32 * MIB);
}
