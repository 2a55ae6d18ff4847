#include "engine/mailing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "engine/internal.h"
#include "mail/mailaddr.h"
#include "net/mail.h"
#include "store/notices.h"
#include "store/settings.h"

#define HOUR_S		3600
#define MARK		"notices.mailed"	/* all up to this id are done; of one person "ID TIME" at MARK:LOGIN */
#define NOTICES_MAX	5000
#define LINES_MAX	100			/* of one message */
#define BODY_MAX	(128 * 1024)

struct mailing {
	struct engine		*engine;
	struct arena		*arena;
	int64_t			 now;
	const struct json	*accounts;	/* of the panel; NULL = it has none */
	bool			 unknown;	/* whom it has could not be had */
	int64_t			 done;		/* every notice up to here */
	bool			 later;		/* the mail server takes none now */
};

/* All new ones of one person. */
struct letter { const char *login; struct json *notices; int64_t last; };

/* --- who it is -------------------------------------------------------------------------------------- */

static bool
accounts_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct mailing *m = ctx;
	const struct ev_failure *why = NULL;
	const struct json *accounts;

	(void)a;
	if (!ev_has_panel(ev))
		return true;
	accounts = ev_fact_any(ev, "accounts", NULL, &why);
	if (accounts != NULL)
		m->accounts = json_copy(m->arena, accounts);
	m->unknown = accounts == NULL && why != NULL && strcmp(why->reason, "unsupported") != 0;
	return accounts != NULL || why != NULL;
}

/* One address, and nothing that could be taken for another command. */
static const char *
address_of(struct arena *a, const char *text)
{
	struct text address;

	if (text == NULL || !mailaddr_only(text_of(text), &address) || strpbrk(text, "<>\r\n \t") != NULL)
		return NULL;
	return text_cstr(a, address);
}

static bool
is_reader(const struct json *account, const char *login)
{
	const char *role = json_str(account, "role");

	if (json_tristate(account, "active") == 0)
		return false;
	return login == NULL ? role != NULL && strcmp(role, "admin") == 0 :
	    json_str(account, "login") != NULL && strcmp(json_str(account, "login"), login) == 0;
}

/* --- what it says ------------------------------------------------------------------------------------- */

static const char *
say(struct mailing *m, const char *lang, const char *id, const char *name, const char *value)
{
	return catalog_text(m->engine->setup.catalog, m->arena, lang, id, &(struct catalog_value){ name, value },
	    name == NULL ? 0 : 1);
}

static const char *
say_count(struct mailing *m, const char *lang, const char *id, int64_t n)
{
	return say(m, lang, id, "count", lang_int(m->arena, lang, n));
}

static void
add_digest(struct mailing *m, struct str *body, const char *lang, const struct json *data)
{
	static const char *const kinds[] = { "appeared", "worse", "resolved" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_int(data, kinds[i], 0) > 0)
			str_addf(body, "- %s\r\n", say_count(m, lang, arena_printf(m->arena,
			    "pages.notices.counted.%s", kinds[i]), json_int(data, kinds[i], 0)));
	for (const struct json *d = json_first(json_get(data, "domains")); d != NULL; d = json_next(d))
		str_addf(body, "  %s\r\n", json_value_str(d));
}

static void
add_notice(struct mailing *m, struct str *body, const char *lang, const struct json *n)
{
	const char *finding = json_str(n, "finding");

	if (finding == NULL) {
		add_digest(m, body, lang, json_get(n, "data"));
		return;
	}
	str_addf(body, "- %s: %s (%s)\r\n", json_str(n, "target"), say(m, lang, arena_printf(m->arena, "%s.title",
	    finding), NULL, NULL), say(m, lang, arena_printf(m->arena, "pages.common.notice_kind.%s",
	    json_str(n, "kind")), NULL, NULL));
}

static const char *
body_of(struct mailing *m, const struct letter *l, const char *lang)
{
	struct str body = str_in(m->arena, BODY_MAX);
	int64_t lines = 0, all = (int64_t)json_count(l->notices);

	str_addf(&body, "%s\r\n\r\n", say(m, lang, "notices_mail.lead", NULL, NULL));
	for (const struct json *n = json_first(l->notices); n != NULL && lines < LINES_MAX; n = json_next(n), lines++)
		add_notice(m, &body, lang, n);
	if (lines < all)
		str_addf(&body, "%s\r\n", say_count(m, lang, "notices_mail.more", all - lines));
	str_addf(&body, "\r\n%s\r\n", say(m, lang, "notices_mail.foot", NULL, NULL));
	return body.p;
}

/* Base64 in lines, so that no word of anybody's is a header field or a line too long. */
static struct text
message_of(struct mailing *m, const struct letter *l, const char *to, const char *lang)
{
	const char *from = m->engine->setup.notices_from, *encoded = base64_encode(m->arena,
	    text_of(body_of(m, l, lang))), *subject = say_count(m, lang, "notices_mail.subject",
	    (int64_t)json_count(l->notices));
	struct str s = str_in(m->arena, 2 * BODY_MAX);
	time_t now = (time_t)m->now;
	struct tm tm;
	char date[64];

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	str_addf(&s, "From: %s\r\nTo: %s\r\nSubject: =?UTF-8?B?%s?=\r\nDate: %s\r\n", from, to,
	    base64_encode(m->arena, text_of(subject)), date);
	str_addf(&s, "Message-ID: <notice.%lld.%lld@%s>\r\nAuto-Submitted: auto-generated\r\n", (long long)l->last,
	    (long long)m->now, strrchr(from, '@') + 1);
	str_add(&s, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t n = strlen(encoded); n > 0; ) {
		size_t part = n < 76 ? n : 76;

		str_addt(&s, (struct text){ encoded, part });
		str_add(&s, "\r\n");
		encoded += part;
		n -= part;
	}
	return str_text(&s);
}

