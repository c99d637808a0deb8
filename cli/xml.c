/*
 * xml.c - text that may stand in XML.
 */
#include "cli/xml.h"

#include "cli/term.h"

#include <stdint.h>
#include <string.h>

void
xml_text(FILE *out, const char *text)
{
	uint32_t cp = 0;
	size_t left = strlen(text);

	while (left > 0) {
		const int n = term_utf8(text, left, &cp);

		if (n == 0 || (cp < 0x20 && cp != '\n' && cp != '\t') || cp == 0xfffe ||
		    cp == 0xffff)
			putc('?', out);
		else if (cp == '&')
			fputs("&amp;", out);
		else if (cp == '<')
			fputs("&lt;", out);
		else if (cp == '>')
			fputs("&gt;", out);
		else if (cp == '"')
			fputs("&quot;", out);
		else
			fwrite(text, 1, (size_t)n, out);
		text += n == 0 ? 1 : n;
		left -= n == 0 ? 1 : (size_t)n;
	}
}
