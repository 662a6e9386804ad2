// Loads the library that it is given, and at a line on stdin calls its function so many times.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
	void *library = count > 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
	void (*nap)(void);
	char line[16];

	if (!library)
		return 1;
	nap = (void (*)(void))dlsym(library, "hidden_nap");
	printf("ready\n");
	fflush(stdout);
	if (!nap || !fgets(line, sizeof(line), stdin))
		return 1;
	for (long i = 0; i < atol(arguments[2]); i++)
		nap();
	return 0;
}
