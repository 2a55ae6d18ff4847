/*
 * Who sends how much, by the hour, as the mail log says it.  The chart is made
 * here, of numbers alone; the table beside it says the same in words.
 * Everybody sees his own domains' mail, the engine counts nothing else for him.
 */

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/traffic.h"
#include "web/pages/pages.h"

#define HOUR_S		3600
#define DAY_S		86400
#define HOURS_MAX	(TRAFFIC_DAYS * 24)
#define MANY_NETWORKS	8	/* of one mailbox in an hour: as the queue's check has it */

/* The chart's own measures; the page stretches it. */
#define BAR		10
#define GAP		2
#define HEIGHT		1000
#define MARKS		5	/* dates below it */

static const char *const kinds[] = { "mailbox", "domain", "subscription", "user", "script" };
static const int64_t spans[] = { 1, 7, 30 };

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

struct hour { int64_t sent, refused, cut; };

struct hours {
	struct hour	v[HOURS_MAX];
	int64_t		first;		/* beginning of the first one */
	size_t		count;
	int64_t		most;		/* sent and cut, in one of them */
	size_t		most_at;
};

static const char *
number(const struct exchange *x, int64_t n)
{
	return lang_int(x->arena, x->lang, n);
}

static const char *
link_of(const struct exchange *x, const char *by, const char *name, int64_t days, bool csv)
{
	return link_to(x, "/senders?by=%s&days=%lld%s%s%s", by, (long long)days, name == NULL ? "" : "&name=",
	    name == NULL ? "" : url_encode(x->arena, text_of(name)), csv ? "&format=csv" : "");
}

/* --- hours ------------------------------------------------------------------------------------------- */

static void
read_hours(struct hours *h, const struct json *list, int64_t now, int64_t days)
{
	memset(h, 0, sizeof(*h));
	h->count = (size_t)days * 24;
	h->first = (now / HOUR_S - days * 24 + 1) * HOUR_S;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		int64_t i = (time_of(v, "hour") - h->first) / HOUR_S;
		struct hour *hour;

		if (i < 0 || i >= (int64_t)h->count)
			continue;
		hour = &h->v[i];
		hour->sent = json_int(v, "messages", 0);
		hour->refused = json_int(v, "rejected", 0);
		hour->cut = json_int(v, "limited", 0);
		if (hour->sent + hour->cut > h->most) {
			h->most = hour->sent + hour->cut;
			h->most_at = (size_t)i;
		}
	}
}

/* A path of bars from `from` up to `to` of every hour; `most` is as high as the chart. */
static void
add_bar(struct str *s, size_t i, int64_t from, int64_t to, int64_t most)
{
	int64_t low = HEIGHT - from * HEIGHT / most, high = HEIGHT - to * HEIGHT / most;

	if (to <= from)
		return;
	if (high == low)
		high--;		/* something is seen of the smallest */
	str_addf(s, "M%zu %lldV%lldh%dV%lldz", i * BAR, (long long)low, (long long)high, BAR - GAP, (long long)low);
}

/* The axis ends at a number whose half is one as well. */
static int64_t
axis_end(int64_t most)
{
	static const int64_t steps[] = { 2, 3, 4, 5, 6, 8, 10 };

	for (int64_t unit = 1; unit <= INT64_MAX / 100; unit *= 10)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i] * unit >= most && steps[i] * unit % 2 == 0)
				return steps[i] * unit;
	return most;
}

