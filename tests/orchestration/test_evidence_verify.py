"""What is not the package that was signed is found, whatever was done to it, and is named."""

import hashlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from orchestration.evidence.package import Predecessor
from orchestration.evidence.verify import (
    Refused,
    canonical,
    main,
    render,
    sealed,
    unpack,
    verify,
)
from tests.orchestration.evidence_inputs import KEY, OTHER_KEY, declared, inputs, package

FIRST = package()
SECOND = package(
    inputs(results=inputs().results.head(4)), previous=Predecessor(FIRST.sha256, FIRST.sha256)
)
OTHER_POLICY = package(
    inputs(
        declared=declared()
        | {"thresholds": declared()["thresholds"].with_columns(value=pl.lit(5.0))}
    )
)
ATTESTATIONS = "attestations.intoto.jsonl"


def changed(made: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return a package of which files were changed, removed or added, in the right form."""
    members = unpack(made)
    change(members)
    return render(members)


def refusal(raw: bytes, *, previous: bytes | None = None, key: str = "") -> str:
    """Return why a package is refused."""
    with pytest.raises(Refused) as refused:
        verify(raw, previous=previous, key=key)
    return str(refused.value)


def test_m83_each_of_200_changes_of_one_byte_is_found_and_something_is_named() -> None:
    """M8.3: change one byte, and verify names the item; bytes of files and of the archive."""
    chance = random.Random(20261122)
    raw = SECOND.content
    for _ in range(200):
        place, bit = chance.randrange(len(raw)), 1 << chance.randrange(8)
        altered = bytearray(raw)
        altered[place] ^= bit
        assert refusal(bytes(altered), previous=FIRST.content).partition(":")[0]


def test_every_byte_of_the_archives_own_structure_counts() -> None:
    raw = SECOND.content
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        begin = archive.start_dir
        headers = [entry.header_offset + at for entry in archive.infolist() for at in range(30)]
    for place in [*headers, *range(begin, len(raw))]:
        altered = bytearray(raw)
        altered[place] ^= 1
        assert refusal(bytes(altered))


@pytest.mark.parametrize("name", sorted(unpack(SECOND.content)))
def test_a_changed_byte_of_a_file_names_the_file(name: str) -> None:
    def flip(members: dict[str, bytes]) -> None:
        half = len(members[name]) // 2
        content = bytearray(members[name])
        content[half] ^= 1
        members[name] = bytes(content)

    told = refusal(changed(SECOND.content, flip))
    assert told.startswith((f"{name}:", "manifest.dsse.json:", "manifest.json:"))
    if not name.startswith("manifest"):
        assert told.startswith(f"{name}:")


@pytest.mark.parametrize("name", sorted(unpack(SECOND.content)))
def test_a_removed_file_is_named(name: str) -> None:
    assert refusal(changed(SECOND.content, lambda members: members.pop(name))) == (
        f"{name}: it is missing"
    )


def test_a_file_that_was_put_in_is_named() -> None:
    added = changed(SECOND.content, lambda members: members.update({"extracts/more.csv": b"x\n"}))
    assert refusal(added) == "extracts/more.csv: nobody signed it"


def test_m83_one_attestation_that_was_removed_is_found() -> None:
    """M8.3: delete one attestation, and verify names the item."""

    def drop(members: dict[str, bytes]) -> None:
        members[ATTESTATIONS] = b"".join(members[ATTESTATIONS].splitlines(keepends=True)[1:])

    assert refusal(changed(SECOND.content, drop)).startswith(f"{ATTESTATIONS}:")


def test_m83_a_policy_that_was_swapped_is_found() -> None:
    """M8.3: swap the policy, and verify names the item."""
    other = unpack(OTHER_POLICY.content)["policy.json"]
    swapped = changed(FIRST.content, lambda members: members.update({"policy.json": other}))
    assert refusal(swapped).startswith("policy.json:")


def test_two_files_that_were_swapped_are_found() -> None:
    def swap(members: dict[str, bytes]) -> None:
        one, other = "extracts/approvals.csv", "extracts/ingest_runs.csv"
        members[one], members[other] = members[other], members[one]

    assert refusal(changed(FIRST.content, swap)).startswith("extracts/approvals.csv:")


def test_the_whole_inside_of_another_signed_package_is_that_other_package() -> None:
    names = ("manifest.json", "manifest.dsse.json")
    other = unpack(OTHER_POLICY.content)
    mixed = changed(FIRST.content, lambda members: members.update({n: other[n] for n in names}))
    assert refusal(mixed)


def test_a_package_signed_anew_by_another_key_is_refused_by_who_knows_the_key() -> None:
    forged = package(key=OTHER_KEY)
    known = KEY.public_key().public_bytes_raw().hex()
    assert verify(forged.content)
    assert "not by yours" in refusal(forged.content, key=known)


@pytest.mark.parametrize("previous", [SECOND.content, OTHER_POLICY.content, b"", FIRST.content[1:]])
def test_another_package_before_it_is_refused(previous: bytes) -> None:
    assert refusal(SECOND.content, previous=previous).startswith("previous:")


def test_the_package_before_it_is_accepted() -> None:
    assert verify(SECOND.content, previous=FIRST.content)["supersedes"] == FIRST.sha256


def test_the_first_of_a_chain_follows_nothing() -> None:
    assert refusal(FIRST.content, previous=SECOND.content).startswith("previous:")


def signed_anew(change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return a package whose holder of the key signed something that does not agree with itself."""
    members = unpack(FIRST.content)
    change(members)
    manifest = json.loads(members["manifest.json"])
    for one in manifest["files"]:
        one["sha256"] = hashlib.sha256(members[one["path"]]).hexdigest()
        one["size"] = len(members[one["path"]])
    members["manifest.json"] = canonical(manifest)
    kind = "application/vnd.leadline.evidence-manifest+json"
    signature = KEY.sign(
        b"DSSEv1 %d %s %d %s"
        % (len(kind), kind.encode(), len(members["manifest.json"]), members["manifest.json"])
    )
    members["manifest.dsse.json"] = canonical(
        sealed(
            members["manifest.json"], payload_type=kind, signature=signature,
            key=manifest["public_key"],
        )
    )  # fmt: skip
    return render(members)


def test_signing_it_anew_without_a_change_is_the_same_package() -> None:
    assert signed_anew(lambda members: None) == FIRST.content


def test_results_that_do_not_give_the_counts_of_the_manifest_are_refused() -> None:
    def soften(members: dict[str, bytes]) -> None:
        members["results.csv"] = members["results.csv"].replace(b'"fail"', b'"pass"')

    assert refusal(signed_anew(soften)).startswith("results.csv: control approval_evidence")


def test_findings_that_say_otherwise_than_the_results_are_refused() -> None:
    def soften(members: dict[str, bytes]) -> None:
        name = "assessment-results.json"
        members[name] = members[name].replace(b'"not-satisfied"', b'"satisfied"')

    assert refusal(signed_anew(soften)).startswith("assessment-results.json: the finding on")


@pytest.mark.parametrize(
    ("section", "figure", "value", "says"),
    [
        ("completeness", "is_complete", True, "manifest.json: it calls the evidence otherwise"),
        ("completeness", "required", 1, "manifest.json: it calls the evidence otherwise"),
        ("attestations", "count", 99, "attestations.intoto.jsonl: there are not as many"),
    ],
)
def test_totals_that_do_not_follow_from_what_is_inside_are_refused(
    section: str, figure: str, value: object, says: str
) -> None:
    def improve(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        assert manifest[section][figure] != value
        manifest[section][figure] = value
        members["manifest.json"] = canonical(manifest)

    assert refusal(signed_anew(improve)).startswith(says)


def test_evidence_whose_row_is_gone_fills_no_place() -> None:
    def empty(members: dict[str, bytes]) -> None:
        head = members["extracts/approvals.csv"].splitlines(keepends=True)[0]
        members["extracts/approvals.csv"] = head

    assert refusal(signed_anew(empty)).startswith("results.csv: control approval_evidence")


def archive_of(name: str, content: bytes = b"x", **entry: int) -> bytes:
    """Return an archive with one file beside those of a package."""
    target = io.BytesIO(FIRST.content)
    with zipfile.ZipFile(target, "a") as archive:
        made = zipfile.ZipInfo(name)
        made.create_system = 3
        made.external_attr = entry.get("mode", stat.S_IFREG | 0o644) << 16
        made.compress_type = entry.get("compress_type", zipfile.ZIP_STORED)
        archive.writestr(made, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "C:\\x", "a\\b", "dir/", "\u202egpj.exe", "-rf"]
)
def test_a_name_that_leads_out_of_the_package_is_refused(name: str) -> None:
    assert "leads out" in refusal(archive_of(name))


def test_a_link_is_refused() -> None:
    assert "no plain file" in refusal(archive_of("link", mode=stat.S_IFLNK | 0o777))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = archive_of("bomb", bytes(50_000_000), compress_type=zipfile.ZIP_DEFLATED)
    assert "compressed" in refusal(bomb)


def test_the_same_name_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = archive_of("policy.json")
    assert refusal(doubled).startswith("policy.json: it is there twice")


def test_a_huge_count_of_files_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")
    assert "more than 10000" in refusal(target.getvalue())


@pytest.mark.parametrize("raw", [b"", b"PK\x05\x06" + bytes(18), b"no archive", b"\x00" * 1000])
def test_what_is_no_package_is_refused(raw: bytes) -> None:
    assert refusal(raw)


def test_the_command_line_says_what_holds_and_what_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, before = tmp_path / "second.zip", tmp_path / "first.zip"
    file.write_bytes(SECOND.content)
    before.write_bytes(FIRST.content)
    assert main([str(file), "--previous", str(before)]) == 0
    assert "The package is what was signed" in capsys.readouterr().out
    file.write_bytes(SECOND.content[:-1])
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.startswith("NOT what was signed: archive:")
    assert main([str(tmp_path / "none.zip")]) == 2


@pytest.mark.system
def test_the_packed_verifier_needs_only_cryptography_and_no_network(tmp_path: Path) -> None:
    """One file, a fresh environment with one library, and no network where that can be had."""
    place = tmp_path / "fresh"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [str(uv), "pip", "install", "-q", "--python", str(python), "cryptography"], check=True
    )
    (tmp_path / "verify.py").write_bytes(unpack(SECOND.content)["verify.py"])
    (tmp_path / "second.zip").write_bytes(SECOND.content)
    (tmp_path / "first.zip").write_bytes(FIRST.content)
    unshare = ["unshare", "-n"] if shutil.which("unshare") and os.geteuid() == 0 else []
    command = [*unshare, str(python), "-I", "verify.py", "second.zip", "--previous", "first.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    altered = bytearray(SECOND.content)
    altered[len(altered) // 2] ^= 1
    (tmp_path / "second.zip").write_bytes(bytes(altered))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("NOT what was signed: ")
