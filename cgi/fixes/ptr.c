/*
 * The reverse name of an address.  Only whoever owns the address can set it, so
 * ptr.request is a message that is ready to be sent, with the exact record; a
 * reverse zone in the panel would be asked by nobody.  dns.forward_record is the
 * other half: the name that stands there leads back to the address.
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
#include "mail/ptr_name.h"

#define NAMES_SHOWN	8

/* --- ptr.request ----------------------------------------------------------------------------------- */

static enum rrtype
address_type(struct ip ip)
{
	return ip.family == 6 ? RR_AAAA : RR_A;
}

static bool
has_address(const struct dns_answer *answer, struct ip ip)
{
	for (size_t i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		if (ip_eq(answer->rrs[i].u.ip, ip))
			return true;
	return false;
}

/* NULL = it has none. */
static const char *
present_names(struct arena *a, const struct dns_answer *ptr)
{
	struct str s = str_in(a, 1024);

	for (size_t i = 0; ptr->outcome == DNS_FOUND && i < ptr->count && i < NAMES_SHOWN; i++)
		str_addf(&s, "%s%s", i == 0 ? "" : ", ", ptr->rrs[i].u.name.s);
	return s.n == 0 ? NULL : s.p;
}

/* The name that was asked for, else the one this server greets with.  false = refused, or cannot go on. */
static bool
wanted_name(struct plan_run *r, struct name *ret)
{
	struct run asking = plan_as_run(r);
	const char *given = plan_param(r, "hostname");
	struct helo_names names;

	if (given == NULL) {
		if (!helo_names(&asking, &names))
			return false;
		if (helo_fault(names.name) != HELO_FINE) {
			plan_needs(r, "hostname.set", "fix.ptr.refused.helo_first");
			plan_refuse_value(r, "name", names.name);
			return false;
		}
		given = names.name;
	}
	if (helo_fault(given) != HELO_FINE || !name_from_person(r->arena, text_of(given), ret, NULL) ||
	    !name_is_host(*ret)) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.ptr.refused.invalid");
		plan_refuse_value(r, "name", given);
		return false;
	}
	return true;
}

static bool
is_set(const struct ptr_names *names, struct name name, struct ip ip)
{
	for (size_t i = 0; i < names->confirmed_count; i++)
		if (name_eq(names->confirmed[i], name))
			return !ptr_name_is_generic(name, ip) || names->ptr->count == 1;
	return false;
}

static void
write_message(struct plan_run *r, struct name name, const struct ptr_names *names, bool forward)
{
	const char *reverse = ip_reverse_name(r->arena, r->address);
	const char *present = present_names(r->arena, names->ptr);

	r->mode = MODE_REQUEST;
	plan_message(r, present == NULL ? forward ? "fix.ptr.message_first" : "fix.ptr.message_first_forward" :
	    forward ? "fix.ptr.message" : "fix.ptr.message_forward", "fix.ptr.where");
	plan_message_value(r, "address", ip_str(r->arena, r->address));
	plan_message_value(r, "name", name.s);
	if (present != NULL)
		plan_message_value(r, "present", present);
	plan_message_value(r, "record", arena_printf(r->arena, "%s. 3600 IN PTR %s.", reverse, name.s));
	plan_message_value(r, "forward", arena_printf(r->arena, "%s. 3600 IN %s %s", name.s,
	    rrtype_word(address_type(r->address)), ip_str(r->arena, r->address)));
}

