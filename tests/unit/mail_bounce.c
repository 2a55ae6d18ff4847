/*
 * Reports: tests/bounces/NAME.eml is read, and every key of NAME.json must be
 * in the answer with that value.  Dropping two files there adds a case.
 */

#include <dirent.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "tools/bounce_json.h"
#include "shipped.h"
#include "unit/test.h"

#define FOLDER	"tests/bounces/"
#define APART	"tests/bounces/apart/"

static void
compare(struct arena *a, const char *file, const char *path, const struct json *want,
    const struct json *got)
{
	if (json_is_object(want) && json_is_object(got)) {
		for (const struct json *w = json_first(want); w != NULL; w = json_next(w))
			compare(a, file, arena_printf(a, "%s.%s", path, json_key(w)), w,
			    json_get(got, json_key(w)));
		return;
	}
	if (json_is_array(want) && json_is_array(got) && json_count(want) == json_count(got)) {
		const struct json	*g = json_first(got);
		int			 i = 0;

		for (const struct json *w = json_first(want); w != NULL; w = json_next(w), g = json_next(g))
			compare(a, file, arena_printf(a, "%s[%d]", path, i++), w, g);
		return;
	}
	CHECK_STR(arena_printf(a, "%s %s", file, path), got == NULL ? NULL : json_print(a, got),
	    json_print(a, want));
}

/* Addresses that the answer names must stand in the message. */
static void
check_addresses(struct arena *a, const char *file, const struct bounce *b, struct text message)
{
	size_t	at;

	(void)a;
	for (size_t i = 0; i < b->count; i++)
		if (b->recipients[i].address.p != NULL && !text_ifind(message, TEXT("encoding: base64"), &at))
			CHECK(file, text_find(message, b->recipients[i].address, &at));
}

static int
test_file(const struct data *d, const char *folder, const char *name)
{
	static const struct tool_words	 no_words = { NULL, "en" };
	struct arena			*a = arena_new();
	struct text			 message, expected;
	const struct json		*want;
	const struct bounce		*b;
	struct err			 err = { ERR_NONE, "" };

	if (!file_read(a, arena_printf(a, "%s%s.eml", folder, name), 64 << 20, &message, &err) ||
	    !file_read(a, arena_printf(a, "%s%s.json", folder, name), 1 << 20, &expected, &err) ||
	    (want = json_parse(a, expected, &err)) == NULL) {
		CHECK_STR(name, err.text, "");
		arena_free(a);
		return 0;
	}
	b = bounce_read(a, d, message);
	compare(a, name, "", want, bounce_json(a, b, &no_words));
	check_addresses(a, name, b, message);
	arena_free(a);
	return 1;
}

/* answers.txt of a folder: "category[@server]<TAB>answer" */
static void
test_answers(const struct data *d, const char *folder, int least)
{
	struct arena	*a = arena_new();
	struct text	 file, line, category, server;
	struct err	 err = { ERR_NONE, "" };
	int		 lines = 0;

	if (!file_read(a, arena_printf(a, "%sanswers.txt", folder), 1 << 20, &file, &err))
		CHECK_STR("answers.txt", err.text, "");
	while (err.code == ERR_NONE && text_line(&file, &line)) {
		const struct bounce	*b;
		const char		*report;

		if (line.n == 0 || line.p[0] == '#' || !text_split(&line, '\t', &category))
			continue;
		server = category;
		(void)text_split(&server, '@', &category);
		report = arena_printf(a, "Final-Recipient: rfc822; bob@remote.example\nAction: failed\n"
		    "Remote-MTA: dns; %s\nDiagnostic-Code: smtp; %s\n", text_cstr(a, server), text_cstr(a, line));
		b = bounce_read(a, d, text_of(report));
		CHECK_STR(text_cstr(a, line), b->count == 1 ? b->recipients[0].category : NULL,
		    text_cstr(a, category));
		lines++;
	}
	CHECK("there are many answers", lines >= least);
	arena_free(a);
}

/* Every report of a folder; how many there are. */
static int
test_folder(const struct data *d, const char *folder)
{
	struct arena	*a = arena_new();
	DIR		*dir = opendir(folder);
	struct dirent	*e;
	int		 files = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		struct text	name = text_of(e->d_name);

		if (text_ends(name, ".eml"))
			files += test_file(d, folder, arena_strndup(a, name.p, name.n - 4));
	}
	if (dir != NULL)
		closedir(dir);
	arena_free(a);
	return files;
}

int
main(void)
{
	struct arena		*a = arena_new();
	const struct data	*d = shipped_data(a);

	CHECK("the folder has reports", test_folder(d, FOLDER) > 100);
	CHECK("reports that no rule was written from", test_folder(d, APART) == 153);
	test_answers(d, FOLDER, 400);
	test_answers(d, APART, 320);
	arena_free(a);
	TEST_END();
}
