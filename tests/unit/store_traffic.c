/* Hourly counts: added up, read by whose they are, never counted twice, kept over a restart, forgotten. */

#include <sqlite3.h>

#include "store/settings.h"
#include "store/traffic.h"
#include "unit/store_test.h"

#define NET1	0xc000
#define NET2	0xc633
#define HOUR	1763971200	/* 2025-11-24T08:00:00Z */

static const struct traffic_name info = { "mailbox", "info@cust.example", "cust.example", "cust.example", "anna" };
static const struct traffic_name sales = { "mailbox", "sales@cust.example", "cust.example", "cust.example", "anna" };
static const struct traffic_name script = { "user", "cust", "cust.example", "cust.example", "anna" };
static const struct traffic_name other = { "mailbox", "x@other.example", "other.example", "other.example", "berta" };
static const struct traffic_name stranger = { "mailbox", "<b>\"'\\x00@gone", "", NULL, NULL };

struct add { const struct traffic_name *name; int64_t hour; struct traffic_count count; };

static bool
piece(struct store *s, struct traffic_position *at, const char *file, int64_t offset, const struct add *adds, size_t count,
    struct err *err)
{
	struct traffic_position next = *at;
	struct traffic_writer *w = traffic_begin(s, at, err);
	bool ok = w != NULL;

	for (size_t i = 0; ok && i < count; i++)
		ok = traffic_add(w, adds[i].name, adds[i].hour, &adds[i].count, err);
	next.file = file;
	next.offset = offset;
	if (w == NULL || !traffic_end(w, ok, &next, HOUR, err))
		return false;
	*at = next;
	return true;
}

struct seen { size_t count; char names[16][64]; struct traffic_row rows[16]; };

static void
see(void *ctx, const struct traffic_row *r)
{
	struct seen *s = ctx;

	if (s->count < 16) {
		snprintf(s->names[s->count], sizeof(s->names[0]), "%s", r->name.name);
		s->rows[s->count] = *r;
	}
	s->count++;
}

static struct seen
rows(struct store *s, const struct store_scope *scope, const char *who, const char *name, bool limited)
{
	struct seen seen = { 0 };
	struct err err;

	CHECK("rows", store_traffic_rows(s, scope, who, name, HOUR, limited, 10, see, &seen, &err));
	return seen;
}

static void
sum(void *ctx, int64_t hour, const struct traffic_count *c)
{
	int64_t *into = ctx;

	into[0]++;
	into[1] += c->messages;
	into[2] = hour;
}

static void
network(void *ctx, int64_t name, int64_t count, int64_t first, int64_t last)
{
	int64_t *into = ctx;

	into[0]++;
	into[1] += count;
	into[2] = name == NET1 ? last - first : 0;
}

static void
many(void *ctx, const char *name, int64_t hour, int64_t networks, int64_t messages)
{
	int64_t *into = ctx;

	into[0]++;
	into[1] = strcmp(name, "info@cust.example") == 0 && messages == 27 ? networks : 0;
	into[2] = hour;
}

