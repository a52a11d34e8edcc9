/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * An event written as fields: values that stand in place of those of a record. What follows from
 * the event's type, number and time alone (FF_EVENT) is read as ever when it is not written; every
 * other field that is not written has no value. For tests of rules; knows no file format.
 */
#ifndef HW_GIVEN_H
#define HW_GIVEN_H

#include "base/arena.h"
#include "event/field.h"

struct given;

/* NULL + errno. Lives in mem. */
struct given *given_new(struct arena *mem);
/* Takes n values for a field: one, or for an ancestor field without argument those of the ancestors
 * from the parent on, or for a field of both ends the client's and the server's. Texts and
 * addresses are borrowed. 0; -EEXIST when it was written before; -ENOMEM. */
int given_put(struct given *g, const struct field_ref *ref, const struct value *v, size_t n);
/* given_get is in field.h: field_get calls it. */

#endif
