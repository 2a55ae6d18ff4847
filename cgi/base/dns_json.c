#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/json_bytes.h"
#include "base/request.h"

static const char *const outcomes[] = {
	[DNS_FOUND] = "found",
	[DNS_NODATA] = "nodata",
	[DNS_NXDOMAIN] = "nxdomain",
	[DNS_FAILED] = "failed",
};

/* --- writing ----------------------------------------------------------------------------------- */

static void
put_name(struct json *o, const char *key, struct name name)
{
	if (name.s != NULL)
		json_put_str(o, key, name.s[0] == '\0' ? "." : name.s);
}

static void
put_rr(struct json *o, enum rrtype type, const struct rr *rr, struct arena *scratch)
{
	struct json *strings;
	size_t i;

	json_put_int(o, "ttl", rr->ttl_s);
	switch (type) {
	case RR_A:
	case RR_AAAA:
		json_put_str(o, "ip", ip_str(scratch, rr->u.ip));
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		put_name(o, "name", rr->u.name);
		break;
	case RR_MX:
		json_put_int(o, "preference", rr->u.mx.preference);
		put_name(o, "exchange", rr->u.mx.exchange);
		break;
	case RR_SOA:
		put_name(o, "mname", rr->u.soa.mname);
		put_name(o, "rname", rr->u.soa.rname);
		json_put_int(o, "serial", rr->u.soa.serial);
		json_put_int(o, "minimum", rr->u.soa.minimum_s);
		break;
	case RR_TXT:
	case RR_SPF:
		strings = json_put_array(o, "strings");
		for (i = 0; i < rr->u.txt.count; i++)
			json_add_bytes(strings, rr->u.txt.strings[i]);
		break;
	default:
		json_put_str(o, "raw", hex_encode(scratch, rr->u.raw));
	}
}

void
dns_answer_to_json(struct json *o, const struct dns_answer *d)
{
	struct arena *scratch = arena_new();
	struct json *records;
	size_t i;

	put_name(o, "name", d->name);
	json_put_str(o, "type", rrtype_word(d->type));
	json_put_str(o, "outcome", outcomes[d->outcome]);
	if (d->failure != DNS_NO_FAILURE)
		json_put_str(o, "failure", dns_failure_word(d->failure));
	json_put_int(o, "rcode", d->rcode);
	json_put_bool(o, "aa", d->authoritative);
	json_put_bool(o, "ad", d->authenticated);
	put_name(o, "cname", d->cname);
	json_put_int(o, "ttl", d->ttl_s);
	if (d->server.ip.family != 0)
		json_put_str(o, "server", endpoint_str(scratch, d->server));
	json_put_int(o, "at", d->at);
	if (d->count > 0) {
		records = json_put_array(o, "records");
		for (i = 0; i < d->count; i++)
			put_rr(json_add_object(records), d->type, &d->rrs[i], scratch);
	}
	arena_free(scratch);
}

/* --- reading ----------------------------------------------------------------------------------- */

static bool
wrong(struct err *err, const char *key)
{
	return err_set(err, ERR_VALUE, "DNS answer: \"%s\" is missing or wrong", key);
}

static bool
get_name(struct arena *a, const struct json *o, const char *key, struct name *ret, struct err *err)
{
	return name_parse(a, text_of(json_str(o, key)), ret) || wrong(err, key);
}

/* A number of so many bits; missing gives dflt. */
static bool
get_uint(const struct json *o, const char *key, uint32_t max, uint32_t dflt, uint32_t *ret,
    struct err *err)
{
	const struct json *v = json_get(o, key);
	int64_t n = json_value_int(v, json_is_null(v) ? (int64_t)dflt : -1);

	if (n < 0 || n > max)
		return wrong(err, key);
	*ret = (uint32_t)n;
	return true;
}

static bool
get_txt(struct arena *a, const struct json *o, struct rr *rr, struct err *err)
{
	const struct json *strings = json_get(o, "strings"), *text = json_get(o, "text"), *v;
	struct text *t;
	size_t i = 0, n = 0;
	char *p;

	rr->u.txt.count = json_is_array(strings) ? json_count(strings) : 1;
	t = arena_array(a, rr->u.txt.count, sizeof(*t));
	if (json_is_array(strings)) {
		for (v = json_first(strings); v != NULL; v = json_next(v), i++) {
			if (!json_bytes(a, v, &t[i]))
				return wrong(err, "strings");
			n += t[i].n;
		}
	} else {
		if (!json_bytes(a, text, &t[0]))
			return wrong(err, "strings");
		n = t[0].n;
	}
	rr->u.txt.strings = t;
	if (rr->u.txt.count == 1) {
		rr->u.txt.joined = t[0];
		return true;
	}
	p = arena_alloc(a, n + 1);
	for (i = n = 0; i < rr->u.txt.count; i++) {
		memcpy(p + n, t[i].p, t[i].n);
		n += t[i].n;
	}
	p[n] = '\0';
	rr->u.txt.joined = (struct text){ p, n };
	return true;
}

