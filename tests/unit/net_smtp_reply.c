#include "unit/test.h"

#include "net/smtp_reply.h"

static const struct {
	const char		*name, *in;
	enum smtp_reply_state	 state;
	int			 code;
	size_t			 length;
} cases[] = {
	{ "nothing yet",		"",				SMTP_REPLY_MORE, 0, 0 },
	{ "a digit",			"2",				SMTP_REPLY_MORE, 0, 0 },
	{ "a code",			"220",				SMTP_REPLY_MORE, 0, 0 },
	{ "no line end yet",		"220 mx.x\r",			SMTP_REPLY_MORE, 0, 0 },
	{ "one line",			"220 mx.x\r\n",			SMTP_REPLY_WHOLE, 220, 10 },
	{ "LF alone",			"220 mx.x\n",			SMTP_REPLY_WHOLE, 220, 9 },
	{ "without text",		"220\r\n",			SMTP_REPLY_WHOLE, 220, 5 },
	{ "without text and CR",	"220\n",			SMTP_REPLY_WHOLE, 220, 4 },
	{ "more lines to come",		"220-mx.x\r\n",			SMTP_REPLY_MORE, 0, 0 },
	{ "two lines",			"220-mx.x\r\n220 hi\r\n",	SMTP_REPLY_WHOLE, 220, 18 },
	{ "two lines without text",	"250-\r\n250\r\n",		SMTP_REPLY_WHOLE, 250, 11 },
	{ "the next one is left",	"220 a\r\n250 b\r\n",		SMTP_REPLY_WHOLE, 220, 7 },
	{ "two codes",			"220-a\r\n250 b\r\n",		SMTP_REPLY_NONSENSE, 0, 0 },
	{ "no code",			"hello\r\n",			SMTP_REPLY_NONSENSE, 0, 0 },
	{ "seen early",			"h",				SMTP_REPLY_NONSENSE, 0, 0 },
	{ "seen in a later line",	"220-a\r\nx",			SMTP_REPLY_NONSENSE, 0, 0 },
	{ "two digits",			"22\r\n",			SMTP_REPLY_NONSENSE, 0, 0 },
	{ "four digits",		"2200 a\r\n",			SMTP_REPLY_NONSENSE, 0, 0 },
	{ "an empty line",		"\r\n",				SMTP_REPLY_NONSENSE, 0, 0 },
	{ "a code of no class",		"199 a\r\n",			SMTP_REPLY_NONSENSE, 0, 0 },
	{ "a code too high",		"600 a\r\n",			SMTP_REPLY_NONSENSE, 0, 0 },
};

int
main(void)
{
	struct text rest = TEXT("250-mx.x hello\r\n250-SIZE 9\r\n250\r\n"), line;
	size_t i, length;
	int code;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		code = 0;
		length = 0;
		CHECK(cases[i].name, smtp_reply_read(text_of(cases[i].in), &code, &length) ==
		    cases[i].state);
		CHECK(cases[i].name, code == cases[i].code && length == cases[i].length);
	}
	CHECK("first line", smtp_reply_line(&rest, &line) && text_is(line, "mx.x hello"));
	CHECK("second line", smtp_reply_line(&rest, &line) && text_is(line, "SIZE 9"));
	CHECK("last line", smtp_reply_line(&rest, &line) && line.n == 0);
	CHECK("no more", !smtp_reply_line(&rest, &line));
	TEST_END();
}
