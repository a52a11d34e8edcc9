/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Runs a fuzz target without a fuzzer: every file of the folders given, once, in the order of their
 * names, and nothing at all first. One result each, as TAP; a finding ends the program.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "target.h"

static unsigned count;

static void run(const char *name, const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	printf("ok %u - %s\n", ++count, name);
	fflush(stdout);
}

static int run_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data = NULL;
	long len = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f && !fseek(f, 0, SEEK_END))
		len = ftell(f);
	if (len >= 0)
		data = malloc(len ? (size_t)len : 1);
	if (data && !fseek(f, 0, SEEK_SET) && fread(data, 1, (size_t)len, f) == (size_t)len)
		run(name, data, (size_t)len);
	else
		printf("not ok %u - %s: cannot be read\n", ++count, path);
	if (f)
		fclose(f);
	free(data);
	return 0;
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **names;

	run("nothing", (const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		int n = scandir(argv[i], &names, is_file, alphasort);

		if (n < 0) {
			printf("not ok %u - %s: cannot be listed\n", ++count, argv[i]);
			continue;
		}
		for (int k = 0; k < n; k++) {
			run_file(argv[i], names[k]->d_name);
			free(names[k]);
		}
		free(names);
	}
	printf("1..%u\n", count);
	return 0;
}
