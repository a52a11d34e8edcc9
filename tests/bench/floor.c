/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Loads and attaches every program of an object whose tracepoint this kernel has, says "ready" with
 * their number, and waits.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A tracepoint has a type of that name; one of another kernel version has none. */
static void leave_out(struct bpf_object *obj)
{
	struct btf *types = btf__load_vmlinux_btf();
	struct bpf_program *prog;
	char name[128];

	bpf_object__for_each_program(prog, obj) {
		snprintf(name, sizeof(name), "btf_trace_%s",
			 strrchr(bpf_program__section_name(prog), '/') + 1);
		if (types && btf__find_by_name_kind(types, name, BTF_KIND_TYPEDEF) < 0)
			bpf_program__set_autoload(prog, false);
	}
	btf__free(types);
}

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *prog;
	int n = 0;

	if (obj)
		leave_out(obj);
	if (!obj || bpf_object__load(obj)) {
		fprintf(stderr, "floor: %s: %s\n", argc == 2 ? argv[1] : "usage: floor OBJECT",
			strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(prog, obj) {
		if (bpf_program__autoload(prog) && !bpf_program__attach(prog)) {
			fprintf(stderr, "floor: %s: %s\n", bpf_program__name(prog),
				strerror(errno));
			return 1;
		}
		n += bpf_program__autoload(prog);
	}
	printf("ready: %d programs\n", n);
	fflush(stdout);
	pause();
	return 0;
}
