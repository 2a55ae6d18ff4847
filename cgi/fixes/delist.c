/*
 * Asking a list or a provider to take an address or a domain off.  The message
 * is written out with what is known; sending it is the administrator's own step,
 * and too early a one does harm, so the gate comes first.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/helo_name.h"
#include "checks/ptr_names.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "mail/data.h"

static bool
is_address(const struct plan_run *r)
{
	return r->domain.s == NULL || r->domain.s[0] == '\0';
}

static const char *
subject_of(struct plan_run *r)
{
	return is_address(r) ? ip_str(r->arena, r->address) : r->domain.s;
}

/* The three conditions of the guide; false = refused. */
static bool
gate_is_open(struct plan_run *r)
{
	static const struct { const char *condition, *text_id; } closed[] = {
		{ "identity", "fix.delist.refused.identity" },
		{ "not_compromised", "fix.delist.refused.not_compromised" },
		{ "contact_mailboxes", "fix.delist.refused.contact_mailboxes" },
	};

	switch (r->gate.state) {
	case GATE_OPEN:
		return true;
	case GATE_UNKNOWN:
		plan_refuse(r, REFUSED_UNKNOWN, "fix.delist.refused.not_known");
		return false;
	case GATE_CLOSED:
		break;
	}
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (r->gate.condition != NULL && strcmp(closed[i].condition, r->gate.condition) == 0)
			plan_needs(r, r->gate.needs, closed[i].text_id);
	plan_needs(r, r->gate.needs, "fix.delist.refused.not_ready");
	return false;
}

static void
refuse_list(struct plan_run *r, enum refused refused, const char *text_id, const char *list)
{
	plan_refuse(r, refused, text_id);
	plan_refuse_value(r, "list", list);
	plan_refuse_value(r, "subject", subject_of(r));
}

/* Does it stand there now?  false = refused, or on its way. */
static bool
is_listed(struct plan_run *r, const struct blacklist *list, const char **said)
{
	struct list_answer answer;

	if (list->pay) {
		refuse_list(r, REFUSED_NOT_ALLOWED, "fix.delist.refused.never_pay", list->name);
		return false;
	}
	if (!(is_address(r) ? list->kind == BLACKLIST_IP && list_takes(list, r->address) :
	    list->kind == BLACKLIST_DOMAIN)) {
		refuse_list(r, REFUSED_INVALID_VALUE, "fix.delist.refused.other_kind", list->name);
		return false;
	}
	if (!list_is_asked(&r->rules->lists, list)) {
		refuse_list(r, REFUSED_UNKNOWN, "fix.delist.refused.list_unknown", list->name);
		return false;
	}
	if (!(is_address(r) ? ev_list_ip(r->ev, &r->rules->lists, list, r->address, &answer) :
	    ev_list_domain(r->ev, &r->rules->lists, list, r->domain, &answer)))
		return false;
	switch (answer.state) {
	case LIST_LISTED:
		*said = answer.reason != NULL ? answer.reason :
		    answer.code_count > 0 ? ip_str(r->arena, answer.codes[0]) : "-";
		return true;
	case LIST_CLEAN:
		refuse_list(r, REFUSED_NOT_NEEDED, "fix.delist.refused.not_listed", list->name);
		return false;
	case LIST_UNKNOWN:
	case LIST_OUT_OF_SERVICE:
		refuse_list(r, REFUSED_UNKNOWN, "fix.delist.refused.list_unknown", list->name);
		return false;
	}
	return false;
}

/* Reverse names and the server's own name, as far as they are known.  false = on its way. */
static bool
put_identity(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	struct str ptr = str_in(r->arena, 512);
	struct helo_names helo;
	struct ptr_names names;
	struct activation act;
	bool known;

	/* A server that does not answer spoils no message. */
	evidence_begin(r->ev, &act);
	known = ptr_names(&asking, r->address, &names);
	evidence_end(r->ev, &act);
	if (!known && act.waiting > 0)
		return false;
	for (size_t i = 0; known && i < names.confirmed_count; i++)
		str_addf(&ptr, "%s%s", i == 0 ? "" : ", ", names.confirmed[i].s);
	plan_message_value(r, "ptr", ptr.n == 0 ? "-" : ptr.p);
	evidence_begin(r->ev, &act);
	known = helo_names(&asking, &helo);
	evidence_end(r->ev, &act);
	if (!known && act.waiting > 0)
		return false;
	plan_message_value(r, "helo", known && helo.name != NULL ? helo.name : "-");
	return true;
}

static void
plan_request(struct plan_run *r)
{
	const char *given = plan_param(r, "provider"), *said = "-", *name = NULL;
	const struct data *data = r->rules->data;
	const struct blacklist *list = given == NULL || data == NULL ? NULL : data_blacklist(data, given);
	const struct provider *provider = given == NULL || data == NULL ? NULL : data_provider(data, given);

	r->mode = MODE_REQUEST;
	if (given != NULL && given[0] != '\0' && list == NULL && provider == NULL) {
		refuse_list(r, REFUSED_INVALID_VALUE, "fix.delist.refused.no_provider", given);
		return;
	}
	if (!gate_is_open(r))
		return;
	if (list != NULL && !is_listed(r, list, &said))
		return;
	if (is_address(r) && !put_identity(r))
		return;
	name = list != NULL ? list->name : provider != NULL ? provider->name : NULL;
	plan_message(r, is_address(r) ? list != NULL ? "fix.delist.message.address_on_list" :
	    "fix.delist.message.address" : list != NULL ? "fix.delist.message.domain_on_list" :
	    "fix.delist.message.domain", list != NULL && list->removal_url != NULL ?
	    "fix.delist.where.form" : provider != NULL && provider->delist.url != NULL ?
	    "fix.delist.where.form" : "fix.delist.where.provider");
	r->copy_operator = list != NULL && list->removal_url != NULL ? list->removal_url :
	    provider != NULL && provider->delist.url != NULL ? provider->delist.url : name;
	plan_message_value(r, "subject", subject_of(r));
	plan_message_value(r, "list", name == NULL ? "-" : name);
	plan_message_value(r, "said", said);
	plan_message_value(r, "company", r->rules->provider_name);
}

const struct fix fix_delist_request = { .id = "delist.request", .scope = SCOPE_ADDRESS, .roles = ROLE_ADMIN,
	.params = { "provider" }, .checks_after = { "blacklist", "domain_blacklist" }, .request = true,
	.plan = plan_request };