static void
view_chart(struct json *view, const struct exchange *x, const struct hours *h)
{
	struct str sent = str_in(x->arena, 65536), cut = str_in(x->arena, 65536);
	struct json *chart = json_put_object(view, "chart"), *marks;
	int64_t end = axis_end(h->most);

	for (size_t i = 0; i < h->count && h->most > 0; i++) {
		add_bar(&sent, i, 0, h->v[i].sent, end);
		add_bar(&cut, i, h->v[i].sent, h->v[i].sent + h->v[i].cut, end);
	}
	json_put_int(chart, "width", (int64_t)h->count * BAR);
	json_put_int(chart, "height", HEIGHT);
	json_put_int(chart, "half", HEIGHT / 2);
	json_put_str(chart, "axis_end", number(x, end));
	json_put_str(chart, "axis_half", number(x, end / 2));
	json_put_str(chart, "sent", sent.n > 0 ? sent.p : NULL);
	json_put_str(chart, "cut", cut.n > 0 ? cut.p : NULL);
	json_put_str(chart, "most", h->most == 0 ? say(x, "pages.senders.chart_empty") : say2(x, "pages.senders.chart_most",
	    "count", number(x, h->most), "at", lang_time(x->arena, x->lang, h->first + (int64_t)h->most_at * HOUR_S)));
	marks = json_put_array(chart, "marks");
	for (size_t i = 0; i < MARKS; i++) {
		int64_t at = h->first + (int64_t)(h->count * i / (MARKS - 1)) * HOUR_S;
		const char *day = lang_date(x->arena, x->lang, at);
		char buf[TIME_TEXT_MAX];

		time_text(at, buf);
		json_add_str(marks, h->count <= 24 ? arena_printf(x->arena, "%.5s", buf + 11) :
		    text_cstr(x->arena, text_head(text_of(day), strlen(day) - 5)));	/* without the year */
	}
}

/* A day a row, or of one day an hour; the newest first, those without mail left out. */
static void
view_table(struct json *view, const struct exchange *x, const struct hours *h)
{
	int64_t unit = h->count <= 24 ? HOUR_S : DAY_S, last = -1;
	struct json *rows = json_put_array(view, "times"), *row = NULL;
	struct hour sum = { 0 };
	int64_t busiest = 0;

	for (size_t i = h->count; i-- > 0;) {
		int64_t at = h->first + (int64_t)i * HOUR_S;
		const struct hour *v = &h->v[i];

		if (v->sent == 0 && v->refused == 0 && v->cut == 0)
			continue;
		if (at / unit != last) {
			const char *day = lang_date(x->arena, x->lang, at);

			sum = (struct hour){ 0 };
			busiest = 0;
			last = at / unit;
			row = json_add_object(rows);
			json_put_str(row, "at", unit == DAY_S ? day :
			    arena_printf(x->arena, "%s %02d:00", day, (int)(at / HOUR_S % 24)));
		}
		sum.sent += v->sent;
		sum.refused += v->refused;
		sum.cut += v->cut;
		if (v->sent > busiest)
			busiest = v->sent;
		json_put_str(row, "messages", number(x, sum.sent));
		json_put_str(row, "busiest", number(x, busiest));
		json_put_str(row, "refused", number(x, sum.refused));
		json_put_str(row, "cut", number(x, sum.cut));
	}
	json_put_bool(view, "has_times", json_count(rows) > 0);
	json_put_bool(view, "by_day", unit == DAY_S);
}

/* --- who ----------------------------------------------------------------------------------------------- */

static void
view_senders(struct json *view, const struct exchange *x, const struct json *answer, int64_t days)
{
	struct json *list = json_put_array(view, "senders");
	int64_t most = json_int(json_first(json_get(answer, "senders")), "messages", 0);
	bool owner = false;

	for (const struct json *v = json_first(json_get(answer, "senders")); v != NULL; v = json_next(v)) {
		const char *name = json_str(v, "name"), *domain = json_str(v, "domain");
		int64_t messages = json_int(v, "messages", 0), networks = json_int(v, "networks", 0);
		struct json *one = json_add_object(list);

		json_put_str(one, "name", name);
		json_put_str(one, "link", link_of(x, json_str(v, "by"), name, days, false));
		json_put_str(one, "domain", domain);
		json_put_str(one, "owner", json_str(v, "owner"));
		owner = owner || json_str(v, "owner") != NULL;
		json_put_str(one, "messages", number(x, messages));
		json_put_int(one, "part", messages);
		json_put_int(one, "most", most > 0 ? most : 1);
		json_put_str(one, "busiest", number(x, json_int(v, "busiest", 0)));
		view_time(one, x, "busiest_at", time_of(v, "busiest_at"));
		json_put_str(one, "networks", number(x, networks));
		if (networks >= MANY_NETWORKS)
			view_verdict(one, x, "warning");
		json_put_bool(one, "many", networks >= MANY_NETWORKS);
		json_put_str(one, "refused", number(x, json_int(v, "rejected", 0)));
		json_put_str(one, "cut", number(x, json_int(v, "limited", 0)));
	}
	json_put_bool(view, "has_senders", json_count(list) > 0);
	json_put_bool(view, "has_owner", owner && x->role != ROLE_CUSTOMER);
	json_put_bool(view, "is_mailbox", strcmp(json_str(answer, "by"), "mailbox") == 0);
	if (json_count(list) == SENDERS_SHOWN)
		json_put_str(view, "more_text", say_count(x, "pages.senders.more", SENDERS_SHOWN));
}

