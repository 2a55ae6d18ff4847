/*
 * The mail queue by what its messages have in common, and message by message:
 * hold, release, delete.  Everybody sees and touches his own messages alone;
 * the engine counts nothing else for him.
 */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "engine/queue.h"
#include "web/pages/pages.h"

#define PER_PAGE	100
#define PER_PAGE_MAX	500
#define GROUPS_SHOWN	8	/* of a kind at first; the others are folded away */
#define CONFIRM_SHOWN	20	/* messages named before they are deleted */

/* In this order: why, then what sends it, then to whom. */
static const char *const kinds[] = { "reason", "script", "account", "sender", "recipient_provider" };

#define KIND_COUNT	(sizeof(kinds) / sizeof(kinds[0]))

/* Where a reason leads that means "you look like a spammer", or that we can mend. */
static const struct { const char *category, *path; } leads[] = {
	{ "blocked_ip_reputation", "/blacklists" }, { "blocked_domain_reputation", "/blacklists" },
	{ "ptr_missing", "/guide/helo-ptr" }, { "auth_failure_spf", "/guide/spf" },
	{ "auth_failure_dkim", "/guide/dkim" }, { "auth_failure_dmarc", "/guide/dmarc" },
	{ "auth_failure", "/guide/basic-configuration" }, { "rate_limited", "/guide/sending-limits" },
	{ "content_spam", "/message-test" }, { "content_virus", "/guide/viruses-server" },
	{ "relay_denied", "/guide/mail-queue" }, { "tls", "/guide/basic-configuration" },
};

/* --- words -------------------------------------------------------------------------------------- */

static const char *
share_text(const struct exchange *x, double share)
{
	int64_t percent = (int64_t)(share * 100 + 0.5);

	if (percent == 0 && share > 0)
		return say1(x, "pages.common.percent", "count", arena_printf(x->arena, "< %s",
		    lang_int(x->arena, x->lang, 1)));
	return say1(x, "pages.common.percent", "count", lang_int(x->arena, x->lang, percent));
}

static const char *
size_text(const struct exchange *x, int64_t bytes)
{
	if (bytes < 1024)
		return say_count(x, "pages.common.bytes", bytes);
	return say_count(x, "pages.common.kilobytes", (bytes + 512) / 1024);
}

static const char *
reason_text(const struct exchange *x, const char *category)
{
	const char *id = arena_printf(x->arena, "bounce.category.%s", category);

	return catalog_raw(x->face->catalog, x->lang, id) != NULL ? say(x, id) : category;
}

/* What a group is called: keys are the senders' own words, reasons and providers ours. */
static const char *
group_name(const struct exchange *x, const char *by, const char *key)
{
	if (strcmp(by, "reason") == 0)
		return reason_text(x, key[0] == '\0' ? "unknown" : key);
	if (strcmp(by, "recipient_provider") == 0)
		return provider_name(x, key);
	if (key[0] == '\0')
		return say(x, "pages.queue.bounces");
	return key;
}

/* --- groups ------------------------------------------------------------------------------------- */

static void
view_group(struct json *one, const struct exchange *x, const struct json *g)
{
	const char *by = json_str(g, "by"), *key = json_str(g, "key");
	const char *id = arena_printf(x->arena, "%s:%s", by, key);
	int64_t count = json_int(g, "count", 0);

	json_put_str(one, "group", id);
	json_put_str(one, "name", group_name(x, by, key));
	json_put_str(one, "link", link_to(x, "/queue?group=%s", url_encode(x->arena, text_of(id))));
	json_put_int(one, "count", count);
	json_put_str(one, "count_text", lang_int(x->arena, x->lang, count));
	json_put_str(one, "share", share_text(x, json_double(g, "share", 0)));
	json_put_int(one, "percent", (int64_t)(json_double(g, "share", 0) * 100 + 0.5));
	json_put_str(one, "owner", json_str(g, "owner"));
	json_put_str(one, "domain", json_str(g, "domain"));
	json_put_str(one, "domain_link", json_str(g, "domain") == NULL ? NULL :
	    link_to(x, "/domains/%s", json_str(g, "domain")));
	json_put_null(one, "lead");
	for (size_t i = 0; strcmp(by, "reason") == 0 && i < sizeof(leads) / sizeof(leads[0]); i++)
		if (strcmp(leads[i].category, key) == 0)
			json_put_str(one, "lead", link_to(x, "%s", leads[i].path));
}

