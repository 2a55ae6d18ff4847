#include "tools/password.h"

#include <string.h>

#include "base/arena.h"
#include "tools/password_bits.h"

#define WORDS_MAX	16
#define WORD_LEAST	3	/* shorter ones are found in everything */

/* The parts of "anna.b@shop.example": each of them is what a guesser tries first. */
static size_t
words_of(struct arena *a, const char *about, const char *words[WORDS_MAX + 1])
{
	size_t n = 0;

	for (const char *p = about; p != NULL && *p != '\0' && n < WORDS_MAX;) {
		size_t len = strcspn(p, "@.-_+ ");
		char *word;

		if (len >= WORD_LEAST) {
			word = arena_strndup(a, p, len);
			for (char *q = word; *q != '\0'; q++)
				*q = (char)ascii_tolower((unsigned char)*q);
			words[n++] = word;
		}
		p += len;
		p += *p != '\0';
	}
	words[n] = NULL;
	return n;
}

static size_t
characters(struct text t)
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		n += ((unsigned char)t.p[i] & 0xc0) != 0x80;
	return n;
}

/* Guesses by power of ten, as zxcvbn's own scale has them. */
static int
score_of(double bits)
{
	static const double limits[] = { 9.97, 19.93, 26.58, 33.22 };	/* 10^3, 10^6, 10^8, 10^10 */
	int score = 0;

	while (score < 4 && bits >= limits[score])
		score++;
	return score;
}

static const char *
fault_of(struct text password, const char *const *words, int score)
{
	size_t at;

	for (size_t i = 0; i < password.n; i++)
		if ((unsigned char)password.p[i] < 0x20 || password.p[i] == 0x7f)
			return "characters";
	if (characters(password) < PASSWORD_LEAST)
		return "short";
	for (; *words != NULL; words++)
		if (strlen(*words) > WORD_LEAST && text_ifind(password, text_of(*words), &at))
			return "name";
	return score < 3 ? "guessable" : NULL;
}

void
password_judge(struct arena *a, struct text password, const char *about,
    struct password_strength *ret)
{
	const char *words[WORDS_MAX + 1];
	char text[PASSWORD_MOST + 1];

	memset(ret, 0, sizeof(*ret));
	if (password.n > PASSWORD_MOST) {
		ret->why = "long";
		return;
	}
	words_of(a, about, words);
	/* On the stack and wiped: an arena would keep it until the request ends. */
	memcpy(text, password.p, password.n);
	text[password.n] = '\0';
	ret->bits = password_bits(text, words);
	explicit_bzero(text, sizeof(text));
	ret->score = score_of(ret->bits);
	ret->why = fault_of(password, words, ret->score);
	ret->good = ret->why == NULL;
}
