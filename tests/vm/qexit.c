/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Ends the emulator with status 33; a panic or power-off gives 0. x86: QEMU's isa-debug-exit
 * device, which makes 2 * n + 1 of what is written; a locked kernel forbids it, and the machine
 * is switched off. arm64: semihosting's SYS_EXIT, which takes the status. */
#if defined(__x86_64__)
#include <sys/io.h>
#include <sys/reboot.h>

int main(void)
{
	if (ioperm(0xf4, 4, 1))
		return reboot(RB_AUTOBOOT);
	outl(16, 0xf4);
	return 1;
}
#elif defined(__aarch64__)
int main(void)
{
	static const unsigned long block[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, 33};
	register unsigned long op __asm__("x0") = 0x18; /* SYS_EXIT */
	register const void *arg __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(op) : "r"(arg) : "memory");
	return 1;
}
#endif
