#ifndef MAIL_DATA_READ_H
#define MAIL_DATA_READ_H

/*
 * Reading a list of like entries from YAML into an array of structs, by a
 * table of fields.  Used by mail/data.c alone.
 */


#include "base/err.h"
#include "base/yaml.h"
#include "mail/data.h"

enum field_type {
	FIELD_STR,		/* const char * */
	FIELD_LIST,		/* struct text_list */
	FIELD_BOOL,		/* bool */
	FIELD_TRISTATE,		/* int: -1 absent, 0, 1 */
	FIELD_INT,		/* int64_t, 0 to 1,000,000 */
	FIELD_REGEX,		/* struct data_regex * */
	FIELD_LATE_REGEX,	/* struct late_regex * */
	FIELD_REGEXES,		/* struct data_regex ** followed by size_t */
	FIELD_WORD,		/* int: place in `words` */
	FIELD_MAP,		/* a struct, by `fields` */
	FIELD_OWN,		/* by `read`, given the whole entry */
};

struct field {
	const char		*key;		/* NULL ends the table */
	enum field_type		 type;
	size_t			 offset;
	bool			 required;
	const char *const	*words;		/* NULL-terminated */
	const struct field	*fields;
	bool			(*read)(struct arena *, const struct yaml *, void *entry, struct err *);
};

/* An array of `size`-byte structs, NULL on failure; ids must be unique when
 * the first field is called "id". */
void	*data_read_list(struct arena *, const struct yaml *list, const struct field *,
	    size_t size, size_t *count, struct err *);

/* One map into a struct. */
bool	 data_read_map(struct arena *, const struct yaml *, const struct field *, void *, struct err *);

/* POSIX extended, case ignored; tried and put away until it is needed.  NULL on failure. */
struct late_regex *data_late_regex(struct arena *, const struct yaml *, struct err *);

/*
 * Words one of which is part of every text that `pattern` matches, in lower
 * case: searching them first is a hundred times cheaper than a regular
 * expression.  Empty when nothing can be said.
 */
struct text_list data_regex_needs(struct arena *, const char *pattern);

#endif