static void
test_rows(struct arena *a, struct store *s)
{
	static const char *const annas[] = { "cust.example" };
	const struct store_scope anna = { .login = "anna", .names = annas, .count = 1 }, nobody = { .login = "x" };
	const struct add adds[] = {
		{ &info, HOUR, { 5, 0, 0, 0 } }, { &info, HOUR, { 2, 1, 1, 0 } }, { &info, HOUR + 3600, { 20, 0, 0, 0 } },
		{ &sales, HOUR, { 1, 0, 0, 0 } }, { &script, HOUR, { 30, 0, 0, 0 } }, { &other, HOUR + 7200, { 3, 0, 0, 0 } },
		{ &stranger, HOUR, { 1, 0, 0, 0 } }, { &info, HOUR - 3600, { 1000, 0, 0, 0 } },
	};
	struct traffic_position at;
	struct traffic_writer *w;
	struct traffic_use use;
	struct seen seen;
	struct err err;
	int64_t n[3] = { 0 };

	CHECK("nowhere yet", store_traffic_position(s, a, &at, &err) && at.file == NULL && at.since == -1);
	CHECK("a piece", piece(s, &at, "f1", 100, adds, 8, &err));
	CHECK("the same again is refused", !piece(s, &(struct traffic_position){ 0 }, "f1", 100, adds, 8, &err) &&
	    err.code == ERR_STALE);
	seen = rows(s, &everybody, "mailbox", NULL, false);
	CHECK("four mailboxes, the most first", seen.count == 4 && strcmp(seen.names[0], "info@cust.example") == 0);
	CHECK("added up since then", seen.rows[0].count.messages == 27 && seen.rows[0].hours == 2);
	CHECK("its busiest hour", seen.rows[0].busiest == 20 && seen.rows[0].busiest_at == HOUR + 3600 &&
	    seen.rows[0].last == HOUR + 3600);
	seen = rows(s, &everybody, "mailbox", NULL, true);
	CHECK("who was cut", seen.count == 1 && seen.rows[0].count.limited == 1 && seen.rows[0].last == HOUR);
	seen = rows(s, &anna, "mailbox", NULL, false);
	CHECK("a customer sees his own", seen.count == 2 && strcmp(seen.names[1], "sales@cust.example") == 0);
	seen = rows(s, &anna, "mailbox", "x@other.example", false);
	CHECK("nobody else's by name", seen.count == 0);
	CHECK("nobody sees nothing", rows(s, &nobody, "mailbox", NULL, false).count == 0 &&
	    rows(s, &nobody, "subscription", NULL, false).count == 0);
	seen = rows(s, &anna, "subscription", NULL, false);
	CHECK("a subscription: mailboxes and scripts", seen.count == 1 && seen.rows[0].count.messages == 58 &&
	    seen.rows[0].busiest == 38 && strcmp(seen.names[0], "cust.example") == 0);
	CHECK("by hour", store_traffic_hours(s, &anna, "mailbox", NULL, HOUR, sum, n, &err) && n[0] == 2 && n[1] == 28);
	memset(n, 0, sizeof(n));
	CHECK("of one name", store_traffic_hours(s, &everybody, "mailbox", "x@other.example", HOUR, sum, n, &err) && n[0] == 1 &&
	    n[2] == HOUR + 7200);
	CHECK("use", store_traffic_use(s, a, "mailbox", HOUR, &use, &err) && use.bar_count == 4 && use.names == 4);
	CHECK("fewest first", use.bars[0].messages == 1 && use.bars[0].hours == 2 && use.bars[3].messages == 20);
	CHECK_STR("the busiest", use.busiest, "info@cust.example");
	CHECK("use of subscriptions", store_traffic_use(s, a, "subscription", HOUR, &use, &err) && use.bar_count == 3 &&
	    use.names == 2 && use.bars[2].messages == 38);
	w = traffic_begin(s, &at, &err);
	CHECK("log-ins", w != NULL && traffic_login(w, &info, HOUR, NET1, 2, &err) &&
	    traffic_login(w, &info, HOUR, NET2, 1, &err) && traffic_login(w, &info, HOUR + 3600, NET1, 2, &err));
	at.offset = 200;
	CHECK("written", traffic_end(w, true, &(struct traffic_position){ "f1", 200, 1, 2, 3, 0, false }, HOUR, &err));
	seen = rows(s, &everybody, "mailbox", "info@cust.example", false);
	CHECK("most different networks in an hour", seen.rows[0].networks == 2);
	memset(n, 0, sizeof(n));
	CHECK("many", store_traffic_many(s, HOUR, 2, 10, many, n, &err) && n[0] == 1 && n[1] == 2 && n[2] == HOUR);
	CHECK("not so many", store_traffic_many(s, HOUR, 3, 10, many, n, &err) && n[0] == 1);
	memset(n, 0, sizeof(n));
	CHECK("networks", store_traffic_networks(s, &anna, "info@cust.example", HOUR, 10, network, n, &err) && n[0] == 2 && n[1] == 5);
	memset(n, 0, sizeof(n));
	CHECK("nobody else's", store_traffic_networks(s, &nobody, "info@cust.example", HOUR, 10, network, n, &err) && n[0] == 0);
}

