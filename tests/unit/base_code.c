#include "unit/test.h"

#include "base/arena.h"
#include "base/code.h"

/* RFC 4648 10 */
static const struct {
	const char	*plain, *base64, *url, *hex;
} both[] = {
	{ "",		"",		"",		"" },
	{ "f",		"Zg==",		"Zg",		"66" },
	{ "fo",		"Zm8=",		"Zm8",		"666f" },
	{ "foo",	"Zm9v",		"Zm9v",		"666f6f" },
	{ "foob",	"Zm9vYg==",	"Zm9vYg",	"666f6f62" },
	{ "fooba",	"Zm9vYmE=",	"Zm9vYmE",	"666f6f6261" },
	{ "foobar",	"Zm9vYmFy",	"Zm9vYmFy",	"666f6f626172" },
	{ "\xfb\xff\xfe", "+//+",	"-__-",		"fbfffe" },
};

static const struct {
	const char	*name, *in;
	bool		 strict, fws, url;
} rows[] = {
	{ "padding missing",		"Zg",		false,	false,	true },
	{ "half of the padding",	"Zg=",		false,	false,	false },
	{ "too much padding",		"Zm8==",	false,	false,	false },
	{ "padding alone",		"====",		false,	false,	false },
	{ "padding in the middle",	"Zg==Zg==",	false,	false,	false },
	{ "one digit left",		"Zm9vY",	false,	false,	false },
	{ "left-over bits, RFC 4648 3.5", "Zh==",	false,	true,	false },
	{ "left-over bits in three",	"Zm9=",		false,	true,	false },
	{ "white space, RFC 6376 2.10",	" Z g\r\n\t= = ",	false,	true,	false },
	{ "other alphabet",		"-__-",		false,	false,	true },
	{ "no digit",			"Zm9v*",	false,	false,	false },
	{ "high byte",			"Zm9\xff",	false,	false,	false },
};

int
main(void)
{
	struct arena *a = arena_new();
	struct text t;
	size_t i;

	for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		struct text plain = text_of(both[i].plain);

		CHECK_STR("encode", base64_encode(a, plain), both[i].base64);
		CHECK_STR("encode url", base64url_encode(a, plain), both[i].url);
		CHECK_STR("encode hex", hex_encode(a, plain), both[i].hex);
		CHECK(both[i].base64, base64_decode(a, text_of(both[i].base64), &t) &&
		    text_eq(t, plain));
		CHECK(both[i].base64, base64_decode_fws(a, text_of(both[i].base64), &t) &&
		    text_eq(t, plain));
		CHECK(both[i].url, base64url_decode(a, text_of(both[i].url), &t) &&
		    text_eq(t, plain));
		CHECK(both[i].hex, hex_decode(a, text_of(both[i].hex), &t) && text_eq(t, plain));
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text in = text_of(rows[i].in);

		CHECK(rows[i].name, base64_decode(a, in, &t) == rows[i].strict);
		CHECK(rows[i].name, base64_decode_fws(a, in, &t) == rows[i].fws);
		CHECK(rows[i].name, base64url_decode(a, in, &t) == rows[i].url);
	}
	CHECK("hex: capitals", hex_decode(a, TEXT("FF0a"), &t) && text_eq(t, TEXT("\xff\x0a")));
	CHECK("hex: odd", !hex_decode(a, TEXT("fff"), &t));
	CHECK("hex: no digit", !hex_decode(a, TEXT("fg"), &t));
	arena_free(a);
	TEST_END();
}
