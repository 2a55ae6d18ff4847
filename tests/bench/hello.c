/*
 * The peer of the page benchmark: the least that a FastCGI program can do, with
 * as many threads as the backend has.  usage: hello SOCKET THREADS
 */

#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int listener;

static void *
serve(void *unused)
{
	FCGX_Request request;

	(void)unused;
	FCGX_InitRequest(&request, listener, 0);
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutS("Content-Type: text/plain\r\n\r\nhello\n", request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[2]) : 8, i;
	pthread_t thread;

	if (argc < 2 || FCGX_Init() != 0 || (listener = FCGX_OpenSocket(argv[1], 1024)) < 0) {
		fprintf(stderr, "usage: hello SOCKET THREADS\n");
		return 2;
	}
	for (i = 1; i < threads; i++)
		pthread_create(&thread, NULL, serve, NULL);
	serve(NULL);
	return 0;
}
