#include "engine/plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "engine/canonical.h"
#include "engine/copy.h"
#include "engine/delist.h"
#include "engine/identity.h"
#include "engine/internal.h"
#include "store/digest.h"
#include "store/plans.h"

#define MESSAGE_MAX	(64 * 1024)

/* --- what is it about ----------------------------------------------------------------------------- */

static bool
domain_of(struct arena *a, struct text t, struct name *ret, struct err *err)
{
	return name_from_person(a, t, ret, err) && (name_labels(*ret) >= 2 ||
	    err_set(err, ERR_VALUE, "'%s' is no domain", ret->s));
}

static bool
asker_may(const void *rights, const char *ascii)
{
	return rights_domain(rights, ascii);
}

const char *
queue_key(const char *subject)
{
	static const char *const bys[] = { "script:", "account:", "sender:" };

	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++)
		if (text_starts(text_of(subject), bys[i]))
			return subject + strlen(bys[i]);
	return subject;
}

const char *
site_target(struct arena *a, const char *thing, bool (*own)(const void *ctx, const char *ascii), const void *ctx,
    struct name *domain)
{
	struct text rest = text_of(thing), part;
	size_t at;

	if (thing[0] != '/') {
		if (!text_find(rest, TEXT("/"), &at))
			at = rest.n;
		if (!name_from_person(a, text_head(rest, at), domain, NULL) || name_labels(*domain) < 2)
			return NULL;
		return arena_printf(a, "%s%s", domain->s, thing + at);
	}
	while (text_split(&rest, '/', &part)) {
		if (rest.n == 0 || !text_find(part, TEXT("."), &at) || !name_parse(a, part, domain) ||
		    name_labels(*domain) < 2 || (own != NULL && !own(ctx, domain->s)))
			continue;
		return arena_printf(a, "%s/%s", domain->s, rest.p);
	}
	return NULL;
}

static bool
aim_mailbox(struct arena *a, const char *target, struct plan_order *o, struct err *err)
{
	const char *at = strrchr(target, '@'), *address;

	if (at == NULL) {
		/* The domain, with the address as parameter. */
		for (size_t i = 0; i < o->param_count; i++) {
			if (strcmp(o->params[i].name, "address") != 0)
				continue;
			address = o->params[i].value;
			if ((at = strrchr(address, '@')) == NULL)
				return err_set(err, ERR_VALUE, "'%s' is no mail address", address);
			struct name given;

			if (!domain_of(a, text_of(target), &given, err) || !aim_mailbox(a, address, o, err))
				return false;
			return name_eq(given, o->domain) ||
			    err_set(err, ERR_VALUE, "'%s' is not in %s", address, target);
		}
		return err_set(err, ERR_VALUE, "'%s' is no mail address", target);
	}
	if (at == target || !domain_of(a, text_of(at + 1), &o->domain, err))
		return err_set(err, ERR_VALUE, "'%s' is no mail address", target);
	o->mailbox = arena_printf(a, "%.*s@%s", (int)(at - target), target, o->domain.s);
	o->target = o->mailbox;
	o->tenant = o->domain.s;
	return true;
}

static bool
aim_site(struct arena *a, const struct rights *rights, const char *target, struct plan_order *o, struct err *err)
{
	o->site = site_target(a, queue_key(target), asker_may, rights, &o->domain);
	if (o->site == NULL)
		return err_set(err, ERR_VALUE, "'%s' is no site: DOMAIN/path", target);
	o->target = o->site;
	o->tenant = o->domain.s;
	return true;
}

