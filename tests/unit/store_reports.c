/* Reports, summary rows, the list in all its orders and filters, and who sees what. */

#include "base/str.h"
#include "base/time.h"
#include "store/domains.h"
#include "store/notes.h"
#include "store/reports.h"
#include "unit/store_test.h"

static struct json *
make(struct arena *a, const char *name, const char *owner, const char *worst, int problems,
    const char *finding, int64_t at)
{
	struct json *r = json_new_object(a), *t = json_put_object(r, "target"), *s, *f, *l;

	json_put_str(t, "kind", "domain");
	json_put_str(t, "name", name);
	json_put_str(t, "ascii", name);
	json_put_str(t, "owner", owner);
	json_put_str(r, "checked_at", time_str(a, at));
	s = json_put_object(r, "summary");
	json_put_str(s, "worst", worst);
	json_put_int(s, "problem", problems);
	l = json_put_array(r, "findings");
	f = json_add_object(l);
	json_put_str(f, "id", finding);
	json_put_str(f, "check", "spf");
	json_put_str(f, "verdict", worst);
	f = json_add_object(l);
	json_put_str(f, "id", "mx.ok");
	json_put_str(f, "check", "mx");
	json_put_str(f, "verdict", "ok");
	return r;
}

/* The table of domains shows what is known of the addresses without reading the server's report. */
static void
test_addresses(struct store *s, struct arena *a)
{
	static const struct { const char *check, *scope, *subject, *verdict; } rows[] = {
		{ "ptr", "address", "203.0.113.10", "ok" }, { "ptr", "address", "203.0.113.11", "ok" },
		{ "ptr", "address", "203.0.113.11", "problem" }, { "ptr", "address", "203.0.113.11", "warning" },
		{ "helo", "server", "server", "ok" },
	};
	struct json *r = json_new_object(a), *t = json_put_object(r, "target"), *list;
	struct kept_report kept;
	struct err err = { 0 };

	CHECK("not yet", store_report_verdicts(s, a, &everybody, "server", "server", &err) == NULL &&
	    err.code == ERR_NOT_FOUND);
	json_put_str(t, "kind", "server");
	json_put_str(r, "checked_at", "2026-01-01T00:00:00Z");
	list = json_put_array(r, "findings");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *f = json_add_object(list);

		json_put_str(f, "id", "x.y");
		json_put_str(f, "check", rows[i].check);
		json_put_str(f, "scope", rows[i].scope);
		json_put_str(f, "subject", rows[i].subject);
		json_put_str(f, "verdict", rows[i].verdict);
	}
	CHECK("server kept", store_report_ready(a, r, &kept, &err) && store_reports_put(s, &kept, 1, &err));
	CHECK_STR("its addresses", store_report_verdicts(s, a, &everybody, "server", "server", &err),
	    "{\"helo\":\"ok\",\"ptr\":\"problem\",\"@ptr 203.0.113.10\":\"ok\",\"@ptr 203.0.113.11\":\"problem\"}");
}

static const char *
names(struct arena *a, const struct domain_page *p)
{
	struct str s = str_in(a, 1000);

	for (size_t i = 0; i < p->count; i++)
		str_addf(&s, "%s%s", i > 0 ? " " : "", p->rows[i].name);
	str_addf(&s, "/%zu", p->total);
	return s.p;
}

static const char *
list(struct store *s, struct arena *a, const struct store_scope *scope, struct domain_query q)
{
	struct domain_page p;
	struct err err = { 0 };

	return store_domains_list(s, a, scope, &q, &p, &err) ? names(a, &p) : arena_strdup(a, err.text);
}

static int64_t
weight_of(struct store *s, struct arena *a, const char *name)
{
	struct domain_row row;
	struct err err;

	return store_domain_get(s, a, &everybody, name, &row, &err) ? row.weight : -1;
}

/* By the length of the verdicts' text: an order that is the asker's own. */
static int
by_length(void *ctx, const struct domain_row *row)
{
	(void)ctx;
	return row->checked_at == 0 ? 1000 : (int)strlen(row->verdicts);
}

