/* Changes: JSON both ways, the inverse, and when two states are the same. */

#include "base/arena.h"
#include "panel/panel.h"
#include "unit/test.h"

static const struct { const char *name, *json; } round_trips[] = {
	{ "a new record set", "{\"kind\":\"rrset\",\"zone\":\"a.example\",\"name\":\"a.example\",\"type\":\"TXT\","
	    "\"before\":null,\"after\":{\"ttl\":3600,\"values\":[\"v=spf1 -all\"]}}" },
	{ "one that goes", "{\"kind\":\"rrset\",\"zone\":\"a.example\",\"name\":\"a.example\",\"type\":\"MX\","
	    "\"before\":{\"ttl\":null,\"values\":[\"10 b.example\"]},\"after\":null}" },
	{ "a setting", "{\"kind\":\"setting\",\"scope\":\"server\",\"object\":\"server\",\"key\":\"dkim\","
	    "\"before\":false,\"after\":true}" },
	{ "a setting that could not be read", "{\"kind\":\"setting\",\"scope\":\"mailbox\",\"object\":\"a@b.example\","
	    "\"key\":\"limit\",\"before\":\"unknown\",\"before_unknown\":true,\"after\":5}" },
	{ "a mailbox", "{\"kind\":\"mailbox\",\"address\":\"abuse@a.example\",\"before\":null,"
	    "\"after\":{\"targets\":[\"anna@a.example\"]}}" },
	{ "a forward", "{\"kind\":\"forward\",\"address\":\"a@a.example\",\"before\":[\"x@gmail.example\"],\"after\":null}" },
	{ "the queue", "{\"kind\":\"queue\",\"action\":\"hold\",\"ids\":[\"4XYZ\",\"4XYA\"]}" },
	{ "a password", "{\"kind\":\"secret\",\"object\":\"a@a.example\",\"key\":\"password\"}" },
};

static const struct { const char *name, *json; } refused[] = {
	{ "no object", "[]" },
	{ "no kind", "{}" },
	{ "unknown kind", "{\"kind\":\"shell\"}" },
	{ "kind in capitals", "{\"kind\":\"RRSET\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"TXT\"}" },
	{ "no name", "{\"kind\":\"rrset\",\"zone\":\"a\",\"type\":\"TXT\"}" },
	{ "no such type", "{\"kind\":\"rrset\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"NOPE\"}" },
	{ "values are no texts", "{\"kind\":\"rrset\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"TXT\",\"after\":{\"ttl\":1,\"values\":[1]}}" },
	{ "an empty set", "{\"kind\":\"rrset\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"TXT\",\"after\":{\"ttl\":1,\"values\":[]}}" },
	{ "a negative TTL", "{\"kind\":\"rrset\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"TXT\",\"after\":{\"ttl\":-1,\"values\":[\"x\"]}}" },
	{ "a set that is a text", "{\"kind\":\"rrset\",\"zone\":\"a\",\"name\":\"a\",\"type\":\"TXT\",\"after\":\"x\"}" },
	{ "a scope of their own", "{\"kind\":\"setting\",\"scope\":\"root\",\"object\":\"x\",\"key\":\"y\"}" },
	{ "an action of their own", "{\"kind\":\"queue\",\"action\":\"send\",\"ids\":[]}" },
	{ "ids that are numbers", "{\"kind\":\"queue\",\"action\":\"hold\",\"ids\":[1]}" },
	{ "a forward to an object", "{\"kind\":\"forward\",\"address\":\"a\",\"after\":{}}" },
	{ "a mailbox that is a list", "{\"kind\":\"mailbox\",\"address\":\"a\",\"after\":[]}" },
};