static bool
aim(struct arena *a, const struct rights *rights, const char *target, struct plan_order *o, struct err *err)
{
	switch (o->fix->scope) {
	case SCOPE_DOMAIN:
		if (!domain_of(a, text_of(target), &o->domain, err))
			return false;
		o->target = o->tenant = o->domain.s;
		return true;
	case SCOPE_MAILBOX:
		return aim_mailbox(a, queue_key(target), o, err);
	case SCOPE_SITE:
		return aim_site(a, rights, target, o, err);
	case SCOPE_ADDRESS:
		if (ip_parse(text_of(target), &o->address)) {
			o->target = ip_str(a, o->address);
			return true;
		}
		if (!domain_of(a, text_of(target), &o->domain, err))
			return false;
		o->target = o->domain.s;
		return true;
	case SCOPE_SERVER:
		if (strcmp(target, "server") != 0)
			return err_set(err, ERR_VALUE, "the target of this fix is 'server'");
		o->target = "server";
		return true;
	}
	return false;
}

static bool
is_param(const struct fix *fix, const char *name)
{
	for (size_t i = 0; i < FIX_PARAMS_MAX && fix->params[i] != NULL; i++)
		if (strcmp(fix->params[i], name) == 0)
			return true;
	return false;
}

bool
plan_aim(struct arena *a, const struct rights *rights, const char *fix, const char *target,
    const struct fix_param *params, size_t count, struct plan_order *ret, struct err *err)
{
	struct plan_order o = { .fix = fix_find(fix), .params = params, .param_count = count };

	if (o.fix == NULL)
		return err_set(err, ERR_VALUE, "there is no fix '%s'", fix);
	if ((o.fix->roles & rights_role(rights)) == 0)
		return err_set(err, ERR_NOT_FOUND, "%s is not for this role", fix);
	for (size_t i = 0; i < count; i++)
		if (!is_param(o.fix, params[i].name))
			return err_set(err, ERR_VALUE, "%s has no parameter '%s'", fix, params[i].name);
	if (!aim(a, rights, target, &o, err))
		return false;
	if (o.tenant != NULL && !rights_domain(rights, o.tenant))
		return err_set(err, ERR_NOT_FOUND, "%s: there is no such domain here", target);
	*ret = o;
	return true;
}

/* --- the question --------------------------------------------------------------------------------- */

static void
put_values_at(struct json *into, const char *key, const struct finding_value *values, size_t count)
{
	struct json *object = json_put_object(into, key);

	for (size_t i = 0; i < count; i++)
		if (values[i].name != NULL)
			json_put_text(object, values[i].name, text_of(values[i].value));
}

static void
put_values(struct json *into, const struct finding_value *values, size_t count)
{
	put_values_at(into, "values", values, count);
}

static void
put_refused(struct json *plan, enum refused refused, const char *text_id,
    const struct finding_value *values, size_t count, const char *needs)
{
	struct json *r;

	if (refused == REFUSED_NO) {
		json_put_null(plan, "refused");
		return;
	}
	r = json_put_object(plan, "refused");
	json_put_str(r, "code", refused_word(refused));
	json_put_str(r, "text_id", text_id != NULL ? text_id : "fix.refused.unknown");
	put_values(r, values, count);
	json_put_str(r, "needs", needs);
}

static struct json *
plan_begin(struct planning *p)
{
	struct json *plan = json_new_object(p->arena), *list;
	const struct fix *fix = p->order.fix;

	json_put_str(plan, "fix", fix->id);
	json_put_str(plan, "target", p->order.target);
	json_put_str(plan, "domain", p->order.tenant);
	list = json_put_object(plan, "params");
	for (size_t i = 0; i < p->order.param_count; i++)
		json_put_text(list, p->order.params[i].name, text_of(p->order.params[i].value));
	json_put_array(plan, "changes");
	json_put_array(plan, "alternatives");
	list = json_put_array(plan, "checks_after");
	for (size_t i = 0; i < sizeof(fix->checks_after) / sizeof(fix->checks_after[0]); i++)
		if (fix->checks_after[i] != NULL)
			json_add_str(list, fix->checks_after[i]);
	json_put_array(plan, "copies");
	json_put_array(plan, "remove");
	return plan;
}

