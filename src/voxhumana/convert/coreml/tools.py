"""Apple's coremltools, imported without its remarks on what it does not find."""

from __future__ import annotations

import logging
from typing import Any

from voxhumana.errors import VoxError


def coremltools() -> Any:  # noqa: ANN401  # the module
    """The module.

    Raises:
        VoxError: It is not installed.
    """
    logging.getLogger("coremltools").setLevel(logging.ERROR)
    try:
        import coremltools as module  # noqa: PLC0415  # behind the extra
    except ImportError as error:
        raise VoxError('Core ML needs coremltools; run `pip install "voxhumana[coreml]"`.') from error
    logging.getLogger("coremltools").setLevel(logging.ERROR)  # it sets its own
    return module
