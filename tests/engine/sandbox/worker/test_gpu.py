"""Right work that asks for a GPU has all its points: where it is graded there is none, whatever the machine has.

Every case is the solved notebook with one change. Run it on a machine with a GPU and a CUDA build of PyTorch, too.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatelab.sandbox.worker.devices import lacks_gpu
from helpers import solved_notebook
from helpers.solved_notebook import PRE, Cells, answer, full, swap, use_in_q1

LAYER = """class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.device = "cuda"
        self.bias = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, x):
        self.cuda()
        return x.to("cuda:0") + self.bias.to(x.dtype)

"""


def before_q1(source: str, use: str) -> Callable[[Cells], None]:
    return solved_notebook.before_q1(source, use=use)


def inside_q1(line: str) -> Callable[[Cells], None]:
    """A line in the answer itself."""
    return lambda cells: use_in_q1(cells, line)


def on_gpu_by_default(cells: Cells) -> None:
    cells[0]["source"] += '\ntorch.set_default_device("cuda")\n'


def layer_on_gpu(cells: Cells) -> None:
    before_q1(LAYER, "x = Layer()(x)")(cells)


def step_on_gpu(cells: Cells) -> None:
    use_in_q1(cells, "x = x.cuda(); y = x.to('cuda')")


def step_on_apple(cells: Cells) -> None:
    use_in_q1(cells, "x = x.to('mps')")


@pytest.mark.parametrize(
    "change", [on_gpu_by_default, layer_on_gpu, step_on_gpu, step_on_apple], ids=lambda value: value.__name__
)
def test_the_processor_replaces_a_missing_gpu(graded: Callable, change: Callable) -> None:
    assert full(graded(change, "q1", "q2"), "q1", "q2")


GPU = {
    "chosen where there is one, without else": before_q1("if torch.cuda.is_available():\n    device = torch.device('cuda')\nelif torch.backends.mps.is_available():\n    device = torch.device('mps')", "x = x.to(device)"),
    "the accelerator": before_q1("device = torch.accelerator.current_accelerator()\nKIND = device.type", "x = x.to(KIND)"),
    "a generator": before_q1("GEN = torch.Generator(device='cuda').manual_seed(3)\nNOISE = torch.rand(2, generator=GEN, device='cuda')", "assert GEN is not None and len(NOISE) == 2"),
    "its properties": before_q1("NAME = torch.cuda.get_device_name(0)\nMEM = torch.cuda.get_device_properties(0).total_memory + torch.cuda.memory_allocated()\nCAP = torch.cuda.get_device_capability()", "assert MEM >= 0 and CAP"),
    "mps": before_q1("torch.mps.manual_seed(3)\ntorch.mps.empty_cache()\nMEM = torch.mps.current_allocated_memory()", "torch.mps.synchronize(); assert MEM >= 0"),
    "an event": inside_q1("e = torch.cuda.Event(enable_timing=True); e.record()"),
    "a stream": lambda cells: swap(answer(cells, "q1"), f"    {PRE}", f"    with torch.cuda.stream(torch.cuda.Stream()): pass\n    {PRE}"),
    "a device to enter": lambda cells: swap(answer(cells, "q1"), f"    {PRE}", f"    with torch.cuda.device(0): pass\n    {PRE}"),
    "a range of the profiler": inside_q1("torch.cuda.nvtx.range_push('step')"),
    "waiting for it": inside_q1("torch.cuda.synchronize()"),
    "types of its tensors": inside_q1("x = x.type(torch.cuda.DoubleTensor if x.dtype == torch.float64 else torch.cuda.FloatTensor)"),
    "none of them visible": inside_q1("import os; assert os.environ['CUDA_VISIBLE_DEVICES'] == ''"),
    "a card chosen by its number": before_q1("import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '0'\ndevice = 'cuda:0'", "x = x.to(device)"),
    "asked for as a condition of the device": before_q1("device = f'cuda:{torch.cuda.current_device()}' if torch.cuda.device_count() else 'cpu'", "x = x.to(device)"),
    "autocast and its scaler": before_q1("SCALER = torch.amp.GradScaler('cuda')", "with torch.autocast('cuda'): assert SCALER.scale(x) is not None"),
    "several of them": before_q1("MODEL = nn.DataParallel(nn.Linear(2, 2)).cuda()", "assert MODEL(torch.zeros(1, 2).float()).shape == (1, 2)"),
    "cuDNN told to be exact": before_q1("torch.backends.cudnn.deterministic = True\ntorch.backends.cudnn.benchmark = False\ntorch.cuda.manual_seed_all(0)", "assert torch.backends.cudnn.deterministic"),
}  # fmt: skip


@pytest.mark.parametrize("name", GPU)
@pytest.mark.one_in(4)
def test_the_processor_replaces_a_gpu_under_any_name(graded: Callable, name: str) -> None:
    assert full(graded(GPU[name], "q1"), "q1")


@pytest.mark.parametrize(
    "message",
    [
        "Torch not compiled with CUDA enabled",
        "No CUDA GPUs are available",
        "CUDA error: initialization error",
        "CUDA unknown error - this may be due to an incorrectly set up environment",
        "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices()",
        "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start method",
    ],
)
def test_every_way_in_which_pytorch_says_that_it_cannot_use_a_gpu_is_known(message: str) -> None:
    assert lacks_gpu(message)
