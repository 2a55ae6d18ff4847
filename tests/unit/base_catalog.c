#include "unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/catalog.h"

static void
put(struct arena *a, const char *dir, const char *name, const char *text)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (f == NULL)
		exit(1);
	fputs(text, f);
	fclose(f);
}

static const struct {
	const char	*name, *accept, *want;
} picks[] = {
	{ "nothing",			NULL,				"en" },
	{ "empty",			"",				"en" },
	{ "exact",			"es",				"es" },
	{ "region",			"es-ES",			"es" },
	{ "locale",			"es_ES.UTF-8",			"es" },
	{ "capitals",			"ES-mx",			"es" },
	{ "order of a browser",		"es-ES,es;q=0.9,en;q=0.8",	"es" },
	{ "weights win over order",	"en;q=0.5, es;q=0.7",		"es" },
	{ "the first of equals",	"en, es",			"en" },
	{ "unknown ones are skipped",	"fr-FR, fr;q=0.9, es;q=0.1",	"es" },
	{ "refused",			"es;q=0",			"en" },
	{ "weight without sense",	"es;q=x",			"en" },
	{ "any",			"*",				"en" },
	{ "any after known",		"*;q=0.1, es;q=0.2",		"es" },
	{ "C locale",			"C",				"en" },
	{ "commas",			",,;,es",			"es" },
	{ "begins alike",		"est",				"en" },
};

static const struct {
	const char	*id, *want;		/* name=<X>, count=1 */
} texts[] = {
	{ "spf.missing.title",		"No SPF" },
	{ "spf.missing.text",		"For <X>, {unknown} stays." },
	{ "t.braces",			"{literal} } {" },
	{ "t.odd",			"a { b } {} {a b} {name" },
	{ "t.twice",			"<X><X>" },
	{ "t.no.such",			"t.no.such" },
	{ "t.files",			"1 file" },
	{ "deep.id",			"in a folder" },
};

static void
count_ids(void *ctx, const char *id, const char *text)
{
	size_t *n = ctx;

	*n += id[0] != '\0' && text != NULL;
}

static void
test_words(struct arena *a, const struct catalog *c)
{
	struct catalog_value values[] = { { "name", "<X>" }, { "count", "1" } };
	size_t i, n = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_STR(texts[i].id, catalog_text(c, a, "en", texts[i].id, values, 2),
		    texts[i].want);
	values[1].value = "2";
	CHECK_STR("plural", catalog_text(c, a, "en", "t.files", values, 2), "2 files");
	CHECK_STR("plural without count", catalog_text(c, a, "en", "t.files", NULL, 0),
	    "{count} files");
	CHECK_STR("other language", catalog_text(c, a, "es", "spf.missing.title", NULL, 0),
	    "Sin SPF");
	CHECK_STR("raw", catalog_raw(c, "en", "t.braces"), "{{literal}} }} {{");
	CHECK_STR("raw of a plural", catalog_raw(c, "en", "t.files"), "{count} files");
	CHECK("no raw", catalog_raw(c, "es", "t.braces") == NULL);
	CHECK("no such language", catalog_raw(c, "fr", "t.braces") == NULL);
	CHECK("languages", catalog_has_lang(c, "es") && !catalog_has_lang(c, "fr") &&
	    !catalog_has_lang(c, NULL));
	catalog_each(c, "en", count_ids, &n);
	CHECK("every id is visited", n == 8);
	for (i = 0; i < sizeof(picks) / sizeof(picks[0]); i++)
		CHECK_STR(picks[i].name, catalog_pick(c, picks[i].accept), picks[i].want);
}

static void
test_panel(struct arena *a, struct catalog *c)
{
	struct catalog_value count = { "count", "2" };

	CHECK_STR("of no panel yet", catalog_raw(c, "en", "spf.missing.title"), "No SPF");
	catalog_prefer(c, "plesk");
	CHECK_STR("a panel without words of its own", catalog_raw(c, "en", "spf.missing.title"), "No SPF");
	catalog_prefer(c, "plain");
	CHECK_STR("the panel's own", catalog_raw(c, "en", "spf.missing.title"), "Nothing");
	CHECK_STR("the rest of it stays", catalog_raw(c, "en", "spf.missing.text"), "For {name}, {unknown} stays.");
	CHECK_STR("a plural", catalog_text(c, a, "en", "t.files", &count, 1), "2 things");
	CHECK_STR("a language that has none", catalog_raw(c, "es", "spf.missing.title"), "Sin SPF");
}

