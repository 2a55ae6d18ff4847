#include "base/csv.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

void
csv_cell(struct str *out, const char *s)
{
	if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL) {
		/* A spreadsheet would take it for a formula. */
		str_add(out, "\"'");
	} else if (strpbrk(s, ",\"\r\n") == NULL) {
		str_add(out, s);
		return;
	} else
		str_addc(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			str_addc(out, '"');
		str_addc(out, *s);
	}
	str_addc(out, '"');
}

static const char *
cell_text(struct arena *a, const struct json *row, const char *name)
{
	struct text rest = text_of(name), part;
	const struct json *v = row;
	struct str list;

	while (text_split(&rest, '.', &part))
		v = json_get(v, text_cstr(a, part));
	if (json_is_null(v))
		return "";
	if (json_value_str(v) != NULL)
		return json_value_str(v);
	if (!json_is_array(v))
		return json_print(a, v);
	list = str_in(a, 65536);
	for (v = json_first(v); v != NULL; v = json_next(v)) {
		if (list.n > 0)
			str_addc(&list, ' ');
		str_add(&list, json_value_str(v) != NULL ? json_value_str(v) : json_print(a, v));
	}
	return list.p;
}

struct text
csv_table(struct arena *a, const struct json *rows, const struct column *columns, size_t count)
{
	struct str out = str_in(a, CSV_MAX);

	for (size_t i = 0; i < count; i++)
		str_addf(&out, "%s%s", i == 0 ? "" : ",", columns[i].name);
	str_add(&out, "\r\n");
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
		for (size_t i = 0; i < count; i++) {
			if (i > 0)
				str_addc(&out, ',');
			csv_cell(&out, cell_text(a, row,
			    columns[i].path != NULL ? columns[i].path : columns[i].name));
		}
		str_add(&out, "\r\n");
	}
	return str_text(&out);
}
