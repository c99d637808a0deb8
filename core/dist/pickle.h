/*
 * pickle.h - a safe reader and a writer of the pickles that managers exchange.
 *
 * The reader knows plain data (None, bool, int, float, str, bytes, bytearray, tuple,
 * list, dict, set, frozenset), a few exceptions and Token. A class is looked up in a
 * list of names and becomes a tag: nothing is imported, nothing is called. All else is
 * refused, and so is what is too deep, too large, or larger than it looks (a container
 * that is used again and again). Protocols 2 to 5 are read, 2 is written, which every
 * Python reads.
 *
 * Any thread, one arena each.
 */
#ifndef CORE_DIST_PICKLE_H
#define CORE_DIST_PICKLE_H

#include "core/dist/value.h"
#include "core/dist/wire.h"
#include "core/err.h"

enum {
	PICKLE_DEPTH_MAX = 64,
	PICKLE_NODES_MAX = 1000 * 1000, /* with what is shared counted each time */
	PICKLE_INT_BYTES_MAX = 4096,
};

/* What an arena for messages of n bytes at most may take. */
#define PICKLE_ARENA(n) ((size_t)(n) + ((size_t)128 << 20))

struct pickle {
	struct value *value;
	int protocol; /* that it declared; 0: none */
};

/*
 * Reads n bytes at `from`, which must stay as long as the value is used. 0; -ENOTSUP:
 * a sound pickle of something that is not read here; -EBADMSG: no pickle; -ENOMEM.
 */
int pickle_read(struct arena *a, const void *from, size_t n, struct pickle *p,
		struct err *e);

/* As pickle_read(), for a body alone (what pickle_begin() and pickle_end() go around):
 * it is copied to the arena. */
int pickle_read_body(struct arena *a, const void *body, size_t n, struct pickle *p,
		     struct err *e);

/* --- writing: each adds to w; memory is asked for at the end (lacks_memory) -- */

void pickle_begin(struct wire *w);
void pickle_end(struct wire *w);

/* What stands between: a body may be put into another pickle as it is. */
void pickle_none(struct wire *w);
void pickle_bool(struct wire *w, bool b);
void pickle_int(struct wire *w, int64_t i);
void pickle_uint(struct wire *w, uint64_t i);
void pickle_float(struct wire *w, double d);
void pickle_text(struct wire *w, const char *text);
void pickle_text_n(struct wire *w, const void *text, size_t n);
void pickle_bytes(struct wire *w, const void *at, size_t n);

/* As pickle_text(), as the str of Python 2: bytes. */
void pickle_old_text(struct wire *w, const char *text);

/* A tuple: the mark, its items, the end. Of n items: short forms for up to three, which
 * need no mark. */
void pickle_mark(struct wire *w);
void pickle_tuple(struct wire *w);	    /* ends what pickle_mark() began */
void pickle_tuple_n(struct wire *w, int n); /* 0..3: of the last n */
void pickle_list_begin(struct wire *w);
void pickle_list_end(struct wire *w);
void pickle_empty_dict(struct wire *w);

/* An exception: "Empty", "Full", "ValueError" ... with one text or (NULL) without. */
void pickle_exception(struct wire *w, const char *name, const char *text);

/* Any value that pickle_read() made, but Token. 0 or -ENOTSUP. */
int pickle_value(struct wire *w, const struct value *v);

/* --- private to the reader's files ----------------------------------------- */

/* A class that may be named. */
struct pickle_name {
	const char *module, *name;
	enum pickle_what {
		PICKLE_EXCEPTION,
		PICKLE_TOKEN,
		PICKLE_BYTEARRAY,
		PICKLE_SET,
		PICKLE_FROZENSET,
		PICKLE_BYTES,  /* Python 3's bytes as protocol 2 has them */
		PICKLE_ENCODE, /* the same: _codecs.encode(text, "latin1") */
	} what;
};
extern const struct pickle_name pickle_names[]; /* ended by a NULL module */

/* Refuses what is deeper or larger than the limits, or holds itself. 0 or -EBADMSG. */
int pickle_check(const struct value *v, struct err *e);

/* The value of `name` called with these arguments; NULL with e filled. */
struct value *pickle_reduce(struct arena *a, const struct value *name,
			    const struct value *args, struct err *e);

#endif
