/*
 * egress.ipv4_only: mail leaves by IPv4 alone, while the IPv6 address has no
 * reverse name.  What receives mail over IPv6 stays as far as the server lets
 * us say so.
 */

#include <string.h>

#include "base/arena.h"
#include "checks/sending.h"
#include "fixes/all.h"
#include "fixes/as_run.h"

static const struct json *
string(struct arena *a, const char *value)
{
	struct json *box = json_new_object(a);

	if (value == NULL)
		return NULL;
	json_put_str(box, "value", value);
	return json_get(box, "value");
}

/* Postfix: no preference but a promise; inet_protocols holds for receiving as well. */
static void
plan_postfix(struct plan_run *r)
{
	const struct json *main_cf = ev_fact(r->ev, "main_cf", NULL), *row = json_get(main_cf, "inet_protocols");
	struct alternative *other;

	if (main_cf == NULL)
		return;
	if (json_str(row, "is") != NULL && strcmp(json_str(row, "is"), "ipv4") == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.egress.refused.is_so");
		return;
	}
	plan_setting(r, "server", "server", "inet_protocols", string(r->arena, json_str(row, "set")),
	    string(r->arena, "ipv4"), false);
	other = plan_alternative(r, "fix.egress.way.preference", "fix.egress.way.preference_why_not");
	other->values[0] = (struct finding_value){ "setting", "smtp_address_preference = ipv4" };
}

static struct json *
outgoing(struct arena *a, const char *mode)
{
	struct json *state = json_new_object(a);

	json_put_str(state, "mode", mode);
	json_put_array(state, "explicit");
	return state;
}

/*
 * Plesk: an explicit address of one family only.  With several IPv4 addresses
 * every domain would leave from the one that is named, and fail SPF where only
 * its own is allowed.
 */
static void
plan_plesk(struct plan_run *r, const struct ip *own, size_t count)
{
	const struct json *mail = ev_fact(r->ev, "mail_server", NULL);
	struct json *before, *after;
	size_t i, v4 = 0, first = 0;
	const char *mode;

	if (mail == NULL)
		return;
	for (i = 0; i < count; i++)
		if (own[i].family == 4 && v4++ == 0)
			first = i;
	if (v4 == 0) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.egress.refused.no_ipv4");
		return;
	}
	if (v4 > 1) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.egress.refused.several");
		return;
	}
	mode = json_str(mail, "outgoing_mode");
	before = outgoing(r->arena, mode);
	if (mode != NULL && json_get(mail, "explicit") != NULL)
		json_put_copy(before, "explicit", json_get(mail, "explicit"));
	after = outgoing(r->arena, "explicit-ip");
	json_add_str(json_edit(after, "explicit"), ip_str(r->arena, own[first]));
	plan_setting(r, "server", "server", "outgoing_mode", mode == NULL ? NULL : before, after, mode == NULL);
}

static void
plan_ipv4_only(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const char *kind = r->rules->panel_kind;
	const struct ip *own;
	size_t count, v6 = 0;

	if (!server_sending(&asking, &own, &count))
		return;
	for (size_t i = 0; i < count; i++)
		v6 += own[i].family == 6;
	if (count > 0 && v6 == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.egress.refused.no_ipv6");
		return;
	}
	if (strcmp(kind, "postfix") == 0)
		plan_postfix(r);
	else if (strcmp(kind, "plesk") == 0)
		plan_plesk(r, own, count);
	else if (strcmp(kind, "cpanel") == 0) {		/* Exim; WHM: Exim Configuration Manager */
		r->mode = MODE_COPY;
		r->copy_where_id = "fix.egress.where.exim";
		r->copy_text = "disable_ipv6 = true\n";
	} else {
		r->mode = MODE_COPY;
		r->copy_where_id = "fix.egress.where.server";
		r->copy_text = "postconf -e inet_protocols=ipv4\npostfix check && postfix stop && postfix start\n";
	}
}

const struct fix fix_egress_ipv4_only = { .id = "egress.ipv4_only", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK | PANEL_POSTFIX, .checks_after = { "egress", "ptr" },
	.plan = plan_ipv4_only };
