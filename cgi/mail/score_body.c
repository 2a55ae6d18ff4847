/* What the recipient reads: parts, text beside HTML, pictures, links. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/html.h"
#include "mail/link.h"
#include "mail/mime_decode.h"
#include "mail/score_html.h"
#include "mail/score_parts.h"

#define DECODE_MAX	(256 * 1024)
#define HTML_SHOWN_MAX	(102 * 1024)	/* Gmail shows no more of a message */
#define WORDS_MAX	20000
#define MULTIPARTS_MAX	20

struct body {
	struct score_content	*content;
	const struct mime_part	*text, *html;
	size_t			 attachments;
	struct text		 plain, source, visible;	/* decoded; source: the HTML */
	struct html_found	 found;
};

static bool
inside_message(const struct mime *m, const struct mime_part *p)
{
	for (size_t at = p->parent; at != MIME_NONE; at = m->parts[at].parent)
		if (strncmp(m->parts[at].type, "message/", 8) == 0)
			return true;
	return false;
}

static void
find_parts(struct body *b)
{
	const struct mime *m = b->content->mime;

	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part *p = &m->parts[i];

		if (inside_message(m, p) || strncmp(p->type, "multipart/", 10) == 0)
			continue;
		if (p->attachment || strncmp(p->type, "text/", 5) != 0)
			b->attachments++;
		else if (strcmp(p->type, "text/html") == 0)
			b->html = b->html != NULL ? b->html : p;
		else if (strcmp(p->type, "text/plain") == 0)
			b->text = b->text != NULL ? b->text : p;
	}
}

/* --- MIME, RFC 2045 --------------------------------------------------------------------------------- */

static bool
has_high(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] >= 128)
			return true;
	return false;
}

static bool
bad_base64(struct text t)
{
	t = text_head(t, DECODE_MAX);
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && !ascii_isspace((unsigned char)t.p[i]) &&
		    t.p[i] != '+' && t.p[i] != '/' && t.p[i] != '=')
			return true;
	return false;
}

static void
mime_fault(struct score_items *items, const char *type)
{
	if (!score_has(items, "mime_broken"))
		score_value(items, score_add(items, "mime_broken", PROBLEM_WARNING, -10, NULL), "part",
		    text_of(type));
}

static void
judge_multipart(struct score_items *items, const struct mime *m, size_t at)
{
	const struct mime_part *p = &m->parts[at];
	struct text type = mime_value(items->arena, p, "Content-Type");
	const char *boundary = mime_param(items->arena, type, "boundary");
	size_t where;

	if (boundary == NULL || boundary[0] == '\0' || at + 1 == m->count || m->parts[at + 1].parent != at ||
	    !text_find(p->body, text_of(arena_printf(items->arena, "--%s--", boundary)), &where))
		mime_fault(items, p->type);
}

static void
judge_mime(struct body *b)
{
	const struct mime *m = b->content->mime;
	struct score_items *items = &b->content->items;
	struct text value;
	size_t multiparts = 0;

	if (mime_field(&m->parts[0], "Content-Type", &value) &&
	    !mime_field(&m->parts[0], "MIME-Version", &value))
		score_add(items, "mime_version", PROBLEM_WARNING, -3, NULL);
	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part *p = &m->parts[i];

		if (inside_message(m, p))
			continue;
		if (strncmp(p->type, "multipart/", 10) == 0) {
			if (multiparts++ < MULTIPARTS_MAX)
				judge_multipart(items, m, i);
		} else if (p->encoding == MIME_UNKNOWN || (p->encoding == MIME_BASE64 && bad_base64(p->body)))
			mime_fault(items, p->type);
	}
	if (m->too_many || m->too_deep || m->head_cut)
		mime_fault(items, m->parts[0].type);
}