/* --- sending ------------------------------------------------------------------------------------------ */

static void
send_to(struct mailing *m, const struct letter *l, const char *to, const char *locale)
{
	const char *lang = locale == NULL ? m->engine->setup.lang : catalog_pick(m->engine->setup.catalog, locale);
	struct err err;

	if (to == NULL || m->later || mail_send(m->engine->setup.rules->smtp_connect, m->engine->setup.notices_from, to,
	    message_of(m, l, to, lang), &err))
		return;
	log_line(LOG_WARNING, "engine", "a notice was not mailed: %s", err.text);
	m->later = err.code != ERR_VALUE;
}

static const char *
mark_key(struct mailing *m, const char *login)
{
	return login == NULL ? MARK ":" : arena_printf(m->arena, MARK ":%s", login);
}

/* false = it waits. */
static bool
send_letter(struct mailing *m, const struct letter *l)
{
	struct store *store = m->engine->setup.store;
	bool any = false;
	struct err err;

	for (const struct json *v = json_first(m->accounts); v != NULL && !m->later; v = json_next(v)) {
		const char *to = address_of(m->arena, json_str(v, "email")), *login = json_str(v, "login");

		if (!is_reader(v, l->login) || login == NULL)
			continue;
		if (store_notices_are_off(store, login))
			any = true;			/* is asked for none */
		else if (to != NULL) {
			any = true;
			send_to(m, l, to, json_str(v, "locale"));
		}
	}
	if (l->login == NULL && !any)
		send_to(m, l, "postmaster", NULL);	/* RFC 5321 4.5.1 */
	return !m->later && store_set(store, mark_key(m, l->login), arena_printf(m->arena, "%lld %lld",
	    (long long)l->last, (long long)m->now), m->now, &err);
}

/* Nothing is new, or it is not yet an hour since the last. */
static bool
is_due(struct mailing *m, struct letter *l)
{
	const char *mark = store_get(m->engine->setup.store, m->arena, mark_key(m, l->login), &(struct err){ 0 });
	struct json *fresh = json_new_array(m->arena);
	struct text rest = text_of(mark), part = { "", 0 };
	uint64_t last = 0, at = 0;

	if (text_split(&rest, ' ', &part) && text_uint(part, INT64_MAX, &last))
		text_uint(rest, INT64_MAX, &at);
	for (const struct json *n = json_first(l->notices); n != NULL; n = json_next(n))
		if (json_int(n, "id", 0) > (int64_t)last)
			json_add_copy(fresh, n);
	l->notices = fresh;
	return json_count(fresh) > 0 && (m->now - (int64_t)at >= HOUR_S || m->now < (int64_t)at);
}

static bool
mail_all(struct mailing *m, const struct json *list)
{
	struct map *letters = map_new(m->arena);
	int64_t held = INT64_MAX;

	for (const struct json *n = json_first(list); n != NULL; n = json_next(n)) {
		const char *login = json_str(n, "login"), *key = login == NULL ? " " : login;
		struct letter *l = map_get(letters, key);

		m->done = json_int(n, "id", 0);
		if (login != NULL && login[0] == '\0')
			continue;			/* a reseller's own: told in his digest */
		if (l == NULL) {
			l = arena_zalloc(m->arena, sizeof(*l));
			*l = (struct letter){ login, json_new_array(m->arena), 0 };
			map_put(letters, key, l);
		}
		json_add_copy(l->notices, n);
		l->last = m->done;
	}
	for (size_t i = 0; i < map_count(letters); i++) {
		struct letter *l = map_at(letters, i, NULL);
		bool due = is_due(m, l);
		int64_t first = json_int(json_first(l->notices), "id", INT64_MAX);

		if (!(due && send_letter(m, l)) && first < held)
			held = first;
	}
	if (held <= m->done)
		m->done = held - 1;
	return !m->later;
}

bool
mail_notices(struct engine *e, int64_t now)
{
	struct store *store = e->setup.store;
	struct mailing m = { .engine = e, .arena = arena_new(), .now = now };
	const char *mark = store_get(store, m.arena, MARK, &(struct err){ 0 });
	const struct json *list;
	bool ok = true;
	struct err err;

	m.done = mark == NULL ? 0 : atoll(mark);
	/* What was told before this was switched on is no news. */
	if (mark == NULL)
		ok = store_notices_last(store, &m.done, &err);
	else if ((list = store_notices_after(store, m.arena, m.done, NOTICES_MAX, &err)) != NULL &&
	    json_count(list) > 0) {
		engine_ask(e, accounts_question, &m, 0);
		ok = !m.unknown && mail_all(&m, list);
	} else if (list == NULL)
		ok = false;
	if (mark == NULL || m.done != atoll(mark))
		store_set(store, MARK, arena_printf(m.arena, "%lld", (long long)m.done), now, &err);
	arena_free(m.arena);
	return ok;
}
