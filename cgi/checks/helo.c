/*
 * The name the server gives in HELO and in its greeting (RFC 5321 2.3.5, 4.1.4).
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/helo_name.h"
#include "checks/sending.h"
#include "mail/psl.h"
#include "mail/ptr_name.h"

static const struct finding_row rows[] = {
	{ "helo.invalid", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER, { "hostname.set" } },
	{ "helo.unresolved", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER, { "hostname.set" } },
	{ "helo.other_server", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER, { "hostname.set" } },
	{ "helo.banner_differs", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { "hostname.set" } },
	{ "helo.is_mail_domain", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { "hostname.set" } },
	{ "helo.differs_per_domain", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_PROVIDER, { NULL } },
	{ "helo.is_bare_domain", VERDICT_WARNING, SEVERITY_LOW, OWNER_PROVIDER, { "hostname.set" } },
};

/* --- does the name lead here? ---------------------------------------------------------------------------- */

static const char *
addresses_text(struct run *run, const struct dns_answer *a, const struct dns_answer *aaaa)
{
	const struct dns_answer *both[2] = { a, aaaa };
	struct str list = str_in(run->arena, 1024);
	size_t i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; both[i]->outcome == DNS_FOUND && j < both[i]->count; j++)
			str_addf(&list, "%s%s", list.n == 0 ? "" : ", ",
			    ip_str(run->arena, both[i]->rrs[j].u.ip));
	return list.p;
}

/* Where the name was found. */
static void
show_name(struct run *run, struct finding *f, const struct helo_names *names)
{
	if (names->smtp != NULL)
		finding_smtp(run, f, &run->rules->smtp_connect, names->smtp);
	else
		finding_panel(run, f, "server", run_data(run));
}

/* subject NULL: the server's own name.  true: a problem was reported, or it cannot go on. */
static bool
report_resolution(struct run *run, const char *subject, struct name name, const struct ip *own, size_t count)
{
	const struct dns_answer *a = ev_dns_any(run->ev, name, RR_A);
	const struct dns_answer *aaaa = ev_dns_any(run->ev, name, RR_AAAA);
	struct finding *f;

	if (a == NULL || aaaa == NULL)
		return true;
	if (dns_has_ip(a, own, count) || dns_has_ip(aaaa, own, count))
		return false;
	/* One family that could not be looked up may be the one that leads here. */
	if (!ev_need(run->ev, a) || !ev_need(run->ev, aaaa))
		return true;
	if (a->outcome != DNS_FOUND && aaaa->outcome != DNS_FOUND)
		f = report(run, "helo.unresolved", subject);
	else {
		f = report(run, "helo.other_server", subject);
		finding_value(f, "addresses", addresses_text(run, a, aaaa));
	}
	finding_value(f, "name", name.s);
	finding_dns(run, f, a);
	finding_dns(run, f, aaaa);
	return true;
}

/* --- a name per domain ----------------------------------------------------------------------------------- */

#define NAMES_MAX	1000	/* of domains that are looked up */

/* Each leads to one of the addresses its domain sends from, or to any of the server's. */
static void
report_per_domain(struct run *run, const char *server, const struct ip *own, size_t own_count)
{
	const struct ev_failure *why;
	const struct json *all = ev_fact_any(run->ev, "domain_mail_all", NULL, &why), *mail, *v;
	size_t looked = 0;

	report(run, "helo.differs_per_domain", NULL);
	for (mail = json_first(all); mail != NULL; mail = json_next(mail)) {
		const char *helo = json_str(mail, "helo");
		struct ip *list = arena_array(run->arena, own_count + json_count(json_get(mail, "sending")) + 1,
		    sizeof(*list));
		size_t count = own_count;
		struct name name;

		if (helo == NULL || strcasecmp(helo, server) == 0 || json_tristate(mail, "service") == 0 ||
		    !name_parse(run->arena, text_of(helo), &name))
			continue;
		if (looked++ == NAMES_MAX) {
			report_unknown(run, "limit");
			return;
		}
		memcpy(list, own, own_count * sizeof(*list));
		for (v = json_first(json_get(mail, "sending")); v != NULL; v = json_next(v))
			count += ip_parse(text_of(json_value_str(v)), &list[count]);
		report_resolution(run, name.s, name, list, count);
	}
}

/* --- is it a name of its own? ------------------------------------------------------------------------------ */

/* false = cannot go on. */
static bool
report_domain(struct run *run, struct name name, const struct helo_names *names)
{
	const struct json *domain = NULL, *mailboxes;
	const struct ev_failure *why;
	struct finding *f;

	if (ev_has_panel(run->ev)) {
		if (ev_fact_any(run->ev, "domains", NULL, &why) == NULL && why == NULL)
			return false;
		if (why == NULL && !ev_fact_member(run->ev, "domains", NULL, name.s, &domain))
			return false;
	}
	if (domain != NULL) {
		mailboxes = ev_fact_any(run->ev, "mailboxes", name.s, &why);
		if (mailboxes == NULL && why == NULL)
			return false;
		if (json_count(mailboxes) > 0) {
			f = report(run, "helo.is_mail_domain", NULL);
			finding_value(f, "name", name.s);
			show_name(run, f, names);
			return true;
		}
	}
	if (run->rules->psl != NULL &&
	    name_eq(psl_registered_domain(run->arena, run->rules->psl, name), name)) {
		f = report(run, "helo.is_bare_domain", NULL);
		finding_value(f, "name", name.s);
		show_name(run, f, names);
	}
	return true;
}

static void
report_greeting(struct run *run, const struct helo_names *names)
{
	const char *expected = names->setting != NULL ? names->setting : names->panel, *greeting = names->greeting;
	struct finding *f;

	if (expected != NULL && names->banner != NULL && strcasecmp(names->banner, expected) != 0)
		greeting = names->banner;
	else if (greeting == NULL || expected == NULL || strcasecmp(greeting, expected) == 0) {
		/* The MTA's own setting against the panel's name. */
		if (names->setting == NULL || names->panel == NULL ||
		    strcasecmp(names->setting, names->panel) == 0)
			return;
	}
	f = report(run, "helo.banner_differs", NULL);
	finding_value(f, "greeting", greeting != NULL ? greeting : names->setting);
	finding_value(f, "name", names->panel != NULL ? names->panel : expected);
	show_name(run, f, names);
}

static void
check(struct run *run)
{
	struct helo_names names;
	const struct ip *own;
	size_t count;
	enum helo_fault fault;
	struct finding *f;
	struct name name;

	if (!server_sending(run, &own, &count))
		return;
	if (count == 0) {
		report_not_applicable(run, "no_addresses");
		return;
	}
	if (!helo_names(run, &names))
		return;
	json_put_str(run_data(run), "name", names.name);
	json_put_str(run_data(run), "source", names.source);
	if (names.per_domain)
		report_per_domain(run, names.name, own, count);
	fault = helo_fault(names.name);
	if (fault != HELO_FINE || !name_parse(run->arena, text_of(names.name), &name)) {
		f = report(run, "helo.invalid", NULL);
		finding_value(f, "name", names.name);
		finding_value(f, "fault", helo_fault_word(fault));
		json_put_str(f->data, "fault", helo_fault_word(fault));
		show_name(run, f, &names);
		return;
	}
	report_greeting(run, &names);
	if (!report_resolution(run, NULL, name, own, count))
		report_domain(run, name, &names);
}

const struct check check_helo = {
	"helo", SCOPE_SERVER, "helo-ptr", rows, sizeof(rows) / sizeof(rows[0]), check,
};
