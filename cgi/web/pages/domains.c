/* The table of all domains, worst first; its CSV and JSON are the same rows. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "store/reports.h"
#include "store/summary.h"
#include "web/pages/pages.h"

#define PER_PAGE	50
#define PER_PAGE_MAX	500
#define SELECT_MAX	20000

static const struct { const char *word; enum domain_sort sort; bool descending; } sorts[] = {
	{ "worst", SORT_WORST, false }, { "-worst", SORT_WORST, true },
	{ "name", SORT_NAME, false }, { "-name", SORT_NAME, true },
	{ "checked_at", SORT_CHECKED, false }, { "-checked_at", SORT_CHECKED, true },
	{ "owner", SORT_OWNER, false }, { "-owner", SORT_OWNER, true },
};

static const char *const verdict_choices[] = {
	"problem", "warning", "unknown", "information", "ok", "not_applicable",
};

static const char *
given(const struct fields *f, const char *name)
{
	const char *s = field_get(f, name);

	return s == NULL || s[0] == '\0' ? NULL : s;
}

/* "WEIGHT.NAME" of the row before which, or behind which, the page goes on. */
static void
read_key(const struct exchange *x, const char *key, bool backward, struct domain_query *ret)
{
	struct text rest = text_of(key), weight;
	uint64_t n;

	if (!text_split(&rest, '.', &weight) || rest.n == 0 || !text_uint(weight, INT64_MAX, &n))
		return;
	ret->key_weight = (int64_t)n;
	ret->key_name = text_cstr(x->arena, rest);
	ret->backward = backward;
}

void
domains_query(const struct exchange *x, const struct fields *f, struct domain_query *ret)
{
	const char *sort = given(f, "sort"), *text = given(f, "q");

	*ret = (struct domain_query){
		.text = text == NULL ? NULL : text_cstr(x->arena, text_trim(text_of(text))),
		.verdict = given(f, "verdict"),
		.finding = given(f, "finding"),
		.owner = given(f, "owner"),
		.page = (size_t)field_int(f, "page", 1, 1000000, 1),
		.per_page = (size_t)field_int(f, "per_page", 1, PER_PAGE_MAX, PER_PAGE),
	};
	for (size_t i = 0; sort != NULL && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (strcmp(sort, sorts[i].word) == 0) {
			ret->sort = sorts[i].sort;
			ret->descending = sorts[i].descending;
		}
	if (given(f, "after") != NULL)
		read_key(x, given(f, "after"), false, ret);
	else if (given(f, "before") != NULL)
		read_key(x, given(f, "before"), true, ret);
}

/* --- how each question stands --------------------------------------------------------------------- */

/*
 * The columns: the domain's own checks, and those of the addresses that it
 * sends from, as the server's last report has them now.
 */
static const struct { const char *name, *of_domain, *of_address; } marks[] = {
	{ "spf", "spf", NULL }, { "dkim", "dkim", NULL }, { "dmarc", "dmarc", NULL },
	{ "ptr", NULL, "ptr" }, { "lists", "domain_blacklist", "blacklist" },
};

#define MARK_COUNT	(sizeof(marks) / sizeof(marks[0]))

struct addresses {			/* "ptr 203.0.113.10" -> verdict; "ptr": worst of all */
	struct map	*verdicts;
};

/* Worst first, as verdict_choices; unknown words last. */
static size_t
rank(const char *verdict)
{
	size_t i = 0;

	while (verdict != NULL && i < sizeof(verdict_choices) / sizeof(verdict_choices[0]) &&
	    strcmp(verdict_choices[i], verdict) != 0)
		i++;
	return verdict == NULL ? 99 : i;
}

static const char *
worse(const char *a, const char *b)
{
	return rank(b) < rank(a) ? b : a;
}

static struct addresses
read_addresses(struct exchange *x)
{
	struct addresses ret = { map_new(x->arena) };
	struct err err;
	const struct json *server = store_report_get(engine_store(x->engine), x->arena, &x->scope, "server", "server",
	    &err);

	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check"), *subject = json_str(f, "subject"), *key;
		const char *verdict = json_str(f, "verdict");

		if (check == NULL || subject == NULL || verdict == NULL ||
		    (strcmp(check, "ptr") != 0 && strcmp(check, "blacklist") != 0))
			continue;
		key = arena_printf(x->arena, "%s %s", check, subject);
		map_put(ret.verdicts, key, arena_strdup(x->arena, worse(map_get(ret.verdicts, key), verdict)));
		map_put(ret.verdicts, check, arena_strdup(x->arena, worse(map_get(ret.verdicts, check), verdict)));
	}
	return ret;
}

