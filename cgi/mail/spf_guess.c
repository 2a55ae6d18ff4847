#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_explain.h"
#include "mail/spf_guess.h"

static const char *const words[] = { "none", "word", "separator", "quotes", "joint", "blank", "sign",
    "address", "name", "network", "all", "version", "idn", "twice" };

const char *
spf_mistake_word(enum spf_mistake m)
{
	return words[m];
}

/* --- does it parse? ---------------------------------------------------------------------------- */

/* Well-formed terms, none of them an unknown modifier. */
static bool
is_good(struct arena *a, struct text terms)
{
	struct str s = str_in(a, terms.n + 8);
	const struct spf *spf;
	size_t i;

	str_add(&s, "v=spf1 ");
	str_addt(&s, terms);
	spf = spf_parse(a, str_text(&s));
	if (spf == NULL || spf->faults > 0 || spf->count == 0)
		return false;
	for (i = 0; i < spf->count; i++)
		if (spf->terms[i].kind == SPF_MODIFIER)
			return false;
	return true;
}

static bool
guess(struct arena *a, struct spf_guess *g, enum spf_mistake mistake, struct text t)
{
	if (!is_good(a, t))
		return false;
	if (g->mistake == SPF_MISTAKE_NONE)
		g->mistake = mistake;
	g->text = t;
	return true;
}

static struct text
glue(struct arena *a, struct text x, const char *between, struct text y)
{
	struct str s = str_in(a, x.n + y.n + strlen(between));

	str_addt(&s, x);
	str_add(&s, between);
	str_addt(&s, y);
	return str_text(&s);
}

/* --- the parts of a term ----------------------------------------------------------------------- */

struct parts {
	struct text	 qualifier;	/* "" or one sign */
	struct text	 word;
	struct text	 value;		/* behind the first of : = */
	char		 sign;		/* ':' '=' or 0 */
};

static void
take_apart(struct text t, struct parts *p)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	if (t.n > 0 && t.p[0] != '\0' && strchr("+-~?", t.p[0]) != NULL) {
		p->qualifier = text_head(t, 1);
		t = text_skip(t, 1);
	}
	for (i = 0; i < t.n && t.p[i] != ':' && t.p[i] != '=' && t.p[i] != '/'; i++)
		;
	p->word = text_head(t, i);
	if (i < t.n && t.p[i] != '/') {
		p->sign = t.p[i];
		i++;
	}
	p->value = text_skip(t, i);
}

static struct text
term_of(struct arena *a, const struct parts *p, const char *word, struct text value)
{
	return glue(a, glue(a, p->qualifier, word, (struct text){ "", 0 }), "", value);
}

/* --- addresses --------------------------------------------------------------------------------- */

/* "255.255.255.0" -> 24; false when it is no mask. */
static bool
mask_bits(struct text t, unsigned *bits)
{
	struct ip ip;
	uint32_t m;

	if (!ip4_parse(t, &ip))
		return false;
	m = (uint32_t)ip.b[0] << 24 | (uint32_t)ip.b[1] << 16 | (uint32_t)ip.b[2] << 8 | ip.b[3];
	for (*bits = 0; *bits < 32 && (m & (UINT32_C(0x80000000) >> *bits)) != 0; (*bits)++)
		;
	return *bits == 32 || (m << *bits) == 0;
}

