/* The pieces that several pages share: verdicts, findings, states, pages of a table. */

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "web/page.h"

/* --- verdicts and states ------------------------------------------------------------------------ */

/* Worst first, as a page counts them; the symbol is for those who do not see the colour. */
static const struct { const char *verdict, *symbol; } verdicts[] = {
	{ "problem", "\xe2\x9c\x95" },		/* multiplication x */
	{ "warning", "!" },
	{ "unknown", "?" },
	{ "information", "i" },
	{ "ok", "\xe2\x9c\x93" },		/* check mark */
	{ "not_applicable", "\xe2\x80\x93" },	/* dash */
	{ "never", "\xe2\x8b\xaf" },		/* three dots: not checked yet */
};

#define VERDICT_COUNT	(sizeof(verdicts) / sizeof(verdicts[0]))

void
view_verdict(struct json *view, const struct exchange *x, const char *verdict)
{
	const char *symbol = "";

	if (verdict == NULL)
		verdict = "never";
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		if (strcmp(verdicts[i].verdict, verdict) == 0)
			symbol = verdicts[i].symbol;
	json_put_str(view, "verdict", verdict);
	json_put_str(view, "tone", verdict);
	json_put_str(view, "symbol", symbol);
	json_put_str(view, "word", say_word(x, "verdict", verdict));
}

void
view_counted(struct json *view, const struct exchange *x, const char *verdict, int64_t n)
{
	view_verdict(view, x, verdict);
	json_put_str(view, "word", say_count(x, arena_printf(x->arena, "pages.common.counted.%s", verdict), n));
}

void
view_summary(struct json *view, const struct exchange *x, const struct json *summary)
{
	struct json *counts = json_put_array(view, "counts");

	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		int64_t n = json_int(summary, verdicts[i].verdict, 0);

		if (n != 0)
			view_counted(json_add_object(counts), x, verdicts[i].verdict, n);
	}
}

/* How a state of a plan or an entry looks: the tones of the verdicts. */
static const struct { const char *state, *tone, *symbol; } states[] = {
	{ "planned", "information", "i" },
	{ "applying", "running", "\xe2\x8b\xaf" },
	{ "undoing", "running", "\xe2\x8b\xaf" },
	{ "applied", "running", "\xe2\x8b\xaf" },
	{ "verified", "ok", "\xe2\x9c\x93" },
	{ "undone", "not_applicable", "\xe2\x86\xb6" },
	{ "conflict", "warning", "!" },
	{ "failed", "problem", "\xe2\x9c\x95" },
	{ "not_applied", "problem", "\xe2\x9c\x95" },
	{ "partly", "problem", "\xe2\x9c\x95" },
	{ "unknown", "unknown", "?" },
	{ "accepted", "information", "i" },
	{ "restored", "ok", "\xe2\x9c\x93" },
	{ "refused", "warning", "!" },
	{ "expired", "not_applicable", "\xe2\x80\x93" },
};

void
view_state(struct json *view, const struct exchange *x, const char *state)
{
	const char *tone = "unknown", *symbol = "?";

	if (state == NULL)
		state = "unknown";
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0) {
			tone = states[i].tone;
			symbol = states[i].symbol;
		}
	json_put_str(view, "state", state);
	json_put_str(view, "tone", tone);
	json_put_str(view, "symbol", symbol);
	json_put_str(view, "word", say_word(x, "state", state));
	json_put_bool(view, "running", strcmp(tone, "running") == 0);
}

/* --- evidence ----------------------------------------------------------------------------------- */

static void
put_meta(struct json *list, const struct exchange *x, const char *word, const char *value)
{
	struct json *one;

	if (value == NULL || value[0] == '\0')
		return;
	one = json_add_object(list);
	json_put_str(one, "name", say_word(x, "evidence", word));
	json_put_str(one, "value", value);
}