/* One click only where this panel has a row for every change, and the fix says so. */
static enum fix_mode
mode_of(const struct engine *e, const struct plan_run *r)
{
	if (r->fix->request)
		return MODE_REQUEST;
	if (e->setup.panel == NULL || (r->fix->panels & panel_bit_of(e->setup.rules->panel_kind)) == 0)
		return r->mode == MODE_REQUEST ? MODE_REQUEST : MODE_COPY;
	for (size_t i = 0; i < r->change_count; i++)
		if (panel_change_find(e->setup.panel, &r->changes[i]) == NULL)
			return MODE_COPY;
	return r->mode;
}

static void
put_changes(struct json *plan, const struct plan_run *r, struct arena *a)
{
	for (size_t i = 0; i < r->change_count; i++) {
		change_to_json(json_add_object(json_edit(plan, "changes")), &r->changes[i]);
		if (r->mode == MODE_ONE_CLICK || r->changes[i].kind != CHANGE_RRSET)
			continue;
		copy_add(json_edit(plan, "copies"), a, &r->changes[i]);
		copy_add_removed(json_edit(plan, "remove"), a, &r->changes[i]);
	}
	json_put_str(plan, "copy_text", r->copy_text);
	if (r->copy_text_id != NULL) {
		json_put_str(plan, "copy_text_id", r->copy_text_id);
		put_values_at(plan, "copy_values", r->copy_values,
		    sizeof(r->copy_values) / sizeof(r->copy_values[0]));
	}
	if (r->mode != MODE_ONE_CLICK) {
		json_put_str(plan, "where_id", r->copy_where_id);
		json_put_str(plan, "operator", r->copy_operator);
	}
}

static void
put_alternatives(struct json *plan, const struct plan_run *r)
{
	for (size_t i = 0; i < r->alternative_count; i++) {
		const struct alternative *alt = &r->alternatives[i];
		struct json *one = json_add_object(json_edit(plan, "alternatives"));

		json_put_str(one, "text_id", alt->text_id);
		put_values(one, alt->values, sizeof(alt->values) / sizeof(alt->values[0]));
		json_put_str(one, "refused_id", alt->refused_id);
	}
}

/* The other way that comes to mind with every use of this fix: each has one in the catalogue. */
static void
put_considered(struct json *plan, const struct plan_run *r)
{
	struct json *one = json_add_object(json_edit(plan, "alternatives"));

	json_put_str(one, "text_id", arena_printf(r->arena, "fix.considered.%s.way", r->fix->id));
	put_values(one, NULL, 0);
	json_put_str(one, "refused_id", arena_printf(r->arena, "fix.considered.%s.why", r->fix->id));
}

static void
plan_put(struct planning *p, struct plan_run *r)
{
	struct json *plan = plan_begin(p);
	bool no_undo = r->fix->no_undo;

	r->mode = mode_of(p->engine, r);
	if (r->refused == REFUSED_NO && r->change_count == 0 && r->copy_text == NULL &&
	    r->copy_text_id == NULL)
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.refused.not_needed");
	put_refused(plan, r->refused, r->refused_id, r->refused_values,
	    sizeof(r->refused_values) / sizeof(r->refused_values[0]), r->needs);
	json_put_str(plan, "mode", fix_mode_word(r->mode));
	if (r->refused == REFUSED_NO)
		put_changes(plan, r, p->arena);
	put_alternatives(plan, r);
	/* Also where this way is closed: people then look for the next one. */
	if (r->refused == REFUSED_NO || r->refused == REFUSED_WOULD_BREAK || r->refused == REFUSED_NEEDS_FIRST)
		put_considered(plan, r);
	for (size_t i = 0; i < r->change_count; i++)
		no_undo = no_undo || !panel_can_undo(p->engine->setup.panel, &r->changes[i]);
	json_put_bool(plan, "no_undo", no_undo);
	json_put_bool(plan, "public_differs", r->public_differs);
	p->plan = plan;
}

