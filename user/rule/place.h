/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Where something stands in a file. Lines and columns count from 1, in characters; 0: not known. */
#ifndef HW_RULE_PLACE_H
#define HW_RULE_PLACE_H

struct place {
	const char *file;
	unsigned line, column;
};

#endif