static void
view_networks(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *list = json_put_array(view, "networks");

	for (const struct json *v = json_first(json_get(answer, "networks")); v != NULL; v = json_next(v)) {
		struct json *one = json_add_object(list);

		json_put_copy(one, "network", json_get(v, "network"));
		json_put_str(one, "logins", number(x, json_int(v, "logins", 0)));
		view_time(one, x, "first", time_of(v, "first"));
		view_time(one, x, "last", time_of(v, "last"));
	}
	json_put_bool(view, "has_networks", json_count(list) > 0);
}

/* What speaks for abuse, and what to do about it, in the order of the guide. */
static void
view_signs(struct json *view, const struct exchange *x, const struct json *answer, const char *by)
{
	const struct json *one = json_first(json_get(answer, "senders")), *burst = json_get(answer, "burst");
	struct json *list = json_put_array(view, "signs");
	bool mailbox = strcmp(by, "mailbox") == 0;

	if (!json_is_null(burst)) {
		struct catalog_value v[] = { { "count", number(x, json_int(burst, "messages", 0)) },
		    { "since", lang_time(x->arena, x->lang, time_of(burst, "since")) },
		    { "until", lang_time(x->arena, x->lang, time_of(burst, "until")) } };

		json_add_str(list, catalog_text(x->face->catalog, x->arena, x->lang, "pages.senders.sign.burst", v, 3));
	}
	for (const struct json *v = json_first(json_get(answer, "signs")); v != NULL; v = json_next(v)) {
		if (strcmp(json_value_str(v), "networks") == 0)
			json_add_str(list, say_count(x, "pages.senders.sign.networks", json_int(one, "networks", 0)));
		else if (strcmp(json_value_str(v), "limited") == 0)
			json_add_str(list, say_count(x, "pages.senders.sign.limited", json_int(one, "limited", 0)));
	}
	json_put_bool(view, "has_signs", json_count(list) > 0);
	json_put_bool(view, "of_mailbox", mailbox);
	json_put_bool(view, "of_script", strcmp(by, "script") == 0 || strcmp(by, "user") == 0);
	json_put_bool(view, "can_change", mailbox && json_str(one, "domain") != NULL);
}

/* What limits are measured by: the administrator's. */
static void
view_use(struct json *view, const struct exchange *x, const struct json *use)
{
	struct json *list = json_put_array(view, "levels");

	for (const struct json *v = json_first(use); v != NULL; v = json_next(v)) {
		struct json *one;

		if (json_is_null(v) || !panel_has(x, json_key(v)))
			continue;
		one = json_add_object(list);
		json_put_str(one, "level", say_word(x, "sender", json_key(v)));
		json_put_str(one, "busiest", number(x, json_int(v, "busiest", 0)));
		json_put_str(one, "busiest_name", json_str(v, "busiest_name"));
		json_put_str(one, "p50", number(x, json_int(v, "p50", 0)));
		json_put_str(one, "p95", number(x, json_int(v, "p95", 0)));
		json_put_str(one, "p99", number(x, json_int(v, "p99", 0)));
		json_put_str(one, "hours", number(x, json_int(v, "hours", 0)));
	}
	json_put_bool(view, "has_levels", json_count(list) > 0);
}

static void
add_number(struct json *list, const struct exchange *x, const char *word, int64_t n, const char *tone, const char *symbol)
{
	struct json *one = json_add_object(list);

	json_put_str(one, "text", say_count(x, arena_printf(x->arena, "pages.senders.number.%s", word), n));
	json_put_str(one, "tone", tone);
	json_put_str(one, "symbol", symbol);
}

/* Of all that is seen, or of the one that is looked at. */
static void
view_total(struct json *view, const struct exchange *x, const struct json *answer)
{
	bool one = json_str(answer, "name") != NULL;
	const struct json *total = one ? json_first(json_get(answer, "senders")) : json_get(answer, "total");
	struct json *list = json_put_array(view, "numbers");

	add_number(list, x, "messages", json_int(total, "messages", 0), "information", "\xe2\x86\x91");
	if (json_int(total, "rejected", 0) > 0)
		add_number(list, x, "refused", json_int(total, "rejected", 0), "neutral", "\xe2\x80\x93");
	if (json_int(total, "limited", 0) > 0)
		add_number(list, x, "cut", json_int(total, "limited", 0), "warning", "!");
	if (json_int(total, "failed_logins", 0) > 0)
		add_number(list, x, "failed", json_int(total, "failed_logins", 0), "neutral", "?");
}