/* One of evidence's values: a time and a DNS answer in words, lists as they are. */
static const char *
shown(const struct exchange *x, const struct json *v)
{
	const char *key = json_key(v), *s = json_value_str(v);
	int64_t at;

	if (json_is_null(v))
		return NULL;
	if (json_is_bool(v))
		return say_word(x, "yes_no", json_value_bool(v, false) ? "true" : "false");
	if (json_is_object(v) || json_is_array(v))
		return json_print_pretty(x->arena, v);
	if (s == NULL)
		return json_print(x->arena, v);
	if (strcmp(key, "at") == 0 && time_parse(text_of(s), &at))
		return lang_time(x->arena, x->lang, at);
	return strcmp(key, "rcode") == 0 ? say_word(x, "rcode", s) : s;
}

static void
put_evidence(struct json *list, const struct exchange *x, const struct json *e)
{
	struct json *one = json_add_object(list), *meta;
	const char *kind = json_str(e, "kind");
	bool dns = kind != NULL && strcmp(kind, "dns") == 0;

	json_put_str(one, "kind", say_word(x, "evidence", kind));
	if (dns) {
		json_put_bool(one, "dns", true);
		json_put_str(one, "question", arena_printf(x->arena, "%s %s", json_str(e, "name"),
		    json_str(e, "type")));
		json_put_copy(one, "values", json_get(e, "values"));
	}
	meta = json_put_array(one, "meta");
	for (const struct json *v = json_first(e); v != NULL; v = json_next(v)) {
		const char *key = json_key(v);

		if (strcmp(key, "kind") == 0 || (dns && (strcmp(key, "name") == 0 ||
		    strcmp(key, "type") == 0 || strcmp(key, "values") == 0)))
			continue;
		put_meta(meta, x, key, shown(x, v));
	}
}

/* --- findings ----------------------------------------------------------------------------------- */

static bool
is_quiet(const struct json *f)
{
	const char *verdict = json_str(f, "verdict");

	return verdict != NULL && (strcmp(verdict, "ok") == 0 || strcmp(verdict, "not_applicable") == 0);
}

static void
put_finding(struct json *list, const struct exchange *x, const struct json *f, const char *ascii)
{
	const char *owner = json_str(f, "owner"), *subject = json_str(f, "subject");
	const char *severity = json_str(f, "severity"), *guide = json_str(f, "guide");
	const char *verdict = json_str(f, "verdict") != NULL ? json_str(f, "verdict") : "unknown";
	struct json *one = json_add_object(list), *remedies, *evidence;
	bool admin = x->role == ROLE_ADMIN, theirs;

	if (owner == NULL)
		owner = "provider";
	if (subject == NULL)
		subject = ascii;
	/* Nothing red that this person cannot change. */
	theirs = !admin && strcmp(owner, "provider") == 0;

	json_put_null(one, "anchor");
	json_put_copy(one, "id", json_get(f, "id"));
	json_put_copy(one, "check", json_get(f, "check"));
	view_verdict(one, x, verdict);
	if (theirs)
		json_put_str(one, "tone", "neutral");
	json_put_bool(one, "neutral", theirs && !is_quiet(f));
	json_put_str(one, "severity", severity == NULL || theirs ? NULL : say_word(x, "severity", severity));
	json_put_copy(one, "title", json_get(f, "title"));
	json_put_copy(one, "text", json_get(f, "text"));
	json_put_copy(one, "detail", json_get(f, "detail"));
	json_put_str(one, "subject", strcmp(subject, ascii) == 0 ? NULL : subject);
	/* Who can mend it, where there is something to mend. */
	json_put_str(one, "owner", is_quiet(f) || strcmp(verdict, "unknown") == 0 ? NULL :
	    say_word(x, admin ? "owner_admin" : "owner", owner));
	if (guide != NULL) {
		json_put_str(one, "guide", guide);
		json_put_str(one, "guide_link", link_to(x, "/guide/%s", guide));
	}
	if (json_int(f, "affects", 0) > 0 && !is_quiet(f) && strcmp(verdict, "unknown") != 0)
		json_put_str(one, "affects", say_count(x, "pages.common.affects", json_int(f, "affects", 0)));
	if (json_str(f, "parent") != NULL)
		view_reference(json_put_object(one, "parent"), x, json_str(f, "parent"));
	remedies = json_put_array(one, "fixes");
	if (!theirs)
		for (const struct json *v = json_first(json_get(f, "fixes")); v != NULL; v = json_next(v))
			view_fix(remedies, x, v, subject, ascii, json_get(f, "data"));
	evidence = json_put_array(one, "evidence");
	for (const struct json *v = json_first(json_get(f, "evidence")); v != NULL; v = json_next(v))
		put_evidence(evidence, x, v);
	json_put_bool(one, "has_proof", json_count(evidence) > 0 || json_count(json_get(f, "data")) > 0 ||
	    (json_str(f, "detail") != NULL && json_str(f, "detail")[0] != '\0'));
	if (json_count(json_get(f, "data")) > 0)
		json_put_str(one, "figures", json_print_pretty(x->arena, json_get(f, "data")));
	/* Only what alarms can be acknowledged. */
	if (!theirs && (strcmp(verdict, "problem") == 0 || strcmp(verdict, "warning") == 0))
		json_put_bool(one, "can_acknowledge", true);
}

