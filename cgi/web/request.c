#include <string.h>

#include "base/arena.h"
#include "web/request.h"

static const struct { const char *word; enum web_method method; } methods[] = {
	{ "GET", WEB_GET }, { "POST", WEB_POST }, { "HEAD", WEB_HEAD },
};

static enum web_method
method_of(const char *word)
{
	for (size_t i = 0; word != NULL && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(word, methods[i].word) == 0)
			return methods[i].method;
	return WEB_OTHER;
}

/* Links and Location are made from it: one that could lead elsewhere is none. */
static const char *
mount_of(struct arena *a, const char *script_name)
{
	struct text t = text_of(script_name);

	while (t.n > 0 && t.p[t.n - 1] == '/')
		t.n--;
	if (t.n == 0 || t.n > PATH_BYTES_MAX || t.p[0] != '/' || text_starts(t, "//"))
		return "";
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && strchr("/-._~+@:,=", t.p[i]) == NULL)
			return "";
	return text_cstr(a, t);
}

/* %XX decoded once; NULL when malformed or with a NUL in it. */
static const char *
path_decode(struct arena *a, struct text t)
{
	struct str s = str_in(a, PATH_BYTES_MAX);

	for (size_t i = 0; i < t.n; i++) {
		int c = (unsigned char)t.p[i];

		if (c == '%') {
			int high, low;

			if (t.n - i < 3 || (high = ascii_hex((unsigned char)t.p[i + 1])) < 0 ||
			    (low = ascii_hex((unsigned char)t.p[i + 2])) < 0)
				return NULL;
			c = high << 4 | low;
			i += 2;
		}
		if (c == '\0')
			return NULL;
		str_addc(&s, (char)c);
	}
	return str_ok(&s) ? s.p : NULL;
}

/* PATH_INFO, or the URI less SCRIPT_NAME. */
static const char *
path_of(struct arena *a, const struct fcgi_request *r)
{
	const char *info = fcgi_param(r, "PATH_INFO"), *script = fcgi_param(r, "SCRIPT_NAME");
	struct text uri = text_of(fcgi_param(r, "REQUEST_URI")), mount = text_of(script);
	size_t query;

	if (info != NULL && info[0] != '\0')
		return strlen(info) > PATH_BYTES_MAX ? NULL : info;
	while (mount.n > 0 && mount.p[mount.n - 1] == '/')
		mount.n--;
	if (text_find(uri, TEXT("?"), &query))
		uri = text_head(uri, query);
	if (uri.n >= mount.n && text_eq(text_head(uri, mount.n), mount) &&
	    (uri.n == mount.n || uri.p[mount.n] == '/'))
		uri = text_skip(uri, mount.n);
	else
		uri.n = 0;
	return uri.n == 0 ? "/" : path_decode(a, uri);
}

/* application/json named before text/html, with a weight above nothing. */
static bool
accepts_json(const char *accept)
{
	struct text rest = text_of(accept), one, type;
	double best = 0, html = 0;
	bool json = false;

	while (text_split(&rest, ',', &one)) {
		struct text parameter;
		double q = 1;

		type = (struct text){ "", 0 };		/* ",,": nothing was named */
		text_split(&one, ';', &type);
		while (text_split(&one, ';', &parameter)) {
			struct text p = text_trim(parameter), digits;
			uint64_t n;

			if (!text_istarts(p, "q=") || p.n < 3)
				continue;
			q = p.p[2] == '1' ? 1 : 0;
			digits = text_head(text_skip(p, 4), 3);
			if (q < 1 && text_uint(digits, 999, &n))
				q = (double)n / (digits.n == 1 ? 10 : digits.n == 2 ? 100 : 1000);
		}
		type = text_trim(type);
		if (text_iis(type, "application/json") && q > 0) {
			json = true;
			best = q;
		} else if (text_iis(type, "text/html"))
			html = q;
	}
	return json && best >= html;
}

/* The body's fields; 0 or a status. */
static int
read_form(struct arena *a, const struct fcgi_request *r, struct fields *ret)
{
	static const struct {
		const char	*type;
		bool		(*parse)(struct arena *, struct text, struct fields *);
	} forms[] = {
		{ "application/x-www-form-urlencoded", fields_urlencoded },
		{ "application/json", fields_json },
	};
	const char *content_type = fcgi_param(r, "CONTENT_TYPE");
	struct text rest = text_of(content_type), type = { "", 0 };

	if (content_type == NULL)
		content_type = "";
	text_split(&rest, ';', &type);
	type = text_trim(type);
	if (type.n == 0 && r->body.n == 0)
		return 0;
	if (text_iis(type, "multipart/form-data"))
		return fields_multipart(a, r->body, text_of(content_type), ret) ? 0 : 400;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (text_iis(type, forms[i].type)) {
			if (r->body.n > FORM_BYTES_MAX)
				return 413;
			return forms[i].parse(a, r->body, ret) ? 0 : 400;
		}
	return 415;
}

int
web_request_read(struct arena *a, const struct fcgi_request *r, struct web_request *ret)
{
	const char *query = fcgi_param(r, "QUERY_STRING"), *frame = fcgi_param(r, "ASG_FRAME");
	const char *format;
	int status = 0;

	*ret = (struct web_request){
		.peer = r->peer,
		.method = method_of(fcgi_param(r, "REQUEST_METHOD")),
		.mount = mount_of(a, fcgi_param(r, "SCRIPT_NAME")),
		.path = path_of(a, r),
		.query_text = query == NULL ? "" : query,
		.wants_json = accepts_json(fcgi_param(r, "HTTP_ACCEPT")),
		.framed = frame != NULL && strcmp(frame, "panel") == 0,
		.identity = fcgi_param_once(r, "ASG_IDENTITY"),
		.session = fcgi_param(r, "ASG_SESSION"),
		.remote_user = fcgi_param_once(r, "REMOTE_USER"),
		.language = fcgi_param(r, "HTTP_ACCEPT_LANGUAGE"),
		.csrf = fcgi_param(r, "HTTP_X_CSRF_TOKEN"),
		.origin = fcgi_param(r, "HTTP_ORIGIN"),
		.host = fcgi_param(r, "HTTP_HOST"),
		.if_none_match = fcgi_param(r, "HTTP_IF_NONE_MATCH"),
		.from = fcgi_param(r, "REMOTE_ADDR"),
	};
	if (ret->from == NULL)
		ret->from = "";
	if (ret->path == NULL) {
		ret->path = "/";
		status = 400;
	}
	if (strlen(ret->query_text) > QUERY_BYTES_MAX)
		status = 414;
	else if (!fields_urlencoded(a, text_of(ret->query_text), &ret->query))
		status = 400;
	if (status == 0 && r->too_big)
		status = 413;
	if (status == 0 && ret->method == WEB_POST)
		status = read_form(a, r, &ret->form);
	if ((format = field_get(&ret->form, "csrf")) != NULL)
		ret->csrf = format;
	format = field_get(&ret->query, "format");
	ret->wants_csv = format != NULL && strcmp(format, "csv") == 0;
	return status;
}
