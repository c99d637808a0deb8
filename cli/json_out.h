/*
 * json_out.h - JSON values that every reader takes: pieces for the renderers.
 *
 * Never NaN or an infinity (null instead), never an integer above 2^53 (a real
 * instead), never text that is not UTF-8. A document is written member by member, so
 * that a large one is never in memory; where memory runs out for a piece, null stands
 * there and the document stays whole.
 */
#ifndef CLI_JSON_OUT_H
#define CLI_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Once, before the first document: has the reader's memory watched. */
void json_out_init(void);

/* The errno of a document that did not load: EINVAL for what is wrong in it, ENOMEM
 * where memory ran out. */
int json_out_errno(void);

/* A number: an integer when it is whole, null when it is not finite. */
json_t *json_out_number(double x);
json_t *json_out_integer(int64_t x);

/* Text; bytes that are not UTF-8 become U+FFFD. NULL gives null. */
json_t *json_out_text(const char *text);

/*
 * Sets key to n bytes of any sort: as a string when they are UTF-8 without NUL, else
 * by base64 (RFC 4648) under the key with "_base64" behind it.
 */
void json_out_bytes(json_t *object, const char *key, const char *data, size_t n);

/* Sets kind ("" or NULL: null) and, unless it is negative, workers (0: null). */
void json_out_place(json_t *o, const char *kind, int64_t workers);

/* The other way: the text of a member; "" when there is none. Owned by o. */
const char *json_out_text_of(const json_t *o, const char *key);

/* Writes value without line breaks and releases it; NULL is written as null. */
void json_out_value(FILE *out, json_t *value);

/* Writes `"key":value`, releases value; with a comma and a new line before it, but
 * for the first member (*first is then cleared). */
void json_out_member(FILE *out, bool *first, const char *key, json_t *value);

/* The same for a member whose value the caller writes next. */
void json_out_key(FILE *out, bool *first, const char *key);

#endif
