/* What the public DNS says of a name or an address: who serves it, where it leads, what its reverse names are. */

#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools.h"
#include "evidence/truth.h"
#include "mail/data.h"

#define ADDRESSES_MAX	16	/* a stranger's name may have hundreds */
#define NAMES_MAX	8

struct lookup {
	const struct rules	*rules;
	struct name		 name;		/* NULL: an address */
	struct ip		 address;
	struct arena		*arena;
	struct json		*answer, *unknown;
	bool			 whole;
};

/* A FAILED answer is written down as what could not be found out. */
static bool
known(struct lookup *l, const struct dns_answer *answer, const char *what)
{
	if (answer == NULL)
		l->whole = false;
	else if (answer->outcome == DNS_FAILED)
		json_add_str(l->unknown, arena_printf(l->arena, "%s (%s)", what, dns_failure_word(answer->failure)));
	return answer != NULL && answer->outcome == DNS_FOUND;
}

/* Forward-confirmed (RFC 8601 2.7.3): the reverse name leads back to the address. */
static void
put_confirmed(struct lookup *l, struct evidence *ev, struct json *into, struct name name, struct ip ip)
{
	const struct dns_answer *back = ev_dns_any(ev, name, ip.family == 4 ? RR_A : RR_AAAA);

	if (back == NULL)
		l->whole = false;
	if (back == NULL || back->outcome == DNS_FAILED)
		json_put_null(into, "confirmed");
	else
		json_put_bool(into, "confirmed", dns_has_ip(back, &ip, 1));
}

static void
put_address(struct lookup *l, struct evidence *ev, struct json *list, struct ip ip)
{
	struct json *one = json_add_object(list), *names = json_put_array(one, "names");
	const struct dns_answer *answer;
	struct name reverse;

	json_put_str(one, "address", ip_str(l->arena, ip));
	if (!name_parse(l->arena, text_of(ip_reverse_name(l->arena, ip)), &reverse))
		return;
	answer = ev_dns_any(ev, reverse, RR_PTR);
	if (!known(l, answer, arena_printf(l->arena, "PTR %s", ip_str(l->arena, ip))))
		return;
	for (size_t i = 0; i < answer->count && i < NAMES_MAX; i++) {
		struct json *name = json_add_object(names);

		json_put_str(name, "name", answer->rrs[i].u.name.s);
		put_confirmed(l, ev, name, answer->rrs[i].u.name, ip);
	}
}

static void
put_addresses(struct lookup *l, struct evidence *ev, struct json *list, enum rrtype type)
{
	const struct dns_answer *answer = ev_dns_any(ev, l->name, type);

	if (!known(l, answer, rrtype_word(type)))
		return;
	for (size_t i = 0; i < answer->count && i < ADDRESSES_MAX; i++)
		put_address(l, ev, list, answer->rrs[i].u.ip);
}

static void
put_servers(struct lookup *l, struct evidence *ev)
{
	const struct delegation *d = ev_delegation(ev, l->name);
	struct json *list = json_put_array(l->answer, "name_servers");
	const struct dns_host *host = NULL;

	json_put_str(l->answer, "zone", d == NULL ? NULL : d->zone.s);
	if (d == NULL)
		l->whole = false;
	else if (d->state == DELEGATION_FAILED)
		json_add_str(l->unknown, arena_printf(l->arena, "NS (%s)", dns_failure_word(d->failure)));
	for (size_t i = 0; d != NULL && i < d->count; i++) {
		json_add_str(list, d->servers[i].name.s);
		if (host == NULL && l->rules->data != NULL)
			host = data_dns_host(l->rules->data, d->servers[i].name.s);
	}
	json_put_str(l->answer, "operator", host == NULL ? NULL : host->name);
	json_put_str(l->answer, "url", host == NULL ? NULL : host->url);
}

/* Who takes its mail in: by the first of the MX that is known, else by the domain. */
static const struct provider *
provider_of(const struct lookup *l, const struct dns_answer *mx)
{
	const struct provider *best = NULL;
	int least = INT_MAX;

	for (size_t i = 0; l->rules->data != NULL && mx != NULL && i < mx->count; i++) {
		const struct provider *p = data_provider_by_mx(l->rules->data, mx->rrs[i].u.mx.exchange.s);

		if (p != NULL && mx->rrs[i].u.mx.preference < least) {
			best = p;
			least = mx->rrs[i].u.mx.preference;
		}
	}
	if (best == NULL && l->rules->data != NULL)
		best = data_provider_by_domain(l->rules->data, l->name.s);
	return best;
}

static void
put_mx(struct lookup *l, struct evidence *ev)
{
	const struct dns_answer *answer = ev_dns_any(ev, l->name, RR_MX);
	struct json *list = json_put_array(l->answer, "mx");
	bool found = known(l, answer, "MX");
	const struct provider *p = provider_of(l, found ? answer : NULL);

	for (size_t i = 0; found && i < answer->count; i++) {
		struct json *one = json_add_object(list);

		json_put_int(one, "preference", answer->rrs[i].u.mx.preference);
		json_put_str(one, "host", answer->rrs[i].u.mx.exchange.s);
	}
	json_put_str(l->answer, "provider", p == NULL ? NULL : p->id);
	json_put_str(l->answer, "provider_name", p == NULL ? NULL : p->name);
}

static bool
lookup_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct lookup *l = ctx;
	struct json *addresses;

	(void)a;
	l->whole = true;
	l->answer = json_new_object(l->arena);
	json_put_str(l->answer, "asked", l->name.s != NULL ? l->name.s : ip_str(l->arena, l->address));
	json_put_str(l->answer, "kind", l->name.s != NULL ? "domain" : "address");
	l->unknown = json_put_array(l->answer, "unknown");
	addresses = json_put_array(l->answer, "addresses");
	if (l->name.s == NULL)
		put_address(l, ev, addresses, l->address);
	else {
		put_servers(l, ev);
		put_addresses(l, ev, addresses, RR_A);
		put_addresses(l, ev, addresses, RR_AAAA);
		put_mx(l, ev);
	}
	return l->whole;
}

struct json *
engine_lookup(struct engine *e, struct arena *a, const char *what, uint32_t time_limit_ms, struct err *err)
{
	struct lookup l = { .rules = e->setup.rules, .arena = a };

	if (!ip_parse(text_trim(text_of(what)), &l.address) &&
	    !name_from_person(a, text_trim(text_of(what)), &l.name, err))
		return NULL;
	engine_ask(e, lookup_question, &l, time_limit_ms);
	return l.answer;
}

static bool
recipient_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct lookup *l = ctx;

	(void)a;
	l->whole = true;
	l->answer = json_new_object(l->arena);
	l->unknown = json_put_array(l->answer, "unknown");
	put_mx(l, ev);
	return l->whole;
}

const char *
engine_recipient_provider(struct engine *e, struct arena *a, const char *recipient, uint32_t time_limit_ms)
{
	struct lookup l = { .rules = e->setup.rules, .arena = a };
	const char *at = strrchr(recipient, '@');
	struct err err;

	if (!name_from_person(a, text_of(at == NULL ? recipient : at + 1), &l.name, &err))
		return NULL;
	engine_ask(e, recipient_question, &l, time_limit_ms);
	return json_str(l.answer, "provider");
}
