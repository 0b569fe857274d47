"""Ask the processor to bring a table row near before it is needed.

Neighbouring segments belong to different flows, so every row is a visit to distant memory; asking
for many at once hides most of the wait. It changes no result. Interpreted, it does nothing.
"""

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

CACHE_LINE = 64  # bytes, on every processor of interest


def build_prefetch(context, builder, signature, arguments):
    """One `llvm.prefetch` (for writing, keep in all caches) for each cache line of the row."""
    ir = cgutils.ir
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, arguments[0])
    row = cgutils.pointer_add(
        builder, array.data, builder.mul(arguments[1], array.itemsize), cgutils.voidptr_t
    )
    word = ir.IntType(32)
    hint_type = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
    hint = cgutils.get_or_insert_function(builder.module, hint_type, "llvm.prefetch.p0")
    for offset in range(0, context.get_abi_sizeof(context.get_data_type(array_type.dtype)), CACHE_LINE):
        line = cgutils.pointer_add(builder, row, ir.Constant(cgutils.intp_t, offset), cgutils.voidptr_t)
        builder.call(hint, [line, word(1), word(3), word(1)])
    return context.get_dummy_value()


if config.DISABLE_JIT:

    def prefetch_row(array, index):
        """Nothing to gain here."""

else:

    @intrinsic
    def prefetch_row(typing_context, array, index):
        """Bring `array[index]` of a one-dimensional array near."""
        return types.void(array, types.intp), build_prefetch