/* A value of the row's verdicts, which are our own JSON of plain words on one line. */
static struct text
verdict_in(const char *verdicts, const char *check)
{
	char key[48];
	const char *at, *end;

	snprintf(key, sizeof(key), "\"%s\":\"", check);
	at = verdicts == NULL ? NULL : strstr(verdicts, key);
	if (at == NULL)
		return (struct text){ NULL, 0 };
	at += strlen(key);
	end = strchr(at, '"');
	return (struct text){ at, end == NULL ? 0 : (size_t)(end - at) };
}

/* NULL: nothing is known of it. */
static const char *
mark_of(const struct exchange *x, const struct domain_row *row, size_t i, const struct addresses *addresses)
{
	struct text own, rest, address;
	const char *verdict = NULL;

	if (row->checked_at == 0)
		return NULL;
	if (marks[i].of_domain != NULL && (own = verdict_in(row->verdicts, marks[i].of_domain)).p != NULL)
		for (size_t k = 0; k < sizeof(verdict_choices) / sizeof(verdict_choices[0]); k++)
			if (text_is(own, verdict_choices[k]))
				verdict = verdict_choices[k];
	if (marks[i].of_address == NULL)
		return verdict;
	rest = verdict_in(row->verdicts, SUMMARY_SENDING);
	if (rest.p == NULL)
		return worse(verdict, map_get(addresses->verdicts, marks[i].of_address));
	while (text_split(&rest, ' ', &address))
		verdict = worse(verdict, map_get(addresses->verdicts, arena_printf(x->arena, "%s %.*s",
		    marks[i].of_address, (int)address.n, address.p)));
	return verdict;
}

/* --- data --------------------------------------------------------------------------------------- */

static void
put_counts(struct json *summary, const struct domain_row *row)
{
	json_put_str(summary, "worst", row->worst);
	json_put_int(summary, "problem", row->problem);
	json_put_int(summary, "warning", row->warning);
	json_put_int(summary, "information", row->information);
	json_put_int(summary, "ok", row->ok);
	json_put_int(summary, "unknown", row->unknown);
	json_put_int(summary, "not_applicable", row->not_applicable);
}

static void
add_row(struct json *list, const struct exchange *x, const struct domain_row *row,
    const struct addresses *addresses)
{
	struct json *one = json_add_object(list), *columns_of;
	char at[TIME_TEXT_MAX];

	json_put_str(one, "name", row->display);
	json_put_str(one, "ascii", row->name);
	json_put_str(one, "owner", row->owner);
	json_put_str(one, "reseller", row->reseller);
	json_put_str(one, "checked_at", row->checked_at == 0 ? NULL : time_text(row->checked_at, at));
	if (row->checked_at == 0)
		json_put_null(one, "summary");
	else
		put_counts(json_put_object(one, "summary"), row);
	columns_of = json_put_object(one, "checks");
	for (size_t i = 0; i < MARK_COUNT; i++)
		json_put_str(columns_of, marks[i].name, mark_of(x, row, i, addresses));
}

static const struct column columns[] = {
	{ "name", NULL }, { "ascii", NULL }, { "owner", NULL }, { "reseller", NULL },
	{ "checked_at", NULL }, { "worst", "summary.worst" }, { "problem", "summary.problem" },
	{ "warning", "summary.warning" }, { "information", "summary.information" },
	{ "ok", "summary.ok" }, { "unknown", "summary.unknown" },
	{ "not_applicable", "summary.not_applicable" },
	{ "spf", "checks.spf" }, { "dkim", "checks.dkim" }, { "dmarc", "checks.dmarc" }, { "ptr", "checks.ptr" },
	{ "lists", "checks.lists" },
};

/* --- the table ---------------------------------------------------------------------------------- */

