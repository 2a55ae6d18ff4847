/*
 * Who answers for the domain, do they answer, and alike: the guide's "where is
 * it configured".
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "checks/all.h"
#include "checks/where.h"

#define LASTING_S	86400	/* silence of a day is no hiccup */

static const struct finding_row rows[] = {
	{ "dns.unresolvable", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_CUSTOMER, { NULL } },
	{ "dns.servers_silent", VERDICT_UNKNOWN, SEVERITY_NONE, OWNER_DNS_OPERATOR, { NULL } },
	{ "dns.servers_disagree", VERDICT_WARNING, SEVERITY_HIGH, OWNER_DNS_OPERATOR, { NULL } },
	{ "dns.elsewhere", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_DNS_OPERATOR, { NULL } },
	{ "dns.at_provider", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
	{ "dns.here", VERDICT_OK, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
};

/* The data of every finding of this check.  Returns the servers in one line. */
static const char *
put_location(struct run *run, const struct dns_location *loc)
{
	struct json *data = run_data(run), *servers = json_put_array(data, "name_servers");
	const struct delegation *d = loc->delegation;
	struct str list = str_in(run->arena, 1024);
	size_t i, j;

	for (i = 0; i < d->count; i++) {
		struct json *one = json_add_object(servers), *addresses;

		json_put_str(one, "name", d->servers[i].name.s);
		addresses = json_put_array(one, "addresses");
		str_addf(&list, "%s%s", i == 0 ? "" : ", ", d->servers[i].name.s);
		for (j = 0; j < d->servers[i].address_count; j++) {
			const char *ip = ip_str(run->arena, d->servers[i].addresses[j]);

			json_add_str(addresses, ip);
			str_addf(&list, "%s%s", j == 0 ? " (" : ", ", ip);
		}
		if (j > 0)
			str_addc(&list, ')');
	}
	json_put_str(data, "where", dns_where_word(loc->where));
	json_put_str(data, "operator", loc->operator);
	json_put_str(data, "url", loc->url);
	return list.p;
}

static void
say_name_servers(struct run *run, struct finding *f, const struct dns_location *loc, const char *list)
{
	const struct delegation *d = loc->delegation;

	finding_value(f, "servers", list);
	finding_value(f, "operator", loc->operator == NULL ? list : loc->operator);
	finding_value(f, "url", loc->url == NULL ? "" : loc->url);
	finding_value(f, "menu", loc->menu == NULL ? "" : loc->menu);
	if (d->answer != NULL)
		finding_dns(run, f, d->answer);
}

static bool
is_of_kind(struct text text, const char *begin)
{
	return begin == NULL || text_istarts(text, begin);
}

/*
 * Do two servers say the same about what mail depends on?  Other TXT values of
 * the same name do not count.
 */
static bool
agree(const struct dns_answer *a, const struct dns_answer *b, const char *begin)
{
	const struct dns_answer *from[2] = { a, b }, *in[2] = { b, a };
	size_t side, i, j;

	if (a->type != RR_TXT || begin == NULL)
		return dns_answers_agree(a, b);
	for (side = 0; side < 2; side++) {
		for (i = 0; i < from[side]->count; i++) {
			struct text value = from[side]->rrs[i].u.txt.joined;

			if (!is_of_kind(value, begin))
				continue;
			for (j = 0; j < in[side]->count; j++)
				if (text_eq(in[side]->rrs[j].u.txt.joined, value))
					break;
			if (j == in[side]->count)
				return false;
		}
	}
	return true;
}

struct mail_question { const char *label; enum rrtype type; const char *begin; };

/* The two answers of different servers that contradict each other, or false. */
static bool
contradiction(const struct truth *t, const char *begin, const struct dns_answer *ret[2])
{
	size_t i, first = t->each_count;

	for (i = 0; i < t->each_count; i++) {
		if (t->each[i]->outcome == DNS_FAILED)
			continue;
		if (first == t->each_count)
			first = i;
		else if (!agree(t->each[first], t->each[i], begin)) {
			ret[0] = t->each[first];
			ret[1] = t->each[i];
			return true;
		}
	}
	return false;
}

/* What the servers asked did, in the worst case for each name. */
struct hearing {
	bool	 silent;		/* nobody authoritative answered anything */
	enum dns_failure mute;		/* nor that: none may be asked, or none holds the zone */
};

/* Why none of the servers answers for the domain itself; a name below may be delegated further. */
static enum dns_failure
why_mute(const struct truth *mx, const struct truth *txt)
{
	if (mx->authoritative || txt->authoritative || mx->each_count == 0 || txt->each_count == 0)
		return DNS_NO_FAILURE;
	return mx->each[0]->failure;
}

/* false = cannot go on. */
static bool
compare_servers(struct run *run, struct hearing *ret)
{
	const struct mail_question questions[] = {
		{ NULL, RR_MX, NULL }, { NULL, RR_TXT, "v=spf1" }, { "_dmarc", RR_TXT, "v=dmarc1" },
		{ arena_printf(run->arena, "%s._domainkey", run->rules->dkim_selector == NULL ?
		    "default" : run->rules->dkim_selector), RR_TXT, NULL },
	};
	const struct truth *truth[4];
	bool waiting = false;
	size_t i;

	for (i = 0; i < 4; i++) {
		struct name name = run->domain;

		if (questions[i].label != NULL &&
		    !name_prefix(run->arena, questions[i].label, run->domain, &name))
			name = run->domain;
		truth[i] = ev_truth(run->ev, run->domain, name, questions[i].type);
		waiting = waiting || truth[i] == NULL;
	}
	if (waiting)
		return false;
	ret->silent = true;
	ret->mute = why_mute(truth[0], truth[1]);
	for (i = 0; i < 4; i++) {
		const struct dns_answer *two[2];
		struct finding *f;

		ret->silent = ret->silent && truth[i]->silent;
		if (!truth[i]->disagree || !contradiction(truth[i], questions[i].begin, two))
			continue;
		f = report(run, "dns.servers_disagree", NULL);
		finding_value(f, "name", two[0]->name.s);
		finding_value(f, "type", rrtype_word(two[0]->type));
		finding_value(f, "first", ip_str(run->arena, two[0]->server.ip));
		finding_value(f, "second", ip_str(run->arena, two[1]->server.ip));
		finding_dns(run, f, two[0]);
		finding_dns(run, f, two[1]);
		return true;
	}
	return true;
}

static void
report_silent(struct run *run, const struct dns_location *loc, const char *list)
{
	struct finding *f = report(run, "dns.servers_silent", NULL);
	int64_t since = ev_since(run->ev, "dns.servers_silent", run->domain.s);

	if (since == 0 || since > run->now)
		since = run->now;
	else if (run->now - since >= LASTING_S) {
		finding_verdict(f, VERDICT_WARNING, SEVERITY_MEDIUM);
		finding_variant(run, f, "lasting");
	}
	json_put_str(f->data, "since", time_str(run->arena, since));
	finding_value(f, "since", time_str(run->arena, since));
	finding_value(f, "reason", dns_failure_word(loc->delegation->failure == DNS_NO_FAILURE ?
	    DNS_TIMEOUT : loc->delegation->failure));
	say_name_servers(run, f, loc, list);
}

/*
 * The resolver did not say who answers for the domain.  SERVFAIL is its word that
 * they do not answer.  When nothing came, it may be the resolver that is down: what every
 * resolver knows without asking anybody (RFC 6303 4.2) tells.
 */
static void
report_unclear(struct run *run, const struct dns_location *loc, const char *list)
{
	const struct dns_answer *known, *ns = loc->delegation->answer;
	const struct name loopback = { "1.0.0.127.in-addr.arpa" };

	switch (loc->delegation->failure) {
	case DNS_SERVFAIL:
		break;
	case DNS_TIMEOUT:
		if ((known = ev_dns_any(run->ev, loopback, RR_PTR)) == NULL)
			return;
		if (known->outcome != DNS_FAILED || (known->failure != DNS_TIMEOUT &&
		    known->failure != DNS_UNREACHABLE && known->failure != DNS_LIMIT))
			break;
		/* FALLTHROUGH */
	default:
		ev_need(run->ev, ns);
		return;
	}
	report_silent(run, loc, list);
}

static void
check(struct run *run)
{
	struct dns_location loc;
	struct hearing heard = { 0 };
	struct finding *f;
	const char *list;

	if (!dns_locate(run->ev, run->arena, run->rules, run->domain, &loc))
		return;
	list = put_location(run, &loc);
	switch (loc.where) {
	case DNS_NOWHERE:
		f = report(run, "dns.unresolvable", NULL);
		if (loc.delegation->answer->outcome != DNS_NXDOMAIN)
			finding_variant(run, f, "no_ns");
		say_name_servers(run, f, &loc, list);
		return;
	case DNS_UNCLEAR:
		report_unclear(run, &loc, list);
		return;
	default:
		break;
	}
	if (!compare_servers(run, &heard))
		return;
	if (heard.silent)
		report_silent(run, &loc, list);
	else if (heard.mute != DNS_NO_FAILURE)
		report_unknown(run, dns_failure_word(heard.mute));
	if (loc.where == DNS_ELSEWHERE && loc.unread != NULL) {
		if (!heard.silent && heard.mute == DNS_NO_FAILURE)
			report_unknown(run, loc.unread);
		return;
	}
	f = report(run, loc.where == DNS_HERE ? "dns.here" :
	    loc.where == DNS_AT_PROVIDER ? "dns.at_provider" : "dns.elsewhere", NULL);
	say_name_servers(run, f, &loc, list);
	/* Here, but broken: the ok has to go (an ok stands for no fault at all). */
	if (loc.where == DNS_HERE && run->finding_count > 1)
		run->finding_count--;
}

const struct check check_dns = {
	"dns", SCOPE_DOMAIN, "spf-where", rows, sizeof(rows) / sizeof(rows[0]), check,
};
