#ifndef BASE_JSON_H
#define BASE_JSON_H

/*
 * JSON values.  The tree is cJSON's, hidden here for two reasons: its look-up
 * ignores case unless told, and it knows only C strings; bytes from outside
 * therefore go in through json_put_text, which writes text_show()'s form.
 *
 * A root lives as long as its arena; every other value belongs to its parent.
 * Setters on an existing key replace it.  Numbers are doubles: integers are
 * exact up to 2^53.
 */

#include "base/err.h"
#include "base/text.h"

struct json;
struct str;

#define JSON_DEPTH_MAX	64

struct json	*json_new_object(struct arena *);
struct json	*json_new_array(struct arena *);
/*
 * RFC 8259, strictly: a duplicate key, a NUL character or bytes after the end
 * are ERR_SYNTAX; deeper than JSON_DEPTH_MAX is ERR_LIMIT.  Bytes that are not
 * UTF-8 are accepted inside strings and become text_show()'s form.
 */
struct json	*json_parse(struct arena *, struct text, struct err *);	/* NULL on failure */
/* What this program printed itself, where it alone can write: not looked over before. */
struct json	*json_parse_own(struct arena *, struct text);		/* NULL on failure */
struct json	*json_copy(struct arena *, const struct json *);

const char	*json_print(struct arena *, const struct json *);		/* one line */
const char	*json_print_pretty(struct arena *, const struct json *);
/* A string with its quotes, NULL as null: where a table is written without a tree of it. */
void		 json_write_str(struct str *, const char *);

/* Into an object; value NULL writes null. */
void		 json_put_str(struct json *, const char *key, const char *value);
void		 json_put_text(struct json *, const char *key, struct text value);
void		 json_put_int(struct json *, const char *key, int64_t);
void		 json_put_double(struct json *, const char *key, double);
void		 json_put_bool(struct json *, const char *key, bool);
void		 json_put_null(struct json *, const char *key);
struct json	*json_put_object(struct json *, const char *key);
struct json	*json_put_array(struct json *, const char *key);
void		 json_put_copy(struct json *, const char *key, const struct json *);
/* A root of the same arena becomes a member: no copy, and it has a parent from now on. */
void		 json_put_own(struct json *, const char *key, struct json *);
/*
 * The member `key` of `from`, which json_parse made of `source`, as it was
 * written there: each digit of a number stays, only blanks are left out.  The
 * new member is for printing; to the reading functions it has no type.
 * False: there is no such member, and nothing was put.
 */
bool		 json_put_as_written(struct json *, const char *key, const struct json *from,
		    struct text source);
/* From now on the member is for printing alone, on one line, as above: what is printed twice is written once. */
void		 json_settle(struct json *, const char *key);
/* A new member, not looked for before, that shares the members or the text of this one, which lives as long. */
void		 json_put_shared(struct json *, const struct json *member);
void		 json_remove(struct json *, const char *key);

/* Onto an array. */
void		 json_add_str(struct json *, const char *);
void		 json_add_text(struct json *, struct text);
void		 json_add_int(struct json *, int64_t);
struct json	*json_add_object(struct json *);
struct json	*json_add_array(struct json *);
void		 json_add_copy(struct json *, const struct json *);
/* An object that shares the members of this one, which lives as long: not changed any more. */
void		 json_add_shared(struct json *, const struct json *);

/* Reading: NULL or the default when absent or of another type; a NULL value is
 * allowed everywhere, so paths can be followed without tests. */
const struct json *json_get(const struct json *, const char *key);
const char	*json_str(const struct json *, const char *key);		/* NULL = none */
int64_t		 json_int(const struct json *, const char *key, int64_t dflt);
double		 json_double(const struct json *, const char *key, double dflt);
bool		 json_bool(const struct json *, const char *key, bool dflt);
/* -1 absent or null, 0 false, 1 true: panels often do not say. */
int		 json_tristate(const struct json *, const char *key);

bool		 json_is_object(const struct json *);
bool		 json_is_array(const struct json *);
bool		 json_is_str(const struct json *);
bool		 json_is_int(const struct json *);	/* a number without a fraction */
bool		 json_is_number(const struct json *);
bool		 json_is_bool(const struct json *);
bool		 json_is_null(const struct json *);	/* NULL counts */
const char	*json_value_str(const struct json *);		/* of a string value, else NULL */
int64_t		 json_value_int(const struct json *, int64_t dflt);
double		 json_value_double(const struct json *, double dflt);
const char	*json_value_written(const struct json *);	/* of json_put_as_written, else NULL */
bool		 json_value_bool(const struct json *, bool dflt);

/* for (v = json_first(c); v != NULL; v = json_next(v)); json_key of a member. */
const struct json *json_first(const struct json *);
const struct json *json_next(const struct json *);
/* The same, to change what is there. */
struct json	*json_edit(struct json *, const char *key);
struct json	*json_edit_first(struct json *);
struct json	*json_edit_next(struct json *);
const char	*json_key(const struct json *);
size_t		 json_count(const struct json *);
bool		 json_eq(const struct json *, const struct json *);	/* key order ignored */

#endif
