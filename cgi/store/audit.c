#include "store/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "store/db.h"
#include "store/digest.h"

#define FIELDS	8

/*
 * What the hash covers: the hash before, then every field with its length, so
 * that no two rows have the same text.
 */
static const char *
chain(struct arena *a, const char *before, int64_t at, const char *const fields[FIELDS],
    const char *domain, char buf[DIGEST_HEX_MAX])
{
	struct str s = str_in(a, 256 * 1024);

	str_addf(&s, "%s\n%lld\n", before, (long long)at);
	for (int i = 0; i <= FIELDS; i++) {
		const char *f = i < FIELDS ? fields[i] : domain;

		if (f == NULL)
			str_add(&s, "-\n");
		else {
			str_addf(&s, "%zu:", strlen(f));
			str_add(&s, f);
			str_addc(&s, '\n');
		}
	}
	return digest_hex(str_text(&s), buf);
}

/* Longer values are cut before they are hashed and kept: the chain must cover all of a row. */
static const char *
bounded(struct arena *a, const char *s)
{
	return s != NULL && strlen(s) > 4096 ? arena_strndup(a, s, 4096) : s;
}

struct audit_wait {
	const struct audit_event	*event;
	struct audit_wait		*next;
	bool				 done, ok;
	struct err			 err;
};

/* One row behind the head's `hash`, which becomes its own. */
static bool
event_put(struct db *db, struct arena *a, const struct audit_event *e, char hash[DIGEST_HEX_MAX], struct err *err)
{
	const char *fields[FIELDS] = { bounded(a, e->login), bounded(a, e->role), bounded(a, e->acting),
	    bounded(a, e->from), bounded(a, e->action), bounded(a, e->object), bounded(a, e->outcome),
	    bounded(a, e->detail) };
	const char *domain = bounded(a, e->domain);
	char next[DIGEST_HEX_MAX];

	chain(a, hash, e->at, fields, domain, next);
	memcpy(hash, next, sizeof(next));
	return db_exec(db, err, "INSERT INTO audit(at, login, role, acting, origin, action, object, "
	    "outcome, detail, domain, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "issssssssss",
	    e->at, fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6],
	    fields[7], domain, hash);
}

static bool
head_read(struct db *db, char hash[DIGEST_HEX_MAX], struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, "SELECT hash FROM audit_head", "");
	const char *text;
	bool row;

	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	text = row ? (const char *)sqlite3_column_text(st, 0) : "";
	snprintf(hash, DIGEST_HEX_MAX, "%s", text == NULL ? "" : text);
	sqlite3_reset(st);
	return true;
}

static bool
events_write(struct store *store, const struct audit_wait *list, struct err *err)
{
	/* Not waiting for the disk: what changes something is followed by the journal's own commit,
	 * which brings this with it, and a flood of denied requests must not keep the disk busy. */
	struct db *db = db_write(store, false, err);
	struct arena *a;
	char hash[DIGEST_HEX_MAX];
	int64_t rows = 0;
	bool ok;

	if (db == NULL)
		return false;
	db_unseen(db);
	a = arena_new();
	ok = head_read(db, hash, err);
	for (; ok && list != NULL; list = list->next, rows++)
		ok = event_put(db, a, list->event, hash, err);
	ok = db_end(db, ok && db_exec(db, err, "UPDATE audit_head SET rows = rows + ?, hash = ?", "is", rows, hash), err);
	arena_free(a);
	return ok;
}

/* In the order in which they came. */
static struct audit_wait *
queue_take(struct audit_queue *q)
{
	struct audit_wait *list = NULL, *next;

	for (struct audit_wait *w = q->first; w != NULL; w = next) {
		next = w->next;
		w->next = list;
		list = w;
	}
	q->first = NULL;
	return list;
}

/*
 * Support that looks through domains, and a flood of denied requests, come many
 * at a time: who comes while one commits waits, and the next commit is of all
 * who wait.  Each returns when its row is written.
 */
bool
store_audit(struct store *store, const struct audit_event *e, struct err *err)
{
	struct audit_queue *q = db_audit(store);
	struct audit_wait me = { .event = e, .next = NULL };

	pthread_mutex_lock(&q->lock);
	me.next = q->first;
	q->first = &me;
	while (!me.done) {
		struct audit_wait *list, *next;
		struct err why = { 0 };
		bool ok;

		if (q->busy) {
			pthread_cond_wait(&q->done, &q->lock);
			continue;
		}
		q->busy = true;
		list = queue_take(q);
		pthread_mutex_unlock(&q->lock);
		ok = events_write(store, list, &why);
		pthread_mutex_lock(&q->lock);
		for (; list != NULL; list = next) {
			next = list->next;		/* gone with its owner, once it is done */
			list->ok = ok;
			list->err = why;
			list->done = true;
		}
		q->busy = false;
		pthread_cond_broadcast(&q->done);
	}
	pthread_mutex_unlock(&q->lock);
	if (!me.ok && err != NULL)
		*err = me.err;
	return me.ok;
}