static void
plan_request(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const struct dns_answer *forward;
	struct ptr_names names;
	struct name name;
	bool known, wanted;

	if (ip_is_private(r->address)) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.ptr.refused.private");
		plan_refuse_value(r, "address", ip_str(r->arena, r->address));
		return;
	}
	known = ptr_names(&asking, r->address, &names);
	wanted = wanted_name(r, &name);
	if (!wanted || (forward = ev_dns(r->ev, name, address_type(r->address))) == NULL || !known)
		return;
	/* PTR of RFC 1034 3.6.2 leads to the primary name. */
	if (forward->cname.s != NULL) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.ptr.refused.alias");
		plan_refuse_value(r, "name", name.s);
		plan_refuse_value(r, "target", forward->cname.s);
		return;
	}
	if (is_set(&names, name, r->address)) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.ptr.refused.is_set");
		plan_refuse_value(r, "name", name.s);
		return;
	}
	write_message(r, name, &names, has_address(forward, r->address));
}

const struct fix fix_ptr_request = { .id = "ptr.request", .scope = SCOPE_ADDRESS, .roles = ROLE_ADMIN,
	.params = { "hostname" }, .checks_after = { "ptr" }, .request = true, .plan = plan_request };

/* --- dns.forward_record ------------------------------------------------------------------------------ */

struct forward {
	size_t	 tried, confirmed;
	bool	 waiting, none;
	const char *occupied, *alias;
};

/* The nearest name above that exists: its zone gets the record.  false = on its way. */
static bool
enclosing(struct plan_run *r, struct name name, struct name *ret)
{
	const struct dns_answer *ns = NULL;

	*ret = name_labels(name) > 2 ? name_parent(name) : name;
	while (name_labels(*ret) > 2 && (ns = ev_dns_any(r->ev, *ret, RR_NS)) != NULL &&
	    ns->outcome == DNS_NXDOMAIN)
		*ret = name_parent(*ret);
	return name_labels(*ret) <= 2 || ns != NULL;
}

/* The name has no address of this family yet: another one would lead its visitors here as well. */
static void
add_forward(struct plan_run *r, struct name name, struct ip ip, struct forward *f)
{
	const struct dns_answer *there = ev_dns_any(r->ev, name, address_type(ip));
	const char *value = ip_str(r->arena, ip);
	struct name above;

	if (there == NULL || !enclosing(r, name, &above))
		f->waiting = true;
	else if (there->cname.s != NULL)
		f->alias = name.s;
	else if (there->outcome == DNS_FOUND && there->count > 0)
		f->occupied = name.s;
	else if (!ev_need(r->ev, there) || !plan_rrset(r, above, name, address_type(ip), &value, 1, 0))
		f->waiting = true;
}

static void
look_at(struct plan_run *r, struct ip ip, struct forward *f)
{
	struct run asking = plan_as_run(r);
	struct ptr_names names;

	f->tried++;
	if (!ptr_names(&asking, ip, &names))
		f->waiting = true;
	else if (names.confirmed_count > 0)
		f->confirmed++;
	else if (names.ptr->outcome != DNS_FOUND || names.ptr->count == 0)
		f->none = true;
	else
		add_forward(r, names.ptr->rrs[0].u.name, ip, f);
}

static void
plan_forward(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	struct forward f = { 0 };
	const struct ip *own;
	size_t count;

	if (!server_sending(&asking, &own, &count))
		return;
	for (size_t i = 0; i < count; i++)
		look_at(r, own[i], &f);
	if (f.waiting || r->change_count > 0)
		return;
	if (count == 0)
		plan_refuse(r, REFUSED_UNKNOWN, "fix.hostname.refused.no_addresses");
	else if (f.alias != NULL || f.occupied != NULL) {
		plan_refuse(r, REFUSED_WOULD_BREAK, f.alias != NULL ? "fix.ptr.refused.forward_alias" :
		    "fix.ptr.refused.occupied");
		plan_refuse_value(r, "name", f.alias != NULL ? f.alias : f.occupied);
	} else if (f.none)
		plan_needs(r, "ptr.request", "fix.ptr.refused.no_ptr");
	else
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.ptr.refused.confirmed");
}

const struct fix fix_dns_forward_record = { .id = "dns.forward_record", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK | PANEL_CPANEL, .checks_after = { "ptr" },
	.plan = plan_forward };
