/*
 * Does the server sign at all?  Plesk has one switch that permits it for all
 * domains; Postfix needs a milter.  Exim of cPanel signs whatever has a key.
 */

#include <string.h>

#include "checks/all.h"
#include "checks/dkim_state.h"

static const struct finding_row rows[] = {
	{ "dkim_server.signing_off", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER, { "dkim.enable_server" } },
};

static void
check(struct run *run)
{
	const struct json *mail;
	struct finding *f;
	int signing;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	if (strcmp(run->rules->panel_kind, "cpanel") == 0) {
		report_not_applicable(run, "dkim_no_switch");
		return;
	}
	if ((mail = ev_fact(run->ev, "mail_server", NULL)) == NULL)
		return;
	signing = dkim_server_signs(run, mail);
	if (signing >= 0)
		json_put_bool(run_data(run), "signing", signing == 1);
	if (signing < 0)
		report_unknown(run, "unsupported");
	if (signing != 0)
		return;
	f = report(run, "dkim_server.signing_off", NULL);
	if (strcmp(run->rules->panel_kind, "postfix") == 0)
		finding_variant(run, f, "postfix");
	finding_panel(run, f, "mail_server", json_get(mail, "dkim_signing"));
}

const struct check check_dkim_server = {
	"dkim_server", SCOPE_SERVER, "dkim", rows, sizeof(rows) / sizeof(rows[0]), check,
};
