/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* How tables of names are written; for the files that hold them. */
#ifndef HW_NAMES_IMPL_H
#define HW_NAMES_IMPL_H

#include "event/names.h"

#define N(name_, value_) {.name = #name_, .value = value_}
#define BIT(name_, value_) {.name = #name_, .value = value_, .mask = value_}
#define PART(name_, value_, mask_) {.name = #name_, .value = value_, .mask = mask_}
#define TABLE_END {.name = NULL}

#endif
