#include "engine/delist.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/delist_conditions.h"
#include "engine/delist_form.h"
#include "engine/internal.h"
#include "mail/data.h"
#include "store/bounces.h"
#include "store/delist.h"

#define WAIT_S		(48 * 3600)	/* the same request twice within two days does harm */

/* --- whom to ask -------------------------------------------------------------------------------- */

/* Both dates that speak against asking now: two days since the last time, and the one written down. */
static const char *
next_date(struct arena *a, const struct json *requests)
{
	const struct json *last = json_first(requests);
	int64_t at = 0, said = 0;

	if (last == NULL || !time_parse(text_of(json_str(last, "at")), &at))
		return NULL;
	at += WAIT_S;
	if (json_str(last, "next_at") != NULL && time_parse(text_of(json_str(last, "next_at")), &said) && said > at)
		at = said;
	return time_str(a, at);
}

static bool
put_requests(const struct gate *g, struct json *one, const char *id, struct err *err)
{
	struct store *store = g->engine->setup.store;
	struct json *requests = store_delist_requests(store, g->arena, id, err), *override;

	if (requests == NULL)
		return false;
	json_put_copy(one, "requests", requests);
	json_put_str(one, "next_at", next_date(g->arena, requests));
	override = store_delist_overridden(store, g->arena, id, err);
	if (override == NULL && err->code != ERR_NOT_FOUND)
		return false;
	json_put_copy(one, "override", override);
	return true;
}

static const char *
words(const struct gate *g, const char *stem, const char *id)
{
	const char *text_id = arena_printf(g->arena, "%s.%s", stem, id);

	return catalog_raw(g->engine->setup.catalog, g->lang, text_id) != NULL ?
	    catalog_text(g->engine->setup.catalog, g->arena, g->lang, text_id, NULL, 0) : id;
}

/* Is mail to this provider being refused?  Only a bounce tells; none is no news. */
static bool
put_provider(const struct gate *g, struct json *list, const struct provider *p, struct err *err)
{
	struct json *one = json_add_object(list), *needs;

	json_put_str(one, "id", p->id);
	json_put_str(one, "name", p->name);
	if (delist_bounce(g->server, p->id) != NULL)
		json_put_bool(one, "listed", true);
	else
		json_put_null(one, "listed");
	json_put_str(one, "url", engine_link(g->engine, p->id));
	json_put_str(one, "email", p->delist.email);
	needs = json_put_array(one, "needs");
	for (size_t i = 0; i < p->delist.needs.count; i++)
		json_add_str(needs, words(g, "delist.need", p->delist.needs.v[i]));
	json_put_bool(one, "pay", false);
	return put_requests(g, one, p->id, err);
}

static bool
put_list(const struct gate *g, struct json *list, const struct blacklist *b, bool listed, const char *address,
    struct err *err)
{
	struct json *one = json_add_object(list);

	json_put_str(one, "id", b->id);
	json_put_str(one, "name", b->name);
	if (listed)
		json_put_bool(one, "listed", true);
	else
		json_put_null(one, "listed");
	json_put_str(one, "address", address);
	json_put_str(one, "url", b->pay ? NULL : engine_link(g->engine, b->id));
	json_put_null(one, "email");
	json_put_array(one, "needs");
	json_put_bool(one, "pay", b->pay);
	json_put_str(one, "advice", b->advice == NULL ? NULL : words(g, "blacklist.advice", b->advice));
	return put_requests(g, one, b->id, err);
}

