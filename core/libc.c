#include "core/libc.h"

#include <signal.h>
#include <stddef.h>

#if !LIBC_AT_LEAST(2, 32)
#define NAME(s) [SIG##s] = #s

static const char *const names[] = {
	NAME(HUP),  NAME(INT),	  NAME(QUIT), NAME(ILL),    NAME(TRAP), NAME(ABRT),
	NAME(BUS),  NAME(FPE),	  NAME(KILL), NAME(USR1),   NAME(SEGV), NAME(USR2),
	NAME(PIPE), NAME(ALRM),	  NAME(TERM), NAME(STKFLT), NAME(CHLD), NAME(CONT),
	NAME(STOP), NAME(TSTP),	  NAME(TTIN), NAME(TTOU),   NAME(URG),	NAME(XCPU),
	NAME(XFSZ), NAME(VTALRM), NAME(PROF), NAME(WINCH),  NAME(POLL), NAME(PWR),
	NAME(SYS),
};
#endif

const char *
libc_signal_name(int signal)
{
#if LIBC_AT_LEAST(2, 32)
	return sigabbrev_np(signal);
#else
	return signal > 0 && (size_t)signal < sizeof(names) / sizeof(names[0])
		       ? names[signal]
		       : NULL;
#endif
}
