/*
 * A zone as cPanel holds it: the lines of its file, everything in base64.  The
 * zone's own name stands there with a dot, the others relative to it; both forms
 * are understood everywhere.  Records of subdomains stand in the zone of their
 * parent.
 */

#include <string.h>

#include "base/code.h"
#include "evidence/truth.h"
#include "panel/cpanel/internal.h"

/* --- lines to records ------------------------------------------------------------------------------ */

static bool
decoded(struct arena *a, const char *b64, struct text *ret)
{
	return b64 != NULL && base64_decode(a, text_of(b64), ret);
}

/* Absolute, without the final dot. */
static const char *
absolute(struct arena *a, const char *zone, struct text name)
{
	const char *plain = cp_plain_name(a, text_cstr(a, name));

	if (text_ends(name, ".") || strcmp(plain, zone) == 0 ||
	    text_ends(text_of(plain), arena_printf(a, ".%s", zone)))
		return plain;
	return *plain == '\0' || strcmp(plain, "@") == 0 ? zone : arena_printf(a, "%s.%s", plain, zone);
}

/* Which of a record's data names a host; -1 = none. */
static int
host_at(const char *type)
{
	static const struct { const char *type; int at; } rows[] = {
		{ "NS", 0 }, { "CNAME", 0 }, { "PTR", 0 }, { "DNAME", 0 }, { "MX", 1 }, { "SRV", 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].type, type) == 0)
			return rows[i].at;
	return -1;
}

/* "." is a host as well: the null MX of RFC 7505. */
static const char *
host_value(struct arena *a, const char *zone, struct text data)
{
	return text_is(data, ".") ? "." : absolute(a, zone, data);
}

/* Strings of a TXT are joined (RFC 7208 3.3), other data parted by blanks. */
static const char *
value_of(struct arena *a, const char *zone, const char *type, const struct json *data)
{
	bool is_txt = strcmp(type, "TXT") == 0 || strcmp(type, "SPF") == 0;
	struct str s = str_in(a, 65536);
	int at = 0, host = host_at(type);
	struct text part;

	for (const struct json *v = json_first(data); v != NULL; v = json_next(v), at++) {
		if (!decoded(a, json_value_str(v), &part))
			return NULL;
		if (!is_txt && at > 0)
			str_addc(&s, ' ');
		if (at == host)
			str_add(&s, host_value(a, zone, part));
		else
			str_add(&s, text_show(a, part));
	}
	return at == 0 ? NULL : s.p;
}

static void
add_record(struct json *records, struct arena *a, const char *zone, const struct json *line)
{
	const char *type = json_str(line, "record_type"), *value;
	struct text name;
	struct json *row;
	int64_t ttl, id;

	if (type == NULL || !decoded(a, json_str(line, "dname_b64"), &name) ||
	    !cp_number(line, "line_index", &id) ||
	    (value = value_of(a, zone, type, json_get(line, "data_b64"))) == NULL)
		return;
	row = json_add_object(records);
	json_put_int(row, "id", id);
	json_put_str(row, "name", absolute(a, zone, name));
	json_put_str(row, "type", type);
	if (cp_number(line, "ttl", &ttl) && ttl > 0)
		json_put_int(row, "ttl", ttl);
	else
		json_put_null(row, "ttl");
	json_put_str(row, "value", value);
}