/* Lists that the last server report names; those that ask for money too, to say: never. */
static bool
put_listings(const struct gate *g, struct json *list, struct err *err)
{
	for (const struct json *f = json_first(json_get(g->server, "findings")); f != NULL; f = json_next(f)) {
		const char *id = json_str(f, "id"), *name = json_str(json_get(f, "data"), "list");
		const struct blacklist *b;

		if (id == NULL || name == NULL || (strcmp(id, "blacklist.listed") != 0 &&
		    strcmp(id, "blacklist.pay_to_delist") != 0))
			continue;
		if ((b = data_blacklist(g->engine->setup.rules->data, name)) != NULL &&
		    !put_list(g, list, b, true, json_str(f, "subject"), err))
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
	struct gate g;

	if (!gate_make(&g, e, a, lang, scope, NULL, err))
		return NULL;
	json_put_bool(answer, "ready", g.ready);
	json_put_copy(answer, "conditions", g.conditions);
	list = json_put_array(answer, "providers");
	if (!put_listings(&g, list, err))
		return NULL;
	for (const struct provider *p = next_provider(data, 0); p != NULL; p = next_provider(data, p->order))
		if (!put_provider(&g, list, p, err))
			return NULL;
	for (size_t i = 0; i < data->provider_count; i++)
		if (data->providers[i].order <= 0 && (data->providers[i].delist.url != NULL ||
		    data->providers[i].delist.email != NULL) && !put_provider(&g, list, &data->providers[i], err))
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
engine_delist_gate(struct engine *e, struct arena *a, const struct store_scope *scope, const char *provider,
    const struct json *server)
{
	struct delist_gate gate = { .state = GATE_UNKNOWN };
	const struct json *v;
	bool unknown = false;
	struct gate g;
	struct err err;

	if (provider != NULL && e->setup.store != NULL &&
	    store_delist_overridden(e->setup.store, a, provider, &err) != NULL) {
		gate.state = GATE_OPEN;
		return gate;
	}
	if (!gate_make(&g, e, a, "en", scope, server, &err))
		return gate;
	for (v = json_first(g.conditions); v != NULL; v = json_next(v)) {
		unknown = unknown || json_tristate(v, "met") < 0;
		if (json_tristate(v, "met") != 0)
			continue;
		gate.state = GATE_CLOSED;
		gate.condition = json_str(v, "id");
		if (json_first(json_get(v, "findings")) != NULL)
			gate.needs = fix_of(a, json_value_str(json_first(json_get(v, "findings"))));
		return gate;
	}
	if (!unknown && g.ready)
		gate.state = GATE_OPEN;
	return gate;
}

/* --- one of them -------------------------------------------------------------------------------- */

const char *
engine_delist_id(struct engine *e, struct arena *a, const char *name)
{
	const struct data *data = e->setup.rules->data;
	const struct provider *p = data_provider(data, name);
	const struct blacklist *b = p != NULL ? NULL : data_blacklist(data, name);

	if (p == NULL && b == NULL)
		p = data_provider_by_domain(data, name);
	if (p == NULL && b == NULL)		/* as people say: hotmail */
		p = data_provider_by_domain(data, arena_printf(a, "%s.com", name));
	return p != NULL ? p->id : b != NULL ? b->id : NULL;
}

/* The configuration's links stand over those of the data: portals move. */
const char *
engine_link(struct engine *e, const char *id)
{
	const struct data *data = e->setup.rules->data;
	const struct provider *hotmail = data_provider(data, "outlook_com"), *p = data_provider(data, id);
	const struct blacklist *b = data_blacklist(data, id);
	const struct outside_link *l = data_link(data, id);
	const char *url = json_str(e->setup.links, id);

	if (url != NULL && url[0] != '\0')
		return url;
	if (p != NULL)
		return p->delist.url;
	if (b != NULL)
		return b->removal_url;
	if (l != NULL)			/* these can be taken away */
		return url != NULL ? NULL : l->url;
	if (hotmail == NULL)
		return NULL;
	if (strcmp(id, "snds") == 0 || strcmp(id, "jmrp") == 0)		/* one portal since 2026 */
		return hotmail->reputation.url;
	return strcmp(id, "hotmail_form") == 0 ? hotmail->delist.url : NULL;
}

struct json *
engine_outside(struct engine *e, struct arena *a, const char *place)
{
	const struct data *data = e->setup.rules->data;
	struct json *list = json_new_array(a), *one;

	for (size_t i = 0; i < data->link_count; i++) {
		const char *url = strcmp(data->links[i].place, place) == 0 ? engine_link(e, data->links[i].id) : NULL;

		if (url == NULL)
			continue;
		one = json_add_object(list);
		json_put_str(one, "id", data->links[i].id);
		json_put_str(one, "name", data->links[i].name);
		json_put_str(one, "url", url);
	}
	return list;
}

bool
engine_delist_knows(struct engine *e, const char *provider)
{
	const struct data *data = e->setup.rules->data;

	return data_provider(data, provider) != NULL || data_blacklist(data, provider) != NULL;
}

bool
delist_by_itself(const struct blacklist *b)
{
	return b->removal != NULL && (strcmp(b->removal, "auto") == 0 || strcmp(b->removal, "none") == 0);
}

/* Why nothing is asked for (text id), or NULL. */
static const char *
refusal(const struct gate *g, const struct blacklist *b, const struct json *override)
{
	if (b != NULL && b->pay)
		return "never_pay";
	if (b != NULL && delist_by_itself(b))
		return "nothing_to_ask";
	return g->ready || json_is_object(override) ? NULL : "not_ready";
}

static bool
is_listed(const struct gate *g, const char *id)
{
	for (const struct json *f = json_first(json_get(g->server, "findings")); f != NULL; f = json_next(f)) {
		const char *list = json_str(json_get(f, "data"), "list");

		if (list != NULL && strcmp(list, id) == 0)
			return true;
	}
	return false;
}

/* The kept bounce that is meant, or NULL: none was chosen and the queue, or nobody, has words. */
static bool
choose_bounce(const struct gate *g, const struct json *bounces, const char *id, int64_t number, const struct json **ret,
    struct err *err)
{
	*ret = NULL;
	if (number == 0) {
		*ret = delist_bounce(g->server, id) == NULL ? json_first(bounces) : NULL;
		return true;
	}
	for (const struct json *b = json_first(bounces); b != NULL && *ret == NULL; b = json_next(b))
		if (json_int(b, "bounce", 0) == number)
			*ret = b;
	return *ret != NULL || err_set(err, ERR_NOT_FOUND, "%s: no bounce %lld is kept", id, (long long)number);
}

struct json *
engine_delist_start(struct engine *e, struct arena *a, const char *lang, const struct store_scope *scope,
    const char *provider, int64_t bounce, struct err *err)
{
	const char *id = engine_delist_id(e, a, provider), *why;
	const struct blacklist *b;
	struct json *list = json_new_array(a), *answer, *refused;
	const struct json *bounces, *chosen;
	struct gate g;

	if (id == NULL) {
		err_set(err, ERR_VALUE, "%s: neither a provider nor a list that is known", provider);
		return NULL;
	}
	b = data_provider(e->setup.rules->data, id) != NULL ? NULL : data_blacklist(e->setup.rules->data, id);
	if (!gate_make(&g, e, a, lang, scope, NULL, err) || !(b != NULL ?
	    put_list(&g, list, b, is_listed(&g, id), NULL, err) :
	    put_provider(&g, list, data_provider(e->setup.rules->data, id), err)) ||
	    (bounces = store_bounces(e->setup.store, a, scope, id, err)) == NULL ||
	    !choose_bounce(&g, bounces, id, bounce, &chosen, err))
		return NULL;
	answer = json_edit_first(list);
	json_put_bool(answer, "ready", g.ready);
	json_put_copy(answer, "conditions", g.conditions);
	json_put_copy(answer, "bounces", bounces);
	json_put_copy(answer, "bounce", json_get(chosen, "bounce"));
	if ((why = refusal(&g, b, json_get(answer, "override"))) != NULL) {
		refused = json_put_object(answer, "refused");
		json_put_str(refused, "code", why);
		json_put_str(refused, "text", words(&g, "delist.refused", why));
		json_put_null(answer, "url");
		json_put_null(answer, "email");
		json_put_array(answer, "forms");
	} else {
		struct delist_ask ask = { e, lang, scope, g.server, json_str(chosen, "answer") };

		json_put_null(answer, "refused");
		json_put_copy(answer, "forms", delist_forms(&ask, a, id));
	}
	*err = (struct err){ 0 };
	return answer;
}
