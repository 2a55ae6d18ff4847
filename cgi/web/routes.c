#include "web/routes.h"

#include <string.h>

#include "base/arena.h"
#include "web/pages/pages.h"

#define ALL	ROLE_ALL
#define ADMIN	ROLE_ADMIN
#define MANY	(ROLE_RESELLER | ROLE_ADMIN)

/* POST implies a CSRF token.  "Whose" is decided by the rights that every page is given. */
const struct route routes[] = {
	{ WEB_GET,  "/",				ALL,   page_home, false, .kept = true },

	{ WEB_GET,  "/domains",				ALL,   page_domains, false, .kept = true },
	{ WEB_POST, "/domains/check",			ALL,   page_domains_check, false, true },
	{ WEB_POST, "/domains/turn",			ALL,   page_domains_turn, false, true },
	{ WEB_GET,  "/domains/:name",			ALL,   page_domain, false },
	{ WEB_GET,  "/domains/:name/report",		ALL,   page_domain_report, false },
	{ WEB_POST, "/domains/:name/check",		ALL,   page_domain_check, false, true },
	{ WEB_POST, "/domains/:name/acknowledge",	ALL,   page_domain_acknowledge, false },

	{ WEB_GET,  "/server",				ADMIN, page_server, false, .kept = true },
	{ WEB_POST, "/server/check",			ADMIN, page_server_check, false, true },
	{ WEB_POST, "/server/acknowledge",		ADMIN, page_server_acknowledge, false },

	{ WEB_POST, "/plans",				ALL,   page_plan_make, false },
	{ WEB_GET,  "/plans/:id",			ALL,   page_plan, false },
	{ WEB_POST, "/plans/:id/apply",			ALL,   page_plan_apply, false },
	{ WEB_GET,  "/journal",				ALL,   page_journal, false },
	{ WEB_GET,  "/journal/:n",			ALL,   page_entry, false },
	{ WEB_POST, "/journal/:n/undo",			ALL,   page_entry_undo, false },

	{ WEB_GET,  "/notices",				ALL,   page_notices, false },
	{ WEB_POST, "/notices",				ALL,   page_notices_set, false, true },

	{ WEB_GET,  "/cases",				ALL,   page_cases, false },
	{ WEB_POST, "/cases",				ALL,   page_case_open, false, true },
	{ WEB_GET,  "/cases/:n",			ALL,   page_case, false },
	{ WEB_GET,  "/cases/:n/report",			ALL,   page_case_report, false },
	{ WEB_POST, "/cases/:n/note",			ALL,   page_case_note, false, true },
	{ WEB_POST, "/cases/:n/handover",		ALL,   page_case_handover, false, true },
	{ WEB_POST, "/cases/:n/close",			ALL,   page_case_close, false, true },
	{ WEB_POST, "/cases/:n/reopen",			ALL,   page_case_reopen, false, true },

	{ WEB_GET,  "/bulk",				MANY,  page_bulk, false },
	{ WEB_POST, "/bulk",				MANY,  page_bulk_make, false, true },
	{ WEB_POST, "/bulk/new",			MANY,  page_bulk_new, false, true },
	{ WEB_GET,  "/bulk/:id",			MANY,  page_bulk_run, false },
	{ WEB_POST, "/bulk/:id/apply",			MANY,  page_bulk_apply, false },
	{ WEB_POST, "/bulk/:id/pause",			MANY,  page_bulk_pause, false },
	{ WEB_POST, "/bulk/:id/undo",			MANY,  page_bulk_undo, false },

	{ WEB_GET,  "/spf-wizard",			ALL,   page_spf_wizard, false },
	{ WEB_POST, "/spf-wizard",			ALL,   page_spf_wizard, false, true },
	{ WEB_GET,  "/bounce",				ALL,   page_bounce, true },
	{ WEB_POST, "/bounce",				ALL,   page_bounce, true },
	{ WEB_GET,  "/bounces",				ALL,   page_bounces, false },
	{ WEB_POST, "/bounces/:n/forget",		ALL,   page_bounce_forget, false },
	{ WEB_GET,  "/message-test",			ALL,   page_message_test, true },
	{ WEB_POST, "/message-test",			ALL,   page_message_test, true },
	{ WEB_GET,  "/password-strength",		ALL,   page_password, true },
	{ WEB_POST, "/password-strength",		ALL,   page_password, true },
	{ WEB_GET,  "/lookup",				ALL,   page_lookup, false },
	{ WEB_POST, "/lookup",				ALL,   page_lookup, false, true },
	{ WEB_GET,  "/codes",				ALL,   page_codes, true },

	{ WEB_GET,  "/queue",				ALL,   page_queue, false },
	{ WEB_POST, "/queue/confirm",			ALL,   page_queue_confirm, false, true },
	{ WEB_POST, "/queue/refresh",			ALL,   page_queue_refresh, false, true },
	{ WEB_POST, "/queue/hold",			ALL,   page_queue_hold, false },
	{ WEB_POST, "/queue/release",			ALL,   page_queue_release, false },
	{ WEB_POST, "/queue/delete",			ALL,   page_queue_delete, false },
	{ WEB_GET,  "/queue/:id",			ALL,   page_queue_message, false },
	{ WEB_GET,  "/senders",				ALL,   page_senders, false },
	{ WEB_GET,  "/blacklists",			ALL,   page_blacklists, false },
	{ WEB_GET,  "/delist",				ALL,   page_delist, false },
	{ WEB_POST, "/delist/record",			ADMIN, page_delist_record, false },
	{ WEB_POST, "/delist/override",			ADMIN, page_delist_override, false },
	{ WEB_GET,  "/hotmail",				ALL,   page_hotmail, false },
	{ WEB_POST, "/hotmail/snds",			ADMIN, page_hotmail_snds, false },
	{ WEB_GET,  "/forwarding",			ALL,   page_forwarding, false, .kept = true },
	{ WEB_GET,  "/wordpress",			ALL,   page_wordpress, false, .kept = true },
	{ WEB_GET,  "/antivirus",			ALL,   page_antivirus, false },
	{ WEB_POST, "/antivirus/scan",			ALL,   page_antivirus_scan, false },

	{ WEB_GET,  "/tools",				ALL,   page_tools, true },
	{ WEB_GET,  "/guide",				ALL,   page_guide, true },
	{ WEB_GET,  "/guide/:section",			ALL,   page_guide_section, true },
	{ WEB_GET,  "/glossary",			ALL,   page_glossary, true },

	{ WEB_GET,  "/audit",				ADMIN, page_audit_log, false },
	{ WEB_GET,  "/metrics",				ADMIN, page_metrics, false },
};

const size_t routes_count = sizeof(routes) / sizeof(routes[0]);

static bool
match(struct arena *a, const char *pattern, const char *path, const char *args[2])
{
	struct text p = text_of(pattern), q = text_of(path), want, got;
	size_t n = 0;

	args[0] = args[1] = NULL;
	for (;;) {
		bool more = text_split(&p, '/', &want);

		if (more != text_split(&q, '/', &got))
			return false;
		if (!more)
			return true;
		if (want.n > 0 && want.p[0] == ':') {
			if (got.n == 0 || n == 2)
				return false;
			args[n++] = text_cstr(a, got);
		} else if (!text_eq(want, got))
			return false;
	}
}

const struct route *
route_find(struct arena *a, enum web_method method, const char *path, const char *args[2])
{
	size_t n = strlen(path);

	/* "/domains/" is "/domains". */
	if (n > 1 && path[n - 1] == '/')
		path = arena_strndup(a, path, n - 1);
	for (size_t i = 0; i < routes_count; i++)
		if (routes[i].method == method && match(a, routes[i].path, path, args))
			return &routes[i];
	return NULL;
}
