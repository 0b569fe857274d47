"""How the functions that the entry kernel is made of are compiled."""

from __future__ import annotations

from numba import njit

inner = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""As `njit`, but only for other kernels to call: without the wrappers for Python and C that nobody
uses, and which cost a fifth of the time to compile."""
