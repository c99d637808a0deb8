/*
 * test_elf - which function an address of a file is in; what is no such file.
 */
#include "core/elf.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function of ours that the linker keeps by name. */
__attribute__((noinline)) int elf_landmark(int x);
int
elf_landmark(int x)
{
	return x + 1;
}

/* Where this program was loaded. */
static uintptr_t
base_of(const void *address)
{
	Dl_info info;
	void *map = NULL;

	cr_assert_neq(dladdr1(address, &info, &map, RTLD_DL_LINKMAP), 0);
	return ((struct link_map *)map)->l_addr;
}

Test(elf, finds_a_function_of_this_program)
{
	const uintptr_t at = (uintptr_t)&elf_landmark;
	const uint64_t address = at - base_of((void *)at);
	struct elf_file f;
	uint64_t offset = 99;

	cr_assert_eq(elf_open(&f, "/proc/self/exe"), 0);
	cr_expect(elf_is_dynamic(&f));
	cr_expect_str_eq(elf_function(&f, address, &offset), "elf_landmark");
	cr_expect_eq(offset, 0);
	cr_expect_str_eq(elf_function(&f, address + 1, &offset), "elf_landmark");
	cr_expect_eq(offset, 1);
	cr_expect_null(elf_function(&f, 0, &offset));
	cr_expect_null(elf_function(&f, UINT64_MAX, &offset));
	elf_close(&f);
}

Test(elf, refuses_what_is_none)
{
	struct elf_file f;

	cr_expect_eq(elf_open(&f, "/nonexistent"), -ENOENT);
	cr_expect_eq(elf_open(&f, "/etc/passwd"), -ENOEXEC);
	cr_expect_eq(elf_open(&f, "/dev/null"), -ENOEXEC);
	cr_expect_eq(elf_open(&f, "/"), -ENOEXEC);
	cr_expect_null(f.map);
	elf_close(&f);
}

/* No cut and no changed byte of a program makes it read beyond the file. */
Test(elf, survives_broken_files)
{
	struct elf_file whole, f;
	unsigned char *copy;
	uint64_t offset;

	cr_assert_eq(elf_open(&whole, "/proc/self/exe"), 0);
	for (size_t i = 0; i < 64; i++) {
		const size_t cut = whole.bytes - i * (whole.bytes / 64);

		copy = malloc(cut);
		cr_assert_not_null(copy);
		memcpy(copy, whole.map, cut);
		copy[i] ^= 0xff; /* of the head */
		f = (struct elf_file){ copy, cut };
		elf_is_dynamic(&f);
		elf_function(&f, 0x1234, &offset);
		free(copy);
	}
	elf_close(&whole);
}