static const struct { const char *name; enum rrtype type; const char *a, *b; bool same; } states[] = {
	{ "both not there", RR_TXT, "null", "null", true },
	{ "one not there", RR_TXT, "null", "{\"ttl\":1,\"values\":[\"x\"]}", false },
	{ "order of values", RR_TXT, "{\"ttl\":1,\"values\":[\"x\",\"y\"]}", "{\"ttl\":1,\"values\":[\"y\",\"x\"]}", true },
	{ "a value twice is not two values", RR_TXT, "{\"ttl\":1,\"values\":[\"x\",\"x\"]}", "{\"ttl\":1,\"values\":[\"y\",\"x\"]}", false },
	{ "ttl null is any", RR_TXT, "{\"ttl\":null,\"values\":[\"x\"]}", "{\"ttl\":9,\"values\":[\"x\"]}", true },
	{ "another ttl", RR_TXT, "{\"ttl\":8,\"values\":[\"x\"]}", "{\"ttl\":9,\"values\":[\"x\"]}", false },
	{ "text is exact", RR_TXT, "{\"ttl\":8,\"values\":[\"x\"]}", "{\"ttl\":8,\"values\":[\"X\"]}", false },
	{ "text keeps its dot", RR_TXT, "{\"ttl\":8,\"values\":[\"x\"]}", "{\"ttl\":8,\"values\":[\"x.\"]}", false },
	{ "names ignore case and the final dot", RR_MX, "{\"ttl\":8,\"values\":[\"10 A.example\"]}", "{\"ttl\":8,\"values\":[\"10 a.example.\"]}", true },
	{ "more values", RR_MX, "{\"ttl\":8,\"values\":[\"10 a\"]}", "{\"ttl\":8,\"values\":[\"10 a\",\"20 b\"]}", false },
};

int
main(void)
{
	struct arena *a = arena_new();
	struct err err;
	struct change c, d;

	for (size_t i = 0; i < sizeof(round_trips) / sizeof(round_trips[0]); i++) {
		struct json *in = json_parse(a, text_of(round_trips[i].json), &err), *out = json_new_object(a);

		CHECK(round_trips[i].name, in != NULL && change_from_json(a, in, &c, &err));
		change_to_json(out, &c);
		CHECK(round_trips[i].name, json_eq(in, out));
		d = change_inverse(&c);
		d = change_inverse(&d);
		out = json_new_object(a);
		change_to_json(out, &d);
		CHECK("the inverse of the inverse", json_eq(in, out));
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct json *in = json_parse(a, text_of(refused[i].json), &err);

		err.code = ERR_NONE;
		CHECK(refused[i].name, in != NULL && !change_from_json(a, in, &c, &err) && err.code == ERR_VALUE);
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct change r = { .kind = CHANGE_RRSET, .type = states[i].type };
		struct json *x = json_parse(a, text_of(states[i].a), &err), *y = json_parse(a, text_of(states[i].b), &err);

		CHECK(states[i].name, change_state_eq(&r, x, y) == states[i].same);
		CHECK(states[i].name, change_state_eq(&r, y, x) == states[i].same);
	}
	c = (struct change){ .kind = CHANGE_QUEUE, .action = "hold" };
	CHECK_STR("holding is undone by releasing", change_inverse(&c).action, "release");
	CHECK("it can", change_has_inverse(&c));
	c.action = "delete";
	CHECK("deleting cannot", !change_has_inverse(&c));
	c = (struct change){ .kind = CHANGE_SECRET };
	CHECK("nor a password", !change_has_inverse(&c));
	c = (struct change){ .kind = CHANGE_SETTING, .before_unknown = true };
	CHECK("nor what was not known", !change_has_inverse(&c));
	c = (struct change){ .kind = CHANGE_RRSET, .zone = "a.example", .name = "a.example", .type = RR_MX,
	    .after = json_parse(a, TEXT("{\"ttl\":null,\"values\":[\"0 .\"]}"), &err) };
	CHECK("a first MX cannot be taken away at Plesk", !panel_can_undo(panel_find("plesk"), &c));
	CHECK("elsewhere it can", panel_can_undo(NULL, &c));
	c.name = "sub.a.example";
	CHECK("nor is that of a name below the last one", panel_can_undo(panel_find("plesk"), &c));
	c.name = c.zone;
	c.before = json_parse(a, TEXT("{\"ttl\":null,\"values\":[\"10 mail.a.example\"]}"), &err);
	CHECK("a changed MX can be changed back", panel_can_undo(panel_find("plesk"), &c));
	arena_free(a);
	TEST_END();
}