bool
plan_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct planning *p = ctx;
	struct plan_run *r = arena_zalloc(a, sizeof(*r));
	struct activation act;

	r->arena = a;
	r->ev = ev;
	r->rules = p->engine->setup.rules;
	r->options = arena_zalloc(a, sizeof(*r->options));
	r->now = evidence_now(ev);
	r->fix = p->order.fix;
	r->domain = p->order.domain;
	r->address = p->order.address;
	r->mailbox = p->order.mailbox;
	r->site = p->order.site;
	r->params = p->order.params;
	r->param_count = p->order.param_count;
	r->gate = p->gate;
	r->may = asker_may;
	r->may_ctx = p->rights;
	r->may_all = rights_admin(p->rights);
	r->mode = r->fix->request ? MODE_REQUEST :
	    (r->fix->panels & panel_bit_of(r->rules->panel_kind)) != 0 ? MODE_ONE_CLICK : MODE_COPY;
	evidence_begin(ev, &act);
	r->fix->plan(r);
	evidence_end(ev, &act);
	if (act.waiting > 0)
		return false;
	if (act.failure.key != NULL && r->refused == REFUSED_NO) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.refused.unknown");
		plan_refuse_value(r, "reason", act.failure.reason);
		plan_refuse_value(r, "evidence", act.failure.key);
	}
	plan_put(p, r);
	return true;
}

void
plan_unknown(struct planning *p)
{
	static const struct finding_value late[] = { { "reason", "limit" }, { "evidence", "" } };

	p->plan = plan_begin(p);
	put_refused(p->plan, REFUSED_UNKNOWN, "fix.refused.unknown", late, 2, NULL);
	json_put_str(p->plan, "mode", fix_mode_word(MODE_COPY));
}

/* --- id, hash, store ----------------------------------------------------------------------------- */

void
plan_seal(struct arena *a, struct json *plan)
{
	struct json *what = json_new_object(a);
	char id[ID_HEX_MAX], hash[DIGEST_HEX_MAX];

	/* What the person agrees to: these changes, of this thing, by this fix. */
	json_put_copy(what, "fix", json_get(plan, "fix"));
	json_put_copy(what, "target", json_get(plan, "target"));
	json_put_copy(what, "params", json_get(plan, "params"));
	json_put_copy(what, "changes", json_get(plan, "changes"));
	json_put_str(plan, "plan", id_new(id));
	json_put_str(plan, "hash", digest_hex(text_of(json_canonical(a, what)), hash));
}

struct store_plan
plan_row(struct json *plan, const struct rights *rights, const char *bulk, int64_t now)
{
	const struct identity *who = rights_identity(rights);

	return (struct store_plan){ .id = json_str(plan, "plan"), .hash = json_str(plan, "hash"),
	    .created_at = now, .login = who->login, .role = role_name(who->role), .acting = who->acting,
	    .fix = json_str(plan, "fix"), .target = json_str(plan, "target"),
	    .domain = json_str(plan, "domain"), .bulk = bulk, .json = plan };
}

bool
changes_read(struct arena *a, const struct json *list, struct change **ret, size_t *count,
    struct err *err)
{
	size_t n = json_count(list), i = 0;
	struct change *all = arena_array(a, n + 1, sizeof(*all));

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (!change_from_json(a, v, &all[i++], err))
			return false;
	*ret = all;
	*count = n;
	return true;
}

/* --- words --------------------------------------------------------------------------------------- */

const char *
words_text(struct engine *e, struct arena *a, const char *lang, const char *id,
    const struct json *values)
{
	const struct catalog *catalog = e->setup.catalog;
	struct catalog_value list[16];
	size_t n = 0;

	if (id == NULL || catalog == NULL)
		return id;
	if (lang == NULL)
		lang = e->setup.lang != NULL ? e->setup.lang : "en";
	for (const struct json *v = json_first(values); v != NULL && n < 16; v = json_next(v)) {
		const char *value = json_value_str(v), *word;

		/* Reasons are stable words at rest. */
		if (value != NULL && strcmp(json_key(v), "reason") == 0) {
			word = arena_printf(a, "reasons.%s", value);
			if (catalog_raw(catalog, lang, word) != NULL)
				value = catalog_text(catalog, a, lang, word, NULL, 0);
		}
		list[n++] = (struct catalog_value){ json_key(v), value == NULL ? "" : value };
	}
	return catalog_text(catalog, a, lang, id, list, n);
}

