#include "evidence/panel_facts.h"

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
