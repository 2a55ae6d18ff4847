#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools.h"
#include "engine/tools_internal.h"
#include "mail/mime_slim.h"
#include "tools/bounce_json.h"
#include "tools/codes_json.h"

#define CHUNK		(64 * 1024)

struct json *
engine_bounce_explain_file(struct engine *e, struct arena *a, const char *lang, const char *path,
    struct err *err)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
	struct tool_words words = tool_words_of(e, lang);
	struct slim *slim = slim_new(a);
	char *chunk = arena_alloc(a, CHUNK);
	struct text message;
	bool cut, fine;
	size_t n;

	if (in == NULL) {
		err_set(err, ERR_NOT_FOUND, "cannot read %.300s: %s", path, strerror(errno));
		return NULL;
	}
	while ((n = fread(chunk, 1, CHUNK, in)) > 0)
		slim_add(slim, (struct text){ chunk, n });
	fine = !ferror(in);
	if (!fine)
		err_set(err, ERR_IO, "cannot read %.300s: %s", path, strerror(errno));
	if (in != stdin)
		fclose(in);
	if (!fine)
		return NULL;
	message = slim_end(slim, &cut);
	return bounce_explain(a, e->setup.rules->data, &words, message, cut);
}

struct json *
engine_smtp_codes(struct engine *e, struct arena *a, const char *lang, const char *query)
{
	struct tool_words words = tool_words_of(e, lang);

	return codes_json(a, e->setup.rules->data, &words, query);
}
