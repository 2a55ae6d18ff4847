#include "web/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "store/audit.h"
#include "web/csrf.h"
#include "web/kept.h"
#include "web/respond.h"

int64_t
web_now(void)
{
	return (int64_t)time(NULL);
}

/* --- texts -------------------------------------------------------------------------------------- */

const char *
say(const struct exchange *x, const char *id)
{
	return catalog_text(x->face->catalog, x->arena, x->lang, id, NULL, 0);
}

const char *
say1(const struct exchange *x, const char *id, const char *name, const char *value)
{
	struct catalog_value v[] = { { name, value } };

	return catalog_text(x->face->catalog, x->arena, x->lang, id, v, 1);
}

const char *
say2(const struct exchange *x, const char *id, const char *name, const char *value,
    const char *name2, const char *value2)
{
	struct catalog_value v[] = { { name, value }, { name2, value2 } };

	return catalog_text(x->face->catalog, x->arena, x->lang, id, v, 2);
}

const char *
say_count(const struct exchange *x, const char *id, int64_t count)
{
	return say1(x, id, "count", lang_int(x->arena, x->lang, count));
}

const char *
say_word(const struct exchange *x, const char *group, const char *word)
{
	const char *found;

	if (word == NULL)
		return "";
	found = face_word(x->face, x->lang, group, word);
	return found != NULL ? found : word;
}

bool
panel_has(const struct exchange *x, const char *kind)
{
	return strcmp(kind, "subscription") != 0 || strcmp(engine_rules(x->engine)->panel_kind, "postfix") != 0;
}

const char *
say_check(const struct exchange *x, const char *check)
{
	const char *id = arena_printf(x->arena, "checks.%s", check == NULL ? "" : check);

	return catalog_raw(x->face->catalog, x->lang, id) != NULL ? say(x, id) : check;
}

const char *
say_finding(const struct exchange *x, const char *id)
{
	const char *title = arena_printf(x->arena, "%s.title", id), *dot = strrchr(id, '.');
	const char *check = dot == NULL ? id : arena_strndup(x->arena, id, (size_t)(dot - id));

	if (catalog_raw(x->face->catalog, x->lang, title) == NULL && dot != NULL)
		title = arena_printf(x->arena, "any%s.title", dot);	/* what every check has */
	if (catalog_raw(x->face->catalog, x->lang, title) == NULL)
		return id;
	return say2(x, title, "check", say_check(x, check), "provider", say(x, "pages.common.a_provider"));
}

const char *
say_fix(const struct exchange *x, const char *fix)
{
	return fix == NULL ? "" : say(x, arena_printf(x->arena, "pages.fixes.%s.button", fix));
}

const char *
say_target(const struct exchange *x, const char *target)
{
	return target != NULL && strcmp(target, "server") == 0 ? say(x, "pages.common.the_server") : target;
}

