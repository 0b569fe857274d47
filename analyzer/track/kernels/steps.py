"""How the steps of tracking are compiled: for other kernels to call, from nowhere else.

Without reference counts (`_nrt`): the arrays outlive every call, and two atomic counts an array and
call were half of the time. Without wrappers for Python and C, which nobody uses. A `step` lies on the
path of every segment and is inlined there, since passing nine arrays on the stack costs more than
most steps; an `aside` is needed now and then, and stays where it is.
"""

from numba import njit

PLAIN = {
    "nogil": True,
    "_nrt": False,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

step = njit(**PLAIN, forceinline=True)
aside = njit(**PLAIN)
