# cython: language_level=3, boundscheck=False, wraparound=False
"""Which of many objects have to be looked at: a Plain says within which bounds one has nothing that could be wrong.

Most disks of a guest are ordinary, and telling that of one field by field takes Python longer than all else that is
done with it. A Plain has a bound for each field that may be set; whoever is within all of them is passed over, and the
others are for the rules. It is a sieve and never a rule: what isn't within is not wrong, it is only looked at. A field
without a bound has to be at its default, so a field that is new is looked at until somebody says what is plain of it.

Bounds are mechanism here; which they are stands with the rules that they spare.
"""

cimport cython
from msgspec.structs import astuple

from kvnode._fast.names cimport Kind, kind_of

cdef extern from "Python.h":
    int PySet_Contains(object choices, object value) except -1
    int PySet_Add(object names, object value) except -1
    Py_ssize_t PySet_GET_SIZE(object names)

cdef enum:
    MOST_FIELDS = 64

    DEFAULT = 0
    ANYTHING = 1
    NAME = 2
    CHOICE = 3
    NESTED = 4


@cython.final
cdef class Plain:
    """Bounds for objects of one type of Struct.

    bounds -- by attribute: a function of ``kvnode._fast.names``, a frozenset of values, a Plain, or ``...`` for any
              value. None is within each of them.
    one_of -- attributes of which exactly one has a value
    unique -- an attribute, text or None, that no two objects of a list share
    """

    cdef object kind
    cdef Py_ssize_t size
    cdef int what[MOST_FIELDS]
    cdef Kind names[MOST_FIELDS]
    cdef tuple values  # of each field: its choices, its Plain, or its default
    cdef unsigned long long one_of
    cdef Py_ssize_t unique

    def __init__(self, kind, bounds, /, *, one_of=(), unique=None):
        cdef Py_ssize_t index
        known = kind.__struct_fields__
        # Of the last fields; what comes before has to be given and has none.
        defaults = (None,) * (len(known) - len(kind.__struct_defaults__)) + kind.__struct_defaults__
        places = {name: place for place, name in enumerate(known)}
        strange = {*bounds, *one_of, *([] if unique is None else [unique])}.difference(places)
        if strange or len(known) > MOST_FIELDS:
            raise ValueError(f"{kind.__name__} has {len(known)} fields, and none called {', '.join(sorted(strange))}")
        self.kind = kind
        self.size = len(known)
        self.unique = -1 if unique is None else places[unique]
        self.one_of = 0
        for name in one_of:
            self.one_of |= 1ULL << <int> places[name]
        values = []
        for index, name in enumerate(known):
            bound = bounds.get(name)
            value = bound
            if bound is None:
                self.what[index] = DEFAULT
                value = defaults[index]
            elif bound is ...:
                self.what[index] = ANYTHING
            elif isinstance(bound, frozenset):
                self.what[index] = CHOICE
            elif isinstance(bound, Plain):
                self.what[index] = NESTED
            else:
                self.what[index] = NAME
                self.names[index] = kind_of(bound)
            values.append(value)
        self.values = tuple(values)

    cdef bint holds(self, tuple given) except -1:
        """Whether an object with these values is within all bounds."""
        cdef Py_ssize_t index
        cdef unsigned long long there = 0
        for index in range(self.size):
            value = given[index]
            if value is None:
                if self.what[index] == DEFAULT and self.values[index] is not None:
                    return False
                continue
            there |= 1ULL << index
            if self.what[index] == ANYTHING:
                continue
            bound = self.values[index]
            if self.what[index] == DEFAULT:
                # Defaults are None, True, False, or the empty tuple, of each of which there is one.
                if value is not bound:
                    return False
            elif self.what[index] == NAME:
                if not self.names[index](value):
                    return False
            elif self.what[index] == CHOICE:
                if not PySet_Contains(bound, value):
                    return False
            elif not (<Plain> bound).takes(value):
                return False
        there &= self.one_of
        return self.one_of == 0 or (there != 0 and there & (there - 1) == 0)

    cdef bint takes(self, object item) except -1:
        return type(item) is self.kind and self.holds(astuple(item))

    def others(self, items, /):
        """Places in a list of those that aren't plain; of all, where two share what is unique."""
        cdef Py_ssize_t index, named = 0
        cdef tuple given
        cdef list found = []
        cdef set names = set()
        for index, item in enumerate(items):
            if type(item) is not self.kind:
                found.append(index)
                continue
            given = astuple(item)
            if not self.holds(given):
                found.append(index)
            if self.unique >= 0:
                name = given[self.unique]
                if name is not None:
                    PySet_Add(names, name)
                    named += 1
        return range(len(items)) if named != PySet_GET_SIZE(names) else found