static void
put_number(struct json *one, const char *key, int64_t n)
{
	if (n > 0)
		json_put_int(one, key, n);
	else
		json_put_null(one, key);
}

/* Symbol, a short word, colour; the server's matters are nobody's alarm but the administrator's. */
static void
view_marks(struct json *one, const struct exchange *x, const struct domain_row *row,
    const struct addresses *addresses)
{
	struct json *list = json_put_array(one, "marks");

	for (size_t i = 0; i < MARK_COUNT; i++) {
		const char *verdict = mark_of(x, row, i, addresses);
		struct json *mark = json_add_object(list);

		view_verdict(mark, x, verdict);
		json_put_str(mark, "word", say_word(x, "verdict_short", verdict == NULL ? "never" : verdict));
		json_put_str(mark, "label", say_word(x, "mark", marks[i].name));
		if (x->role != ROLE_ADMIN && marks[i].of_domain == NULL && rank(verdict) < 2)
			json_put_str(mark, "tone", "neutral");
	}
}

static void
view_row(struct json *list, const struct exchange *x, const struct domain_row *row,
    const struct addresses *addresses)
{
	struct json *one = json_add_object(list), *badge;
	char at[TIME_TEXT_MAX];

	json_put_str(one, "name", row->display);
	json_put_str(one, "ascii", row->name);
	json_put_str(one, "owner", row->owner);
	badge = json_put_object(one, "worst");
	view_verdict(badge, x, row->checked_at == 0 ? "never" : row->worst);
	/* Every key is there: what a row lacks would be looked for around it. */
	put_number(one, "problem", row->problem);
	put_number(one, "warning", row->warning);
	put_number(one, "unknown", row->unknown);
	view_marks(one, x, row, addresses);
	json_put_bool(one, "running", engine_checking(x->engine, row->name));
	json_put_str(one, "iso", row->checked_at == 0 ? NULL : time_text(row->checked_at, at));
	if (row->checked_at != 0)
		json_put_str(one, "ago", say1(x, "pages.common.ago", "duration", lang_duration(x->arena,
		    x->lang, x->now > row->checked_at ? x->now - row->checked_at : 0)));
}

static void
view_filter(struct json *view, const struct exchange *x, const struct domain_query *q)
{
	struct json *filter = json_put_object(view, "filter"), *choices;

	json_put_str(filter, "q", q->text);
	json_put_str(filter, "finding", q->finding);
	json_put_str(filter, "owner", q->owner);
	json_put_str(filter, "sort", field_get(&x->req->query, "sort"));
	json_put_str(filter, "verdict", q->verdict);
	json_put_str(filter, "finding_title", q->finding == NULL ? NULL : say_finding(x, q->finding));
	json_put_bool(filter, "any", q->text != NULL || q->verdict != NULL || q->finding != NULL || q->owner != NULL);
	choices = json_put_array(filter, "verdicts");
	for (size_t i = 0; i < sizeof(verdict_choices) / sizeof(verdict_choices[0]); i++) {
		struct json *one = json_add_object(choices);

		json_put_str(one, "value", verdict_choices[i]);
		json_put_str(one, "label", say_word(x, "verdict", verdict_choices[i]));
		json_put_bool(one, "selected", q->verdict != NULL && strcmp(q->verdict, verdict_choices[i]) == 0);
	}
}

/* What was ticked on other pages (`keep` of the address), and the way on for those without a script. */
static void
view_kept(struct json *view, const struct exchange *x)
{
	struct json *list = json_put_array(view, "kept"), *pages = json_edit(view, "pages");
	static const char *const ways[] = { "previous", "next" };
	struct map *here = map_new(x->arena), *kept = map_new(x->arena);
	const char *const *names;
	size_t count = field_all(x->arena, &x->req->query, "keep", &names);

	for (size_t i = 0; i < count; i++)
		map_put(kept, names[i], list);
	for (struct json *r = json_edit_first(json_edit(view, "rows")); r != NULL; r = json_edit_next(r)) {
		map_put(here, json_str(r, "ascii"), list);
		json_put_bool(r, "ticked", map_get(kept, json_str(r, "ascii")) != NULL);
	}
	for (size_t i = 0; i < map_count(kept); i++) {
		const char *name;

		map_at(kept, i, &name);
		if (map_get(here, name) == NULL && rights_domain(x->rights, name))
			json_add_str(list, name);
	}
	json_put_str(view, "kept_text", json_count(list) == 0 ? NULL :
	    say_count(x, "pages.domains.kept", (int64_t)json_count(list)));
	for (size_t i = 0; i < 2; i++) {
		const char *link = json_str(pages, ways[i]), *query = link == NULL ? NULL : strchr(link, '?');

		json_put_str(pages, i == 0 ? "turn_back" : "turn_on", query == NULL ? NULL : query + 1);
	}
}

