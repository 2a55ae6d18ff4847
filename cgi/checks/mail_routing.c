/*
 * Where mail for the domain arrives, and whether this server knows.
 */

#include <string.h>

#include "base/str.h"
#include "checks/all.h"
#include "checks/mx_home.h"
#include "checks/sending.h"
#include "checks/use.h"
#include "evidence/panel_facts.h"
#include "mail/data.h"

static const struct finding_row rows[] = {
	{ "mail_routing.no_mx", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "mx.publish" } },
	{ "mail_routing.elsewhere", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
	{ "mail_routing.local_but_elsewhere", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER,
	    { "routing.remote" } },
	{ "mail_routing.parked", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { "domain.park" } },
};

static const char *
hosts_text(struct run *run, const struct dns_answer *mx)
{
	struct str list = str_in(run->arena, 512);
	size_t i;

	for (i = 0; i < mx->count && i < 8; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : ", ", mx->rrs[i].u.mx.exchange.s);
	return list.p;
}

static const char *
provider_of(const struct run *run, const struct dns_answer *mx)
{
	const struct provider *p = run->rules->data == NULL ? NULL :
	    data_provider_by_mx(run->rules->data, mx->rrs[0].u.mx.exchange.s);

	return p == NULL ? NULL : p->name;
}

/* false = cannot go on.  *local: this server would keep the domain's mail. */
static bool
takes_for_local(struct run *run, bool *local)
{
	const struct json *mail;
	const char *routing;

	*local = false;
	if (!ev_has_panel(run->ev))
		return true;
	if ((mail = ev_domain_mail(run->ev, run->domain)) == NULL)
		return false;
	routing = json_str(mail, "routing");
	*local = routing != NULL ? strcmp(routing, "local") == 0 :
	    json_tristate(mail, "service") == 1;
	return true;
}

static void
report_elsewhere(struct run *run, const struct mx_place *place)
{
	const char *hosts = hosts_text(run, place->mx), *provider = provider_of(run, place->mx);
	struct finding *f;
	bool local;

	if (!takes_for_local(run, &local))
		return;
	if (local) {
		f = report(run, "mail_routing.local_but_elsewhere", NULL);
		finding_value(f, "hosts", hosts);
	}
	f = report(run, "mail_routing.elsewhere", NULL);
	finding_value(f, "hosts", hosts);
	finding_value(f, "operator", provider != NULL ? provider : hosts);
	json_put_str(f->data, "provider", provider);
}

/* The domain's own address takes mail where there is no MX (RFC 5321 5.1); one that leads to another
 * server is of no use to the mailboxes here.  false = cannot go on. */
static bool
own_address(struct run *run, bool *ret)
{
	const struct truth *a = ev_truth(run->ev, run->domain, run->domain, RR_A);
	const struct truth *aaaa = ev_truth(run->ev, run->domain, run->domain, RR_AAAA);
	const struct ip *own;
	size_t count;

	if (!server_addresses(run, &own, &count) || a == NULL || aaaa == NULL)
		return false;
	*ret = count == 0 ? a->answer->outcome == DNS_FOUND || aaaa->answer->outcome == DNS_FOUND :
	    dns_has_ip(a->answer, own, count) || dns_has_ip(aaaa->answer, own, count);
	return *ret || (ev_need(run->ev, a->answer) && ev_need(run->ev, aaaa->answer));
}

/* Mailboxes here, but nothing that tells the world so. */
static void
report_none(struct run *run, const struct mx_place *place)
{
	const struct json *mailboxes;
	bool parked, address;

	if (!domain_is_parked(run, &parked))
		return;
	if (parked) {
		report(run, "mail_routing.parked", NULL);
		return;
	}
	if (place->null_mx || !own_address(run, &address) || !ev_has_panel(run->ev))
		return;
	if ((mailboxes = ev_mailboxes(run->ev, run->domain)) != NULL && json_count(mailboxes) > 0 && !address)
		report(run, "mail_routing.no_mx", NULL);
}

static void
check(struct run *run)
{
	struct mx_place place;

	if (!mx_place(run, &place))
		return;
	run_dns(run, place.mx);
	switch (place.home) {
	case MX_HERE:
		break;
	case MX_ELSEWHERE:
		report_elsewhere(run, &place);
		break;
	case MX_NONE:
		report_none(run, &place);
		break;
	case MX_UNCLEAR:
		report_not_applicable(run, "no_addresses");
		break;
	}
}

const struct check check_mail_routing = {
	"mail_routing", SCOPE_DOMAIN, "basic-configuration", rows, sizeof(rows) / sizeof(rows[0]), check,
	NULL,
};