static void
view_groups(struct json *view, const struct exchange *x, const struct json *groups)
{
	struct json *list = json_put_array(view, "kinds");

	for (size_t k = 0; k < KIND_COUNT; k++) {
		struct json *kind = NULL, *rows = NULL, *rest = NULL;
		size_t n = 0;

		for (const struct json *g = json_first(groups); g != NULL; g = json_next(g)) {
			if (strcmp(json_str(g, "by"), kinds[k]) != 0)
				continue;
			if (kind == NULL) {
				kind = json_add_object(list);
				json_put_str(kind, "by", kinds[k]);
				json_put_str(kind, "title", say_word(x, "queue_by", kinds[k]));
				/* A cause and a provider are nobody's. */
				json_put_bool(kind, "has_owner", x->role != ROLE_CUSTOMER && k >= 1 && k <= 3);
				rows = json_put_array(kind, "rows");
				rest = json_put_array(kind, "rest");
			}
			view_group(json_add_object(n++ < GROUPS_SHOWN ? rows : rest), x, g);
		}
		if (kind != NULL)
			json_put_str(kind, "rest_text", n <= GROUPS_SHOWN ? NULL :
			    say_count(x, "pages.queue.more_groups", (int64_t)(n - GROUPS_SHOWN)));
	}
	json_put_bool(view, "has_kinds", json_count(list) > 0);
}

/* --- messages ----------------------------------------------------------------------------------- */

static const struct { const char *state, *tone, *symbol; } message_states[] = {
	{ "active", "running", "\xe2\x96\xb6" }, { "incoming", "running", "\xe2\x96\xb6" },
	{ "maildrop", "running", "\xe2\x96\xb6" }, { "deferred", "warning", "\xe2\x86\xbb" },
	{ "hold", "information", "\xe2\x80\x96" },
};

static void
view_message_state(struct json *one, const struct exchange *x, const char *state)
{
	const char *tone = "unknown", *symbol = "?";

	for (size_t i = 0; state != NULL && i < sizeof(message_states) / sizeof(message_states[0]); i++)
		if (strcmp(message_states[i].state, state) == 0) {
			tone = message_states[i].tone;
			symbol = message_states[i].symbol;
		}
	json_put_str(one, "state", state);
	json_put_str(one, "tone", tone);
	json_put_str(one, "symbol", symbol);
	json_put_str(one, "word", say_word(x, "queue_state", state));
}

static void
view_message(struct json *one, const struct exchange *x, const struct json *m, const struct map *chosen)
{
	const char *id = json_str(m, "id"), *sender = json_str(m, "sender"), *domain = json_str(m, "domain");
	struct json *list = json_put_array(one, "recipients");

	json_put_str(one, "id", id);
	json_put_str(one, "link", link_to(x, "/queue/%s", url_encode(x->arena, text_of(id))));
	view_message_state(one, x, json_str(m, "state"));
	view_time(one, x, "arrived", time_of(m, "arrived_at"));
	json_put_str(one, "size", json_is_int(json_get(m, "size")) ?
	    size_text(x, json_int(m, "size", 0)) : NULL);
	json_put_str(one, "sender", sender == NULL || sender[0] == '\0' ?
	    say(x, "pages.queue.bounces") : sender);
	json_put_str(one, "script", json_str(m, "script"));
	json_put_str(one, "account", json_str(m, "account"));
	json_put_str(one, "x_mailer", json_str(m, "x_mailer"));
	json_put_str(one, "owner", json_str(m, "owner"));
	json_put_str(one, "domain", domain);
	json_put_str(one, "domain_link", domain == NULL ? NULL : link_to(x, "/domains/%s", domain));
	json_put_bool(one, "chosen", chosen != NULL && map_get(chosen, id) != NULL);
	for (const struct json *r = json_first(json_get(m, "recipients")); r != NULL; r = json_next(r)) {
		struct json *to = json_add_object(list);

		json_put_str(to, "address", json_str(r, "address"));
		json_put_str(to, "reason", json_str(r, "reason"));
	}
}

