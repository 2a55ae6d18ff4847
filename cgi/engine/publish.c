#include "engine/publish.h"

#include <string.h>

#include "base/arena.h"
#include "checks/where.h"
#include "fixes/fix.h"

/* The domain's switch, its key written anew, its key made anew. */
static bool
is_key_setting(const struct change *c)
{
	static const char *const keys[] = { "dkim", "dkim_record", "dkim_key" };

	if (c->kind != CHANGE_SETTING || c->scope == NULL || strcmp(c->scope, "domain") != 0)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(c->key, keys[i]) == 0)
			return true;
	return false;
}

static bool
is_off(const struct change *c)
{
	return json_is_bool(c->after) && !json_value_bool(c->after, true);
}

static bool
key_name(struct arena *a, const char *selector, struct name domain, struct name *ret)
{
	return name_parse(a, text_of(arena_printf(a, "%s._domainkey.%s", selector, domain.s)), ret);
}

/* The record's set in the panel's zone: under the usual selector, else under the one that the panel names. */
static const struct json *
key_set(struct arena *a, const struct rules *rules, const struct json *zone, const struct json *mail,
    struct name domain, struct name *name)
{
	const char *usual = rules->dkim_selector != NULL ? rules->dkim_selector : "default";
	const char *named = json_str(mail, "selector");
	const struct json *set;
	struct name other;

	if (!key_name(a, usual, domain, name))
		return NULL;
	if ((set = zone_rrset(a, zone, *name, RR_TXT)) != NULL || named == NULL || !key_name(a, named, domain, &other))
		return set;
	if ((set = zone_rrset(a, zone, other, RR_TXT)) != NULL)
		*name = other;
	return set;
}

/* false = on its way; *zone NULL: it is not the panel's, or cannot be read. */
static bool
served_zone(struct evidence *ev, struct arena *a, const struct rules *rules, struct name domain,
    struct dns_location *loc, const struct json **zone)
{
	const struct ev_failure *why;
	struct activation act;
	bool known;

	*zone = NULL;
	evidence_begin(ev, &act);
	known = dns_locate(ev, a, rules, domain, loc);
	evidence_end(ev, &act);
	if (!known)
		return act.waiting == 0;
	if (loc->where != DNS_HERE)
		return true;
	*zone = loc->zone != NULL ? loc->zone : ev_fact_any(ev, "zone", loc->delegation->zone.s, &why);
	return *zone != NULL || why != NULL;
}

bool
change_publishes(struct evidence *ev, struct arena *a, const struct rules *rules, const struct change *c,
    struct publication *ret)
{
	const struct json *zone, *mail, *set;
	const struct ev_failure *why = NULL;
	struct dns_location loc;
	struct name domain;

	*ret = (struct publication){ .state = PUBLISHES_NOTHING };
	if (!is_key_setting(c) || !name_parse(a, text_of(c->object), &domain))
		return true;
	mail = ev_fact_any(ev, "domain_mail", domain.s, &why);
	if (!served_zone(ev, a, rules, domain, &loc, &zone) || (mail == NULL && why == NULL))
		return false;
	if (zone == NULL || json_tristate(zone, "served") == 0)
		return true;
	set = key_set(a, rules, zone, mail, domain, &ret->name);
	ret->zone = loc.delegation->zone;
	ret->state = set == NULL && !is_off(c) ? PUBLISHES_LATER : PUBLISHES_RECORD;
	ret->record = (struct change){ .kind = CHANGE_RRSET, .zone = ret->zone.s, .name = ret->name.s,
	    .type = RR_TXT, .after = set };
	return true;
}
