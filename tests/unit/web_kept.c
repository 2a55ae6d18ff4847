/* Pages kept in memory: found by their whole key, bounded, alive as long as somebody sends one. */

#include "base/arena.h"
#include "base/str.h"
#include "unit/test.h"
#include "web/kept.h"

#define ROOM	4096

static bool
add(struct kept *k, const char *key, const char *body)
{
	const struct response res = { .status = 200, .content_type = "text/html", .body = text_of(body), .title = "T" };
	struct arena *a = arena_new();
	struct response found;
	bool ok;

	kept_add(k, key, &res);
	ok = kept_find(k, a, key, &found);
	arena_free(a);
	return ok;
}

int
main(void)
{
	struct arena *face = arena_new(), *request = arena_new();
	struct kept *k = kept_new(face, ROOM);
	struct response found = { .status = 0 }, bad = { .status = 503, .content_type = "text/html", .body = TEXT("x") };
	char key[32], large[ROOM] = "";
	size_t there = 0;

	CHECK("nothing yet", !kept_find(k, request, "anna /domains", &found) && found.status == 0);
	CHECK("kept", add(k, "anna /domains", "anna's"));
	CHECK("of somebody else it is not", !kept_find(k, request, "ben /domains", &found));
	CHECK("found", kept_find(k, request, "anna /domains", &found) && found.status == 200);
	CHECK_STR("its body", found.body.p, "anna's");
	CHECK_STR("its type", found.content_type, "text/html");
	CHECK_STR("its title", found.title, "T");
	add(k, "anna /domains", "another");
	CHECK_STR("who was first stays", found.body.p, "anna's");
	kept_add(k, "broken", &bad);
	CHECK("an error is not kept", !kept_find(k, request, "broken", &found));
	memset(large, 'x', sizeof(large) - 1);
	CHECK("what would drive out most is not kept", !add(k, "large", large));

	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "page %d", i);
		add(k, key, "0123456789012345678901234567890123456789");
	}
	CHECK("the last one is there", kept_find(k, request, "page 199", &found));
	CHECK("the first one is gone", !kept_find(k, request, "page 0", &found) && !kept_find(k, request, "anna /domains", &found));
	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "page %d", i);
		there += kept_find(k, request, key, &found);
	}
	CHECK("within the bound", there > 5 && there * 40 < ROOM);
	CHECK("what is asked for stays", kept_find(k, request, "page 190", &found));
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "new %d", i);
		add(k, key, "0123456789012345678901234567890123456789");
		kept_find(k, request, "page 190", &found);
	}
	CHECK("what is asked for stays", kept_find(k, request, "page 190", &found));
	arena_free(face);
	CHECK_STR("sent to its end after a reload", found.body.p, "0123456789012345678901234567890123456789");
	arena_free(request);
	TEST_END();
}
