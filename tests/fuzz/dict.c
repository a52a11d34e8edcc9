/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* dict records|rules: the words that libFuzzer should try, from the schema and the fields. */
#include <stdio.h>
#include <string.h>

#include "event/field.h"
#include "event/schema.h"

static void records(void)
{
	static const char *const obj[] = {"path", "kind", "ino", "dev", "mode", "local", "remote",
					  "f_flags", "magic", "sk_family", "sk_type", "sk_proto",
					  "sk_state"};
	const struct event_desc *hdr = schema_header();

	for (unsigned i = 0; i < hdr->n_fields; i++)
		printf("\" %s=\"\n", hdr->fields[i].name);
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *ev = schema_event(id);

		if (!ev)
			continue;
		printf("\"\\x0a%s \"\n", ev->name);
		for (unsigned i = 0; i < ev->n_fields; i++)
			printf("\" %s=\"\n", ev->fields[i].name);
	}
	for (size_t i = 0; i < sizeof(obj) / sizeof(obj[0]); i++)
		printf("\" obj.%s=\"\n", obj[i]);
}

static void rules(void)
{
	static const char *const words[] = {
		" and ", " or ", "not ", "(", ")", " in (", " intersects (", " pmatch (", " = ",
		" == ", " != ", " < ", " <= ", " > ", " >= ", " contains ", " icontains ",
		" bcontains ", " startswith ", " bstartswith ", " endswith ", " iendswith ",
		" glob ", " iglob ", " regex ", " exists", "tolower(", "toupper(", "b64(",
		"basename(", "len(", "val(", "in_container", "shells", "[0]", "[1]", "'\\\\''",
		"- rule: ", "- macro: ", "- list: ", "  items: [", "  condition: ", "  output: ",
		"  desc: ", "  priority: ", "  tags: [", "  enabled: ", "  append: true",
		"  override: {", "  exceptions: [", "  source: syscall", "  warn_evttypes: false",
		"- required_engine_version: ", "- required_plugin_versions: ", "replace", "append",
		"&a ", "*a", "|\\x0a", ">-\\x0a", "---\\x0a",
	};

	for (size_t i = 0; i < field_count(); i++)
		printf("\"%s\"\n", field_at(i)->name);
	for (unsigned id = 1; id < EV_MAX; id++)
		if (schema_event(id))
			printf("\"%s\"\n", schema_event(id)->name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("\"%s\"\n", words[i]);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "records")) {
		records();
	} else if (argc == 2 && !strcmp(argv[1], "rules")) {
		rules();
	} else {
		fprintf(stderr, "usage: dict records|rules\n");
		return 2;
	}
	return 0;
}
