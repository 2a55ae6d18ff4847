/* The list of codes: what a search finds in the shipped one, and what it does not. */

#include <string.h>

#include "base/arena.h"
#include "shipped.h"
#include "tools/codes_json.h"
#include "unit/test.h"

static const struct { const char *name, *query, *code; bool there; } searches[] = {
	{ "nothing asked: all",			"",			"550",			true },
	{ "a basic code",			"550",			"550",			true },
	{ "and no other",			"550",			"421",			false },
	{ "an enhanced code, of both classes",	"5.1.1",		"4.1.1, 5.1.1",		true },
	{ "no longer number",			"5.7.1",		"4.7.10, 5.7.10",	false },
	{ "nor a shorter one",			"5.7.10",		"4.7.1, 5.7.1",		false },
	{ "the beginning of many",		"5.7",			"4.7.10, 5.7.10",	true },
	{ "a whole answer: its basic code",	"550-5.7.26 This mail",	"550",			true },
	{ "and its enhanced one",		"550-5.7.26 This mail",	"4.7.26, 5.7.26",	true },
	{ "an answer of a provider",		"mail (S3140) blocked",	"ms-s3140-s3150",	true },
	{ "part of what one sees of it",	"VERY LOW reputation",	"gm-lowrep-ip",		true },
	{ "the provider",			"orange",		"or-full",		true },
	{ "words of another",			"orange",		"gm-quota",		false },
	{ "nothing fits",			"frobnicate",		"550",			false },
};

static bool
holds(const struct json *codes, const char *code)
{
	for (const struct json *c = json_first(codes); c != NULL; c = json_next(c))
		if (strcmp(json_str(c, "code"), code) == 0)
			return true;
	return false;
}

int
main(void)
{
	struct arena *a = arena_new();
	const struct data *data = shipped_data(a);
	const struct tool_words words = { NULL, "en" };

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++)
		CHECK(searches[i].name, holds(json_get(codes_json(a, data, &words, searches[i].query), "codes"),
		    searches[i].code) == searches[i].there);
	arena_free(a);
	TEST_END();
}
