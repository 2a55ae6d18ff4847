/* Scans for viruses: one row a domain, what is under way beside what came out last. */

#include "store_test.h"

#include "base/arena.h"
#include "store/scans.h"

struct seen { int count; char last[64], state[16]; bool result; };

static void
see(void *ctx, const struct scan_row *row)
{
	struct seen *s = ctx;

	s->count++;
	snprintf(s->last, sizeof(s->last), "%s", row->domain);
	snprintf(s->state, sizeof(s->state), "%s", row->state);
	s->result = row->result != NULL;
}

int
main(void)
{
	static const char *const own[] = { "a.example" };
	const struct store_scope all = { .all = true }, anna = { .login = "anna", .names = own, .count = 1 };
	struct arena *a = arena_new();
	struct json *work = json_new_object(a);
	struct seen seen = { 0 };
	struct scan_row row;
	struct store *s;
	struct err err;

	test_begin();
	s = store_open(test_path, &err);
	CHECK("nothing is asked for", store_scan_next(s, a, NULL, &row, &err) && row.domain == NULL);
	CHECK("ask", store_scan_ask(s, "b.example", "ben", 100, &err) && store_scan_ask(s, "a.example", "anna", 200, &err));
	CHECK("the oldest first", store_scan_next(s, a, NULL, &row, &err));
	CHECK_STR("its name", row.domain, "b.example");
	CHECK_STR("who asked", row.login, "ben");
	CHECK_STR("its state", row.state, "queued");
	CHECK("not begun", row.work == NULL && row.result == NULL);
	CHECK("one of them", store_scan_next(s, a, "a.example", &row, &err) && row.asked_at == 200);
	json_put_int(work, "files", 7);
	CHECK("a part", store_scan_part(s, "b.example", work, 110, &err));
	CHECK("asked again, it goes on", store_scan_ask(s, "b.example", "eve", 120, &err) &&
	    store_scan_next(s, a, "b.example", &row, &err) && json_int(row.work, "files", 0) == 7);
	CHECK_STR("for who asked first", row.login, "ben");
	store_close(s);
	s = store_open(test_path, &err);
	CHECK("kept", store_scan_next(s, a, "b.example", &row, &err) && json_int(row.work, "files", 0) == 7);
	CHECK("ended", store_scan_end(s, "b.example", work, 130, &err) &&
	    store_scan_next(s, a, "b.example", &row, &err) && row.domain == NULL);
	CHECK("another's later part is none", store_scan_part(s, "b.example", work, 140, &err) &&
	    store_scan_next(s, a, "b.example", &row, &err) && row.domain == NULL);
	CHECK("a new one keeps the old result", store_scan_ask(s, "b.example", "eve", 150, &err) &&
	    store_scan_next(s, a, "b.example", &row, &err) && row.work == NULL && json_int(row.result, "files", 0) == 7);
	CHECK("all", store_scans_each(s, a, &all, see, &seen, &err) && seen.count == 2);
	seen = (struct seen){ 0 };
	CHECK("one's own", store_scans_each(s, a, &anna, see, &seen, &err) && seen.count == 1);
	CHECK_STR("and no other", seen.last, "a.example");
	store_close(s);
	test_finish();
	arena_free(a);
	TEST_END();
}
