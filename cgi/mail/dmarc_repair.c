/* DMARC records put right; see the header. */

#include "mail/dmarc_repair.h"

#include "base/arena.h"
#include "base/str.h"
#include "mail/taglist.h"

#define RECORD_MAX	4096
#define TAGS_MAX	64

struct repair {
	struct arena		*arena;
	struct str		 out;		/* all but v= and p= */
	struct text		 seen[TAGS_MAX];
	size_t			 seen_count;
	struct text		 rua;		/* to add; n 0 when done */
};

/* --- one tag ---------------------------------------------------------------------------------------- */

static bool
policy_ok(struct text value)
{
	enum dmarc_policy policy;

	return dmarc_policy_parse(value, &policy);
}

static bool
mode_ok(struct text value)
{
	return text_iis(value, "r") || text_iis(value, "s");
}

static bool
psd_ok(struct text value)
{
	return text_iis(value, "y") || text_iis(value, "n") || text_iis(value, "u");
}

static bool
testing_ok(struct text value)
{
	return text_iis(value, "y") || text_iis(value, "n");
}

static bool
fo_ok(struct text value)
{
	struct text rest = value, part;
	bool more = true;

	while (taglist_colon(&rest, &more, &part))
		if (!text_is(part, "0") && !text_is(part, "1") && !text_iis(part, "d") &&
		    !text_iis(part, "s"))
			return false;
	return true;
}

static const struct {
	const char	*tag;
	bool		(*ok)(struct text value);
} known[] = {
	{ "sp", policy_ok }, { "np", policy_ok }, { "adkim", mode_ok }, { "aspf", mode_ok },
	{ "psd", psd_ok }, { "t", testing_ok }, { "fo", fo_ok },
};

/* The addresses of rua= and ruf= that can be used, without obsolete sizes. */
static struct text
good_uris(struct repair *r, struct text value, bool is_rua)
{
	struct str s = str_in(r->arena, RECORD_MAX);
	struct text part;

	while (text_split(&value, ',', &part)) {
		struct dmarc_uri uri;
		bool sized;

		if (!dmarc_uri_parse(r->arena, text_trim(part), &uri, &sized))
			continue;
		if (is_rua && text_iis(r->rua, uri.uri))
			r->rua = TEXT("");		/* it is there already */
		str_addf(&s, "%s%s", s.n == 0 ? "" : ",", uri.uri);
	}
	if (is_rua && r->rua.n > 0) {
		str_add(&s, s.n == 0 ? "" : ",");
		str_addt(&s, r->rua);
		r->rua = TEXT("");
	}
	return str_ok(&s) ? str_text(&s) : TEXT("");
}

static void
put(struct repair *r, struct text name, struct text value)
{
	str_add(&r->out, "; ");
	str_addt(&r->out, name);
	str_addc(&r->out, '=');
	str_addt(&r->out, value);
}

static bool
name_ok(struct text name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!ascii_isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return name.n > 0 && ascii_isalpha((unsigned char)name.p[0]);
}

/* Octets that a tag's value may hold (RFC 6376 3.2). */
static bool
value_ok(struct text value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || (unsigned char)value.p[i] > 0x7e)
			return false;
	return true;
}

static bool
is_twice(struct repair *r, struct text name)
{
	size_t i;

	for (i = 0; i < r->seen_count; i++)
		if (text_ieq(r->seen[i], name))
			return true;
	if (r->seen_count < TAGS_MAX)
		r->seen[r->seen_count++] = name;
	return false;
}

static void
keep_tag(struct repair *r, struct text name, struct text value)
{
	bool is_rua = text_iis(name, "rua");
	size_t i;

	if (!name_ok(name) || is_twice(r, name) || text_iis(name, "v") || text_iis(name, "p"))
		return;
	if (is_rua || text_iis(name, "ruf")) {
		value = good_uris(r, value, is_rua);
		if (value.n > 0)
			put(r, name, value);
		return;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_iis(name, known[i].tag) && !known[i].ok(value))
			return;
	if (value_ok(value))
		put(r, name, value);
}

/* --- the record ----------------------------------------------------------------------------------------- */

static void
keep_part(struct repair *r, struct text part)
{
	struct text name, value;
	size_t at;

	part = text_trim(part);
	if (!text_find(part, TEXT("="), &at))
		return;
	name = text_trim(text_head(part, at));
	value = text_trim(text_skip(part, at + 1));
	/* "v=DMARC1 p=none": the semicolon that was forgotten. */
	if (text_iis(name, "v") && text_starts(value, "DMARC1")) {
		value = text_skip(value, 6);
		while (value.n > 0 && !ascii_isalpha((unsigned char)value.p[0]))
			value = text_skip(value, 1);
		keep_part(r, value);
		return;
	}
	keep_tag(r, name, value);
}

static bool
is_clean(struct arena *a, struct text record)
{
	struct problems ps = problems_in(a);
	struct dmarc_record r;

	dmarc_parse(a, record, &r, &ps);
	return r.usable && r.p != DMARC_ABSENT && !problems_have(&ps, "bad_value") &&
	    !problems_have(&ps, "bad_report_uri");
}

bool
dmarc_repair(struct arena *a, struct text record, enum dmarc_policy policy, struct text rua,
    struct text *ret)
{
	struct repair r = { .arena = a, .out = str_in(a, RECORD_MAX), .rua = rua };
	struct dmarc_record old;
	struct text part, made;
	struct str s;

	dmarc_parse(a, record, &old, NULL);
	if (policy == DMARC_ABSENT)
		policy = old.usable ? dmarc_own_policy(&old) : DMARC_NONE;
	while (text_split(&record, ';', &part))
		keep_part(&r, part);
	if (r.rua.n > 0)
		put(&r, TEXT("rua"), rua);
	s = str_in(a, RECORD_MAX);
	str_addf(&s, "v=DMARC1; p=%s", dmarc_policy_word(policy));
	str_addt(&s, str_text(&r.out));
	made = str_text(&s);
	if (!str_ok(&s) || !str_ok(&r.out) || !is_clean(a, made))
		return false;
	*ret = made;
	return true;
}
