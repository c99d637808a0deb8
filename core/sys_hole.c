/*
 * sys_hole.c - holes of the CPU and their mitigations. Source: hw-vuln of the kernel's
 * admin-guide.
 */
#include "core/sys.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
is_file(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
read_state(const char *folder, struct sys_hole *h)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, h->name);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fgets(h->state, sizeof(h->state), f) == NULL)
		h->state[0] = '\0';
	h->state[strcspn(h->state, "\n")] = '\0';
	fclose(f);
}

size_t
sys_read_holes(struct sys_hole hole[static SYS_HOLES], const char *root)
{
	char folder[256];
	struct dirent **all = NULL;
	size_t n = 0;
	int count;

	snprintf(folder, sizeof(folder), "%s/sys/devices/system/cpu/vulnerabilities",
		 root);
	count = scandir(folder, &all, is_file, alphasort);
	for (int i = 0; i < count; i++) {
		if (n < SYS_HOLES && strlen(all[i]->d_name) < sizeof(hole->name)) {
			hole[n] = (struct sys_hole){ .state = "" };
			snprintf(hole[n].name, sizeof(hole[n].name), "%s",
				 all[i]->d_name);
			read_state(folder, &hole[n++]);
		}
		free(all[i]);
	}
	free(all);
	return n;
}

bool
sys_is_mitigated(const struct sys_hole *hole)
{
	return strncmp(hole->state, "Mitigation", strlen("Mitigation")) == 0;
}
