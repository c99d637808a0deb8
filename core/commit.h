/*
 * commit.h - what was built: the commit that the build found in its folder.
 */
#ifndef CORE_COMMIT_H
#define CORE_COMMIT_H

/* "24bd54869c11", with "-dirty" where files differed from it; "unknown" outside of a
 * checkout. Written by make (build/gen/commit.c). */
extern const char commit_text[];

#endif
