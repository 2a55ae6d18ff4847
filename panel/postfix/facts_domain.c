/* A domain's mail and its mailboxes, as the tables of main.cf have them. */

#include <string.h>

#include "base/arena.h"
#include "panel/postfix/internal.h"

/* --- lines of tables ------------------------------------------------------------------------------ */

static bool
is_of(const struct boxes *b, struct text address)
{
	const char *at = memrchr(address.p, '@', address.n);

	return at != NULL && text_ieq(text_skip(address, (size_t)(at + 1 - address.p)), b->domain);
}

static struct json *
add_box(struct boxes *b, struct text address, const char *kind)
{
	struct json *row = json_add_object(b->list);

	json_put_text(row, "address", address);
	json_put_str(row, "kind", kind);
	json_put_bool(row, "enabled", true);
	return row;
}

static void
add_targets(struct json *row, struct text value, size_t *count, struct text *first)
{
	struct json *targets = json_put_array(row, "targets");
	struct text word;

	*count = 0;
	while (list_word(&value, &word)) {
		if ((*count)++ == 0)
			*first = word;
		json_add_text(targets, word);
	}
}

static void
add_alias(struct boxes *b, struct text key, struct text value)
{
	struct json *row = add_box(b, key.p[0] == '@' ?
	    text_of(arena_printf(b->arena, "*@%s", text_cstr(b->arena, b->domain))) : key, "forward");
	struct text first = { "", 0 };
	size_t count;

	add_targets(row, value, &count, &first);
	json_put_bool(row, "keeps_copy", false);
	json_put_null(row, "limit");
	if (key.p[0] == '@') {
		json_put_str(row, "kind", "catch_all");
		b->catch_all = text_cstr(b->arena, first);
	} else if (count == 1 && is_of(b, first))
		json_put_str(row, "kind", "alias");
}

void
boxes_add(void *ctx, struct text key, struct text value)
{
	struct boxes *b = ctx;
	struct json *row;

	if (!is_of(b, key) || (b->maps && key.p[0] == '@'))
		return;
	if (!b->maps) {
		add_alias(b, key, value);
		return;
	}
	row = add_box(b, key, "mailbox");
	json_put_array(row, "targets");
	json_put_bool(row, "keeps_copy", true);
	json_put_null(row, "limit");
}

/* --- where is it at home --------------------------------------------------------------------------- */

struct wanted { struct text domain; bool found; };

static void
find_domain(void *ctx, struct text key, struct text value)
{
	struct wanted *w = ctx;

	(void)value;
	w->found = w->found || text_ieq(key, w->domain);
}

static bool
is_in(struct evidence *ev, struct arena *a, const char *list, const char *domain, enum got *worst)
{
	struct wanted w = { text_of(domain), false };
	enum got got = list_each(ev, a, list, domain, find_domain, &w);

	if (got != GOT_IT && *worst != GOT_WAIT && !w.found)
		*worst = got;
	return w.found;
}

/* --- mailboxes -------------------------------------------------------------------------------------- */

static void
fail_unlisted(struct evidence *ev, struct arena *a, const struct json *settings)
{
	struct json *tables = json_new_array(a);

	list_unlisted(a, setting_of(settings, "virtual_mailbox_maps"), tables);
	list_unlisted(a, setting_of(settings, "virtual_alias_maps"), tables);
	ev_fail(ev, "mailboxes", "unlisted", json_first(tables) == NULL ? "a table of mailboxes cannot be read" :
	    arena_printf(a, "%s cannot be listed", json_value_str(json_first(tables))));
}

/* Users of the system have mailboxes in every domain of mydestination: who they are nobody says. */
const struct json *
postfix_mailboxes(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *settings = ev_fact(ev, "settings", NULL);
	struct boxes b = { a, json_new_array(a), text_of(arg), NULL, true };
	enum got boxes, aliases, local_got = GOT_IT;
	bool local;

	(void)params;
	if (settings == NULL)
		return NULL;
	boxes = list_each(ev, a, setting_of(settings, "virtual_mailbox_maps"), "", boxes_add, &b);
	b.maps = false;
	aliases = list_each(ev, a, setting_of(settings, "virtual_alias_maps"), "", boxes_add, &b);
	local = is_in(ev, a, setting_of(settings, "mydestination"), arg, &local_got);
	if (boxes == GOT_WAIT || aliases == GOT_WAIT || local_got == GOT_WAIT)
		return NULL;
	if (local) {
		ev_fail(ev, "mailboxes", "unsupported", "the domain's mailboxes are the users of the system");
		return NULL;
	}
	if (boxes == GOT_NOT || aliases == GOT_NOT) {
		fail_unlisted(ev, a, settings);
		return NULL;
	}
	return b.list;
}

/* --- its mail ----------------------------------------------------------------------------------------- */

static void
put_signer(struct json *mail, const struct json *keys, int server)
{
	const struct json *first = json_first(json_get(keys, "keys"));

	json_put_str(mail, "selector", json_str(first, "selector"));
	if (server == 0)
		json_put_bool(mail, "dkim", false);
	else if (server == 1 && json_is_array(json_get(keys, "keys")))
		json_put_bool(mail, "dkim", first != NULL);
	else
		json_put_null(mail, "dkim");
}

struct json *
domain_mail(struct arena *a, const struct json *mail_server, int here, const char *catch_all, const struct json *keys)
{
	struct json *mail = json_new_object(a), *row;

	put_tristate(mail, "service", here);
	put_signer(mail, keys, json_tristate(mail_server, "dkim_signing"));
	if (catch_all != NULL) {
		row = json_put_object(mail, "catch_all");
		json_put_str(row, "kind", "forward");
		json_put_str(row, "target", catch_all);
	} else
		json_put_null(mail, "catch_all");
	json_put_str(mail, "routing", here == 1 ? "local" : here == 0 ? "remote" : NULL);
	json_put_null(mail, "sending");
	json_put_str(mail, "helo", json_str(mail_server, "helo"));
	json_put_null(mail, "limit");
	return mail;
}

const struct json *
postfix_domain_mail(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const lists[] = { "mydestination", "virtual_mailbox_domains", "virtual_alias_domains" };
	const struct json *settings = ev_fact(ev, "settings", NULL);
	const struct json *server = ev_fact(ev, "mail_server", NULL), *keys;
	struct boxes b = { a, json_new_array(a), text_of(arg), NULL, false };
	const struct ev_failure *why;
	enum got here_got = GOT_IT, aliases;
	bool here = false;

	(void)params;
	keys = ev_fact_any(ev, "dkim_key", arg, &why);
	if (settings == NULL || server == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		here |= is_in(ev, a, setting_of(settings, lists[i]), arg, &here_got);
	aliases = list_each(ev, a, setting_of(settings, "virtual_alias_maps"), arena_printf(a, "@%s", arg), boxes_add, &b);
	if ((keys == NULL && why == NULL) || aliases == GOT_WAIT || (!here && here_got == GOT_WAIT))
		return NULL;
	return domain_mail(a, server, here ? 1 : here_got == GOT_NOT ? -1 : 0, b.catch_all, keys);
}
