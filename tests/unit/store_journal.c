/* Plans are taken once, entries are on disk before the call returns, the audit chain holds. */

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "store/audit.h"
#include "store/bulk.h"
#include "store/cases.h"
#include "store/delist.h"
#include "store/journal.h"
#include "store/plans.h"
#include "store/settings.h"
#include "unit/store_test.h"

static struct store_entry
entry(struct arena *a, const char *plan, const char *domain)
{
	return (struct store_entry){ .login = "anna", .role = "customer", .fix = "spf.publish",
	    .target = domain != NULL ? domain : "server", .domain = domain, .state = "applying", .plan = plan,
	    .changes = json_new_array(a), .steps = json_new_array(a), .checks = json_new_array(a) };
}

static bool
plan(struct store *s, struct arena *a, const char *id, const char *domain, int64_t at)
{
	const struct store_plan p = { .id = id, .hash = "h", .created_at = at, .login = "anna",
	    .role = "customer", .fix = "spf.publish", .target = domain != NULL ? domain : "server", .domain = domain,
	    .json = json_new_object(a) };
	struct err err;

	return store_plan_put(s, &p, &err);
}

struct racer { struct store *store; int won, stale; };

static void *
race(void *ctx)
{
	struct racer *r = ctx;
	struct arena *a = arena_new();
	struct store_entry e = entry(a, "raced", "a.example");
	struct err err = { 0 };
	int64_t id;

	if (store_journal_begin(r->store, &e, "h", 1001, &id, &err))
		r->won = 1;
	else
		r->stale = err.code == ERR_STALE;
	arena_free(a);
	return NULL;
}

static void
plans(struct store *s, struct arena *a)
{
	static const char *const annas[] = { "a.example" };
	const struct store_scope anna = { .login = "anna", .names = annas, .count = 1 };
	const struct store_scope bert = { .login = "bert" };
	struct store_plan p;
	struct store_entry e;
	struct racer racers[16];
	pthread_t threads[16];
	struct err err = { 0 };
	int64_t id;
	int won = 0, stale = 0;

	CHECK("put", plan(s, a, "p1", "a.example", 1000) && plan(s, a, "p2", "a.example", 1000) &&
	    plan(s, a, "raced", "a.example", 1000) && plan(s, a, "mine", NULL, 1000));
	CHECK("not twice", !plan(s, a, "p1", "a.example", 1000));
	CHECK("own", store_plan_get(s, a, &anna, "p1", &p, &err) && p.entry == 0);
	CHECK("foreign", !store_plan_get(s, a, &bert, "p1", &p, &err) && err.code == ERR_NOT_FOUND);
	CHECK("unknown", !store_plan_get(s, a, &everybody, "p9", &p, &err) && err.code == ERR_NOT_FOUND);
	CHECK("of no domain: by login", store_plan_get(s, a, &anna, "mine", &p, &err) &&
	    !store_plan_get(s, a, &bert, "mine", &p, &err));

	e = entry(a, "p1", "a.example");
	CHECK("wrong hash", !store_journal_begin(s, &e, "x", 1001, &id, &err) && err.code == ERR_STALE);
	CHECK("expired", !store_journal_begin(s, &e, "h", 1001 + PLAN_LIFE_S, &id, &err) && err.code == ERR_STALE);
	CHECK("made in the future by a jumping clock", !store_journal_begin(s, &e, "h", 1000 - PLAN_LIFE_S - 1, &id,
	    &err) && err.code == ERR_STALE);
	CHECK("taken", store_journal_begin(s, &e, "h", 1001, &id, &err));
	CHECK("once", !store_journal_begin(s, &e, "h", 1001, &id, &err) && err.code == ERR_STALE);
	CHECK("says which entry", store_plan_get(s, a, &anna, "p1", &p, &err) && p.entry == id);
	e = entry(a, "p9", "a.example");
	CHECK("unknown plan", !store_journal_begin(s, &e, "h", 1001, &id, &err) && err.code == ERR_NOT_FOUND);

	for (int i = 0; i < 16; i++) {
		racers[i] = (struct racer){ .store = s };
		pthread_create(&threads[i], NULL, race, &racers[i]);
	}
	for (int i = 0; i < 16; i++) {
		pthread_join(threads[i], NULL);
		won += racers[i].won;
		stale += racers[i].stale;
	}
	CHECK("sixteen at once: one", won == 1 && stale == 15);
	CHECK("purge", store_plans_purge(s, 1000 + 3 * PLAN_LIFE_S, &err));
	CHECK("untaken is gone", !store_plan_get(s, a, &anna, "p2", &p, &err));
	CHECK("taken stays", store_plan_get(s, a, &anna, "p1", &p, &err));
}