const char *
link_to(const struct exchange *x, const char *fmt, ...)
{
	size_t mount = strlen(x->req->mount);
	va_list ap;
	char *link;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return x->req->mount;
	link = arena_alloc(x->arena, mount + (size_t)n + 1);
	memcpy(link, x->req->mount, mount);
	va_start(ap, fmt);
	vsnprintf(link + mount, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return link;
}

int64_t
time_of(const struct json *v, const char *key)
{
	const char *s = json_str(v, key);
	int64_t at;

	return s != NULL && time_parse(text_of(s), &at) ? at : 0;
}

void
view_time(struct json *view, const struct exchange *x, const char *key, int64_t at)
{
	int64_t age = x->now - at;
	struct json *t;

	if (at == 0) {
		json_put_null(view, key);
		return;
	}
	t = json_put_object(view, key);
	json_put_str(t, "iso", time_str(x->arena, at));
	json_put_str(t, "exact", lang_time(x->arena, x->lang, at));
	if (age >= 0 && age < 60)
		json_put_str(t, "ago", say(x, "pages.common.just_now"));
	else
		json_put_str(t, "ago", say1(x, age < 0 ? "pages.common.in_time" : "pages.common.ago",
		    "duration", lang_duration(x->arena, x->lang, age < 0 ? -age : age)));
}

/* --- answers ------------------------------------------------------------------------------------ */

static void
set_body(struct exchange *x, int status, const char *type, struct text body)
{
	x->res.status = status;
	x->res.content_type = type;
	x->res.body = body;
}

static void
set_json(struct exchange *x, int status, const struct json *answer)
{
	set_body(x, status, "application/json; charset=utf-8", text_of(json_print(x->arena, answer)));
}

void
page_json(struct exchange *x, struct text answer)
{
	set_body(x, 200, "application/json; charset=utf-8", answer);
}

void
page_csv(struct exchange *x, const char *name, struct text table)
{
	set_body(x, 200, "text/csv; charset=utf-8", table);
	x->res.file_name = arena_printf(x->arena, "%s.csv", name);
}

const char *
page_csrf(const struct exchange *x)
{
	return csrf_token(x->arena, x->face->key, &x->who);
}

bool
page_data(struct exchange *x, struct json *answer, const char *rows, const struct column *columns,
    size_t count)
{
	if (x->req->wants_csv && count > 0) {
		page_csv(x, rows, csv_table(x->arena, json_get(answer, rows), columns, count));
		return true;
	}
	if (!x->req->wants_json)
		return false;
	json_put_str(answer, "csrf", page_csrf(x));
	set_json(x, 200, answer);
	return true;
}

#define KEY_BYTES_MAX	(32 * 1024)

bool
page_kept(struct exchange *x)
{
	const struct web_request *r = x->req;
	const char *parts[] = { x->who.login, role_name(x->who.role), x->who.acting, x->who.session, x->lang, r->mount,
	    r->path, r->query_text };
	int64_t store = store_turn(engine_store(x->engine));
	uint64_t panel = rights_turn(x->rights);
	struct str key = str_in(x->arena, KEY_BYTES_MAX);

	if (r->wants_csv || store == 0 || panel == 0 || engine_checking_any(x->engine))
		return false;
	str_addf(&key, "%lld %llu %lld %d%d ", (long long)store, (unsigned long long)panel, (long long)(x->now / 60),
	    r->wants_json, r->framed);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		str_addi(&key, parts[i] == NULL ? -1 : (int64_t)strlen(parts[i]));
		str_addc(&key, ':');
		str_add(&key, parts[i] == NULL ? "" : parts[i]);
	}
	if (!str_ok(&key))
		return false;
	x->kept_key = key.p;
	return kept_find(x->face->kept, x->arena, key.p, &x->res);
}

void
page_keep(struct exchange *x)
{
	if (x->kept_key != NULL && !engine_checking_any(x->engine))
		kept_add(x->face->kept, x->kept_key, &x->res);
}

struct place {
	const char	*name, *path;
	unsigned	 roles;
};

/* The navigation, in the order of the guide. */
static const struct place places[] = {
	{ "home", "/", ROLE_ALL },
	{ "domains", "/domains", ROLE_ALL },
	{ "server", "/server", ROLE_ADMIN },
	{ "queue", "/queue", ROLE_ALL },
	{ "blacklists", "/blacklists", ROLE_ALL },
	{ "bulk", "/bulk", ROLE_RESELLER | ROLE_ADMIN },
	{ "tools", "/tools", ROLE_ALL },
	{ "journal", "/journal", ROLE_ALL },
	{ "guide", "/guide", ROLE_ALL },
};

static void
put_nav(struct json *view, const struct exchange *x, const char *current)
{
	struct json *nav = json_put_array(view, "nav");

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct json *item;

		if (!(places[i].roles & x->role))
			continue;
		item = json_add_object(nav);
		json_put_str(item, "link", link_to(x, "%s", places[i].path));
		json_put_str(item, "label", say_word(x, "nav", places[i].name));
		json_put_bool(item, "current", current != NULL && strcmp(current, places[i].name) == 0);
	}
}

static void
put_filled(struct json *view, const char *key, const char *value)
{
	json_put_str(view, key, value == NULL || value[0] == '\0' ? NULL : value);
}

/* A link that would run something is no link. */
static bool
is_link(const char *url)
{
	return url != NULL && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0 ||
	    strncmp(url, "mailto:", 7) == 0);
}

