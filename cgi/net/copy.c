#include "net/copy.h"

#include <string.h>

static void
copy_dns(struct arena *a, const struct request_dns *from, struct request_dns *to)
{
	struct endpoint *servers;

	*to = *from;
	to->name.s = arena_strdup(a, from->name.s);
	if (from->count == 0) {
		to->servers = NULL;
		return;
	}
	servers = arena_alloc(a, from->count * sizeof(*servers));
	memcpy(servers, from->servers, from->count * sizeof(*servers));
	to->servers = servers;
}

static void
copy_http(struct arena *a, const struct request_http *from, struct request_http *to)
{
	struct http_header *headers;
	size_t i;

	*to = *from;
	to->method = arena_strdup(a, from->method);
	to->path = arena_strdup(a, from->path);
	headers = arena_array(a, from->header_count, sizeof(*headers));
	for (i = 0; i < from->header_count; i++) {
		headers[i].name = arena_strdup(a, from->headers[i].name);
		headers[i].value = arena_strdup(a, from->headers[i].value);
	}
	to->headers = headers;
	to->credential_header = arena_strdup(a, from->credential_header);
	to->credential_prefix = arena_strdup(a, from->credential_prefix);
	to->content_type = arena_strdup(a, from->content_type);
	to->body = text_dup(a, from->body);
	to->secret_marker = arena_strdup(a, from->secret_marker);
	to->secret_ref = arena_strdup(a, from->secret_ref);
}

static void
copy_smtp(struct arena *a, const struct request_smtp *from, struct request_smtp *to)
{
	*to = *from;
	to->ehlo = arena_strdup(a, from->ehlo);
	to->tls_name = arena_strdup(a, from->tls_name);
}

static void
copy_verb(struct arena *a, const struct request_verb *from, struct request_verb *to)
{
	const char **args;
	size_t i;

	*to = *from;
	to->verb = arena_strdup(a, from->verb);
	args = arena_array(a, from->arg_count, sizeof(*args));
	for (i = 0; i < from->arg_count; i++)
		args[i] = arena_strdup(a, from->args[i]);
	to->args = args;
	to->input = text_dup(a, from->input);
	to->secret_ref = arena_strdup(a, from->secret_ref);
}

void
net_request_copy(struct arena *a, const struct request *from, struct request *to)
{
	to->kind = from->kind;
	to->after_ms = from->after_ms;
	switch (from->kind) {
	case REQUEST_DNS:
		copy_dns(a, &from->u.dns, &to->u.dns);
		break;
	case REQUEST_HTTP:
		copy_http(a, &from->u.http, &to->u.http);
		break;
	case REQUEST_SMTP:
		copy_smtp(a, &from->u.smtp, &to->u.smtp);
		break;
	case REQUEST_VERB:
		copy_verb(a, &from->u.verb, &to->u.verb);
		break;
	case REQUEST_SCAN:
		to->u.scan = from->u.scan;
		to->u.scan.command = arena_strdup(a, from->u.scan.command);
		to->u.scan.message = text_dup(a, from->u.scan.message);
		break;
	}
}
