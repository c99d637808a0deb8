/*
 * footprint.c - private memory, read from /proc/self.
 */
#include "core/footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Both files are below 4 KiB; status is the longer one. */
#define TEXT_MAX 8192

/* By read(2): stdio in a forked child would share the parent's buffers. */
static int
read_text(const char *path, char text[static TEXT_MAX])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return errno != 0 ? -errno : -EIO;
	do {
		n = read(fd, text + used, TEXT_MAX - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	text[used] = '\0';
	return used > 0 ? 0 : -EIO;
}

/* The value in bytes of a line "NAME:  123 kB"; 0 when there is none. */
static uint64_t
line_bytes(const char *text, const char *name)
{
	const size_t n = strlen(name);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, n) == 0 && text[n] == ':')
			return strtoull(text + n + 1, NULL, 10) * 1024;
	}
	return 0;
}

int
footprint_read(struct footprint *f)
{
	char text[TEXT_MAX] = "";
	uint64_t private_bytes, peak, resident;
	int rc;

	*f = (struct footprint){ 0 };
	rc = read_text("/proc/self/smaps_rollup", text);
	if (rc != 0)
		return rc;
	private_bytes =
		line_bytes(text, "Private_Clean") + line_bytes(text, "Private_Dirty");
	rc = read_text("/proc/self/status", text);
	if (rc != 0)
		return rc;
	peak = line_bytes(text, "VmHWM");
	resident = line_bytes(text, "VmRSS");
	f->own_bytes = private_bytes + line_bytes(text, "VmPTE");
	f->peak_bytes = f->own_bytes + (peak > resident ? peak - resident : 0);
	return 0;
}

int
footprint_restart_peak(void)
{
	const int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "5", 1) != 1)
		rc = -errno;
	close(fd);
	return rc;
}