static void
put_provider(struct json *view, const struct exchange *x)
{
	const struct web_support *s = &x->config->support;
	struct json *provider = json_put_object(view, "provider");

	put_filled(provider, "name", x->config->provider_name);
	put_filled(provider, "url", is_link(s->url) ? s->url : NULL);
	put_filled(provider, "phone", s->phone);
	put_filled(provider, "chat", is_link(s->chat) ? NULL : s->chat);
	put_filled(provider, "chat_link", is_link(s->chat) ? s->chat : NULL);
	put_filled(provider, "hours", s->hours);
}

struct json *
page_view(const struct exchange *x, const char *nav)
{
	struct json *view = json_new_object(x->arena);
	int64_t since;

	json_put_str(view, "base", x->req->mount);
	json_put_str(view, "lang", x->lang);
	json_put_str(view, "version", x->face->version);
	if (x->who.login != NULL) {
		json_put_str(view, "csrf", page_csrf(x));
		json_put_str(view, "login", x->who.login);
		json_put_str(view, "acting", x->who.acting);
		json_put_str(view, "role", say_word(x, "role", role_name(x->role)));
		json_put_bool(view, "is_admin", x->role == ROLE_ADMIN);
		json_put_bool(view, "is_customer", x->role == ROLE_CUSTOMER);
		json_put_bool(view, "has_bulk", x->role != ROLE_CUSTOMER);
		put_nav(view, x, nav);
	}
	put_provider(view, x);
	/* Of what needs the panel, the last that was known. */
	json_put_str(view, "panel_away", x->rights != NULL && engine_panel_away(x->engine, &since) ?
	    say1(x, "pages.common.panel_away", "time", lang_time(x->arena, x->lang, since)) : NULL);
	return view;
}

void
page_html_raw(struct exchange *x, const char *page, const char *title, struct json *view,
    const struct mustache_raw *raw, size_t raw_count)
{
	const struct mustache_set *set = x->face->templates;
	const struct mustache *template = mustache_find(set, page);
	const struct mustache *layout = mustache_find(set, x->req->framed ? "fragment" : "layout");
	const struct mustache_words words = face_words(x->face, x->lang, page);
	struct str out = str_in(x->arena, FCGI_ANSWER_MAX);
	struct mustache_raw whole[4];

	if (template == NULL || layout == NULL) {
		log_line(LOG_ERROR, "web", "there is no template '%s'", template == NULL ? page : "layout");
		x->res.status = 500;
		return;
	}
	if (raw_count > 3)
		raw_count = 3;
	for (size_t i = 0; i < raw_count; i++)
		whole[i] = raw[i];
	whole[raw_count] = (struct mustache_raw){ .name = "main", .page = template };
	json_put_str(view, "title", title);
	mustache_render(set, layout, view, &words, whole, raw_count + 1, &out);
	if (!str_ok(&out)) {
		log_line(LOG_ERROR, "web", "%s: the page is too large", x->req->path);
		x->res.status = 500;
		return;
	}
	x->res.content_type = "text/html; charset=utf-8";
	x->res.body = str_text(&out);
	if (x->req->framed)
		x->res.title = title;
	if (x->res.status == 0)
		x->res.status = 200;
}

void
page_html(struct exchange *x, const char *page, const char *title, struct json *view)
{
	page_html_raw(x, page, title, view, NULL, 0);
}

void
page_redirect(struct exchange *x, const char *link)
{
	x->res.status = 303;
	x->res.location = link;
	if (x->req->wants_json) {
		struct json *answer = json_new_object(x->arena);

		json_put_str(answer, "location", link);
		set_json(x, 303, answer);
	}
}

/* --- errors ------------------------------------------------------------------------------------- */

static const struct { int status; const char *code; } codes[] = {
	{ 400, "bad_request" }, { 401, "unauthorized" }, { 403, "forbidden" }, { 404, "not_found" },
	{ 405, "method_not_allowed" }, { 409, "conflict" }, { 413, "too_large" }, { 414, "uri_too_long" },
	{ 415, "unsupported_media_type" }, { 422, "invalid_value" }, { 500, "internal" },
	{ 503, "unavailable" },
};

