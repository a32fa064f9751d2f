"""Messages of Python, PyTorch and the kit that may be shown even after a worker was given reference code (words.py)."""

from __future__ import annotations

import re
from functools import lru_cache

from gatelab.lab.message_forms import PLACEHOLDERS
from gatelab.limits import LABS_KEPT

# Beginnings of messages; only this much is shown. The placeholders are those of lab/message_forms.py.
KNOWN = """
the results have other shapes than the upstream gradients
the result cannot be read: the value is nested too deeply or has too many entries
the result cannot be read: the value is too large
the result cannot be read: a whole number of more than {n} digits
the result cannot be read: a dict has a key that is neither a short text nor a small whole number
the result cannot be read: a tensor of dtype {d} on cpu
mat1 and mat2 shapes cannot be multiplied ({n}x{n} and {n}x{n})
The size of tensor a ({n}) must match the size of tensor b ({n}) at non-singleton dimension {n}
mat1 and mat2 must have the same dtype, but got {d} and {d}
expected m1 and m2 to have the same dtype, but got: {d} != {d}
expected scalar type {d} but found {d}
"{x}" not implemented for '{d}'
Dimension out of range (expected to be in range of [{n}, {n}], but got {n})
index {n} is out of bounds for dimension {n} with size {n}
index out of range in self
too many indices for tensor of dimension {n}
shape '{s}' is invalid for input of size {n}
stack expects each tensor to be equal size, but got {s} at entry {n} and {s} at entry {n}
Sizes of tensors must match except in dimension {n}. Expected size {n} but got size {n} for tensor number {n} in the list
Tensors must have same number of dimensions: got {n} and {n}
element {n} of tensors does not require grad and does not have a grad_fn
grad can be implicitly created only for scalar outputs
Trying to backward through the graph a second time
one of the variables needed for gradient computation has been modified by an inplace operation
a leaf Variable that requires grad is being used in an in-place operation
One of the differentiated Tensors appears to not have been used in the graph
[enforce fail at alloc_cpu.cpp:{n}] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate {N} bytes
name '{w}' is not defined
cannot access local variable '{w}' where it is not associated with a value
'{w}' object has no attribute '{w}'
'{w}' object is not callable
'{w}' object is not iterable
'{w}' object is not subscriptable
cannot unpack non-iterable {w} object
not enough values to unpack (expected {n}, got {n})
too many values to unpack (expected {n})
list index out of range
tuple index out of range
division by zero
float division by zero
integer division or modulo by zero
maximum recursion depth exceeded
Module [{w}] is missing the required "forward" function
[Errno {n}] No such file or directory: '{w}'
[Errno {n}] Permission denied: '{w}'
{w}() missing {n} required positional argument
{w}() takes {n} positional arguments but {n} were given
{w}() takes from {n} to {n} positional arguments but {n} were given
{w}() got an unexpected keyword argument '{w}'
{w}() missing {n} required positional argument: '{w}'
{w}() missing {n} required positional arguments: '{w}' and '{w}'
{w}() missing {n} required keyword-only argument: '{w}'
{w}() takes {n} positional argument but {n} were given
{w}() takes {n} positional argument but {n} positional arguments (and {n} keyword-only argument) were given
{w}() takes {n} positional arguments but {n} positional arguments (and {n} keyword-only argument) were given
{w}(): argument '{w}' (position {n}) must be tuple of Tensors, not {w}
{w}(): argument '{w}' (position {n}) must be tuple of ints, not {w}
{w}(): Expected dtype int32/int64 for index
expected target dtype to be Long or Byte, but got {d}
only Tensors of floating point dtype can require gradients
Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia
Tensor on device {w} is not on the expected device {w}!
integer modulo by zero
where expected condition to be a boolean tensor, but got a tensor with dtype {d}
masked_fill_ only supports boolean masks, but got mask with dtype {d}
Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor
one_hot is only applicable to index tensor of type LongTensor
Class values must be smaller than num_classes
Class values must be non-negative
{w}() got multiple values for argument '{w}'
{w}() missing {n} required keyword-only argument
{w}() takes no keyword arguments
{w}() takes no arguments
{w}() argument after * must be an iterable, not {w}
{w}() takes exactly one argument ({n} given)
'{w}' object does not support item assignment
'{w}' object does not support item deletion
'{w}' object cannot be interpreted as an integer
'{w}' object is not an iterator
object of type '{w}' has no len()
object of type '{w}' has no attribute '{w}'
type object '{w}' has no attribute '{w}'
module '{w}' has no attribute '{w}'
function object has no attribute '{w}'
'super' object has no attribute '{w}'
cannot assign module before Module.__init__() call
cannot assign parameters before Module.__init__() call
cannot assign '{w}' as parameter '{w}' (torch.nn.Parameter or None expected)
cannot assign '{w}' object to parameter '{w}'
attribute '{w}' already exists
Module [{w}] is missing the required "forward" function
No module named '{w}'
cannot import name '{w}' from '{w}'
free variable '{w}' referenced before assignment in enclosing scope
cannot access free variable '{w}' where it is not associated with a value in enclosing scope
unhashable type: '{w}'
bad operand type for unary {o}: '{w}'
bad operand type for abs(): '{w}'
unsupported operand type(s) for {o}: '{w}' and '{w}'
'{o}' not supported between instances of '{w}' and '{w}'
can only concatenate {w} (not "{w}") to {w}
can't multiply sequence by non-int of type '{w}'
{w} indices must be integers or slices, not {w}
{w} indices must be integers, not {w}
slice indices must be integers or None or have an __index__ method
list assignment index out of range
pop from empty {w}
'{w}'
dictionary changed size during iteration
deque mutated during iteration
zip() argument {n} is longer than argument
zip() argument {n} is shorter than argument
generator raised StopIteration
only integer tensors of a single element can be converted to an index
only one element tensors can be converted to Python scalars
only tensors of floating point dtype can require gradients
a Tensor with {n} elements cannot be converted to Scalar
Boolean value of Tensor with more than one value is ambiguous
Boolean value of Tensor with no values is ambiguous
iteration over a 0-d tensor
len() of a 0-d tensor
invalid index of a 0-dim tensor
tensors used as indices must be long, int, byte or bool tensors
tensors used as indices must be long, byte or bool tensors
index {n} is out of bounds for axis {n} with size {n}
select(): index {n} out of range for tensor of size {s} at dimension {n}
slice() cannot be applied to a 0-dim tensor
shape mismatch: indexing tensors could not be broadcast together with shapes {s}, {s}
shape mismatch: value tensor of shape {s} cannot be broadcast to indexing result of shape {s}
The shape of the mask {s} at index {n} does not match the shape of the indexed tensor {s} at index {n}
The expanded size of the tensor ({n}) must match the existing size ({n}) at non-singleton dimension {n}
expand({w}{{s}}, size={s}): the number of sizes provided ({n}) must be greater or equal to the number of dimensions in the tensor ({n})
output with shape {s} doesn't match the broadcast shape {s}
size mismatch, got {n}, {n}x{n},{n}
size mismatch, got input ({n}), mat ({n}x{n}), vec ({n})
self and mat2 must have the same dtype, but got {d} and {d}
result type {d} can't be cast to the desired output type {d}
Index put requires the source and destination dtypes match, got {d} for the destination and {d} for the source
mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {d}
mean(): input dtype should be either floating point or complex dtypes. Got {d} instead
inconsistent tensor size, expected tensor {s} and src {s} to have the same number of elements
batch1 and batch2 must have same number of batches
Expected size for first two dimensions of batch2 tensor to be: {s} but got: {s}
batch1 must be a 3D tensor
mat1 must be a matrix
mat2 must be a matrix
both arguments to matmul need to be at least 1D, but they are {n}D and {n}D
t() expects a tensor with <= 2 dimensions, but self is {n}D
permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions
permute(): duplicate dims are not allowed
view size is not compatible with input tensor's size and stride
chunk expects at least a 1-dimensional tensor
split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {n})
stack expects a non-empty TensorList
torch.cat(): expected a non-empty list of Tensors
expected Tensor as element {n} in argument {n}, but got {w}
zero-dimensional tensor (at position {n}) cannot be concatenated
Sizes of tensors must match except in dimension {n}. Got {n} and {n}
not enough values to unpack (expected at least {n}, got {n})
expected a non-empty list of Tensors
gather(): Expected dtype int64 for index
scatter(): Expected dtype int64 for index
Index tensor must have the same number of dimensions as input tensor
Size does not match at dimension {n} expected index {s} to be
Size does not match at dimension {n} expected index {s} to be no larger than
linear(): argument 'input' (position {n}) must be Tensor, not {w}
embedding(): argument 'indices' (position {n}) must be Tensor, not {w}
{w}(): argument '{w}' (position {n}) must be {w}, not {w}
{w}(): argument '{w}' (position {n}) must be tuple of {w}, not {w}
{w}(): argument '{w}' must be {w}, not {w}
{w}() received an invalid combination of arguments
Expected tensor for argument #{n} 'indices' to have one of the following scalar types: Long, Int; but got {w} instead
Expected tensor for argument #{n} 'indices' to have scalar type Long; but got {w} instead
expected scalar type Long but found {d}
Expected input batch_size ({n}) to match target batch_size ({n})
Expected target size {s}, got {s}
Target {n} is out of bounds
probability tensor contains either `inf`, `nan` or element < 0
Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead
can't convert {w} device type tensor to numpy
Can't detach views in-place
you can only change requires_grad flags of leaf variables
Only Tensors of floating point and complex dtype can require gradients
Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment
Inplace update to inference tensor outside InferenceMode is not allowed
Inference tensors cannot be saved for backward
Cannot set version_counter for inference tensor
The size of tensor a ({n}) must match the size of tensor b ({n})
a view of a leaf Variable that requires grad is being used in an in-place operation
unable to write to memory
Torch not compiled with CUDA enabled
No CUDA GPUs are available
Found no NVIDIA driver on your system
CUDA driver initialization failed
Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False
PyTorch is not linked with support for mps devices
The MPS backend is supported on
Expected all tensors to be on the same device, but found at least two devices, {w}:{n} and cpu
Expected all tensors to be on the same device, but found at least two devices, cpu and {w}:{n}
Expected all tensors to be on the same device, but found at least two devices, {w} and cpu
Expected all tensors to be on the same device
Invalid device string: '{w}'
Cannot copy out of meta tensor; no data!
optimizer got an empty parameter list
The function '{w}' is not differentiable with respect to argument '{w}'
The parameter {n}'s optimizer should include 'fused'
Error(s) in loading state_dict for {w}
setting an array element with a sequence
unsupported format string passed to {w}.__format__
"""


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w)\}", text)
    return re.compile(
        "".join(
            f"(?P<{piece}{at}>{PLACEHOLDERS[piece]})" if at % 2 else re.escape(piece)
            for at, piece in enumerate(pieces)
        )
    )


# The most specific comes first.
@lru_cache(maxsize=LABS_KEPT)
def patterns(messages: tuple[str, ...] = ()) -> list[re.Pattern[str]]:
    """Patterns for the messages above and for the lab's own `messages`."""
    lines = [*KNOWN.strip().splitlines(), *messages]
    return sorted(map(_pattern, lines), key=lambda pattern: -len(pattern.pattern))
