#include "store/plans.h"

#include "store/db.h"

static bool
plan_put(struct db *db, const struct store_plan *p, struct err *err)
{
	return db_exec(db, err, "INSERT INTO plans(id, hash, created_at, login, role, acting, fix, target, "
	    "domain, bulk, json) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "ssisssssssj", p->id, p->hash,
	    p->created_at, p->login, p->role, p->acting, p->fix, p->target, p->domain, p->bulk, p->json);
}

bool
store_plans_put(struct store *store, const struct store_plan *plans, size_t count, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!plan_put(db, &plans[i], err)) {
			db_rollback(db);
			return false;
		}
	}
	return db_commit(db, err);
}

bool
store_plan_put(struct store *store, const struct store_plan *plan, struct err *err)
{
	return store_plans_put(store, plan, 1, err);
}

bool
store_plan_get(struct store *store, struct arena *a, const struct store_scope *scope, const char *id,
    struct store_plan *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	struct store_plan p = { 0 };
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, "SELECT id, hash, created_at, login, role, acting, fix, target, domain, "
	    "bulk, json, taken_at, entry FROM plans WHERE id = ?1 AND "
	    "(?2 OR (domain IS NULL AND ifnull(acting, login) = ?3) OR in_scope(domain))", "sis", id,
	    (int64_t)scope->all, scope->login);
	if (st != NULL && db_step(db, st, &row, err)) {
		if (row) {
			p.id = db_str(a, st, 0);
			p.hash = db_str(a, st, 1);
			p.created_at = sqlite3_column_int64(st, 2);
			p.login = db_str(a, st, 3);
			p.role = db_str(a, st, 4);
			p.acting = db_str(a, st, 5);
			p.fix = db_str(a, st, 6);
			p.target = db_str(a, st, 7);
			p.domain = db_str(a, st, 8);
			p.bulk = db_str(a, st, 9);
			p.json = db_json(a, st, 10);
			p.taken_at = sqlite3_column_int64(st, 11);
			p.entry = sqlite3_column_int64(st, 12);
			*ret = p;
			ok = true;
		} else
			err_set(err, ERR_NOT_FOUND, "store: no such plan");
	}
	db_done(db);
	return ok;
}

bool
store_plans_purge(struct store *store, int64_t now, struct err *err)
{
	struct db *db = db_write(store, false, err);

	if (db == NULL)
		return false;
	/* One day longer than they live, so that "expired" can still be said. */
	return db_end(db, db_exec(db, err, "DELETE FROM plans WHERE created_at < ? AND entry IS NULL", "i",
	    now - 2 * PLAN_LIFE_S), err);
}
