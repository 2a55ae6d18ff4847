#include "mail/bounce_answer.h"

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/str.h"
#include "mail/dsn.h"

/* --- codes -------------------------------------------------------------------------------------- */

static bool
is_digit_at(struct text t, size_t i)
{
	return i < t.n && ascii_isdigit((unsigned char)t.p[i]);
}

/* A status "d.d{1,3}.d{1,3}" at i: its length, 0 = none (RFC 3463 2). */
static size_t
status_at(struct text t, size_t i)
{
	size_t	start = i;

	if (i >= t.n || (t.p[i] != '2' && t.p[i] != '4' && t.p[i] != '5') ||
	    (i > 0 && (is_digit_at(t, i - 1) || t.p[i - 1] == '.')))
		return 0;
	i++;
	for (int part = 0; part < 2; part++) {
		size_t	digits = 0;

		if (i >= t.n || t.p[i] != '.')
			return 0;
		for (i++; is_digit_at(t, i); i++)
			digits++;
		if (digits == 0 || digits > 3)
			return 0;
	}
	/* an address ("5.1.1.20") or a version is none */
	if (i < t.n && (t.p[i] == '.' && is_digit_at(t, i + 1)))
		return 0;
	return i - start;
}

static bool
known_code(const char *p)
{
	static const char	codes[] = "421 422 431 432 441 442 446 447 449 450 451 452 453 454 455 458 459 471 499 "
	    "500 501 502 503 504 505 510 511 512 513 515 517 520 521 522 523 530 531 532 533 534 535 538 541 542 543 "
	    "544 546 547 550 551 552 553 554 555 556 557 559 560 563 570 571 572 573 574 576 577 579 580 590 598 599 ";

	for (const char *c = codes; *c != '\0'; c += 4)
		if (memcmp(c, p, 3) == 0)
			return true;
	return false;
}

/*
 * Does an answer begin at i?  A code alone in a sentence ("after 550 messages")
 * is none: it stands after a mark, or an enhanced status follows, or the word
 * before announces it.
 */
static bool
begins_answer(struct text t, size_t i)
{
	static const char *const	 before[] = { "error", "code", "said", "returned", "reply", "response", "status",
	    "fehler", "erreur", "errore", "erro", "message", "was", "with", "got", "refused", "smtp", "rejected",
	    "responded", "answer", "error_code", NULL };
	size_t				 k = i, word;
	struct text			 w;

	if (!is_digit_at(t, i) || !is_digit_at(t, i + 1) || !is_digit_at(t, i + 2) || i + 3 > t.n)
		return false;
	if (t.p[i] != '4' && t.p[i] != '5')
		return false;
	if (i + 3 < t.n && strchr(" -#\t\r\n:.,'\"", t.p[i + 3]) == NULL)
		return false;
	if (i + 3 < t.n && (t.p[i + 3] == '.' || t.p[i + 3] == ':') && is_digit_at(t, i + 4))
		return false;
	if (i > 0 && (ascii_isalnum((unsigned char)t.p[i - 1]) || t.p[i - 1] == '.' || t.p[i - 1] == '-' ||
	    t.p[i - 1] == '@' || t.p[i - 1] == '/' || t.p[i - 1] == '=' || t.p[i - 1] == '_'))
		return false;
	if (i > 1 && t.p[i - 1] == ':' && is_digit_at(t, i - 2))	/* a time, a port */
		return false;
	if (i + 4 < t.n && status_at(t, i + 4) > 0)
		return true;
	if (i + 5 < t.n && t.p[i + 3] == ' ' && t.p[i + 4] == '#' && status_at(t, i + 5) > 0)
		return true;
	if (!known_code(t.p + i))
		return false;
	while (k > 0 && (t.p[k - 1] == ' ' || t.p[k - 1] == '\t'))
		k--;
	if (k == 0 || strchr("\n:;'\"(<>#|[", t.p[k - 1]) != NULL)
		return true;
	for (word = k; word > 0 && (ascii_isalpha((unsigned char)t.p[word - 1]) || t.p[word - 1] == '_');)
		word--;
	w = (struct text){ t.p + word, k - word };
	for (size_t n = 0; before[n] != NULL; n++)
		if (text_iis(w, before[n]))
			return true;
	return false;
}

/* What comes after an answer in the same paragraph. */
static bool
ends_answer(struct text line)
{
	static const char *const	 marks[] = { "Giving up on", ">>>", "... while talking", "STATUS:", "Reporting-MTA:",
	    "Final-Recipient:", "-----", "--- ", "Technical details", "Diagnostic information", "Original message",
	    "Message-ID:", "Received:", "I'm not going to try again", "(in reply to", "Original-Recipient:", "Action:",
	    "Subject:", "Date:", "From:", "To:", "Sent:", "Learn more", "For more information", "This message was",
	    "##", "Remote-MTA:", "Last-Attempt-Date:", "Will-Retry-Until:", "X-Display-Name:", "Status:", NULL };

	size_t				 at;

	for (size_t i = 0; marks[i] != NULL; i++)
		if (text_istarts(line, marks[i]))
			return true;
	/* the next line of a session: "12:00:01 --> QUIT" */
	line = text_head(line, 60);
	return text_find(line, TEXT("--> "), &at) || text_find(line, TEXT("<-- "), &at);
}

