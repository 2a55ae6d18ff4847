#include "mail/wordpress.h"

#include <string.h>

#include "base/arena.h"
#include "mail/php_words.h"

/* --- version.php, wp-config.php ---------------------------------------------------------------------- */

static const char *
kept(struct arena *a, struct text t)
{
	return text_show(a, text_head(text_trim(t), WP_FIELD_MAX));
}

bool
wp_version(struct arena *a, struct text php, const char **version, const char **package)
{
	struct php_words words = php_words(php);
	struct php_word name, is, value;

	*version = *package = NULL;
	while (php_next(&words, &name)) {
		const char **ret = text_is(name.text, "wp_version") ? version :
		    text_is(name.text, "wp_local_package") ? package : NULL;

		if (name.kind != PHP_VARIABLE || ret == NULL || *ret != NULL)
			continue;
		if (php_next(&words, &is) && is.sign == '=' && php_next(&words, &value) && value.kind == PHP_STRING &&
		    text_trim(value.text).n > 0)
			*ret = kept(a, value.text);
	}
	return *version != NULL;
}

enum constant { UPDATER_DISABLED, UPDATE_CORE, NO_FILE_MODS, CONSTANTS };

/* As PHP takes it for true or not; -1 = an expression, or a constant of somebody's own. */
static int
truth(const struct php_word *w)
{
	switch (w->kind) {
	case PHP_NAME:
		return text_iis(w->text, "true") ? 1 : text_iis(w->text, "false") || text_iis(w->text, "null") ? 0 : -1;
	case PHP_NUMBER:
		return !text_is(w->text, "0");
	case PHP_STRING:
		return w->text.n > 0 && !text_is(w->text, "0");
	default:
		return -1;
	}
}

/* Of WP_AUTO_UPDATE_CORE only these mean something. */
static int
core_value(const struct php_word *w)
{
	static const char *const on[] = { "minor", "beta", "rc", "development", "branch-development" };

	for (size_t i = 0; w->kind == PHP_STRING && i < sizeof(on) / sizeof(on[0]); i++)
		if (text_is(w->text, on[i]))
			return 1;
	return w->kind == PHP_NAME ? truth(w) : -1;
}

int
wp_auto_update(struct text php)
{
	static const char *const names[CONSTANTS] = {
		"AUTOMATIC_UPDATER_DISABLED", "WP_AUTO_UPDATE_CORE", "DISALLOW_FILE_MODS",
	};
	struct php_words words = php_words(php);
	struct php_word w, name, value;
	int is[CONSTANTS] = { -1, -1, -1 };

	while (php_next(&words, &w)) {
		if (w.kind != PHP_NAME || !text_iis(w.text, "define"))
			continue;
		if (!php_next(&words, &w) || w.sign != '(' || !php_next(&words, &name) || name.kind != PHP_STRING ||
		    !php_next(&words, &w) || w.sign != ',' || !php_next(&words, &value))
			continue;
		/* The first definition holds: a second one is an error of PHP's. */
		for (size_t i = 0; i < CONSTANTS; i++)
			if (text_is(name.text, names[i]) && is[i] < 0)
				is[i] = i == UPDATE_CORE ? core_value(&value) : truth(&value);
	}
	if (is[UPDATER_DISABLED] == 1 || is[NO_FILE_MODS] == 1)
		return 0;
	return is[UPDATE_CORE];
}

/* --- heads --------------------------------------------------------------------------------------------- */

/* Marks of a comment before the name, cut at the end of the comment or of the code. */
static bool
field_line(struct text line, const char *field, struct text *ret)
{
	size_t n = strlen(field), at;

	while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = text_skip(line, 1);
	if (text_istarts(line, "<?php"))
		line = text_skip(line, 5);
	while (line.n > 0 && memchr(" \t/*#@", line.p[0], 6) != NULL)
		line = text_skip(line, 1);
	if (!text_istarts(line, field) || line.n <= n || line.p[n] != ':')
		return false;
	line = text_skip(line, n + 1);
	if (text_find(line, TEXT("*/"), &at) || text_find(line, TEXT("?>"), &at))
		line = text_head(line, at);
	*ret = text_trim(line);
	return true;
}

