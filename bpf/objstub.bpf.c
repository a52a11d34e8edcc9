/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
#include "objects.bpf.h"
char LICENSE[] SEC("license") = "Dual BSD/GPL";
__weak __noinline int put_objects(__u64 slot, __u64 kind, __u64 off1, __u64 off2) { volatile int r = -1; return r; }
