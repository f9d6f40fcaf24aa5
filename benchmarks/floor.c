/* What the same work takes in C, with a Python object at either end and nothing decided in between: the practical
 * floor that the benchmarks hold the library against. No policy, no errors with a path, no order of preference.
 *
 *   write(pieces) -> bytes            literals (bytes) as they are, strings (str) escaped, one after the other
 *   Masks(cells, allotted)            a host's cores as 64-bit masks, at most 64 threads in a cell
 *   Masks.pins(cores, threads, pages, wanted, table) -> list of CPUs, or how many cells it takes without `table`;
 *                                     None where it doesn't fit. `pages` has each cell's free ones.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_BYTES = 16384, LONGEST_ESCAPE = 6, MOST_CELLS = 64, MOST_THREADS = 64 };

static const unsigned char special[256] = {['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\t'] = 5, ['\n'] = 6, ['\r'] = 7};
static const char *const escapes[] = {"", "&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;", "&#13;"};

/* Whether any of eight bytes is one of those: a byte that is zero after the exclusive or borrows from its top bit. */
static inline int has(uint64_t word, unsigned char byte)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), different = word ^ (ones * byte);
    return ((different - ones) & ~different & (ones << 7)) != 0;
}

static inline int needs_escape(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const int control = ((word - ones * 0x20) & ~word & (ones << 7)) != 0;
    return control | has(word, '&') | has(word, '<') | has(word, '>') | has(word, '"');
}

