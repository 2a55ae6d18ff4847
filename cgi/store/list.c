/*
 * The list of domains: one page from the summary rows.
 *
 * A far page is found in two steps: the ids through an index alone (so that
 * going there skips index cells, not rows), then the rows of these ids.  The
 * second half of the list is read from its end.  How many match is counted
 * once per connection and remembered until somebody commits.
 */

#include <string.h>
#include <time.h>

#include "base/str.h"
#include "store/db.h"
#include "store/domains.h"
#include "store/summary.h"

#define SQL_MAX		2048

#define ROW_COLUMNS	" d.name, d.display, d.owner, d.reseller, d.worst, d.checked_at, d.problem,"	\
			" d.warning, d.information, d.ok, d.unknown, d.not_applicable, d.verdicts," \
			" d.weight "

struct listing {
	const char	*from;		/* FROM ... WHERE ... */
	const char	*order[3];	/* columns, most significant first */
	size_t		 order_count;
	bool		 reverse;
	const char	*text;		/* lower case */
	const char	*owner, *finding, *tenant;
	bool		 by_verdicts;	/* `finding` is what the row's verdicts have to say */
	int64_t		 low, high;	/* of weight */
	const char	*key;		/* " AND ...": from this row on; or NULL */
	const char	*key_name, *key_owner;
	int64_t		 key_number;
};

static const char *
lower(struct arena *a, const char *s)
{
	char *p = arena_strdup(a, s);

	for (char *q = p; *q != '\0'; q++)
		*q = (char)ascii_tolower((unsigned char)*q);
	return p;
}

