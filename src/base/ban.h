/* ban.h - what this house does not call. Include last, after the system's headers. */
#ifndef BASE_BAN_H
#define BASE_BAN_H
/* Some of them are macros of the C library, and a macro cannot be poisoned. */
#undef alloca
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets gmtime localtime ctime asctime rand \
	srand random system popen alloca
#endif
