/*
 * Where mail for a domain arrives: an MX for one that has none, this server out
 * of the way of one whose mail is elsewhere, and the records by which a domain
 * without mail says so.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/helo_name.h"
#include "checks/mx_home.h"
#include "checks/sending.h"
#include "evidence/panel_facts.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "mail/dmarc.h"
#include "mail/spf.h"

static const char *
hosts_text(struct arena *a, const struct dns_answer *mx)
{
	struct str list = str_in(a, 512);

	for (size_t i = 0; i < mx->count && i < 8; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : ", ",
		    mx->rrs[i].u.mx.exchange.s[0] == '\0' ? "." : mx->rrs[i].u.mx.exchange.s);
	return list.p;
}

/* The servers of the zone say the same, and the name is no alias.  false = refused. */
static bool
is_clear(struct plan_run *r, struct name name, const struct truth *truth)
{
	if (truth->disagree)
		plan_refuse(r, REFUSED_UNKNOWN, "fix.refused.servers_disagree");
	else if (truth->answer->cname.s != NULL) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.alias");
		plan_refuse_value(r, "name", name.s);
		plan_refuse_value(r, "target", truth->answer->cname.s);
	} else
		return true;
	return false;
}

/* --- mx.publish -------------------------------------------------------------------------------------------- */

/* The name of this server; n 0 when nobody has given it one.  false = cannot go on. */
static bool
server_host(struct plan_run *r, const char **ret)
{
	struct run asking = plan_as_run(r);
	const struct json *server;
	struct helo_names names;

	if (ev_has_panel(r->ev)) {
		if ((server = ev_fact(r->ev, "server", NULL)) == NULL)
			return false;
		*ret = json_str(server, "hostname");
	} else {
		if (!helo_names(&asking, &names))
			return false;
		*ret = names.name;
	}
	return true;
}

static void
needs_name(struct plan_run *r, const char *fix, const char *text_id, const char *host)
{
	plan_needs(r, fix, text_id);
	plan_refuse_value(r, "host", host == NULL ? "-" : host);
}

static bool
has_own(const struct dns_answer *answer, const struct ip *own, size_t count)
{
	for (size_t i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		for (size_t j = 0; j < count; j++)
			if (ip_eq(answer->rrs[i].u.ip, own[j]))
				return true;
	return false;
}

/* An MX names a host with addresses, never an alias (RFC 2181 10.3), and that host is this one. */
static bool
leads_here(struct plan_run *r, struct name host)
{
	struct run asking = plan_as_run(r);
	/* By the host's own servers: the name may be younger than what a cache holds. */
	const struct truth *v4 = ev_truth(r->ev, host, host, RR_A), *v6 = ev_truth(r->ev, host, host, RR_AAAA);
	const struct dns_answer *a, *aaaa;
	const struct ip *own;
	size_t count;

	if (!server_addresses(&asking, &own, &count) || v4 == NULL || v6 == NULL)
		return false;
	a = v4->answer;
	aaaa = v6->answer;
	if (count == 0) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.routing.refused.no_addresses");
		return false;
	}
	if (a->cname.s != NULL || aaaa->cname.s != NULL) {
		needs_name(r, "hostname.set", "fix.routing.refused.host_alias", host.s);
		return false;
	}
	if (has_own(a, own, count) || has_own(aaaa, own, count))
		return true;
	if (!ev_need(r->ev, a) || !ev_need(r->ev, aaaa))
		return false;
	if (a->outcome != DNS_FOUND && aaaa->outcome != DNS_FOUND)
		needs_name(r, "dns.forward_record", "fix.routing.refused.host_without_address", host.s);
	else
		needs_name(r, "hostname.set", "fix.routing.refused.host_elsewhere", host.s);
	return false;
}

/* Mail that is brought here must be taken. */
static bool
is_served_here(struct plan_run *r)
{
	const struct json *mail;

	if (!ev_has_panel(r->ev))
		return true;
	if ((mail = ev_domain_mail(r->ev, r->domain)) == NULL)
		return false;
	if (json_tristate(mail, "service") != 0)
		return true;
	plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.service_off");
	return false;
}

