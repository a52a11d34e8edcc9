/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The door of libFuzzer to a target. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	return 0;
}
