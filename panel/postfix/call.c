/* The helper asked, and lists of main.cf taken apart. */

#include <string.h>

#include "base/arena.h"
#include "panel/postfix/internal.h"

enum got
verb_ask(struct evidence *ev, struct arena *a, const char *verb, const char *const *args, size_t count,
    struct text *out, struct err *err)
{
	return verb_ask_about(ev, a, verb, args, count, (struct text){ "", 0 }, out, err);
}

enum got
verb_ask_about(struct evidence *ev, struct arena *a, const char *verb, const char *const *args, size_t count,
    struct text input, struct text *out, struct err *err)
{
	struct request r = { .kind = REQUEST_VERB };
	const struct reply *reply;
	const char **kept = arena_array(evidence_arena(ev), count + 1, sizeof(*kept));

	for (size_t i = 0; i < count; i++)
		kept[i] = arena_strdup(evidence_arena(ev), args[i]);
	r.u.verb.verb = verb;
	r.u.verb.args = kept;
	r.u.verb.arg_count = count;
	r.u.verb.input = input;
	if ((reply = ev_call(ev, &r)) == NULL)
		return GOT_WAIT;
	if (reply->err.code != ERR_NONE) {
		*err = reply->err;
		return GOT_NOT;
	}
	*out = reply->u.verb.out;
	if (reply->u.verb.status == 0)
		return GOT_IT;
	err_set(err, ERR_IO, "%s: %s", verb, text_show(a, text_head(text_trim(reply->u.verb.err), 200)));
	return GOT_NOT;
}

bool
verb_need(struct evidence *ev, const char *what, enum got got, const struct err *err)
{
	if (got == GOT_NOT)
		ev_fail(ev, what, err_word(err->code), err->text);
	return got == GOT_IT;
}

/* What stands in braces is one word (postconf(5): inline:{a=b, c=d}, unionmap:{...}). */
bool
list_word(struct text *rest, struct text *word)
{
	size_t n = 0, depth = 0;

	while (rest->n > 0 && (ascii_isspace((unsigned char)rest->p[0]) || rest->p[0] == ','))
		*rest = text_skip(*rest, 1);
	for (; n < rest->n && (depth > 0 || (!ascii_isspace((unsigned char)rest->p[n]) && rest->p[n] != ',')); n++) {
		depth += rest->p[n] == '{';
		depth -= rest->p[n] == '}' && depth > 0;
	}
	*word = text_head(*rest, n);
	*rest = text_skip(*rest, n);
	return n > 0;
}

const char *
setting_of(const struct json *settings, const char *name)
{
	const char *value = json_str(settings, name);

	return value == NULL ? "" : value;
}

/* --- tables ------------------------------------------------------------------------------------- */

/* What the helper lists: a table or a plain file. */
static bool
can_list(struct text word)
{
	static const char *const types[] = { "hash:/", "btree:/", "lmdb:/", "cdb:/", "texthash:/", "dbm:/", "/" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_starts(word, types[i]))
			return true;
	return false;
}

/* {"entries":[{"key","value":text|null}]} of the table `arg`. */
const struct json *
postfix_table(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const char *const args[] = { arg };
	struct json *table, *list, *row;
	struct text out, line, key;
	struct err err;

	(void)params;
	if (!verb_need(ev, "mail server table", verb_ask(ev, a, "postmap-list", args, 1, &out, &err), &err))
		return NULL;
	table = json_new_object(a);
	list = json_put_array(table, "entries");
	while (text_line(&out, &line)) {
		if (!text_split(&line, '\t', &key) || key.n == 0)
			continue;
		row = json_add_object(list);
		json_put_text(row, "key", key);
		if (line.n > 0)
			json_put_text(row, "value", line);
		else
			json_put_null(row, "value");
	}
	return table;
}

static enum got
each_in_table(struct evidence *ev, const char *name, table_fn add, void *ctx)
{
	const struct ev_failure *why;
	const struct json *table = ev_fact_any(ev, "table", name, &why), *v;

	if (table == NULL)
		return why == NULL ? GOT_WAIT : GOT_NOT;
	for (v = json_first(json_get(table, "entries")); v != NULL; v = json_next(v))
		add(ctx, text_of(json_str(v, "key")), text_of(json_str(v, "value")));
	return GOT_IT;
}

/* postmap(1) -q: those of the keys that the table has. */
static enum got
each_of_keys(struct evidence *ev, struct arena *a, const char *name, const char *keys, table_fn add, void *ctx)
{
	const char *const args[] = { name };
	struct text out, line, key;
	struct err err;
	enum got got;

	if (keys[0] == '\0')
		return GOT_NOT;
	got = verb_ask_about(ev, a, "postmap-query", args, 1, text_of(arena_strdup(evidence_arena(ev), keys)), &out, &err);
	while (got == GOT_IT && text_line(&out, &line))
		if (text_split(&line, '\t', &key) && key.n > 0)
			add(ctx, key, line);
	return got;
}

static bool
is_table(struct text *word)
{
	if (text_starts(*word, "proxy:"))
		*word = text_skip(*word, 6);
	if (text_starts(*word, "["))		/* [IPv6:2001:db8::1] */
		return false;
	return memchr(word->p, ':', word->n) != NULL || word->p[0] == '/';
}

void
list_unlisted(struct arena *a, const char *list, struct json *into)
{
	struct text rest = text_of(list), word;

	while (list_word(&rest, &word))
		if (is_table(&word) && !can_list(word))
			json_add_str(into, text_show(a, word));
}

enum got
list_each(struct evidence *ev, struct arena *a, const char *list, const char *keys, table_fn add, void *ctx)
{
	struct text rest = text_of(list), word;
	enum got worst = GOT_IT, got;

	while (list_word(&rest, &word)) {
		if (!is_table(&word)) {
			if (word.p[0] != '!')
				add(ctx, word, (struct text){ "", 0 });
			continue;
		}
		got = can_list(word) ? each_in_table(ev, text_cstr(a, word), add, ctx) :
		    each_of_keys(ev, a, text_cstr(a, word), keys, add, ctx);
		/* Something on its way comes first: then the whole is read again. */
		if (got == GOT_WAIT || (got == GOT_NOT && worst == GOT_IT))
			worst = got;
	}
	return worst;
}
