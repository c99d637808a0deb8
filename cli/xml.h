/*
 * xml.h - text that may stand in XML.
 */
#ifndef CLI_XML_H
#define CLI_XML_H

#include <stdio.h>

/* Writes text escaped for content and attributes; what XML 1.0 cannot hold is '?'. */
void xml_text(FILE *out, const char *text);

#endif
