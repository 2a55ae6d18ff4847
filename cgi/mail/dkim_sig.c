/* Signature fields taken apart, RFC 6376 3.5; see the header. */

#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/dkim_sig.h"

/* --- words -------------------------------------------------------------------------------------- */

const char *
dkim_result_word(enum dkim_result result)
{
	static const char *const words[] = {
		"pass", "fail", "policy", "neutral", "temperror", "permerror",
	};

	return words[result];
}

static const struct {
	const char		*word;
	enum dkim_result	 result;
} reasons[] = {
	[DKIM_OK] = { "ok", DKIM_PASS },
	[DKIM_BODY_HASH_MISMATCH] = { "body_hash_mismatch", DKIM_FAIL },
	[DKIM_SIGNATURE_MISMATCH] = { "signature_mismatch", DKIM_FAIL },
	[DKIM_WEAK_KEY] = { "weak_key", DKIM_POLICY },
	[DKIM_WEAK_HASH] = { "weak_hash", DKIM_POLICY },
	[DKIM_HEADER_SYNTAX] = { "header_syntax", DKIM_NEUTRAL },
	[DKIM_MISSING_TAG] = { "missing_tag", DKIM_PERMERROR },
	[DKIM_UNSUPPORTED_VERSION] = { "unsupported_version", DKIM_PERMERROR },
	[DKIM_UNSUPPORTED_ALGORITHM] = { "unsupported_algorithm", DKIM_PERMERROR },
	[DKIM_UNSUPPORTED_CANONICALIZATION] = { "unsupported_canonicalization", DKIM_PERMERROR },
	[DKIM_UNSUPPORTED_QUERY_METHOD] = { "unsupported_query_method", DKIM_PERMERROR },
	[DKIM_IDENTITY_MISMATCH] = { "identity_mismatch", DKIM_PERMERROR },
	[DKIM_FROM_NOT_SIGNED] = { "from_not_signed", DKIM_PERMERROR },
	[DKIM_EXPIRED] = { "expired", DKIM_PERMERROR },
	[DKIM_BAD_TIMESTAMP] = { "bad_timestamp", DKIM_PERMERROR },
	[DKIM_KEY_IS_MISSING] = { "key_missing", DKIM_PERMERROR },
	[DKIM_KEY_IS_REVOKED] = { "key_revoked", DKIM_PERMERROR },
	[DKIM_KEY_IS_INVALID] = { "key_invalid", DKIM_PERMERROR },
	[DKIM_KEY_IS_UNSUPPORTED] = { "key_unsupported", DKIM_PERMERROR },
	[DKIM_KEY_HASH_NOT_ALLOWED] = { "key_hash_not_allowed", DKIM_PERMERROR },
	[DKIM_KEY_SERVICE_MISMATCH] = { "key_service_mismatch", DKIM_PERMERROR },
	[DKIM_KEY_FLAG_MISMATCH] = { "key_flag_mismatch", DKIM_PERMERROR },
	[DKIM_DNS_ERROR] = { "dns_error", DKIM_TEMPERROR },
};

const char *
dkim_reason_word(enum dkim_reason reason)
{
	return reasons[reason].word;
}

enum dkim_result
dkim_reason_result(enum dkim_reason reason)
{
	return reasons[reason].result;
}

#define IDENTITY_MAX	2000	/* octets of i= as written; addresses have 254 */

/* --- parsing ------------------------------------------------------------------------------------ */

/* A field while it is read.  Every test keeps the first reason only. */
struct parse {
	struct arena		*arena;
	struct signature	*sig;
	enum signature_kind	 kind;
	struct taglist		 list;
};

static void
blame(struct parse *p, enum dkim_reason reason, const char *tag)
{
	if (p->sig->reason != DKIM_OK)
		return;
	p->sig->reason = reason;
	p->sig->fault = tag;
}

static const struct tag *
tag(const struct parse *p, const char *name)
{
	return taglist_get(&p->list, name);
}

/* d= and s=: sub-domains of LDH (and '_', which selectors have in practice);
 * no final dot.  U-labels as in RFC 8616 4. */
static bool
read_domain(struct parse *p, const char *name, size_t min_labels, struct name *ret)
{
	const struct tag *t = tag(p, name);
	struct name domain;

	if (t == NULL)
		return true;
	if (t->value.n == 0 || t->value.n > 4 * 255 || text_ends(t->value, ".") ||
	    !name_from_person(p->arena, t->value, &domain, NULL) ||
	    name_labels(domain) < min_labels)
		return false;
	*ret = domain;
	return true;
}

