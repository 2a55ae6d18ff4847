/*
 * Runs a fuzz target without a fuzzer: every file of its corpus, then changed
 * copies of them, the same ones each time.  usage: TARGET CORPUS [ROUNDS]
 * With clang, `make fuzz` links the targets to libFuzzer instead.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define SEEDS_MAX	4096
#define BYTES_MAX	(256 * 1024)

struct seed { uint8_t *p; size_t n; };

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;
static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t
random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void
load(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL && seed_count < SEEDS_MAX) {
		char path[4096];
		struct seed *s = &seeds[seed_count];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.' || (f = fopen(path, "rb")) == NULL)
			continue;
		s->p = malloc(BYTES_MAX);
		if (s->p == NULL)
			abort();
		s->n = fread(s->p, 1, BYTES_MAX, f);
		fclose(f);
		seed_count++;
	}
	if (d != NULL)
		closedir(d);
}

/* A few changes: a byte, a bit, a piece cut out, doubled, or taken from another seed. */
static size_t
change(uint8_t *p, size_t n)
{
	unsigned times = 1 + random_next() % 6;

	while (times-- > 0) {
		size_t at = n == 0 ? 0 : random_next() % n, len = random_next() % 32;
		const struct seed *other = &seeds[random_next() % seed_count];

		switch (random_next() % 6) {
		case 0:
			if (n > 0)
				p[at] = (uint8_t)random_next();
			break;
		case 1:
			if (n > 0)
				p[at] ^= (uint8_t)(1u << random_next() % 8);
			break;
		case 2:
			if (len > n - at)
				len = n - at;
			memmove(p + at, p + at + len, n - at - len);
			n -= len;
			break;
		case 3:
			if (len <= n - at && n + len <= BYTES_MAX) {
				memmove(p + at + len, p + at, n - at);
				n += len;
			}
			break;
		case 4:
			if (other->n > 0 && n + len <= BYTES_MAX) {
				size_t from = random_next() % other->n;

				if (len > other->n - from)
					len = other->n - from;
				memmove(p + at + len, p + at, n - at);
				memcpy(p + at, other->p + from, len);
				n += len;
			}
			break;
		default:
			n = at;
		}
	}
	return n;
}

int
main(int argc, char **argv)
{
	long rounds = argc > 2 ? atol(argv[2]) : 2000, i;
	static uint8_t work[BYTES_MAX];

	if (argc > 1)
		load(argv[1]);
	for (i = 0; (size_t)i < seed_count; i++)
		LLVMFuzzerTestOneInput(seeds[i].p, seeds[i].n);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (i = 0; i < rounds && seed_count > 0; i++) {
		const struct seed *s = &seeds[random_next() % seed_count];
		uint8_t *exact;
		size_t n;

		memcpy(work, s->p, s->n);
		n = change(work, s->n);
		exact = malloc(n + 1);		/* so that a read past the end is seen */
		if (exact == NULL)
			abort();
		memcpy(exact, work, n);
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
	}
	for (i = 0; (size_t)i < seed_count; i++)
		free(seeds[i].p);
	printf("%zu seeds, %ld rounds\n1 passed, 0 failed\n", seed_count, rounds);
	return 0;
}
