#include "mail/arf.h"

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "mail/dsn.h"
#include "mail/mailaddr.h"

/* RFC 5965 7.3 and the IANA registry; whatever else is "other" (RFC 5965 3.1). */
static const char *
type_of(struct text v)
{
	static const char *const	types[] = { "abuse", "fraud", "virus", "auth-failure", "not-spam", NULL };

	for (size_t i = 0; types[i] != NULL; i++)
		if (text_iis(v, types[i]))
			return types[i];
	return "other";
}

static const char *
ip_of(struct arena *a, struct text v)
{
	struct ip	ip;
	size_t		n = 0;

	if (v.n > 0 && v.p[0] == '[')
		v = text_skip(v, 1);
	while (n < v.n && !ascii_isspace((unsigned char)v.p[n]) && v.p[n] != ']' && v.p[n] != '(')
		n++;
	v = text_head(v, n);
	if (text_istarts(v, "IPv6:"))
		v = text_skip(v, 5);
	return ip_parse(v, &ip) ? ip_str(a, ip) : NULL;
}

const struct arf *
arf_parse(struct arena *a, struct text t)
{
	struct arf	*r = arena_zalloc(a, sizeof(*r));
	struct text	 rest = t, line;

	while (text_line(&rest, &line)) {
		const char	*colon = memchr(line.p, ':', line.n);
		struct text	 name, value;

		if (colon == NULL || (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')))
			continue;
		name = text_trim(text_head(line, (size_t)(colon - line.p)));
		value = text_trim(text_skip(line, name.n + (size_t)(name.p - line.p) + 1));
		if (text_iis(name, "Feedback-Type") && r->type == NULL)
			r->type = type_of(value);
		else if ((text_iis(name, "Source-IP") || text_iis(name, "Source")) && r->source_ip == NULL)
			r->source_ip = ip_of(a, value);
		else if (text_iis(name, "Reported-Domain") && r->reported_domain == NULL)
			r->reported_domain = dsn_mta(a, value);
		else if (text_iis(name, "Reporting-MTA") && r->reporting_mta == NULL)
			r->reporting_mta = dsn_mta(a, value);
		else if (text_iis(name, "Original-Mail-From") && r->mail_from.p == NULL &&
		    !mailaddr_field(value, &r->mail_from))
			r->mail_from.p = NULL;
	}
	if (r->type == NULL)
		r->type = "other";
	return r;
}
