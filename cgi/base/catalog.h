#ifndef BASE_CATALOG_H
#define BASE_CATALOG_H

/*
 * Words for people, by id and language, read from templates/lang/LANG/ (every
 * .yaml file below it; one small file per check, fix, tool, page).  A file is
 * a map of maps; ids are the path joined by dots, so
 *
 *	spf.missing:
 *	  title: "No SPF record"
 *	  text: "Nobody can tell which servers may send for {domain}."
 *
 * has the id "spf.missing.title" (a key may itself hold dots).  {name} is
 * replaced by the named value; "{{" and "}}" are literal braces.  Plural forms are
 * a map of `one` and `other` below the id, chosen by the value called "count".
 */

#include "base/err.h"
#include "base/text.h"

struct catalog;

struct catalog_value {			/* a named value of a text */
	const char	*name;
	const char	*value;		/* already formatted for the language */
};

/* Reads every language folder below `dir`; err names file and line. */
struct catalog	*catalog_load(struct arena *, const char *dir, struct err *);

/*
 * A panel's own words: the texts below the id "on.PANEL" stand from now on in
 * place of those with the same id without it, in every language.  What a panel
 * calls otherwise is one file of each language, and no code.
 */
void		 catalog_prefer(struct catalog *, const char *panel);

bool		 catalog_has_lang(const struct catalog *, const char *lang);
/* Best of an Accept-Language header or a locale like es-ES; else "en". */
const char	*catalog_pick(const struct catalog *, const char *accept);

/* NULL when the id is unknown in that language. */
const char	*catalog_raw(const struct catalog *, const char *lang, const char *id);

/* The text with values filled in; a missing id gives the id itself (the tests
 * in tests/rules make sure that it never happens). */
const char	*catalog_text(const struct catalog *, struct arena *, const char *lang,
		    const char *id, const struct catalog_value *, size_t count);

/* Visit every id of a language, for pages' text sections and for tests. */
void		 catalog_each(const struct catalog *, const char *lang,
		    void (*fn)(void *ctx, const char *id, const char *text), void *ctx);

/* Numbers, times, durations and sizes by language: "1.234", "23 Nov 2026 18:00 UTC". */
const char	*lang_int(struct arena *, const char *lang, int64_t);
const char	*lang_tenths(struct arena *, const char *lang, int64_t tenths);	/* 54 is "5.4", -10 is "-1" */
const char	*lang_time(struct arena *, const char *lang, int64_t unix_s);
const char	*lang_date(struct arena *, const char *lang, int64_t unix_s);	/* "23 Nov 2026", of UTC */
const char	*lang_duration(struct arena *, const char *lang, int64_t seconds);

#endif
