/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Loads and attaches every program of an object, says "ready" with their number, and waits. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *prog;
	int n = 0;

	if (!obj || bpf_object__load(obj)) {
		fprintf(stderr, "floor: %s: %s\n", argc == 2 ? argv[1] : "usage: floor OBJECT",
			strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(prog, obj) {
		if (!bpf_program__attach(prog)) {
			fprintf(stderr, "floor: %s: %s\n", bpf_program__name(prog),
				strerror(errno));
			return 1;
		}
		n++;
	}
	printf("ready: %d programs\n", n);
	fflush(stdout);
	pause();
	return 0;
}