/* The present page of the messages; what was ticked before a refresh is ticked again. */
static void
view_messages(struct json *view, const struct exchange *x, const struct json *messages)
{
	size_t per_page = (size_t)field_int(&x->req->query, "per_page", 1, PER_PAGE_MAX, PER_PAGE);
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1), i = 0, count, lost = 0;
	struct json *list = json_put_array(view, "messages");
	struct map *chosen = map_new(x->arena), *there = map_new(x->arena);
	struct str gone = str_in(x->arena, QUERY_BYTES_MAX);
	const char *const *ids;

	count = field_all(x->arena, &x->req->query, "id", &ids);
	for (size_t k = 0; k < count; k++)
		map_put(chosen, ids[k], list);
	for (const struct json *m = json_first(messages); m != NULL; m = json_next(m), i++) {
		if (json_str(m, "id") == NULL)
			continue;
		if (map_count(chosen) > 0)
			map_put(there, json_str(m, "id"), list);
		if (i / per_page == page - 1)
			view_message(json_add_object(list), x, m, chosen);
	}
	json_put_bool(view, "has_messages", json_count(list) > 0);
	for (size_t k = 0; k < map_count(chosen); k++) {
		const char *id;

		map_at(chosen, k, &id);
		if (map_get(there, id) == NULL) {
			str_addf(&gone, "%s ", id);
			lost++;
		}
	}
	json_put_str(view, "gone", lost == 0 ? NULL : gone.p);
	if (lost > 0)
		json_put_str(view, "gone_text", say_count(x, "pages.queue.gone", (int64_t)lost));
	/* All there are, of every group. */
	json_put_bool(view, "whole", i <= per_page && field_get(&x->req->query, "group") == NULL);
	view_pages(view, x, "/queue", page, per_page, i);
}

/* --- the page ----------------------------------------------------------------------------------- */

static const struct column group_columns[] = {
	{ "by", NULL }, { "key", NULL }, { "count", NULL }, { "share", NULL }, { "owner", NULL }, { "domain", NULL },
};

static const struct column message_columns[] = {
	{ "id", NULL }, { "state", NULL }, { "arrived_at", NULL }, { "size", NULL }, { "sender", NULL },
	{ "recipients", NULL }, { "script", NULL }, { "account", NULL }, { "x_mailer", NULL },
	{ "owner", NULL }, { "domain", NULL },
};

/* The summary with its "messages" (of the group alone) and the checks' "findings"; where the queue
 * cannot be read "readable" is false and the numbers are null. */
static struct json *
queue_answer(struct exchange *x, const char *group, struct err *err)
{
	static const char *const names[] = { "queue", "mail_log", "limits", NULL };
	static const char *const numbers[] = { "total", "active", "deferred", "hold", "oldest_s", "read" };
	struct json *found = collected_findings(x, names, x->role == ROLE_ADMIN, err), *answer, *list;

	if (found == NULL)
		return NULL;
	answer = engine_queue_summary(x->engine, x->arena, x->rights, err);
	list = answer == NULL ? NULL : engine_queue_list(x->engine, x->arena, x->rights, group, err);
	if (list == NULL && err->code != ERR_UNREACHABLE)
		return NULL;
	if (answer == NULL) {
		answer = json_new_object(x->arena);
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			json_put_null(answer, numbers[i]);
		json_put_array(answer, "groups");
	}
	json_put_bool(answer, "readable", list != NULL);
	if (list != NULL)
		json_put_copy(answer, "messages", json_get(list, "messages"));
	else
		json_put_array(answer, "messages");
	json_put_copy(answer, "findings", json_get(found, "findings"));
	json_put_copy(answer, "more", json_get(found, "more"));
	return answer;
}

