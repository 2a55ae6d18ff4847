#ifndef BASE_YAML_H
#define BASE_YAML_H

/*
 * A YAML document as a tree that remembers where everything stood, so that an
 * error can name line and column.  Hostile files are refused: at most
 * YAML_NODES_MAX nodes, YAML_DEPTH_MAX deep, no aliases, no duplicate keys.
 */

#include "base/err.h"
#include "base/text.h"

#define YAML_NODES_MAX	200000
#define YAML_DEPTH_MAX	32

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };

struct yaml {
	enum yaml_kind		 kind;
	unsigned		 line, column;	/* from 1; of the value */
	unsigned		 key_line, key_column;	/* of the key; not in a map: as above */
	const char		*key;		/* in a map; else NULL */
	const char		*value;		/* scalar */
	bool			 quoted;	/* scalar in quotes: never null/bool/number */
	struct yaml		*first, *next;	/* children; sibling */
	size_t			 count;		/* children */
	const char		*file;
};

/* A file without a document (comments only) is a null scalar; two documents are
 * an error, and so are tags other than !!str. */
struct yaml	*yaml_parse(struct arena *, struct text, const char *file, struct err *);
struct yaml	*yaml_load(struct arena *, const char *path, struct err *);

const struct yaml *yaml_get(const struct yaml *, const char *key);	/* NULL-safe */
const char	*yaml_str(const struct yaml *, const char *key, const char *dflt);
bool		 yaml_is_null(const struct yaml *);			/* NULL, ~, null, empty */

/*
 * Typed scalars.  On failure err says "FILE:LINE:COLUMN: KEY: expected ...".
 */
bool		 yaml_bool(const struct yaml *, bool *ret, struct err *);
bool		 yaml_int(const struct yaml *, int64_t min, int64_t max, int64_t *ret, struct err *);

/* An error about this node: "FILE:LINE:COLUMN: " + text.  Returns false. */
bool		 yaml_err(const struct yaml *, struct err *, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

/*
 * Refuse keys of the map that are not in `known` (NULL-terminated); the error
 * names line, column and the nearest known key.
 */
bool		 yaml_known_keys(const struct yaml *, const char *const *known, struct err *);

#endif
