#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf.h"
#include "mail/spf_macro.h"

static const char *const result_words[] = {
	"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror",
};

static const char *const fault_words[] = {
	"fine", "unknown_mechanism", "bad_name", "bad_character", "no_domain", "bad_domain",
	"bad_macro", "macro_in_exp_only", "bad_ip4", "bad_ip6", "bad_cidr", "unwanted_value", "twice",
};

const char *
spf_result_word(enum spf_result r)
{
	return result_words[r];
}

const char *
spf_fault_word(enum spf_fault f)
{
	return fault_words[f];
}

bool
spf_costs(enum spf_kind k)
{
	return k == SPF_INCLUDE || k == SPF_A || k == SPF_MX || k == SPF_PTR || k == SPF_EXISTS ||
	    k == SPF_REDIRECT;
}

/* --- one term ---------------------------------------------------------------------------------- */

enum value { NOTHING, DOMAIN_NEEDED, DOMAIN_MAY, DOMAIN_CIDR, NET4, NET6 };

static const struct word {
	const char	*name;
	enum spf_kind	 kind;
	enum value	 value;
} mechanisms[] = {
	{ "all",	SPF_ALL,	NOTHING },
	{ "include",	SPF_INCLUDE,	DOMAIN_NEEDED },
	{ "a",		SPF_A,		DOMAIN_CIDR },
	{ "mx",		SPF_MX,		DOMAIN_CIDR },
	{ "ptr",	SPF_PTR,	DOMAIN_MAY },
	{ "ip4",	SPF_IP4,	NET4 },
	{ "ip6",	SPF_IP6,	NET6 },
	{ "exists",	SPF_EXISTS,	DOMAIN_NEEDED },
};

/* The term's fault, `p` being the wrong place. */
static void
fault(struct spf_term *t, enum spf_fault f, const char *p)
{
	t->fault = f;
	t->fault_at = t->at + (size_t)(p - t->text.p);
}

/* "0", or digits without a leading zero, up to max. */
static bool
prefix_length(struct text t, unsigned max, uint8_t *ret)
{
	uint64_t v;

	if (t.n == 0 || t.n > 3 || (t.n > 1 && t.p[0] == '0') || !text_uint(t, max, &v))
		return false;
	*ret = (uint8_t)v;
	return true;
}

/* Take "/digits" (slashes 1) or "//digits" (2) from the end; false = none there. */
static bool
cut_slash(struct text *t, size_t slashes, struct text *digits)
{
	size_t i = t->n;

	while (i > 0 && ascii_isdigit((unsigned char)t->p[i - 1]))
		i--;
	if (i < slashes || t->p[i - 1] != '/' || (slashes == 2 && t->p[i - 2] != '/'))
		return false;
	*digits = text_skip(*t, i);
	t->n = i - slashes;
	return true;
}

static void
parse_domain(struct spf_term *t, struct text spec)
{
	enum spf_fault f;
	size_t at;

	t->domain = spec;
	f = spf_macro_check(spec, SPF_DOMAIN_SPEC, &t->macros, &at);
	if (f != SPF_FINE)
		fault(t, f, spec.p + at);
}

/* a, mx: [ ":" domain-spec ] [ dual-cidr-length ], 5.3. */
static void
parse_dual(struct spf_term *t, struct text v)
{
	struct text digits;

	if (cut_slash(&v, 2, &digits) && !prefix_length(digits, 128, &t->bits6)) {
		fault(t, SPF_BAD_CIDR, digits.p);
		return;
	}
	if (cut_slash(&v, 1, &digits) && !prefix_length(digits, 32, &t->bits4)) {
		fault(t, SPF_BAD_CIDR, digits.p);
		return;
	}
	if (v.n == 0)
		return;
	if (v.p[0] != ':') {
		fault(t, SPF_BAD_CIDR, v.p);
		return;
	}
	parse_domain(t, text_skip(v, 1));
}

