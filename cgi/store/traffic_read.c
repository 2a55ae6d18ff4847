#include <string.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/traffic.h"

#define HOUR_S		3600

/* Hours of one kind: a name's, or a subscription's: what its mailboxes and its scripts sent. */
#define HOURS_OF_NAME \
	"SELECT n.id AS id, n.who AS who, n.name AS name, n.domain AS domain, n.subscription AS subscription, " \
	"n.owner AS owner, h.hour AS hour, h.messages AS messages, h.rejected AS rejected, h.limited AS limited, " \
	"h.failed AS failed FROM traffic_names n JOIN traffic_hours h ON h.name = n.id " \
	"WHERE n.who = ?1 AND h.hour >= ?2 AND (?3 OR in_scope(n.domain)) AND (?4 IS NULL OR n.name = ?4)"
#define HOURS_OF_SUBSCRIPTION \
	"SELECT 0 AS id, ?1 AS who, n.subscription AS name, n.subscription AS domain, n.subscription AS subscription, " \
	"max(n.owner) AS owner, h.hour AS hour, sum(h.messages) AS messages, sum(h.rejected) AS rejected, " \
	"sum(h.limited) AS limited, 0 AS failed FROM traffic_names n JOIN traffic_hours h ON h.name = n.id " \
	"WHERE n.who IN ('mailbox', 'user') AND n.subscription <> '' AND h.hour >= ?2 AND (?3 OR in_scope(n.domain)) " \
	"AND (?4 IS NULL OR n.subscription = ?4) GROUP BY n.subscription, h.hour"

#define BARS_END	") WHERE messages > 0 GROUP BY messages ORDER BY messages LIMIT 3000"
#define MOST_END	") WHERE messages > 0 ORDER BY messages DESC, hour DESC LIMIT 1"
#define NAMES_END	") WHERE messages > 0"
#define HOURLY_END	") GROUP BY hour ORDER BY hour"
/* First the few that are shown, then what has to be looked up for each of them; max() picks the row of `hour`. */
#define ROWS_HEAD(which) \
	"SELECT id, name, domain, subscription, owner, m, r, c, f, active, most, hour, " \
	"(SELECT max(n) FROM (SELECT count(*) AS n FROM traffic_logins l WHERE l.name = id AND l.hour >= ?2 " \
	"GROUP BY l.hour)), (SELECT max(h2.hour) FROM traffic_hours h2 WHERE h2.name = id AND " which " > 0) FROM (" \
	"SELECT id, name, domain, subscription, owner, sum(messages) AS m, sum(rejected) AS r, sum(limited) AS c, " \
	"sum(failed) AS f, sum(messages > 0) AS active, max(messages) AS most, hour FROM ("
#define ROWS_END	") GROUP BY name ORDER BY m DESC, name LIMIT ?5) ORDER BY m DESC, name"
#define CUT_END		") GROUP BY name HAVING sum(limited) > 0 ORDER BY c DESC, name LIMIT ?5) ORDER BY c DESC, name"

/* The four questions about hours, each for a name and for a subscription. */
static const struct { const char *bars, *most, *names, *hourly, *rows, *cut; } questions[2] = {
	{ "SELECT messages, count(*) FROM (" HOURS_OF_NAME BARS_END,
	    "SELECT name, hour FROM (" HOURS_OF_NAME MOST_END,
	    "SELECT count(DISTINCT name) FROM (" HOURS_OF_NAME NAMES_END,
	    "SELECT hour, sum(messages), sum(rejected), sum(limited), sum(failed) FROM (" HOURS_OF_NAME HOURLY_END,
	    ROWS_HEAD("h2.messages") HOURS_OF_NAME ROWS_END,
	    ROWS_HEAD("h2.limited") HOURS_OF_NAME CUT_END },
	{ "SELECT messages, count(*) FROM (" HOURS_OF_SUBSCRIPTION BARS_END,
	    "SELECT name, hour FROM (" HOURS_OF_SUBSCRIPTION MOST_END,
	    "SELECT count(DISTINCT name) FROM (" HOURS_OF_SUBSCRIPTION NAMES_END,
	    "SELECT hour, sum(messages), sum(rejected), sum(limited), sum(failed) FROM (" HOURS_OF_SUBSCRIPTION
	    HOURLY_END,
	    ROWS_HEAD("h2.messages") HOURS_OF_SUBSCRIPTION ROWS_END,
	    ROWS_HEAD("h2.limited") HOURS_OF_SUBSCRIPTION CUT_END },
};

static size_t
question_of(const char *who)
{
	return strcmp(who, "subscription") == 0;
}

/* --- for limits ---------------------------------------------------------------------------------------- */

static const struct store_scope everything = { .all = true };

static bool
read_bars(struct db *db, struct arena *a, const char *who, int64_t since, struct traffic_use *ret, struct err *err)
{
	struct traffic_bar *bars = arena_array(a, TRAFFIC_BARS_MAX, sizeof(*bars));
	sqlite3_stmt *st = db_query(db, err, questions[question_of(who)].bars, "siis", who, since / HOUR_S, (int64_t)1,
	    NULL);
	bool row = false, ok = false;

	ret->bars = bars;
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row && ret->bar_count < TRAFFIC_BARS_MAX)
		bars[ret->bar_count++] = (struct traffic_bar){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
	if (st != NULL)
		sqlite3_reset(st);
	return ok;
}

