#include "web/markdown.h"

#include <string.h>

#include "web/mustache.h"

struct writer {
	struct str	*out;
	const char	*base;
	const char	*open;		/* the block that is open: "p", "ul", "ol", "table" or NULL */
};

/* --- inside a line ------------------------------------------------------------------------------ */

static bool
link_allowed(struct text url)
{
	return text_starts(url, "https://") || text_starts(url, "http://") || text_starts(url, "mailto:") ||
	    text_starts(url, "#") || (text_starts(url, "/") && !text_starts(url, "//"));
}

/* [text](url); returns the length taken, 0 = it is none. */
static size_t
inline_link(struct writer *w, struct text t)
{
	struct text label, url;
	size_t close, end;

	if (!text_find(t, TEXT("]("), &close) || !text_find(text_skip(t, close), TEXT(")"), &end))
		return 0;
	label = text_head(text_skip(t, 1), close - 1);
	url = text_head(text_skip(t, close + 2), end - 2);
	if (!link_allowed(url))
		return 0;
	str_add(w->out, "<a href=\"");
	if (url.p[0] == '/')
		html_escape(w->out, text_of(w->base));
	html_escape(w->out, url);
	str_add(w->out, "\">");
	html_escape(w->out, label);
	str_add(w->out, "</a>");
	return close + end + 1;
}

/* `x`, **x**, *x*; returns the length taken, 0 = it is none. */
static size_t
inline_mark(struct writer *w, struct text t)
{
	static const struct { const char *mark, *tag; } marks[] = {
		{ "`", "code" }, { "**", "strong" }, { "*", "em" },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t n = strlen(marks[i].mark), end;

		if (!text_starts(t, marks[i].mark) ||
		    !text_find(text_skip(t, n), text_of(marks[i].mark), &end) || end == 0)
			continue;
		str_addf(w->out, "<%s>", marks[i].tag);
		html_escape(w->out, text_head(text_skip(t, n), end));
		str_addf(w->out, "</%s>", marks[i].tag);
		return 2 * n + end;
	}
	return 0;
}

static void
inline_text(struct writer *w, struct text t)
{
	size_t from = 0, i = 0;

	while (i < t.n) {
		struct text rest = text_skip(t, i);
		size_t taken;

		if (t.p[i] != '[' && t.p[i] != '`' && t.p[i] != '*') {
			i++;
			continue;
		}
		html_escape(w->out, text_head(text_skip(t, from), i - from));
		from = i;
		taken = t.p[i] == '[' ? inline_link(w, rest) : inline_mark(w, rest);
		if (taken == 0)
			i++;
		else
			from = i += taken;
	}
	html_escape(w->out, text_skip(t, from));
}

/* --- blocks ------------------------------------------------------------------------------------- */

static void
close_block(struct writer *w)
{
	if (w->open == NULL)
		return;
	if (strcmp(w->open, "table") == 0)
		str_add(w->out, "</tbody></table></div>\n");
	else
		str_addf(w->out, "</%s>\n", w->open);
	w->open = NULL;
}

static void
open_block(struct writer *w, const char *block)
{
	if (w->open != NULL && strcmp(w->open, block) == 0)
		return;
	close_block(w);
	str_addf(w->out, "<%s>", block);
	w->open = block;
}

static bool
is_ruler(struct text line)
{
	for (size_t i = 0; i < line.n; i++)
		if (strchr("|-: ", line.p[i]) == NULL)
			return false;
	return line.n > 0;
}

static void
table_row(struct writer *w, struct text line)
{
	bool head = w->open == NULL || strcmp(w->open, "table") != 0;
	struct text cell;

	if (head) {
		close_block(w);
		str_add(w->out, "<div class=\"scroll\"><table><thead>");
		w->open = "table";
	} else if (is_ruler(line))
		return;
	line = text_skip(line, 1);
	if (text_ends(line, "|"))
		line.n--;
	str_add(w->out, "<tr>");
	while (text_split(&line, '|', &cell)) {
		str_add(w->out, head ? "<th scope=\"col\">" : "<td>");
		inline_text(w, text_trim(cell));
		str_add(w->out, head ? "</th>" : "</td>");
	}
	str_add(w->out, head ? "</tr></thead><tbody>\n" : "</tr>\n");
}

static void
heading(struct writer *w, struct text line)
{
	size_t level = 0;

	while (level < line.n && line.p[level] == '#')
		level++;
	close_block(w);
	/* The page has its h1 already. */
	str_addf(w->out, "<h%zu>", level < 2 ? (size_t)2 : level > 4 ? (size_t)4 : level);
	inline_text(w, text_trim(text_skip(line, level)));
	str_addf(w->out, "</h%zu>\n", level < 2 ? (size_t)2 : level > 4 ? (size_t)4 : level);
}

/* "1. " */
static size_t
number_mark(struct text line)
{
	size_t n = 0;

	while (n < line.n && ascii_isdigit((unsigned char)line.p[n]))
		n++;
	return n > 0 && text_starts(text_skip(line, n), ". ") ? n + 2 : 0;
}

void
markdown_html(struct text source, const char *base, struct str *out)
{
	struct writer w = { out, base, NULL };
	struct text raw;
	bool code = false, item = false;

	while (text_line(&source, &raw)) {
		struct text line = text_trim(raw);

		if (text_starts(line, "```")) {
			if (!code)
				close_block(&w);
			str_add(out, code ? "</code></pre>\n" : "<pre><code>");
			code = !code;
			continue;
		}
		if (code) {
			html_escape(out, raw);
			str_addc(out, '\n');
		} else if (line.n == 0) {
			/* A list goes on over a blank line when an item follows. */
			if (w.open != NULL && strcmp(w.open, "p") == 0)
				close_block(&w);
			item = false;
		} else if (line.p[0] == '#') {
			heading(&w, line);
			item = false;
		} else if (line.p[0] == '|') {
			table_row(&w, line);
		} else if (text_starts(line, "- ") || number_mark(line) > 0) {
			size_t n = number_mark(line);

			open_block(&w, n > 0 ? "ol" : "ul");
			str_add(out, "<li>");
			inline_text(&w, text_skip(line, n > 0 ? n : 2));
			item = true;
		} else if (item) {
			str_addc(out, ' ');
			inline_text(&w, line);
		} else {
			if (w.open == NULL || strcmp(w.open, "p") != 0)
				open_block(&w, "p");
			else
				str_addc(out, '\n');
			inline_text(&w, line);
		}
	}
	if (code)
		str_add(out, "</code></pre>\n");
	close_block(&w);
}
