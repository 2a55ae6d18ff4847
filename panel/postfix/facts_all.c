/* The same for all domains at once: each table is gone through once, however many they are. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "panel/postfix/internal.h"

struct place { struct boxes boxes; bool here, local; };

struct every { struct arena *arena; struct map *places; bool local, maps; };

/* The place of a name as a table has it; NULL = none of ours. */
static struct place *
place_of(struct every *all, struct text name)
{
	char low[256];

	if (name.n >= sizeof(low))
		return NULL;
	for (size_t i = 0; i < name.n; i++)
		low[i] = (char)ascii_tolower((unsigned char)name.p[i]);
	low[name.n] = '\0';
	return map_get(all->places, low);
}

static void
every_domain(struct every *all, const struct json *domains)
{
	all->places = map_new(all->arena);
	for (const struct json *d = json_first(domains); d != NULL; d = json_next(d)) {
		struct place *place = arena_zalloc(all->arena, sizeof(*place));

		place->boxes = (struct boxes){ .arena = all->arena, .domain = text_of(json_str(d, "ascii")) };
		map_put(all->places, json_str(d, "ascii"), place);
	}
}

/* All names, a line each, with something before them. */
static const char *
lines_of(struct arena *a, const struct json *domains, const char *before)
{
	struct str lines = str_in(a, 260 * (json_count(domains) + 1));

	for (const struct json *d = json_first(domains); d != NULL; d = json_next(d))
		str_addf(&lines, "%s%s\n", before, json_str(d, "ascii"));
	return lines.p;
}

static void
add_here(void *ctx, struct text key, struct text value)
{
	struct every *all = ctx;
	struct place *place = place_of(all, key);

	(void)value;
	if (place == NULL)
		return;
	place->here = true;
	place->local = place->local || all->local;
}

static void
add_line(void *ctx, struct text key, struct text value)
{
	struct every *all = ctx;
	const char *at = memrchr(key.p, '@', key.n);
	struct place *place = at == NULL ? NULL : place_of(all, text_skip(key, (size_t)(at + 1 - key.p)));

	if (place == NULL || place->local)
		return;
	if (place->boxes.list == NULL)
		place->boxes.list = json_new_array(all->arena);
	place->boxes.maps = all->maps;
	boxes_add(&place->boxes, key, value);
}

/* Those of the domains whose mailboxes stand in tables; the others are left out. */
const struct json *
postfix_mailboxes_all(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *settings = ev_fact(ev, "settings", NULL);
	struct every all = { .arena = a };
	struct json *ret;
	enum got local, boxes, aliases;

	(void)arg;
	(void)params;
	if (domains == NULL || settings == NULL)
		return NULL;
	every_domain(&all, domains);
	all.local = true;
	local = list_each(ev, a, setting_of(settings, "mydestination"), lines_of(a, domains, ""), add_here, &all);
	all.maps = true;
	boxes = list_each(ev, a, setting_of(settings, "virtual_mailbox_maps"), "", add_line, &all);
	all.maps = false;
	aliases = list_each(ev, a, setting_of(settings, "virtual_alias_maps"), "", add_line, &all);
	if (local == GOT_WAIT || boxes == GOT_WAIT || aliases == GOT_WAIT)
		return NULL;
	ret = json_new_object(a);
	if (local == GOT_NOT || boxes == GOT_NOT || aliases == GOT_NOT)
		return ret;
	for (size_t i = 0; i < map_count(all.places); i++) {
		const char *name;
		struct place *place = map_at(all.places, i, &name);

		if (place->local)
			continue;
		if (place->boxes.list != NULL)
			json_put_copy(ret, name, place->boxes.list);
		else
			json_put_array(ret, name);
	}
	return ret;
}

/*
 * Where the server signs, whether a domain's mail is signed is told by its key,
 * which has to be asked for one by one: then nothing is said here.
 */
const struct json *
postfix_domain_mail_all(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const lists[] = { "mydestination", "virtual_mailbox_domains", "virtual_alias_domains" };
	const struct json *domains = ev_fact(ev, "domains", NULL), *settings = ev_fact(ev, "settings", NULL);
	const struct json *server = ev_fact(ev, "mail_server", NULL);
	struct every all = { .arena = a };
	enum got worst = GOT_IT, got;
	struct json *ret;

	(void)arg;
	(void)params;
	if (domains == NULL || settings == NULL || server == NULL)
		return NULL;
	ret = json_new_object(a);
	if (json_tristate(server, "dkim_signing") == 1)
		return ret;
	every_domain(&all, domains);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && worst != GOT_WAIT; i++)
		if ((got = list_each(ev, a, setting_of(settings, lists[i]), lines_of(a, domains, ""), add_here,
		    &all)) != GOT_IT)
			worst = got;
	got = list_each(ev, a, setting_of(settings, "virtual_alias_maps"), lines_of(a, domains, "@"), add_line, &all);
	if (worst == GOT_WAIT || got == GOT_WAIT)
		return NULL;
	for (size_t i = 0; i < map_count(all.places); i++) {
		const char *name;
		const struct place *place = map_at(all.places, i, &name);

		json_put_copy(ret, name, domain_mail(a, server, place->here ? 1 : worst == GOT_NOT ? -1 : 0,
		    place->boxes.catch_all, NULL));
	}
	return ret;
}

/* Tables of domains or mailboxes that can only be asked for what one knows already. */
const struct json *
postfix_unlisted(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const lists[] = { "mydestination", "virtual_mailbox_domains", "virtual_alias_domains",
	    "virtual_mailbox_maps", "virtual_alias_maps" };
	const struct json *settings = ev_fact(ev, "settings", NULL);
	struct json *tables = json_new_array(a);

	(void)arg;
	(void)params;
	for (size_t i = 0; settings != NULL && i < sizeof(lists) / sizeof(lists[0]); i++)
		list_unlisted(a, setting_of(settings, lists[i]), tables);
	return settings == NULL ? NULL : tables;
}