static void
view_numbers(struct json *view, const struct exchange *x, const struct json *answer)
{
	static const char *const states[] = { "active", "deferred", "hold" };
	struct json *list = json_put_array(view, "numbers");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct json *one;

		if (json_int(answer, states[i], 0) == 0)
			continue;
		one = json_add_object(list);
		view_message_state(one, x, states[i]);
		json_put_str(one, "count", lang_int(x->arena, x->lang, json_int(answer, states[i], 0)));
	}
	json_put_str(view, "total_text", say_count(x, "pages.queue.total", json_int(answer, "total", 0)));
	json_put_str(view, "oldest_text", !json_is_int(json_get(answer, "oldest_s")) ? NULL :
	    say1(x, "pages.queue.oldest", "duration", lang_duration(x->arena, x->lang,
	    json_int(answer, "oldest_s", 0))));
	/* Of a very long queue not every header is opened: scripts and programs are a sample then. */
	if (json_int(answer, "read", 0) < json_int(answer, "total", 0))
		json_put_str(view, "read_text", say2(x, "pages.queue.read", "count",
		    lang_int(x->arena, x->lang, json_int(answer, "read", 0)), "total",
		    lang_int(x->arena, x->lang, json_int(answer, "total", 0))));
}

/* So many are in the group by the summary; of a very large queue more than are known one by one. */
static int64_t
group_count(const struct json *groups, const char *group)
{
	for (const struct json *g = json_first(groups); g != NULL; g = json_next(g)) {
		const char *by = json_str(g, "by"), *key = json_str(g, "key");
		size_t n = strlen(by);

		if (strncmp(group, by, n) == 0 && group[n] == ':' && strcmp(group + n + 1, key) == 0)
			return json_int(g, "count", 0);
	}
	return -1;
}

static int64_t
held_count(const struct json *messages)
{
	int64_t held = 0;

	for (const struct json *m = json_first(messages); m != NULL; m = json_next(m))
		held += json_str(m, "state") != NULL && strcmp(json_str(m, "state"), "hold") == 0;
	return held;
}

/* One group: what may be done with all of it, the number stated. */
static void
view_chosen_group(struct json *view, const struct exchange *x, const char *group, const struct json *messages,
    const struct json *groups)
{
	struct text rest = text_of(group), by = { "", 0 };
	int64_t count = (int64_t)json_count(messages), held = held_count(messages);
	struct json *one;

	if (!text_split(&rest, ':', &by))
		return;
	one = json_put_object(view, "in_group");
	json_put_str(one, "group", group);
	json_put_str(one, "title", say_word(x, "queue_by", text_cstr(x->arena, by)));
	json_put_str(one, "name", group_name(x, text_cstr(x->arena, by), text_cstr(x->arena, rest)));
	json_put_int(one, "count", count);
	json_put_str(one, "part_text", group_count(groups, group) <= count ? NULL : say2(x, "pages.queue.part",
	    "count", lang_int(x->arena, x->lang, count), "total", lang_int(x->arena, x->lang,
	    group_count(groups, group))));
	json_put_str(one, "hold_text", count == held ? NULL : say_count(x, "pages.queue.hold_all", count - held));
	json_put_str(one, "release_text", held == 0 ? NULL : say_count(x, "pages.queue.release_all", held));
	json_put_str(one, "delete_text", count == 0 ? NULL : say_count(x, "pages.queue.delete_all", count));
}

void
page_queue(struct exchange *x)
{
	const char *group = field_get(&x->req->query, "group");
	struct err err = { 0 };
	struct json *answer, *view;

	if (group != NULL && group[0] == '\0')
		group = NULL;
	answer = queue_answer(x, group, &err);
	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (group != NULL || field_get(&x->req->query, "messages") != NULL ?
	    page_data(x, answer, "messages", message_columns, sizeof(message_columns) / sizeof(message_columns[0])) :
	    page_data(x, answer, "groups", group_columns, sizeof(group_columns) / sizeof(group_columns[0])))
		return;
	view = page_view(x, "queue");
	json_put_bool(view, "readable", json_bool(answer, "readable", false));
	json_put_bool(view, "shows_owner", x->role != ROLE_CUSTOMER);
	json_put_str(view, "filter_group", group);
	view_numbers(view, x, answer);
	if (group != NULL)
		view_chosen_group(view, x, group, json_get(answer, "messages"), json_get(answer, "groups"));
	else
		view_groups(view, x, json_get(answer, "groups"));
	view_messages(view, x, json_get(answer, "messages"));
	json_put_str(view, "csv_groups", link_to(x, "/queue?format=csv"));
	json_put_str(view, "csv_messages", link_to(x, "/queue?format=csv&%s%s", group == NULL ? "messages=all" : "group=",
	    group == NULL ? "" : url_encode(x->arena, text_of(group))));
	collected_view(view, x, answer);
	json_put_bool(view, "more", json_bool(answer, "more", false));
	page_html(x, "queue", say(x, "pages.queue.title"), view);
}

