/*
 * Recordings: evidence at rest.  One reader for two forms.
 *
 * Complete (check --record): "answers" and "facts" hold every reply as it was.
 *
 * Short (test cases, written by people):
 *	"dns":   {"TXT cust.example": ["v=spf1 -all"], "MX cust.example": ["10 mx.cust.example"],
 *	          "AAAA cust.example": [], "A gone.example": "NXDOMAIN", "A slow.example": "timeout",
 *	          "@203.0.113.53 TXT cust.example": ["asked of this server"],
 *	          "TXT alias.example": {"values": ["x"], "ttl": 60, "cname": "target.example"}}
 *	"dns_default": "NXDOMAIN"		for names that are not given; default not_recorded
 *	"facts": {"zone cust.example": {...}, "domains": [...]}
 *	"facts_failed": {"zone cust.example": "timeout"}
 *	"since": {"dns.servers_silent cust.example": UNIX}	the last report had it already
 *	"smtp":  {"127.0.0.1:25": {...} or "timeout"}
 * A question to one server that is not given has the answer of the plain one.
 */

#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/map.h"
#include "evidence/evidence.h"
#include "evidence/internal.h"

struct recording {
	struct arena		*arena;
	struct map		*answers;	/* key -> json of the reply */
	struct map		*facts;		/* key -> struct fact */
	const struct json	*dns, *smtp, *since;
	const char		*dns_default;
};

/* Several runs may be written into one recording. */
static struct json *
array_in(struct json *into, const char *key)
{
	struct json *there = json_edit(into, key);

	return there != NULL ? there : json_put_array(into, key);
}

void
evidence_record(const struct evidence *ev, struct json *into)
{
	struct json *answers, *facts;
	size_t i;

	json_put_int(into, "schema", 1);
	json_put_int(into, "now", ev->now);
	json_put_bool(into, "panel", ev_has_panel(ev));
	answers = array_in(into, "answers");
	for (i = 0; i < map_count(ev->calls); i++) {
		const char *key;
		const struct call *call = map_at(ev->calls, i, &key);
		struct json *one;

		/* What the panel's calls said is kept as facts. */
		if (call->reply == NULL || call->request.kind == REQUEST_VERB ||
		    (call->request.kind == REQUEST_HTTP && call->request.u.http.door == HTTP_PANEL))
			continue;
		one = json_add_object(answers);
		json_put_str(one, "key", key);
		reply_to_json(json_put_object(one, "reply"), &call->request, call->reply);
	}
	for (i = 0; i < map_count(ev->since); i++) {
		const char *key;
		const struct since *since = map_at(ev->since, i, &key);
		struct json *there = json_edit(into, "since");

		if (since->at != 0)
			json_put_int(there != NULL ? there : json_put_object(into, "since"), key, since->at);
	}
	facts = array_in(into, "facts");
	for (i = 0; i < map_count(ev->facts); i++) {
		const struct fact_entry *entry = map_at(ev->facts, i, NULL);
		struct json *one;

		if (entry->state == FACT_WANTED)
			continue;
		one = json_add_object(facts);
		json_put_str(one, "fact", entry->name);
		json_put_str(one, "arg", entry->arg);
		if (entry->state == FACT_THERE)
			json_put_copy(one, "value", entry->fact->value);
		else {
			json_put_str(one, "failed", entry->failure.reason);
			json_put_str(one, "detail", entry->failure.detail);
		}
	}
}

/* --- the short form --------------------------------------------------------------------------- */

static bool
rr_from_text(struct arena *a, enum rrtype type, const struct json *v, struct rr *rr)
{
	struct text text = text_of(json_value_str(v)), part;
	struct text *string;
	uint64_t number;

	switch (type) {
	case RR_A:
		return ip4_parse(text, &rr->u.ip);
	case RR_AAAA:
		return ip6_parse(text, &rr->u.ip);
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return name_parse(a, text, &rr->u.name);
	case RR_MX:
		if (!text_split(&text, ' ', &part) || !text_uint(part, 65535, &number))
			return false;
		rr->u.mx.preference = (uint16_t)number;
		if (text_is(text, ".")) {
			rr->u.mx.exchange.s = "";	/* RFC 7505 */
			return true;
		}
		return name_parse(a, text, &rr->u.mx.exchange);
	case RR_TXT:
	case RR_SPF:
		string = arena_zalloc(a, sizeof(*string));
		if (json_is_object(v)) {
			if (!base64_decode(a, text_of(json_str(v, "b64")), string))
				return false;
		} else
			*string = text;
		rr->u.txt.strings = string;
		rr->u.txt.count = 1;
		rr->u.txt.joined = *string;
		return true;
	case RR_SOA:
		if (!text_split(&text, ' ', &part) || !name_parse(a, part, &rr->u.soa.mname) ||
		    !text_split(&text, ' ', &part) || !name_parse(a, part, &rr->u.soa.rname) ||
		    !text_split(&text, ' ', &part) || !text_uint(part, UINT32_MAX, &number))
			return false;
		rr->u.soa.serial = (uint32_t)number;
		if (!text_uint(text, UINT32_MAX, &number))
			return false;
		rr->u.soa.minimum_s = (uint32_t)number;
		return true;
	default:
		return base64_decode(a, text, &rr->u.raw);
	}
}