static void
test_load(struct arena *a)
{
	char dir[] = "/tmp/base_catalog.XXXXXX";
	struct err err = { 0 };
	struct catalog *c;
	const char *en, *es, *deep;

	if (mkdtemp(dir) == NULL)
		exit(1);
	en = arena_printf(a, "%s/en", dir);
	es = arena_printf(a, "%s/es", dir);
	deep = arena_printf(a, "%s/en/deep", dir);
	mkdir(en, 0700);
	mkdir(es, 0700);
	mkdir(deep, 0700);
	put(a, en, "spf.yaml", "spf.missing:\n  title: No SPF\n"
	    "  text: \"For {name}, {unknown} stays.\"\n");
	put(a, en, "t.yaml", "t:\n  braces: \"{{literal}} }} {{\"\n  odd: \"a { b } {} {a b} {name\"\n"
	    "  twice: \"{name}{name}\"\n  files: {one: \"{count} file\", other: \"{count} files\"}\n");
	put(a, en, "empty.yaml", "# nothing yet\n");
	put(a, en, "notes.txt", "not: [yaml\n");
	put(a, en, ".hidden.yaml", "not: [yaml\n");
	put(a, deep, "d.yaml", "deep.id: in a folder\n");
	put(a, es, "spf.yaml", "spf:\n  missing:\n    title: Sin SPF\n");
	put(a, dir, "README", "no language\n");

	c = catalog_load(a, dir, &err);
	CHECK("loads", c != NULL);
	if (c != NULL)
		test_words(a, c);

	put(a, en, "plain.yaml", "on.plain:\n  t.files: {one: \"a file\", other: \"{count} things\"}\n  spf.missing:\n    title: Nothing\n"
	    "on.plainer:\n  spf.missing.title: Less\n");
	c = catalog_load(a, dir, &err);
	CHECK("loads with a panel's words", c != NULL);
	if (c != NULL)
		test_panel(a, c);

	put(a, es, "again.yaml", "spf.missing.title: again\n");
	CHECK("an id twice", catalog_load(a, dir, &err) == NULL &&
	    strstr(err.text, "es/spf.yaml:3:12: spf.missing.title: stands in ") != NULL);
	put(a, es, "again.yaml", "spf.x: [a]\n");
	CHECK("a list", catalog_load(a, dir, &err) == NULL);
	put(a, es, "again.yaml", "spf.x:\n");
	CHECK("no text", catalog_load(a, dir, &err) == NULL);
	put(a, es, "again.yaml", "just words\n");
	CHECK("not a map", catalog_load(a, dir, &err) == NULL);
	CHECK("no folder", catalog_load(a, "/nonexistent/lang", &err) == NULL &&
	    err.code == ERR_NOT_FOUND);
	if (system(arena_printf(a, "rm -r %s", dir)) != 0)
		exit(1);
}

static void
test_forms(struct arena *a)
{
	CHECK_STR("en thousands", lang_int(a, "en", 1234567), "1,234,567");
	CHECK_STR("es thousands", lang_int(a, "es", 1234), "1.234");
	CHECK_STR("three digits", lang_int(a, "es", 999), "999");
	CHECK_STR("negative", lang_int(a, "en", -1000), "-1,000");
	CHECK_STR("least", lang_int(a, "en", INT64_MIN), "-9,223,372,036,854,775,808");
	CHECK_STR("zero", lang_int(a, "en", 0), "0");
	CHECK_STR("en tenths", lang_tenths(a, "en", 54), "5.4");
	CHECK_STR("es tenths", lang_tenths(a, "es", -12345), "-1.234,5");
	CHECK_STR("less than one", lang_tenths(a, "es", -5), "-0,5");
	CHECK_STR("no tenth is written of a whole", lang_tenths(a, "en", -10), "-1");
	CHECK_STR("en time", lang_time(a, "en", 1795456800), "23 Nov 2026 18:00 UTC");
	CHECK_STR("es time", lang_time(a, "es", 0), "1 ene 1970 00:00 UTC");
	CHECK_STR("es date", lang_date(a, "es", 1795456800), "23 nov 2026");
	CHECK_STR("unknown language", lang_time(a, "xx", 0), "1 Jan 1970 00:00 UTC");
	CHECK_STR("seconds", lang_duration(a, "en", 59), "59 s");
	CHECK_STR("none", lang_duration(a, "en", 0), "0 s");
	CHECK_STR("minutes", lang_duration(a, "en", 60), "1 min");
	CHECK_STR("minutes and seconds", lang_duration(a, "en", 90), "1 min 30 s");
	CHECK_STR("two units at most", lang_duration(a, "en", 90061), "1 d 1 h");
	CHECK_STR("no zero unit", lang_duration(a, "en", 86460), "1 d");
	CHECK_STR("negative", lang_duration(a, "en", -3600), "-1 h");
	CHECK_STR("long", lang_duration(a, "es", 86400LL * 12345), "12.345 d");
}

int
main(void)
{
	struct arena *a = arena_new();

	test_load(a);
	test_forms(a);
	arena_free(a);
	TEST_END();
}
