/* Catalogue texts with values filled in, and a browser's wish for a language. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/catalog.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fill(void *ctx, const char *id, const char *text)
{
	static const struct catalog_value values[] = { { "count", "1" }, { "name", "{name}" } };
	const struct catalog *c = ctx;
	struct arena *a = arena_new();
	const char *s = catalog_text(c, a, "en", id, values, 2);

	assert(s != NULL && strlen(s) <= 6 * strlen(text) + 8);
	arena_free(a);
}

static void
remove_folder(void)
{
	if (system("rm -rf \"$FUZZ_CATALOG\"") != 0)
		abort();
}

/* One folder per process; the input is its only file, and the header too. */
static const char *
folder(void)
{
	static char dir[] = "/tmp/fuzz_catalog.XXXXXX";
	static char en[64];

	if (en[0] == '\0') {
		if (mkdtemp(dir) == NULL)
			abort();
		snprintf(en, sizeof(en), "%s/en", dir);
		if (mkdir(en, 0700) != 0 || setenv("FUZZ_CATALOG", dir, 1) != 0)
			abort();
		atexit(remove_folder);
	}
	return dir;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *dir = folder();
	struct catalog *c;
	struct err err = { 0 };
	FILE *f = fopen(arena_printf(a, "%s/en/t.yaml", dir), "w");

	if (f == NULL)
		abort();
	fwrite(data, 1, size, f);
	fclose(f);
	c = catalog_load(a, dir, &err);
	if (c == NULL) {
		assert(err.text[0] != '\0');
	} else {
		catalog_each(c, "en", fill, c);
		assert(strcmp(catalog_pick(c, arena_strndup(a, (const char *)data, size)), "en") == 0);
	}
	arena_free(a);
	return 0;
}
