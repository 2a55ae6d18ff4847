#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/*
 * Our own printer: cJSON's writes 10^15 as 1e+15, and needs a look at every
 * number with sscanf.
 */

#define PRINT_MAX	((size_t)1 << 30)
#define INT_EXACT_MAX	9007199254740992.0	/* 2^53 */

static void
print_string(struct str *out, const char *s)
{
	const char *p = s;
	unsigned char c;

	str_addc(out, '"');
	for (; (c = (unsigned char)*p) != '\0'; p++) {
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		str_addt(out, (struct text){ s, (size_t)(p - s) });
		s = p + 1;
		switch (c) {
		case '"':
			str_add(out, "\\\"");
			break;
		case '\\':
			str_add(out, "\\\\");
			break;
		case '\n':
			str_add(out, "\\n");
			break;
		case '\r':
			str_add(out, "\\r");
			break;
		case '\t':
			str_add(out, "\\t");
			break;
		default:
			str_addf(out, "\\u%04x", c);
		}
	}
	str_addt(out, (struct text){ s, (size_t)(p - s) });
	str_addc(out, '"');
}

static void
print_int(struct str *out, int64_t v)
{
	char buf[24], *end = buf + sizeof(buf), *p = end;
	uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (v < 0)
		*--p = '-';
	str_addt(out, (struct text){ p, (size_t)(end - p) });
}

static void
print_number(struct str *out, double d)
{
	char buf[40];

	if (!isfinite(d)) {			/* RFC 8259 6: there is no such number */
		str_add(out, "null");
	} else if (d == floor(d) && fabs(d) <= INT_EXACT_MAX) {
		print_int(out, (int64_t)d);
	} else {
		snprintf(buf, sizeof(buf), "%.15g", d);
		if (strtod(buf, NULL) != d)
			snprintf(buf, sizeof(buf), "%.17g", d);
		str_add(out, buf);
	}
}

/* indent < 0: one line. */
static void
line_break(struct str *out, int indent)
{
	if (indent < 0)
		return;
	str_addc(out, '\n');
	for (; indent > 0; indent--)
		str_add(out, "  ");
}

static void
print(struct str *out, const struct json *v, int indent)
{
	const struct json *m;
	bool object = json_is_object(v);
	int inner = indent < 0 ? indent : indent + 1;

	if (json_is_str(v)) {
		print_string(out, json_value_str(v));
	} else if (json_is_number(v)) {
		print_number(out, json_value_double(v, 0));
	} else if (json_is_bool(v)) {
		str_add(out, json_value_bool(v, false) ? "true" : "false");
	} else if (object || json_is_array(v)) {
		str_addc(out, object ? '{' : '[');
		for (m = json_first(v); m != NULL; m = json_next(m)) {
			line_break(out, inner);
			if (object) {
				print_string(out, json_key(m));
				str_add(out, indent < 0 ? ":" : ": ");
			}
			print(out, m, inner);
			if (json_next(m) != NULL)
				str_addc(out, ',');
		}
		if (json_first(v) != NULL)
			line_break(out, indent);
		str_addc(out, object ? '}' : ']');
	} else
		str_add(out, "null");
}

const char *
json_print(struct arena *a, const struct json *v)
{
	struct str out = str_in(a, PRINT_MAX);

	print(&out, v, -1);
	return out.p;
}

const char *
json_print_pretty(struct arena *a, const struct json *v)
{
	struct str out = str_in(a, PRINT_MAX);

	print(&out, v, 0);
	return out.p;
}
