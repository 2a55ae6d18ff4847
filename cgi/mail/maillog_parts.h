#ifndef MAIL_MAILLOG_PARTS_H
#define MAIL_MAILLOG_PARTS_H

/* What the files maillog*.c share. */

#include "mail/maillog.h"

/* A message of a program that logs by syslog; time and memory of `ret` are set already. */
void	maillog_read_program(struct text name, struct text message, struct maillog_line *ret);

#endif