static bool
read_busiest(struct db *db, struct arena *a, const char *who, int64_t since, struct traffic_use *ret, struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, questions[question_of(who)].most, "siis", who, since / HOUR_S, (int64_t)1,
	    NULL);
	bool row;

	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	if (row) {
		ret->busiest = db_str(a, st, 0);
		ret->busiest_at = sqlite3_column_int64(st, 1) * HOUR_S;
	}
	sqlite3_reset(st);
	st = db_query(db, err, questions[question_of(who)].names, "siis", who, since / HOUR_S, (int64_t)1, NULL);
	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	ret->names = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return true;
}

bool
store_traffic_use(struct store *store, struct arena *a, const char *who, int64_t since, struct traffic_use *ret,
    struct err *err)
{
	struct db *db = db_read(store, err);
	bool ok;

	if (db == NULL)
		return false;
	*ret = (struct traffic_use){ 0 };
	db_scope(db, &everything);
	ok = read_bars(db, a, who, since, ret, err) && read_busiest(db, a, who, since, ret, err);
	db_done(db);
	return ok;
}

/* --- for people -------------------------------------------------------------------------------------------- */

/* '' = known to be nobody's here. */
static const char *
text_or_none(struct arena *a, sqlite3_stmt *st, int column)
{
	const char *s = db_str(a, st, column);

	return s == NULL || s[0] == '\0' ? NULL : s;
}

static void
take_row(struct arena *a, sqlite3_stmt *st, const char *who, struct traffic_row *r)
{
	*r = (struct traffic_row){
		.name = { who, db_str(a, st, 1), text_or_none(a, st, 2), text_or_none(a, st, 3), text_or_none(a, st, 4) },
		.count = { sqlite3_column_int64(st, 5), sqlite3_column_int64(st, 6), sqlite3_column_int64(st, 7),
		    sqlite3_column_int64(st, 8) },
		.hours = sqlite3_column_int64(st, 9), .busiest = sqlite3_column_int64(st, 10),
		.busiest_at = sqlite3_column_int64(st, 11) * HOUR_S, .networks = sqlite3_column_int64(st, 12),
		.last = sqlite3_column_int64(st, 13) * HOUR_S,
	};
}

bool
store_traffic_rows(struct store *store, const struct store_scope *scope, const char *who, const char *name, int64_t since,
    bool limited, int64_t max, traffic_row_fn fn, void *ctx, struct err *err)
{
	struct db *db = db_read(store, err);
	size_t q = question_of(who);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, limited ? questions[q].cut : questions[q].rows, "siisi", who, since / HOUR_S,
	    (int64_t)scope->all, name, max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		struct arena *a = arena_new();
		struct traffic_row r;

		take_row(a, st, who, &r);
		fn(ctx, &r);
		arena_free(a);
	}
	db_done(db);
	return ok;
}

bool
store_traffic_hours(struct store *store, const struct store_scope *scope, const char *who, const char *name, int64_t since,
    traffic_hour_fn fn, void *ctx, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, questions[question_of(who)].hourly, "siis", who, since / HOUR_S, (int64_t)scope->all, name);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		struct traffic_count c = { sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		    sqlite3_column_int64(st, 3), sqlite3_column_int64(st, 4) };

		fn(ctx, sqlite3_column_int64(st, 0) * HOUR_S, &c);
	}
	db_done(db);
	return ok;
}

bool
store_traffic_top(struct store *store, const char *who, int64_t from, int64_t until, int64_t max, traffic_top_fn fn,
    void *ctx, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	st = db_query(db, err, "SELECT n.name, sum(h.messages) FROM traffic_names n JOIN traffic_hours h ON h.name = n.id "
	    "WHERE n.who = ? AND h.hour >= ? AND h.hour < ? GROUP BY n.id HAVING sum(h.messages) > 0 ORDER BY 2 DESC, 1 LIMIT ?",
	    "siii", who, from / HOUR_S, until / HOUR_S, max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		fn(ctx, (const char *)sqlite3_column_text(st, 0), sqlite3_column_int64(st, 1));
	db_done(db);
	return ok;
}

bool
store_traffic_networks(struct store *store, const struct store_scope *scope, const char *mailbox, int64_t since, int64_t max,
    traffic_network_fn fn, void *ctx, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, "SELECT l.network, sum(l.count), min(l.hour), max(l.hour) FROM traffic_names n "
	    "JOIN traffic_logins l ON l.name = n.id WHERE n.who = 'mailbox' AND n.name = ? AND l.hour >= ? "
	    "AND (? OR in_scope(n.domain)) GROUP BY l.network ORDER BY 2 DESC, 1 LIMIT ?", "siii", mailbox, since / HOUR_S,
	    (int64_t)scope->all, max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		fn(ctx, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		    sqlite3_column_int64(st, 2) * HOUR_S, sqlite3_column_int64(st, 3) * HOUR_S);
	db_done(db);
	return ok;
}

bool
store_traffic_many(struct store *store, int64_t since, int64_t networks_min, int64_t max, traffic_many_fn fn, void *ctx,
    struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	/* max() picks the row that the other columns come from. */
	st = db_query(db, err, "SELECT n.name, max(l.c), l.hour, (SELECT sum(messages) FROM traffic_hours h "
	    "WHERE h.name = n.id AND h.hour >= ?1) FROM (SELECT name, hour, count(*) AS c FROM traffic_logins "
	    "WHERE hour >= ?1 GROUP BY name, hour HAVING count(*) >= ?2) l JOIN traffic_names n ON n.id = l.name "
	    "GROUP BY n.id ORDER BY 2 DESC LIMIT ?3", "iii", since / HOUR_S, networks_min, max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		fn(ctx, (const char *)sqlite3_column_text(st, 0), sqlite3_column_int64(st, 2) * HOUR_S,
		    sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 3));
	db_done(db);
	return ok;
}
