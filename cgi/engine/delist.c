#include "engine/delist.h"

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "mail/data.h"
#include "store/delist.h"
#include "store/domains.h"
#include "store/reports.h"

/* Which checks decide a condition. */
static const struct { const char *condition, *check; } rows[] = {
	{ "identity", "helo" }, { "identity", "ptr" }, { "identity", "egress" },
	{ "identity", "dkim_server" }, { "identity", "spf" }, { "identity", "dkim" },
	{ "not_compromised", "queue" }, { "not_compromised", "antivirus" },
	{ "not_compromised", "wordpress" },
	{ "contact_mailboxes", "role_mailboxes" },
};

static const char *const conditions[] = { "identity", "not_compromised", "contact_mailboxes" };

#define CONDITIONS	(sizeof(conditions) / sizeof(conditions[0]))

struct judged {
	bool		 broken, unknown;
	struct json	*findings;
};

/* The check of "spf.missing". */
static bool
is_of(const char *finding, const char *check)
{
	size_t n = strlen(check);

	return strncmp(finding, check, n) == 0 && finding[n] == '.';
}

static bool
decides(const char *condition, const char *finding)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].condition, condition) == 0 && is_of(finding, rows[i].check))
			return true;
	return false;
}

/* A problem breaks a condition, and so do missing contact addresses, a mere warning elsewhere. */
static void
judge(struct judged *j, struct arena *a, const char *id, const char *verdict, const char *subject)
{
	if (verdict == NULL)
		return;
	if (strcmp(verdict, "unknown") == 0)
		j->unknown = true;
	else if (strcmp(verdict, "problem") == 0 || strcmp(id, "role_mailboxes.missing") == 0)
		j->broken = true;
	else
		return;
	json_add_str(j->findings, subject == NULL ? id : arena_printf(a, "%s@%s", id, subject));
}

static const char *
verdict_of(const char *id)
{
	const struct finding_row *row = finding_row_find(id, NULL);
	size_t n = strlen(id);

	if (row != NULL)
		return verdict_word(row->verdict);
	return n > 8 && strcmp(id + n - 8, ".unknown") == 0 ? "unknown" : NULL;
}

/* A server check that left no word in the report was not made: nothing is known then. */
static bool
all_looked_at(const char *condition, const struct json *server)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct check *check = check_find(rows[i].check);
		bool there = false;

		if (strcmp(rows[i].condition, condition) != 0 ||
		    (check != NULL && check->scope != SCOPE_SERVER && check->scope != SCOPE_ADDRESS))
			continue;
		for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f))
			there = there || strcmp(json_str(f, "check"), rows[i].check) == 0;
		if (!there)
			return false;
	}
	return true;
}

static void
put_conditions(struct json *answer, struct arena *a, const struct json *server, const struct json *domains,
    bool never)
{
	struct json *list = json_put_array(answer, "conditions");
	bool ready = server != NULL;

	for (size_t i = 0; i < CONDITIONS; i++) {
		struct judged j = { .findings = json_new_array(a) };
		struct json *one = json_add_object(list);

		for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
			const char *id = json_str(f, "id");

			if (id != NULL && decides(conditions[i], id))
				judge(&j, a, id, json_str(f, "verdict"), json_str(f, "subject"));
		}
		for (const struct json *v = json_first(domains); v != NULL; v = json_next(v))
			if (decides(conditions[i], json_key(v)) && json_value_int(v, 0) > 0)
				judge(&j, a, json_key(v), verdict_of(json_key(v)), NULL);
		/* Domains that were never checked may hide anything. */
		j.unknown = j.unknown || never || !all_looked_at(conditions[i], server);
		json_put_str(one, "id", conditions[i]);
		if (j.broken)
			json_put_bool(one, "met", false);
		else if (j.unknown || server == NULL)
			json_put_null(one, "met");
		else
			json_put_bool(one, "met", true);
		json_put_copy(one, "findings", j.findings);
		ready = ready && !j.broken && !j.unknown;
	}
	json_put_bool(answer, "ready", ready);
}

/* --- providers ---------------------------------------------------------------------------------- */

static bool
put_requests(struct engine *e, struct arena *a, struct json *one, const char *id, struct err *err)
{
	struct json *requests = store_delist_requests(e->setup.store, a, id, err), *override;

	if (requests == NULL)
		return false;
	json_put_copy(one, "requests", requests);
	override = store_delist_overridden(e->setup.store, a, id, err);
	if (override == NULL && err->code != ERR_NOT_FOUND)
		return false;
	json_put_copy(one, "override", override);
	return true;
}

static const char *
need_text(struct engine *e, struct arena *a, const char *lang, const char *need)
{
	const char *id = arena_printf(a, "delist.need.%s", need);

	return catalog_raw(e->setup.catalog, lang, id) != NULL ?
	    catalog_text(e->setup.catalog, a, lang, id, NULL, 0) : need;
}

