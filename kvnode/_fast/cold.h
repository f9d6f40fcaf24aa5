/* Errors are rare: what leads to a traceback is laid apart from the rest, which then fits more closely into the
   processor's caches. Every compiled module starts with this (setup.py). */
#ifndef KVNODE_COLD
#define KVNODE_COLD
static void __Pyx_AddTraceback(const char *function, int c_line, int line, const char *file)
    __attribute__((cold, unused));
#endif
