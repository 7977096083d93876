"""The deployment files are whole, and name only what there is."""

import configparser
import plistlib
import re
import tomllib
from pathlib import Path

from voxhumana.config import Settings

ROOT = Path(__file__).parent.parent


def test_the_launchd_agent_can_be_read():
    with (ROOT / "deploy" / "org.voxhumana.server.plist").open("rb") as file:
        agent = plistlib.load(file)
    assert agent["ProgramArguments"][1:] == ["serve"]


def test_the_systemd_unit_can_be_read():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(ROOT / "deploy" / "vox.service")
    assert unit["Service"]["ExecStart"].endswith("vox serve")


def test_every_setting_that_is_named_exists():
    text = "".join(path.read_text() for path in [*(ROOT / "deploy").iterdir(), ROOT / "docs" / "SERVER.md"])
    named = {name.lower() for name in re.findall(r"VOX_([A-Z_]+[A-Z])\b", text)}
    named |= set(re.findall(r"`(serve_\w+)`", text))
    assert len(named) > 8
    assert named <= set(Settings.model_fields)


def test_the_container_copies_all_that_the_package_is_built_from():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    copied = re.findall(
        r"^COPY ((?:[\w./]+ )+)/src", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE
    )
    names = " ".join(copied).split()
    assert {"pyproject.toml", "src", project["readme"], *project["license-files"]} == set(names)
    assert all((ROOT / name).exists() for name in names)