/* A finding that says of its check only that all is well is not indexed: it stands in the verdicts. */
static const char *
verdict_of_finding(struct arena *a, const char *finding)
{
	static const int quiet[] = { RANK_OK, RANK_NOT_APPLICABLE };
	const char *dot = strrchr(finding, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (quiet[i] == summary_rank(dot + 1))
			return arena_printf(a, "\"%.*s\":\"%s\"", (int)(dot - finding), finding, dot + 1);
	return NULL;
}

/*
 * From which row on, by everything that orders.  A time or an owner may be
 * nothing: that stands before all else, and no comparison holds of it.
 */
static const char *
listing_key(struct arena *a, const struct listing *l, const struct domain_query *q)
{
	bool less = l->reverse != q->backward;
	const char *than = less ? "<" : ">", *lead, *rest, *whole;
	bool nothing;

	switch (q->sort) {
	case SORT_WORST:
	case SORT_RANK:
		return arena_printf(a, " AND (%s, %s) %s (?9, ?10)", l->order[0], l->order[1], than);
	case SORT_CHECKED:
		nothing = q->key_number == 0;
		lead = "d.checked_at";
		whole = arena_printf(a, "(d.checked_at, d.name) %s (?9, ?10)", than);
		rest = arena_printf(a, "d.name %s ?10", than);
		break;
	case SORT_OWNER:
		nothing = q->key_owner == NULL;
		lead = "d.owner";
		whole = arena_printf(a, "(d.owner, d.weight, d.name) %s (?11, ?9, ?10)", than);
		rest = arena_printf(a, "(d.weight, d.name) %s (?9, ?10)", than);
		break;
	case SORT_NAME:
	default:
		return arena_printf(a, " AND d.name %s ?10", than);
	}
	if (nothing)
		return arena_printf(a, less ? " AND (%s IS NULL AND %s)" : " AND (%s IS NOT NULL OR %s)", lead, rest);
	return less ? arena_printf(a, " AND (%s OR %s IS NULL)", whole, lead) : arena_printf(a, " AND %s", whole);
}

/* Every statement binds the same: ?1 text, ?2 owner, ?3 finding, ?4 tenant, ?5 and ?6 weights, ?7 limit,
 * ?8 offset, ?9 to ?11 the key. */
static void
listing_make(struct arena *a, const struct store_scope *scope, const struct domain_query *q,
    struct listing *l)
{
	struct str s = str_in(a, SQL_MAX);
	bool indexed;

	memset(l, 0, sizeof(*l));
	l->reverse = q->descending;
	l->low = 0;
	l->high = INT64_MAX;
	if (q->verdict != NULL)
		summary_weights(summary_rank(q->verdict), &l->low, &l->high);
	if (q->text != NULL && *q->text != '\0')
		l->text = lower(a, q->text);
	l->owner = q->owner;
	if (q->finding != NULL) {
		l->finding = verdict_of_finding(a, q->finding);
		l->by_verdicts = l->finding != NULL;
		if (!l->by_verdicts)
			l->finding = q->finding;
	}
	indexed = l->finding != NULL && !l->by_verdicts;

	if (indexed)
		str_add(&s, "FROM findings f CROSS JOIN domains d ON d.name = f.name "
		    "WHERE f.finding = ?3 AND d.gone_at IS NULL");
	else
		/* Left to itself SQLite reads each row for its text, which stands in this index: three times as long. */
		str_add(&s, l->text != NULL && l->owner == NULL && l->finding == NULL && scope->all ?
		    "FROM domains d INDEXED BY domains_worst WHERE d.gone_at IS NULL" :
		    "FROM domains d WHERE d.gone_at IS NULL");
	if (l->by_verdicts)
		str_add(&s, " AND instr(d.verdicts, ?3) > 0");
	if (q->verdict != NULL)
		str_add(&s, indexed ? " AND f.weight BETWEEN ?5 AND ?6" :
		    " AND d.weight BETWEEN ?5 AND ?6");
	if (l->text != NULL)
		str_add(&s, " AND instr(d.search, ?1) > 0");
	if (l->owner != NULL)
		str_add(&s, " AND d.owner = ?2");
	if (!scope->all) {
		if (scope->reseller != NULL) {
			str_add(&s, " AND d.reseller = ?4");
			l->tenant = scope->reseller;
		} else if (scope->owner != NULL) {
			str_add(&s, " AND d.owner = ?4");
			l->tenant = scope->owner;
		}
		str_add(&s, " AND in_scope(d.name)");
	}
	l->from = s.p;

	switch (q->sort) {
	case SORT_WORST:
		l->order[l->order_count++] = indexed ? "f.weight" : "d.weight";
		break;
	case SORT_CHECKED:
		l->order[l->order_count++] = "d.checked_at";
		break;
	case SORT_OWNER:
		l->order[l->order_count++] = "d.owner";
		l->order[l->order_count++] = "d.weight";
		break;
	case SORT_RANK:
		l->order[l->order_count++] = "row_rank(d.verdicts, d.checked_at)";
		break;
	case SORT_NAME:
		break;
	}
	l->order[l->order_count++] = indexed && q->sort == SORT_WORST ? "f.name" : "d.name";
	if (q->key_name != NULL) {
		l->key_name = q->key_name;
		l->key_owner = q->key_owner;
		l->key_number = q->key_number;
		l->key = listing_key(a, l, q);
	}
}

static sqlite3_stmt *
listing_query(struct db *db, const struct listing *l, const char *sql, int64_t limit, int64_t offset,
    struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, sql, "");
	const char *texts[] = { l->text, l->owner, l->finding, l->tenant };
	int most;

	if (st == NULL)
		return NULL;
	/* A statement has only the parameters up to the highest that it names. */
	most = sqlite3_bind_parameter_count(st);
	for (int i = 0; i < 4 && i < most; i++)
		sqlite3_bind_text(st, i + 1, texts[i], -1, SQLITE_STATIC);
	if (most >= 5)
		sqlite3_bind_int64(st, 5, l->low);
	if (most >= 6)
		sqlite3_bind_int64(st, 6, l->high);
	if (most >= 7)
		sqlite3_bind_int64(st, 7, limit);
	if (most >= 8)
		sqlite3_bind_int64(st, 8, offset);
	if (most >= 9)
		sqlite3_bind_int64(st, 9, l->key_number);
	if (most >= 10)
		sqlite3_bind_text(st, 10, l->key_name, -1, SQLITE_STATIC);
	if (most >= 11)
		sqlite3_bind_text(st, 11, l->key_owner, -1, SQLITE_STATIC);
	return st;
}

static void
order_add(struct str *s, const struct listing *l, bool reverse)
{
	for (size_t i = 0; i < l->order_count; i++) {
		str_add(s, i == 0 ? " ORDER BY " : ", ");
		str_add(s, l->order[i]);
		if (reverse)
			str_add(s, " DESC");
	}
}

static void
row_read(struct arena *a, sqlite3_stmt *st, struct domain_row *r)
{
	r->name = db_str(a, st, 0);
	r->display = db_str(a, st, 1);
	r->owner = db_str(a, st, 2);
	r->reseller = db_str(a, st, 3);
	r->worst = db_str(a, st, 4);
	r->checked_at = sqlite3_column_int64(st, 5);
	r->problem = sqlite3_column_int64(st, 6);
	r->warning = sqlite3_column_int64(st, 7);
	r->information = sqlite3_column_int64(st, 8);
	r->ok = sqlite3_column_int64(st, 9);
	r->unknown = sqlite3_column_int64(st, 10);
	r->not_applicable = sqlite3_column_int64(st, 11);
	r->verdicts = db_str(a, st, 12);
	r->weight = sqlite3_column_int64(st, 13);
}

/* --- how many ------------------------------------------------------------------------------------ */

