/* hcs-sim: what a test tells the simulated Host Compute Service, and asks of it. These functions are in libcomputecore (computecore.dll)
 * beside those of computecore.h; the real computecore.dll has none of them, so keep them in tests.
 *
 * Texts are UTF-8 and end with a zero, in both directions. Each function works on the host of the calling thread: the one that it has
 * entered (HcsSimEnterHost), in a callback the one that calls, else the only one with a name, else the default host of the process. Functions
 * that answer an HRESULT or a count answer E_INVALIDARG for arguments that cannot be used; HcsSimProblem then says why, and stderr did.
 *
 * The environment says what hosts begin with, without a line of code:
 *   HCS_SIM_SCENARIO=file   every host plays the scenario in the file
 *   HCS_SIM_JOURNAL=file    the journal goes into the file as it is written, "%p" in the name being the process id; further hosts have
 *                           files beside it
 *   HCS_SIM_VERIFY=1        at the end of the process findings go to stderr, and the exit code is 70 if there are any and the
 *                           program's own would have been 0 (but on Windows, where a library is not told it)
 */
#ifndef HCS_SIM_H
#define HCS_SIM_H

#include <stdint.h>

#ifdef _WIN32
#define HCS_SIM_CALL __stdcall
#else
#define HCS_SIM_CALL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Adds a scenario to the host: JSON, or the path of a file with it (docs/scenario-files.md). Its "host" counts only before the first call. */
int32_t HCS_SIM_CALL HcsSimLoadScenario(const char *scenario);

/* Begins the host anew, for every thread that is in it, as the environment says: time 0, no systems, no rules, an empty journal. Handles of
 * before are stale, and waits for them end. What is wrong with the former host goes to stderr, and counts for HCS_SIM_VERIFY. */
int32_t HCS_SIM_CALL HcsSimReset(void);

/* From now on the calling thread belongs to the host with this name, which begins now if no thread is in it; NULL: to none. Tests that run
 * side by side each enter their own. A host with a name ends when its last thread has left it or is over: what is wrong with it and was not
 * asked for goes to stderr then, and counts for HCS_SIM_VERIFY. Threads that have entered none find a host by the handles they use. A call
 * that has no handle, such as a create, goes to the only host that there is, and is refused if there are several: such a thread enters too. */
int32_t HCS_SIM_CALL HcsSimEnterHost(const char *name);

/* Moves the host's virtual clock, and lets everything happen on the way. */
int32_t HCS_SIM_CALL HcsSimAdvance(uint64_t milliseconds);

/* The host's time in milliseconds since it began. */
uint64_t HCS_SIM_CALL HcsSimNow(void);

/* Lets complete what rules hold under a name ("hold_as"); NULL: what the host holds by its setting. Answers how many operations. A name
 * that was released holds nothing any more, also if nothing was held yet: 0 is an answer that a loop may wait on for ever. Release after
 * the call has returned; if it is made on another thread, once HcsSimJournal has it. */
int HCS_SIM_CALL HcsSimRelease(const char *name);

/* How many operations rules hold under a name: a client on a thread of its own has got there once it is one. */
int HCS_SIM_CALL HcsSimHeld(const char *name);

/* Lets an event happen now: {"event": "worker_death", "system": "web"}, as in the "events" of a scenario, without "at".
 * One that finds nobody answers S_OK, and is a finding. */
int32_t HCS_SIM_CALL HcsSimRaiseEvent(const char *event);

/* Gives the journal as JSON lines (docs/recordings.md). Free it with HcsSimFree. */
int32_t HCS_SIM_CALL HcsSimJournal(char **journal);

/* Gives the journal as people read it: to be printed when a check of the test's own has failed. Free it with HcsSimFree. */
int32_t HCS_SIM_CALL HcsSimTimeline(char **timeline);

/* Lets everything happen that is due, then answers how many findings there are that fail a test, each told once, and gives the report,
 * or NULL without findings. report may be NULL. Free it with HcsSimFree. */
int HCS_SIM_CALL HcsSimVerify(char **report);

/* Frees a text of these functions; NULL is fine. */
void HCS_SIM_CALL HcsSimFree(char *text);

/* What was wrong with the arguments of this thread's last call of these functions; NULL if nothing was. Valid until the next. */
const char *HCS_SIM_CALL HcsSimProblem(void);

#ifdef __cplusplus
}
#endif

#endif