/* Headings that sort; the one in use turns round. */
static void
view_headings(struct json *view, const struct exchange *x, const struct domain_query *q)
{
	static const struct { const char *word; enum domain_sort sort; } headings[] = {
		{ "name", SORT_NAME }, { "worst", SORT_WORST }, { "owner", SORT_OWNER },
		{ "checked_at", SORT_CHECKED },
	};

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		struct json *one = json_put_object(view, arena_printf(x->arena, "by_%s", headings[i].word));
		bool here = q->sort == headings[i].sort;
		struct str s = str_in(x->arena, QUERY_BYTES_MAX * 3);

		for (size_t k = 0; k < x->req->query.count; k++) {
			const struct field *f = &x->req->query.v[k];

			if (strcmp(f->name, "sort") != 0 && strcmp(f->name, "page") != 0 &&
			    strcmp(f->name, "after") != 0 && strcmp(f->name, "before") != 0 &&
			    strcmp(f->name, "keep") != 0 && f->value.n > 0)
				str_addf(&s, "%s=%s&", url_encode(x->arena, text_of(f->name)),
				    url_encode(x->arena, f->value));
		}
		json_put_str(one, "link", link_to(x, "/domains?%ssort=%s%s", str_ok(&s) ? s.p : "",
		    here && !q->descending ? "-" : "", headings[i].word));
		json_put_str(one, "sorted", !here ? NULL : q->descending ? "descending" : "ascending");
	}
}

/* The links go on from a row, not from a number: pages do not shift while rows change. */
static void
view_keys(struct json *view, const struct exchange *x, const struct domain_query *q, const struct domain_page *page)
{
	struct json *pages = json_edit(view, "pages");
	const struct domain_row *first = page->rows, *last = page->count == 0 ? NULL : &page->rows[page->count - 1];
	const char *previous = json_str(pages, "previous"), *next = json_str(pages, "next");

	if (last == NULL || (q->sort != SORT_WORST && q->sort != SORT_NAME))
		return;
	if (previous != NULL && q->page > 2)
		json_put_str(pages, "previous", arena_printf(x->arena, "%s&before=%lld.%s", previous,
		    (long long)first->weight, first->name));
	if (next != NULL)
		json_put_str(pages, "next", arena_printf(x->arena, "%s&after=%lld.%s", next,
		    (long long)last->weight, last->name));
}

void
page_domains(struct exchange *x)
{
	struct store *store = engine_store(x->engine);
	struct addresses addresses;
	struct domain_query q;
	struct domain_page page;
	struct json *answer, *view, *rows;
	struct err err = { 0 };

	domains_query(x, &x->req->query, &q);
	if (x->req->wants_csv) {
		q.per_page = 0;			/* the export follows the filter, not the page */
		q.key_name = NULL;
	}
	if (!store_domains_list(store, x->arena, &x->scope, &q, &page, &err)) {
		page_err(x, &err);
		return;
	}
	addresses = read_addresses(x);
	if (x->req->wants_json || x->req->wants_csv) {
		answer = json_new_object(x->arena);
		rows = json_put_array(answer, "domains");
		for (size_t i = 0; i < page.count; i++)
			add_row(rows, x, &page.rows[i], &addresses);
		json_put_int(answer, "total", (int64_t)page.total);
		json_put_int(answer, "page", (int64_t)q.page);
		json_put_int(answer, "per_page", (int64_t)q.per_page);
		page_data(x, answer, "domains", columns, sizeof(columns) / sizeof(columns[0]));
		return;
	}
	view = page_view(x, "domains");
	rows = json_put_array(view, "rows");
	for (size_t i = 0; i < page.count; i++)
		view_row(rows, x, &page.rows[i], &addresses);
	json_put_bool(view, "has_rows", page.count > 0);
	json_put_bool(view, "shows_owner", x->role != ROLE_CUSTOMER);
	json_put_str(view, "total_text", say_count(x, "pages.domains.total", (int64_t)page.total));
	json_put_str(view, "all_text", say_count(x, "pages.domains.all_that_match", (int64_t)page.total));
	json_put_str(view, "query", x->req->query_text);
	view_filter(view, x, &q);
	view_headings(view, x, &q);
	view_pages(view, x, "/domains", q.page, q.per_page, page.total);
	view_keys(view, x, &q, &page);
	view_kept(view, x);
	page_html(x, "domains", say(x, "pages.domains.title"), view);
}

