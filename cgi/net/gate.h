#ifndef NET_GATE_H
#define NET_GATE_H

/*
 * A door that lets in only so many at once; the others wait in the order they
 * came.  Nobody enters from inside of gate_wait: it happens in the next turn
 * of the loop, so that whoever asks is never answered while he is still asking.
 */

#include "net/loop.h"

/* Lives in its owner.  Zeroed: outside. */
struct pass {
	void		*ctx;
	void		(*enter)(void *ctx);
	struct gate	*gate;
	struct pass	*next, *prev;
	struct timer	 timer;
	bool		 inside;
};

struct passes {
	struct pass	*first, *last;
};

struct gate {
	struct loop	*loop;
	uint32_t	 limit, inside_count;
	struct passes	 waiting, inside;
};

void		 gate_init(struct gate *, struct loop *, uint32_t limit);
/* `enter` is called when it is this one's turn. */
void		 gate_wait(struct gate *, struct pass *, void (*enter)(void *), void *ctx);
/* Wherever it is; a waiting one may enter then. */
void		 gate_leave(struct pass *);
/* Anybody who has not left, NULL = nobody. */
struct pass	*gate_any(const struct gate *);

#endif
