/* The table of all domains, worst first; its CSV and JSON are the same rows. */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "base/time.h"
#include "web/pages/domains.h"

/* --- data --------------------------------------------------------------------------------------- */

/* A row as CSV and JSON have it; `before`: what JSON writes in front of the value. */
static const struct { const char *name, *before; } columns[] = {
	{ "name", "{\"name\":" }, { "ascii", ",\"ascii\":" }, { "owner", ",\"owner\":" },
	{ "reseller", ",\"reseller\":" }, { "checked_at", ",\"checked_at\":" },
#define SUMMARY_FIRST	5
	{ "worst", ",\"summary\":{\"worst\":" }, { "problem", ",\"problem\":" }, { "warning", ",\"warning\":" },
	{ "information", ",\"information\":" }, { "ok", ",\"ok\":" }, { "unknown", ",\"unknown\":" },
	{ "not_applicable", ",\"not_applicable\":" },
#define MARK_FIRST	12
	{ "spf", "},\"checks\":{\"spf\":" }, { "dkim", ",\"dkim\":" }, { "dmarc", ",\"dmarc\":" },
	{ "ptr", ",\"ptr\":" }, { "lists", ",\"lists\":" },
#define ACCEPTED	17
	{ "accepted", "},\"accepted\":" },
};

#define COLUMN_COUNT	(sizeof(columns) / sizeof(columns[0]))

struct cell {
	const char	*text;		/* NULL = none, or a number */
	bool		 counted;
	int64_t		 n;
};

static void
cells_of(const struct domain_row *row, struct beside *beside, char at[TIME_TEXT_MAX], struct cell ret[COLUMN_COUNT])
{
	const char *texts[] = { row->display, row->name, row->owner, row->reseller,
	    row->checked_at == 0 ? NULL : time_text(row->checked_at, at), row->worst };
	const int64_t counts[] = { row->problem, row->warning, row->information, row->ok, row->unknown,
	    row->not_applicable };
	bool checked = row->checked_at != 0;
	int rank[DOMAIN_MARKS];

	memset(ret, 0, COLUMN_COUNT * sizeof(*ret));
	for (size_t i = 0; i <= SUMMARY_FIRST; i++)
		ret[i].text = texts[i];
	for (size_t i = SUMMARY_FIRST + 1; checked && i < MARK_FIRST; i++)
		ret[i] = (struct cell){ NULL, true, counts[i - SUMMARY_FIRST - 1] };
	domain_marks(row, beside, rank);
	for (size_t i = 0; i < DOMAIN_MARKS; i++)
		ret[MARK_FIRST + i].text = rank[i] == RANK_NEVER ? NULL : domain_verdicts[rank[i]];
	ret[ACCEPTED] = (struct cell){ NULL, true, beside_accepted(beside, row->name) };
}

static void
write_json(struct str *out, const struct domain_row *row, struct beside *beside)
{
	struct cell cells[COLUMN_COUNT];
	char at[TIME_TEXT_MAX];

	cells_of(row, beside, at, cells);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (row->checked_at == 0 && i == SUMMARY_FIRST) {
			str_add(out, ",\"summary\":null,\"checks\":{\"spf\":null");
			i = MARK_FIRST;
			continue;
		}
		str_add(out, columns[i].before);
		if (cells[i].counted)
			str_addi(out, cells[i].n);
		else
			json_write_str(out, cells[i].text);
	}
	str_addc(out, '}');
}

static void
write_csv(struct str *out, const struct domain_row *row, struct beside *beside)
{
	struct cell cells[COLUMN_COUNT];
	char at[TIME_TEXT_MAX];

	cells_of(row, beside, at, cells);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (i > 0)
			str_addc(out, ',');
		if (cells[i].counted)
			str_addi(out, cells[i].n);
		else if (cells[i].text != NULL)
			csv_cell(out, cells[i].text);
	}
	str_add(out, "\r\n");
}

