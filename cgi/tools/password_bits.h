#ifndef TOOLS_PASSWORD_BITS_H
#define TOOLS_PASSWORD_BITS_H

/*
 * How much a guesser has to search for this password, in bits.  Two files, of
 * which one is built: password_bits_zxcvbn.c where there is the library, and
 * password_bits_plain.c where the system has none (make ZXCVBN=0).
 */

/* `words`: what everybody knows of its owner, in lower case; ends with NULL. */
double	password_bits(const char *password, const char *const *words);

#endif