/* An address or network in any of the forms that people write; "ip4:..." or "ip6:...". */
static bool
network_term(struct arena *a, const struct parts *p, struct text v, struct text *ret)
{
	struct text net = v, length = { "", 0 }, octets, one;
	const char *slash = v.n == 0 ? NULL : memchr(v.p, '/', v.n);
	unsigned bits = 0, dots = 0;
	struct ip ip;
	size_t i;

	if (slash != NULL) {
		net = text_head(v, (size_t)(slash - v.p));
		length = text_skip(v, net.n + 1);
	}
	if (net.n > 1 && net.p[0] == '[' && net.p[net.n - 1] == ']')
		net = (struct text){ net.p + 1, net.n - 2 };
	for (i = 0; i < net.n; i++)
		dots += net.p[i] == '.';
	if (memchr(net.p == NULL ? "" : net.p, '.', net.n) != NULL && !ip6_parse(net, &ip)) {
		octets = net;		/* cut a port, fill up with zeros */
		text_split(&octets, ':', &one);
		net = one;
		for (; slash != NULL && dots > 0 && dots < 3; dots++)
			net = glue(a, net, ".0", (struct text){ "", 0 });
	}
	if (slash != NULL && mask_bits(length, &bits))
		length = text_of(arena_printf(a, "%u", bits));
	while (length.n > 1 && length.p[0] == '0')
		length = text_skip(length, 1);
	if (!ip_parse(net, &ip))
		return false;
	if (slash != NULL)
		net = glue(a, net, "/", length);
	*ret = term_of(a, p, ip.family == 4 ? "ip4:" : "ip6:", net);
	return is_good(a, *ret);
}

/* --- single pieces ----------------------------------------------------------------------------- */

static const struct {
	const char	*written, *meant;
} aliases[] = {
	{ "ipv4", "ip4" }, { "ip", "ip4" }, { "ip-4", "ip4" }, { "ip4v", "ip4" }, { "ipv6", "ip6" },
	{ "ip-6", "ip6" }, { "inlcude", "include" }, { "includes", "include" }, { "incude", "include" },
	{ "inclued", "include" }, { "included", "include" }, { "host", "a" }, { "exist", "exists" },
	{ "redirects", "redirect" }, { "mxs", "mx" },
};

/* "all" with noise around: "--all", "-all.", "all:x", "*all". */
static bool
guess_all(struct arena *a, struct text t, struct spf_guess *g)
{
	struct text rest = t;
	char q[2] = "";

	while (rest.n > 0 && rest.p[0] != '\0' && strchr("+-~?!*", rest.p[0]) != NULL) {
		if (strchr("+-~?", rest.p[0]) != NULL)
			q[0] = rest.p[0];		/* the last one written */
		rest = text_skip(rest, 1);
	}
	if (!text_iis(rest, "al") && !text_istarts(rest, "all"))
		return false;
	rest = text_skip(rest, 3);
	if (rest.n > 0 && strchr(".:/=", rest.p[0]) == NULL)
		return false;
	return guess(a, g, SPF_MISTAKE_ALL, glue(a, text_of(q), "all", (struct text){ "", 0 }));
}

static bool
guess_idn(struct arena *a, const struct parts *p, const char *meant, struct spf_guess *g)
{
	struct name name;

	return name_from_person(a, p->value, &name, NULL) &&
	    guess(a, g, SPF_MISTAKE_IDN, term_of(a, p, meant, text_of(name.s)));
}

/* One piece that holds no separator any more. */
static bool
guess_piece(struct arena *a, struct text t, struct spf_guess *g)
{
	struct parts p;
	struct text v;
	const char *meant;
	size_t i;

	if (guess(a, g, SPF_MISTAKE_NONE, t))
		return true;
	if (text_istarts(t, "v=spf1") && t.n == 6) {
		g->mistake = SPF_MISTAKE_VERSION;
		g->text = (struct text){ "", 0 };
		return true;
	}
	take_apart(t, &p);
	meant = text_cstr(a, p.word);
	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (text_iis(p.word, aliases[i].written)) {
			meant = aliases[i].meant;
			if (g->mistake == SPF_MISTAKE_NONE)
				g->mistake = SPF_MISTAKE_WORD;
		}
	if (guess_all(a, t, g))
		return true;
	if (p.sign == 0 && network_term(a, &p, glue(a, p.word, "", p.value), &v))
		return guess(a, g, SPF_MISTAKE_ADDRESS, v);
	if (strcasecmp(meant, "redirect") == 0 || strcasecmp(meant, "exp") == 0) {
		p.qualifier.n = 0;
		return guess(a, g, SPF_MISTAKE_SIGN, term_of(a, &p, arena_printf(a, "%s=", meant), p.value));
	}
	if (p.value.n > 0 && network_term(a, &p, p.value, &v) &&
	    (strcasecmp(meant, "a") == 0 || strcasecmp(meant, "mx") == 0 ||
	    strncasecmp(meant, "ip", 2) == 0))
		return guess(a, g, text_istarts(v, "ip6") == (strcasecmp(meant, "ip6") == 0) &&
		    strncasecmp(meant, "ip", 2) == 0 ? (p.sign == '=' ? SPF_MISTAKE_SIGN :
		    SPF_MISTAKE_NETWORK) : SPF_MISTAKE_ADDRESS, v);
	if ((text_istarts(p.word, "http") || text_istarts(p.value, "http")) || p.sign == 0)
		return false;
	meant = arena_printf(a, "%s:", meant);
	if (guess(a, g, SPF_MISTAKE_SIGN, term_of(a, &p, meant, p.value)))
		return true;
	if (guess_idn(a, &p, meant, g))
		return true;
	if (strncasecmp(meant, "ip", 2) == 0)
		return guess(a, g, SPF_MISTAKE_NAME, term_of(a, &p, "a:", p.value));
	return false;
}