static bool
get_rr(struct arena *a, const struct json *o, const struct dns_answer *d, struct rr *rr,
    struct err *err)
{
	uint32_t v;

	if (!get_uint(o, "ttl", UINT32_MAX, d->ttl_s, &rr->ttl_s, err))
		return false;
	switch (d->type) {
	case RR_A:
	case RR_AAAA:
		if (!(d->type == RR_A ? ip4_parse : ip6_parse)(text_of(json_str(o, "ip")),
		    &rr->u.ip))
			return wrong(err, "ip");
		return true;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return get_name(a, o, "name", &rr->u.name, err);
	case RR_MX:
		if (!get_uint(o, "preference", UINT16_MAX, 0, &v, err))
			return false;
		rr->u.mx.preference = (uint16_t)v;
		return get_name(a, o, "exchange", &rr->u.mx.exchange, err);
	case RR_SOA:
		return get_name(a, o, "mname", &rr->u.soa.mname, err) &&
		    get_name(a, o, "rname", &rr->u.soa.rname, err) &&
		    get_uint(o, "serial", UINT32_MAX, 0, &rr->u.soa.serial, err) &&
		    get_uint(o, "minimum", UINT32_MAX, 0, &rr->u.soa.minimum_s, err);
	case RR_TXT:
	case RR_SPF:
		return get_txt(a, o, rr, err);
	default:
		return (json_str(o, "raw") != NULL &&
		    hex_decode(a, text_of(json_str(o, "raw")), &rr->u.raw)) || wrong(err, "raw");
	}
}

static bool
get_outcome(const struct json *o, struct dns_answer *d, struct err *err)
{
	const char *failure = json_str(o, "failure"), *outcome = json_str(o, "outcome");
	size_t i;

	if (failure != NULL && !dns_failure_parse(text_of(failure), &d->failure))
		return wrong(err, "failure");
	if (outcome == NULL) {
		d->outcome = failure != NULL ? DNS_FAILED : d->count > 0 ? DNS_FOUND : DNS_NODATA;
	} else {
		for (i = 0; i < 4 && strcmp(outcomes[i], outcome) != 0; i++)
			;
		if (i == 4)
			return wrong(err, "outcome");
		d->outcome = (enum dns_outcome)i;
	}
	/* The three outcomes are never merged, in a recording neither. */
	if ((d->outcome == DNS_FOUND) != (d->count > 0))
		return wrong(err, "records");
	if ((d->outcome == DNS_FAILED) != (d->failure != DNS_NO_FAILURE))
		return wrong(err, "failure");
	return true;
}

bool
dns_answer_from_json(struct arena *a, const struct json *o, struct dns_answer *ret,
    struct err *err)
{
	struct dns_answer d = { 0 };
	const struct json *records = json_get(o, "records"), *v;
	const char *server = json_str(o, "server");
	struct rr *rrs;
	uint32_t rcode;
	size_t i = 0;

	if (!get_name(a, o, "name", &d.name, err))
		return false;
	if (!rrtype_parse(text_of(json_str(o, "type")), &d.type))
		return wrong(err, "type");
	if (!get_uint(o, "ttl", UINT32_MAX, 0, &d.ttl_s, err))
		return false;
	if (!json_is_null(records) && !json_is_array(records))
		return wrong(err, "records");
	d.count = json_count(records);
	if (!get_outcome(o, &d, err))
		return false;
	if (!get_uint(o, "rcode", 255, d.outcome == DNS_NXDOMAIN ? 3 : 0, &rcode, err))
		return false;
	d.rcode = (uint8_t)rcode;
	d.authoritative = json_bool(o, "aa", false);
	d.authenticated = json_bool(o, "ad", false);
	if (!json_is_null(json_get(o, "cname")) && !get_name(a, o, "cname", &d.cname, err))
		return false;
	if (server != NULL && !endpoint_parse(text_of(server), 53, &d.server))
		return wrong(err, "server");
	d.at = json_int(o, "at", 0);
	rrs = arena_array(a, d.count, sizeof(*rrs));
	for (v = json_first(records); v != NULL; v = json_next(v), i++) {
		if (!get_rr(a, v, &d, &rrs[i], err))
			return false;
	}
	d.rrs = rrs;
	*ret = d;
	return true;
}