static void
plan_mx(struct plan_run *r)
{
	const struct truth *mx = ev_truth(r->ev, r->domain, r->domain, RR_MX);
	const char *named = NULL, *values[1];
	struct name host;

	if (!server_host(r, &named) || mx == NULL || !ev_need(r->ev, mx->answer) ||
	    !is_clear(r, r->domain, mx))
		return;
	if (mx->answer->outcome == DNS_FOUND) {
		bool null_mx = mx->answer->count == 1 && mx->answer->rrs[0].u.mx.exchange.s[0] == '\0';

		if (null_mx)
			plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.null_mx");
		else
			plan_refuse(r, REFUSED_NOT_NEEDED, "fix.routing.refused.has_mx");
		plan_refuse_value(r, "hosts", hosts_text(r->arena, mx->answer));
		return;
	}
	if (!is_served_here(r))
		return;
	if (named == NULL || !name_parse(r->arena, text_of(named), &host) || name_labels(host) < 2) {
		needs_name(r, "hostname.set", "fix.routing.refused.no_host_name", named);
		return;
	}
	if (!leads_here(r, host) || !plan_where(r, r->domain))
		return;
	if (r->panel_zone != NULL && zone_rrset(r->arena, r->panel_zone, r->domain, RR_MX) != NULL) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.routing.refused.on_its_way");
		return;
	}
	values[0] = arena_printf(r->arena, "10 %s", host.s);
	plan_rrset(r, r->domain, r->domain, RR_MX, values, 1, 0);
}

/* --- routing.remote ---------------------------------------------------------------------------------------- */

/* Plesk switches the service; cPanel has a word for the way, and what it was comes back by an undo. */
static void
leave_by_mx(struct plan_run *r, const struct json *mail)
{
	const char *routing = json_str(mail, "routing");
	int service = json_tristate(mail, "service");

	if (strcmp(r->rules->panel_kind, "cpanel") == 0) {
		plan_setting(r, "domain", r->domain.s, "routing", routing == NULL ? NULL :
		    state_of_str(r->arena, routing), state_of_str(r->arena, "remote"), routing == NULL);
		return;
	}
	plan_setting(r, "domain", r->domain.s, "mail_service", service < 0 ? NULL :
	    plan_bool(r, service == 1), plan_bool(r, false), service < 0);
}

static void
count_mailboxes(struct plan_run *r, const struct json *mailboxes)
{
	struct alternative *alt;

	if (json_count(mailboxes) == 0)
		return;
	alt = plan_alternative(r, "fix.routing.way.keep", NULL);
	alt->values[0] = (struct finding_value){ "count",
	    arena_printf(r->arena, "%zu", json_count(mailboxes)) };
}

static void
plan_remote(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const struct truth *mx = ev_truth(r->ev, r->domain, r->domain, RR_MX);
	const struct json *mail = NULL, *mailboxes = NULL;
	const struct ev_failure *why;
	struct mx_place place;

	if (ev_has_panel(r->ev)) {
		mail = ev_domain_mail(r->ev, r->domain);
		mailboxes = ev_fact_any(r->ev, "mailboxes", r->domain.s, &why);
	}
	if (!mx_place(&asking, &place) || mx == NULL || !is_clear(r, r->domain, mx))
		return;
	switch (place.home) {
	case MX_HERE:
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.mx_here");
		plan_refuse_value(r, "hosts", hosts_text(r->arena, place.mx));
		return;
	case MX_NONE:
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.no_mx");
		return;
	case MX_UNCLEAR:
		plan_refuse(r, REFUSED_UNKNOWN, "fix.routing.refused.no_addresses");
		return;
	case MX_ELSEWHERE:
		break;
	}
	if (ev_has_panel(r->ev)) {
		const char *routing;

		if (mail == NULL || (mailboxes == NULL && why == NULL))
			return;
		routing = json_str(mail, "routing");
		if (routing != NULL ? strcmp(routing, "remote") == 0 : json_tristate(mail, "service") == 0) {
			plan_refuse(r, REFUSED_NOT_NEEDED, "fix.routing.refused.is_remote");
			return;
		}
	}
	if (plan_can_click(r)) {
		leave_by_mx(r, mail);
		count_mailboxes(r, mailboxes);
		return;
	}
	r->mode = MODE_COPY;
	plan_message(r, "fix.routing.by_hand.remote", "fix.routing.where.server");
	plan_message_value(r, "domain", r->domain.s);
}