const char *
wp_field(struct arena *a, struct text head, const char *field)
{
	struct text line, value;

	head = text_head(head, WP_HEAD_BYTES);
	while (head.n > 0) {
		size_t n = 0;

		while (n < head.n && head.p[n] != '\n' && head.p[n] != '\r')
			n++;
		line = text_head(head, n);
		head = text_skip(head, n + 1);
		if (field_line(line, field, &value))
			return value.n == 0 ? NULL : kept(a, value);
	}
	return NULL;
}

/* --- signs ----------------------------------------------------------------------------------------------- */

static bool
read_list(struct arena *a, const struct json *list, const char ***ret, size_t *count, struct err *err)
{
	*count = 0;
	*ret = arena_array(a, WP_MARKS_MAX, sizeof(**ret));
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *s = json_value_str(v);

		if (s == NULL || strlen(s) < WP_MARK_MIN || strlen(s) > WP_MARK_MAX || *count == WP_MARKS_MAX)
			return err_set(err, ERR_VALUE, "a mark that is none, or too many of them");
		for (const char *p = s; *p != '\0'; p++)
			if (*p < ' ' || *p > '~' || (*p >= 'A' && *p <= 'Z'))
				return err_set(err, ERR_VALUE, "a mark is in lower case ASCII");
		(*ret)[(*count)++] = arena_strdup(a, s);
	}
	return true;
}

bool
wp_marks_read(struct arena *a, const struct json *marks, struct wp_marks *ret, struct err *err)
{
	struct wp_marks m = { NULL };

	if (!json_is_object(marks))
		return err_set(err, ERR_VALUE, "no marks");
	if (!read_list(a, json_get(marks, "names"), &m.names, &m.name_count, err) ||
	    !read_list(a, json_get(marks, "texts"), &m.texts, &m.text_count, err))
		return false;
	*ret = m;
	return true;
}

const char *
wp_sign_of_name(const struct wp_marks *m, const char *name)
{
	for (size_t i = 0; i < m->name_count; i++)
		if (text_iis(text_of(name), m->names[i]))
			return "known_file";
	return NULL;
}

const char *
wp_sign_of_text(struct arena *a, const struct wp_marks *m, struct text text)
{
	char *lower = arena_alloc(a, text.n + 1);

	for (size_t i = 0; i < text.n; i++)
		lower[i] = (char)ascii_tolower((unsigned char)text.p[i]);
	for (size_t i = 0; i < m->text_count; i++)
		if (memmem(lower, text.n, m->texts[i], strlen(m->texts[i])) != NULL)
			return "known_text";
	return NULL;
}

const char *
wp_sign_of_image(struct text head)
{
	size_t at;

	return text_ifind(head, TEXT("<?php"), &at) ? "hidden_code" : NULL;
}

static bool
is_one_of(struct text t, const char *const *list)
{
	for (; *list != NULL; list++)
		if (text_iis(t, *list))
			return true;
	return false;
}

bool
wp_has_code(struct text php)
{
	static const char *const ends[] = { "exit", "die", "return", "__halt_compiler", NULL };
	struct php_words words = php_words(php);
	struct php_word w;

	return php_next(&words, &w) && !(w.kind == PHP_NAME && is_one_of(w.text, ends));
}

static const char *const runs[] = { "eval", "assert", "create_function", NULL };
static const char *const commands[] = { "system", "exec", "shell_exec", "passthru", "popen", "proc_open", NULL };
static const char *const decoders[] = { "base64_decode", "gzinflate", "gzuncompress", "gzdecode", "str_rot13",
	"convert_uudecode", "hex2bin", "strrev", "rawurldecode", "urldecode", NULL };
static const char *const visitor[] = { "_POST", "_GET", "_REQUEST", "_COOKIE", NULL };
static const char *const includes[] = { "include", "include_once", "require", "require_once", NULL };
static const char *const images[] = { ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".svg", NULL };

#define WORDS_MAX	400	/* of one call that are looked at */
#define AHEAD_BYTES	(64UL * 1024)
#define DECODED_MAX	32	/* variables of a file that hold something decoded */