/* Written straight, without a tree of thousands of values. */
static void
answer_data(struct exchange *x, const struct domain_query *q, const struct domain_page *page, struct beside *beside)
{
	struct str out = str_in(x->arena, CSV_MAX);

	if (x->req->wants_csv) {
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			str_addf(&out, "%s%s", i == 0 ? "" : ",", columns[i].name);
		str_add(&out, "\r\n");
		for (size_t i = 0; i < page->count; i++)
			write_csv(&out, &page->rows[i], beside);
		page_csv(x, "domains", str_text(&out));
		return;
	}
	str_add(&out, "{\"domains\":[");
	for (size_t i = 0; i < page->count; i++) {
		if (i > 0)
			str_addc(&out, ',');
		write_json(&out, &page->rows[i], beside);
	}
	str_addf(&out, "],\"total\":%zu,\"page\":%zu,\"per_page\":%zu,\"after\":", page->total, q->page, q->per_page);
	json_write_str(&out, page->count < q->per_page ? NULL : domains_key(x, q, &page->rows[page->count - 1]));
	str_add(&out, ",\"csrf\":");
	json_write_str(&out, page_csrf(x));
	str_addc(&out, '}');
	page_json(x, str_text(&out));
}

/* --- the table ---------------------------------------------------------------------------------- */

/* What many rows share: there are few different marks and hundreds of places for them. */
struct shared {
	struct beside	 beside;
	struct json	*worst[RANK_NEVER + 1];		/* {"worst":{...}} */
	struct json	*found[3][16];			/* "2 warnings", by verdict and number */
	struct json	*marks[DOMAIN_MARKS][RANK_NEVER + 1];
	int64_t		 checked_at;
	const char	*ago;		/* since checked_at */
};

/* Symbol, a short word, colour; the server's matters are nobody's alarm but the administrator's. */
static struct json *
mark_new(const struct exchange *x, size_t i, int rank)
{
	struct json *mark = json_new_object(x->arena);
	const char *verdict = rank == RANK_NEVER ? "never" : domain_verdicts[rank];
	bool theirs = x->role != ROLE_ADMIN && domain_mark_is_servers(i) && rank <= RANK_WARNING;

	view_verdict(mark, x, theirs ? "not_applicable" : verdict);
	json_put_str(mark, "label", say_word(x, "mark", domain_mark(i)));
	json_put_str(mark, "word", say_word(x, "verdict_short", verdict));
	return mark;
}

static void
view_marks(struct json *one, const struct exchange *x, const struct domain_row *row, struct shared *shared)
{
	struct json *list = json_put_array(one, "marks");
	int rank[DOMAIN_MARKS];

	domain_marks(row, &shared->beside, rank);
	for (size_t i = 0; i < DOMAIN_MARKS; i++) {
		struct json **mark = &shared->marks[i][rank[i]];

		if (*mark == NULL)
			*mark = mark_new(x, i, rank[i]);
		json_add_shared(list, *mark);
	}
}

/* The worst verdict, and what was found: each verdict once, with its number. */
static void
view_found(struct json *one, const struct exchange *x, const struct domain_row *row, struct shared *shared)
{
	const int64_t counts[] = { row->problem, row->warning, row->unknown };
	int rank = row->checked_at == 0 ? RANK_NEVER : summary_rank(row->worst);
	struct json *list = json_put_array(one, "found");
	struct json **worst = &shared->worst[rank];

	if (*worst == NULL) {
		*worst = json_new_object(x->arena);
		view_verdict(json_put_object(*worst, "worst"), x, rank == RANK_NEVER ? "never" : domain_verdicts[rank]);
	}
	json_put_shared(one, json_get(*worst, "worst"));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct json *found = NULL, **kept = &found;

		if (counts[i] <= 0)
			continue;
		if (counts[i] < (int64_t)(sizeof(shared->found[i]) / sizeof(shared->found[i][0])))
			kept = &shared->found[i][counts[i]];
		if (*kept == NULL) {
			*kept = json_new_object(x->arena);
			view_counted(*kept, x, domain_verdicts[i], counts[i]);
		}
		json_add_shared(list, *kept);
	}
	if (json_count(list) == 0)
		json_add_shared(list, json_get(*worst, "worst"));
}