/* --- domain.park ------------------------------------------------------------------------------------------- */

/* Somebody else sends for it: then it is in use, whatever its MX says. */
static bool
names_senders(struct plan_run *r, struct text record, const struct ip *own, size_t own_count,
    const char *host)
{
	const struct spf *spf = spf_parse(r->arena, record);
	bool found = false;

	for (size_t i = 0; spf != NULL && i < spf->count && !found; i++) {
		const struct spf_term *t = &spf->terms[i];
		bool is_own = false;

		switch (t->kind) {
		case SPF_INCLUDE:
			found = !text_iis(t->domain, r->rules->spf_include == NULL ? "" : r->rules->spf_include);
			break;
		case SPF_EXISTS:
		case SPF_REDIRECT:
		case SPF_PTR:
			found = true;
			break;
		case SPF_A:
		case SPF_MX:
			found = t->domain.n > 0 && !text_iis(t->domain, r->domain.s) &&
			    !text_iis(t->domain, host == NULL ? "" : host);
			break;
		case SPF_IP4:
		case SPF_IP6:
			for (size_t j = 0; j < own_count; j++)
				is_own = is_own || ip_eq(t->ip, own[j]);
			found = !is_own;
			break;
		case SPF_ALL:
		case SPF_EXP:
		case SPF_MODIFIER:
		case SPF_UNKNOWN:
			break;
		}
	}
	return found;
}

/* Messages of the domain that wait here; a queue that cannot be read says nothing. */
static bool
has_sent(struct plan_run *r, bool *ret)
{
	const struct ev_failure *why = NULL;
	const struct json *queue = ev_fact_any(r->ev, "queue", NULL, &why), *v;

	*ret = false;
	if (queue == NULL)
		return why != NULL;
	for (v = json_first(json_get(queue, "messages")); v != NULL && !*ret; v = json_next(v)) {
		const char *sender = json_str(v, "sender"), *at = sender == NULL ? NULL : strrchr(sender, '@');

		*ret = at != NULL && strcasecmp(at + 1, r->domain.s) == 0;
	}
	return true;
}

/* Neither mailbox nor mail.  false = refused, or cannot go on. */
static bool
is_unused(struct plan_run *r, const struct mx_place *place)
{
	const struct json *mailboxes, *mail;
	bool sent = false;

	if (place->home == MX_UNCLEAR) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.routing.refused.no_addresses");
		return false;
	}
	if (place->home == MX_ELSEWHERE) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.takes_mail");
		plan_refuse_value(r, "hosts", hosts_text(r->arena, place->mx));
		return false;
	}
	if (ev_has_panel(r->ev)) {
		mailboxes = ev_mailboxes(r->ev, r->domain);
		mail = ev_domain_mail(r->ev, r->domain);
		if (!has_sent(r, &sent) || mailboxes == NULL || mail == NULL)
			return false;
		if (json_count(mailboxes) > 0) {
			plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.has_mailboxes");
			plan_refuse_value(r, "count", arena_printf(r->arena, "%zu", json_count(mailboxes)));
			return false;
		}
		if (sent) {
			plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.has_sent");
			return false;
		}
		/* An MX that leads here is left over only where mail is switched off. */
		if (place->home != MX_HERE || json_tristate(mail, "service") == 0)
			return true;
	} else if (place->home != MX_HERE)
		return true;
	plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.takes_mail");
	plan_refuse_value(r, "hosts", hosts_text(r->arena, place->mx));
	return false;
}

static const char **
texts_with(struct arena *a, const struct json *present, bool (*is_old)(struct text), const char *record,
    size_t *count)
{
	const struct json *values = json_get(present, "values"), *v;
	const char **list = arena_array(a, json_count(values) + 1, sizeof(*list));

	*count = 0;
	for (v = json_first(values); v != NULL; v = json_next(v))
		if (!is_old(text_of(json_value_str(v))))
			list[(*count)++] = json_value_str(v);
	list[(*count)++] = record;
	return list;
}