static const char *
code_of(int status)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == status)
			return codes[i].code;
	return "error";
}

static void
say_error(struct exchange *x, int status, const char *code, const char *text, bool passes)
{
	struct json *view, *answer, *error;
	const char *title = arena_printf(x->arena, "pages.error.%s.title", code);

	if (catalog_raw(x->face->catalog, x->lang, title) == NULL)
		title = arena_printf(x->arena, "pages.error.%s.title", code_of(status));
	x->res = (struct response){ .status = status };
	if (status == 503)
		x->res.retry_after_s = passes ? 2 : 10;
	if (status == 405)
		x->res.allow = "GET, HEAD, POST";
	if (x->req->wants_json) {
		answer = json_new_object(x->arena);
		error = json_put_object(answer, "error");
		json_put_str(error, "code", code);
		json_put_str(error, "text", text);
		set_json(x, status, answer);
		return;
	}
	view = page_view(x, NULL);
	json_put_int(view, "status", status);
	json_put_str(view, "error_title", say(x, title));
	json_put_str(view, "error_text", text);
	json_put_bool(view, "running", passes);
	page_html(x, "error", json_str(view, "error_title"), view);
}

void
page_error_text(struct exchange *x, int status, const char *code, const char *text)
{
	say_error(x, status, code, text, false);
}

void
page_reading(struct exchange *x)
{
	say_error(x, 503, "reading", say(x, "pages.error.reading.text"), true);
}

void
page_error(struct exchange *x, int status)
{
	const char *code = code_of(status);

	page_error_text(x, status, code, say(x, arena_printf(x->arena, "pages.error.%s.text", code)));
}

static const struct { enum err_code code; int status; } statuses[] = {
	{ ERR_NOT_FOUND, 404 }, { ERR_SYNTAX, 422 }, { ERR_VALUE, 422 }, { ERR_LIMIT, 422 },
	{ ERR_STALE, 409 }, { ERR_BUSY, 503 }, { ERR_UNREACHABLE, 503 }, { ERR_TIMEOUT, 503 },
	{ ERR_DENIED, 503 }, { ERR_PROTOCOL, 503 }, { ERR_IO, 503 }, { ERR_UNSUPPORTED, 422 },
};

void
page_err(struct exchange *x, const struct err *err)
{
	int status = 500;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == err->code)
			status = statuses[i].status;
	/* Foreign and unknown are one answer; who tried is noted. */
	if (status == 404)
		page_audit(x, "denied", x->req->path, NULL, "denied");
	if (status >= 500)
		log_line(LOG_WARNING, "web", "%s: %s", x->req->path, err->text);
	page_error(x, status);
}

void
page_conflict(struct exchange *x, const struct json *answer)
{
	const char *reason = json_str(answer, "reason");

	page_error_text(x, 409, "conflict", reason != NULL && reason[0] != '\0' ? reason :
	    say(x, "pages.error.conflict.text"));
}

/* --- going back, noting down -------------------------------------------------------------------- */

const char *
page_return(const struct exchange *x, const char *dflt)
{
	const char *back = field_get(&x->req->form, "return");

	/* Only a path of ours: one slash, nothing that a browser would read as a host. */
	if (back == NULL || back[0] != '/' || back[1] == '/' || back[1] == '\\' || strlen(back) > 2048)
		return link_to(x, "%s", dflt);
	for (const char *p = back; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || *p == '\\' || (unsigned char)*p >= 0x7f)
			return link_to(x, "%s", dflt);
	return link_to(x, "%s", back);
}

void
page_audit(const struct exchange *x, const char *action, const char *object, const char *domain,
    const char *outcome)
{
	struct store *store = engine_store(x->engine);
	struct audit_event event = {
		.at = x->now, .login = x->who.login, .role = role_name(x->who.role),
		.acting = x->who.acting, .from = x->req->from, .action = action, .object = object,
		.domain = domain, .outcome = outcome,
	};
	struct err err;

	if (store != NULL && !store_audit(store, &event, &err))
		log_line(LOG_ERROR, "web", "audit: %s", err.text);
}
