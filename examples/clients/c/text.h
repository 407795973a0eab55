/* UTF-16 of HCS as UTF-8 of the rest of the program, and single members of its documents.
 * Not here: a JSON parser; a program that wants more than two members of a document takes a library. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <computecore.h>

/* The text as UTF-8, for free(); NULL if there is no text or no memory. */
char *text_to_utf8(PCWSTR text);

/* Copies the text member of a compact JSON document, as much of it as fits; empty if there is none. */
void text_member(const char *json, const char *name, char *value, size_t size);

/* Reads the whole-number member of a compact JSON document. */
bool number_member(const char *json, const char *name, int *value);

#endif