static uint64_t
hash_text(uint64_t h, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return (h ^ (s == NULL)) * 1099511628211ULL;
}

static bool
listing_total(struct db *db, struct arena *a, const struct store_scope *scope,
    const struct listing *l, size_t *total, struct err *err)
{
	const char *sql = arena_printf(a, "SELECT count(*) %s", l->from);
	uint64_t key = 14695981039346656037ULL;
	bool keep = scope->all || l->tenant != NULL, row;
	sqlite3_stmt *st;

	key = hash_text(key, sql);
	key = hash_text(key, l->text);
	key = hash_text(key, l->owner);
	key = hash_text(key, l->finding);
	key = hash_text(key, l->tenant);
	key = (key ^ (uint64_t)l->low) * 1099511628211ULL ^ scope->count;
	if (keep && db_total_known(db, key, total))
		return true;
	st = listing_query(db, l, sql, 0, 0, err);
	if (st == NULL || !db_step(db, st, &row, err) || !row)
		return false;
	*total = (size_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (keep)
		db_total_keep(db, key, *total);
	return true;
}

/* Who asks: two with as many domains are told apart by the domains. */
static uint64_t
scope_key(const struct store_scope *scope)
{
	uint64_t key = hash_text(14695981039346656037ULL, scope->all ? "all" : "some");

	key = hash_text(key, scope->owner);
	key = hash_text(key, scope->reseller);
	for (size_t i = 0; !scope->all && i < scope->count; i++)
		key = hash_text(key, scope->names[i]);
	return key;
}

/* --- a page ---------------------------------------------------------------------------------------- */

bool
store_domains_list(struct store *store, struct arena *a, const struct store_scope *scope,
    const struct domain_query *q, struct domain_page *ret, struct err *err)
{
	size_t per_page = q->per_page > STORE_PER_PAGE_MAX ? STORE_PER_PAGE_MAX : q->per_page;
	size_t page = q->page == 0 ? 1 : q->page, first, want, skipped, n = 0;
	struct domain_page p = { 0 };
	struct domain_row *rows;
	struct db *db = db_read(store, err);
	struct listing l;
	struct str sql = str_in(a, 2 * SQL_MAX);
	sqlite3_stmt *st;
	bool row, ok = false, from_end;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	db_order(db, q);
	listing_make(a, scope, q, &l);
	if (!listing_total(db, a, scope, &l, &p.total, err))
		goto end;
	if (per_page == 0)
		per_page = p.total > 0 ? p.total : 1;
	if (l.key == NULL && page - 1 >= (p.total + per_page - 1) / per_page) {	/* beyond the end */
		*ret = p;
		ok = true;
		goto end;
	}
	first = l.key != NULL ? 0 : (page - 1) * per_page;
	want = p.total - first < per_page ? p.total - first : per_page;
	from_end = l.key != NULL ? q->backward : first > p.total / 2;

	skipped = l.key != NULL ? 0 : from_end ? p.total - first - want : first;
	str_addf(&sql, "SELECT" ROW_COLUMNS "%s%s%s", skipped > 0 ? "FROM (SELECT d.id AS id " : "", l.from,
	    l.key != NULL ? l.key : "");
	order_add(&sql, &l, l.reverse != from_end);
	str_add(&sql, skipped > 0 ? " LIMIT ?7 OFFSET ?8) AS i CROSS JOIN domains d ON d.id = i.id" : " LIMIT ?7");
	st = listing_query(db, &l, sql.p, (int64_t)want, (int64_t)skipped, err);
	rows = arena_array(a, want, sizeof(*rows));
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row && n < want)
		row_read(a, st, &rows[n++]);
	for (size_t i = 0; from_end && i < n / 2; i++) {
		struct domain_row swap = rows[i];

		rows[i] = rows[n - 1 - i];
		rows[n - 1 - i] = swap;
	}
	p.rows = rows;
	p.count = n;
	if (ok)
		*ret = p;
end:
	db_done(db);
	return ok;
}

bool
store_domains_each(struct store *store, const struct store_scope *scope,
    const struct domain_query *q, void (*each)(void *ctx, const struct domain_row *), void *ctx,
    struct err *err)
{
	struct arena *a = arena_new(), *one;
	struct db *db = db_read(store, err);
	struct str sql = str_in(a, 2 * SQL_MAX);
	struct domain_row r;
	struct listing l;
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL) {
		arena_free(a);
		return false;
	}
	db_scope(db, scope);
	db_order(db, q);
	listing_make(a, scope, q, &l);
	str_addf(&sql, "SELECT" ROW_COLUMNS "%s", l.from);
	order_add(&sql, &l, l.reverse);
	one = arena_new();
	st = listing_query(db, &l, sql.p, 0, 0, err);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		row_read(one, st, &r);
		each(ctx, &r);
		if (arena_used(one) > 64 * 1024) {
			arena_free(one);
			one = arena_new();
		}
	}
	db_done(db);
	arena_free(one);
	arena_free(a);
	return ok;
}

