#include "mail/filter.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/* "-12.5"; nothing else before or behind. */
static bool
decimal(struct text t, double *ret)
{
	double value = 0, parts = 1;
	bool minus = false, dot = false;
	size_t digits = 0;

	t = text_trim(t);
	if (t.n > 0 && (t.p[0] == '-' || t.p[0] == '+')) {
		minus = t.p[0] == '-';
		t = text_skip(t, 1);
	}
	for (size_t i = 0; i < t.n; i++) {
		if ((t.p[i] == '.' || t.p[i] == ',') && !dot) {
			dot = true;
			continue;
		}
		if (!ascii_isdigit((unsigned char)t.p[i]) || ++digits > 12)
			return false;
		if (dot)
			parts *= 10;
		value = value * 10 + (t.p[i] - '0');
	}
	value /= parts;
	*ret = minus && value > 0 ? -value : value;
	return digits > 0;
}

static bool
is_rule(struct text t)
{
	if (t.n < 2 || t.n > 80 || !ascii_isalpha((unsigned char)t.p[0]))
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && t.p[i] != '_')
			return false;
	return true;
}

static void
add_rule(struct arena *a, struct filter_answer *f, struct text name, double points, bool known)
{
	size_t at;

	if (f->count == FILTER_RULES_MAX)
		return;
	if (f->rules == NULL)
		f->rules = arena_array(a, FILTER_RULES_MAX, sizeof(*f->rules));
	for (at = f->count++; at > 0 && f->rules[at - 1].points < points; at--)
		f->rules[at] = f->rules[at - 1];
	f->rules[at] = (struct filter_rule){ text_show(a, name), points, known };
}

/* --- spamd -------------------------------------------------------------------------------------------- */

/* "True ; 8.2 / 5.0" */
static bool
read_verdict(struct text value, struct filter_answer *f)
{
	struct text word, points;

	if (!text_split(&value, ';', &word) || !text_split(&value, '/', &points))
		return false;
	word = text_trim(word);
	f->spam = text_iis(word, "true") || text_iis(word, "yes");
	return decimal(points, &f->points) && decimal(value, &f->limit);
}

/* " 3.5 BAYES_99  BODY: ..." of a report, "RULE_A,RULE_B" of symbols. */
static void
read_rule_line(struct arena *a, struct text line, struct filter_answer *f)
{
	struct text rest = text_trim(line), word, name;
	double points;

	if (text_find(rest, TEXT(","), &(size_t){ 0 }) && memchr(rest.p, ' ', rest.n) == NULL) {
		while (text_split(&rest, ',', &name))
			if (is_rule(text_trim(name)))
				add_rule(a, f, text_trim(name), 0, false);
		return;
	}
	if (!text_split(&rest, ' ', &word))
		return;
	rest = text_trim(rest);
	if (rest.n == 0 && f->count == 0 && is_rule(word) && memchr(word.p, '_', word.n) != NULL)
		add_rule(a, f, word, 0, false);
	else if (decimal(word, &points) && text_split(&rest, ' ', &name) && is_rule(name))
		add_rule(a, f, name, points, true);
}

bool
filter_spamd_read(struct arena *a, struct text t, struct filter_answer *ret, struct err *err)
{
	struct filter_answer f = { 0 };
	struct text line, version, code;
	bool verdict = false;
	uint64_t status;

	/* "SPAMD/1.1 0 EX_OK" */
	if (!text_line(&t, &line) || !text_starts(line, "SPAMD/") || !text_split(&line, ' ', &version) ||
	    !text_split(&line, ' ', &code) || !text_uint(code, 255, &status))
		return err_set(err, ERR_PROTOCOL, "this is no answer of spamd");
	if (status != 0)
		return err_set(err, ERR_PROTOCOL, "spamd failed with %u", (unsigned)status);
	while (text_line(&t, &line) && line.n > 0)
		if (text_istarts(line, "Spam:"))
			verdict = read_verdict(text_skip(line, 5), &f);
	if (!verdict)
		return err_set(err, ERR_PROTOCOL, "spamd told no points");
	while (text_line(&t, &line))
		read_rule_line(a, line, &f);
	*ret = f;
	return true;
}

/* --- Rspamd -------------------------------------------------------------------------------------------- */

static bool
is_spam_action(const char *action)
{
	return action != NULL && (strcmp(action, "reject") == 0 || strcmp(action, "add header") == 0 ||
	    strcmp(action, "rewrite subject") == 0 || strcmp(action, "quarantine") == 0);
}

bool
filter_rspamd_read(struct arena *a, struct text t, struct filter_answer *ret, struct err *err)
{
	struct filter_answer f = { 0 };
	struct text line, version;
	const struct json *answer, *symbols;
	uint64_t status;

	if (!text_line(&t, &line) || !text_starts(line, "HTTP/1.") || !text_split(&line, ' ', &version) ||
	    !text_uint(text_head(line, 3), 999, &status))
		return err_set(err, ERR_PROTOCOL, "this is no answer of Rspamd");
	if (status != 200)
		return err_set(err, ERR_PROTOCOL, "Rspamd answered %u", (unsigned)status);
	while (text_line(&t, &line) && line.n > 0)
		;
	answer = json_parse(a, t, err);
	if (answer == NULL)
		return err_set(err, ERR_PROTOCOL, "Rspamd's answer is no JSON");
	if (!json_is_number(json_get(answer, "score")) || !json_is_number(json_get(answer, "required_score")))
		return err_set(err, ERR_PROTOCOL, "Rspamd told no points");
	f.points = json_double(answer, "score", 0);
	f.limit = json_double(answer, "required_score", 0);
	/* required_score is that of refusing; mail goes to the spam folder far below it. */
	f.spam = f.points >= f.limit || is_spam_action(json_str(answer, "action"));
	symbols = json_get(answer, "symbols");
	for (const struct json *s = json_is_object(symbols) ? json_first(symbols) : NULL; s != NULL; s = json_next(s))
		add_rule(a, &f, text_of(json_key(s)), json_double(s, "score", 0), true);
	*ret = f;
	return true;
}

const char *
filter_rules_text(struct arena *a, const struct filter_answer *f, size_t most)
{
	struct str s = str_in(a, 2000);
	size_t told = 0;

	for (size_t i = 0; i < f->count && told < most; i++) {
		if (f->rules[i].known && f->rules[i].points > -0.05 && f->rules[i].points < 0.05)
			continue;
		told++;
		str_addf(&s, f->rules[i].known ? "%s%s (%.1f)" : "%s%s", s.n > 0 ? ", " : "", f->rules[i].name,
		    f->rules[i].points);
	}
	return s.p;
}
