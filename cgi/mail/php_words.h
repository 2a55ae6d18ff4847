#ifndef MAIL_PHP_WORDS_H
#define MAIL_PHP_WORDS_H

/*
 * A PHP file as a row of words, read and never run: what stands in comments,
 * in strings and outside of <?php ... ?> is no code, whatever it says.  (PHP
 * Manual, Language Reference: basic syntax, strings.)  Linear in the length;
 * whoever wrote the file may have meant it for us.
 */

#include "base/text.h"

enum php_kind {
	PHP_END,
	PHP_NAME,	/* eval, base64_decode; not told from keywords */
	PHP_VARIABLE,	/* without its $ */
	PHP_STRING,	/* between its quotes, escapes not taken out; heredoc too */
	PHP_NUMBER,
	PHP_SIGN,	/* one character; "->", "?->" and "::" are their last one with `member` */
};

struct php_word {
	enum php_kind	 kind;
	struct text	 text;		/* points into the file */
	char		 sign;
	bool		 member;	/* of "->" or "::": the next name is no function of PHP's */
};

struct php_words {
	struct text	 rest;
	bool		 code;		/* inside of <?php */
};

struct php_words	php_words(struct text file);
/* false = the end. */
bool			php_next(struct php_words *, struct php_word *ret);

#endif
