"""`vox models content`: what RVC voices hear words with, out of a HuBERT or ContentVec checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def content(
    file: Annotated[
        Path, typer.Argument(help="hubert_base.pt (fairseq), or Hugging Face's .bin or .safetensors.")
    ],
    name: Annotated[str, typer.Option(help="What to call it among the models.")] = "content",
    int8: Annotated[
        bool, typer.Option("--int8", help="Multiply in int8: less than half the work, not quite the same.")
    ] = False,
) -> None:
    """Make what RVC voices need of a HuBERT checkpoint. Or of ContentVec; nothing in it is executed.

    Needs the extra `rvc` for this once; the voices then do without.
    """
    import tempfile

    from voxhumana import config
    from voxhumana.convert.rvc import encoder
    from voxhumana.errors import UsageError
    from voxhumana.library.models import filing
    from voxhumana.library.models.recognise import Found
    from voxhumana.library.models.store import Store

    if not file.is_file():
        raise UsageError(f"There is no file {file}; check the name.")
    store = Store(config.load().data_dir)
    with tempfile.TemporaryDirectory() as folder:
        made = encoder.write(file, Path(folder), int8)
        filing.add(Path(folder), Found("content encoder", "rvc"), store, name)
    print(
        f"{name}: {' and '.join(path.name for path in made)}, in {store.folder / name}; RVC voices find them."
    )