bool
store_domain_get(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *name, struct domain_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	struct db *db;
	bool row, ok = false;

	if (!store_scope_has(scope, name))
		return err_set(err, ERR_NOT_FOUND, "store: no domain %s", name);
	if ((db = db_read(store, err)) == NULL)
		return false;
	st = db_query(db, err, "SELECT" ROW_COLUMNS "FROM domains d WHERE name = ? AND gone_at IS NULL", "s",
	    name);
	if (st != NULL && db_step(db, st, &row, err)) {
		if ((ok = row))
			row_read(a, st, ret);
		else
			err_set(err, ERR_NOT_FOUND, "store: no domain %s", name);
	}
	db_done(db);
	return ok;
}

/* --- numbers --------------------------------------------------------------------------------------- */

static const char *
tenant_where(const struct store_scope *scope, const char **value)
{
	*value = NULL;
	if (scope->all)
		return "";
	if (scope->reseller != NULL) {
		*value = scope->reseller;
		return " AND d.reseller = ?1 AND in_scope(d.name)";
	}
	if (scope->owner != NULL) {
		*value = scope->owner;
		return " AND d.owner = ?1 AND in_scope(d.name)";
	}
	return " AND in_scope(d.name)";
}

struct json *
store_domains_counts(struct store *store, struct arena *a, const struct store_scope *scope,
    struct err *err)
{
	static const char *const words[] = {
		[RANK_PROBLEM] = "problem", [RANK_WARNING] = "warning", [RANK_UNKNOWN] = "unknown",
		[RANK_INFORMATION] = "information", [RANK_OK] = "ok", [RANK_NOT_APPLICABLE] = "not_applicable",
		[RANK_NEVER] = "never",
	};
	struct db *db = db_read(store, err);
	struct json *all = json_new_object(a);
	struct domain_query q = { 0 };
	size_t count, total = 0;
	struct listing l;

	if (db == NULL)
		return NULL;
	db_scope(db, scope);
	for (int rank = RANK_PROBLEM; rank <= RANK_NEVER; rank++) {
		q.verdict = words[rank];	/* "never" is no verdict, and ranks as what has none */
		listing_make(a, scope, &q, &l);
		if (!listing_total(db, a, scope, &l, &count, err)) {
			db_done(db);
			return NULL;
		}
		json_put_int(all, words[rank], (int64_t)count);
		total += count;
	}
	db_done(db);
	json_put_int(all, "total", (int64_t)total);
	return all;
}

/* Everybody's: the index of findings is counted. */
static bool
findings_all(struct db *db, struct arena *a, struct json *all, struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, "SELECT finding, count(*) FROM findings GROUP BY 1", "");
	bool row, ok = false;

	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		json_put_int(all, db_str(a, st, 0), sqlite3_column_int64(st, 1));
	return ok;
}

/* Somebody's: his rows say which stand. */
static bool
findings_theirs(struct db *db, struct arena *a, const struct store_scope *scope, struct json *all, struct err *err)
{
	const char *tenant;
	sqlite3_stmt *st = db_query(db, err, arena_printf(a, "SELECT d.findings FROM domains d WHERE d.gone_at IS NULL%s",
	    tenant_where(scope, &tenant)), "");
	bool row, ok = false;

	if (st != NULL && tenant != NULL)
		sqlite3_bind_text(st, 1, tenant, -1, SQLITE_STATIC);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		struct text rest = text_of(db_str(a, st, 0)), id;

		while (text_split(&rest, ' ', &id)) {
			const char *key = id.n == 0 ? NULL : text_cstr(a, id);

			if (key != NULL)
				json_put_int(all, key, json_int(all, key, 0) + 1);
		}
	}
	return ok;
}

/* Counted once per connection and who asks, and remembered until somebody commits. */
struct json *
store_domains_findings(struct store *store, struct arena *a, const struct store_scope *scope,
    struct err *err)
{
	struct db *db = db_read(store, err);
	struct json *all;
	const char *known;
	uint64_t key;
	bool ok;

	if (db == NULL)
		return NULL;
	key = scope_key(scope);
	if ((known = db_text_known(db, key)) != NULL) {
		all = json_parse_own(a, text_of(known));
		db_done(db);
		return all;
	}
	db_scope(db, scope);
	all = json_new_object(a);
	ok = scope->all ? findings_all(db, a, all, err) : findings_theirs(db, a, scope, all, err);
	if (ok)
		db_text_keep(db, key, json_print(a, all));
	db_done(db);
	return ok ? all : NULL;
}
