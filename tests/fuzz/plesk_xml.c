/* XML answers of Plesk: whatever comes, reading ends; what is written is read back. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "panel/plesk/xml.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(struct arena *a, const struct xml *x, int depth)
{
	assert(depth <= 33);
	for (; x != NULL; x = x->next) {
		assert(x->name.n > 0);
		(void)text_show(a, x->text);
		walk(a, x->child, depth + 1);
	}
}

/* Any text without control characters comes back as it was. */
static void
round_trip(struct arena *a, struct text text)
{
	struct str out = str_in(a, 10 * text.n + 64);
	const char *shown = text_show(a, text_trim(text));
	const struct xml *root;

	for (const char *p = shown; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return;
	str_add(&out, "<r>");
	xml_add_element(&out, "v", shown);
	str_add(&out, "</r>");
	assert(str_ok(&out));
	assert(xml_parse(a, str_text(&out), &root, NULL));
	assert(strcmp(xml_str(a, root, "v"), shown) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct arena *a = arena_new();
	const struct xml *root;
	struct err err = { ERR_NONE, "" };
	int64_t n;

	if (xml_parse(a, text, &root, &err)) {
		walk(a, root, 0);
		(void)xml_path(root, "mail/get_info/result");
		(void)xml_number(root, "id", &n);
		(void)xml_tristate(root, "enabled");
	} else
		assert(err.code != ERR_NONE && err.text[0] != '\0');
	round_trip(a, text);
	arena_free(a);
	return 0;
}
