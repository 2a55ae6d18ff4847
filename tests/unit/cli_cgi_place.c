/* Which page a CGI request means, and where the links of its answer lead. */

#include "unit/test.h"

#include "base/arena.h"
#include "cli/cgi_place.h"

#define T	"/cpsess0123456789"
#define S	"/frontend/jupiter/anti_spam_guide/asg.live.cgi"

static const struct {
	const char		*name;
	struct cgi_env		 env;
	const char		*mount, *path, *uri, *query;
	bool			 routed;
} places[] = {
	{ "as a web server says it", { "/a.cgi", "/domains/x", "/a.cgi/domains/x?q=1", "q=1", NULL },
	  "/a.cgi", "/domains/x", "/a.cgi/domains/x", "q=1", false },
	{ "the token is put before the script", { S, "/domains", T S "/domains", "", T },
	  T S, "/domains", T S "/domains", "", false },
	{ "it is there already", { T S, "/domains", T S "/domains", "", T },
	  T S, "/domains", T S "/domains", "", false },
	{ "no PATH_INFO: the URI says it", { S, NULL, T S "/domains/a%20b?x=1", "x=1", T },
	  T S, NULL, T S "/domains/a%20b", "x=1", false },
	{ "the URI without the token", { S, "", S "/domains", NULL, T },
	  T S, NULL, T S "/domains", "", false },
	{ "an account's longer name is not the token", { T "0" S, NULL, NULL, NULL, T },
	  T T "0" S, NULL, T, "", false },
	{ "a token of another form is none", { S, "/", S, "", "//evil.example" }, S, "/", S, "", false },
	{ "route", { S, NULL, T S, "route=%2Fdomains%2Fcust.example&x=1&y=2", T },
	  T S, NULL, T S "/domains/cust.example", "x=1&y=2", true },
	{ "route alone", { S, NULL, T S, "route=/", T }, T S, NULL, T S "/", "", true },
	{ "what is encoded in a path stays so", { S, NULL, T S, "route=%2Fqueue%2Fa%2520b&", T },
	  T S, NULL, T S "/queue/a%20b", "", true },
	{ "a route wins over a path", { S, "/server", T S "/server", "route=%2Fguide", T },
	  T S, NULL, T S "/guide", "", true },
	{ "only as the first", { S, "/domains", T S, "q=1&route=%2Fguide", T },
	  T S, "/domains", T S, "q=1&route=%2Fguide", false },
	{ "nothing is said", { NULL, NULL, NULL, NULL, NULL }, "", NULL, "", "", false },
};

static const struct { const char *name, *query; } refused[] = {
	{ "no path", "route=" },
	{ "not absolute", "route=domains" },
	{ "another address", "route=https%3A%2F%2Fevil.example%2F" },
	{ "cut escape", "route=%2Fa%4" },
	{ "NUL", "route=%2Fa%00b" },
};

static const struct { const char *name, *head, *want; } heads[] = {
	{ "no Location", "Status: 200 OK\r\nX: 1", "Status: 200 OK\r\nX: 1" },
	{ "Location below the mount", "Status: 303\r\nLocation: " T S "/journal/7\r\nX: 1",
	  "Status: 303\r\nLocation: " T S "?route=%2Fjournal%2F7\r\nX: 1" },
	{ "with a query", "location:" T S "/domains?q=a%26b&page=2",
	  "Location: " T S "?route=%2Fdomains&q=a%26b&page=2" },
	{ "encoded path", "Location: " T S "/queue/a%20b", "Location: " T S "?route=%2Fqueue%2Fa%2520b" },
	{ "the mount itself", "Location: " T S, "Location: " T S "?route=%2F" },
	{ "elsewhere", "Location: https://evil.example/", "Location: https://evil.example/" },
	{ "a neighbour", "Location: " T S "2/x", "Location: " T S "2/x" },
};

static const struct { const char *name, *token; bool ok; } tokens[] = {
	{ "as it is", T, true },
	{ "none", NULL, false },
	{ "empty", "", false },
	{ "no digits", "/cpsess", false },
	{ "more behind", T "/..", false },
	{ "line end", T "\n", false },
	{ "very long", T "0123456789012345678901234567890123456789012345678901234567890123456789", false },
};

int
main(void)
{
	struct arena *a = arena_new();
	struct cgi_place place;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CHECK(places[i].name, cgi_place(a, &places[i].env, &place));
		CHECK_STR(places[i].name, place.mount, places[i].mount);
		CHECK_STR(places[i].name, place.path, places[i].path);
		CHECK_STR(places[i].name, place.uri, places[i].uri);
		CHECK_STR(places[i].name, place.query, places[i].query);
		CHECK(places[i].name, place.routed == places[i].routed);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct cgi_env env = { .script_name = S, .query = refused[i].query, .token = T };

		CHECK(refused[i].name, !cgi_place(a, &env, &place));
	}
	place = (struct cgi_place){ .mount = T S, .routed = true };
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		CHECK_STR(heads[i].name, text_cstr(a, cgi_head(a, &place, text_of(heads[i].head))), heads[i].want);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		CHECK(tokens[i].name, cgi_token_ok(tokens[i].token) == tokens[i].ok);
	arena_free(a);
	TEST_END();
}
