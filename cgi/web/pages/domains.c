/* The table of all domains, worst first; its CSV and JSON are the same rows. */

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "web/pages/pages.h"

#define PER_PAGE	50
#define PER_PAGE_MAX	500
#define SELECT_MAX	10000

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
add_row(struct json *list, const struct domain_row *row)
{
	struct json *one = json_add_object(list);
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
}

static const struct column columns[] = {
	{ "name", NULL }, { "ascii", NULL }, { "owner", NULL }, { "reseller", NULL },
	{ "checked_at", NULL }, { "worst", "summary.worst" }, { "problem", "summary.problem" },
	{ "warning", "summary.warning" }, { "information", "summary.information" },
	{ "ok", "summary.ok" }, { "unknown", "summary.unknown" },
	{ "not_applicable", "summary.not_applicable" },
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

static void
view_row(struct json *list, const struct exchange *x, const struct domain_row *row)
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
	json_put_bool(filter, "any", q->text != NULL || q->verdict != NULL || q->finding != NULL || q->owner != NULL);
	choices = json_put_array(filter, "verdicts");
	for (size_t i = 0; i < sizeof(verdict_choices) / sizeof(verdict_choices[0]); i++) {
		struct json *one = json_add_object(choices);

		json_put_str(one, "value", verdict_choices[i]);
		json_put_str(one, "label", say_word(x, "verdict", verdict_choices[i]));
		json_put_bool(one, "selected", q->verdict != NULL && strcmp(q->verdict, verdict_choices[i]) == 0);
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

			if (strcmp(f->name, "sort") != 0 && strcmp(f->name, "page") != 0 && f->value.n > 0)
				str_addf(&s, "%s=%s&", url_encode(x->arena, text_of(f->name)),
				    url_encode(x->arena, f->value));
		}
		json_put_str(one, "link", link_to(x, "/domains?%ssort=%s%s", str_ok(&s) ? s.p : "",
		    here && !q->descending ? "-" : "", headings[i].word));
		json_put_str(one, "sorted", !here ? NULL : q->descending ? "descending" : "ascending");
	}
}

void
page_domains(struct exchange *x)
{
	struct store *store = engine_store(x->engine);
	struct domain_query q;
	struct domain_page page;
	struct json *answer, *view, *rows;
	struct err err = { 0 };

	domains_query(x, &x->req->query, &q);
	if (x->req->wants_csv)
		q.per_page = 0;			/* the export follows the filter, not the page */
	if (!store_domains_list(store, x->arena, &x->scope, &q, &page, &err)) {
		page_err(x, &err);
		return;
	}
	if (x->req->wants_json || x->req->wants_csv) {
		answer = json_new_object(x->arena);
		rows = json_put_array(answer, "domains");
		for (size_t i = 0; i < page.count; i++)
			add_row(rows, &page.rows[i]);
		json_put_int(answer, "total", (int64_t)page.total);
		json_put_int(answer, "page", (int64_t)q.page);
		json_put_int(answer, "per_page", (int64_t)q.per_page);
		page_data(x, answer, "domains", columns, sizeof(columns) / sizeof(columns[0]));
		return;
	}
	view = page_view(x, "domains");
	rows = json_put_array(view, "rows");
	for (size_t i = 0; i < page.count; i++)
		view_row(rows, x, &page.rows[i]);
	json_put_bool(view, "has_rows", page.count > 0);
	json_put_bool(view, "shows_owner", x->role != ROLE_CUSTOMER);
	json_put_str(view, "total_text", say_count(x, "pages.domains.total", (int64_t)page.total));
	json_put_str(view, "query", x->req->query_text);
	view_filter(view, x, &q);
	view_headings(view, x, &q);
	view_pages(view, x, "/domains", q.page, q.per_page, page.total);
	page_html(x, "domains", say(x, "pages.domains.title"), view);
}

/* --- check what is selected --------------------------------------------------------------------- */

bool
domains_selected(struct exchange *x, const struct fields *f, const char *const **names,
    size_t *count, struct err *err)
{
	const char *select = field_get(f, "select");
	struct domain_query q;
	struct domain_page page;
	const char **found;

	if (select == NULL || strcmp(select, "filter") != 0) {
		*count = field_all(x->arena, f, "target", names);
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