static void
dns_short_failure(struct dns_answer *answer, const char *word)
{
	if (strcmp(word, "NXDOMAIN") == 0) {
		answer->outcome = DNS_NXDOMAIN;
		answer->rcode = 3;
	} else if (strcmp(word, "NODATA") == 0)
		answer->outcome = DNS_NODATA;
	else {
		answer->outcome = DNS_FAILED;
		if (strcmp(word, "SERVFAIL") == 0)
			answer->failure = DNS_SERVFAIL;
		else if (!dns_failure_parse(text_of(word), &answer->failure))
			answer->failure = DNS_NOT_RECORDED;
	}
}

static void
dns_short(struct arena *a, const struct json *given, struct dns_answer *answer)
{
	const struct json *values = json_is_object(given) ? json_get(given, "values") : given, *v;
	struct rr *rrs;

	answer->ttl_s = (uint32_t)json_int(given, "ttl", 300);
	if (json_str(given, "cname") != NULL)
		name_parse(a, text_of(json_str(given, "cname")), &answer->cname);
	if (json_is_str(values)) {
		dns_short_failure(answer, json_value_str(values));
		return;
	}
	rrs = arena_array(a, json_count(values) + 1, sizeof(*rrs));
	for (v = json_first(values); v != NULL; v = json_next(v)) {
		if (!rr_from_text(a, answer->type, v, &rrs[answer->count])) {
			answer->count = 0;
			dns_short_failure(answer, "malformed");
			return;
		}
		rrs[answer->count++].ttl_s = answer->ttl_s;
	}
	answer->rrs = rrs;
	answer->outcome = answer->count > 0 ? DNS_FOUND : DNS_NODATA;
}

static const struct json *
dns_given(struct recording *rec, struct arena *a, const struct request_dns *dns)
{
	const char *plain = arena_printf(a, "%s %s", rrtype_word(dns->type), dns->name.s);
	const struct json *given = NULL;

	if (dns->count > 0) {
		char buf[IP_TEXT_MAX];

		given = json_get(rec->dns, arena_printf(a, "@%s %s",
		    ip_text(dns->servers[0].ip, buf), plain));
	}
	return given != NULL ? given : json_get(rec->dns, plain);
}

static const struct reply *
dns_reply(struct recording *rec, struct arena *a, int64_t now, const struct request_dns *dns)
{
	struct dns_answer *answer = arena_zalloc(a, sizeof(*answer));
	struct reply *reply = arena_zalloc(a, sizeof(*reply));
	const struct json *given = dns_given(rec, a, dns);

	answer->name = dns->name;
	answer->type = dns->type;
	answer->at = reply->at = now;
	answer->ttl_s = 300;
	if (dns->count > 0) {
		answer->server = dns->servers[0];
		answer->authoritative = true;
	}
	if (given != NULL)
		dns_short(a, given, answer);
	else
		dns_short_failure(answer, rec->dns_default);
	reply->u.dns = answer;
	return reply;
}

static const struct reply *
smtp_reply(struct recording *rec, struct arena *a, int64_t now, const struct request_smtp *smtp)
{
	const struct json *given = json_get(rec->smtp, endpoint_str(a, smtp->server));
	struct reply *reply = arena_zalloc(a, sizeof(*reply));

	reply->at = now;
	if (json_is_object(given))
		reply->u.smtp = given;
	else if (json_is_str(given))
		err_set(&reply->err, strcmp(json_value_str(given), "timeout") == 0 ?
		    ERR_TIMEOUT : ERR_UNREACHABLE, "%s", json_value_str(given));
	else
		err_set(&reply->err, ERR_NOT_FOUND, "not in the recording");
	return reply;
}

/* --- the source --------------------------------------------------------------------------------- */