/* Known, and accepted for now: folded away, not forgotten. */
static bool
is_accepted(const struct json *report, const struct json *f)
{
	const char *id = json_str(f, "id");

	for (const struct json *a = json_first(json_get(report, "acknowledged")); a != NULL; a = json_next(a)) {
		const char *finding = json_str(a, "finding");

		if (id != NULL && finding != NULL && strcmp(id, finding) == 0)
			return true;
	}
	return false;
}

const char *
view_reference(struct json *view, const struct exchange *x, const char *reference)
{
	const char *at = strchr(reference, '@'), *of = at == NULL ? "server" : at + 1;
	const char *id = at == NULL ? reference : arena_strndup(x->arena, reference, (size_t)(at - reference));

	view_verdict(view, x, verdict_word(finding_row_verdict(id)));
	json_put_str(view, "id", reference);
	json_put_str(view, "title", say_finding(x, id));
	json_put_str(view, "of", of);
	json_put_str(view, "subject", say_target(x, of));
	return id;
}

void
view_findings(struct json *view, const struct exchange *x, const struct json *report)
{
	const struct json *target = json_get(report, "target");
	const char *kind = json_str(target, "kind");
	const char *ascii = kind != NULL && strcmp(kind, "server") == 0 ? "server" : json_str(target, "ascii");
	struct json *findings = json_put_array(view, "findings"), *quiet = json_put_array(view, "quiet");
	struct json *accepted = json_put_array(view, "accepted"), *list;

	if (ascii == NULL)
		ascii = "server";
	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f))
		put_finding(is_quiet(f) ? quiet : is_accepted(report, f) ? accepted : findings, x, f, ascii);
	json_put_bool(view, "has_findings", json_count(findings) > 0);
	if (json_count(accepted) > 0)
		json_put_str(view, "accepted_title", say_count(x, "pages.common.accepted", (int64_t)json_count(accepted)));
	if (json_count(quiet) > 0)
		json_put_str(view, "quiet_title", say_count(x, "pages.common.quiet", (int64_t)json_count(quiet)));
	/* Server matters: one neutral line for customers, references for who can look. */
	if (json_count(json_get(report, "server_findings")) > 0) {
		json_put_bool(view, "server_matters", true);
		list = json_put_array(view, "server_findings");
		for (const struct json *v = json_first(json_get(report, "server_findings")); v != NULL; v = json_next(v))
			view_reference(json_add_object(list), x, json_value_str(v));
	}
}

void
view_acknowledged(struct json *view, const struct exchange *x, const struct json *acknowledged)
{
	struct json *list = json_put_array(view, "acknowledged");

	for (const struct json *a = json_first(acknowledged); a != NULL; a = json_next(a)) {
		struct json *one = json_add_object(list);

		json_put_copy(one, "finding", json_get(a, "finding"));
		json_put_str(one, "title", say_finding(x, json_str(a, "finding")));
		json_put_copy(one, "login", json_get(a, "login"));
		json_put_str(one, "note", json_str(a, "note") == NULL || json_str(a, "note")[0] == '\0' ? NULL :
		    json_str(a, "note"));
		view_time(one, x, "at", time_of(a, "at"));
		view_time(one, x, "until", time_of(a, "until"));
	}
	json_put_bool(view, "has_acknowledged", json_count(list) > 0);
}