static void
journal(struct store *s, struct arena *a)
{
	static const char *const berts[] = { "b.example" };
	const struct store_scope bert = { .login = "bert", .names = berts, .count = 1 };
	const char *many[200];
	struct store_scope large = { .login = "bert", .names = many, .count = 200 };
	struct store_entry e = entry(a, NULL, "b.example"), got;
	struct journal_page p;
	struct err err = { 0 };
	int64_t one, two, mine;

	CHECK("begin", store_journal_begin(s, &e, NULL, 2000, &one, &err));
	e.id = one;
	e.state = "verified";
	e.steps = json_parse(a, TEXT("[{\"change\":0,\"state\":\"done\"}]"), NULL);
	CHECK("update", store_journal_update(s, &e, 2001, &err));
	CHECK("get", store_journal_get(s, a, &bert, one, &got, &err) && json_count(got.steps) == 1 &&
	    got.updated_at == 2001 && got.at == 2000);
	CHECK_STR("state", got.state, "verified");
	CHECK("foreign", !store_journal_get(s, a, &(struct store_scope){ .login = "anna" }, one, &got, &err) &&
	    err.code == ERR_NOT_FOUND);

	e = entry(a, NULL, "b.example");
	e.undo_of = one;
	CHECK("undo", store_journal_begin(s, &e, NULL, 2002, &two, &err));
	CHECK("sets undone_by", store_journal_get(s, a, &bert, one, &got, &err) && got.undone_by == two);
	CHECK("not undone twice", !store_journal_begin(s, &e, NULL, 2002, &mine, &err) && err.code == ERR_STALE);
	CHECK("given free", store_journal_release(s, one, two, &err) &&
	    store_journal_get(s, a, &bert, one, &got, &err) && got.undone_by == 0);
	CHECK("claimed", store_journal_claim(s, one, two, &err) &&
	    store_journal_get(s, a, &bert, one, &got, &err) && got.undone_by == two);
	CHECK("not by another", !store_journal_claim(s, one, two + 1, &err) && err.code == ERR_STALE);
	e = entry(a, NULL, NULL);
	e.login = "bert";
	CHECK("server-wide, his own", store_journal_begin(s, &e, NULL, 2003, &mine, &err));
	CHECK("list", store_journal_list(s, a, &bert, &(struct journal_query){ .page = 1 }, &p, &err) &&
	    p.total == 3 && p.entries[0].id == mine);
	for (int i = 0; i < 200; i++)
		many[i] = arena_printf(a, "a%03d.example", i);
	many[199] = "b.example";
	CHECK("the same for a large set", store_journal_list(s, a, &large, &(struct journal_query){ .page = 1 },
	    &p, &err) && p.total == 3 && p.entries[0].id == mine);
	CHECK("open ones, oldest first", store_journal_list(s, a, &everybody, &(struct journal_query){ .open = true,
	    .oldest_first = true }, &p, &err) && p.total == 4 && p.entries[0].id < p.entries[1].id);
	CHECK("by state", store_journal_list(s, a, &everybody, &(struct journal_query){ .state = "verified" }, &p,
	    &err) && p.total == 1);
	CHECK("by a part of the target", store_journal_list(s, a, &everybody, &(struct journal_query){ .part = "EXAMPLE" }, &p,
	    &err) && p.total > 0 && p.total == p.count);
	CHECK("by a part that none has", store_journal_list(s, a, &everybody, &(struct journal_query){ .part = "no-such" }, &p,
	    &err) && p.total == 0);
	CHECK("pages", store_journal_list(s, a, &everybody, &(struct journal_query){ .page = 2, .per_page = 2 },
	    &p, &err) && p.count == 2 && p.total == 5);
}

