"""Whether a run folder is what its manifest says: nothing missing, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ifnfactory.foundation.progress import Progress
from ifnfactory.runs.making import digest
from ifnfactory.runs.manifest import MANIFEST_NAME, SEAL, parse_manifest, seal
from ifnfactory.runs.manifest_file import FileEntry, ManifestFile
from ifnfactory.runs.port import WORK, Store, safe_name


@dataclass(frozen=True)
class Fault:
    """Something that is not as the manifest says."""

    name: str
    what: str


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what is wrong with it."""

    files: int
    bytes: int
    faults: tuple[Fault, ...]


def verify(store: Store, manifest: ManifestFile, progress: Progress) -> Verified:
    """Compare every file with the manifest, tasks with their files, and look for strangers."""
    progress.begin("verifying", sum(file.bytes for file in manifest.files))
    faults = [*_broken_seal(store, manifest), *_contradictions(manifest)]
    for file in manifest.files:
        fault = fault_of(store, file)
        if fault is not None:
            faults.append(Fault(file.name, fault))
        progress.advance(file.bytes)
    progress.end()
    known = {MANIFEST_NAME, *(file.name for file in manifest.files)}
    faults += [
        Fault(name, "is not part of the run")
        for name in store.names()
        if name not in known and not name.startswith(WORK)
    ]
    return Verified(len(manifest.files), sum(file.bytes for file in manifest.files), tuple(faults))


def _broken_seal(store: Store, manifest: ManifestFile) -> Iterator[Fault]:
    content = parse_manifest(store.read(MANIFEST_NAME))
    if manifest.seal is not None and (content is None or content[SEAL] != seal(content)):
        yield Fault(MANIFEST_NAME, "has been changed: its seal is another")


def fault_of(store: Store, file: FileEntry) -> str | None:
    """Return what is wrong with a file of a run, None if it is as the manifest says."""
    try:
        content = store.read(safe_name(file.name))
    except ValueError:
        return "leads out of the run folder"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error}"
    if len(content) < file.bytes:
        return f"is cut short: {len(content):,} of {file.bytes:,} bytes are left"
    if len(content) > file.bytes:
        return f"has grown from {file.bytes:,} to {len(content):,} bytes"
    return None if digest(content) == file.sha256 else "has been changed: its SHA-256 is another"


def _contradictions(manifest: ManifestFile) -> Iterator[Fault]:
    """Give what the manifest says against itself."""
    files = {file.name for file in manifest.files}
    for task in manifest.tasks:
        for name in set(task.files) - files:
            yield Fault(name, f"belongs to task {task.key[:12]} and is not in the list of files")
    if not manifest.tasks:
        return
    for arm, patients in manifest.patients.items():
        blocks = sorted((t.first, t.patients) for t in manifest.tasks if t.arm == arm)
        ends = [0, *(first + count for first, count in blocks)]
        if [first for first, _ in blocks] != ends[:-1] or ends[-1] != patients:
            yield Fault(f"arm {arm}", f"its tasks do not make up {patients:,} patients")
