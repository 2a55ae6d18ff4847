#include "engine/touched.h"

#include <string.h>

bool
touched_domains(struct evidence *ev, struct touched *ret)
{
	const struct ev_failure *why_domains, *why_mail;
	const struct json *domains;

	memset(ret, 0, sizeof(*ret));
	if (!ev_has_panel(ev))
		return true;
	domains = ev_fact_any(ev, "domains", NULL, &why_domains);
	ret->mail = ev_fact_any(ev, "domain_mail_all", NULL, &why_mail);
	if ((domains == NULL && why_domains == NULL) || (ret->mail == NULL && why_mail == NULL))
		return false;
	ret->domains = (int64_t)json_count(domains);
	return true;
}

/* Does the domain send from there?  One whose addresses are not known may. */
static bool
sends_from(const struct json *domain, const char *address)
{
	const struct json *sending = json_get(domain, "sending"), *v;

	if (json_count(sending) == 0)
		return true;
	for (v = json_first(sending); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL && strcmp(json_value_str(v), address) == 0)
			return true;
	return false;
}

static int64_t
count_of(const struct touched *t, const struct json *f)
{
	const struct json *d;
	int64_t n = 0;

	if (strcmp(json_str(f, "scope"), "address") != 0 || t->mail == NULL)
		return t->domains;
	for (d = json_first(t->mail); d != NULL; d = json_next(d))
		n += sends_from(d, json_str(f, "subject"));
	return n;
}

void
touched_put(struct json *report, const struct touched *t)
{
	struct json *f;

	for (f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f))
		json_put_int(f, "affects", count_of(t, f));
}