/* --- cleaning ---------------------------------------------------------------------------------- */

/*
 * Octets that part or surround terms.  What stands for a blank becomes one, what
 * stands for nothing falls out, a long dash is a hyphen.
 */
static const struct {
	const char	*written, *meant;
	enum spf_mistake mistake;
} signs[] = {
	{ "\342\200\234", "", SPF_MISTAKE_QUOTES },	/* curly quotes */
	{ "\342\200\235", "", SPF_MISTAKE_QUOTES },
	{ "\342\200\236", "", SPF_MISTAKE_QUOTES },
	{ "\342\200\230", "", SPF_MISTAKE_QUOTES },
	{ "\342\200\231", "", SPF_MISTAKE_QUOTES },
	{ "\342\200\213", "", SPF_MISTAKE_QUOTES },	/* zero width */
	{ "\357\273\277", "", SPF_MISTAKE_QUOTES },	/* byte order mark */
	{ "\342\200\223", "-", SPF_MISTAKE_QUOTES },	/* dashes, minus sign */
	{ "\342\200\224", "-", SPF_MISTAKE_QUOTES },
	{ "\342\210\222", "-", SPF_MISTAKE_QUOTES },
	{ "\302\240", " ", SPF_MISTAKE_SEPARATOR },	/* blank that does not break */
	{ "\"", "", SPF_MISTAKE_QUOTES },
	{ "'", "", SPF_MISTAKE_QUOTES },
	{ "\\", "", SPF_MISTAKE_QUOTES },
	{ ",", " ", SPF_MISTAKE_SEPARATOR },
	{ ";", " ", SPF_MISTAKE_SEPARATOR },
	{ "\t", " ", SPF_MISTAKE_SEPARATOR },
	{ "\r", " ", SPF_MISTAKE_SEPARATOR },
	{ "\n", " ", SPF_MISTAKE_SEPARATOR },
};

static struct text
clean(struct arena *a, struct text t, enum spf_mistake *mistake)
{
	struct str s = str_in(a, t.n + 1);
	size_t i, j;

	for (i = 0; i < t.n; ) {
		for (j = 0; j < sizeof(signs) / sizeof(signs[0]); j++)
			if (text_starts(text_skip(t, i), signs[j].written))
				break;
		if (j == sizeof(signs) / sizeof(signs[0])) {
			str_addc(&s, t.p[i++]);
			continue;
		}
		*mistake = signs[j].mistake;
		str_add(&s, signs[j].meant);
		i += strlen(signs[j].written);
	}
	return text_trim(str_text(&s));
}

