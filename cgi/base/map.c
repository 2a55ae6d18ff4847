#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/map.h"

/*
 * Entries stand in an array in order of insertion; `slots` (a power of two, at
 * most three quarters full) holds their number plus one, found by linear
 * probing.  Nothing is ever taken out.
 */
struct entry {
	const char	*key;
	void		*value;
	uint64_t	 hash;
};

struct map {
	struct arena	*arena;
	struct entry	*entries;
	size_t		 count, size;
	uint32_t	*slots;
	size_t		 slot_count;
};

static uint64_t seed[2];

static void
seed_once(void)
{
	/* Cannot fail for 16 bytes once the kernel's pool is ready. */
	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		abort();
}

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein): cheap, and no collisions without the seed. */
static uint64_t
hash_of(const char *key, size_t n)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575u, seed[1] ^ 0x646f72616e646f6du,
		seed[0] ^ 0x6c7967656e657261u, seed[1] ^ 0x7465646279746573u,
	};
	uint64_t m, last = (uint64_t)n << 56;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&m, key + i, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = 0;
	memcpy(&m, key + i, n - i);
	last |= m;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void
seed_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, seed_once);
}

struct map *
map_new(struct arena *a)
{
	struct map *m = arena_zalloc(a, sizeof(*m));

	seed_ready();
	m->arena = a;
	return m;
}

/* The slot of the key, or the free slot where it would go. */
static size_t
slot_of(const struct map *m, const char *key, uint64_t hash)
{
	size_t mask = m->slot_count - 1, i;
	const struct entry *e;

	for (i = hash & mask; m->slots[i] != 0; i = (i + 1) & mask) {
		e = &m->entries[m->slots[i] - 1];
		if (e->hash == hash && strcmp(e->key, key) == 0)
			break;
	}
	return i;
}

uint64_t
map_hash(const char *key)
{
	seed_ready();
	return hash_of(key, strlen(key));
}

void *
map_get_hashed(const struct map *m, const char *key, uint64_t hash)
{
	size_t slot;

	if (m == NULL || m->count == 0)
		return NULL;
	slot = slot_of(m, key, hash);
	return m->slots[slot] == 0 ? NULL : m->entries[m->slots[slot] - 1].value;
}

void *
map_get(const struct map *m, const char *key)
{
	return m == NULL || m->count == 0 ? NULL : map_get_hashed(m, key, hash_of(key, strlen(key)));
}

static void
grow(struct map *m)
{
	size_t i, slot, mask;

	m->slot_count = m->slot_count == 0 ? 16 : m->slot_count * 2;
	m->slots = arena_array(m->arena, m->slot_count, sizeof(*m->slots));
	mask = m->slot_count - 1;
	for (i = 0; i < m->count; i++) {
		slot = m->entries[i].hash & mask;
		while (m->slots[slot] != 0)
			slot = (slot + 1) & mask;
		m->slots[slot] = (uint32_t)i + 1;
	}
	m->entries = arena_grow(m->arena, m->entries, m->count, m->slot_count / 4 * 3,
	    sizeof(*m->entries));
	m->size = m->slot_count / 4 * 3;
}

void
map_put(struct map *m, const char *key, void *value)
{
	size_t n = strlen(key), slot;
	uint64_t hash = hash_of(key, n);

	if (m->count == m->size)
		grow(m);
	slot = slot_of(m, key, hash);
	if (m->slots[slot] == 0) {
		m->entries[m->count] = (struct entry){ .key = arena_strndup(m->arena, key, n),
		    .hash = hash };
		m->slots[slot] = (uint32_t)++m->count;
	}
	m->entries[m->slots[slot] - 1].value = value;
}

size_t
map_count(const struct map *m)
{
	return m == NULL ? 0 : m->count;
}

void *
map_at(const struct map *m, size_t i, const char **key)
{
	if (m == NULL || i >= m->count)
		return NULL;
	if (key != NULL)
		*key = m->entries[i].key;
	return m->entries[i].value;
}
