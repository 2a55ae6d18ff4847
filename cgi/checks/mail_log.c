/* Is the mail that scripts send logged, with the script's name? */

#include "checks/all.h"

static const struct finding_row rows[] = {
	{ "mail_log.off", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { "mail_log.enable" } },
};

static void
check(struct run *run)
{
	const struct json *log;
	struct finding *f;
	int on, header;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	if ((log = ev_fact(run->ev, "script_log", NULL)) == NULL)
		return;
	on = json_tristate(log, "on");
	header = json_tristate(log, "header");
	json_put_copy(run_data(run), "script_log", log);
	if (on < 0 && header < 0) {
		report_unknown(run, "unsupported");
		return;
	}
	if (on == 1)
		return;
	f = report(run, "mail_log.off", NULL);
	finding_panel(run, f, "script_log", log);
	if (header == 1)
		finding_variant(run, f, "header_only");
}

const struct check check_mail_log = {
	"mail_log", SCOPE_SERVER, "viruses-server", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
