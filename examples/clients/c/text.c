#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t put_utf8(char *to, unsigned long point)
{
    if (point < 0x80)
    {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800)
    {
        to[0] = (char)(0xC0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000)
    {
        to[0] = (char)(0xE0 | point >> 12);
        to[1] = (char)(0x80 | (point >> 6 & 0x3F));
        to[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | point >> 18);
    to[1] = (char)(0x80 | (point >> 12 & 0x3F));
    to[2] = (char)(0x80 | (point >> 6 & 0x3F));
    to[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

char *text_to_utf8(PCWSTR text)
{
    if (text == NULL)
    {
        return NULL;
    }
    size_t units = 0;
    while (text[units] != 0)
    {
        units++;
    }
    char *utf8 = malloc(3 * units + 1); /* a surrogate pair is two units and four bytes */
    if (utf8 == NULL)
    {
        return NULL;
    }
    char *end = utf8;
    for (size_t at = 0; at < units; at++)
    {
        unsigned long point = text[at];
        bool is_pair = (point & 0xFC00) == 0xD800 && (text[at + 1] & 0xFC00) == 0xDC00;
        if (is_pair)
        {
            at++;
            point = 0x10000 + ((point & 0x3FF) << 10) + (text[at] & 0x3FF);
        }
        else if ((point & 0xF800) == 0xD800)
        {
            point = 0xFFFD; /* half a pair */
        }
        end += put_utf8(end, point);
    }
    *end = '\0';
    return utf8;
}

/* Where the value of a member begins. */
static const char *find_member(const char *json, const char *name)
{
    char quoted[64];
    if (json == NULL || snprintf(quoted, sizeof quoted, "\"%s\":", name) >= (int)sizeof quoted)
    {
        return NULL;
    }
    const char *found = strstr(json, quoted);
    return found == NULL ? NULL : found + strlen(quoted);
}

void text_member(const char *json, const char *name, char *value, size_t size)
{
    const char *from = find_member(json, name);
    size_t length = 0;
    if (from != NULL && *from == '"')
    {
        for (from++; *from != '\0' && *from != '"' && length + 1 < size; from++)
        {
            if (*from == '\\' && from[1] != '\0')
            {
                from++; /* messages have quotes, backslashes and line ends at most */
                value[length++] = *from == 'n' || *from == 'r' ? ' ' : *from;
            }
            else
            {
                value[length++] = *from;
            }
        }
    }
    value[length] = '\0';
}

bool number_member(const char *json, const char *name, int *value)
{
    const char *from = find_member(json, name);
    return from != NULL && sscanf(from, "%d", value) == 1;
}