/* A record a line, as a zone file has it; what goes has no TTL to tell. */
static const char *
record_lines(struct arena *a, const struct json *list)
{
	struct str lines = str_in(a, MESSAGE_MAX);

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		if (json_str(v, "bind") != NULL)
			str_addf(&lines, "    %s\n", json_str(v, "bind"));
		else
			str_addf(&lines, "    %s %s %s\n", json_str(v, "name"), json_str(v, "type"), json_str(v, "value"));
	}
	return lines.p;
}

/* What to write to whoever edits the zone, with the exact records. */
static const char *
dns_message(struct engine *e, struct arena *a, const char *lang, const struct json *plan)
{
	const struct json *copies = json_get(plan, "copies"), *removed = json_get(plan, "remove");
	struct json *values = json_new_object(a);
	const char *domain = json_str(plan, "domain");

	json_put_str(values, "domain", domain != NULL ? domain : json_str(plan, "target"));
	json_put_str(values, "records", record_lines(a, copies));
	json_put_str(values, "removed", record_lines(a, removed));
	return words_text(e, a, lang, json_first(copies) == NULL ? "fix.dns_message.remove" :
	    json_first(removed) == NULL ? "fix.dns_message.add" : "fix.dns_message.replace", values);
}

struct json *
plan_words(struct engine *e, struct arena *a, const char *lang, const struct json *plan)
{
	static const char *const kept[] = { "plan", "hash", "fix", "target", "changes" };
	static const char *const more[] = { "checks_after", "mode", "params", "copies", "remove",
	    "copy_text", "operator", "no_undo", "public_differs" };
	struct json *answer = json_new_object(a), *list, *one;
	const struct json *refused = json_get(plan, "refused");

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_get(plan, kept[i]) != NULL)
			json_put_copy(answer, kept[i], json_get(plan, kept[i]));
	list = json_put_array(answer, "alternatives");
	for (const struct json *v = json_first(json_get(plan, "alternatives")); v != NULL; v = json_next(v)) {
		one = json_add_object(list);
		json_put_str(one, "description", words_text(e, a, lang, json_str(v, "text_id"),
		    json_get(v, "values")));
		json_put_str(one, "refused", words_text(e, a, lang, json_str(v, "refused_id"),
		    json_get(v, "values")));
		/* No other way, but something to know of this one: fix.SUBJECT.note.X. */
		json_put_bool(one, "note", json_str(v, "text_id") != NULL && strstr(json_str(v, "text_id"), ".note.") != NULL);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (json_get(plan, more[i]) != NULL)
			json_put_copy(answer, more[i], json_get(plan, more[i]));
	if (json_str(plan, "copy_text_id") != NULL)
		json_put_str(answer, "copy_text", words_text(e, a, lang, json_str(plan, "copy_text_id"),
		    json_get(plan, "copy_values")));
	one = json_new_object(a);
	json_put_str(one, "operator", json_str(plan, "operator"));
	json_put_str(answer, "where", words_text(e, a, lang, json_str(plan, "where_id"), one));
	/* Records that somebody else's DNS has to get: nothing of it can be done from here. */
	if (json_is_null(refused) && json_count(json_get(plan, "copies")) +
	    json_count(json_get(plan, "remove")) > 0) {
		json_put_array(answer, "changes");
		if (json_str(answer, "copy_text") == NULL)
			json_put_str(answer, "copy_text", dns_message(e, a, lang, plan));
		one = json_put_object(answer, "refused");
		json_put_str(one, "code", refused_word(REFUSED_DNS_ELSEWHERE));
		json_put_str(one, "text", words_text(e, a, lang, "fix.refused.dns_elsewhere", NULL));
		json_put_null(one, "needs");
		return answer;
	}
	if (json_is_null(refused)) {
		json_put_null(answer, "refused");
		return answer;
	}
	one = json_put_object(answer, "refused");
	json_put_str(one, "code", json_str(refused, "code"));
	json_put_str(one, "text", words_text(e, a, lang, json_str(refused, "text_id"),
	    json_get(refused, "values")));
	json_put_str(one, "needs", json_str(refused, "needs"));
	return answer;
}

