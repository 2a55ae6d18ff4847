/*
 * postmaster@, abuse@ and webmaster@ (RFC 2142): whoever is asked to take an
 * address off a list writes there first.
 */

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/mailbox_there.h"
#include "checks/mx_home.h"
#include "checks/use.h"
#include "evidence/panel_facts.h"

static const struct finding_row rows[] = {
	{ "role_mailboxes.missing", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER,
	    { "role_mailbox.create" } },
};

static const char *const roles[] = { "postmaster", "abuse", "webmaster" };

static void
check(struct run *run)
{
	struct mx_place place;
	const struct json *mailboxes;
	struct json *missing = NULL, *found = json_new_object(run->arena);
	struct str list = str_in(run->arena, 512);
	struct finding *f;
	size_t i;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	if (!mx_place(run, &place) || (mailboxes = ev_mailboxes(run->ev, run->domain)) == NULL)
		return;
	if (json_count(mailboxes) == 0 || place.home == MX_ELSEWHERE) {
		report_not_applicable(run, place.home == MX_ELSEWHERE ? "mail_elsewhere" : "no_mailboxes");
		return;
	}
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const char *address = arena_printf(run->arena, "%s@%s", roles[i], run->domain.s);

		json_put_bool(found, address, mailbox_there(mailboxes, address));
		if (json_bool(found, address, false))
			continue;
		if (missing == NULL)
			missing = json_new_array(run->arena);
		json_add_str(missing, address);
		str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", address);
	}
	if (missing == NULL)
		return;
	f = report(run, "role_mailboxes.missing", NULL);
	finding_value(f, "addresses", list.p);
	json_put_copy(f->data, "missing", missing);
	finding_panel(run, f, "mailboxes", found);
}

const struct check check_role_mailboxes = {
	"role_mailboxes", SCOPE_DOMAIN, "delist", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