static bool
put_provider(struct engine *e, struct arena *a, const char *lang, struct json *list,
    const struct provider *p, struct err *err)
{
	struct json *one = json_add_object(list), *needs;

	json_put_str(one, "id", p->id);
	json_put_str(one, "name", p->name);
	json_put_null(one, "listed");		/* they publish no list: only a bounce tells */
	json_put_str(one, "url", p->delist.url);
	json_put_str(one, "email", p->delist.email);
	needs = json_put_array(one, "needs");
	for (size_t i = 0; i < p->delist.needs.count; i++)
		json_add_str(needs, need_text(e, a, lang, p->delist.needs.v[i]));
	return put_requests(e, a, one, p->id, err);
}

/* Lists that the last server report names. */
static bool
put_listings(struct engine *e, struct arena *a, struct json *list, const struct json *server,
    struct err *err)
{
	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *id = json_str(f, "id"), *name = json_str(json_get(f, "data"), "list");
		const struct blacklist *known;
		struct json *one;

		if (id == NULL || strcmp(id, "blacklist.listed") != 0 || name == NULL)
			continue;
		known = data_blacklist(e->setup.rules->data, name);
		one = json_add_object(list);
		json_put_str(one, "id", name);
		json_put_str(one, "name", known != NULL ? known->name : name);
		json_put_bool(one, "listed", true);
		json_put_copy(one, "address", json_get(f, "subject"));
		json_put_copy(one, "url", json_get(json_get(f, "data"), "removal_url"));
		json_put_null(one, "email");
		json_put_array(one, "needs");
		if (!put_requests(e, a, one, name, err))
			return false;
	}
	return true;
}

/* In the guide's order: Hotmail, Gmail, Yahoo, then the others. */
static const struct provider *
next_provider(const struct data *data, int64_t after)
{
	const struct provider *best = NULL;

	for (size_t i = 0; i < data->provider_count; i++) {
		const struct provider *p = &data->providers[i];

		if (p->order > after && (best == NULL || p->order < best->order))
			best = p;
	}
	return best;
}

struct json *
engine_delist(struct engine *e, struct arena *a, const char *lang, const struct store_scope *scope,
    struct err *err)
{
	const struct data *data = e->setup.rules->data;
	struct json *answer = json_new_object(a), *list;
	const struct json *server, *domains, *counts;

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	server = store_report_get(e->setup.store, a, scope, "server", "server", err);
	if (server == NULL && err->code != ERR_NOT_FOUND)
		return NULL;
	if ((domains = store_domains_findings(e->setup.store, a, scope, err)) == NULL ||
	    (counts = store_domains_counts(e->setup.store, a, scope, err)) == NULL)
		return NULL;
	put_conditions(answer, a, server, domains, json_int(counts, "never", 0) > 0);
	list = json_put_array(answer, "providers");
	if (!put_listings(e, a, list, server, err))
		return NULL;
	for (const struct provider *p = next_provider(data, 0); p != NULL; p = next_provider(data, p->order))
		if (!put_provider(e, a, lang, list, p, err))
			return NULL;
	for (size_t i = 0; i < data->provider_count; i++)
		if (data->providers[i].order <= 0 && data->providers[i].delist.url != NULL &&
		    !put_provider(e, a, lang, list, &data->providers[i], err))
			return NULL;
	*err = (struct err){ 0 };
	return answer;
}

/* The fix of a finding "ID@SUBJECT"; NULL = none. */
static const char *
fix_of(struct arena *a, const char *reference)
{
	struct text rest = text_of(reference), id;
	const struct finding_row *row;

	if (!text_split(&rest, '@', &id) || (row = finding_row_find(text_cstr(a, id), NULL)) == NULL)
		return NULL;
	return row->fixes[0];
}

struct delist_gate
engine_delist_gate(struct engine *e, struct arena *a, const struct store_scope *scope, const char *provider)
{
	struct delist_gate gate = { .state = GATE_UNKNOWN };
	const struct json *status, *v;
	bool unknown = false;
	struct err err;

	if (provider != NULL && e->setup.store != NULL &&
	    store_delist_overridden(e->setup.store, a, provider, &err) != NULL) {
		gate.state = GATE_OPEN;
		return gate;
	}
	if ((status = engine_delist(e, a, "en", scope, &err)) == NULL)
		return gate;
	for (v = json_first(json_get(status, "conditions")); v != NULL; v = json_next(v)) {
		unknown = unknown || json_tristate(v, "met") < 0;
		if (json_tristate(v, "met") != 0)
			continue;
		gate.state = GATE_CLOSED;
		gate.condition = json_str(v, "id");
		if (json_first(json_get(v, "findings")) != NULL)
			gate.needs = fix_of(a, json_value_str(json_first(json_get(v, "findings"))));
		return gate;
	}
	if (!unknown && json_bool(status, "ready", false))
		gate.state = GATE_OPEN;
	return gate;
}

bool
engine_delist_knows(struct engine *e, const char *provider)
{
	const struct data *data = e->setup.rules->data;

	return data_provider(data, provider) != NULL || data_blacklist(data, provider) != NULL;
}
