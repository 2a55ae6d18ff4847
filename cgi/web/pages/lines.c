/* One line for each finding, however many domains have it: how many, a few by name, and the way to all of them. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "web/pages/pages.h"

#define NAMES_FEW	3	/* of many, as examples */

struct line {				/* those who have one finding */
	const char	*finding;
	bool		 of_domains;	/* else of the server */
	struct map	*subjects;
};

struct lines {
	struct arena	*arena;
	struct map	*list;
};

struct lines *
lines_new(struct arena *a)
{
	struct lines *lines = arena_zalloc(a, sizeof(*lines));

	*lines = (struct lines){ a, map_new(a) };
	return lines;
}

size_t
lines_count(const struct lines *lines)
{
	return map_count(lines->list);
}

void
lines_add(struct lines *lines, const struct exchange *x, const char *finding, const char *subject)
{
	bool of_domains = rights_domain(x->rights, subject);
	const char *key = arena_printf(lines->arena, "%s %d", finding, of_domains);
	struct line *line = map_get(lines->list, key);

	if (line == NULL) {
		line = arena_zalloc(lines->arena, sizeof(*line));
		*line = (struct line){ finding, of_domains, map_new(lines->arena) };
		map_put(lines->list, key, line);
	}
	map_put(line->subjects, subject, line);
}

bool
lines_alarm(const struct lines *lines)
{
	for (size_t i = 0; i < map_count(lines->list); i++) {
		const struct line *line = map_at(lines->list, i, NULL);

		if (finding_row_verdict(line->finding) != VERDICT_UNKNOWN)
			return true;
	}
	return false;
}

static void
view_name(struct json *list, const struct exchange *x, const struct line *line, const char *subject)
{
	struct json *one = json_add_object(list);
	struct domain_row row;
	struct err err;
	bool known = line->of_domains && store_domain_get(engine_store(x->engine), x->arena, &x->scope, subject, &row, &err);

	json_put_bool(one, "next", json_count(list) > 1);
	json_put_str(one, "name", known ? row.display : subject);
	json_put_str(one, "domain", subject);
	json_put_str(one, "href", line->of_domains ? link_to(x, "/domains/%s", subject) : link_to(x, "/server"));
}

static void
view_line(struct json *list, const struct exchange *x, const struct line *line, int64_t count)
{
	struct json *one = json_add_object(list), *names;
	int64_t few = x->role == ROLE_CUSTOMER ? LINE_NAMES_MAX : NAMES_FEW;
	bool many = count > few, creates = line->of_domains && strcmp(line->finding, "role_mailboxes.missing") == 0;
	bool at_once = creates && many && x->role != ROLE_CUSTOMER;
	const char *subject = NULL;

	map_at(line->subjects, 0, &subject);
	view_verdict(one, x, verdict_word(finding_row_verdict(line->finding)));
	json_put_str(one, "id", line->finding);
	json_put_int(one, "count", count);
	json_put_str(one, "title", say_finding(x, line->finding));
	json_put_str(one, "all", !many ? NULL : say_count(x, line->of_domains ? "pages.common.domains_counted" :
	    "pages.common.places_counted", count));
	json_put_str(one, "href", line->of_domains ? link_to(x, "/domains?finding=%s", line->finding) :
	    link_to(x, "/server"));
	json_put_bool(one, "creates", creates && !at_once);
	json_put_bool(one, "creates_all", at_once);
	/* "The server" says nothing that the title does not say. */
	json_put_bool(one, "alone", !line->of_domains && count == 1 && strcmp(subject, "server") == 0);
	names = json_put_array(one, "names");
	for (size_t i = 0; i < map_count(line->subjects) && i < (size_t)(many ? NAMES_FEW : few); i++) {
		map_at(line->subjects, i, &subject);
		view_name(names, x, line, subject);
	}
}

void
lines_view(struct json *view, const struct exchange *x, const struct lines *lines, const struct json *counts)
{
	struct json *list = json_put_array(view, "lines");

	for (int rank = 0; rank <= verdict_rank(VERDICT_NOT_APPLICABLE); rank++)
		for (size_t i = 0; i < map_count(lines->list); i++) {
			const struct line *line = map_at(lines->list, i, NULL);
			int64_t named = (int64_t)map_count(line->subjects), counted = json_int(counts, line->finding, 0);

			if (verdict_rank(finding_row_verdict(line->finding)) == rank)
				view_line(list, x, line, line->of_domains && counted > named ? counted : named);
		}
}
