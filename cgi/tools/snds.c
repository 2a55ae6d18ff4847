#include "tools/snds.h"

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/time.h"

#define COLUMNS_MAX	32
#define CELL_SHOWN	200	/* samples are whatever a stranger said in HELO */

enum column {
	COLUMN_ADDRESS, COLUMN_START, COLUMN_RCPT, COLUMN_DATA, COLUMN_RECIPIENTS, COLUMN_FILTER, COLUMN_COMPLAINTS,
	COLUMN_TRAPS, COLUMN_HELO, COLUMN_SENDER, COLUMN_COUNT,
};

/* Where each stands in the old automated data. */
static const int old_places[COLUMN_COUNT] = { 0, 1, 3, 4, 5, 6, 7, 10, 11, 12 };

/*
 * Names in small letters without anything but letters: "IP Address" is "ipaddress".  The first that a name
 * begins with decides, so longer ones stand before shorter ones.
 */
static const struct { const char *begins; enum column column; } names[] = {
	{ "ip", COLUMN_ADDRESS }, { "activitystart", COLUMN_START }, { "activityperiodstart", COLUMN_START },
	{ "activityperiod", COLUMN_START }, { "startdate", COLUMN_START }, { "date", COLUMN_START },
	{ "rcpt", COLUMN_RCPT }, { "datacommands", COLUMN_DATA }, { "messagerecipients", COLUMN_RECIPIENTS },
	{ "recipients", COLUMN_RECIPIENTS }, { "filter", COLUMN_FILTER }, { "complaint", COLUMN_COMPLAINTS },
	{ "traphits", COLUMN_TRAPS }, { "trapmessagehits", COLUMN_TRAPS }, { "samplehelo", COLUMN_HELO },
	{ "helo", COLUMN_HELO }, { "samplemailfrom", COLUMN_SENDER }, { "mailfrom", COLUMN_SENDER },
};

static const char *const filters[] = { "green", "yellow", "red" };

/* --- cells (RFC 4180) --------------------------------------------------------------------------- */

static size_t
cells_of(struct arena *a, struct text line, struct text cells[COLUMNS_MAX])
{
	size_t n = 0, i = 0;

	for (; n < COLUMNS_MAX; i++) {
		char *p = arena_chars(a, line.n - i + 1);
		size_t taken = 0;
		bool quoted = i < line.n && line.p[i] == '"';

		for (i += quoted; i < line.n && (quoted || line.p[i] != ','); i++) {
			if (quoted && line.p[i] == '"') {
				if (i + 1 < line.n && line.p[i + 1] == '"')
					i++;		/* two are one */
				else {
					quoted = false;
					continue;
				}
			}
			p[taken++] = line.p[i];
		}
		cells[n++] = text_trim((struct text){ p, taken });
		if (i >= line.n)
			break;
	}
	return n;
}

/* --- values -------------------------------------------------------------------------------------- */

/* 1,234 as well; what is no number is not said. */
static void
put_number(struct json *row, const char *key, struct text t)
{
	char digits[20];
	size_t n = 0;
	uint64_t v;

	for (size_t i = 0; i < t.n && n < sizeof(digits); i++)
		if (t.p[i] != ',')
			digits[n++] = t.p[i];
	if (text_uint((struct text){ digits, n }, (uint64_t)1 << 53, &v))
		json_put_int(row, key, (int64_t)v);
	else
		json_put_null(row, key);
}

/* "12/31/2026 10:00 AM" as the old data has it, or a date of ISO 8601. */
static const char *
day_of(struct arena *a, struct text t)
{
	struct text date, month, day;
	const char *said;
	uint64_t m, d, y;
	int64_t at;

	if (t.n >= 10 && t.p[4] == '-')
		said = text_cstr(a, text_head(t, 10));
	else if (text_split(&t, ' ', &date) && text_split(&date, '/', &month) && text_split(&date, '/', &day) &&
	    text_uint(month, 12, &m) && text_uint(day, 31, &d) && text_uint(date, 9999, &y))
		said = arena_printf(a, "%04u-%02u-%02u", (unsigned)y, (unsigned)m, (unsigned)d);
	else
		return NULL;
	return time_parse(text_of(said), &at) ? said : NULL;
}

