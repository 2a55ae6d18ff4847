/*
 * hostname.set: the name by which this server greets.  It must be a name of the
 * server's own that leads to an address mail leaves from; what is asked for is
 * tried before anything is changed.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/helo_name.h"
#include "checks/ptr_names.h"
#include "checks/sending.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "mail/psl.h"
#include "mail/ptr_name.h"

#define BANNER	"$myhostname ESMTP"	/* RFC 5321 4.2; nothing more need be told */

static const struct json *
string(struct arena *a, const char *value)
{
	struct json *box = json_new_object(a);

	if (value == NULL)
		return NULL;
	json_put_str(box, "value", value);
	return json_get(box, "value");
}

static void
refuse(struct plan_run *r, enum refused refused, const char *text_id, const char *name)
{
	plan_refuse(r, refused, text_id);
	plan_refuse_value(r, "name", name);
}

/* --- may it be this name? -------------------------------------------------------------------------- */

static bool
leads_to(const struct dns_answer *answer, const struct ip *own, size_t count)
{
	for (size_t i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		for (size_t j = 0; j < count; j++)
			if (ip_eq(answer->rrs[i].u.ip, own[j]))
				return true;
	return false;
}

/* false = refused, or it cannot go on. */
static bool
resolves_here(struct plan_run *r, struct name name, const struct ip *own, size_t count)
{
	const struct dns_answer *v4 = ev_dns_any(r->ev, name, RR_A), *v6 = ev_dns_any(r->ev, name, RR_AAAA);

	if (v4 == NULL || v6 == NULL)
		return false;
	/* RFC 5321 2.3.5: an alias may not be given in HELO. */
	if (v4->cname.s != NULL || v6->cname.s != NULL) {
		refuse(r, REFUSED_WOULD_BREAK, "fix.hostname.refused.alias", name.s);
		plan_refuse_value(r, "target", v4->cname.s != NULL ? v4->cname.s : v6->cname.s);
		return false;
	}
	if (leads_to(v4, own, count) || leads_to(v6, own, count))
		return true;
	if (!ev_need(r->ev, v4) || !ev_need(r->ev, v6))
		return false;
	refuse(r, REFUSED_WOULD_BREAK, v4->outcome == DNS_FOUND || v6->outcome == DNS_FOUND ?
	    "fix.hostname.refused.other_server" : "fix.hostname.refused.unresolved", name.s);
	plan_refuse_value(r, "address", ip_str(r->arena, own[0]));
	return false;
}

/* A domain with mailboxes, or one of which that is not known; where websites live alone it may be. */
static bool
is_free(struct plan_run *r, struct name name)
{
	const struct json *domain = NULL, *mailboxes;
	const struct ev_failure *why;

	if (!ev_has_panel(r->ev))
		return true;
	if (ev_fact_any(r->ev, "domains", NULL, &why) == NULL) {
		if (why != NULL)
			ev_fail(r->ev, why->key, why->reason, why->detail);
		return false;
	}
	if (!ev_fact_member(r->ev, "domains", NULL, name.s, &domain))
		return false;
	if (domain == NULL)
		return true;
	if (strcmp(r->rules->panel_kind, "cpanel") == 0) {	/* it takes none of an account's domains */
		refuse(r, REFUSED_WOULD_BREAK, "fix.hostname.refused.account_domain", name.s);
		return false;
	}
	mailboxes = ev_fact_any(r->ev, "mailboxes", name.s, &why);
	if (mailboxes == NULL && why == NULL)
		return false;
	if (mailboxes != NULL && json_count(mailboxes) == 0)
		return true;
	refuse(r, REFUSED_WOULD_BREAK, "fix.hostname.refused.mail_domain", name.s);
	return false;
}

/* What WHM says no to, whatever the DNS says: of its service subdomains, and of how a name begins. */
static bool
is_refused_by_whm(struct name name)
{
	static const char *const first[] = { "cpanel.", "whm.", "webmail.", "webdisk.", "cpcalendars.",
	    "cpcontacts.", "autodiscover.", "autoconfig." };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (text_starts(text_of(name.s), first[i]))
			return true;
	return text_starts(text_of(name.s), "www") || ascii_isdigit((unsigned char)name.s[0]);
}

static bool
may_be(struct plan_run *r, const char *given, const struct ip *own, size_t count, struct name *name)
{
	enum helo_fault fault = helo_fault(given);

	if (fault != HELO_FINE || !name_from_person(r->arena, text_of(given), name, NULL) ||
	    !name_is_host(*name)) {
		refuse(r, REFUSED_INVALID_VALUE, "fix.hostname.refused.invalid", given);
		return false;
	}
	if (strcmp(r->rules->panel_kind, "cpanel") == 0 && is_refused_by_whm(*name)) {
		refuse(r, REFUSED_INVALID_VALUE, "fix.hostname.refused.by_whm", name->s);
		return false;
	}
	if (!is_free(r, *name))
		return false;
	if (r->rules->psl != NULL) {
		struct name registered = psl_registered_domain(r->arena, r->rules->psl, *name);

		if (registered.s == NULL || name_eq(registered, *name)) {
			refuse(r, REFUSED_INVALID_VALUE, "fix.hostname.refused.bare", name->s);
			return false;
		}
	}
	return resolves_here(r, *name, own, count);
}

/* --- which name, when none is given ------------------------------------------------------------------ */

/*
 * The reverse name that leads back: then everything agrees.  A name that the
 * network gave is better than none, but not than the present one.  *ret NULL = no idea.
 */
static bool
propose(struct plan_run *r, const struct helo_names *now, const struct ip *own, size_t count, const char **ret)
{
	struct run asking = plan_as_run(r);
	bool waiting = false;

	*ret = NULL;
	for (size_t i = 0; i < count; i++) {
		struct ptr_names names;

		if (!ptr_names(&asking, own[i], &names)) {
			waiting = true;
			continue;
		}
		for (size_t j = 0; *ret == NULL && j < names.confirmed_count; j++)
			if (!ptr_name_is_generic(names.confirmed[j], own[i]))
				*ret = names.confirmed[j].s;
	}
	/* The greeting alone may be wrong. */
	if (*ret == NULL && now->panel != NULL && helo_fault(now->panel) == HELO_FINE)
		*ret = now->panel;
	return *ret != NULL || !waiting;
}

/* Whoever owns the address has to give it the same name. */
static void
remind_of_ptr(struct plan_run *r, struct name name, const struct ip *own, size_t count)
{
	struct run asking = plan_as_run(r);
	struct ptr_names names;

	for (size_t i = 0; i < count; i++) {
		struct alternative *note;
		size_t j;

		if (!ptr_names(&asking, own[i], &names))
			continue;
		for (j = 0; j < names.confirmed_count && !name_eq(names.confirmed[j], name); j++)
			;
		if (j < names.confirmed_count)
			continue;
		note = plan_alternative(r, "fix.hostname.note.ptr", NULL);
		note->values[0] = (struct finding_value){ "address", ip_str(r->arena, own[i]) };
		note->values[1] = (struct finding_value){ "name", name.s };
	}
}

/* --- what is changed ---------------------------------------------------------------------------------- */

static void
change_parameter(struct plan_run *r, const struct json *main_cf, const char *key, const char *after)
{
	const char *set = json_str(json_get(main_cf, key), "set");

	plan_setting(r, "server", "server", key, string(r->arena, set), string(r->arena, after), false);
}

/* false = cannot go on. */
static bool
change_postfix(struct plan_run *r, struct name name)
{
	const struct json *main_cf = ev_fact(r->ev, "main_cf", NULL);
	const char *banner, *helo;

	if (main_cf == NULL)
		return false;
	if (json_str(json_get(main_cf, "myhostname"), "is") == NULL ||
	    strcasecmp(json_str(json_get(main_cf, "myhostname"), "is"), name.s) != 0)
		change_parameter(r, main_cf, "myhostname", name.s);
	banner = json_str(json_get(main_cf, "smtpd_banner"), "set");
	if (banner != NULL && strncmp(banner, "$myhostname", 11) != 0)
		change_parameter(r, main_cf, "smtpd_banner", BANNER);
	helo = json_str(json_get(main_cf, "smtp_helo_name"), "set");
	if (helo != NULL && strcmp(helo, "$myhostname") != 0)
		change_parameter(r, main_cf, "smtp_helo_name", NULL);
	return true;
}

static void
copy_commands(struct plan_run *r, struct name name)
{
	r->mode = MODE_COPY;
	r->copy_where_id = "fix.hostname.where";
	r->copy_text = ev_has_panel(r->ev) ? arena_printf(r->arena,
	    "postconf -e myhostname=%s 'smtpd_banner=" BANNER "'\n"
	    "postfix check && postfix reload\n", name.s) : arena_printf(r->arena, "hostnamectl set-hostname %s\n"
	    "postconf -e myhostname=%s 'smtpd_banner=" BANNER "'\n"
	    "postfix check && postfix reload\n", name.s, name.s);
}

static void
plan_set(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const char *given = plan_param(r, "hostname"), *kind = r->rules->panel_kind;
	struct helo_names now;
	const struct ip *own;
	struct name name;
	size_t count;

	if (!server_sending(&asking, &own, &count))
		return;
	if (count == 0) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.hostname.refused.no_addresses");
		return;
	}
	if (!helo_names(&asking, &now) || (given == NULL && !propose(r, &now, own, count, &given)))
		return;
	if (given == NULL) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.hostname.refused.no_name");
		return;
	}
	if (!may_be(r, given, own, count, &name))
		return;
	remind_of_ptr(r, name, own, count);
	if (strcmp(kind, "postfix") == 0) {
		if (!change_postfix(r, name))
			return;
	} else if (ev_has_panel(r->ev)) {
		/* The panel's own spelling is one, whatever the case. */
		if (now.panel == NULL || strcasecmp(now.panel, name.s) != 0)
			plan_setting(r, "server", "server", "hostname", string(r->arena, now.panel),
			    string(r->arena, name.s), now.panel == NULL);
		else if (strcmp(kind, "plesk") == 0 && now.greeting != NULL &&
		    strcasecmp(now.greeting, name.s) != 0)
			copy_commands(r, name);		/* somebody has edited main.cf beside the panel */
	} else if (now.name == NULL || strcasecmp(now.name, name.s) != 0 || now.greeting == NULL ||
	    strcasecmp(now.greeting, name.s) != 0)
		copy_commands(r, name);
	if (r->change_count == 0 && r->copy_text == NULL)
		refuse(r, REFUSED_NOT_NEEDED, "fix.hostname.refused.is_so", name.s);
}

const struct fix fix_hostname_set = { .id = "hostname.set", .scope = SCOPE_SERVER, .roles = ROLE_ADMIN,
	.panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX, .params = { "hostname" },
	.checks_after = { "helo", "ptr" }, .plan = plan_set };
