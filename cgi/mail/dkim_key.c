/* DKIM key records; see the header. */

#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "mail/dkim_key.h"

const char *
dkim_key_result_word(enum dkim_key_result result)
{
	static const char *const words[] = {
		"ok", "weak", "missing", "revoked", "invalid", "unsupported", "multiple",
		"temperror",
	};

	return words[result];
}

bool
dkim_record_is_key(struct text text)
{
	struct text first = taglist_first(text);

	if (taglist_mentions(first, "v", false)) {
		size_t at;

		text_find(first, TEXT("="), &at);
		return text_starts(text_trim(text_skip(first, at + 1)), "DKIM1");
	}
	return taglist_mentions(text, "p", false);
}

/* --- one record --------------------------------------------------------------------------------- */

/* A record while it is judged. */
struct judge {
	struct arena		*arena;
	struct dkim_record	*record;
	struct taglist		 list;
	struct problems		*problems;
};

static void
say(struct judge *j, enum problem_severity severity, const char *code, const char *where,
    struct text value)
{
	if (j->problems != NULL)
		problem_value(j->problems, problem_add(j->problems, severity, code, where),
		    "value", value);
}

/* The record ends here: nothing that follows may make it better. */
static bool
ends(struct judge *j, enum dkim_key_result result, const char *code, const char *where,
    struct text value)
{
	j->record->result = result;
	say(j, PROBLEM_ERROR, code, where, value);
	return false;
}

static struct text
shorten(struct text t)
{
	return text_head(t, 80);
}

/* v= first and DKIM1, and the list as such: RFC 6376 3.6.1. */
static bool
read_list(struct judge *j, struct text text)
{
	struct taglist_fault fault;
	const struct tag *v;

	if (!taglist_parse(j->arena, text, (struct taglist_rules){ 0 }, &j->list, &fault))
		return ends(j, DKIM_KEY_INVALID, taglist_fault_word(fault.kind), NULL,
		    shorten(fault.part));
	v = taglist_get(&j->list, "v");
	if (v != NULL && v != &j->list.tags[0])
		return ends(j, DKIM_KEY_INVALID, "version_not_first", "v", v->value);
	if (v != NULL && !text_is(v->value, "DKIM1"))
		return ends(j, DKIM_KEY_INVALID, "bad_version", "v", shorten(v->value));
	return true;
}

/* h=, t=: unknown words are ignored, RFC 6376 3.6.1. */
static void
read_hashes(struct judge *j)
{
	const struct tag *h = taglist_get(&j->list, "h");
	struct text rest, part, *list;
	bool more = true;
	size_t n = 0, i;

	if (h == NULL)
		return;
	for (i = 0; i < h->value.n; i++)
		if (h->value.p[i] == ':')
			n++;
	list = arena_array(j->arena, n + 1, sizeof(*list));
	for (n = 0, rest = h->value; taglist_colon(&rest, &more, &part); )
		if (part.n > 0)
			list[n++] = part;
	j->record->has_hashes = true;
	j->record->hashes = list;
	j->record->hash_count = n;
	if (!dkim_record_allows(j->record, HASH_SHA256))
		say(j, PROBLEM_ERROR, "sha256_not_allowed", "h", shorten(h->value));
}

static bool
lists(const struct tag *tag, const char *word)
{
	struct text rest, part;
	bool more = true;

	if (tag == NULL)
		return false;
	for (rest = tag->value; taglist_colon(&rest, &more, &part); )
		if (text_is(part, word))
			return true;
	return false;
}

static void
read_flags(struct judge *j)
{
	const struct tag *t = taglist_get(&j->list, "t");

	j->record->testing = lists(t, "y");
	j->record->strict_identity = lists(t, "s");
	if (j->record->testing)
		say(j, PROBLEM_WARNING, "test_mode", "t", t->value);
}

/* k=: "whatever p= holds", so it is judged before p=. */
static bool
read_type(struct judge *j)
{
	const struct tag *k = taglist_get(&j->list, "k");

	if (k == NULL || text_is(k->value, "rsa"))
		j->record->type = KEY_RSA;
	else if (text_is(k->value, "ed25519"))
		j->record->type = KEY_ED25519;
	else
		return ends(j, DKIM_KEY_UNSUPPORTED, "unsupported_type", "k", shorten(k->value));
	j->record->type_known = true;
	return true;
}