/* --- one message -------------------------------------------------------------------------------- */

/* What tells which program sent it stands out. */
static bool
is_telling(const char *name)
{
	static const char *const telling[] = { "x-mailer", "user-agent", "x-php-originating-script", "x-php-script",
	    "x-source", "x-source-args", "x-originating-ip", "x-authenticated-sender", "list-unsubscribe" };

	for (size_t i = 0; name != NULL && i < sizeof(telling) / sizeof(telling[0]); i++)
		if (text_iis(text_of(name), telling[i]))
			return true;
	return false;
}

void
page_queue_message(struct exchange *x)
{
	struct err err = { 0 };
	struct json *m = engine_queue_show(x->engine, x->arena, x->rights, x->args[0], &err), *view, *list;
	const char *state;

	if (m == NULL) {
		page_err(x, &err);
		return;
	}
	if (json_str(m, "owner") == NULL || strcmp(json_str(m, "owner"), x->who.login) != 0)
		page_audit(x, "view", x->req->path, json_str(m, "domain"), "ok");
	if (page_data(x, m, NULL, NULL, 0))
		return;
	state = json_str(m, "state");
	view = page_view(x, "queue");
	view_message(view, x, m, NULL);
	json_put_bool(view, "can_hold", state == NULL || strcmp(state, "hold") != 0);
	json_put_bool(view, "can_release", state != NULL && strcmp(state, "hold") == 0);
	json_put_bool(view, "shows_owner", x->role != ROLE_CUSTOMER);
	list = json_put_array(view, "headers");
	for (const struct json *h = json_first(json_get(m, "headers")); h != NULL; h = json_next(h)) {
		struct json *one = json_add_object(list);

		json_put_str(one, "name", json_str(h, "name"));
		json_put_str(one, "value", json_str(h, "value"));
		json_put_bool(one, "telling", is_telling(json_str(h, "name")));
	}
	json_put_bool(view, "has_headers", json_count(list) > 0);
	page_html(x, "queue_message", say1(x, "pages.queue_message.title", "id", x->args[0]), view);
}

/* --- hold, release, delete ---------------------------------------------------------------------- */

struct pick {
	const char		*group;		/* all of it, or NULL: by id */
	struct json		*messages;	/* those that are there, and his */
	size_t			 wanted;	/* so many were meant; 0 = nobody said */
	bool			 fits;
};

static bool
count_of(const struct exchange *x, size_t *ret)
{
	const char *given = field_get(&x->req->form, "count");
	uint64_t n;

	*ret = 0;
	if (given == NULL || given[0] == '\0')
		return true;
	if (!text_uint(text_trim(text_of(given)), 1000000, &n))
		return false;
	*ret = (size_t)n;
	return true;
}

static bool
pick_ids(struct exchange *x, struct pick *p, size_t said)
{
	struct map *wanted = map_new(x->arena);
	const struct json *all;
	const char *const *ids;
	size_t count = field_all(x->arena, &x->req->form, "id", &ids);
	struct json *list;
	struct err err = { 0 };

	for (size_t i = 0; i < count; i++)
		map_put(wanted, ids[i], p);
	if (map_count(wanted) == 0) {
		page_error_text(x, 422, "invalid_value", say(x, "fix.queue.refused.no_id"));
		return false;
	}
	all = engine_queue_list(x->engine, x->arena, x->rights, NULL, &err);
	if (all == NULL) {
		page_err(x, &err);
		return false;
	}
	p->messages = json_new_object(x->arena);
	list = json_put_array(p->messages, "messages");
	for (const struct json *m = json_first(json_get(all, "messages")); m != NULL; m = json_next(m))
		if (json_str(m, "id") != NULL && map_get(wanted, json_str(m, "id")) != NULL)
			json_add_copy(list, m);
	p->messages = list;
	p->wanted = said != 0 ? said : map_count(wanted);
	p->fits = json_count(list) == map_count(wanted) && p->wanted == map_count(wanted);
	return true;
}

