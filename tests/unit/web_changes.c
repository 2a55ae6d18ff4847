/* What a change shows: what goes, what comes, what stays once; the terms of a value that was edited. */

#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "unit/test.h"
#include "web/page.h"

static const struct { const char *name, *change, *shown; } cases[] = {
	{ "a record beside others",
	    "{\"kind\":\"rrset\",\"name\":\"c.example\",\"type\":\"TXT\",\"before\":{\"ttl\":3600,\"values\":[\"one\",\"two\"]},"
	    "\"after\":{\"ttl\":3600,\"values\":[\"one\",\"two\",\"v=spf1 mx ~all\"]}}",
	    "+v=spf1 mx ~all\n=one\n=two\nTTL 3600\n" },
	{ "the first of its name",
	    "{\"kind\":\"rrset\",\"name\":\"c.example\",\"type\":\"TXT\",\"before\":null,\"after\":{\"ttl\":null,\"values\":[\"one\"]}}",
	    "+one\n" },
	{ "the last of its name",
	    "{\"kind\":\"rrset\",\"name\":\"c.example\",\"type\":\"TXT\",\"before\":{\"ttl\":60,\"values\":[\"one\"]},\"after\":null}",
	    "-one\nTTL 60\n" },
	{ "a term that comes is marked",
	    "{\"kind\":\"rrset\",\"type\":\"TXT\",\"before\":{\"ttl\":60,\"values\":[\"v=spf1 mx ~all\",\"x\"]},"
	    "\"after\":{\"ttl\":60,\"values\":[\"x\",\"v=spf1 mx ip4:192.0.2.1 ~all\"]}}",
	    "-v=spf1 mx ~all\n+v=spf1 mx [ip4:192.0.2.1] ~all\n=x\nTTL 60\n" },
	{ "two become one: only what is lost is marked",
	    "{\"kind\":\"rrset\",\"type\":\"TXT\",\"before\":{\"ttl\":60,\"values\":[\"v=spf1 a ~all\",\"v=spf1 mx -all\"]},"
	    "\"after\":{\"ttl\":60,\"values\":[\"v=spf1 a mx ~all\"]}}",
	    "-v=spf1 a ~all\n-v=spf1 mx [-all]\n+v=spf1 a mx ~all\nTTL 60\n" },
	{ "a tag of DMARC",
	    "{\"kind\":\"rrset\",\"type\":\"TXT\",\"before\":{\"ttl\":60,\"values\":[\"v=DMARC1; p=reject; sp=none\"]},"
	    "\"after\":{\"ttl\":60,\"values\":[\"v=DMARC1; p=none; sp=none\"]}}",
	    "-v=DMARC1; [p=reject]; sp=none\n+v=DMARC1; [p=none]; sp=none\nTTL 60\n" },
	{ "nothing in common: nothing is marked",
	    "{\"kind\":\"rrset\",\"type\":\"A\",\"before\":{\"ttl\":60,\"values\":[\"192.0.2.1\"]},"
	    "\"after\":{\"ttl\":60,\"values\":[\"192.0.2.2\"]}}",
	    "-192.0.2.1\n+192.0.2.2\nTTL 60\n" },
	{ "another TTL goes and comes",
	    "{\"kind\":\"rrset\",\"type\":\"A\",\"before\":{\"ttl\":60,\"values\":[\"192.0.2.1\"]},"
	    "\"after\":{\"ttl\":null,\"values\":[\"192.0.2.1\"]}}",
	    "-TTL 60\n+TTL of the zone\n=192.0.2.1\n" },
	{ "addresses of a forwarding",
	    "{\"kind\":\"forward\",\"address\":\"a@c.example\",\"before\":[\"x@d.example\",\"y@d.example\"],\"after\":[\"y@d.example\"]}",
	    "-x@d.example\n=y@d.example\n" },
	{ "a switch",
	    "{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"c.example\",\"key\":\"dkim\",\"before\":false,\"after\":true}",
	    "-off\n+on\n" },
	{ "a setting that was not there",
	    "{\"kind\":\"setting\",\"scope\":\"server\",\"object\":\"server\",\"key\":\"hostname\",\"before\":null,\"after\":\"a.example\"}",
	    "-nothing\n+a.example\n" },
	{ "a setting that could not be read",
	    "{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"c.example\",\"key\":\"routing\",\"before\":\"unknown\",\"after\":\"remote\"}",
	    "-could not be found out\n+at another server\n" },
	{ "a setting of parts: those that stay stand once",
	    "{\"kind\":\"setting\",\"scope\":\"server\",\"object\":\"server\",\"key\":\"outgoing_limits\","
	    "\"before\":{\"enabled\":true,\"mailbox\":-1},\"after\":{\"enabled\":true,\"mailbox\":1200}}",
	    "-Per mailbox and hour: [no] [limit]\n+Per mailbox and hour: [1,200]\n=Switched on: yes\n" },
	{ "parts of parts",
	    "{\"kind\":\"setting\",\"scope\":\"site\",\"object\":\"c.example/blog\",\"key\":\"updates\","
	    "\"before\":{\"core\":\"6.1\",\"plugins\":{\"forms\":\"5.8\"}},\"after\":{\"core\":\"6.1\",\"plugins\":{\"forms\":\"6.1\"}}}",
	    "-Plugin forms: [5.8]\n+Plugin forms: [6.1]\n=WordPress: 6.1\n" },
	{ "a part that is not there any more",
	    "{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"c.example\",\"key\":\"catch_all\","
	    "\"before\":{\"kind\":\"forward\",\"target\":\"a@d.example\"},\"after\":{\"kind\":\"reject\",\"target\":null}}",
	    "-Kind: [forwarding]\n-Goes to: a@d.example\n+Kind: [refused]\n" },
	{ "a mailbox that is made",
	    "{\"kind\":\"mailbox\",\"address\":\"abuse@c.example\",\"before\":null,\"after\":{\"kind\":\"alias\",\"targets\":[\"a@c.example\"]}}",
	    "+Kind: second name of a mailbox\n+Goes to: a@c.example\n" },
	{ "a password", "{\"kind\":\"secret\",\"object\":\"a@c.example\",\"key\":\"password\"}", "secret\n" },
	{ "messages", "{\"kind\":\"queue\",\"action\":\"hold\",\"ids\":[\"A\",\"B\"]}", "hold: 2 messages\n" },
};