static void
put_words(struct json *row, const char *key, struct text t)
{
	if (t.n == 0)
		json_put_null(row, key);
	else
		json_put_text(row, key, text_head(t, CELL_SHOWN));
}

/* --- lines --------------------------------------------------------------------------------------- */

static bool
is_name(struct text cell, const char *begins)
{
	for (size_t i = 0; *begins != '\0'; i++) {
		char c;

		if (i == cell.n)
			return false;
		c = cell.p[i] >= 'A' && cell.p[i] <= 'Z' ? (char)(cell.p[i] + 32) : cell.p[i];
		if (c < 'a' || c > 'z')
			continue;
		if (c != *begins++)
			return false;
	}
	return true;
}

/* The line of names, when it is one: it must say where address and day stand. */
static bool
places_of(const struct text *cells, size_t n, int ret[COLUMN_COUNT])
{
	int places[COLUMN_COUNT];

	for (int c = 0; c < COLUMN_COUNT; c++)
		places[c] = -1;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (is_name(cells[i], names[j].begins)) {
				if (places[names[j].column] < 0)
					places[names[j].column] = (int)i;
				break;
			}
	if (places[COLUMN_ADDRESS] < 0 || places[COLUMN_START] < 0)
		return false;
	memcpy(ret, places, sizeof(places));
	return true;
}

static bool
add_row(struct arena *a, struct json *rows, const struct text *cells, size_t n, const int places[COLUMN_COUNT])
{
	struct text at[COLUMN_COUNT];
	const char *day, *filter = NULL;
	struct json *row;
	struct ip ip;

	for (int c = 0; c < COLUMN_COUNT; c++)
		at[c] = places[c] >= 0 && (size_t)places[c] < n ? cells[places[c]] : (struct text){ 0 };
	if (!ip_parse(at[COLUMN_ADDRESS], &ip) || (day = day_of(a, at[COLUMN_START])) == NULL)
		return false;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (text_iis(at[COLUMN_FILTER], filters[i]))
			filter = filters[i];
	row = json_add_object(rows);
	json_put_str(row, "day", day);
	json_put_str(row, "address", ip_str(a, ip));
	json_put_str(row, "filter", filter);
	put_words(row, "complaints", at[COLUMN_COMPLAINTS]);
	put_number(row, "rcpt", at[COLUMN_RCPT]);
	put_number(row, "data", at[COLUMN_DATA]);
	put_number(row, "recipients", at[COLUMN_RECIPIENTS]);
	put_number(row, "traps", at[COLUMN_TRAPS]);
	put_words(row, "helo", at[COLUMN_HELO]);
	put_words(row, "sender", at[COLUMN_SENDER]);
	return true;
}

struct json *
snds_json(struct arena *a, struct text in, size_t *skipped, struct err *err)
{
	struct text line, cells[COLUMNS_MAX];
	struct json *rows = json_new_array(a);
	int places[COLUMN_COUNT];
	size_t count = 0;
	bool first = true;

	*skipped = 0;
	memcpy(places, old_places, sizeof(places));
	if (text_starts(in, "\xef\xbb\xbf"))
		in = text_skip(in, 3);
	for (; text_line(&in, &line); first = false) {
		size_t n = cells_of(a, line, cells);

		if (text_trim(line).n == 0 || (first && places_of(cells, n, places)))
			continue;
		if (count == SNDS_ROWS_MAX) {
			err_set(err, ERR_LIMIT, "more than %d lines: export a shorter time", SNDS_ROWS_MAX);
			return NULL;
		}
		if (add_row(a, rows, cells, n, places))
			count++;
		else
			++*skipped;
	}
	if (count > 0)
		return rows;
	err_set(err, ERR_SYNTAX, "no line names an address and a day: export the data of SNDS as CSV and give that file");
	return NULL;
}