/* Octets over 127 as they are need a word about it: 8bit and a character set. */
static void
judge_8bit(struct body *b, const struct mime_part *p)
{
	struct score_items *items = &b->content->items;
	struct text encoding;

	if (p == NULL || p->encoding != MIME_IDENTITY || !has_high(text_head(p->body, DECODE_MAX)) ||
	    score_has(items, "body_8bit"))
		return;
	encoding = mime_value(items->arena, p, "Content-Transfer-Encoding");
	if (p->charset == NULL || (!text_istarts(encoding, "8bit") && !text_istarts(encoding, "binary")))
		score_add(items, "body_8bit", PROBLEM_WARNING, -3, NULL);
}

/* --- both say the same --------------------------------------------------------------------------------- */

static bool
is_word(unsigned char c)
{
	return ascii_isalnum(c) || c >= 128;
}

/* Words of at least three octets, in lower case, each once; addresses are passed over. */
static struct map *
words_of(struct arena *a, struct text t)
{
	struct map *words = map_new(a);
	struct text word;
	size_t n;

	while (t.n > 0 && map_count(words) < WORDS_MAX) {
		if (text_istarts(t, "http://") || text_istarts(t, "https://")) {
			for (n = 0; n < t.n && (unsigned char)t.p[n] > ' ' && strchr("<>\")]", t.p[n]) == NULL; n++)
				;
			t = text_skip(t, n);
			continue;
		}
		for (n = 0; n < t.n && is_word((unsigned char)t.p[n]); n++)
			;
		word = text_head(t, n);
		t = text_skip(t, n > 0 ? n : 1);
		if (word.n >= 3 && word.n <= 60) {
			char *s = text_cstr(a, word);

			utf8_lower(s, word.n);
			map_put(words, s, words);
		}
	}
	return words;
}

static size_t
in_both(const struct map *one, const struct map *other)
{
	const char *key;
	size_t n = 0;

	for (size_t i = 0; i < map_count(one); i++) {
		map_at(one, i, &key);
		n += map_get(other, key) != NULL;
	}
	return n;
}

/* Half of the words of each must be in the other: layouts add words, but not that many. */
static void
judge_same(struct body *b)
{
	struct arena *a = b->content->items.arena;
	struct map *plain, *visible;
	size_t both, n_plain, n_visible;

	plain = words_of(a, b->plain);
	visible = words_of(a, b->visible);
	n_plain = map_count(plain);
	n_visible = map_count(visible);
	both = in_both(plain, visible);
	if (n_plain == 0 && n_visible > 0)
		score_add(&b->content->items, "text_missing", PROBLEM_WARNING, -5, NULL);
	else if (n_visible >= 4 && n_plain < WORDS_MAX && n_visible < WORDS_MAX &&
	    (both * 2 < n_visible || both * 2 < n_plain))
		score_add(&b->content->items, "text_differs", PROBLEM_WARNING, -5, NULL);
}

/* --- HTML ------------------------------------------------------------------------------------------------- */

static void
count_item(struct score_items *items, const char *code, enum problem_severity severity, int points, size_t count)
{
	if (count > 0)
		score_value_int(items, score_add(items, code, severity, points, NULL), "count", (int64_t)count);
}

static void
judge_html(struct body *b)
{
	struct score_items *items = &b->content->items;
	const struct html_found *f = &b->found;

	count_item(items, "html_script", PROBLEM_ERROR, -10, f->scripts);
	count_item(items, "html_form", PROBLEM_WARNING, -5, f->forms);
	count_item(items, "html_frame", PROBLEM_WARNING, -5, f->frames);
	count_item(items, "html_object", PROBLEM_WARNING, -5, f->objects);
	count_item(items, "html_refresh", PROBLEM_WARNING, -5, f->refreshes);
	count_item(items, "image_no_alt", PROBLEM_INFO, -2, f->pictures_without_alt);
	if (f->pictures > 0 && b->visible.n < 100)
		score_value_int(items, score_add(items, "image_only", PROBLEM_WARNING, -10, NULL), "letters",
		    (int64_t)b->visible.n);
	else if (f->pictures > 2 && b->visible.n < 500 && b->visible.n * 5 < b->source.n)
		score_value_int(items, score_add(items, "image_heavy", PROBLEM_INFO, -3, NULL), "letters",
		    (int64_t)b->visible.n);
	if (b->source.n > HTML_SHOWN_MAX)
		score_value_int(items, score_add(items, "html_big", PROBLEM_WARNING, -3, NULL), "kilobytes",
		    (int64_t)(b->source.n / 1024));
}

