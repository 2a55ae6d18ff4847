#include "web/kept.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"

#define PAGES_MAX	128

struct kept_page {			/* one block: this, key, body, type and title */
	_Atomic unsigned	 users;
	uint64_t		 hash, asked;	/* asked: when last, of kept.clock */
	size_t			 bytes;
	const char		*key;
	struct response		 res;
};

struct kept {
	pthread_mutex_t		 lock;
	uint64_t		 clock;
	size_t			 bytes, bytes_max;
	struct kept_page	*pages[PAGES_MAX];
};

static void
page_drop(void *p)
{
	struct kept_page *page = p;

	if (page != NULL && atomic_fetch_sub(&page->users, 1) == 1)
		free(page);
}

static void
kept_end(void *p)
{
	struct kept *k = p;

	for (size_t i = 0; i < PAGES_MAX; i++)
		page_drop(k->pages[i]);
	pthread_mutex_destroy(&k->lock);
}

struct kept *
kept_new(struct arena *a, size_t bytes_max)
{
	struct kept *k = arena_zalloc(a, sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	k->bytes_max = bytes_max;
	arena_defer(a, kept_end, k);
	return k;
}

static struct kept_page *
look(struct kept *k, const char *key, uint64_t hash)
{
	for (size_t i = 0; i < PAGES_MAX; i++) {
		struct kept_page *page = k->pages[i];

		if (page != NULL && page->hash == hash && strcmp(page->key, key) == 0)
			return page;
	}
	return NULL;
}

bool
kept_find(struct kept *k, struct arena *a, const char *key, struct response *ret)
{
	uint64_t hash = map_hash(key);
	struct kept_page *page;

	pthread_mutex_lock(&k->lock);
	if ((page = look(k, key, hash)) != NULL) {
		page->users++;
		page->asked = ++k->clock;
	}
	pthread_mutex_unlock(&k->lock);
	if (page == NULL)
		return false;
	arena_defer(a, page_drop, page);
	*ret = page->res;
	return true;
}

static char *
put(char **at, const char *s, size_t n)
{
	char *here = *at;

	memcpy(here, s, n);
	here[n] = '\0';
	*at += n + 1;
	return here;
}

static struct kept_page *
page_new(const char *key, const struct response *res)
{
	const char *title = res->title != NULL ? res->title : "";
	size_t bytes = sizeof(struct kept_page) + strlen(key) + res->body.n + strlen(res->content_type) + strlen(title) + 4;
	struct kept_page *page = malloc(bytes);
	char *at = (char *)(page + 1);

	if (page == NULL)
		abort();
	*page = (struct kept_page){ .users = 1, .hash = map_hash(key), .bytes = bytes };
	page->key = put(&at, key, strlen(key));
	page->res.status = res->status;
	page->res.body = (struct text){ put(&at, res->body.p, res->body.n), res->body.n };
	page->res.content_type = put(&at, res->content_type, strlen(res->content_type));
	page->res.title = put(&at, title, strlen(title));
	if (res->title == NULL)
		page->res.title = NULL;
	return page;
}

/* A free place and room enough: who was asked for least lately goes. */
static size_t
make_room(struct kept *k, size_t bytes)
{
	for (;;) {
		size_t oldest = PAGES_MAX, empty = PAGES_MAX;

		for (size_t i = 0; i < PAGES_MAX; i++) {
			if (k->pages[i] == NULL)
				empty = i;
			else if (oldest == PAGES_MAX || k->pages[i]->asked < k->pages[oldest]->asked)
				oldest = i;
		}
		if (empty < PAGES_MAX && (oldest == PAGES_MAX || k->bytes + bytes <= k->bytes_max))
			return empty;
		k->bytes -= k->pages[oldest]->bytes;
		page_drop(k->pages[oldest]);
		k->pages[oldest] = NULL;
	}
}

void
kept_add(struct kept *k, const char *key, const struct response *res)
{
	struct kept_page *page;

	if (res->status != 200 || res->content_type == NULL || res->body.n > k->bytes_max / 4)
		return;
	page = page_new(key, res);
	pthread_mutex_lock(&k->lock);
	if (look(k, key, page->hash) == NULL) {
		size_t place = make_room(k, page->bytes);

		page->asked = ++k->clock;
		k->bytes += page->bytes;
		k->pages[place] = page;
		page = NULL;
	}
	pthread_mutex_unlock(&k->lock);
	page_drop(page);		/* another thread was first */
}
