/* Forms: urlencoded (URL standard), multipart (RFC 7578), JSON; and what makes a request. */

#include "unit/test.h"

#include "base/arena.h"
#include "web/request.h"

/* Fields as "name=value;" with a mark for files; "!" = refused. */
static const char *
show(struct arena *a, bool ok, const struct fields *f)
{
	struct str s = str_in(a, 10000);

	if (!ok)
		return "!";
	for (size_t i = 0; i < f->count; i++)
		str_addf(&s, "%s=%s%s;", f->v[i].name, text_show(a, f->v[i].value), f->v[i].is_file ? "@" : "");
	return s.p;
}

static const struct { const char *name, *body, *want; } urlencoded[] = {
	{ "nothing", "", "" },
	{ "two", "a=1&b=2", "a=1;b=2;" },
	{ "repeated", "t=x&t=y", "t=x;t=y;" },
	{ "escapes", "a=%7e+%26%3D", "a=~ &=;" },
	{ "no value", "a&b=", "a=;b=;" },
	{ "empty pairs", "&&a=1&", "a=1;" },
	{ "equals in the value", "a=b=c", "a=b=c;" },
	{ "NUL is kept in the value", "a=x%00y", "a=x\\x00y;" },
	{ "cut escape", "a=%4", "!" },
	{ "no hexadecimal", "a=%zz", "!" },
};

#define B	"--x\r\nContent-Disposition: form-data; "