/* --- check what is selected --------------------------------------------------------------------- */

/* What was ticked here and on other pages, each once. */
static size_t
once(struct arena *a, const struct fields *f, const char *const **ret)
{
	const char *const *all;
	size_t count = field_all(a, f, "target", &all), n = 0;
	const char **names = arena_array(a, count + 1, sizeof(*names));
	struct map *seen = map_new(a);

	for (size_t i = 0; i < count; i++) {
		if (map_get(seen, all[i]) != NULL)
			continue;
		map_put(seen, all[i], seen);
		names[n++] = all[i];
	}
	*ret = names;
	return n;
}

/*
 * Another page of the table for those without a script: what is ticked goes
 * along in the address, as far as that holds it.
 */
void
page_domains_turn(struct exchange *x)
{
	static const char *const kept[] = { "q", "verdict", "finding", "owner", "sort", "page", "per_page", "after",
	    "before" };
	const char *to = field_get(&x->req->form, "to");
	struct str s = str_in(x->arena, QUERY_BYTES_MAX);
	const char *const *names;
	struct fields f = { 0 };
	size_t count = once(x->arena, &x->req->form, &names);

	if (to == NULL || !fields_urlencoded(x->arena, text_of(to), &f)) {
		page_error(x, 422);
		return;
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (field_get(&f, kept[i]) != NULL)
			str_addf(&s, "%s=%s&", kept[i], url_encode(x->arena, text_of(field_get(&f, kept[i]))));
	for (size_t i = 0; i < count && s.n + 3 * strlen(names[i]) + 8 < QUERY_BYTES_MAX - 64; i++)
		str_addf(&s, "keep=%s&", url_encode(x->arena, text_of(names[i])));
	page_redirect(x, link_to(x, "/domains?%s", str_ok(&s) ? s.p : ""));
}

bool
domains_selected(struct exchange *x, const struct fields *f, const char *const **names,
    size_t *count, struct err *err)
{
	const char *select = field_get(f, "select");
	struct domain_query q;
	struct domain_page page;
	const char **found;

	if (select == NULL || strcmp(select, "filter") != 0) {
		*count = once(x->arena, f, names);
		if (*count > SELECT_MAX)
			return err_set(err, ERR_LIMIT, "too many domains");
		/* One foreign name refuses all: nothing is told about which it was. */
		for (size_t i = 0; i < *count; i++)
			if (!rights_domain(x->rights, (*names)[i]))
				return err_set(err, ERR_NOT_FOUND, "not theirs: %.100s", (*names)[i]);
		return true;
	}
	domains_query(x, f, &q);
	q.page = 1;
	q.per_page = 0;
	q.key_name = NULL;
	if (!store_domains_list(engine_store(x->engine), x->arena, &x->scope, &q, &page, err))
		return false;
	if (page.count > SELECT_MAX)
		return err_set(err, ERR_LIMIT, "too many domains");
	found = arena_array(x->arena, page.count + 1, sizeof(*found));
	for (size_t i = 0; i < page.count; i++)
		found[i] = page.rows[i].name;
	*names = found;
	*count = page.count;
	return true;
}

void
page_domains_check(struct exchange *x)
{
	const char *const *names;
	size_t count;
	struct err err = { 0 };

	if (!domains_selected(x, &x->req->form, &names, &count, &err) ||
	    (count > 0 && !engine_check_start(x->engine, x->rights, names, count, &err))) {
		page_err(x, &err);
		return;
	}
	page_redirect(x, page_return(x, "/domains"));
}