static bool
pick_group(struct exchange *x, struct pick *p, size_t said)
{
	struct err err = { 0 };
	struct json *all = engine_queue_list(x->engine, x->arena, x->rights, p->group, &err);

	if (all == NULL) {
		page_err(x, &err);
		return false;
	}
	p->messages = json_edit(all, "messages");
	p->wanted = said;
	p->fits = json_count(p->messages) == said;
	if (!p->fits && said > json_count(p->messages))
		p->fits = group_count(json_get(engine_queue_summary(x->engine, x->arena, x->rights, &err), "groups"),
		    p->group) == (int64_t)said;
	return true;
}

/* Which messages a form means.  Somebody else's and none are one answer.  false = answered. */
static bool
pick_messages(struct exchange *x, struct pick *p)
{
	const char *group = field_get(&x->req->form, "group");
	struct err err = { 0 };
	size_t said;

	*p = (struct pick){ .group = group == NULL || group[0] == '\0' ? NULL : group };
	if (!count_of(x, &said)) {
		page_error(x, 422);
		return false;
	}
	if (!(p->group != NULL ? pick_group(x, p, said) : pick_ids(x, p, said)))
		return false;
	if (json_count(p->messages) > 0)
		return true;
	err_set(&err, ERR_NOT_FOUND, "no such message");
	page_err(x, &err);
	return false;
}

/* "There are 12 now": the same form with what is there; for a deletion the number is typed. */
static void
show_confirm(struct exchange *x, const struct pick *p, const char *action, int status, const char *why)
{
	struct json *view = page_view(x, "queue"), *list = json_put_array(view, "messages"), *ids;
	int64_t count = (int64_t)json_count(p->messages), held = held_count(p->messages);
	/* Held already: there is nothing to hold; and the other way round. */
	int64_t meant = strcmp(action, "hold") == 0 ? count - held : strcmp(action, "release") == 0 ? held : count;
	const char *text = meant == 0 ? say(x, held == 0 ? "fix.queue.refused.none_held" : "fix.queue.refused.all_held") :
	    say_count(x, arena_printf(x->arena, "pages.queue_confirm.%s", action), meant);
	size_t shown = 0;

	json_put_str(view, "action", action);
	json_put_bool(view, "deletes", strcmp(action, "delete") == 0);
	json_put_str(view, "heading", text);
	json_put_str(view, "why", why);
	json_put_int(view, "count", count);
	json_put_str(view, "type_number", say1(x, "pages.queue_confirm.type_number", "count",
	    arena_printf(x->arena, "%lld", (long long)count)));
	json_put_str(view, "button", meant == 0 ? NULL : say_count(x, arena_printf(x->arena, "pages.queue.%s_all", action),
	    meant));
	json_put_str(view, "group", p->group);
	ids = json_put_array(view, "ids");
	for (const struct json *m = json_first(p->messages); m != NULL; m = json_next(m)) {
		if (p->group == NULL)
			json_add_str(ids, json_str(m, "id"));
		if (shown++ < CONFIRM_SHOWN)
			view_message(json_add_object(list), x, m, NULL);
	}
	if (shown > CONFIRM_SHOWN)
		json_put_str(view, "more_text", say_count(x, "pages.queue_confirm.more",
		    (int64_t)(shown - CONFIRM_SHOWN)));
	json_put_str(view, "back", p->group == NULL ? link_to(x, "/queue") :
	    link_to(x, "/queue?group=%s", url_encode(x->arena, text_of(p->group))));
	x->res.status = status;
	page_html(x, "queue_confirm", text, view);
}

