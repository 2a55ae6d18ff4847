/*
 * The reverse name of a sending address, confirmed by its forward address, in
 * whatever order the answers come (RFC 1912 2.1).
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/helo_name.h"
#include "checks/ptr_names.h"
#include "mail/ptr_name.h"

static const struct finding_row rows[] = {
	{ "ptr.missing", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_IP_OWNER, { "ptr.request" } },
	{ "ptr.unconfirmed", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_IP_OWNER,
	    { "dns.forward_record", "ptr.request" } },
	{ "ptr.generic", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_IP_OWNER, { "ptr.request" } },
	{ "ptr.differs_from_helo", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_IP_OWNER, { "ptr.request" } },
	{ "ptr.several", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_IP_OWNER, { NULL } },
};

static const char *
names_text(struct run *run, const struct dns_answer *ptr)
{
	struct str list = str_in(run->arena, 1024);
	size_t i;

	for (i = 0; i < ptr->count; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : ", ", ptr->rrs[i].u.name.s);
	return list.p;
}

static void
put_data(struct run *run, const struct ptr_names *names)
{
	struct json *data = run_data(run), *list;
	size_t i;

	json_put_str(data, "address", ip_str(run->arena, run->address));
	list = json_put_array(data, "names");
	for (i = 0; i < names->ptr->count; i++)
		json_add_str(list, names->ptr->rrs[i].u.name.s);
	json_put_bool(data, "confirmed", names->confirmed_count > 0);
}

/* The HELO name, where it is known; a missing one is no obstacle here. */
static bool
differs_from_helo(struct run *run, const struct ptr_names *names, const char **helo)
{
	struct activation aside;
	struct helo_names told;
	bool known;
	size_t i;

	evidence_begin(run->ev, &aside);
	known = helo_names(run, &told);
	evidence_end(run->ev, &aside);
	if (!known)
		return false;
	*helo = told.name;
	for (i = 0; i < names->confirmed_count; i++)
		if (strcasecmp(names->confirmed[i].s, told.name) == 0)
			return false;
	return true;
}

static void
check(struct run *run)
{
	struct ptr_names names;
	const char *helo;
	struct finding *f;
	bool generic = true;
	size_t i;

	if (!ptr_names(run, run->address, &names))
		return;
	run_dns(run, names.ptr);
	put_data(run, &names);
	if (names.ptr->outcome != DNS_FOUND || names.ptr->count == 0) {
		f = report(run, "ptr.missing", NULL);
		finding_value(f, "reverse", ip_reverse_name(run->arena, run->address));
		return;
	}
	if (names.confirmed_count == 0) {
		f = report(run, "ptr.unconfirmed", NULL);
		finding_value(f, "names", names_text(run, names.ptr));
		for (i = 0; i < names.forward_count; i++)
			finding_dns(run, f, names.forward[i]);
		return;
	}
	for (i = 0; i < names.confirmed_count; i++)
		generic = generic && ptr_name_is_generic(names.confirmed[i], run->address);
	if (generic) {
		f = report(run, "ptr.generic", NULL);
		finding_value(f, "name", names.confirmed[0].s);
	} else if (differs_from_helo(run, &names, &helo)) {
		f = report(run, "ptr.differs_from_helo", NULL);
		finding_value(f, "name", names.confirmed[0].s);
		finding_value(f, "helo", helo);
	}
	if (names.ptr->count > 1) {
		f = report(run, "ptr.several", NULL);
		finding_value(f, "names", names_text(run, names.ptr));
	}
}

const struct check check_ptr = {
	"ptr", SCOPE_ADDRESS, "helo-ptr", rows, sizeof(rows) / sizeof(rows[0]), check,
};