/* A child writes entries and says each number when the call has returned; it is killed at some moment. */
static void
killed(struct arena *a, int64_t newest)
{
	struct err err = { 0 };
	int lost = 0, holes = 0, rounds = 12;
	int64_t before = newest;	/* on a busy machine the first child may be killed before it says a number */

	for (int round = 0; round < rounds; round++) {
		int pipe_fd[2];
		int64_t id, last = 0;
		struct journal_page p;
		struct store *s;
		pid_t pid;

		if (pipe(pipe_fd) != 0 || (pid = fork()) == -1)
			abort();
		if (pid == 0) {
			struct arena *mine = arena_new();
			struct store_entry e = entry(mine, NULL, "k.example");

			s = store_open(test_path, &err);
			while (s != NULL && store_journal_begin(s, &e, NULL, 3000, &id, &err))
				if (write(pipe_fd[1], &id, sizeof(id)) != sizeof(id))
					break;
			_exit(1);
		}
		close(pipe_fd[1]);
		usleep((useconds_t)(15000 + round * 7000));
		kill(pid, SIGKILL);
		while (read(pipe_fd[0], &id, sizeof(id)) == sizeof(id))
			last = id;
		close(pipe_fd[0]);
		waitpid(pid, NULL, 0);
		s = store_open(test_path, &err);
		if (s == NULL || !store_journal_list(s, a, &everybody, &(struct journal_query){ .target = "k.example",
		    .per_page = 1 }, &p, &err)) {
			lost++;
			continue;
		}
		if (last > 0 && (p.count == 0 || p.entries[0].id < last))
			lost++;
		if (p.count > 0 && p.entries[0].id > (last > before ? last : before) + 1)
			holes++;
		before = p.count > 0 ? p.entries[0].id : before;
		store_close(s);
	}
	CHECK("no acknowledged entry is lost", lost == 0);
	CHECK("at most the one that was being written is there too", holes == 0);
}

/* By force, and put right again; the three rows are of one login. */
static const struct { const char *what, *sql, *back; int64_t first_bad; } forced[] = {
	{ "who is changed", "UPDATE audit SET login = 'eve' WHERE id = 2", "UPDATE audit SET login = 'anna' WHERE id = 2", 2 },
	{ "when is changed", "UPDATE audit SET at = 2 WHERE id = 1", "UPDATE audit SET at = 1 WHERE id = 1", 1 },
	{ "nothing made empty", "UPDATE audit SET detail = '' WHERE id = 1", "UPDATE audit SET detail = NULL WHERE id = 1", 1 },
	{ "a word moved to the next field", "UPDATE audit SET object = 'b.exampledenied', outcome = '' WHERE id = 2",
	    "UPDATE audit SET object = 'b.example', outcome = 'denied' WHERE id = 2", 2 },
	{ "two exchanged", "UPDATE audit SET id = 9 WHERE id = 1; UPDATE audit SET id = 1 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 9",
	    "UPDATE audit SET id = 9 WHERE id = 1; UPDATE audit SET id = 1 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 9", 1 },
	{ "the first taken away", "CREATE TEMP TABLE kept AS SELECT * FROM audit; DELETE FROM audit WHERE id = 1",
	    "INSERT INTO audit SELECT * FROM kept WHERE id = 1", 2 },
	{ "one in the middle", "DELETE FROM audit WHERE id = 2", "INSERT INTO audit SELECT * FROM kept WHERE id = 2", 3 },
	{ "the last", "DELETE FROM audit WHERE id = 3", "INSERT INTO audit SELECT * FROM kept WHERE id = 3", 3 },
	{ "all", "DELETE FROM audit", "INSERT INTO audit SELECT * FROM kept", 1 },
	{ "one made up", "INSERT INTO audit(id, at, action, hash) SELECT 4, 1, 'x', hash FROM kept WHERE id = 3",
	    "DELETE FROM audit WHERE id = 4", 4 },
	{ "the count lost", "DELETE FROM audit_head", "INSERT INTO audit_head SELECT 1, 3, hash FROM kept WHERE id = 3", 4 },
};

