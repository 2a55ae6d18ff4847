#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

/*
 * A unit test is a program: tables of cases, CHECK per case, TEST_END at the
 * end of main.  A failure names file, line and case; the last line counts.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_passed, test_failed;

#define CHECK(name, cond) do {							\
	if (cond)								\
		test_passed++;							\
	else {									\
		test_failed++;							\
		printf("FAIL %s:%d %s: %s\n", __FILE__, __LINE__, (name), #cond);	\
	}									\
} while (0)

#define CHECK_STR(name, got, want) do {						\
	const char *test_got = (got), *test_want = (want);			\
	if (test_got != NULL && test_want != NULL && strcmp(test_got, test_want) == 0) \
		test_passed++;							\
	else if (test_got == NULL && test_want == NULL)				\
		test_passed++;							\
	else {									\
		test_failed++;							\
		printf("FAIL %s:%d %s: got \"%s\", want \"%s\"\n", __FILE__, __LINE__,	\
		    (name), test_got == NULL ? "(null)" : test_got,		\
		    test_want == NULL ? "(null)" : test_want);			\
	}									\
} while (0)

#define TEST_END() do {								\
	printf("%d passed, %d failed\n", test_passed, test_failed);		\
	return test_failed == 0 ? 0 : 1;					\
} while (0)

#endif
