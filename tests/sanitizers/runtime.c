/* What gcc's libtsan lacks for code of the Rust compiler. Loaded before it. */
#include <stddef.h>
#include <string.h>

/* LLVM calls these from version 15 on, and gcc's library before 14 does not have them. It watches memcpy and the others. */
void *__tsan_memcpy(void *to, const void *from, size_t length) { return memcpy(to, from, length); }
void *__tsan_memmove(void *to, const void *from, size_t length) { return memmove(to, from, length); }
void *__tsan_memset(void *to, int byte, size_t length) { return memset(to, byte, length); }

/* A reference-counted value is freed by the thread that gives up the last reference, after a fence, and fences are not
   understood: every such decrement also acquires here. In the numbers of <stdatomic.h>, memory_order_acq_rel is 4. */
unsigned long __tsan_atomic64_fetch_add(volatile unsigned long *counter, unsigned long value, int order);
unsigned long __tsan_atomic64_fetch_sub(volatile unsigned long *counter, unsigned long value, int order) {
    (void)order;
    return __tsan_atomic64_fetch_add(counter, -value, 4);
}