/* --- the page -------------------------------------------------------------------------------------------- */

static void
view_choices(struct json *view, const struct exchange *x, const char *by, int64_t days)
{
	struct json *list = json_put_array(view, "kinds"), *one;

	for (size_t i = 0; i < KINDS; i++) {
		if (!panel_has(x, kinds[i]))
			continue;
		one = json_add_object(list);
		json_put_str(one, "value", kinds[i]);
		json_put_str(one, "label", say_word(x, "sender", kinds[i]));
		json_put_bool(one, "chosen", strcmp(kinds[i], by) == 0);
	}
	list = json_put_array(view, "spans");
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		one = json_add_object(list);
		json_put_int(one, "value", spans[i]);
		json_put_str(one, "label", say_count(x, "pages.senders.days", spans[i]));
		json_put_bool(one, "chosen", spans[i] == days);
	}
}

static bool
is_kind(const char *by)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i], by) == 0)
			return true;
	return false;
}

/* NULL = it has been answered. */
static struct json *
ask(struct exchange *x, struct senders_query *q)
{
	const char *by = field_get(&x->req->query, "by"), *name = field_get(&x->req->query, "name");
	struct err err = { 0 };
	struct json *answer;

	q->by = by != NULL && is_kind(by) ? by : kinds[0];
	q->name = name == NULL || name[0] == '\0' ? NULL : name;
	q->days = field_int(&x->req->query, "days", 1, TRAFFIC_DAYS, 7);
	answer = engine_who_sends(x->engine, x->arena, x->rights, q, &err);
	if (answer == NULL)
		page_err(x, &err);
	else if (q->name != NULL && json_count(json_get(answer, "senders")) == 0) {
		page_error(x, 404);		/* not his, or nobody's: the same */
		return NULL;
	}
	return answer;
}

void
page_senders(struct exchange *x)
{
	static const struct column columns[] = {
		{ "by", NULL }, { "name", NULL }, { "domain", NULL }, { "subscription", NULL }, { "owner", NULL },
		{ "messages", NULL }, { "rejected", NULL }, { "limited", NULL }, { "hours", NULL }, { "busiest", NULL },
		{ "busiest_at", NULL }, { "networks", NULL }, { "last", NULL },
	};
	struct hours *h = arena_alloc(x->arena, sizeof(*h));
	struct senders_query q;
	struct json *answer = ask(x, &q), *view;

	if (answer == NULL || page_data(x, answer, "senders", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "queue");
	json_put_bool(view, "has_log", json_str(answer, "until") != NULL);
	if (json_str(answer, "until") != NULL)
		json_put_str(view, "span_text", say2(x, "pages.senders.span", "since",
		    lang_time(x->arena, x->lang, time_of(answer, "since")), "until",
		    lang_time(x->arena, x->lang, time_of(answer, "until"))));
	json_put_bool(view, "lost", json_str(answer, "lost_at") != NULL);
	json_put_str(view, "by", q.by);
	json_put_str(view, "by_text", say_word(x, "sender", q.by));
	json_put_str(view, "name", q.name);
	json_put_int(view, "days", q.days);
	json_put_str(view, "of_domain", json_str(json_first(json_get(answer, "senders")), "domain"));
	json_put_str(view, "all_link", link_of(x, q.by, NULL, q.days, false));
	json_put_str(view, "csv_link", link_of(x, q.by, q.name, q.days, true));
	view_choices(view, x, q.by, q.days);
	view_total(view, x, answer);
	read_hours(h, json_get(answer, "hours"), x->now, q.days);
	view_chart(view, x, h);
	view_table(view, x, h);
	view_senders(view, x, answer, q.days);
	view_networks(view, x, answer);
	view_signs(view, x, answer, q.by);
	if (q.name == NULL)
		view_use(view, x, json_get(answer, "use"));
	page_html(x, "senders", say(x, "pages.senders.title"), view);
}
