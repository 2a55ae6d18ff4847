#ifndef BASE_LATE_REGEX_H
#define BASE_LATE_REGEX_H

/*
 * A POSIX extended regular expression, case ignored, that is compiled when it
 * is first asked: compiled, it takes some 25 kB, and few of the hundreds in the
 * data files are ever needed.  Any thread may ask.
 *
 * glibc keeps every state of the automaton that a text has led to, for ever: in
 * a long life with texts from outside that has no bound.  So it is compiled
 * anew after so much text.
 */

#include <stdbool.h>

struct arena;
struct late_regex;

/* The pattern is kept, not copied, and must be one that regcomp() has accepted before. */
struct late_regex	*late_regex_new(struct arena *, const char *pattern);
bool			 late_regex_fits(struct late_regex *, const char *text);

#endif
