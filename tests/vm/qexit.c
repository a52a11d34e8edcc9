/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Ends the emulator with status 33 (QEMU's isa-debug-exit device); a panic or power-off gives 0. */
#include <sys/io.h>

int main(void)
{
	if (ioperm(0xf4, 4, 1))
		return 1;
	outl(16, 0xf4);
	return 1;
}
