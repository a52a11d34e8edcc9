/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The verbs of a sink, whatever its kind. */
#include "sink/sink.h"

int sink_write(struct sink *s, enum sink_kind kind, const char *line, size_t len)
{
	return s->ops->write(s, kind, line, len);
}

int sink_flush(struct sink *s)
{
	return s->ops->flush(s);
}

void sink_free(struct sink *s)
{
	if (s)
		s->ops->free(s);
}
