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
    """The build has its Dockerfile, and the mounted configuration exists."""
    service = yaml.safe_load((OPS / "compose" / "compose.yaml").read_text())["services"]["berth"]
    root = OPS / "compose" / service["build"]["context"]
    dockerfile = root / service["build"]["dockerfile"]
    assert dockerfile.is_file()
    source, target, mode = service["volumes"][0].split(":")
    assert (OPS / "compose" / source).is_file()
    assert mode == "ro"
    assert target in dockerfile.read_text()


def test_the_image_is_built_of_what_the_repository_has() -> None:
    """Each file that the Dockerfile copies exists, and no package that the setup needs is missing."""
    lines = (OPS / "docker" / "Dockerfile").read_text().splitlines()
    ignored = (OPS.parent / ".dockerignore").read_text().split()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (OPS.parent / source).exists(), line
                assert not any(Path(source).is_relative_to(name) for name in ignored), line
    # The build itself downloads nothing.
    assert ".package(" not in (OPS.parent / "Package.swift").read_text()


def test_the_image_has_the_libraries_of_the_program() -> None:
    """Each library that the program is linked with belongs to a package that the image installs."""
    linked = subprocess.run(["ldd", binary()], capture_output=True, text=True, check=True).stdout
    direct = subprocess.run(
        ["objdump", "-p", binary()], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[1] for line in direct.splitlines() if "NEEDED" in line}
    text = (OPS / "docker" / "Dockerfile").read_text()
    base = {"libc6", "libgcc-s1"}
    for line in linked.splitlines():
        name, _, path = line.strip().partition(" => ")
        if name not in names or "/usr/" not in path and "/lib/" not in path or "swift" in path:
            continue
        file = Path(path.split()[0])
        found = ""
        for known in (file, file.resolve(), Path(str(file).replace("/usr/lib", "/lib", 1))):
            asked = subprocess.run(["dpkg", "-S", str(known)], capture_output=True, text=True, check=False)
            found = found or asked.stdout.partition(":")[0]
        assert found in base or f" {found}" in text, f"{name} is of the package {found}"

