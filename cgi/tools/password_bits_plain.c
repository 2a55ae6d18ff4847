/*
 * From left to right: what a guesser tries as one piece (a well-known word, one of
 * the owner's, a run along the alphabet or the keyboard, a repeated character) costs
 * him little however long it is; a letter among letters costs what a letter of a word
 * does; everything else what its kind of character does.  Less than zxcvbn knows,
 * and on the safe side for what is not a word.
 */

#include "tools/password_bits.h"

#include <string.h>

#include "base/text.h"

#define RUN_LEAST	3
#define WORD_LEAST	4
#define PIECE_BITS	9.0	/* some hundreds are tried first */
#define LETTER_IN_WORD	2.6
#define LENGTH_BITS	1.0	/* how often, how long */

static const char *const rows[] = {
	"abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890",
	"qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn",
};

static const char *const common[] = {
	"password", "passwort", "contrasena", "clave", "letmein", "welcome", "bienvenido", "admin", "administrator",
	"root", "user", "login", "master", "secret", "secreto", "hello", "hola", "iloveyou", "tequiero", "teamo",
	"love", "amor", "monkey", "dragon", "sunshine", "princess", "princesa", "football", "futbol", "baseball",
	"soccer", "barcelona", "madrid", "espana", "mexico", "superman", "batman", "shadow", "michael", "jordan",
	"jennifer", "charlie", "maria", "carlos", "summer", "winter", "spring", "autumn", "verano", "invierno",
	"computer", "internet", "server", "hosting", "email", "correo", "mail", "company", "empresa", "test",
	"changeme", "temp", "trustno", "whatever", "freedom", "pepper", "cheese", "coffee", "money", "dinero",
};

static int
lower(char c)
{
	return ascii_tolower((unsigned char)c);
}

/* "p4ssw0rd" is "password". */
static int
plain(char c)
{
	static const char from[] = "4@310$5!7", to[] = "aaeiossit";
	const char *at = c == '\0' ? NULL : strchr(from, c);

	return at != NULL ? to[at - from] : lower(c);
}

static size_t
starts_with(const char *p, const char *word)
{
	size_t n = 0;

	for (; word[n] != '\0'; n++)
		if (lower(p[n]) != word[n] && plain(p[n]) != word[n])
			return 0;
	return n;
}

static size_t
word_at(const char *p, const char *const *words)
{
	size_t longest = 0, n;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if ((n = starts_with(p, common[i])) > longest)
			longest = n;
	for (; *words != NULL; words++)
		if ((n = starts_with(p, *words)) > longest)
			longest = n;
	return longest;
}

/* How far the password goes along a row, forth or back. */
static size_t
run_at(const char *p)
{
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int step = -1; step <= 1; step += 2) {
			const char *at = p[0] == '\0' ? NULL : strchr(rows[i], lower(p[0]));
			size_t n = 0;

			while (at != NULL && at >= rows[i] && *at != '\0' && p[n] != '\0' && lower(p[n]) == *at) {
				n++;
				at += step;
			}
			if (n > longest)
				longest = n;
		}
	return longest;
}

static size_t
repeated_at(const char *p)
{
	size_t n = 1;

	while (p[0] != '\0' && p[n] == p[0])
		n++;
	return n;
}

/* 1950 to 2049 */
static size_t
year_at(const char *p)
{
	bool ok = (p[0] == '1' && p[1] == '9' && p[2] >= '5') || (p[0] == '2' && p[1] == '0' && p[2] <= '4');

	return ok && ascii_isdigit((unsigned char)p[2]) && ascii_isdigit((unsigned char)p[3]) ? 4 : 0;
}

static size_t
letters_at(const char *p)
{
	size_t n = 0;

	/* a capital in front and small letters, or all of one kind: as words are written */
	while (ascii_isalpha((unsigned char)p[n]) &&
	    (n < 2 || (lower(p[n]) == p[n]) == (lower(p[n - 1]) == p[n - 1])))
		n++;
	return n;
}

static double
character_bits(char c)
{
	return ascii_isalpha((unsigned char)c) ? 4.7 : ascii_isdigit((unsigned char)c) ? 3.3 : 5.0;
}

double
password_bits(const char *password, const char *const *words)
{
	double bits = 0;

	for (const char *p = password; *p != '\0';) {
		size_t word = word_at(p, words), run = run_at(p), same = repeated_at(p), letters;
		size_t piece = word > run ? word : run;

		if (same > piece)
			piece = same;
		if (piece < RUN_LEAST)
			piece = year_at(p);
		if (piece >= RUN_LEAST) {
			bits += (piece == word ? PIECE_BITS : character_bits(*p) + LENGTH_BITS);
			p += piece;
			continue;
		}
		letters = letters_at(p);
		if (letters >= WORD_LEAST) {
			bits += LETTER_IN_WORD;
			p++;
			while (--letters > 0 && word_at(p, words) < RUN_LEAST && run_at(p) < RUN_LEAST &&
			    repeated_at(p) < RUN_LEAST) {
				bits += LETTER_IN_WORD;
				p++;
			}
			continue;
		}
		bits += character_bits(*p++);
	}
	return bits;
}
