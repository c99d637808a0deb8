/*
 * elf.c - looks into program files.
 */
#include "core/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__riscv)
#define MACHINE EM_RISCV
#else
#define MACHINE EM_NONE /* fits no file */
#endif

#define CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

/* `n` bytes at `at`, or NULL when they are not all in the file, or not aligned. */
static const void *
piece(const struct elf_file *f, uint64_t at, uint64_t n, size_t align)
{
	return at <= f->bytes && n <= f->bytes - at && at % align == 0 ? f->map + at
								       : NULL;
}

static const ElfW(Ehdr) * head_of(const struct elf_file *f)
{
	return (const ElfW(Ehdr) *)(const void *)f->map;
}

static bool
is_ours(const struct elf_file *f)
{
	const ElfW(Ehdr) *h = head_of(f);

	return f->bytes >= sizeof(*h) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 &&
	       h->e_ident[EI_CLASS] == CLASS && h->e_machine == MACHINE;
}

int
elf_open(struct elf_file *f, const char *path)
{
	struct stat st;
	void *map;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	*f = (struct elf_file){ NULL, 0 };
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(ElfW(Ehdr)))
		rc = -ENOEXEC;
	if (rc == 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			rc = -errno;
		else
			*f = (struct elf_file){ map, (size_t)st.st_size };
	}
	close(fd);
	if (rc == 0 && !is_ours(f)) {
		elf_close(f);
		rc = -ENOEXEC;
	}
	return rc;
}

void
elf_close(struct elf_file *f)
{
	if (f->map != NULL)
		munmap((void *)(uintptr_t)f->map, f->bytes);
	*f = (struct elf_file){ NULL, 0 };
}

bool
elf_is_dynamic(const struct elf_file *f)
{
	const ElfW(Ehdr) *h = head_of(f);
	const ElfW(Phdr) *p =
		piece(f, h->e_phoff, (uint64_t)h->e_phnum * sizeof(ElfW(Phdr)), 8);

	for (int i = 0; p != NULL && i < h->e_phnum; i++)
		if (p[i].p_type == PT_INTERP)
			return true;
	return false;
}

/* Looks through one table of symbols. */
static const char *
search(const struct elf_file *f, const ElfW(Shdr) * table, const ElfW(Shdr) * names,
       uint64_t address, uint64_t *offset)
{
	const ElfW(Sym) *s = piece(f, table->sh_offset, table->sh_size, 8);
	const char *text = piece(f, names->sh_offset, names->sh_size, 1);
	const char *best = NULL;

	if (s == NULL || text == NULL || names->sh_size == 0 ||
	    text[names->sh_size - 1] != '\0')
		return NULL;
	for (size_t i = 0; i < table->sh_size / sizeof(*s); i++) {
		const uint64_t size = s[i].st_size == 0 ? 1 : s[i].st_size;

		if ((s[i].st_info & 0xf) != STT_FUNC || s[i].st_shndx == SHN_UNDEF ||
		    s[i].st_name >= names->sh_size || address < s[i].st_value ||
		    address - s[i].st_value >= size)
			continue;
		*offset = address - s[i].st_value;
		best = text + s[i].st_name;
	}
	return best;
}

const char *
elf_function(const struct elf_file *f, uint64_t address, uint64_t *offset)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };
	const ElfW(Ehdr) *h = head_of(f);
	const ElfW(Shdr) *s =
		piece(f, h->e_shoff, (uint64_t)h->e_shnum * sizeof(ElfW(Shdr)), 8);
	const char *name = NULL;

	for (size_t t = 0; t < 2 && s != NULL && name == NULL; t++)
		for (int i = 0; i < h->e_shnum && name == NULL; i++)
			if (s[i].sh_type == types[t] && s[i].sh_link < h->e_shnum)
				name = search(f, &s[i], &s[s[i].sh_link], address,
					      offset);
	return name;
}
