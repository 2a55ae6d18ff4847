/*
 * The HTTP border: FastCGI records, query strings, bodies, headers.  What comes
 * out is never larger than what came in, and a mount never leads elsewhere.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "web/request.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static size_t
bytes_of(const struct fields *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		require(f->v[i].value.p[f->v[i].value.n] == '\0');
		n += strlen(f->v[i].name) + f->v[i].value.n;
	}
	return n;
}

/* Lines before the first blank one are parameters, the rest is the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct text rest = { (const char *)data, n }, line;
	struct peer peer = { .socket = SOCKET_PANEL };
	char *params[33] = { NULL };
	size_t count = 0;
	struct fcgi_request raw = { .peer = &peer, .params = params };
	struct web_request r;
	int status;

	fcgi_progress(data, n, 96 * 1024);
	while (count < 32 && text_line(&rest, &line) && line.n > 0)
		params[count++] = text_cstr(a, line);
	raw.body = rest;
	status = web_request_read(a, &raw, &r);
	require(status == 0 || (status >= 400 && status < 500));
	require(r.mount[0] == '\0' || (r.mount[0] == '/' && r.mount[1] != '/'));
	require(strpbrk(r.mount, "\r\n\"<>") == NULL);
	if (status == 0) {
		require(bytes_of(&r.query) <= strlen(r.query_text));
		require(bytes_of(&r.form) <= 4 * rest.n);	/* JSON: a byte that is not UTF-8 becomes \xHH */
	}
	arena_free(a);
	return 0;
}
