#include "panel/plesk/cli_text.h"

#include "base/arena.h"
#include "panel/plesk/internal.h"

static bool
is_noise(struct text line)
{
	return line.n == 0 || text_starts(line, "SUCCESS:") || text_starts(line, "#") ||
	    text_starts(line, "====");
}

/* A long key touches its value: the first colon ends the key. */
bool
cli_next_pair(struct text *rest, struct text *key, struct text *value)
{
	struct text line;
	size_t at;

	while (text_line(rest, &line)) {
		if (is_noise(text_trim(line)) || !text_find(line, TEXT(":"), &at))
			continue;
		*key = text_trim(text_head(line, at));
		*value = text_trim(text_skip(line, at + 1));
		if (key->n > 0)
			return true;
	}
	return false;
}

bool
cli_find(struct text all, const char *wanted, struct text *value)
{
	struct text key;

	while (cli_next_pair(&all, &key, value))
		if (text_iis(key, wanted))
			return true;
	return false;
}

bool
cli_next_word(struct text *rest, struct text *word)
{
	size_t n = 0;

	while (rest->n > 0 && (ascii_isspace((unsigned char)rest->p[0]) || rest->p[0] == ','))
		*rest = text_skip(*rest, 1);
	while (n < rest->n && !ascii_isspace((unsigned char)rest->p[n]) && rest->p[n] != ',')
		n++;
	*word = text_head(*rest, n);
	*rest = text_skip(*rest, n);
	return n > 0;
}

/* The next word of a line, by blanks or tabs. */
static struct text
word(struct text *line)
{
	struct text w;
	size_t n = 0;

	*line = text_trim(*line);
	while (n < line->n && !ascii_isspace((unsigned char)line->p[n]))
		n++;
	w = text_head(*line, n);
	*line = text_trim(text_skip(*line, n));
	return w;
}

/* MX and SRV carry numbers before the host, the REST API's `opt`. */
static const char *
cli_value(struct arena *a, const char *type, struct text rest)
{
	struct str opt = str_in(a, 64);
	uint64_t number;
	struct text tried = rest, w;

	if (!text_is(text_of(type), "MX") && !text_is(text_of(type), "SRV"))
		return plesk_record_value(a, type, text_show(a, rest), "");
	for (w = word(&tried); text_uint(w, 65535, &number); w = word(&tried)) {
		if (opt.n > 0)
			str_addc(&opt, ' ');
		str_addt(&opt, w);
		rest = tried;
	}
	return plesk_record_value(a, type, text_show(a, rest), text_cstr(a, str_text(&opt)));
}

void
cli_dns_records(struct json *into, struct arena *a, struct text out)
{
	struct text line;

	while (text_line(&out, &line)) {
		struct text name, type;
		struct json *row;
		const char *kind;

		line = text_trim(line);
		if (is_noise(line))
			continue;
		name = word(&line);
		type = word(&line);
		/* Every owner is absolute; anything else is no record. */
		if (!text_ends(name, ".") || type.n == 0 || type.n > 10 || line.n == 0)
			continue;
		kind = text_show(a, type);
		row = json_add_object(into);
		json_put_null(row, "id");
		json_put_str(row, "name", plesk_record_name(a, text_show(a, name)));
		json_put_str(row, "type", kind);
		json_put_null(row, "ttl");
		json_put_str(row, "value", cli_value(a, kind, line));
	}
}

static void
add_entry(struct json *into, struct arena *a, struct text type, struct text name)
{
	struct json *row;
	size_t at;

	if (!text_find(name, TEXT("@"), &at))
		return;
	row = json_add_object(into);
	json_put_str(row, "type", text_show(a, type));
	json_put_str(row, "name", text_show(a, name));
}

void
cli_mail_list(struct json *into, struct arena *a, struct text out)
{
	const struct json *json = json_parse(a, text_trim(out), NULL), *v;
	struct text line, type, last, w;

	if (json_is_array(json)) {
		for (v = json_first(json); v != NULL; v = json_next(v))
			add_entry(into, a, text_of(json_str(v, "type")), text_of(json_str(v, "name")));
		return;
	}
	while (text_line(&out, &line)) {
		line = text_trim(line);
		if (is_noise(line))
			continue;
		type = last = word(&line);
		while ((w = word(&line)).n > 0)
			last = w;
		add_entry(into, a, type, last);
	}
}