static void
view_row(struct json *list, const struct exchange *x, const struct domain_row *row, struct shared *shared)
{
	int64_t accepted = beside_accepted(&shared->beside, row->name);
	struct json *one = json_add_object(list);
	char at[TIME_TEXT_MAX];

	json_put_str(one, "name", row->display);
	json_put_str(one, "ascii", row->name);
	json_put_str(one, "owner", row->owner);
	view_found(one, x, row, shared);
	json_put_str(one, "accepted", accepted == 0 ? NULL : say_count(x, "pages.domains.accepted", accepted));
	view_marks(one, x, row, shared);
	json_put_bool(one, "running", engine_checking(x->engine, row->name));
	json_put_str(one, "iso", row->checked_at == 0 ? NULL : time_text(row->checked_at, at));
	if (row->checked_at == 0)
		return;
	if (row->checked_at != shared->checked_at) {
		shared->checked_at = row->checked_at;
		shared->ago = say1(x, "pages.common.ago", "duration", lang_duration(x->arena, x->lang,
		    x->now > row->checked_at ? x->now - row->checked_at : 0));
	}
	json_put_str(one, "ago", shared->ago);
}

struct choice {
	const char	*id, *title;
	int64_t		 count;
};

static int
by_title(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	return strcmp(x->title, y->title);
}