/* --- before a request for removal ----------------------------------------------------------------- */

static struct delist_gate
gate_of(struct engine *e, struct arena *a, const struct rights *rights, const struct plan_order *order)
{
	struct store_scope scope;
	const char *provider = NULL;

	for (size_t i = 0; i < order->param_count; i++)
		if (strcmp(order->params[i].name, "provider") == 0)
			provider = order->params[i].value;
	rights_scope(rights, a, &scope);
	return engine_delist_gate(e, a, &scope, provider, NULL);
}

/* --- the hall's doors ----------------------------------------------------------------------------- */

struct json *
engine_plan(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *fix, const char *target, const struct fix_param *params, size_t count, struct err *err)
{
	struct ask_options_engine options = { .depth = TRUTH_AUTHORITATIVE, .fresh = true };
	struct planning p = { .engine = e, .rights = rights, .arena = a };
	struct store_plan row;

	if (!plan_aim(a, rights, fix, target, params, count, &p.order, err))
		return NULL;
	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "a plan needs a store to be kept in");
		return NULL;
	}
	if (strcmp(p.order.fix->id, "delist.request") == 0)
		p.gate = gate_of(e, a, rights, &p.order);
	engine_ask_at(e, plan_question, &p, &options);
	if (p.plan == NULL)
		plan_unknown(&p);
	plan_seal(a, p.plan);
	row = plan_row(p.plan, rights, NULL, engine_now(e));
	if (!store_plan_put(e->setup.store, &row, err))
		return NULL;
	return plan_words(e, a, lang, p.plan);
}

static bool
plan_get(struct engine *e, struct arena *a, const struct rights *rights, const char *id,
    struct store_plan *ret, struct err *err)
{
	struct store_scope scope;

	rights_scope(rights, a, &scope);
	return e->setup.store != NULL ? store_plan_get(e->setup.store, a, &scope, id, ret, err) :
	    err_set(err, ERR_IO, "there is no store");
}

struct json *
engine_plan_show(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, struct err *err)
{
	struct store_plan row;
	struct json *answer;

	if (!plan_get(e, a, rights, id, &row, err))
		return NULL;
	answer = plan_words(e, a, lang, row.json);
	json_put_str(answer, "state", row.taken_at != 0 ? "applied" :
	    engine_now(e) > row.created_at + PLAN_LIFE_S ? "expired" : "planned");
	json_put_str(answer, "at", time_str(a, row.created_at));
	json_put_str(answer, "expires_at", time_str(a, row.created_at + PLAN_LIFE_S));
	if (row.entry != 0)
		json_put_int(answer, "entry", row.entry);
	else
		json_put_null(answer, "entry");
	return answer;
}

size_t
engine_plan_deletes(const struct json *plan)
{
	size_t count = 0;

	for (const struct json *c = json_first(json_get(plan, "changes")); c != NULL; c = json_next(c))
		if (json_str(c, "action") != NULL && strcmp(json_str(c, "action"), "delete") == 0)
			count += json_count(json_get(c, "ids"));
	return count;
}

bool
engine_plan_wants_secret(const struct json *plan)
{
	for (const struct json *c = json_first(json_get(plan, "changes")); c != NULL; c = json_next(c))
		if (strcmp(json_str(c, "kind"), "secret") == 0)
			return true;
	return false;
}
