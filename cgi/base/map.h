#ifndef BASE_MAP_H
#define BASE_MAP_H

/*
 * Strings to pointers, in an arena; keeps the order of insertion.  Hashing is
 * seeded per process (attackers choose the keys).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct map;

struct map	*map_new(struct arena *);
void		*map_get(const struct map *, const char *key);		/* NULL = absent */
/* The same for a key that is looked for again and again: its hash, good for every map of this process. */
uint64_t	 map_hash(const char *key);
void		*map_get_hashed(const struct map *, const char *key, uint64_t hash);
/* The key is copied; a value for a key that is there replaces it. */
void		 map_put(struct map *, const char *key, void *value);
size_t		 map_count(const struct map *);
/* The i-th in order of insertion. */
void		*map_at(const struct map *, size_t i, const char **key);

#endif
