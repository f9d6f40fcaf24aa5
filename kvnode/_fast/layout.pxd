# cython: language_level=3
"""That a Struct of Python's lies in memory as compiled code reads it.

A ``layout_*.pxd`` declares the Structs of one module, so that compiled code reads a field as C reads one. What it
declares is compared with the types' own descriptors when ``layouts`` is imported, which whoever reads Structs does
first: a field that isn't where it was declared is an ImportError, and never somebody else's memory.

A field is read without asking whether there is anything in it. A Struct is only ever made whole, so all that could
empty a field is its descriptor's ``__delete__``, which no freezing keeps from it. It is read-only from then on.
"""

cdef extern from *:
    """
    #include <stddef.h>
    #include <structmember.h>

    typedef struct { const char *name; Py_ssize_t offset; } kvnode_field;
    #define AT(type, field) { #field, offsetof(type, field##_) }

    /* Whether the type has exactly these fields, each at its place; nobody takes them away then. */
    static int kvnode_lies_so(PyObject *type, const kvnode_field *fields, Py_ssize_t size)
    {
        const char *moved = "size";
        int same = ((PyTypeObject *)type)->tp_basicsize == size;
        for (; same && fields->name; fields++) {
            PyObject *found = PyObject_GetAttrString(type, fields->name);
            moved = fields->name;
            same = found && Py_IS_TYPE(found, &PyMemberDescr_Type)
                   && ((PyMemberDescrObject *)found)->d_member->type == T_OBJECT_EX
                   && ((PyMemberDescrObject *)found)->d_member->offset == fields->offset;
            if (same)
                ((PyMemberDescrObject *)found)->d_member->flags |= READONLY;
            Py_XDECREF(found);
        }
        PyErr_Clear();
        if (same)
            return 0;
        PyErr_Format(PyExc_ImportError, "%R has another %s than kvnode was compiled for; build kvnode again", type,
                     moved);
        return -1;
    }
    """
    ctypedef struct Field "kvnode_field":
        pass

    int kvnode_lies_so(object type, const Field *fields, Py_ssize_t size) except -1