void
view_arriving(struct json *view, const struct exchange *x, const struct json *progress)
{
	struct json *list = json_put_array(view, "arriving");

	for (const struct json *p = json_first(progress); p != NULL; p = json_next(p)) {
		struct json *one = json_add_object(list);
		const char *verdict = json_str(p, "verdict");

		json_put_copy(one, "check", json_get(p, "check"));
		json_put_str(one, "name", say_check(x, json_str(p, "check")));
		json_put_bool(one, "open", verdict == NULL);
		view_verdict(one, x, verdict);
	}
	json_put_bool(view, "has_arriving", json_count(list) > 0);
}

void
view_history(struct json *view, const struct exchange *x, const struct json *history)
{
	struct json *list = json_put_array(view, "history");

	for (const struct json *h = json_first(history); h != NULL; h = json_next(h)) {
		struct json *one = json_add_object(list);

		view_time(one, x, "at", time_of(h, "at"));
		json_put_str(one, "check", say_check(x, json_str(h, "check")));
		if (json_str(h, "before") != NULL)
			view_verdict(json_put_object(one, "before"), x, json_str(h, "before"));
		view_verdict(json_put_object(one, "after"), x, json_str(h, "after"));
	}
	json_put_bool(view, "has_history", json_count(list) > 0);
}

void
view_problems(struct json *view, const struct exchange *x, const char *key, const struct json *problems)
{
	struct json *list = json_put_array(view, key);

	for (const struct json *p = json_first(problems); p != NULL; p = json_next(p)) {
		struct json *one = json_add_object(list);
		const char *severity = json_str(p, "severity");

		view_verdict(one, x, severity == NULL || strcmp(severity, "info") == 0 ? "information" :
		    strcmp(severity, "error") == 0 ? "problem" : "warning");
		json_put_copy(one, "code", json_get(p, "code"));
		json_put_copy(one, "message", json_get(p, "message"));
	}
}

/* --- pages of a table --------------------------------------------------------------------------- */

/* The present query without `page`, ready for more. */
static const char *
query_without_page(const struct exchange *x)
{
	struct str s = str_in(x->arena, QUERY_BYTES_MAX * 3);

	for (size_t i = 0; i < x->req->query.count; i++) {
		const struct field *f = &x->req->query.v[i];

		if (strcmp(f->name, "page") == 0 || strcmp(f->name, "format") == 0 || strcmp(f->name, "after") == 0 ||
		    strcmp(f->name, "before") == 0 || strcmp(f->name, "keep") == 0 || f->value.n == 0)
			continue;
		str_addf(&s, "%s=%s&", url_encode(x->arena, text_of(f->name)), url_encode(x->arena, f->value));
	}
	return str_ok(&s) ? s.p : "";
}

void
view_pages(struct json *view, const struct exchange *x, const char *path, size_t page,
    size_t per_page, size_t total)
{
	size_t last = per_page == 0 ? 1 : (total + per_page - 1) / per_page;
	struct json *pages = json_put_object(view, "pages");
	const char *query = query_without_page(x);

	if (last == 0)
		last = 1;
	json_put_int(pages, "total", (int64_t)total);
	json_put_str(pages, "text", say2(x, "pages.common.page_of", "page",
	    lang_int(x->arena, x->lang, (int64_t)page), "last", lang_int(x->arena, x->lang, (int64_t)last)));
	json_put_bool(pages, "several", last > 1);
	json_put_str(pages, "previous", page <= 1 ? NULL : link_to(x, "%s?%spage=%zu", path, query,
	    page - 1 > last ? last : page - 1));
	json_put_str(pages, "next", page >= last ? NULL : link_to(x, "%s?%spage=%zu", path, query, page + 1));
	json_put_str(pages, "csv", link_to(x, "%s?%sformat=csv", path, query));
}
