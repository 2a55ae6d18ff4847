/* The estimate of our own, for systems without zxcvbn: the same judgements on what people choose. */

#include "unit/test.h"

#define password_bits	plain_bits
#include "tools/password_bits_plain.c"

/* score_of: from here on it is out of reach for a guesser who has to ask a server */
#define ENOUGH	26.58

static const struct { const char *name, *password, *word; bool good; } cases[] = {
	{ "long and random",		"vK3#tq9Zp!mW2x",		NULL,	true },
	{ "four unrelated words",	"orbit cactus velvet hammer",	NULL,	true },
	{ "not ASCII",			"\303\261and\303\272-tr\303\251bol-quiz\303\241", NULL, true },
	{ "empty",			"",				NULL,	false },
	{ "a common one made long",	"password1234",			NULL,	false },
	{ "the same in capitals",	"PASSWORD1234",			NULL,	false },
	{ "with figures for letters",	"p4ssw0rd1234",			NULL,	false },
	{ "one character",		"aaaaaaaaaaaaaaaa",		NULL,	false },
	{ "along the keyboard",		"qwertyuiop12",			NULL,	false },
	{ "back along the keyboard",	"poiuytrewq21",			NULL,	false },
	{ "the alphabet",		"abcdefghijklmnop",		NULL,	false },
	{ "figures",			"123456789012",			NULL,	false },
	{ "a word and the year",	"Summer2026!!",			NULL,	false },
	{ "what everybody knows",	"shoppingshopping",		"shopping", false },
	{ "the same of a stranger",	"kqhvnzgpwlxtrbmd",		"shopping", true },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const words[] = { cases[i].word, NULL };

		CHECK(cases[i].name, (password_bits(cases[i].password, words) >= ENOUGH) == cases[i].good);
	}
	TEST_END();
}
