# cython: language_level=3
"""That a Struct of Python's lies in memory as compiled code reads it.

A ``layout_*.pxd`` declares the Structs of one module, so that compiled code reads a field as C reads one. What it
declares is compared with the types' own descriptors when ``layouts`` is imported, which whoever reads Structs does
first: a field that isn't where it was declared is an ImportError, and never somebody else's memory.

A field is read without asking whether there is anything in it: a Struct is only ever made whole, and a frozen one lets
nobody delete a field. A program that goes round that (a subclass that isn't frozen, the descriptor's own
``__delete__``) and takes a field away crashes; nothing that is read from a document can.
"""

cdef extern from *:
    """
    #include <stddef.h>
    #include <structmember.h>

    typedef struct { const char *name; Py_ssize_t offset; } kvnode_field;
    #define AT(type, field) { #field, offsetof(type, field##_) }

    /* Whether the type has exactly these fields, each at its place. */
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