static void
event_json(struct json *list, struct arena *a, sqlite3_stmt *st)
{
	static const char *const keys[] = { "login", "role", "acting", "from", "action", "object",
	    "outcome", "detail" };
	struct json *one = json_add_object(list);

	json_put_int(one, "id", sqlite3_column_int64(st, 0));
	json_put_str(one, "at", time_str(a, sqlite3_column_int64(st, 1)));
	for (int i = 0; i < FIELDS; i++)
		json_put_str(one, keys[i], db_str(a, st, i + 2));
}

struct json *
store_audit_list(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *text, size_t page, size_t per_page, struct err *err)
{
	size_t size = per_page == 0 ? 50 : per_page > STORE_PER_PAGE_MAX ? STORE_PER_PAGE_MAX : per_page;
	struct db *db = db_read(store, err);
	struct json *answer, *list;
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return NULL;
	db_scope(db, scope);
	answer = json_new_object(a);
	list = json_put_array(answer, "events");
	st = db_query(db, err, "SELECT id, at, login, role, acting, origin, action, object, outcome, detail "
	    "FROM audit WHERE (?1 OR in_scope(domain)) AND (?2 IS NULL OR instr(ifnull(login, '') || ' ' || "
	    "action || ' ' || ifnull(object, '') || ' ' || ifnull(outcome, ''), ?2) > 0) "
	    "ORDER BY id DESC LIMIT ?3 OFFSET ?4", "isii", (int64_t)scope->all, text, (int64_t)size,
	    (int64_t)((page == 0 ? 0 : page - 1) * size));
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		event_json(list, a, st);
	if (ok) {
		ok = false;
		st = db_query(db, err, "SELECT count(*) FROM audit WHERE (?1 OR in_scope(domain)) AND "
		    "(?2 IS NULL OR instr(ifnull(login, '') || ' ' || action || ' ' || ifnull(object, '') || "
		    "' ' || ifnull(outcome, ''), ?2) > 0)", "is", (int64_t)scope->all, text);
		if (st != NULL && db_step(db, st, &row, err)) {
			json_put_int(answer, "total", sqlite3_column_int64(st, 0));
			ok = true;
		}
	}
	db_done(db);
	return ok ? answer : NULL;
}

bool
store_audit_verify(struct store *store, struct audit_proof *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	struct arena *a = arena_new();
	struct audit_proof p = { .whole = true };
	char before[DIGEST_HEX_MAX] = "", hash[DIGEST_HEX_MAX];
	int64_t expected = 1;
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL) {
		arena_free(a);
		return false;
	}
	/* One snapshot for rows and head; db_done ends it. */
	if (!db_exec(db, err, "BEGIN", "")) {
		db_done(db);
		arena_free(a);
		return false;
	}
	st = db_query(db, err, "SELECT id, at, login, role, acting, origin, action, object, outcome, detail, "
	    "domain, hash FROM audit ORDER BY id", "");
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		const char *fields[FIELDS], *domain;
		int64_t id = sqlite3_column_int64(st, 0);

		for (int i = 0; i < FIELDS; i++)
			fields[i] = db_str(a, st, i + 2);
		domain = db_str(a, st, 10);
		chain(a, before, sqlite3_column_int64(st, 1), fields, domain, hash);
		p.rows++;
		/* Numbers have no holes: AUTOINCREMENT inside one transaction each. */
		if ((id != expected || strcmp(hash, db_str(a, st, 11)) != 0) && p.whole) {
			p.whole = false;
			p.first_bad = id;
		}
		expected = id + 1;
		memcpy(before, hash, sizeof(before));
		if (arena_used(a) > 256 * 1024) {
			arena_free(a);
			a = arena_new();
		}
	}
	if (ok) {
		st = db_query(db, err, "SELECT rows, hash FROM audit_head", "");
		ok = st != NULL && db_step(db, st, &row, err);
		/* The head knows how many there were, so a tail that was cut off shows. */
		if (ok && p.whole && (!row || sqlite3_column_int64(st, 0) != p.rows ||
		    strcmp((const char *)sqlite3_column_text(st, 1), before) != 0)) {
			p.whole = false;
			p.first_bad = expected;
		}
	}
	db_done(db);
	arena_free(a);
	if (ok)
		*ret = p;
	return ok;
}