/* s=: a record for another service is to be ignored (RFC 6376 3.6.1). */
static bool
read_service(struct judge *j)
{
	const struct tag *s = taglist_get(&j->list, "s");

	if (s == NULL || lists(s, "*") || lists(s, "email"))
		return true;
	j->record->other_service = true;
	return ends(j, DKIM_KEY_UNSUPPORTED, "not_for_email", "s", shorten(s->value));
}

static bool
read_key(struct judge *j, struct text p)
{
	struct dkim_record *r = j->record;
	struct text bytes;

	if (!base64_decode_fws(j->arena, p, &bytes))
		return ends(j, DKIM_KEY_INVALID, "not_base64", "p", shorten(p));
	r->key = pubkey_decode(j->arena, r->type, bytes);
	if (r->key == NULL)
		return ends(j, DKIM_KEY_INVALID,
		    r->type == KEY_RSA ? "not_an_rsa_key" : "not_an_ed25519_key", "p", shorten(p));
	r->bits = pubkey_bits(r->key);
	if (r->type != KEY_RSA)
		return true;
	if (r->bits < KEY_RSA_BITS_MIN) {		/* RFC 8301 3.2 */
		r->result = DKIM_KEY_INVALID;
		if (j->problems != NULL)
			problem_value_int(j->problems, problem_add(j->problems, PROBLEM_ERROR,
			    "key_too_short", "p"), "bits", r->bits);
		return false;
	}
	if (r->bits < KEY_RSA_BITS_GOOD)
		r->result = DKIM_KEY_WEAK;
	if (j->problems != NULL && r->bits < KEY_RSA_BITS_GOOD)
		problem_value_int(j->problems, problem_add(j->problems, PROBLEM_WARNING,
		    "key_short", "p"), "bits", r->bits);
	if (j->problems != NULL && r->bits > KEY_RSA_BITS_SURE)
		problem_value_int(j->problems, problem_add(j->problems, PROBLEM_INFO,
		    "key_long", "p"), "bits", r->bits);
	return true;
}

/* Marks of a record that was escaped or split by hand. */
static void
look_for_artefacts(struct judge *j, struct text text)
{
	size_t at;

	if (text_find(text, TEXT("\\;"), &at))
		say(j, PROBLEM_ERROR, "escaped_semicolon", NULL, TEXT("\\;"));
	else if (text_find(text, TEXT("\""), &at))
		say(j, PROBLEM_ERROR, "quotes_inside", NULL, TEXT("\""));
}

static bool
judge_record(struct judge *j, struct text text)
{
	const struct tag *p;

	if (!read_list(j, text))
		return false;
	read_hashes(j);
	read_flags(j);
	p = taglist_get(&j->list, "p");
	if (p == NULL)
		return ends(j, DKIM_KEY_INVALID, "no_key", "p", TEXT(""));
	if (!read_type(j))
		return false;
	if (p->value.n == 0)				/* RFC 6376 3.6.1: revoked */
		return ends(j, DKIM_KEY_REVOKED, "revoked", "p", TEXT(""));
	if (!read_service(j))
		return false;
	return read_key(j, p->value);
}

void
dkim_record_parse(struct arena *a, struct text text, struct dkim_record *ret,
    struct problems *ps)
{
	struct judge j = { .arena = a, .record = ret, .problems = ps };

	*ret = (struct dkim_record){ .result = DKIM_KEY_OK, .text = text };
	if (!judge_record(&j, text) && ret->result == DKIM_KEY_INVALID)
		look_for_artefacts(&j, text);
}

bool
dkim_record_allows(const struct dkim_record *r, enum hash hash)
{
	size_t i;

	if (!r->has_hashes)
		return true;
	for (i = 0; i < r->hash_count; i++)
		if (text_is(r->hashes[i], hash == HASH_SHA1 ? "sha1" : "sha256"))
			return true;
	return false;
}

/* --- a selector --------------------------------------------------------------------------------- */

bool
dkim_key_name(struct arena *a, const char *selector, struct name domain, struct name *ret)
{
	struct name below;

	return name_prefix(a, "_domainkey", domain, &below) &&
	    name_prefix(a, selector, below, ret);
}

