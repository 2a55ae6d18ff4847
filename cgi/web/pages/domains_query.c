/* Which domains are meant: the table's filter, order and page; those that were ticked. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/name.h"
#include "web/pages/domains.h"

#define PER_PAGE	50
#define PER_PAGE_MAX	500
#define SELECT_MAX	20000

/* "-" in front turns one round; a column of marks is one too. */
const struct domain_sort_word domain_sorts[DOMAIN_SORTS] = {
	{ "worst", SORT_WORST }, { "name", SORT_NAME }, { "checked_at", SORT_CHECKED }, { "owner", SORT_OWNER },
};

static const char *
given(const struct fields *f, const char *name)
{
	const char *s = field_get(f, name);

	return s == NULL || s[0] == '\0' ? NULL : s;
}

/*
 * The row before which, or behind which, the page goes on, by what orders it:
 * "WEIGHT.NAME", by time "SECONDS.NAME", by a mark "RANK.NAME", by owner "WEIGHT.NAME/OWNER".
 */
static bool
read_key(const struct exchange *x, const char *key, bool backward, struct domain_query *ret)
{
	const char *owner = strchr(key, '/');
	struct text rest = text_of(key), number, name;
	uint64_t n;

	if (!text_split(&rest, '.', &number) || !text_uint(number, INT64_MAX, &n) ||
	    !text_split(&rest, '/', &name) || name.n == 0)
		return false;
	ret->key_owner = owner == NULL ? NULL : owner + 1;
	ret->key_number = (int64_t)n;
	ret->key_name = text_cstr(x->arena, name);
	ret->backward = backward;
	return true;
}

const char *
domains_key(const struct exchange *x, const struct domain_query *q, const struct domain_row *row)
{
	int64_t number = q->sort == SORT_CHECKED ? row->checked_at : q->sort == SORT_RANK ? q->rank(q->rank_ctx, row) :
	    row->weight;

	return arena_printf(x->arena, "%lld.%s%s%s", (long long)number, row->name,
	    q->sort == SORT_OWNER && row->owner != NULL ? "/" : "",
	    q->sort == SORT_OWNER && row->owner != NULL ? url_encode(x->arena, text_of(row->owner)) : "");
}

/* Part of a name as the table writes it: small letters, whatever the alphabet. */
static const char *
search_text(const struct exchange *x, const char *text)
{
	struct text t = text_trim(text_of(text));
	struct name name;
	struct err err;
	size_t i = 0;

	while (i < t.n && (unsigned char)t.p[i] < 0x80)
		i++;
	return i == t.n || !name_from_person(x->arena, t, &name, &err) ? text_cstr(x->arena, t) :
	    name_display(x->arena, name);
}

struct by_mark {
	struct beside	 beside;
	size_t		 mark;
};

static int
mark_rank(void *ctx, const struct domain_row *row)
{
	struct by_mark *by = ctx;
	int rank[DOMAIN_MARKS];

	by->beside.sending = (struct text){ NULL, 0 };		/* of a row that is gone */
	domain_marks(row, &by->beside, rank);
	return rank[by->mark];
}

bool
domains_by_mark(const struct domain_query *q, size_t mark)
{
	return q->sort == SORT_RANK && ((const struct by_mark *)q->rank_ctx)->mark == mark;
}

static bool
read_sort(const struct exchange *x, const char *word, struct domain_query *ret)
{
	struct by_mark *by;

	ret->descending = word[0] == '-';
	word += ret->descending;
	for (size_t i = 0; i < DOMAIN_SORTS; i++)
		if (strcmp(word, domain_sorts[i].word) == 0) {
			ret->sort = domain_sorts[i].sort;
			return true;
		}
	for (size_t i = 0; i < DOMAIN_MARKS; i++)
		if (strcmp(word, domain_mark(i)) == 0) {
			by = arena_zalloc(x->arena, sizeof(*by));
			beside_open(x, &by->beside);
			by->mark = i;
			ret->sort = SORT_RANK;
			ret->rank = mark_rank;
			ret->rank_ctx = by;
			return true;
		}
	return false;
}

static bool
is_number(const struct fields *f, const char *name)
{
	return given(f, name) == NULL || field_int(f, name, 1, INT64_MAX, 0) > 0;
}

const char *const domain_parameters[DOMAIN_PARAMETERS] = {
	"q", "verdict", "finding", "owner", "sort", "page", "per_page", "after", "before",
};

const char *
domains_query(const struct exchange *x, const struct fields *f, struct domain_query *ret)
{
	struct text t;

	*ret = (struct domain_query){
		.text = given(f, "q") == NULL ? NULL : search_text(x, given(f, "q")),
		.verdict = given(f, "verdict"),
		.finding = given(f, "finding"),
		.owner = given(f, "owner"),
		.page = (size_t)field_int(f, "page", 1, 1000000, 1),
		.per_page = (size_t)field_int(f, "per_page", 1, PER_PAGE_MAX, PER_PAGE),
	};
	for (size_t i = 0; i < DOMAIN_PARAMETERS; i++)
		if (field_text(f, domain_parameters[i], &t) && field_get(f, domain_parameters[i]) == NULL)
			return domain_parameters[i];
	if (ret->verdict != NULL && strcmp(ret->verdict, "never") != 0 && summary_rank(ret->verdict) == RANK_NEVER)
		return "verdict";
	if (given(f, "sort") != NULL && !read_sort(x, given(f, "sort"), ret))
		return "sort";
	if (!is_number(f, "page"))
		return "page";
	if (!is_number(f, "per_page"))
		return "per_page";
	if (given(f, "after") != NULL)
		return read_key(x, given(f, "after"), false, ret) ? NULL : "after";
	if (given(f, "before") != NULL)
		return read_key(x, given(f, "before"), true, ret) ? NULL : "before";
	return NULL;
}

size_t
domains_ticked(struct arena *a, const struct fields *f, const char *const **ret)
{
	const char *const *all;
	size_t count = field_all(a, f, "target", &all), n = 0;
	const char **names = arena_array(a, count + 1, sizeof(*names));
	struct map *seen = map_new(a);

	for (size_t i = 0; i < count; i++) {
		struct name name;
		struct err err;
		const char *s = name_from_person(a, text_of(all[i]), &name, &err) ? name.s : all[i];

		if (map_get(seen, s) != NULL)
			continue;
		map_put(seen, s, seen);
		names[n++] = s;
	}
	*ret = names;
	return n;
}

bool
domains_selected(struct exchange *x, const struct fields *f, const char *const **names,
    size_t *count, struct err *err)
{
	const char *select = field_get(f, "select"), *wrong;
	struct domain_query q;
	struct domain_page page;
	const char **found;

	if (select == NULL || strcmp(select, "filter") != 0) {
		*count = domains_ticked(x->arena, f, names);
		if (*count > SELECT_MAX)
			return err_set(err, ERR_LIMIT, "too many domains");
		/* One foreign name refuses all: nothing is told about which it was. */
		for (size_t i = 0; i < *count; i++)
			if (!rights_domain(x->rights, (*names)[i]))
				return err_set(err, ERR_NOT_FOUND, "not theirs: %.100s", (*names)[i]);
		return true;
	}
	if ((wrong = domains_query(x, f, &q)) != NULL)
		return err_set(err, ERR_VALUE, "the filter's %s is none", wrong);
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
