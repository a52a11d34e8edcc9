/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The kernel side's object file as bytes of the program. */
	.section .rodata
	.globl hw_bpf_object, hw_bpf_object_end
	.balign 16
hw_bpf_object:
	.incbin HW_BPF_OBJECT
hw_bpf_object_end:
	.section .note.GNU-stack,"",%progbits
