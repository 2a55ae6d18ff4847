#include "mail/score_html.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/html.h"

#define SHOWN_MAX	300
#define URL_MAX		4096

struct attribute { struct text name, value; };

struct scan {
	struct arena		*arena;
	struct text		 rest;
	struct html_found	*found;
	struct html_link	*links;
	size_t			 size;
	size_t			 open;		/* index + 1 of the link whose text is being read */
	const char		*shown_from;
};

/* The tag's name; rest stands behind it. */
static struct text
tag_name(struct text *t)
{
	struct text name;
	size_t n = 0;

	while (n < t->n && (ascii_isalnum((unsigned char)t->p[n]) || t->p[n] == '-' || t->p[n] == ':'))
		n++;
	name = text_head(*t, n);
	*t = text_skip(*t, n);
	return name;
}

/* False at the end of the tag, which is then taken. */
static bool
next_attribute(struct text *t, struct attribute *ret)
{
	size_t n = 0;
	char quote;

	while (t->n > 0 && (ascii_isspace((unsigned char)t->p[0]) || t->p[0] == '/'))
		*t = text_skip(*t, 1);
	if (t->n == 0)
		return false;
	if (t->p[0] == '>') {
		*t = text_skip(*t, 1);
		return false;
	}
	while (n < t->n && !ascii_isspace((unsigned char)t->p[n]) && strchr("=>", t->p[n]) == NULL)
		n++;
	if (n == 0)			/* a lone "=" or NUL */
		n = 1;
	ret->name = text_head(*t, n);
	ret->value = (struct text){ "", 0 };
	*t = text_skip(*t, n);
	while (t->n > 0 && ascii_isspace((unsigned char)t->p[0]))
		*t = text_skip(*t, 1);
	if (t->n == 0 || t->p[0] != '=')
		return true;
	*t = text_skip(*t, 1);
	while (t->n > 0 && ascii_isspace((unsigned char)t->p[0]))
		*t = text_skip(*t, 1);
	if (t->n == 0)
		return true;
	quote = t->p[0];
	if (quote == '"' || quote == '\'') {
		const char *end = memchr(t->p + 1, quote, t->n - 1);

		n = end == NULL ? t->n - 1 : (size_t)(end - t->p - 1);
		ret->value = (struct text){ t->p + 1, n };
		*t = text_skip(*t, n + 2);
		return true;
	}
	for (n = 0; n < t->n && !ascii_isspace((unsigned char)t->p[n]) && t->p[n] != '>'; n++)
		;
	ret->value = text_head(*t, n);
	*t = text_skip(*t, n);
	return true;
}

static void
add_link(struct scan *s, struct text url, bool picture)
{
	if (s->found->link_count == HTML_LINKS_MAX)
		return;
	if (s->found->link_count == s->size) {
		s->size = s->size == 0 ? 32 : s->size * 2;
		s->links = arena_grow(s->arena, s->links, s->found->link_count, s->size, sizeof(*s->links));
	}
	/* What a person sees and what a browser follows: entities decoded, line ends dropped. */
	url = text_head(text_trim(url), URL_MAX);
	if (memchr(url.p, '&', url.n) != NULL && memchr(url.p, '<', url.n) == NULL)
		url = text_trim(html_to_text(s->arena, url));
	s->links[s->found->link_count++] = (struct html_link){ .url = url, .shown = { "", 0 }, .picture = picture };
}

static void
end_link(struct scan *s, const char *here)
{
	if (s->open == 0)
		return;
	s->links[s->open - 1].shown = text_trim(html_to_text(s->arena, text_head((struct text){ s->shown_from,
	    (size_t)(here - s->shown_from) }, 4 * SHOWN_MAX)));
	s->open = 0;
}

static bool
is_one(struct text t)
{
	return text_is(t, "1") || text_is(t, "0") || text_iis(t, "1px") || text_iis(t, "0px");
}

/* The text of <script> and <style> up to their end tags. */
static void
skip_raw(struct scan *s, const char *name)
{
	struct text end = text_of(arena_printf(s->arena, "</%s", name));
	size_t at;

	if (!text_ifind(s->rest, end, &at))
		at = s->rest.n;
	s->rest = text_skip(s->rest, at);
}

static void
open_tag(struct scan *s, struct text name, const char *tag_at)
{
	bool tiny = false, alt = false, refresh = false, data_script = false;
	struct text url = { NULL, 0 };
	struct attribute at;

	while (next_attribute(&s->rest, &at)) {
		if (text_iis(at.name, "href") || text_iis(at.name, "src"))
			url = at.value;
		else if (text_iis(at.name, "alt"))
			alt = true;
		else if ((text_iis(at.name, "width") || text_iis(at.name, "height")) && is_one(text_trim(at.value)))
			tiny = true;
		else if (text_iis(at.name, "http-equiv") && text_iis(at.value, "refresh"))
			refresh = true;
		else if (text_iis(at.name, "type") && text_iis(at.value, "application/ld+json"))
			data_script = true;
		else if (at.name.n > 4 && text_istarts(at.name, "on") && at.value.n > 0)
			s->found->scripts++;
	}
	if (url.p != NULL && (text_istarts(text_trim(url), "javascript:") ||
	    text_istarts(text_trim(url), "vbscript:")))
		s->found->scripts++;
	if (text_iis(name, "a") || text_iis(name, "area")) {
		end_link(s, tag_at);
		if (url.p == NULL)
			return;
		add_link(s, url, false);
		s->open = text_iis(name, "a") && s->found->link_count > 0 ? s->found->link_count : 0;
		s->shown_from = s->rest.p;
	} else if (text_iis(name, "img")) {
		s->found->pictures += !tiny;
		s->found->pictures_without_alt += !tiny && !alt;
		if (url.p != NULL)
			add_link(s, url, true);
	} else if (text_iis(name, "script")) {
		s->found->scripts += !data_script;
		skip_raw(s, "script");
	} else if (text_iis(name, "style"))
		skip_raw(s, "style");
	else if (text_iis(name, "form"))
		s->found->forms++;
	else if (text_iis(name, "iframe") || text_iis(name, "frame"))
		s->found->frames++;
	else if (text_iis(name, "object") || text_iis(name, "embed") || text_iis(name, "applet"))
		s->found->objects++;
	else if (text_iis(name, "meta"))
		s->found->refreshes += refresh;
}

void
html_find(struct arena *a, struct text html, struct html_found *ret)
{
	struct scan s = { .arena = a, .rest = html, .found = ret };
	struct attribute at;
	struct text name;
	const char *tag;
	size_t end;

	*ret = (struct html_found){ 0 };
	while ((tag = s.rest.n == 0 ? NULL : memchr(s.rest.p, '<', s.rest.n)) != NULL) {
		s.rest = text_skip(s.rest, (size_t)(tag - s.rest.p) + 1);
		if (text_starts(s.rest, "!--")) {
			s.rest = text_skip(s.rest, text_find(s.rest, TEXT("-->"), &end) ? end + 3 : s.rest.n);
			continue;
		}
		if (text_starts(s.rest, "/")) {
			s.rest = text_skip(s.rest, 1);
			name = tag_name(&s.rest);
			if (text_iis(name, "a"))
				end_link(&s, tag);
			while (next_attribute(&s.rest, &at))
				;
			continue;
		}
		name = tag_name(&s.rest);
		if (name.n > 0)
			open_tag(&s, name, tag);
	}
	end_link(&s, html.p + html.n);
	ret->links = s.links;
}