struct reading {
	struct php_words	 words;
	struct text		 decoded[DECODED_MAX];
	size_t			 decoded_count;
	size_t			 budget;	/* bytes that may still be read a second time */
	bool			 loader, request, image;
};

/* Looking ahead, so that a call within a call is seen as well; a file made of such calls ends it. */
static struct php_words
look_ahead(const struct reading *r)
{
	struct php_words ahead = r->words;

	ahead.rest = text_head(ahead.rest, r->budget < AHEAD_BYTES ? r->budget : AHEAD_BYTES);
	return ahead;
}

static void
looked(struct reading *r, const struct php_words *ahead)
{
	size_t n = ahead->rest.p == NULL ? 0 : (size_t)(ahead->rest.p - r->words.rest.p);

	r->budget -= n < r->budget ? n : r->budget;
}

static bool
is_decoded(const struct reading *r, struct text variable)
{
	for (size_t i = 0; i < r->decoded_count; i++)
		if (text_eq(r->decoded[i], variable))
			return true;
	return false;
}

/* The arguments of a call that runs what it is given. */
static void
read_run(struct reading *r, bool command, bool eval)
{
	struct php_words ahead = look_ahead(r);
	struct php_word w, before = { 0 };
	int depth = 0;

	for (size_t n = 0; n < WORDS_MAX && php_next(&ahead, &w); n++) {
		if (w.sign == '(') {
			/* eval($f(...)): which function that is, nobody is to see. */
			r->loader |= eval && depth > 0 && before.kind == PHP_VARIABLE;
			depth++;
		} else if (w.sign == ')')
			depth--;
		if (depth <= 0)
			break;
		if (w.kind == PHP_VARIABLE) {
			r->request |= is_one_of(w.text, visitor);
			r->loader |= !command && is_decoded(r, w.text);
		}
		r->loader |= !command && w.kind == PHP_NAME && !before.member && is_one_of(w.text, decoders);
		before = w;
	}
	looked(r, &ahead);
}

/* $x = ... base64_decode(...) ...; */
static void
read_assignment(struct reading *r, struct text variable)
{
	struct php_words ahead = look_ahead(r);
	struct php_word w, before = { 0 };
	bool decodes = false;

	if (r->decoded_count < DECODED_MAX && php_next(&ahead, &w) && w.sign == '=')
		for (size_t n = 0; n < WORDS_MAX / 10 && !decodes && php_next(&ahead, &w) && w.sign != ';'; n++) {
			decodes = (w.kind == PHP_NAME && !before.member && is_one_of(w.text, decoders)) ||
			    (w.kind == PHP_VARIABLE && is_decoded(r, w.text));
			before = w;
		}
	looked(r, &ahead);
	if (decodes && !is_decoded(r, variable))
		r->decoded[r->decoded_count++] = variable;
}

static void
read_include(struct reading *r)
{
	struct php_words ahead = look_ahead(r);
	struct php_word w, last = { 0 };

	for (size_t n = 0; n < 24 && php_next(&ahead, &w) && w.sign != ';'; n++)
		if (w.kind == PHP_STRING)
			last = w;
	for (size_t i = 0; images[i] != NULL; i++)
		r->image |= last.kind == PHP_STRING && text_iends(last.text, images[i]);
	looked(r, &ahead);
}

const char *
wp_sign_of_php(struct arena *a, const struct wp_marks *m, struct text php)
{
	struct reading r = { .words = php_words(php), .budget = 4 * php.n };
	struct php_word w, before = { 0 };

	while (!r.loader && php_next(&r.words, &w)) {
		bool name = w.kind == PHP_NAME && !before.member &&
		    !(before.kind == PHP_NAME && text_iis(before.text, "function"));

		if (name && is_one_of(w.text, runs))
			read_run(&r, false, text_iis(w.text, "eval"));
		else if (name && is_one_of(w.text, commands))
			read_run(&r, true, false);
		else if (name && is_one_of(w.text, includes))
			read_include(&r);
		else if (w.kind == PHP_VARIABLE)
			read_assignment(&r, w.text);
		before = w;
	}
	return r.loader ? "encoded_loader" : r.request ? "request_code" : r.image ? "image_include" :
	    wp_sign_of_text(a, m, php);
}