static void
show_side(struct str *s, char sign, const struct json *side)
{
	for (const struct json *l = json_first(json_get(side, "lines")); l != NULL; l = json_next(l)) {
		str_addc(s, sign);
		for (const struct json *p = json_first(json_get(l, "parts")); p != NULL; p = json_next(p))
			str_addf(s, json_bool(p, "mark", false) ? "[%s]" : "%s", json_str(p, "text"));
		str_addc(s, '\n');
	}
	if (json_str(side, "ttl") != NULL)
		str_addf(s, "%cTTL %s\n", sign, json_str(side, "ttl"));
}

static const char *
shown(struct arena *a, const struct json *one)
{
	struct str s = str_in(a, 8192);

	show_side(&s, '-', json_get(one, "old"));
	show_side(&s, '+', json_get(one, "new"));
	for (const struct json *l = json_first(json_get(one, "same")); l != NULL; l = json_next(l))
		str_addf(&s, "=%s\n", json_value_str(l));
	if (json_str(one, "ttl") != NULL)
		str_addf(&s, "TTL %s\n", json_str(one, "ttl"));
	if (json_bool(one, "secret", false))
		str_add(&s, "secret\n");
	if (json_str(one, "action") != NULL)
		str_addf(&s, "%s: %s\n", json_str(one, "action"), json_str(one, "messages"));
	return s.p;
}

/* Records of thousands of terms are shown, and soon; which of them are new is not looked for. */
static void
large(struct exchange *x)
{
	struct str was = str_in(x->arena, 400000);
	struct json *changes = json_new_array(x->arena), *c = json_add_object(changes), *state;
	struct json *view = json_new_object(x->arena);
	const struct json *line;

	for (int i = 0; i < 30000; i++)
		str_addf(&was, "t%d ", i);
	json_put_str(c, "kind", "rrset");
	state = json_put_object(c, "before");
	json_add_str(json_put_array(state, "values"), was.p);
	str_add(&was, "more");
	state = json_put_object(c, "after");
	json_add_str(json_put_array(state, "values"), was.p);
	view_changes(view, x, changes);
	line = json_first(json_get(json_get(json_first(json_get(view, "changes")), "new"), "lines"));
	CHECK("a large record is one piece", json_count(json_get(line, "parts")) == 1);
	CHECK_STR("a large record is whole", json_str(json_first(json_get(line, "parts")), "text"), was.p);
}

static const char key_bytes[32] = "no secret";

int
main(void)
{
	char key[] = "/tmp/web_changes.XXXXXX";
	int fd = mkstemp(key);
	struct arena *a = arena_new();
	struct web_config config = { .templates = "templates", .identity_key_file = key };
	struct err err = { 0 };
	struct exchange x = { .arena = a, .lang = "en" };
	struct face *face;

	CHECK("a key, which nobody asks for here", fd >= 0 && write(fd, key_bytes, sizeof(key_bytes)) == sizeof(key_bytes) &&
	    close(fd) == 0);
	x.face = face = face_load(&config, NULL, &err);
	unlink(key);
	CHECK_STR("the words are there", face == NULL ? err.text : "", "");
	for (size_t i = 0; face != NULL && i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *changes = json_new_array(a), *view = json_new_object(a);

		json_add_copy(changes, json_parse(a, text_of(cases[i].change), &err));
		view_changes(view, &x, changes);
		CHECK_STR(cases[i].name, shown(a, json_first(json_get(view, "changes"))), cases[i].shown);
	}
	if (face != NULL)
		large(&x);
	face_drop(face);
	arena_free(a);
	TEST_END();
}
