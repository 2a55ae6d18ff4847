/*
 * `bounce explain` in process: addresses occur in the input (unless it was
 * encoded, as in JSON), memory stays below sixteen times the input and a mebibyte, and the
 * answer is one line of JSON.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tools/bounce_json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct data *
load(void)
{
	static const char *const names[6] =
	    { "senders", "dns_hosts", "providers", "blacklists", "smtp_codes", "bounce_words" };
	struct arena		*a = arena_new();	/* lives as long as the process */
	const struct yaml	*y[6];
	const struct data	*d;
	struct err		 err;

	for (int i = 0; i < 6; i++)
		if ((y[i] = yaml_load(a, arena_printf(a, "templates/data/%s.yaml", names[i]), &err)) == NULL) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
	d = data_from_yaml(a, &(struct data_files){ y[0], y[1], y[2], y[3], y[4], y[5] }, &err);
	if (d == NULL) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return d;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct data	*d;
	static const struct tool_words	 words = { NULL, "en" };
	struct arena			*a = arena_new();
	struct text			 t = { (const char *)data, size };
	const struct bounce		*b;
	const char			*line;
	size_t				 at;

	if (d == NULL)
		d = load();
	b = bounce_read(a, d, t);
	assert(arena_used(a) <= 16 * size + (1 << 20));
	assert((b->kind != BOUNCE_AUTO_REPLY && b->kind != BOUNCE_NONE) || b->count == 0);
	for (size_t i = 0; i < b->count; i++) {
		assert(b->recipients[i].category != NULL);
		if (b->recipients[i].address.p != NULL && !text_ifind(t, TEXT("encoding"), &at) &&
		    !text_ifind(t, TEXT("charset"), &at) && !text_ifind(t, TEXT("html"), &at) &&
		    !text_ifind(t, TEXT("emailaddress"), &at) && !text_ifind(t, TEXT("\\u"), &at) &&
		    memchr(t.p, '\r', t.n) == NULL)
			assert(text_find(t, b->recipients[i].address, &at));
	}
	line = json_print(a, bounce_json(a, b, &words));
	assert(line != NULL && strchr(line, '\n') == NULL);
	arena_free(a);
	return 0;
}