bool
answer_find(struct text t, struct text *ret)
{
	for (size_t i = 0; i + 3 <= t.n; i++) {
		struct text	 rest, line;
		size_t		 at, end;
		char		 quote = 0;
		bool		 first = true, last = false;	/* "550 " ends an answer, "550-" goes on */

		if (!begins_answer(t, i))
			continue;
		if (i > 0 && strchr("'\"(<[", t.p[i - 1]) != NULL)
			quote = t.p[i - 1] == '(' ? ')' : t.p[i - 1] == '<' ? '>' : t.p[i - 1] == '[' ? ']' : t.p[i - 1];
		rest = text_skip(t, i);
		end = i;
		while (text_line(&rest, &line)) {
			struct text	 trimmed = text_trim(line);

			while (text_starts(trimmed, "<<<"))
				trimmed = text_trim(text_skip(trimmed, 3));
			if (trimmed.n == 0 || (!first && ends_answer(trimmed)))
				break;
			if (answer_code(trimmed) != 0) {
				if (last)
					break;
				last = trimmed.n < 4 || trimmed.p[3] != '-';
			}
			first = false;
			end = (size_t)(line.p - t.p) + line.n;
			if (text_ifind(line, TEXT("(in reply to"), &at) || text_find(line, TEXT("##"), &at)) {
				end = (size_t)(line.p - t.p) + at;
				break;
			}
		}
		*ret = text_trim((struct text){ t.p + i, end - i });
		if (quote != 0) {
			for (size_t k = ret->n; k-- > 3;)
				if (ret->p[k] == quote) {
					if (k + 1 == ret->n || quote == '\'' || quote == '"' ||
					    (k + 2 >= ret->n))
						ret->n = k;
					break;
				}
		}
		*ret = text_trim(*ret);
		return true;
	}
	return false;
}

int
answer_code(struct text t)
{
	if (t.n < 3 || !is_digit_at(t, 0) || !is_digit_at(t, 1) || !is_digit_at(t, 2) || is_digit_at(t, 3))
		return 0;
	if (t.p[0] != '2' && t.p[0] != '4' && t.p[0] != '5')
		return 0;
	if (t.n > 3 && strchr(" -#\t\r\n:;.,'\"", t.p[3]) == NULL)
		return 0;
	if (t.n > 4 && t.p[3] == '.' && is_digit_at(t, 4))
		return 0;
	return (t.p[0] - '0') * 100 + (t.p[1] - '0') * 10 + (t.p[2] - '0');
}

const char *
answer_status(struct arena *a, struct text t)
{
	const char	*best = NULL;
	int		 weight = -1;
	unsigned	 seen = 0;

	for (size_t i = 0; i + 5 <= t.n && i < 600 && seen < 4; i++) {
		size_t		 n = status_at(t, i);
		const char	*s;

		if (n == 0)
			continue;
		/* part of a word or of a name is none: "v5.1.1", "mx-5.1.1" */
		if (i > 0 && strchr(" #([{<:-'\"\t\n;", t.p[i - 1]) == NULL)
			continue;
		if (i + n < t.n && (ascii_isalnum((unsigned char)t.p[i + n]) || t.p[i + n] == '-'))
			continue;
		s = arena_strndup(a, t.p + i, n);
		if (status_weight(s) > weight) {
			best = s;
			weight = status_weight(s);
		}
		if (weight == 2)
			break;
		seen++;
		i += n;
	}
	return best;
}

const char *
status_of_field(struct arena *a, struct text t)
{
	t = text_trim(t);
	for (size_t i = 0; i < t.n && i < 40; i++) {
		size_t	n = status_at(t, i);

		if (n > 0)
			return arena_strndup(a, t.p + i, n);
	}
	return NULL;
}

int
status_weight(const char *s)
{
	bool	subject, detail;

	if (s == NULL)
		return -1;
	subject = strncmp(s + 1, ".0.", 3) != 0;
	detail = strcmp(strrchr(s, '.'), ".0") != 0;
	return subject + detail;
}

/* --- who answered ------------------------------------------------------------------------------- */

/*
 * What announces the name of a server.  `before`: the name stands before the
 * phrase, else after it.
 */
