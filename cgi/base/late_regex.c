#include "base/late_regex.h"

#include <pthread.h>
#include <regex.h>
#include <stdlib.h>

#include "base/arena.h"

struct late_regex {
	const char	*pattern;
	pthread_mutex_t	 lock;		/* of the two below, until compiled */
	bool		 is_compiled;
	regex_t		 compiled;
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
	pthread_mutex_lock(&late->lock);
	if (!late->is_compiled) {
		if (regcomp(&late->compiled, late->pattern,
		    REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
			abort();	/* it was tried before: out of memory */
		late->is_compiled = true;
	}
	pthread_mutex_unlock(&late->lock);
	return regexec(&late->compiled, text, 0, NULL, 0) == 0;
}
