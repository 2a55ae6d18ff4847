#include "unit/test.h"

#include "base/arena.h"
#include "net/verb_wire.h"

static const struct {
	const char	*name, *line;
	enum err_code	 code;		/* of reading; ERR_NONE = it is read */
} requests[] = {
	{ "all of it",		"{\"verb\":\"v\",\"args\":[\"a\",\"\"],\"input\":\"aGk=\"}", ERR_NONE },
	{ "verb alone",		"{\"verb\":\"v\"}", ERR_NONE },
	{ "no verb",		"{\"args\":[]}", ERR_VALUE },
	{ "a verb that is none", "{\"verb\":7}", ERR_VALUE },
	{ "args that are none",	"{\"verb\":\"v\",\"args\":\"a\"}", ERR_VALUE },
	{ "an arg that is none", "{\"verb\":\"v\",\"args\":[1]}", ERR_VALUE },
	{ "input that is none",	"{\"verb\":\"v\",\"input\":1}", ERR_VALUE },
	{ "input not base64",	"{\"verb\":\"v\",\"input\":\"%\"}", ERR_VALUE },
	{ "no object",		"[\"v\"]", ERR_SYNTAX },
	{ "no JSON",		"v", ERR_SYNTAX },
	{ "verb twice",		"{\"verb\":\"v\",\"verb\":\"w\"}", ERR_SYNTAX },
}, replies[] = {
	{ "ran",		"{\"status\":1,\"out\":\"aGk=\",\"err\":\"\"}", ERR_NONE },
	{ "status alone",	"{\"status\":0}", ERR_NONE },
	{ "refused",		"{\"error\":\"denied\",\"text\":\"no\"}", ERR_NONE },
	{ "neither",		"{\"out\":\"\"}", ERR_VALUE },
	{ "a status that is none", "{\"status\":\"0\"}", ERR_VALUE },
	{ "out not base64",	"{\"status\":0,\"out\":\"%\"}", ERR_VALUE },
	{ "no JSON",		"Permission denied", ERR_SYNTAX },
};

static void
test_reading(void)
{
	struct arena *a = arena_new();
	struct request_verb request;
	struct verb_reply reply;
	struct err err;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		err.code = ERR_NONE;
		ok = verb_request_read(a, text_of(requests[i].line), &request, &err);
		CHECK(requests[i].name, ok == (requests[i].code == ERR_NONE));
		CHECK(requests[i].name, ok || err.code == requests[i].code);
	}
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		err.code = ERR_NONE;
		ok = verb_reply_read(a, text_of(replies[i].line), &reply, &err);
		CHECK(replies[i].name, ok == (replies[i].code == ERR_NONE));
		CHECK(replies[i].name, ok || err.code == replies[i].code);
	}
	CHECK("refused", verb_reply_read(a, text_of(replies[2].line), &reply, &err) &&
	    reply.error.code == ERR_DENIED);
	arena_free(a);
}

static void
test_both_ways(void)
{
	static const char *const args[] = { "-q", "a \"b\"\n", "é", "" };
	struct arena *a = arena_new();
	struct request_verb request = { .verb = "queue-hold", .args = args, .arg_count = 4,
	    .input = TEXT("\0\377in") }, got;
	struct verb_reply reply = { .status = 65, .out = TEXT("\0\n\377"), .err = TEXT("e") }, back;
	struct text line;
	struct err err;

	CHECK("written", verb_request_write(a, &request, &line, &err));
	CHECK("one line", line.p[line.n - 1] == '\n' && memchr(line.p, '\n', line.n - 1) == NULL);
	CHECK("read", verb_request_read(a, line, &got, &err));
	CHECK_STR("verb", got.verb, "queue-hold");
	CHECK("args", got.arg_count == 4 && strcmp(got.args[1], args[1]) == 0 &&
	    strcmp(got.args[2], args[2]) == 0 && got.args[3][0] == '\0');
	CHECK("input", text_eq(got.input, request.input));

	CHECK("written", verb_reply_write(a, &reply, &line, &err));
	CHECK("read", verb_reply_read(a, line, &back, &err));
	CHECK("reply", back.error.code == ERR_NONE && back.status == 65 &&
	    text_eq(back.out, reply.out) && text_eq(back.err, reply.err));

	err_set(&reply.error, ERR_UNSUPPORTED, "no such verb");
	CHECK("error", verb_reply_write(a, &reply, &line, &err) &&
	    verb_reply_read(a, line, &back, &err) && back.error.code == ERR_UNSUPPORTED);
	CHECK_STR("its text", back.error.text, "no such verb");

	request.args = (const char *const[]){ "\377" };
	request.arg_count = 1;
	CHECK("an argument that is no UTF-8 would change on the way",
	    !verb_request_write(a, &request, &line, &err) && err.code == ERR_VALUE);
	arena_free(a);
}

int
main(void)
{
	test_reading();
	test_both_ways();
	TEST_END();
}
