#include "engine/rights.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "engine/access.h"
#include "engine/internal.h"
#include "store/domains.h"

/* May this identity work as that login?  An administrator as all, a reseller as who is below. */
static bool
may_act_as(const struct snapshot *s, const struct identity *who)
{
	const char *login = who->acting;

	if (who->role == ROLE_ADMIN)
		return true;
	for (int i = 0; login != NULL && i < CHAIN_MAX; i++) {
		const struct account *account = map_get(s->accounts, login);

		if (strcmp(login, who->login) == 0)
			return true;
		login = account != NULL ? account->parent : NULL;
	}
	return false;
}

static enum role
role_as(const struct snapshot *s, const struct identity *who)
{
	const struct account *account;

	if (who->acting == NULL)
		return who->role;
	account = map_get(s->accounts, who->acting);
	/* Never more than one's own, and an administrator's work as somebody is that somebody's. */
	return account != NULL && account->role == ROLE_RESELLER && who->role != ROLE_CUSTOMER ?
	    ROLE_RESELLER : ROLE_CUSTOMER;
}

static bool
rights_by(struct snapshot *s, struct arena *a, const struct identity *who, struct rights **ret, struct err *err)
{
	const struct set *set;
	struct rights *r;

	if (s == NULL)
		return false;
	arena_defer(a, snapshot_unref, s);
	if (who->acting != NULL && !may_act_as(s, who))
		return err_set(err, ERR_NOT_FOUND, "%s may not work as %s", who->login, who->acting);
	r = arena_zalloc(a, sizeof(*r));
	r->who = (struct identity){ .login = arena_strdup(a, who->login), .role = who->role,
	    .lang = arena_strdup(a, who->lang), .session = arena_strdup(a, who->session),
	    .acting = arena_strdup(a, who->acting), .from = arena_strdup(a, who->from) };
	r->login = r->who.acting != NULL ? r->who.acting : r->who.login;
	r->role = role_as(s, who);
	r->all = r->role == ROLE_ADMIN;
	r->open = r->all && s->open;
	r->snapshot = s;
	set = r->all ? &s->all : map_get(s->sets, r->login);
	if (r->role == ROLE_CUSTOMER)
		set = set_owned(a, set, r->login);
	if (set != NULL) {
		r->rows = set->rows;
		r->names = set->names;
		r->count = set->count;
		if (r->role == ROLE_RESELLER && set->as_reseller == set->count)
			r->reseller = r->login;
		else if (!r->all && set->as_owner == set->count)
			r->owner = r->login;
	}
	*ret = r;
	return true;
}

bool
engine_rights(struct engine *e, struct arena *a, const struct identity *who, bool fresh,
    struct rights **ret, struct err *err)
{
	return rights_by(access_snapshot(e, fresh ? ACCESS_FRESH : ACCESS_KNOWN, err), a, who, ret, err);
}

bool
engine_rights_soon(struct engine *e, struct arena *a, const struct identity *who, struct rights **ret,
    struct err *err)
{
	return rights_by(access_snapshot(e, ACCESS_SOON, err), a, who, ret, err);
}

struct rights *
engine_rights_kept(struct arena *a)
{
	struct rights *r = arena_zalloc(a, sizeof(*r));

	r->who = (struct identity){ .login = "admin", .role = ROLE_ADMIN, .session = "cli", .from = "cli" };
	r->login = r->who.login;
	r->role = ROLE_ADMIN;
	r->all = true;
	return r;
}

const struct identity *
rights_identity(const struct rights *r)
{
	return &r->who;
}

enum role
rights_role(const struct rights *r)
{
	return r->role;
}

bool
rights_admin(const struct rights *r)
{
	return r->all;
}

static int
row_compare(const void *name, const void *row)
{
	return strcmp(name, (*(const struct owned *const *)row)->name);
}

const struct owned *
rights_row(const struct rights *r, const char *ascii)
{
	const struct owned *const *found = r->count == 0 ? NULL :
	    bsearch(ascii, r->rows, r->count, sizeof(*r->rows), row_compare);

	return found == NULL ? NULL : *found;
}

bool
rights_domain(const struct rights *r, const char *ascii)
{
	return r->open || rights_row(r, ascii) != NULL;
}

bool
rights_recent(const struct rights *r)
{
	return r->snapshot != NULL && access_recent(r->snapshot);
}

size_t
rights_count(const struct rights *r)
{
	return r->count;
}