/* ":" network [ "/" length ], 5.6. */
static void
parse_net(struct spf_term *t, struct text v, bool six)
{
	enum spf_fault bad = six ? SPF_BAD_IP6 : SPF_BAD_IP4;
	uint8_t *bits = six ? &t->bits6 : &t->bits4;
	const char *slash;
	struct text net;

	if (v.n == 0 || v.p[0] != ':') {
		fault(t, bad, v.n == 0 ? t->text.p : v.p);
		return;
	}
	v = text_skip(v, 1);
	slash = v.n == 0 ? NULL : memchr(v.p, '/', v.n);
	net = slash == NULL ? v : text_head(v, (size_t)(slash - v.p));
	t->domain = v;
	if (six ? !ip6_parse(net, &t->ip) : !ip4_parse(net, &t->ip)) {
		fault(t, bad, v.p);
		return;
	}
	if (slash != NULL && !prefix_length(text_skip(v, net.n + 1), six ? 128 : 32, bits))
		fault(t, SPF_BAD_CIDR, slash + 1);
}

static void
parse_value(struct spf_term *t, enum value value, struct text v)
{
	switch (value) {
	case NOTHING:
		if (v.n > 0)
			fault(t, SPF_UNWANTED_VALUE, v.p);
		break;
	case DOMAIN_MAY:
		if (v.n == 0)
			break;
		/* FALLTHROUGH */
	case DOMAIN_NEEDED:
		if (v.n == 0)
			fault(t, SPF_NO_DOMAIN, t->text.p + t->text.n);
		else if (v.p[0] != ':')
			fault(t, SPF_UNWANTED_VALUE, v.p);
		else
			parse_domain(t, text_skip(v, 1));
		break;
	case DOMAIN_CIDR:
		parse_dual(t, v);
		break;
	case NET4:
	case NET6:
		parse_net(t, v, value == NET6);
		break;
	}
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static bool
is_modifier_name(struct text t)
{
	size_t i;

	if (t.n == 0 || !ascii_isalpha((unsigned char)t.p[0]))
		return false;
	for (i = 1; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && t.p[i] != '-' && t.p[i] != '_' &&
		    t.p[i] != '.')
			return false;
	return true;
}

static void
parse_modifier(struct spf_term *t, struct text name, struct text v)
{
	enum spf_fault f;
	size_t at;

	if (!is_modifier_name(name)) {
		fault(t, SPF_BAD_NAME, name.p);
		return;
	}
	if (text_iis(name, "redirect") || text_iis(name, "exp")) {
		/* never an unknown modifier, however wrong the value */
		t->kind = text_iis(name, "exp") ? SPF_EXP : SPF_REDIRECT;
		parse_domain(t, v);
		return;
	}
	t->kind = SPF_MODIFIER;
	t->domain = v;
	f = spf_macro_check(v, SPF_MACRO_STRING, &t->macros, &at);
	if (f != SPF_FINE)
		fault(t, f, v.p + at);
}

/* A modifier has "=" right behind its name, before any ":" or "/" (4.6.1). */
static void
parse_term(struct spf_term *t)
{
	struct text rest = t->text, name;
	size_t i;

	t->qualifier = '+';
	t->bits4 = 32;
	t->bits6 = 128;
	for (i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] <= 0x20 || (unsigned char)rest.p[i] > 0x7e) {
			fault(t, SPF_BAD_CHARACTER, rest.p + i);
			break;			/* the kind is still worth knowing */
		}
	if (strchr("+-~?", rest.p[0]) != NULL && rest.p[0] != '\0') {
		t->qualifier = rest.p[0];
		rest = text_skip(rest, 1);
	}
	for (i = 0; i < rest.n && rest.p[i] != ':' && rest.p[i] != '/' && rest.p[i] != '='; i++)
		;
	name = text_head(rest, i);
	rest = text_skip(rest, i);
	if (rest.n > 0 && rest.p[0] == '=' && name.p == t->text.p) {
		if (t->fault == SPF_FINE)
			parse_modifier(t, name, text_skip(rest, 1));
		return;
	}
	for (i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (text_iis(name, mechanisms[i].name)) {
			t->kind = mechanisms[i].kind;
			if (t->fault == SPF_FINE)
				parse_value(t, mechanisms[i].value, rest);
			return;
		}
	if (t->fault == SPF_FINE)
		fault(t, SPF_UNKNOWN_MECHANISM, t->text.p);
}

/* --- the record -------------------------------------------------------------------------------- */

bool
spf_is_record(struct text t)
{
	return text_istarts(t, "v=spf1") && (t.n == 6 || t.p[6] == ' ');
}

static size_t
count_terms(struct text t)
{
	size_t i, n = 0;

	for (i = 6; i < t.n; i++)
		if (t.p[i] != ' ' && t.p[i - 1] == ' ')
			n++;
	return n;
}

/* What the record has once, and what it must not have twice (RFC 7208 6). */
static void
note_term(struct spf *spf, struct spf_term *t)
{
	const struct spf_term **once = NULL;

	if (t->kind == SPF_REDIRECT)
		once = &spf->redirect;
	else if (t->kind == SPF_EXP)
		once = &spf->exp;
	else if (t->kind == SPF_ALL && t->fault == SPF_FINE && spf->all == NULL)
		spf->all = t;
	if (once != NULL && t->fault == SPF_FINE) {
		if (*once != NULL)
			fault(t, SPF_TWICE, t->text.p);
		else
			*once = t;
	}
	if (t->fault != SPF_FINE)
		spf->faults++;
}

struct spf *
spf_parse(struct arena *a, struct text text)
{
	struct spf *spf;
	struct spf_term *t;
	size_t i, end;

	if (!spf_is_record(text))
		return NULL;
	spf = arena_zalloc(a, sizeof(*spf));
	spf->text = text;
	spf->terms = arena_array(a, count_terms(text), sizeof(*spf->terms));
	for (i = 6; i < text.n; i = end) {
		if (text.p[i] == ' ') {
			end = i + 1;
			continue;
		}
		for (end = i; end < text.n && text.p[end] != ' '; end++)
			;
		t = &spf->terms[spf->count++];
		t->text = (struct text){ text.p + i, end - i };
		t->at = i;
		parse_term(t);
		note_term(spf, t);
	}
	return spf;
}

struct spf *
spf_parse_rr(struct arena *a, const struct rr *txt)
{
	struct spf *spf = spf_parse(a, txt->u.txt.joined);
	size_t *joints, i, at = 0;

	if (spf == NULL || txt->u.txt.count < 2)
		return spf;
	joints = arena_array(a, txt->u.txt.count - 1, sizeof(*joints));
	for (i = 0; i + 1 < txt->u.txt.count; i++)
		joints[i] = at += txt->u.txt.strings[i].n;
	spf->joints = joints;
	spf->joint_count = txt->u.txt.count - 1;
	return spf;
}

struct text
spf_print(struct arena *a, const struct spf *spf)
{
	struct str s = str_in(a, spf->text.n);
	size_t i;

	str_addt(&s, text_head(spf->text, 6));
	for (i = 0; i < spf->count; i++) {
		str_addc(&s, ' ');
		str_addt(&s, spf->terms[i].text);
	}
	return str_text(&s);
}

/* --- which TXT is it --------------------------------------------------------------------------- */

/* Text that a person meant to be SPF: "v=spf1" or "spf1" behind quotes, blanks, a wrong "v". */
static bool
is_near(struct text t)
{
	size_t i, at;

	for (i = 0; i < t.n && i < 16; i++) {
		if (text_istarts(text_skip(t, i), "spf1")) {
			at = i + 4;
			return at == t.n || !ascii_isalnum((unsigned char)t.p[at]) ||
			    text_istarts(text_skip(t, at), "mx") || text_istarts(text_skip(t, at), "a ") ||
			    text_istarts(text_skip(t, at), "ip") || text_istarts(text_skip(t, at), "inc");
		}
		if (ascii_isalnum((unsigned char)t.p[i]) && ascii_tolower((unsigned char)t.p[i]) != 'v')
			return false;
	}
	return false;
}

void
spf_select(const struct dns_answer *ans, struct spf_found *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	if (ans->outcome != DNS_FOUND)
		return;
	for (i = 0; i < ans->count; i++) {
		if (spf_is_record(ans->rrs[i].u.txt.joined)) {
			if (ret->count++ == 0)
				ret->first = &ans->rrs[i];
		} else if (ret->near.p == NULL && is_near(ans->rrs[i].u.txt.joined))
			ret->near = ans->rrs[i].u.txt.joined;
	}
}

const struct rr **
spf_select_all(struct arena *a, const struct dns_answer *ans, size_t *count)
{
	struct spf_found found;
	const struct rr **all;
	size_t i;

	spf_select(ans, &found);
	all = arena_array(a, found.count, sizeof(*all));
	*count = 0;
	for (i = 0; *count < found.count; i++)
		if (spf_is_record(ans->rrs[i].u.txt.joined))
			all[(*count)++] = &ans->rrs[i];
	return all;
}

/* --- as strings -------------------------------------------------------------------------------- */

const struct text *
spf_split(struct arena *a, struct text t, size_t *count)
{
	struct text *parts = arena_array(a, t.n / 200 + 2, sizeof(*parts));
	size_t n, cut;

	*count = 0;
	do {
		n = t.n > 255 ? 255 : t.n;
		if (t.n > 255)
			for (cut = 255; cut > 200; cut--)
				if (t.p[cut - 1] == ' ') {
					n = cut;
					break;
				}
		parts[(*count)++] = text_head(t, n);
		t = text_skip(t, n);
	} while (t.n > 0);
	return parts;
}

const char *
spf_bind(struct arena *a, struct text t)
{
	struct str s = str_in(a, t.n * 4 + t.n / 50 + 16);
	const struct text *parts;
	size_t count, i, j;
	unsigned char c;

	parts = spf_split(a, t, &count);
	for (i = 0; i < count; i++) {
		str_add(&s, i == 0 ? "\"" : " \"");
		for (j = 0; j < parts[i].n; j++) {
			c = (unsigned char)parts[i].p[j];
			if (c < 0x20 || c > 0x7e)
				str_addf(&s, "\\%03u", c);
			else {
				if (c == '"' || c == '\\')
					str_addc(&s, '\\');
				str_addc(&s, (char)c);
			}
		}
		str_addc(&s, '"');
	}
	return str_text(&s).p;
}

/* --- parsed once ------------------------------------------------------------------------------- */

#define CACHE_SLOTS	64

struct spf_cache {
	struct cached {
		const char	*p;
		size_t		 n;
		struct spf	*spf;
		struct cached	*next;
	} *slots[CACHE_SLOTS];
};

struct spf_cache *
spf_cache_new(struct arena *a)
{
	return arena_zalloc(a, sizeof(struct spf_cache));
}

struct spf *
spf_cached(struct spf_cache *cache, struct arena *a, const struct rr *txt)
{
	struct text t = txt->u.txt.joined;
	struct cached *c, **slot;

	if (cache == NULL)
		return spf_parse_rr(a, txt);
	slot = &cache->slots[((uintptr_t)t.p >> 4) % CACHE_SLOTS];
	for (c = *slot; c != NULL; c = c->next)
		if (c->p == t.p && c->n == t.n)
			return c->spf;
	c = arena_alloc(a, sizeof(*c));
	*c = (struct cached){ t.p, t.n, spf_parse_rr(a, txt), *slot };
	*slot = c;
	return c->spf;
}