static void
judge_records(struct arena *a, const struct dns_answer *answer, struct dkim_key *ret)
{
	struct dkim_record *list = arena_array(a, DKIM_KEY_RECORDS_MAX, sizeof(*list));
	struct text text;
	size_t i;

	ret->records = list;
	for (i = 0; i < answer->count; i++) {
		text = answer->rrs[i].u.txt.joined;
		if (!dkim_record_is_key(text)) {
			problem_value(&ret->problems, problem_add(&ret->problems, PROBLEM_INFO,
			    "other_text", NULL), "value", shorten(text));
			continue;
		}
		if (ret->count < DKIM_KEY_RECORDS_MAX)
			dkim_record_parse(a, text, &list[ret->count], &ret->problems);
		ret->count++;
	}
}

void
dkim_key_from_answer(struct arena *a, const struct dns_answer *answer, struct dkim_key *ret)
{
	struct problem *p;

	*ret = (struct dkim_key){ .name = answer->name, .cname = answer->cname,
	    .failure = answer->failure, .problems = problems_in(a) };
	if (answer->outcome == DNS_FAILED) {
		ret->result = DKIM_KEY_TEMPERROR;
		p = problem_add(&ret->problems, PROBLEM_ERROR, "dns_error", answer->name.s);
		problem_value(&ret->problems, p, "reason",
		    text_of(dns_failure_word(answer->failure)));
		return;
	}
	if (answer->outcome == DNS_FOUND)
		judge_records(a, answer, ret);
	if (ret->count == 0) {
		ret->result = DKIM_KEY_MISSING;
		problem_add(&ret->problems, PROBLEM_ERROR, "no_record", answer->name.s);
	} else if (ret->count > 1) {			/* RFC 6376 3.6.2.2: undefined */
		ret->result = DKIM_KEY_MULTIPLE;
		p = problem_add(&ret->problems, PROBLEM_ERROR, "multiple_records",
		    answer->name.s);
		problem_value_int(&ret->problems, p, "count", (int64_t)ret->count);
	} else
		ret->result = ret->records[0].result;
}

bool
dkim_key_lookup(struct arena *a, const struct dns_source *src, struct name name,
    struct dkim_key *ret)
{
	const struct dns_answer *answer = dns_ask(src, name, RR_TXT);

	if (answer == NULL)
		return false;
	dkim_key_from_answer(a, answer, ret);
	return true;
}

/* --- for checks and fixes ----------------------------------------------------------------------- */

bool
dkim_key_same(struct arena *a, struct text record, struct text other)
{
	struct dkim_record x, y;

	dkim_record_parse(a, record, &x, NULL);
	dkim_record_parse(a, other, &y, NULL);
	return x.key != NULL && y.key != NULL && pubkey_same(x.key, y.key);
}

/* Without what a split gone wrong leaves behind, and without blanks. */
static struct text
strip(struct arena *a, struct text t)
{
	char *out = arena_alloc(a, t.n + 1), *o = out;
	size_t i;

	for (i = 0; i < t.n; i++)
		if (!ascii_isspace((unsigned char)t.p[i]) && t.p[i] != '"' && t.p[i] != '\\')
			*o++ = t.p[i];
	return (struct text){ out, (size_t)(o - out) };
}

/* What stands in p=, of a stripped record; empty = no p=. */
static struct text
key_part(struct text stripped)
{
	struct text part;

	while (text_split(&stripped, ';', &part))
		if (text_starts(part, "p="))
			return text_skip(part, 2);
	return TEXT("");
}

static bool
is_start_of(struct text start, struct text whole)
{
	return start.n > 0 && start.n < whole.n && text_eq(start, text_head(whole, start.n));
}

bool
dkim_key_is_truncated(struct arena *a, struct text published, struct text full)
{
	struct text p = strip(a, published), f = strip(a, full);

	if (is_start_of(p, f) && text_starts(p, "v="))
		return true;
	return is_start_of(key_part(p), key_part(f));
}

const char *
dkim_key_text(struct arena *a, const struct pubkey *key)
{
	return arena_printf(a, "v=DKIM1; k=%s; p=%s",
	    pubkey_type(key) == KEY_RSA ? "rsa" : "ed25519",
	    base64_encode(a, pubkey_bytes(a, key)));
}