void
page_queue_confirm(struct exchange *x)
{
	static const char *const actions[] = { "hold", "release", "delete" };
	const char *action = field_get(&x->req->form, "action");
	struct pick pick;

	for (size_t i = 0; action != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i], action) == 0) {
			if (pick_messages(x, &pick))
				show_confirm(x, &pick, action, 200, NULL);
			return;
		}
	page_error(x, 422);
}

/* Look again: a redirect that carries what was ticked, as far as an address holds it. */
void
page_queue_refresh(struct exchange *x)
{
	const char *group = field_get(&x->req->form, "in_group");
	struct str s = str_in(x->arena, QUERY_BYTES_MAX);
	const char *const *ids;
	size_t count = field_all(x->arena, &x->req->form, "id", &ids);

	if (group != NULL && group[0] != '\0')
		str_addf(&s, "?group=%s", url_encode(x->arena, text_of(group)));
	for (size_t i = 0; i < count && s.n + strlen(ids[i]) * 3 + 8 < PICKED_BYTES_MAX; i++)
		str_addf(&s, "%sid=%s", s.n > 0 ? "&" : "?", url_encode(x->arena, text_of(ids[i])));
	page_redirect(x, link_to(x, "/queue%s", str_ok(&s) ? s.p : ""));
}

static const char *
ids_joined(const struct exchange *x, const struct json *messages)
{
	struct str s = str_in(x->arena, FORM_BYTES_MAX);

	for (const struct json *m = json_first(messages); m != NULL; m = json_next(m))
		str_addf(&s, "%s%s", s.n > 0 ? "," : "", json_str(m, "id"));
	return str_ok(&s) ? s.p : "";
}

/* Planned, and applied at once: the number was agreed to on the page before. */
static void
act(struct exchange *x, const char *action, const char *fix)
{
	struct fix_param param;
	struct pick pick;
	struct err err = { 0 };
	struct json *plan, *done;
	const char *reason;

	if (!pick_messages(x, &pick))
		return;
	if (!pick.fits) {
		reason = say2(x, "pages.queue_confirm.changed", "count", lang_int(x->arena, x->lang,
		    (int64_t)json_count(pick.messages)), "wanted", lang_int(x->arena, x->lang, (int64_t)pick.wanted));
		if (x->req->wants_json)
			page_error_text(x, 409, "conflict", reason);
		else
			show_confirm(x, &pick, action, 409, reason);
		return;
	}
	if (pick.group != NULL && strcmp(action, "hold") == 0) {
		fix = "queue.hold";
		param = (struct fix_param){ "group", pick.group };
	} else
		param = (struct fix_param){ "ids", ids_joined(x, pick.messages) };
	plan = engine_plan(x->engine, x->arena, x->rights, x->lang, fix, "server", &param, 1, &err);
	if (plan == NULL) {
		page_err(x, &err);
		return;
	}
	reason = json_str(json_get(plan, "refused"), "text");
	if (reason != NULL) {
		page_error_text(x, 409, json_str(json_get(plan, "refused"), "code"), reason);
		return;
	}
	/* Nothing here can write to the queue: the commands to type. */
	if (json_str(plan, "mode") != NULL && strcmp(json_str(plan, "mode"), "one_click") != 0) {
		page_redirect(x, link_to(x, "/plans/%s", json_str(plan, "plan")));
		return;
	}
	done = engine_apply(x->engine, x->arena, x->rights, x->lang, json_str(plan, "plan"), json_str(plan, "hash"),
	    (struct text){ NULL, 0 }, false, &err);
	if (done == NULL)
		page_err(x, &err);
	else if (json_int(done, "entry", 0) > 0)
		page_redirect(x, link_to(x, "/journal/%lld", (long long)json_int(done, "entry", 0)));
	else
		page_conflict(x, done);
}

void
page_queue_hold(struct exchange *x)
{
	act(x, "hold", "queue.hold_messages");
}

void
page_queue_release(struct exchange *x)
{
	act(x, "release", "queue.release");
}

void
page_queue_delete(struct exchange *x)
{
	act(x, "delete", "queue.delete");
}