/* The whole list in pages of one, each found from the row before; `backward`: from the end, so in the other order. */
static const char *
walk(struct store *s, struct arena *a, enum domain_sort sort, bool descending, bool backward)
{
	struct domain_query q = { .sort = sort, .descending = descending, .per_page = 1, .backward = backward,
	    .rank = by_length };
	struct str out = str_in(a, 1000);
	struct domain_page p;
	struct err err;

	q.page = backward ? 5 : 1;
	for (int i = 0; i < 9 && store_domains_list(s, a, &everybody, &q, &p, &err) && p.count > 0; i++) {
		str_addf(&out, "%s%s", i > 0 ? " " : "", p.rows[0].name);
		q.key_name = p.rows[0].name;
		q.key_owner = p.rows[0].owner;
		q.key_number = sort == SORT_CHECKED ? p.rows[0].checked_at : sort == SORT_RANK ?
		    by_length(NULL, &p.rows[0]) : p.rows[0].weight;
	}
	return out.p;
}

static void
walks(struct store *s, struct arena *a)
{
	static const enum domain_sort sorts[] = { SORT_WORST, SORT_NAME, SORT_CHECKED, SORT_OWNER, SORT_RANK };

	for (size_t i = 0; i < 2 * sizeof(sorts) / sizeof(sorts[0]); i++) {
		bool descending = i % 2 != 0;
		const char *whole = list(s, a, &everybody, (struct domain_query){ .sort = sorts[i / 2],
		    .descending = descending, .per_page = 9, .rank = by_length });
		const char *from_here = walk(s, a, sorts[i / 2], descending, false);

		CHECK_STR("from row to row: as the whole list", arena_printf(a, "%s/5", from_here), whole);
		CHECK_STR("and back", walk(s, a, sorts[i / 2], !descending, true), from_here);
	}
}

/* Every filter with every order and place: more statements than a connection keeps. */
static void
ways(struct store *s, struct arena *a)
{
	bool all = true;

	for (unsigned i = 0; i < 512; i++) {
		struct domain_query q = { .sort = (enum domain_sort)(i & 3), .descending = i & 4, .backward = i & 8,
		    .verdict = i & 16 ? "problem" : NULL, .finding = i & 32 ? "spf.missing" : NULL,
		    .owner = i & 64 ? "anna" : NULL, .text = i & 128 ? "example" : NULL,
		    .key_name = i & 256 ? "c.example" : NULL, .key_owner = "anna", .key_number = 1, .per_page = 9 };

		all = all && strchr(list(s, a, &everybody, q), '/') != NULL;
	}
	CHECK("asked in every way", all);
}

static void
count_row(void *ctx, const struct domain_row *r)
{
	if (r->name != NULL)
		++*(int *)ctx;
}

static bool
put(struct store *s, struct arena *a, const struct json *const *reports, size_t count, struct err *err)
{
	struct kept_report kept[4];

	for (size_t i = 0; i < count; i++)
		if (!store_report_ready(a, reports[i], &kept[i], err))
			return false;
	return store_reports_put(s, kept, count, err);
}

