/* Files that come with a message: what receivers refuse, and how big it all is. */

#include <string.h>

#include "base/arena.h"
#include "mail/mime_decode.h"
#include "mail/score_parts.h"

#define OPEN_MAX	20
#define DECODE_MAX	(256 * 1024)
#define ZIP_MAX		(8u * 1024 * 1024)	/* of all archives together: what is forbidden may stand far behind */
#define SIZE_LIMIT	(10u * 1024 * 1024)
#define ENTRIES_MAX	2000

static const char *
ending_of(struct arena *a, struct text name)
{
	struct text end = { NULL, 0 };

	while (name.n > 0 && (name.p[name.n - 1] == '.' || name.p[name.n - 1] == ' '))	/* as Windows does */
		name.n--;
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '.') {
			end = text_skip(name, i);
			break;
		}
	if (end.n == 0 || end.n > 20)
		return "";
	char *s = text_cstr(a, end);
	utf8_lower(s, strlen(s));
	return s;
}

static bool
in_list(const struct text_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->v[i], word) == 0)
			return true;
	return false;
}

static struct text
file_name(struct arena *a, const struct mime_part *p)
{
	const char *name = mime_param(a, mime_value(a, p, "Content-Disposition"), "filename");

	if (name == NULL)
		name = mime_param(a, mime_value(a, p, "Content-Type"), "name");
	return name == NULL ? (struct text){ NULL, 0 } : mime_decode_words(a, text_of(name));
}

static void
told(struct score_content *c, const char *code, enum problem_severity severity, int points, struct text name)
{
	if (!score_has(&c->items, code))
		score_value(&c->items, score_add(&c->items, code, severity, points, NULL), "file", name);
}

static void
judge_name(struct score_content *c, struct text name, struct text outer)
{
	const char *ending = ending_of(c->items.arena, name);

	if (in_list(&c->data->message.programs, ending))
		told(c, "attachment_program", PROBLEM_ERROR, -20, outer);
	else if (in_list(&c->data->message.macros, ending) || text_iends(name, "vbaproject.bin"))
		told(c, "attachment_macro", PROBLEM_WARNING, -10, outer);
}

static unsigned
two(struct text t, size_t at)
{
	return (unsigned char)t.p[at] | (unsigned)(unsigned char)t.p[at + 1] << 8;
}

/* Local file headers of a zip (APPNOTE 4.3.7), wherever they stand: names and the bit for encryption. */
static void
judge_zip(struct score_content *c, struct text zip, struct text outer)
{
	struct text name;
	size_t at, entries = 0;

	while (entries++ < ENTRIES_MAX && text_find(zip, TEXT("PK\003\004"), &at)) {
		zip = text_skip(zip, at);
		if (zip.n < 30)
			return;
		name = text_head(text_skip(zip, 30), two(zip, 26));
		if (two(zip, 6) & 1)
			told(c, "attachment_encrypted", PROBLEM_WARNING, -10, outer);
		judge_name(c, name, outer);
		zip = text_skip(zip, 30);
	}
}

/* What a file is, whatever its name: a program of Windows, an archive, an old Office file with macros. */
static void
judge_bytes(struct score_content *c, struct text bytes, struct text name)
{
	static const char macro[] = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T";
	size_t at;

	if (text_starts(bytes, "PK\003\004"))
		judge_zip(c, bytes, name);
	else if (text_starts(bytes, "MZ") && bytes.n > 64 && text_find(bytes, TEXT("PE\0\0"), &at))
		told(c, "attachment_program", PROBLEM_ERROR, -20, name);
	else if (text_starts(bytes, "\xd0\xcf\x11\xe0") &&
	    text_find(bytes, (struct text){ macro, sizeof(macro) - 1 }, &at))
		told(c, "attachment_macro", PROBLEM_WARNING, -10, name);
	/* RAR 4 and 5 with the list of files itself encrypted, or the first file. */
	else if ((text_starts(bytes, "Rar!\x1a\x07\x01") && bytes.n > 13 && bytes.p[13] == 4) ||
	    (bytes.n > 12 && text_starts(bytes, "Rar!\x1a\x07") && bytes.p[6] == 0 && (two(bytes, 10) & 0x80)))
		told(c, "attachment_encrypted", PROBLEM_WARNING, -10, name);
}

/* As much of a file as is looked at; archives to their end, while there is room. */
static struct text
bytes_of(struct score_content *c, const struct mime_part *p, size_t *room)
{
	bool cut;
	struct text bytes = mime_decode(c->items.arena, p, DECODE_MAX, &cut);

	if (cut && text_starts(bytes, "PK\003\004") && *room > DECODE_MAX) {
		bytes = mime_decode(c->items.arena, p, *room, NULL);
		*room -= bytes.n;
	}
	return bytes;
}

void
score_attachments(struct score_content *c)
{
	size_t opened = 0, room = ZIP_MAX;

	for (size_t i = 0; i < c->mime->count; i++) {
		const struct mime_part *p = &c->mime->parts[i];
		struct text name = file_name(c->items.arena, p);

		if (strncmp(p->type, "multipart/", 10) == 0 || strncmp(p->type, "message/", 8) == 0)
			continue;
		if (name.n > 0)
			judge_name(c, name, name);
		else if (!p->attachment && (strncmp(p->type, "text/", 5) == 0 || strncmp(p->type, "image/", 6) == 0))
			continue;
		if (opened++ < OPEN_MAX)
			judge_bytes(c, bytes_of(c, p, &room), name.n > 0 ? name : text_of(p->type));
	}
	if (c->size_bytes > SIZE_LIMIT)
		score_value_int(&c->items, score_add(&c->items, "message_big", PROBLEM_WARNING, -5, NULL),
		    "megabytes", (int64_t)(c->size_bytes >> 20));
}