/* A piece that does not get to its end leaves nothing; what was moved belongs to its new owner. */
static void
test_whole(struct arena *a, struct store *s)
{
	const struct traffic_name moved = { "mailbox", "info@cust.example", "other.example", "other.example", "berta" };
	struct traffic_position at, after;
	struct traffic_writer *w;
	struct err err;

	CHECK("position", store_traffic_position(s, a, &at, &err) && at.offset == 200 && at.lines == 3);
	w = traffic_begin(s, &at, &err);
	CHECK("added", w != NULL && traffic_add(w, &info, HOUR, &(struct traffic_count){ 999, 0, 0, 0 }, &err));
	CHECK("given up", !traffic_end(w, false, &at, HOUR, &err));
	CHECK("nothing of it", rows(s, &everybody, "mailbox", "info@cust.example", false).rows[0].count.messages == 27);
	CHECK("nor the position", store_traffic_position(s, a, &after, &err) && after.offset == 200);
	CHECK("moved", piece(s, &at, "f1", 300, &(struct add){ &moved, HOUR, { 1, 0, 0, 0 } }, 1, &err));
	CHECK_STR("to the other", rows(s, &everybody, "mailbox", "info@cust.example", false).count == 1 ? "1" : "0", "1");
	{
		static const char *const bertas[] = { "other.example" };
		const struct store_scope berta = { .login = "berta", .names = bertas, .count = 1 };

		CHECK("who sees all of it now", rows(s, &berta, "mailbox", "info@cust.example", false).rows[0].count.messages == 28);
	}
}

static void
test_purge(struct store *s)
{
	struct err err;

	CHECK("purge", store_traffic_purge(s, HOUR + 3600, &err));
	CHECK("only what is newer", rows(s, &everybody, "mailbox", NULL, false).count == 2);
	CHECK("all", store_traffic_purge(s, HOUR + 99 * 3600, &err));
	CHECK("none is left", rows(s, &everybody, "mailbox", NULL, false).count == 0);
}

/* A file of the first schema gets the new tables and keeps what it had. */
static void
test_migration(struct arena *a)
{
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	struct traffic_position at;
	sqlite3 *db;

	CHECK("set", s != NULL && store_set(s, "k", "v", 1, &err));
	store_close(s);
	sqlite3_open(test_path, &db);
	CHECK("an old file", sqlite3_exec(db, "DROP TABLE traffic_names; DROP TABLE traffic_hours; DROP TABLE traffic_logins; "
	    "DROP TABLE traffic_position; DROP TABLE scans; DROP TABLE looks; DROP TABLE standing; DROP TABLE notices; "
	    "DROP TABLE snds; DROP TABLE bounces; "
	    "ALTER TABLE acknowledged DROP COLUMN weight; PRAGMA user_version=1", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	s = store_open(test_path, &err);
	CHECK("migrated", s != NULL && store_traffic_position(s, a, &at, &err) && at.file == NULL);
	CHECK_STR("and what was there", s != NULL ? store_get(s, a, "k", &err) : NULL, "v");
	store_close(s);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct store *s;

	test_begin();
	s = store_open(test_path, &err);
	CHECK("open", s != NULL);
	test_rows(a, s);
	store_close(s);
	s = store_open(test_path, &err);
	CHECK("opened again", s != NULL);
	test_whole(a, s);
	test_purge(s);
	store_close(s);
	test_migration(a);
	test_finish();
	arena_free(a);
	TEST_END();
}