static void
audit(struct store *s, struct arena *a)
{
	static const char *const annas[] = { "a.example" };
	const struct store_scope anna = { .login = "anna", .names = annas, .count = 1 };
	struct audit_event e = { .at = 1, .login = "anna", .role = "customer", .action = "denied",
	    .object = "b.example", .outcome = "denied" };
	struct audit_proof proof;
	struct err err = { 0 };
	struct json *j;
	sqlite3 *db;

	CHECK("empty chain", store_audit_verify(s, &proof, &err) && proof.whole && proof.rows == 0);
	CHECK("one", store_audit(s, &e, &err));
	e.action = "apply";
	e.domain = "a.example";
	CHECK("two", store_audit(s, &e, &err));
	e.detail = "x";
	CHECK("three", store_audit(s, &e, &err));
	CHECK("whole", store_audit_verify(s, &proof, &err) && proof.whole && proof.rows == 3);
	j = store_audit_list(s, a, &everybody, NULL, 1, 2, &err);
	CHECK("list", json_int(j, "total", 0) == 3 && json_count(json_get(j, "events")) == 2);
	j = store_audit_list(s, a, &everybody, "denied", 1, 0, &err);
	CHECK("search", json_int(j, "total", 0) == 3);
	j = store_audit_list(s, a, &anna, NULL, 1, 0, &err);
	CHECK("a customer sees his domains'", json_int(j, "total", 0) == 2);

	sqlite3_open(test_path, &db);
	CHECK("rows cannot be changed", sqlite3_exec(db, "UPDATE audit SET login = 'eve' WHERE id = 2", NULL, NULL,
	    NULL) != SQLITE_OK);
	CHECK("nor deleted", sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL) != SQLITE_OK);
	sqlite3_exec(db, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete", NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(forced) / sizeof(forced[0]); i++) {
		CHECK(forced[i].what, sqlite3_exec(db, forced[i].sql, NULL, NULL, NULL) == SQLITE_OK &&
		    store_audit_verify(s, &proof, &err) && !proof.whole && proof.first_bad == forced[i].first_bad);
		CHECK(forced[i].what, sqlite3_exec(db, forced[i].back, NULL, NULL, NULL) == SQLITE_OK &&
		    store_audit_verify(s, &proof, &err) && proof.whole);
	}
	sqlite3_close(db);
}

#define MANY	8
#define EACH	40

static void *
look_through(void *p)
{
	const struct audit_event e = { .at = 1, .login = "root", .role = "admin", .action = "view" };
	struct err err;
	size_t n = 0;

	for (int i = 0; i < EACH; i++)
		n += store_audit(p, &e, &err);
	return n == EACH ? p : NULL;
}

/* Many at once share their commits, and one chain. */
static void
audit_many(struct arena *a)
{
	struct err err = { 0 };
	struct store *s = store_open(arena_printf(a, "%s/var/many.db", test_dir), &err);
	struct audit_proof proof;
	pthread_t threads[MANY];
	void *ok;

	for (int i = 0; i < MANY; i++)
		pthread_create(&threads[i], NULL, look_through, s);
	for (int i = 0; i < MANY; i++) {
		pthread_join(threads[i], &ok);
		CHECK("each is told", ok != NULL);
	}
	CHECK("every row, one chain", store_audit_verify(s, &proof, &err) && proof.whole && proof.rows == MANY * EACH);
	store_close(s);
}