static void
replay_fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct recording *rec = ctx;
	struct arena *a = evidence_arena(ev);
	const struct json *kept = map_get(rec->answers, key);
	struct reply *reply;
	struct err err;

	if (kept != NULL) {
		reply = arena_zalloc(a, sizeof(*reply));
		if (!reply_from_json(a, kept, request, reply, &err))
			reply->err = err;
		evidence_deliver(ev, key, reply);
		return;
	}
	if (request->kind == REQUEST_DNS)
		evidence_deliver(ev, key, dns_reply(rec, a, evidence_now(ev), &request->u.dns));
	else if (request->kind == REQUEST_SMTP)
		evidence_deliver(ev, key, smtp_reply(rec, a, evidence_now(ev), &request->u.smtp));
	else {
		reply = arena_zalloc(a, sizeof(*reply));
		err_set(&reply->err, ERR_NOT_FOUND, "not in the recording");
		evidence_deliver(ev, key, reply);
	}
}

static struct fact *
replay_fact(void *ctx, struct evidence *ev, const char *key)
{
	struct recording *rec = ctx;
	struct fact *fact = map_get(rec->facts, key);

	(void)ev;
	if (fact == NULL) {
		fact = arena_zalloc(rec->arena, sizeof(*fact));
		fact->refs = 1;
		fact->arena = rec->arena;
		fact->failure = (struct ev_failure){ arena_strdup(rec->arena, key), "not_recorded", NULL };
		map_put(rec->facts, key, fact);
	}
	return fact;
}

static int64_t
replay_since(void *ctx, const char *finding, const char *target)
{
	struct recording *rec = ctx;

	return json_int(rec->since, arena_printf(rec->arena, "%s %s", finding, target), 0);
}

static void
add_fact(struct recording *rec, const char *name, const char *arg, const struct json *value,
    const char *failed)
{
	const char *key = arena_printf(rec->arena, "fact %s %s", name, arg == NULL ? "" : arg);
	struct fact *fact = arena_zalloc(rec->arena, sizeof(*fact));

	fact->refs = 1;		/* the recording's own: never freed by a run */
	fact->arena = rec->arena;
	fact->value = value;
	if (value == NULL)
		fact->failure = (struct ev_failure){ key, failed == NULL ? "protocol" : failed, NULL };
	map_put(rec->facts, key, fact);
}

static void
add_short_facts(struct recording *rec, const struct json *facts, bool failed)
{
	const struct json *v;

	for (v = json_first(facts); v != NULL; v = json_next(v)) {
		struct text arg = text_of(json_key(v)), name;

		text_split(&arg, ' ', &name);
		add_fact(rec, text_cstr(rec->arena, name),
		    arg.n == 0 ? NULL : text_cstr(rec->arena, arg),
		    failed ? NULL : v, failed ? json_value_str(v) : NULL);
	}
}

struct evidence_source *
evidence_replay_source(struct arena *a, const struct json *recording, struct err *err)
{
	struct evidence_source *source = arena_zalloc(a, sizeof(*source));
	struct recording *rec = arena_zalloc(a, sizeof(*rec));
	const struct json *v, *facts = json_get(recording, "facts");
	union { const struct json *in; void *out; } keep;

	if (!json_is_object(recording)) {
		err_set(err, ERR_SYNTAX, "a recording is a JSON object");
		return NULL;
	}
	rec->arena = a;
	rec->answers = map_new(a);
	rec->facts = map_new(a);
	rec->dns = json_get(recording, "dns");
	rec->smtp = json_get(recording, "smtp");
	rec->since = json_get(recording, "since");
	rec->dns_default = json_str(recording, "dns_default");
	if (rec->dns_default == NULL)
		rec->dns_default = "not_recorded";
	for (v = json_first(json_get(recording, "answers")); v != NULL; v = json_next(v)) {
		const char *key = json_str(v, "key");

		keep.in = json_get(v, "reply");
		if (key != NULL && keep.out != NULL)
			map_put(rec->answers, key, keep.out);
	}
	if (json_is_array(facts)) {
		for (v = json_first(facts); v != NULL; v = json_next(v))
			if (json_str(v, "fact") != NULL)
				add_fact(rec, json_str(v, "fact"), json_str(v, "arg"),
				    json_get(v, "value"), json_str(v, "failed"));
	} else
		add_short_facts(rec, facts, false);
	add_short_facts(rec, json_get(recording, "facts_failed"), true);
	source->fetch = replay_fetch;
	source->fact_get = replay_fact;
	source->since = replay_since;
	source->recorded_panel = json_bool(recording, "panel",
	    facts != NULL || json_get(recording, "facts_failed") != NULL);
	source->ctx = rec;
	return source;
}