/* "$TTL 14400" */
static bool
default_ttl(struct arena *a, const struct json *line, int64_t *ret)
{
	struct text text, word;
	uint64_t n;

	if (!decoded(a, json_str(line, "text_b64"), &text) || !text_split(&text, ' ', &word) ||
	    !text_iis(word, "$TTL") || !text_uint(text_trim(text), INT32_MAX, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

/* Of the SOA: mname, rname, serial, ... */
static const char *
serial_of(struct arena *a, const struct json *line)
{
	const struct json *v = json_first(json_get(line, "data_b64"));
	struct text serial;
	uint64_t n;

	v = json_next(json_next(v));
	if (v == NULL || !decoded(a, json_value_str(v), &serial) || !text_uint(serial, UINT32_MAX, &n))
		return NULL;
	return text_cstr(a, serial);
}

const struct json *
cp_zone_of_lines(struct arena *a, const char *zone, const struct json *lines)
{
	struct json *fact = json_new_object(a), *records;
	const char *serial = NULL;
	int64_t ttl = 0;

	json_put_bool(fact, "served", true);
	json_put_bool(fact, "editable", true);
	json_put_str(fact, "type", "master");
	records = json_put_array(fact, "records");
	for (const struct json *v = json_first(lines); v != NULL; v = json_next(v)) {
		const char *kind = json_str(v, "type"), *type = json_str(v, "record_type");

		if (kind != NULL && strcmp(kind, "control") == 0)
			default_ttl(a, v, &ttl);
		if (kind == NULL || strcmp(kind, "record") != 0)
			continue;
		if (type != NULL && strcmp(type, "SOA") == 0 && serial == NULL)
			serial = serial_of(a, v);
		add_record(records, a, zone, v);
	}
	json_put_str(fact, "serial", serial);
	if (ttl > 0)
		json_put_int(fact, "ttl", ttl);
	else
		json_put_null(fact, "ttl");
	return fact;
}

/* --- records to data --------------------------------------------------------------------------------- */

#define TXT_STRING_MAX	255		/* RFC 1035 3.3.14: splitting is left to us */

/* "@" fails the whole call with the error of a crash. */
const char *
cp_name_in_zone(struct arena *a, const char *zone, const char *name)
{
	size_t n = strlen(name), z = strlen(zone);

	if (strcmp(name, zone) == 0)
		return arena_printf(a, "%s.", zone);
	return n > z + 1 && strcmp(name + n - z, zone) == 0 && name[n - z - 1] == '.' ?
	    arena_strndup(a, name, n - z - 1) : arena_printf(a, "%s.", name);
}

static void
add_strings(struct json *list, struct text value)
{
	do {
		json_add_text(list, text_head(value, TXT_STRING_MAX));
		value = text_skip(value, TXT_STRING_MAX);
	} while (value.n > 0);
}

void
cp_put_record_data(struct json *into, struct arena *a, const char *type, const char *value)
{
	struct json *list = json_put_array(into, "data");
	struct text rest = text_of(value), part;
	int at = 0, host = host_at(type);

	if (strcmp(type, "TXT") == 0 || strcmp(type, "SPF") == 0) {
		add_strings(list, rest);
		return;
	}
	for (; text_split(&rest, ' ', &part); at++) {
		if (part.n == 0)
			at--;
		else if (at == host && !text_ends(part, "."))
			json_add_str(list, arena_printf(a, "%s.", text_cstr(a, part)));
		else
			json_add_text(list, part);
	}
}

/* --- the fact ----------------------------------------------------------------------------------------- */

static const struct json *
no_zone(struct arena *a)
{
	struct json *zone = json_new_object(a);

	json_put_bool(zone, "served", false);
	json_put_bool(zone, "editable", false);
	json_put_null(zone, "type");
	json_put_array(zone, "records");
	return zone;
}

/*
 * A zone that is not there and one that is not ours get the same refusal, in
 * words that are not to be read.  Whether the name has a zone here tells them
 * apart; GOT_IT = it has none.
 */
static enum got
is_absent(struct evidence *ev, struct arena *a, const struct panel_params *params, const char *name)
{
	const struct json *data, *row;
	struct err err;
	enum got got;

	got = ask_whm(ev, a, params, "has_local_authority",
	    ARGS({ "domain", arena_strdup(evidence_arena(ev), name) },), &data, &err);
	if (got != GOT_IT)
		return got;
	row = json_first(cp_list(data, "records"));
	if (row == NULL || json_str(row, "error") != NULL)
		return GOT_NOT;
	return json_str(row, "zone") == NULL || !text_iis(text_of(json_str(row, "zone")), name) ? GOT_IT : GOT_NOT;
}

/* In a run over many domains a page of zones come in one call. */
static enum got
zone_of_page(struct evidence *ev, struct arena *a, const char *name, const struct json **ret)
{
	const struct ev_failure *why;
	const char *page = NULL;
	enum got got = cp_page_of(ev, a, PAGES_OF_DOMAINS, name, &page);

	if (got != GOT_IT)
		return got;
	if (ev_fact_any(ev, "zones_page", page, &why) == NULL)
		return why == NULL ? GOT_WAIT : GOT_NOT;
	return ev_fact_member(ev, "zones_page", page, name, ret) && *ret != NULL ? GOT_IT : GOT_NOT;
}

const struct json *
cpanel_zone(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *data, *zone;
	const char *name;
	struct err err;
	enum got got;

	if (arg == NULL) {
		ev_fail(ev, "panel zone", "value", "no zone was named");
		return NULL;
	}
	name = cp_plain_name(evidence_arena(ev), arg);
	if ((got = zone_of_page(ev, a, name, &zone)) == GOT_WAIT)
		return NULL;
	if (got == GOT_IT)
		return json_copy(a, zone);
	got = ask_whm(ev, a, params, "parse_dns_zone", ARGS({ "zone", name },), &data, &err);
	if (got == GOT_WAIT)
		return NULL;
	if (got == GOT_IT && cp_list(data, "payload") != NULL)
		return cp_zone_of_lines(a, name, cp_list(data, "payload"));
	if (got == GOT_IT) {
		ev_fail(ev, "panel zone", "protocol", "the panel does not tell the lines of the zone");
		return NULL;
	}
	/* Without the role of a name server the function is not there: then no zone is served. */
	if (err.code == ERR_UNSUPPORTED)
		return no_zone(a);
	if (err.code == ERR_VALUE || err.code == ERR_NOT_FOUND) {
		enum got absent = is_absent(ev, a, params, name);

		if (absent == GOT_WAIT)
			return NULL;
		if (absent == GOT_IT)
			return no_zone(a);
	}
	cpanel_need(ev, "panel zone", got, &err);
	return NULL;
}

const struct json *
cpanel_zones_page(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *d, *answers, *v, *data;
	const char *commands[DOMAINS_PER_CHECK];
	struct json *page;
	struct err err;
	size_t n = 0;

	if (domains == NULL)
		return NULL;
	page = json_new_object(a);
	if ((d = cp_page_first(domains, arg, DOMAINS_PER_CHECK)) == NULL)
		return page;
	for (v = d; v != NULL && n < DOMAINS_PER_CHECK; v = json_next(v))
		commands[n++] = whm_command(evidence_arena(ev), "parse_dns_zone",
		    ARGS({ "zone", json_str(v, "ascii") },));
	if (!cpanel_need(ev, "panel zones", ask_batch(ev, a, params, commands, n, &answers, &err), &err))
		return NULL;
	for (v = json_first(answers); v != NULL; v = json_next(v), d = json_next(d))
		if (whm_result(a, v, &data, &err) && cp_list(data, "payload") != NULL)
			json_put_copy(page, json_str(d, "ascii"),
			    cp_zone_of_lines(a, json_str(d, "ascii"), cp_list(data, "payload")));
	return page;
}