/* The findings that stand for somebody's domains, by title, with the number of them; what is asked for is always there. */
void
view_finding_choices(struct json *filter, const struct exchange *x, const char *chosen)
{
	struct json *list = json_put_array(filter, "findings");
	const struct json *found = store_domains_findings(engine_store(x->engine), x->arena, &x->scope, NULL);
	struct choice *choices = arena_array(x->arena, json_count(found) + 1, sizeof(*choices));
	size_t count = 0;

	for (const struct json *f = json_first(found); f != NULL; f = json_next(f))
		if (json_value_int(f, 0) > 0)
			choices[count++] = (struct choice){ json_key(f), say_finding(x, json_key(f)), json_value_int(f, 0) };
	if (chosen != NULL && json_int(found, chosen, 0) == 0)
		choices[count++] = (struct choice){ chosen, say_finding(x, chosen), 0 };
	if (count > 0)
		qsort(choices, count, sizeof(*choices), by_title);
	for (size_t i = 0; i < count; i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "value", choices[i].id);
		json_put_str(one, "label", say2(x, "pages.common.finding_choice", "finding", choices[i].title, "count",
		    lang_int(x->arena, x->lang, choices[i].count)));
		json_put_bool(one, "selected", chosen != NULL && strcmp(chosen, choices[i].id) == 0);
	}
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
	view_finding_choices(filter, x, q->finding);
	json_put_bool(filter, "any", q->text != NULL || q->verdict != NULL || q->finding != NULL || q->owner != NULL);
	choices = json_put_array(filter, "verdicts");
	for (size_t i = 0; i <= RANK_NEVER; i++) {
		const char *verdict = i == RANK_NEVER ? "never" : domain_verdicts[i];
		struct json *one = json_add_object(choices);

		json_put_str(one, "value", verdict);
		json_put_str(one, "label", say_word(x, "verdict", verdict));
		json_put_bool(one, "selected", q->verdict != NULL && strcmp(q->verdict, verdict) == 0);
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

/* A heading that sorts; the one in use turns round. */
static void
view_heading(struct json *one, const struct exchange *x, const struct domain_query *q, const char *word, bool here)
{
	struct str s = str_in(x->arena, QUERY_BYTES_MAX * 3);

	for (size_t k = 0; k < x->req->query.count; k++) {
		const struct field *f = &x->req->query.v[k];

		if (strcmp(f->name, "sort") != 0 && strcmp(f->name, "page") != 0 &&
		    strcmp(f->name, "after") != 0 && strcmp(f->name, "before") != 0 &&
		    strcmp(f->name, "keep") != 0 && f->value.n > 0)
			str_addf(&s, "%s=%s&", url_encode(x->arena, text_of(f->name)),
			    url_encode(x->arena, f->value));
	}
	json_put_str(one, "arrow", q->descending ? "\xe2\x86\x93" : "\xe2\x86\x91");
	json_put_str(one, "link", link_to(x, "/domains?%ssort=%s%s", str_ok(&s) ? s.p : "",
	    here && !q->descending ? "-" : "", word));
	json_put_str(one, "sorted", !here ? NULL : q->descending ? "descending" : "ascending");
}

static void
view_headings(struct json *view, const struct exchange *x, const struct domain_query *q)
{
	struct json *list = json_put_array(view, "by_marks"), *one;

	for (size_t i = 0; i < DOMAIN_SORTS; i++)
		view_heading(json_put_object(view, arena_printf(x->arena, "by_%s", domain_sorts[i].word)), x, q, domain_sorts[i].word,
		    q->sort == domain_sorts[i].sort);
	for (size_t i = 0; i < DOMAIN_MARKS; i++) {
		one = json_add_object(list);
		json_put_str(one, "label", say_word(x, "mark", domain_mark(i)));
		view_heading(one, x, q, domain_mark(i), domains_by_mark(q, i));
	}
}

/* The links go on from a row, not from a number: pages do not shift while rows change. */
static void
view_keys(struct json *view, const struct exchange *x, const struct domain_query *q, const struct domain_page *page)
{
	struct json *pages = json_edit(view, "pages");
	const struct domain_row *first = page->rows, *last = page->count == 0 ? NULL : &page->rows[page->count - 1];
	const char *previous = json_str(pages, "previous"), *next = json_str(pages, "next");

	if (last == NULL)
		return;
	if (previous != NULL && q->page > 2)
		json_put_str(pages, "previous", arena_printf(x->arena, "%s&before=%s", previous, domains_key(x, q, first)));
	if (next != NULL)
		json_put_str(pages, "next", arena_printf(x->arena, "%s&after=%s", next, domains_key(x, q, last)));
}

void
page_domains(struct exchange *x)
{
	struct store *store = engine_store(x->engine);
	struct domain_query q;
	struct domain_page page;
	struct json *view, *rows;
	struct shared shared = { 0 };
	struct err err = { 0 };
	const char *wrong;

	if ((wrong = domains_query(x, &x->req->query, &q)) != NULL) {
		page_error_text(x, 422, "invalid_value", say1(x, "pages.error.invalid_value.which", "name", wrong));
		return;
	}
	if (x->req->wants_csv) {
		q.per_page = 0;			/* the export follows the filter, not the page */
		q.key_name = NULL;
	}
	if (!store_domains_list(store, x->arena, &x->scope, &q, &page, &err)) {
		page_err(x, &err);
		return;
	}
	beside_open(x, &shared.beside);
	if (x->req->wants_json || x->req->wants_csv) {
		answer_data(x, &q, &page, &shared.beside);
		return;
	}
	view = page_view(x, "domains");
	json_put_bool(view, "shows_owner", x->role != ROLE_CUSTOMER && rights_owners(x->rights));
	rows = json_put_array(view, "rows");
	for (size_t i = 0; i < page.count; i++)
		view_row(rows, x, &page.rows[i], &shared);
	json_put_bool(view, "has_rows", page.count > 0);
	json_put_str(view, "none", say(x, rights_count(x->rights) > 0 ? "pages.domains.none" : "pages.home.no_domains"));
	json_put_str(view, "total_text", say_count(x, q.sort == SORT_WORST && !q.descending ?
	    "pages.domains.total_worst" : "pages.domains.total", (int64_t)page.total));
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

/*
 * Another page of the table for those without a script: what is ticked goes
 * along in the address, as far as that holds it.
 */
void
page_domains_turn(struct exchange *x)
{
	const char *to = field_get(&x->req->form, "to");
	struct str s = str_in(x->arena, QUERY_BYTES_MAX);
	const char *const *names;
	struct fields f = { 0 };
	size_t count = domains_ticked(x->arena, &x->req->form, &names);

	if (to == NULL || !fields_urlencoded(x->arena, text_of(to), &f)) {
		page_error(x, 422);
		return;
	}
	for (size_t i = 0; i < DOMAIN_PARAMETERS; i++)
		if (field_get(&f, domain_parameters[i]) != NULL)
			str_addf(&s, "%s=%s&", domain_parameters[i],
			    url_encode(x->arena, text_of(field_get(&f, domain_parameters[i]))));
	for (size_t i = 0; i < count && s.n + 3 * strlen(names[i]) + 8 < PICKED_BYTES_MAX; i++)
		str_addf(&s, "keep=%s&", url_encode(x->arena, text_of(names[i])));
	page_redirect(x, link_to(x, "/domains?%s", str_ok(&s) ? s.p : ""));
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
