#include "engine/delist_form.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "engine/internal.h"
#include "store/journal.h"
#include "store/reports.h"

#define TEXT_MAX	2000
#define SHOWN_MAX	10	/* entries of the journal that a request names */
#define HISTORY_MAX	200

struct known {			/* NULL = not known */
	const char	*ip, *helo, *ptr, *since, *bounce, *mended;
};

static bool
is_check(const struct json *finding, const char *check)
{
	const char *name = json_str(finding, "check");

	return name != NULL && strcmp(name, check) == 0;
}

/* --- what is known --------------------------------------------------------------------------------------- */

/* The addresses that stand on this list; for a provider all that send. */
static bool
is_asked_for(const struct json *server, const char *address, const char *id)
{
	bool on_list = false;

	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *list = json_str(json_get(f, "data"), "list");

		if (list == NULL || strcmp(list, id) != 0 || !is_check(f, "blacklist"))
			continue;
		if (strcmp(json_str(f, "subject"), address) == 0)
			return true;
		on_list = true;
	}
	return !on_list;
}

static void
learn_addresses(struct known *k, struct arena *a, const struct json *server, const char *id)
{
	struct str ips = str_in(a, TEXT_MAX), names = str_in(a, TEXT_MAX);
	const char *last = NULL;

	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *subject = json_str(f, "subject");
		const struct json *data = json_get(f, "data");

		if (is_check(f, "helo") && json_str(data, "name") != NULL)
			k->helo = json_str(data, "name");
		if (!is_check(f, "ptr") || subject == NULL || (last != NULL && strcmp(last, subject) == 0) ||
		    strcmp(subject, "server") == 0 || !is_asked_for(server, subject, id))
			continue;
		last = subject;
		str_addf(&ips, "%s%s", ips.n == 0 ? "" : "; ", subject);
		for (const struct json *v = json_first(json_get(data, "names")); v != NULL; v = json_next(v))
			str_addf(&names, "%s%s", names.n == 0 ? "" : "; ", json_value_str(v));
	}
	k->ip = ips.n == 0 ? NULL : ips.p;
	k->ptr = names.n == 0 ? NULL : names.p;
}

const char *
delist_bounce(const struct json *server, const char *provider)
{
	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *id = json_str(f, "id"), *of = json_str(json_get(f, "data"), "provider");

		if (id != NULL && strcmp(id, "queue.rejected_for_reputation") == 0 && of != NULL &&
		    strcmp(of, provider) == 0)
			return json_str(json_get(f, "values"), "answer");
	}
	return NULL;
}

/* When did it begin?  The last change for the worse of what shows it. */
static void
learn_since(struct known *k, const struct delist_ask *q, struct arena *a, const char *check)
{
	struct err err;
	const struct json *list = store_history(q->engine->setup.store, a, q->scope, "server", "server",
	    HISTORY_MAX, &err);

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *after = json_str(v, "after");

		if (is_check(v, check) && after != NULL && (strcmp(after, "problem") == 0 ||
		    strcmp(after, "warning") == 0)) {
			k->since = json_str(v, "at");
			return;
		}
	}
}

/* What this program has put right, and what still stands: the newest entries. */
static void
learn_mended(struct known *k, const struct delist_ask *q, struct arena *a)
{
	struct journal_query query = { .page = 1, .per_page = SHOWN_MAX };
	struct journal_page page;
	struct str s = str_in(a, TEXT_MAX);
	struct err err;

	if (!store_journal_list(q->engine->setup.store, a, q->scope, &query, &page, &err))
		return;
	for (size_t i = 0; i < page.count; i++) {
		const struct store_entry *e = &page.entries[i];

		if (e->undone_by != 0 || e->undo_of != 0 || (strcmp(e->state, "verified") != 0 &&
		    strcmp(e->state, "applied") != 0))
			continue;
		str_addf(&s, "%s%s %s %s", s.n == 0 ? "" : "; ", time_str(a, e->at), e->fix, e->target);
	}
	k->mended = s.n == 0 ? NULL : s.p;
}

/* --- in words ----------------------------------------------------------------------------------------------- */

static const char *
say(const struct delist_ask *q, struct arena *a, const char *lang, const char *id,
    const struct catalog_value *values, size_t count)
{
	return catalog_text(q->engine->setup.catalog, a, lang, arena_printf(a, "delist.form.%s", id), values,
	    count);
}

static const char *
or_blank(const struct delist_ask *q, struct arena *a, const char *lang, const char *value, const char *blank)
{
	return value != NULL ? value : say(q, a, lang, arena_printf(a, "blank.%s", blank), NULL, 0);
}

static void
put_text(struct json *one, const char *key, const struct delist_ask *q, struct arena *a, const char *lang,
    const char *text, const struct known *k, const char *recipient)
{
	struct catalog_value values[] = {
		{ "recipient", recipient }, { "ip", or_blank(q, a, lang, k->ip, "ip") },
		{ "helo", or_blank(q, a, lang, k->helo, "helo") },
		{ "ptr", or_blank(q, a, lang, k->ptr, "ptr") },
		{ "since", or_blank(q, a, lang, k->since, "since") },
		{ "bounce", or_blank(q, a, lang, k->bounce, "bounce") },
		{ "cause", or_blank(q, a, lang, NULL, "cause") },
		{ "mended", or_blank(q, a, lang, k->mended, "mended") },
		{ "contact", or_blank(q, a, lang, NULL, "contact") },
	};

	json_put_str(one, key, say(q, a, lang, text, values, sizeof(values) / sizeof(values[0])));
}

static void
put_form(struct json *list, const struct delist_ask *q, struct arena *a, const struct known *k,
    const char *recipient, const char *name)
{
	struct json *one = json_add_object(list), *fields;

	json_put_str(one, "recipient_domain", recipient);
	put_text(one, "subject", q, a, q->lang, "subject", k, recipient != NULL ? recipient : name);
	put_text(one, "text", q, a, q->lang, "text", k, recipient != NULL ? recipient : name);
	put_text(one, "text_en", q, a, "en", "text", k, recipient != NULL ? recipient : name);
	fields = json_put_object(one, "fields");
	json_put_str(fields, "ip", k->ip);
	json_put_str(fields, "helo", k->helo);
	json_put_str(fields, "ptr", k->ptr);
	json_put_str(fields, "since", k->since);
	json_put_str(fields, "bounce", k->bounce);
	json_put_str(fields, "mended", k->mended);
}

struct json *
delist_forms(const struct delist_ask *q, struct arena *a, const char *id)
{
	const struct data *data = q->engine->setup.rules->data;
	const struct provider *provider = data_provider(data, id);
	const struct blacklist *list = data_blacklist(data, id);
	struct json *forms = json_new_array(a);
	struct known k = { 0 };

	learn_addresses(&k, a, q->server, id);
	k.bounce = q->bounce != NULL || provider == NULL ? q->bounce : delist_bounce(q->server, id);
	learn_since(&k, q, a, provider != NULL ? "queue" : "blacklist");
	learn_mended(&k, q, a);
	/* Microsoft's form is asked twice: each domain is judged by itself. */
	if (provider != NULL && strcmp(provider->id, "outlook_com") == 0) {
		put_form(forms, q, a, &k, "hotmail.com", provider->name);
		put_form(forms, q, a, &k, "outlook.com", provider->name);
	} else
		put_form(forms, q, a, &k, NULL, provider != NULL ? provider->name :
		    list != NULL ? list->name : id);
	return forms;
}
