#include "base/late_regex.h"

#include <pthread.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SEARCHED_MAX	(16 * 1024)

struct late_regex {
	const char	*pattern;
	pthread_mutex_t	 lock;		/* of what stands below; regexec() has one of its own anyway */
	bool		 is_compiled;
	regex_t		 compiled;
	size_t		 searched;	/* bytes, since it was compiled */
};

static void
late_regex_end(void *p)
{
	struct late_regex *late = p;

	if (late->is_compiled)
		regfree(&late->compiled);
	pthread_mutex_destroy(&late->lock);
}

struct late_regex *
late_regex_new(struct arena *a, const char *pattern)
{
	struct late_regex *late = arena_zalloc(a, sizeof(*late));

	late->pattern = pattern;
	pthread_mutex_init(&late->lock, NULL);
	arena_defer(a, late_regex_end, late);
	return late;
}

bool
late_regex_fits(struct late_regex *late, const char *text)
{
	bool	fits;

	pthread_mutex_lock(&late->lock);
	if (late->is_compiled && late->searched > SEARCHED_MAX) {
		regfree(&late->compiled);
		late->is_compiled = false;
	}
	if (!late->is_compiled) {
		if (regcomp(&late->compiled, late->pattern,
		    REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
			abort();	/* it was tried before: out of memory */
		late->is_compiled = true;
		late->searched = 0;
	}
	late->searched += strlen(text);
	fits = regexec(&late->compiled, text, 0, NULL, 0) == 0;
	pthread_mutex_unlock(&late->lock);
	return fits;
}
