/*
 * elf.h - looks into program files: how they are linked, which function is where.
 *
 * Reads the file alone, never the running process. Only files of our own word size
 * and machine. Any thread. Source: System V ABI, chapters 4 and 5; elf(5).
 */
#ifndef CORE_ELF_H
#define CORE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	const unsigned char *map;
	size_t bytes;
};

/* Maps a file. Returns 0; -ENOEXEC: not such a program or library; or -errno. */
int elf_open(struct elf_file *f, const char *path);
void elf_close(struct elf_file *f);

/* True when a dynamic loader starts it. */
bool elf_is_dynamic(const struct elf_file *f);

/*
 * The function that holds `address` (as the file has it), from .symtab, or .dynsym
 * where the file was stripped. Returns its name, within the map, and sets *offset to
 * how far in the address is; NULL: none is known.
 */
const char *elf_function(const struct elf_file *f, uint64_t address, uint64_t *offset);

#endif
