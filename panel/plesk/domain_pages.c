/*
 * One domain, and domains by the hundred, for the facts about them.
 */

#include <string.h>

#include "panel/plesk/internal.h"

/* --- one domain ------------------------------------------------------------------------------- */

/* What single facts and states stand on: the list of all domains would cost too much for each. */
const struct json *
plesk_fact_site(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct request request;
	const struct reply *reply;
	struct json *site;
	struct err err;
	int64_t id = 0;

	(void)params;
	if (arg == NULL) {
		ev_fail(ev, "panel domain", "value", "no domain was named");
		return NULL;
	}
	request = plesk_site_lookup(evidence_arena(ev), arg);
	if ((reply = ev_call(ev, &request)) == NULL)
		return NULL;
	site = json_new_object(a);
	if (plesk_site_id(a, reply, arg, &id, &err)) {
		json_put_int(site, "id", id);
		json_put_str(site, "ascii", arg);
	} else if (err.code == ERR_NOT_FOUND && reply->u.http.status < 300) {
		json_put_null(site, "id");
		json_put_null(site, "ascii");
	} else {
		ev_fail(ev, "panel domain", err_word(err.code), err.text);
		return NULL;
	}
	return site;
}

bool
plesk_site_row(struct evidence *ev, const char *name, const struct json **ret)
{
	const struct json *site;

	if (name != NULL && ev_fact_known(ev, "domains", NULL) != NULL)
		return ev_fact_member(ev, "domains", NULL, name, ret);
	site = ev_fact(ev, "site", name);
	if (site == NULL)
		return false;
	*ret = json_is_int(json_get(site, "id")) ? site : NULL;
	return true;
}

/* --- many ------------------------------------------------------------------------------------- */

static const struct json *
owner_of_alias(const struct json *domains, const char *name)
{
	const struct json *d, *alias;

	for (d = json_first(domains); d != NULL; d = json_next(d))
		for (alias = json_first(json_get(d, "aliases")); alias != NULL; alias = json_next(alias))
			if (text_iis(text_of(json_str(alias, "ascii")), name))
				return d;
	return NULL;
}

bool
plesk_domain_row(struct evidence *ev, const char *name, const struct json **ret)
{
	if (name == NULL) {
		ev_fail(ev, "panel domain", "value", "no domain was named");
		return false;
	}
	if (!ev_fact_member(ev, "domains", NULL, name, ret))
		return false;
	if (*ret == NULL)
		*ret = owner_of_alias(ev_fact(ev, "domains", NULL), name);
	return true;
}

const struct json *
plesk_domain_page(const struct json *domains, const char *arg, size_t per)
{
	const struct json *d = json_first(domains);
	uint64_t page;

	if (!text_uint(text_of(arg), UINT32_MAX, &page))
		return NULL;
	for (uint64_t i = 0; d != NULL && i < page * per; i++)
		d = json_next(d);
	return d;
}

struct str
plesk_packet_of_ids(struct arena *a, const struct json *first, const char *before, const char *tag,
    const char *after)
{
	struct str ask = packet_begin(a);
	const struct json *d = first;

	str_add(&ask, before);
	for (size_t i = 0; d != NULL && i < PREFS_PER_PACKET; d = json_next(d), i++)
		str_addf(&ask, "<%s>%lld</%s>", tag, (long long)json_int(d, "id", 0), tag);
	str_add(&ask, after);
	return ask;
}

const struct xml *
plesk_result_for(struct arena *a, const struct xml **rest, const char *tag, int64_t id)
{
	const struct xml *result;
	struct err err;
	int64_t is;

	for (result = *rest; result != NULL; result = xml_again(result, "result"))
		if (xml_number(result, tag, &is) && is == id) {
			*rest = xml_again(result, "result");
			return plesk_result_ok(a, result, &err) ? result : NULL;
		}
	return NULL;
}

const struct json *
plesk_join_pages(struct evidence *ev, struct arena *a, const char *page_fact, size_t per)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *page;
	size_t count, waiting = 0, i;
	const struct ev_failure *why;
	struct json *all;

	if (domains == NULL)
		return NULL;
	count = (json_count(domains) + per - 1) / per;
	for (i = 0; i < count && waiting < PAGES_AHEAD; i++) {
		page = ev_fact_any(ev, page_fact, arena_printf(a, "%zu", i), &why);
		if (page == NULL && why != NULL) {
			ev_fail(ev, why->key, why->reason, why->detail);
			return NULL;
		}
		if (page == NULL)
			waiting++;
	}
	if (waiting > 0)
		return NULL;
	all = json_new_object(a);
	for (i = 0; i < count; i++) {
		page = ev_fact_part(ev, a, page_fact, arena_printf(a, "%zu", i));
		for (const struct json *d = json_first(page); d != NULL; d = json_next(d))
			json_put_shared(all, d);
	}
	return all;
}
