/*
 * What a plan would change, or an entry has changed: of each thing the values that go, those that come, and
 * those that stay, once.  Where a value that comes is one that goes, edited, its terms are marked.
 */

#include <string.h>

#include "base/arena.h"
#include "web/page.h"

#define TERMS_BYTES_MAX	8192	/* of all that goes and comes: every term is looked for among the others */

/* The whole state of a thing. */
struct lines {
	const char	**v;
	size_t		 count, max;
};

/* Returns its length. */
static size_t
line_add(struct lines *l, struct arena *a, const char *line)
{
	if (l->count == l->max) {
		size_t room = l->max * 2 + 8;

		l->v = arena_grow(a, l->v, l->max, room, sizeof(*l->v));
		l->max = room;
	}
	l->v[l->count++] = line;
	return strlen(line);
}

static bool
has_line(const struct lines *l, const char *line)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->v[i], line) == 0)
			return true;
	return false;
}

/* The panel's value of this key in words, where there are any: true, "unknown", -1 of a limit. */
static const char *
value_shown(const struct exchange *x, const char *key, const struct json *v)
{
	struct str s = str_in(x->arena, 4096);
	const char *word;

	if (json_is_null(v))
		return say(x, "pages.common.nothing");
	if (json_is_bool(v))
		return say_word(x, "yes_no", json_value_bool(v, false) ? "true" : "false");
	if (json_is_int(v))
		return json_value_int(v, 0) < 0 ? say(x, "pages.common.no_limit") :
		    lang_int(x->arena, x->lang, json_value_int(v, 0));
	if ((word = json_value_str(v)) != NULL) {
		const char *said = face_word(x->face, x->lang, "value", arena_printf(x->arena, "%s.%s", key, word));

		return said != NULL ? said : strcmp(word, "unknown") == 0 ? say(x, "pages.common.not_known") : word;
	}
	for (const struct json *one = json_first(v); one != NULL; one = json_next(one))
		str_addf(&s, "%s%s", s.n > 0 ? ", " : "", value_shown(x, key, one));
	return s.n > 0 ? s.p : say(x, "pages.common.nothing");
}

/* A setting of several parts, a line for each: "Plugin forms: 6.1". */
static void
add_parts(struct lines *l, const struct exchange *x, const char *of, const struct json *object)
{
	for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
		const char *name = of == NULL ? say_word(x, "part", json_key(v)) :
		    arena_printf(x->arena, "%s %s", of, json_key(v));

		if (json_is_null(v))
			continue;
		if (json_is_object(v))
			add_parts(l, x, name, v);
		else
			line_add(l, x->arena, arena_printf(x->arena, "%s: %s", name, value_shown(x, json_key(v), v)));
	}
}

/* Records and addresses stand as they are. */
static struct lines
lines_of(const struct exchange *x, const char *key, const struct json *state, bool records)
{
	struct lines l = { NULL, 0, 0 };
	const struct json *values = records && json_is_object(state) ? json_get(state, "values") : state;

	if (json_is_array(values))
		for (const struct json *v = json_first(values); v != NULL; v = json_next(v))
			line_add(&l, x->arena, json_value_str(v) != NULL ? json_value_str(v) :
			    json_print(x->arena, v));
	else if (json_is_object(values))
		add_parts(&l, x, NULL, values);
	else if (json_is_bool(values))
		line_add(&l, x->arena, say_word(x, "on_off", json_value_bool(values, false) ? "true" : "false"));
	else if (!json_is_null(values))
		line_add(&l, x->arena, value_shown(x, key, values));
	return l;
}

/* --- terms -------------------------------------------------------------------------------------- */

/* A comma within a number does not. */
static bool
separates(struct text t, size_t at)
{
	return t.p[at] == ' ' || t.p[at] == ';' || (t.p[at] == ',' && at + 1 < t.n && t.p[at + 1] == ' ');
}

/* The next term of a value with what separates it; *term is without that. */
static bool
next_term(struct text *rest, struct text *whole, struct text *term)
{
	size_t n = 0, end;

	if (rest->n == 0)
		return false;
	while (n < rest->n && !separates(*rest, n))
		n++;
	for (end = n; end < rest->n && separates(*rest, end); end++)
		;
	*term = (struct text){ rest->p, n };
	*whole = (struct text){ rest->p, end };
	*rest = (struct text){ rest->p + end, rest->n - end };
	return true;
}

static bool
has_term(const struct lines *l, struct text term)
{
	for (size_t i = 0; i < l->count; i++) {
		struct text rest = text_of(l->v[i]), whole, one;

		while (next_term(&rest, &whole, &one))
			if (text_eq(one, term))
				return true;
	}
	return false;
}

/* Only what shares terms with the other side is an edit of it. */
static bool
is_edit(const char *line, const struct lines *other)
{
	struct text rest = text_of(line), whole, term;
	size_t shared = 0;

	while (next_term(&rest, &whole, &term))
		if (has_term(other, term))
			shared++;
	return shared > 0;
}

static void
put_part(struct json *parts, struct arena *a, const char *p, size_t n, bool mark)
{
	struct json *one;

	if (n == 0)
		return;
	one = json_add_object(parts);
	json_put_str(one, "text", arena_strndup(a, p, n));
	json_put_bool(one, "mark", mark);
}

static void
put_terms(struct json *list, struct arena *a, const char *line, const struct lines *other)
{
	struct json *parts = json_put_array(json_add_object(list), "parts");
	struct text rest = text_of(line), whole, term;

	if (!is_edit(line, other)) {
		put_part(parts, a, line, rest.n, false);
		return;
	}
	while (next_term(&rest, &whole, &term)) {
		bool mark = !has_term(other, term);

		put_part(parts, a, term.p, term.n, mark);
		put_part(parts, a, term.p + term.n, whole.n - term.n, false);
	}
}