/* Selectors may be all digits, which no host name may: read one octet at a time. */
static bool
read_selector(struct parse *p)
{
	const struct tag *t = tag(p, "s");
	size_t i;
	bool ascii = true;
	unsigned char c;

	if (t == NULL)
		return true;
	for (i = 0; i < t->value.n; i++) {
		c = (unsigned char)t->value.p[i];
		if (c >= 0x80)
			ascii = false;
		else if (!ascii_isalnum(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	if (!ascii)
		return read_domain(p, "s", 1, &p->sig->selector);
	if (t->value.n == 0 || text_ends(t->value, "."))
		return false;
	return name_parse(p->arena, t->value, &p->sig->selector);
}

static bool
read_base64(struct parse *p, const char *name, struct text *ret)
{
	const struct tag *t = tag(p, name);

	if (t == NULL)
		return true;
	return t->value.n > 0 && base64_decode_fws(p->arena, t->value, ret);
}

/* Digits; longer than `digits` counts as for ever (3.5, x=). */
static bool
read_number(struct parse *p, const char *name, int64_t *ret)
{
	const struct tag *t = tag(p, name);
	size_t i, start = 0;
	uint64_t v = 0;

	if (t == NULL)
		return true;
	if (t->value.n == 0)
		return false;
	for (i = 0; i < t->value.n; i++)
		if (!ascii_isdigit((unsigned char)t->value.p[i]))
			return false;
	while (start + 1 < t->value.n && t->value.p[start] == '0')
		start++;
	if (t->value.n - start > 18) {
		*ret = SIGNATURE_FOREVER;
		return true;
	}
	text_uint(text_skip(t->value, start), INT64_MAX, &v);
	*ret = (int64_t)v;
	return true;
}

static bool
read_length(struct parse *p)
{
	int64_t n = -1;

	if (!read_number(p, "l", &n))
		return false;
	if (n >= 0) {
		p->sig->has_length = true;
		p->sig->length = (uint64_t)n;
	}
	return true;
}

/* h=: names parted by colons, RFC 6376 3.5. */
static bool
read_headers(struct parse *p)
{
	const struct tag *t = tag(p, "h");
	struct text rest, part, *list;
	bool more = true;
	size_t n = 1, i;

	if (t == NULL)
		return true;
	for (i = 0; i < t->value.n; i++)
		if (t->value.p[i] == ':')
			n++;
	if (n > SIGNATURE_HEADERS_MAX)
		return false;
	list = arena_array(p->arena, n, sizeof(*list));
	for (n = 0, rest = t->value; taglist_colon(&rest, &more, &part); list[n++] = part) {
		if (part.n == 0)
			return false;
		for (i = 0; i < part.n; i++)
			if ((unsigned char)part.p[i] < 0x21 || (unsigned char)part.p[i] > 0x7e)
				return false;
	}
	p->sig->headers = list;
	p->sig->header_count = n;
	return true;
}

/* dkim-quoted-printable, RFC 6376 2.11: "=" and two hex digits; blanks vanish. */
static bool
decode_qp(struct arena *a, struct text t, struct text *ret)
{
	char *out = arena_alloc(a, t.n + 1), *o = out;
	size_t i;
	int hi, lo;

	for (i = 0; i < t.n; i++) {
		if (ascii_isspace((unsigned char)t.p[i]))
			continue;
		if (t.p[i] != '=') {
			*o++ = t.p[i];
			continue;
		}
		if (i + 2 >= t.n)
			return false;
		hi = ascii_hex((unsigned char)t.p[i + 1]);
		lo = ascii_hex((unsigned char)t.p[i + 2]);
		if (hi < 0 || lo < 0)
			return false;
		*o++ = (char)(hi << 4 | lo);
		i += 2;
	}
	*ret = (struct text){ out, (size_t)(o - out) };
	return true;
}

/* i=: [local-part] "@" domain; the domain must be d= or below it. */
static bool
read_identity(struct parse *p, struct name *ret)
{
	const struct tag *t = tag(p, "i");
	struct signature *sig = p->sig;
	struct text whole, domain;
	size_t at;

	if (t == NULL) {
		if (sig->domain.s != NULL)
			sig->identity = arena_printf(p->arena, "@%s", sig->domain.s);
		return true;
	}
	if (t->value.n > IDENTITY_MAX || !decode_qp(p->arena, t->value, &whole))
		return false;
	for (at = whole.n; at > 0 && whole.p[at - 1] != '@'; at--)
		continue;
	if (at == 0)
		return false;
	domain = text_skip(whole, at);
	if (domain.n == 0 || domain.n > 4 * 255 || text_ends(domain, ".") ||
	    !name_from_person(p->arena, domain, ret, NULL))
		return false;
	sig->identity = arena_printf(p->arena, "%s%s",
	    text_show(p->arena, text_head(whole, at)), ret->s);
	return true;
}

/* The values by themselves: RFC 6376 3.5's grammar. */
static void
read_values(struct parse *p, struct name *identity)
{
	struct signature *sig = p->sig;
	const struct tag *t;

	t = tag(p, "a");
	if (t != NULL) {
		sig->algorithm = text_show(p->arena, text_head(t->value, 80));
		if (t->value.n == 0)
			blame(p, DKIM_HEADER_SYNTAX, "a");
	}
	t = tag(p, "b");
	if (t != NULL)
		sig->b_hole = t->raw;
	if (!read_domain(p, "d", 2, &sig->domain))
		blame(p, DKIM_HEADER_SYNTAX, "d");
	if (!read_selector(p))
		blame(p, DKIM_HEADER_SYNTAX, "s");
	if (!read_base64(p, "b", &sig->b))
		blame(p, DKIM_HEADER_SYNTAX, "b");
	if (!read_base64(p, "bh", &sig->bh))
		blame(p, DKIM_HEADER_SYNTAX, "bh");
	if (!read_headers(p))
		blame(p, DKIM_HEADER_SYNTAX, "h");
	if (!read_length(p))
		blame(p, DKIM_HEADER_SYNTAX, "l");
	if (!read_number(p, "t", &sig->signed_at))
		blame(p, DKIM_HEADER_SYNTAX, "t");
	if (!read_number(p, "x", &sig->expires_at))
		blame(p, DKIM_HEADER_SYNTAX, "x");
	if (p->kind == SIGNATURE_DKIM && !read_identity(p, identity))
		blame(p, DKIM_HEADER_SYNTAX, "i");
}

static void
read_instance(struct parse *p)
{
	const struct tag *t = tag(p, "i");
	uint64_t n;

	if (t != NULL && text_uint(t->value, 1024, &n))
		p->sig->instance = (unsigned)n;
	t = tag(p, "cv");
	if (t != NULL)
		p->sig->chain = text_show(p->arena, text_head(t->value, 16));
}

/* What must be there, by kind: RFC 6376 3.5, RFC 8617 4.1.2 and 4.1.3. */
static const char *const required[][8] = {
	[SIGNATURE_DKIM] = { "v", "a", "b", "bh", "d", "h", "s" },
	[SIGNATURE_ARC_MESSAGE] = { "i", "a", "b", "bh", "d", "h", "s" },
	[SIGNATURE_ARC_SEAL] = { "i", "a", "b", "cv", "d", "s" },
};

static void
check_required(struct parse *p)
{
	const char *const *name;

	for (name = required[p->kind]; *name != NULL; name++)
		if (tag(p, *name) == NULL)
			blame(p, DKIM_MISSING_TAG, *name);
}

static const struct {
	const char	*word;
	enum key_type	 key_type;
	enum hash	 hash;
} algorithms[] = {
	{ "rsa-sha256", KEY_RSA, HASH_SHA256 },
	{ "ed25519-sha256", KEY_ED25519, HASH_SHA256 },		/* RFC 8463 */
	{ "rsa-sha1", KEY_RSA, HASH_SHA1 },			/* policy: RFC 8301 3.1 */
};

static void
check_algorithm(struct parse *p)
{
	const struct tag *t = tag(p, "a");
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (!text_is(t->value, algorithms[i].word))
			continue;
		p->sig->key_type = algorithms[i].key_type;
		p->sig->hash = algorithms[i].hash;
		return;
	}
	blame(p, DKIM_UNSUPPORTED_ALGORITHM, "a");
}

static bool
canon_of(struct text word, enum canon *ret)
{
	if (text_is(word, "simple"))
		*ret = CANON_SIMPLE;
	else if (text_is(word, "relaxed"))
		*ret = CANON_RELAXED;
	else
		return false;
	return true;
}

/* c= header [ "/" body ], simple by default for each. */
static void
check_canon(struct parse *p)
{
	const struct tag *t = tag(p, "c");
	struct text header, body = TEXT("simple");
	size_t at;

	if (t == NULL)
		return;
	header = t->value;
	if (text_find(header, TEXT("/"), &at)) {
		body = text_skip(header, at + 1);
		header = text_head(header, at);
	}
	if (!canon_of(header, &p->sig->header_canon) || !canon_of(body, &p->sig->body_canon))
		blame(p, DKIM_UNSUPPORTED_CANONICALIZATION, "c");
}

static void
check_query(struct parse *p)
{
	const struct tag *t = tag(p, "q");
	struct text rest, part;
	bool more = true;

	if (t == NULL)
		return;
	for (rest = t->value; taglist_colon(&rest, &more, &part); )
		if (text_is(part, "dns/txt"))
			return;
	blame(p, DKIM_UNSUPPORTED_QUERY_METHOD, "q");
}

static void
check_identity(struct parse *p, struct name identity)
{
	if (identity.s == NULL || p->sig->domain.s == NULL)
		return;
	if (!name_is_under(identity, p->sig->domain))
		blame(p, DKIM_IDENTITY_MISMATCH, "i");
	p->sig->strict_subdomain = !name_eq(identity, p->sig->domain);
}

static bool
signs(const struct signature *sig, const char *name)
{
	size_t i;

	for (i = 0; i < sig->header_count; i++)
		if (text_iis(sig->headers[i], name))
			return true;
	return false;
}

/* x= must be later than t= (3.5), and not past. */
static void
check_times(struct parse *p, int64_t now)
{
	struct signature *sig = p->sig;

	if (sig->expires_at < 0)
		return;
	if (sig->signed_at >= 0 && sig->expires_at <= sig->signed_at)
		blame(p, DKIM_BAD_TIMESTAMP, "x");
	if (now > sig->expires_at)
		blame(p, DKIM_EXPIRED, "x");
}

static void
check_dkim(struct parse *p, struct name identity, int64_t now)
{
	const struct tag *v = tag(p, "v");

	if (v != NULL && !text_is(v->value, "1"))
		blame(p, DKIM_UNSUPPORTED_VERSION, "v");
	check_algorithm(p);
	check_canon(p);
	check_query(p);
	check_identity(p, identity);
	if (!signs(p->sig, "from"))			/* 5.4, 6.1.1 */
		blame(p, DKIM_FROM_NOT_SIGNED, "h");
	check_times(p, now);
}

static void
check_arc(struct parse *p, int64_t now)
{
	struct signature *sig = p->sig;

	if (sig->instance == 0)
		blame(p, DKIM_HEADER_SYNTAX, "i");
	check_algorithm(p);
	if (p->kind == SIGNATURE_ARC_SEAL) {
		if (tag(p, "h") != NULL)		/* RFC 8617 4.1.3 */
			blame(p, DKIM_HEADER_SYNTAX, "h");
		sig->header_canon = CANON_RELAXED;	/* 5.1.1 */
		return;
	}
	check_canon(p);
	check_query(p);
	if (signs(sig, "arc-seal"))			/* 4.1.2 */
		blame(p, DKIM_HEADER_SYNTAX, "h");
	check_times(p, now);
}

void
signature_parse(struct arena *a, const struct message_field *field, enum signature_kind kind,
    int64_t now, struct signature *ret)
{
	struct parse p = { .arena = a, .sig = ret, .kind = kind };
	struct name identity = { NULL };
	struct taglist_fault fault;

	*ret = (struct signature){ .field = field, .signed_at = -1, .expires_at = -1 };
	if (!taglist_parse(a, field->value, (struct taglist_rules){ .utf8 = true }, &p.list,
	    &fault)) {
		blame(&p, DKIM_HEADER_SYNTAX, taglist_fault_word(fault.kind));
		return;
	}
	read_values(&p, &identity);
	if (kind != SIGNATURE_DKIM)
		read_instance(&p);
	check_required(&p);
	if (kind == SIGNATURE_DKIM)
		check_dkim(&p, identity, now);
	else
		check_arc(&p, now);
}

/* --- what b= covers ----------------------------------------------------------------------------- */

/* How far up each name has been used, while h= is walked. */
struct used {
	uint32_t	 next;
};

static struct used *
used_of(struct arena *a, const struct message *m, struct map *names, struct text name)
{
	char *key = text_cstr(a, name), *p;
	struct used *u;

	for (p = key; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	u = map_get(names, key);
	if (u == NULL) {
		u = arena_alloc(a, sizeof(*u));
		u->next = message_last(a, m, name);
		map_put(names, key, u);
	}
	return u;
}

void
signature_headers(struct arena *a, const struct message *m, const struct signature *sig,
    struct canon_sink sink)
{
	struct map *names = map_new(a);
	const struct message_field *f;
	struct used *u;
	size_t i;

	for (i = 0; i < sig->header_count; i++) {
		u = used_of(a, m, names, sig->headers[i]);
		/* The field being verified never signs itself (3.5, h=). */
		if (u->next != MESSAGE_NO_FIELD && &m->fields[u->next] == sig->field)
			u->next = m->fields[u->next].above;
		if (u->next == MESSAGE_NO_FIELD)	/* oversigned: the null string */
			continue;
		f = &m->fields[u->next];
		u->next = f->above;
		canon_field(sig->header_canon, f, sink);
	}
	canon_signature(sig->header_canon, sig->field, sig->b_hole, sink);
}