int
main(void)
{
	static const struct store_domain panel[] = {
		{ "a.example", "a.example", "anna", "res" }, { "b.example", "b.example", "bert", NULL },
		{ "c.example", "c.example", "anna", "res" }, { "d.example", "d.example", NULL, "res" },
		{ "xn--d-hha.example", "\303\244d.example", "anna", "res" },
	};
	static const char *const annas[] = { "a.example", "c.example", "xn--d-hha.example" };
	static const char *const few[] = { "a.example" };
	static const char *const ress[] = { "a.example", "c.example", "d.example", "xn--d-hha.example" };
	const struct store_scope anna = { .login = "anna", .names = annas, .count = 3, .owner = "anna" };
	const struct store_scope res = { .login = "res", .names = ress, .count = 4, .reseller = "res" };
	const struct store_scope moved = { .login = "anna", .names = few, .count = 1, .owner = "anna" };
	const struct store_scope plain = { .login = "anna", .names = annas, .count = 3 };
	const struct store_scope nobody = { .login = "x" };
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct store *s;
	const struct json *some[4];
	struct json *j;
	struct domain_row row;
	const char *const *stale;
	size_t n = 0;
	int rows = 0;

	test_begin();
	s = store_open(test_path, &err);
	CHECK("open", s != NULL);
	CHECK("sync", store_domains_sync(s, panel, 5, 100, &err));
	CHECK_STR("never checked, by name", list(s, a, &everybody, (struct domain_query){ .per_page = 10 }),
	    "a.example b.example c.example d.example xn--d-hha.example/5");
	some[0] = make(a, "a.example", "anna", "ok", 0, "spf.ok", 1000);
	some[1] = make(a, "b.example", "bert", "warning", 0, "spf.open", 1001);
	some[2] = make(a, "c.example", "anna", "problem", 1, "spf.missing", 1002);
	some[3] = make(a, "d.example", "carl", "problem", 3, "spf.missing", 1003);
	CHECK("put", put(s, a, some, 4, &err));

	CHECK_STR("worst first, more problems before fewer",
	    list(s, a, &everybody, (struct domain_query){ .per_page = 10 }),
	    "d.example c.example b.example a.example xn--d-hha.example/5");
	CHECK_STR("page 2", list(s, a, &everybody, (struct domain_query){ .page = 2, .per_page = 2 }),
	    "b.example a.example/5");
	CHECK_STR("last page, read from the end",
	    list(s, a, &everybody, (struct domain_query){ .page = 3, .per_page = 2 }), "xn--d-hha.example/5");
	CHECK_STR("beyond", list(s, a, &everybody, (struct domain_query){ .page = 9, .per_page = 2 }), "/5");
	CHECK_STR("page that does not exist by far",
	    list(s, a, &everybody, (struct domain_query){ .page = SIZE_MAX, .per_page = 2 }), "/5");
	CHECK_STR("behind a row, by worst", list(s, a, &everybody, (struct domain_query){ .page = 2, .per_page = 2,
	    .key_name = "c.example", .key_number = weight_of(s, a, "c.example") }), "b.example a.example/5");
	CHECK_STR("before a row, by worst", list(s, a, &everybody, (struct domain_query){ .page = 1, .per_page = 2,
	    .key_name = "a.example", .key_number = weight_of(s, a, "a.example"), .backward = true }),
	    "c.example b.example/5");
	CHECK_STR("behind a row, best first", list(s, a, &everybody, (struct domain_query){ .page = 2, .per_page = 2,
	    .descending = true, .key_name = "a.example", .key_number = weight_of(s, a, "a.example") }),
	    "b.example c.example/5");
	CHECK_STR("behind a row, by name", list(s, a, &everybody, (struct domain_query){ .sort = SORT_NAME, .per_page = 2,
	    .page = 2, .key_name = "b.example" }), "c.example d.example/5");
	CHECK_STR("behind the last", list(s, a, &everybody, (struct domain_query){ .sort = SORT_NAME, .per_page = 2,
	    .page = 9, .key_name = "zz" }), "/5");
	CHECK_STR("descending", list(s, a, &everybody, (struct domain_query){ .descending = true, .per_page = 2 }),
	    "xn--d-hha.example a.example/5");
	CHECK_STR("by name", list(s, a, &everybody, (struct domain_query){ .sort = SORT_NAME, .per_page = 2 }),
	    "a.example b.example/5");
	CHECK_STR("by time", list(s, a, &everybody, (struct domain_query){ .sort = SORT_CHECKED, .per_page = 3 }),
	    "xn--d-hha.example a.example b.example/5");
	CHECK_STR("by owner", list(s, a, &everybody, (struct domain_query){ .sort = SORT_OWNER, .per_page = 4 }),
	    "d.example c.example a.example xn--d-hha.example/5");
	walks(s, a);
	ways(s, a);
	CHECK_STR("in an order of one's own, by name where that is the same", list(s, a, &everybody,
	    (struct domain_query){ .sort = SORT_RANK, .rank = by_length, .per_page = 9 }),
	    "a.example b.example c.example d.example xn--d-hha.example/5");
	CHECK_STR("a finding that says that all is well", list(s, a, &everybody,
	    (struct domain_query){ .finding = "mx.ok", .per_page = 9 }), "d.example c.example b.example a.example/4");
	CHECK_STR("of one check", list(s, a, &everybody,
	    (struct domain_query){ .finding = "spf.ok", .verdict = "ok", .text = "A.", .per_page = 9 }), "a.example/1");
	CHECK_STR("verdict", list(s, a, &everybody, (struct domain_query){ .verdict = "problem", .per_page = 9 }),
	    "d.example c.example/2");
	CHECK_STR("no such verdict is none", list(s, a, &everybody,
	    (struct domain_query){ .verdict = "ok", .text = "zz", .per_page = 9 }), "/0");
	CHECK_STR("finding", list(s, a, &everybody, (struct domain_query){ .finding = "spf.missing", .per_page = 9 }),
	    "d.example c.example/2");
	CHECK_STR("finding and owner", list(s, a, &everybody,
	    (struct domain_query){ .finding = "spf.missing", .owner = "anna", .per_page = 9 }), "c.example/1");
	CHECK_STR("finding and verdict and name", list(s, a, &everybody, (struct domain_query){
	    .finding = "spf.missing", .verdict = "problem", .text = "D.EX", .sort = SORT_NAME, .per_page = 9 }),
	    "d.example/1");
	CHECK_STR("text in the U-label", list(s, a, &everybody, (struct domain_query){ .text = "\303\244d", .per_page = 9 }),
	    "xn--d-hha.example/1");
	CHECK_STR("text in the owner", list(s, a, &everybody, (struct domain_query){ .text = "bert", .per_page = 9 }),
	    "b.example/1");
	CHECK_STR("text is no pattern", list(s, a, &everybody, (struct domain_query){ .text = "%", .per_page = 9 }), "/0");

	CHECK_STR("a customer's own", list(s, a, &anna, (struct domain_query){ .per_page = 9 }),
	    "c.example a.example xn--d-hha.example/3");
	CHECK_STR("without the column", list(s, a, &plain, (struct domain_query){ .per_page = 9 }),
	    "c.example a.example xn--d-hha.example/3");
	CHECK_STR("a reseller's", list(s, a, &res, (struct domain_query){ .per_page = 9 }),
	    "d.example c.example a.example xn--d-hha.example/4");
	CHECK_STR("the set decides, not the column", list(s, a, &moved, (struct domain_query){ .per_page = 9 }),
	    "a.example/1");
	CHECK_STR("another's owner filter finds nothing", list(s, a, &anna,
	    (struct domain_query){ .owner = "bert", .per_page = 9 }), "/0");
	CHECK_STR("nobody", list(s, a, &nobody, (struct domain_query){ .per_page = 9 }), "/0");
	CHECK("a foreign row", !store_domain_get(s, a, &anna, "b.example", &row, &err) && err.code == ERR_NOT_FOUND);
	CHECK("an own row", store_domain_get(s, a, &anna, "c.example", &row, &err) && row.problem == 1);
	CHECK_STR("verdict columns", row.verdicts, "{\"mx\":\"ok\",\"spf\":\"problem\"}");
	CHECK("a foreign report", store_report_get(s, a, &anna, "domain", "b.example", &err) == NULL &&
	    err.code == ERR_NOT_FOUND);
	CHECK("an own report", json_eq(store_report_get(s, a, &anna, "domain", "c.example", &err), some[2]));
	CHECK("none yet", store_report_get(s, a, &anna, "domain", "xn--d-hha.example", &err) == NULL &&
	    err.code == ERR_NOT_FOUND);
	CHECK("each", store_domains_each(s, &res, &(struct domain_query){ .text = NULL }, count_row, &rows, &err) &&
	    rows == 4);

	j = store_domains_counts(s, a, &everybody, &err);
	CHECK("counts", json_int(j, "problem", 0) == 2 && json_int(j, "never", 0) == 1 && json_int(j, "total", 0) == 5);
	j = store_domains_counts(s, a, &anna, &err);
	CHECK("own counts", json_int(j, "problem", 0) == 1 && json_int(j, "total", 0) == 3);
	j = store_domains_findings(s, a, &everybody, &err);
	CHECK("findings", json_int(j, "spf.missing", 0) == 2 && json_int(j, "mx.ok", 0) == 0);
	j = store_domains_findings(s, a, &anna, &err);
	CHECK("own findings", json_int(j, "spf.missing", 0) == 1);
	/* The day's turn of a domain lies somewhere in it: after two days each had one. */
	CHECK("due", store_domains_due(s, a, 1000 + 2 * 86400, 10, &stale, &n, &err) && n == 5 &&
	    strcmp(stale[0], "xn--d-hha.example") == 0);
	CHECK("never checked: at once", store_domains_due(s, a, 1002, 10, &stale, &n, &err) && n >= 1 &&
	    strcmp(stale[0], "xn--d-hha.example") == 0);

	some[0] = make(a, "c.example", "anna", "ok", 0, "spf.ok", 2000);
	CHECK("put again", put(s, a, some, 1, &err));
	CHECK_STR("its finding is gone", list(s, a, &everybody,
	    (struct domain_query){ .finding = "spf.missing", .per_page = 9 }), "d.example/1");
	j = store_history(s, a, &anna, "domain", "c.example", 10, &err);
	CHECK("history", json_count(j) == 1);
	CHECK_STR("was", json_str(json_first(j), "before"), "problem");
	CHECK_STR("is", json_str(json_first(j), "after"), "ok");
	CHECK("foreign history", store_history(s, a, &anna, "domain", "b.example", 10, &err) == NULL);

	/* The domain leaves and comes back, once to the same and once to another owner. */
	CHECK("gone", store_domains_sync(s, panel, 2, 3000, &err));
	CHECK_STR("not listed", list(s, a, &everybody, (struct domain_query){ .per_page = 9 }), "b.example a.example/2");
	CHECK_STR("nor found", list(s, a, &everybody, (struct domain_query){ .finding = "spf.missing", .per_page = 9 }), "/0");
	CHECK("back", store_domains_sync(s, panel, 5, 3001, &err));
	CHECK_STR("as it was", list(s, a, &everybody, (struct domain_query){ .finding = "spf.missing", .per_page = 9 }),
	    "d.example/1");
	CHECK("acknowledged", store_acknowledge(s, "d.example", "spf.missing", "carl", "known", 3000, 0, &err));
	j = store_acknowledged(s, a, &res, NULL, 3001, &err);
	CHECK("seen above", json_count(j) == 1);
	CHECK("not beside", json_count(store_acknowledged(s, a, &anna, "d.example", 3001, &err)) == 0);
	CHECK("gone again", store_domains_sync(s, panel, 3, 3002, &err));
	{
		struct store_domain other[5];

		memcpy(other, panel, sizeof(other));
		other[3].owner = "eve";
		CHECK("to another", store_domains_sync(s, other, 5, 3003, &err));
	}
	CHECK("nothing of the owner before", store_report_get(s, a, &everybody, "domain", "d.example", &err) == NULL &&
	    json_count(store_acknowledged(s, a, &everybody, NULL, 3004, &err)) == 0);
	CHECK("purge", store_domains_sync(s, panel, 1, 3002, &err) && store_domains_purge(s, 3002 + 31 * 86400, &err));

	j = json_new_object(a);
	some[0] = j;
	CHECK("a report of nothing", !put(s, a, some, 1, &err) && err.code == ERR_VALUE);
	test_addresses(s, a);
	store_close(s);
	test_finish();
	arena_free(a);
	TEST_END();
}
