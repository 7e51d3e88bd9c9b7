"""The files in ops/, checked by systemd itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from support.berth import PATIENCE, binary

OPS = Path(__file__).parents[2] / "ops"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """Every directive must be known and well-formed. The unit runs the program under test."""
    shutil.copytree(OPS / "systemd", tmp_path, dirs_exist_ok=True)
    shutil.copy(OPS / "compose" / "berth.slice", tmp_path)
    unit = tmp_path / "berth.service"
    unit.write_text(unit.read_text().replace("/usr/local/bin/berth", binary()))
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", "berth.service", "berth.slice"],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    complaints = [line for line in result.stderr.splitlines() if "berth" in line]
    assert not complaints
    assert result.returncode == 0, result.stderr


def test_the_compose_file_names_files_that_exist() -> None:
    """The build folder has the Dockerfile, and the mounted configuration exists."""
    service = yaml.safe_load((OPS / "compose" / "compose.yaml").read_text())["services"]["berth"]
    folder = OPS / "compose" / service["build"]
    assert (folder / "Dockerfile").is_file()
    source, target, mode = service["volumes"][0].split(":")
    assert (folder / source).is_file()
    assert mode == "ro"
    assert target in (folder / "Dockerfile").read_text()