static const struct { const char *phrase; bool before; } introductions[] = {
	{ "while talking to ",			false },	/* Sendmail */
	{ " gave this error",			true },		/* Office 365, Gmail */
	{ " rejected your message",		true },
	{ " said: ",				true },		/* Postfix: host NAME[IP] said: */
	{ " said:",				true },
	{ " refused to talk to me",		true },
	{ "connect to ",			false },
	{ "lost connection with ",		false },
	{ "conversation with ",			false },
	{ "remote host ",			false },
	{ "recipient domain ",			false },	/* "... by NAME. [IP]": below */
	{ "remote server at ",			false },
	{ "remote server (",			false },	/* hMailServer */
	{ "remote mail server ",		false },
	{ "mail server ",			false },
	{ "host: ",				false },	/* GMX */
	{ "host ",				false },	/* Exim: host NAME [IP]: 550 */
	{ "connected to ",			false },	/* qmail */
	{ " does not like recipient",		true },
	{ " does not like sender",		true },
	{ " failed after i sent the message",	true },
	{ "giving up on ",			false },
	{ "server ",				false },
};

static bool
is_name_char(int c)
{
	return ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == ':';
}

/* A host name with a dot, or an address, at the start of t. */
static const char *
name_at(struct arena *a, struct text t)
{
	size_t		 n = 0;
	struct ip	 ip;
	const char	*s;

	t = text_trim(t);
	if (t.n > 0 && (t.p[0] == '[' || t.p[0] == '<' || t.p[0] == '\'' || t.p[0] == '"'))
		t = text_skip(t, 1);
	while (n < t.n && n < 254 && is_name_char((unsigned char)t.p[n]))
		n++;
	t = text_head(t, n);
	while (t.n > 0 && (t.p[t.n - 1] == '.' || t.p[t.n - 1] == ':'))
		t.n--;
	if (t.n < 3 || memchr(t.p, '.', t.n) == NULL)
		return NULL;
	s = dsn_mta(a, t);
	if (s == NULL || (!ip_parse(text_of(s), &ip) && !ascii_isalpha((unsigned char)s[strlen(s) - 1])))
		return NULL;
	return s;
}

/* The name that ends before `end`: "host NAME[192.0.2.1] said". */
static const char *
name_before(struct arena *a, struct text t, size_t end)
{
	size_t	i = end;

	while (i > 0 && t.p[i - 1] == ' ')
		i--;
	for (int brackets = 0; brackets < 2 && i > 0 && (t.p[i - 1] == ']' || t.p[i - 1] == ')'); brackets++) {
		char	open = t.p[i - 1] == ']' ? '[' : '(';
		size_t	k = i;

		while (k > 0 && end - k < 300 && t.p[k - 1] != open)
			k--;
		if (k == 0 || t.p[k - 1] != open)
			break;
		if (k >= 2 && !is_name_char((unsigned char)t.p[k - 2]) && t.p[k - 2] != ' ')
			return name_at(a, text_skip(text_head(t, i), k));
		i = k - 1;
		while (i > 0 && t.p[i - 1] == ' ')
			i--;
	}
	end = i;
	while (i > 0 && end - i < 254 && is_name_char((unsigned char)t.p[i - 1]))
		i--;
	return i < end ? name_at(a, (struct text){ t.p + i, end - i }) : NULL;
}

const char *
answer_mta(struct arena *a, struct text t)
{
	t = text_head(t, 4000);
	for (size_t k = 0; k < sizeof(introductions) / sizeof(introductions[0]); k++) {
		struct text	 phrase = text_of(introductions[k].phrase);
		size_t		 from = 0, at;

		for (int tries = 0; tries < 8 && text_ifind(text_skip(t, from), phrase, &at); tries++) {
			const char	*name;

			at += from;
			from = at + phrase.n;
			if (introductions[k].before)
				name = name_before(a, t, at);
			else if (strcmp(introductions[k].phrase, "recipient domain ") == 0) {
				/* Gmail: "the server for the recipient domain D by NAME. [IP]." */
				struct text	 rest = text_skip(t, from);

				name = text_find(text_head(rest, 300), TEXT(" by "), &at) ?
				    name_at(a, text_skip(rest, at + 4)) : NULL;
			} else if (at > 0 && ascii_isalnum((unsigned char)t.p[at - 1]) && phrase.p[0] != ' ')
				name = NULL;			/* "localhost " */
			else
				name = name_at(a, text_skip(t, from));
			if (name != NULL)
				return name;
		}
	}
	return NULL;
}

/* --- on one line -------------------------------------------------------------------------------- */

struct text
answer_join(struct arena *a, struct text answer, size_t max)
{
	struct str	s = str_in(a, max);
	struct text	rest = answer, line;

	while (text_line(&rest, &line) && s.n < max) {
		line = text_trim(line);
		while (text_starts(line, "<<<"))
			line = text_trim(text_skip(line, 3));
		if (line.n == 0)
			continue;
		if (s.n > 0)
			str_addc(&s, ' ');
		line = dsn_one_line(a, line, max);
		str_addt(&s, text_head(line, max - s.n));
	}
	return text_trim(str_text(&s));
}