/* --- links -------------------------------------------------------------------------------------------------- */

static void
link_item(struct score_content *c, const char *code, enum problem_severity severity, int points, struct text url)
{
	if (!score_has(&c->items, code))
		score_value(&c->items, score_add(&c->items, code, severity, points, NULL), "url",
		    text_head(url, 120));
}

static void
judge_link(struct score_content *c, struct text url, struct text shown, bool picture)
{
	struct arena *a = c->items.arena;
	struct score_item *item;
	struct link link;
	struct name seen;

	if (!link_parse(a, url, &link))
		return;
	score_note_domain(c, link.host);
	if (link.address.family != 0)
		link_item(c, "link_address", PROBLEM_ERROR, -10, url);
	if (picture)
		return;
	if (link.user)
		link_item(c, "link_user", PROBLEM_ERROR, -10, url);
	if (!link.secure && link.web)
		link_item(c, "link_http", PROBLEM_WARNING, -3, url);
	if (link.odd_port)
		link_item(c, "link_port", PROBLEM_WARNING, -3, url);
	if (link.host.s != NULL && score_in_list(&c->data->message.shorteners, link.host.s))
		link_item(c, "link_shortener", PROBLEM_WARNING, -5, url);
	if ((link.host.s != NULL || link.address.family != 0) && link_shown(a, shown, &seen) &&
	    !score_same_domain(a, c->psl, seen, link.host) && !score_has(&c->items, "link_other")) {
		item = score_add(&c->items, "link_other", PROBLEM_ERROR, -10, NULL);
		score_value(&c->items, item, "shown", text_of(seen.s));
		score_value(&c->items, item, "target", link.host.s != NULL ? text_of(link.host.s) : url);
	}
}

/* Addresses in a text without marks. */
static void
links_of_text(struct score_content *c, struct text t)
{
	struct text none = { "", 0 };
	size_t at, n, count = 0;

	while (text_ifind(t, TEXT("http"), &at) && count < HTML_LINKS_MAX) {
		t = text_skip(t, at);
		if (!text_istarts(t, "http://") && !text_istarts(t, "https://")) {
			t = text_skip(t, 4);
			continue;
		}
		for (n = 0; n < t.n && (unsigned char)t.p[n] > ' ' && strchr("<>\")]", t.p[n]) == NULL; n++)
			;
		judge_link(c, text_head(t, n), none, false);
		t = text_skip(t, n);
		count++;
	}
}

void
score_body(struct score_content *c)
{
	struct body b = { .content = c };
	struct arena *a = c->items.arena;

	find_parts(&b);
	judge_mime(&b);
	judge_8bit(&b, b.text);
	judge_8bit(&b, b.html);
	b.plain = b.text == NULL ? TEXT("") : text_trim(mime_decode_text(a, b.text, DECODE_MAX, NULL));
	b.source = b.html == NULL ? TEXT("") : mime_decode_text(a, b.html, DECODE_MAX, NULL);
	b.visible = text_trim(html_to_text(a, b.source));
	html_find(a, b.source, &b.found);
	if (b.plain.n == 0 && b.visible.n == 0 && b.found.pictures == 0 && b.attachments == 0 &&
	    !score_has(&c->items, "mime_broken"))
		score_add(&c->items, "body_empty", PROBLEM_WARNING, -10, NULL);
	if (b.html != NULL && b.text == NULL)
		score_add(&c->items, "text_missing", PROBLEM_WARNING, -5, NULL);
	else if (b.html != NULL)
		judge_same(&b);
	if (b.html != NULL)
		judge_html(&b);
	for (size_t i = 0; i < b.found.link_count; i++)
		judge_link(c, b.found.links[i].url, b.found.links[i].shown, b.found.links[i].picture);
	links_of_text(c, b.plain);
}
