"""Devices that compute: the CPU, and GPUs that torch sees."""

from __future__ import annotations

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.extras import require_modules


def check_device(device: str) -> str:
    """Return the device if it exists here: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.

    Raises
    ------
    UsageError
        If the name is unknown, or there is no such GPU.
    MissingExtraError
        If torch is not installed.
    """
    if device == "cpu":
        return device
    kind, _, number = device.partition(":")
    if kind != "cuda" or not (number == "" or number.isdigit()):
        raise unknown_name("device", device, ("cpu", "cuda"))
    require_modules(f"Device {device!r}", "torch")
    import torch  # noqa: PLC0415 - seconds to import, and only GPUs need it

    if int(number or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"Device {device!r} was asked for, but PyTorch {torch.__version__} finds "
            f"{torch.cuda.device_count()} CUDA devices here. Use --device cpu."
        )
    return device
