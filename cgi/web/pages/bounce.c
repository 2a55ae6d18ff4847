/* A returned message, explained; each cause with the place that mends it. */

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/log.h"
#include "engine/bounces.h"
#include "engine/tools.h"
#include "store/reports.h"
#include "web/pages/pages.h"

#define KEEP_MAX		8000
#define BOUNCE_BYTES_MAX	(5 * 1024 * 1024)

/* Where a category leads: page and section of the guide. */
static const struct { const char *category, *path, *guide; } ways[] = {
	{ "blocked_ip_reputation", "/blacklists", "blacklists" },
	{ "blocked_domain_reputation", "/blacklists", "blacklists" },
	{ "ptr_missing", "/domains?finding=ptr.missing", "helo-ptr" },
	{ "auth_failure_spf", "/domains", "spf" },
	{ "auth_failure_dkim", "/domains", "dkim" },
	{ "auth_failure_dmarc", "/domains", "dmarc" },
	{ "auth_failure", "/domains", "basic-configuration" },
	{ "rate_limited", "/queue", "sending-limits" },
	{ "content_spam", "/message-test", "newsletters" },
	{ "content_virus", "/queue", "viruses-server" },
	{ "policy", "/domains", "symptoms" },
};

/* --- is it about us? ---------------------------------------------------------------------------- */

static bool
is_ours(const struct exchange *x, const struct json *server, struct ip ip)
{
	const struct rules *rules = engine_rules(x->engine);
	struct ip known;

	for (size_t i = 0; i < rules->address_count; i++)
		if (ip_eq(rules->addresses[i], ip))
			return true;
	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check"), *subject = json_str(f, "subject");

		if (check != NULL && subject != NULL && strcmp(check, "ptr") == 0 &&
		    ip_parse(text_of(subject), &known) && ip_eq(known, ip))
			return true;
	}
	return false;
}

/*
 * The answer names public addresses and none of them is ours.  Nothing is
 * said where we do not know our own.
 */
static bool
about_another(const struct exchange *x, const struct json *server, const char *diagnostic)
{
	struct text rest = text_of(diagnostic);
	bool named = false;
	struct ip ip;

	if (engine_rules(x->engine)->address_count == 0 && server == NULL)
		return false;
	while (rest.n > 0) {
		size_t n = 0;

		while (n < rest.n && (ascii_hex((unsigned char)rest.p[n]) >= 0 || rest.p[n] == '.' ||
		    rest.p[n] == ':'))
			n++;
		/* "203.0.113.10." at the end of a sentence */
		for (size_t k = n; k > 6 && k + 2 > n; k--) {
			if (!ip_parse(text_head(rest, k), &ip) || ip_is_private(ip))
				continue;
			if (is_ours(x, server, ip))
				return false;
			named = true;
			break;
		}
		rest = text_skip(rest, n == 0 ? 1 : n);
	}
	return named;
}

static void
mark_others(const struct exchange *x, struct json *answer)
{
	struct store_scope nobody = { .login = x->who.login };
	struct err err = { 0 };
	const struct json *server = engine_store(x->engine) == NULL ? NULL : store_report_get(
	    engine_store(x->engine), x->arena, &nobody, "server", "server", &err);

	for (struct json *r = json_edit_first(json_edit(answer, "recipients")); r != NULL; r = json_edit_next(r))
		json_put_bool(r, "another_server", about_another(x, server, json_str(r, "diagnostic")));
}

/* Hotmail asks for it later.  That it could not be kept is no reason not to explain it. */
static void
keep(struct exchange *x, struct json *answer)
{
	struct err err = { 0 };
	size_t kept = 0;

	if (engine_store(x->engine) != NULL &&
	    !engine_bounces_keep(x->engine, x->arena, x->who.login, answer, x->now, &kept, &err))
		log_line(LOG_WARNING, "web", "a bounce is not kept: %s", err.text);
	json_put_int(answer, "kept", (int64_t)kept);
}

/* --- view --------------------------------------------------------------------------------------- */

static void
view_recipient(struct json *list, const struct exchange *x, const struct json *r)
{
	static const char *const kept[] = { "address", "status", "smtp_code", "diagnostic", "mta", "provider",
	    "category", "explanation", "advice" };
	const char *category = json_str(r, "category"), *provider = json_str(r, "provider");
	struct json *one = json_add_object(list);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		json_put_copy(one, kept[i], json_get(r, kept[i]));
	json_put_str(one, "provider", provider_name(x, provider));
	json_put_null(one, "way");
	json_put_null(one, "guide_link");
	json_put_bool(one, "another_server", json_bool(r, "another_server", false));
	for (size_t i = 0; category != NULL && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].category, category) == 0) {
			if (!json_bool(r, "another_server", false))
				json_put_str(one, "way", link_to(x, "%s", ways[i].path));
			json_put_str(one, "guide_link", link_to(x, "/guide/%s", ways[i].guide));
		}
	json_put_bool(one, "is_hotmail", !json_bool(r, "another_server", false) && provider != NULL && strcmp(provider, "outlook_com") == 0 &&
	    category != NULL && strncmp(category, "blocked_", 8) == 0);
}

void
page_bounce(struct exchange *x)
{
	struct text message;
	struct json *answer, *view = page_view(x, "tools"), *list;
	const char *kind, *sender;

	if (x->req->method != WEB_POST) {
		if (!page_data(x, json_new_object(x->arena), NULL, NULL, 0))
			page_html(x, "bounce", say(x, "pages.bounce.title"), view);
		return;
	}
	if (!field_upload(&x->req->form, "file", "text", &message)) {
		if (x->req->wants_json) {
			page_error(x, 422);
			return;
		}
		x->res.status = 422;
		json_put_str(view, "complaint", say(x, "pages.bounce.empty"));
		page_html(x, "bounce", say(x, "pages.bounce.title"), view);
		return;
	}
	if (message.n > BOUNCE_BYTES_MAX) {
		page_error(x, 413);
		return;
	}
	answer = engine_bounce_explain(x->engine, x->arena, x->lang, message);
	mark_others(x, answer);
	keep(x, answer);
	if (page_data(x, answer, NULL, NULL, 0))
		return;
	kind = json_str(answer, "kind");
	json_put_bool(view, "answered", true);
	json_put_str(view, "kind", kind);
	json_put_str(view, "kind_text", say_word(x, "bounce_kind", kind));
	json_put_bool(view, "kept", json_int(answer, "kept", 0) > 0);
	json_put_copy(view, "reporting_mta", json_get(answer, "reporting_mta"));
	list = json_put_array(view, "recipients");
	json_put_str(view, "case_kind", "spam");
	for (const struct json *r = json_first(json_get(answer, "recipients")); r != NULL; r = json_next(r)) {
		view_recipient(list, x, r);
		if (json_str(r, "provider") != NULL && strcmp(json_str(r, "provider"), "outlook_com") == 0)
			json_put_str(view, "case_kind", "hotmail");
	}
	sender = json_str(answer, "original_sender");
	json_put_str(view, "about", sender == NULL || strchr(sender, '@') == NULL ? "" : strrchr(sender, '@') + 1);
	view_problems(view, x, "problems", json_get(answer, "problems"));
	if (message.n < 64 * 1024)
		json_put_text(view, "text", message);
	/* All of it, with a case. */
	if (strcmp(kind, "not_a_bounce") != 0)
		json_put_text(view, "keepable", text_head(message, KEEP_MAX));
	else
		json_put_bool(view, "no_bounce", true);
	page_html(x, "bounce", say(x, "pages.bounce.title"), view);
}
