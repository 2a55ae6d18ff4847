/*
 * Where DMARC reports go: an address that exists, at a receiver that agrees
 * (RFC 9990 4).
 */

#include "fixes/dmarc_rua.h"

#include <string.h>

#include "base/arena.h"
#include "evidence/panel_facts.h"
#include "mail/dmarc_edit.h"
#include "mail/dmarc_walk.h"

/* "mailto:a@b?subject=x" -> "a@b". */
static struct text
address_of(const char *uri)
{
	struct text address = text_skip(text_of(uri), sizeof("mailto:") - 1);
	size_t at;

	return text_find(address, TEXT("?"), &at) ? text_head(address, at) : address;
}

static bool
mailbox_is_there(const struct json *mailboxes, struct text address)
{
	const struct json *v;

	for (v = json_first(mailboxes); v != NULL; v = json_next(v)) {
		const char *kind = json_str(v, "kind");

		if (kind != NULL && strcmp(kind, "catch_all") == 0 &&
		    json_count(json_get(v, "targets")) > 0)
			return true;
		if (text_ieq(text_of(json_str(v, "address")), address) &&
		    json_tristate(v, "enabled") != 0)
			return true;
	}
	return false;
}

/*
 * Are its mailboxes here, and ours to look into?  Of another customer's domain
 * nothing is told; without a mail service its mailboxes are somewhere else.
 * false = cannot go on.
 */
static bool
is_local(struct plan_run *r, struct name domain, bool *ret)
{
	const struct json *row = NULL, *mail;

	*ret = false;
	if (!ev_has_panel(r->ev))
		return true;
	if (!name_eq(domain, r->domain)) {
		if (!plan_may(r, domain.s))
			return true;
		if (!ev_fact_member(r->ev, "domains", NULL, domain.s, &row))
			return false;
		if (row == NULL)
			return true;
	}
	if ((mail = ev_domain_mail(r->ev, domain)) == NULL)
		return false;
	*ret = json_tristate(mail, "service") != 0;
	return true;
}

static bool
receiver_agrees(struct plan_run *r, struct name receiver)
{
	struct dns_source dns = ev_truth_source(r->ev, r->domain);
	enum dmarc_consent consent;

	if (!dmarc_consent(r->arena, &dns, r->domain, receiver, &consent)) {
		ev_wait(r->ev);
		return false;
	}
	if (consent == DMARC_CONSENT_MISSING)
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.no_consent");
	if (consent == DMARC_CONSENT_UNKNOWN)
		plan_refuse(r, REFUSED_UNKNOWN, "fix.dmarc.refused.consent_not_known");
	plan_refuse_value(r, "receiver", receiver.s);
	return r->refused == REFUSED_NO;
}

bool
plan_rua(struct plan_run *r, struct text *ret)
{
	const char *given = plan_param(r, "rua");
	const struct json *mailboxes;
	struct dmarc_record parsed;
	struct text record;
	struct err err;
	bool local;

	*ret = TEXT("");
	if (given == NULL || text_trim(text_of(given)).n == 0)
		return true;
	plan_refuse_value(r, "address", text_show(r->arena, text_head(text_of(given), 200)));
	if (!dmarc_make(r->arena, DMARC_NONE, text_of(given), &record, &err)) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.no_address");
		return false;
	}
	dmarc_parse(r->arena, record, &parsed, NULL);
	if (parsed.rua.count != 1 || parsed.rua.list[0].domain.s == NULL) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.no_address");
		return false;
	}
	if (!is_local(r, parsed.rua.list[0].domain, &local))
		return false;
	if (local) {
		if ((mailboxes = ev_mailboxes(r->ev, parsed.rua.list[0].domain)) == NULL)
			return false;
		if (!mailbox_is_there(mailboxes, address_of(parsed.rua.list[0].uri))) {
			plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.no_mailbox");
			return false;
		}
	}
	if (!receiver_agrees(r, parsed.rua.list[0].domain))
		return false;
	*ret = text_of(parsed.rua.list[0].uri);
	return true;
}
