#include "base/arena.h"
#include "tools/password.h"
#include "unit/test.h"

static const struct { const char *name, *password, *about, *why; } cases[] = {
	{ "long and random",		"vK3#tq9Zp!mW2x",	"anna@shop.example",	NULL },
	{ "four unrelated words",	"orbit cactus velvet hammer", "anna@shop.example", NULL },
	{ "not ASCII",			"\303\261and\303\272-tr\303\251bol-quiz\303\241", NULL, NULL },
	{ "empty",			"",			NULL,			"short" },
	{ "eleven characters",		"vK3#tq9Zp!m",		NULL,			"short" },
	{ "eleven characters in more bytes", "\303\261K3#tq9Zp!m", NULL,		"short" },
	{ "the mailbox",		"Anna-vK3#tq9Zp!mW2x",	"anna@shop.example",	"name" },
	{ "the domain in capitals",	"vK3#SHOPPING9Zp!m",	"ann@shopping.example",	"name" },
	{ "a common one made long",	"password1234",		NULL,			"guessable" },
	{ "one character",		"aaaaaaaaaaaaaaaa",	NULL,			"guessable" },
	{ "along the keyboard",		"qwertyuiop12",		NULL,			"guessable" },
	{ "a control character",	"vK3#tq9Zp!mW2x\n",	NULL,			"characters" },
};

int
main(void)
{
	struct arena *a = arena_new();
	struct password_strength s;
	char huge[300];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		password_judge(a, text_of(cases[i].password), cases[i].about, &s);
		CHECK_STR(cases[i].name, s.why, cases[i].why);
		CHECK(cases[i].name, s.good == (cases[i].why == NULL) && s.score >= 0 && s.score <= 4);
	}
	memset(huge, 'x', sizeof(huge));
	password_judge(a, (struct text){ huge, sizeof(huge) }, NULL, &s);
	CHECK_STR("longer than any panel takes", s.why, "long");
	arena_free(a);
	TEST_END();
}