static void
others(struct store *s, struct arena *a)
{
	static const char *const annas[] = { "a.example" };
	const struct store_scope anna = { .login = "anna", .names = annas, .count = 1 };
	const struct store_scope bert = { .login = "bert" };
	const struct store_bulk b = { .id = "b1", .fix = "spf.publish", .login = "anna", .role = "reseller",
	    .created_at = 5, .state = "planned" };
	const struct bulk_item items[] = { { .target = "a.example", .mode = "one_click", .plan = "p" },
	    { .target = "b.example", .mode = "refused", .refused = json_new_object(a) } };
	const struct bulk_item *got;
	const struct sample *samples;
	struct store_bulk bulk;
	struct err err = { 0 };
	struct json *j;
	int64_t id = 0;
	size_t n = 0;

	CHECK("case", store_case_open(s, "a.example", "spam", "anna", 10, &id, &err));
	CHECK("note", store_case_note(s, &anna, id, "anna", "hello", 11, &err));
	CHECK("foreign note", !store_case_note(s, &bert, id, "bert", "x", 11, &err) && err.code == ERR_NOT_FOUND);
	CHECK("state", store_case_state(s, &anna, id, "anna", "closed", 12, &err));
	j = store_case_get(s, a, &anna, id, &err);
	CHECK("get", json_count(json_get(j, "notes")) == 1);
	CHECK_STR("state", json_str(j, "state"), "closed");
	CHECK("foreign", store_case_get(s, a, &bert, id, &err) == NULL && err.code == ERR_NOT_FOUND);
	CHECK("list", json_int(store_cases(s, a, &anna, "closed", NULL, 1, 0, &err), "total", 0) == 1);
	CHECK("list of others", json_int(store_cases(s, a, &bert, NULL, NULL, 1, 0, &err), "total", 9) == 0);

	CHECK("delist", store_delist_record(s, "microsoft", "root", "https://x", "wait", 10, 20, &err) &&
	    store_delist_record(s, "yahoo", "root", "https://y", "ok", 10, 0, &err));
	CHECK("requests", json_count(store_delist_requests(s, a, "yahoo", &err)) == 1 &&
	    json_count(store_delist_requests(s, a, NULL, &err)) == 2);
	CHECK("no override", store_delist_overridden(s, a, "yahoo", &err) == NULL && err.code == ERR_NOT_FOUND);
	CHECK("override", store_delist_override(s, "yahoo", "root", "because", 10, &err));
	CHECK_STR("override", json_str(store_delist_overridden(s, a, "yahoo", &err), "reason"), "because");

	CHECK("bulk", store_bulk_begin(s, &b, &err) && store_bulk_add(s, "b1", items, 2, &err));
	CHECK("of whom", store_bulk_get(s, a, &anna, "b1", &bulk, &err) && !store_bulk_get(s, a, &bert, "b1", &bulk, &err));
	CHECK("taken once", store_bulk_take(s, "b1", "planned", "applying", &err) &&
	    !store_bulk_take(s, "b1", "planned", "applying", &err) && err.code == ERR_STALE);
	CHECK("item", store_bulk_item(s, "b1", "a.example", 7, "verified", &err));
	CHECK("items", store_bulk_items(s, a, "b1", &got, &n, &err) && n == 2 && got[0].entry == 7 &&
	    got[1].refused != NULL);
	CHECK("bulks", json_count(store_bulks(s, a, &anna, 10, &err)) == 1 &&
	    json_count(store_bulks(s, a, &bert, 10, &err)) == 0);

	CHECK("samples", store_sample(s, "q", 1, 5, &err) && store_sample(s, "q", 2, 6, &err) &&
	    store_samples(s, a, "q", 2, &samples, &n, &err) && n == 1 && samples[0].value == 6);
	CHECK("purge", store_samples_purge(s, 2, &err) && store_samples(s, a, "q", 0, &samples, &n, &err) && n == 1);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct journal_page p = { 0 };
	struct store *s;

	test_begin();
	s = store_open(test_path, &err);
	CHECK("open", s != NULL);
	plans(s, a);
	journal(s, a);
	others(s, a);
	audit(s, a);
	audit_many(a);
	CHECK("the newest", store_journal_list(s, a, &everybody, &(struct journal_query){ .page = 1 }, &p, &err));
	store_close(s);
	killed(a, p.count > 0 ? p.entries[0].id : 0);
	test_finish();
	arena_free(a);
	TEST_END();
}
