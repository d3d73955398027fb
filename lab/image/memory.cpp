// The compiler may call these for any copy.
#include <cstddef>

extern "C" {
void* memcpy(void* to, const void* from, std::size_t count) {
    void* const start = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
    return start;
}

void* memset(void* to, int byte, std::size_t count) {
    void* const start = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
    return start;
}
}
