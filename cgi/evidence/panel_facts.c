#include "evidence/panel_facts.h"

#include <string.h>

#include "evidence/internal.h"
#include "evidence/truth.h"
#include "panel/panel.h"

static bool
by_pages(const struct evidence *ev)
{
	return ev->source->panel != NULL && ev->source->panel->by_pages;
}

static const struct json *
one_of_all(struct evidence *ev, const char *all, const char *one, struct name domain)
{
	const struct json *member = NULL;
	const struct ev_failure *why;

	if (evidence_bulk(ev) && !by_pages(ev)) {
		if (ev_fact_any(ev, all, NULL, &why) != NULL)
			ev_fact_member(ev, all, NULL, domain.s, &member);
		else if (why == NULL)
			return NULL;		/* on its way */
		if (member != NULL)
			return member;
	}
	return ev_fact(ev, one, domain.s);
}

const struct json *
ev_domain_mail(struct evidence *ev, struct name domain)
{
	return one_of_all(ev, "domain_mail_all", "domain_mail", domain);
}

const struct json *
ev_mailboxes(struct evidence *ev, struct name domain)
{
	return one_of_all(ev, "mailboxes_all", "mailboxes", domain);
}

const struct json *
ev_sites_any(struct evidence *ev, struct name domain, const struct ev_failure **why)
{
	const struct json *sites = ev_fact_any(ev, "sites", NULL, why);
	const struct ev_failure *why_not;

	if (sites != NULL || *why == NULL || strcmp((*why)->reason, "unsupported") != 0)
		return sites;
	sites = ev_fact_any(ev, evidence_bulk(ev) ? "sites_listed" : "sites_of", domain.s, &why_not);
	if (sites != NULL || why_not == NULL || (strcmp(why_not->reason, "unsupported") != 0 &&
	    strcmp(why_not->reason, "not_recorded") != 0))
		*why = why_not;
	return sites;
}