static const struct { const char *name, *type, *body, *want; } multipart[] = {
	{ "field and file", "multipart/form-data; boundary=x", B "name=\"a\"\r\n\r\n1\r\n" B
	  "name=\"f\"; filename=\"q.txt\"\r\nContent-Type: text/plain\r\n\r\nl1\r\nl2\r\n\r\n--x--\r\n", "a=1;f=l1\\x0d\\x0al2\\x0d\\x0a@;" },
	{ "quoted boundary", "multipart/form-data; boundary=\"x\"", B "name=a\r\n\r\n1\r\n--x--", "a=1;" },
	{ "preamble", "multipart/form-data; boundary=x", "hello\r\n" B "name=a\r\n\r\n1\r\n--x--", "a=1;" },
	{ "empty value", "multipart/form-data; boundary=x", B "name=a\r\n\r\n\r\n--x--", "a=;" },
	{ "quote in the name", "multipart/form-data; boundary=x", B "name=\"a\\\"b\"\r\n\r\n1\r\n--x--", "a\"b=1;" },
	{ "header in capitals", "multipart/form-data; boundary=x", "--x\r\nCONTENT-DISPOSITION: FORM-DATA; NAME=a\r\n\r\n1\r\n--x--", "a=1;" },
	{ "nothing at all", "multipart/form-data; boundary=x", "--x--", "" },
	{ "no end", "multipart/form-data; boundary=x", B "name=a\r\n\r\n1\r\n", "!" },
	{ "no boundary", "multipart/form-data", "--x--", "!" },
	{ "no name", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", "!" },
	{ "empty body", "multipart/form-data; boundary=x", "", "!" },
};

static const struct { const char *name, *body, *want; } json[] = {
	{ "scalars", "{\"a\":\"x\",\"n\":7,\"b\":true,\"z\":null}", "a=x;n=7;b=1;" },
	{ "list", "{\"t\":[\"x\",\"y\"]}", "t=x;t=y;" },
	{ "object inside", "{\"a\":{}}", "!" },
	{ "no object", "[]", "!" },
	{ "broken", "{", "!" },
};

static char *const form_params[][12] = {
#define P	(char *)(uintptr_t)
	{ P "REQUEST_METHOD=GET", P "SCRIPT_NAME=/asg/", P "PATH_INFO=/domains", P "QUERY_STRING=q=x&format=csv", P "HTTP_ACCEPT=text/html,application/json;q=0.9", NULL },
	{ P "REQUEST_METHOD=GET", P "SCRIPT_NAME=/a/b.php", P "REQUEST_URI=/a/b.php/dom%61ins/x?y=1", P "HTTP_ACCEPT=application/json", NULL },
	{ P "REQUEST_METHOD=GET", P "SCRIPT_NAME=//evil.example", P "REQUEST_URI=/", NULL },
	{ P "REQUEST_METHOD=GET", P "SCRIPT_NAME=/x\"y", P "PATH_INFO=/", P "ASG_FRAME=panel", NULL },
	{ P "REQUEST_METHOD=POST", P "CONTENT_TYPE=text/plain", P "PATH_INFO=/plans", NULL },
	{ P "REQUEST_METHOD=POST", P "CONTENT_TYPE=Application/JSON; charset=utf-8", P "HTTP_X_CSRF_TOKEN=tok", P "PATH_INFO=/plans", NULL },
	{ P "REQUEST_METHOD=BREW", P "PATH_INFO=/", NULL },
	{ P "REQUEST_METHOD=GET", P "REQUEST_URI=/%00", NULL },
	{ P "REQUEST_METHOD=GET", P "REQUEST_URI=/", P "HTTP_ACCEPT=,;,application/json", NULL },
};

static const struct { const char *name; int status; enum web_method method; const char *mount, *path; bool json, csv, framed; } requests[] = {
	{ "PATH_INFO", 0, WEB_GET, "/asg", "/domains", false, true, false },
	{ "URI less SCRIPT_NAME", 0, WEB_GET, "/a/b.php", "/domains/x", true, false, false },
	{ "a mount that leads elsewhere", 0, WEB_GET, "", "/", false, false, false },
	{ "a mount with a quote", 0, WEB_GET, "", "/", false, false, true },
	{ "text/plain is no form", 415, WEB_POST, "", "/plans", false, false, false },
	{ "JSON", 0, WEB_POST, "", "/plans", false, false, false },
	{ "other method", 0, WEB_OTHER, "", "/", false, false, false },
	{ "NUL in the path", 400, WEB_GET, "", "/", false, false, false },
	{ "empty parts of Accept", 0, WEB_GET, "", "/", true, false, false },
};

int
main(void)
{
	struct arena *a = arena_new();
	struct fields f;
	bool ok;

	for (size_t i = 0; i < sizeof(urlencoded) / sizeof(urlencoded[0]); i++) {
		ok = fields_urlencoded(a, text_of(urlencoded[i].body), &f);
		CHECK_STR(urlencoded[i].name, show(a, ok, &f), urlencoded[i].want);
	}
	for (size_t i = 0; i < sizeof(multipart) / sizeof(multipart[0]); i++) {
		struct str want = str_in(a, 1000);

		/* text_show keeps CR and LF: spell them out in the table only. */
		for (const char *p = multipart[i].want; *p != '\0'; p++) {
			if (strncmp(p, "\\x0d", 4) == 0 || strncmp(p, "\\x0a", 4) == 0) {
				str_addc(&want, p[3] == 'd' ? '\r' : '\n');
				p += 3;
			} else
				str_addc(&want, *p);
		}
		ok = fields_multipart(a, text_of(multipart[i].body), text_of(multipart[i].type), &f);
		CHECK_STR(multipart[i].name, show(a, ok, &f), want.p);
	}
	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		ok = fields_json(a, text_of(json[i].body), &f);
		CHECK_STR(json[i].name, show(a, ok, &f), json[i].want);
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct peer peer = { .socket = SOCKET_PANEL };
		struct fcgi_request r = { .peer = &peer, .params = form_params[i], .body = TEXT("{\"a\":\"1\"}") };
		struct web_request got;

		CHECK(requests[i].name, web_request_read(a, &r, &got) == requests[i].status);
		CHECK(requests[i].name, got.method == requests[i].method);
		CHECK_STR(requests[i].name, got.mount, requests[i].mount);
		CHECK_STR(requests[i].name, got.path, requests[i].path);
		CHECK(requests[i].name, got.wants_json == requests[i].json && got.wants_csv == requests[i].csv &&
		    got.framed == requests[i].framed);
	}
	CHECK("NUL hides nothing", fields_urlencoded(a, TEXT("a=x%00y"), &f) && field_get(&f, "a") == NULL);
	CHECK("number in range", fields_urlencoded(a, TEXT("p=7&q=x&r=999"), &f) &&
	    field_int(&f, "p", 1, 100, 1) == 7 && field_int(&f, "q", 1, 100, 1) == 1 &&
	    field_int(&f, "r", 1, 100, 1) == 100 && field_int(&f, "s", 1, 100, 3) == 3);
	CHECK_STR("url_encode", url_encode(a, TEXT("a b/\xc3\xb1?")), "a%20b%2F%C3%B1%3F");
	arena_free(a);
	TEST_END();
}
