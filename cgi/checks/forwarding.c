/*
 * Addresses that send their mail on to other providers: the spam among it
 * counts against this server, and SPF fails at the other end.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/local.h"
#include "evidence/panel_facts.h"
#include "mail/data.h"

static const struct finding_row rows[] = {
	{ "forwarding.external", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER,
	    { "forwarding.keep_copy", "forwarding.stop" }, SCOPE_MAILBOX, true },
	{ "forwarding.catch_all", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "catchall.reject" } },
	{ "forwarding.no_srs", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER, { NULL }, SCOPE_SERVER,
	    true },
};

static const char *
external_targets(struct run *run, const struct json *domains, const struct json *mailbox)
{
	struct str list = str_in(run->arena, 1024);
	const struct json *v;

	for (v = json_first(json_get(mailbox, "targets")); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL && !address_is_local(domains, json_value_str(v)))
			str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", json_value_str(v));
	return list.n == 0 ? NULL : list.p;
}

static bool
is_catch_all(const struct json *mailbox)
{
	const char *kind = json_str(mailbox, "kind");

	return kind != NULL && strcmp(kind, "catch_all") == 0;
}

static void
report_forward(struct run *run, const struct json *mailbox, const char *targets)
{
	const char *at = strrchr(targets, '@');
	const struct provider *p = at == NULL || run->rules->data == NULL ? NULL :
	    data_provider_by_domain(run->rules->data, at + 1);
	struct finding *f;

	if (is_catch_all(mailbox))
		f = report(run, "forwarding.catch_all", NULL);
	else
		f = report(run, "forwarding.external", json_str(mailbox, "address"));
	finding_value(f, "address", json_str(mailbox, "address"));
	finding_value(f, "targets", targets);
	finding_value(f, "provider", p != NULL ? p->name : at == NULL ? targets : at + 1);
	json_put_copy(f->data, "targets", json_get(mailbox, "targets"));
	json_put_str(f->data, "provider", p == NULL ? NULL : p->id);
	json_put_bool(f->data, "keeps_copy", json_bool(mailbox, "keeps_copy", false));
	finding_panel(run, f, "mailboxes", mailbox);
}

static void
check(struct run *run)
{
	const struct json *mailboxes, *domains, *v;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	mailboxes = ev_mailboxes(run->ev, run->domain);
	domains = ev_fact(run->ev, "domains", NULL);
	if (mailboxes == NULL || domains == NULL)
		return;
	for (v = json_first(mailboxes); v != NULL; v = json_next(v)) {
		const char *targets = external_targets(run, domains, v);

		if (targets != NULL && json_tristate(v, "enabled") != 0)
			report_forward(run, v, targets);
	}
}

/* Once for the server: do forwards that leave it keep a sender that fails SPF? */
static void
check_server(struct run *run)
{
	const struct json *mail, *all, *domains, *d, *m;
	struct finding *f;
	int64_t count = 0;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	mail = ev_fact(run->ev, "mail_server", NULL);
	all = ev_fact(run->ev, "mailboxes_all", NULL);
	domains = ev_fact(run->ev, "domains", NULL);
	if (mail == NULL || all == NULL || domains == NULL)
		return;
	for (d = json_first(all); d != NULL; d = json_next(d))
		for (m = json_first(d); m != NULL; m = json_next(m))
			count += json_tristate(m, "enabled") != 0 && external_targets(run, domains, m) != NULL;
	json_put_copy(run_data(run), "srs", json_get(mail, "srs"));
	json_put_int(run_data(run), "forwards", count);
	/* On, or nobody says: no alarm. */
	if (count > 0 && json_tristate(mail, "srs") == 0) {
		f = report(run, "forwarding.no_srs", "server");
		finding_value_int(run, f, "count", count);
		finding_panel(run, f, "mail_server", json_get(mail, "srs"));
	}
}

const struct check check_forwarding = {
	"forwarding", SCOPE_DOMAIN, "forwarding", rows, sizeof(rows) / sizeof(rows[0]), check,
	check_server,
};