static inline uint64_t eight(const char *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* Pieces are short: two copies of a fixed size that may overlap are quicker than a call. */
static inline char *copied(char *to, const char *from, Py_ssize_t size)
{
    if (size > 32) {
        memcpy(to, from, (size_t)size);
    } else if (size >= 16) {
        memcpy(to, from, 16);
        memmove(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memmove(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memmove(to + size - 4, from + size - 4, 4);
    } else {
        for (Py_ssize_t at = 0; at < size; at++)
            to[at] = from[at];
    }
    return to + size;
}

static inline int is_plain(const char *from, Py_ssize_t size)
{
    Py_ssize_t at = 0;
    if (size >= 8) {
        for (; at + 8 < size; at += 8)
            if (needs_escape(eight(from + at)))
                return 0;
        return !needs_escape(eight(from + size - 8));
    }
    while (at < size && !special[(unsigned char)from[at]])
        at++;
    return at == size;
}

static inline char *escaped(char *to, const char *from, Py_ssize_t size)
{
    if (is_plain(from, size))
        return copied(to, from, size);
    for (const char *const end = from + size; from < end; from++) {
        const unsigned kind = special[(unsigned char)*from];
        if (kind)
            to = copied(to, escapes[kind], (Py_ssize_t)strlen(escapes[kind]));
        else
            *to++ = *from;
    }
    return to;
}

static PyObject *write_pieces(PyObject *module, PyObject *pieces)
{
    char stack[STACK_BYTES], *start = stack, *to = stack, *end = stack + STACK_BYTES;
    PyObject *made = NULL;
    if (!PyTuple_CheckExact(pieces)) {
        PyErr_SetString(PyExc_TypeError, "pieces have to be a tuple");
        return NULL;
    }
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(pieces); index++) {
        PyObject *piece = PyTuple_GET_ITEM(pieces, index);
        const int literal = PyBytes_CheckExact(piece);
        Py_ssize_t size;
        const char *from;
        if (literal) {
            from = PyBytes_AS_STRING(piece);
            size = PyBytes_GET_SIZE(piece);
        } else {
            from = PyUnicode_AsUTF8AndSize(piece, &size);
            if (!from)
                goto out;
        }
        const Py_ssize_t most = literal ? size : size * LONGEST_ESCAPE;
        if (end - to < most) {
            const Py_ssize_t used = to - start, room = 2 * (used + most);
            char *larger = start == stack ? malloc((size_t)room) : realloc(start, (size_t)room);
            if (!larger) {
                PyErr_NoMemory();
                goto out;
            }
            if (start == stack)
                memcpy(larger, stack, (size_t)used);
            start = larger;
            to = start + used;
            end = start + room;
        }
        if (literal) {
            to = copied(to, from, size);
        } else {
            to = escaped(to, from, size);
        }
    }
    made = PyBytes_FromStringAndSize(start, to - start);
out:
    if (start != stack)
        free(start);
    return made;
}

typedef struct {
    PyObject_HEAD
    int cells;
    int cores[MOST_CELLS];
    uint64_t allotted[MOST_CELLS];               /* of the cell's threads, by their place in it */
    uint64_t masks[MOST_CELLS][MOST_THREADS];    /* of each core, likewise */
    int cpus[MOST_CELLS][MOST_THREADS];          /* the CPU at a place */
} Masks;

static int masks_init(Masks *self, PyObject *args, PyObject *keywords)
{
    PyObject *cells, *allotted;
    if (!PyArg_ParseTuple(args, "O!O!", &PyTuple_Type, &cells, &PyFrozenSet_Type, &allotted))
        return -1;
    if (PyTuple_GET_SIZE(cells) > MOST_CELLS) {
        PyErr_SetString(PyExc_ValueError, "at most 64 cells");
        return -1;
    }
    self->cells = (int)PyTuple_GET_SIZE(cells);
    for (int cell = 0; cell < self->cells; cell++) {
        PyObject *cores = PySequence_Tuple(PyTuple_GET_ITEM(cells, cell));
        int place = 0;
        if (!cores)
            return -1;
        self->cores[cell] = 0;
        self->allotted[cell] = 0;
        for (Py_ssize_t core = 0; core < PyTuple_GET_SIZE(cores); core++) {
            PyObject *threads = PySequence_Tuple(PyTuple_GET_ITEM(cores, core));
            uint64_t mask = 0;
            for (Py_ssize_t one = 0; threads && one < PyTuple_GET_SIZE(threads); one++, place++) {
                PyObject *cpu = PyTuple_GET_ITEM(threads, one);
                const int here = PySet_Contains(allotted, cpu);
                const long number = PyLong_AsLong(cpu);
                if (place >= MOST_THREADS)
                    PyErr_SetString(PyExc_ValueError, "at most 64 threads in a cell");
                if (here < 0 || place >= MOST_THREADS || PyErr_Occurred()) {
                    Py_DECREF(threads);
                    Py_DECREF(cores);
                    return -1;
                }
                mask |= UINT64_C(1) << place;
                self->allotted[cell] |= (uint64_t)here << place;
                self->cpus[cell][place] = (int)number;
            }
            if (!threads) {
                Py_DECREF(cores);
                return -1;
            }
            Py_DECREF(threads);
            self->masks[cell][self->cores[cell]++] = mask;
        }
        Py_DECREF(cores);
    }
    return 0;
}

typedef struct {
    const long *pages;
    int capacity[MOST_CELLS];      /* guest cores that find their threads on one core */
    int chosen[MOST_CELLS];
} Choice;

/* `more` cells from `first` on that hold the cores and the pages that are left, each at least one core. */
static int choose(Choice *choice, int cells, int first, int more, int at, long cores, long wanted)
{
    if (!more)
        return cores <= 0 && wanted <= 0;
    for (int cell = first; cell <= cells - more; cell++) {
        if (!choice->capacity[cell])
            continue;
        choice->chosen[at] = cell;
        if (choose(choice, cells, cell + 1, more - 1, at + 1, cores - choice->capacity[cell],
                   wanted - choice->pages[cell]))
            return 1;
    }
    return 0;
}

/* The fewest cells that hold the guest, the first such in their order; its cores lie evenly in them. How many cells,
 * 0 for none; `taken` has the threads that the guest gets in each. */
static int search(const Masks *self, int cores, int threads, Choice *choice, long wanted, uint64_t *taken)
{
    int most = 0, behind = 0, left = cores, count = 1;
    long pages = 0;
    for (int cell = 0; cell < self->cells; cell++) {
        int capacity = 0;
        for (int core = 0; core < self->cores[cell]; core++)
            capacity += __builtin_popcountll(self->masks[cell][core] & self->allotted[cell]) >= threads;
        choice->capacity[cell] = capacity;
        most += capacity;
        pages += capacity ? choice->pages[cell] : 0;
    }
    if (most < cores || pages < wanted)
        return 0;
    while (!choose(choice, self->cells, 0, count, 0, cores, wanted))
        if (++count > self->cells || count > cores)
            return 0;
    for (int at = 0; at < count; at++)
        behind += choice->capacity[choice->chosen[at]];
    for (int at = 0; at < count; at++) {
        const int cell = choice->chosen[at], rest = count - at;
        behind -= choice->capacity[cell];
        int share = (left + rest - 1) / rest;
        if (share < left - behind)
            share = left - behind;
        if (share > choice->capacity[cell])
            share = choice->capacity[cell];
        left -= share;
        taken[at] = 0;
        for (int core = 0; share; core++) {
            uint64_t mask = self->masks[cell][core] & self->allotted[cell];
            if (__builtin_popcountll(mask) < threads)
                continue;
            for (int thread = 0; thread < threads; thread++, mask &= mask - 1)
                taken[at] |= mask & -mask;
            share--;
        }
    }
    return count;
}

static PyObject *masks_pins(Masks *self, PyObject *const *args, Py_ssize_t count)
{
    long pages[MOST_CELLS];
    uint64_t taken[MOST_CELLS];
    Choice choice = {.pages = pages};
    if (count != 5 || !PyTuple_CheckExact(args[2]) || PyTuple_GET_SIZE(args[2]) != self->cells) {
        PyErr_SetString(PyExc_TypeError, "pins(cores, threads, pages of each cell, wanted, table)");
        return NULL;
    }
    for (int cell = 0; cell < self->cells; cell++)
        pages[cell] = PyLong_AsLong(PyTuple_GET_ITEM(args[2], cell));
    const long cores = PyLong_AsLong(args[0]), threads = PyLong_AsLong(args[1]), wanted = PyLong_AsLong(args[3]);
    if (PyErr_Occurred())
        return NULL;
    const int cells = search(self, (int)cores, (int)threads, &choice, wanted, taken);
    if (!cells)
        Py_RETURN_NONE;
    if (args[4] != Py_True)
        return PyLong_FromLong(cells);
    PyObject *pins = PyList_New(cores * threads);
    Py_ssize_t at = 0;
    for (int index = 0; pins && index < cells; index++) {
        for (uint64_t mask = taken[index]; mask; mask &= mask - 1) {
            PyObject *cpu = PyLong_FromLong(self->cpus[choice.chosen[index]][__builtin_ctzll(mask)]);
            if (!cpu) {
                Py_CLEAR(pins);
                break;
            }
            PyList_SET_ITEM(pins, at++, cpu);
        }
    }
    return pins;
}

static PyMethodDef masks_methods[] = {
    {"pins", (PyCFunction)(void (*)(void))masks_pins, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject masks_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "floor.Masks",
    .tp_basicsize = sizeof(Masks),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)masks_init,
    .tp_methods = masks_methods,
};

static PyMethodDef functions[] = {
    {"write", write_pieces, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "floor", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_floor(void)
{
    PyObject *module;
    if (PyType_Ready(&masks_type) < 0)
        return NULL;
    module = PyModule_Create(&definition);
    if (module && PyModule_AddObjectRef(module, "Masks", (PyObject *)&masks_type) < 0)
        Py_CLEAR(module);
    return module;
}