/* --- one change --------------------------------------------------------------------------------- */

/* What `these` have and the others do not.  Every key is there: what a side lacks would be looked for around it. */
static void
put_side(struct json *view, const char *key, const struct exchange *x, const struct lines *these,
    const struct lines *others, const char *ttl)
{
	struct lines only = { NULL, 0, 0 }, theirs = { NULL, 0, 0 };
	struct json *side, *list;
	size_t bytes = 0;

	for (size_t i = 0; i < these->count; i++)
		if (!has_line(others, these->v[i]))
			bytes += line_add(&only, x->arena, these->v[i]);
	for (size_t i = 0; i < others->count; i++)
		if (!has_line(these, others->v[i]))
			bytes += line_add(&theirs, x->arena, others->v[i]);
	if (bytes > TERMS_BYTES_MAX)
		theirs.count = 0;
	if (only.count == 0 && ttl == NULL) {
		json_put_null(view, key);
		return;
	}
	side = json_put_object(view, key);
	json_put_str(side, "ttl", ttl);
	list = json_put_array(side, "lines");
	for (size_t i = 0; i < only.count; i++)
		put_terms(list, x->arena, only.v[i], &theirs);
}

static const char *
ttl_of(const struct exchange *x, const struct json *state)
{
	const struct json *ttl = json_get(state, "ttl");

	return json_is_int(ttl) ? arena_printf(x->arena, "%lld", (long long)json_value_int(ttl, 0)) :
	    say(x, "pages.common.ttl_of_zone");
}

/* One value that takes another's place, or a list of which some go and some come. */
static void
put_diff(struct json *view, const struct exchange *x, const struct json *c, bool records)
{
	const struct json *before = json_get(c, "before"), *after = json_get(c, "after");
	bool both = !json_is_null(before) && !json_is_null(after);
	const struct json *there = json_is_null(after) ? before : after;
	bool single = !records && !json_is_object(there);
	const char *key = json_str(c, "key");
	struct lines old = lines_of(x, key, before, records), new = lines_of(x, key, after, records);
	const char *ttl[2] = { NULL, NULL };
	struct json *same = json_put_array(view, "same");

	if (single && old.count == 0)
		line_add(&old, x->arena, say(x, "pages.common.nothing"));
	if (single && new.count == 0)
		line_add(&new, x->arena, say(x, "pages.common.nothing"));
	if (both && json_int(before, "ttl", -1) != json_int(after, "ttl", -1)) {
		ttl[0] = ttl_of(x, before);
		ttl[1] = ttl_of(x, after);
	} else if (json_is_int(json_get(there, "ttl")))
		json_put_str(view, "ttl", ttl_of(x, there));
	put_side(view, "old", x, &old, &new, ttl[0]);
	put_side(view, "new", x, &new, &old, ttl[1]);
	for (size_t i = 0; i < new.count; i++)
		if (has_line(&old, new.v[i]))
			json_add_str(same, new.v[i]);
	json_put_bool(view, "has_same", json_count(same) > 0);
	json_put_bool(view, "in_words", !records);
	json_put_bool(view, "diff", true);
}

/* Of the queue and of secrets nothing is shown but what is done. */
static void
put_queue(struct json *view, struct json *one, const struct exchange *x, const struct json *c)
{
	const char *action = json_str(c, "action");
	int64_t count = (int64_t)json_count(json_get(c, "ids"));

	json_put_str(one, "action", say_word(x, "queue_action", action));
	json_put_str(one, "messages", say_count(x, "pages.common.messages", count));
	json_put_copy(one, "ids", json_get(c, "ids"));
	if (action != NULL && strcmp(action, "delete") == 0)
		json_put_int(view, "delete_count", count);
}

static void
put_what(struct json *one, const struct exchange *x, const struct json *c)
{
	const char *what = json_str(c, "name");

	if (what == NULL)
		what = json_str(c, "object");
	if (what == NULL)
		what = json_str(c, "address");
	if (what != NULL && strcmp(what, "server") == 0)
		what = NULL;		/* the key says so */
	json_put_str(one, "what", what);
	json_put_copy(one, "type", json_get(c, "type"));
	json_put_str(one, "key", json_str(c, "key") == NULL ? NULL : say_word(x, "key", json_str(c, "key")));
}

void
view_changes(struct json *view, const struct exchange *x, const struct json *changes)
{
	static const char *const optional[] = { "secret", "action", "diff", "ttl" };
	struct json *list = json_put_array(view, "changes");

	for (const struct json *c = json_first(changes); c != NULL; c = json_next(c)) {
		struct json *one = json_add_object(list);
		const char *kind = json_str(c, "kind");

		for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
			json_put_null(one, optional[i]);
		json_put_str(one, "kind", say_word(x, "change", kind));
		put_what(one, x, c);
		if (kind != NULL && strcmp(kind, "secret") == 0) {
			json_put_bool(one, "secret", true);
			json_put_bool(view, "needs_password", true);
		} else if (kind != NULL && strcmp(kind, "queue") == 0)
			put_queue(view, one, x, c);
		else
			put_diff(one, x, c, kind != NULL && (strcmp(kind, "rrset") == 0 ||
			    strcmp(kind, "forward") == 0));
	}
	json_put_bool(view, "has_changes", json_count(list) > 0);
}