/* Clean, part, and guess each piece; pieces that stay wrong make it fail. */
static bool
guess_cleaned(struct arena *a, struct text t, struct spf_guess *g)
{
	struct text rest, piece;
	struct str s;

	rest = clean(a, t, &g->mistake);
	s = str_in(a, rest.n * 3 + 64);
	while (text_split(&rest, ' ', &piece)) {
		if (piece.n == 0)
			continue;
		if (!guess_piece(a, piece, g))
			return false;
		if (s.n > 0 && g->text.n > 0)
			str_addc(&s, ' ');
		str_addt(&s, g->text);
	}
	g->text = str_text(&s);
	return str_ok(&s);
}

/* --- run together ------------------------------------------------------------------------------ */

/* Does a term begin here, as far as one can tell by its first letters? */
static bool
begins_term(struct text t)
{
	static const char *const starts[] = { "include:", "ip4:", "ip6:", "exists:", "redirect=",
	    "mx:", "ptr:", "a:", "v=spf1" };
	size_t i;

	if (t.n > 0 && t.p[0] != '\0' && strchr("+-~?", t.p[0]) != NULL) {
		t = text_skip(t, 1);
		if (text_iis(t, "all") || text_iis(t, "mx") || text_iis(t, "a"))
			return true;
	}
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (text_istarts(t, starts[i]))
			return true;
	return text_iis(t, "all") || text_iis(t, "mx");
}

static bool
split_at(struct arena *a, struct text t, size_t at, struct spf_guess *g)
{
	struct spf_guess left = { 0 }, right = { 0 };

	if (at == 0 || at >= t.n || !guess_piece(a, text_head(t, at), &left) || left.text.n == 0 ||
	    !guess_piece(a, text_skip(t, at), &right))
		return false;
	g->mistake = SPF_MISTAKE_JOINT;
	g->text = right.text.n == 0 ? left.text : glue(a, left.text, " ", right.text);
	return true;
}

bool
spf_guess_joint(struct arena *a, const struct spf *spf, size_t at, struct spf_guess *g)
{
	const struct spf_term *t = &spf->terms[at];
	size_t i;

	*g = (struct spf_guess){ .terms = 1 };
	if (t->text.n > 2000)
		return false;
	for (i = 0; i < spf->joint_count; i++)
		if (spf->joints[i] > t->at && spf->joints[i] < t->at + t->text.n &&
		    begins_term(text_skip(t->text, spf->joints[i] - t->at)) &&
		    split_at(a, t->text, spf->joints[i] - t->at, g))
			return true;
	for (i = 3; i + 2 < t->text.n; i++)
		if (begins_term(text_skip(t->text, i)) && split_at(a, t->text, i, g))
			return true;
	return false;
}

/* "include: a.example", "ip4 192.0.2.1", "- all": this term and the next make one. */
static bool
guess_with_next(struct arena *a, const struct spf *spf, size_t at, struct spf_guess *g)
{
	struct text here = spf->terms[at].text, next;
	char last;

	if (at + 1 >= spf->count || here.n == 0)
		return false;
	next = spf->terms[at + 1].text;
	last = here.p[here.n - 1];
	if (spf->terms[at + 1].fault == SPF_FINE && here.n > 1)
		return false;			/* the next one stands for itself */
	if (!guess(a, g, SPF_MISTAKE_BLANK, glue(a, here, "", next)) &&
	    (last == ':' || last == '=' || !guess(a, g, SPF_MISTAKE_BLANK, glue(a, here, ":", next))))
		return false;
	g->terms = 2;
	return true;
}

bool
spf_guess(struct arena *a, const struct spf *spf, size_t at, struct spf_guess *g)
{
	const struct spf_term *t = &spf->terms[at];

	*g = (struct spf_guess){ .terms = 1, .text = { "", 0 } };
	if (t->fault == SPF_TWICE) {
		g->mistake = SPF_MISTAKE_TWICE;
		return true;
	}
	if (t->text.n > 2000)			/* nobody meant this */
		return false;
	if (guess_with_next(a, spf, at, g))
		return true;
	if (spf_guess_joint(a, spf, at, g))
		return true;
	*g = (struct spf_guess){ .terms = 1 };
	return guess_cleaned(a, t->text, g) && g->mistake != SPF_MISTAKE_NONE;
}
