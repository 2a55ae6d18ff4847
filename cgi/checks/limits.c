/*
 * Outgoing limits: they find a stolen password early and contain it.
 */

#include <string.h>

#include "checks/all.h"
#include "checks/whose.h"

static const struct finding_row rows[] = {
	{ "limits.off", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { "limits.enable" } },
	{ "limits.bypass", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { "limits.close_bypass" } },
	{ "limits.too_high", VERDICT_WARNING, SEVERITY_LOW, OWNER_PROVIDER, { "limits.set" } },
	{ "limits.reached", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { NULL }, .culprit = true },
};

/* -1 the panel does not say, 0 off, 1 on. */
static int
is_on(const struct run *run, const struct json *mail)
{
	int enabled = json_tristate(json_get(mail, "limits"), "enabled");

	/* Postfix has no switch: a policy server counts, or nothing does. */
	if (enabled < 0 && strcmp(run->rules->panel_kind, "postfix") == 0)
		return json_str(mail, "policy") != NULL;
	return enabled;
}

#define DAY_S	(24 * 3600)

/* Whose mail the log says was cut; a log that cannot be read says nothing.  false = cannot go on. */
static bool
report_reached(struct run *run)
{
	const struct ev_failure *why;
	const struct json *traffic = ev_fact_any(run->ev, "mail_traffic", NULL, &why), *v;
	struct whose *whose;

	if (!whose_open(run->ev, run->arena, &whose) || (traffic == NULL && why == NULL))
		return false;
	for (v = json_first(json_get(traffic, "limited")); v != NULL; v = json_next(v)) {
		const char *who = json_str(v, "who"), *domain = whose_account(whose, who);
		struct finding *f;

		/* A claimed sender of nobody here is a stranger. */
		if (who == NULL || json_int(v, "at", 0) < run->now - DAY_S ||
		    (domain == NULL && !json_bool(v, "account", false)))
			continue;
		f = report(run, "limits.reached", who);
		json_put_str(f->data, "domain", domain);
		json_put_str(f->data, "owner", whose_owner(whose, domain));
		json_put_int(f->data, "count", json_int(v, "count", 0));
		finding_value_int(run, f, "count", json_int(v, "count", 0));
	}
	return true;
}

static void
check(struct run *run)
{
	const struct json *mail, *limits;
	struct finding *f;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	mail = ev_fact(run->ev, "mail_server", NULL);
	if (!report_reached(run) || mail == NULL)
		return;
	limits = json_get(mail, "limits");
	if (limits != NULL)
		json_put_copy(run_data(run), "limits", limits);
	switch (is_on(run, mail)) {
	case 0:
		report(run, "limits.off", NULL);
		break;
	case -1:
		report_unknown(run, "unsupported");
		finding_value(&run->findings[run->finding_count - 1], "what", "limits");
		finding_value(&run->findings[run->finding_count - 1], "detail", "");
		break;
	default:
		if (json_tristate(mail, "localhost_whitelisted") == 1) {
			f = report(run, "limits.bypass", NULL);
			finding_panel(run, f, "mail_server", limits);
		}
	}
}

const struct check check_limits = {
	"limits", SCOPE_SERVER, "sending-limits", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