/* "v=DMARC1; p=reject", with the addresses for reports that are there. */
static const char *
reject_text(struct arena *a, const struct json *present)
{
	struct str s = str_in(a, 4096);
	const struct json *v;

	str_add(&s, "v=DMARC1; p=reject");
	for (v = json_first(json_get(present, "values")); v != NULL; v = json_next(v)) {
		struct dmarc_record record;

		if (!dmarc_is_record(text_of(json_value_str(v))))
			continue;
		dmarc_parse(a, text_of(json_value_str(v)), &record, NULL);
		if (!record.usable)
			continue;
		if (record.p == DMARC_REJECT && record.sp == DMARC_ABSENT)
			return json_value_str(v);
		for (size_t i = 0; i < record.rua.count; i++)
			str_addf(&s, "%s%s", i == 0 ? "; rua=" : ",", record.rua.list[i].uri);
		break;
	}
	return s.p;
}

static const struct json *
present_set(struct plan_run *r, struct name name, const struct truth *truth)
{
	return r->panel_zone != NULL ? zone_rrset(r->arena, r->panel_zone, name, RR_TXT) :
	    answer_rrset(r->arena, truth->answer);
}

static void
plan_park(struct plan_run *r)
{
	static const char *const null_mx[] = { "0 ." };		/* RFC 7505 3 */
	struct run asking = plan_as_run(r);
	const struct truth *mx = ev_truth(r->ev, r->domain, r->domain, RR_MX), *txt, *dmarc;
	const struct json *texts, *policies, *v, *server = NULL;
	const struct ip *own;
	const char **values;
	struct mx_place place;
	struct name at;
	size_t own_count, count;

	if (!name_parse(r->arena, text_of(arena_printf(r->arena, "_dmarc.%s", r->domain.s)), &at)) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.name");
		return;
	}
	txt = ev_truth(r->ev, r->domain, r->domain, RR_TXT);
	dmarc = ev_truth(r->ev, r->domain, at, RR_TXT);
	if (ev_has_panel(r->ev))
		server = ev_fact(r->ev, "server", NULL);
	if (!mx_place(&asking, &place) || mx == NULL || txt == NULL || dmarc == NULL ||
	    (ev_has_panel(r->ev) && server == NULL) || !server_addresses(&asking, &own, &own_count) ||
	    !is_unused(r, &place) || !ev_need(r->ev, txt->answer) || !ev_need(r->ev, dmarc->answer) ||
	    !is_clear(r, r->domain, mx) || !is_clear(r, r->domain, txt) || !is_clear(r, at, dmarc) ||
	    !plan_where(r, r->domain))
		return;
	texts = present_set(r, r->domain, txt);
	for (v = json_first(json_get(texts, "values")); v != NULL; v = json_next(v)) {
		struct text record = text_of(json_value_str(v));

		if (!spf_is_record(record) ||
		    !names_senders(r, record, own, own_count, json_str(server, "hostname")))
			continue;
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.routing.refused.names_senders");
		plan_refuse_value(r, "record", json_value_str(v));
		return;
	}
	policies = present_set(r, at, dmarc);
	if (!plan_rrset(r, r->domain, r->domain, RR_MX, null_mx, 1, 0))
		return;
	values = texts_with(r->arena, texts, spf_is_record, "v=spf1 -all", &count);
	if (!plan_rrset(r, r->domain, r->domain, RR_TXT, values, count, 0))
		return;
	values = texts_with(r->arena, policies, dmarc_is_record, reject_text(r->arena, policies), &count);
	if (!plan_rrset(r, r->domain, at, RR_TXT, values, count, 0))
		return;
	if (r->change_count == 0)
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.routing.refused.is_parked");
}

#define ROUTING_ROW(what, after, function) { \
	.id = what, .scope = SCOPE_DOMAIN, .roles = ROLE_ALL, .panels = PANEL_PLESK | PANEL_CPANEL, \
	.checks_after = after, .plan = function }
#define CHECKS(...) { __VA_ARGS__ }

const struct fix fix_mx_publish = ROUTING_ROW("mx.publish", CHECKS("mail_routing"), plan_mx);
const struct fix fix_routing_remote = ROUTING_ROW("routing.remote", CHECKS("mail_routing"), plan_remote);
const struct fix fix_domain_park = ROUTING_ROW("domain.park", CHECKS("mail_routing", "spf", "dmarc"),
    plan_park);