const char *
rights_at(const struct rights *r, size_t i)
{
	return r->names[i];
}

bool
rights_owned_by(const struct rights *r, size_t i, const char *login)
{
	return r->rows[i]->owner != NULL && strcmp(r->rows[i]->owner, login) == 0;
}

const char *
rights_owner(const struct rights *r, const char *ascii)
{
	const struct owned *row = rights_row(r, ascii);

	return row == NULL ? NULL : row->owner;
}

bool
rights_owners(const struct rights *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i]->owner != NULL)
			return true;
	return false;
}

uint64_t
rights_turn(const struct rights *r)
{
	return r->snapshot == NULL ? 0 : r->snapshot->turn;
}

bool
rights_knows(const struct rights *r, const char *login)
{
	return r->snapshot != NULL && (map_get(r->snapshot->accounts, login) != NULL ||
	    map_get(r->snapshot->sets, login) != NULL);
}

bool
rights_active(const struct rights *r)
{
	const struct account *account = r->snapshot == NULL ? NULL : map_get(r->snapshot->accounts, r->login);

	return account != NULL ? !account->suspended : rights_knows(r, r->login);
}

void
rights_scope(const struct rights *r, struct arena *a, struct store_scope *ret)
{
	(void)a;
	*ret = (struct store_scope){ .all = r->all, .login = r->login, .names = r->names, .count = r->count,
	    .owner = r->owner, .reseller = r->reseller };
}

/* --- the product in an account's plan ------------------------------------------------------------------ */

struct plan_question { const char *login; bool off; };

/* Only a plain no is one: a panel without such a switch, or that does not say, leaves it on. */
static bool
plan_says(void *ctx, struct evidence *ev, struct arena *a)
{
	struct plan_question *q = ctx;
	const struct ev_failure *why = NULL;
	const struct json *said = ev_fact_any(ev, "product", q->login, &why);

	(void)a;
	if (said == NULL && why == NULL)
		return false;
	q->off = said != NULL && !json_bool(said, "included", true);
	return true;
}

bool
engine_included(struct engine *e, const struct rights *r)
{
	struct ask_options_engine options = { .depth = TRUTH_RESOLVER };
	struct plan_question q = { .login = r->login };

	if (e->setup.panel == NULL || r->all)
		return true;
	engine_ask_at(e, plan_says, &q, &options);
	return !q.off;
}

/* --- domains ------------------------------------------------------------------------------------------ */

struct summaries { struct arena *arena; struct map *rows; };

static void
summary_take(void *ctx, const struct domain_row *row)
{
	struct summaries *s = ctx;
	struct domain_row *kept = arena_alloc(s->arena, sizeof(*kept));

	*kept = *row;
	kept->worst = arena_strdup(s->arena, row->worst);
	map_put(s->rows, row->name, kept);
}

static void
domain_summary(struct json *into, const struct domain_row *row)
{
	struct json *summary = json_put_object(into, "summary");

	json_put_str(summary, "worst", row->worst);
	json_put_int(summary, "problem", row->problem);
	json_put_int(summary, "warning", row->warning);
	json_put_int(summary, "information", row->information);
	json_put_int(summary, "ok", row->ok);
	json_put_int(summary, "unknown", row->unknown);
	json_put_int(summary, "not_applicable", row->not_applicable);
}

struct json *
engine_domains(struct engine *e, struct arena *a, const struct rights *rights, struct err *err)
{
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "domains");
	struct summaries known = { a, map_new(a) };
	struct domain_query all = { .sort = SORT_NAME };
	struct store_scope scope;

	rights_scope(rights, a, &scope);
	if (e->setup.store != NULL &&
	    !store_domains_each(e->setup.store, &scope, &all, summary_take, &known, err))
		return NULL;
	for (size_t i = 0; i < rights->count; i++) {
		const struct owned *row = rights->rows[i];
		const struct domain_row *kept = map_get(known.rows, row->name);
		struct json *one = json_add_object(list);

		json_put_str(one, "name", row->display);
		json_put_str(one, "ascii", row->name);
		json_put_str(one, "owner", row->owner);
		json_put_str(one, "reseller", row->reseller);
		if (kept == NULL || kept->checked_at == 0) {
			json_put_null(one, "checked_at");
			json_put_null(one, "summary");
		} else {
			json_put_str(one, "checked_at", time_str(a, kept->checked_at));
			domain_summary(one, kept);
		}
	}
	return answer;
}
