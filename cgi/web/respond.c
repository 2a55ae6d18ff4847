#include <string.h>

#include "base/arena.h"
#include "web/respond.h"

static const struct { int status; const char *reason; } reasons[] = {
	{ 200, "OK" }, { 202, "Accepted" }, { 303, "See Other" }, { 304, "Not Modified" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Content Too Large" },
	{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
};

/* Nothing from outside is needed, so nothing from outside is allowed. */
static const char security_headers[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* A value can end neither its line nor the headers. */
static void
header(struct str *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	str_add(out, name);
	str_add(out, ": ");
	for (const char *p = value; *p != '\0'; p++)
		str_addc(out, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
	str_add(out, "\r\n");
}

void
respond_write(struct arena *a, const struct response *r, bool head_only, struct fcgi_answer *ret)
{
	struct str head = str_in(a, 16 * 1024), *out = &head;

	str_addf(out, "Status: %d %s\r\n", r->status, reason_of(r->status));
	if (r->status != 304)
		header(out, "Content-Type", r->content_type != NULL ? r->content_type :
		    "text/plain; charset=utf-8");
	header(out, "Location", r->location);
	header(out, "ETag", r->etag);
	header(out, "X-Antispam-Guide-Title", r->title);
	header(out, "Allow", r->allow);
	if (r->file_name != NULL)
		str_addf(out, "Content-Disposition: attachment; filename=\"%s\"\r\n", r->file_name);
	if (r->retry_after_s > 0)
		str_addf(out, "Retry-After: %d\r\n", r->retry_after_s);
	str_add(out, r->cacheable ? "Cache-Control: public, max-age=86400\r\n" :
	    "Cache-Control: no-store\r\n");
	str_add(out, security_headers);
	if (r->status != 304)
		str_addf(out, "Content-Length: %zu\r\n", r->body.n);
	str_add(out, "\r\n");
	ret->head = str_text(out);
	ret->body = head_only || r->status == 304 ? (struct text){ "", 0 } : r->body;
}
